"""Exercise: total correlation, what writing all words at once costs."""

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def price_of_independence(joint: Tensor) -> Tensor:
    """The entropies of the places, summed, minus the entropy of the whole: nats, one number."""

    def entropy(p: Tensor) -> Tensor:
        return -torch.xlogy(p, p).sum()  # 0 ln 0 is 0

    places = range(joint.ndim)
    alone = [joint.sum([other for other in places if other != place]) for place in places]
    return torch.stack([entropy(p) for p in alone]).sum() - entropy(joint)


def _entropy(p: Tensor) -> Tensor:
    return -torch.xlogy(p, p).sum()


def _marginal(joint: Tensor, *places: int) -> Tensor:
    others = [i for i in range(joint.ndim) if i not in places]
    return joint.sum(others) if others else joint


def _by_enumeration(joint: Tensor) -> float:
    alone = [[0.0] * size for size in joint.shape]
    sentences = list(itertools.product(*(range(size) for size in joint.shape)))
    for words in sentences:
        for place, word in enumerate(words):
            alone[place][word] += float(joint[words])
    price = 0.0
    for words in sentences:
        p = float(joint[words])
        if p > 0:
            price += p * math.log(p / math.prod(alone[place][word] for place, word in enumerate(words)))
    return price


def _as_kl(joint: Tensor) -> Tensor:
    product = torch.ones_like(joint)
    for place in range(joint.ndim):
        shape = [1] * joint.ndim
        shape[place] = -1
        product = product * _marginal(joint, place).reshape(shape)
    return (torch.xlogy(joint, joint) - torch.xlogy(joint, product)).sum()


def _by_the_chain_rule(joint: Tensor) -> Tensor:
    # what each place shares with all before it
    price = torch.zeros((), dtype=joint.dtype)
    for i in range(1, joint.ndim):
        before = _entropy(_marginal(joint, *range(i)))
        price += _entropy(_marginal(joint, i)) + before - _entropy(_marginal(joint, *range(i + 1)))
    return price


def _by_flattening(joint: Tensor) -> Tensor:
    alone = [joint.movedim(i, 0).flatten(1).sum(1) for i in range(joint.ndim)]
    p = torch.cat([*alone, joint.flatten()])
    sign = torch.cat([torch.ones(sum(joint.shape)), -torch.ones(joint.numel())])
    return (torch.special.entr(p) * sign).sum()


def _sign(joint: Tensor) -> Tensor:
    return -price_of_independence(joint)


def _conditional_for_marginal(joint: Tensor) -> Tensor:
    total = _entropy(_marginal(joint, 0))
    for i in range(1, joint.ndim):
        total = total + _entropy(_marginal(joint, *range(i + 1))) - _entropy(_marginal(joint, *range(i)))
    return total - _entropy(joint)


def _given_all_others(joint: Tensor) -> Tensor:
    places = range(joint.ndim)
    rest = [_entropy(joint) - _entropy(_marginal(joint, *(j for j in places if j != i))) for i in places]
    return _entropy(joint) - torch.stack(rest).sum()


def _shared(joint: Tensor, i: int, j: int) -> Tensor:
    return _entropy(_marginal(joint, i)) + _entropy(_marginal(joint, j)) - _entropy(_marginal(joint, i, j))


def _neighbours_only(joint: Tensor) -> Tensor:
    return torch.stack([_shared(joint, i, i + 1) for i in range(joint.ndim - 1)]).sum()


def _all_pairs(joint: Tensor) -> Tensor:
    return torch.stack([_shared(joint, i, j) for i, j in itertools.combinations(range(joint.ndim), 2)]).sum()


def _nan_at_zero(joint: Tensor) -> Tensor:
    alone = [_marginal(joint, i) for i in range(joint.ndim)]
    return torch.stack([-(p * p.log()).sum() for p in alone]).sum() + (joint * joint.log()).sum()


def _wrong_axis(joint: Tensor) -> Tensor:
    return torch.stack([_entropy(joint.sum(i)) for i in range(joint.ndim)]).sum() - _entropy(joint)


def _bits(joint: Tensor) -> Tensor:
    return price_of_independence(joint) / math.log(2)


def _places_alone(joint: Tensor) -> Tensor:
    return torch.stack([_entropy(_marginal(joint, i)) for i in range(joint.ndim)]).sum()


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, weights: Tensor) -> Case:
        joint = weights / weights.sum()
        return Case(says, lambda: (joint.clone(),))

    def some(*shape: int) -> Tensor:
        # cubed, so that the places depend on each other
        return torch.rand(shape, generator=generator, dtype=torch.float64) ** 3 + 0.01

    holes = torch.tensor([[[1.0, 0, 2], [0, 3, 0]], [[0, 1, 0], [4, 0, 1]]], dtype=torch.float64)
    never = some(3, 3, 3)
    never[1] = 0  # a word that never stands at the first place
    never[0, 2] = 0
    rows, columns = some(2), some(3)
    return [
        case("2 × 2", torch.tensor([[0.5, 0.1], [0.1, 0.3]], dtype=torch.float64)),
        case("2 × 3, independent", rows[:, None] * columns),
        case("4 × 2", some(4, 2)),
        case("3 × 2 × 4", some(3, 2, 4)),
        case("2 × 2 × 3 with zeros", holes),
        case("3 × 3 × 3 with zeros", never),
        case("2 × 3 × 2 × 3", some(2, 3, 2, 3)),
    ]


def _copies_cost(answer: Callable) -> str | None:
    joint = torch.zeros(2, 2, 2, dtype=torch.float64)
    joint[0, 0, 0] = joint[1, 1, 1] = 0.5
    got = float(answer(joint))
    if abs(got - 2 * math.log(2)) < 1e-4:
        return None
    return (
        "Three places say all A or all B, half and half. Each place alone has ln 2, the whole has ln 2 too, so the "
        f"price is 3 ln 2 − ln 2 = 1.3863 nats. Yours says {got:.4g}."
    )


def _independent_is_free(answer: Callable) -> str | None:
    p = torch.tensor([0.2, 0.8], dtype=torch.float64)
    got = float(answer(p[:, None, None] * p[:, None] * p))
    if abs(got) < 1e-6:
        return None
    return (
        f"Places that know nothing of each other are written at once for nothing: the price is 0. Yours says {got:.4g}."
    )


def _pairs_can_be_free(answer: Callable) -> str | None:
    # the third is the parity of two coins: every two places are independent, the three are not
    joint = torch.zeros(2, 2, 2, dtype=torch.float64)
    for a, b in itertools.product(range(2), repeat=2):
        joint[a, b, a ^ b] = 0.25
    got = float(answer(joint))
    if abs(got - math.log(2)) < 1e-4:
        return None
    return (
        "Two coins, and a third place that says whether they agree: the places have 3 ln 2, the whole 2 ln 2, so the "
        f"price is ln 2 = 0.6931, though every two places are independent. Yours says {got:.4g}."
    )


EXERCISE = Exercise(
    key="before.price_of_independence",
    minutes=15,
    difficulty=2,
    idea="Total correlation: the least that any parallel predictor overpays, whatever its size.",
    established="Your figure is the KL from the truth to the best law that writes all places at once.",
    reference=price_of_independence,
    cases=_cases,
    truth=_by_enumeration,
    hints=(
        "Every place has its own law, found by summing the joint over all the other places. Compare the entropies.",
        "Price = Σ_i H(X_i) − H(X_1, …, X_L), with H(p) = −Σ p ln p and 0 ln 0 = 0.",
        "For place i sum over [j for j in range(joint.ndim) if j != i]; −torch.xlogy(p, p).sum() is an entropy, also "
        "of the joint itself.",
    ),
    mistakes=(
        Mistake(
            "sign",
            _sign,
            "You subtracted the wrong way round. The places alone are never less uncertain together than the whole, "
            "so the price is not negative.",
            "Entropies of the places first, minus the entropy of the joint.",
        ),
        Mistake(
            "conditional_for_marginal",
            _conditional_for_marginal,
            "You summed the entropy of each place given those before it. By the chain rule that is the entropy of the "
            "whole, so your price is always 0. A parallel predictor does not see those before.",
            "Take the entropy of each place alone.",
        ),
        Mistake(
            "given_all_others",
            _given_all_others,
            "You took each place given all the others. That is another measure of dependence (the dual total "
            "correlation); a parallel predictor sees none of the others.",
            "Take the entropy of each place alone, summed, minus that of the joint.",
        ),
        Mistake(
            "neighbours_only",
            _neighbours_only,
            "You counted what neighbours share. Agreement at a distance, as of a name and a later verb, is missing.",
            "Compare all places at once: the sum of their entropies minus the entropy of the joint.",
        ),
        Mistake(
            "all_pairs",
            _all_pairs,
            "You summed over all pairs. What three places share is counted three times, and what only three together "
            "show is missed.",
            "Compare all places at once: the sum of their entropies minus the entropy of the joint.",
        ),
        Mistake(
            "nan_at_zero",
            _nan_at_zero,
            "Where a probability is 0 you get nan: the computer finds 0 · ln 0 = 0 · (−∞). A sentence that never comes "
            "adds nothing to an entropy.",
            "Use torch.xlogy(p, p), which is 0 at p = 0.",
        ),
        Mistake(
            "wrong_axis",
            _wrong_axis,
            "For place i you summed over axis i. That takes away this place and leaves all the others.",
            "Sum over every axis but i.",
        ),
        Mistake(
            "bits",
            _bits,
            "Your figure is in bits: it was made with the logarithm to base 2. Nats use the natural logarithm.",
            "Use log, and do not divide by ln 2.",
        ),
        Mistake(
            "places_alone",
            _places_alone,
            "You gave the entropies of the places without taking off that of the whole. Even independent places, which "
            "are written at once for nothing, would cost something.",
            "Subtract the entropy of the joint.",
        ),
    ),
    equivalents=(_by_enumeration, _as_kl, _by_the_chain_rule, _by_flattening),
    laws=(_copies_cost, _independent_is_free, _pairs_can_be_free),
    needs=("before.kl",),
)
