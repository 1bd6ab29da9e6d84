"""Exercise: predict all, reveal some, repeat."""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.frequencies import as_frequencies, frequencies
from textdiff_lite.course.catalogue.before.sample_left_to_right import uses_the_generator
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

Predict = Callable[[Tensor], Tensor]
"""predict(ids [B, L]) -> log-probabilities of the word at every place, [B, L, V]."""


def reveal(predict: Predict, x: Tensor, mask: int, evaluations: int, generator: torch.Generator) -> Tensor:
    """Fill the hidden places of x [B, L] in so many rounds, each row in its own random order."""
    x = x.clone()
    B, L = x.shape
    turn = torch.rand(B, L, generator=generator).argsort(1)  # 0 … L − 1 in random order, for each row
    for k in range(1, evaluations + 1):
        p = predict(x).exp()
        words = torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(B, L)
        now = (x == mask) & (turn * evaluations < k * L)
        x = torch.where(now, words, x)
    return x


class Oracle:
    """What is seen of a language given as one tensor, answered exactly; it remembers what it was shown.

    At a place that is not hidden it names another word on purpose: nobody asked.
    """

    def __init__(self, joint: Tensor, watch: str) -> None:
        self.joint, self.watch = joint, watch
        self.vocab = joint.shape[0]
        self.shown: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        """Give log p(word | what is seen) [B, L, V]."""
        self.shown.append(x.clone())
        sentences = torch.tensor(list(itertools.product(range(self.vocab), repeat=self.joint.ndim)))
        fits = ((x[:, None] == sentences) | (x[:, None] == self.vocab)).all(-1)  # [B, S]
        weights = fits * self.joint.flatten()
        weights = weights / weights.sum(1, keepdim=True)
        words = torch.nn.functional.one_hot(sentences, self.vocab).double()  # [S, L, V]
        belief = torch.einsum("bs,slv->blv", weights, words)
        other = torch.nn.functional.one_hot((x + 1) % self.vocab, self.vocab).double()
        return torch.where((x == self.vocab)[..., None], belief, other).log()


def _truth(predict: Oracle, x: Tensor, mask: int, evaluations: int, generator: torch.Generator) -> Seen:
    """One round writes each place by itself; as many rounds as places follow the language, in whatever order."""
    del generator
    L = x.shape[1]
    seen: Seen = {"places left hidden, a row": torch.zeros((), dtype=torch.float64)}
    if predict.watch == "sentences":
        law = torch.zeros((mask + 1,) * L, dtype=torch.float64)
        for words in itertools.product(range(mask), repeat=L):
            if all(seen_word in (mask, word) for seen_word, word in zip(x[0].tolist(), words, strict=True)):
                alone = [predict.joint.movedim(i, 0)[word].sum() for i, word in enumerate(words)]
                law[words] = predict.joint[words] if evaluations > 1 else torch.stack(alone).prod()
        return seen | {"share of each sentence": as_frequencies(law / law.sum())}
    sizes = sorted(L // evaluations + (1 if k < L % evaluations else 0) for k in range(evaluations))
    return seen | {
        "calls of predict": torch.tensor(float(evaluations)),
        "places revealed in a round, in order of size": torch.tensor(sizes, dtype=torch.float64),
        "rows that hide other places than the first row after a round (1: there are)": torch.tensor(1.0),
        "words changed that were given or revealed (1: there are)": torch.tensor(0.0),
    }


def _observe(result: Any, arguments: tuple) -> Seen:
    predict, _, mask, _, _ = arguments
    seen: Seen = {"places left hidden, a row": (result == mask).double().sum(1).mean()}
    if predict.watch == "sentences":
        return seen | {"share of each sentence": frequencies(result, mask + 1)}
    states = [*predict.shown, result]
    hidden = torch.stack([(state == mask).sum(1).double() for state in states])  # [calls + 1, B]
    sizes = (hidden[:-1] - hidden[1:]).sort(0).values.mean(1)
    after_one = states[1] == mask
    changed = [((a != mask) & (a != b)).any() for a, b in itertools.pairwise(states)]
    return seen | {
        "calls of predict": torch.tensor(float(len(predict.shown))),
        "places revealed in a round, in order of size": sizes,
        # how many of the others differ depends on luck; whether any does, does not
        "rows that hide other places than the first row after a round (1: there are)": (after_one != after_one[0])
        .any()
        .double(),
        "words changed that were given or revealed (1: there are)": torch.stack(changed).any().double(),
    }


def _draw(log_p: Tensor, generator: torch.Generator) -> Tensor:
    return torch.multinomial(log_p.exp().flatten(0, 1), 1, generator=generator).view(log_p.shape[:2])


def _rounds(
    predict: Predict,
    x: Tensor,
    mask: int,
    evaluations: int,
    generator: torch.Generator,
    *,
    reuse: bool = False,
    redraw: bool = False,
    one_order: bool = False,
    lose_the_rest: bool = False,
    likeliest: bool = False,
    overwrite: bool = False,
) -> Tensor:
    """The loop with one thing wrong."""
    x, (B, L) = x.clone(), x.shape
    turn = torch.rand(1 if one_order else B, L, generator=generator).argsort(1).expand(B, L)
    first = predict(x) if reuse else None
    for k in range(1, evaluations + 1):
        belief = predict(x) if first is None else first
        words = belief.argmax(-1) if likeliest else _draw(belief, generator)
        due = turn < k * (L // evaluations) if lose_the_rest else turn * evaluations < k * L
        late = turn * evaluations >= (k - 1) * L
        now = due if redraw else due & late if overwrite else due & (x == mask)
        x = torch.where(now, words, x)
    return x


def _all_in_the_last_round(predict, x, mask, evaluations, generator):
    for _ in range(evaluations):
        words = _draw(predict(x), generator)
    return torch.where(x == mask, words, x)


def _one_place_at_a_time(predict, x, mask, evaluations, generator):
    x, (B, L) = x.clone(), x.shape
    order = torch.rand(B, L, generator=generator).argsort(1)
    for k in range(evaluations):
        mine = order[:, k * L // evaluations : (k + 1) * L // evaluations]
        words = _draw(predict(x), generator)
        for place in mine.unbind(1):
            rows = torch.arange(B)
            hidden = x[rows, place] == mask
            x[rows[hidden], place[hidden]] = words[rows[hidden], place[hidden]]
    return x


def _by_ranks_of_what_is_left(predict, x, mask, evaluations, generator):
    x = x.clone()
    for left in range(evaluations, 0, -1):
        log_p = predict(x)
        cdf = log_p.double().exp().cumsum(-1)
        u = torch.rand(x.shape, generator=generator, dtype=torch.float64)
        words = torch.searchsorted(cdf, u[..., None] * cdf[..., -1:], right=True)[..., 0]
        count = -(-(x == mask).sum(1) // left)
        keys = torch.rand(x.shape, generator=generator).masked_fill(x != mask, 2.0)
        rank = keys.argsort(1).argsort(1)
        now = (rank < count[:, None]) & (x == mask)
        x[now] = words[now]
    return x


def _row_by_row(predict, x, mask, evaluations, generator):
    rows, (_, L) = x.clone(), x.shape
    orders = [torch.randperm(L, generator=generator).tensor_split(evaluations) for _ in rows]
    for k in range(evaluations):
        p = predict(rows.clone()).exp()
        for row, order, belief in zip(rows, orders, p, strict=True):
            places = order[k][row[order[k]] == mask]
            if len(places):
                row[places] = torch.multinomial(belief[places], 1, generator=generator)[:, 0]
    return rows


def _cases(generator: torch.Generator) -> list[Case]:
    def language(V: int, L: int) -> Tensor:
        # cubed, so that the places depend on each other
        weights = torch.rand((V,) * L, generator=generator, dtype=torch.float64) ** 3
        return weights / weights.sum()

    def case(says: str, joint: Tensor, rows: int, evaluations: int, watch: str, given: tuple[int, ...] = ()) -> Case:
        V, L = joint.shape[0], joint.ndim

        def arguments() -> tuple:
            x = torch.full((rows, L), V)
            x[:, : len(given)] = torch.tensor(given, dtype=torch.long)
            return Oracle(joint, watch), x, V, evaluations, torch.Generator().manual_seed(11)

        return Case(says, arguments)

    pair = torch.tensor([[0.5, 0.02, 0.03], [0.02, 0.2, 0.0], [0.03, 0.0, 0.2]], dtype=torch.float64)
    three = language(2, 3)
    return [
        case("4000 sentences of 2 places, V = 3, 1 evaluation", pair, 4000, 1, "sentences"),
        case("4000 sentences of 2 places, V = 3, 2 evaluations", pair, 4000, 2, "sentences"),
        case("4000 sentences of 3 places, the first given, 3 evaluations", three, 4000, 3, "sentences", (1,)),
        case("4000 sentences of 3 places, V = 2, 3 evaluations", three, 4000, 3, "sentences"),
        case("50 sentences of 4 places in 2 rounds", language(2, 4), 50, 2, "rounds"),
        case("50 sentences of 5 places in 2 rounds", language(2, 5), 50, 2, "rounds"),
        case("50 sentences of 5 places in 3 rounds", language(2, 5), 50, 3, "rounds"),
    ]


class _Flat:
    """Every word of 3 equally likely, everywhere; it remembers what it was shown. The mask is 3."""

    def __init__(self) -> None:
        self.shown: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.shown.append(x.clone())
        return torch.full((*x.shape, 3), -math.log(3))


def _run(answer: Callable, length: int, evaluations: int, seed: int = 5) -> tuple[list[Tensor], Tensor]:
    flat = _Flat()
    result = answer(flat, torch.full((20, length), 3), 3, evaluations, torch.Generator().manual_seed(seed))
    return flat.shown, result


def _nothing_is_left(answer: Callable) -> str | None:
    _, result = _run(answer, 7, 3)
    left = (result == 3).sum(1)
    if int(left.max()) == 0:
        return None
    return f"7 places in 3 evaluations: {int(left.max())} of the places are still hidden at the end."


def _one_call_a_round(answer: Callable) -> str | None:
    shown, _ = _run(answer, 6, 3)
    if len(shown) == 3:
        return None
    times = "once" if len(shown) == 1 else f"{len(shown)} times"
    return f"3 evaluations are asked for, and your function calls predict {times}."


def _what_is_revealed_stays(answer: Callable) -> str | None:
    shown, result = _run(answer, 6, 3)
    for before, after in itertools.pairwise([*shown, result]):
        gone = (before != 3) & (before != after)
        if gone.any():
            row, place = gone.nonzero()[0].tolist()
            return (
                f"A word that is revealed stays. In your row {row} the word at place {place} was "
                f"{int(before[row, place])} in one round and {int(after[row, place])} in the next."
            )
    return None


def _even_rounds(answer: Callable) -> str | None:
    shown, result = _run(answer, 7, 3)
    hidden = [(state == 3).sum(1).tolist() for state in [*shown, result]]
    for row in zip(*hidden, strict=True):
        sizes = [a - b for a, b in itertools.pairwise(row)]
        if sorted(sizes) != [2, 2, 3]:
            text = " + ".join(map(str, sizes))
            return f"7 places in 3 rounds are 2, 2 and 3 places, in some order. One of your rows reveals {text}."
    return None


def _the_last_word_knows_the_others(answer: Callable) -> str | None:
    # «a a» or «b b»: in two rounds the second place must follow the first
    oracle = Oracle(torch.tensor([[0.5, 0.0], [0.0, 0.5]], dtype=torch.float64), "sentences")
    result = answer(oracle, torch.full((400, 2), 2), 2, 2, torch.Generator().manual_seed(5))
    share = float((result[:, 0] == result[:, 1]).double().mean())
    if share < 1:
        return (
            "The language has two sentences, «a a» and «b b». In two rounds the second word can follow the first; "
            f"{share:.0%} of yours agree."
        )
    a = float((result == 0).double().mean())
    if 0.35 < a < 0.65:
        return None
    return f"The language has two sentences, «a a» and «b b», equally likely. Of yours {a:.0%} are «a a»."


EXERCISE = Exercise(
    key="before.reveal",
    minutes=20,
    difficulty=3,
    idea="The loop under every masked diffusion model: predict all places, keep some, look again.",
    established="Your loop writes a sentence in as many looks as you choose, and each look sees all that is settled.",
    reference=reveal,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    hints=(
        "Give every place of every row a random turn from 0 to L − 1. In round k those are due whose turn is small "
        "enough, and that are still hidden.",
        "After round k of n, all places with turn < k · L / n are revealed. In a round: predict, draw a word for every "
        "place, keep the draws of the places that are due.",
        "turn = torch.rand(B, L, generator=generator).argsort(1); in round k: now = (x == mask) & (turn * evaluations "
        "< k * L); x = torch.where(now, words, x), with words drawn by torch.multinomial from predict(x).exp().",
    ),
    mistakes=(
        Mistake(
            "first_prediction_reused",
            partial(_rounds, reuse=True),
            "You asked predict once, before the loop. So later words do not know what the earlier ones are, and the "
            "rounds buy nothing.",
            "Call predict(x) in every round.",
        ),
        Mistake(
            "revealed_redrawn",
            partial(_rounds, redraw=True),
            "You drew the words that were already revealed again in each round. What the other words were made to "
            "fit is then gone.",
            "Change a place only where x == mask.",
        ),
        Mistake(
            "one_order_for_all",
            partial(_rounds, one_order=True),
            "All your rows reveal the same places in the same round. A batch is then drawn with one order, not many.",
            "Draw an order for each row: torch.rand(B, L, generator=generator).argsort(1).",
        ),
        Mistake(
            "rest_left_hidden",
            partial(_rounds, lose_the_rest=True),
            "You revealed L // n places in each round. Where n does not divide L, the rest stays hidden.",
            "After round k as many as k · L / n places must be revealed: compare turn * n with k * L.",
        ),
        Mistake(
            "argmax",
            partial(_rounds, likeliest=True),
            "You took the most probable word in place of drawing one. So rare words never come, and most of the "
            "language is never written.",
            "Draw the words, with torch.multinomial.",
        ),
        Mistake(
            "given_overwritten",
            partial(_rounds, overwrite=True),
            "You wrote over words that were given at the start. Only hidden places are to be filled.",
            "A place is due if its turn has come and x == mask.",
        ),
        Mistake(
            "all_in_the_last_round",
            _all_in_the_last_round,
            "You called predict in every round, but revealed nothing before the last. So each look saw the same.",
            "Reveal about L / n places in each round, before predict is called again.",
        ),
    ),
    equivalents=(_one_place_at_a_time, _by_ranks_of_what_is_left, _row_by_row),
    laws=(
        _nothing_is_left,
        _one_call_a_round,
        _what_is_revealed_stays,
        _even_rounds,
        _the_last_word_knows_the_others,
    ),
    remarks=(uses_the_generator(lambda answer, generator: answer(_Flat(), torch.full((20, 6), 3), 3, 3, generator)),),
    needs=("before.sample_left_to_right",),
)
