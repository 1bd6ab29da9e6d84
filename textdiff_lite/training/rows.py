"""Rows of a split for the loop: fetched a block at a time, because a corpus may make its sentences on demand."""

from functools import lru_cache

import numpy as np

from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.training import order


class Rows:
    """Random access to the rows of a split; the two blocks used last stay in memory (`Order` walks through blocks)."""

    def __init__(self, corpus: Corpus, split: str) -> None:
        self.size, self.length = corpus.sizes[split], corpus.info.length

        @lru_cache(maxsize=2)
        def block(number: int) -> np.ndarray:
            first = number * order.BLOCK
            return corpus.ids(split, np.arange(first, min(first + order.BLOCK, self.size)))

        self._block = block

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Ids of these rows, int64 [n, L]."""
        blocks = rows // order.BLOCK
        fetched = np.empty((len(rows), self.length), np.int64)
        for number in np.unique(blocks):
            here = blocks == number
            fetched[here] = self._block(int(number))[rows[here] - number * order.BLOCK]
        return fetched
