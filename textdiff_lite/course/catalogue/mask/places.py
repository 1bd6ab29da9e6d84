"""Which places are hidden, as figures that do not hang on luck."""

import itertools

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.frequencies import frequencies, whole
from textdiff_lite.course.exercise import Estimate, Seen

DIFFER = "rows of one kind that have different places hidden (1: there are)"
MIXED = "rows with some places hidden and some not (1: there are)"
ENDS = "the hidden places stand together at an end of each row (0: no, 1: the first places, 2: the last)"

SHARE = "share of the places of long rows that are hidden"


def ids(result: Tensor) -> Tensor:
    """The ids themselves; raises TypeError if they are no whole numbers."""
    if result.dtype == torch.bool:
        raise TypeError("ids must be whole numbers (torch.long), and these are bool: return the words, not the coins")
    return whole(result)


def share(happens: Tensor) -> Estimate:
    """How often something happens among independent cases, with its standard error; of none, 0."""
    n = max(happens.numel(), 1)
    value = happens.double().sum() / n
    kept = value.clamp(1 / n, 1 - 1 / n)
    return Estimate(value, (kept * (1 - kept) / n).sqrt())


def mean(x: Tensor) -> Estimate:
    """The mean of independent numbers, with its standard error."""
    return Estimate(x.mean(), x.std() / x.numel() ** 0.5)


def alike(hidden: Tensor, kinds: Tensor) -> bool:
    """Whether in hidden [B, L] all rows of a kind [B] have the same places hidden."""
    return all(bool((rows == rows[0]).all()) for rows in _by_kind(hidden, kinds))


def _by_kind(hidden: Tensor, kinds: Tensor) -> list[Tensor]:
    return [hidden[kinds == kind] for kind in kinds.unique().tolist()]


def patterns(hidden: Tensor, kinds: Tensor, says: list[str]) -> Seen:
    """How often each set of places is hidden, for each kind of row.

    Where all rows of a kind are alike the sets hang on luck alone, and each share is given as -1.
    """
    L = hidden.shape[1]
    all_alike = alike(hidden, kinds)
    seen: Seen = {DIFFER: torch.tensor(float(not all_alike))}
    for kind, rows in zip(says, _by_kind(hidden, kinds), strict=True):
        shares = frequencies(rows.long(), 2)
        for number, places in enumerate(itertools.product((False, True), repeat=L)):
            name = named(places[::-1], kind)
            seen[name] = torch.tensor(-1.0) if all_alike else Estimate(shares.value[number], shares.error[number])
    return seen


def law_of_patterns(chances: Tensor, says: list[str]) -> Seen:
    """What `patterns` should see if each place is hidden by itself with its chance, [kinds, L]."""
    seen: Seen = {DIFFER: torch.tensor(1.0)}
    for kind, row in zip(says, chances.double(), strict=True):
        for places in itertools.product((False, True), repeat=len(row)):
            seen[named(places[::-1], kind)] = torch.where(torch.tensor(places[::-1]), row, 1 - row).prod()
    return seen


def named(places: tuple[bool, ...], kind: str) -> str:
    """How `patterns` calls the share of rows that hide these places."""
    which = [place for place, hidden in enumerate(places) if hidden]
    return f"share of rows{kind} that hide {f'the places {which} alone' if which else 'no place'}"


def shapes(hidden: Tensor, kinds: Tensor) -> Seen:
    """Facts of long rows, [B, L], that tell one coin for many places from a coin for each."""
    mixed = hidden.any(1) & ~hidden.all(1)
    step = hidden.long().diff(dim=1)
    first, last = bool((step <= 0).all()), bool((step >= 0).all())
    return {
        DIFFER: torch.tensor(float(not alike(hidden, kinds))),
        MIXED: mixed.any().double(),
        ENDS: torch.tensor(0.0 if first == last else 1.0 if first else 2.0),
        # one figure a place, since all rows may have one luck; if all places have, it says nothing
        SHARE: mean(hidden.double().mean(0)) if mixed.any() else torch.tensor(-1.0),
    }


def shapes_of_coins(share: float) -> Seen:
    """What `shapes` should see if each place of long rows is hidden by itself, such a share of them."""
    return {DIFFER: torch.tensor(1.0), MIXED: torch.tensor(1.0), ENDS: torch.tensor(0.0), SHARE: torch.tensor(share)}


def percent(x: Tensor | float) -> str:
    """A share as a learner reads it."""
    return f"{100 * float(x):.0f} %"
