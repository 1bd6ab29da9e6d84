"""The autoregressive twin of the denoiser: the same blocks, causal."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from textdiff_lite.networks.blocks import Cache, Stack, learned_positions
from textdiff_lite.networks.sizes import Size
from textdiff_lite.shapes import Ids


class AutoregressiveTransformer(nn.Module):
    """p(x_i | x_<i) over V tokens for each place i of a canvas of L.

    The first prediction is made from a learned vector, so that the vocabulary needs no token for «begin». The table
    of words serves as input and, transposed, as output (Press & Wolf 2017, 1608.05859). The padding token has
    probability zero: a sentence ends by its end token, and nothing after that is asked for.
    """

    def __init__(self, vocab: int, length: int, size: Size, pad: int, dropout: float = 0.0) -> None:
        super().__init__()
        if not 0 <= pad < vocab:
            raise ValueError(f"pad must be a token id in [0, {vocab}), got {pad}")
        self.length, self.pad = length, pad
        self.table = nn.Parameter(0.02 * torch.randn(vocab, size.width))
        self.start = nn.Parameter(0.02 * torch.randn(size.width))
        self.positions = learned_positions(length, size.width)
        self.stack = Stack(size, causal=True, dropout=dropout)

    def forward(self, ids: Ids) -> Float[Tensor, "B L V"]:
        """Logits of every token given those before it; row i never sees `ids[:, i]` or what follows.

        Raises ValueError for more tokens than the canvas has; on the CPU also for ids outside the vocabulary (on a GPU
        the check would wait for it).
        """
        if ids.shape[1] > self.length:
            raise ValueError(f"ids must have at most {self.length} tokens, the canvas, got {ids.shape[1]}")
        if ids.device.type == "cpu" and ids.numel() and not 0 <= ids.min() <= ids.max() < len(self.table):
            raise ValueError(f"ids must lie in [0, {len(self.table)}), got [{int(ids.min())}, {int(ids.max())}]")
        before = torch.cat([self.start.expand(len(ids), 1, -1), F.embedding(ids[:, :-1], self.table)], dim=1)
        return self.logits(self.stack(before + self.positions[: ids.shape[1]]))

    @torch.no_grad()
    def next_logits(self, last: Int[Tensor, " B"] | None, cache: Cache) -> Float[Tensor, "B V"]:
        """Logits of the next token; `last` is the token drawn before it, None at the beginning.

        The cache (`stack.empty_cache(B, L)`) remembers the rest. Equal to the row of `forward`.
        """
        batch = cache.keys.shape[1]
        before = self.start.expand(batch, -1) if last is None else F.embedding(last, self.table)
        return self.logits(self.stack.step((before + self.positions[cache.filled])[:, None], cache))[:, 0]

    def logits(self, hidden: Float[Tensor, "B L D"]) -> Float[Tensor, "B L V"]:
        """Scores of all tokens from the top of the stack, -inf for the padding."""
        padding = torch.arange(len(self.table), device=hidden.device) == self.pad
        return (hidden @ self.table.T).masked_fill(padding, -torch.inf)
