"""The pre-norm transformer block that every network of the library is made of."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from textdiff_lite.networks.sizes import Size
from textdiff_lite.shapes import Vectors


@dataclass
class Cache:
    """Keys and values of the tokens seen so far, [layers, B, heads, L, width / heads]; `filled` of the L are valid.

    `Stack.step` writes into it: one cache belongs to one left-to-right pass.
    """

    keys: Tensor
    values: Tensor
    filled: int = 0


class Attention(nn.Module):
    """Multi-head self-attention over a sequence, by `scaled_dot_product_attention`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.into = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def project(self, x: Vectors) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each [B, heads, L, width / heads]."""
        q, k, v = self.into(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return q, k, v

    def forward(self, x: Vectors, causal: bool) -> Vectors:
        """Every token attends to all tokens, or to itself and those before it."""
        q, k, v = self.project(x)
        return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2))

    def step(self, x: Float[Tensor, "B 1 D"], keys: Tensor, values: Tensor, place: int) -> Float[Tensor, "B 1 D"]:
        """One new token at `place` attends to itself and to the cached ones; its key and value are stored."""
        q, k, v = self.project(x)
        keys[:, :, place], values[:, :, place] = k[:, :, 0], v[:, :, 0]
        # not is_causal: with one query that flag would let it see key 0 only
        seen = F.scaled_dot_product_attention(q, keys[:, :, : place + 1], values[:, :, : place + 1])
        return self.out(seen.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)) (Xiong et al. 2020, 2002.04745, figure 1b)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Vectors, causal: bool) -> Vectors:
        """The whole sequence at once."""
        x = x + self.dropout(self.attention(self.attention_norm(x), causal))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))

    def step(self, x: Float[Tensor, "B 1 D"], keys: Tensor, values: Tensor, place: int) -> Float[Tensor, "B 1 D"]:
        """One new token of a causal sequence, with the keys and values of those before it."""
        x = x + self.dropout(self.attention.step(self.attention_norm(x), keys, values, place))
        return x + self.dropout(self.mlp(self.mlp_norm(x)))


class Stack(nn.Module):
    """The blocks of a size and a final norm: [B, L, width] to [B, L, width]."""

    def __init__(self, size: Size, causal: bool, dropout: float = 0.0) -> None:
        """Args: dropout in [0, 1), on what each block adds to the residual stream."""
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got {dropout}")
        super().__init__()
        self.size, self.causal = size, causal
        self.blocks = nn.ModuleList(Block(size.width, size.heads, dropout) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.width)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                # GPT-2's start: what is added to the residual stream shrinks with the number of additions
                shrink = (2 * size.layers) ** -0.5 if name.endswith(("out.weight", "mlp.2.weight")) else 1.0
                nn.init.normal_(weight, std=0.02 * shrink)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, x: Vectors) -> Vectors:
        """The whole sequence at once."""
        for block in self.blocks:
            x = block(x, self.causal)
        return self.norm(x)

    def empty_cache(self, batch: int, length: int) -> Cache:
        """A cache for `batch` sequences of at most `length` tokens, of the weights' device and dtype."""
        shape = (self.size.layers, batch, self.size.heads, length, self.size.width // self.size.heads)
        weight = self.norm.weight
        return Cache(weight.new_zeros(shape), weight.new_zeros(shape))

    @torch.no_grad()
    def step(self, x: Float[Tensor, "B 1 D"], cache: Cache) -> Float[Tensor, "B 1 D"]:
        """The next token of a causal sequence; equals the last row of `forward` over all tokens so far.

        For generation: no gradient flows through a cache.

        Raises ValueError if the stack is bidirectional (then earlier tokens would change) or the cache is full.
        """
        if not self.causal:
            raise ValueError("a cache needs a causal stack: here earlier tokens attend to later ones")
        if cache.filled >= cache.keys.shape[3]:
            raise ValueError(f"the cache is full: it holds {cache.filled} tokens")
        for block, keys, values in zip(self.blocks, cache.keys, cache.values, strict=True):
            assert isinstance(block, Block)
            x = block.step(x, keys, values, cache.filled)
        cache.filled += 1
        return self.norm(x)


def count_parameters(module: nn.Module) -> int:
    """The number of numbers in a module's parameters."""
    return sum(p.numel() for p in module.parameters())


def learned_positions(length: int, width: int) -> nn.Parameter:
    """One vector for each place of the canvas, [L, width]."""
    return nn.Parameter(0.02 * torch.randn(length, width))
