"""Exercise: one step back, from the words hidden at t to those hidden at an earlier s."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.frequencies import as_frequencies, by_sentence, frequencies
from textdiff_lite.course.catalogue.before.sample_left_to_right import uses_the_generator
from textdiff_lite.course.catalogue.mask import places
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def unmask_step(x_t: Tensor, log_belief: Tensor, s: Tensor, t: Tensor, mask: int, generator: torch.Generator) -> Tensor:
    """Reveal each hidden place of x_t [B, L] by itself with probability (t − s)/t, by a word drawn from its belief.

    log_belief [B, L, V] holds the log-probabilities of the words at each place; mask is no word. s and t are [B, 1],
    0 ≤ s ≤ t and 0 < t. Words that are seen stay. With t = 0.6, s = 0.2 and belief ½ in a word, a hidden place holds
    that word at s with probability ⅔ · ½ = ⅓, and is still hidden with probability ⅓.
    """
    p = log_belief.exp()
    words = torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(x_t.shape)
    revealed = torch.rand(x_t.shape, generator=generator) < (t - s) / t
    return torch.where((x_t == mask) & revealed, words, x_t)


Chance = Callable[[Tensor, Tensor], Tensor]
Draw = Callable[[Tensor, torch.Generator], Tensor]


def by_belief(log_belief: Tensor, generator: torch.Generator) -> Tensor:
    """A word for each place, drawn from its belief: [B, L, V] to [B, L]."""
    return torch.multinomial(log_belief.exp().flatten(0, 1), 1, generator=generator).view(log_belief.shape[:2])


def right_chance(s: Tensor, t: Tensor) -> Tensor:
    """The probability with which a hidden place is revealed between t and s."""
    return (t - s) / t


def step_with(
    x_t: Tensor,
    log_belief: Tensor,
    s: Tensor,
    t: Tensor,
    mask: int,
    generator: torch.Generator,
    *,
    chance: Chance = right_chance,
    draw: Draw = by_belief,
    rows: bool = True,
    columns: bool = True,
    turn: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Tensor:
    """The right step with parts exchanged: the chance, the words, the coins, or whose turn it is.

    turn(x_t, log_belief): numbers [B, L]; the hidden places with the smallest are revealed, as many as the chance says.
    """
    B, L = x_t.shape
    words, hidden = draw(log_belief, generator), x_t == mask
    if turn is None:
        now = torch.rand(B if rows else 1, L if columns else 1, generator=generator) < chance(s, t)
    else:
        order = turn(x_t, log_belief).masked_fill(~hidden, torch.inf).argsort(1).argsort(1)
        now = order < (chance(s, t) * hidden.sum(1, keepdim=True)).round()
    return torch.where(hidden & now, words, x_t)


def _one_draw_for_both(x_t, log_belief, s, t, mask, generator):
    reveal = ((t - s) / t)[..., None].double()
    p = torch.cat([reveal * log_belief.double().exp(), (1 - reveal).expand(*x_t.shape, 1)], -1)
    drawn = torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(x_t.shape)
    still = torch.full_like(x_t, mask)
    return torch.where(x_t != mask, x_t, torch.where(drawn == log_belief.shape[-1], still, drawn))


def _coins_first(x_t, log_belief, s, t, mask, generator):
    due = torch.rand(x_t.shape, generator=generator) < (t - s) / t
    words = torch.multinomial(log_belief.exp().flatten(0, 1), 1, generator=generator).view(x_t.shape)
    return torch.where(due & (x_t == mask), words, x_t)


def _by_gumbel(x_t, log_belief, s, t, mask, generator):
    x = x_t.clone()
    luck = torch.rand(log_belief.shape, generator=generator, dtype=torch.float64)
    words = (log_belief - (-luck.log()).log()).argmax(-1)
    stays = torch.rand(x.shape, generator=generator, dtype=torch.float64) < s / t
    now = (x == mask) & ~stays
    x[now] = words[now]
    return x


def _only_where_it_is_due(x_t, log_belief, s, t, mask, generator):
    due = (x_t == mask) & torch.bernoulli((1 - s / t).expand(x_t.shape), generator=generator).bool()
    x_s = x_t.clone()
    if due.any():
        x_s[due] = torch.multinomial(log_belief[due].exp(), 1, generator=generator)[:, 0]
    return x_s


def _column_by_column(x_t, log_belief, s, t, mask, generator):
    columns = []
    for place in range(x_t.shape[1]):
        cdf = log_belief[:, place].exp().cumsum(-1)
        u = torch.rand(len(x_t), 1, generator=generator)
        words = (u * cdf[:, -1:] >= cdf).sum(-1)
        now = torch.rand(len(x_t), generator=generator) * t[:, 0] > s[:, 0]
        columns.append(torch.where((x_t[:, place] == mask) & now, words, x_t[:, place]))
    return torch.stack(columns, 1)


def _how_many_then_which(x_t, log_belief, s, t, mask, generator):
    # a binomial number of places, and then any as well as any other: the same law
    hidden = x_t == mask
    coins = torch.rand(x_t.shape, generator=generator) < 1 - s / t
    many = (coins & hidden).sum(1, keepdim=True)
    turn = torch.rand(x_t.shape, generator=generator).masked_fill(~hidden, 2).argsort(1).argsort(1)
    return torch.where(turn < many, by_belief(log_belief, generator), x_t)


def _seen_redrawn(x_t, log_belief, s, t, mask, generator):
    del mask
    return torch.where(torch.rand(x_t.shape, generator=generator) < (t - s) / t, by_belief(log_belief, generator), x_t)


def _seen_overwritten(x_t, log_belief, s, t, mask, generator):
    stays = (x_t == mask) & (torch.rand(x_t.shape, generator=generator) < s / t)
    return torch.where(stays, mask, by_belief(log_belief, generator))


def _seen_hidden_again(x_t, log_belief, s, t, mask, generator):
    now = (x_t == mask) & (torch.rand(x_t.shape, generator=generator) < (t - s) / t)
    return torch.where(now, by_belief(log_belief, generator), mask)


def _hidden_anew(x_t, log_belief, s, t, mask, generator):
    del t
    x0 = torch.where(x_t == mask, by_belief(log_belief, generator), x_t)
    return torch.where(torch.rand(x_t.shape, generator=generator) < s, mask, x0)


def _likeliest(log_belief: Tensor, generator: torch.Generator) -> Tensor:
    del generator
    return log_belief.argmax(-1)


def _uniform(log_belief: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randint(log_belief.shape[-1], log_belief.shape[:2], generator=generator)


def _flattened(log_belief: Tensor, generator: torch.Generator) -> Tensor:
    return by_belief(log_belief.exp().log_softmax(-1), generator)


def _of_the_first_place(log_belief: Tensor, generator: torch.Generator) -> Tensor:
    return by_belief(log_belief[:, :1].expand_as(log_belief), generator)


def _of_the_first_row(log_belief: Tensor, generator: torch.Generator) -> Tensor:
    return by_belief(log_belief[:1].expand_as(log_belief), generator)


def _along_the_places(x_t, log_belief, s, t, mask, generator):
    return step_with(x_t, log_belief, s, t, mask, generator, chance=lambda s, t: ((t - s) / t).squeeze(-1))


def _exact_count(x_t, log_belief, s, t, mask, generator):
    luck = torch.rand(x_t.shape, generator=generator)
    return step_with(x_t, log_belief, s, t, mask, generator, turn=lambda x_t, log_belief: luck)


def _from_left(x_t: Tensor, log_belief: Tensor) -> Tensor:
    del log_belief
    return torch.arange(x_t.shape[1]).expand(x_t.shape).float()


def _surest(x_t: Tensor, log_belief: Tensor) -> Tensor:
    del x_t
    return -log_belief.amax(-1)


def _kinds(s: Tensor, t: Tensor) -> tuple[Tensor, list[str]]:
    times, kinds = torch.cat([s, t], 1).unique(dim=0, return_inverse=True)
    return kinds, [f"rows with s = {row[0]:.3g}, t = {row[1]:.3g}" for row in times.tolist()]


def _one_kind(x_t: Tensor, s: Tensor, t: Tensor) -> bool:
    """Whether all rows are to be treated alike, so that their sentences can be counted."""
    same_rows, same_times = (x_t == x_t[0]).all(), (s == s[0]).all() and (t == t[0]).all()
    return bool(same_rows and same_times) and x_t.shape[1] < 4


STILL = "share of the hidden places that are still hidden"
FIT = "mean belief in the words that were revealed"
CHANGED = "share of the seen places whose word is another, or hidden again"
EVEN, ODD = "in its even places", "in its odd places"


def _figures(x_t: Tensor, log_belief: Tensor, s: Tensor, t: Tensor, mask: int, x_s: Tensor) -> Seen:
    """Shares of rows that are treated in several ways; one figure a row, since places may hang together."""
    kinds, says = _kinds(s, t)
    hidden, still = x_t == mask, x_s == mask
    all_alike = places.alike(still, kinds) and not _certain(s, t)
    seen: Seen = {places.DIFFER: torch.tensor(float(not all_alike))}
    p = log_belief.double().exp().gather(-1, x_s.clamp(0, log_belief.shape[-1] - 1)[..., None])[..., 0]
    for kind, name in enumerate(says):
        mine = kinds == kind
        for side, at in ((EVEN, slice(0, None, 2)), (ODD, slice(1, None, 2))):
            share = _of_rows(still[mine, at], hidden[mine, at])
            seen[f"{STILL}, {name}, {side}"] = torch.tensor(-1.0) if all_alike else share
        seen[f"{CHANGED}, {name}"] = (
            torch.tensor(-1.0) if all_alike else _of_rows(x_s[mine] != x_t[mine], ~hidden[mine])
        )
        revealed = (hidden & ~still)[mine]
        seen[f"{FIT}, {name}"] = torch.tensor(-1.0) if all_alike else _mean_where(p[mine], revealed)
    return seen


def _certain(s: Tensor, t: Tensor) -> bool:
    return bool(((s == 0) | (s == t)).all())


def _of_rows(happens: Tensor, among: Tensor) -> Any:
    """The mean over rows of the share of places; rows have equally many places in `among`."""
    n = among.sum(1)
    return places.mean((happens & among).sum(1)[n > 0].double() / n[n > 0]) if n.any() else torch.tensor(0.0)


def _mean_where(values: Tensor, where: Tensor) -> Any:
    chosen = values[where]
    return places.mean(chosen) if len(chosen) > 1 else torch.tensor(0.0)


def _truth(x_t: Tensor, log_belief: Tensor, s: Tensor, t: Tensor, mask: int, generator: torch.Generator) -> Seen:
    del generator
    if x_t.shape[1] == LONG:
        return places.shapes_of_coins(float(s[0] / t[0]))
    p, L = log_belief.double().exp(), x_t.shape[1]
    if _one_kind(x_t, s, t):
        law = torch.ones((), dtype=torch.float64)
        stays = float(s[0] / t[0])
        for place, word in enumerate(x_t[0].tolist()):
            if word == mask:
                alone = torch.cat([(1 - stays) * p[0, place], torch.tensor([stays]).double()])
            else:
                alone = torch.nn.functional.one_hot(torch.tensor(word), mask + 1).double()
            law = law[..., None] * alone
        seen: Seen = {places.DIFFER: torch.tensor(1.0)}
        return seen | by_sentence(as_frequencies(law), mask + 1, L)
    kinds, says = _kinds(s, t)
    hidden = x_t == mask
    seen = {places.DIFFER: torch.tensor(1.0)}
    for kind, name in enumerate(says):
        mine = kinds == kind
        stays = (s / t)[mine][0, 0].double()
        for side, at in ((EVEN, slice(0, None, 2)), (ODD, slice(1, None, 2))):
            seen[f"{STILL}, {name}, {side}"] = stays if hidden[mine, at].any() else torch.tensor(0.0)
        seen[f"{CHANGED}, {name}"] = torch.tensor(0.0)
        fit = p.square().sum(-1)[mine][hidden[mine]].mean()
        seen[f"{FIT}, {name}"] = fit if stays < 1 else torch.tensor(0.0)
    return seen


def _observe(result: Any, arguments: tuple) -> Seen:
    x_t, log_belief, s, t, mask, _ = arguments
    x_s = places.ids(result)
    if x_t.shape[1] == LONG:
        return places.shapes(x_s == mask, torch.zeros(len(x_s)))
    if not _one_kind(x_t, s, t):
        return _figures(x_t, log_belief, s, t, mask, x_s)
    all_alike = places.alike(x_s == mask, torch.zeros(len(x_s)))
    sentences: Seen = by_sentence(frequencies(x_s, mask + 1), mask + 1, x_t.shape[1])
    if all_alike:
        # which places it is that all rows reveal depends on luck
        sentences = dict.fromkeys(sentences, torch.tensor(-1.0))
    return {places.DIFFER: torch.tensor(float(not all_alike))} | sentences


LONG = 1000  # places of the rows of which only the coins are looked at


def _cases(generator: torch.Generator) -> list[Case]:
    def beliefs(*shape: int) -> Tensor:
        # cubed, so that some words are much likelier than others
        p = (0.1 + torch.rand(shape, generator=generator)) ** 3
        return (p / p.sum(-1, keepdim=True)).log()

    def case(says: str, x_t: Tensor, log_belief: Tensor, times: list[tuple[float, float]]) -> Case:
        mask = log_belief.shape[-1]
        s, t = (
            torch.tensor(column)[:, None].repeat(-(-len(x_t) // len(times)), 1)[: len(x_t)]
            for column in zip(*times, strict=True)
        )

        def arguments() -> tuple:
            return x_t.clone(), log_belief.clone(), s.clone(), t.clone(), mask, torch.Generator().manual_seed(11)

        return Case(says, arguments)

    def rows(B: int, L: int, mask: int, seen: dict[int, int]) -> Tensor:
        x_t = torch.full((B, L), mask)
        for place, word in seen.items():
            x_t[:, place] = word
        return x_t

    certain = torch.full((20, 5, 4), -torch.inf)
    certain.scatter_(-1, torch.randint(4, (20, 5, 1), generator=generator), 0.0)
    several = [(0.1, 0.2), (0.15, 0.6), (0.6, 0.8), (0.4, 0.4), (0.0, 0.3)]
    return [
        case("20 rows of 5 places, one seen, certain beliefs, s = 0", rows(20, 5, 4, {2: 1}), certain, [(0.0, 0.5)]),
        case(
            "5000 rows of 3 hidden places, V = 2, t = 0.6, s = 0.2",
            rows(5000, 3, 2, {}),
            beliefs(1, 3, 2).repeat(5000, 1, 1),
            [(0.2, 0.6)],
        ),
        case(
            "5000 rows of 3 places, the middle one seen, V = 2, t = 0.9, s = 0.45",
            rows(5000, 3, 2, {1: 1}),
            beliefs(1, 3, 2).repeat(5000, 1, 1),
            [(0.45, 0.9)],
        ),
        case(
            "5000 rows of 5 places, the first seen, V = 3, five pairs of times by turns",
            rows(5000, 5, 3, {0: 1}),
            beliefs(5000, 5, 3),
            several,
        ),
        case(f"60 rows of {LONG} places, t = 0.8, s = 0.4", rows(60, LONG, 3, {}), beliefs(60, LONG, 3), [(0.4, 0.8)]),
        case(
            "40 rows of 40 places, by turns s = 0 and s = t",
            rows(40, 40, 3, {}),
            beliefs(40, 40, 3),
            [(0.0, 0.5), (0.5, 0.5)],
        ),
    ]


def _run(answer: Callable, B: int, L: int, times: list[tuple[float, float]], seen: bool = False) -> Tensor:
    """Rows of hidden places with belief 0.6, 0.3 and 0.1 in the words 0, 1 and 2; if seen, the first holds word 2."""
    x_t = torch.full((B, L), 3)
    if seen:
        x_t[:, 0] = 2
    log_belief = torch.tensor([0.6, 0.3, 0.1]).log().repeat(B, L, 1)
    s, t = (torch.tensor(column)[:, None].repeat(B // len(times), 1) for column in zip(*times, strict=True))
    return answer(x_t, log_belief, s, t, 3, torch.Generator().manual_seed(5))


def _words_or_the_mask(answer: Callable) -> str | None:
    x = _run(answer, 200, 4, [(0.3, 0.6)])
    strange = x[(x < 0) | (x > 3)]
    if len(strange):
        return f"With words 0, 1, 2 and the mask 3, your x_s holds {int(strange[0])}."
    return None


def _what_is_seen_stays(answer: Callable) -> str | None:
    x = _run(answer, 500, 4, [(0.3, 0.6)], seen=True)[:, 0]
    gone, other = (x == 3).double().mean(), ((x != 3) & (x != 2)).double().mean()
    if float(gone) > 0:
        return (
            f"A place that is seen in x_t is hidden again in {places.percent(gone)} of your rows. On the way back "
            "places are revealed, and what is seen stays."
        )
    if float(other) > 0:
        return (
            f"A place that is seen in x_t, with word 2, holds another word in {places.percent(other)} of your rows. "
            "What is seen stays."
        )
    return None


def _rows_differ(answer: Callable) -> str | None:
    hidden = _run(answer, 500, 8, [(0.3, 0.6)]) == 3
    which = (~hidden[0]).nonzero()[:, 0].tolist()
    if (hidden == hidden[0]).all() and 0 < len(which) < 8:
        return (
            f"At t = 0.6, s = 0.3, the places {which} of all 500 rows are revealed. Chance should choose them for each "
            "row anew."
        )
    return None


def _all_at_s_0(answer: Callable) -> str | None:
    left = (_run(answer, 500, 4, [(0.0, 0.6)]) == 3).double().mean()
    if float(left) > 0:
        return f"At s = 0 no place is hidden any more. Of your hidden places {places.percent(left)} still are."
    return None


def _the_right_share(answer: Callable) -> str | None:
    for s, t in ((0.2, 0.6), (0.3, 0.9), (0.1, 0.2)):
        revealed = (_run(answer, 1000, 6, [(s, t)]) != 3).double().mean()
        if abs(float(revealed) - 1 + s / t) > 0.08:
            return (
                f"At t = {t:g}, s = {s:g} you reveal {places.percent(revealed)} of the hidden places; it should be "
                f"{places.percent(1 - s / t)}. Of {100 * t:.0f} that are hidden at t, {100 * s:.0f} are still hidden "
                "at s."
            )
    return None


def _each_row_its_own(answer: Callable) -> str | None:
    x = _run(answer, 400, 8, [(0.0, 0.5), (0.5, 0.5)])
    first, second = ((x[row::2] != 3).double().mean() for row in (0, 1))
    if float(first) < 1 or float(second) > 0:
        return (
            "By turns the rows have t = 0.5, s = 0 (all is revealed) and t = s = 0.5 (nothing is). You reveal "
            f"{places.percent(first)} of the ones and {places.percent(second)} of the others."
        )
    return None


def _places_differ(answer: Callable) -> str | None:
    x = _run(answer, 2000, 2, [(0.4, 0.8)]) != 3
    both = float(x.all(1).double().mean())
    if abs(both - 0.25) > 0.06:
        return (
            "At t = 0.8, s = 0.4 a hidden place is revealed with probability ½. Of rows of two, yours reveal both in "
            f"{places.percent(both)}; if each has a coin of its own, it is 25 %."
        )
    return None


def _words_by_belief(answer: Callable) -> str | None:
    x = _run(answer, 2000, 2, [(0.0, 0.5)])
    shares = [float((x == word).double().mean()) for word in range(3)]
    if any(abs(share - p) > 0.05 for share, p in zip(shares, (0.6, 0.3, 0.1), strict=True)):
        return (
            "With belief 0.6, 0.3 and 0.1 in three words you reveal them in "
            f"{', '.join(places.percent(share) for share in shares)} of the cases."
        )
    return None


def _beliefs_of_the_place(answer: Callable) -> str | None:
    certain = torch.eye(3).log().repeat(2, 1, 1)
    certain[1] = certain[1].flip(0)
    t = torch.ones(2, 1)
    x = answer(torch.full((2, 3), 3), certain, 0 * t, t, 3, torch.Generator().manual_seed(5))
    if x.tolist() == [[0, 1, 2], [2, 1, 0]]:
        return None
    return (
        "Two rows are certain of their words, the first of 0, 1, 2 and the second of 2, 1, 0. At s = 0 your rows are "
        f"{', '.join(map(str, x[0].tolist()))} and {', '.join(map(str, x[1].tolist()))}."
    )


def _forty_rows(answer: Callable, generator: torch.Generator) -> Tensor:
    half = torch.full((40, 1), 0.5)
    return answer(torch.full((40, 6), 3), torch.full((40, 6, 3), 1 / 3).log(), half / 2, half, 3, generator)


EXERCISE = Exercise(
    key="mask.unmask_step",
    minutes=15,
    difficulty=2,
    idea="Going back, a hidden place is either not due yet, or revealed by what the model believes of it.",
    established="Your step leaves as many places hidden as s wants, and reveals the others by belief.",
    reference=unmask_step,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(
        _words_or_the_mask,
        _what_is_seen_stays,
        _rows_differ,
        _the_right_share,
        _all_at_s_0,
        _each_row_its_own,
        _places_differ,
        _words_by_belief,
        _beliefs_of_the_place,
    ),
    remarks=(uses_the_generator(_forty_rows),),
    needs=("mask.hide",),
    hints=(
        "For each hidden place: a coin says whether it is revealed now, and if so its belief says by which word.",
        "Of a share t that is hidden, a share s is to stay hidden. So a hidden place is revealed with probability "
        "1 − s/t = (t − s)/t.",
        "words = torch.multinomial(log_belief.exp().flatten(0, 1), 1, generator=generator).view(x_t.shape); revealed = "
        "torch.rand(x_t.shape, generator=generator) < (t - s) / t; then torch.where(…, words, x_t).",
    ),
    mistakes=(
        Mistake(
            "t_minus_s",
            partial(step_with, chance=lambda s, t: t - s),
            "A hidden place is revealed with probability t − s. That is the share of all places that is revealed "
            "between t and s; but only the share t is hidden, and of these it is (t − s)/t.",
            "Divide it by t, the share that is hidden.",
        ),
        Mistake(
            "s_over_t",
            partial(step_with, chance=lambda s, t: s / t),
            "A hidden place is revealed with probability s/t. That is the probability with which it stays hidden.",
            "Reveal where the random number is below 1 - s / t.",
        ),
        Mistake(
            "one_minus_s",
            partial(step_with, chance=lambda s, t: 1 - s),
            "A hidden place is revealed with probability 1 − s. So it would be for a place of which nothing is known; "
            "this one is known to be hidden at t, and stays so with probability s/t.",
            "Reveal with probability 1 - s / t.",
        ),
        Mistake(
            "over_one_minus_s",
            partial(step_with, chance=lambda s, t: (t - s) / (1 - s)),
            "A hidden place is revealed with probability (t − s)/(1 − s). That is the way forward: the share of the "
            "words seen at s that are hidden by t. On the way back one divides by what is hidden, t.",
            "Divide it by t, the share that is hidden.",
        ),
        Mistake(
            "with_t",
            partial(step_with, chance=lambda s, t: t + 0 * s),
            "A hidden place is revealed with probability t, whatever s is.",
            "The step goes to s, so s must enter: (t - s) / t.",
        ),
        Mistake(
            "all_at_once",
            partial(step_with, chance=lambda s, t: torch.ones_like(t + s)),
            "Every hidden place is revealed in one step, whatever s is. Words drawn together do not know of each "
            "other.",
            "Let each hidden place stay hidden with probability s / t.",
        ),
        Mistake(
            "nothing_revealed",
            partial(step_with, chance=lambda s, t: (s - t) / t),
            "Nothing is ever revealed. So it is with s − t above the line, which is below 0: no coin falls that way.",
            "t is the later time and s < t: (t - s) / t.",
        ),
        Mistake(
            "seen_redrawn",
            _seen_redrawn,
            "Words that are seen are drawn again, as often as hidden ones are revealed. What the other words were made "
            "to fit is then gone.",
            "Change a place only where x_t == mask.",
        ),
        Mistake(
            "seen_overwritten",
            _seen_overwritten,
            "Every word that is seen is replaced by a new draw.",
            "Give x_t back where x_t != mask.",
        ),
        Mistake(
            "seen_hidden_again",
            _seen_hidden_again,
            "Words that are seen become the mask: wherever nothing is revealed you put the mask.",
            "Where nothing is revealed, x_t stays as it is.",
        ),
        Mistake(
            "hidden_anew",
            _hidden_anew,
            "You fill in all hidden places and hide every place anew with probability s. Then words that were seen "
            "are hidden again, and those revealed are too many.",
            "Seen words stay, and a hidden place stays hidden with probability s / t.",
        ),
        Mistake(
            "one_coin_a_row",
            partial(step_with, columns=False),
            "One coin decides for all hidden places of a row: they are revealed together or not at all.",
            "Draw a random number for each place: torch.rand(x_t.shape, generator=generator).",
        ),
        Mistake(
            "same_places",
            partial(step_with, rows=False),
            "All rows reveal the same places: the coins were tossed for one row and used for all.",
            "Draw a random number for each place of each row: torch.rand(x_t.shape, generator=generator).",
        ),
        Mistake(
            "exact_count",
            _exact_count,
            "Each row reveals the same number of places, (t − s)/t of those that are hidden. Many samplers do that, "
            "and on average it is right; but here each place has its own coin.",
            "Toss a coin for each hidden place, and do not count.",
        ),
        Mistake(
            "left_to_right",
            partial(step_with, turn=_from_left),
            "The places are revealed from left to right, so many a step. Any place should be as likely as any other.",
            "Toss a coin for each hidden place.",
        ),
        Mistake(
            "surest_first",
            partial(step_with, turn=_surest),
            "The places with the surest belief are revealed first. Many samplers do so; but it is not the way back of "
            "this noise, which hides sure places as often as others.",
            "Toss a coin for each hidden place, whatever its belief.",
        ),
        Mistake(
            "argmax",
            partial(step_with, draw=_likeliest),
            "You took the most probable word in place of drawing one. So rare words never come.",
            "Draw the words, with torch.multinomial.",
        ),
        Mistake(
            "uniform_words",
            partial(step_with, draw=_uniform),
            "The words are drawn evenly, without regard to the belief.",
            "Draw from log_belief.exp() of the place.",
        ),
        Mistake(
            "softmax_of_probabilities",
            partial(step_with, draw=_flattened),
            "A softmax was taken of the probabilities, as by Categorical(logits=log_belief.exp()). That makes all "
            "words almost equally likely.",
            "log_belief.exp() are the probabilities; draw with them.",
        ),
        Mistake(
            "belief_of_the_first_place",
            partial(step_with, draw=_of_the_first_place),
            "All places of a row are filled by the belief of its first place.",
            "Draw for each place from its own belief: log_belief.exp().flatten(0, 1) has a line for each.",
        ),
        Mistake(
            "belief_of_the_first_row",
            partial(step_with, draw=_of_the_first_row),
            "All rows are filled by the beliefs of the first row.",
            "Draw for each place from its own belief: log_belief.exp().flatten(0, 1) has a line for each.",
        ),
        Mistake(
            "times_of_the_first_row",
            partial(step_with, chance=lambda s, t: ((t - s) / t)[:1]),
            "All rows take the step of the first one: its s and its t.",
            "Use the whole s and t: [B, 1] meets [B, L] row by row.",
        ),
        Mistake(
            "along_the_places",
            _along_the_places,
            "s and t were squeezed to shape [B], and lie along the places. Where B = L nothing is raised, and each "
            "column gets the times of a row.",
            "Leave s and t in their shape, [B, 1].",
        ),
    ),
    equivalents=(
        _coins_first,
        _one_draw_for_both,
        _by_gumbel,
        _only_where_it_is_due,
        _column_by_column,
        _how_many_then_which,
    ),
)
