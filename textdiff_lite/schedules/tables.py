"""Schedules from a table of numbers: the noise rates beta_1 .. beta_T, or the survival at each step, of each place."""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class FromBetas:
    """The schedule of a table of noise rates: alpha_bar(i / T) = (1 - beta_1) ... (1 - beta_i), exact on its grid.

    Between grid points log alpha_bar is interpolated, so the rate of noise is constant within a step.

    betas: T numbers in [0, 1). Raises ValueError if there are none or one is outside.
    Source: Ho et al. 2020 (2006.11239), section 2.
    """

    betas: tuple[float, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.betas:
            raise ValueError("betas must hold at least one number, got none")
        for step, beta in enumerate(self.betas, start=1):
            if not 0 <= beta < 1:
                raise ValueError(f"betas must lie in [0, 1), got {beta} at step {step} of {len(self.betas)}")

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
        """alpha_bar(t), in t's shape, dtype and device."""
        del word, position
        return _between(_log_alpha_bar(self.betas, t.dtype, t.device), t).exp()


@dataclass(frozen=True)
class FromSurvivals:
    """The schedule of a table of survivals: alpha_bar(i / T) = survivals[i], exact on its grid, linear between.

    survivals: T + 1 numbers that start at 1, never rise, stay in [0, 1] and end below 1. Raises ValueError if not.
    """

    survivals: tuple[float, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.survivals) < 2:
            raise ValueError(f"survivals must hold at least two numbers, got {len(self.survivals)}")
        if self.survivals[0] != 1:
            raise ValueError(f"survivals must start at 1 (a clean token), got {self.survivals[0]}")
        for step, (before, after) in enumerate(pairwise(self.survivals), start=1):
            if not 0 <= after <= before:
                raise ValueError(
                    f"survivals must stay in [0, 1] and never rise, got {after} after {before} at step {step}"
                )
        if self.survivals[-1] == 1:
            raise ValueError("survivals must end below 1, got 1: the schedule never destroys anything")

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
        """alpha_bar(t), in t's shape, dtype and device."""
        del word, position
        return _between(_table(self.survivals, t.dtype, t.device), t)


@dataclass(frozen=True, eq=False)
class Tabulated:
    """A table of survivals for each place: alpha_bar(k / K) = survivals[l, k] at place l, linear between.

    Asked with t alone it answers with the mean over the places. Places from L on have no row.

    survivals: [L, K + 1]; each row starts at 1, never rises, stays in [0, 1] and ends below 1. It stays as it is: a new
    table is a new schedule. Raises ValueError if not, with the place and the step.
    Source: Yuan et al. 2022 (2212.10325), whose table `adapt` draws again from the loss.
    """

    survivals: Tensor = field(repr=False)

    def __post_init__(self) -> None:
        a = self.survivals
        if a.ndim != 2 or not len(a) or a.shape[1] < 2:
            raise ValueError(f"survivals must have shape [L, K + 1] with L and K at least 1, got {list(a.shape)}")
        # each test is written so that nan fails it
        starts = a[:, 0] == 1
        if not starts.all():
            place = int((~starts).nonzero()[0])
            raise ValueError(f"survivals must start at 1 (a clean token), got {float(a[place, 0]):g} at place {place}")
        falls = (a[:, 1:] >= 0) & (a[:, 1:] <= a[:, :-1])
        if not falls.all():
            place, step = (int(i) for i in (~falls).nonzero()[0])
            raise ValueError(
                f"survivals must stay in [0, 1] and never rise, got {float(a[place, step + 1]):g} after "
                f"{float(a[place, step]):g} at step {step + 1} of place {place}"
            )
        if not (a[:, -1] < 1).all():
            place = int((a[:, -1] == 1).nonzero()[0])
            raise ValueError(
                f"survivals must end below 1, got 1 at place {place}: the schedule never destroys anything there"
            )

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
        """alpha_bar(t) at each place, in the shape of t and position together; without position the mean of all.

        Raises ValueError, on the CPU, if position holds a place that has no row.
        """
        del word
        table = self.survivals.to(t)
        if position is None:
            return _between(table.mean(0), t)
        if position.device.type == "cpu" and not ((position >= 0) & (position < len(table))).all():
            raise ValueError(
                f"position must lie in 0 .. {len(table) - 1}, the places of survivals, got {int(position.min())} .. "
                f"{int(position.max())}"
            )
        return _between(table, t, position)


def _between(table: Tensor, t: Tensor, *place: Tensor) -> Tensor:
    """The table's number at t (of this place), its points being 0, 1/T .. 1: linear between them."""
    steps = table.shape[-1] - 1
    u = t * steps
    i = u.floor().clamp(0, steps - 1).long()
    return torch.lerp(table[(*place, i)], table[(*place, i + 1)], u - i)


@lru_cache(maxsize=64)
def _log_alpha_bar(betas: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    logs = torch.log1p(-torch.tensor(betas, dtype=torch.float64)).cumsum(0)
    return torch.nn.functional.pad(logs, (1, 0)).to(dtype=dtype, device=device)


@lru_cache(maxsize=64)
def _table(numbers: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64).to(dtype=dtype, device=device)


def linear_betas(T: int = 1000) -> tuple[float, ...]:
    """T rates on an even grid from 1e-4 to 0.02, times 1000 / T so that every T destroys about as much.

    Raises ValueError if T is so small that a rate would reach 1 (T <= 20).
    Source: Ho et al. 2020 (2006.11239), section 4, for T = 1000; the factor is that of Nichol & Dhariwal's code.
    """
    if T <= 20:
        raise ValueError(f"T must be above 20 for linear betas (the last one is 20 / T and must be below 1), got {T}")
    rates = torch.linspace(1e-4, 0.02, T, dtype=torch.float64) * (1000 / T)
    return tuple(rates.tolist())


linear = FromBetas(linear_betas())
"""DDPM's schedule: linear in *beta*, 1e-4 to 0.02 over T = 1000 (alpha_bar = 1 - t is another schedule)."""
