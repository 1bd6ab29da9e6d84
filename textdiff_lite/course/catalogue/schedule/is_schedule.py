"""The inverse exercise: a test that accepts schedules and refuses what only looks like one."""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.schedule.sqrt import sqrt
from textdiff_lite.course.exercise import Case, Exercise, Mistake

Curve = Callable[[Tensor], Tensor]


def is_schedule(f: Curve) -> bool:
    """True if f is a schedule: what survives to the times t, float64 from 0 to 1, as a tensor of the shape of t.

    It is 1 at t = 0 and at most 0.001 at t = 1, it never rises, and it stays between 0 and 1. It may stand still for a
    while, and it may jump down. Of rounding, 1e-6 is allowed. f(t) = 1 − t is one; f(t) = 1 − 0.9 t leaves 0.1.
    """
    t = torch.linspace(0, 1, 1001, dtype=torch.float64)
    a = f(t)
    if a.shape != t.shape:
        return False
    ends = (a[0] - 1).abs() < 1e-6 and a[-1] < 0.001 + 1e-6
    inside = (a > -1e-6) & (a < 1 + 1e-6)  # nan is not
    return bool(ends and inside.all() and (a.diff() < 1e-6).all())


def _linear_betas(t: Tensor) -> Tensor:
    return (-(0.1 * t + 9.95 * t**2)).exp()


def _in_steps(t: Tensor) -> Tensor:
    return 1 - (4 * t).floor() / 4


def _of_a_sigmoid(t: Tensor) -> Tensor:
    low, high = torch.sigmoid(torch.tensor([-3.0, 3.0], dtype=torch.float32))
    return ((high - torch.sigmoid(6 * t.float() - 3)) / (high - low) * (1 - 3e-7)).to(t.dtype)


RIGHT: dict[str, Curve] = {
    "1 − t": lambda t: 1 - t,
    "cosine": lambda t: (math.pi / 2 * t).cos().square(),
    "sqrt": lambda t: sqrt(t, 1e-4),
    "linear betas, which leave 4e-5": _linear_betas,
    "a fall in four steps": _in_steps,
    "a line that ends at t = 0.8": lambda t: (1 - 1.25 * t).clamp(min=0),
    "a sigmoid, 3e-7 off by rounding": _of_a_sigmoid,
}
"""Schedules, each with something that a narrow test takes amiss."""


def _rises(t: Tensor) -> Tensor:
    return (1 + (3 * math.pi * t).cos()) / 2


def _begins_lower(t: Tensor) -> Tensor:
    return (1 - (t + 1e-4).sqrt()).clamp(min=0)


def _below_0(t: Tensor) -> Tensor:
    return torch.where(t == 0, 1.0, 1 - (t + 0.1).sqrt())


def _a_third_is_left(t: Tensor) -> Tensor:
    return _linear_betas(t) ** 0.1


def _nan_at_the_end(t: Tensor) -> Tensor:
    return torch.where(t == 0, 1.0, (1 - t - 1e-4).sqrt())


def _grows(t: Tensor) -> Tensor:
    return t.clone()


IMPOSTORS: dict[str, Curve] = {
    "rises": _rises,
    "begins_at_099": _begins_lower,
    "below_0": _below_0,
    "a_third_is_left": _a_third_is_left,
    "nan_at_the_end": _nan_at_the_end,
    "backwards": _grows,
}
"""Six functions that are no schedules, by name: the lesson shows them."""

WHERE = {
    "rises": "Compare each value with the one before it.",
    "begins_at_099": "Ask what survives to t = 0.",
    "below_0": "Ask that no value is below 0.",
    "a_third_is_left": "Ask what is left at t = 1.",
    "nan_at_the_end": "Every comparison with nan is False. Accept where all conditions hold, rather than refuse where "
    "one is broken.",
    "backwards": "It is 0 at t = 0.",
}
"""Where each of the six is seen."""


def _one_column(t: Tensor) -> Tensor:
    return (1 - t)[..., None]


def _rises_in_a_narrow_place(t: Tensor) -> Tensor:
    return 1 - t + 0.1 * ((t > 0.512) & (t < 0.538))


def _rises_a_little(t: Tensor) -> Tensor:
    fall = (2 * (1 - t)).clamp(max=1)  # 1 up to the middle
    return torch.where(t < 0.2, 1 - t, torch.where(t < 0.4, 0.8, 0.81 * fall))


HIDDEN: dict[str, tuple[Curve, str]] = {
    "whose values come in another shape": (
        _one_column,
        "Compare the shape of what it gives with that of t: differences along the last axis of a column are none.",
    ),
    "which rises between t = 0.51 and 0.54 alone": (
        _rises_in_a_narrow_place,
        "Ask at more times: a computer takes a thousand steps, and must find no rise in any.",
    ),
    "which rises by 0.01 after having stood still": (
        _rises_a_little,
        "Make the tolerance small: rounding is 1e-6, and 0.01 is a rise.",
    ),
}
"""Functions that are no schedules and that the lesson does not show."""

_CANDIDATES = {**RIGHT, **IMPOSTORS, **{f"a hidden one {name}": f for name, (f, _) in HIDDEN.items()}}


def _fresh(f: Curve) -> Curve:
    """The same candidate as a new function, which cannot be known by its identity."""
    return lambda t: f(t)


def _cases(generator: torch.Generator) -> list[Case]:
    del generator  # the candidates are what varies
    return [Case(f"the candidate «{name}»", lambda f=f: (_fresh(f),)) for name, f in _CANDIDATES.items()]


def _holds(
    f: Curve,
    *,
    points: int = 501,
    start: bool = True,
    end: bool = True,
    inside: bool = True,
    falls: bool = True,
    shape: bool = True,
    slack: float = 1e-6,
    left: float = 1e-3,
) -> bool:
    """A right test that may leave something out; of what it asks, nan holds nothing."""
    t = torch.linspace(0, 1, points, dtype=torch.float64)
    a = f(t)
    if a.shape != t.shape and shape:
        return False
    fine = not start or bool(abs(a[0] - 1) <= slack)
    fine = fine and (not end or bool(a[-1] <= left + slack))
    fine = fine and (not inside or bool(((a >= -slack) & (a <= 1 + slack)).all()))
    return fine and (not falls or bool((a.diff() <= slack).all()))


def _refused_where_broken(f: Curve, points: int = 501, inside: bool = True) -> bool:
    """Looks at everything, and refuses where a comparison finds a fault: with nan none does."""
    t = torch.linspace(0, 1, points, dtype=torch.float64)
    a = f(t)
    if a.shape != t.shape or abs(a[0] - 1) > 1e-6 or a[-1] > 0.001:
        return False
    if inside and ((a < -1e-6).any() or (a > 1 + 1e-6).any()):
        return False
    return not (a.diff() > 1e-6).any()


def _by_loops(f: Curve) -> bool:
    times = [i / 400 for i in range(401)]
    values = f(torch.tensor(times, dtype=torch.float64))
    if values.ndim != 1 or len(values) != 401:
        return False
    before = 1.0
    for i, value in enumerate(values.tolist()):
        if not -1e-5 <= value <= before + 1e-5 or (i == 0 and value < 1 - 1e-5):
            return False
        before = value
    return before < 0.0011


def _at_drawn_times(f: Curve) -> bool:
    generator = torch.Generator().manual_seed(0)
    t = torch.rand(3000, 1, generator=generator, dtype=torch.float64).sort(0).values
    t[0], t[-1] = 0, 1
    a = f(t)
    if a.shape != t.shape or not a.isfinite().all():
        return False
    falling = torch.allclose(a, a.cummin(0).values, rtol=0, atol=1e-6)
    return falling and abs(float(a.max()) - 1) < 1e-6 and -1e-6 < float(a[-1]) < 1.1e-3 and float(a[0]) > 1 - 1e-6


def _one_time_after_the_other(f: Curve) -> bool:
    a = [f(torch.tensor([i / 300], dtype=torch.float64)) for i in range(301)]
    if any(x.shape != (1,) for x in a):
        return False
    x = torch.cat(a)
    falls = torch.equal(x.sort(descending=True).values.mul(1e5).round(), x.mul(1e5).round())
    return bool(falls and abs(x[0] - 1) < 1e-5 and abs(x[-1]) < 1.1e-3)


def _truth(f: Curve) -> bool:
    return _by_loops(f) and _at_drawn_times(f)


def _asks_the_candidate(answer: Callable) -> str | None:
    asked: list[bool] = []

    def watched(t: Tensor) -> Tensor:
        asked.append(True)
        return 1 - t

    said = bool(answer(watched))
    return None if asked else f"Your test says {said} without having called the function that it is given."


ALSO_RIGHT = {
    "linear betas, which leave 4e-5": "A rest of up to 0.001 at t = 1 is allowed.",
    "a fall in four steps": "A schedule may stand still, and it may jump down.",
    "a line that ends at t = 0.8": "A schedule may stand still.",
    "a sigmoid, 3e-7 off by rounding": "Of rounding, 1e-6 is allowed.",
    "sqrt": "A schedule may jump down, and this one does so right after t = 0.",
}


def _accepts(answer: Callable) -> str | None:
    refused = [name for name, f in RIGHT.items() if not bool(answer(_fresh(f)))]
    if not refused:
        return None
    if len(refused) == len(RIGHT):
        return (
            "Your test refuses every schedule, 1 − t too. One of its conditions does not hold for it, or True and "
            "False are exchanged."
        )
    names = ", ".join(f"«{name}»" for name in refused)
    return f"Your test refuses schedules: {names}. {ALSO_RIGHT.get(refused[0], '')}".rstrip()


def _refuses(answer: Callable) -> str | None:
    through = [name for name, f in IMPOSTORS.items() if bool(answer(_fresh(f)))]
    if through:
        where = f" {WHERE[through[0]]}" if len(through) == 1 else ""
        return f"Of the six your test lets {', '.join(f'«{name}»' for name in through)} through.{where}"
    for name, (f, cure) in HIDDEN.items():
        if bool(answer(_fresh(f))):
            return f"Your test refuses the six, and lets one through that it has not met, {name}. {cure}"
    return None


LOOKS: dict[str, tuple[dict, str]] = {
    "start": ({"start": False}, "at the value at t = 0"),
    "end": ({"end": False}, "at what is left at t = 1"),
    "inside": ({"inside": False}, "at values outside 0 … 1"),
    "falls": ({"falls": False}, "at whether it rises"),
    "shape": ({"shape": False}, "at the shape"),
}
"""What a test may leave out: how `_holds` does, and where it does not look."""


def _several_left_out() -> Iterator[Mistake]:
    """The tests that leave out two looks or more; those that leave out one have a text of their own.

    None of the six is betrayed by its shape, so that the shape is spoken of when nothing else is left out.
    """
    for many in range(2, len(LOOKS)):
        for names in itertools.combinations(LOOKS, many):
            without = {key: value for name in names for key, value in LOOKS[name][0].items()}
            *before, last = (LOOKS[name][1] for name in names if name != "shape")
            yield Mistake(
                f"without_{'_and_'.join(names)}",
                partial(_holds, **without),
                f"Your test does not look {' or '.join([', '.join(before), last] if before else [last])}.",
                f"Look {' and '.join([', '.join(before), last] if before else [last])}.",
            )


EXERCISE = Exercise(
    key="schedule.is_schedule",
    minutes=10,
    difficulty=2,
    idea="Four conditions make a schedule: all at the start, nothing at the end, never up, never outside.",
    established="Your test knows a schedule, whatever its form, and refuses what rises, leaves [0, 1] or is no number.",
    reference=is_schedule,
    cases=_cases,
    truth=_truth,
    laws=(_asks_the_candidate, _accepts, _refuses),
    needs=("schedule.sqrt",),
    hints=(
        "Ask f at many times at once, t = torch.linspace(0, 1, 1001). For each of the six: which condition breaks?",
        "Five conditions: the shape of t, 1 at t = 0, at most 0.001 at t = 1, all between 0 and 1, no difference above "
        "1e-6. Write each so that it must hold: nan fails a condition that must hold, and slips past one that must "
        "not.",
        "a = f(t); a.shape == t.shape; abs(a[0] - 1) < 1e-6; a[-1] < 0.001 + 1e-6; ((a > -1e-6) & (a < 1 + 1e-6))"
        ".all(); (a.diff() < 1e-6).all().",
    ),
    mistakes=(
        Mistake(
            "accepts_all",
            lambda f: isinstance(f(torch.tensor([0.5], dtype=torch.float64)), Tensor),
            "Your test lets every function through.",
            "Look at the values: at the first, at the last, and at each beside the one before.",
        ),
        Mistake(
            "refuses_all",
            lambda f: False,
            "Your test refuses everything, 1 − t too.",
            "Print each of its conditions for f(t) = 1 − t.",
        ),
        Mistake(
            "turned_round",
            lambda f: not is_schedule(f),
            "Your test says True to what is no schedule and False to schedules.",
            "Return True where all conditions hold.",
        ),
        Mistake(
            "start_not_looked_at",
            partial(_holds, start=False),
            "Your test lets «begins_at_099» through, alone of the six: it does not look at the value at t = 0.",
            "Ask abs(a[0] - 1) < 1e-6.",
        ),
        Mistake(
            "end_not_looked_at",
            partial(_holds, end=False),
            "Your test lets «a_third_is_left» through, alone of the six: it does not look at what is left at t = 1.",
            "Ask a[-1] < 0.001 + 1e-6.",
        ),
        Mistake(
            "inside_not_looked_at",
            partial(_holds, inside=False),
            "Your test lets «below_0» through, alone of the six: a curve that falls from 1 can still fall too far.",
            "Ask that all values are at least 0, up to rounding.",
        ),
        Mistake(
            "falls_not_looked_at",
            partial(_holds, falls=False),
            "Your test lets «rises» through, alone of the six: it does not compare a value with the one before.",
            "Ask (a.diff() < 1e-6).all().",
        ),
        Mistake(
            "shape_not_looked_at",
            partial(_holds, shape=False),
            "Your test refuses the six, and lets one through whose values come as a column: along the last axis of "
            "[N, 1] there are no differences, and so none is wrong.",
            "Ask a.shape == t.shape.",
        ),
        Mistake(
            "nan_slips_past",
            _refused_where_broken,
            "Your test lets «nan_at_the_end» through, alone of the six. It refuses where it finds a fault, and with "
            "nan every comparison is False, so that it finds none.",
            "Turn the conditions round: accept where all of them hold.",
        ),
        Mistake(
            "nan_slips_past_below_0",
            partial(_refused_where_broken, inside=False),
            "Your test lets «nan_at_the_end» and «below_0» through. It refuses where it finds a fault; with nan every "
            "comparison is False, and that no value may be below 0 it does not ask.",
            "Accept where all conditions hold, and ask a > -1e-6 too.",
        ),
        Mistake(
            "few_times",
            partial(_holds, points=11),
            "Your test refuses the six, and lets one through that rises in a narrow place: it asks at too few times.",
            "Ask at 1001 times.",
        ),
        Mistake(
            "few_times_and_nan",
            partial(_refused_where_broken, points=11),
            "Your test asks at too few times, and nan slips past it: it refuses where it finds a fault, and with nan "
            "every comparison is False.",
            "Ask at 1001 times, and accept where all conditions hold.",
        ),
        Mistake(
            "too_tolerant",
            partial(_holds, slack=0.02, left=0.0),
            "Your test allows a hundredth and more: it lets «begins_at_099» through, and «rises», which takes its hill "
            "in small steps.",
            "Rounding is 1e-6; allow no more than that.",
        ),
        Mistake(
            "tolerant_of_rises",
            lambda f: _holds(f, falls=False) and _holds(f, slack=0.02),
            "Your test lets «rises» through, alone of the six, though it looks: it allows a hundredth from one time to "
            "the next, and many of these make a hill.",
            "Rounding is 1e-6; allow no more than that.",
        ),
        Mistake(
            "wants_no_rest",
            partial(_holds, left=0.0),
            "Your test refuses a schedule that leaves 4e-5 at t = 1. A rest of up to 0.001 is allowed.",
            "Ask a[-1] < 0.001 + 1e-6.",
        ),
        Mistake(
            "wants_a_strict_fall",
            lambda f: _holds(f) and bool((f(torch.linspace(0, 1, 101).double()).diff() < 0).all()),
            "Your test refuses schedules that stand still for a while. They may: a step in which nothing is lost does "
            "nothing, and breaks nothing.",
            "Ask that no difference is above 1e-6, and allow 0.",
        ),
        Mistake(
            "wants_exactly_one",
            lambda f: _holds(f) and bool(f(torch.zeros(1).double())[0] == 1),
            "Your test refuses a schedule whose value at t = 0 is 3e-7 off by rounding: it wants exactly 1.",
            "abs(a[0] - 1) < 1e-6.",
        ),
        Mistake(
            "wants_exact_ends",
            lambda f: _holds(f, left=0.0) and bool(f(torch.zeros(1).double())[0] == 1),
            "Your test wants exactly 1 at t = 0 and exactly 0 at t = 1. Right schedules may be 1e-6 off by rounding, "
            "and leave up to 0.001.",
            "abs(a[0] - 1) < 1e-6 and a[-1] < 0.001 + 1e-6.",
        ),
        Mistake(
            "wants_no_jump",
            lambda f: _holds(f) and bool((f(torch.linspace(0, 1, 1001).double()).diff() > -0.2).all()),
            "Your test refuses the schedule that falls in four steps: it wants a curve without jumps. A schedule may "
            "jump down.",
            "Ask only that no difference is above 1e-6.",
        ),
        *_several_left_out(),
    ),
    equivalents=(_holds, _by_loops, _at_drawn_times, _one_time_after_the_other),
)
