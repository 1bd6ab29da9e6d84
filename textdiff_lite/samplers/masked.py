"""Samplers for text of which some words are hidden: they choose how many to reveal at a look, and which.

first_hitting      the law of ancestral sampling, in as many network calls as words are hidden
by_confidence      as few calls as one likes, the surest words first: no longer that law
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.prediction import Denoise
from textdiff_lite.samplers.walk import Step
from textdiff_lite.schedules import Schedule, time_at, uniform_times, wide
from textdiff_lite.shapes import Ids


def first_hitting(
    denoise: Denoise, x: Ids, mask: int, alpha_bar: Schedule, *, generator: torch.Generator
) -> Iterator[Step]:
    """Reveal one word of every row in each step: the law of ancestral sampling in infinitely many steps. No gradients.

    x: ids [B, L] at t = 1, with the id `mask` where a word is hidden; the others stay. `denoise` gets x, the time of
    the next word of each row, [B, 1], and its own last answer as prev; it answers with log-probabilities of the
    words, [B, L, V], none of them for the mask. There are as many steps as the fullest row has hidden places, none if
    nothing is hidden; a row that is finished stands at t = 0 and idles.

    A hidden place is still hidden at s < t with probability (1 - alpha_bar(s)) / (1 - alpha_bar(t)), by itself. So of n
    hidden places the first is revealed at the time tau with 1 - alpha_bar(tau) = u^(1/n) (1 - alpha_bar(t)), the
    largest of n such numbers; each place is equally likely to be the one; and its word is drawn from the belief at
    that time. For a denoiser that ignores t the times are immaterial: what is left is a random order.

    The schedule is asked with t alone: where words or places have speeds of their own, the order is no longer uniform,
    and this is not their sampler. Source: Zheng et al. 2024 (2409.02908), section 4.
    """
    destroyed = 1 - alpha_bar(wide(torch.ones_like(x[:, :1])))
    x0_hat = None
    for _ in range(max((x == mask).sum(1).tolist(), default=0)):
        # not round the yield: what the caller does between two steps keeps its gradients
        with torch.no_grad():
            hidden = x == mask
            n = hidden.sum(1, keepdim=True)
            u = wide(uniform_times(len(x), generator).to(x.device))
            destroyed = destroyed * u ** (1 / wide(n.clamp(min=1)))
            t = torch.where(n > 0, time_at(alpha_bar, 1 - destroyed), 0.0).to(torch.get_default_dtype())
            x0_hat = denoise(x, t, prev=x0_hat)
            # a row without hidden places draws one all the same, and keeps its word
            likely = wide(hidden | (n == 0))
            place = Categorical(safe_log(likely / likely.sum(1, keepdim=True))[:, None]).sample(generator)
            belief = x0_hat.take_along_dim(place[..., None], dim=1)
            word = Categorical(belief).sample(generator)
            x = torch.where(hidden, x.scatter(1, place, word), x)
        yield Step(t, x, x0_hat)


def by_confidence(
    denoise: Denoise, x: Ids, mask: int, evaluations: int, *, generator: torch.Generator
) -> Iterator[Step]:
    """Fill the hidden places in so many network calls: draw a word for each, keep the likeliest. No gradients.

    x: ids [B, L], with the id `mask` where a word is hidden; the others stay. `denoise` gets x, the share of its places
    that are hidden as the time of each row, [B, 1], and its own last answer as prev; it answers with
    log-probabilities of the words, [B, L, V]. Of h hidden places, with r calls left, a row keeps h // r: small rounds
    first, and the last one keeps all.

    Not an exact sampler, whatever the denoiser: words drawn in one call do not know of each other, and taking the
    surest first seeks modes. Rare words come too seldom, and so do rare sentences.

    Raises ValueError, before the first step, if evaluations is outside 1 .. L.
    Source: MaskGIT, Chang et al. 2022 (2202.04200), algorithm 1, without its temperature; LLaDA, Nie et al. 2025
    (2502.09992).
    """
    if not 1 <= evaluations <= x.shape[1]:
        raise ValueError(f"evaluations must lie in 1 .. {x.shape[1]}, the number of places, got {evaluations}")
    return _by_confidence(denoise, x, mask, evaluations, generator)


def _by_confidence(
    denoise: Denoise, x: Tensor, mask: int, evaluations: int, generator: torch.Generator
) -> Iterator[Step]:
    x0_hat = None
    for calls_left in range(evaluations, 0, -1):
        with torch.no_grad():
            hidden = x == mask
            x0_hat = denoise(x, _share(hidden), prev=x0_hat)
            belief = Categorical(x0_hat)
            words = belief.sample(generator)
            sure = belief.log_prob(words).masked_fill(~hidden, -torch.inf)
            rank = sure.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
            x = torch.where(rank < hidden.sum(1, keepdim=True) // calls_left, words, x)
        yield Step(_share(x == mask), x, x0_hat)


def _share(hidden: Tensor) -> Tensor:
    return hidden.to(torch.get_default_dtype()).mean(1, keepdim=True)
