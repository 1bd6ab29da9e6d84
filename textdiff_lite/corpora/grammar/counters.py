"""Random numbers without a state: a draw is a function of (seed, stream, row, number of the draw).

The mixing function is splitmix64 (Steele, Lea and Flood, «Fast splittable pseudorandom number generators», 2014), whose
i-th output is a function of its seed and of i. So any rows can be drawn in any order and in any chunks.
"""

import hashlib

import numpy as np

GAMMA = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


def row_keys(seed: int, stream: str, rows: np.ndarray) -> np.ndarray:
    """The key of each row of a stream, uint64 [n].

    seed: any integer. stream: what the rows belong to, a split's name for example. rows: integers >= 0 [n].
    """
    base = int.from_bytes(hashlib.sha256(f"{seed}/{stream}".encode()).digest()[:8], "little")
    return _mix(_advance(np.full(len(rows), base, dtype=np.uint64), rows.astype(np.uint64)))


def uniforms(keys: np.ndarray, number: int) -> np.ndarray:
    """Draw `number` of each row: float64 [n], multiples of 2 ** -53 in [0, 1)."""
    step = np.uint64((number + 1) * GAMMA & _WORD)
    return (_mix(keys + step) >> np.uint64(11)) * 2.0**-53


def _advance(states: np.ndarray, steps: np.ndarray) -> np.ndarray:
    return states + (steps + np.uint64(1)) * np.uint64(GAMMA)


def _mix(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
