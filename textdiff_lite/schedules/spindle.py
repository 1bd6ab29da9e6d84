"""Spindle: rare words are destroyed early and frequent ones late, so frequent ones are written first."""

import math
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.shapes import PerToken, Time


@dataclass(frozen=True)
class Spindle:
    """alpha_bar(t, v) = 1 - t - strength sin(pi t) (1 - H / H(v)): H(v) = -log p(v), and H its mean over the corpus.

    Words of more information than the mean go early. In the mean over the corpus information leaves at a constant
    rate: sum_v p(v) H(v) alpha_bar(t, v) = (1 - t) H. The paper takes the mean over the sentence, which no reverse step
    knows; with the corpus' mean this is a law for each word. A word that never occurs is the rarest, with H / H(v) = 0.

    frequencies: how often each word occurs, in id order, as counts or shares. strength: from 0, which is 1 - t, to the
    number at which the curve of some word would rise, 1 / (pi max |1 - H / H(v)|).
    Raises ValueError if a frequency is negative, if fewer than two words occur, or if strength is outside.
    Source: He et al. 2023 (2211.15029), eqs. 9 to 12.
    """

    frequencies: tuple[float, ...] = field(repr=False)
    strength: float

    def __post_init__(self) -> None:
        for word, frequency in enumerate(self.frequencies):
            if not 0 <= frequency < math.inf:
                raise ValueError(f"frequencies must be finite and at least 0, got {frequency} for word {word}")
        if sum(frequency > 0 for frequency in self.frequencies) < 2:
            raise ValueError("frequencies must hold at least two words that occur: one alone has no information")
        if not 0 <= self.strength < math.inf:
            raise ValueError(f"strength must be finite and at least 0, got {self.strength}")
        lead = _lead(self.frequencies, torch.float64, torch.device("cpu"))
        word = int(lead.abs().argmax())
        steepest = math.pi * abs(float(lead[word]))
        if self.strength * steepest > 1:
            raise ValueError(
                f"strength must be at most {1 / steepest}, or alpha_bar rises for word {word} (frequency "
                f"{self.frequencies[word]:g}, 1 - H / H(v) = {float(lead[word]):g}), got {self.strength}"
            )

    def __call__(self, t: Tensor, word: Tensor | None = None, position: Tensor | None = None) -> Tensor:
        """alpha_bar(t) of each word, in the shape of t and word together; without word the curve 1 - t.

        Raises ValueError, on the CPU, if word holds an id that has no frequency.
        """
        del position
        if word is None:
            return 1 - t
        if word.device.type == "cpu" and not ((word >= 0) & (word < len(self.frequencies))).all():
            raise ValueError(
                f"word must hold ids in 0 .. {len(self.frequencies) - 1}, got {int(word.min())} .. {int(word.max())}"
            )
        # at the largest strength the end of a curve is flat, and rounding brings it to -1e-24
        return _bent(t, self.strength * _lead(self.frequencies, t.dtype, t.device)[word]).clamp(min=0)


def spindle_of_sentence(t: Time, information: Float[Tensor, "B L"], strength: float) -> PerToken:
    """DiffusionBERT's own curve, a heuristic: 1 - t - strength sin(pi t) (1 - mean / H), clipped to [0, 1].

    The mean is over the sentence, so alpha_bar of a word depends on words that a reverse step does not know (the
    released code puts its guess there), and it may rise where a word says little beside its sentence: no schedule, and
    its reverse chain is not exact. Before clipping, sum_l H_l alpha_bar_l = (1 - t) sum_l H_l in each sentence.

    information: H = -log frequency of each token of the sentence, above 0.
    Raises ValueError, on the CPU, if a number is not positive and finite.
    Source: He et al. 2023 (2211.15029), eqs. 9 to 12; their code has another form.
    """
    if information.device.type == "cpu" and not ((information > 0) & information.isfinite()).all():
        raise ValueError(
            f"information must be positive and finite, got {float(information.min()):g} .. {float(information.max()):g}"
        )
    return _bent(t, strength * (1 - information.mean(1, keepdim=True) / information)).clamp(0, 1)


def _bent(t: Tensor, bend: Tensor) -> Tensor:
    # sin(pi t) from the nearer end, so that it is exactly 0 at t = 1
    return 1 - t - torch.sin(math.pi * torch.minimum(t, 1 - t)) * bend


@lru_cache(maxsize=64)
def _lead(frequencies: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """1 - H / H(v) of every word."""
    p = torch.tensor(frequencies, dtype=torch.float64)
    p = p / p.sum()
    lead = 1 + torch.special.entr(p).sum() / p.log()
    return lead.to(dtype=dtype, device=device)
