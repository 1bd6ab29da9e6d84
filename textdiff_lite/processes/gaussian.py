"""Gaussian diffusion on vectors."""

from dataclasses import dataclass
from typing import NamedTuple, final

import torch
from torch import Tensor

from textdiff_lite.distributions import Gaussian, safe_sqrt
from textdiff_lite.processes.process import Process, check_times
from textdiff_lite.schedules import Schedule, positions, validate, wide
from textdiff_lite.shapes import Time, Vectors


class Level(NamedTuple):
    """x_t = signal x_0 + noise eps. Both [B or 1, L or 1, 1], in float64."""

    signal: Tensor
    noise: Tensor


class Weights(NamedTuple):
    """q(x_s | x_t, x_0) has mean x0 * x_0 + x_t * x_t and variance var. All [B or 1, L or 1, 1], in float64."""

    x0: Tensor
    x_t: Tensor
    var: Tensor


@final
@dataclass(frozen=True)
class VPGaussian(Process[Gaussian]):
    """Variance-preserving Gaussian diffusion: x_t = sqrt(alpha_bar) x_0 + noise_scale sqrt(1 - alpha_bar) eps.

    alpha_bar: a schedule; noise_scale: standard deviation of the prior, above 0.
    Coefficients are computed in float64 whatever the dtype of t (1 - alpha_bar would lose its digits near t = 0) and
    cast to the dtype of the state. Raises ValueError if alpha_bar is no schedule or noise_scale is not positive.
    Source: Ho et al. 2020 (2006.11239), eqs. 4, 6, 7.
    """

    alpha_bar: Schedule
    noise_scale: float = 1.0

    def __post_init__(self) -> None:
        validate(self.alpha_bar)
        if not 0 < self.noise_scale < float("inf"):
            raise ValueError(f"noise_scale must be positive and finite, got {self.noise_scale}")

    def level(self, t: Time, length: int) -> Level:
        """How much signal and noise x_t holds, at each of `length` places."""
        a_t = self._survival(t, length)
        return Level(safe_sqrt(a_t), self.noise_scale * safe_sqrt(1 - a_t))

    def posterior_weights(self, s: Time, t: Time, length: int, eta: float = 1.0) -> Weights:
        """Coefficients of q(x_s | x_t, x_0) for any s <= t; eta = 1 is DDPM, 0 is DDIM.

        mean = sqrt(a_s) x_0 + sqrt(1 - a_s - var) eps, eps = (x_t - sqrt(a_t) x_0) / sqrt(1 - a_t),
        var = eta^2 (1 - a_t / a_s) (1 - a_s) / (1 - a_t), here for noise_scale = 1. The marginals q(x_s | x_0) are the
        same for every eta. Where a_s = a_t (s = t, or a token at t = 0) the step is the identity.

        Raises ValueError if eta is outside [0, 1], and, on the CPU, if a time is, or if s is above t.
        Source: Song et al. 2021 (2010.02502), eqs. 12 and 16.
        """
        if not 0 <= eta <= 1:
            raise ValueError(f"eta must lie in [0, 1] (1 is DDPM, 0 is DDIM), got {eta}")
        check_times(t, s)
        a_s, a_t = self._survival(s, length), self._survival(t, length)
        still = a_s == a_t
        step = torch.where(still, 1.0, a_t / torch.where(still, 1.0, a_s))
        noise_t = torch.where(still, 1.0, 1 - a_t)
        var = eta**2 * (1 - step) * (1 - a_s) / noise_t
        # 1 - a_s - var, as a sum of terms that rounding cannot make negative
        left = (1 - a_s) * ((1 - eta**2) * noise_t + eta**2 * step * (1 - a_s)) / noise_t
        x_t = torch.where(still, 1.0, safe_sqrt(left / noise_t))
        x0 = safe_sqrt(a_s) - safe_sqrt(a_t) * x_t
        return Weights(x0, x_t, self.noise_scale**2 * var)

    def corrupt(self, x0: Vectors, t: Time) -> Gaussian:
        """q(x_t | x_0) = N(sqrt(alpha_bar) x_0, noise_scale^2 (1 - alpha_bar) I)."""
        signal, noise = self.level(t, x0.shape[1])
        return _law(signal.to(x0) * x0, noise**2)

    def posterior(self, x_t: Vectors, x0: Vectors, s: Time, t: Time, eta: float = 1.0) -> Gaussian:
        """q(x_s | x_t, x_0) for any s <= t; eta as in `posterior_weights`."""
        w = self.posterior_weights(s, t, x_t.shape[1], eta)
        return _law(w.x0.to(x_t) * x0 + w.x_t.to(x_t) * x_t, w.var)

    def reverse(self, x_t: Vectors, x0_hat: Vectors, s: Time, t: Time) -> Gaussian:
        """p(x_s | x_t) = q(x_s | x_t, x_0 = x0_hat), Ho et al.'s smaller variance."""
        return self.posterior(x_t, x0_hat, s, t)

    def prior(
        self,
        shape: tuple[int, ...],
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Gaussian:
        """p(x_1) = N(0, noise_scale^2 I), shape (B, L, D)."""
        mean = torch.zeros(shape, dtype=dtype, device=device)
        return _law(mean, torch.full_like(mean[..., :1], self.noise_scale**2))

    def _survival(self, t: Time, length: int) -> Tensor:
        check_times(t)
        return self.alpha_bar(wide(t), position=positions(length, t.device))[..., None]


def _law(mean: Vectors, var: Tensor) -> Gaussian:
    return Gaussian(mean, var.to(mean).expand(*mean.shape[:-1], 1))
