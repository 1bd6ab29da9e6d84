"""The bidirectional transformer that guesses clean vectors from noisy ones."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from textdiff_lite.networks.blocks import Stack, learned_positions
from textdiff_lite.networks.sizes import Size
from textdiff_lite.networks.time_embedding import sinusoidal
from textdiff_lite.shapes import Time, Vectors


class Denoiser(nn.Module):
    """`denoise(x_t, t, prev=None)`: noisy vectors [B, L, D] to a prediction [B, L, D_out], time per token.

    `prev` is the network's own last prediction (self-conditioning, Chen et al. 2022, 2208.04202): it is
    concatenated to the input if the network was built for it, zeros standing for «none yet», and is otherwise not
    looked at. `condition` [B, 1, C] or [B, L, C] is added to every token through a linear map without bias, so that
    the zero vector means «no condition» (classifier-free guidance); close over it: `partial(net, condition=c)`.
    """

    def __init__(
        self,
        width_in: int,
        width_out: int,
        length: int,
        size: Size,
        condition: int = 0,
        self_condition: bool = False,
        dropout: float = 0.0,
    ) -> None:
        if min(width_in, width_out, length) < 1 or condition < 0:
            raise ValueError(
                f"width_in, width_out and length must be at least 1 and condition at least 0, "
                f"got {width_in}, {width_out}, {length}, {condition}"
            )
        super().__init__()
        self.width_out, self.self_condition = width_out, self_condition
        self.into = nn.Linear(width_in + (width_out if self_condition else 0), size.width)
        self.time = nn.Sequential(nn.Linear(size.width, size.width), nn.SiLU(), nn.Linear(size.width, size.width))
        self.condition = nn.Linear(condition, size.width, bias=False) if condition else None
        self.positions = learned_positions(length, size.width)
        self.stack = Stack(size, causal=False, dropout=dropout)
        self.out = nn.Linear(size.width, width_out)

    def forward(
        self,
        x_t: Vectors,
        t: Time,
        prev: Float[Tensor, "B L E"] | None = None,
        condition: Float[Tensor, "B #L C"] | None = None,
    ) -> Float[Tensor, "B L F"]:
        """Raises ValueError for more tokens than the canvas has, and for a condition if it was built without one."""
        if x_t.shape[1] > len(self.positions):
            raise ValueError(f"x_t must have at most {len(self.positions)} tokens, the canvas, got {x_t.shape[1]}")
        if self.self_condition:
            blank = x_t.new_zeros(*x_t.shape[:2], self.width_out)
            x_t = torch.cat([x_t, blank if prev is None else prev], dim=-1)
        # the field's networks see a step number out of 1000, not a fraction
        hidden = self.into(x_t) + self.time(sinusoidal(1000 * t, self.positions.shape[-1]).to(x_t.dtype))
        hidden = hidden + self.positions[: x_t.shape[1]]
        if condition is not None:
            if self.condition is None:
                raise ValueError("condition was given to a denoiser that was built with condition=0")
            hidden = hidden + self.condition(condition)
        return self.out(self.stack(hidden))
