"""Two exercises that need no thought: what the builder is tried on."""

import torch

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def scale(x, a):
    """Return sqrt(a) x."""
    return a.sqrt() * x


def shift(x, b):
    """Return x + b."""
    return x + b


def cases(generator):
    """Three random pairs of x and a number."""

    def one(shape, number):
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        return Case(f"x {list(shape)}, {number}", lambda: (x.clone(), torch.tensor(number, dtype=torch.float64)))

    return [one((2,), 0.25), one((3, 3), 0.7), one((2, 3), 0.09)]


def exercise(name, reference, difficulty, **answers):
    """An exercise with these wrong answers."""
    return Exercise(
        key=f"toy.{name}",
        minutes=4 + difficulty,
        difficulty=difficulty,
        idea=f"to {name} a tensor",
        established=f"you can {name}.",
        reference=reference,
        cases=cases,
        hints=("one", "two", "three"),
        mistakes=tuple(Mistake(key, answer, f"this is {key}.", f"not {key}.") for key, answer in answers.items()),
        equivalents=(),
        needs=("toy.scale",) if name == "shift" else (),
    )


EXERCISES = (
    exercise(
        "scale",
        scale,
        1,
        no_root=lambda x, a: a * x,
        nothing=lambda x, a: x,
        square=lambda x, a: a**2 * x,
        divide=lambda x, a: x / a.sqrt(),
        double=lambda x, a: 2 * x,
    ),
    exercise(
        "shift",
        shift,
        2,
        minus=lambda x, b: x - b,
        times=lambda x, b: x * b,
        nothing=lambda x, b: x,
        twice=lambda x, b: x + 2 * b,
        only=lambda x, b: 0 * x + b,
    ),
)


def find(key):
    """The exercise of that key."""
    for one in EXERCISES:
        if one.key == key:
            return one
    raise ValueError(f"no exercise {key!r}; there are {', '.join(one.key for one in EXERCISES)}")
