"""Batches on the device. Shuffled blocks are moved there whole, so that a step only takes a slice."""

from functools import lru_cache

import torch
from torch import Tensor

from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.training.order import Order


class Feed:
    """The sentences of a split in an order: random access, with the two blocks used last kept on the device."""

    def __init__(self, corpus: Corpus, split: str, seed: int, device: torch.device) -> None:
        self.order = order = Order(corpus.sizes[split], seed)

        @lru_cache(maxsize=2)
        def block(epoch: int, number: int) -> Tensor:
            return torch.from_numpy(corpus.ids(split, order.shuffled(epoch, number))).to(device)

        self._block = block

    def at(self, start: int, stop: int) -> Tensor:
        """Ids of the places `start` to `stop` (not included) of the order, int64 [stop - start, L]."""
        parts = [self._block(epoch, block)[first:last] for epoch, block, first, last in self.order.pieces(start, stop)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)
