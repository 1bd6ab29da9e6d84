"""What a process answers, whatever its states are."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import torch
from torch import Tensor

from textdiff_lite.distributions import Distribution

Law = TypeVar("Law", bound=Distribution)


class Process(ABC, Generic[Law]):
    """What the objectives and the samplers know of a process. States are vectors [B, L, D] or ids [B, L]."""

    @abstractmethod
    def corrupt(self, x0: Tensor, t: Tensor) -> Distribution:
        """q(x_t | x_0)."""

    @abstractmethod
    def posterior(self, x_t: Tensor, x0: Tensor, s: Tensor, t: Tensor) -> Law:
        """q(x_s | x_t, x_0) for s <= t."""

    @abstractmethod
    def reverse(self, x_t: Tensor, x0_hat: Tensor, s: Tensor, t: Tensor) -> Law:
        """p(x_s | x_t) for s <= t; x0_hat holds vectors, or log-probabilities over words."""

    @abstractmethod
    def prior(
        self,
        shape: tuple[int, ...],
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Law:
        """p(x_1), for states of this shape."""


def check_times(t: Tensor, s: Tensor | None = None) -> None:
    """Raise ValueError for times outside [0, 1] and for s above t. On the CPU alone: a GPU would be waited for."""
    if t.device.type != "cpu":
        return
    for u in (t,) if s is None else (t, s):
        if not ((u >= 0) & (u <= 1)).all():
            raise ValueError(f"times must lie in [0, 1], got [{float(u.min()):g}, {float(u.max()):g}]")
    if s is not None and not (s <= t).all():
        raise ValueError(f"s must be at most t: a step goes from t down to s, got s - t up to {float((s - t).max()):g}")
