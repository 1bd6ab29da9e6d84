"""Schedules that follow the loss: a table of survivals is drawn again so that the loss grows evenly with time.

Where the loss grows fast, the words are being lost, and the new table spends more time there; where the loss stands
still it spends none. The loss is taken as a function of the survival, each place by itself, and read backwards: which
survival has this loss?
"""

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.schedules.times import wide


def adapt(survivals: Float[Tensor, "L points"], losses: Tensor) -> Float[Tensor, "L points"]:
    """The table in which these losses would grow linearly in t: [L, K + 1], for `Tabulated`, both ends as they were.

    survivals: [L, K + 1], at k / K, of each place. losses: [L, K], the mean loss of each place in each cell between two
    points, unweighted. A loss belongs to the middle of its cell. It is made monotone by its running maximum, and to
    either end it goes on by half of what it grew between the last two middles. A place whose loss never grows keeps its
    table. A loss is known in its own table only, so measure and adapt again: the changes become small.

    Raises ValueError for another shape, fewer than two cells, or a loss that is not finite.
    Source: Yuan et al. 2022 (2212.10325), eq. 7; `adapt_released` is their code's form.
    """
    _check(survivals, losses)
    if losses.shape[1] != survivals.shape[1] - 1:
        raise ValueError(
            f"losses must hold a number for each of the {survivals.shape[1] - 1} cells, got {losses.shape[1]}"
        )
    a, known = wide(survivals), _to_the_ends(wide(losses).cummax(1).values)
    at = torch.cat([a[:, :1], (a[:, 1:] + a[:, :-1]) / 2, a[:, -1:]], 1)
    first, last = known[:, :1], known[:, -1:]
    inner = _read(known, at, first, last, a.shape[1])[:, 1:-1]
    new = torch.cat([a[:, :1], inner, a[:, -1:]], 1)
    return torch.where(last > first, new, a).to(survivals)


def adapt_released(survivals: Float[Tensor, "L points"], losses: Tensor) -> Float[Tensor, "L points"]:
    """`adapt` as the released code does it, on steps 1 .. T: [L, T + 1], of which t = 0 stays 1.

    losses: [L, C], each the mean over T / C steps, and taken as the loss at their mean survival. They grow by at least
    1e-5 from cell to cell, go on by half a difference at either end, and end at the largest and the smallest survival
    of the whole table, all places together. Place 0, which holds the sign that starts a sentence, is never changed.

    Raises ValueError for another shape, cells that do not divide the steps, or a loss that is not finite.
    Source: the code of Yuan et al. 2022 (2212.10325).
    """
    _check(survivals, losses)
    (L, C), T, margin = losses.shape, survivals.shape[1] - 1, 1e-5
    if T % C:
        raise ValueError(f"losses must hold cells of equally many of the {T} steps, got {C} cells")
    a, loss = wide(survivals[:, 1:]), wide(losses)
    least = margin * torch.arange(C, dtype=loss.dtype, device=loss.device)
    known = _to_the_ends((loss - least).cummax(1).values + least)
    at = torch.cat([a.max().expand(L, 1), a.reshape(L, C, -1).mean(2), a.min().expand(L, 1)], 1)
    new = _read(known, at, known[:, :1] - margin, known[:, -1:] + margin, T).to(survivals)
    return torch.cat([survivals[:1], torch.cat([survivals[1:, :1], new[1:]], 1)])


def _to_the_ends(loss: Tensor) -> Tensor:
    """The losses of the middles, and those half a cell before the first and after the last: [L, C + 2]."""
    before = loss[:, :1] - (loss[:, 1:2] - loss[:, :1]) / 2
    after = loss[:, -1:] + (loss[:, -1:] - loss[:, -2:-1]) / 2
    return torch.cat([before, loss, after], 1)


def _read(known: Tensor, at: Tensor, first: Tensor, last: Tensor, points: int) -> Tensor:
    """The survivals [L, points] at evenly spaced losses from first to last, where `known` losses lie `at` survivals."""
    even = torch.arange(points, dtype=known.dtype, device=known.device) / (points - 1)
    target = torch.lerp(first, last, even)
    i = (torch.searchsorted(known, target, right=True) - 1).clamp(0, known.shape[1] - 2)
    low, width = known.gather(1, i), known.gather(1, i + 1) - known.gather(1, i)
    # between equal losses there is nothing to divide by: the survival leaps
    along = torch.where(width > 0, (target - low) / torch.where(width > 0, width, 1), 1).clamp(0, 1)
    return torch.lerp(at.gather(1, i), at.gather(1, i + 1), along)


def _check(survivals: Tensor, losses: Tensor) -> None:
    if losses.ndim != 2 or len(losses) != len(survivals):
        raise ValueError(
            f"losses must have a row for each of the {len(survivals)} places, got shape {list(losses.shape)}"
        )
    if losses.shape[1] < 2:
        raise ValueError(f"losses must hold at least two cells, got {losses.shape[1]}")
    if not losses.isfinite().all():
        place, cell = (int(i) for i in (~losses.isfinite()).nonzero()[0])
        raise ValueError(f"losses must be finite, got {float(losses[place, cell])} in cell {cell} of place {place}")
