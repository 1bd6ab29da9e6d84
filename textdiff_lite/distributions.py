"""The laws of the library, right at the edges: a variance of 0 is a point, a log-probability of -inf is impossible.

An event is one token: `sample` gives a state for each token, `log_prob` and `kl` give nats per token, [B, L].
`torch.distributions` is wrong at these edges (a Normal of scale 0 is refused, a Categorical clamps zero
probabilities); away from them the tests hold the two against each other.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.schedules import wide
from textdiff_lite.shapes import Ids, LogProbs, PerToken, Vectors


def safe_log(p: Tensor) -> Tensor:
    """The logarithm, with log 0 = -inf and gradient 0 there (plain log gives nan under a mask: 0 times inf)."""
    return torch.where(p > 0, torch.where(p > 0, p, 1.0).log(), -torch.inf)


def safe_sqrt(x: Tensor) -> Tensor:
    """The square root, with gradient 0 at 0 (plain sqrt gives inf)."""
    return torch.where(x > 0, torch.where(x > 0, x, 1.0).sqrt(), 0.0)


class Distribution(ABC):
    """A law for each token of a batch."""

    @abstractmethod
    def draw(self, generator: torch.Generator) -> Tensor:
        """The standard random numbers that `at` turns into a sample; drawn on the generator's device."""

    @abstractmethod
    def at(self, draw: Tensor) -> Tensor:
        """The sample that belongs to these random numbers: all randomness is in the argument."""

    @abstractmethod
    def log_prob(self, x: Tensor) -> Tensor:
        """Log-probability (or log-density) of x, nats per token."""

    @abstractmethod
    def kl(self, other: Any) -> Tensor:
        """KL(self || other), nats per token."""

    @final
    def sample(self, generator: torch.Generator) -> Tensor:
        """A state for each token. A generator of another device is fine: the numbers are drawn there and moved."""
        return self.at(self.draw(generator))


@final
@dataclass(frozen=True)
class Gaussian(Distribution):
    """N(mean, var I) for each token. mean [B, L, D]; var [B, L, 1] >= 0, where 0 is a point mass."""

    mean: Vectors
    var: Float[Tensor, "B L 1"]

    def draw(self, generator: torch.Generator) -> Vectors:
        """Standard normal numbers, [B, L, D]."""
        noise = torch.randn(self.mean.shape, generator=generator, dtype=self.mean.dtype, device=generator.device)
        return noise.to(self.mean.device)

    def at(self, draw: Vectors) -> Vectors:
        """The sample mean + sqrt(var) draw."""
        return self.mean + safe_sqrt(self.var) * draw

    def log_prob(self, x: Vectors) -> PerToken:
        """Log-density of x; a point mass has +inf at its point and -inf elsewhere."""
        var, gap = self.var.squeeze(-1), (x - self.mean).square().sum(-1)
        point = var == 0
        v = torch.where(point, 1.0, var)
        log_density = -0.5 * (x.shape[-1] * (2 * math.pi * v).log() + gap / v)
        at_point = torch.where(gap == 0, torch.full_like(gap, torch.inf), -torch.inf)
        return torch.where(point, at_point, log_density)

    def kl(self, other: "Gaussian") -> PerToken:
        """KL = 1/2 (D (r - 1 - log r) + |m_1 - m_2|^2 / v_2), r = v_1 / v_2.

        Of two point masses: 0 if they are the same point, else inf. Of a point and a spread law: inf.
        """
        v_1, v_2 = self.var.squeeze(-1), other.var.squeeze(-1)
        gap = (self.mean - other.mean).square().sum(-1)
        spread = (v_1 > 0) & (v_2 > 0)
        v = torch.where(spread, v_2, 1.0)
        r = torch.where(spread, v_1 / v, 1.0)
        nats = 0.5 * (self.mean.shape[-1] * (r - 1 - r.log()) + gap / v)
        same_point = (v_1 == 0) & (v_2 == 0) & (gap == 0)
        at_point = torch.where(same_point, torch.zeros_like(nats), torch.inf)
        return torch.where(spread, nats, at_point)


@final
@dataclass(frozen=True)
class Categorical(Distribution):
    """A law over tokens. log_probs [B, L, V], normalised; -inf marks an impossible token."""

    log_probs: LogProbs

    def draw(self, generator: torch.Generator) -> Float[Tensor, "B L"]:
        """Uniform numbers in [0, 1), [B, L], float64: in float32 a token of probability 1e-8 has no fair share."""
        return _uniform(self.log_probs[..., 0], generator)

    def at(self, draw: Float[Tensor, "B L"]) -> Ids:
        """The token in whose share of [0, 1) the number falls (inverse of the cumulative sum, in float64).

        Never an impossible token, if the log-probabilities are numbers. Raises ValueError if the draws are float32 on a
        device that has float64.
        """
        cdf = wide(self.log_probs).exp().cumsum(-1)
        _check_draw(draw, cdf.dtype)
        total = cdf[..., -1:]
        # the total is 1 up to rounding; a draw below 1 stays below it, so the last token found is a possible one
        return torch.searchsorted(cdf, draw[..., None] * total, right=True).squeeze(-1)

    def log_prob(self, x: Ids) -> PerToken:
        """Log-probability of the ids x."""
        return self.log_probs.gather(-1, x[..., None]).squeeze(-1)

    def kl(self, other: "Categorical") -> PerToken:
        """KL = sum p (log p - log q), with 0 log 0 = 0; inf where p allows what q forbids."""
        possible, allowed = self.log_probs > -torch.inf, other.log_probs > -torch.inf
        both = possible & allowed
        gap = torch.where(both, self.log_probs, 0.0) - torch.where(both, other.log_probs, 0.0)
        nats = (self.log_probs.exp() * gap).sum(-1)
        # asked of the logarithms: a possible token's probability may round to 0, and 0 times inf is no number
        return torch.where((possible & ~allowed).any(-1), torch.inf, nats)

    def entropy(self) -> PerToken:
        """H = -sum p log p, with 0 log 0 = 0."""
        finite = torch.where(self.log_probs > -torch.inf, self.log_probs, 0.0)
        return -(self.log_probs.exp() * finite).sum(-1)


@final
@dataclass(frozen=True)
class Corruption(Distribution):
    """What is left of a token: itself, a word drawn evenly from all, or the mask. Nothing of size V is made to draw.

    x0: ids [B, L] below `words`. keep, replace, hide: the three probabilities, [B or 1, L or 1], adding up to 1; a
    replaced token may be replaced by itself. words: how many words there are; the mask has the id `words`.
    states: V, `words` or one more if there is a mask.
    """

    x0: Ids
    keep: Float[Tensor, "#B #L"]
    replace: Float[Tensor, "#B #L"]
    hide: Float[Tensor, "#B #L"]
    words: int
    states: int

    def draw(self, generator: torch.Generator) -> Float[Tensor, "B L"]:
        """Uniform numbers in [0, 1), [B, L], float64."""
        return _uniform(self.x0, generator)

    def at(self, draw: Float[Tensor, "B L"]) -> Ids:
        """The token in whose share of [0, 1) the number falls: the mask first, then the token itself, then the words.

        Raises ValueError if the draws are float32 on a device that has float64.
        """
        _check_draw(draw, _width(self.x0))
        rest = draw - self.hide - self.keep
        replaced = (rest >= 0) & (self.replace > 0)
        # a draw may come out a digit above its share
        word = (rest / torch.where(replaced, self.replace, 1.0) * self.words).long().clamp(max=self.words - 1)
        seen = torch.where(replaced, word, self.x0)
        return torch.where(draw < self.hide, self.words, seen)

    @property
    def log_probs(self) -> LogProbs:
        """The same law written out, float64 [B, L, V]: what `Categorical` holds."""
        states = torch.arange(self.states, device=self.x0.device)
        return self.log_prob_of(states)

    def log_prob(self, x: Ids) -> PerToken:
        """Log-probability of the ids x."""
        return self.log_prob_of(x[..., None]).squeeze(-1)

    def log_prob_of(self, states: Tensor) -> Float[Tensor, "B L N"]:
        """Log-probability of several ids at each place; states: [N], or [B, L, N]."""
        kept = self.keep[..., None] * (states == self.x0[..., None])
        drawn = self.replace[..., None] / self.words * (states < self.words)
        return safe_log(kept + drawn + self.hide[..., None] * (states == self.words))

    def kl(self, other: "Categorical") -> PerToken:
        """KL(self || other), nats; writes the law out."""
        return Categorical(self.log_probs).kl(other)


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    u = torch.rand(like.shape, generator=generator, dtype=_width(like), device=generator.device)
    return u.to(like.device)


def _width(like: Tensor) -> torch.dtype:
    # asked of nothing: no number is converted
    return wide(like.new_empty(0)).dtype


def _check_draw(draw: Tensor, dtype: torch.dtype) -> None:
    if draw.dtype != dtype:
        raise ValueError(f"draw must be {dtype}, got {draw.dtype}: it would starve rare tokens")
