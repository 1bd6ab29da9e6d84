"""Exercise: writing sentences, one word after another."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.frequencies import as_frequencies, by_sentence, frequencies, whole
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

Next = Callable[[Tensor], Tensor]
"""next_logits(words so far [n, i]) -> scores of the word at place i, [n, V]."""


def sample_left_to_right(
    next_logits: Next, n: int, L: int, end: int, pad: int, temperature: float, generator: torch.Generator
) -> Tensor:
    """Draw n sentences [n, L] word by word; `pad` stands behind each one's `end`."""
    ids = torch.full((n, L), pad)
    ended = torch.zeros(n, dtype=torch.bool)
    for i in range(L):
        p = (next_logits(ids[:, :i]) / temperature).softmax(-1)
        words = torch.multinomial(p, 1, generator=generator).squeeze(1)
        ids[:, i] = torch.where(ended, pad, words)
        ended |= words == end
    return ids


class Toy:
    """A network of 4 words whose every score depends on all words so far, and on how many there are."""

    def __init__(self, lift: float, generator: torch.Generator, pad: int) -> None:
        # one row of scores for each beginning of up to 3 of the 4 words
        self.scores = torch.randn(85, 4, generator=generator, dtype=torch.float64) + lift
        self.scores[:, pad] = -40.0 if lift <= 0 else 0.0  # never drawn, yet a number
        self.vocab = 4

    def __call__(self, ids: Tensor) -> Tensor:
        """Scores [n, 4] of the word after `ids` [n, i]."""
        row = torch.zeros(len(ids), dtype=torch.long)
        for place in range(ids.shape[1]):
            row = 4 * row + ids[:, place] + 1
        return self.scores[row].clone()


class Brief:
    """A network that says one word and then ends, for certain: every sentence is shorter than its canvas."""

    vocab = 4

    def __init__(self, word: int, end: int) -> None:
        self.word, self.end = word, end

    def __call__(self, ids: Tensor) -> Tensor:
        """Scores [n, 4] of the word after `ids` [n, i]."""
        scores = torch.full((len(ids), 4), -200.0)
        scores[:, self.word if ids.shape[1] == 0 else self.end] = 200.0
        return scores


def _law(
    next_logits: Toy | Brief, n: int, L: int, end: int, pad: int, temperature: float, generator: torch.Generator
) -> Seen:
    del generator
    if n == 1:
        return {"places of the one sentence": torch.tensor(float(L))}
    law = torch.zeros((4,) * L, dtype=torch.float64)
    for words in itertools.product(range(4), repeat=L):
        p, ended = 1.0, False
        for i, word in enumerate(words):
            if ended:
                p *= word == pad
            else:
                scores = [s / temperature for s in next_logits(torch.tensor([words[:i]], dtype=torch.long))[0].tolist()]
                p *= math.exp(scores[word]) / sum(math.exp(s) for s in scores)
            ended |= word == end
        law[words] += p
    return by_sentence(as_frequencies(law), 4, L)


def _observe(result: Any, arguments: tuple) -> Seen:
    ids, vocab = whole(torch.as_tensor(result)), arguments[0].vocab
    if len(ids) == 1:  # one draw has no shares
        return {"places of the one sentence": torch.tensor(float(ids.shape[1]))}
    return by_sentence(frequencies(ids, vocab), vocab, ids.shape[1])


def _argmax(next_logits, n, L, end, pad, temperature, generator):
    ids, ended = torch.full((n, L), pad), torch.zeros(n, dtype=torch.bool)
    for i in range(L):
        words = next_logits(ids[:, :i]).argmax(-1)
        ids[:, i] = torch.where(ended, pad, words)
        ended |= words == end
    return ids


def _multinomial_on_logits(next_logits, n, L, end, pad, temperature, generator):
    ids, ended = torch.full((n, L), pad), torch.zeros(n, dtype=torch.bool)
    for i in range(L):
        words = torch.multinomial(next_logits(ids[:, :i]) / temperature, 1, generator=generator)[:, 0]
        ids[:, i] = torch.where(ended, pad, words)
        ended |= words == end
    return ids


def _temperature_multiplied(next_logits, n, L, end, pad, temperature, generator):
    return sample_left_to_right(next_logits, n, L, end, pad, 1 / temperature, generator)


def _probabilities_divided(next_logits, n, L, end, pad, temperature, generator):
    def scaled(ids: Tensor) -> Tensor:
        return next_logits(ids).softmax(-1) / temperature

    return sample_left_to_right(scaled, n, L, end, pad, 1.0, generator)


def _first_end_stops_all(next_logits, n, L, end, pad, temperature, generator):
    ids = torch.full((n, L), pad)
    for i in range(L):
        p = (next_logits(ids[:, :i]) / temperature).softmax(-1)
        ids[:, i] = torch.multinomial(p, 1, generator=generator)[:, 0]
        if (ids[:, i] == end).any():
            break
    return ids


def _cut_short(next_logits, n, L, end, pad, temperature, generator):
    ids, ended = torch.full((n, L), pad), torch.zeros(n, dtype=torch.bool)
    for i in range(L):
        p = (next_logits(ids[:, :i]) / temperature).softmax(-1)
        words = torch.multinomial(p, 1, generator=generator)[:, 0]
        ids[:, i] = torch.where(ended, pad, words)
        ended |= words == end
        if ended.all():
            return ids[:, : i + 1]
    return ids


def _sees_its_own_place(next_logits, n, L, end, pad, temperature, generator):
    ids, ended = torch.full((n, L), pad), torch.zeros(n, dtype=torch.bool)
    for i in range(L):
        p = (next_logits(ids[:, : i + 1]) / temperature).softmax(-1)
        words = torch.multinomial(p, 1, generator=generator)[:, 0]
        ids[:, i] = torch.where(ended, pad, words)
        ended |= words == end
    return ids


def _writes_behind_the_end(next_logits, n, L, end, pad, temperature, generator):
    ids = torch.full((n, L), pad)
    for i in range(L):
        p = (next_logits(ids[:, :i]) / temperature).softmax(-1)
        ids[:, i] = torch.multinomial(p, 1, generator=generator)[:, 0]
    return ids


def _end_overwritten(next_logits, n, L, end, pad, temperature, generator):
    ids = sample_left_to_right(next_logits, n, L, end, pad, temperature, generator)
    return torch.where(ids == end, pad, ids)


def _grows_a_list(next_logits, n, L, end, pad, temperature, generator):
    ids = torch.zeros(n, 0, dtype=torch.long)
    for _ in range(L):
        p = torch.exp((next_logits(ids) / temperature).log_softmax(-1))
        words = torch.multinomial(p, 1, generator=generator)
        words[(ids == end).any(1)] = pad
        ids = torch.cat([ids, words], 1)
    return ids


def _stops_when_all_have_ended(next_logits, n, L, end, pad, temperature, generator):
    ids = torch.full((n, L), pad)
    for i in range(L):
        open_rows = ~(ids[:, :i] == end).any(1)
        if not open_rows.any():
            break
        p = (next_logits(ids[open_rows, :i]) / temperature).softmax(-1)
        ids[open_rows, i] = torch.multinomial(p, 1, generator=generator).squeeze(1)
    return ids


def _by_gumbel(next_logits, n, L, end, pad, temperature, generator):
    ids, ended = torch.full((n, L), pad), torch.zeros(n, dtype=torch.bool)
    for i in range(L):
        logits = next_logits(ids[:, :i]).double()
        u = torch.rand(logits.shape, generator=generator, dtype=torch.float64)
        words = (logits / temperature - (-u.log()).log()).argmax(-1)
        ids[:, i] = torch.where(ended, pad, words)
        ended |= words == end
    return ids


def _cut_afterwards(next_logits, n, L, end, pad, temperature, generator):
    ids = _writes_behind_the_end(next_logits, n, L, end, pad, temperature, generator)
    behind = (ids == end).long().cumsum(1) - (ids == end).long() > 0
    return ids.masked_fill(behind, pad)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, length: int, end: int, pad: int, temperature: float, lift: float) -> Case:
        toy = Toy(lift, generator, pad)

        def arguments() -> tuple:
            return toy, 20_000, length, end, pad, temperature, torch.Generator().manual_seed(7)

        return Case(says, arguments)

    def brief(says: str, rows: int) -> Case:
        return Case(says, lambda: (Brief(2, 1), rows, 4, 1, 0, 1.0, torch.Generator().manual_seed(7)))

    return [
        case("20,000 sentences on a canvas of 2, temperature 1", 2, 1, 0, 1.0, -3.0),
        case("20,000 sentences on a canvas of 3, temperature ½", 3, 1, 0, 0.5, -3.0),
        # all scores positive: there multinomial takes them without complaint
        case("20,000 sentences on a canvas of 3, temperature 2, end = 3, pad = 1", 3, 3, 1, 2.0, 30.0),
        brief("20,000 sentences that all end after one word, on a canvas of 4", 20_000),
        brief("1 sentence that ends after one word, on a canvas of 4", 1),
    ]


def _two_words(answer: Callable, temperature: float, rows: int = 4000) -> Tensor:
    scores = torch.tensor([-30.0, -30.0, math.log(3), 0.0])
    generator = torch.Generator().manual_seed(1)
    return answer(lambda ids: scores.repeat(len(ids), 1), rows, 1, 1, 0, temperature, generator)


def _nine_to_one(answer: Callable) -> str | None:
    share = float((_two_words(answer, 0.5) == 2).double().mean())
    if abs(share - 0.9) < 0.03:
        return None
    return (
        "Two words have the logits ln 3 and 0. Divided by the temperature ½ these are ln 9 and 0: probabilities 0.9 "
        f"and 0.1. In your 4000 draws the first word had the share {share:.3g}."
    )


def _padding_behind_the_end(answer: Callable) -> str | None:
    scores = torch.tensor([-30.0, 0.0, 0.0])
    ids = answer(lambda ids: scores.repeat(len(ids), 1), 200, 4, 1, 0, 1.0, torch.Generator().manual_seed(1))
    for row in ids.tolist():
        if 1 in row and any(word != 0 for word in row[row.index(1) + 1 :]):
            return f"Behind the end (1) only padding (0) may stand. One of your rows is {row}."
    unfinished = [row for row in ids.tolist() if 1 not in row and 0 in row]
    if unfinished:
        return (
            f"One of your rows is {unfinished[0]}: it breaks off without an end. A row stops when it has drawn its own "
            "end (1), or when the canvas is full."
        )
    return None


def uses_the_generator(draw: Callable[[Callable, torch.Generator], Tensor]) -> Callable[[Callable], str | None]:
    """A remark on answers whose draws do not come from the generator that they are given."""

    def remark(answer: Callable) -> str | None:
        one, two = (draw(answer, torch.Generator().manual_seed(3)) for _ in range(2))
        if torch.equal(one, two):
            return None
        return "Two runs with generators of the same seed differ: draw with `generator=generator`."

    return remark


EXERCISE = Exercise(
    key="before.sample_left_to_right",
    minutes=12,
    difficulty=2,
    idea="The chain rule, read forwards, is a way to draw: each word from its law given those before it.",
    established="Your sampler draws each sentence with the probability that the model gives it.",
    reference=sample_left_to_right,
    cases=_cases,
    observe=_observe,
    truth=_law,
    hints=(
        "Start with a canvas [n, L] full of padding. For each place: ask for scores, make probabilities, draw a word "
        "for each row, remember which rows have ended.",
        "p(word) = softmax(logits / temperature). A row that has drawn its end gets padding from then on; the others "
        "go on.",
        "p = (next_logits(ids[:, :i]) / temperature).softmax(-1); words = torch.multinomial(p, 1, "
        "generator=generator)[:, 0]; ids[:, i] = torch.where(ended, pad, words); ended |= words == end.",
    ),
    mistakes=(
        Mistake(
            "argmax",
            _argmax,
            "You took the most probable word each time. So all sentences are one sentence: that is a search for a "
            "likely one, not a draw.",
            "Draw from the probabilities, with torch.multinomial.",
        ),
        Mistake(
            "multinomial_on_logits",
            _multinomial_on_logits,
            "You gave the logits to torch.multinomial, which takes them for weights. Logits are logarithms; the "
            "weights are their exponentials.",
            "Apply softmax(-1) first.",
        ),
        Mistake(
            "temperature_multiplied",
            _temperature_multiplied,
            "You multiplied by the temperature. A low temperature should make the draws colder, that is surer, and "
            "yours become wilder.",
            "Divide the logits by the temperature.",
        ),
        Mistake(
            "probabilities_divided",
            _probabilities_divided,
            "You divided the probabilities by the temperature and made probabilities of them once more. The "
            "temperature belongs to the logits, before the one softmax.",
            "(logits / temperature).softmax(-1), and no second softmax.",
        ),
        Mistake(
            "first_end_stops_all",
            _first_end_stops_all,
            "The first row that ended stopped all rows. So almost every sentence is cut off as early as the shortest.",
            "Keep a flag for each row, and go on until the canvas is full or all rows have ended.",
        ),
        Mistake(
            "cut_short",
            _cut_short,
            "You stopped when all rows had ended, and returned what was written so far. The canvas has L places, and "
            "whoever calls you counts on them.",
            "Stop early if you like, and return [n, L]: the places behind the ends hold pad.",
        ),
        Mistake(
            "sees_its_own_place",
            _sees_its_own_place,
            "You showed the network one column too many: the place that is to be written, still padding. It answers "
            "for the place after it.",
            "At place i the words so far are ids[:, :i].",
        ),
        Mistake(
            "writes_behind_the_end",
            _writes_behind_the_end,
            "Your rows go on after their end. What stands there is no part of the sentence.",
            "Remember which rows have drawn `end`, and give them `pad` from then on.",
        ),
        Mistake(
            "end_overwritten",
            _end_overwritten,
            "The end itself is padding in your rows. It is the last word of the sentence and stays.",
            "Note that a row has ended after the word was written, not before.",
        ),
    ),
    equivalents=(_grows_a_list, _stops_when_all_have_ended, _by_gumbel, _cut_afterwards),
    laws=(_nine_to_one, _padding_behind_the_end),
    remarks=(
        uses_the_generator(
            lambda answer, generator: answer(lambda ids: torch.zeros(len(ids), 9), 40, 6, 1, 0, 1.0, generator)
        ),
    ),
)
