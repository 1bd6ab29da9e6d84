"""How a network is told the time."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def sinusoidal(t: Float[Tensor, "*shape"], dim: int) -> Float[Tensor, "*shape dim"]:
    """Waves of t: cos(t f_k) for k = 0 .. half - 1, then sin(t f_k), f_k = 10000^(-k / half), half = dim // 2.

    t is used as it comes: released text systems show the network t in 0 .. 1000, so the caller scales.
    An odd dim ends in a zero. Raises ValueError if dim is below 2.
    Source: the code of Nichol & Dhariwal 2021 (2102.09672), used by Diffusion-LM and DiffuSeq.
    """
    if dim < 2:
        raise ValueError(f"dim must be at least 2, got {dim}")
    half = dim // 2
    k = torch.arange(half, dtype=t.dtype, device=t.device)
    angles = t[..., None] * torch.exp(-math.log(10000) * k / half)
    waves = torch.cat([angles.cos(), angles.sin()], -1)
    return torch.nn.functional.pad(waves, (0, dim % 2))
