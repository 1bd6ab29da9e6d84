"""Which sentences a step trains on, and with which random numbers: functions of (seed, step), with no state."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

BLOCK = 65_536
"""Rows that are shuffled together, at most. A corpus that makes its sentences then makes them a block at a time."""


def derived_seed(*parts: int | str) -> int:
    """A 63-bit seed from several numbers and names: neighbours are unrelated."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1


def step_generator(seed: int, step: int, device: torch.device) -> torch.Generator:
    """The source of a step's noise and times; the same for every process, which then takes its own rows."""
    return torch.Generator(device).manual_seed(derived_seed("draws", seed, step))


class Piece(NamedTuple):
    """Places `first` to `last` (not included) of a shuffled block of an epoch."""

    epoch: int
    block: int
    first: int
    last: int


@dataclass(frozen=True)
class Order:
    """All rows of a split, epoch after epoch, each epoch shuffled anew: the blocks, then the rows of each block.

    A split of at most `BLOCK` rows is shuffled whole. Of C blocks, block b holds the rows b, b + C, b + 2C, ...: each
    is spread over the whole split, because neighbouring rows may be windows that overlap. Step k of a run with batches
    of B takes the places kB to (k + 1)B of this endless sequence, so a batch may reach from one epoch into the next.
    """

    rows: int
    seed: int

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"the split to train on has {self.rows} sentences")

    def pieces(self, start: int, stop: int) -> Iterator[Piece]:
        """Where the places `start` to `stop` (not included) of the sequence lie."""
        while start < stop:
            epoch, place = divmod(start, self.rows)
            blocks, begins = _blocks(self.rows, self.seed, epoch)
            slot = bisect_right(begins, place) - 1
            first = place - begins[slot]
            last = min(first + stop - start, _length(self.rows, blocks[slot]))
            yield Piece(epoch, blocks[slot], first, last)
            start += last - first

    def shuffled(self, epoch: int, block: int) -> np.ndarray:
        """The rows of a block in the order of that epoch, int64."""
        return self.rows_of(block)[self.permutation(epoch, block)]

    def rows_of(self, block: int) -> np.ndarray:
        """The rows of a block in the order of the corpus, int64."""
        return np.arange(block, self.rows, _count(self.rows))

    def permutation(self, epoch: int, block: int) -> np.ndarray:
        """How the rows of a block are shuffled in that epoch: places in `rows_of`."""
        rng = np.random.default_rng(derived_seed("rows", self.seed, epoch, block))
        return rng.permutation(_length(self.rows, block))


def _count(rows: int) -> int:
    return -(-rows // BLOCK)


def _length(rows: int, block: int) -> int:
    return len(range(block, rows, _count(rows)))


@lru_cache(maxsize=4)
def _blocks(rows: int, seed: int, epoch: int) -> tuple[list[int], list[int]]:
    """The blocks of an epoch in their order, and the place where each begins."""
    order = np.random.default_rng(derived_seed("blocks", seed, epoch)).permutation(_count(rows))
    lengths = np.array([_length(rows, block) for block in order.tolist()])
    return order.tolist(), (np.cumsum(lengths) - lengths).tolist()
