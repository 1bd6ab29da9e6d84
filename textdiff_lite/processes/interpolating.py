"""Token diffusion in closed form: no V x V matrix anywhere, forward noising in O(B L), a step back in O(B L V).

Whatever the times s < t, a token of word v is kept with probability a = alpha_bar(t) / alpha_bar(s), and what is not
kept is hidden or replaced by a word drawn evenly from all:

    Absorbing         hidden
    Uniform           replaced
    MaskAndReplace    both: hidden for good, or replaced

With a in place of alpha_bar the same shares hold for a step as for the whole way: steps compose.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.distributions import Categorical, Corruption, safe_log
from textdiff_lite.processes.process import check_times
from textdiff_lite.processes.tokens import Mixing, Tokens, check_ids, check_mixing
from textdiff_lite.schedules import Schedule, positions, validate, wide
from textdiff_lite.shapes import Ids, Time


class Shares(NamedTuple):
    """What becomes of a token: kept, replaced by an even draw from all words, hidden. They add up to 1."""

    keep: Tensor
    replace: Tensor
    hide: Tensor


class Interpolating(Tokens):
    """The laws of the three; a final class says how what is not kept is shared out."""

    alpha_bar: Schedule

    @abstractmethod
    def shares(self, keep: Tensor) -> Shares:
        """What becomes of a token that is kept with this probability."""

    @final
    @property
    def mask(self) -> int:
        """The id of the mask (of the first state that is no word: Uniform never draws it)."""
        return self.words

    @final
    def corrupt(self, x0: Ids, t: Time) -> Corruption:
        """q(x_t | x_0), one uniform number a token. Raises ValueError, on the CPU, if x0 contains the mask."""
        check_times(t)
        check_ids("x0", x0, self.words)
        keep = self.alpha_bar(wide(t), word=x0, position=positions(x0.shape[1], t.device))
        return Corruption(x0, *self.shares(keep), self.words, self.states)

    @final
    def likelihood(self, x_t: Ids, t: Time) -> Float[Tensor, "B L words"]:
        """q(x_t | x_0 = v) for every word v, float64."""
        check_times(t)
        check_ids("x_t", x_t, self.states)
        keep, replace, hide = self.shares(self._survival(t, x_t))
        seen = keep * self._is_word(x_t) + replace / self.words
        return torch.where((x_t == self.mask)[..., None], hide, seen)

    @final
    def prior(
        self,
        shape: tuple[int, ...],
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Categorical:
        """p(x_1), what the process ends in where nothing survives; shape (B, L); float64 unless told."""
        states = torch.arange(self.states, device=device)
        _, replace, hide = self.shares(torch.zeros_like(wide(states)))
        p = replace / self.words * (states < self.words) + hide * (states == self.mask)
        return Categorical(safe_log(p.to(dtype or p.dtype)).expand(*shape, -1))

    @final
    def _joint(self, x_t: Ids, weight: Tensor, s: Time, t: Time) -> Float[Tensor, "B L V"]:
        a_s, a_t = self._survival(s, x_t), self._survival(t, x_t)
        # where nothing is left at s nothing happens between s and t
        step = self.shares(torch.where(a_s > 0, a_t / torch.where(a_s > 0, a_s, 1.0), 1.0))
        before = self.shares(a_s)
        hidden = (x_t == self.mask)[..., None]

        def of_all(share: Tensor) -> Tensor:
            return (weight * share).sum(-1, keepdim=True)

        # x_t is a word c. From x_s = c it was kept; from any word it was drawn. And x_s is v itself, or was drawn
        kept = self._is_word(x_t) * (weight * step.keep * before.keep + of_all(step.keep * before.replace) / self.words)
        drawn = (weight * step.replace * before.keep + of_all(step.replace * before.replace) / self.words) / self.words
        # x_t is the mask. It was hidden in this step, or before
        now = weight * step.hide * before.keep + of_all(step.hide * before.replace) / self.words
        words = torch.where(hidden, now, kept + drawn)
        if self.states == self.words:
            return words
        return torch.cat([words, torch.where(hidden, of_all(before.hide), 0.0)], -1)

    @final
    def _survival(self, t: Time, x_t: Ids) -> Tensor:
        """alpha_bar of every word at every place, float64 [B or 1, L or 1, words or 1]."""
        words = torch.arange(self.words, device=t.device)[None, None]
        place = positions(x_t.shape[1], t.device)[..., None]
        return self.alpha_bar(wide(t)[..., None], word=words, position=place)

    @final
    def _is_word(self, x_t: Ids) -> Tensor:
        return x_t[..., None] == torch.arange(self.words, device=x_t.device)


@final
@dataclass(frozen=True)
class Absorbing(Interpolating):
    """The mask kernel: each token is hidden at a time of its own, and then stays hidden.

    alpha_bar: a schedule; it may look at the word (then `reverse` is exact for a belief p(x_0 | x_t)) and at the place.
    words: how many words there are; the mask is the id `words`. Beliefs become steps by averaging posteriors, which for
    schedules that do not look at the word is D3PM's eq. 4 too.

    Raises ValueError if alpha_bar is no schedule or there are no words.
    Source: Austin et al. 2021 (2107.03006), section 3.1 and appendix A.3.
    """

    alpha_bar: Schedule
    words: int

    def __post_init__(self) -> None:
        _check(self)

    @property
    def mixing(self) -> Mixing:
        """Averaging posteriors."""
        return "posterior"

    @property
    def states(self) -> int:
        """All words and the mask."""
        return self.words + 1

    def shares(self, keep: Tensor) -> Shares:
        """What is not kept is hidden."""
        return Shares(keep, torch.zeros_like(keep), 1 - keep)


@final
@dataclass(frozen=True)
class Uniform(Interpolating):
    """What is not kept is drawn evenly from all words, itself included. There is no mask.

    alpha_bar: a schedule; words: how many words there are; mixing: how a belief becomes a step.

    Raises ValueError if alpha_bar is no schedule, there are no words, or mixing is neither of the two.
    Source: Hoogeboom et al. 2021 (2102.05379), section 4; Austin et al. 2021 (2107.03006), appendix A.2.1.
    """

    alpha_bar: Schedule
    words: int
    mixing: Mixing = "joint"

    def __post_init__(self) -> None:
        _check(self)

    @property
    def states(self) -> int:
        """The words."""
        return self.words

    def shares(self, keep: Tensor) -> Shares:
        """What is not kept is replaced."""
        return Shares(keep, 1 - keep, torch.zeros_like(keep))


@final
@dataclass(frozen=True)
class MaskAndReplace(Interpolating):
    """Tokens are replaced by an even draw from all words at one rate, and hidden for good at another.

    replace: the share of the replacing rate in both together, strictly between 0 (Absorbing) and 1 (Uniform). Where a
    token is kept with probability a, it is not hidden with probability a ** (1 - replace).

    Raises ValueError if alpha_bar is no schedule, there are no words, replace is outside (0, 1), or mixing is neither
    of the two.
    Source: Gu et al. 2022 (2111.14822), section 4.1 (mask-and-replace), here with a constant ratio of the two rates.
    """

    alpha_bar: Schedule
    words: int
    replace: float
    mixing: Mixing = "joint"

    def __post_init__(self) -> None:
        _check(self)
        if not 0 < self.replace < 1:
            raise ValueError(
                f"replace must lie strictly between 0 (take Absorbing) and 1 (take Uniform), got {self.replace}"
            )

    @property
    def states(self) -> int:
        """All words and the mask."""
        return self.words + 1

    def shares(self, keep: Tensor) -> Shares:
        """What is not kept is replaced or hidden."""
        seen = keep ** (1 - self.replace)
        return Shares(keep, seen - keep, 1 - seen)


def _check(process: Interpolating) -> None:
    if process.words < 1:
        raise ValueError(f"words must be at least 1, got {process.words}")
    check_mixing(process.mixing)
    words = torch.arange(process.words)[None]
    validate(process.alpha_bar, word=words, position=torch.zeros_like(words))
