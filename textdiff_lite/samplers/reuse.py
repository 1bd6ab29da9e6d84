"""Ask a denoiser that ignores the time only when something has changed."""

from typing import final

import torch
from torch import Tensor

from textdiff_lite.prediction import Denoise
from textdiff_lite.shapes import Ids, LogProbs, Time


@final
class Reuse:
    """A `Denoise` that remembers its last answer and asks again only for the rows of x_t that have changed.

    Valid if the answer depends on x_t alone, row by row: on no time, on no `prev` (it is not handed on), on no dropout.
    Most of many small steps change nothing. For a row of L hidden words, T ancestral steps with alpha_bar = 1 - t ask
    1 + (T - 1) (1 - (1 - 1/T)^L) times on average and never more than L + 1 times: once at the start, and after every
    step but the last that revealed a word.

    calls: how often the denoiser was called. rows: how many rows it was asked for in all. On a GPU every call waits for
    the device, to learn which rows changed. With another shape or device of x_t it begins anew. No gradients.
    Source: the cache of MDLM, Sahoo et al. 2024 (2406.07524), section 4, which forgets a whole batch when one row
    changes.
    """

    def __init__(self, denoise: Denoise) -> None:
        self.denoise = denoise
        self.calls, self.rows = 0, 0
        self._last: tuple[Tensor, Tensor] | None = None

    @torch.no_grad()
    def __call__(self, x_t: Ids, t: Time, /, prev: LogProbs | None = None) -> LogProbs:
        """The denoiser's answer for x_t, from memory where it can."""
        del prev
        if self._last is None or self._last[0].shape != x_t.shape or self._last[0].device != x_t.device:
            x0_hat = self._ask(x_t, t)
        else:
            before, x0_hat = self._last
            changed = (x_t != before).any(1).nonzero().squeeze(1)
            if len(changed):
                clock = t[changed] if len(t) > 1 else t
                # not in place: earlier answers belong to the caller
                x0_hat = x0_hat.index_copy(0, changed, self._ask(x_t[changed], clock))
        self._last = x_t.clone(), x0_hat
        return x0_hat

    def _ask(self, x_t: Tensor, t: Tensor) -> Tensor:
        self.calls += 1
        self.rows += len(x_t)
        return self.denoise(x_t, t)
