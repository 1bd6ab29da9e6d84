"""Wrappers of a denoiser that change its belief. Samplers and objectives never hear of them."""

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.prediction import Denoise
from textdiff_lite.spaces import nearest


def clamped(denoise: Denoise, vectors: Float[Tensor, "V D"], below: float = 1.0) -> Denoise:
    """Clamping: at times t <= below the belief is replaced by the vector of the nearest word.

    below = 1 clamps at every step, 1 / N at the last of N even steps alone. It costs a product with the table for each
    call, and a belief between two words can no longer be held.

    Raises ValueError if below is not in [0, 1].
    Source: Li et al. 2022 (2205.14217), section 4.4.
    """
    if not 0 <= below <= 1:
        raise ValueError(f"below must lie in [0, 1], got {below}")

    def clamping(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        x0_hat = denoise(x_t, t, prev=prev)
        return torch.where((t <= below)[..., None], vectors[nearest(x0_hat, vectors)].to(x0_hat), x0_hat)

    return clamping
