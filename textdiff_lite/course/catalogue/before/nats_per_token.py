"""Exercise: what a model pays for each word."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

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


def _mean_of_products(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    real = (ids != pad).float()
    return ((_each(logits, ids) * real).sum(1) / real.sum(1)).mean()


def _words_as_places(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return F.cross_entropy(logits, ids, ignore_index=pad)


def _words_as_places_with_padding(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    del pad
    return F.cross_entropy(logits, ids)


def _softmax_over_places(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    nats = -logits.log_softmax(1).gather(-1, ids[..., None]).squeeze(-1)
    return nats[ids != pad].mean()


def _floored(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    nats = -(logits.softmax(-1) + 1e-9).log().gather(-1, ids[..., None]).squeeze(-1)
    return nats[ids != pad].mean()


def _bits(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return nats_per_token(logits, ids, pad) / math.log(2)


def _per_sentence(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return _each(logits, ids)[ids != pad].sum() / len(ids)


def _zero_times_infinity(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    real = ids != pad
    return (_each(logits, ids) * real).sum() / real.sum()


def _no_softmax(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return -logits.gather(-1, ids[..., None]).squeeze(-1)[ids != pad].mean()


def _softmax_then_log(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return -logits.softmax(-1).gather(-1, ids[..., None]).squeeze(-1)[ids != pad].log().mean()


def _exponentials_divided(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    weights = logits.exp()
    p = weights / weights.sum(-1, keepdim=True)
    return -p.gather(-1, ids[..., None]).squeeze(-1)[ids != pad].log().mean()


def _exponentials_summed(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    nats = logits.exp().sum(-1).log() - logits.gather(-1, ids[..., None]).squeeze(-1)
    return nats[ids != pad].mean()


def _no_gradient(logits: Tensor, ids: Tensor, pad: int) -> Tensor:
    return nats_per_token(logits, ids, pad).detach()


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, ids: list[list[int]], vocab: int, pad: int = 0, impossible: int | None = None) -> Case:
        table = torch.tensor(ids)
        logits = 2 * torch.randn(*table.shape, vocab, generator=generator)
        if impossible is not None:
            logits[..., impossible] = -torch.inf
        return Case(says, lambda: (logits.clone(), table.clone(), pad))

    def far(says: str, score: float) -> Case:
        logits = torch.zeros(1, 3, 4)
        logits[0, 0, 2] = score
        return Case(says, lambda: (logits.clone(), torch.tensor([[2, 1, 0]]), 0))

    def in_training() -> tuple:
        ids = torch.tensor([[2, 3, 1, 0], [3, 1, 0, 0]])
        leaf = torch.linspace(-1, 1, 40).sin().view(2, 4, 5).requires_grad_()
        return leaf.clone(), ids, 0  # no leaf, so that it may be written into

    return [
        case("one word and its end on a canvas of 3, V = 3", [[2, 1, 0]], 3),
        case("sentences of 1 and 3 words on a canvas of 4, V = 5", [[4, 1, 0, 0], [2, 3, 4, 1]], 5),
        case("B = L = V = 4", [[2, 3, 1, 0], [3, 1, 0, 0], [2, 2, 3, 1], [2, 1, 0, 0]], 4),
        case("a network that gives [PAD] the logit −inf", [[2, 3, 2, 1, 0], [3, 1, 0, 0, 0]], 4, impossible=0),
        case("a network that rules out the word 3, which comes", [[2, 3, 2, 1], [2, 1, 0, 0]], 4, impossible=3),
        far("a word that comes and has the logit −120, all others 0", -120.0),
        far("a word that comes and has the logit 120, all others 0", 120.0),
        Case("logits of a network that is being trained (they have a gradient)", in_training),
        case("pad = 3", [[2, 4, 1, 3], [4, 1, 3, 3], [2, 1, 3, 3]], 5, pad=3),
    ]


def _observe(result: Any, arguments: tuple) -> Seen:
    logits, ids, pad = arguments
    asked = logits.gather(-1, ids[..., None]).squeeze(-1)[ids != pad]
    value = torch.as_tensor(result).detach().double()
    if asked.isfinite().all() and bool((asked.abs() > 60).any()):
        # what is got in place of the right figure depends on the wording, so only its kind is seen
        near = torch.isclose(value, torch.tensor(_by_loops(*arguments), dtype=torch.float64), rtol=1e-5, atol=1e-5)
        return {
            "a finite figure (1: yes)": value.isfinite().double(),
            "the right figure for scores that are far apart (1: yes)": near.double(),
        }
    if logits.requires_grad:
        slope = isinstance(result, Tensor) and result.requires_grad
        return {"nats per token": value, "a tensor through which gradients flow (1: yes)": torch.tensor(float(slope))}
    if not asked.isneginf().any():
        return {"nats per token": value}
    # what a floor puts in the place of infinity depends on the floor, so only «infinite or not» is seen
    return {"infinite, since a word that comes was ruled out (1: yes)": value.isposinf().double()}


def _truth(logits: Tensor, ids: Tensor, pad: int) -> Seen:
    value = torch.tensor(_by_loops(logits, ids, pad), dtype=torch.float64)
    if logits.requires_grad:
        value.requires_grad_()
    return _observe(value, (logits, ids, pad))


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


def _ruled_out_is_infinite(answer: Callable) -> str | None:
    logits = torch.zeros(1, 2, 3)
    logits[0, 0, 2] = -torch.inf
    got = float(answer(logits, torch.tensor([[2, 1]]), 0))
    if got == math.inf:
        return None
    return f"A model that rules out a word which comes pays infinitely much for it. Yours says {got:.4g}."


def _far_apart(answer: Callable) -> str | None:
    for score, want in ((-120.0, 120 + math.log(2)), (120.0, 0.0)):
        logits = torch.tensor([[[0.0, score, 0.0]]])
        got = float(answer(logits, torch.tensor([[1]]), 0))
        if not math.isclose(got, want, rel_tol=1e-4, abs_tol=1e-4):
            return (
                f"The logits 0, {score:.0f}, 0 are in float32, and the word 1 comes. It costs {want:.4g} nats. Yours "
                f"says {got:.4g}."
            )
    return None


def _a_gradient_comes_back(answer: Callable) -> str | None:
    got = answer(torch.zeros(1, 2, 3).requires_grad_(), torch.tensor([[2, 1]]), 0)
    if isinstance(got, Tensor) and got.requires_grad:
        return None
    what = "a tensor without a gradient" if isinstance(got, Tensor) else "a plain number"
    return f"This figure is the loss of a training: gradients must flow through it to the logits. Yours is {what}."


EXERCISE = Exercise(
    key="before.nats_per_token",
    minutes=10,
    difficulty=1,
    idea="A model's loss is its mean surprise, over exactly the tokens that it was asked for.",
    established="Your figure counts every token once, its end too, and nothing behind it.",
    reference=nats_per_token,
    cases=_cases,
    observe=_observe,
    truth=_truth,
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
            "mean_of_products",
            _mean_of_products,
            "You took the mean of each sentence and then the mean of these, so a word of a short sentence counts for "
            "more. And you multiplied by a mask: where [PAD] has probability 0 that is 0 · ∞, which is nan.",
            "Put all tokens of the batch into one heap, nats[ids != pad], and take one mean.",
        ),
        Mistake(
            "words_as_places",
            _words_as_places,
            "You gave logits [B, L, V] to F.cross_entropy, which looks for the words on axis 1, where the "
            "places stand. Where L and V differ it complains; where they are equal the "
            "number is wrong and nothing is said.",
            "Make one long list of tokens first: F.cross_entropy(logits.flatten(0, 1), ids.flatten(), …).",
        ),
        Mistake(
            "words_as_places_with_padding",
            _words_as_places_with_padding,
            "You gave logits [B, L, V] to F.cross_entropy, which looks for the words on axis 1, where the "
            "places stand. And it counts the padding, unless it is told to ignore it.",
            "F.cross_entropy(logits.flatten(0, 1), ids.flatten(), ignore_index=pad).",
        ),
        Mistake(
            "softmax_over_places",
            _softmax_over_places,
            "You took the softmax over axis 1, the places. So the scores of one word at all places sum to 1, where the "
            "scores of all words at one place should.",
            "Take it over the words, the last axis: log_softmax(-1).",
        ),
        Mistake(
            "floored",
            _floored,
            "Your figure stays finite where a model rules out a word which comes, as a clamp or a tiny number added "
            "before the logarithm makes it. It is infinite.",
            "Use log_softmax(-1), which needs no help at 0, and leave infinity standing.",
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
        Mistake(
            "softmax_then_log",
            _softmax_then_log,
            "Where a probability is too small for float32, you get an infinite price: a softmax whose logarithm is "
            "taken afterwards has rounded it to 0.",
            "Take log_softmax(-1), which never forms the small probability.",
        ),
        Mistake(
            "exponentials_divided",
            _exponentials_divided,
            "At logits of ±120 your figure is not finite: in float32 e^120 is inf and e^−120 is 0, whatever is done "
            "with them afterwards.",
            "Take log_softmax(-1), which subtracts the largest logit first.",
        ),
        Mistake(
            "exponentials_summed",
            _exponentials_summed,
            "At a logit of 120 your figure is not finite: in float32 e^120 is inf, and so is the sum it stands in.",
            "Take logsumexp(-1) or log_softmax(-1), which subtract the largest logit first.",
        ),
        Mistake(
            "no_gradient",
            _no_gradient,
            "The figure is right, but no gradient flows through it: it is a plain number or was detached from the "
            "logits. A network can't be trained with it.",
            "Return the tensor itself, without float(), .item(), .detach() or torch.no_grad().",
        ),
    ),
    equivalents=(_by_cross_entropy, _by_a_filled_mask, _by_one_hot),
    laws=(
        _a_guesser_pays_ln_v,
        _who_is_right_pays_nothing,
        _nothing_after_the_end,
        _every_token_once,
        _ruled_out_is_infinite,
        _far_apart,
        _a_gradient_comes_back,
    ),
)
