"""Exercise: how far apart the words lie, in units of the first noise."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def separation(table: Tensor, sigma0: float) -> Tensor:
    """The mean, over the words, of the distance from a word's vector to the nearest other one, over sigma0: one number.

    table [V, D] holds a vector for each word, V ≥ 2, and sigma0 > 0 is the standard deviation of the noise in x_0. With
    words at 0, 1 and 4 on a line and sigma0 = 0.5 the distances are 1, 1 and 3: their mean, 1.67, over 0.5 is 3.33.
    Below about 1 the first noise alone hides which word it was.
    """
    distances = (table[:, None] - table).norm(dim=-1)
    distances = distances + torch.diag(torch.full((len(table),), torch.inf))  # the word itself is no other
    return distances.amin(1).mean() / sigma0


def _by_loops(table: Tensor, sigma0: float) -> float:
    """A truth without broadcasting: pair by pair."""
    total = 0.0
    for v, e in enumerate(table):
        total += min(torch.dist(e, other).item() for w, other in enumerate(table) if w != v)
    return total / len(table) / sigma0


def _second_smallest(table: Tensor, sigma0: float) -> Tensor:
    return torch.cdist(table, table, compute_mode="donot_use_mm_for_euclid_dist").sort(1).values[:, 1].mean() / sigma0


def _without_the_diagonal(table: Tensor, sigma0: float) -> Tensor:
    V, D = table.shape
    others = table.expand(V, V, D)[~torch.eye(V, dtype=torch.bool)].view(V, V - 1, D)
    return ((others - table[:, None]) / sigma0).square().sum(-1).sqrt().min(1).values.mean()


def _in_float32(table: Tensor, sigma0: float) -> Tensor:
    table = table.float() / sigma0
    distances = torch.cdist(table[None], table[None], compute_mode="donot_use_mm_for_euclid_dist")[0]
    return distances.fill_diagonal_(1e9).min(0).values.mean()


def _distances(table: Tensor) -> Tensor:
    return (table[:, None] - table).norm(dim=-1)


def _others(distances: Tensor) -> Tensor:
    """The distances to the other words, [V, V − 1]."""
    V = len(distances)
    return distances[~torch.eye(V, dtype=torch.bool)].view(V, V - 1)


def _separation(
    table: Tensor,
    sigma0: float,
    *,
    between: Callable[[Tensor], Tensor] = _distances,
    of: Callable[[Tensor], Tensor] = lambda distances: _others(distances).amin(1),
    over_words: Callable[[Tensor], Tensor] = lambda nearest: nearest.mean(),
    unit: Callable[[Tensor, float], Tensor | float] = lambda table, sigma0: sigma0,
) -> Tensor:
    """The separation with one part exchanged: the distance, which neighbour, the mean over the words, the unit."""
    return over_words(of(between(table))) / unit(table, sigma0)


def _from_the_mean(table: Tensor, sigma0: float) -> Tensor:
    return (table - table.mean(0)).norm(dim=-1).mean() / sigma0


def _of_the_next_row(table: Tensor, sigma0: float) -> Tensor:
    return table.diff(dim=0).norm(dim=-1).mean() / sigma0


def _lengths(table: Tensor, sigma0: float) -> Tensor:
    return table.norm(dim=-1).mean() / sigma0


def _by_product(table: Tensor, sigma0: float) -> Tensor:
    products = table @ table.T
    nearest = products.fill_diagonal_(-torch.inf).argmax(1)
    return (table - table[nearest]).norm(dim=-1).mean() / sigma0


def _nearest_not_equal(distances: Tensor) -> Tensor:
    return torch.where(distances > 0, distances, torch.inf).amin(1)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, table: Tensor, sigma0: float) -> Case:
        return Case(says, lambda: (table.clone(), sigma0))

    def drawn(V: int, D: int) -> Tensor:
        stretch = 0.3 + 2 * torch.rand(V, 1, generator=generator, dtype=torch.float64)
        return 1 + stretch * torch.randn(V, D, generator=generator, dtype=torch.float64)

    equal = drawn(5, 3)
    equal[3] = equal[1]
    return [
        case("words at 0, 1 and 4 on a line, sigma0 = 0.5", torch.tensor([[0.0], [1.0], [4.0]]).double(), 0.5),
        case("2 words in the plane, sigma0 = 0.3", torch.tensor([[1.0, 2.0], [4.0, 6.0]]).double(), 0.3),
        case("6 words, D = 3, sigma0 = 0.12", drawn(6, 3), 0.12),
        case("4 words, D = 4, sigma0 = 2.5", drawn(4, 4), 2.5),
        case("5 words, D = 3, of which two have equal vectors, sigma0 = 0.3", equal, 0.3),
        case("9 words, D = 2, sigma0 = 0.8", drawn(9, 2), 0.8),
    ]


def _number(value: float | Tensor) -> float:
    return float(value)


def _on_a_line(answer: Callable) -> str | None:
    table = torch.tensor([[0.0], [1.0], [4.0]], dtype=torch.float64)
    for sigma0, right in ((1.0, 5 / 3), (0.5, 10 / 3)):
        got = _number(answer(table.clone(), sigma0))
        if abs(got - right) > 1e-4:
            return (
                "With words at 0, 1 and 4 on a line the distances to the nearest other one are 1, 1 and 3, in the mean "
                f"1.667. Over sigma0 = {sigma0:g} that is {right:.4g}; yours is {got:.4g}."
            )
    return None


def _straight_on(answer: Callable) -> str | None:
    table = torch.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=torch.float64)
    got = _number(answer(table, 1.0))
    if abs(got - 5) < 1e-4:
        return None
    return f"Two words at (0, 0) and (3, 4) are √(3² + 4²) = 5 apart; with sigma0 = 1 yours is {got:.4g}."


def _equal_words(answer: Callable) -> str | None:
    table = torch.tensor([[0.0], [0.0], [2.0], [5.0]], dtype=torch.float64)
    got = _number(answer(table, 1.0))
    if abs(got - 1.25) < 1e-4:
        return None
    return (
        "Two words lie at 0, one at 2, one at 5. The two are at distance 0 from each other, so the distances are 0, 0, "
        f"2 and 3, in the mean 1.25; with sigma0 = 1 yours is {got:.4g}."
    )


def _wherever_they_lie(answer: Callable) -> str | None:
    table = torch.tensor([[0.0, 1.0], [1.0, 0.0], [-1.0, -0.5]], dtype=torch.float64)
    here, there = _number(answer(table.clone(), 1.0)), _number(answer(table + 10, 1.0))
    if abs(here - there) < 1e-4:
        return None
    return (
        f"Three words have the separation {here:.4g}. When 10 is added to all their coordinates, no distance changes; "
        f"yours becomes {there:.4g}."
    )


def _in_its_unit(answer: Callable) -> str | None:
    table = torch.tensor([[0.0, 1.0], [1.0, 0.0], [-1.0, -0.5]], dtype=torch.float64)
    one, three = _number(answer(table.clone(), 0.5)), _number(answer(3 * table, 1.5))
    if abs(one - three) < 1e-4:
        return None
    return (
        "When the vectors and sigma0 are both three times as large, no word is easier to tell from another. Yours "
        f"goes from {one:.4g} to {three:.4g}."
    )


EXERCISE = Exercise(
    key="vectors.separation",
    minutes=10,
    difficulty=2,
    idea="A collapse shows in the distance to the nearest other word, against the noise. Elsewhere it hides.",
    established="Your measure sees words come together, by the noise that they must bear.",
    reference=separation,
    cases=_cases,
    truth=_by_loops,
    laws=(_on_a_line, _straight_on, _equal_words, _wherever_they_lie, _in_its_unit),
    hints=(
        "The distances of all pairs of words make a square, V × V. Each row has one entry that does not count: which?",
        "On the diagonal each word is at distance 0 from itself. Put something very large there, take the smallest of "
        "each row, then the mean.",
        "distances = torch.cdist(table, table), then distances.fill_diagonal_(torch.inf), .amin(1), .mean(), and the "
        "division by sigma0.",
    ),
    mistakes=(
        Mistake(
            "own_row",
            partial(_separation, of=lambda distances: distances.amin(1)),
            "Each word's nearest is itself, at distance 0: the diagonal counts. So the result is 0 whatever the table.",
            "Put infinity on the diagonal before you take the smallest.",
        ),
        Mistake(
            "all_pairs",
            partial(_separation, of=lambda distances: _others(distances).mean(1)),
            "You took the mean distance to all other words. It is large as long as a few words are far away, though "
            "every word may have another one close by.",
            "Take the smallest distance of each word.",
        ),
        Mistake(
            "all_pairs_and_itself",
            partial(_separation, of=lambda distances: distances.mean(1)),
            "You took the mean over the whole square of distances, with the zeros of its diagonal.",
            "Take the smallest distance of each word to another one.",
        ),
        Mistake(
            "from_the_mean",
            _from_the_mean,
            "You took the distance to the mean of all words. It stays large when the words gather in a few heaps, so a "
            "collapse hides from it.",
            "Take each word's distance to the nearest other word.",
        ),
        Mistake(
            "lengths",
            _lengths,
            "You took the lengths of the vectors. Long vectors may lie as close together as short ones.",
            "Take each word's distance to the nearest other word.",
        ),
        Mistake(
            "the_smallest",
            partial(_separation, over_words=lambda nearest: nearest.min()),
            "You took the smallest distance of all: one pair of words decides. The mean over the words is asked for.",
            "Take the smallest of each row, then the mean.",
        ),
        Mistake(
            "the_farthest",
            partial(_separation, of=lambda distances: distances.amax(1)),
            "You took the distance to the farthest word. What noise mixes up is the nearest.",
            "Take the smallest distance of each word.",
        ),
        Mistake(
            "summed",
            partial(_separation, over_words=lambda nearest: nearest.sum()),
            "The distances are summed over the words. It is their mean that says how far apart words lie, in a small "
            "vocabulary and in a large one.",
            "Take .mean() in place of .sum().",
        ),
        Mistake(
            "median",
            partial(_separation, over_words=lambda nearest: nearest.median()),
            "You took the median of the words. The mean is asked for.",
            "Take .mean() over the words.",
        ),
        Mistake(
            "squared",
            partial(_separation, between=lambda table: _distances(table).square()),
            "You took squared distances. A distance over a standard deviation has no unit; a square over it has.",
            "Take the root of the sum of squares.",
        ),
        Mistake(
            "root_of_the_mean_square",
            partial(_separation, over_words=lambda nearest: nearest.square().mean().sqrt()),
            "You took the root of the mean square of the distances, in which far words count more. Their plain mean is "
            "asked for.",
            "Take the root of each squared distance, and then the mean.",
        ),
        Mistake(
            "per_coordinate",
            partial(_separation, between=lambda table: _distances(table) / table.shape[1] ** 0.5),
            "You took the mean of the squared differences over the coordinates, and not their sum: the distance is √D "
            "too small.",
            "Sum the squares over the coordinates.",
        ),
        Mistake(
            "city_block",
            partial(_separation, between=lambda table: (table[:, None] - table).abs().sum(-1)),
            "The distance is the sum of the absolute differences. The Euclidean one is the root of the sum of squares.",
            "Take (table[:, None] - table).norm(dim=-1), or torch.cdist.",
        ),
        Mistake(
            "skips_equal_rows",
            partial(_separation, of=_nearest_not_equal),
            "Distances of 0 are left out. On the diagonal that is right; but two words with equal vectors are at "
            "distance 0 as well, and they are the worst of a collapse.",
            "Leave out the diagonal, and nothing else: fill_diagonal_(torch.inf).",
        ),
        Mistake(
            "nearest_by_product",
            _by_product,
            "The other word was chosen by the largest inner product. That is often a long vector, and not a near one.",
            "Take the smallest distance of each word.",
        ),
        Mistake(
            "of_the_next_row",
            _of_the_next_row,
            "You took the distances of neighbouring rows of the table. Their order in the table says nothing of where "
            "they lie.",
            "Compare each word with all others.",
        ),
        Mistake(
            "no_unit",
            partial(_separation, unit=lambda table, sigma0: 1.0),
            "The distance is not divided by sigma0. A distance is large or small only beside the noise.",
            "Divide by sigma0.",
        ),
        Mistake(
            "times_sigma0",
            partial(_separation, unit=lambda table, sigma0: 1 / sigma0),
            "The distance is multiplied by sigma0. The more noise, the harder words are to tell apart.",
            "Divide by sigma0.",
        ),
        Mistake(
            "over_the_variance",
            partial(_separation, unit=lambda table, sigma0: sigma0**2),
            "The distance is divided by sigma0², a variance. A distance is compared with a standard deviation.",
            "Divide by sigma0.",
        ),
        Mistake(
            "over_the_length",
            partial(_separation, unit=lambda table, sigma0: table.norm(dim=-1).mean()),
            "The distance is divided by the mean length of the vectors. What it must be compared with is the noise: a "
            "table may shrink as a whole.",
            "Divide by sigma0.",
        ),
    ),
    equivalents=(_by_loops, _second_smallest, _without_the_diagonal, _in_float32),
)
