"""Exercise: what an error in x_0 weighs where the posterior mean is the target."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.gaussian.posterior import posterior
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def mean_weight(a_s: Tensor, a_t: Tensor) -> Tensor:
    """What the squared error of the posterior mean is, over the squared error of x_0: in the shape of a_s and a_t.

    a_s > a_t are what survives to s < t. The mean of q(x_s | x_t, x_0) is c x_0 + … x_t, so a belief that is off by 1
    puts it off by c, and the weight is c². mean_weight(0.64, 0.16) is 0.714² = 0.510.
    Source: Ho et al. 2020 (2006.11239), eq. 7.
    """
    c = a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t)
    return c.square()


def _by_posterior(a_s: Tensor, a_t: Tensor) -> Tensor:
    """A truth that does not know the coefficient: two beliefs that are 1 apart, and how far apart they put the mean."""
    x_t = torch.full_like(a_s, 0.7)
    off, _ = posterior(x_t, x_t + 1, a_s, a_t)
    right, _ = posterior(x_t, x_t, a_s, a_t)
    return (off - right).square()


def _multiplied_out(a_s: Tensor, a_t: Tensor) -> Tensor:
    return (a_s - a_t) ** 2 / (a_s * (1 - a_t) ** 2)


def _number_by_number(a_s: Tensor, a_t: Tensor) -> Tensor:
    pairs = zip(a_s.flatten().tolist(), a_t.flatten().tolist(), strict=True)
    return torch.tensor([s * ((1 - t / s) / (1 - t)) ** 2 for s, t in pairs]).reshape(a_s.shape)


def _from_x_t(a_s: Tensor, a_t: Tensor) -> Tensor:
    # what x_s holds of x_0 beyond its share of x_t
    share = (a_t / a_s).sqrt() * (1 - a_s) / (1 - a_t)
    return (a_s.sqrt() - share * a_t.sqrt()) ** 2


def _in_float32(a_s: Tensor, a_t: Tensor) -> Tensor:
    return mean_weight(a_s.float(), a_t.float())


def _weight(
    a_s: Tensor,
    a_t: Tensor,
    *,
    level: Callable[[Tensor, Tensor], Tensor] = lambda a_s, a_t: a_s.sqrt(),
    beta: Callable[[Tensor, Tensor], Tensor] = lambda a_s, a_t: 1 - a_t / a_s,
    below: Callable[[Tensor, Tensor], Tensor] = lambda a_s, a_t: 1 - a_t,
    power: float = 2.0,
    over: Callable[[Tensor, Tensor], Tensor] = lambda a_s, a_t: torch.ones_like(a_s),
) -> Tensor:
    """The weight with one part exchanged: a factor of c, its square, or what it is divided by."""
    c = level(a_s, a_t) * beta(a_s, a_t) / below(a_s, a_t)
    return c**power / over(a_s, a_t)


def _variance(a_s: Tensor, a_t: Tensor) -> Tensor:
    return (1 - a_t / a_s) * (1 - a_s) / (1 - a_t)


def _of_x_t(a_s: Tensor, a_t: Tensor) -> Tensor:
    return ((a_t / a_s).sqrt() * (1 - a_s) / (1 - a_t)) ** 2


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, a_s: Tensor, a_t: Tensor) -> Case:
        return Case(says, lambda: (a_s.clone(), a_t.clone()))

    def one(value: float) -> Tensor:
        return torch.tensor(value, dtype=torch.float64)

    a_s = 0.2 + 0.75 * torch.rand(3, 4, generator=generator, dtype=torch.float64)
    a_t = a_s * (0.1 + 0.8 * torch.rand(3, 4, generator=generator, dtype=torch.float64))
    return [
        case("a_s = 0.64, a_t = 0.16", one(0.64), one(0.16)),
        case("a_s = 0.9, a_t = 0.3", one(0.9), one(0.3)),
        case("a small step, a_s = 0.5, a_t = 0.45", one(0.5), one(0.45)),
        case("a_s and a_t of shape [3, 4]", a_s, a_t),
        case("the last step back, a_s = 1, a_t = 0.7", one(1.0), one(0.7)),
        case("the first step back, a_s = 0.3, a_t = 0", one(0.3), one(0.0)),
    ]


def _observe(result: Any, arguments: tuple) -> Seen:
    del arguments
    weight = torch.as_tensor(result).detach().double()
    # 1/0 or 0/0 hangs on how it was written: it is one mistake
    return {"the weight": torch.where(weight.isfinite(), weight, torch.nan)}


def _at(answer: Callable, a_s: float, a_t: float) -> float:
    return float(answer(torch.tensor(a_s, dtype=torch.float64), torch.tensor(a_t, dtype=torch.float64)))


def _the_last_step(answer: Callable) -> str | None:
    got = _at(answer, 1.0, 0.7)
    if abs(got - 1) < 1e-4:
        return None
    return f"At a_s = 1 the posterior mean is x_0 itself, so an error in x_0 counts in full: 1. Yours is {got:.4g}."


def _the_first_step(answer: Callable) -> str | None:
    got = _at(answer, 0.25, 0.0)
    if abs(got - 0.25) < 1e-4:
        return None
    return (
        "At a_t = 0 nothing is known from x_t, and the posterior mean is √a_s x_0. With a_s = 0.25 an error of 1 in "
        f"x_0 puts it off by 0.5, and 0.5² = 0.25. Yours is {got:.4g}."
    )


def _a_worked_value(answer: Callable) -> str | None:
    got = _at(answer, 0.64, 0.16)
    right = (0.8 * 0.75 / 0.84) ** 2
    if abs(got - right) < 1e-4:
        return None
    return (
        "With a_s = 0.64 and a_t = 0.16 the beliefs x_0 = 0 and x_0 = 1 put the posterior mean 0.8 · 0.75 / 0.84 = "
        f"{right**0.5:.4f} apart. Its square is {right:.4f}; yours is {got:.4g}."
    )


def _a_small_step(answer: Callable) -> str | None:
    got = _at(answer, 0.5, 0.45)
    right = (0.5**0.5 * 0.1 / 0.55) ** 2
    if abs(got - right) < 1e-4:
        return None
    return (
        "In a small step the mean hangs almost wholly on x_t. With a_s = 0.5 and a_t = 0.45 the weight is "
        f"{right:.4f}; yours is {got:.4g}."
    )


EXERCISE = Exercise(
    key="vectors.mean_weight",
    minutes=12,
    difficulty=2,
    idea="Whoever asks for the posterior mean asks for x_0 with a weight: 1 in the last step, tiny in most others.",
    established="Your weight says what the mean target makes of an error in x_0.",
    reference=mean_weight,
    cases=_cases,
    observe=_observe,
    truth=_by_posterior,
    laws=(_the_last_step, _the_first_step, _a_worked_value, _a_small_step),
    needs=("gaussian.posterior",),
    hints=(
        "The target and the guess have the same x_t, and so the same share of it. What is left of their difference?",
        "The mean is c x_0 + … x_t. Of the two means remains c (x̂_0 − x_0), whose square is c² |x̂_0 − x_0|².",
        "c = a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t), as in your posterior. Square it.",
    ),
    mistakes=(
        Mistake(
            "not_squared",
            partial(_weight, power=1.0),
            "This is c, the coefficient of x_0 in the mean. The weight belongs to a squared error, so it is c².",
            "Square it, with .square().",
        ),
        Mistake(
            "a_t_for_a_s",
            partial(_weight, level=lambda a_s, a_t: a_t.sqrt()),
            "x_0 stands in the mean with √a_t. The mean is one of x_s, and what x_s holds of x_0 is √a_s.",
            "Put a_s under the root.",
        ),
        Mistake(
            "swapped",
            lambda a_s, a_t: mean_weight(a_t, a_s),
            "s and t are exchanged. The step back goes from t to s, and a_s > a_t.",
            "c = √a_s (1 − a_t/a_s) / (1 − a_t).",
        ),
        Mistake(
            "of_x_t",
            _of_x_t,
            "This is the square of the coefficient of x_t. The guess and the target share x_t; they differ in x_0.",
            "Take the coefficient of x_0: √a_s (1 − a_t/a_s) / (1 − a_t).",
        ),
        Mistake(
            "over_the_variance",
            partial(_weight, over=_variance),
            "You divided by the variance of the posterior. The bound does so, where a KL of two bells is counted; the "
            "mean target is a plain squared error.",
            "Leave out the division by the variance.",
        ),
        Mistake(
            "of_the_bound",
            partial(_weight, over=lambda a_s, a_t: 2 * _variance(a_s, a_t)),
            "This is the weight of the bound, ½ (a_s/(1 − a_s) − a_t/(1 − a_t)): a KL of two bells, divided by 2 and "
            "by the variance. The mean target is a plain squared error.",
            "Leave out the division by twice the variance.",
        ),
        Mistake(
            "without_beta",
            partial(_weight, beta=lambda a_s, a_t: torch.ones_like(a_s)),
            "The factor 1 − a_t/a_s is missing, what the step from s to t destroys. The smaller the step, the less the "
            "mean needs x_0.",
            "c = √a_s (1 − a_t/a_s) / (1 − a_t).",
        ),
        Mistake(
            "difference_for_ratio",
            partial(_weight, beta=lambda a_s, a_t: a_s - a_t),
            "The step from s to t is written a_s − a_t. Survivals multiply: what the step destroys is 1 − a_t/a_s.",
            "Divide a_t by a_s.",
        ),
        Mistake(
            "step_from_the_start",
            partial(_weight, beta=lambda a_s, a_t: 1 - a_t),
            "1 − a_t stands where the step from s to t belongs; that is what is destroyed from 0 to t. So it cancels, "
            "and a_s is left.",
            "Take 1 − a_t/a_s above the line.",
        ),
        Mistake(
            "ratio_for_beta",
            partial(_weight, beta=lambda a_s, a_t: a_t / a_s),
            "a_t/a_s stands where 1 − a_t/a_s belongs. It is what survives the step, and not what the step destroys.",
            "Take 1 minus it.",
        ),
        Mistake(
            "root_of_the_ratio",
            partial(_weight, beta=lambda a_s, a_t: 1 - (a_t / a_s).sqrt()),
            "The step's share is 1 − √(a_t/a_s). The survivals are shares of variance already.",
            "Leave out the root of the ratio.",
        ),
        Mistake(
            "a_s_without_root",
            partial(_weight, level=lambda a_s, a_t: a_s),
            "x_0 stands in the mean with a_s. That is a share of variance; what x_s holds of x_0 is √a_s.",
            "Take the root of a_s.",
        ),
        Mistake(
            "without_a_s",
            partial(_weight, level=lambda a_s, a_t: torch.ones_like(a_s)),
            "The factor √a_s is missing: the mean is one of x_s, in which x_0 stands with √a_s.",
            "Multiply by √a_s.",
        ),
        Mistake(
            "over_a_s",
            partial(_weight, below=lambda a_s, a_t: 1 - a_s),
            "You divided by 1 − a_s, the noise at s, which is 0 for the last step back. What is divided by is the "
            "noise at t.",
            "Divide by 1 − a_t.",
        ),
        Mistake(
            "root_below",
            partial(_weight, below=lambda a_s, a_t: (1 - a_t).sqrt()),
            "You divided by √(1 − a_t), the standard deviation at t. In the mean stands the variance.",
            "Divide by 1 − a_t, before you square.",
        ),
        Mistake(
            "nothing_below",
            partial(_weight, below=lambda a_s, a_t: torch.ones_like(a_s)),
            "The division by 1 − a_t is missing.",
            "c = √a_s (1 − a_t/a_s) / (1 − a_t).",
        ),
    ),
    equivalents=(_by_posterior, _multiplied_out, _number_by_number, _from_x_t, _in_float32),
)
