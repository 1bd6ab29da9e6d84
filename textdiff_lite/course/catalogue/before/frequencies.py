"""How often each sentence was drawn, with its standard error."""

import itertools

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Estimate, Seen


def whole(ids: Tensor) -> Tensor:
    """The ids themselves; raises TypeError if they are no whole numbers."""
    if ids.is_floating_point():
        raise TypeError(f"ids must be whole numbers (torch.long), and these are {str(ids.dtype).split('.')[1]}")
    return ids


def frequencies(ids: Tensor, vocab: int) -> Estimate:
    """The share of each of the vocab^L possible rows among ids [n, L], [vocab^L].

    The standard error of a row that was never drawn is taken as if it had been drawn once.
    Raises ValueError if ids hold a number that is not in 0 … vocab − 1.
    """
    n, length = ids.shape
    if n and not 0 <= int(ids.min()) <= int(ids.max()) < vocab:
        raise ValueError(f"words lie between {int(ids.min())} and {int(ids.max())}, not in 0 … {vocab - 1}")
    numbers = (ids * vocab ** torch.arange(length)).sum(1)
    share = torch.bincount(numbers, minlength=vocab**length).double() / n
    kept = share.clamp(1 / n, 1 - 1 / n)
    return Estimate(share, (kept * (1 - kept) / n).sqrt())


def as_frequencies(law: Tensor) -> Tensor:
    """A law over sentences, one axis of length vocab for each place, in the order of `frequencies`."""
    return law.permute(*reversed(range(law.ndim))).flatten()


def by_sentence(shares: Tensor | Estimate, vocab: int, length: int) -> Seen:
    """Figures in the order of `frequencies`, each under the words of its sentence."""
    seen: Seen = {}
    for number, words in enumerate(itertools.product(range(vocab), repeat=length)):
        name = f"share of the sentence {list(reversed(words))}"
        if isinstance(shares, Estimate):
            seen[name] = Estimate(shares.value[number], shares.error[number])
        else:
            seen[name] = shares[number]
    return seen
