"""Which sentences a step trains on, and with which random numbers: functions of (seed, step), with no state."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

BLOCK = 65_536
"""Rows that are shuffled together. A corpus that makes its sentences on demand then makes them a block at a time."""


def derived_seed(*parts: int | str) -> int:
    """A 63-bit seed from several numbers and names: neighbours are unrelated."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1


def step_generator(seed: int, step: int, device: torch.device) -> torch.Generator:
    """The source of a step's noise and times; the same for every process, which then takes its own rows."""
    return torch.Generator(device).manual_seed(derived_seed("draws", seed, step))


@dataclass(frozen=True)
class Order:
    """Rows of a split, epoch after epoch, each epoch shuffled anew: blocks first, then the rows of each block.

    A split of at most `BLOCK` rows is shuffled whole. A batch may reach from one epoch into the next.
    """

    rows: int
    batch: int
    seed: int

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"the split to train on has {self.rows} sentences")

    def at(self, step: int) -> np.ndarray:
        """The rows of a step's global batch, [batch] int64."""
        places = np.arange(step * self.batch, (step + 1) * self.batch)
        out = np.empty(self.batch, np.int64)
        epochs, places = np.divmod(places, self.rows)
        for epoch in np.unique(epochs):
            order, starts = self._blocks(int(epoch))
            here = np.flatnonzero(epochs == epoch)
            slots = np.searchsorted(starts, places[here], side="right") - 1
            for slot in np.unique(slots):
                inside = here[slots == slot]
                shuffled = _shuffled(self.rows, self.seed, int(epoch), int(order[slot]))
                out[inside] = shuffled[places[inside] - starts[slot]]
        return out

    def _blocks(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """The blocks of an epoch in their order, and the place where each begins."""
        blocks = -(-self.rows // BLOCK)
        order = np.random.default_rng(derived_seed("blocks", self.seed, epoch)).permutation(blocks)
        lengths = np.minimum(BLOCK, self.rows - order * BLOCK)
        return order, np.cumsum(lengths) - lengths


@lru_cache(maxsize=4)
def _shuffled(rows: int, seed: int, epoch: int, block: int) -> np.ndarray:
    first = block * BLOCK
    length = min(BLOCK, rows - first)
    return first + np.random.default_rng(derived_seed("rows", seed, epoch, block)).permutation(length)
