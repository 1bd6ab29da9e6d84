"""The bound of a chain on one-word sentences, with every sum exact."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.kernels.chains import absorbing, drawn, matrix, one_way, shown, uniform, walks
from textdiff_lite.course.catalogue.kernels.posterior import posterior
from textdiff_lite.course.catalogue.kernels.q_bar import q_bar
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def chain_bound(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
    """What a model pays for a word on average, at most: prior, steps T ... 2, and the last step; nats, a scalar.

    p [K] is the law of x_0; steps [T, K, K], where steps[i - 1] holds p_theta(x_{i-1} | x_i), row = x_i; Qs [T, K, K];
    prior [K], the model's law of x_T. Where p is 0 nothing is paid, even if the model rules the word out. With one
    step, p = [.5, .5], Q_1 = [[.8, .2], [.4, .6]], steps = [[[.6, .4], [.3, .7]]] and prior = [.6, .4] it is 0.701.
    Source: Austin et al. 2021 (2107.03006), eq. 1.
    """

    def kl(q: Tensor, p: Tensor) -> Tensor:
        return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(-1)

    T, K = len(Qs), len(p)
    Qbar = [q_bar(Qs, i) for i in range(T + 1)]
    x_0, x_i = torch.meshgrid(torch.arange(K), torch.arange(K), indexing="ij")
    nats = kl(Qbar[T], prior)  # for each x_0
    for i in range(2, T + 1):
        back = posterior(x_i, x_0, Qs[i - 1], Qbar[i - 1], Qbar[i])
        nats = nats + (Qbar[i] * kl(back, steps[i - 1])).sum(-1)
    nats = nats - torch.xlogy(Qbar[1], steps[0].T).sum(-1)
    return torch.where(p > 0, p * nats, 0.0).sum()


def _kl(q: Tensor, p: Tensor) -> Tensor:
    """KL(q || p) over the last axis, where 0 ln 0 is 0."""
    return (torch.xlogy(q, q) - torch.xlogy(q, p)).sum(-1)


def _over_all_walks(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> float:
    """A truth without KLs: the mean over all walks of ln q(x_1 ... x_T | x_0) - ln p_theta(x_0 ... x_T)."""

    def log(x: float) -> float:
        return math.log(x) if x > 0 else -math.inf

    tables, end = steps.double().tolist(), prior.double().tolist()
    total = 0.0
    for x0, often in enumerate(p.tolist()):
        if often == 0:
            continue
        for walk, probability in walks(Qs.double(), x0):
            if probability > 0:
                model = log(end[walk[-1]])
                model += sum(log(tables[i - 1][walk[i]][walk[i - 1]]) for i in range(1, len(walk)))
                total += often * probability * (log(probability) - model)
    return total


def _last_step_as_a_kl(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
    """All steps alike: at s = 0 the posterior is certain of x_0, and its KL is the last term."""
    K = len(p)
    Qbar = torch.eye(K, dtype=Qs.dtype)
    words = torch.arange(K)
    total = torch.zeros((), dtype=Qs.dtype)
    for Q, back in zip(Qs, steps, strict=True):
        joint = Qbar[:, :, None] * Q  # [x_0, x_s, x_t]
        evidence = joint.sum(1, keepdim=True)
        q = torch.where(evidence > 0, joint / evidence, 0)
        cost = torch.xlogy(joint, q) - torch.xlogy(joint, back.T)
        total = total + cost.sum((1, 2))[words[p > 0]] @ p[p > 0]
        Qbar = Qbar @ Q
    used = p > 0
    return total + p[used] @ (torch.xlogy(Qbar, Qbar) - torch.xlogy(Qbar, prior)).sum(-1)[used]


def _word_by_word(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> float:
    """Plain loops, from the noise to the word."""
    T, K = len(Qs), len(p)
    total = 0.0
    for x0 in range(K):
        if p[x0] == 0:
            continue
        law = [torch.eye(K).double()[x0]]
        for Q in Qs:
            law.append(law[-1] @ Q.double())
        nats = sum(float(q * (q / r).log()) for q, r in zip(law[T], prior, strict=True) if q > 0)
        for i in range(T, 0, -1):
            for x in range(K):
                for before in range(K):
                    both = float(law[i - 1][before] * Qs[i - 1, before, x])
                    if both > 0:
                        share = both / float(law[i][x])
                        nats += both * (math.log(share) - float(steps[i - 1, x, before].log()))
        total += float(p[x0]) * nats
    return total


def _in_float32(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
    return chain_bound(p.float(), steps.float(), Qs.float(), prior.float())


def _kl_of_ratios(q: Tensor, p: Tensor) -> Tensor:
    return (q * torch.where(q > 0, q / p, 1.0).log()).sum(-1)


def _by_entropies(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
    """The cross-entropies of the model's laws, less the entropy of the walk q(x_1 ... x_T | x_0)."""
    weight, nats = p.clone(), torch.zeros((), dtype=p.dtype)
    for Q, back in zip(Qs, steps, strict=True):
        both = weight[:, None] * Q  # the law of (x_{i-1}, x_i)
        nats = nats - torch.xlogy(both, back.T).sum() + torch.xlogy(both, Q).sum()
        weight = both.sum(0)
    return nats - torch.xlogy(weight, prior).sum()


def _right_back(Qs: Tensor, Qbar: list[Tensor], i: int) -> Tensor:
    """q(x_{i-1} | x_i, x_0), [x_0, x_i, x_{i-1}]."""
    x_0, x_i = torch.meshgrid(torch.arange(len(Qs[0])), torch.arange(len(Qs[0])), indexing="ij")
    return posterior(x_i, x_0, Qs[i - 1], Qbar[i - 1], Qbar[i])


def _with(
    prior_term: Callable = lambda q, prior, p: _kl(q, prior),
    kl: Callable = _kl,
    weight: Callable = lambda Qbar, i, p, Qs: Qbar[i],
    range_of: Callable = lambda T: range(2, T + 1),
    step_at: Callable = lambda i, T: i - 1,
    turned: bool = False,
    back_of: Callable = _right_back,
    last: Callable = lambda q, first: -torch.xlogy(q, first.T).sum(-1),
    last_at: Callable = lambda T: 0,
    share: Callable = lambda T: 1.0,
    of_all: Callable = lambda T: 1.0,
    average: Callable = lambda p, nats: torch.where(p > 0, p * nats, 0.0).sum(),
) -> Callable:
    """The reference with something changed. share: a factor of the diffusion term; of_all: of it and the last."""

    def answer(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
        T = len(Qs)
        steps = steps.mT if turned else steps
        Qbar = [q_bar(Qs, i) for i in range(T + 1)]
        diffusion = torch.zeros_like(p)
        for i in range_of(T):
            back = back_of(Qs, Qbar, i)
            diffusion = diffusion + (weight(Qbar, i, p, Qs) * kl(back, steps[step_at(i, T)])).sum(-1)
        rest = share(T) * diffusion + last(Qbar[1], steps[last_at(T)])
        return average(p, prior_term(Qbar[T], prior, p) + of_all(T) * rest)

    return answer


def _reversed(q: Tensor, p: Tensor) -> Tensor:
    """KL(p || q), infinite where q is 0 and p is not, and 0 where there is no q at all."""
    return torch.where(q.sum(-1) > 0, _kl(p.expand_as(q), q), 0.0)


def _reversed_bare(q: Tensor, p: Tensor) -> Tensor:
    """KL(p || q) for every pair, infinite also where there is no q at all, which weighs 0 and so becomes nan."""
    return _kl(p.expand_as(q), q)


def _weighed(p: Tensor, nats: Tensor) -> Tensor:
    """The mean as it is, nan where p is 0 and the nats are infinite."""
    return (p * nats).sum()


def _cross_entropy(q: Tensor, p: Tensor) -> Tensor:
    return -torch.xlogy(q, p).sum(-1)


def _nan_at_zero(q: Tensor, p: Tensor) -> Tensor:
    return (q * (q / p).log()).sum(-1)


def _clamped(q: Tensor, p: Tensor) -> Tensor:
    return (torch.xlogy(q, q) - torch.xlogy(q, p.clamp(min=1e-12))).sum(-1)


def _negative(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
    return -chain_bound(p, steps, Qs, prior)


def _bits(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
    return chain_bound(p, steps, Qs, prior) / math.log(2)


def _one_step_matrices(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> Tensor:
    """Every step is treated as if it were the first: Q_i where the product belongs."""
    T, K = len(Qs), len(p)
    x_0, x_i = torch.meshgrid(torch.arange(K), torch.arange(K), indexing="ij")
    nats = _kl(Qs[T - 1], prior)
    for i in range(2, T + 1):
        back = posterior(x_i, x_0, Qs[i - 1], Qs[i - 2], Qs[i - 2] @ Qs[i - 1])
        nats = nats + (Qs[i - 1] * _kl(back, steps[i - 1])).sum(-1)
    nats = nats - torch.xlogy(Qs[0], steps[0].T).sum(-1)
    return torch.where(p > 0, p * nats, 0.0).sum()


def exact_steps(p: Tensor, Qs: Tensor) -> Tensor:
    """q(x_{i-1} | x_i) of the world itself, [T, K, K], row = x_i; a row that cannot come is uniform."""
    laws = [p]
    for Q in Qs:
        laws.append(laws[-1] @ Q)
    joint = torch.stack([(law[:, None] * Q).T for law, Q in zip(laws, Qs, strict=False)])
    total = joint.sum(-1, keepdim=True)
    return torch.where(total > 0, joint / total, 1 / len(p))


def _cases(generator: torch.Generator) -> list[Case]:
    def law(*numbers: float) -> Tensor:
        return torch.tensor(numbers, dtype=torch.float64)

    def case(says: str, p: Tensor, Qs: Tensor, steps: Tensor, prior: Tensor) -> Case:
        says = f"{says}, K = {len(p)}, T = {len(Qs)}"
        return Case(says, lambda: (p.clone(), steps.clone(), Qs.clone(), prior.clone()))

    def any_chain(T: int, K: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return drawn(generator, K), drawn(generator, T, K, K), drawn(generator, T, K, K), drawn(generator, K)

    masks = torch.stack([absorbing(beta, 4) for beta in (0.25, 0.4, 0.9)])
    words = law(0.6, 0.3, 0.1, 0.0)
    # a model that knows what cannot be, and not how likely the rest is
    guess = exact_steps(law(0.4, 0.35, 0.2, 0.05), masks)
    ways = torch.stack([one_way(beta, 3) for beta in (0.3, 0.6)])
    blind = drawn(generator, 2, 2, 2)
    blind[1, 0] = law(1.0, 0.0)
    seldom = drawn(generator, 3)
    seldom[2] = 0
    return [
        case("one step", *_ONE),
        case("two steps", *any_chain(2, 2)),
        case("steps and words of one number", *any_chain(3, 3)),
        case("more steps than words", *any_chain(5, 2)),
        case("a word that never comes", seldom / seldom.sum(), *any_chain(4, 3)[1:]),
        case("a mask, and a model with its zeros", words, masks, guess, law(0.05, 0.05, 0.02, 0.88)),
        case("a mask, and a model without zeros", words, masks, *any_chain(3, 4)[2:]),
        case(
            "no way back, and a model with its zeros",
            law(0.5, 0.3, 0.2),
            ways,
            exact_steps(law(0.2, 0.2, 0.6), ways),
            law(0.1, 0.4, 0.5),
        ),
        case(
            "a model that rules out what happens",
            drawn(generator, 2),
            drawn(generator, 2, 2, 2),
            blind,
            drawn(generator, 2),
        ),
    ]


def _observe(result: Any, arguments: tuple) -> Seen:
    value = torch.as_tensor(result).double()
    # what a clamp puts in the place of infinity depends on the clamp, so there only «infinite or not» is seen
    if math.isinf(float(chain_bound(*arguments))):
        return {"infinite, as the model rules out what happens (1: yes)": value.isposinf().double()}
    return {"the bound": value}


_ONE = (
    torch.tensor([0.5, 0.5], dtype=torch.float64),
    matrix((0.8, 0.2), (0.4, 0.6))[None],
    matrix((0.6, 0.4), (0.3, 0.7))[None],
    torch.tensor([0.6, 0.4], dtype=torch.float64),
)
_P = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
_H = float(-torch.xlogy(_P, _P).sum())


def _world(betas: tuple[float, ...] = (0.2, 0.4, 0.5)) -> tuple[Tensor, Tensor, Tensor]:
    """Uniform noise on four words, its exact steps back, and the law of x_T."""
    Qs = torch.stack([uniform(beta, 4) for beta in betas])
    return Qs, exact_steps(_P, Qs), _P @ q_bar(Qs, len(Qs))


def _part_by_part(answer: Callable) -> str | None:
    """Each term by itself: the figure with one law of the model changed, less the figure without."""
    p = torch.tensor([0.7, 0.3], dtype=torch.float64)
    Qs = torch.stack([matrix((0.9, 0.1), (0.3, 0.7)), matrix((0.8, 0.2), (0.1, 0.9)), matrix((0.6, 0.4), (0.2, 0.8))])
    prior, wrong_prior = torch.tensor([[0.4, 0.6], [0.7, 0.3]], dtype=torch.float64)
    # no two alike, so that their order is seen
    steps = torch.stack(
        [matrix((0.8, 0.2), (0.3, 0.7)), matrix((0.9, 0.1), (0.4, 0.6)), matrix((0.7, 0.3), (0.2, 0.8))]
    )
    wrong = matrix((0.5, 0.5), (0.6, 0.4))
    whole = (p, steps, Qs, prior)

    def asked(law: Tensor, i: int | None = None) -> tuple[float, float]:
        """Yours and ours, with one law in another's place."""
        model = whole[1].clone()
        if i is not None:
            model[i - 1] = law
        arguments = (p, model, Qs, law if i is None else prior)
        return float(answer(*(part.clone() for part in arguments))), float(chain_bound(*arguments))

    yours, ours = asked(prior)
    changes = {
        "prior": asked(wrong_prior),
        **{f"steps[{i - 1}]": asked(wrong, i) for i in (3, 2)},
        "steps[0]": asked(wrong, 1),
    }
    off = {
        name: f"with another {name} yours changes by {a - yours:.4f} and should by {b - ours:.4f}"
        for name, (a, b) in changes.items()
        if not abs((a - yours) - (b - ours)) < 1e-4
    }
    if not off and abs(yours - ours) < 1e-4:
        return None
    parts = _terms(*whole)
    said = ", ".join(f"{name} {nats:.4f}" for name, nats in parts.items())
    told = (
        f"What is off: {'; '.join(off.values())}"
        if off
        else "Each law of the model changes yours as it should, so what is off does not depend on them"
    )
    return (
        f"With T = 3, p = {shown(p)}, Q_1 = {_rows(Qs[0])}, Q_2 = {_rows(Qs[1])}, Q_3 = {_rows(Qs[2])}, steps[0] = "
        f"{_rows(steps[0])}, steps[1] = {_rows(steps[1])}, steps[2] = {_rows(steps[2])} and prior = {shown(prior)} the "
        f"terms are: {said}. Together {ours:.4f}; yours is {yours:.4f}. {told}."
    )


def _terms(p: Tensor, steps: Tensor, Qs: Tensor, prior: Tensor) -> dict[str, float]:
    """The bound's terms, by name."""
    T = len(Qs)
    Qbar = [q_bar(Qs, i) for i in range(T + 1)]
    terms = {"the prior": p @ _kl(Qbar[T], prior)}
    for i in range(T, 1, -1):
        terms[f"step {i}"] = p @ (Qbar[i] * _kl(_right_back(Qs, Qbar, i), steps[i - 1])).sum(-1)
    terms["the last"] = -p @ torch.xlogy(Qbar[1], steps[0].T).sum(-1)
    return {name: float(nats) for name, nats in terms.items()}


def _rows(Q: Tensor) -> str:
    return f"[{', '.join(shown(row) for row in Q)}]"


def _one_step_by_hand(answer: Callable) -> str | None:
    p, Qs, steps, prior = (part.clone() for part in _ONE)
    got = float(answer(p, steps, Qs, prior))
    if abs(got - 0.701293) < 1e-4:
        return None
    return (
        "With T = 1, p = [.5, .5], Q_1 = [[.8, .2], [.4, .6]], steps = [[[.6, .4], [.3, .7]]] and prior = [.6, .4] two "
        "terms remain, for x_0 = 0 and x_0 = 1. The prior's: KL([.8, .2] || prior) = .0915 and KL([.4, .6] || prior) = "
        ".0811. The last step's: −.8 ln .6 − .2 ln .3 = .6495 and −.4 ln .4 − .6 ln .7 = .5805. The mean of both sums "
        f"is 0.7013. Yours is {got:.4f}."
    )


def _tight_for_the_exact_steps(answer: Callable) -> str | None:
    Qs, steps, prior = _world()
    got = float(answer(_P.clone(), steps, Qs, prior))
    if abs(got - _H) < 1e-4:
        return None
    below = ", and it lies below: no model of words costs less than their entropy" if got < _H else ""
    return (
        f"With p = {shown(_P)}, uniform noise of rates .2, .4, .5, the exact steps back and the exact law of x_3 as "
        f"prior, nothing is paid too much: the bound is the entropy of p, {_H:.4f} nats. Yours is {got:.4f}{below}."
    )


def _a_wrong_prior(answer: Callable) -> str | None:
    Qs, steps, exact = _world()
    prior = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    extra = float(_kl(exact, prior))
    got = float(answer(_P.clone(), steps, Qs, prior))
    if abs(got - _H - extra) < 1e-4:
        return None
    return (
        f"With the exact steps back and a wrong prior {shown(prior)} for the law {shown(exact)} of x_3, all that is "
        f"paid too much is KL(q(x_3) || prior) = {extra:.4f}: the bound is {_H:.4f} + {extra:.4f} = {_H + extra:.4f} "
        f"nats. Yours is {got:.4f}."
    )


def _a_wrong_step(answer: Callable) -> str | None:
    Qs, steps, prior = _world()
    for i in (2, 1, 3):
        changed = steps.clone()
        changed[i - 1] = torch.roll(steps[i - 1], 1, 1) * 0.3 + steps[i - 1] * 0.7
        at_i = _P @ q_bar(Qs, i)
        extra = float(at_i @ _kl(steps[i - 1], changed[i - 1]))
        got = float(answer(_P.clone(), changed, Qs, prior))
        if abs(got - _H - extra) > 1e-4:
            return (
                f"With the exact prior and steps back, but steps[{i - 1}] changed, what is paid too much is the mean "
                f"KL of that step under the law of x_{i}, {shown(at_i)}: {extra:.4f}. So the bound is {_H:.4f} + "
                f"{extra:.4f} = {_H + extra:.4f} nats. Yours is {got:.4f}."
            )
    return None


def _zeros_cost_nothing(answer: Callable) -> str | None:
    p = torch.tensor([0.75, 0.25, 0.0], dtype=torch.float64)
    Qs = torch.stack([absorbing(0.5, 3), absorbing(1.0, 3)])
    right = float(-torch.xlogy(p, p).sum())
    got = float(answer(p.clone(), exact_steps(p, Qs), Qs, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)))
    if abs(got - right) < 1e-4:
        return None
    return (
        "With two words of p = [.75, .25] and a mask, half hidden after step 1 and all after step 2, the exact steps "
        f"have zeros wherever the chain has: 0 ln 0 is 0. The bound is the entropy, {right:.4f} nats. Yours is "
        f"{got:.4f}."
    )


def _infinite_where_ruled_out(answer: Callable) -> str | None:
    Qs, steps, prior = _world()
    steps[1, 0] = torch.tensor([0.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    got = float(answer(_P.clone(), steps, Qs, prior))
    if got == math.inf:
        return None
    return (
        "A model that says that x_1 was word 1 for certain when x_2 is word 0 rules out what happens: its bound is "
        f"infinite. Yours is {got:.4g}."
    )


def _never_and_infinite(answer: Callable) -> str | None:
    p = torch.tensor([1.0, 0.0], dtype=torch.float64)
    steps = matrix((1.0, 0.0), (1.0, 0.0))[None]
    got = float(answer(p, steps, matrix((0.5, 0.5), (0.5, 0.5))[None], torch.tensor([0.5, 0.5], dtype=torch.float64)))
    if not math.isnan(got):
        return None
    return (
        "For a word that never comes, p = 0, and that the model rules out, you have 0 · ∞ = nan. It costs nothing: let "
        "torch.where(p > 0, …, 0.0) drop it before the sum."
    )


EXERCISE = Exercise(
    key="kernels.chain_bound",
    minutes=20,
    difficulty=3,
    idea="The bound is a sum of KLs between the world's way back and the model's, and for exact steps it is the "
    "entropy.",
    established="Your bound is what the model pays in nats: the entropy for the exact steps, and more for any others.",
    reference=chain_bound,
    cases=_cases,
    observe=_observe,
    truth=_over_all_walks,
    laws=(
        _part_by_part,
        _tight_for_the_exact_steps,
        _one_step_by_hand,
        _a_wrong_prior,
        _a_wrong_step,
        _zeros_cost_nothing,
        _infinite_where_ruled_out,
    ),
    remarks=(_never_and_infinite,),
    needs=("before.kl", "kernels.q_bar", "kernels.posterior"),
    hints=(
        "Think of one x_0 at first. Three pieces: how far q(x_T | x_0) is from the prior; for i = T … 2 how far the "
        "posterior is from the model's step, on average over x_i; and −ln of the word itself in the last step. Then "
        "the mean over p.",
        "All posteriors of a step at once: with x_0, x_i = torch.meshgrid(arange, arange, indexing='ij') the result of "
        "posterior is [x_0, x_i, x_{i−1}], and Qbar_i[x_0, x_i] is the weight of its KL to steps[i − 1][x_i].",
        "nats = kl(Qbar[T], prior); for i = 2 … T add (Qbar[i] * kl(back, steps[i - 1])).sum(-1) to it; at the end "
        "nats - torch.xlogy(Qbar[1], steps[0].T).sum(-1), and the mean under p.",
    ),
    mistakes=(
        Mistake(
            "prior_omitted",
            _with(prior_term=lambda q, prior, p: torch.zeros_like(p)),
            "The prior term is missing. What is left of x_0 in x_T, and what the prior gets wrong, is paid too.",
            "Add KL(q(x_T | x_0) || prior) for each x_0.",
        ),
        Mistake(
            "prior_reversed",
            _with(prior_term=lambda q, prior, p: _kl(prior.expand_as(q), q)),
            "Your prior term is KL(prior || q), the wrong way round: the mean is taken under q, so q comes first.",
            "Σ q (ln q − ln prior), q being row x_0 of Qbar_T.",
        ),
        Mistake(
            "prior_of_the_mean",
            _with(prior_term=lambda q, prior, p: _kl(p @ q, prior)),
            "Your prior term is the KL of the mean law of x_T. What is asked for is the mean of the KLs: for each x_0 "
            "that of q(x_T | x_0), and then the mean under p. The first is never larger, and your bound may lie below "
            "the entropy.",
            "Take the KL for each row of Qbar_T, and average after that.",
        ),
        Mistake(
            "kl_reversed",
            _with(kl=_reversed),
            "The KLs of your steps are KL(p_theta || q), the wrong way round: the mean is taken under q, so q comes "
            "first.",
            "Σ q (ln q − ln p_theta).",
        ),
        Mistake(
            "all_reversed",
            _with(kl=_reversed, prior_term=lambda q, prior, p: _kl(prior.expand_as(q), q)),
            "All your KLs are the wrong way round, those of the steps and that of the prior: the mean is taken under "
            "q, so q comes first.",
            "Σ q (ln q − ln p_theta).",
        ),
        Mistake(
            "prior_reversed_and_nan",
            _with(prior_term=lambda q, prior, p: _reversed_bare(q, prior), average=_weighed),
            "Your prior term is KL(prior || q), the wrong way round: the mean is taken under q, so q comes first. "
            "For a word that never comes it gives 0 · ∞ = nan besides.",
            "Σ q (ln q − ln prior), q being row x_0 of Qbar_T.",
        ),
        Mistake(
            "kl_reversed_and_nan",
            _with(kl=_reversed_bare, average=_weighed),
            "The KLs of your steps are KL(p_theta || q), the wrong way round: the mean is taken under q, so q comes "
            "first. Where x_i cannot come from x_0 they give 0 · ∞ = nan besides.",
            "Σ q (ln q − ln p_theta).",
        ),
        Mistake(
            "all_reversed_and_nan",
            _with(kl=_reversed_bare, prior_term=lambda q, prior, p: _reversed_bare(q, prior), average=_weighed),
            "All your KLs are the wrong way round, those of the steps and that of the prior: the mean is taken under "
            "q, so q comes first. Where x_i cannot come from x_0 they give 0 · ∞ = nan besides.",
            "Σ q (ln q − ln p_theta).",
        ),
        Mistake(
            "cross_entropy",
            _with(kl=_cross_entropy, prior_term=lambda q, prior, p: _cross_entropy(q, prior)),
            "You added up cross-entropies, −Σ q ln p_theta. A KL has Σ q ln q besides: noise that was drawn is not to "
            "be paid for.",
            "Σ q (ln q − ln p_theta), in the prior too.",
        ),
        Mistake(
            "last_omitted",
            _with(last=lambda q, first: torch.zeros_like(q[0])),
            "The last step is missing, −ln p_theta(x_0 | x_1), where the word itself is paid.",
            "Add −Σ q(x_1 | x_0) ln steps[0][x_1, x_0].",
        ),
        Mistake(
            "last_twice",
            _with(range_of=lambda T: range(1, T + 1)),
            "You paid the last step twice: as a KL, which at s = 0 is −ln p_theta(x_0 | x_1) already, and once more at "
            "the end.",
            "Begin the loop at i = 2, or leave out the last term.",
        ),
        Mistake(
            "last_transposed",
            _with(last=lambda q, first: -torch.xlogy(q, first).sum(-1)),
            "In the last step you read steps[0][x_0, x_1]. Row = x_1, from which the step begins: it is "
            "steps[0][x_1, x_0].",
            "torch.xlogy(Qbar[1], steps[0].T).",
        ),
        Mistake(
            "steps_transposed",
            _with(turned=True),
            "You read all steps by columns. Row = x_i, from which the step begins, and each row is a law of x_{i−1}.",
            "steps[i - 1][x_i] for the KL, steps[0][x_1, x_0] in the last step.",
        ),
        Mistake(
            "last_at_T",
            _with(last_at=lambda T: T - 1),
            "In the last step you read steps[T − 1], the first step back from the noise. The one to x_0 is steps[0].",
            "−Σ q(x_1 | x_0) ln steps[0][x_1, x_0].",
        ),
        Mistake(
            "step_before",
            _with(step_at=lambda i, T: i - 2),
            "You hold the posterior of step i against steps[i − 2], the model's step from x_{i−1}. That from x_i is "
            "steps[i − 1].",
            "kl(back, steps[i - 1]).",
        ),
        Mistake(
            "steps_from_T_down",
            _with(step_at=lambda i, T: T - i, last_at=lambda T: T - 1),
            "You took steps[T − i] for step i. steps[0] is the step into x_0, although the sum is written from T down.",
            "steps[i - 1] for step i, and steps[0] in the last term.",
        ),
        Mistake(
            "kls_from_T_down",
            _with(step_at=lambda i, T: T - i),
            "You took steps[T − i] for step i in the KLs. steps[0] is the step into x_0, although the sum is written "
            "from T down. Your last term reads the right one.",
            "kl(back, steps[i - 1]).",
        ),
        Mistake(
            "first_step_back_lost",
            _with(range_of=lambda T: range(2, T)),
            "Your loop ends at T − 1: the step back from x_T is missing.",
            "range(2, T + 1), since range leaves out its end.",
        ),
        Mistake(
            "loop_one_too_early",
            _with(range_of=lambda T: range(1, T)),
            "Your loop runs over i = 1 … T − 1. So the step back from x_T is missing, and that to x_0 is paid twice, "
            "as a KL and once more at the end.",
            "range(2, T + 1).",
        ),
        Mistake(
            "row_of_x0",
            _with(kl=lambda q, p: _kl(q, p[:, None])),
            "You read steps[i − 1][x_0]. The step begins at x_i, so its law is row x_i.",
            "Your posteriors are [x_0, x_i, x_{i−1}]: kl(back, steps[i - 1]) sets x_i beside x_i, and "
            "steps[i - 1][:, None] sets x_0 there.",
        ),
        Mistake(
            "under_the_time_before",
            _with(weight=lambda Qbar, i, p, Qs: Qbar[i - 1]),
            "You weigh the KLs of step i with q(x_{i−1} | x_0). The mean is over x_i, where the step begins: "
            "q_bar(Qs, i).",
            "Weigh with Qbar[i][x_0, x_i].",
        ),
        Mistake(
            "under_the_time_before_in_the_last_too",
            _with(
                weight=lambda Qbar, i, p, Qs: Qbar[i - 1],
                last=lambda q, first: -torch.xlogy(torch.eye(len(q), dtype=q.dtype), first.T).sum(-1),
            ),
            "You weigh every step with the law of x_{i−1}, the last with x_1 = x_0. The mean is over x_i, where the "
            "step begins: q_bar(Qs, i).",
            "Weigh with Qbar[i][x_0, x_i], and the last step with Qbar[1].",
        ),
        Mistake(
            "under_one_step",
            _with(weight=lambda Qbar, i, p, Qs: Qs[i - 1]),
            "You weigh the KLs of step i with Q_i, as if x_0 stood just before it. x_i came of x_0 in i steps: the "
            "weight is row x_0 of Qbar_i.",
            "Weigh with Qbar[i][x_0, x_i].",
        ),
        Mistake(
            "under_all_words",
            _with(weight=lambda Qbar, i, p, Qs: (p @ Qbar[i]).expand_as(Qbar[i])),
            "You weigh the KLs with the law of x_i over all words. The posterior is that of one x_0, and x_i came of "
            "it: the weight is q(x_i | x_0).",
            "Weigh with Qbar[i][x_0, x_i] for each x_0, and average over p after that.",
        ),
        Mistake(
            "not_averaged_over_x_i",
            _with(weight=lambda Qbar, i, p, Qs: torch.ones_like(Qbar[i])),
            "You added the KLs of all x_i without weights. Each counts as often as x_i comes, q(x_i | x_0).",
            "Multiply by Qbar[i] before the sum over x_i.",
        ),
        Mistake(
            "marginal_for_posterior",
            _with(back_of=lambda Qs, Qbar, i: Qbar[i - 1][:, None].expand(-1, len(Qs[0]), -1)),
            "You hold q(x_{i−1} | x_0) against the model's step. The model knows x_i, and so must q: the posterior "
            "q(x_{i−1} | x_i, x_0).",
            "back = posterior(x_i, x_0, Qs[i - 1], Qbar[i - 1], Qbar[i]).",
        ),
        Mistake(
            "forward_for_posterior",
            _with(back_of=lambda Qs, Qbar, i: Qs[i - 1].expand(len(Qs[0]), -1, -1)),
            "You hold Q_i, a step forward, against the model's step back.",
            "back = posterior(x_i, x_0, Qs[i - 1], Qbar[i - 1], Qbar[i]).",
        ),
        Mistake(
            "one_step_matrices",
            _one_step_matrices,
            "You use Q_i where Qbar_i belongs, as if x_0 stood just before each step.",
            "Qbar = [q_bar(Qs, i) for i in range(T + 1)], and Qs[i - 1] only as Q_ts.",
        ),
        Mistake(
            "mean_of_steps",
            _with(of_all=lambda T: 1 / T),
            "You divided the steps by T, as a loss does that looks at one random step. The bound is their sum.",
            "Add the terms of the steps, without dividing.",
        ),
        Mistake(
            "mean_of_kls",
            _with(share=lambda T: 1 / max(T - 1, 1)),
            "You took the mean of the KLs over the T − 1 steps. The bound is their sum.",
            "Add the KLs, without dividing.",
        ),
        Mistake(
            "all_divided_by_T",
            lambda p, steps, Qs, prior: chain_bound(p, steps, Qs, prior) / len(Qs),
            "You divided the whole bound by T. Its terms are added up: it is what a word costs, not a step.",
            "Leave the sum as it is.",
        ),
        Mistake(
            "not_averaged_over_p",
            _with(average=lambda p, nats: nats.sum()),
            "You added up the words without their frequencies. It is a mean under p.",
            "Multiply by p before the sum.",
        ),
        Mistake(
            "plain_mean",
            _with(average=lambda p, nats: nats.mean()),
            "You took the plain mean over the words, as if all were equally frequent. It is a mean under p.",
            "(p * nats).sum().",
        ),
        Mistake(
            "nan_at_zero",
            _with(
                kl=_nan_at_zero,
                prior_term=lambda q, prior, p: _nan_at_zero(q, prior),
                last=lambda q, first: -(q * first.T.log()).sum(-1),
            ),
            "Where the chain has zeros you get nan: the computer finds 0 · ln 0 = 0 · (−∞). What never happens costs "
            "nothing.",
            "Let the term be 0 where q is 0, with torch.xlogy or torch.where.",
        ),
        Mistake(
            "nan_in_the_last_step",
            _with(last=lambda q, first: -(q * first.T.log()).sum(-1)),
            "Where the chain and the model have a zero in the last step you get nan: 0 · ln 0 = 0 · (−∞) for the "
            "computer. What never happens costs nothing. Your KLs are right.",
            "torch.xlogy(Qbar[1], steps[0].T) is 0 where Qbar[1] is.",
        ),
        Mistake(
            "axes_exchanged",
            _with(back_of=lambda Qs, Qbar, i: _right_back(Qs, Qbar, i).transpose(0, 1)),
            "x_0 and x_i have exchanged their axes in your posteriors: they are [x_i, x_0, x_{i−1}], and weight and "
            "model are read with x_i on the second axis.",
            "torch.meshgrid(words, words, indexing='ij') gives x_0 along the rows; or x_0 = words[:, None] and "
            "x_i = words[None], expanded to [K, K].",
        ),
        Mistake(
            "clamped",
            _with(
                kl=_clamped,
                prior_term=lambda q, prior, p: _clamped(q, prior),
                last=lambda q, first: -torch.xlogy(q, first.T.clamp(min=1e-12)).sum(-1),
            ),
            "Your bound is finite where the model rules out what happens. Who is certain that a word will not come, "
            "and sees it come, pays infinitely much.",
            "Leave the model's laws as they are; only where q is 0 care is needed, and torch.xlogy takes it.",
        ),
        Mistake(
            "sign_of_all",
            _negative,
            "You returned the bound with the sign turned, a lower bound of ln p(x_0). Here the nats are asked for that "
            "the model pays, which are positive.",
            "Turn the sign of the whole.",
        ),
        Mistake(
            "bits",
            _bits,
            "Your figure is in bits. Nats use the natural logarithm.",
            "Use log, and do not divide by ln 2.",
        ),
    ),
    equivalents=(
        _last_step_as_a_kl,
        _word_by_word,
        _by_entropies,
        _with(kl=_kl_of_ratios, prior_term=lambda q, prior, p: _kl_of_ratios(q, prior)),
        _in_float32,
        _over_all_walks,
    ),
)
