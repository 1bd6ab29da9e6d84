"""Drawing the steps that matter: a step is drawn in proportion to how large its losses are, and weighted back."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.schedules.times import at_least_one, wide

KEPT = 10
"""How many losses of a step are remembered."""

EVEN = 0.001
"""The share of the draws that is even over all steps, so that none is ever forgotten."""


@dataclass(frozen=True, eq=False)
class SecondMoments:
    """The last 10 losses of each of T steps, and the draws of steps i (t = i / T) that follow from them.

    The weighted mean of losses, mean(weight * loss), has the expectation of the plain mean over all steps whatever the
    probabilities are. It varies least where they are in proportion to the root of the mean square of a step's losses.

    history: [T, 10], the oldest first. count: [T], how many of them are filled; what stands behind them is nothing.
    `observe` gives a new one and leaves the old as it was. Raises ValueError for other shapes or counts.
    Source: Nichol & Dhariwal 2021 (2102.09672), section 3.3, and their code.
    """

    history: Tensor = field(repr=False)
    count: Tensor = field(repr=False)

    def __post_init__(self) -> None:
        T = len(self.count)
        if not T or self.history.shape != (T, KEPT):
            raise ValueError(
                f"history must have shape [T, {KEPT}] and count [T] with T at least 1, got {list(self.history.shape)} "
                f"and {list(self.count.shape)}"
            )
        if self.count.device.type == "cpu" and not ((self.count >= 0) & (self.count <= KEPT)).all():
            raise ValueError(f"count must lie in [0, {KEPT}], got {int(self.count.min())} .. {int(self.count.max())}")

    @classmethod
    def fresh(cls, T: int, device: torch.device | str | None = None) -> "SecondMoments":
        """Nothing seen yet. Raises ValueError if T is below 1."""
        at_least_one("T", T)
        return cls(wide(torch.zeros(T, KEPT, device=device)), torch.zeros(T, dtype=torch.long, device=device))

    def probabilities(self) -> Float[Tensor, " T"]:
        """P of step 1 .. T: even until each has 10 losses, then in proportion to their root mean square.

        A share of 0.001 stays even.
        """
        T = len(self.count)
        even = torch.full_like(self.history[:, 0], 1 / T)
        size = self.history.square().mean(1).sqrt()
        total = size.sum()
        warm = (self.count == KEPT).all() & (total > 0)
        p = (1 - EVEN) * size / torch.where(total > 0, total, 1) + EVEN * even
        return torch.where(warm, p, even)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
        """Draws steps i in 1 .. T, n of them and independent, and gives the weight 1 / (T p_i) of each."""
        at_least_one("n", n)
        p = self.probabilities()
        drawn = torch.multinomial(p, n, replacement=True, generator=generator)
        return drawn + 1, 1 / (len(p) * p[drawn])

    def observe(self, i: Int[Tensor, " n"], loss: Float[Tensor, " n"]) -> "SecondMoments":
        """With these losses of steps i in 1 .. T added in their order; of each step the last 10 stay.

        loss: unweighted: its weight says how often the step is drawn, not how large its loss is. Its gradient is cut.
        Raises ValueError, on the CPU, for a step outside or a loss that is not finite.
        """
        T = len(self.count)
        if i.device.type == "cpu" and not ((i >= 1) & (i <= T)).all():
            raise ValueError(f"i must hold steps in 1 .. {T}, got {int(i.min())} .. {int(i.max())}")
        if loss.device.type == "cpu" and not loss.isfinite().all():
            raise ValueError(f"loss must be finite, got {float(loss[~loss.isfinite()][0])}")
        step, order = (i - 1).sort(stable=True)
        seen = torch.zeros_like(self.count).scatter_add(0, step, torch.ones_like(step))
        pushed = (self.count + seen - KEPT).clamp(min=0)
        slot = torch.arange(KEPT, device=step.device) + pushed[:, None]
        old = torch.where(slot < self.count[:, None], self.history.gather(1, slot.clamp(max=KEPT - 1)), 0)
        # a step's losses follow each other in the sorted order, from the first of them on
        rank = torch.arange(len(step), device=step.device) - (seen.cumsum(0) - seen)[step]
        place = (self.count - pushed)[step] + rank
        stays = place >= 0
        new = old.flatten().scatter_add(
            0,
            step * KEPT + place.clamp(min=0),
            torch.where(stays, loss.detach()[order].to(old), 0),
        )
        return SecondMoments(new.view_as(old), (self.count + seen).clamp(max=KEPT))
