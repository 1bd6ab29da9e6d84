"""What a schedule is, the check that something is one, and what one may ask of it."""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.schedules.times import grid, wide


@runtime_checkable
class Schedule(Protocol):
    """alpha_bar(t): 1 at t = 0, inside [0, 1], never increasing.

    t: times of any shape; the answer has t's dtype and device, and its shape after broadcasting with the others.
    word: token ids, where words are destroyed at different speeds; position: 0 .. L - 1, where places are.
    A schedule ignores what it does not use. Asked with t alone, one that uses them answers with a reference curve.
    """

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor: ...


def validate(alpha_bar: Schedule, word: Tensor | None = None, position: Tensor | None = None) -> None:
    """Check on 1001 times that alpha_bar is a schedule; ValueError says where it is not.

    alpha_bar(0) = 1, inside [0, 1], nowhere increasing (a flat stretch is a step that does nothing), alpha_bar(1) < 1.
    word, position: [1, L], for a schedule that looks at them.
    """
    t = torch.arange(1001, dtype=torch.float64)[:, None] / 1000
    a = alpha_bar(t, word=word, position=position)
    if a.ndim != 2 or len(a) != len(t):
        raise ValueError(f"alpha_bar must keep the shape of t, got {list(a.shape)} for t of shape {list(t.shape)}")
    # each test is written so that nan fails it
    if not (a[0] == 1).all():
        raise ValueError(f"alpha_bar(0) must be 1 (a clean token), got {_worst(a[0], a[0] != 1)}")
    outside = ~((a >= 0) & (a <= 1))
    if outside.any():
        at = float(t[outside.any(1)][0])
        raise ValueError(f"alpha_bar must stay inside [0, 1], got {_worst(a, outside)} at t = {at:g}")
    rises = (a.diff(dim=0) > 0).any(1)
    if rises.any():
        i = int(rises.nonzero()[0])
        raise ValueError(
            f"alpha_bar must not increase, but it does between t = {float(t[i]):g} and {float(t[i + 1]):g}"
        )
    if not (a[-1] < 1).all():
        raise ValueError("alpha_bar(1) must be below 1, got 1: the schedule never destroys anything")


def _worst(a: Tensor, wrong: Tensor) -> str:
    return f"{float(a[wrong][0]):g}"


def snr(a: Tensor) -> Tensor:
    """Signal-to-noise ratio a / (1 - a) of a survival a = alpha_bar(t); inf at a = 1.

    Source: Kingma et al. 2021 (2107.00630), section 3.1.
    """
    return a / (1 - a)


def betas(alpha_bar: Schedule, T: int) -> Float[Tensor, " T"]:
    """Noise rates of the T-step chain, float64: beta_i = 1 - alpha_bar(i / T) / alpha_bar((i - 1) / T).

    Raises ValueError if nothing survives before the last step: the rates after it are not defined.
    Source: Nichol & Dhariwal 2021 (2102.09672), below eq. 17 (they clip at 0.999).
    """
    t = grid(T, dtype=torch.float64).flip(0)
    a = alpha_bar(t[:, None]).squeeze(-1)
    if (a[:-1] == 0).any():
        raise ValueError(f"alpha_bar must be above 0 before t = 1, got 0 at t = {float(t[a == 0][0]):g}")
    return 1 - a[1:] / a[:-1]


def time_at(alpha_bar: Schedule, a: Tensor) -> Tensor:
    """The inverse of a schedule: the first time at which no more than a survives; a = 1 gives 0.

    Of a flat stretch it is the start, and 1 where more than a survives to the end. With a uniform on (0, 1] it is the
    time at which a token is destroyed: it is above t with probability alpha_bar(t).

    a: survivals in [0, 1], any shape; the answer has a's shape, dtype and device. alpha_bar is asked with t alone.
    Raises ValueError, on the CPU, if a number is outside.
    """
    if a.device.type == "cpu" and not ((a >= 0) & (a <= 1)).all():
        raise ValueError(f"a must lie in [0, 1], got [{float(a.min()):g}, {float(a.max()):g}]")
    target = wide(a)
    low, high = torch.zeros_like(target), torch.ones_like(target)
    # the numbers just above 0 are closer together than 2 ** -64, those just below 1 further apart
    for _ in range(64):
        middle = (low + high) / 2
        reached = alpha_bar(middle) <= target
        low, high = torch.where(reached, low, middle), torch.where(reached, middle, high)
    return torch.where(target < 1, high, 0).to(a.dtype)
