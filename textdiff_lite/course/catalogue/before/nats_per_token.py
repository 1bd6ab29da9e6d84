"""Exercise: what a model pays for each word."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake

END = 1  # in every case, as in the library; words are 2, 3, …


def nats_per_token(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    """Mean of −ln p over the tokens that are not padding: logits [B, L, V], ids [B, L], one number."""
    nats = -logits.log_softmax(-1).gather(-1, ids[..., None]).squeeze(-1)
    return nats[ids != pad].mean()


def _by_loops(logits: Tensor, ids: Tensor, pad: int) -> float:
    total, tokens = 0.0, 0
    for row, words in zip(logits.tolist(), ids.tolist(), strict=True):
        for scores, word in zip(row, words, strict=True):
            if word != pad:
                total += math.log(sum(math.exp(score) for score in scores)) - scores[word]
                tokens += 1
    return total / tokens


def _by_cross_entropy(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), ids.flatten(), ignore_index=pad)


def _by_a_filled_mask(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    nats = F.cross_entropy(logits.double().transpose(1, 2), ids, reduction="none")
    return nats.masked_fill(ids == pad, 0).sum() / (ids != pad).sum()


def _by_one_hot(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    real = ids != pad
    chosen = F.one_hot(ids[real], logits.shape[-1]).bool()
    return (logits[real].logsumexp(-1) - logits[real][chosen]).mean()


def _each(logits: Tensor, ids: Tensor) -> Tensor:
    return -logits.log_softmax(-1).gather(-1, ids[..., None]).squeeze(-1)


def _shifted(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return nats_per_token(logits[:, :-1], ids[:, 1:], pad)


def _pad_counted(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    del pad
    return _each(logits, ids).mean()


def _end_dropped(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return _each(logits, ids)[(ids != pad) & (ids != END)].mean()


def _mean_of_means(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    real, nats = ids != pad, _each(logits, ids)
    return (torch.where(real, nats, 0.0).sum(1) / real.sum(1)).mean()


def _bits(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return nats_per_token(logits, ids, pad) / math.log(2)


def _per_sentence(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return _each(logits, ids)[ids != pad].sum() / len(ids)


def _zero_times_infinity(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    real = ids != pad
    return (_each(logits, ids) * real).sum() / real.sum()


def _no_softmax(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return -logits.gather(-1, ids[..., None]).squeeze(-1)[ids != pad].mean()


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, ids: list[list[int]], vocab: int, pad: int = 0, impossible: bool = False) -> Case:
        table = torch.tensor(ids)
        logits = 2 * torch.randn(*table.shape, vocab, generator=generator)
        if impossible:
            logits[..., pad] = -torch.inf
        return Case(says, lambda: (logits.clone(), table.clone(), pad))

    return [
        case("one word and its end on a canvas of 3, V = 3", [[2, 1, 0]], 3),
        case("sentences of 1 and 3 words on a canvas of 4, V = 5", [[4, 1, 0, 0], [2, 3, 4, 1]], 5),
        case("B = L = V = 4", [[2, 3, 1, 0], [3, 1, 0, 0], [2, 2, 3, 1], [2, 1, 0, 0]], 4),
        case("a network that gives [PAD] the logit −inf", [[2, 3, 2, 1, 0], [3, 1, 0, 0, 0]], 4, impossible=True),
        case("pad = 3", [[2, 4, 1, 3], [4, 1, 3, 3], [2, 1, 3, 3]], 5, pad=3),
    ]


def _a_guesser_pays_ln_v(answer: Callable) -> str | None:
    got = float(answer(torch.zeros(2, 3, 4), torch.tensor([[2, 1, 0], [3, 2, 1]]), 0))
    if abs(got - math.log(4)) < 1e-4:
        return None
    return (
        "A model that gives each of 4 words the probability 1/4 pays ln 4 = 1.386 nats for every token, so 1.386 on "
        f"average. Yours says {got:.4g}."
    )


def _who_is_right_pays_nothing(answer: Callable) -> str | None:
    ids = torch.tensor([[2, 3, 1], [3, 2, 1]])
    got = float(answer(30 * F.one_hot(ids, 4).float(), ids, 0))
    if abs(got) < 1e-4:
        return None
    return f"A model that is sure of every word, and right, pays 0 nats. Yours says {got:.4g}."


def _nothing_after_the_end(answer: Callable) -> str | None:
    ids, logits = torch.tensor([[2, 1, 0, 0]]), torch.zeros(1, 4, 3)
    other = logits.clone()
    other[0, 2:] = torch.tensor([-4.0, 2.0, 2.0])
    one, two = (float(answer(each, ids, 0)) for each in (logits, other))
    if abs(one - two) < 1e-4:
        return None
    return (
        "After the end of a sentence nothing is asked of the model. When only the logits behind the end changed, your "
        f"figure went from {one:.4g} to {two:.4g}."
    )


def _every_token_once(answer: Callable) -> str | None:
    # the first sentence costs ln 4 a token, the second nothing
    ids = torch.tensor([[2, 1, 0, 0], [2, 3, 2, 1]])
    logits = torch.zeros(2, 4, 4)
    logits[1] = 30 * F.one_hot(ids[1], 4)
    got = float(answer(logits, ids, 0))
    if abs(got - math.log(4) / 3) < 1e-4:
        return None
    return (
        "Two tokens cost ln 4 each and four tokens cost nothing (ends counted): the mean of the six is 0.4621. "
        f"Yours says {got:.4g}."
    )


EXERCISE = Exercise(
    key="before.nats_per_token",
    minutes=10,
    difficulty=1,
    idea="A model's loss is its mean surprise, over exactly the tokens that it was asked for.",
    established="Your figure counts every token once, its end too, and nothing behind it.",
    reference=nats_per_token,
    cases=_cases,
    truth=_by_loops,
    hints=(
        "Three steps: logits to log-probabilities, the log-probability of the word that stands there, the mean over "
        "the places that are not padding.",
        "−ln p(x_i | x_<i) at place i is −log_softmax(logits[b, i])[ids[b, i]].",
        "nats = -logits.log_softmax(-1).gather(-1, ids[..., None]).squeeze(-1), then the mean of nats[ids != pad].",
    ),
    mistakes=(
        Mistake(
            "shifted",
            _shifted,
            "You held row i of the logits against word i + 1. Here row i belongs to word i: the network has already "
            "put a start vector in front.",
            "Leave the shift out: logits[:, i] was computed from the words before i and is asked for ids[:, i].",
        ),
        Mistake(
            "pad_counted",
            _pad_counted,
            "You took the mean over the whole canvas. The padding was never asked of the model, and counting it "
            "makes short sentences look cheap or dear.",
            "Take only the places where ids != pad.",
        ),
        Mistake(
            "end_dropped",
            _end_dropped,
            "You left out [END]. A model must also know when to stop, and that costs nats like any word.",
            "Keep every place where ids != pad; the end is one of them.",
        ),
        Mistake(
            "mean_of_means",
            _mean_of_means,
            "You took the mean of each sentence and then the mean of these. So a word of a short sentence counts for "
            "more than a word of a long one.",
            "Put all tokens of the batch into one heap and take one mean.",
        ),
        Mistake(
            "bits",
            _bits,
            "Your figure is in bits: it was made with the logarithm to base 2. Nats use the natural logarithm.",
            "Use log or log_softmax, and do not divide by ln 2.",
        ),
        Mistake(
            "per_sentence",
            _per_sentence,
            "You divided by the number of sentences. That is nats per sentence; asked are nats per token.",
            "Divide by the number of tokens that are not padding.",
        ),
        Mistake(
            "zero_times_infinity",
            _zero_times_infinity,
            "You multiplied by a mask of zeros and ones. Where the network gives [PAD] probability 0 its surprise is "
            "infinite, and 0 · ∞ is nan.",
            "Pick the places (nats[ids != pad]) or fill the others with zeros; do not multiply.",
        ),
        Mistake(
            "no_softmax",
            _no_softmax,
            "You took the logits for log-probabilities. Logits are scores; they become log-probabilities by "
            "log_softmax, which makes the probabilities sum to 1.",
            "Apply log_softmax(-1) to the logits first.",
        ),
    ),
    equivalents=(_by_loops, _by_cross_entropy, _by_a_filled_mask, _by_one_hot),
    laws=(_a_guesser_pays_ln_v, _who_is_right_pays_nothing, _nothing_after_the_end, _every_token_once),
)
