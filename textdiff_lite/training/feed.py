"""Batches on the device. Blocks of sentences are moved there whole, so that a step only takes a slice."""

from functools import lru_cache

import torch
from torch import Tensor

from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.training.order import Order

KEPT = 2**28
"""Bytes of sentences that are kept on the device. A corpus that makes its sentences makes them once, if they fit."""


class Feed:
    """The sentences of a split in an order: random access; blocks of them are kept on the device."""

    def __init__(self, corpus: Corpus, split: str, seed: int, device: torch.device) -> None:
        self.order = order = Order(corpus.sizes[split], seed)
        small = torch.int16 if corpus.info.vocab <= 2**15 else torch.int32
        of_a_block = len(order.rows_of(0)) * corpus.info.length * small.itemsize

        @lru_cache(maxsize=max(2, KEPT // of_a_block))
        def rows(number: int) -> Tensor:
            return torch.from_numpy(corpus.ids(split, order.rows_of(number))).to(small).to(device)

        @lru_cache(maxsize=2)
        def block(epoch: int, number: int) -> Tensor:
            return rows(number)[torch.from_numpy(order.permutation(epoch, number)).to(device)]

        self._block = block

    def at(self, start: int, stop: int) -> Tensor:
        """Ids of the places `start` to `stop` (not included) of the order, int64 [stop - start, L]."""
        parts = [self._block(epoch, block)[first:last] for epoch, block, first, last in self.order.pieces(start, stop)]
        return (parts[0] if len(parts) == 1 else torch.cat(parts)).long()
