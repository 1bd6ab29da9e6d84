"""The variational bound of a T-step chain, for every process. It has three terms,

    -log p(data) <= KL(q(x_1 | x_0) || p(x_1))                                                     prior
                    + sum over i = 2 .. T of KL(q(x_s | x_t, x_0) || p(x_s | x_t)), t = i / T      diffusion
                    - log p(data | x_{1/T})                                                        last

and is written with `posterior(...).kl(reverse(...))` alone. The chain ends at s = 1 / T: at s = 0 the posterior is a
point mass, and a KL between points is 0 or infinite. So the last term is an argument: a function
last(x_t, x0_hat, t) -> nats per token, called with t = 1 / T where it counts.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from textdiff_lite.distributions import Gaussian
from textdiff_lite.objectives.errors import cross_entropy
from textdiff_lite.prediction import Denoise
from textdiff_lite.processes import Process
from textdiff_lite.schedules import grid, on_grid, previous, wide
from textdiff_lite.shapes import Ids, Time, Vectors

Last = Callable[[Tensor, Tensor, Tensor], Tensor]
"""last(x_t, x0_hat, t): -log p(data | x_t) at the end of the chain, nats per token, [B, L]."""


class Bound(NamedTuple):
    """The terms of the variational bound, nats per token, each [B, L]."""

    prior: Tensor
    diffusion: Tensor
    last: Tensor

    @property
    def total(self) -> Tensor:
        """Their sum prior + diffusion + last: an upper bound of -log p(data), or a one-time estimate of it."""
        return self.prior + self.diffusion + self.last


def bound(
    process: Process,
    denoise: Denoise,
    x0: Tensor,
    steps: int,
    last: Last,
    generator: torch.Generator,
    active: Bool[Tensor, "#B #L"] | None = None,
) -> Bound:
    """The bound of the whole T-step chain: every step, with one noise draw each. It calls `denoise` T times.

    x0: vectors or ids. active: False marks a given token: clean at every step (t = 0), it costs nothing.
    Source: Ho et al. 2020 (2006.11239), eq. 5.
    """
    t = grid(steps, dtype=_time_dtype(x0), device=x0.device)[:-1]
    tokens = torch.ones(x0.shape[0], 1, dtype=torch.bool, device=x0.device) if active is None else active
    sums = [torch.zeros(x0.shape[:2], device=x0.device)] * 3
    for u in t:
        estimate = bound_estimate(process, denoise, x0, u * tokens, steps, last, generator)
        sums = [so_far + term for so_far, term in zip(sums, estimate, strict=True)]
    return Bound(*(term / steps for term in sums))


def bound_estimate(
    process: Process, denoise: Denoise, x0: Tensor, t: Time, steps: int, last: Last, generator: torch.Generator
) -> Bound:
    """The bound of the T-step chain estimated at one time: its mean over t uniform in (0, 1] is the bound.

    t is rounded up to the grid {1/T, ..., 1}; a token at t = 0 is given and costs nothing. It calls `denoise` once.
    """
    t = on_grid(t, steps)
    x_t = process.corrupt(x0, t).sample(generator)
    return bound_at(process, x0, x_t, denoise(x_t, t), t, steps, last)


def bound_in_calls(
    process: Process, denoise: Denoise, x0: Tensor, steps: int, last: Last, calls: int, generator: torch.Generator
) -> Bound:
    """The bound of the T-step chain, estimated in `calls` network calls: its mean over the draws is the bound.

    One call is spent on the last step, which is rare among T and weighs much; the others on stratified times of the
    T - 1 steps before it. Raises ValueError if there are fewer than 2 calls or steps.
    """
    if min(calls, steps) < 2:
        raise ValueError(f"calls and steps must be at least 2, got {calls} and {steps}")
    B = x0.shape[0]
    first = torch.full((B, 1), 1 / steps, dtype=_time_dtype(x0), device=x0.device)
    x_t = process.corrupt(x0, first).sample(generator)
    end = bound_at(process, x0, x_t, denoise(x_t, first), first, steps, last)
    diffusion = torch.zeros_like(end.diffusion)
    for n in range(calls - 1):
        u = torch.rand(B, 1, generator=generator, dtype=torch.float64, device=x0.device)
        # uniform on the grid 2/T .. 1
        step = 2 + ((n + u) / (calls - 1) * (steps - 1)).floor().clamp(max=steps - 2)
        t = (step / steps).to(first.dtype)
        x_t = process.corrupt(x0, t).sample(generator)
        diffusion = diffusion + bound_at(process, x0, x_t, denoise(x_t, t), t, steps, last).diffusion
    share = (steps - 1) / steps / (calls - 1)
    return Bound(end.prior, share * diffusion, end.last / steps)


def bound_at(process: Process, x0: Tensor, x_t: Tensor, x0_hat: Tensor, t: Time, steps: int, last: Last) -> Bound:
    """The estimate of `bound_estimate` from a state and a belief that are already there; t on the T-grid."""
    s = previous(t, steps)
    first = (t > 0) & (s == 0)
    # the first step is the last term's; a step from t to t costs nothing
    s = torch.where(first, t, s)
    step = process.posterior(x_t, x0, s, t).kl(process.reverse(x_t, x0_hat, s, t))
    return Bound(
        prior=torch.where(t > 0, _prior(process, x0), 0.0),
        diffusion=steps * step,
        last=torch.where(first, steps * last(x_t, x0_hat, t), 0.0),
    )


def _prior(process: Process, x0: Tensor) -> Tensor:
    end = torch.ones(1, 1, dtype=_time_dtype(x0), device=x0.device)
    return process.corrupt(x0, end).kl(process.prior(tuple(x0.shape), dtype=_time_dtype(x0), device=x0.device))


def _time_dtype(x0: Tensor) -> torch.dtype:
    # of ids float64: a process on tokens computes in it. Of vectors their own, but a half-precision number cannot tell
    # the steps of a chain apart
    return torch.promote_types(x0.dtype, torch.float32) if x0.is_floating_point() else wide(x0).dtype


def gaussian_decoder(x0: Vectors, var: float) -> Last:
    """Last term for points: -log N(x_0; x0_hat, var I). Nats of a *density*: they depend on var, so state it.

    Raises ValueError if var is not positive.
    """
    if not var > 0:
        raise ValueError(f"var must be positive, got {var}")

    def last(x_t: Tensor, x0_hat: Tensor, t: Tensor) -> Tensor:
        del x_t, t
        return -Gaussian(x0_hat, torch.full_like(x0_hat[..., :1], var)).log_prob(x0)

    return last


def word_decoder(logits: Callable[[Tensor], Tensor], words: Ids) -> Last:
    """Last term for words: -log p(w | x0_hat), where logits(x0_hat) is [B, L, V]."""

    def last(x_t: Tensor, x0_hat: Tensor, t: Tensor) -> Tensor:
        del x_t, t
        return cross_entropy(logits(x0_hat), words)

    return last


def chain_decoder(process: Process, x0: Tensor) -> Last:
    """Last term of a chain whose own last step is a law with probabilities (tokens): -log p(x_0 | x_t)."""

    def last(x_t: Tensor, x0_hat: Tensor, t: Tensor) -> Tensor:
        return -process.reverse(x_t, x0_hat, torch.zeros_like(t), t).log_prob(x0)

    return last
