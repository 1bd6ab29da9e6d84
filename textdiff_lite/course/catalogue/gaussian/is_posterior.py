"""The inverse exercise: a test that accepts a right posterior and refuses six that are not."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.gaussian.posterior import EXERCISE as POSTERIOR
from textdiff_lite.course.catalogue.gaussian.posterior import posterior
from textdiff_lite.course.catalogue.gaussian.two_bells import two_bells
from textdiff_lite.course.exercise import Case, Exercise, Mistake


def is_posterior(candidate: Callable) -> bool:
    """True if candidate(x_t, x0, a_s, a_t) gives the mean and the variance of q(x_s | x_t, x_0), else False.

    candidate takes tensors like `posterior`. A right one may differ from ours in its last digits.
    """
    x_t, x0 = torch.tensor([0.7, -1.2]).double(), torch.tensor([-0.4, 2.0]).double()
    a_s, a_t = torch.tensor(0.8).double(), torch.tensor(0.3).double()
    alpha = a_t / a_s
    right = two_bells(a_s.sqrt() * x0, 1 - a_s, x_t / alpha.sqrt(), (1 - alpha) / alpha)
    mean, var = candidate(x_t, x0, a_s, a_t)
    return torch.allclose(mean, right[0]) and torch.allclose(var, right[1])


def without_noise(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    """A wrong posterior whose x_s has the right level of noise: all of it is taken over from x_t, none is new."""
    eps = (x_t - a_t.sqrt() * x0) / (1 - a_t).sqrt()
    return a_s.sqrt() * x0 + (1 - a_s).sqrt() * eps, torch.zeros_like(a_s)


def lucky(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    """A wrong posterior that is right wherever √α is ½, as in the example of the exercise: it has 1 - √α for √α."""
    alpha = a_t / a_s
    mean = (a_s.sqrt() * (1 - alpha) * x0 + (1 - alpha.sqrt()) * (1 - a_s) * x_t) / (1 - a_t)
    return mean, (1 - alpha) * (1 - a_s) / (1 - a_t)


def in_another_order(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    """A right posterior, term by term: its rounding is not ours."""
    share = (1 - a_s) / (1 - a_t)
    slope = share * (a_t / a_s).sqrt()
    return x_t * slope + x0 * (a_s.sqrt() - slope * a_t.sqrt()), share * (a_s - a_t) / a_s


IMPOSTORS: dict[str, Callable] = {
    **{name: POSTERIOR.mistake(name).answer for name in ("swapped", "std_for_variance", "beta_for_variance")},
    "step_from_the_start": POSTERIOR.mistake("step_from_the_start").answer,
    "without_noise": without_noise,
    "lucky": lucky,
}
"""Six wrong posteriors, by name."""


def _off(by: Callable) -> Callable:
    """A wrong posterior: the right one whose mean, laid out as a row of numbers, is changed in place."""

    def candidate(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
        mean, var = posterior(x_t, x0, a_s, a_t)
        row = mean.flatten().clone()
        by(row)
        return row.reshape(mean.shape), var

    return candidate


def _up_and_down(row: Tensor) -> None:
    half = max(len(row) // 2, 1)
    row[:half] += 0.5
    if len(row) > 1:
        row[-half:] -= 0.5


def _second_half(row: Tensor) -> None:
    row[len(row) // 2 :] += 0.5


def _weight_of_x0(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    mean, var = posterior(x_t, x0, a_s, a_t)
    return mean + (a_s - a_s.sqrt()) * (1 - a_t / a_s) / (1 - a_t) * x0, var


def _weight_of_x_t(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    mean, var = posterior(x_t, x0, a_s, a_t)
    return mean + (alpha - alpha.sqrt()) * (1 - a_s) / (1 - a_t) * x_t, var


def _small_variance(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    mean, var = posterior(x_t, x0, a_s, a_t)
    return mean, 0.8 * var


OFF = 0.02  # far above rounding
_WEIGHTS = "Ask where neither x_t nor x_0 is 0 and 0 < a_t < a_s < 1."
_SIGN = "If you compare a difference with a tolerance, take its absolute value, and keep the tolerance small."
_HIDDEN: dict[str, tuple[Callable, str]] = {
    "with a wrong weight of x_0": (_weight_of_x0, _WEIGHTS),
    "with a wrong weight of x_t": (_weight_of_x_t, _WEIGHTS),
    f"whose mean is {OFF:g} too small": (_off(lambda row: row.sub_(OFF)), _SIGN),
    f"whose mean is {OFF:g} too large": (_off(lambda row: row.add_(OFF)), _SIGN),
    "whose variance is 20 % too small": (_small_variance, _SIGN),
    "whose mean is right in its first numbers only": (_off(_second_half), "Compare all numbers that you asked for."),
    "whose mean is too large in some numbers and too small in others": (
        _off(_up_and_down),
        "Compare number by number, not only the sums.",
    ),
}
"""Wrong posteriors that the lesson does not show, so that a test of names or of one sign is not enough."""

_CANDIDATES = {
    "posterior": posterior,
    "a right one in another order": in_another_order,
    **IMPOSTORS,
    **{f"a hidden one {name}": candidate for name, (candidate, _) in _HIDDEN.items()},
}


def _fresh(candidate: Callable) -> Callable:
    """The same candidate as a new function, which cannot be known by its identity."""
    return lambda x_t, x0, a_s, a_t: candidate(x_t, x0, a_s, a_t)


def _cases(generator: torch.Generator) -> list[Case]:
    del generator  # the candidates are what varies
    return [
        Case(f"the candidate «{name}»", lambda c=candidate: (_fresh(c),)) for name, candidate in _CANDIDATES.items()
    ]


def _truth(candidate: Callable) -> bool:
    return all(_agrees(candidate, _at(*at)) for at in ((0.7, -0.4, 0.8, 0.3), (-1.2, 2.0, 0.6, 0.1)))


def _accepts(answer) -> str | None:
    for name, candidate in list(_CANDIDATES.items())[:2]:
        if not answer(_fresh(candidate)):
            extra = (
                " It differs from `posterior` by rounding only."
                if candidate is in_another_order
                else " Either it asks for equality in the last digit (==, torch.equal), or the value that it compares "
                "with is wrong, or True and False are exchanged."
            )
            return f"Your test refuses a right posterior («{name}»).{extra}"
    return None


def _refuses(answer) -> str | None:
    through = [name for name, candidate in IMPOSTORS.items() if answer(_fresh(candidate))]
    if not through:
        for name, (candidate, cure) in _HIDDEN.items():
            if answer(_fresh(candidate)):
                return f"Your test refuses the six, and lets one through that it has not met, {name}. {cure}"
        return None
    where = " It is right wherever √α = √(a_t / a_s) is ½; ask elsewhere too." if through == ["lucky"] else ""
    return f"Your test lets {', '.join(f'«{name}»' for name in through)} through.{where}"


def _at(x_t: float, x0: float, a_s: float, a_t: float) -> tuple[Tensor, ...]:
    return tuple(torch.tensor(value, dtype=torch.float64) for value in (x_t, x0, a_s, a_t))


def _agrees(candidate: Callable, at: tuple[Tensor, ...], parts: tuple[int, ...] = (0, 1)) -> bool:
    got, right = candidate(*at), posterior(*at)
    return all(torch.allclose(got[part], right[part]) for part in parts)


def _marginals(candidate: Callable) -> bool:
    _, _, a_s, a_t = at = _at(1.0, 0.0, 0.8, 0.3)
    of_x_t, var = candidate(*at)
    of_x0, _ = candidate(*_at(0.0, 1.0, 0.8, 0.3))
    signal, noise = of_x0 + of_x_t * a_t.sqrt(), of_x_t**2 * (1 - a_t) + var
    return torch.allclose(signal, a_s.sqrt()) and torch.allclose(noise, 1 - a_s)


def _sampled(candidate: Callable) -> bool:
    """Draw the chain forwards and regress: right up to sampling noise, which is far below the errors in question."""
    g, n = torch.Generator().manual_seed(0), 200_000
    a_s, a_t, x0 = (torch.tensor(value, dtype=torch.float64) for value in (0.8, 0.3, 0.5))
    z = torch.randn(2, n, generator=g, dtype=torch.float64)
    x_s = a_s.sqrt() * x0 + (1 - a_s).sqrt() * z[0]
    x_t = (a_t / a_s).sqrt() * x_s + (1 - a_t / a_s).sqrt() * z[1]
    mean, var = candidate(x_t, x0.expand(n), a_s, a_t)
    residual = x_s - mean
    slope = (residual * x_t).mean()
    return bool(residual.mean().abs() < 0.01 and slope.abs() < 0.01 and (residual.var() - var).abs() < 0.01)


def _equal(candidate: Callable) -> bool:
    at = _at(0.7, -0.4, 0.8, 0.3)
    return all(torch.equal(got, right) for got, right in zip(candidate(*at), posterior(*at), strict=True))


def _the_example(candidate: Callable) -> bool:
    mean, var = candidate(*_at(1.0, 2.0, 0.64, 0.16))
    return bool((mean - 1.643).abs() < 1e-3 and (var - 0.321).abs() < 1e-3)


def _tolerant(candidate: Callable) -> bool:
    at = _at(0.7, -0.4, 0.8, 0.3)
    return all(torch.allclose(got, right, atol=0.05) for got, right in zip(candidate(*at), posterior(*at), strict=True))


def _right_shape(candidate: Callable) -> bool:
    x = torch.zeros(2, 3).double()
    mean, _ = candidate(x, x, torch.tensor(0.8).double(), torch.tensor(0.3).double())
    return mean.shape == x.shape


EXERCISE = Exercise(
    key="gaussian.is_posterior",
    minutes=10,
    difficulty=2,
    idea="A test of a formula needs a second way to the answer, and points at which wrong answers differ.",
    established="Your test tells a right posterior from six wrong ones, one of which has the right level of noise.",
    reference=is_posterior,
    cases=_cases,
    truth=_truth,
    laws=(_accepts, _refuses),
    needs=("gaussian.posterior", "gaussian.two_bells"),
    hints=(
        "Call the candidate at numbers of your choice, and hold both results against a value that you trust.",
        "two_bells is a second way to the answer. Compare with torch.allclose, the mean and the variance, at x_t ≠ x_0 "
        "and 0 < a_t < a_s < 1.",
        "m, v = two_bells(a_s.sqrt() * x0, 1 - a_s, x_t / alpha.sqrt(), (1 - alpha) / alpha); then return "
        "torch.allclose(mean, m) and torch.allclose(var, …).",
    ),
    mistakes=(
        Mistake(
            "accepts_all",
            _right_shape,
            "Your test lets every candidate through. Shapes, signs and finite numbers say nothing of a formula.",
            "Compare the numbers themselves with those of a second way to the answer.",
        ),
        Mistake(
            "exact_equality",
            _equal,
            "Your test refuses a right posterior that computes in another order: it wants equality in the last digit.",
            "Use torch.allclose in place of == or torch.equal.",
        ),
        Mistake(
            "refuses_all",
            lambda candidate: False,
            "Your test refuses every candidate, the right ones too. Either it wants equality (==, torch.equal), which "
            "rounding breaks between two ways to one number, or the value it compares with is wrong.",
            "Use torch.allclose, and print your value beside posterior's at the same point.",
        ),
        Mistake(
            "the_example_only",
            _the_example,
            "Of the six, your test lets «lucky» alone through: it looks only where √α is ½, as at the example of "
            "`posterior`, or its tolerance is wider than the difference.",
            "Compare at numbers of your own, with another a_t / a_s than ¼, against two_bells.",
        ),
        Mistake(
            "mean_only",
            partial(_agrees, at=_at(0.7, -0.4, 0.8, 0.3), parts=(0,)),
            "Your test lets those through whose mean is right and whose variance is wrong: it does not look at the "
            "variance.",
            "Compare the second result too.",
        ),
        Mistake(
            "blind_to_swapped",
            partial(_agrees, at=_at(1.0, 1.0, 0.8, 0.3)),
            "Of the six, your test lets the one with exchanged coefficients alone through: it looks where x_t = x_0 "
            "and exchanging them makes no difference, or its tolerance is wider than the difference.",
            "Compare the mean at a point where x_t and x_0 are different numbers.",
        ),
        Mistake(
            "marginals_only",
            _marginals,
            "Your test lets the one without noise through: its x_s has the right level, √ᾱ_s x_0 and variance 1 − ᾱ_s. "
            "Many laws have that; only one is Bayes' answer.",
            "Compare the mean and the variance themselves, not only the level of noise that comes of them.",
        ),
        Mistake(
            "last_step_only",
            partial(_agrees, at=_at(0.7, -0.4, 1.0, 0.3)),
            "Your test lets all those through that are right at a_s = 1, where x_s is x_0 for certain: it looks there "
            "only, or so near that its tolerance hides the rest.",
            "Choose an a_s between a_t and 1.",
        ),
        Mistake(
            "too_tolerant",
            _tolerant,
            "Your test lets those through that are wrong by a few hundredths: its tolerance is too wide.",
            "Leave the tolerance of torch.allclose as it is, and use float64 tensors.",
        ),
        Mistake(
            "turned_round",
            lambda candidate: not is_posterior(candidate),
            "Your test says True to the wrong ones and False to the right ones.",
            "Return True where the candidate agrees.",
        ),
    ),
    equivalents=(
        partial(_agrees, at=_at(0.7, -0.4, 0.8, 0.3)),
        lambda candidate: all(_agrees(candidate, _at(x, 1 - x, 0.6, 0.2)) for x in (-1.0, 0.0, 2.0)),
        _sampled,
    ),
)
