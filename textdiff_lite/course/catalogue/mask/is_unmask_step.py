"""Exercise, the other way round: a test that tells a right step back from wrong ones."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.mask.unmask_step import EXERCISE as UNMASK_STEP
from textdiff_lite.course.catalogue.mask.unmask_step import unmask_step
from textdiff_lite.course.exercise import Case, Exercise, Mistake

REFUSE = ("t_minus_s", "s_over_t", "one_minus_s", "seen_redrawn", "one_coin_a_row", "argmax")
"""The wrong versions that the lesson lists."""


def is_unmask_step(step: Callable) -> bool:
    """True if step(x_t, log_belief, s, t, mask, generator) draws x_s as unmask_step does, else False.

    A right one may draw in another order, so that its x_s is another one; only the shares of many rows are alike. A
    share p among n rows wobbles by √(p (1 − p)/n): among 20,000 rows, a share of ½ by 0.0035.
    """
    n, s, t = 20_000, 0.2, 0.6
    belief = torch.tensor([[0.8, 0.2], [0.3, 0.7], [0.5, 0.5]])
    x_t = torch.tensor([2, 2, 0]).repeat(n, 1)  # two places are hidden, the third is seen
    times = torch.full((n, 1), s), torch.full((n, 1), t)
    x_s = step(x_t, belief.log().repeat(n, 1, 1), *times, 2, torch.Generator().manual_seed(0))
    alone = torch.cat([(1 - s / t) * belief[:2], torch.full((2, 1), s / t)], 1)
    pairs = alone[0][:, None] * alone[1]
    shares = torch.bincount(3 * x_s[:, 0] + x_s[:, 1], minlength=9).view(3, 3) / n
    return bool((x_s[:, 2] == 0).all() and (shares - pairs).abs().max() < 0.02)


N = 10_000
BELIEF = ((0.8, 0.2), (0.3, 0.7))


def _holds(
    step: Callable,
    *,
    s: float = 0.2,
    t: float = 0.6,
    belief: tuple = BELIEF,
    seen: bool = True,
    together: bool = True,
    words: bool = True,
) -> bool:
    """A right test that may leave something out: seen places, two places at once, or which words come."""
    p = torch.tensor(belief)
    x_s = _asked(step, N, s, t, p, seen)
    if seen and not (x_s[:, 2] == 0).all():
        return False
    alone = torch.cat([(1 - s / t) * p, torch.full((2, 1), s / t)], 1)
    if not words:
        x_s, alone = (x_s == 2).long(), torch.stack([alone[:, :2].sum(1), alone[:, 2]], 1)
    if together:
        pairs = alone[0][:, None] * alone[1]
        shares = torch.stack([((x_s[:, 0] == a) & (x_s[:, 1] == b)).sum() / N for a, b in _pairs(alone.shape[1])])
        return bool((shares - pairs.flatten()).abs().max() < 0.03)
    shares = torch.stack([(x_s[:, :2] == a).sum(0) / N for a in range(alone.shape[1])], 1)
    return bool((shares - alone).abs().max() < 0.03)


def _pairs(n: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(n) for b in range(n)]


def _asked(step: Callable, n: int, s: float, t: float, belief: Tensor, seen: bool, seed: int = 0) -> Tensor:
    """What a step makes of n rows of two hidden places and perhaps a seen one; the words are 0 and 1."""
    places = torch.cat([belief, torch.full((1, 2), 0.5)]) if seen else belief
    x_t = torch.tensor([2, 2, 0] if seen else [2, 2]).repeat(n, 1)
    times = torch.full((n, 1), s), torch.full((n, 1), t)
    return step(x_t, places.log().repeat(n, 1, 1), *times, 2, torch.Generator().manual_seed(seed))


def _place_by_place(step: Callable) -> bool:
    """A right test by correlation: shares of each place, and two places that know nothing of each other."""
    x_s = _asked(step, N, 0.3, 0.5, torch.tensor(BELIEF), True)
    still = (x_s[:, :2] == 2).double()
    apart = abs(float(torch.corrcoef(still.T)[0, 1])) < 0.05
    share = bool((still.mean(0) - 0.6).abs().max() < 0.025)
    first = [float((x_s[:, place] == 0).double().mean()) for place in (0, 1)]
    return (
        apart
        and share
        and abs(first[0] - 0.32) < 0.025
        and abs(first[1] - 0.12) < 0.025
        and bool((x_s[:, 2] == 0).all())
    )


def _as_ours_does(step: Callable) -> bool:
    """A right test against a second run of our own step, by the shares of whole rows."""
    counts = []
    for candidate, seed in ((step, 1), (unmask_step, 2)):
        x_s = _asked(candidate, N, 0.1, 0.7, torch.tensor(BELIEF), True, seed)
        counts.append(torch.bincount((x_s * torch.tensor([9, 3, 1])).sum(1), minlength=27) / N)
    return bool((counts[0] - counts[1]).abs().max() < 0.03)


def _the_shape_only(step: Callable) -> bool:
    x_s = _asked(step, 10, 0.2, 0.6, torch.tensor(BELIEF), True)
    return x_s.shape == (10, 3) and bool(((x_s >= 0) & (x_s <= 2)).all())


def _same_draws(step: Callable, as_those_of: Callable = unmask_step) -> bool:
    one, two = (_asked(f, 50, 0.2, 0.6, torch.tensor(BELIEF), True) for f in (step, as_those_of))
    return torch.equal(one, two)


def _no_room_for_chance(step: Callable) -> bool:
    x_s = _asked(step, N, 0.2, 0.6, torch.tensor(BELIEF), True)
    return abs(float((x_s[:, :2] == 2).double().mean()) - 1 / 3) < 1e-7


RIGHT: dict[str, Callable] = {
    "unmask_step": unmask_step,
    **{f"another right step, number {i}": f for i, f in enumerate(UNMASK_STEP.equivalents, 1)},
}
IMPOSTORS: dict[str, Callable] = {name: UNMASK_STEP.mistake(name).answer for name in REFUSE}
"""Six wrong steps, by name."""

HIDDEN: dict[str, tuple[Callable, str]] = {
    "which draws the words evenly": (
        UNMASK_STEP.mistake("uniform_words").answer,
        "Compare the share of each word with (1 − s/t) times its belief, for a belief that is not even.",
    ),
    "which hides seen words again": (
        UNMASK_STEP.mistake("seen_hidden_again").answer,
        "Give it places that are seen, and ask that their words stay.",
    ),
    "which fills all places by the belief of the first": (
        UNMASK_STEP.mistake("belief_of_the_first_place").answer,
        "Give the places of a row different beliefs, and look at each.",
    ),
}
"""Wrong steps that the lesson does not show, so that a test of the six by name is not enough."""

_CANDIDATES = {
    **RIGHT,
    **IMPOSTORS,
    **{f"a hidden one {name}": candidate for name, (candidate, _) in HIDDEN.items()},
}


def _fresh(candidate: Callable) -> Callable:
    """The same candidate as a new function, which cannot be known by its identity."""
    return lambda x_t, log_belief, s, t, mask, generator: candidate(x_t, log_belief, s, t, mask, generator)


def _cases(generator: torch.Generator) -> list[Case]:
    del generator  # the candidates are what varies
    return [
        Case(f"the candidate «{name}»", lambda c=candidate: (_fresh(c),)) for name, candidate in _CANDIDATES.items()
    ]


def _truth(step: Callable) -> bool:
    return _holds(step) and _place_by_place(step)


def _asks_the_candidate(answer: Callable) -> str | None:
    asked: list[bool] = []

    def watched(x_t, log_belief, s, t, mask, generator):
        asked.append(True)
        return unmask_step(x_t, log_belief, s, t, mask, generator)

    said = bool(answer(watched))
    return None if asked else f"Your test says {said} without having called the step that it is given."


def _accepts(answer: Callable) -> str | None:
    refused = [name for name, candidate in RIGHT.items() if not bool(answer(_fresh(candidate)))]
    if not refused:
        return None
    if len(refused) == len(RIGHT):
        return (
            "Your test refuses every right step, ours too. A share that it asks for is wrong; or it allows for no "
            "chance: a share p among n rows wobbles by √(p (1 − p)/n), and 5 times that is still chance; or it "
            "compares draws: a right step may draw in another order, so compare shares of many rows."
        )
    if len(refused) == len(RIGHT) - 1:
        return (
            "Your test accepts one right step and refuses those that draw in another order. A right step may do so: "
            "compare the shares of many rows, not the draws. Draws differ place by place; shares agree."
        )
    return (
        f"Your test refuses a right step («{refused[0]}») and accepts others. A share p among n rows wobbles by "
        "√(p (1 − p)/n): take more rows, or allow 5 times that."
    )


def _refuses(answer: Callable) -> str | None:
    through = [name for name, candidate in IMPOSTORS.items() if answer(_fresh(candidate))]
    if through:
        where = {
            ("s_over_t",): " It is right wherever s = t/2; ask elsewhere too.",
            ("one_minus_s", "one_coin_a_row"): " They are right at s = 0; ask at an s between 0 and t.",
        }.get(tuple(through), "")
        return f"Of the six wrong steps your test lets {', '.join(f'«{name}»' for name in through)} through.{where}"
    for name, (candidate, cure) in HIDDEN.items():
        if answer(_fresh(candidate)):
            return f"Your test refuses the six, and lets one through that it has not met, {name}. {cure}"
    return None


LOOKS: dict[str, tuple[dict, str]] = {
    "seen": ({"seen": False}, "at a place that is seen"),
    "together": ({"together": False}, "at two places of a row together"),
    "words": ({"words": False}, "at which words come"),
    "off_half": ({"s": 0.3}, "at an s other than t/2"),
    "inside": ({"s": 0.0}, "at an s between 0 and t"),
}
"""What a test may leave out: how `_holds` does, and where it does not look."""


def _several_left_out() -> Iterator[Mistake]:
    """The tests that leave out two looks or more; those that leave out one have a text of their own."""
    for many in range(2, len(LOOKS)):
        for names in itertools.combinations(LOOKS, many):
            # one s is asked at, and at s = 0 all places are revealed together anyway
            if "inside" in names and ("off_half" in names or "together" in names):
                continue
            without = {key: value for name in names for key, value in LOOKS[name][0].items()}
            where = [LOOKS[name][1] for name in names]
            yield Mistake(
                f"without_{'_and_'.join(names)}",
                partial(_holds, **without),
                f"Your test does not look {', '.join(where[:-1])} or {where[-1]}.",
                f"Look {', '.join(where[:-1])} and {where[-1]}.",
            )


EXERCISE = Exercise(
    key="mask.is_unmask_step",
    minutes=10,
    difficulty=2,
    idea="A random step is tested by shares: each of them has a value to hit, and chance allows it a known wobble.",
    established="Your test knows a right step by its shares, in whatever order it draws, and refuses six wrong ones.",
    reference=is_unmask_step,
    cases=_cases,
    truth=_truth,
    laws=(_asks_the_candidate, _accepts, _refuses),
    needs=("mask.unmask_step",),
    hints=(
        "Give the step many equal rows, and count what comes out. For each of the six ask: which share differs?",
        "You need hidden places and a seen one, two places at once, a belief that is not even and differs by place, "
        "and an s that is neither 0 nor t/2.",
        "At t = 0.6, s = 0.2 a hidden place is still hidden in ⅓ of the rows, two of them together in 1/9, and word v "
        "stands there in ⅔ belief(v). Among 20,000 rows allow 0.02.",
    ),
    mistakes=(
        Mistake(
            "accepts_all",
            _the_shape_only,
            "Your test lets every step through. Shapes and ids that exist say nothing of how often they come.",
            "Count over many rows, and compare the shares with what they should be.",
        ),
        Mistake(
            "refuses_all",
            _no_room_for_chance,
            "Your test refuses every step, the right ones too: a share it asks for is wrong, or it leaves no room for "
            "chance, or it compares draws, which come in another order.",
            "Print the share of many rows beside what you expect; among n rows allow about 5 √(p (1 − p)/n).",
        ),
        Mistake(
            "same_draws",
            _same_draws,
            "Your test wants the very draws of our step. A right step may use its random numbers in another order.",
            "Compare shares among many rows, not x_s place by place.",
        ),
        Mistake(
            "same_draws_coins_first",
            partial(_same_draws, as_those_of=UNMASK_STEP.equivalents[0]),
            "Your test wants the very draws of one step, which tosses the coins first. A right step may use its random "
            "numbers in another order.",
            "Compare shares among many rows, not x_s place by place.",
        ),
        Mistake(
            "half_only",
            partial(_holds, s=0.3, t=0.6),
            "Of the six, your test lets «s_over_t» alone through. Where s = t/2, the share that is revealed equals the "
            "one that stays hidden.",
            "Choose another s, t = 0.6 and s = 0.2 for instance.",
        ),
        Mistake(
            "at_s_0_only",
            partial(_holds, s=0.0, t=0.6),
            "Your test lets «one_minus_s» and «one_coin_a_row» through: at s = 0 all is revealed, by them too.",
            "Choose an s between 0 and t.",
        ),
        Mistake(
            "nothing_seen",
            partial(_holds, seen=False),
            "Your test lets «seen_redrawn» through, alone of the six: it has no place that is seen, or does not look "
            "at it.",
            "Give x_t a place that holds a word, and ask that the word stays in all rows.",
        ),
        Mistake(
            "places_apart",
            partial(_holds, together=False),
            "Your test lets «one_coin_a_row» through, alone of the six: it looks at each place by itself.",
            "Count how often two hidden places of a row are revealed together: (1 − s/t)².",
        ),
        Mistake(
            "words_not_looked_at",
            partial(_holds, words=False),
            "Your test lets «argmax» through, alone of the six, and the step too that draws the words evenly: it does "
            "not look at which words come.",
            "Compare the share of each word with (1 − s/t) times its belief.",
        ),
        Mistake(
            "one_belief",
            partial(_holds, belief=((0.8, 0.2), (0.8, 0.2))),
            "Your test refuses the six. But all its places have the same belief, so that a step passes which fills all "
            "of them by the first.",
            "Give the places different beliefs.",
        ),
        Mistake(
            "even_belief",
            partial(_holds, belief=((0.5, 0.5), (0.5, 0.5))),
            "Your test refuses the six. But its belief is even, so that a step passes which draws the words evenly, "
            "whatever is believed.",
            "Take a belief in which one word is likelier, and another one at each place.",
        ),
        Mistake(
            "turned_round",
            lambda step: not is_unmask_step(step),
            "Your test says True to the wrong steps and False to the right ones.",
            "Return True where the shares agree.",
        ),
        *_several_left_out(),
    ),
    equivalents=(_holds, _place_by_place, _as_ours_does),
)
