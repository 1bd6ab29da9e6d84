"""Small chains on words, with which the exercises of this lesson are asked, and all walks through them."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def matrix(*rows: tuple[float, ...]) -> Tensor:
    """A matrix [K, K], float64, row = from."""
    return torch.tensor(rows, dtype=torch.float64)


def drawn(generator: torch.Generator, *shape: int) -> Tensor:
    """Laws over the last axis, each entry positive; matrices that are neither symmetric nor commute."""
    weights = 0.05 + torch.rand(shape, generator=generator, dtype=torch.float64) ** 2
    return weights / weights.sum(-1, keepdim=True)


def absorbing(beta: float, K: int) -> Tensor:
    """The last of K states is the mask; a word turns into it with probability beta."""
    Q = (1 - beta) * torch.eye(K, dtype=torch.float64)
    Q[:, -1] += beta
    return Q


def uniform(beta: float, K: int) -> Tensor:
    """With probability beta the word is drawn anew from all K."""
    return (1 - beta) * torch.eye(K, dtype=torch.float64) + beta / K


def one_way(beta: float, K: int) -> Tensor:
    """A word turns into its successor with probability beta, and the last stays: there is no way back."""
    Q = (1 - beta) * torch.eye(K, dtype=torch.float64)
    Q[range(K - 1), range(1, K)] = beta
    Q[-1, -1] = 1.0
    return Q


def walks(Qs: Tensor, x0: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """All walks (x_0, x_1, ..., x_T) through the chain Qs [T, K, K] from x_0, each with its probability."""
    tables = Qs.tolist()
    for tail in product(range(Qs.shape[-1]), repeat=len(tables)):
        walk = (x0, *tail)
        probability = 1.0
        for Q, a, b in zip(tables, walk, tail, strict=False):
            probability *= Q[a][b]
        yield walk, probability


class _Sizes(TorchDispatchMode):
    """Sees every tensor that is made; `largest` is the most numbers that one of them keeps in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        del types
        made = func(*args, **(kwargs or {}))
        for part in tree_leaves(made):
            if isinstance(part, Tensor):
                self.largest = max(self.largest, part.untyped_storage().nbytes() // part.element_size())
        return made


def largest_tensor(run: Callable[[], object]) -> int:
    """How many numbers the largest tensor keeps that PyTorch makes while `run` runs; of an expanded one, its source."""
    with _Sizes() as sizes:
        run()
    return sizes.largest


def shown(law: Tensor) -> str:
    """A law in few digits, as [0.45, 0.55]."""
    return f"[{', '.join(f'{x:.3g}' for x in law.tolist())}]"
