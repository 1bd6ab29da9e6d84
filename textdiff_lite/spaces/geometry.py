"""Distances between the vectors of words: which is nearest, how far apart they lie, how much noise they bear."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import time_at, wide


def nearest(x: Float[Tensor, "*shape D"], vectors: Float[Tensor, "V E"]) -> Int[Tensor, "*shape"]:
    """The row of `vectors` that is nearest to each x, by Euclidean distance; of several the first.

    It is not the word of the largest inner product, which prefers long vectors.
    Raises ValueError if the widths differ.
    """
    if x.shape[-1] != vectors.shape[-1]:
        raise ValueError(f"x must hold vectors of width {vectors.shape[-1]}, got {x.shape[-1]}")
    # |x - e|^2 without |x|^2, which is the same for every word
    return (vectors.square().sum(-1) / 2 - x @ vectors.T).argmin(-1)


def neighbour_distances(vectors: Float[Tensor, "V D"]) -> Float[Tensor, " V"]:
    """The distance of each row to the nearest other row. Raises ValueError if there is no other."""
    if len(vectors) < 2:
        raise ValueError(f"vectors must have at least two rows, got {len(vectors)}")
    own = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    # not by inner products: of two rows that nearly agree nothing would be left but rounding
    distances = torch.cdist(vectors, vectors, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.masked_fill(own, torch.inf).amin(-1)


def noise_floor(process: VPGaussian, vectors: Float[Tensor, "V D"]) -> Tensor:
    """The time below which noise is too weak to bring one word near another: draw training times above it (`above`).

    It is where noise^2 / signal^2 = delta^2, the mean over words of the squared distance to the nearest other word, per
    coordinate. With noise_scale 1 the noise there is sqrt(delta^2 / (1 + delta^2)). A number, float64.
    Source: Ye et al. 2023 (2302.10025), eqs. 11 to 14.
    """
    delta2 = wide(neighbour_distances(vectors)).square().mean() / vectors.shape[-1]
    return time_at(process.alpha_bar, process.noise_scale**2 / (process.noise_scale**2 + delta2))
