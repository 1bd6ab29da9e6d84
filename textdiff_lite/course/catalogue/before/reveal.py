"""Exercise: predict all, reveal some, repeat."""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.frequencies import as_frequencies, by_sentence, frequencies, whole
from textdiff_lite.course.catalogue.before.sample_left_to_right import uses_the_generator
from textdiff_lite.course.exercise import Case, Estimate, Exercise, Mistake, Seen

Predict = Callable[[Tensor], Tensor]
"""predict(ids [B, L]) -> log-probabilities of the word at every place, [B, L, V]."""


def reveal(predict: Predict, x: Tensor, mask: int, evaluations: int, generator: torch.Generator) -> Tensor:
    """Fill the hidden places of x [B, L] in so many rounds, each row in its own random order, small rounds first."""
    x = x.clone()
    for rounds_left in range(evaluations, 0, -1):
        p = predict(x).exp()
        words = torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(x.shape)
        hidden = x == mask
        n = hidden.sum(1, keepdim=True) // rounds_left
        luck = torch.rand(x.shape, generator=generator).masked_fill(~hidden, 2.0)
        now = luck.argsort(1).argsort(1) < n  # the n hidden places with the smallest numbers
        x = torch.where(now, words, x)
    return x


def sizes(hidden: int, evaluations: int) -> list[int]:
    """How many places each round reveals."""
    result = []
    for left in range(evaluations, 0, -1):
        result.append(hidden // left)
        hidden -= result[-1]
    return result


class Oracle:
    """What is seen of a language given as one tensor, answered exactly; it remembers what it was shown.

    At a place that is not hidden it names another word on purpose: nobody asked.
    """

    watch = "sentences"

    def __init__(self, joint: Tensor) -> None:
        self.joint = joint
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


class Flat:
    """Every one of 3 words equally likely, everywhere; it remembers what it was shown. The mask is 3."""

    watch = "rounds"

    def __init__(self) -> None:
        self.shown: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        """Give log p(word | what is seen) [B, L, 3]."""
        self.shown.append(x.clone())
        return torch.full((*x.shape, 3), -math.log(3))


class Uneven:
    """One of 3 words is likelier than the others, how much depends on row and place. The mask is 3."""

    watch = "order"

    def __init__(self, rows: int, length: int) -> None:
        self.shown: list[Tensor] = []
        self.sure = 0.4 + 0.5 * torch.rand(rows, length, generator=torch.Generator().manual_seed(3))

    def __call__(self, x: Tensor) -> Tensor:
        """Give log p(word | what is seen) [B, L, 3]."""
        self.shown.append(x.clone())
        return torch.stack([self.sure, (1 - self.sure) / 2, (1 - self.sure) / 2], -1).log()


LEFT = "places left hidden, a row"
CALLS = "calls of predict"
ORDER = "rows alike at first that hide different places after a round (1: there are)"
UNLIKE = "rows alike at first with rounds of different sizes (1: there are)"
SUREST = "share of rows whose surest place is revealed in the first of 2 rounds"
CHANGED = "words changed that were given or revealed (1: there are)"


def _truth(predict: Oracle | Flat | Uneven, x: Tensor, mask: int, evaluations: int, generator: torch.Generator) -> Seen:
    """One round writes each place by itself; as many rounds as places follow the language, in whatever order."""
    del generator
    L = x.shape[1]
    yes, no = torch.tensor(1.0), torch.tensor(0.0)
    seen: Seen = {LEFT: no}
    if isinstance(predict, Oracle):
        law = torch.zeros((mask + 1,) * L, dtype=torch.float64)
        for words in itertools.product(range(mask), repeat=L):
            if all(seen_word in (mask, word) for seen_word, word in zip(x[0].tolist(), words, strict=True)):
                alone = [predict.joint.movedim(i, 0)[word].sum() for i, word in enumerate(words)]
                law[words] = predict.joint[words] if evaluations > 1 else torch.stack(alone).prod()
        return seen | by_sentence(as_frequencies(law / law.sum()), mask + 1, L)
    if isinstance(predict, Uneven):
        pairs = list(itertools.combinations(range(L), 2))
        return seen | {ORDER: yes, SUREST: torch.tensor(0.5)} | {_first(pair): torch.tensor(1 / 6) for pair in pairs}
    rounds: Seen = {
        _round(k, hidden): torch.tensor(float(n))
        for hidden in (x == mask).sum(1).unique().tolist()
        for k, n in enumerate(sizes(hidden, evaluations), 1)
    }
    return seen | {CALLS: torch.tensor(float(evaluations))} | rounds | {UNLIKE: no, ORDER: yes, CHANGED: no}


def _round(k: int, hidden: int) -> str:
    return f"places revealed in round {k} by a row with {hidden} hidden"


def _first(pair: tuple[int, ...]) -> str:
    return f"share of rows that reveal the places {pair[0]} and {pair[1]} in the first of 2 rounds"


def _share(happens: Tensor) -> Estimate:
    share = happens.double().mean()
    return Estimate(share, (share * (1 - share) / len(happens)).sqrt())


def _order(predict: Uneven, after_one: Tensor) -> Seen:
    """Which places [B, L] a round reveals: each pair as often as any other, and the surest as often as the others."""
    open_now = ~after_one
    alike = bool((after_one == after_one[0]).all())
    seen: Seen = {ORDER: torch.tensor(float(not alike))}
    # which places it is that all rows reveal depends on luck
    surest = open_now.gather(1, predict.sure.argmax(1, keepdim=True))[:, 0]
    seen[SUREST] = torch.tensor(-1.0) if alike else _share(surest)
    for pair in itertools.combinations(range(after_one.shape[1]), 2):
        mine = open_now[:, list(pair)].all(1) & (open_now.sum(1) == 2)
        seen[_first(pair)] = torch.tensor(-1.0) if alike else _share(mine)
    return seen


def _observe(result: Any, arguments: tuple) -> Seen:
    predict, x, mask, _, _ = arguments
    whole(result)
    seen: Seen = {LEFT: (result == mask).double().sum(1).mean()}
    if predict.watch == "sentences":
        return seen | by_sentence(frequencies(result, mask + 1), mask + 1, result.shape[1])
    states = [*predict.shown, result]
    if predict.watch == "order":
        return seen | _order(predict, states[1] == mask)
    hidden = torch.stack([(state == mask).sum(1).double() for state in states])  # [calls + 1, B]
    revealed = hidden[:-1] - hidden[1:]
    rounds: Seen = {}
    at_first, open_places = (x == mask).sum(1), torch.stack([state == mask for state in states], 1)
    groups = {n: at_first == n for n in at_first.unique().tolist()}  # rows with the same places hidden
    for n, mine in groups.items():
        for k, places in enumerate(revealed[:, mine], 1):
            rounds[_round(k, n)] = Estimate(places.mean(), places.std() / len(places) ** 0.5)
    changed = [((a != mask) & (a != b)).any() for a, b in itertools.pairwise(states)]
    flags = {
        UNLIKE: torch.stack([(revealed[:, g] != revealed[:, g][:, :1]).any() for g in groups.values()]).any(),
        # how many of the others differ depends on luck; whether any does, does not
        ORDER: torch.stack([(open_places[g] != open_places[g][0]).any() for g in groups.values()]).any(),
        CHANGED: torch.stack(changed).any(),
    }
    count: Seen = {CALLS: torch.tensor(float(len(predict.shown)))}
    return seen | count | rounds | {name: flag.double() for name, flag in flags.items()}


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
    canvas: bool = False,
    large_first: bool = False,
) -> Tensor:
    """The loop with one thing wrong."""
    x, (B, L) = x.clone(), x.shape
    given = x != mask
    luck = torch.rand(1 if one_order else B, L, generator=generator).expand(B, L)
    whole = redraw or overwrite or canvas
    # a turn for each place: those that are given come last, unless they are counted like the others
    turn = (luck if whole else luck.masked_fill(given, 2.0)).argsort(1).argsort(1)
    places = torch.full((B, 1), L) if whole else (~given).sum(1, keepdim=True)
    first = predict(x) if reuse else None
    done = torch.zeros_like(places)
    for left in range(evaluations, 0, -1):
        belief = predict(x) if first is None else first
        words = belief.argmax(-1) if likeliest else _draw(belief, generator)
        rest = places - done
        late = turn >= done
        done = done + (places // evaluations if lose_the_rest else -(-rest // left) if large_first else rest // left)
        due = turn < done
        now = due if redraw else due & late if overwrite else due & (x == mask)
        x = torch.where(now, words, x)
    return x


def _rounded_up(predict, x, mask, evaluations, generator):
    x = x.clone()
    most = math.ceil(x.shape[1] / evaluations)
    while (x == mask).any():
        words = _draw(predict(x), generator)
        luck = torch.rand(x.shape, generator=generator).masked_fill(x != mask, 2.0)
        x = torch.where((luck.argsort(1).argsort(1) < most) & (x == mask), words, x)
    return x


def _all_in_the_last_round(predict, x, mask, evaluations, generator):
    for _ in range(evaluations):
        words = _draw(predict(x), generator)
    return torch.where(x == mask, words, x)


def _count_of_the_first_row(predict, x, mask, evaluations, generator):
    x = x.clone()
    for left in range(evaluations, 0, -1):
        words = _draw(predict(x), generator)
        luck = torch.rand(x.shape, generator=generator).masked_fill(x != mask, 2.0)
        n = int((x[0] == mask).sum()) // left
        x = torch.where((luck.argsort(1).argsort(1) < n) & (x == mask), words, x)
    return x


def _surest_first(predict, x, mask, evaluations, generator):
    x = x.clone()
    for left in range(evaluations, 0, -1):
        belief = predict(x)
        words, hidden = _draw(belief, generator), x == mask
        doubt = (-belief.amax(-1)).masked_fill(~hidden, torch.inf)
        turn = torch.argsort(doubt, dim=1, stable=True).argsort(1)
        x = torch.where(turn < hidden.sum(1, keepdim=True) // left, words, x)
    return x


def _one_place_at_a_time(predict, x, mask, evaluations, generator):
    x, (B, L) = x.clone(), x.shape
    luck = torch.rand(B, L, generator=generator)
    order = torch.where(x == mask, luck, 2.0).argsort(1)
    ends = [list(itertools.accumulate(sizes(int(n), evaluations))) for n in (x == mask).sum(1)]
    for k in range(evaluations):
        words = _draw(predict(x), generator)
        for row, end in enumerate(ends):
            mine = order[row, end[k - 1] if k else 0 : end[k]]
            x[row, mine] = words[row, mine]
    return x


def _by_a_threshold(predict, x, mask, evaluations, generator):
    x = x.clone()
    keys = torch.rand(x.shape, generator=generator, dtype=torch.float64)
    for left in range(evaluations, 0, -1):
        cdf = predict(x).double().exp().cumsum(-1)
        u = torch.rand(x.shape, generator=generator, dtype=torch.float64)
        words = torch.searchsorted(cdf, u[..., None] * cdf[..., -1:], right=True)[..., 0]
        open_keys = keys.masked_fill(x != mask, 2.0)
        n = ((x == mask).sum(1) / left).floor().long()
        bound = torch.cat([torch.full((len(x), 1), -1.0), open_keys.sort(1).values], 1).gather(1, n[:, None])
        now = open_keys <= bound
        x[now] = words[now]
    return x


def _row_by_row(predict, x, mask, evaluations, generator):
    rows = x.clone()
    for k in range(evaluations):
        p = predict(rows.clone()).exp()
        for row, belief in zip(rows, p, strict=True):
            places = (row == mask).nonzero()[:, 0]
            places = places[torch.randperm(len(places), generator=generator)][: len(places) // (evaluations - k)]
            if len(places):
                row[places] = torch.multinomial(belief[places], 1, generator=generator)[:, 0]
    return rows


def _cases(generator: torch.Generator) -> list[Case]:
    def language(V: int, L: int) -> Tensor:
        # cubed, so that the places depend on each other
        weights = torch.rand((V,) * L, generator=generator, dtype=torch.float64) ** 3
        return weights / weights.sum()

    def case(says: str, joint: Tensor, evaluations: int, given: tuple[int, ...] = ()) -> Case:
        V, L = joint.shape[0], joint.ndim

        def arguments() -> tuple:
            x = torch.full((4000, L), V)
            x[:, : len(given)] = torch.tensor(given, dtype=torch.long)
            return Oracle(joint), x, V, evaluations, torch.Generator().manual_seed(11)

        return Case(says, arguments)

    def rounds(L: int, evaluations: int, given: int = 0) -> Case:
        def arguments() -> tuple:
            x = torch.full((50, L), 3)
            x[:, :given] = 1
            return Flat(), x, 3, evaluations, torch.Generator().manual_seed(11)

        says = f"50 sentences of {L} places in {evaluations} rounds"
        return Case(says + (f", {given} of them given" if given else ""), arguments)

    def unlike() -> tuple:
        x = torch.full((60, 6), 3)
        for row in range(60):
            x[row, : (1, 3, 5)[row % 3]] = 1
        return Flat(), x, 3, 2, torch.Generator().manual_seed(11)

    def order() -> tuple:
        return Uneven(4000, 4), torch.full((4000, 4), 3), 3, 2, torch.Generator().manual_seed(11)

    pair = torch.tensor([[0.5, 0.02, 0.03], [0.02, 0.2, 0.0], [0.03, 0.0, 0.2]], dtype=torch.float64)
    three = language(2, 3)
    return [
        case("4000 sentences of 2 places, V = 3, 1 evaluation", pair, 1),
        case("4000 sentences of 2 places, V = 3, 2 evaluations", pair, 2),
        case("4000 sentences of 3 places, the first given, 3 evaluations", three, 3, (1,)),
        case("4000 sentences of 3 places, V = 2, 3 evaluations", three, 3),
        rounds(4, 2),
        rounds(5, 2),
        rounds(7, 3),
        rounds(13, 10),
        rounds(7, 2, given=3),
        rounds(5, 4, given=2),
        Case("60 sentences of 6 places in 2 rounds, of which rows by turns have 5, 3 and 1 hidden", unlike),
        Case("4000 sentences of 4 places in 2 rounds, a predictor that is surer of some places", order),
    ]


def _run(answer: Callable, length: int, evaluations: int, given: int = 0) -> tuple[list[Tensor], Tensor]:
    flat = Flat()
    x = torch.full((20, length), 3)
    x[:, :given] = 1
    result = answer(flat, x, 3, evaluations, torch.Generator().manual_seed(5))
    return flat.shown, result


def _nothing_is_left(answer: Callable) -> str | None:
    _, result = _run(answer, 7, 3)
    left = (result == 3).sum(1)
    if int(left.max()) == 0:
        return None
    return f"7 places in 3 evaluations: {int(left.max())} of the places are still hidden at the end."


def _one_call_a_round(answer: Callable) -> str | None:
    for length, evaluations, given in ((6, 3, 0), (13, 10, 0), (5, 4, 2)):
        calls = len(_run(answer, length, evaluations, given)[0])
        if calls != evaluations:
            times = "once" if calls == 1 else f"{calls} times"
            what = f"{length} places" + (f", {given} of them given," if given else "")
            text = f"{what} in {evaluations} evaluations: your function calls predict {times}."
            return text + (" A round that reveals nothing calls it too." if given and calls < evaluations else "")
    return None


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


def _rounds_of_the_rule(answer: Callable) -> str | None:
    for length, evaluations, given in ((7, 3, 0), (5, 2, 0), (13, 10, 0), (7, 2, 3)):
        shown, result = _run(answer, length, evaluations, given)
        hidden = [(state == 3).sum(1).tolist() for state in [*shown, result]]
        want = sizes(length - given, evaluations)
        for row in zip(*hidden, strict=True):
            own = [a - b for a, b in itertools.pairwise(row)]
            if own != want:
                what = f"{length} places" + (f", {given} of them given," if given else "")
                yours, ours = (", ".join(map(str, figures)) for figures in (own, want))
                return (
                    f"{what} in {evaluations} rounds: one of your rows reveals {yours} places. The rule, hidden places "
                    f"// rounds left, gives {ours}."
                )
    return None


def _each_row_by_itself(answer: Callable) -> str | None:
    x = torch.full((3, 6), 3)
    x[0, :1], x[1, :3], x[2, :5] = 1, 1, 1
    flat = Flat()
    result = answer(flat, x.clone(), 3, 2, torch.Generator().manual_seed(5))
    hidden = [(state == 3).sum(1).tolist() for state in [*flat.shown, result]]
    for row in zip(*hidden, strict=True):
        own, want = [a - b for a, b in itertools.pairwise(row)], sizes(row[0], 2)
        if own != want:
            yours, ours = (", ".join(map(str, figures)) for figures in (own, want))
            return (
                f"Three rows have 5, 3 and 1 places hidden, and there are 2 rounds. The row with {row[0]} reveals "
                f"{yours} places in yours; by the rule, each row for itself, it is {ours}."
            )
    return None


def _every_pair_as_often(answer: Callable) -> str | None:
    flat = Flat()
    result = answer(flat, torch.full((3000, 4), 3), 3, 2, torch.Generator().manual_seed(5))
    first = [flat.shown[0], *flat.shown[1:], result][1] != 3
    if (first == first[0]).all():
        return "Which places are revealed is left to chance for each row. In 3000 of your rows it is the same places."
    for one, other in itertools.combinations(range(4), 2):
        share = float((first[:, one] & first[:, other]).double().mean())
        if abs(share - 1 / 6) > 0.035:
            return (
                "4 places in 2 rounds: each of the 6 pairs of places should be the first to be revealed in 17 % of the "
                f"rows. In yours the places {one} and {other} are in {share:.0%}."
            )
    return None


def _the_last_word_knows_the_others(answer: Callable) -> str | None:
    # «a a» or «b b»: in two rounds the second place must follow the first
    oracle = Oracle(torch.tensor([[0.5, 0.0], [0.0, 0.5]], dtype=torch.float64))
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
        "In each round: predict, draw a word for every place, and keep the draws at some of the hidden places. The "
        "rule says how many; which, a random number for each place of each row.",
        "n = hidden.sum(1, keepdim=True) // rounds_left, for each row. Due are the n hidden places with the smallest "
        "random numbers; a number above 1 keeps the others out.",
        "luck = torch.rand(x.shape, generator=generator).masked_fill(~hidden, 2.0); now = luck.argsort(1).argsort(1) "
        "< n; x = torch.where(now, words, x), with words drawn by torch.multinomial from predict(x).exp().",
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
            "Draw a random number for each place of each row: torch.rand(x.shape, generator=generator).",
        ),
        Mistake(
            "rest_left_hidden",
            partial(_rounds, lose_the_rest=True),
            "You revealed the same number of places in each round, rounded down. Where the division leaves a rest, it "
            "stays hidden.",
            "Divide anew in each round: the places that are still hidden // the rounds that are left.",
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
            "Choose among the places where x == mask, and leave the others out of torch.where.",
        ),
        Mistake(
            "all_in_the_last_round",
            _all_in_the_last_round,
            "You called predict in every round, but revealed nothing before the last. So each look saw the same.",
            "Reveal hidden places // rounds left in each round, before predict is called again.",
        ),
        Mistake(
            "large_rounds_first",
            partial(_rounds, large_first=True),
            "Your rounds have the right sizes in another order: the large ones come first. There the words are drawn "
            "while little is known, and a pair that is drawn blind costs most then.",
            "Round down: the places that are still hidden // the rounds that are left.",
        ),
        Mistake(
            "places_of_the_canvas",
            partial(_rounds, canvas=True),
            "You shared out all places of the canvas. Where words are given, a round then reveals fewer than it "
            "should, or nothing: only the hidden places are to be shared out.",
            "Count (x == mask).sum(1) in each round, and divide that by the rounds that are left.",
        ),
        Mistake(
            "rounded_up",
            _rounded_up,
            "You revealed L / n places a round, rounded up. So all is written before the evaluations are used up: 13 "
            "places in 10 rounds are done after 7.",
            "Divide anew in each round and round down: the places that are still hidden // the rounds that are left.",
        ),
        Mistake(
            "count_of_the_first_row",
            _count_of_the_first_row,
            "All your rows reveal as many places as the first one should. Where rows have different numbers of hidden "
            "places, each has its own count.",
            "hidden.sum(1, keepdim=True) // rounds_left is a number for each row, [B, 1].",
        ),
        Mistake(
            "surest_first",
            _surest_first,
            "You revealed the places first of which the predictor is surest. That is a good idea of later lessons, but "
            "here the order is left to chance.",
            "Choose by torch.rand(x.shape, generator=generator), not by what predict says.",
        ),
    ),
    equivalents=(_one_place_at_a_time, _by_a_threshold, _row_by_row),
    laws=(
        _nothing_is_left,
        _one_call_a_round,
        _what_is_revealed_stays,
        _rounds_of_the_rule,
        _each_row_by_itself,
        _the_last_word_knows_the_others,
        _every_pair_as_often,
    ),
    remarks=(uses_the_generator(lambda answer, generator: answer(Flat(), torch.full((20, 6), 3), 3, 3, generator)),),
    needs=("before.sample_left_to_right",),
)
