"""Exercise: a belief that must be a word."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.vectors.nearest import (
    city_block,
    cosine,
    dot_product,
    nearest,
    words_and_places,
)
from textdiff_lite.course.exercise import Case, Exercise, Mistake


def clamp(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    """The vector of the nearest word in place of each belief, in the rows whose time t is `below` or less.

    x0_hat [B, L, D] are beliefs, table [V, D] holds the vector of each word, t is [B, 1]. Rows with t > below stay as
    they are. With the words (1, 0) and (3, 1) and below = 0.2, the belief (1.5, 0.4) becomes (1, 0) at t = 0.2, and is
    left at t = 0.3. Source: Li et al. 2022 (2205.14217), section 4.4.
    """
    words = table[nearest(x0_hat, table)]
    return torch.where((t <= below)[..., None], words, x0_hat)


def _by_loops(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    """A truth without broadcasting: vector by vector."""
    out = x0_hat.clone()
    for row, time in enumerate(t[:, 0].tolist()):
        for place in range(x0_hat.shape[1]):
            if time <= below:
                distances = [torch.dist(x0_hat[row, place], e).item() for e in table]
                out[row, place] = table[distances.index(min(distances))]
    return out


def _only_those_rows(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    out, late = x0_hat.clone(), t[:, 0] <= below
    if late.any():
        out[late] = table[torch.cdist(x0_hat[late].flatten(0, 1), table).argmin(-1)].view(out[late].shape)
    return out


def _by_a_mix(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    near = torch.nn.functional.one_hot(nearest(x0_hat, table), len(table)).to(table) @ table
    stays = (t > below).to(table).view(-1, 1, 1)
    return stays * x0_hat + (1 - stays) * near


def _in_float32(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    x0_hat, table = x0_hat.float(), table.float()
    words = torch.einsum("blv,vd->bld", torch.nn.functional.one_hot(nearest(x0_hat, table), len(table)).float(), table)
    return torch.stack(
        [word if float(time) <= below else own for word, own, time in zip(words, x0_hat, t, strict=True)]
    )


def _nearest_word(x0_hat: Tensor, table: Tensor) -> Tensor:
    return table[nearest(x0_hat, table)]


def _clamp(
    x0_hat: Tensor,
    table: Tensor,
    t: Tensor,
    below: float,
    *,
    to: Callable[[Tensor, Tensor], Tensor] = _nearest_word,
    where: Callable[[Tensor, float], Tensor] = lambda t, below: t <= below,
    otherwise: Callable[[Tensor], Tensor] = lambda x0_hat: x0_hat,
) -> Tensor:
    """The clamp with one part exchanged: what a belief becomes, in which rows, and what the others become."""
    return torch.where(where(t, below)[..., None], to(x0_hat, table), otherwise(x0_hat))


def _softmax_of_products(x0_hat: Tensor, table: Tensor) -> Tensor:
    return (x0_hat @ table.T).softmax(-1) @ table


def _softmax_of_distances(x0_hat: Tensor, table: Tensor) -> Tensor:
    return (-(x0_hat[..., None, :] - table).square().sum(-1)).softmax(-1) @ table


def _half_way(x0_hat: Tensor, table: Tensor) -> Tensor:
    return (x0_hat + _nearest_word(x0_hat, table)) / 2


def _word_of_the_row(x0_hat: Tensor, table: Tensor) -> Tensor:
    gaps = x0_hat[..., None, :] - table
    return table[gaps.square().sum((1, 3)).argmin(-1)][:, None].expand_as(x0_hat)


def _ids(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    return torch.where(t <= below, nearest(x0_hat, table), -1)


def _along_the_places(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    return torch.where((t[:, 0] <= below)[:, None], _nearest_word(x0_hat, table), x0_hat)


def _along_the_coordinates(x0_hat: Tensor, table: Tensor, t: Tensor, below: float) -> Tensor:
    return torch.where(t[:, 0] <= below, _nearest_word(x0_hat, table), x0_hat)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, x0_hat: Tensor, table: Tensor, t: list[float], below: float) -> Case:
        times = torch.tensor(t, dtype=torch.float64)[:, None]
        return Case(says, lambda: (x0_hat.clone(), table.clone(), times.clone(), below))

    def drawn(says: str, L: int, V: int, D: int, t: list[float], below: float) -> Case:
        return case(says, *words_and_places(len(t), L, V, D, generator), t, below)

    two = torch.tensor([[1.0, 0.0], [3.0, 1.0]], dtype=torch.float64)
    one = torch.tensor([[[1.5, 0.4]]], dtype=torch.float64)
    return [
        case("the words (1, 0) and (3, 1), x0_hat = (1.5, 0.4), t = 0.125, below = 0.25", one, two, [0.125], 0.25),
        case("the same at t = 0.5", one, two, [0.5], 0.25),
        drawn("x0_hat [3, 2, 4], t = below", 2, 5, 4, [0.25, 0.25, 0.25], 0.25),
        drawn("x0_hat [3, 4, 2], t = 0.75, 0.25, 0.125, below = 0.5", 4, 6, 2, [0.75, 0.25, 0.125], 0.5),
        drawn("x0_hat [4, 4, 4], t = 0.25, 0.5, 0.75, 1, below = 0.5", 4, 4, 4, [0.25, 0.5, 0.75, 1.0], 0.5),
        drawn("x0_hat [2, 3, 3] and below = 1", 3, 6, 3, [1.0, 0.25], 1.0),
    ]


def _at(answer: Callable, x: tuple[float, float], t: list[float], below: float) -> Tensor:
    """What becomes of one belief, in rows of these times, with the words (1, 0) and (3, 1): [B, 2]."""
    table = torch.tensor([[1.0, 0.0], [3.0, 1.0]], dtype=torch.float64)
    beliefs = torch.tensor([[x]], dtype=torch.float64).repeat(len(t), 1, 1)
    return answer(beliefs, table, torch.tensor(t, dtype=torch.float64)[:, None], below)[:, 0].double()


def _point(vector: Tensor) -> str:
    return f"({', '.join(f'{0 if abs(number) < 1e-12 else number:.3g}' for number in vector.tolist())})"


def _is(vector: Tensor, x: float, y: float) -> bool:
    return bool((vector - torch.tensor([x, y])).abs().max() < 1e-4)


def _early_beliefs_stay(answer: Callable) -> str | None:
    got = _at(answer, (1.5, 0.4), [0.5], 0.25)[0]
    if _is(got, 1.5, 0.4):
        return None
    return f"At t = 0.5, above below = 0.25, the belief (1.5, 0.4) should stay as it is. Yours becomes {_point(got)}."


def _late_beliefs_are_words(answer: Callable) -> str | None:
    for t in (0.125, 0.25):
        got = _at(answer, (1.5, 0.4), [t], 0.25)[0]
        if not _is(got, 1.0, 0.0):
            return (
                f"At t = {t:g}, with below = 0.25, the belief (1.5, 0.4) should become the nearer of the words (1, 0) "
                f"and (3, 1), which is (1, 0). Yours becomes {_point(got)}."
            )
    return None


def _by_distance(answer: Callable) -> str | None:
    table = torch.tensor([[0.7, 0.7], [1.2, 0.0]], dtype=torch.float64)
    got = answer(torch.zeros(1, 1, 2, dtype=torch.float64), table, torch.zeros(1, 1, dtype=torch.float64), 1.0)[0, 0]
    if _is(got.double(), 0.7, 0.7):
        return None
    return (
        "From the belief (0, 0) the word (0.7, 0.7) is 0.99 away and the word (1.2, 0) is 1.2 away. Yours becomes "
        f"{_point(got.double())}."
    )


def _each_row_its_own_time(answer: Callable) -> str | None:
    got = _at(answer, (1.5, 0.4), [0.5, 0.125, 0.75], 0.25)
    if _is(got[0], 1.5, 0.4) and _is(got[1], 1.0, 0.0) and _is(got[2], 1.5, 0.4):
        return None
    return (
        "Of three rows with t = 0.5, 0.125 and 0.75 the second alone is below 0.25. Their belief (1.5, 0.4) becomes "
        f"{', '.join(_point(row) for row in got)}."
    )


def _each_place_its_word(answer: Callable) -> str | None:
    table = torch.tensor([[1.0, 0.0], [3.0, 1.0]], dtype=torch.float64)
    beliefs = table.repeat(2, 1, 1) + 0.1
    got = answer(beliefs, table, torch.tensor([[0.125], [0.5]], dtype=torch.float64), 0.25).double()
    if torch.allclose(got[0], table) and torch.allclose(got[1], beliefs[1]):
        return None
    return (
        "Two rows have the beliefs (1.1, 0.1) and (3.1, 1.1); the first, at t = 0.125 with below = 0.25, should become "
        "the words (1, 0) and (3, 1), and the second, at t = 0.5, stay. Yours are "
        f"{', '.join(map(_point, got[0]))}, and {', '.join(map(_point, got[1]))}."
    )


EXERCISE = Exercise(
    key="vectors.clamp",
    minutes=8,
    difficulty=1,
    idea="Towards the end a belief between two words helps nobody: it may as well be a word.",
    established="Your clamp makes words of late beliefs, and leaves the early ones in doubt.",
    reference=clamp,
    cases=_cases,
    truth=_by_loops,
    laws=(
        _early_beliefs_stay,
        _late_beliefs_are_words,
        _by_distance,
        _each_row_its_own_time,
        _each_place_its_word,
    ),
    needs=("vectors.nearest",),
    hints=(
        "Two questions: which vector would the word be, and is the row late enough?",
        "table[nearest(x0_hat, table)] are the vectors of the words, [B, L, D]. t <= below is [B, 1]; against [B, L, "
        "D] it must be [B, 1, 1].",
        "torch.where((t <= below)[..., None], …, x0_hat).",
    ),
    mistakes=(
        Mistake(
            "wrong_side",
            partial(_clamp, where=lambda t, below: t > below),
            "The early beliefs are clamped, and the late ones are not. Where much noise is left, a belief between "
            "words is the honest one.",
            "Clamp where t <= below.",
        ),
        Mistake(
            "below_alone",
            partial(_clamp, where=lambda t, below: t < below),
            "At t = below nothing is clamped. The bound belongs to it, so that below = 1 means every step.",
            "Take <= in place of <.",
        ),
        Mistake(
            "always",
            partial(_clamp, where=lambda t, below: torch.ones_like(t, dtype=torch.bool)),
            "Every belief is clamped, whatever t is.",
            "Clamp where t <= below, and give x0_hat back elsewhere.",
        ),
        Mistake(
            "never",
            lambda x0_hat, table, t, below: x0_hat.clone(),
            "Nothing is clamped: x0_hat comes back as it was.",
            "Put table[nearest(x0_hat, table)] where t <= below.",
        ),
        Mistake(
            "all_or_none",
            partial(_clamp, where=lambda t, below: (t <= below).any().expand(t.shape)),
            "As soon as one row is late, all rows are clamped. Each row has its own t.",
            "Ask t <= below row by row, in the shape [B, 1, 1].",
        ),
        Mistake(
            "time_of_the_first_row",
            partial(_clamp, where=lambda t, below: (t[:1] <= below).expand(t.shape)),
            "All rows go by the time of the first one.",
            "Use the whole t: (t <= below)[..., None] has shape [B, 1, 1].",
        ),
        Mistake(
            "along_the_places",
            _along_the_places,
            "t lies along the places: of shape [B, 1] it meets [B, L, D] from the right. Where B = L nothing is "
            "raised, and each place gets the time of a row.",
            "Give it the shape [B, 1, 1]: (t <= below)[..., None].",
        ),
        Mistake(
            "along_the_coordinates",
            _along_the_coordinates,
            "t lies along the coordinates: of shape [B] it meets [B, L, D] from the right. Where B = D nothing is "
            "raised, and each coordinate gets the time of a row.",
            "Give it the shape [B, 1, 1]: (t <= below)[..., None].",
        ),
        Mistake(
            "dot_product",
            partial(_clamp, to=lambda x0_hat, table: table[dot_product(x0_hat, table)]),
            "The word is the one of the largest inner product, as the softmax would read it. With vectors of unequal "
            "length that is often another one than the nearest.",
            "Take nearest(x0_hat, table).",
        ),
        Mistake(
            "cosine",
            partial(_clamp, to=lambda x0_hat, table: table[cosine(x0_hat, table)]),
            "The word is the one of the smallest angle, and not the nearest.",
            "Take nearest(x0_hat, table).",
        ),
        Mistake(
            "city_block",
            partial(_clamp, to=lambda x0_hat, table: table[city_block(x0_hat, table)]),
            "The word is the one with the smallest sum of absolute differences, and not the nearest.",
            "Take nearest(x0_hat, table).",
        ),
        Mistake(
            "soft_average",
            partial(_clamp, to=_softmax_of_products),
            "A softmax of the inner products averages the vectors of all words. What comes out lies between words "
            "again; a clamp gives a word.",
            "Take one row of the table: table[nearest(x0_hat, table)].",
        ),
        Mistake(
            "soft_average_by_distance",
            partial(_clamp, to=_softmax_of_distances),
            "A softmax of the distances averages the vectors of all words. What comes out lies between words again; a "
            "clamp gives a word.",
            "Take one row of the table: table[nearest(x0_hat, table)].",
        ),
        Mistake(
            "half_way",
            partial(_clamp, to=_half_way),
            "The belief is moved half of the way to the nearest word. A clamp moves it all the way.",
            "Take table[nearest(x0_hat, table)] itself.",
        ),
        Mistake(
            "word_of_the_row",
            partial(_clamp, to=_word_of_the_row),
            "All places of a row become one word, the nearest to all of them together.",
            "Find the nearest word of each place: nearest(x0_hat, table) has shape [B, L].",
        ),
        Mistake(
            "numbers_between_bounds",
            partial(_clamp, to=lambda x0_hat, table: x0_hat.clamp(-1, 1)),
            "The numbers are held between −1 and 1, as one does with images. Words have no such bounds; here a belief "
            "is moved to a word.",
            "Take table[nearest(x0_hat, table)].",
        ),
        Mistake(
            "zero_elsewhere",
            partial(_clamp, otherwise=torch.zeros_like),
            "The early beliefs become 0. They should stay as they are.",
            "torch.where needs x0_hat as its third part.",
        ),
        Mistake(
            "ids",
            _ids,
            "You returned the ids of the words. Their vectors are asked for, in the shape of x0_hat.",
            "Look the ids up: table[nearest(x0_hat, table)].",
        ),
    ),
    equivalents=(_by_loops, _only_those_rows, _by_a_mix, _in_float32),
)
