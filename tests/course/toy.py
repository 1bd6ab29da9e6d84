"""A small exercise: scale(x, a) = sqrt(a) x, with a random draw added in a second one."""

import torch

from textdiff_lite.course.exercise import Case, Estimate, Exercise, Mistake


def scale(x, a):
    """Return sqrt(a) x."""
    return a.sqrt() * x


def twice(x, a):
    return 2 * x


def mistake(name, answer):
    return Mistake(name, answer, says=f"you did {name}.", cure=f"do not {name}.")


def cases(generator):
    def one(shape, a):
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        return Case(f"x {list(shape)}, a = {a}", lambda: (x.clone(), torch.tensor(a, dtype=torch.float64)))

    return [one((2,), 0.25), one((3, 3), 0.7), one((2, 3), 0.09)]


def power_law(answer):
    x, a = torch.ones(1, dtype=torch.float64), torch.tensor(0.25, dtype=torch.float64)
    power = float(answer(x, a) ** 2)
    return None if abs(power - 0.25) < 1e-9 else f"at a = 0.25 the power is {power:g} and should be 0.25."


SCALE = Exercise(
    key="toy.scale",
    minutes=5,
    difficulty=1,
    idea="a share of variance scales by its root",
    established="the power of the result is a.",
    reference=scale,
    cases=cases,
    hints=("look at the units", "variance is the square of a scale", "a.sqrt() * x"),
    mistakes=(
        mistake("forget the root", lambda x, a: a * x),
        mistake("forget a", lambda x, a: x),
        mistake("square a", lambda x, a: a**2 * x),
        mistake("divide", lambda x, a: x / a.sqrt()),
        mistake("double", twice),
    ),
    equivalents=(lambda x, a: x.mul_(a**0.5), lambda x, a: (a * x.square()).sqrt() * x.sign()),
    laws=(power_law,),
    seconds=0.5,
)

N = 20_000


def noisy(x, a, generator):
    """Return N draws of x + sqrt(a) noise, [N]."""
    return x + a.sqrt() * torch.randn(N, generator=generator, dtype=torch.float64)


def moments(result, arguments):
    spread = result.var()
    return {
        "the mean": Estimate(result.mean(), (spread / N).sqrt()),
        "the variance": Estimate(spread, spread * (2 / N) ** 0.5),
    }


def exact(x, a, generator):
    return {"the mean": x, "the variance": a}


def noisy_cases(generator):
    return [
        Case(f"a = {a}", lambda a=a: (torch.tensor(1.0).double(), torch.tensor(a), torch.Generator().manual_seed(1)))
        for a in (0.25, 0.6)
    ]


def drawn(x, scale, generator):
    return x + scale * torch.randn(N, generator=generator, dtype=torch.float64)


NOISY = Exercise(
    key="toy.noisy",
    minutes=10,
    difficulty=2,
    idea="a standard deviation is a root",
    established="the draws have the variance a.",
    reference=noisy,
    cases=noisy_cases,
    observe=moments,
    truth=exact,
    hints=("one", "two", "three"),
    mistakes=(
        mistake("take the variance", lambda x, a, generator: drawn(x, a, generator)),
        mistake("lose the mean", lambda x, a, generator: drawn(0 * x, a.sqrt(), generator)),
        mistake("lose the noise", lambda x, a, generator: x.expand(N)),
        mistake("take noise alone", lambda x, a, generator: drawn(0 * x, 1.0, generator)),
        mistake("negate the mean", lambda x, a, generator: drawn(-x, a.sqrt(), generator)),
    ),
    equivalents=(lambda x, a, generator: x - a.sqrt() * torch.empty(N).double().normal_(generator=generator),),
)
