"""What a perfect network would answer, by enumeration: Bayes over a list of all words, or of all sentences.

    word_log_belief       log p(word | x_t) at every place, the places independent of each other
    word_denoiser         E[x_0 | x_t] of the same
    sentence_log_belief   log p(sentence | x_t) over a table of all sentences
    sentence_denoiser     E[x_0 | x_t] of the same
    fill_in               log p(word | the words that are seen), for a table of all sentences
    token_belief          log p(word | x_t) for any noise on tokens, or p(word | x_t at the other places)

Bayes for Gaussian noise, with x_t = signal x_0 + noise eps at each place (`VPGaussian.level`):

    log p(w | x_t) = log p(w) + (signal x_t.p_w - signal^2 |p_w|^2 / 2) / noise^2 + constant

for one place; for a sentence the second term is summed over its places. This is |x_t - signal p_w|^2 written out,
without |x_t|^2, which is the same for all words. All sums are taken in float64.

At the edges: where nothing survives (alpha_bar = 0) the belief is the prior. Where nothing is destroyed
(alpha_bar = 1: t = 0, or a clamped token) it is the limit of little noise: all belief is on what lies nearest to x_t
there, shared as the prior and the noisy places say if several lie equally near. Words and sentences of probability 0
are never believed.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.distributions import safe_log
from textdiff_lite.prediction import Denoise
from textdiff_lite.processes import Tokens, VPGaussian
from textdiff_lite.schedules import wide
from textdiff_lite.shapes import Ids, LogProbs, Time, Vectors

# in units of the last digit: distances that differ by less are equal
ROUNDING = 4096

MISPRINT = -1e5
"""Nats for a token that noise can't have written: what no sentence explains is explained with the fewest of them."""

SentenceBelief = Float[Tensor, "B S"]
"""Normalised log-probabilities of the sentences of a table."""


def word_log_belief(
    process: VPGaussian, points: Float[Tensor, "V D"], log_prob: Float[Tensor, " V"]
) -> Callable[[Vectors, Time], LogProbs]:
    """(x_t, t) -> log p(word | x_t), float64 [B, L, V]: each place is a word of its own, drawn from the same law.

    points: the vector of each word. log_prob: ln p(word), nats; -inf for a word that never comes, any constant added.

    Raises ValueError if log_prob has another length, allows no word, or holds nan or +inf.
    """
    prior = _prior(log_prob, len(points))

    def belief(x_t: Vectors, t: Time) -> LogProbs:
        noisy, clean, slack = _evidence(process, points, x_t, t)
        return _posterior(prior.to(noisy.device), noisy, clean, slack).log_softmax(-1)

    return belief


def word_denoiser(process: VPGaussian, points: Float[Tensor, "V D"], log_prob: Float[Tensor, " V"]) -> Denoise:
    """denoise(x_t, t) = E[x_0 | x_t] = sum over words of p(word | x_t) point, in the dtype of x_t, [B, L, D].

    Arguments and errors as in `word_log_belief`. `prev` is ignored: there is nothing to add.
    """
    belief = word_log_belief(process, points, log_prob)

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        del prev
        p = belief(x_t, t).exp()
        return (p @ points.to(p)).to(x_t)

    return denoise


def sentence_log_belief(
    process: VPGaussian, points: Float[Tensor, "V D"], table: Int[Tensor, "S L"], log_prob: Float[Tensor, " S"]
) -> Callable[[Vectors, Time], SentenceBelief]:
    """(x_t, t) -> log p(sentence | x_t), float64 [B, S].

    points: the vector of each word. table: every sentence as ids. log_prob: ln p(sentence), nats; -inf for one that
    never comes, any constant added. Costs a [B, L, V] and L times a [B, S], never a [B, S, L, D].

    Raises ValueError if log_prob has another length, allows no sentence, or holds nan or +inf, if ids of the table
    have no point, and if x_t is longer or shorter than the table.
    """
    prior = _prior(log_prob, len(table))
    _check_ids("table", table, len(points))

    def belief(x_t: Vectors, t: Time) -> SentenceBelief:
        if x_t.shape[1] != table.shape[1]:
            raise ValueError(f"x_t has {x_t.shape[1]} places, but the sentences of the table have {table.shape[1]}")
        noisy, clean, slack = _evidence(process, points, x_t, t)
        said = _said(noisy, table), _said(clean, table)
        return _posterior(prior.to(noisy.device), *said, slack.sum(1)).log_softmax(-1)

    return belief


def sentence_denoiser(
    process: VPGaussian, points: Float[Tensor, "V D"], table: Int[Tensor, "S L"], log_prob: Float[Tensor, " S"]
) -> Denoise:
    """denoise(x_t, t) = E[x_0 | x_t] = sum over sentences of p(sentence | x_t) points, in the dtype of x_t, [B, L, D].

    Arguments and errors as in `sentence_log_belief`. `prev` is ignored: there is nothing to add.
    """
    belief = sentence_log_belief(process, points, table, log_prob)
    spelled = points[table].flatten(1)

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        del prev
        p = belief(x_t, t).exp()
        return (p @ spelled.to(p)).view(x_t.shape).to(x_t)

    return denoise


def fill_in(table: Int[Tensor, "S L"], log_prob: Float[Tensor, " S"]) -> Callable[[Ids], LogProbs]:
    """predict(x) -> log p(word | the words of x that are seen), float64 [B, L, V]; V = 1 + the largest id of the table.

    x: ids [B, L]; the id V stands where a word is hidden (the mask). Of a place that is seen, its own word is certain.

        p(word w at l | seen) = sum of p(s) over sentences s that agree with what is seen and have w at l / sum of p(s)

    If no sentence agrees with what is seen, the answer is that of the sentences that disagree in the fewest places:
    the limit of rare misprints. So a sampler that has written nonsense can go on.

    Raises ValueError if log_prob has another length, allows no sentence, or holds nan or +inf; from predict, if ids
    lie outside [0, V] or x is longer or shorter than the table.
    """
    prior = _prior(log_prob, len(table))
    _check_ids("table", table)
    vocab = int(table.max()) + 1
    words = torch.nn.functional.one_hot(table, vocab).to(prior).flatten(1)

    def predict(x: Ids) -> LogProbs:
        if x.shape[1] != table.shape[1]:
            raise ValueError(f"x has {x.shape[1]} places, but the sentences of the table have {table.shape[1]}")
        _check_ids("x", x, vocab + 1)
        seen = x != vocab
        own = torch.nn.functional.one_hot(torch.where(seen, x, 0), vocab).to(words)
        # a seen word disagrees with every other word
        disagreements = _said((1 - own) * seen[..., None], table)
        belief = _posterior(prior, torch.zeros_like(prior), disagreements, 0.5).softmax(-1)
        guess = safe_log((belief @ words).view(*x.shape, vocab))
        return torch.where(seen[..., None], safe_log(own), guess)

    return predict


def token_belief(
    process: Tokens, table: Int[Tensor, "S L"], log_prob: Float[Tensor, " S"], others_only: bool = False
) -> Denoise:
    """denoise(x_t, t) -> log p(x_0 = word | x_t) at every place, float64 [B, L, words], by Bayes over all sentences.

    others_only: log p(x_0 = word | x_t at the other places), which leaves out what the place itself shows. It is the
    belief that makes D3PM's eq. 4 (`mixing="joint"`) exact, as p(x_0 | x_t) makes the mean of posteriors exact.
    For hidden places the two agree. `prev` is ignored. If no sentence can have become x_t, the answer is that of those
    which leave the fewest tokens unexplained. Costs a [B, S, L].

    Raises ValueError if log_prob has another length, allows no sentence, or holds nan or +inf, if the table holds ids
    that are no words of the process, and if x_t is longer or shorter than the table.
    """
    prior = _prior(log_prob, len(table))
    _check_ids("table", table, process.words)
    words = torch.nn.functional.one_hot(table, process.words).to(prior)  # [S, L, words]

    def denoise(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        del prev
        if x_t.shape[1] != table.shape[1]:
            raise ValueError(f"x_t has {x_t.shape[1]} places, but the sentences of the table have {table.shape[1]}")
        of_word = safe_log(process.likelihood(x_t, t)).clamp(min=MISPRINT).transpose(1, 2)
        seen = of_word[:, table, torch.arange(table.shape[1])]  # [B, S, L]
        every = seen.sum(-1, keepdim=True)
        evidence = every - seen if others_only else every
        belief = (prior[:, None] + evidence).softmax(1).expand(seen.shape)
        return safe_log(torch.einsum("bsl,slv->blv", belief, words))

    return denoise


def _evidence(process: VPGaussian, points: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What x_t says of each word at each place, [B, L, V]: log q(x_t | w) + constant where there is noise, and the
    squared distance where there is none; each is 0 where the other speaks. Third, how much the squared distances may
    be off by rounding, [B, L, 1].
    """
    x, p = wide(x_t), wide(points).to(x_t.device)
    signal, noise = process.level(t, x.shape[1])
    still = noise == 0
    product, square = x @ p.T, p.square().sum(-1)
    noisy = (signal * product - signal**2 * square / 2) / torch.where(still, 1.0, noise**2)
    clean = x.square().sum(-1, keepdim=True) - 2 * product + square
    slack = ROUNDING * torch.finfo(x.dtype).eps * (x.square().sum(-1, keepdim=True) + square.max())
    return torch.where(still, 0.0, noisy), torch.where(still, clean, 0.0), torch.where(still, slack, 0.0)


def _posterior(prior: Tensor, noisy: Tensor, clean: Tensor, slack: Tensor | float) -> Tensor:
    """Unnormalised: prior + noisy for what lies within `slack` of the nearest possible one, else -inf."""
    gap = torch.where(prior > -torch.inf, clean, torch.inf)
    return torch.where(gap <= gap.min(-1, keepdim=True).values + slack, prior + noisy, -torch.inf)


def _said(of_words: Tensor, table: Tensor) -> Tensor:
    """The sum of a sentence's words, one number a word at each place [B, L, V] -> [B, S]."""
    table = table.to(of_words.device)
    total = of_words.new_zeros(len(of_words), len(table))
    for place in range(table.shape[1]):
        total += of_words[:, place, table[:, place]]
    return total


def _prior(log_prob: Tensor, size: int) -> Tensor:
    prior = wide(log_prob)
    if len(prior) != size:
        raise ValueError(f"log_prob must hold a number for each of the {size}, got {len(prior)}")
    if not (prior < torch.inf).all():
        raise ValueError("log_prob must hold log-probabilities, got nan or +inf")
    if not (prior > -torch.inf).any():
        raise ValueError("log_prob must allow something: all of it is -inf")
    return prior


def _check_ids(what: str, ids: Tensor, above: int | None = None) -> None:
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or (above is not None and high >= above):
        limit = "..." if above is None else str(above)
        raise ValueError(f"ids of {what} must lie in [0, {limit}), got [{low}, {high}]")
