"""What a network may predict, turned into one belief: noise, velocity, score or posterior mean to x0_hat.

With x_t = signal x_0 + noise eps (`VPGaussian.level`), c = noise_scale and sigma = noise / c = sqrt(1 - alpha_bar):

    eps     the noise
    v       signal c eps - sigma x_0
    score   gradient of log q(x_t | x_0) in x_t, -eps / noise
    mean    mean of q(x_s | x_t, x_0), one step of the T-step chain

Each pair of functions is a change of variables at a known x_t; each wrapper makes a `Denoise` of a network. Where the
division has nothing to divide by, the answer is defined and finite:

* nothing survives (alpha_bar = 0): eps and score say nothing of x_0, and x0_hat is 0, the mean of the prior;
* nothing is destroyed (alpha_bar = 1): x0_hat is x_t, and eps, v and score are 0.
"""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import previous
from textdiff_lite.shapes import Time, Vectors


@runtime_checkable
class Denoise(Protocol):
    """denoise(x_t, t, prev=None) -> x0_hat: vectors [B, L, D], or log-probabilities over words [B, L, V].

    prev is the x0_hat of the step before, for self-conditioning. A condition is something the function closed over.
    """

    def __call__(self, x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor: ...


def x0_from_eps(process: VPGaussian, x_t: Vectors, eps: Vectors, t: Time) -> Vectors:
    """The belief x_0 = (x_t - noise eps) / signal. Source: Ho et al. 2020 (2006.11239), eq. 15."""
    signal, noise = process.level(t, x_t.shape[1])
    return _over(x_t - noise.to(x_t) * eps, signal)


def eps_from_x0(process: VPGaussian, x_t: Vectors, x0: Vectors, t: Time) -> Vectors:
    """The noise, eps = (x_t - signal x_0) / noise."""
    signal, noise = process.level(t, x_t.shape[1])
    return _over(x_t - signal.to(x_t) * x0, noise)


def x0_from_v(process: VPGaussian, x_t: Vectors, v: Vectors, t: Time) -> Vectors:
    """The belief x_0 = signal x_t - sigma v: never a division. Source: Salimans & Ho 2022 (2202.00512), appendix D."""
    signal, noise = process.level(t, x_t.shape[1])
    return signal.to(x_t) * x_t - (noise / process.noise_scale).to(x_t) * v


def v_from_x0(process: VPGaussian, x_t: Vectors, x0: Vectors, t: Time) -> Vectors:
    """The velocity, v = signal c eps - sigma x_0 = (signal x_t - x_0) / sigma."""
    signal, noise = process.level(t, x_t.shape[1])
    return _over(signal.to(x_t) * x_t - x0, noise / process.noise_scale)


def x0_from_score(process: VPGaussian, x_t: Vectors, score: Vectors, t: Time) -> Vectors:
    """The belief x_0 = (x_t + noise^2 score) / signal (Tweedie's formula)."""
    signal, noise = process.level(t, x_t.shape[1])
    return _over(x_t + (noise**2).to(x_t) * score, signal)


def score_from_x0(process: VPGaussian, x_t: Vectors, x0: Vectors, t: Time) -> Vectors:
    """The score, (signal x_0 - x_t) / noise^2."""
    signal, noise = process.level(t, x_t.shape[1])
    return _over(signal.to(x_t) * x0 - x_t, noise**2)


def x0_from_mean(process: VPGaussian, x_t: Vectors, mean: Vectors, s: Time, t: Time) -> Vectors:
    """The belief x_0 from the posterior mean of x_s; x_t where a step from t to s is the identity.

    The way back is `process.posterior(x_t, x0, s, t).mean`. Source: Ho et al. 2020 (2006.11239), eq. 7.
    """
    w = process.posterior_weights(s, t, x_t.shape[1])
    return torch.where(w.x0 == 0, x_t, _over(mean - w.x_t.to(x_t) * x_t, w.x0))


def from_eps(network: Denoise, process: VPGaussian) -> Denoise:
    """A denoiser of a network that predicts the noise."""

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        return x0_from_eps(process, x_t, network(x_t, t, prev=prev), t)

    return denoise


def from_v(network: Denoise, process: VPGaussian) -> Denoise:
    """A denoiser of a network that predicts the velocity v."""

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        return x0_from_v(process, x_t, network(x_t, t, prev=prev), t)

    return denoise


def from_score(network: Denoise, process: VPGaussian) -> Denoise:
    """A denoiser of a network that predicts the score."""

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        return x0_from_score(process, x_t, network(x_t, t, prev=prev), t)

    return denoise


def from_mean(network: Denoise, process: VPGaussian, steps: int) -> Denoise:
    """A denoiser of a network that predicts the mean of q(x_s | x_t, x_0), s = t - 1 / steps, for t on that grid."""

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        return x0_from_mean(process, x_t, network(x_t, t, prev=prev), previous(t, steps), t)

    return denoise


def from_logits(network: Denoise, vectors: Float[Tensor, "V D"]) -> Denoise:
    """A denoiser of a network that scores words: the mean of the words' vectors under its softmax.

    So a network can be trained by cross-entropy alone, and its belief never leaves the hull of the vectors.
    Source: «score interpolation», Dieleman et al. 2022 (2211.15089).
    """

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        return network(x_t, t, prev=prev).softmax(-1) @ vectors

    return denoise


def _over(numerator: Tensor, denominator: Tensor) -> Tensor:
    """The quotient, 0 where the denominator is 0."""
    inverse = torch.where(denominator == 0, 0.0, 1 / torch.where(denominator == 0, 1.0, denominator))
    return numerator * inverse.to(numerator)
