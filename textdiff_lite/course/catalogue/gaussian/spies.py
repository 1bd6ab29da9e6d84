"""Networks that remember what they were shown."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Estimate


class Spy:
    """net(x_t, t) -> x0_hat, from a formula; `calls` holds what it was shown, one (x_t, t) each.

    Raises ValueError, as a network would, for states that are not [B, L, D] and times that are not [B, 1].
    """

    def __init__(self, answer: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.answer = answer
        self.calls: list[tuple[Tensor, Tensor]] = []

    def __call__(self, x_t: Any, t: Any, prev: Tensor | None = None) -> Tensor:
        """The answer, from t of shape [B, 1] (or [1, 1], for all rows)."""
        del prev
        if not isinstance(x_t, Tensor) or x_t.ndim != 3:
            raise ValueError(f"the network takes states [B, L, D], and was given {_shape(x_t)}")
        if not isinstance(t, Tensor) or t.shape not in ((len(x_t), 1), (1, 1)):
            raise ValueError(f"the network takes times [B, 1], here [{len(x_t)}, 1], and was given {_shape(t)}")
        self.calls.append((x_t.detach().double().clone(), t.detach().double().expand(len(x_t), 1).clone()))
        return self.answer(x_t, t)


def mean(x: Tensor, dim: int | None = None) -> Estimate:
    """The mean of independent numbers, with its standard error."""
    n = x.numel() if dim is None else x.shape[dim]
    spread = x.std() if dim is None else x.std(dim)
    return Estimate(x.mean() if dim is None else x.mean(dim), spread / n**0.5)


def variance(x: Tensor) -> Estimate:
    """The variance of independent numbers, with its standard error."""
    return mean((x - x.mean()).square().flatten())


def together(x: Tensor, of: str) -> dict[str, Estimate]:
    """How much two numbers of a row of x [B, L, D] go together over the rows: of two places, of two coordinates.

    Each kind of pair by itself, since one noise for all places leaves the coordinates independent, and the reverse.
    """
    first = x[:, 0, 0]
    others = {
        f"how two places of {of} go together": x[:, -1, 0] if x.shape[1] > 1 else None,
        f"how two coordinates of {of} go together": x[:, 0, -1] if x.shape[2] > 1 else None,
        f"how two places of {of} go together, at two coordinates": x[:, -1, -1] if min(x.shape[1:]) > 1 else None,
    }
    return {says: covariance(first, other) for says, other in others.items() if other is not None}


def covariance(x: Tensor, y: Tensor) -> Estimate:
    """The covariance of two columns of independent numbers, with its standard error."""
    return mean((x - x.mean()) * (y - y.mean()))


def exactly(value: float | Tensor) -> Tensor:
    """A figure that is known without sampling, float64."""
    return torch.as_tensor(value, dtype=torch.float64)


def _shape(value: object) -> str:
    return f"shape {list(value.shape)}" if isinstance(value, Tensor) else f"a value of type {type(value).__name__}"
