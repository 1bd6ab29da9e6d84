"""How fast information is destroyed: the survival alpha_bar(t), time grids and draws of time.

Time t is real in [0, 1]: 0 is clean, 1 is noise, and step i of T is i / T. `alpha_bar(t)` is the share of signal
that survives to t: signal *variance* for vectors, keep *probability* for tokens. A schedule is a function, so the
tables of a paper are its values on a grid. Index arithmetic lives in this file and nowhere else.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.shapes import Time


@runtime_checkable
class Schedule(Protocol):
    """alpha_bar(t): 1 at t = 0, inside [0, 1], never increasing.

    t: times of any shape; the answer has t's dtype and device, and its shape after broadcasting with the others.
    word: token ids, where words are destroyed at different speeds; position: 0 .. L - 1, where places are.
    A schedule ignores what it does not use. Asked with t alone, one that uses them answers with a reference curve.
    """

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor: ...


def cosine(t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
    """alpha_bar(t) = f(t) / f(0), f(t) = cos((t + s) / (1 + s) * pi / 2) ** 2, s = 0.008; exactly 0 at t = 1.

    The released code of the paper builds betas from it and clips them at 0.999; nothing is clipped here.
    Source: Nichol & Dhariwal 2021 (2102.09672), eq. 17.
    """
    del word, position
    s = 0.008
    # cos((t + s) / (1 + s) pi / 2) = sin((1 - t) / (1 + s) pi / 2): without rounding, 0 at t = 1
    quarter = math.pi / 2 / (1 + s)
    return (torch.sin((1 - t) * quarter) / torch.sin(torch.ones_like(t) * quarter)) ** 2


@dataclass(frozen=True)
class FromBetas:
    """The schedule of a table of noise rates: alpha_bar(i / T) = (1 - beta_1) ... (1 - beta_i), exact on its grid.

    Between grid points log alpha_bar is interpolated, so the rate of noise is constant within a step.

    betas: T numbers in [0, 1). Raises ValueError if there are none or one is outside.
    Source: Ho et al. 2020 (2006.11239), section 2.
    """

    betas: tuple[float, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.betas:
            raise ValueError("betas must hold at least one number, got none")
        for step, beta in enumerate(self.betas, start=1):
            if not 0 <= beta < 1:
                raise ValueError(f"betas must lie in [0, 1), got {beta} at step {step} of {len(self.betas)}")

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
        """alpha_bar(t), in t's shape, dtype and device."""
        del word, position
        log_alpha_bar = _log_alpha_bar(self.betas, t.dtype, t.device)
        u = t * len(self.betas)
        i = u.floor().clamp(0, len(self.betas) - 1).long()
        return torch.lerp(log_alpha_bar[i], log_alpha_bar[i + 1], u - i).exp()


@lru_cache(maxsize=64)
def _log_alpha_bar(betas: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    logs = torch.log1p(-torch.tensor(betas, dtype=torch.float64)).cumsum(0)
    return torch.nn.functional.pad(logs, (1, 0)).to(dtype=dtype, device=device)


def linear_betas(T: int = 1000) -> tuple[float, ...]:
    """T rates on an even grid from 1e-4 to 0.02, times 1000 / T so that every T destroys about as much.

    Raises ValueError if T is so small that a rate would reach 1 (T <= 20).
    Source: Ho et al. 2020 (2006.11239), section 4, for T = 1000; the factor is that of Nichol & Dhariwal's code.
    """
    if T <= 20:
        raise ValueError(f"T must be above 20 for linear betas (the last one is 20 / T and must be below 1), got {T}")
    rates = torch.linspace(1e-4, 0.02, T, dtype=torch.float64) * (1000 / T)
    return tuple(rates.tolist())


linear = FromBetas(linear_betas())
"""DDPM's schedule: linear in *beta*, 1e-4 to 0.02 over T = 1000 (alpha_bar = 1 - t is another schedule)."""


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


def grid(
    steps: int, of: int | None = None, *, dtype: torch.dtype | None = None, device: torch.device | str | None = None
) -> Float[Tensor, " points"]:
    """Times [steps + 1] from 1 down to 0, each an exact fraction k / steps; `of=T` takes them from {0, 1/T, ..., 1}.

    Raises ValueError if steps is below 1, or above `of`.
    """
    _at_least_one("steps", steps)
    if of is not None and steps > of:
        raise ValueError(f"steps must be at most the {of} steps of the chain, got {steps}")
    T = steps if of is None else of
    # Nichol & Dhariwal's respacing keeps steps 1 and T and spreads the rest; ours divides [0, 1] evenly and rounds down
    i = torch.arange(steps, -1, -1, device=device) * T // steps
    return i.to(dtype or torch.get_default_dtype()) / T


def uniform_times(n: int, generator: torch.Generator, dtype: torch.dtype | None = None) -> Float[Tensor, "n 1"]:
    """One time for each of n sequences, independent and uniform on (0, 1]: [n, 1], on the generator's device."""
    _at_least_one("n", n)
    u = torch.rand(n, 1, generator=generator, dtype=torch.float64, device=generator.device)
    return (1 - u).to(dtype or torch.get_default_dtype())


def stratified_times(n: int, generator: torch.Generator, dtype: torch.dtype | None = None) -> Float[Tensor, "n 1"]:
    """One time for each of n sequences, one in each n-th of (0, 1]: [n, 1], on the generator's device.

    An even grid with one random offset, turned round the circle, so that each time is uniform by itself and the mean
    over the batch varies less. Source: the low-discrepancy sampler of Kingma et al. 2021 (2107.00630).
    """
    _at_least_one("n", n)
    u = torch.rand(1, 1, generator=generator, dtype=torch.float64, device=generator.device)
    k = torch.arange(n, dtype=torch.float64, device=generator.device)[:, None]
    return (1 - (u + k / n) % 1).to(dtype or torch.get_default_dtype())


def on_grid(t: Time, steps: int) -> Time:
    """Round t up to {1/T, ..., 1}; a time already on the grid stays, and so does 0 (a token that is not touched)."""
    _at_least_one("steps", steps)
    # i / T in floating point times T can come out just above i
    slack = steps * torch.finfo(t.dtype).eps
    i = (wide(t) * steps - slack).ceil().clamp(min=1)
    return torch.where(t > 0, i / steps, 0).to(t.dtype)


def previous(t: Time, steps: int) -> Time:
    """The grid time one step before t, for t on the T-grid; 0 stays 0."""
    i = (wide(t) * steps).round() - 1
    return (i.clamp(min=0) / steps).to(t.dtype)


def wide(x: Tensor) -> Tensor:
    """The same numbers in the widest float type of their device: float64 (float32 on MPS, which has no other)."""
    return x.to(torch.float32 if x.device.type == "mps" else torch.float64)


def positions(length: int, device: torch.device | str | None = None) -> Int[Tensor, "1 L"]:
    """Places 0 .. L - 1 of a canvas, [1, L]: what a process tells its schedule."""
    return torch.arange(length, device=device)[None]


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
