"""Exercise: let the loss decide where the time is spent."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def adaptive(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    """The survivals at i/T, [T + 1], by which the loss would grow by the same amount in each of T steps.

    alpha_bar [M + 1]: what survives to k/M by the old schedule; it falls. loss [M + 1]: what was measured there; it
    wobbles, so first make it rise: where it falls back, its largest value so far stands in for it. Between two points
    of the old table the survival is linear in the loss. The ends stay: the first survival and the last are the old
    ones. With alpha_bar = (1, 0.6, 0.1), loss = (0, 3, 4) and T = 4 the loss should go 0, 1, 2, 3, 4, and the new
    table is (1, 0.867, 0.733, 0.6, 0.1).
    Source: after Yuan et al. 2022 (2212.10325), who do this for each position during training.
    """
    rising = loss.double().cummax(0).values + 1e-9 * torch.arange(len(loss))  # where it stands still, almost so
    wanted = torch.linspace(float(rising[0]), float(rising[-1]), T + 1, dtype=torch.float64)
    new = torch.from_numpy(np.interp(wanted, rising, alpha_bar.double()))
    new[0], new[-1] = alpha_bar[0], alpha_bar[-1]
    return new


def _truth(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    """Step by step: the first place at which the largest loss so far reaches what is wanted."""
    a, values = alpha_bar.tolist(), loss.tolist()
    largest = [max(values[: k + 1]) for k in range(len(values))]
    new = [a[0]]
    for i in range(1, T):
        wanted = largest[0] + i / T * (largest[-1] - largest[0])
        k = next(k for k in range(len(a)) if largest[k] >= wanted)
        part = (wanted - largest[k - 1]) / (largest[k] - largest[k - 1])
        new.append(a[k - 1] + part * (a[k] - a[k - 1]))
    return torch.tensor([*new, a[-1]], dtype=alpha_bar.dtype)


def _made_rising(loss: Tensor) -> Tensor:
    return torch.cummax(loss.double(), 0).values + 1e-9 * torch.arange(len(loss))


def _read(wanted: Tensor, at: Tensor, values: Tensor) -> Tensor:
    return torch.from_numpy(np.interp(wanted.double().numpy(), at.double().numpy(), values.double().numpy()))


def _share(x: Tensor) -> Tensor:
    return (x - x[0]) / (x[-1] - x[0])


def _even(size: int) -> Tensor:
    return torch.linspace(0, 1, size, dtype=torch.float64)


def _by_time_first(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    """First the old times at which the loss is even, then the survivals at these; both are linear between points."""
    old = _even(len(loss))
    times = _read(_even(T + 1), _share(_made_rising(loss)), old)
    new = _read(times, old, alpha_bar)
    new[0], new[T] = alpha_bar[0], alpha_bar[-1]
    return new


def _by_search(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    rising = _made_rising(loss)
    wanted = rising[0] + (rising[-1] - rising[0]) * torch.arange(1, T) / T
    k = torch.searchsorted(rising, wanted).clamp(1, len(loss) - 1)
    part = (wanted - rising[k - 1]) / (rising[k] - rising[k - 1])
    inner = alpha_bar[k - 1] + part * (alpha_bar[k] - alpha_bar[k - 1])
    return torch.cat([alpha_bar[:1], inner, alpha_bar[-1:]])


def _with_a_floor_of_growth(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    """As the released code makes its losses rise: each at least a little above the one before."""
    rising = loss.tolist()
    for k in range(1, len(rising)):
        rising[k] = max(rising[k], rising[k - 1] + 1e-5)
    new = np.interp(np.linspace(rising[0], rising[-1], T + 1), rising, alpha_bar.numpy())
    return torch.tensor(new)


def _in_float32(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _by_time_first(alpha_bar.float(), loss.float(), T).float()


def _ends(new: Tensor, alpha_bar: Tensor) -> Tensor:
    new[0], new[-1] = alpha_bar[0], alpha_bar[-1]
    return new


def _times_for_survivals(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    del alpha_bar
    return _read(_even(T + 1), _share(_made_rising(loss)), _even(len(loss)))


def _raw_loss(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    wanted = loss[0] + (loss[-1] - loss[0]) * _even(T + 1)
    return _ends(_read(wanted, loss, alpha_bar), alpha_bar)


def _raw_loss_to_its_largest(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    wanted = loss.min() + (loss.max() - loss.min()) * _even(T + 1)
    return _ends(_read(wanted, loss, alpha_bar), alpha_bar)


def _sorted_loss(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return adaptive(alpha_bar, loss.sort().values, T)


def _raw_loss_ends_free(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read(loss[0] + (loss[-1] - loss[0]) * _even(T + 1), loss, alpha_bar)


def _sorted_loss_from_first_to_last(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _ends(_sorted_loss_ends_free(alpha_bar, loss, T), alpha_bar)


def _sorted_loss_ends_free(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read(loss[0] + (loss[-1] - loss[0]) * _even(T + 1), loss.sort().values, alpha_bar)


def _sorted_pairs(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _ends(_sorted_pairs_ends_free(alpha_bar, loss, T), alpha_bar)


def _sorted_pairs_ends_free(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    values, order = loss.sort()
    return _read(values[0] + (values[-1] - values[0]) * _even(T + 1), values, alpha_bar[order])


def _smallest_to_come(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return adaptive(alpha_bar, loss.flip(0).cummin(0).values.flip(0), T)


def _falling_loss(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    rising = loss.cummin(0).values
    return _ends(_read(rising[0] + (rising[-1] - rising[0]) * _even(T + 1), rising, alpha_bar), alpha_bar)


def _from_0(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    rising = _made_rising(loss)
    return _ends(_read(rising[-1] * _even(T + 1), rising, alpha_bar), alpha_bar)


def _from_the_least(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    rising = _made_rising(loss)
    least, largest = loss.min(), loss.max()
    return _ends(_read(least + (largest - least) * _even(T + 1), rising, alpha_bar), alpha_bar)


def _last_first(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return adaptive(alpha_bar, loss, T).flip(0)


def _the_old_one(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read(_even(T + 1), _even(len(loss)), alpha_bar)


def _the_line(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    del loss
    return alpha_bar[0] + (alpha_bar[-1] - alpha_bar[0]) * _even(T + 1)


def _map_forwards(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    old = _even(len(loss))
    times = _read(_even(T + 1), old, _share(_made_rising(loss)))
    return _ends(_read(times, old, alpha_bar), alpha_bar)


def _losses(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    del alpha_bar
    rising = _made_rising(loss)
    return rising[0] + (rising[-1] - rising[0]) * _even(T + 1)


def _time_by_loss(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    spent = torch.cat([torch.zeros(1), ((loss[1:] + loss[:-1]) / 2).cumsum(0)])
    return _ends(_read(_even(T + 1), spent / spent[-1], alpha_bar), alpha_bar)


def _by_survival(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    rising = 1 - _share(_made_rising(loss))
    return _ends(
        alpha_bar[-1] + (alpha_bar[0] - alpha_bar[-1]) * _read(_even(T + 1), _even(len(loss)), rising), alpha_bar
    )


def _last_end_lost(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read(torch.arange(T + 1) / (T + 1), _share(_made_rising(loss)), alpha_bar)


def _first_end_lost(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read(torch.arange(1, T + 2) / (T + 1), _share(_made_rising(loss)), alpha_bar)


def _both_ends_lost(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read(_even(T + 3)[1:-1], _share(_made_rising(loss)), alpha_bar)


def _stands_still_at_the_start(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read(_even(T + 1), _share(loss.cummax(0).values), alpha_bar)


def _middles(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return _read((torch.arange(T + 1) + 0.5) / (T + 1), _share(_made_rising(loss)), alpha_bar)


def _own_ends(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    new = adaptive(alpha_bar, loss, T)
    new[0], new[-1] = 1, 0
    return new


def _stretched(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    new = adaptive(alpha_bar, loss, T)
    return (new - new[-1]) / (new[0] - new[-1])


def _of_logarithms(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    return adaptive(alpha_bar, loss.clamp(min=1e-9).log(), T)


def _falling_table(alpha_bar: Tensor, loss: Tensor, T: int) -> Tensor:
    rising = _made_rising(loss)
    return _read(rising[0] + (rising[-1] - rising[0]) * _even(T + 1), rising.flip(0), alpha_bar.flip(0))


def _cases(generator: torch.Generator) -> list[Case]:
    del generator  # chosen so that what is wanted never falls on a stretch where the loss stands still

    def case(says: str, alpha_bar: list[float], loss: list[float], T: int) -> Case:
        a, measured = (torch.tensor(x, dtype=torch.float64) for x in (alpha_bar, loss))
        return Case(f"{says}, M = {len(loss) - 1}, T = {T}", lambda: (a.clone(), measured.clone(), T))

    cosine = [0.98, 0.93, 0.83, 0.68, 0.5, 0.32, 0.17, 0.07, 0.02]
    return [
        case("a loss that rises", [1.0, 0.6, 0.1], [0.1, 0.3, 0.95], 4),
        case("a loss that falls back", [0.95, 0.7, 0.4, 0.3, 0.05], [0.1, 0.35, 0.2, 0.4, 0.9], 4),
        case("a loss that dips below its first value", cosine, [0.2, 0.1, 0.3, 0.37, 0.25, 0.6, 0.72, 0.7, 1.3], 5),
        case(
            "a loss that falls back at the end", [0.9, 0.6, 0.45, 0.2, 0.1, 0.0], [0.1, 0.15, 0.5, 0.45, 0.8, 0.7], 12
        ),
        case("a loss that rises evenly already", [1.0, 0.9, 0.5, 0.2, 0.1], [0.5, 1.0, 1.5, 2.0, 2.5], 8),
        case("a loss that rises at once", cosine, [0.05, 0.6, 0.7, 0.75, 0.8, 0.83, 0.85, 0.86, 0.88], 8),
        case("a loss of 1 to 8 nats", [1.0, 0.99, 0.9, 0.4, 0.02], [1.0, 1.4, 3.1, 6.2, 8.0], 3),
    ]


def _numbers(values: Tensor) -> str:
    return ", ".join(f"{0 if abs(value) < 1e-9 else value:.3g}" for value in values.tolist())


EXAMPLE = torch.tensor([1, 0.6, 0.1], dtype=torch.float64), torch.tensor([0, 3, 4], dtype=torch.float64)


DIP = (
    torch.tensor([0.98, 0.7, 0.4, 0.03], dtype=torch.float64),
    torch.tensor([0.1, 0.5, 0.3, 0.9], dtype=torch.float64),
)


def _made_to_rise(answer: Callable) -> str | None:
    """Between the ends alone, and only of who is right there where the loss rises: else something else is wrong."""
    rises = answer(*(x.clone() for x in EXAMPLE), 4)
    if not np.allclose(rises[1:-1].double(), [2.6 / 3, 2.2 / 3, 0.6], atol=1e-3):
        return None
    new = answer(*(x.clone() for x in DIP), 5)
    expected = adaptive(*DIP, 5)
    if torch.allclose(new[1:-1].double(), expected[1:-1], rtol=0, atol=1e-3):
        return None
    return (
        f"With alpha_bar = ({_numbers(DIP[0])}), loss = ({_numbers(DIP[1])}) and T = 5 the survivals between the ends "
        f"should be {_numbers(expected[1:-1])}. Yours are {_numbers(new[1:-1])}. The loss falls back from 0.5 to 0.3: "
        "there its largest value so far stands in for it, and the losses are 0.1, 0.5, 0.5, 0.9."
    )


def _ends_stay(answer: Callable) -> str | None:
    alpha_bar = torch.tensor([0.98, 0.6, 0.03], dtype=torch.float64)
    for loss in ((0.0, 3.0, 4.0), (1.0, 0.5, 2.0)):
        new = answer(alpha_bar.clone(), torch.tensor(loss, dtype=torch.float64), 4)
        if abs(float(new[0]) - 0.98) > 1e-3 or abs(float(new[-1]) - 0.03) > 1e-3:
            still = "" if loss[1] > loss[0] else " Where the loss stands still at first, set the first one yourself."
            return (
                f"With the losses {', '.join(f'{x:g}' for x in loss)} and an old table that goes from 0.98 to 0.03 "
                f"yours goes from {float(new[0]):.3g} to {float(new[-1]):.3g}. The ends stay.{still}"
            )
    return None


def _falls(answer: Callable) -> str | None:
    new = answer(torch.tensor([1, 0.7, 0.4, 0.3, 0.05]).double(), torch.tensor([0.1, 0.35, 0.2, 0.4, 0.9]).double(), 6)
    rise = float(new.diff().max())
    if rise < 1e-6:
        return None
    return f"Your table is {_numbers(new)}: it rises by {rise:.3g} in a place. What survives only falls."


def _grows_evenly(answer: Callable) -> str | None:
    new = answer(*(x.clone() for x in EXAMPLE), 4)
    loss = np.interp(-new.double().numpy(), [-1, -0.6, -0.1], [0, 3, 4])
    if np.allclose(loss, [0, 1, 2, 3, 4], atol=0.02):
        return None
    return (
        "With alpha_bar = (1, 0.6, 0.1), loss = (0, 3, 4) and T = 4 the loss at your survivals, "
        f"{_numbers(new)}, is {_numbers(torch.from_numpy(loss))}. It should be 0, 1, 2, 3, 4."
    )


EXERCISE = Exercise(
    key="schedule.adaptive",
    minutes=20,
    difficulty=3,
    idea="A schedule that is learnt: fast where little is lost, slow where the loss rises.",
    established="By your table the measured loss grows by equal amounts, and the ends are where they were.",
    reference=adaptive,
    cases=_cases,
    truth=_truth,
    laws=(_made_to_rise, _ends_stay, _falls, _grows_evenly),
    needs=("schedule.schedule_from",),
    tolerance=5e-4,
    hints=(
        "You know pairs of loss and survival. Ask for the survival at losses that are evenly spaced.",
        "First make the losses rise: loss.cummax(0).values. What is wanted goes from the first of them to the last in "
        "T equal parts. Then read the table: losses in, survivals out.",
        "rising = loss.cummax(0).values; wanted = torch.linspace(rising[0], rising[-1], T + 1); new = torch.from_numpy"
        "(np.interp(wanted, rising, alpha_bar)); then set the first and the last. Add 1e-9 · k to rising, so that it "
        "stands still nowhere.",
    ),
    mistakes=(
        Mistake(
            "times_for_survivals",
            _times_for_survivals,
            "You gave times, which rise from 0 to 1: those of the old schedule at which the loss is as wanted. Asked "
            "for is what survives to them.",
            "Read the survivals at these times, or read alpha_bar in place of k/M.",
        ),
        Mistake(
            "raw_loss",
            _raw_loss,
            "You read the table at the raw losses. They fall back in places, and a search among numbers that do not "
            "rise finds anything.",
            "Make them rise first: loss.cummax(0).values.",
        ),
        Mistake(
            "raw_loss_to_its_largest",
            _raw_loss_to_its_largest,
            "You read the table at the raw losses, between the smallest and the largest. They fall back in places, and "
            "a search among numbers that do not rise finds anything.",
            "Make them rise first: loss.cummax(0).values.",
        ),
        Mistake(
            "sorted_loss",
            _sorted_loss,
            "You sorted the losses. They rise then, but stand beside survivals at which they were not measured.",
            "Keep them in their places, and raise those that fall back: loss.cummax(0).values.",
        ),
        Mistake(
            "raw_loss_ends_free",
            _raw_loss_ends_free,
            "You read the table at the raw losses. They fall back in places, and a search among numbers that do not "
            "rise finds anything, at the ends too.",
            "Make them rise first, loss.cummax(0).values, and set the ends.",
        ),
        Mistake(
            "sorted_loss_from_first_to_last",
            _sorted_loss_from_first_to_last,
            "You sorted the losses and read them from the first that was measured to the last. Sorted, they stand "
            "beside survivals at which they were not measured.",
            "Keep them in their places, and raise those that fall back: loss.cummax(0).values.",
        ),
        Mistake(
            "sorted_loss_ends_free",
            _sorted_loss_ends_free,
            "You sorted the losses and read them from the first that was measured to the last. Sorted, they stand "
            "beside survivals at which they were not measured, and so the ends of the table move too.",
            "Keep them in their places, and raise those that fall back: loss.cummax(0).values. Then set the ends.",
        ),
        Mistake(
            "sorted_pairs",
            _sorted_pairs,
            "You sorted the pairs of loss and survival by the loss. The pairs stay true, but the survivals no longer "
            "fall: the new table jumps up and down.",
            "Keep the order of time, and raise the losses that fall back: loss.cummax(0).values.",
        ),
        Mistake(
            "sorted_pairs_ends_free",
            _sorted_pairs_ends_free,
            "You sorted the pairs of loss and survival by the loss. The pairs stay true, but the survivals no longer "
            "fall, and the ends of the table are those of the smallest and the largest loss.",
            "Keep the order of time, and raise the losses that fall back: loss.cummax(0).values. Then set the ends.",
        ),
        Mistake(
            "smallest_to_come",
            _smallest_to_come,
            "You made the loss rise from the other end: by the smallest value that is still to come. Asked for is the "
            "largest so far.",
            "loss.cummax(0).values.",
        ),
        Mistake(
            "smallest_so_far",
            _falling_loss,
            "You took the smallest loss so far, which can only fall. The loss should rise: the largest so far.",
            "cummax in place of cummin.",
        ),
        Mistake(
            "from_0",
            _from_0,
            "You divided the losses from 0 up. At the first point the loss has its first value already, and the "
            "table has nothing below it: the first steps are wasted there.",
            "Divide from rising[0] to rising[-1].",
        ),
        Mistake(
            "from_the_least",
            _from_the_least,
            "You divided from the smallest loss that was measured. It may lie below the first; once the loss is made "
            "to rise, its first value is its smallest.",
            "Divide from rising[0] to rising[-1].",
        ),
        Mistake(
            "last_first",
            _last_first,
            "Your table is right and in the wrong order: it rises. Step 0 has the largest survival.",
            "Begin with the smallest loss.",
        ),
        Mistake(
            "the_old_one",
            _the_old_one,
            "You gave the old schedule at the new times: the loss plays no part.",
            "Read the survivals at even losses, not at even times.",
        ),
        Mistake(
            "the_line",
            _the_line,
            "You gave a straight line between the ends: even survivals. Even should be the loss.",
            "Read the survivals at even losses.",
        ),
        Mistake(
            "map_forwards",
            _map_forwards,
            "You went the map the wrong way: from even times to shares of the loss, and took these for times. So "
            "yours hurries where the loss rises fast; it should slow down there.",
            "From even shares of the loss to times: exchange the two columns of the table.",
        ),
        Mistake(
            "losses_for_survivals",
            _losses,
            "You gave the losses that are wanted. Asked for are the survivals at which they are found.",
            "Look them up in the table: losses in, survivals out.",
        ),
        Mistake(
            "time_by_loss",
            _time_by_loss,
            "You spend time in proportion to the loss, by its running sum. Then the steps are many wherever the loss "
            "is high, though it no longer changes. Spend it where the loss grows.",
            "Use the loss itself in place of its running sum.",
        ),
        Mistake(
            "loss_as_schedule",
            _by_survival,
            "You turned the curve of the loss round and took it for the schedule. That says how far the loss had come "
            "by the old times, not what survives.",
            "Look up the survivals at even losses.",
        ),
        Mistake(
            "last_end_lost",
            _last_end_lost,
            "You divided by T + 1: the last survival of the old table is never reached.",
            "T + 1 values, T equal parts: the last one is the largest loss.",
        ),
        Mistake(
            "first_end_lost",
            _first_end_lost,
            "Your table begins one part too late: its first survival is not that of the old table.",
            "T + 1 values, T equal parts: the first one is the first loss.",
        ),
        Mistake(
            "both_ends_lost",
            _both_ends_lost,
            "Both ends are left out in yours: the first and the last survival of the old table are not in the new one.",
            "T + 1 values from the first loss to the last, both among them.",
        ),
        Mistake(
            "lost_where_it_stands_still",
            _stands_still_at_the_start,
            "Where the loss stands still at the start, several survivals have one loss, and yours takes the last of "
            "them: the first survival of the old table is lost.",
            "Set the ends: new[0], new[-1] = alpha_bar[0], alpha_bar[-1].",
        ),
        Mistake(
            "middles",
            _middles,
            "You took the middles of T + 1 parts, as if the losses belonged to bins. The table holds the ends of T "
            "parts.",
            "T + 1 values from the first loss to the last, both among them.",
        ),
        Mistake(
            "ends_set_to_1_and_0",
            _own_ends,
            "You set the ends to 1 and 0. They stay those of the old table.",
            "new[0], new[-1] = alpha_bar[0], alpha_bar[-1].",
        ),
        Mistake(
            "stretched",
            _stretched,
            "You stretched the table to go from 1 to 0. All its values move by that; the ends should stay those of the "
            "old table.",
            "Leave out the stretching.",
        ),
        Mistake(
            "even_logarithms",
            _of_logarithms,
            "In yours the logarithm of the loss grows evenly. The loss itself should.",
            "Leave out the logarithm.",
        ),
        Mistake(
            "falling_table",
            _falling_table,
            "You read a table whose losses fall. np.interp wants them in rising order, and says nothing when they are "
            "not; its result is then without meaning.",
            "Leave the losses in their order, and give the survivals beside them, which may fall.",
        ),
    ),
    equivalents=(_by_time_first, _by_search, _with_a_floor_of_growth, _in_float32),
)
