"""Embedding and rounding: a trainable table of vectors, and a softmax that reads words from vectors."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from textdiff_lite.shapes import Ids, Vectors

NORMS = ("none", "layer", "unit")
"""What is done to a row of the table each time it is used: nothing; mean 0 and variance 1; length sqrt(D)."""


class Embeddings(nn.Module):
    """Words to vectors, and the softmax step back: p(w | x) = softmax(x · e_w / c + b_w).

    norm "none" leaves the rows free, and c = 1. "layer" is LayerNorm over each row, without a gain (a trained gain
    would make up for any noise that is added), "unit" stretches each row to length sqrt(D); their numbers have a
    variance of 1, so c = sqrt(D), as where Difformer multiplies the table by sqrt(D) for the noise and not for the
    head. tied: the head's weights are the vectors; else the head has a table of its own, which starts as their copy.

    Raises ValueError if words or width are below 1, or for another norm.
    Source: Li et al. 2022 (2205.14217), section 4.1; the norms of Gao et al. 2022 (2212.09412) and of the code of
    Ye et al. 2023 (2302.10025).
    """

    def __init__(self, words: int, width: int, norm: str = "none", tied: bool = True) -> None:
        if min(words, width) < 1:
            raise ValueError(f"words and width must be at least 1, got {words} and {width}")
        if norm not in NORMS:
            raise ValueError(f"norm must be one of {', '.join(NORMS)}; got {norm!r}")
        super().__init__()
        self.norm = norm
        self.table = nn.Parameter(torch.randn(words, width))
        self.bias = nn.Parameter(torch.zeros(words))
        self.head = None if tied else nn.Parameter(self.vectors().detach().clone())

    @property
    def words(self) -> int:
        """V, the rows of the table."""
        return len(self.table)

    @property
    def width(self) -> int:
        """D, the numbers of a vector."""
        return self.table.shape[1]

    def vectors(self) -> Float[Tensor, "V D"]:
        """The vector of each word, as it is used: after the norm."""
        if self.norm == "layer":
            return F.layer_norm(self.table, (self.width,))
        if self.norm == "unit":
            return self.width**0.5 * F.normalize(self.table, dim=-1)
        return self.table

    def forward(self, ids: Ids) -> Vectors:
        """The vectors of ids [B, L]. Raises ValueError, on the CPU, for an id that is no row of the table."""
        if ids.device.type == "cpu" and ids.numel() and not 0 <= ids.min() <= ids.max() < self.words:
            raise ValueError(f"ids must lie in [0, {self.words}), got [{int(ids.min())}, {int(ids.max())}]")
        return F.embedding(ids, self.vectors())

    def logits(self, x: Float[Tensor, "B L E"]) -> Float[Tensor, "B L V"]:
        """Scores of all words at vectors x. Raises ValueError if they have another width."""
        if x.shape[-1] != self.width:
            raise ValueError(f"x must hold vectors of width {self.width}, got {x.shape[-1]}")
        weights = self.vectors() if self.head is None else self.head
        return F.linear(x if self.norm == "none" else x / self.width**0.5, weights, self.bias)
