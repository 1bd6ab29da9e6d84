"""Exercise: the schedule by which something leaves at an even pace."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake

Info = Callable[[Any], Tensor]


def schedule_from(info: Info, T: int) -> Tensor:
    """What survives each of T steps by which info falls evenly: a [T + 1] with info(a[i]) = (1 − i/T) info(1).

    info(a) takes one number, a survival from 0 to 1, and gives one number; it rises from info(0) = 0, and nowhere
    stands still. So a[0] = 1 and a[T] = 0. An error of 0.001 is allowed. With info(a) = 3 a² and T = 4, info falls
    through 3, 2.25, 1.5, 0.75, 0, and a is (1, 0.866, 0.707, 0.5, 0).
    """
    whole = float(info(1.0))
    a = [1.0]
    for i in range(1, T):
        low, high = 0.0, a[-1]
        for _ in range(30):
            middle = (low + high) / 2
            if float(info(middle)) < (1 - i / T) * whole:
                low = middle
            else:
                high = middle
        a.append(high)
    return torch.tensor([*a, 0.0], dtype=torch.float64)


class Meter:
    """info(a) of one number a; `inverse` gives the survival back that has an information.

    Raises ValueError for more than one number, as a figure made of a whole matrix does, and outside 0 … 1.
    """

    def __init__(self, forward: Callable[[float], float], inverse: Callable[[float], float]) -> None:
        self.forward, self.inverse = forward, inverse

    def __call__(self, a: Any) -> Tensor:
        """The information, float64."""
        a = torch.as_tensor(a, dtype=torch.float64)
        if a.numel() != 1:
            raise ValueError(f"info takes one number, and was given shape {list(a.shape)}")
        if not -1e-9 <= float(a) <= 1 + 1e-9:
            raise ValueError(f"info takes a survival from 0 to 1, and was given {float(a):g}")
        return torch.tensor(self.forward(min(max(float(a), 0.0), 1.0)), dtype=torch.float64)


def _truth(info: Meter, T: int) -> Tensor:
    whole = float(info(1))
    return torch.tensor([info.inverse((1 - i / T) * whole) for i in range(T + 1)], dtype=torch.float64)


def _table(info: Info, size: int = 1001) -> tuple[np.ndarray, np.ndarray]:
    survivals = np.linspace(0, 1, size)
    return survivals, np.array([float(info(a)) for a in survivals])


def _by_a_table(info: Info, T: int) -> Tensor:
    survivals, told = _table(info)
    return torch.from_numpy(np.interp(np.linspace(told[-1], 0, T + 1), told, survivals))


def _nearest_of_a_table(info: Info, T: int) -> Tensor:
    survivals, told = _table(info)
    wanted = told[-1] * (1 - np.arange(T + 1) / T)
    return torch.tensor([survivals[np.abs(told - w).argmin()] for w in wanted])


def _all_at_once(info: Info, T: int) -> Tensor:
    wanted = torch.linspace(1, 0, T + 1) * float(info(torch.tensor(1.0)))
    low, high = torch.zeros(T + 1), torch.ones(T + 1)
    for _ in range(20):
        middle = (low + high) / 2
        below = torch.stack([torch.as_tensor(info(m)) for m in middle]) < wanted
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    a = (low + high) / 2
    a[0], a[-1] = 1, 0
    return a


def _from_the_noise(info: Info, T: int) -> Tensor:
    a, step = [0.0], 1e-3
    told = [float(info(step * j)) for j in range(1001)]
    for i in range(1, T):
        j = next(j for j in range(1001) if told[j] >= i / T * told[-1])
        a.append(step * (j - (told[j] - i / T * told[-1]) / (told[j] - told[j - 1])))
    return torch.tensor([*a, 1.0]).flip(0)


def _inverted(info: Info, wanted: np.ndarray | Tensor) -> Tensor:
    survivals, told = _table(info)
    return torch.from_numpy(np.interp(np.asarray(wanted, dtype=float), told, survivals))


def _falls(T: int) -> Tensor:
    return 1 - torch.arange(T + 1, dtype=torch.float64) / T


def _turned_round(info: Info, T: int) -> Tensor:
    return schedule_from(info, T).flip(0)


def _read_forwards(info: Info, T: int) -> Tensor:
    return torch.stack([info(a) for a in _falls(T)])


def _share_read_forwards(info: Info, T: int) -> Tensor:
    return _read_forwards(info, T) / info(1)


def _asked_at_the_target(info: Info, T: int) -> Tensor:
    survivals, told = _table(info)
    return torch.from_numpy(np.interp(_falls(T).numpy() * told[-1], survivals, told))


def _the_line(info: Info, T: int) -> Tensor:
    del info
    return _falls(T)


def _taken_for_one(info: Info, T: int) -> Tensor:
    return _inverted(info, _falls(T))


def _ends_left_out(info: Info, T: int) -> Tensor:
    return _inverted(info, float(info(1)) * torch.linspace(1, 0, T + 3, dtype=torch.float64)[1:-1])


def _end_left_out(info: Info, T: int) -> Tensor:
    return _inverted(info, float(info(1)) * (1 - torch.arange(T + 1) / (T + 1)))


def _one_step_late(info: Info, T: int) -> Tensor:
    return _inverted(info, float(info(1)) * _falls(T)[[0, *range(T)]])


def _halves_of_the_steps(info: Info, T: int) -> Tensor:
    between = 1 - (torch.arange(T + 1) + 0.5) / (T + 1)
    return _inverted(info, float(info(1)) * between)


def _a_share_of_what_is_left(info: Info, T: int) -> Tensor:
    return _inverted(info, float(info(1)) * (1 - 1 / T) ** torch.arange(T + 1).double())


def _the_wrong_half_everywhere(info: Info, T: int) -> Tensor:
    whole = float(info(1))
    a = []
    for i in range(T + 1):
        low, high = 0.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if float(info(middle)) > (1 - i / T) * whole else (low, middle)
        a.append(high)
    return torch.tensor(a)


def _the_wrong_half(info: Info, T: int) -> Tensor:
    a = _the_wrong_half_everywhere(info, T)
    a[0], a[-1] = 1, 0
    return a


def _falling_table(info: Info, T: int) -> Tensor:
    survivals, told = _table(info)
    return torch.from_numpy(np.interp(_falls(T).numpy() * told[-1], told[::-1], survivals[::-1]))


def _even_in_what_is_lost(info: Info, T: int) -> Tensor:
    return 1 - schedule_from(info, T).flip(0)


def _log_information(info: Info, T: int) -> Tensor:
    """An even fall of ln(1 + I): one that took the logarithm once more."""
    return _inverted(info, torch.expm1(_falls(T) * math.log1p(float(info(1)))))


WORDS = (0.6, 0.3, 0.1)


def _three_words(a: float) -> float:
    """The information of the uniform kernel over three words of unequal frequency."""
    stays, goes = a + (1 - a) / 3, (1 - a) / 3
    out = [a * p + goes for p in WORDS]
    return sum(-q * math.log(q) for q in out) + sum(n * q * math.log(q) for n, q in ((1, stays), (2, goes)) if q > 0)


def _uniform() -> Meter:
    grid = np.linspace(0, 1, 5001)
    told = np.array([_three_words(a) for a in grid])
    return Meter(_three_words, lambda nats: float(np.interp(nats, told, grid)))


def _cases(generator: torch.Generator) -> list[Case]:
    del generator  # nothing is drawn: the functions are what varies

    def case(says: str, meter: Meter, T: int) -> Case:
        # a new one each time: a mark that an answer leaves on it is seen by no other
        return Case(f"info(a) = {says}, T = {T}", lambda: (Meter(meter.forward, meter.inverse), T))

    square = Meter(lambda a: 3 * a**2, lambda nats: math.sqrt(max(nats, 0) / 3))
    early = Meter(lambda a: 0.4 * (1 - (1 - a) ** 2), lambda nats: 1 - math.sqrt(max(1 - nats / 0.4, 0)))
    arc = Meter(lambda a: 2 * math.sin(math.pi * a / 2), lambda nats: 2 / math.pi * math.asin(min(max(nats / 2, 0), 1)))
    return [
        case("3 a²", square, 4),
        case("0.4 (1 − (1 − a)²)", early, 5),
        case("1.2 a", Meter(lambda a: 1.2 * a, lambda nats: nats / 1.2), 3),
        case("2 sin(π a/2)", arc, 2),
        case("2 sin(π a/2)", arc, 1),
        case("3 a²", square, 20),
        case("the information under the uniform kernel, of words with 0.6, 0.3, 0.1", _uniform(), 8),
    ]


def _begins_whole_and_ends_in_noise(answer: Callable) -> str | None:
    a = answer(Meter(lambda a: 3 * a**2, lambda nats: nats), 4)
    first, last = float(a[0]), float(a[-1])
    if abs(first - 1) < 2e-3 and abs(last) < 2e-3:
        return None
    return (
        f"Yours begins at a[0] = {first:.4g} and ends at a[T] = {last:.4g}. Before the first step all survives, 1, and "
        "after the last nothing, 0."
    )


def _falls_evenly(answer: Callable) -> str | None:
    a = answer(Meter(lambda a: 3 * a**2, lambda nats: nats), 4)
    got = [3 * float(x) ** 2 for x in a]
    if all(abs(x - y) < 0.01 for x, y in zip(got, (3, 2.25, 1.5, 0.75, 0), strict=True)):
        return None
    shown = ", ".join(f"{x:.3g}" for x in got)
    return (
        "With info(a) = 3 a² and T = 4, info should fall through 3, 2.25, 1.5, 0.75, 0. At your survivals "
        f"({', '.join(f'{float(x):.3g}' for x in a)}) it is {shown}."
    )


def _of_any_unit(answer: Callable) -> str | None:
    a = answer(Meter(lambda a: 0.4 * a, lambda nats: nats), 4)
    if abs(float(a[1]) - 0.75) < 2e-3:
        return None
    return (
        "With info(a) = 0.4 a and T = 4 a quarter of the information is gone after the first step: a[1] = 0.75. "
        f"Yours is {float(a[1]):.4g}."
    )


EXERCISE = Exercise(
    key="schedule.schedule_from",
    minutes=15,
    difficulty=2,
    idea="Say what should leave evenly, and the schedule follows: a rising function, read backwards.",
    established="By your schedule each step takes away the same amount, whatever is measured.",
    reference=schedule_from,
    cases=_cases,
    truth=_truth,
    laws=(_begins_whole_and_ends_in_noise, _of_any_unit, _falls_evenly),
    needs=("schedule.information",),
    tolerance=1e-3,
    hints=(
        "For each step you know what info should be, and look for the a that gives it. info rises, so there is one.",
        "Halve an interval that holds a: if info(middle) is below what is wanted, a lies above the middle, else below "
        "it. Thirty halvings are plenty. Or make a table of info on a fine grid and read it backwards.",
        "By a table: grid = np.linspace(0, 1, 2001), told = info at each of them; np.interp(wanted, told, grid), with "
        "wanted = (1 − i/T) info(1) for i = 0 … T.",
    ),
    mistakes=(
        Mistake(
            "turned_round",
            _turned_round,
            "Yours rises from 0 to 1. Step 0 is clean, a[0] = 1; what survives then falls.",
            "Turn the order: what is wanted at step i is (1 − i/T) info(1).",
        ),
        Mistake(
            "read_forwards",
            _read_forwards,
            "You gave info(1 − i/T), nats, where survivals are asked for: the question goes the other way, from nats "
            "to the survival that has them.",
            "Look for the a with info(a) = (1 − i/T) info(1).",
        ),
        Mistake(
            "share_read_forwards",
            _share_read_forwards,
            "You gave info(1 − i/T) / info(1), the share that is told at even survivals. Asked for are the survivals "
            "at even shares: the inverse.",
            "Look for the a with info(a) = (1 − i/T) info(1).",
        ),
        Mistake(
            "interpolation_the_wrong_way",
            _asked_at_the_target,
            "Your table is read the wrong way: you looked up nats among the survivals, and gave nats.",
            "np.interp(wanted, nats of the table, survivals of the table).",
        ),
        Mistake(
            "the_line",
            _the_line,
            "You gave a[i] = 1 − i/T whatever info is. By that the survival falls evenly; the information does so "
            "only where info is a straight line.",
            "Look for the a with info(a) = (1 − i/T) info(1).",
        ),
        Mistake(
            "taken_for_one",
            _taken_for_one,
            "You looked for info(a) = 1 − i/T, as if info(1) were 1. It is the entropy of a clean word, whatever that "
            "is.",
            "Multiply by info(1).",
        ),
        Mistake(
            "both_ends_left_out",
            _ends_left_out,
            "Your steps lie between the ends: after step 0 something is lost already, and after step T something is "
            "left. The fall goes from all to nothing in T equal parts.",
            "Step i wants (1 − i/T) info(1), with i = 0 and i = T among them.",
        ),
        Mistake(
            "end_left_out",
            _end_left_out,
            "You divided by T + 1. There are T + 1 values and T steps between them, so that after step T something is "
            "left in yours.",
            "Step i wants (1 − i/T) info(1).",
        ),
        Mistake(
            "one_step_late",
            _one_step_late,
            "Yours is one step late: a[1] is 1 still, and a[T] is what should be left after step T − 1.",
            "a[i] belongs to (1 − i/T) info(1).",
        ),
        Mistake(
            "middle_of_the_steps",
            _halves_of_the_steps,
            "You took the middles of T + 1 parts. The values lie at the ends of T parts: the first at all, the last at "
            "nothing.",
            "Step i wants (1 − i/T) info(1).",
        ),
        Mistake(
            "share_of_what_is_left",
            _a_share_of_what_is_left,
            "Each of your steps takes the share 1/T of what is left. Then the steps become smaller and smaller; each "
            "should take 1/T of what there was at first.",
            "Step i wants (1 − i/T) info(1).",
        ),
        Mistake(
            "the_wrong_half",
            _the_wrong_half,
            "Your search keeps the wrong half, and so runs to an end of the interval. info rises: where it is below "
            "what is wanted, a must grow.",
            "If info(middle) is too small, the middle becomes the lower end.",
        ),
        Mistake(
            "the_wrong_half_everywhere",
            _the_wrong_half_everywhere,
            "Your search keeps the wrong half, and so runs to an end of the interval, at the first and the last step "
            "too. info rises: where it is below what is wanted, a must grow.",
            "If info(middle) is too small, the middle becomes the lower end.",
        ),
        Mistake(
            "falling_table",
            _falling_table,
            "Your table falls. np.interp wants the numbers in which it looks in rising order, and says nothing when "
            "they are not; its result is then without meaning.",
            "Make the table from survival 0 up to 1, and only then look up what is wanted.",
        ),
        Mistake(
            "what_is_lost",
            _even_in_what_is_lost,
            "You found the right survivals, and gave 1 − a in the reverse order. That begins at 1 and ends at 0 too, "
            "and is right for a straight line alone.",
            "Give a itself, from a[0] = 1 down.",
        ),
        Mistake(
            "logarithm_once_more",
            _log_information,
            "In yours ln(1 + info) falls evenly. The information itself should; it is a logarithm already.",
            "Look for the a with info(a) = (1 − i/T) info(1).",
        ),
    ),
    equivalents=(_by_a_table, _nearest_of_a_table, _all_at_once, _from_the_noise),
)
