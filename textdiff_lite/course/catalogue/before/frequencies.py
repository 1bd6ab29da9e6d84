"""How often each sentence was drawn, with its standard error."""

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Estimate


def frequencies(ids: Tensor, vocab: int) -> Estimate:
    """The share of each of the vocab^L possible rows among ids [n, L], [vocab^L].

    The standard error of a row that was never drawn is taken as if it had been drawn once.
    """
    n, length = ids.shape
    numbers = (ids * vocab ** torch.arange(length)).sum(1)
    share = torch.bincount(numbers, minlength=vocab**length).double() / n
    kept = share.clamp(1 / n, 1 - 1 / n)
    return Estimate(share, (kept * (1 - kept) / n).sqrt())


def as_frequencies(law: Tensor) -> Tensor:
    """A law over sentences, one axis of length vocab for each place, in the order of `frequencies`."""
    return law.permute(*reversed(range(law.ndim))).flatten()
