"""Reverse-time sampling: one loop over times, and the reverse law is an argument.

process.reverse                               ancestral: DDPM
ddim(process, eta)                            DDIM, and everything between it and DDPM
lambda x_t, x0_hat, s, t: process.corrupt(x0_hat, s)   noise the belief again
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from textdiff_lite.distributions import Distribution, Gaussian
from textdiff_lite.prediction import Denoise
from textdiff_lite.processes import VPGaussian

Reverse = Callable[[Tensor, Tensor, Tensor, Tensor], Distribution]
"""reverse(x_t, x0_hat, s, t): the law of x_s."""


class Step(NamedTuple):
    """What one step leaves: the time now reached, the state there, and the belief that led to it."""

    t: Tensor
    x: Tensor
    x0_hat: Tensor


def ddim(process: VPGaussian, eta: float = 0.0) -> Callable[[Tensor, Tensor, Tensor, Tensor], Gaussian]:
    """The reverse law of DDIM: eta = 0 is deterministic, eta = 1 is `process.reverse`.

    Source: Song et al. 2021 (2010.02502), eq. 12.
    """
    return partial(process.posterior, eta=eta)


def sample(
    reverse: Reverse,
    denoise: Denoise,
    x: Tensor,
    times: Float[Tensor, " points"] | Float[Tensor, "points L"],
    active: Bool[Tensor, "#B #L"] | None = None,
    *,
    generator: torch.Generator,
) -> Iterator[Step]:
    """Walk from times[0], where x lives, down to times[-1], and yield every step. No gradients.

    x: vectors [B, L, D] or ids [B, L]. times: [N + 1], or [N + 1, L] with one clock for each token; inside [0, 1],
    never rising (a repeated time is a step that does nothing). active: False clamps a token to its value in x: the
    denoiser sees it at t = 0, and no reverse law can move it. `denoise` gets t as [B, 1], or [B, L] where tokens
    differ, and its own last answer as prev.

    Raises ValueError, before the first step, if times are not such a walk.
    """
    _check_times(times, x.shape[1])
    clock = times.to(x.device).reshape(len(times), 1, -1)
    tokens = torch.ones(x.shape[0], 1, dtype=torch.bool, device=x.device) if active is None else active
    return _walk(reverse, denoise, x, clock * tokens, tokens, generator)


def _walk(
    reverse: Reverse, denoise: Denoise, x: Tensor, clock: Tensor, active: Tensor, generator: torch.Generator
) -> Iterator[Step]:
    keep = ~active if x.ndim == 2 else ~active[..., None]
    x0_hat = None
    for t, s in pairwise(clock):
        # not round the yield: what the caller does between two steps keeps its gradients
        with torch.no_grad():
            x0_hat = denoise(x, t, prev=x0_hat)
            x = torch.where(keep, x, reverse(x, x0_hat, s, t).sample(generator))
        yield Step(s, x, x0_hat)


def last(steps: Iterator[Step]) -> Tensor:
    """The state after the last step."""
    *_, step = steps
    return step.x


def _check_times(times: Tensor, length: int) -> None:
    if times.ndim == 2 and times.shape[1] != length:
        raise ValueError(f"times must have one clock for each of the {length} tokens, got {times.shape[1]}")
    if len(times) < 2:
        raise ValueError(f"times must hold a start and an end at least, got {len(times)}")
    outside = ~((times >= 0) & (times <= 1))
    if outside.any():
        raise ValueError(f"times must lie in [0, 1], got {float(times[outside][0]):g}")
    rises = times.diff(dim=0) > 0
    if rises.any():
        at = int(rises.nonzero()[0, 0])
        raise ValueError(f"times must never rise, but they do from step {at} to step {at + 1}")
