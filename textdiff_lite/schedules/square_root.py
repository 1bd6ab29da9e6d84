"""The schedule made for words: a word's vector is recognised under little noise, so noise comes fast at the start."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from textdiff_lite.schedules.tables import FromBetas
from textdiff_lite.schedules.times import at_least_one


@dataclass(frozen=True)
class Sqrt:
    """alpha_bar(t) = max(0, 1 - sqrt(t + s)) for t above 0, and 1 at t = 0: a clean word is clean by definition.

    The formula alone gives 1 - sqrt(s) at t = 0, so the noise leaps to a variance of sqrt(s) where time begins, and
    -s / 2 at t = 1, which is clipped: nothing survives from t = 1 - s on.

    s: 0 to 1e-4, the paper's; a larger one would leave more than 5e-5 to clip. Raises ValueError outside.
    Source: Li et al. 2022 (2205.14217), their sqrt schedule.
    """

    s: float = 1e-4

    def __post_init__(self) -> None:
        _check(self.s)

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
        """alpha_bar(t), in t's shape, dtype and device."""
        del word, position
        return torch.where(t > 0, 1 - (t + self.s).sqrt(), 1).clamp(min=0)


def sqrt_released(T: int = 2000, s: float = 1e-4) -> FromBetas:
    """The sqrt schedule as released code builds it: beta_i = min(1 - f(i / T) / f((i - 1) / T), 0.999), f as below.

    f(u) = 1 - sqrt(u + s). The product telescopes to alpha_bar(i / T) = f(i / T) / f(0), which is `Sqrt` divided by
    1 - sqrt(s), up to the last step: f(1) is not above 0, so its beta is clipped and 0.001 of the step before is left.

    T: steps, fewer than 1 / s, or f would be used up before the last one. s: 0 to 1e-4. Raises ValueError outside.
    Source: the code of Li et al. 2022 (2205.14217), which Difformer, SeqDiffuSeq and GENIE share.
    """
    _check(s)
    at_least_one("T", T)
    if T * s >= 1:
        raise ValueError(f"T must be below 1 / s = {1 / s:g}, or nothing is left before the last step, got {T}")

    def f(u: float) -> float:
        return 1 - math.sqrt(u + s)

    return FromBetas(tuple(min(1 - f(i / T) / f((i - 1) / T), 0.999) for i in range(1, T + 1)))


def _check(s: float) -> None:
    if not 0 <= s <= 1e-4:
        raise ValueError(f"s must lie in [0, 1e-4], so that at most 5e-5 is clipped at t = 1, got {s}")


sqrt = Sqrt()
"""Diffusion-LM's schedule as printed, s = 1e-4."""
