"""Exercise: from what survives to what each step destroys."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def rates(a: Tensor) -> Tensor:
    """The share of the words still seen that each step hides: a [T + 1], result [T].

    a[i] is what survives after i of T steps. It falls from a[0] = 1, and only a[T] may be 0. beta_i is that of step i,
    at place i − 1 of the result: of a = (1, 0.8, 0.2, 0) it is (0.2, 0.75, 1).
    """
    return 1 - a[1:] / a[:-1]


def _by_loops(a: Tensor) -> Tensor:
    left, betas = 1.0, []
    for survives in a[1:].tolist():
        betas.append((left - survives) / left)
        left -= left * betas[-1]
    return torch.tensor(betas, dtype=a.dtype)


def _by_differences(a: Tensor) -> Tensor:
    return -a.diff() / a[:-1]


def _by_logarithms(a: Tensor) -> Tensor:
    return -torch.expm1(a.log().diff())


def _rolled(a: Tensor) -> Tensor:
    return (1 - a / a.roll(1))[1:]


def _in_float32(a: Tensor) -> Tensor:
    a = a.float()
    return (a[:-1] - a[1:]) / a[:-1]


def _differences(a: Tensor) -> Tensor:
    return a[:-1] - a[1:]


def _ratio(a: Tensor) -> Tensor:
    return a[1:] / a[:-1]


def _upside_down(a: Tensor) -> Tensor:
    return 1 - a[:-1] / a[1:]


def _hidden_so_far(a: Tensor) -> Tensor:
    return 1 - a[1:]


def _last_first(a: Tensor) -> Tensor:
    return rates(a).flip(0)


def _over_what_is_left(a: Tensor) -> Tensor:
    return (a[:-1] - a[1:]) / a[1:]


def _over_what_is_hidden(a: Tensor) -> Tensor:
    return (a[:-1] - a[1:]) / (1 - a[1:])


def _clipped(a: Tensor) -> Tensor:
    return rates(a).clamp(max=0.999)


def _one_step_late(a: Tensor) -> Tensor:
    return torch.cat([torch.zeros(1, dtype=a.dtype), rates(a)[:-1]])


def _one_step_early(a: Tensor) -> Tensor:
    beta = rates(a)
    return torch.cat([beta[1:], torch.ones(1, dtype=a.dtype)])


def _root(a: Tensor) -> Tensor:
    return 1 - (a[1:] / a[:-1]).sqrt()


def _logarithm(a: Tensor) -> Tensor:
    return -(a[1:] / a[:-1]).log()


def _per_unit_of_time(a: Tensor) -> Tensor:
    return rates(a) * (len(a) - 1)


def _of_the_line(a: Tensor) -> Tensor:
    return 1 / torch.arange(len(a) - 1, 0, -1, dtype=a.dtype)


LAST = "the rate of a last step after which nothing survives (0.999: a cap below 1)"


def _observe(result: Any, arguments: tuple) -> Seen:
    (a,) = arguments
    beta = torch.as_tensor(result).detach().double()
    if a[-1] > 0:
        return {"the rates": beta}
    # where people cap a rate is up to them
    last = torch.where((beta[-1] > 0.9) & (beta[-1] < 1 - 1e-6), 0.999, beta[-1])
    return {"the rates of all steps but the last": beta[:-1], LAST: last}


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, a: Tensor) -> Case:
        return Case(says, lambda: (a.clone(),))

    def falling(T: int) -> Tensor:
        kept = 0.3 + 0.65 * torch.rand(T, generator=generator, dtype=torch.float64)
        return torch.cat([torch.ones(1, dtype=torch.float64), kept.cumprod(0)])

    line = 1 - torch.arange(6, dtype=torch.float64) / 5
    steps = torch.arange(9, dtype=torch.float64) / 8
    cosine = (steps * math.pi / 2).cos().square()
    return [
        case("one step, a = (1, 0.7)", torch.tensor([1, 0.7], dtype=torch.float64)),
        case("T = 2 and a = (1, 0.8, 0.2)", torch.tensor([1, 0.8, 0.2], dtype=torch.float64)),
        case("T = 4 and an uneven a", falling(4)),
        case("T = 5 and a = 1 − i/T", line),
        case("T = 3 and a = (1, 0.5, 0.25, 0)", torch.tensor([1, 0.5, 0.25, 0], dtype=torch.float64)),
        case("T = 8 and a cosine that keeps a little", 0.9 * cosine + 0.1),
        case(
            "T = 7, a step in which nothing is hidden", torch.cat([falling(3), falling(3) * 0.1]).sort().values.flip(0)
        ),
    ]


def _numbers(values: Tensor) -> str:
    return ", ".join(f"{0 if abs(value) < 1e-12 else value:.3g}" for value in values.tolist())


def _halves(answer: Callable) -> str | None:
    a = torch.tensor([1, 0.5, 0.25, 0.125], dtype=torch.float64)
    got = answer(a)
    if torch.allclose(got.double(), torch.full((3,), 0.5, dtype=torch.float64)):
        return None
    return (
        "With a = (1, 0.5, 0.25, 0.125) each step hides half of what is still seen, so each rate is 0.5. Yours are "
        f"{_numbers(got)}."
    )


def _survival_multiplies(answer: Callable) -> str | None:
    a = torch.tensor([1, 0.8, 0.2, 0.15], dtype=torch.float64)
    survives = (1 - answer(a).double()).cumprod(0)
    if torch.allclose(survives, a[1:]):
        return None
    return (
        "With a = (1, 0.8, 0.2, 0.15) the products (1 − beta_1) … (1 − beta_i) should give 0.8, 0.2, 0.15 back. Yours "
        f"give {_numbers(survives)}."
    )


def _nothing_is_left(answer: Callable) -> str | None:
    got = answer(torch.tensor([1, 0.5, 0], dtype=torch.float64))
    if abs(float(got[-1]) - 1) < 1e-6:
        return None
    return (
        "With a = (1, 0.5, 0) nothing survives the last step: it hides all that is left, and its rate is 1. Yours is "
        f"{float(got[-1]):.4g}."
    )


EXERCISE = Exercise(
    key="mask.rates",
    minutes=8,
    difficulty=1,
    idea="Survivals multiply. What a step destroys is a share of what is left, not of what there was.",
    established="Your rates, one after the other, leave exactly what the schedule says.",
    reference=rates,
    cases=_cases,
    observe=_observe,
    truth=_by_loops,
    laws=(_halves, _survival_multiplies, _nothing_is_left),
    hints=(
        "Of the words that are still seen after i − 1 steps, the share 1 − beta_i is still seen after step i.",
        "a[i] = a[i − 1] (1 − beta_i). Solve for beta_i.",
        "a[1:] are the survivals after each step, a[:-1] those before it: 1 - … / ….",
    ),
    mistakes=(
        Mistake(
            "differences",
            _differences,
            "You took a[i − 1] − a[i], the share of all words that step i hides. The rate is the share of those that "
            "are still seen before the step.",
            "Divide by a[:-1].",
        ),
        Mistake(
            "ratio",
            _ratio,
            "You took a[i] / a[i − 1], the share that survives step i. The rate is the share that does not.",
            "Take 1 minus it.",
        ),
        Mistake(
            "upside_down",
            _upside_down,
            "The fraction stands upside down: 1 − a[i − 1] / a[i] is below 0, since a falls.",
            "What is left after the step goes above the line: a[1:] / a[:-1].",
        ),
        Mistake(
            "hidden_so_far",
            _hidden_so_far,
            "You took 1 − a[i], what all the steps up to i have hidden together. The rate is that of step i alone.",
            "Divide a[i] by a[i − 1] before you take it from 1.",
        ),
        Mistake(
            "last_first",
            _last_first,
            "The rates are right and in the wrong order: yours begin with the last step.",
            "The first of them is that of step 1, 1 − a[1] / a[0].",
        ),
        Mistake(
            "over_what_is_left",
            _over_what_is_left,
            "You divided by a[i], what is left after the step. The rate is a share of what is there before it.",
            "Divide by a[:-1].",
        ),
        Mistake(
            "over_what_is_hidden",
            _over_what_is_hidden,
            "You divided by 1 − a[i], what is hidden after the step. That is the way back, the share of the hidden "
            "places that step i has hidden. The rate is a share of what is still seen.",
            "Divide by a[:-1].",
        ),
        Mistake(
            "clipped",
            _clipped,
            "Your rates are held below 1. Where a[T] is 0 the last step hides all that is left, and its rate is 1: "
            "with less, some words would survive.",
            "Leave out the clamp. (It belongs to noise of numbers, where 1 makes a division by 0.)",
        ),
        Mistake(
            "one_step_late",
            _one_step_late,
            "Your rates are one step late: the first is 0, and the last step has the rate of the one before it.",
            "The first of them is 1 − a[1] / a[0].",
        ),
        Mistake(
            "one_step_early",
            _one_step_early,
            "Your rates are one step early: the first is 1 − a[2] / a[1], and at the end stands a 1.",
            "The first of them is 1 − a[1] / a[0], and there are T.",
        ),
        Mistake(
            "root",
            _root,
            "You took the root of a[i] / a[i − 1]. Of words, the share itself survives; the root belongs to numbers, "
            "whose variance shrinks by it.",
            "Leave out the root.",
        ),
        Mistake(
            "logarithm",
            _logarithm,
            "You took −ln(a[i] / a[i − 1]). That is the rate of a time without steps; for small ones the two are "
            "almost equal, and at a[T] = 0 it is infinite. A share is never above 1.",
            "Take 1 − a[i] / a[i − 1].",
        ),
        Mistake(
            "per_unit_of_time",
            _per_unit_of_time,
            "Your rates are T times too large: they were divided by the length of a step, 1/T.",
            "A share of the words has no unit; leave it as it is.",
        ),
        Mistake(
            "of_the_line",
            _of_the_line,
            "You gave 1/(T − i + 1) whatever a is. That is right for a = 1 − i/T alone.",
            "Compute the rates from a.",
        ),
    ),
    equivalents=(_by_loops, _by_differences, _by_logarithms, _rolled, _in_float32),
)
