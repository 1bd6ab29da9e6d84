"""Exercise: how much a wrong belief costs."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen
from textdiff_lite.distributions import Categorical, safe_log


def kl(p: Tensor, q: Tensor) -> Tensor:
    """KL(p ‖ q) = Σ p ln(p / q) over the last axis, nats: p, q [..., V], result [...]."""
    ratio = torch.where(p > 0, p / q, 1.0)  # 0 ln 0 is 0
    return (p * ratio.log()).sum(-1)


def _by_loops(p: Tensor, q: Tensor) -> Tensor:
    def one(a: list[float], b: list[float]) -> float:
        if any(x > 0 and y == 0 for x, y in zip(a, b, strict=True)):
            return math.inf
        return sum(x * math.log(x / y) for x, y in zip(a, b, strict=True) if x > 0)

    rows = zip(p.reshape(-1, p.shape[-1]).tolist(), q.reshape(-1, q.shape[-1]).tolist(), strict=True)
    return torch.tensor([one(a, b) for a, b in rows], dtype=p.dtype).reshape(p.shape[:-1])


def _by_xlogy(p: Tensor, q: Tensor) -> Tensor:
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(-1)


def _by_nansum(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p.log() - q.log())).nansum(-1)


def _by_base_2(p: Tensor, q: Tensor) -> Tensor:
    terms = torch.where(p > 0, p * (p.log2() - q.log2()), 0.0)
    return terms.sum(-1) * math.log(2)


def _by_the_library(p: Tensor, q: Tensor) -> Tensor:
    return Categorical(safe_log(p)[None]).kl(Categorical(safe_log(q)[None]))[0] if p.ndim == 2 else _by_xlogy(p, q)


def _reversed(p: Tensor, q: Tensor) -> Tensor:
    return kl(q, p)


def _reversed_by_kl_div(p: Tensor, q: Tensor) -> Tensor:
    return F.kl_div(p.log(), q, reduction="none").sum(-1)


def _unweighted(p: Tensor, q: Tensor) -> Tensor:
    return torch.where(p > 0, (p / q).log(), 0.0).sum(-1)


def _unweighted_mean(p: Tensor, q: Tensor) -> Tensor:
    return torch.where(p > 0, (p / q).log(), 0.0).mean(-1)


def _cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    return -torch.xlogy(p, q).sum(-1)


def _nan_at_zero(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).sum(-1)


def _nan_at_two_zeros(p: Tensor, q: Tensor) -> Tensor:
    return F.kl_div(q.log(), p, reduction="none").sum(-1)


def _clamped(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, q.clamp(min=1e-12))


def _wrong_axis(p: Tensor, q: Tensor) -> Tensor:
    return (p * torch.where(p > 0, p / q, 1.0).log()).sum(0)


def _bits(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, q) / math.log(2)


def _cases(generator: torch.Generator) -> list[Case]:
    def law(*shape: int, zeros: tuple[int, ...] = ()) -> Tensor:
        weights = 0.1 + torch.rand(shape, generator=generator, dtype=torch.float64)
        weights[..., list(zeros)] = 0.0
        return weights / weights.sum(-1, keepdim=True)

    def case(says: str, p: Tensor, q: Tensor) -> Case:
        return Case(says, lambda: (p.clone(), q.clone()))

    mixed = law(4, 4)
    mixed[1] = torch.tensor([0.0, 0.5, 0.5, 0.0])
    return [
        case("two words", law(2), law(2)),
        case("2 laws over 3 words", law(2, 3), law(2, 3)),
        case("3 laws over 3 words", law(3, 3), law(3, 3)),
        case("laws [2, 3, 4]", law(2, 3, 4), law(2, 3, 4)),
        case("p = 0 for one of 3 words", law(3, zeros=(1,)), law(3)),
        case("p = q = 0 for one of 4 words", law(3, 4, zeros=(2,)), law(3, 4, zeros=(2,))),
        case("q = 0 where p is not", law(3), law(3, zeros=(0,))),
        case("4 laws, one of them with p = 0", mixed, law(4, 4)),
    ]


def _observe(result: Any, arguments: tuple) -> Seen:
    p, q = arguments
    # what a clamp puts in the place of infinity depends on the clamp, so there only «infinite or not» is seen
    forbidden = ((p > 0) & (q == 0)).any(-1)
    value = torch.as_tensor(result).double()
    return {
        "KL": torch.where(forbidden, 0.0, value),
        "infinite where q rules out a word that p uses (1: yes)": (forbidden & value.isposinf()).double(),
    }


def _a_worked_value(answer: Callable) -> str | None:
    p, q = (torch.tensor(law, dtype=torch.float64) for law in ([0.5, 0.5], [0.25, 0.75]))
    got = answer(p, q)
    if abs(float(got) - 0.1438) < 1e-3:
        return None
    return (
        "With p = (1/2, 1/2) and q = (1/4, 3/4) the sum is ½ ln 2 + ½ ln ⅔ = 0.3466 − 0.2027 = 0.1438. "
        f"Yours says {float(got):.4g}."
    )


def _never_uses_it(answer: Callable) -> str | None:
    p, q = torch.tensor([1.0, 0.0], dtype=torch.float64), torch.tensor([0.5, 0.5], dtype=torch.float64)
    got = float(answer(p, q))
    if abs(got - math.log(2)) < 1e-4:
        return None
    return (
        "With p = (1, 0) and q = (1/2, 1/2) only the first word counts: 1 · ln 2 = 0.6931, for a word that never comes "
        f"costs nothing (0 ln 0 is 0). Yours says {got:.4g}."
    )


def _never_expects_it(answer: Callable) -> str | None:
    p, q = torch.tensor([0.5, 0.5], dtype=torch.float64), torch.tensor([1.0, 0.0], dtype=torch.float64)
    got = float(answer(p, q))
    if math.isinf(got) and got > 0:
        return None
    return (
        "With p = (1/2, 1/2) and q = (1, 0) the second word comes and q said that it never would: the cost is "
        f"infinite. Yours says {got:.4g}."
    )


EXERCISE = Exercise(
    key="before.kl",
    minutes=8,
    difficulty=1,
    idea="KL is the price of believing q where p is true; never negative, and infinite where q rules out what happens.",
    established="Your KL weighs by p, takes 0 ln 0 as 0, and is infinite where q rules out what p does.",
    reference=kl,
    cases=_cases,
    observe=_observe,
    truth=_by_loops,
    hints=(
        "For each word: its probability under p, times how much more likely p finds it than q, as a logarithm.",
        "KL(p ‖ q) = Σ p (ln p − ln q), over the last axis; where p = 0 the term is 0, whatever q is.",
        "ratio = torch.where(p > 0, p / q, 1.0), then the sum of p * ratio.log() over the last axis.",
    ),
    mistakes=(
        Mistake(
            "reversed",
            _reversed,
            "You computed KL(q ‖ p). The weights are those of the law that is true, p: the surprises of q are paid "
            "as often as p lets them happen.",
            "Exchange the roles: p in front of the logarithm and above the fraction line.",
        ),
        Mistake(
            "reversed_by_kl_div",
            _reversed_by_kl_div,
            "You computed KL(q ‖ p): F.kl_div takes its arguments the other way round. The first is the logarithm of "
            "the law that is believed, the second the law that is true.",
            'F.kl_div(q.log(), p, reduction="none") turns it round. It still gives nan where both are 0, so the plain '
            "formula is safer.",
        ),
        Mistake(
            "unweighted",
            _unweighted,
            "You summed ln(p / q) over the words without their probabilities. It is a mean under p: a word that comes "
            "rarely counts rarely.",
            "Multiply each logarithm by p before the sum.",
        ),
        Mistake(
            "unweighted_mean",
            _unweighted_mean,
            "You took the plain mean of ln(p / q) over the words. The mean is under p: each word counts as often as "
            "p lets it come.",
            "Multiply each logarithm by p and sum, in place of mean.",
        ),
        Mistake(
            "cross_entropy",
            _cross_entropy,
            "You computed the cross-entropy −Σ p ln q, what a believer of q pays in all. KL is what is paid too much: "
            "the entropy of p must go off.",
            "Add Σ p ln p, which makes it Σ p (ln p − ln q).",
        ),
        Mistake(
            "nan_at_zero",
            _nan_at_zero,
            "Where p is 0 you get nan: the computer finds 0 · ln 0 = 0 · (−∞). A word that never comes costs nothing.",
            "Let the term be 0 where p == 0, with torch.where or torch.xlogy.",
        ),
        Mistake(
            "nan_at_two_zeros",
            _nan_at_two_zeros,
            "Where p and q are both 0 you get nan. A word that never comes costs nothing, whatever q thinks of it.",
            "Ask for p == 0 before anything is multiplied: the term is 0 there.",
        ),
        Mistake(
            "clamped",
            _clamped,
            "Your KL is finite where q rules out what p allows. A model that is certain that a word will not come, and "
            "sees it come, pays infinitely much.",
            "Leave q as it is, and leave infinity standing: p / 0 is inf, and so is its logarithm. Only p = 0 needs "
            "care.",
        ),
        Mistake(
            "wrong_axis",
            _wrong_axis,
            "You summed over the first axis. There the laws lie side by side; the words of one law lie on the last.",
            "Sum over dim=-1.",
        ),
        Mistake(
            "bits",
            _bits,
            "Your figure is in bits: it was made with the logarithm to base 2. Nats use the natural logarithm.",
            "Use log, and do not divide by ln 2.",
        ),
    ),
    equivalents=(_by_loops, _by_xlogy, _by_nansum, _by_base_2, _by_the_library),
    laws=(_a_worked_value, _never_uses_it, _never_expects_it),
)
