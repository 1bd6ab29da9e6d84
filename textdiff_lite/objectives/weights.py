"""What an error in x_0 weighs in each target: |eps_hat - eps|^2 = eps_weight |x0_hat - x_0|^2, and so on, at one x_t.

All of them are [B or 1, L or 1] for t (and s) of that shape, in float64. Those of noise, v and score grow without end
as t goes to 0, and are inf at t = 0, where there is nothing to guess: keep given tokens out of a weighted mean.
"""

from torch import Tensor

from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import snr
from textdiff_lite.shapes import Time


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
