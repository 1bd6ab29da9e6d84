"""Exercise: what a reader without any context can still guess."""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.sample_left_to_right import uses_the_generator
from textdiff_lite.course.catalogue.gaussian.spies import exactly
from textdiff_lite.course.exercise import Case, Estimate, Exercise, Mistake, Seen


def recovery(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """The share of n noisy words of which the nearest vector is still their own, one number.

    Each word is drawn by freq [V]. Its vector e is its row of table [V, D], and x_t = √a e + √(1 − a) eps, with new
    noise eps ~ N(0, I) for each draw. a, what survives, is one number (a tensor without axes). In x_t the vectors
    themselves stand at √a table: nearest means the nearest of these rows. Two words at 1 and −1 with a = 0.5: x_t is
    on the right side with probability Φ(1) = 84 %, where Φ(x) is the share of N(0, 1) below x.
    """
    words = torch.multinomial(freq, n, replacement=True, generator=generator)
    rows = a.sqrt() * table
    x_t = rows[words] + (1 - a).sqrt() * torch.randn(n, table.shape[1], generator=generator)
    return (torch.cdist(x_t, rows).argmin(1) == words).double().mean()


def _root(a: Tensor) -> Tensor:
    return a.sqrt()


def _root_of_the_rest(a: Tensor) -> Tensor:
    return (1 - a).sqrt()


def _one(a: Tensor) -> Tensor:
    return torch.ones_like(a)


def _by_freq(freq: Tensor, n: int, generator: torch.Generator) -> Tensor:
    return torch.multinomial(freq, n, replacement=True, generator=generator)


def _evenly(freq: Tensor, n: int, generator: torch.Generator) -> Tensor:
    return torch.randint(len(freq), (n,), generator=generator)


def _by_softmax(freq: Tensor, n: int, generator: torch.Generator) -> Tensor:
    return _by_freq(freq.softmax(0), n, generator)


def _by_square(freq: Tensor, n: int, generator: torch.Generator) -> Tensor:
    return _by_freq(freq.square(), n, generator)


def _nearest(x: Tensor, rows: Tensor) -> Tensor:
    return torch.cdist(x, rows).argmin(1)


def _farthest(x: Tensor, rows: Tensor) -> Tensor:
    return torch.cdist(x, rows).argmax(1)


def _largest_product(x: Tensor, rows: Tensor) -> Tensor:
    return (x @ rows.T).argmax(1)


def _smallest_angle(x: Tensor, rows: Tensor) -> Tensor:
    return torch.cosine_similarity(x[:, None], rows, dim=-1).argmax(1)


def _nearest_by_sums(x: Tensor, rows: Tensor) -> Tensor:
    return (x[:, None] - rows).abs().sum(-1).argmin(-1)


def _nearest_without_bars(x: Tensor, rows: Tensor) -> Tensor:
    return (x[:, None] - rows).sum(-1).abs().argmin(-1)


def _counted(
    table: Tensor,
    freq: Tensor,
    a: Tensor,
    n: int,
    generator: torch.Generator,
    *,
    signal: Callable[[Tensor], Tensor] = _root,
    noise: Callable[[Tensor], Tensor] = _root_of_the_rest,
    rows: Callable[[Tensor], Tensor] | None = None,
    draw: Callable[[Tensor, int, torch.Generator], Tensor] = _by_freq,
    pick: Callable[[Tensor, Tensor], Tensor] = _nearest,
    numbers: tuple[bool, bool] = (True, True),
) -> Tensor:
    """The right count with something wrong; numbers: whether each draw and each coordinate has noise of its own."""
    words = draw(freq, n, generator)
    shape = n if numbers[0] else 1, table.shape[1] if numbers[1] else 1
    x_t = signal(a) * table[words] + noise(a) * torch.randn(shape, generator=generator)
    return (pick(x_t, (rows or signal)(a) * table) == words).double().mean()


def _back_to_the_table(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    words = torch.searchsorted(freq.cumsum(0), torch.rand(n, generator=generator)).clamp(max=len(freq) - 1)
    eps = torch.randn(n, table.shape[1], generator=generator)
    guess = table[words] + ((1 - a) / a) ** 0.5 * eps
    return torch.mean((_nearest(guess, table) == words).float())


def _by_products(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> float:
    words = torch.multinomial(freq, n, True, generator=generator)
    rows = table * a**0.5
    x_t = torch.normal(rows[words], float((1 - a) ** 0.5), generator=generator)
    scores = x_t @ rows.T - rows.square().sum(1) / 2
    return int((scores.argmax(1) == words).sum()) / n


def _word_by_word(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> float:
    counts = torch.bincount(torch.multinomial(freq, n, True, generator=generator), minlength=len(freq))
    right = 0
    for word, count in enumerate(counts.tolist()):
        eps = torch.randn(count, table.shape[1], generator=generator)
        x_t = math.sqrt(a) * table[word] + math.sqrt(1 - a) * eps
        right += int((torch.cdist(x_t, math.sqrt(a) * table).argmin(1) == word).sum())
    return right / n


def _mean_by_freq(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """The mean by freq of the shares of n draws of each word: as right, and steadier."""
    shares = []
    for word in range(len(freq)):
        x_t = a.sqrt() * table[word] + (1 - a).sqrt() * torch.randn(n, table.shape[1], generator=generator)
        shares.append((_nearest(x_t, a.sqrt() * table) == word).double().mean())
    return (torch.stack(shares) * freq / freq.sum()).sum()


def _noise_for_each_word(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    words = _by_freq(freq, n, generator)
    noisy = a.sqrt() * table + (1 - a).sqrt() * torch.randn(table.shape, generator=generator)
    return (_nearest(noisy, a.sqrt() * table)[words] == words).double().mean()


def _by_frequency_too(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    words, rows = _by_freq(freq, n, generator), a.sqrt() * table
    x_t = rows[words] + (1 - a).sqrt() * torch.randn(n, table.shape[1], generator=generator)
    likelihood = -torch.cdist(x_t, rows).square() / (2 * (1 - a))
    return ((likelihood + freq.log()).argmax(1) == words).double().mean()


def _other_words(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    words, rows = _by_freq(freq, n, generator), a.sqrt() * table
    x_t = rows[_by_freq(freq, n, generator)] + (1 - a).sqrt() * torch.randn(n, table.shape[1], generator=generator)
    return (_nearest(x_t, rows) == words).double().mean()


def _wrong_share(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    return 1 - recovery(table, freq, a, n, generator)


def _how_many(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    return n * recovery(table, freq, a, n, generator)


def _all_words_as_one(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """The mean over the words of their shares."""
    return _mean_by_freq(table, torch.full_like(freq, 1 / len(freq)), a, n, generator)


SHARE = "the share of words that are recovered"
WHOLE = "each word is either always or never recovered (1: yes, and then the share hangs on the draw)"
N = 40_000


def _observe(result: Any, arguments: tuple) -> Seen:
    _, freq, _, _, _ = arguments
    share = float(result)
    unit = N if share > 100 else 1  # of one that counts
    p = min(max(share / unit, 1 / N), 1 - 1 / N)
    error = (p * (1 - p) / N) ** 0.5
    sums = [sum(some) for k in range(1, len(freq) + 1) for some in itertools.combinations(freq.tolist(), k)]
    if share == 0 or min(abs(share - whole) for whole in sums) < 4 * error:
        # noise that is drawn once gives another share each time, and the same mistake
        return {WHOLE: exactly(1.0), SHARE: exactly(float("nan"))}
    return {WHOLE: exactly(0.0), SHARE: Estimate(exactly(share), exactly(unit * error))}


def _phi(x: float) -> float:
    return (1 + math.erf(x / 2**0.5)) / 2


def _exact(table: Tensor, freq: Tensor, a: float) -> float:
    """The recovery of two words, by their distance, or of words on a grid, where nearest is so in each coordinate."""
    if len(table) == 2:
        return _phi((a / (1 - a)) ** 0.5 * float((table[0] - table[1]).norm()) / 2)
    total = 0.0
    for row, weight in zip(table.tolist(), freq.tolist(), strict=True):
        chance = 1.0
        for x, column in zip(row, table.T, strict=True):
            others = column.unique().tolist()
            above = [y for y in others if y > x]
            below = [y for y in others if y < x]
            scale = (a / (1 - a)) ** 0.5 / 2
            high = _phi(scale * (min(above) - x)) if above else 1.0
            low = _phi(scale * (max(below) - x)) if below else 0.0
            chance *= high - low
        total += weight * chance
    return total


def _truth(table: Tensor, freq: Tensor, a: Tensor, n: int, generator: torch.Generator) -> Seen:
    del n, generator
    return {WHOLE: exactly(0.0), SHARE: exactly(_exact(table, freq, float(a)))}


def _grid(*columns: tuple[float, ...]) -> Tensor:
    return torch.tensor(list(itertools.product(*columns)))


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, table: Tensor, freq: tuple[float, ...], a: float) -> Case:
        seed = int(torch.randint(10**6, (), generator=generator))

        def arguments() -> tuple:
            return table.clone(), torch.tensor(freq), torch.tensor(a), N, torch.Generator().manual_seed(seed)

        return Case(f"{says}, a = {a:g}", arguments)

    plane = _grid((-1.5, 1.0), (-1.0, 0.2, 2.0))
    square = torch.cat([_grid((-1.0, 2.0), (0.5, 3.0)), torch.tensor([[0.5, 0.5]]).repeat(4, 1)], 1)
    # frequencies with few sums, and recoveries far from these: else chance could take one for the other
    return [
        case("two words at 1 and −1", torch.tensor([[1.0], [-1.0]]), (0.7, 0.3), 0.5),
        case("three words on a line", torch.tensor([[-1.0], [0.0], [2.5]]), (0.17, 0.8, 0.03), 0.18),
        case("six words in a plane", plane, (0.04, 0.8, 0.04, 0.04, 0.04, 0.04), 0.56),
        case("four words of four numbers", square, (0.08, 0.08, 0.08, 0.76), 0.2),
        # not along an axis, where other distances agree
        case("two words of 16 numbers, all 0 and all 1", torch.tensor([[0.0], [1.0]]).repeat(1, 16), (0.7, 0.3), 0.2),
        case("three words far apart", torch.tensor([[8.0], [1.0], [-4.0]]), (0.08, 0.8, 0.12), 0.07),
    ]


def _asked(answer: Callable, table: Tensor, freq: tuple[float, ...], a: float, seed: int = 3) -> float:
    generator = torch.Generator().manual_seed(seed)
    return float(answer(table, torch.tensor(freq), torch.tensor(a), 20_000, generator))


def _two_words(answer: Callable) -> str | None:
    got = _asked(answer, torch.tensor([[1.0], [-1.0]]), (0.5, 0.5), 0.5)
    if abs(got - 0.8413) < 0.02:
        return None
    return (
        "Two words at 1 and −1 with a = 0.5: x_t is ±0.707 plus noise of standard deviation 0.707, and on the right "
        f"side with probability Φ(1) = 0.841. Yours says {got:.3g}."
    )


def _frequent_words_count(answer: Callable) -> str | None:
    table = torch.tensor([[-1.0], [0.0], [1.0]])
    got = _asked(answer, table, (0.05, 0.9, 0.05), 0.5)
    right = _exact(table, torch.tensor([0.05, 0.9, 0.05]), 0.5)
    if abs(got - right) < 0.02:
        return None
    return (
        "Three words at −1, 0, 1 with a = 0.5: the one in the middle is recovered in 38 %, the outer ones in 69 %. "
        f"If the middle one makes up 90 % of the text, that is {right:.3g} in all. Yours says {got:.3g}."
    )


def _nearest_of_what_remains(answer: Callable) -> str | None:
    table, even = torch.tensor([[10.0], [20.0], [30.0]]), (0.3, 0.3, 0.4)
    got, right = _asked(answer, table, even, 0.1), _exact(table, torch.tensor(even), 0.1)
    if abs(got - right) < 0.02:
        return None
    return (
        "Three words at 10, 20, 30 with a = 0.1 stand at 3.16, 6.32, 9.49 in x_t, and the noise has 0.95: "
        f"{right:.3g} are recovered. Yours says {got:.3g}."
    )


EXERCISE = Exercise(
    key="schedule.recovery",
    minutes=15,
    difficulty=2,
    idea="A word is a code word: noise hides it only when another one comes nearer.",
    established="Your figure is what a reader who sees one noisy vector can still guess, frequent words counted often.",
    reference=recovery,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(_two_words, _nearest_of_what_remains, _frequent_words_count),
    remarks=(
        uses_the_generator(
            lambda answer, generator: torch.as_tensor(
                answer(torch.eye(3), torch.tensor([0.2, 0.3, 0.5]), torch.tensor(0.5), 500, generator)
            )
        ),
    ),
    hints=(
        "Draw n words, make their x_t, and find the row that is nearest to each. Count how often it is the word's own.",
        "torch.multinomial draws words by freq. The noise has shape [n, D] and is multiplied by √(1 − a). The rows to "
        "compare with are √a table, since that is where the vectors stand in x_t.",
        "torch.cdist(x_t, a.sqrt() * table).argmin(1) == words, as numbers, and their mean.",
    ),
    mistakes=(
        Mistake(
            "table_not_scaled",
            partial(_counted, rows=_one),
            "You compare x_t with the table itself. In x_t every vector is multiplied by √a, and so must be the rows; "
            "else the words near 0 win.",
            "torch.cdist(x_t, a.sqrt() * table).",
        ),
        Mistake(
            "mean_over_words",
            _all_words_as_one,
            "Yours counts all words alike, as a mean over the rows does or an even draw. In a text the frequent words "
            "come more often.",
            "Draw the words by freq: torch.multinomial(freq, n, replacement=True, generator=generator).",
        ),
        Mistake(
            "variance_for_std",
            partial(_counted, noise=lambda a: 1 - a),
            "You multiply the noise by its variance 1 − a. A standard deviation is its root.",
            "(1 - a).sqrt() * eps.",
        ),
        Mistake(
            "one_noise",
            partial(_counted, numbers=(False, True)),
            "In yours each word is either always recovered or never: the noise is drawn once for all, or once for each "
            "word, or left out. Each of the n draws needs its own.",
            "torch.randn(n, D, generator=generator).",
        ),
        Mistake(
            "one_number_of_noise",
            partial(_counted, numbers=(True, False)),
            "Your noise is one number for all coordinates of a vector: it pushes along one diagonal. Each coordinate "
            "has its own.",
            "torch.randn(n, D, generator=generator), not [n, 1].",
        ),
        Mistake(
            "signal_not_scaled",
            partial(_counted, signal=_one, rows=_root),
            "Your x_t is e + √(1 − a) eps: the vector itself must shrink by √a too.",
            "x_t = a.sqrt() * table[words] + ….",
        ),
        Mistake(
            "nothing_scaled",
            partial(_counted, signal=_one),
            "Neither the vectors in x_t nor the rows are multiplied by √a in yours. The noise grows then as it should, "
            "but the signal does not shrink.",
            "x_t = a.sqrt() * table[words] + …, compared with a.sqrt() * table.",
        ),
        Mistake(
            "a_without_root",
            partial(_counted, signal=lambda a: a),
            "You multiply the vectors by a. a is a share of variance; the vectors shrink by its root.",
            "a.sqrt() in place of a.",
        ),
        Mistake(
            "a_without_root_in_x_t",
            partial(_counted, signal=lambda a: a, rows=_root),
            "In x_t you multiply the vectors by a, in place of √a.",
            "x_t = a.sqrt() * table[words] + ….",
        ),
        Mistake(
            "a_without_root_in_the_rows",
            partial(_counted, rows=lambda a: a),
            "You compare with a times the table. In x_t the vectors stand at √a times it.",
            "torch.cdist(x_t, a.sqrt() * table).",
        ),
        Mistake(
            "exchanged",
            partial(_counted, signal=_root_of_the_rest, noise=_root),
            "Signal and noise are exchanged: a is what survives, and yours takes it for the share of noise.",
            "√a for the vectors, √(1 − a) for the noise.",
        ),
        Mistake(
            "exchanged_in_x_t",
            partial(_counted, signal=_root_of_the_rest, noise=_root, rows=_root),
            "In x_t signal and noise are exchanged: a is what survives.",
            "√a for the vectors, √(1 − a) for the noise.",
        ),
        Mistake(
            "noise_not_scaled",
            partial(_counted, noise=_one),
            "Your noise has variance 1 at every a. It has 1 − a.",
            "(1 - a).sqrt() * eps.",
        ),
        Mistake(
            "largest_product",
            partial(_counted, pick=_largest_product),
            "You take the row with the largest product. A long row wins there though it is farther away.",
            "Take the smallest distance: torch.cdist(x_t, rows).argmin(1).",
        ),
        Mistake(
            "smallest_angle",
            partial(_counted, pick=_smallest_angle),
            "You take the row with the smallest angle, as the cosine gives it. Of two rows in one direction it can't "
            "tell which is nearer.",
            "Take the smallest distance: torch.cdist(x_t, rows).argmin(1).",
        ),
        Mistake(
            "farthest",
            partial(_counted, pick=_farthest),
            "You take the row that is farthest away: argmax of a distance.",
            "argmin in place of argmax.",
        ),
        Mistake(
            "sums_of_differences",
            partial(_counted, pick=_nearest_without_bars),
            "You summed the differences of the coordinates before you took their size, so that one to the left makes "
            "up for one to the right.",
            "Square the differences, then sum: or torch.cdist.",
        ),
        Mistake(
            "sums_of_sizes",
            partial(_counted, pick=_nearest_by_sums),
            "Your distance is the sum of the sizes of the differences. Noise of equal strength in all directions makes "
            "the straight distance count, the root of the sum of squares.",
            "torch.cdist(x_t, rows), as it is.",
        ),
        Mistake(
            "by_frequency_too",
            _by_frequency_too,
            "Your reader knows the frequencies and prefers frequent words. That is a better reader (Bayes' rule); "
            "asked for is the nearest row alone.",
            "Leave freq out of the choice; it only says which words are drawn.",
        ),
        Mistake(
            "other_words",
            _other_words,
            "You compare with other words than those that were noised: they were drawn a second time.",
            "Draw the words once, and use them for x_t and for the comparison.",
        ),
        Mistake(
            "frequencies_as_scores",
            partial(_counted, draw=_by_softmax),
            "You drew the words by softmax(freq). freq holds probabilities already; a softmax makes them nearly even.",
            "torch.multinomial(freq, …), without a softmax.",
        ),
        Mistake(
            "frequency_twice",
            partial(_counted, draw=_by_square),
            "In yours freq counts twice, in the draw and again in a weight. Words that are drawn by freq need no "
            "further weight.",
            "Take the plain mean over the n draws.",
        ),
        Mistake(
            "share_of_the_wrong",
            _wrong_share,
            "You gave the share of the words that are lost. Asked for are those that are recovered.",
            "Compare with ==, and take the mean.",
        ),
        Mistake(
            "how_many",
            _how_many,
            "You gave a count, not a share.",
            "Divide by n, or take the mean.",
        ),
    ),
    equivalents=(_back_to_the_table, _by_products, _word_by_word, _mean_by_freq),
)
