"""Exercise: from a vector back to a word."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def nearest(x: Tensor, table: Tensor) -> Tensor:
    """The word whose vector is nearest to each x, ids [B, L], by Euclidean distance.

    x [B, L, D] are vectors, row v of table [V, D] is the vector of word v. With the words (1, 0) and (3, 1), the vector
    (1.5, 0.4) is at distance 0.64 from the first and 1.62 from the second, so its word is 0.
    """
    gaps = x[..., None, :] - table  # [B, L, V, D]
    return gaps.square().sum(-1).argmin(-1)


def _by_loops(x: Tensor, table: Tensor) -> Tensor:
    """A truth without broadcasting: word by word."""
    B, L, _ = x.shape
    ids = torch.zeros(B, L, dtype=torch.long)
    for row in range(B):
        for place in range(L):
            distances = [torch.dist(x[row, place], e).item() for e in table]
            ids[row, place] = distances.index(min(distances))
    return ids


def _by_cdist(x: Tensor, table: Tensor) -> Tensor:
    return torch.cdist(x, table.expand(len(x), *table.shape)).argmin(-1)


def _expanded(x: Tensor, table: Tensor) -> Tensor:
    # |x − e|² without |x|², which all words share
    return (x @ table.T - table.square().sum(-1) / 2).argmax(-1)


def _by_topk(x: Tensor, table: Tensor) -> Tensor:
    return (-torch.linalg.vector_norm(x.unsqueeze(2) - table, dim=-1)).topk(1).indices.squeeze(-1)


def _in_float32(x: Tensor, table: Tensor) -> Tensor:
    x, table = x.float(), table.float()
    return (torch.einsum("vd,vd->v", table, table) - 2 * torch.einsum("bld,vd->blv", x, table)).argmin(2)


def _gaps(x: Tensor, table: Tensor) -> Tensor:
    return x[..., None, :] - table


def dot_product(x: Tensor, table: Tensor) -> Tensor:
    """A wrong way: the word of the largest inner product."""
    return (x @ table.T).argmax(-1)


def _smallest_product(x: Tensor, table: Tensor) -> Tensor:
    return (x @ table.T).argmin(-1)


def cosine(x: Tensor, table: Tensor) -> Tensor:
    """A wrong way: the word of the smallest angle."""
    return (F.normalize(x, dim=-1) @ F.normalize(table, dim=-1).T).argmax(-1)


def _farthest(x: Tensor, table: Tensor) -> Tensor:
    return _gaps(x, table).square().sum(-1).argmax(-1)


def city_block(x: Tensor, table: Tensor) -> Tensor:
    """A wrong way: the differences are summed without their squares."""
    return _gaps(x, table).abs().sum(-1).argmin(-1)


def largest_difference(x: Tensor, table: Tensor) -> Tensor:
    """A wrong way: a word is as far away as the coordinate in which it differs most."""
    return _gaps(x, table).abs().amax(-1).argmin(-1)


def _summed_first(x: Tensor, table: Tensor) -> Tensor:
    return _gaps(x, table).sum(-1).square().argmin(-1)


def _without_2(x: Tensor, table: Tensor) -> Tensor:
    return (table.square().sum(-1) - x @ table.T).argmin(-1)


def exact_match(x: Tensor, table: Tensor) -> Tensor:
    """A wrong way: the word whose vector is x itself; word 0 where there is none."""
    return (_gaps(x, table) == 0).all(-1).long().argmax(-1)


def _wrong_axis(x: Tensor, table: Tensor) -> Tensor:
    return _gaps(x, table).square().sum(-1).argmin(1)


def _the_vectors(x: Tensor, table: Tensor) -> Tensor:
    return table[nearest(x, table)]


def _the_distances(x: Tensor, table: Tensor) -> Tensor:
    return _gaps(x, table).square().sum(-1).amin(-1).sqrt()


def _one_word_a_row(x: Tensor, table: Tensor) -> Tensor:
    return _gaps(x, table).square().sum((1, 3)).argmin(-1)[:, None].expand(x.shape[:2])


def words_and_places(
    B: int, L: int, V: int, D: int, generator: torch.Generator, stretch: float = 1.5
) -> tuple[Tensor, Tensor]:
    """Vectors [B, L, D] around words of very unequal length, and the table [V, D] of the words; float64.

    The coordinates are unequal too, so that a distance that weighs them shows.
    """
    table = torch.randn(V, D, generator=generator, dtype=torch.float64) * torch.linspace(1.8, 0.4, D)
    table = table * (0.3 + stretch * torch.rand(V, 1, generator=generator, dtype=torch.float64))
    ids = torch.randint(V, (B, L), generator=generator)
    noise = torch.randn(B, L, D, generator=generator, dtype=torch.float64)
    return table[ids] + 0.6 * noise, table


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, x: Tensor, table: Tensor) -> Case:
        return Case(says, lambda: (x.clone(), table.clone()))

    def drawn(B: int, L: int, V: int, D: int) -> Case:
        return case(f"x [{B}, {L}, {D}] and {V} words", *words_and_places(B, L, V, D, generator))

    two = torch.tensor([[1.0, 0.0], [3.0, 1.0]], dtype=torch.float64)
    _, table = words_and_places(1, 1, 6, 3, generator)
    return [
        case("the words (1, 0) and (3, 1), x = (1.5, 0.4)", torch.tensor([[[1.5, 0.4]]], dtype=torch.float64), two),
        case("the vectors of six words themselves", table.view(2, 3, 3), table),
        drawn(2, 3, 5, 2),
        drawn(4, 4, 4, 4),
        drawn(3, 5, 7, 6),
        case("vectors far away from all of six words", 5 * table.roll(1, 0).view(3, 2, 3) + 1, table),
    ]


LINES: tuple[tuple[tuple[float, ...], tuple[tuple[float, ...], ...]], ...] = (
    ((1.5, 0.4), ((1.0, 0.0), (3.0, 1.0))),
    ((1.0, 0.1), ((0.9, -0.1), (3.0, 0.3))),
    ((0.0, 0.0), ((0.7, 0.7), (1.2, 0.0))),
    ((0.0, 0.0), ((0.9, 0.0), (0.75, 0.75))),
    ((1.0, 1.0), ((2.0, 0.0), (1.5, 1.5))),
    ((2.0, 0.0), ((0.8, 0.0), (1.9, 0.0))),
)
"""A vector, and two words of which one is nearer: each pair betrays another wrong distance."""


def _the_smaller_distance(answer: Callable) -> str | None:
    for at, words in LINES:
        x, table = torch.tensor([[at]], dtype=torch.float64), torch.tensor(words, dtype=torch.float64)
        got, distances = int(answer(x, table)[0, 0]), [float((x[0, 0] - e).norm()) for e in table]
        if got != distances.index(min(distances)):
            return (
                f"From x = {_point(at)} the word 0 at {_point(words[0])} is {distances[0]:.3g} away and the word 1 at "
                f"{_point(words[1])} is {distances[1]:.3g} away. Your word is {got}."
            )
    return None


def _point(numbers: tuple[float, ...]) -> str:
    return f"({', '.join(f'{number:g}' for number in numbers)})"


def _a_word_is_its_own(answer: Callable) -> str | None:
    table = torch.tensor([[1.0, 0.0], [3.0, 1.0], [-0.5, 2.0]], dtype=torch.float64)
    got = answer(table[None], table)[0].tolist()
    if got == [0, 1, 2]:
        return None
    return (
        "At distance 0 of its vector lies a word itself. For the vectors of the words 0, 1, 2 yours are "
        f"{', '.join(f'{word:g}' for word in got)}."
    )


def _each_place_its_own(answer: Callable) -> str | None:
    table = torch.tensor([[0.0, 2.0], [2.0, 0.0]], dtype=torch.float64)
    x = table[torch.tensor([[0, 1], [1, 1]])] + 0.1
    got = answer(x, table).tolist()
    if got == [[0, 1], [1, 1]]:
        return None
    return f"Close to the words 0 and 1 in the first row, 1 and 1 in the second, yours are {got[0]} and {got[1]}."


EXERCISE = Exercise(
    key="vectors.nearest",
    minutes=8,
    difficulty=1,
    idea="A vector is no word. The nearest word is one way back, and the largest inner product is another.",
    established="Your function finds the nearest word, long ones and short ones alike.",
    reference=nearest,
    cases=_cases,
    truth=_by_loops,
    laws=(_a_word_is_its_own, _the_smaller_distance, _each_place_its_own),
    hints=(
        "Each of the B · L vectors has a distance to each of the V words. The smallest of the V is looked for.",
        "x[..., None, :] - table has shape [B, L, V, D]. Square it, sum over the last axis, and take the place of the "
        "smallest among the words.",
        "(x[..., None, :] - table).square().sum(-1), and then .argmin(…) over the axis of the words.",
    ),
    mistakes=(
        Mistake(
            "dot_product",
            dot_product,
            "You took the word of the largest inner product. It grows with the length of a word's vector, so that long "
            "words win from afar.",
            "Take the smallest of |x − e|², which is |x|² − 2 x · e + |e|².",
        ),
        Mistake(
            "smallest_product",
            _smallest_product,
            "You took the word of the smallest inner product: one that points away from x. A small distance goes with "
            "a large product.",
            "Take the smallest of |x − e|².",
        ),
        Mistake(
            "cosine",
            cosine,
            "You compared angles: the vectors were brought to one length first. So a word in the same direction wins, "
            "however much longer or shorter it is than x.",
            "Leave the lengths as they are, and take the smallest of |x − e|².",
        ),
        Mistake(
            "farthest",
            _farthest,
            "You took the word at the largest distance.",
            "Take argmin in place of argmax.",
        ),
        Mistake(
            "city_block",
            city_block,
            "The distance is the sum of the absolute differences. The Euclidean one sums their squares.",
            "Square the differences before you sum them.",
        ),
        Mistake(
            "largest_difference",
            largest_difference,
            "The distance is the largest of the differences. The Euclidean one counts all coordinates: it sums the "
            "squares of the differences.",
            "Sum the squares over the last axis.",
        ),
        Mistake(
            "summed_first",
            _summed_first,
            "The differences were summed over the coordinates before they were squared, so that a difference up and "
            "one down cancel.",
            "Square first, then sum.",
        ),
        Mistake(
            "without_2",
            _without_2,
            "In the expanded square the 2 is missing: |x − e|² is |x|² − 2 x · e + |e|².",
            "Double the inner product, or halve |e|².",
        ),
        Mistake(
            "exact_match",
            exact_match,
            "You looked for the word whose vector equals x. There hardly ever is one, for x comes out of noise or out "
            "of a network; and where there is none you say 0.",
            "Take the smallest distance, whatever it is.",
        ),
        Mistake(
            "wrong_axis",
            _wrong_axis,
            "The smallest was taken over the places and not over the words: for each word you give the place that is "
            "nearest to it. Where L = V nothing shows in the shape.",
            "Take argmin over the axis of the words.",
        ),
        Mistake(
            "one_word_a_row",
            _one_word_a_row,
            "The distances were summed over the places too: a row has one word, the nearest to all its places "
            "together.",
            "Sum over the coordinates alone, the last axis.",
        ),
        Mistake(
            "the_vectors",
            _the_vectors,
            "You returned the vectors of the words. Their ids are asked for.",
            "Leave out table[…] at the end.",
        ),
        Mistake(
            "the_distances",
            _the_distances,
            "You returned the smallest distance. The word that has it is asked for.",
            "Take argmin in place of min.",
        ),
    ),
    equivalents=(_by_loops, _by_cdist, _expanded, _by_topk, _in_float32),
)
