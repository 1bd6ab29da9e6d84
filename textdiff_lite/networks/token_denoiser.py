"""The bidirectional transformer that guesses words from noisy tokens."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from textdiff_lite.networks.blocks import Stack, learned_positions
from textdiff_lite.networks.sizes import Size
from textdiff_lite.networks.time_embedding import sinusoidal
from textdiff_lite.shapes import Ids, Time


class TokenDenoiser(nn.Module):
    """Scores of the word at each place, given the noisy tokens at all places.

    A token is one of `states`: the words, with ids 0 .. words - 1, and after them what noise alone writes (a mask).
    Only a word can be the answer. The table of states serves as input; its rows of the words, transposed, and a bias
    for each word serve as output (Press & Wolf 2017, 1608.05859).

    timed=False builds a network that takes t and does not look at it. For noise that only hides words this loses
    nothing: p(x_0 | x_t) is the same at all times, since what is seen is true and what is hidden says nothing of when
    (Ou et al. 2024, 2406.03736; Zheng et al. 2024, 2409.02908). A sampler may then keep a belief until x_t changes.
    """

    def __init__(self, words: int, length: int, size: Size, states: int, timed: bool, dropout: float = 0.0) -> None:
        if min(words, length) < 1:
            raise ValueError(f"words and length must be at least 1, got {words} and {length}")
        if states < words:
            raise ValueError(f"states must be at least {words}, the number of words, got {states}")
        super().__init__()
        self.words = words
        self.table = nn.Parameter(0.02 * torch.randn(states, size.width))
        self.time = _time_mlp(size.width) if timed else None
        self.positions = learned_positions(length, size.width)
        self.stack = Stack(size, causal=False, dropout=dropout)
        self.bias = nn.Parameter(torch.zeros(words))

    def forward(self, x_t: Ids, t: Time) -> Float[Tensor, "B L words"]:
        """Logits over the words, from tokens in [0, states).

        Raises ValueError for more tokens than the canvas has; on the CPU also for ids that are no state (on a GPU the
        check would wait for it).
        """
        if x_t.shape[1] > len(self.positions):
            raise ValueError(f"x_t must have at most {len(self.positions)} tokens, the canvas, got {x_t.shape[1]}")
        if x_t.device.type == "cpu" and x_t.numel() and not 0 <= x_t.min() <= x_t.max() < len(self.table):
            raise ValueError(f"x_t must lie in [0, {len(self.table)}), got [{int(x_t.min())}, {int(x_t.max())}]")
        hidden = F.embedding(x_t, self.table) + self.positions[: x_t.shape[1]]
        if self.time is not None:
            # as the denoiser of vectors: a step number out of 1000, not a fraction
            hidden = hidden + self.time(sinusoidal(1000 * t, self.table.shape[1]).to(hidden.dtype))
        return F.linear(self.stack(hidden), self.table[: self.words], self.bias)


def _time_mlp(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
