"""The way back in any chain on words when the clean word is known: q(x_s | x_t, x_0)."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.catalogue.kernels.chains import absorbing, drawn, matrix, one_way, shown
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def posterior(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    """q(x_s | x_t, x_0) for every x_s, [B, L, K], by Bayes; zeros where x_t cannot come from x_0.

    x_t, x0 ids [B, L]; Q_ts = q(x_t | x_s), Qbar_s = q(x_s | x_0) and Qbar_t = q(x_t | x_0), each [K, K] with row =
    from. With Qbar_s = [[.9, .1], [.2, .8]] and Q_ts = [[.5, .5], [0, 1]], Qbar_t is [[.45, .55], [.1, .9]], and x_t =
    1 with x_0 = 0 gives [.818, .182]. Source: Austin et al. 2021 (2107.03006), eq. 3, for any s < t.
    """
    likelihood = Q_ts.T[x_t]  # q(x_t | x_s) for every x_s: a column of Q_ts
    prior = Qbar_s[x0]
    evidence = Qbar_t[x0, x_t][..., None]
    return torch.where(evidence > 0, likelihood * prior / evidence, 0.0)


def _over_all_pairs(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    """A truth by counting: of all ways from x_0 over some x_s, those that end in x_t."""
    del Qbar_t
    K = len(Q_ts)
    onward, out = Q_ts.double().tolist(), Qbar_s.double().tolist()
    laws = []
    for start, end in zip(x0.flatten().tolist(), x_t.flatten().tolist(), strict=True):
        ways = {(x_s, x): out[start][x_s] * onward[x_s][x] for x_s in range(K) for x in range(K)}
        ending = [ways[x_s, end] for x_s in range(K)]
        laws.append([way / sum(ending) if sum(ending) > 0 else 0.0 for way in ending])
    return torch.tensor(laws, dtype=torch.float64).view(*x_t.shape, K)


def _by_the_sum(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_t
    joint = Q_ts[:, x_t].movedim(0, -1) * Qbar_s[x0]
    return (joint / joint.sum(-1, keepdim=True)).nan_to_num()


def _by_one_hot(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    """Eq. 3 as it is printed, with rows of one-hot."""
    end, start = (F.one_hot(x, len(Q_ts)).to(Q_ts) for x in (x_t, x0))
    law = (end @ Q_ts.T) * (start @ Qbar_s)
    evidence = (start @ Qbar_t * end).sum(-1, keepdim=True)
    law[evidence.expand_as(law) > 0] /= evidence.expand_as(law)[evidence.expand_as(law) > 0]
    return law


def _by_logarithms(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    log_joint = Q_ts.log()[:, x_t].permute(1, 2, 0) + Qbar_s.log()[x0]
    impossible = Qbar_t[x0, x_t] == 0
    return log_joint.softmax(-1).masked_fill(impossible[..., None], 0)


def _by_a_table(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    """The posterior of all K x K pairs first, [x_0, x_t, x_s]."""
    joint = torch.einsum("ab,bc->acb", Qbar_s, Q_ts)
    return torch.where(Qbar_t[..., None] > 0, joint / Qbar_t[..., None], 0)[x0, x_t]


def _in_float32(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    return posterior(x_t, x0, Q_ts.float(), Qbar_s.float(), Qbar_t.float())


Joint = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def _right_joint(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_t
    return Q_ts.T[x_t] * Qbar_s[x0]


def _by(joint: Joint, guarded: bool = True, evidence: bool = False, along: int = -1, eps: float = 0.0) -> Callable:
    """An answer with this joint law, divided by its sum or by the evidence; guarded: zeros where that is 0."""

    def answer(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
        law = joint(x_t, x0, Q_ts, Qbar_s, Qbar_t)
        total = Qbar_t[x0, x_t][..., None] if evidence else law.sum(along, keepdim=True)
        ratio = law / (total + eps)
        return torch.where(total > 0, ratio, 0.0) if guarded else ratio

    return answer


def _by_the_evidence_of_x_t(guarded: bool) -> Callable:
    """Divided by Qbar_t with its row and column exchanged; guarded: zeros where that is 0."""

    def answer(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
        return _by(_right_joint, guarded, evidence=True)(x_t, x0, Q_ts, Qbar_s, Qbar_t.T)

    return answer


def _not_transposed(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_t
    return Q_ts[x_t] * Qbar_s[x0]


def _t_for_s(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_s
    return Q_ts.T[x_t] * Qbar_t[x0]


def _s_transposed(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_t
    return Q_ts.T[x_t] * Qbar_s.T[x0]


def _t_for_ts(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Q_ts
    return Qbar_t.T[x_t] * Qbar_s[x0]


def _swapped(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    return _right_joint(x0, x_t, Q_ts, Qbar_s, Qbar_t)


def _added_for_multiplied(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_t
    return Q_ts.T[x_t] + Qbar_s[x0]


def _without_x_t(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del x_t, Q_ts, Qbar_t
    return Qbar_s[x0]


def _without_x0(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del x0, Qbar_s, Qbar_t
    return Q_ts.T[x_t]


def _axes_left(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_t
    return Q_ts[:, x_t] * Qbar_s[x0]


def _axes_folded(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    del Qbar_t
    return Q_ts[:, x_t].reshape(*x_t.shape, -1) * Qbar_s[x0]


def _eps_in_the_joint(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    return _right_joint(x_t, x0, Q_ts, Qbar_s, Qbar_t) + 1e-8


def _uniform_at_impossible(x_t: Tensor, x0: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor) -> Tensor:
    return posterior(x_t, x0, Q_ts, Qbar_s, Qbar_t) + (Qbar_t[x0, x_t][..., None] == 0) / len(Q_ts)


_QBAR_S, _Q_TS = matrix((0.9, 0.1), (0.2, 0.8)), matrix((0.5, 0.5), (0.0, 1.0))
_QBAR_T = _QBAR_S @ _Q_TS
# x_t = 1 cannot be seen after x_0 = 0 but for four times in 10^27, which is not never
_RARE = matrix((1.0, 3e-27), (0.5, 0.5)), matrix((1.0, 2e-27), (0.4, 0.6))
_CHAIN = "With Qbar_s = [[.9, .1], [.2, .8]] and Q_ts = [[.5, .5], [0, 1]]"


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, Q_ts: Tensor, Qbar_s: Tensor, x_t: Tensor, x0: Tensor) -> Case:
        says = f"{says}, ids of shape {list(x_t.shape)}"
        Qbar_t = Qbar_s @ Q_ts
        return Case(says, lambda: (x_t.clone(), x0.clone(), Q_ts.clone(), Qbar_s.clone(), Qbar_t.clone()))

    def ids(K: int, *shape: int) -> Tensor:
        return torch.randint(K, shape, generator=generator)

    def pairs(K: int) -> tuple[Tensor, Tensor]:
        """Every x_t with every x_0, [K, K] each."""
        every = torch.arange(K).expand(K, K)
        return every, every.T.contiguous()

    def two(K: int) -> tuple[Tensor, Tensor]:
        return drawn(generator, K, K), drawn(generator, K, K)

    jump = drawn(generator, 3, 4, 4)
    rare = matrix((1.0, 3e-27, 0.0), (0.5, 0.5, 0.0), (0.2, 0.3, 0.5))
    rare_s = matrix((1.0, 2e-27, 0.0), (0.4, 0.6, 0.0), (0.1, 0.2, 0.7))
    return [
        case("2 words, x_t = 1, x_0 = 0", _Q_TS, _QBAR_S, torch.tensor([[1]]), torch.tensor([[0]])),
        case("3 words", *two(3), ids(3, 1, 4), ids(3, 1, 4)),
        case("3 words", *two(3), *pairs(3)),
        case("4 words and a jump over two steps", jump[1] @ jump[2], jump[0], ids(4, 3, 2), ids(4, 3, 2)),
        case("3 words, s = 0", drawn(generator, 3, 3), torch.eye(3).double(), *pairs(3)),
        case("3 words and a mask, with impossible pairs", absorbing(0.4, 4), absorbing(0.3, 4), *pairs(4)),
        case("4 words without a way back, with impossible pairs", one_way(0.4, 4), one_way(0.3, 4), *pairs(4)),
        case("2 words, one pair nearly impossible", *_RARE, torch.tensor([[1]]), torch.tensor([[0]])),
        case("3 words, one pair nearly impossible", rare, rare_s, torch.tensor([[1, 0]]), torch.tensor([[0, 1]])),
    ]


def _observe(result: Any, arguments: tuple) -> Seen:
    del arguments
    law = result.double()
    # whether 0/0 or x/0 stands in a law hangs on the order of arithmetic: it is one mistake
    return {"the law": torch.where(law.isfinite().all(-1, keepdim=True), law, torch.nan)}


def _asked(answer: Callable, x_t: int, x0: int, Q_ts: Tensor = _Q_TS, Qbar_s: Tensor = _QBAR_S) -> Tensor:
    """The law at one place."""
    ids = torch.tensor([[x_t]]), torch.tensor([[x0]])
    return answer(*ids, Q_ts.clone(), Qbar_s.clone(), Qbar_s @ Q_ts)[0, 0].double()


def _sums_to_one(answer: Callable) -> str | None:
    for x0, x_t in ((0, 1), (0, 0), (1, 1), (1, 0)):
        got = _asked(answer, x_t, x0)
        if not abs(float(got.sum()) - 1) < 1e-4:
            return (
                f"{_CHAIN}, x_t = {x_t} and x_0 = {x0}, your law of x_s is {shown(got)}, which sums to "
                f"{float(got.sum()):.3g}. Some word x_s was: it must sum to one, over the last axis."
            )
    return None


def _certain_at_s_0(answer: Callable) -> str | None:
    for x0 in range(2):
        got = _asked(answer, 1, x0, Qbar_s=torch.eye(2).double())
        if abs(float(got[x0]) - 1) > 1e-4 or abs(float(got[1 - x0])) > 1e-4:
            right = "[1, 0]" if x0 == 0 else "[0, 1]"
            return (
                f"At s = 0 Qbar_s is the identity and x_s is x_0 itself: with Q_ts = [[.5, .5], [0, 1]], x_t = 1 and "
                f"x_0 = {x0} the law should be {right}. Yours is {shown(got)}."
            )
    return None


def _chapman_kolmogorov(answer: Callable) -> str | None:
    for x0 in range(2):
        total = torch.stack([_QBAR_T[x0, x_t] * _asked(answer, x_t, x0) for x_t in range(2)]).sum(0)
        if not torch.allclose(total, _QBAR_S[x0], atol=1e-4):
            return (
                f"{_CHAIN}: whatever x_t is seen, on average over it the law of x_s must be the one without seeing, "
                f"Σ q(x_t | x_0) q(x_s | x_t, x_0) = q(x_s | x_0). For x_0 = {x0} that is {shown(_QBAR_S[x0])}; your "
                f"laws are {shown(_asked(answer, 0, x0))} at x_t = 0 and {shown(_asked(answer, 1, x0))} at x_t = 1, "
                f"and their average, with weights {shown(_QBAR_T[x0])}, is {shown(total)}."
            )
    return None


def _two_ways(answer: Callable) -> str | None:
    got = _asked(answer, 1, 0)
    if torch.allclose(got, torch.tensor([0.45, 0.1], dtype=torch.float64) / 0.55, atol=1e-4):
        return None
    return (
        f"{_CHAIN}, two ways lead from x_0 = 0 to x_t = 1: over x_s = 0 with .9 · .5 = .45, over x_s = 1 with .1 · 1 = "
        f".1. So the law of x_s is [.45, .1] / .55 = [0.818, 0.182]. Yours is {shown(got)}."
    )


def _row_by_row(answer: Callable) -> str | None:
    x_t, x0 = torch.tensor([[1, 0], [1, 0]]), torch.tensor([[0, 0], [1, 1]])
    got = answer(x_t, x0, _Q_TS.clone(), _QBAR_S.clone(), _QBAR_T.clone()).double()
    for b in range(2):
        for place in range(2):
            alone = _asked(answer, int(x_t[b, place]), int(x0[b, place]))
            if not torch.allclose(got[b, place], alone, atol=1e-4, equal_nan=True):
                return (
                    f"With four pairs at once your law at [{b}, {place}] is {shown(got[b, place])}, and for the same "
                    f"pair alone it is {shown(alone)}. The places of a sentence have nothing to do with each other."
                )
    return None


def _zeros_for_the_impossible(answer: Callable) -> str | None:
    got = _asked(answer, 1, 0, absorbing(0.4, 3), absorbing(0.3, 3))
    if torch.equal(got.nan_to_num(nan=-1), torch.zeros(3).double()):
        return None
    return (
        "With 2 words and a mask, no word turns into another one: x_t = 1 cannot come from x_0 = 0, q(x_t | x_0) is 0, "
        f"and zeros should stand there. Yours is {shown(got)}."
    )


def _nearly_impossible(answer: Callable) -> str | None:
    got = _asked(answer, 1, 0, *_RARE)
    if torch.allclose(got, torch.tensor([0.75, 0.25], dtype=torch.float64), atol=1e-4):
        return None
    return (
        "What is rare can happen. With q(x_t | x_0) = 4e-27 and the two ways 3e-27 and 1e-27 the law should be "
        f"[0.75, 0.25]. Yours is {shown(got)}: is a small number added to what you divide, or divide by?"
    )


def _mistakes(name: str, joint: Joint, says: str, cure: str) -> tuple[Mistake, ...]:
    """A wrong joint law in the four forms in which people normalise it."""
    nan = " Besides, 0 / 0 gives nan at impossible pairs."
    sums = " And as q(x_t | x_0) does not belong to this product, your laws do not sum to one."
    guard = " Put zeros where the sum is 0."
    return (
        Mistake(name, _by(joint), says, cure),
        Mistake(f"{name}_unguarded", _by(joint, guarded=False), says + nan, cure + guard),
        Mistake(f"{name}_over_evidence", _by(joint, evidence=True), says + sums, cure),
        Mistake(
            f"{name}_over_evidence_unguarded",
            _by(joint, guarded=False, evidence=True),
            says + sums + nan,
            cure + guard,
        ),
    )


EXERCISE = Exercise(
    key="kernels.posterior",
    minutes=20,
    difficulty=3,
    idea="A step back is Bayes: the ways from x_0 over x_s that end in x_t, each with its share.",
    established="If x_0 were known, every step back would have this law, in any chain and for any s < t.",
    reference=posterior,
    cases=_cases,
    observe=_observe,
    truth=_over_all_pairs,
    laws=(
        _sums_to_one,
        _certain_at_s_0,
        _two_ways,
        _chapman_kolmogorov,
        _row_by_row,
        _zeros_for_the_impossible,
        _nearly_impossible,
    ),
    needs=("kernels.q_bar",),
    hints=(
        "For one place: how likely is x_s from x_0, and how likely is x_t from x_s? Their product says how likely both "
        "are together; divide by what all x_s have together.",
        "q(x_s | x_t, x_0) = Q_ts[x_s, x_t] · Qbar_s[x_0, x_s] / Qbar_t[x_0, x_t], for all x_s at once: a column of "
        "Q_ts, times a row of Qbar_s.",
        "law = Q_ts.T[x_t] * Qbar_s[x0], evidence = Qbar_t[x0, x_t][..., None]; then "
        "torch.where(evidence > 0, law / evidence, 0.0).",
    ),
    mistakes=(
        *_mistakes(
            "not_transposed",
            _not_transposed,
            "You took row x_t of Q_ts, where x_t would go next. Bayes asks how likely each x_s was to become x_t, and "
            "that is column x_t.",
            "Write Q_ts.T[x_t].",
        ),
        *_mistakes(
            "Qbar_t_for_Qbar_s",
            _t_for_s,
            "You used row x_0 of Qbar_t, which is the law of x_t. The law of x_s without seeing x_t is row x_0 of "
            "Qbar_s.",
            "Write Qbar_s[x0].",
        ),
        *_mistakes(
            "Qbar_s_transposed",
            _s_transposed,
            "You took column x_0 of Qbar_s. Row = from: the law of x_s after x_0 is row x_0.",
            "Write Qbar_s[x0].",
        ),
        *_mistakes(
            "Qbar_t_for_Q_ts",
            _t_for_ts,
            "Your likelihood is a column of Qbar_t, of all steps from 0 to t. From x_s to x_t only the steps after s "
            "act, Q_ts.",
            "Write Q_ts.T[x_t].",
        ),
        Mistake(
            "evidence_transposed",
            _by_the_evidence_of_x_t(guarded=True),
            "You divide by Qbar_t[x_t, x_0], how likely x_t becomes x_0. Row = from: q(x_t | x_0) is Qbar_t[x_0, x_t].",
            "Divide by Qbar_t[x0, x_t][..., None].",
        ),
        Mistake(
            "evidence_transposed_unguarded",
            _by_the_evidence_of_x_t(guarded=False),
            "You divide by Qbar_t[x_t, x_0], how likely x_t becomes x_0. Row = from: "
            "q(x_t | x_0) is Qbar_t[x_0, x_t]. Besides, 0 / 0 gives nan at impossible pairs.",
            "Divide by Qbar_t[x0, x_t][..., None]. Put zeros where it is 0.",
        ),
        Mistake(
            "swapped",
            _by(_swapped),
            "x_t and x_0 are exchanged: you walk from x_t over x_s to x_0.",
            "x_t picks a column of Q_ts, x_0 a row of Qbar_s.",
        ),
        Mistake(
            "added_for_multiplied",
            _by(_added_for_multiplied),
            "You added the two factors. Both things must happen, x_s from x_0 and then x_t from x_s: their "
            "probabilities are multiplied.",
            "Write * between the two.",
        ),
        Mistake(
            "without_x_t",
            _by(_without_x_t),
            "This is q(x_s | x_0), which does not look at x_t.",
            "Multiply by column x_t of Q_ts, and divide by the sum.",
        ),
        Mistake(
            "without_x0",
            _by(_without_x0),
            "You normalised the likelihood alone, as if all x_s were equally likely before. From x_0 they are not.",
            "Multiply by row x_0 of Qbar_s before you divide.",
        ),
        Mistake(
            "not_normalised",
            _right_joint,
            "You returned the product q(x_t | x_s) q(x_s | x_0) as it is. It sums to q(x_t | x_0), not to one.",
            "Divide by Qbar_t[x0, x_t][..., None].",
        ),
        Mistake(
            "over_places",
            _by(_right_joint, along=1, guarded=False),
            "You divided by the sum over the places of a sentence. Each place has its own law, over the last axis.",
            "Sum over dim=-1.",
        ),
        Mistake(
            "over_everything",
            lambda *arguments: (joint := _right_joint(*arguments)) / joint.sum(),
            "You divided by the sum of all numbers. Each place of each row has its own law, over the last axis.",
            "Sum over dim=-1, with keepdim=True.",
        ),
        Mistake(
            "axes_left",
            _by(_axes_left, guarded=False),
            "Q_ts[:, x_t] has shape [K, B, L], with x_s as its first axis, and Qbar_s[x0] has [B, L, K]. Where B, L "
            "and K are the same number they are multiplied without complaint.",
            "Write Q_ts.T[x_t], which has x_s as its last axis.",
        ),
        Mistake(
            "axes_folded",
            _by(_axes_folded),
            "Q_ts[:, x_t] has shape [K, B, L], and reshape does not move axes: it cuts the same row of numbers "
            "elsewhere.",
            "Write Q_ts.T[x_t], or move the axis: Q_ts[:, x_t].movedim(0, -1).",
        ),
        Mistake(
            "nan_at_impossible",
            _by(_right_joint, guarded=False),
            "Right where x_t can come from x_0. Where it cannot, you have 0 / 0, which is nan, and one nan makes every "
            "later sum nan. Zeros are asked for.",
            "torch.where(evidence > 0, law / evidence, 0.0).",
        ),
        Mistake(
            "uniform_at_impossible",
            _uniform_at_impossible,
            "Right where x_t can come from x_0. Where it cannot, your law is uniform. Zeros are asked for: no x_s can "
            "lie between.",
            "torch.where(evidence > 0, law / evidence, 0.0).",
        ),
        Mistake(
            "eps_added",
            _by(_right_joint, eps=1e-8),
            "Your divisor is kept from 0 by a small number. Where x_t is very unlikely, your law no longer sums to "
            "one: what is rare is not impossible.",
            "Divide by the sum itself, and ask with torch.where whether it is 0.",
        ),
        Mistake(
            "eps_in_the_joint",
            _by(_eps_in_the_joint),
            "A small number is added to the product before you divide. Where x_t is very unlikely or impossible, your "
            "law is uniform: that number is all that it sees.",
            "Leave the product as it is, divide by its sum, and ask with torch.where whether that is 0.",
        ),
    ),
    equivalents=(_by_the_sum, _by_one_hot, _by_logarithms, _by_a_table, _in_float32),
)
