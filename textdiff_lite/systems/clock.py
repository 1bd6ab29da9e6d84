"""The process of a model on embeddings: a schedule that has a name, or a table that follows the model's own loss."""

import torch
from torch import Tensor, nn

from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import Schedule, Tabulated, adapt, named, sqrt
from textdiff_lite.shapes import PerToken, Time

ADAPTIVE = "adaptive"
"""The name that stands for a table of one curve a place, which starts from the values of `sqrt` at its points."""
CELLS = 50
"""Even parts of [0, 1] in which the loss is averaged."""
EVERY = 500
"""Steps between two tables."""


def check_schedule(name: str) -> None:
    """Raise ValueError, with the names there are, if a model's schedule can't be called so."""
    if name != ADAPTIVE:
        try:
            named(name)
        except ValueError as error:
            raise ValueError(f"{error}, {ADAPTIVE}") from None


class Clock(nn.Module):
    """`process()` is the Gaussian process as it stands. The adaptive table is a buffer, so a checkpoint holds it.

    schedule: a name of `schedules.named`, or `adaptive`. noise_scale: of the process. In a run on several devices the
    losses of the first make the table.
    Raises ValueError for another name.
    Source of the adaptive one: Yuan et al. 2022 (2212.10325), section 3.3.
    """

    survivals: Tensor
    sums: Tensor
    counts: Tensor

    def __init__(self, schedule: str, length: int, noise_scale: float = 1.0) -> None:
        super().__init__()
        self.schedule, self.noise_scale = schedule, noise_scale
        self._made: tuple[tuple[int, int], VPGaussian] | None = None
        check_schedule(schedule)
        if schedule != ADAPTIVE:
            return
        curve = sqrt(torch.linspace(0, 1, CELLS + 1, dtype=torch.float64))
        self.register_buffer("survivals", curve.float().repeat(length, 1))
        self.register_buffer("sums", torch.zeros(length, CELLS))
        self.register_buffer("counts", torch.zeros(length, CELLS))

    def process(self) -> VPGaussian:
        """The process of the schedule as it stands; made once for each table."""
        # a table that changes is another process: the one that was handed out keeps its own
        table = (self.survivals.data_ptr(), self.survivals._version) if self.schedule == ADAPTIVE else (0, 0)
        if self._made is None or self._made[0] != table:
            self._made = table, VPGaussian(self._alpha_bar(), self.noise_scale)
        return self._made[1]

    def _alpha_bar(self) -> Schedule:
        return Tabulated(self.survivals.clone()) if self.schedule == ADAPTIVE else named(self.schedule)

    @torch.no_grad()
    def record(self, t: Time, error: PerToken) -> None:
        """Remember errors [B, L] at times t; a named schedule looks away."""
        if self.schedule != ADAPTIVE:
            return
        cell = ((t * CELLS).ceil().long() - 1).clamp(0, CELLS - 1).expand(error.shape)
        place = torch.arange(error.shape[1], device=error.device).expand(error.shape)
        for buffer, value in ((self.sums, error.float()), (self.counts, torch.ones_like(error, dtype=torch.float32))):
            buffer.view(-1).index_add_(0, (place * CELLS + cell).flatten(), value.flatten())

    @torch.no_grad()
    def wind(self, step: int) -> None:
        """Make the table anew from what was remembered, if step is a multiple of `EVERY` and all cells were met."""
        if self.schedule == ADAPTIVE and step % EVERY == 0 and (self.counts > 0).all():
            self.survivals.copy_(adapt(self.survivals, self.sums / self.counts))
            self.sums.zero_()
            self.counts.zero_()
