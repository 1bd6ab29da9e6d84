"""Exercise: hide words, each by itself."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.sample_left_to_right import uses_the_generator
from textdiff_lite.course.catalogue.mask import places
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

WORDS = 12  # the words of the cases are 1 … 11, so that 0 is another word wherever it stands


def hide(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    """Hide each place of x0 [B, L] by itself: it keeps its word with probability a_t, else it becomes mask.

    a_t is [B, 1], one probability a row, or [B, L]. x0 is not changed. With a_t = 0.25 and rows of 4 places, one place
    keeps its word on average, and 0.75⁴ = 32 % of the rows keep none.
    """
    kept = torch.rand(x0.shape, generator=generator) < a_t
    return torch.where(kept, x0, mask)


def _by_bernoulli(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    hidden = torch.bernoulli((1 - a_t.double()).expand(x0.shape), generator=generator).bool()
    return x0.masked_fill(hidden, mask)


def _by_loops(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    keep, luck = a_t.expand(x0.shape).tolist(), torch.rand(x0.shape, generator=generator).tolist()
    return torch.tensor(
        [
            [word if u < a else mask for word, a, u in zip(*row, strict=True)]
            for row in zip(x0.tolist(), keep, luck, strict=True)
        ]
    )


def _by_arithmetic(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    hidden = (torch.rand(x0.shape, generator=generator, dtype=torch.float64) >= a_t).long()
    return x0 * (1 - hidden) + mask * hidden


def _in_a_copy(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    x = x0.clone()
    x[torch.rand(x0.shape, generator=generator) > a_t] = mask
    return x


def _column_by_column(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    columns = []
    for place in range(x0.shape[1]):
        a = a_t[:, min(place, a_t.shape[1] - 1)]
        columns.append(torch.where(torch.rand(len(x0), generator=generator) < a, x0[:, place], mask))
    return torch.stack(columns, 1)


def _coins(
    x0: Tensor,
    a_t: Tensor,
    mask: int,
    generator: torch.Generator,
    *,
    rows: bool = True,
    columns: bool = True,
    chance: Callable[[Tensor], Tensor] = lambda a: a,
) -> Tensor:
    """The right hiding with one thing wrong: coins for rows or columns alone, or coins that fall otherwise."""
    B, L = x0.shape
    luck = torch.rand(B if rows else 1, L if columns else 1, generator=generator)
    return torch.where(luck < chance(a_t), x0, mask)


def _exact_count(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    turn = torch.rand(x0.shape, generator=generator).argsort(1).argsort(1)
    return torch.where(turn < ((1 - a_t) * x0.shape[1]).round(), mask, x0)


def _first_places(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    del generator
    return torch.where(torch.arange(x0.shape[1]) < ((1 - a_t) * x0.shape[1]).round(), mask, x0)


def _last_places(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    del generator
    return torch.where(torch.arange(x0.shape[1]) < (a_t * x0.shape[1]).round(), x0, mask)


def _a_random_word(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    kept = torch.rand(x0.shape, generator=generator) < a_t
    return torch.where(kept, x0, torch.randint(0, mask, x0.shape, generator=generator))


def _zero_for_mask(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    del mask
    return x0 * (torch.rand(x0.shape, generator=generator) < a_t)


def _along_the_places(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    return torch.where(torch.rand(x0.shape, generator=generator) < a_t.squeeze(-1), x0, mask)


STRANGE = "words that are neither those of x0 nor the mask: how many kinds (2: more than one), and which if it is one"
EXACTLY = "the hidden places (1: hidden)"


def _kinds(a_t: Tensor) -> tuple[Tensor, Tensor, list[str]]:
    """The number of the kind of each row, the a_t of each kind, and how they are called."""
    levels, kinds = a_t.unique(dim=0, return_inverse=True)
    says = [f" with a_t = {', '.join(f'{a:g}' for a in row)}" for row in levels.tolist()]
    return kinds, levels, says if len(says) > 1 else [""]


def _certain(a_t: Tensor) -> bool:
    return bool(((a_t == 0) | (a_t == 1)).all())


def _truth(x0: Tensor, a_t: Tensor, mask: int, generator: torch.Generator) -> Seen:
    del mask, generator
    seen: Seen = {STRANGE: torch.zeros(2)}
    if _certain(a_t):
        return seen | {EXACTLY: (1 - a_t).expand(x0.shape)}
    if x0.shape[1] > 4:
        return seen | places.shapes_of_coins(1 - float(a_t[0, 0]))
    _, levels, says = _kinds(a_t)
    return seen | places.law_of_patterns(1 - levels.expand(-1, x0.shape[1]), says)


def _observe(result: Any, arguments: tuple) -> Seen:
    x0, a_t, mask, _ = arguments
    x = places.ids(result)
    strange = x[(x != x0) & (x != mask)].unique().tolist()
    one = float(strange[0]) if len(strange) == 1 else 0.0
    seen: Seen = {STRANGE: torch.tensor([min(len(strange), 2), one])}
    hidden = x == mask
    if _certain(a_t):
        return seen | {EXACTLY: hidden.double()}
    kinds, _, says = _kinds(a_t)
    if x0.shape[1] > 4:
        return seen | places.shapes(hidden, kinds)
    return seen | places.patterns(hidden, kinds, says)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, B: int, L: int, a: list[list[float]]) -> Case:
        x0 = torch.randint(1, WORDS, (B, L), generator=generator)
        a_t = torch.tensor(a).repeat(-(-B // len(a)), 1)[:B]

        def arguments() -> tuple:
            return x0.clone(), a_t.clone(), WORDS, torch.Generator().manual_seed(11)

        return Case(says, arguments)

    return [
        case("rows of 2 places by turns with a_t = 1 and 0", 4, 2, [[1.0], [0.0]]),
        case("4000 rows of 4 places, a_t = 0.25", 4000, 4, [[0.25]]),
        case("3000 rows of 4 places, by turns with a_t = 0.75, 0.25, 0.5", 3000, 4, [[0.75], [0.25], [0.5]]),
        case("3000 rows of 4 places, a_t of each place", 3000, 4, [[0.25, 0.75, 0.5, 0.25]]),
        case("60 rows of 1000 places, a_t = 0.5", 60, 1000, [[0.5]]),
        case("6 rows of 6 places, by turns with a_t = 1 and 0", 6, 6, [[1.0], [0.0]]),
    ]


def _run(answer: Callable, B: int, L: int, a: list[float]) -> Tensor:
    x0 = torch.arange(1, L + 1).expand(B, L).clone()
    a_t = torch.tensor(a)[:, None].repeat(B // len(a), 1)
    return answer(x0, a_t, L + 1, torch.Generator().manual_seed(5))


def _words_or_the_mask(answer: Callable) -> str | None:
    x = _run(answer, 50, 8, [0.25])
    for row, place in ((x != 9) & (x != torch.arange(1, 9))).nonzero().tolist():
        return (
            f"A place keeps its word or becomes the mask. In your row {row} place {place} held the word {place + 1}, "
            f"the mask is 9, and now there is {int(x[row, place])}."
        )
    return None


def _the_right_share(answer: Callable) -> str | None:
    for a in (0.25, 1.0, 0.0, 0.8):
        share = float((_run(answer, 500, 8, [a]) == 9).double().mean())
        # rows in which one coin decides for all count 500 only
        if abs(share - (1 - a)) > 0.12 * (0 < a < 1) + 1e-9:
            return f"At a_t = {a:g} you hide {places.percent(share)} of the places; {places.percent(1 - a)} should go."
    return None


def _each_row_its_own(answer: Callable) -> str | None:
    few, many = ((_run(answer, 400, 8, [0.9, 0.1])[row::2] == 9).double().mean() for row in (0, 1))
    if few > 0.3 or many < 0.7:
        return (
            "Of two kinds of rows, a_t = 0.9 and a_t = 0.1, you hide "
            f"{places.percent(few)} and {places.percent(many)} of the places; 10 % and 90 % should go."
        )
    return None


def _rows_differ(answer: Callable) -> str | None:
    hidden = _run(answer, 500, 8, [0.5]) == 9
    if (hidden == hidden[0]).all():
        which = hidden[0].nonzero()[:, 0].tolist()
        return f"All 500 rows hide the same places, {which}. Chance should choose them for each row anew."
    return None


def _places_differ(answer: Callable) -> str | None:
    x = _run(answer, 2000, 2, [0.5]) == 3
    both = float(x.all(1).double().mean())
    if abs(both - 0.25) > 0.06:
        return (
            f"At a_t = 0.5, of rows of two places yours hide both in {places.percent(both)}. If each place has "
            "a coin of its own, it is 25 %."
        )
    hidden = (_run(answer, 2000, 4, [0.25]) == 5).sum(1)
    all_of_them = float((hidden == 4).double().mean())
    if abs(all_of_them - 0.75**4) > 0.06:
        counts = ", ".join(str(n) for n in hidden.unique().tolist())
        return (
            f"At a_t = 0.25, of rows of four places yours hide all four in {places.percent(all_of_them)}; it should be "
            f"0.75⁴ = 32 %. Your rows hide {counts} places: how many go is left to chance too."
        )
    return None


EXERCISE = Exercise(
    key="mask.hide",
    minutes=8,
    difficulty=1,
    idea="Noise for words: a coin for each place decides whether the word is seen or hidden.",
    established="Your noise hides each place by itself, as often as a_t says, and tells nothing false about the rest.",
    reference=hide,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(_words_or_the_mask, _rows_differ, _the_right_share, _each_row_its_own, _places_differ),
    remarks=(
        uses_the_generator(
            lambda answer, generator: answer(torch.ones(9, 9, dtype=torch.long), torch.full((9, 1), 0.5), 2, generator)
        ),
    ),
    hints=(
        "Toss a coin for each place of each row; where it says «keep», the word of x0 stays, elsewhere the mask goes.",
        "torch.rand(x0.shape, generator=generator) is below a_t with probability a_t.",
        "kept = torch.rand(x0.shape, generator=generator) < a_t; then torch.where(kept, …, mask).",
    ),
    mistakes=(
        Mistake(
            "swapped",
            partial(_coins, chance=lambda a: 1 - a),
            "Keeping and hiding are exchanged: a_t is what survives, and you hide with probability a_t.",
            "Keep the word where the random number is below a_t, and put the mask elsewhere.",
        ),
        Mistake(
            "one_coin_a_row",
            partial(_coins, columns=False),
            "One coin decides for a whole row: it is seen whole or hidden whole. From such rows nobody can learn to "
            "fill in a word from its neighbours.",
            "Draw a random number for each place: torch.rand(x0.shape, generator=generator).",
        ),
        Mistake(
            "same_places",
            partial(_coins, rows=False),
            "All rows hide the same places: the coins were tossed for one row and used for all.",
            "Draw a random number for each place of each row: torch.rand(x0.shape, generator=generator).",
        ),
        Mistake(
            "one_fate",
            partial(_coins, rows=False, columns=False),
            "All places of all rows that have one a_t meet one fate: one coin was tossed for the whole batch, or none.",
            "Draw a random number for each place of each row: torch.rand(x0.shape, generator=generator).",
        ),
        Mistake(
            "exact_count",
            _exact_count,
            "Each row hides the same number of places, (1 − a_t) L. On average that is right; but the places are then "
            "not hidden each by itself, and how many go is left to chance too.",
            "Toss a coin for each place, and do not count.",
        ),
        Mistake(
            "first_places",
            _first_places,
            "You hide the first places of each row. Chance should choose them.",
            "Toss a coin for each place of each row.",
        ),
        Mistake(
            "last_places",
            _last_places,
            "You hide the last places of each row. Chance should choose them.",
            "Toss a coin for each place of each row.",
        ),
        Mistake(
            "a_random_word",
            _a_random_word,
            "Where a word goes you put a random word. Then nobody sees which words are still true; that is another "
            "noise. Here the place becomes the mask.",
            "Put `mask` where the word does not survive.",
        ),
        Mistake(
            "zero_for_mask",
            _zero_for_mask,
            "Where a word goes you put 0, as a product with 0 does. 0 is the id of a word.",
            "Put `mask` there, with torch.where or masked_fill.",
        ),
        Mistake(
            "root_of_a",
            partial(_coins, chance=lambda a: a.sqrt()),
            "Each place keeps its word with probability √a_t. The root belongs to numbers, whose variance shrinks by "
            "a_t; of words, the share a_t itself survives.",
            "Compare the random numbers with a_t.",
        ),
        Mistake(
            "first_row_for_all",
            partial(_coins, chance=lambda a: a[:1]),
            "All rows are hidden with the a_t of the first one.",
            "Compare with the whole a_t: [B, 1] meets [B, L] row by row.",
        ),
        Mistake(
            "along_the_places",
            _along_the_places,
            "a_t was squeezed to shape [B], and lies along the places. Where B = L nothing is raised, and each column "
            "gets the a_t of a row.",
            "Leave a_t in its shape, [B, 1].",
        ),
    ),
    equivalents=(_by_bernoulli, _by_loops, _by_arithmetic, _in_a_copy, _column_by_column),
)
