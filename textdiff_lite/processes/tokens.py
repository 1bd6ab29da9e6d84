"""What all diffusion on tokens has in common: Bayes' rule, and the two ways from a belief to a step.

A network believes something about x_0, and a sampler needs a law of x_s. For tokens there are two ways between them:

    posterior   p(x_s | x_t) = sum over v of belief(v) q(x_s | x_t, x_0 = v)
    joint       p(x_s | x_t) ~ sum over v of belief(v) q(x_s, x_t | x_0 = v)        (D3PM's eq. 4)

The first is exact if the belief is p(x_0 | x_t). The second looks at x_t once more, so it is exact if the belief of a
place leaves that place out: p(x_0 | the other places of x_t). For the mask kernel the two agree, because a hidden place
says nothing of its word. For every other kernel a network trained by cross-entropy wants the first, and one trained by
the bound of the second wants the second. So the choice belongs to the process, and the objective and the sampler call
the same `reverse`. Source: Austin et al. 2021 (2107.03006), eqs. 3 and 4.
"""

from abc import abstractmethod
from typing import Literal, final

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.processes.process import Process, check_times
from textdiff_lite.schedules import wide
from textdiff_lite.shapes import Ids, LogProbs, Time

Mixing = Literal["posterior", "joint"]
"""How a belief becomes a step."""


class Tokens(Process[Categorical]):
    """Diffusion on ids. Words are the ids below `words`; a process with a mask gives it the id `words`.

    Beliefs are log-probabilities over words alone, [B, L, words]: x_0 is never the mask. States are ids in [0, states).
    All sums are taken in float64, and so are the laws that come out.

    Raises ValueError, on the CPU, for times outside [0, 1], s above t, and ids that are none: in x0 the mask too.
    """

    words: int
    mixing: Mixing

    @property
    @abstractmethod
    def states(self) -> int:
        """V: how many states there are, `words` or one more."""

    @abstractmethod
    def likelihood(self, x_t: Ids, t: Time) -> Float[Tensor, "B L words"]:
        """q(x_t | x_0 = v) for every word v, float64."""

    @abstractmethod
    def _joint(self, x_t: Ids, weight: Tensor, s: Time, t: Time) -> Float[Tensor, "B L V"]:
        """The sum over words v of weight(v) q(x_t | x_s, x_0 = v) q(x_s | x_0 = v), for every state x_s."""

    @final
    def posterior(self, x_t: Ids, x0: Ids, s: Time, t: Time) -> Categorical:
        """q(x_s | x_t, x_0) for any s <= t. Where x_t can't come from x_0 the token stays."""
        self._check(x_t, s, t)
        check_ids("x0", x0, self.words)
        return self._law(x_t, F.one_hot(x0, self.words).to(wide(s).dtype), s, t)

    @final
    def reverse(self, x_t: Ids, x0_hat: LogProbs, s: Time, t: Time) -> Categorical:
        """p(x_s | x_t) from a belief about x_0, log-probabilities [B, L, words], in the way that `mixing` says.

        Where the belief rules x_t out the token stays.
        """
        self._check(x_t, s, t)
        if x0_hat.shape[-1] != self.words:
            raise ValueError(f"x0_hat must hold a number for each of the {self.words} words, got {x0_hat.shape[-1]}")
        belief = wide(x0_hat).exp()
        if self.mixing == "posterior":
            seen = self.likelihood(x_t, t)
            belief = torch.where(seen > 0, belief / torch.where(seen > 0, seen, 1.0), 0.0)
        return self._law(x_t, belief, s, t)

    @final
    def _law(self, x_t: Ids, weight: Tensor, s: Time, t: Time) -> Categorical:
        joint = self._joint(x_t, weight, s, t)
        total = joint.sum(-1, keepdim=True)
        impossible = total == 0
        own = F.one_hot(x_t, self.states).to(joint)
        # the inner `where` keeps 0 / 0 out of the gradient
        return Categorical(safe_log(torch.where(impossible, own, joint / torch.where(impossible, 1.0, total))))

    @final
    def _check(self, x_t: Ids, s: Time, t: Time) -> None:
        check_times(t, s)
        check_ids("x_t", x_t, self.states)


def check_ids(name: str, ids: Ids, above: int) -> None:
    """Raise ValueError for ids outside [0, above). On the CPU alone: a GPU would be waited for."""
    if ids.device.type == "cpu" and ids.numel() and not 0 <= ids.min() <= ids.max() < above:
        raise ValueError(f"ids of {name} must lie in [0, {above}), got [{int(ids.min())}, {int(ids.max())}]")


def check_mixing(mixing: str) -> None:
    """Raise ValueError for a mixing that there is not."""
    if mixing not in ("posterior", "joint"):
        raise ValueError(f"mixing must be «posterior» or «joint», got {mixing!r}")
