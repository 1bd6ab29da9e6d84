"""Exercise: the bound with exactly so many places hidden."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.mask import places
from textdiff_lite.course.catalogue.mask.masked_bound import masked_bound
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

Predict = Callable[[Tensor], Tensor]
"""predict(ids [B, L]) -> log-probabilities of the word at every place, [B, L, V]."""


def count_bound(predict: Predict, x0: Tensor, n: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    """Nats of each row, [B]: hide exactly n of its L places, L/n times what the model pays for the hidden words.

    x0 [B, L] are ids, n [B] lies in 1 … L, for each row its own. Every set of n places is as likely as any other.
    predict(x) gives log-probabilities of the words, [B, L, V], and the result has a gradient back to them. If n = 2 of
    6 places are hidden and each costs ln 4, the row costs 6/2 · 2 ln 4 = 8.32.
    Source: Hoogeboom et al. 2021 (2110.02037), section 3.
    """
    turn = torch.rand(x0.shape, generator=generator).argsort(1).argsort(1)
    hidden = turn < n[:, None]  # the n places with the smallest numbers
    log_belief = predict(torch.where(hidden, mask, x0))
    nats = -log_belief.gather(-1, x0[..., None])[..., 0]
    return x0.shape[1] / n * torch.where(hidden, nats, 0.0).sum(1)


class Asked:
    """A predictor that remembers what it was shown, and lets one ask how a result hangs on its answers.

    Raises ValueError, as a network would, for what is not ids [·, L], whole and in 0 … mask.
    """

    def __init__(self, length: int, mask: int) -> None:
        self.length, self.mask = length, mask
        self.shown: list[Tensor] = []
        self.answers: list[Tensor] = []

    def __call__(self, x: Any) -> Tensor:
        """Give log-probabilities [·, L, V], which depend on all that is seen in a row."""
        if not isinstance(x, Tensor) or x.ndim != 2 or x.shape[1] != self.length:
            what = f"shape {list(x.shape)}" if isinstance(x, Tensor) else f"a value of type {type(x).__name__}"
            raise ValueError(f"predict takes ids [B, {self.length}], and was given {what}")
        if x.is_floating_point() or x.dtype == torch.bool or not bool(((x >= 0) & (x <= self.mask)).all()):
            raise ValueError(f"predict takes ids, whole numbers in 0 … {self.mask} (the mask), and was given others")
        angles = (x.sum(1)[:, None] + 1.7 * torch.arange(self.length))[..., None] + 2.3 * torch.arange(self.mask)
        answer = (1.5 * angles.double().sin()).log_softmax(-1).requires_grad_()
        self.shown.append(x.clone())
        self.answers.append(answer)
        return answer


def _by_randperm(predict, x0, n, mask, generator):
    hidden = torch.zeros(x0.shape, dtype=torch.bool)
    for row, count in enumerate(n.tolist()):
        hidden[row, torch.randperm(x0.shape[1], generator=generator)[:count]] = True
    nats = torch.nn.functional.nll_loss(predict(x0.masked_fill(hidden, mask)).transpose(1, 2), x0, reduction="none")
    return (nats * hidden).sum(1) * x0.shape[1] / n


def _by_a_threshold(predict, x0, n, mask, generator):
    luck = torch.rand(x0.shape, generator=generator, dtype=torch.float64)
    hidden = luck <= luck.sort(1).values.gather(1, n[:, None] - 1)
    x = x0.clone()
    x[hidden] = mask
    chosen = torch.nn.functional.one_hot(x0, mask).bool() & hidden[..., None]
    return -torch.where(chosen, predict(x), 0.0).sum((1, 2)) * (x0.shape[1] / n)


def _row_by_row(predict, x0, n, mask, generator):
    nats, L = [], x0.shape[1]
    for row, count in zip(x0, n.tolist(), strict=True):
        at = torch.multinomial(torch.ones(L), count, generator=generator)
        x = row.clone()
        x[at] = mask
        nats.append(-L * predict(x[None])[0, at, row[at]].mean())
    return torch.stack(nats)


def _by_scatter(predict, x0, n, mask, generator):
    order = torch.rand(x0.shape, generator=generator).argsort(1)
    early = (torch.arange(x0.shape[1]) < n.unsqueeze(1)).double()
    hidden = torch.zeros(x0.shape, dtype=torch.float64).scatter(1, order, early)
    x = (x0 * (1 - hidden) + mask * hidden).long()
    nats = -predict(x).gather(2, x0.unsqueeze(2)).squeeze(2)
    return torch.einsum("bl,bl,b->b", nats, hidden, x0.shape[1] / n.double())


def _by_masked_bound(predict, x0, n, mask, generator):
    # at the time t = n/L the weight 1/t is L/n
    x = torch.where(_exactly(x0, n, generator), mask, x0)
    return masked_bound(predict(x), x0, x, n[:, None] / x0.shape[1], mask).sum(1)


Hide = Callable[[Tensor, Tensor, torch.Generator], Tensor]
Weight = Callable[[Tensor, int], Tensor]


def _exactly(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(x0.shape, generator=generator).argsort(1).argsort(1) < n[:, None]


def _by_chance(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(x0.shape, generator=generator) < n[:, None] / x0.shape[1]


def _with_replacement(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    B, L = x0.shape
    drawn = torch.randint(L, (B, L), generator=generator)
    hidden = torch.zeros(B, L, dtype=torch.long)
    return hidden.scatter_add(1, drawn, (torch.arange(L) < n[:, None]).long()) > 0


def _in_all_rows(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(1, x0.shape[1], generator=generator).argsort(1).argsort(1) < n[:, None]


def _the_first(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    del generator
    return torch.arange(x0.shape[1]) < n[:, None]


def _the_last(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    del generator
    return torch.arange(x0.shape[1]) >= x0.shape[1] - n[:, None]


def _of_the_first_row(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    return _exactly(x0, n[:1].expand_as(n), generator)


def _one_too_many(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    return _exactly(x0, n + 1, generator)


def _the_others(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    return ~_exactly(x0, n, generator)


def _one_argsort(x0: Tensor, n: Tensor, generator: torch.Generator) -> Tensor:
    order = torch.rand(x0.shape, generator=generator).argsort(1)
    return torch.zeros(x0.shape, dtype=torch.bool).scatter(1, order[:, : int(n.max())], True)


def _bound(
    predict: Predict,
    x0: Tensor,
    n: Tensor,
    mask: int,
    generator: torch.Generator,
    *,
    hide: Hide = _exactly,
    weight: Weight = lambda n, L: L / n,
    where: Callable[[Tensor], Tensor] = lambda hidden: hidden,
    shows: Callable[[Tensor, Tensor, int], Tensor] = lambda x0, hidden, mask: torch.where(hidden, mask, x0),
) -> Tensor:
    """The bound with one part exchanged: which places, the weight, what is counted, or what is shown."""
    hidden = hide(x0, n, generator)
    nats = -predict(shows(x0, hidden, mask)).gather(-1, x0[..., None])[..., 0]
    return weight(n, x0.shape[1]) * torch.where(where(hidden), nats, 0.0).sum(1)


def _first_row_for_all(predict, x0, n, mask, generator):
    return _bound(predict, x0, n[:1].expand_as(n), mask, generator)


def _no_gradient(predict, x0, n, mask, generator):
    return count_bound(predict, x0, n, mask, generator).detach()


def _likeliest(predict, x0, n, mask, generator):
    hidden = _exactly(x0, n, generator)
    best = predict(torch.where(hidden, mask, x0)).amax(-1)
    return -x0.shape[1] / n * torch.where(hidden, best, 0.0).sum(1)


ROWS = "rows shown to predict, for each row of x0"
COUNT = "share of rows that hide another number of places than n"
KEPT = "words of x0 that are shown changed, and not as the mask (1: there are)"
GRADIENT = "there is a gradient with respect to what predict answered (1: yes)"
WEIGHT = "least and greatest weight of the true word at a hidden place"
COUNTED = "share of rows in which another number of places has a weight than n"
OTHERS = "greatest weight of anything else that predict answered"
REST = "what the result holds besides its weights times what predict answered"
OVER = "the result, over L/n times the nats of the hidden places"


def _says(n: Tensor) -> list[str]:
    return [f" with n = {count}" for count in n.unique().tolist()]


def _truth(predict: Asked, x0: Tensor, n: Tensor, mask: int, generator: torch.Generator) -> Seen:
    del predict, mask, generator
    L, no = x0.shape[1], torch.tensor(0.0)
    seen: Seen = {ROWS: torch.tensor(1.0), KEPT: no, COUNT: no, GRADIENT: torch.tensor(1.0)}
    if L == LONG:
        seen |= places.shapes_of_coins(float(n[0]) / L)
    elif not bool((n == L).all()):
        seen[places.DIFFER] = torch.tensor(1.0)
        sizes = torch.tensor([sum(pattern) for pattern in _patterns(L)])
        for count, kind in zip(n.unique().tolist(), _says(n), strict=True):
            for pattern, size in zip(_patterns(L), sizes.tolist(), strict=True):
                chance = 1 / math.comb(L, count) if size == count else 0.0
                seen[places.named(pattern, kind)] = torch.tensor(chance, dtype=torch.float64)
    for count, kind in zip(n.unique().tolist(), _says(n), strict=True):
        seen[WEIGHT + kind] = torch.tensor([L / count, L / count], dtype=torch.float64)
    return seen | {COUNTED: no, OTHERS: no, REST: no}


def _patterns(L: int) -> list[tuple[bool, ...]]:
    return [tuple(bool(number >> place & 1) for place in range(L)) for number in range(2**L)]


def _observe(result: Tensor, arguments: tuple) -> Seen:
    predict, x0, n, mask, _ = arguments
    shown, L = torch.cat(predict.shown) if predict.shown else x0[:0], x0.shape[1]
    if len(shown) != len(x0):
        return {ROWS: torch.tensor(len(shown) / len(x0))}
    hidden = (shown == mask) & (x0 != mask)
    kinds = n.unique(return_inverse=True)[1]
    seen: Seen = {
        ROWS: torch.tensor(1.0),
        KEPT: ((shown != x0) & ~hidden).any().double(),
        COUNT: places.share(hidden.sum(1) != n),
        GRADIENT: torch.tensor(float(result.requires_grad)),
    }
    if L == LONG:
        seen |= places.shapes(hidden, kinds)
    elif not bool((n == L).all()):
        seen |= places.patterns(hidden, kinds, _says(n))
    if not result.requires_grad:
        nats = -torch.cat([a.detach() for a in predict.answers]).gather(-1, x0[..., None])[..., 0]
        return seen | {OVER: result.double() / (L / n * torch.where(hidden, nats, 0.0).sum(1))}
    return seen | _weights(result, predict.answers, x0, n, hidden)


def _weights(result: Tensor, answers: list[Tensor], x0: Tensor, n: Tensor, hidden: Tensor) -> Seen:
    """How the result hangs on what predict answered: the right one is a sum of its logarithms, each with a weight."""
    gradients = torch.autograd.grad(result.double().sum(), answers, allow_unused=True)
    weights = torch.cat(
        [-(g if g is not None else torch.zeros_like(a)) for g, a in zip(gradients, answers, strict=True)]
    )
    true = torch.nn.functional.one_hot(x0, weights.shape[-1]).bool() & hidden[..., None]
    of_true = weights.sum(-1)
    seen: Seen = {}
    for count, kind in zip(n.unique().tolist(), _says(n), strict=True):
        mine = of_true[n == count][hidden[n == count]]
        ends = torch.stack([mine.min(), mine.max()]) if len(mine) else torch.zeros(2)
        seen[WEIGHT + kind] = ends
    others = weights.masked_fill(true, 0)
    answered = torch.cat([a.detach() for a in answers])
    rest = result.detach().double() + (weights * answered).sum((1, 2))
    seen[COUNTED] = places.share((of_true != 0).sum(1) != n)
    seen[OTHERS] = others.flatten()[others.abs().argmax()]
    seen[REST] = rest[rest.abs().argmax()]
    return seen


LONG = 30  # places of the rows of which only the coins are looked at


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, B: int, L: int, V: int, n: list[int]) -> Case:
        x0 = torch.randint(V, (B, L), generator=generator)
        counts = torch.tensor(n).repeat(-(-B // len(n)))[:B]
        # shuffled, so that the rows of a kind do not stand in a rhythm
        counts = counts[torch.randperm(B, generator=generator)]

        def arguments() -> tuple:
            return Asked(L, V), x0.clone(), counts.clone(), V, torch.Generator().manual_seed(11)

        return Case(says, arguments)

    return [
        case("3 rows of 2 places, both hidden", 3, 2, 3, [2]),
        case("600 rows of 4 places, n = 3", 600, 4, 3, [3]),
        case("1000 rows of 4 places, n from 1 to 4", 1000, 4, 5, [1, 2, 3, 4]),
        case(f"60 rows of {LONG} places, n = 12", 60, LONG, 3, [12]),
        case("5 rows of 5 places, V = 5, n = 5", 5, 5, 5, [5]),
    ]


def _run(answer: Callable, B: int, L: int, n: list[int]) -> tuple[Asked, Tensor, Tensor]:
    predict = Asked(L, 4)
    x0 = torch.randint(4, (B, L), generator=torch.Generator().manual_seed(1))
    nats = answer(predict, x0, torch.tensor(n).repeat(B // len(n)), 4, torch.Generator().manual_seed(5))
    return predict, x0, nats


def _one_look(answer: Callable) -> str | None:
    predict, _, _ = _run(answer, 6, 4, [2])
    rows = sum(len(x) for x in predict.shown)
    if rows == 6:
        return None
    return f"Of 6 rows predict was shown {rows}. Each row is to be shown once, with n places hidden."


def _hidden_from_it(answer: Callable) -> str | None:
    predict, x0, _ = _run(answer, 6, 4, [2])
    if torch.equal(torch.cat(predict.shown), x0):
        return "predict was shown the clean sentences: it sees the words that it should guess."
    return None


def _exactly_n(answer: Callable) -> str | None:
    for L, n in ((6, [2]), (4, [1, 3])):
        predict, _, _ = _run(answer, 60, L, n)
        counts = (torch.cat(predict.shown) == 4).sum(1).tolist()
        for row, count in enumerate(counts):
            if count != n[row % len(n)]:
                own = ", ".join(str(k) for k in sorted(set(counts[row % len(n) :: len(n)])))
                return (
                    f"Of rows of {L} places with n = {n[row % len(n)]}, yours hide {own}. Exactly n are to be hidden "
                    "in each row, by the n of that row."
                )
    return None


def _by_chance_which(answer: Callable) -> str | None:
    predict, _, _ = _run(answer, 3000, 4, [2])
    hidden = torch.cat(predict.shown) == 4
    if (hidden == hidden[0]).all():
        return f"All 3000 rows hide the same places, {hidden[0].nonzero()[:, 0].tolist()}. Chance should choose them."
    for one in range(4):
        for other in range(one + 1, 4):
            share = float((hidden[:, one] & hidden[:, other]).double().mean())
            if abs(share - 1 / 6) > 0.035:
                return (
                    "With n = 2 of 4 places each of the 6 pairs should be hidden in 17 % of the rows. In yours the "
                    f"places {one} and {other} are in {places.percent(share)}."
                )
    return None


def _even(x: Tensor) -> Tensor:
    return torch.full((*x.shape, 4), 0.25, dtype=torch.float64).log().requires_grad_()


def _a_worked_value(answer: Callable) -> str | None:
    for L, n in ((6, 2), (4, 1), (4, 3)):
        x0 = torch.zeros(3, L, dtype=torch.long)
        got = answer(_even, x0, torch.tensor([n, n, n]), 4, torch.Generator().manual_seed(5)).detach()
        right = L * math.log(4)
        if float((got - right).abs().max()) > 1e-4:
            return (
                f"With L = {L}, n = {n} and belief ¼ in every word the {n} hidden cost {n} · ln 4, and L/n times that "
                f"is {right:.3f}, the cost of all {L}. Yours says {float(got[0]):.4g}."
            )
    return None


def _seen_is_free(answer: Callable) -> str | None:
    costs = []
    for p in (0.25, 0.1):

        def predict(x: Tensor, p: float = p) -> Tensor:
            belief = torch.full((*x.shape, 4), 0.25, dtype=torch.float64)
            belief[x == 0] = torch.tensor([p, (1 - p) / 3, (1 - p) / 3, (1 - p) / 3], dtype=torch.float64)
            return belief.log().requires_grad_()

        x0 = torch.zeros(3, 6, dtype=torch.long)
        nats = answer(predict, x0, torch.tensor([2, 2, 2]), 4, torch.Generator().manual_seed(5))
        costs.append(float(nats[0].detach()))
    if abs(costs[0] - costs[1]) < 1e-4:
        return None
    return (
        "A place that is seen has nothing to guess, and costs 0. If predict believes less in the words that it sees, "
        f"yours goes from {costs[0]:.4g} to {costs[1]:.4g}."
    )


def _the_true_word(answer: Callable) -> str | None:
    def predict(x: Tensor) -> Tensor:
        belief = torch.tensor([0.1, 0.7, 0.1, 0.1], dtype=torch.float64)
        return belief.log().repeat(*x.shape, 1).requires_grad_()

    x0 = torch.zeros(1, 2, dtype=torch.long)
    got = float(answer(predict, x0, torch.tensor([2]), 4, torch.Generator().manual_seed(5))[0].detach())
    if abs(got - 2 * math.log(10)) < 1e-4:
        return None
    return f"Two hidden places of two, each with belief 0.1 in its word, cost 2 · ln 10 = 4.605. Yours says {got:.4g}."


def _own_generator(answer: Callable) -> str | None:
    one, two = (_run(answer, 40, 8, [3])[0] for _ in range(2))
    if torch.equal(torch.cat(one.shown), torch.cat(two.shown)):
        return None
    return "Two runs with generators of the same seed differ: draw with `generator=generator`."


EXERCISE = Exercise(
    key="mask.count_bound",
    minutes=15,
    difficulty=3,
    idea="The chain rule in a random order: whoever guesses n of L places pays n of L shares of the sentence.",
    established="Your loss is the chain rule, averaged over all orders in which a sentence can be revealed.",
    reference=count_bound,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(_one_look, _hidden_from_it, _exactly_n, _by_chance_which, _seen_is_free, _a_worked_value, _the_true_word),
    remarks=(_own_generator,),
    needs=("mask.hide", "mask.masked_bound"),
    hints=(
        "Four lines: choose n places of each row, show the row with the mask there, take −log_belief of the true "
        "words, sum over the hidden places and multiply by L/n.",
        "A random number for each place; hidden are the n with the smallest. .argsort(1).argsort(1) gives each place "
        "its rank, 0 for the smallest.",
        "hidden = torch.rand(x0.shape, generator=generator).argsort(1).argsort(1) < n[:, None]; log_belief = "
        "predict(torch.where(hidden, mask, x0)); then x0.shape[1] / n * ….",
    ),
    mistakes=(
        Mistake(
            "mean_over_hidden",
            partial(_bound, weight=lambda n, L: 1 / n),
            "You took the mean over the hidden places: the weight is 1/n. That is the cost of one place; a row has L.",
            "Multiply it by L too.",
        ),
        Mistake(
            "sum_only",
            partial(_bound, weight=lambda n, L: torch.ones_like(n)),
            "You summed over the hidden places without a weight. n of them stand for all L.",
            "Multiply the sum by L/n.",
        ),
        Mistake(
            "n_over_l",
            partial(_bound, weight=lambda n, L: n / L),
            "The weight is upside down, n/L. The fewer places are hidden, the more each stands for.",
            "Multiply the sum by L/n.",
        ),
        Mistake(
            "l_only",
            partial(_bound, weight=lambda n, L: torch.full_like(n, L)),
            "You multiplied by L and did not divide by n.",
            "Divide by n: n hidden places stand for L.",
        ),
        Mistake(
            "over_length",
            partial(_bound, weight=lambda n, L: torch.full_like(n, 1).double() / L),
            "You divided the sum by L. That is a mean over places of which most cost nothing.",
            "Multiply the sum by L/n.",
        ),
        Mistake(
            "all_positions",
            partial(_bound, where=torch.ones_like),
            "All places are counted, those too that predict could see.",
            "Put 0 at the places that are not hidden before you sum.",
        ),
        Mistake(
            "sum_over_all",
            partial(_bound, weight=lambda n, L: torch.ones_like(n), where=torch.ones_like),
            "You summed over all places of the row, seen ones too, without a weight.",
            "Sum over the hidden places, and multiply by L/n.",
        ),
        Mistake(
            "mean_over_all",
            partial(_bound, weight=lambda n, L: torch.ones_like(n) / L, where=torch.ones_like),
            "You took the mean over all places of the row, seen ones too.",
            "Sum over the hidden places, and multiply by L/n.",
        ),
        Mistake(
            "seen_positions",
            partial(_bound, where=torch.logical_not),
            "The places that are seen are counted, and the hidden ones are not.",
            "Count where the mask stands.",
        ),
        Mistake(
            "by_chance",
            partial(_bound, hide=_by_chance),
            "Each place is hidden with probability n/L, so that a row has n hidden on average only. With the weight "
            "L/n exactly n must be.",
            "Hide the n places with the smallest random numbers.",
        ),
        Mistake(
            "with_replacement",
            partial(_bound, hide=_with_replacement),
            "The places are drawn one by one and may come twice, so that fewer than n are hidden.",
            "Draw without putting back, or take the n smallest random numbers.",
        ),
        Mistake(
            "same_places",
            partial(_bound, hide=_in_all_rows),
            "All rows hide the same places first: the order was drawn for one row and used for all.",
            "Draw a random number for each place of each row: torch.rand(x0.shape, generator=generator).",
        ),
        Mistake(
            "first_places",
            partial(_bound, hide=_the_first),
            "The first n places are hidden. Then a word is never guessed from those before it. Chance should choose.",
            "Compare n with a random rank, not with the number of the place.",
        ),
        Mistake(
            "last_places",
            partial(_bound, hide=_the_last),
            "The last n places are hidden. Then a word is never guessed from those after it. Chance should choose.",
            "Compare n with a random rank, not with the number of the place.",
        ),
        Mistake(
            "n_of_the_first_row",
            _first_row_for_all,
            "All rows take the n of the first one.",
            "Compare with n[:, None], which has a line for each row, and divide by n.",
        ),
        Mistake(
            "one_too_many",
            partial(_bound, hide=_one_too_many),
            "n + 1 places are hidden: ranks begin with 0.",
            "Hide where the rank is < n, not <= n.",
        ),
        Mistake(
            "the_others",
            partial(_bound, hide=_the_others),
            "n places are seen, and the others hidden. It should be the other way round.",
            "Put the mask where the rank is below n.",
        ),
        Mistake(
            "most_for_all",
            partial(_bound, hide=_one_argsort),
            "All rows hide as many places as the greatest n says.",
            "Compare a rank with n[:, None], so that each row has its own number.",
        ),
        Mistake(
            "clean_sentence_shown",
            partial(_bound, shows=lambda x0, hidden, mask: x0),
            "predict is shown the clean sentence. It sees what it should guess, and learns to copy.",
            "Show it torch.where(hidden, mask, x0).",
        ),
        Mistake(
            "all_hidden_shown",
            partial(_bound, shows=lambda x0, hidden, mask: torch.full_like(x0, mask)),
            "predict is shown rows of nothing but masks, and guesses each word from nothing.",
            "Put the mask only where the place is hidden.",
        ),
        Mistake(
            "sign",
            partial(_bound, weight=lambda n, L: -L / n),
            "The sign is wrong: a logarithm of a probability is below 0, a cost is above.",
            "Put a minus before log_belief.",
        ),
        Mistake(
            "the_likeliest",
            _likeliest,
            "You counted the likeliest word of each hidden place. The cost is that of the true one, x0.",
            "Gather log_belief at x0.",
        ),
        Mistake(
            "bits",
            partial(_bound, weight=lambda n, L: L / n / math.log(2)),
            "Your figure is in bits: it was divided by ln 2. Nats are asked for.",
            "Leave out the division by ln 2.",
        ),
        Mistake(
            "no_gradient",
            _no_gradient,
            "The figure is right and has no gradient: it was detached, or made of Python numbers. A loss must lead "
            "back to what the model said.",
            "Compute with what predict gives, without .item(), .tolist() or .detach().",
        ),
    ),
    equivalents=(_by_randperm, _by_a_threshold, _row_by_row, _by_scatter, _by_masked_bound),
)
