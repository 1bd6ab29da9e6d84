"""Exercise: draw the steps at which the loss is large more often, and weigh them back."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Estimate, Exercise, Mistake, Seen


def draw_times(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw n steps i from 1 … T, with the weight of each: two tensors [n].

    history [T, 10]: the last ten losses at each step, as they were, not multiplied by 1/(T p_i). Step i is drawn with
    p_i, in proportion to the root of the mean of its squares; of this all steps share 0.001 evenly, so that none is
    forgotten: p = 0.999 r/Σr + 0.001/T. The weight 1/(T p_i) makes the weighted mean of the losses the plain mean over
    all steps.
    With losses that are always 1, 2, 3, 4 at the four steps p is (0.10015, 0.20005, 0.29995, 0.39985), and a draw of
    step 1 has the weight 2.496.
    Source: Nichol and Dhariwal 2021 (2102.09672), section 3.3.
    """
    T = len(history)
    size = history.double().square().mean(1).sqrt()
    p = 0.999 * size / size.sum() + 0.001 / T
    i = torch.multinomial(p, n, replacement=True, generator=generator)
    return i + 1, 1 / (T * p[i])


def _sizes(history: Tensor) -> Tensor:
    return history.double().square().mean(1).sqrt()


def _shared(r: Tensor) -> Tensor:
    return 0.999 * r / r.sum() + 0.001 / len(r)


def _law(history: Tensor) -> Tensor:
    return _shared(_sizes(history))


def _one_over(p: Tensor) -> Tensor:
    return 1 / (len(p) * p)


def _drawn(
    history: Tensor,
    n: int,
    generator: torch.Generator,
    *,
    size: Callable[[Tensor], Tensor] = _sizes,
    share: Callable[[Tensor], Tensor] = _shared,
    weight: Callable[[Tensor], Tensor] = _one_over,
    first: int = 1,
) -> tuple[Tensor, Tensor]:
    """The right draw with one thing wrong: what is drawn by, how it is shared, or how it is weighed."""
    p = share(size(history.double()))
    i = torch.multinomial(p, n, replacement=True, generator=generator)
    return i + first, weight(p)[i]


def _by_searching(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    p = _law(history)
    i = torch.searchsorted(p.cumsum(0), torch.rand(n, generator=generator, dtype=torch.float64)).clamp(max=len(p) - 1)
    return i + 1, (len(p) * p).reciprocal()[i]


def _a_coin_for_the_even_share(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    T = len(history)
    r = (history.double() ** 2).sum(1) ** 0.5
    often = torch.multinomial(r, n, True, generator=generator)
    evenly = torch.randint(T, (n,), generator=generator)
    i = torch.where(torch.rand(n, generator=generator) < 0.001, evenly, often)
    return i + 1, 1 / T / (0.999 * r / r.sum() + 0.001 / T)[i]


def _by_numpy(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    T = len(history)
    r = np.sqrt((history.numpy().astype(float) ** 2).mean(1))
    p = r / r.sum() * (1 - 0.001) + 0.001 / T
    luck = torch.rand(n, generator=generator, dtype=torch.float64).numpy()
    i = np.minimum(np.searchsorted(np.cumsum(p), luck, side="right"), T - 1)
    return torch.from_numpy(i + 1), torch.from_numpy(1 / (T * p[i]))


def _by_a_race(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    p = _law(history)
    waits = torch.empty(n, len(p), dtype=torch.float64).exponential_(generator=generator) / p
    i = waits.argmin(1)
    return i + 1, (1 / (len(p) * p)).float()[i]


def _means(history: Tensor) -> Tensor:
    return history.mean(1)


def _mean_squares(history: Tensor) -> Tensor:
    return history.square().mean(1)


def _spreads(history: Tensor) -> Tensor:
    return history.std(1, correction=0)


def _last_losses(history: Tensor) -> Tensor:
    return history[:, -1]


def _largest_losses(history: Tensor) -> Tensor:
    return history.amax(1)


def _alike(history: Tensor) -> Tensor:
    return torch.ones(len(history), dtype=torch.float64)


def _softmax_of_sizes(history: Tensor) -> Tensor:
    return _sizes(history).softmax(0)


def _rarely_where_large(history: Tensor) -> Tensor:
    return 1 / _sizes(history).clamp(min=1e-3)


def _not_shared(r: Tensor) -> Tensor:
    return r / r.sum()


def _added_whole(r: Tensor) -> Tensor:
    return 0.999 * r / r.sum() + 0.001


def _added_before(r: Tensor) -> Tensor:
    r = 0.999 * r + 0.001 / len(r)
    return r / r.sum()


def _a_tenth(r: Tensor) -> Tensor:
    return 0.9 * r / r.sum() + 0.1 / len(r)


def _exchanged_shares(r: Tensor) -> Tensor:
    return 0.001 * r / r.sum() + 0.999 / len(r)


def _without_replacement(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    p = _law(history)
    i = torch.multinomial(p, n, generator=generator)
    return i + 1, _one_over(p)[i]


def _always_the_largest(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    del generator
    p = _law(history)
    i = p.argmax().expand(n)
    return i + 1, _one_over(p)[i]


def _over_the_steps(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Along the wrong axis: a law over the ten losses, taken for one over the steps."""
    return draw_times(history.T, n, generator)


def _of_the_next_step(history: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The weight read at i, which was raised by one before."""
    i, _ = draw_times(history, n, generator)
    return i, _one_over(_law(history)).roll(-1)[i - 1]


SHARES = "how often each step is drawn"
OUTSIDE = "the share of draws that are no step from 1 to T"
DIFFERENT = "how many different steps are drawn"
WEIGHTS = "the weights of the draws of each step"
UNEQUAL = "whether draws of one step have different weights (1: yes)"
N = 100_000


def _observe(result: Any, arguments: tuple) -> Seen:
    history, n, _ = arguments
    T = len(history)
    i, weight = (torch.as_tensor(part).detach().double() for part in result)
    outside = ((i < 1) | (i > T) | (i != i.round())).double().mean()
    place = i.round().clamp(0, T + 1).long()
    counts = torch.bincount(place, minlength=T + 2)[1 : T + 1].double()
    drawn = torch.bincount(place, weight, minlength=T + 2)[1 : T + 1]
    spread = (weight - (drawn / counts)[(place - 1).clamp(0, T - 1)]).abs()
    inside = (place >= 1) & (place <= T)
    unequal = bool((spread[inside] > 1e-4 * (1 + weight[inside].abs())).any())
    p = (counts / n).clamp(1 / n, 1 - 1 / n)  # a share of 0 has an error too
    seen: Seen = {
        SHARES: Estimate(counts / n, (p * (1 - p) / n).sqrt()),
        OUTSIDE: Estimate(outside, (outside * (1 - outside) / n).sqrt()),
        UNEQUAL: torch.tensor(float(unequal)),
    }
    if n <= T:
        different = (counts > 0).sum().double()
        return seen | {DIFFERENT: Estimate(different, _wobble(n, T) * (different < n))}
    return seen | {WEIGHTS: torch.full_like(drawn, float("nan")) if unequal else drawn / counts}


def _wobble(n: int, T: int) -> float:
    """The standard deviation of the number of different steps among n even draws from T."""
    none, neither = (1 - 1 / T) ** n, (1 - 2 / T) ** n
    return (T * none + T * (T - 1) * neither - (T * none) ** 2) ** 0.5


def _truth(history: Tensor, n: int, generator: torch.Generator) -> Seen:
    del generator
    T = len(history)
    sizes = [(sum(x * x for x in row) / len(row)) ** 0.5 for row in history.tolist()]
    p = torch.tensor([0.999 * size / sum(sizes) + 0.001 / T for size in sizes], dtype=torch.float64)
    nothing = torch.tensor(0.0)
    seen: Seen = {SHARES: Estimate(p, (p * (1 - p) / n).sqrt()), OUTSIDE: nothing, UNEQUAL: nothing}
    if n <= T:
        return seen | {DIFFERENT: Estimate(T - (1 - p).pow(n).sum(), torch.tensor(_wobble(n, T)))}
    return seen | {WEIGHTS: 1 / (T * p)}


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, history: Tensor, n: int = N) -> Case:
        seed = int(torch.randint(10**6, (), generator=generator))
        return Case(says, lambda: (history.clone(), n, torch.Generator().manual_seed(seed)))

    def of(*means: float) -> Tensor:
        """Losses that wobble about their means, each row otherwise."""
        scale = torch.tensor(means, dtype=torch.float64)[:, None]
        return scale * torch.rand(len(means), 10, generator=generator, dtype=torch.float64) ** 2 * 3

    steady = torch.tensor([1.0, 2, 3, 4], dtype=torch.float64)[:, None].repeat(1, 10)
    rare = torch.zeros(3, 10, dtype=torch.float64)
    rare[0, 3], rare[2] = 9, 2  # one large loss among ten, and a step that has cost nothing so far
    return [
        case("losses that are always 1, 2, 3, 4", steady),
        case("T = 3, a step whose losses are 0 but for one, and one that never cost anything", rare),
        case("T = 5, losses that wobble", of(1.0, 0.2, 3.0, 0.6, 2.0)),
        case("T = 10, losses that wobble", of(*(0.3 + 0.2 * i for i in range(10)))),
        case("T = 400 and n = 400, losses that are always 1", torch.ones(400, 10, dtype=torch.float64), 400),
    ]


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def _steady() -> Tensor:
    return torch.tensor([1.0, 2, 3, 4])[:, None].repeat(1, 10)


def _steps_from_1(answer: Callable) -> str | None:
    i, _ = answer(_steady(), 20_000, _seeded())
    low, high = int(i.min()), int(i.max())
    if (low, high) == (1, 4):
        return None
    return f"Of T = 4 steps yours draws {low} … {high} in 20,000 draws. The steps are 1 … 4, and all of them come."


def _in_proportion(answer: Callable) -> str | None:
    i, _ = answer(_steady(), 20_000, _seeded())
    shares = [float((i == step).double().mean()) for step in (1, 2, 3, 4)]
    if all(abs(share - right) < 0.02 for share, right in zip(shares, (0.1, 0.2, 0.3, 0.4), strict=True)):
        return None
    return (
        "With losses that are always 1, 2, 3, 4 the steps should come in about 10, 20, 30 and 40 % of the draws. Yours "
        f"come in {', '.join(f'{100 * share:.0f}' for share in shares)} %."
    )


def _rare_and_large(answer: Callable) -> str | None:
    history = torch.ones(2, 10)
    history[0] = 0
    history[0, 5] = 10
    i, _ = answer(history, 20_000, _seeded())
    share = float((i == 1).double().mean())
    if abs(share - 0.7597) < 0.02:
        return None
    return (
        "A step with the losses 10 and nine times 0 beside one that is always 1: the roots of the mean squares are "
        f"3.16 and 1, so that the first comes in 76 % of the draws. Yours comes in {100 * share:.0f} %."
    )


def _the_mean_stays(answer: Callable) -> str | None:
    i, weight = answer(_steady(), 20_000, _seeded())
    mean = float((weight.double() * i.double()).mean())
    if abs(mean - 2.5) < 0.02:
        return None
    return (
        "The losses 1, 2, 3, 4 of four steps have the mean 2.5. The mean of weight · loss over many draws should be "
        f"that too; yours is {mean:.4g}."
    )


def _none_is_forgotten(answer: Callable) -> str | None:
    history = torch.ones(2, 10)
    history[0] = 0
    i, weight = answer(history, N, _seeded())
    at = i == 1
    share, mean = float(at.double().mean()), float(weight[at].double().mean()) if at.any() else 0.0
    if 1e-4 < share < 1e-3 and abs(mean - 1000) < 1:
        return None
    of = f", with the weight {mean:.4g}" if at.any() else ""
    return (
        "A step that has cost nothing so far, one of two, should still come in 0.05 % of the draws, with the weight "
        f"1000: else nobody would notice if it began to cost. Yours comes in {100 * share:.3g} %{of}."
    )


def _global_numbers(answer: Callable) -> str | None:
    one, two = (answer(_steady(), 500, _seeded())[0] for _ in range(2))
    if torch.equal(one, two):
        return None
    return "Two runs with generators of the same seed differ: draw with `generator=generator`."


EXERCISE = Exercise(
    key="schedule.draw_times",
    minutes=12,
    difficulty=2,
    idea="Draw where the loss is large, and divide by how often you did: the mean stays, its noise shrinks.",
    established="Your draws go where the loss is large, and your weights keep the mean what it was.",
    reference=draw_times,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(_steps_from_1, _in_proportion, _rare_and_large, _the_mean_stays, _none_is_forgotten),
    remarks=(_global_numbers,),
    hints=(
        "Three parts: a size for each step, a law p over the steps, and draws from it with their weights.",
        "The size is history.square().mean(1).sqrt(). Divide by the sum, take 0.999 of it, add 0.001/T. The weight of "
        "a draw is 1/(T p) at the step that was drawn.",
        "i = torch.multinomial(p, n, replacement=True, generator=generator); return i + 1, 1 / (T * p[i]).",
    ),
    mistakes=(
        Mistake(
            "weight_p",
            partial(_drawn, weight=lambda p: p),
            "Your weight is p. Then steps that are drawn often count double. What is drawn often must weigh little.",
            "Return 1 / (T * p[i]).",
        ),
        Mistake(
            "weight_T_p",
            partial(_drawn, weight=lambda p: len(p) * p),
            "Your weight is T p, the inverse of the right one: steps that are drawn often should weigh little.",
            "Return 1 / (T * p[i]).",
        ),
        Mistake(
            "weight_without_T",
            partial(_drawn, weight=lambda p: 1 / p),
            "Your weight is 1/p: the mean becomes the sum over all steps, T times too large.",
            "Return 1 / (T * p[i]).",
        ),
        Mistake(
            "weight_1",
            partial(_drawn, weight=torch.ones_like),
            "Your weights are all 1. The steps with large losses come more often, so that the mean is too high.",
            "Return 1 / (T * p[i]).",
        ),
        Mistake(
            "largest_weight_1",
            partial(_drawn, weight=lambda p: p.min() / p),
            "Your weights are divided by the largest of them. They are right up to a factor, and that changes with the "
            "history: the loss then has no unit.",
            "1 / (T * p[i]), as it is.",
        ),
        Mistake(
            "weights_sum_to_1",
            partial(_drawn, weight=lambda p: (1 / p) / (1 / p).sum()),
            "Your weights of the T steps sum to 1. They should average to 1 over the draws, which is another thing.",
            "1 / (T * p[i]), as it is.",
        ),
        Mistake(
            "mean_for_root_mean_square",
            partial(_drawn, size=_means),
            "You draw by the mean of the losses. A step with few large losses makes much noise at a small mean; what "
            "counts is the root of the mean of the squares.",
            "history.square().mean(1).sqrt().",
        ),
        Mistake(
            "no_root",
            partial(_drawn, size=_mean_squares),
            "You draw by the mean of the squares, without the root: too often where the loss is large.",
            "history.square().mean(1).sqrt().",
        ),
        Mistake(
            "spread_for_size",
            partial(_drawn, size=_spreads),
            "You draw by the standard deviation, which takes the mean off first. A loss that is always 4 has none, and "
            "yet it matters four times as much as one that is always 1.",
            "history.square().mean(1).sqrt(), the mean left in.",
        ),
        Mistake(
            "last_loss",
            partial(_drawn, size=_last_losses),
            "You draw by the last loss of each step. One loss is mostly noise; take all ten.",
            "history.square().mean(1).sqrt().",
        ),
        Mistake(
            "largest_loss",
            partial(_drawn, size=_largest_losses),
            "You draw by the largest of the ten losses.",
            "history.square().mean(1).sqrt().",
        ),
        Mistake(
            "evenly",
            partial(_drawn, size=_alike),
            "You draw all steps alike: the history plays no part.",
            "Draw by p, with torch.multinomial(p, …).",
        ),
        Mistake(
            "softmax",
            partial(_drawn, size=_softmax_of_sizes),
            "You made probabilities of the sizes by a softmax. In proportion means: divided by their sum.",
            "size / size.sum().",
        ),
        Mistake(
            "rarely_where_large",
            partial(_drawn, size=_rarely_where_large),
            "You draw a step the more rarely the larger its loss is. There the noise is largest, so draw it often; the "
            "weight makes up for it.",
            "p in proportion to size, weight in proportion to 1/p.",
        ),
        Mistake(
            "always_the_largest",
            _always_the_largest,
            "You always give the step with the largest loss. The others are then never seen.",
            "torch.multinomial in place of argmax.",
        ),
        Mistake(
            "no_even_share",
            partial(_drawn, share=_not_shared),
            "The even share is missing. A step that has cost nothing so far is never drawn again, and nobody would "
            "notice if it began to cost.",
            "p = 0.999 * p + 0.001 / T.",
        ),
        Mistake(
            "even_share_not_divided",
            partial(_drawn, share=_added_whole),
            "You add 0.001 to each step, 0.001 T in all: p no longer sums to 1, and the weights 1/(T p) are off.",
            "0.001 / T for each.",
        ),
        Mistake(
            "even_share_before_the_sum",
            partial(_drawn, share=_added_before),
            "You add the even share before you divide by the sum. Then it is a share of the losses' unit: with large "
            "losses next to nothing.",
            "Divide by the sum first, then 0.999 p + 0.001/T.",
        ),
        Mistake(
            "a_tenth",
            partial(_drawn, share=_a_tenth),
            "Your even share is a tenth. It is 0.001.",
            "p = 0.999 * p + 0.001 / T.",
        ),
        Mistake(
            "shares_exchanged",
            partial(_drawn, share=_exchanged_shares),
            "The two shares are exchanged: 0.001 for the losses, 0.999 for all alike.",
            "p = 0.999 * p + 0.001 / T.",
        ),
        Mistake(
            "from_0",
            partial(_drawn, first=0),
            "Your steps are 0 … T − 1. Step 0 is clean; the steps of the chain are 1 … T.",
            "Return i + 1, and the weights of the places i.",
        ),
        Mistake(
            "without_replacement",
            _without_replacement,
            "No step comes twice in yours: torch.multinomial draws without putting back unless it is told to, and "
            "raises an error if n is larger than T.",
            "torch.multinomial(p, n, replacement=True, generator=generator).",
        ),
        Mistake(
            "weight_of_the_next_step",
            _of_the_next_step,
            "The weights are those of the next step: i was raised by one before p was read at it.",
            "Read p at the place that was drawn, and raise i afterwards.",
        ),
        Mistake(
            "along_the_steps",
            _over_the_steps,
            "Your law is one over the ten losses: the mean was taken over the steps, along the wrong axis.",
            "history.square().mean(1): one size for each row.",
        ),
    ),
    equivalents=(_by_searching, _a_coin_for_the_even_share, _by_numpy, _by_a_race),
)
