"""Losses, one number for each token, [B, L]: nats, or squared error per coordinate. The caller averages and masks.

The variational bound of a T-step chain has three terms,

    -log p(data) <= KL(q(x_1 | x_0) || p(x_1))                                                     prior
                    + sum over i = 2 .. T of KL(q(x_s | x_t, x_0) || p(x_s | x_t)), t = i / T      diffusion
                    - log p(data | x_{1/T})                                                        last

and is written with `posterior(...).kl(reverse(...))` alone, so it serves every process. The chain ends at s = 1 / T:
at s = 0 the posterior is a point mass, and a KL between points is 0 or infinite. So the last term is an argument: a
function last(x_t, x0_hat, t) -> nats per token, called with t = 1 / T where it counts.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from textdiff_lite.distributions import Gaussian
from textdiff_lite.prediction import Denoise
from textdiff_lite.processes import Process, VPGaussian
from textdiff_lite.schedules import grid, on_grid, previous, snr
from textdiff_lite.shapes import Ids, PerToken, Time, Vectors

Last = Callable[[Tensor, Tensor, Tensor], Tensor]
"""last(x_t, x0_hat, t): -log p(data | x_t) at the end of the chain, nats per token, [B, L]."""


def squared_error(guess: Vectors, target: Vectors) -> PerToken:
    """Mean over coordinates of (guess - target)^2: the error in x_0, in the noise or in v."""
    return (guess - target).square().mean(-1)


def cross_entropy(logits: Float[Tensor, "B L V"], x0: Ids) -> PerToken:
    """-log p(x_0), nats, from logits or from log-probabilities (which are logits too); inf for an impossible word."""
    # gather knows no id that is left out, unlike F.cross_entropy with its -100
    return -logits.log_softmax(-1).gather(-1, x0[..., None]).squeeze(-1)


# What an error in x_0 weighs in each target: |eps_hat - eps|^2 = eps_weight |x0_hat - x_0|^2, and so on, at one x_t.
# All of them are [B or 1, L or 1] for t (and s) of that shape, in float64. Those of noise, v and score grow without end
# as t goes to 0, and are inf at t = 0, where there is nothing to guess: keep given tokens out of a weighted mean.


def eps_weight(process: VPGaussian, t: Time, length: int) -> Tensor:
    """For the noise, signal^2 / noise^2: the signal-to-noise ratio (over noise_scale^2)."""
    signal, noise = process.level(t, length)
    return (signal / noise).square().squeeze(-1)


def v_weight(process: VPGaussian, t: Time, length: int) -> Tensor:
    """For v, 1 / (1 - alpha_bar) = 1 + SNR(t). Source: Salimans & Ho 2022 (2202.00512), section 4."""
    return (process.noise_scale / process.level(t, length).noise).square().squeeze(-1)


def score_weight(process: VPGaussian, t: Time, length: int) -> Tensor:
    """For the score, signal^2 / noise^4."""
    signal, noise = process.level(t, length)
    return (signal / noise**2).square().squeeze(-1)


def mean_weight(process: VPGaussian, s: Time, t: Time, length: int) -> Tensor:
    """For the posterior mean, the square of x_0's weight in it."""
    return process.posterior_weights(s, t, length).x0.square().squeeze(-1)


def bound_weight(process: VPGaussian, s: Time, t: Time, length: int) -> Tensor:
    """For the bound, 1/2 (SNR(s) - SNR(t)) / noise_scale^2.

    Times |x0_hat - x_0|^2, summed (not averaged) over coordinates, it is the KL of the step from t to s.
    Source: Kingma et al. 2021 (2107.00630), section 4.
    """
    a_s, a_t = (process.level(u, length).signal.square().squeeze(-1) for u in (s, t))
    return (snr(a_s) - snr(a_t)) / (2 * process.noise_scale**2)


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
    # float64 for states in float64, else float32: a half-precision number cannot tell the steps of a chain apart
    return torch.promote_types(x0.dtype, torch.float32)


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
