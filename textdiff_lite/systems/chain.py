"""What systems with a chain of T steps share: how many network calls they make, and the walk of those on vectors."""

import torch

from textdiff_lite import samplers
from textdiff_lite.prediction import Denoise
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import grid
from textdiff_lite.shapes import Ids
from textdiff_lite.spaces import Embeddings


def calls_within(chain: int | float, calls: int | None, usual: int) -> int:
    """The network calls for a sentence: `calls`, or `usual` unless told.

    chain: T, infinite in continuous time. Raises ValueError for no call at all, and for more than T.
    """
    if calls is None:
        return usual
    if not 1 <= calls <= chain:
        raise ValueError(f"calls must lie in 1 .. {chain}, the steps of the chain, got {calls}")
    return calls


def write(
    process: VPGaussian,
    denoise: Denoise,
    space: Embeddings,
    shape: tuple[int, int],
    chain: int,
    calls: int,
    generator: torch.Generator,
) -> Ids:
    """Sentences from noise, [n, L] = shape: ancestral on `calls` even steps of the chain, read by the space's head."""
    device = space.table.device
    start = process.prior((*shape, space.width), device=device).sample(generator)
    times = grid(calls, of=chain, dtype=torch.float64, device=device)
    x = samplers.last(samplers.sample(process.reverse, denoise, start, times, generator=generator))
    return space.logits(x).argmax(-1)
