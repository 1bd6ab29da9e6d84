"""From a belief about the clean word to a law of the next state: two ways that are not the same."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.catalogue.kernels.chains import absorbing, drawn, matrix, one_way, shown, uniform
from textdiff_lite.course.catalogue.kernels.posterior import posterior
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def belief_to_step(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    """A law of x_s [B, L, K] from a belief about x_0 [B, L, K], each summing to one.

    how = "posterior" averages q(x_s | x_t, x_0) over the belief; what is believed of words that cannot become x_t is
    dropped, and some must be left. "joint" averages q(x_s, x_t | x_0) and normalises after that (Austin et al. 2021,
    2107.03006, eq. 4). For the uniform kernel with K = 4, survival .6 to s and .3 to t, x_t = 1 and belief [.1, .2, .3,
    .4], "posterior" gives [.105, .470, .191, .234] and "joint" [.085, .585, .149, .181].
    """
    if how not in ("posterior", "joint"):
        raise ValueError(f'how must be "posterior" or "joint", got {how!r}')
    weight = belief
    if how == "posterior":
        evidence = Qbar_t.T[x_t]  # q(x_t | x_0) for every x_0
        weight = torch.where(evidence > 0, belief / evidence, 0.0)
    law = Q_ts.T[x_t] * (weight @ Qbar_s)
    return law / law.sum(-1, keepdim=True)


def _by_counting(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    """A truth word by word: the joint law of (x_s, x_t) for each x_0, conditioned before or after the average."""
    del Qbar_t
    K = len(Q_ts)
    onward, out = Q_ts.double().tolist(), Qbar_s.double().tolist()
    laws = []
    for believed, end in zip(belief.double().reshape(-1, K).tolist(), x_t.flatten().tolist(), strict=True):
        law = [0.0] * K
        for x0 in range(K):
            ways = [out[x0][x_s] * onward[x_s][end] for x_s in range(K)]
            total = sum(ways) if how == "posterior" else 1.0
            for x_s in range(K):
                law[x_s] += believed[x0] * ways[x_s] / total if total > 0 else 0.0
        laws.append([x / sum(law) for x in law])
    return torch.tensor(laws, dtype=torch.float64).view(*x_t.shape, K)


def _by_all_posteriors(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    """The posterior of every x_0, one after the other; q(x_t | x_0) as a further weight for "joint"."""
    law = torch.zeros_like(belief)
    for x0 in range(len(Q_ts)):
        weight = belief[..., x0] if how == "posterior" else belief[..., x0] * Qbar_t[x0, x_t]
        law = law + weight[..., None] * posterior(x_t, torch.full_like(x_t, x0), Q_ts, Qbar_s, Qbar_t)
    return law / law.sum(-1, keepdim=True)


def _by_einsum(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    """All x_0 and x_s at once, [B, L, K, K]."""
    del Qbar_t
    end = F.one_hot(x_t, len(Q_ts)).to(Q_ts)
    joint = torch.einsum("bln,kn,mk->blmk", end, Q_ts, Qbar_s)
    if how == "posterior":
        joint = (joint / joint.sum(-1, keepdim=True)).nan_to_num()
    law = torch.einsum("blm,blmk->blk", belief, joint)
    return F.normalize(law, p=1, dim=-1, eps=0.0)


def _by_logarithms(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    log_weight = belief.log()
    if how == "posterior":
        evidence = Qbar_t[:, x_t].permute(1, 2, 0)
        log_weight = torch.where(evidence > 0, log_weight - evidence.log(), -torch.inf)
    through = torch.logsumexp(log_weight[..., None] + Qbar_s.log(), -2)
    return (through + Q_ts.log()[:, x_t].permute(1, 2, 0)).softmax(-1)


def _in_float32(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    return belief_to_step(belief.float(), x_t, Q_ts.float(), Qbar_s.float(), Qbar_t.float(), how)


def _column(Q: Tensor, x_t: Tensor) -> Tensor:
    return Q.T[x_t]


def _row(Q: Tensor, x_t: Tensor) -> Tensor:
    return Q[x_t]


def _with(
    likelihood: Callable = _column,
    evidence: Callable = _column,
    through: Callable = lambda Qbar_s, Qbar_t: Qbar_s,
    power: int = 1,
    weigh: Callable = lambda belief, evidence: torch.where(evidence > 0, belief / evidence, 0.0),
    how_of: Callable = lambda how: how,
    normalised: tuple[str, ...] = ("posterior", "joint"),
    along: int = -1,
) -> Callable:
    """The reference with something changed."""

    def answer(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
        weight = belief
        if how_of(how) == "posterior":
            weight = weigh(belief, evidence(Qbar_t, x_t))
        law = likelihood(Q_ts, x_t) ** power * (weight @ through(Qbar_s, Qbar_t))
        return law / law.sum(along, keepdim=True) if how in normalised else law

    return answer


def _exchanged(how: str) -> str:
    return "joint" if how == "posterior" else "posterior"


def _guess_first(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    return posterior(x_t, belief.argmax(-1), Q_ts, Qbar_s, Qbar_t)


def _belief_weighted(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    """The belief, taken for a prior, is updated with x_t once more before anything else."""
    updated = belief * Qbar_t.T[x_t]
    return belief_to_step(updated / updated.sum(-1, keepdim=True), x_t, Q_ts, Qbar_s, Qbar_t, how)


def _flat(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    return belief_to_step(torch.ones_like(belief), x_t, Q_ts, Qbar_s, Qbar_t, how)


def _one_step_on(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    return belief @ Qbar_s


def _itself(belief: Tensor, x_t: Tensor, Q_ts: Tensor, Qbar_s: Tensor, Qbar_t: Tensor, how: str) -> Tensor:
    return belief.clone()


def _cases(generator: torch.Generator) -> list[Case]:
    def both(says: str, Q_ts: Tensor, Qbar_s: Tensor, x_t: Tensor, belief: Tensor) -> list[Case]:
        Qbar_t = Qbar_s @ Q_ts

        def case(how: str) -> Case:
            return Case(
                f'{says}, belief of shape {list(belief.shape)}, how = "{how}"',
                lambda: (belief.clone(), x_t.clone(), Q_ts.clone(), Qbar_s.clone(), Qbar_t.clone(), how),
            )

        return [case("posterior"), case("joint")]

    def ids(K: int, *shape: int) -> Tensor:
        return torch.randint(K, shape, generator=generator)

    def two(K: int) -> tuple[Tensor, Tensor]:
        return drawn(generator, K, K), drawn(generator, K, K)

    every = torch.arange(3).expand(3, 3)
    # the mask is never believed in; of a word that is still seen other words are believed in too
    of_words = F.pad(drawn(generator, 2, 4, 3), (0, 1))
    # a step after which 1 follows on 0 but three times in 10^27, and a belief that it did
    rare = matrix((1.0, 3e-27, 0.0), (0.5, 0.5, 0.0), (0.2, 0.3, 0.5))
    rare_s = matrix((1.0, 2e-27, 0.0), (0.4, 0.6, 0.0), (0.1, 0.2, 0.7))
    found = [
        both(
            "the uniform kernel",
            uniform(0.5, 4),
            uniform(0.4, 4),
            torch.tensor([[1]]),
            matrix((0.1, 0.2, 0.3, 0.4))[None],
        ),
        both("3 words", *two(3), ids(3, 2, 3), drawn(generator, 2, 3, 3)),
        both("3 words", *two(3), every, drawn(generator, 3, 3, 3)),
        both("a belief that is certain", *two(4), ids(4, 1, 4), torch.eye(4).double()[None]),
        both("3 words and a mask", absorbing(0.4, 4), absorbing(0.3, 4), torch.tensor([[3, 0, 1, 2]] * 2), of_words),
        both("no way back", one_way(0.4, 3), one_way(0.3, 3), every, drawn(generator, 3, 3, 3)),
        both("s = 0", drawn(generator, 3, 3), torch.eye(3).double(), every[:2], drawn(generator, 2, 3, 3)),
        both("a word that nearly cannot become x_t", rare, rare_s, torch.tensor([[1]]), matrix((0.6, 0.4, 0.0))[None]),
    ]
    return [case for pair in found for case in pair]


def _observe(result: Any, arguments: tuple) -> Seen:
    del arguments
    law = result.double()
    # whether 0/0 or x/0 stands in a law hangs on the order of arithmetic: it is one mistake
    return {"the law": torch.where(law.isfinite().all(-1, keepdim=True), law, torch.nan)}


_Q_TS, _QBAR_S = matrix((0.5, 0.5), (0.0, 1.0)), matrix((0.9, 0.1), (0.2, 0.8))
_CHAIN = "With Qbar_s = [[.9, .1], [.2, .8]], Q_ts = [[.5, .5], [0, 1]] and x_t = 1"


def _asked(
    answer: Callable, belief: Tensor, x_t: int, how: str, Q_ts: Tensor = _Q_TS, Qbar_s: Tensor = _QBAR_S
) -> Tensor:
    """The law at one place."""
    ids = torch.tensor([[x_t]])
    return answer(belief.clone()[None, None], ids, Q_ts.clone(), Qbar_s.clone(), Qbar_s @ Q_ts, how)[0, 0].double()


_HALVES = torch.tensor([0.5, 0.5], dtype=torch.float64)


def _sums_to_one(answer: Callable) -> str | None:
    for how in ("posterior", "joint"):
        got = _asked(answer, _HALVES, 1, how)
        if not abs(float(got.sum()) - 1) < 1e-4:
            return (
                f'{_CHAIN}, and belief [.5, .5], your law of x_s with how = "{how}" is {shown(got)}, which sums to '
                f"{float(got.sum()):.3g}. Some word x_s was: it must sum to one, over the last axis."
            )
    return None


def _a_certain_belief(answer: Callable) -> str | None:
    for how in ("posterior", "joint"):
        got = _asked(answer, torch.tensor([1.0, 0.0], dtype=torch.float64), 1, how)
        if not torch.allclose(got, torch.tensor([0.45, 0.1], dtype=torch.float64) / 0.55, atol=1e-4):
            return (
                f"A belief that is certain of x_0 = 0 leaves Bayes' own law, either way. {_CHAIN}, that is "
                f'[.45, .1] / .55 = [0.818, 0.182]. With how = "{how}" yours is {shown(got)}.'
            )
    return None


def _by_hand(answer: Callable) -> str | None:
    average = torch.tensor([0.45 / 0.55 + 0.1 / 0.9, 0.1 / 0.55 + 0.8 / 0.9], dtype=torch.float64) / 2
    equation_4 = torch.tensor([0.55, 0.9], dtype=torch.float64) / 1.45
    for how, right, other, way in (
        ("posterior", average, equation_4, "each divided by its sum and then averaged"),
        ("joint", equation_4, average, "averaged and then divided by the sum"),
    ):
        got = _asked(answer, _HALVES, 1, how)
        if not torch.allclose(got, right, atol=1e-4):
            it = ", which is the law of the other way" if torch.allclose(got, other, atol=1e-4) else ""
            return (
                f"{_CHAIN}, the products q(x_t | x_s) q(x_s | x_0) are [.45, .1] after x_0 = 0 and [.1, .8] after "
                f'x_0 = 1. With belief [.5, .5] and how = "{how}" they are {way}: {shown(right)}. Yours is '
                f"{shown(got)}{it}."
            )
    return None


def _drops_the_impossible(answer: Callable) -> str | None:
    for how in ("posterior", "joint"):
        got = _asked(
            answer, torch.tensor([0.25, 0.75, 0.0], dtype=torch.float64), 1, how, absorbing(0.4, 3), absorbing(0.3, 3)
        )
        if not torch.allclose(got, torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64), atol=1e-4):
            return (
                "With two words and a mask and x_t = 1, x_s was 1 for certain, though the belief is [0.25, 0.75, 0]: "
                f'what it gives to word 0 cannot become 1 and is dropped. With how = "{how}" your law is {shown(got)}.'
            )
    return None


def _exact_with_its_belief(answer: Callable) -> str | None:
    p = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
    Q_ts, Qbar_s, Qbar_t = uniform(0.5, 4), uniform(0.4, 4), uniform(0.7, 4)
    for x_t in (1, 3):
        # the law of x_s given x_t in the world itself
        right = (p @ Qbar_s) * Q_ts[:, x_t] / (p @ Qbar_t)[x_t]
        bayes = p * Qbar_t[:, x_t] / (p @ Qbar_t)[x_t]
        for how, belief, name in (("posterior", bayes, "Bayes' q(x_0 | x_t)"), ("joint", p, "p(x_0), without x_t,")):
            got = _asked(answer, belief, x_t, how, Q_ts, Qbar_s)
            if not torch.allclose(got, right, atol=1e-4):
                return (
                    f"Words come with p = {shown(p)} and go through the uniform kernel, survival .6 to s and .3 to t. "
                    f'With the belief {name} = {shown(belief)} how = "{how}" is exact: at x_t = {x_t} it gives '
                    f"q(x_s | x_t) = {shown(right)}. Yours is {shown(got)}."
                )
    return None


def _place_by_place(answer: Callable) -> str | None:
    belief = torch.stack([matrix((0.3, 0.7), (0.6, 0.4)), matrix((0.1, 0.9), (0.5, 0.5))])
    x_t = torch.tensor([[1, 0], [1, 1]])
    for how in ("posterior", "joint"):
        got = answer(belief.clone(), x_t, _Q_TS.clone(), _QBAR_S.clone(), _QBAR_S @ _Q_TS, how).double()
        for b in range(2):
            for place in range(2):
                alone = _asked(answer, belief[b, place], int(x_t[b, place]), how)
                if not torch.allclose(got[b, place], alone, atol=1e-4, equal_nan=True):
                    return (
                        f"With four places at once your law at [{b}, {place}] is {shown(got[b, place])}, and for the "
                        f"same place alone it is {shown(alone)}. Each place has its own law."
                    )
    return None


def _nearly_impossible(answer: Callable) -> str | None:
    Q_ts, Qbar_s = matrix((1.0, 3e-27), (0.5, 0.5)), matrix((1.0, 2e-27), (0.4, 0.6))
    got = _asked(answer, torch.tensor([0.6, 0.4], dtype=torch.float64), 1, "posterior", Q_ts, Qbar_s)
    # the posterior of x_0 = 0 is (3, 1)/4, that of x_0 = 1 all but certain of 1
    if torch.allclose(got, torch.tensor([0.45, 0.55], dtype=torch.float64), atol=1e-4):
        return None
    return (
        "What is rare can happen. With q(x_t | x_0 = 0) = 4e-27, of which 3e-27 over x_s = 0, and the belief [0.6, "
        f'0.4], how = "posterior" gives [0.45, 0.55]. Yours is {shown(got)}: is a small number added where you divide?'
    )


EXERCISE = Exercise(
    key="kernels.belief_to_step",
    minutes=20,
    difficulty=3,
    idea="A reverse step is no posterior: averaging before or after Bayes gives two laws, each exact for its belief.",
    established="You have both steps back: the average of the posteriors, and eq. 4 of D3PM. They differ by a factor "
    "q(x_t | x_0) under the sum.",
    reference=belief_to_step,
    cases=_cases,
    observe=_observe,
    truth=_by_counting,
    laws=(
        _sums_to_one,
        _a_certain_belief,
        _by_hand,
        _exact_with_its_belief,
        _place_by_place,
        _drops_the_impossible,
        _nearly_impossible,
    ),
    needs=("kernels.posterior",),
    hints=(
        'The two ways differ in when Bayes divides. "joint": sum over x_0 first, one division at the end. '
        '"posterior": each x_0 has its own division by q(x_t | x_0), then the sum.',
        "joint ∝ Q_ts[x_s, x_t] · Σ belief(x_0) Qbar_s[x_0, x_s]. For posterior put belief(x_0) / Qbar_t[x_0, x_t] in "
        "the place of belief(x_0), with 0 where Qbar_t[x_0, x_t] is 0.",
        'weight = belief, or for "posterior" torch.where(evidence > 0, belief / evidence, 0.0) with evidence = '
        "Qbar_t.T[x_t]; law = Q_ts.T[x_t] * (weight @ Qbar_s), divided by its sum over dim=-1.",
    ),
    mistakes=(
        Mistake(
            "exchanged",
            _with(how_of=_exchanged),
            'The two ways are exchanged: what you do for "posterior" is eq. 4, and the other way round.',
            'The division by q(x_t | x_0) of each x_0 belongs to "posterior".',
        ),
        Mistake(
            "averaged_before_normalising",
            _with(how_of=lambda how: "joint"),
            'With how = "posterior" you have the law of "joint" too. Who averages the products q(x_t | x_s) '
            "q(x_s | x_0) and normalises after that has eq. 4: a posterior is normalised for each x_0 by itself.",
            "Divide the product of each x_0 by q(x_t | x_0) = Qbar_t[x_0, x_t] before you average.",
        ),
        Mistake(
            "posterior_for_both",
            _with(how_of=lambda how: "posterior"),
            'With how = "joint" you have the average of the posteriors too. Eq. 4 averages the joint laws '
            "q(x_s, x_t | x_0), without a division for each x_0.",
            'For "joint" leave the division by Qbar_t out, and divide by the sum at the end.',
        ),
        Mistake(
            "likelihood_twice",
            _with(power=2),
            "q(x_t | x_s) stands in your law twice, as its square. x_t is one observation and is counted once.",
            "Multiply by Q_ts.T[x_t] once, after the average or before it.",
        ),
        Mistake(
            "belief_updated_again",
            _belief_weighted,
            "You multiplied the belief with q(x_t | x_0) first. The network has seen x_t: its belief is not to be "
            "updated with x_t once more.",
            "Use the belief as it is handed over.",
        ),
        Mistake(
            "multiplied_for_divided",
            _with(weigh=lambda belief, evidence: belief * evidence),
            'For "posterior" you multiplied with q(x_t | x_0). Bayes divides by it.',
            "weight = belief / Qbar_t.T[x_t], with 0 where that is 0.",
        ),
        Mistake(
            "without_the_likelihood",
            _one_step_on,
            "This is the belief, sent forward to s: belief @ Qbar_s. It does not look at x_t, so words could come back "
            "that cannot become x_t any more.",
            "Multiply by Q_ts.T[x_t], and normalise.",
        ),
        Mistake(
            "belief_for_step",
            _itself,
            "You returned the belief. It is about x_0; x_s is still noisy.",
            "Send it forward to s, belief @ Qbar_s, and multiply by Q_ts.T[x_t].",
        ),
        Mistake(
            "posterior_of_the_likeliest",
            _guess_first,
            "Your law is the posterior of the likeliest x_0. What is less likely is believed too: it is an average "
            "over all x_0.",
            "Sum over x_0 with the belief as weights, in place of argmax.",
        ),
        Mistake(
            "flat_belief",
            _flat,
            "Your law does not depend on the belief: every x_0 counts the same.",
            "Weigh each x_0 with its belief: weight @ Qbar_s.",
        ),
        Mistake(
            "not_transposed",
            _with(likelihood=_row),
            "You took row x_t of Q_ts, where x_t would go next. How likely each x_s was to become x_t stands in column "
            "x_t.",
            "Write Q_ts.T[x_t].",
        ),
        Mistake(
            "evidence_not_transposed",
            _with(evidence=_row),
            'For "posterior" you divided by row x_t of Qbar_t. q(x_t | x_0), for every x_0, is its column x_t.',
            "Write Qbar_t.T[x_t].",
        ),
        Mistake(
            "neither_transposed",
            _with(likelihood=_row, evidence=_row),
            "You took row x_t of Q_ts and of Qbar_t, where x_t would go next. How likely each word was to become x_t "
            "stands in column x_t.",
            "Write Q_ts.T[x_t], and Qbar_t.T[x_t].",
        ),
        Mistake(
            "Qbar_t_for_Qbar_s",
            _with(through=lambda Qbar_s, Qbar_t: Qbar_t),
            "You sent the belief through Qbar_t, to time t. x_s lies at time s.",
            "weight @ Qbar_s.",
        ),
        Mistake(
            "Qbar_s_transposed",
            _with(through=lambda Qbar_s, Qbar_t: Qbar_s.T),
            "You sent the belief through Qbar_s on its side. Row = from x_0, so a law of x_0 is multiplied from the "
            "left.",
            "weight @ Qbar_s, without .T.",
        ),
        Mistake(
            "not_normalised",
            _with(normalised=()),
            "You did not divide by the sum at the end. The joint laws sum to q(x_t | x_0), and what is believed of "
            "words that cannot become x_t is lost.",
            "law / law.sum(-1, keepdim=True), both ways.",
        ),
        Mistake(
            "joint_not_normalised",
            _with(normalised=("posterior",)),
            'With how = "joint" your law does not sum to one: it sums to what is believed of x_t before it was seen.',
            "law / law.sum(-1, keepdim=True).",
        ),
        Mistake(
            "lost_mass",
            _with(normalised=("joint",)),
            'With how = "posterior" your law does not sum to one where something is believed of words that cannot '
            "become x_t: their posteriors are zeros.",
            "Divide by the sum at the end, both ways.",
        ),
        Mistake(
            "over_places",
            _with(along=1),
            "You divided by the sum over the places of a sentence. Each place has its own law, over the last axis.",
            "Sum over dim=-1.",
        ),
        Mistake(
            "nan_at_impossible",
            _with(weigh=lambda belief, evidence: belief / evidence),
            "Where a word cannot become x_t you divide by 0, and the whole law becomes nan.",
            "torch.where(evidence > 0, belief / evidence, 0.0).",
        ),
        Mistake(
            "eps_added",
            _with(weigh=lambda belief, evidence: belief / (evidence + 1e-8)),
            "You keep the divisor from 0 by a small number. A word that very rarely becomes x_t, or never, is then not "
            "weighted as it should be: what is rare is not impossible, and what is impossible is not rare.",
            "torch.where(evidence > 0, belief / evidence, 0.0).",
        ),
    ),
    equivalents=(_by_all_posteriors, _by_einsum, _by_logarithms, _in_float32),
)
