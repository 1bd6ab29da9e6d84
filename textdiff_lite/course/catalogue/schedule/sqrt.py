"""Exercise: the schedule sqrt, which begins with a jump."""

from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def sqrt(t: Tensor, s: float) -> Tensor:
    """What survives to each of the times t by the schedule sqrt: 1 − √(t + s), and nothing where that is below 0.

    At t = 0 all survives, whatever s is. t: times from 0 to 1, of any shape; the result has this shape. s: a small
    number of at least 0. With s = 0.01 the times (0, 0.03, 0.24, 1) give (1, 0.8, 0.5, 0).
    Source: Li et al. 2022 (2205.14217), who take s = 1e-4.
    """
    a = (1 - (t + s).sqrt()).clamp(min=0)
    return torch.where(t == 0, 1.0, a)


def _by_loops(t: Tensor, s: float) -> Tensor:
    values = [1.0 if u == 0 else max(0.0, 1 - (u + s) ** 0.5) for u in t.flatten().tolist()]
    return torch.tensor(values, dtype=t.dtype).view(t.shape)


def _in_float32(t: Tensor, s: float) -> Tensor:
    a = torch.relu(1 - torch.pow(t.float() + s, 0.5))
    a[t == 0] = 1
    return a


def _what_is_lost_first(t: Tensor, s: float) -> Tensor:
    lost = torch.minimum((t + s).sqrt(), torch.ones_like(t))
    return 1 - lost * (t > 0)


def _a_jump_of_the_root(t: Tensor, s: float) -> Tensor:
    return torch.where(t > 0, 1 - (t + s).clamp(0, 1).sqrt(), torch.ones_like(t))


def _made_whole(a: Tensor, t: Tensor) -> Tensor:
    """The right clip and the right beginning, for a formula that is wrong between."""
    return torch.where(t == 0, 1.0, a.clamp(min=0))


def _bare(t: Tensor, s: float) -> Tensor:
    return 1 - (t + s).sqrt()


def _no_jump(t: Tensor, s: float) -> Tensor:
    return _bare(t, s).clamp(min=0)


def _not_clipped(t: Tensor, s: float) -> Tensor:
    return torch.where(t == 0, 1.0, _bare(t, s))


def _without_s(t: Tensor, s: float) -> Tensor:
    del s
    return 1 - t.sqrt()


def _s_outside(t: Tensor, s: float) -> Tensor:
    return _made_whole(1 - t.sqrt() - s, t)


def _two_roots(t: Tensor, s: float) -> Tensor:
    return _made_whole(1 - t.sqrt() - s**0.5, t)


def _minus_s(t: Tensor, s: float) -> Tensor:
    return _made_whole(1 - (t - s).clamp(min=0).sqrt(), t)


def _no_root(t: Tensor, s: float) -> Tensor:
    return _made_whole(1 - t - s, t)


def _square(t: Tensor, s: float) -> Tensor:
    return _made_whole(1 - (t + s).square(), t)


def _root_of_all(t: Tensor, s: float) -> Tensor:
    return _made_whole((1 - t - s).clamp(min=0).sqrt(), t)


def _lost(t: Tensor, s: float) -> Tensor:
    return 1 - sqrt(t, s)


def _root_of_the_result(t: Tensor, s: float) -> Tensor:
    return sqrt(t, s).sqrt()


def _over_its_beginning(t: Tensor, s: float) -> Tensor:
    return _no_jump(t, s) / (1 - s**0.5)


def _squeezed(t: Tensor, s: float) -> Tensor:
    return _made_whole(1 - ((t + s) / (1 + s)).sqrt(), t)


def _first_is_one(t: Tensor, s: float) -> Tensor:
    a = _no_jump(t, s)
    a.view(-1)[0] = 1
    return a


def _time_turned(t: Tensor, s: float) -> Tensor:
    return sqrt(1 - t, s)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, t: Tensor, s: float) -> Case:
        return Case(f"{says}, s = {s:g}", lambda: (t.clone(), s))

    def times(*values: float) -> Tensor:
        return torch.tensor(values, dtype=torch.float64)

    drawn = torch.rand(3, 4, generator=generator, dtype=torch.float64)
    drawn[1, 2] = 0  # a beginning that stands elsewhere than first
    return [
        case("t = (0, 0.03, 0.24, 1)", times(0.0, 0.03, 0.24, 1.0), 0.01),
        case("t = (0, 0.0399, 0.5, 1)", times(0.0, 0.0399, 0.5, 1.0), 1e-4),
        case("t = (1, 0.5, 0)", times(1.0, 0.5, 0.0), 1e-4),
        case("t [3, 1]", times(0.2, 0.0, 0.9)[:, None], 1e-4),
        case("t [3, 4]", drawn, 1e-4),
        case("t = (0.004, 0.01, 0.02)", times(0.004, 0.01, 0.02), 0.01),
        case("t = (0, 0.25, 1)", times(0.0, 0.25, 1.0), 0.0),
        case("t [4, 1], late times", times(0.95, 0.97, 0.99, 1.0)[:, None], 0.04),
    ]


def _at(answer: Callable, t: float, s: float) -> float:
    return float(answer(torch.tensor([0.3, t], dtype=torch.float64), s)[1])


def _begins_whole(answer: Callable) -> str | None:
    got = _at(answer, 0.0, 1e-4)
    if abs(got - 1) < 1e-5:
        return None
    return f"At t = 0 nothing is lost yet: 1 survives, whatever s is. With s = 1e-4 yours says {got:.5g}."


def _ends_at_nothing(answer: Callable) -> str | None:
    for s in (1e-4, 0.0):
        got = _at(answer, 1.0, s)
        if not abs(got) < 1e-5:
            return f"At t = 1 nothing is left, and no share is below 0. With s = {s:g} yours says {got:.5g}."
    return None


def _half(answer: Callable) -> str | None:
    got = _at(answer, 0.24, 0.01)
    if abs(got - 0.5) < 1e-5:
        return None
    return f"With s = 0.01, at t = 0.24: √(0.24 + 0.01) = 0.5, so that 0.5 survives. Yours says {got:.5g}."


EXERCISE = Exercise(
    key="schedule.sqrt",
    minutes=8,
    difficulty=1,
    idea="A schedule made for words: a jump at the start, because a little noise hides nothing from a reader.",
    established="Your schedule falls as 1 − √(t + s), with all at the beginning and nothing at the end.",
    reference=sqrt,
    cases=_cases,
    truth=_by_loops,
    laws=(_begins_whole, _half, _ends_at_nothing),
    hints=(
        "Three pieces: the formula, no value below 0, and the value 1 where t is 0.",
        "clamp(min=0) cuts what is below 0. torch.where(t == 0, 1.0, …) sets the beginning, wherever it stands in t.",
        "a = (1 - (t + s).sqrt()).clamp(min=0), then torch.where(t == 0, …, …).",
    ),
    mistakes=(
        Mistake(
            "bare_formula",
            _bare,
            "You gave 1 − √(t + s) as it stands. At t = 0 that is 1 − √s, and at t = 1 it is below 0.",
            "Cut at 0 with clamp(min=0), and give 1 where t is 0.",
        ),
        Mistake(
            "no_jump",
            _no_jump,
            "Yours begins at 1 − √s. At t = 0 nothing has been done to the word yet, and all of it survives; the jump "
            "comes right after.",
            "torch.where(t == 0, 1.0, …).",
        ),
        Mistake(
            "not_clipped",
            _not_clipped,
            "Near t = 1 yours is below 0, since t + s is above 1 there. A share that survives is at least 0, and the "
            "root of a negative one is no number.",
            "Cut at 0 with clamp(min=0).",
        ),
        Mistake(
            "without_s",
            _without_s,
            "You left s out. The root falls steeply at 0, and s is what makes a jump of it.",
            "Take the root of t + s.",
        ),
        Mistake(
            "s_outside",
            _s_outside,
            "You took s off after the root, 1 − √t − s. It belongs under the root, where a small s makes a large jump: "
            "√0.0001 = 0.01.",
            "Add s to t, then take the root.",
        ),
        Mistake(
            "two_roots",
            _two_roots,
            "You took √t + √s for √(t + s). The root of a sum is not the sum of the roots.",
            "Add first, then take the root.",
        ),
        Mistake(
            "minus_s",
            _minus_s,
            "You took s off the time, √(t − s). It is added: the schedule starts as if a little time had passed.",
            "Take the root of t + s.",
        ),
        Mistake(
            "no_root",
            _no_root,
            "You gave 1 − (t + s), without the root: a straight line. The root falls fast at first and slowly later.",
            "Take (t + s).sqrt().",
        ),
        Mistake(
            "square",
            _square,
            "You squared t + s. That is slow at first and fast later, the reverse of what the root does.",
            "(t + s).sqrt() in place of the square.",
        ),
        Mistake(
            "root_of_all",
            _root_of_all,
            "You took the root of the whole, √(1 − t − s). The root belongs to t + s, and what it gives is taken from "
            "1.",
            "1 − (t + s).sqrt().",
        ),
        Mistake(
            "what_is_lost",
            _lost,
            "You gave what is lost, which begins at 0 and ends at 1. Asked for is what survives.",
            "Take 1 minus it.",
        ),
        Mistake(
            "root_of_the_result",
            _root_of_the_result,
            "You gave the root of what survives. That is the factor of x_0 in x_t; the schedule is the share of "
            "variance, without a further root.",
            "Leave out the outer root.",
        ),
        Mistake(
            "over_its_beginning",
            _over_its_beginning,
            "You divided by the value at t = 0, 1 − √s. So the curve begins at 1 without a jump, and all of it is a "
            "little higher. Released code does so; the formula of the paper does not.",
            "Leave out the division, and set the beginning alone: torch.where(t == 0, 1.0, …).",
        ),
        Mistake(
            "squeezed",
            _squeezed,
            "You divided t + s by 1 + s, so that it ends at 1. That is how the cosine does it; here nothing is "
            "squeezed, and what falls below 0 is cut.",
            "Leave out the division, and use clamp(min=0).",
        ),
        Mistake(
            "first_is_one",
            _first_is_one,
            "You gave 1 to the first of the times, whichever it is. Only t = 0 has it, and it may stand anywhere.",
            "torch.where(t == 0, 1.0, …).",
        ),
        Mistake(
            "time_turned",
            _time_turned,
            "Your time runs backwards: what survives grows. Here 0 is clean and 1 is noise.",
            "Use t, not 1 − t.",
        ),
    ),
    equivalents=(_by_loops, _in_float32, _what_is_lost_first, _a_jump_of_the_root),
)
