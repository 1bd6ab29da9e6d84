"""The same step back for the uniform kernel, by its survival alone, without a matrix."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.catalogue.kernels.chains import largest_tensor, shown, uniform
from textdiff_lite.course.exercise import Case, Exercise, Mistake


def uniform_posterior(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    """q(x_s | x_t, x_0) for every x_s, [B, L, K], where a destroyed word is drawn anew from all K words.

    x_t, x0 ids [B, L]; a_s > 0 and a_t <= a_s are what survives to s and to t, each a tensor of one number. The new
    word may be the old one. With K = 4, a_s = 0.6, a_t = 0.3, x_t = 1 and x_0 = 2 it is [.071, .357, .5, .071].
    Source: Austin et al. 2021 (2107.03006), eq. 3, with Q = alpha I + (1 - alpha) / K.
    """
    alpha = a_t / a_s
    likelihood = alpha * F.one_hot(x_t, K) + (1 - alpha) / K
    prior = a_s * F.one_hot(x0, K) + (1 - a_s) / K
    return likelihood * prior / (likelihood * prior).sum(-1, keepdim=True)


def _by_matrices(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    """A truth by counting: of all ways from x_0 over some x_s, those that end in x_t."""
    Qbar_s, Q_ts = uniform(1 - float(a_s), K).tolist(), uniform(1 - float(a_t / a_s), K).tolist()
    laws = []
    for start, end in zip(x0.flatten().tolist(), x_t.flatten().tolist(), strict=True):
        ways = [Qbar_s[start][x_s] * Q_ts[x_s][end] for x_s in range(K)]
        laws.append([way / sum(ways) for way in ways])
    return torch.tensor(laws, dtype=torch.float64).view(*x_t.shape, K)


def _by_the_evidence(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    """Multiplied out: four terms over q(x_t | x_0)."""
    alpha = a_t / a_s
    end, start = F.one_hot(x_t, K), F.one_hot(x0, K)
    evidence = a_t * (x_t == x0) + (1 - a_t) / K
    joint = a_t * start * end + alpha * (1 - a_s) / K * end + (1 - alpha) * a_s / K * start
    return (joint + (1 - alpha) * (1 - a_s) / K**2) / evidence[..., None]


def _by_kinds_of_word(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    """Four kinds of x_s: both, like x_t, like x_0, another."""
    words = torch.arange(K)
    as_t, as_0 = words == x_t[..., None], words == x0[..., None]
    alpha, new_s = a_t / a_s, (1 - a_s) / K
    new_t = (1 - alpha) / K
    law = torch.where(as_t, alpha + new_t, new_t) * torch.where(as_0, a_s + new_s, new_s)
    return F.normalize(law, p=1, dim=-1)


def _by_scattering(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    to_s, to_t = float(a_s), float(a_t)
    likelihood = torch.full((*x_t.shape, K), 1 - to_t / to_s, dtype=torch.float64)
    prior = torch.full((*x_t.shape, K), 1 - to_s, dtype=torch.float64)
    likelihood.scatter_add_(-1, x_t[..., None], torch.full((*x_t.shape, 1), K * to_t / to_s).double())
    prior.scatter_add_(-1, x0[..., None], torch.full((*x_t.shape, 1), K * to_s).double())
    return (likelihood.log() + prior.log()).softmax(-1)


def _in_float32(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    return uniform_posterior(x_t, x0, a_s.float(), a_t.float(), K)


Factor = Callable[[Tensor, Tensor, int], Tensor]


def _law_after(is_it: Tensor, survives: Tensor, K: int) -> Tensor:
    """Row of a uniform kernel: is_it [..., K] is one-hot."""
    return survives * is_it + (1 - survives) / K


def _with(
    alpha: Callable = lambda a_s, a_t: a_t / a_s,
    of_x0: Callable = lambda a_s, a_t: a_s,
    likelihood: Factor = _law_after,
    prior: Factor = _law_after,
    along: int | None = -1,
) -> Callable:
    """The reference with something changed."""

    def answer(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
        joint = likelihood(F.one_hot(x_t, K), alpha(a_s, a_t), K) * prior(F.one_hot(x0, K), of_x0(a_s, a_t), K)
        return joint if along is None else joint / joint.sum(along, keepdim=True)

    return answer


def _whole(is_it: Tensor, survives: Tensor, K: int) -> Tensor:
    return survives * is_it + (1 - survives)


def _stays_by_survival_alone(is_it: Tensor, survives: Tensor, K: int) -> Tensor:
    return torch.where(is_it > 0, survives, (1 - survives) / K)


def _over_the_others(is_it: Tensor, survives: Tensor, K: int) -> Tensor:
    return torch.where(is_it > 0, survives, (1 - survives) / (K - 1))


def _share_twice(is_it: Tensor, survives: Tensor, K: int) -> Tensor:
    return (survives + (1 - survives) / K) * is_it + (1 - survives) / K


def _one(is_it: Tensor, survives: Tensor, K: int) -> Tensor:
    return torch.ones_like(is_it)


def _swapped(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    return uniform_posterior(x0, x_t, a_s, a_t, K)


def _as_if_masked(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    return ((a_s - a_t) * F.one_hot(x0, K) + (1 - a_s) * F.one_hot(x_t, K)) / (1 - a_t)


def _two_words_only(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    law = uniform_posterior(x_t, x0, a_s, a_t, K)
    kept = law * (F.one_hot(x_t, K) + F.one_hot(x0, K) > 0)
    return kept / kept.sum(-1, keepdim=True)


def _fixed_denominator(share: Callable) -> Callable:
    """The product over one number for all pairs, as if x_t and x_0 were always alike, or never."""

    def answer(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
        joint = _law_after(F.one_hot(x_t, K), a_t / a_s, K) * _law_after(F.one_hot(x0, K), a_s, K)
        return joint / share(a_t, K)

    return answer


def _without_K(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor, K: int) -> Tensor:
    alpha = a_t / a_s
    law = (alpha * F.one_hot(x_t) + (1 - alpha) / K) * (a_s * F.one_hot(x0) + (1 - a_s) / K)
    return law / law.sum(-1, keepdim=True)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(a_s: float, a_t: float, K: int, x_t: Tensor, x0: Tensor) -> Case:
        says = f"K = {K}, a_s = {a_s:g}, a_t = {a_t:g}, ids of shape {list(x_t.shape)}"
        s, t = torch.tensor(a_s, dtype=torch.float64), torch.tensor(a_t, dtype=torch.float64)
        return Case(says, lambda: (x_t.clone(), x0.clone(), s.clone(), t.clone(), K))

    def pairs(K: int) -> tuple[Tensor, Tensor]:
        every = torch.arange(K).expand(K, K)
        return every, every.T.contiguous()

    def ids(*shape: int) -> Tensor:
        return torch.randint(5, shape, generator=generator)

    return [
        case(0.6, 0.3, 4, torch.tensor([[1]]), torch.tensor([[2]])),
        case(0.6, 0.3, 4, torch.tensor([[2, 0]]), torch.tensor([[2, 3]])),
        case(0.8, 0.25, 3, *pairs(3)),
        case(0.97, 0.9, 7, ids(3, 2), ids(3, 2)),
        case(1.0, 0.4, 3, *pairs(3)),
        case(0.35, 0.0, 5, *pairs(5)),
        case(0.5, 0.5, 2, *pairs(2)),
    ]


def _asked(answer: Callable, x_t: int, x0: int, a_s: float, a_t: float, K: int) -> Tensor:
    """The law at one place."""
    survival = torch.tensor([a_s, a_t], dtype=torch.float64)
    return answer(torch.tensor([[x_t]]), torch.tensor([[x0]]), survival[0], survival[1], K)[0, 0].double()


def _sums_to_one(answer: Callable) -> str | None:
    for x_t in (1, 2):
        got = _asked(answer, x_t, 2, 0.6, 0.3, 4)
        if not abs(float(got.sum()) - 1) < 1e-4:
            return (
                f"With K = 4, a_s = 0.6, a_t = 0.3, x_t = {x_t} and x_0 = 2 your law of x_s is {shown(got)}, which "
                f"sums to {float(got.sum()):.3g}. Some word x_s was: it must sum to one, over the last axis."
            )
    return None


def _certain_at_s_0(answer: Callable) -> str | None:
    got = _asked(answer, 1, 2, 1.0, 0.4, 3)
    if torch.allclose(got, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64), atol=1e-4):
        return None
    return (
        "At a_s = 1 nothing has been destroyed by s, so x_s is x_0: with K = 3, x_t = 1 and x_0 = 2 the law should be "
        f"[0, 0, 1]. Yours is {shown(got)}."
    )


def _no_step(answer: Callable) -> str | None:
    got = _asked(answer, 1, 2, 0.5, 0.5, 3)
    if torch.allclose(got, torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64), atol=1e-4):
        return None
    return (
        "At a_t = a_s nothing is destroyed between s and t, so x_s is x_t: with K = 3, a = 0.5, x_t = 1 and x_0 = 2 "
        f"the law should be [0, 1, 0]. Yours is {shown(got)}."
    )


def _nothing_survives(answer: Callable) -> str | None:
    got = _asked(answer, 1, 2, 0.4, 0.0, 3)
    if torch.allclose(got, torch.tensor([0.2, 0.2, 0.6], dtype=torch.float64), atol=1e-4):
        return None
    return (
        "At a_t = 0 x_t was drawn anew for certain and tells nothing: with K = 3, a_s = 0.4 and x_0 = 2 the law should "
        f"be q(x_s | x_0) = [0.2, 0.2, 0.6], for 0.6 is shared by all three words. Yours, at x_t = 1, is {shown(got)}."
    )


def _by_hand(answer: Callable) -> str | None:
    got = _asked(answer, 1, 2, 0.6, 0.3, 4)
    if torch.allclose(got, torch.tensor([1.0, 5.0, 7.0, 1.0], dtype=torch.float64) / 14, atol=1e-4):
        return None
    return (
        "With K = 4, a_s = 0.6, a_t = 0.3 a word survives the step with 0.3 / 0.6 = 0.5. For x_t = 1 and x_0 = 2 the "
        "products are .125 · .1, .625 · .1, .125 · .7 and .125 · .1, over their sum .175: [0.0714, 0.357, 0.5, "
        f"0.0714]. Yours is {shown(got)}."
    )


def _chapman_kolmogorov(answer: Callable) -> str | None:
    weights = torch.tensor([0.7 / 3, 0.7 / 3, 0.3 + 0.7 / 3], dtype=torch.float64)
    right = torch.tensor([0.4 / 3, 0.4 / 3, 0.6 + 0.4 / 3], dtype=torch.float64)
    total = sum(weight * _asked(answer, x_t, 2, 0.6, 0.3, 3) for x_t, weight in enumerate(weights))
    if isinstance(total, Tensor) and torch.allclose(total, right, atol=1e-4):
        return None
    assert isinstance(total, Tensor)
    return (
        "With K = 3, a_s = 0.6, a_t = 0.3 and x_0 = 2, on average over x_t the law of x_s must be the one without "
        f"seeing it, Σ q(x_t | x_0) q(x_s | x_t, x_0) = q(x_s | x_0) = {shown(right)}. Yours, with weights "
        f"{shown(weights)}, is {shown(total)}."
    )


def _pair_by_pair(answer: Callable) -> str | None:
    x_t, x0 = torch.tensor([[1, 0], [2, 2]]), torch.tensor([[0, 0], [1, 2]])
    survival = torch.tensor([0.6, 0.3], dtype=torch.float64)
    got = answer(x_t, x0, survival[0], survival[1], 4).double()
    for b in range(2):
        for place in range(2):
            alone = _asked(answer, int(x_t[b, place]), int(x0[b, place]), 0.6, 0.3, 4)
            if not torch.allclose(got[b, place], alone, atol=1e-4):
                return (
                    f"With four pairs at once your law at [{b}, {place}] is {shown(got[b, place])}, and for the same "
                    f"pair alone it is {shown(alone)}. The places of a sentence have nothing to do with each other."
                )
    return None


WORDS = 300


def _no_matrix(answer: Callable) -> str | None:
    survival = torch.tensor([0.6, 0.3], dtype=torch.float64)
    x_t, x0 = torch.tensor([[1, 2]]), torch.tensor([[2, 2]])
    if largest_tensor(lambda: answer(x_t, x0, survival[0], survival[1], WORDS)) < WORDS**2:
        return None
    return (
        "It builds a K × K matrix on its way, which with 50,000 words takes 10 GB in float32. A row of the uniform "
        "kernel is survival * one_hot + (1 - survival) / K, and a column is the same: K numbers for each place."
    )


EXERCISE = Exercise(
    key="kernels.uniform_posterior",
    minutes=12,
    difficulty=2,
    idea="A kernel that keeps or draws anew needs no matrix: two numbers say all.",
    established="Your step back is the one of Bayes, for which K numbers for each place are enough.",
    reference=uniform_posterior,
    cases=_cases,
    truth=_by_matrices,
    laws=(_sums_to_one, _certain_at_s_0, _no_step, _nothing_survives, _by_hand, _chapman_kolmogorov, _pair_by_pair),
    remarks=(_no_matrix,),
    needs=("kernels.posterior",),
    hints=(
        "A row of the uniform kernel is: survival on the word itself, and the rest shared by all K words, the word "
        "itself among them. Columns look the same.",
        "From s to t survives α = ᾱ_t / ᾱ_s. The law is ∝ (α [x_s = x_t] + (1 − α) / K) · (ᾱ_s [x_s = x_0] + "
        "(1 − ᾱ_s) / K).",
        "likelihood = alpha * F.one_hot(x_t, K) + (1 - alpha) / K, prior the same with a_s and x0; then their product, "
        "divided by its sum over dim=-1.",
    ),
    mistakes=(
        Mistake(
            "without_K",
            _with(likelihood=_whole, prior=_whole),
            "The share of a new word is 1 − α for every word; it is shared by K words, so each gets (1 − α) / K. The "
            "same holds for 1 − ᾱ_s.",
            "Divide 1 - alpha and 1 - a_s by K.",
        ),
        Mistake(
            "without_K_in_the_likelihood",
            _with(likelihood=_whole),
            "In the likelihood every word gets 1 − α. It is shared by K words, so each gets (1 − α) / K.",
            "Divide 1 - alpha by K.",
        ),
        Mistake(
            "without_K_in_the_prior",
            _with(prior=_whole),
            "In q(x_s | x_0) every word gets 1 − ᾱ_s. It is shared by K words, so each gets (1 − ᾱ_s) / K.",
            "Divide 1 - a_s by K.",
        ),
        Mistake(
            "a_t_for_a_s",
            _with(of_x0=lambda a_s, a_t: a_t),
            "x_0 survives to x_s with ᾱ_t in your answer. That is what survives to t; to s it is ᾱ_s.",
            "Put a_s with x0.",
        ),
        Mistake(
            "alpha_for_a_s",
            _with(of_x0=lambda a_s, a_t: a_t / a_s),
            "x_0 survives to x_s with α in your answer. That is the step from s to t; from 0 to s it is ᾱ_s.",
            "Put a_s with x0, and alpha with x_t only.",
        ),
        Mistake(
            "step_from_the_start",
            _with(alpha=lambda a_s, a_t: a_t),
            "x_s survives to x_t with ᾱ_t in your answer. That is what survives from 0 to t; from s to t it is "
            "α = ᾱ_t / ᾱ_s.",
            "alpha = a_t / a_s.",
        ),
        Mistake(
            "a_s_for_alpha",
            _with(alpha=lambda a_s, a_t: a_s),
            "x_s survives to x_t with ᾱ_s in your answer. That is what survives from 0 to s; from s to t it is "
            "α = ᾱ_t / ᾱ_s.",
            "alpha = a_t / a_s.",
        ),
        Mistake(
            "difference_for_ratio",
            _with(alpha=lambda a_s, a_t: 1 - (a_s - a_t)),
            "Your step destroys ᾱ_s − ᾱ_t. Survivals multiply, ᾱ_t = ᾱ_s α, so it is a ratio: α = ᾱ_t / ᾱ_s.",
            "alpha = a_t / a_s.",
        ),
        Mistake(
            "new_word_never_the_old_one",
            _with(likelihood=_stays_by_survival_alone, prior=_stays_by_survival_alone),
            "A word stays with α alone in your answer. The new word is drawn from all K, so it may be the old one: it "
            "stays with α + (1 − α) / K, and your rows do not sum to one.",
            "Add (1 - alpha) / K for the word itself too: alpha * one_hot + (1 - alpha) / K.",
        ),
        Mistake(
            "over_the_other_words",
            _with(likelihood=_over_the_others, prior=_over_the_others),
            "Your new word is drawn from the K − 1 others. Here it is drawn from all K, the old one among them.",
            "alpha * one_hot + (1 - alpha) / K.",
        ),
        Mistake(
            "share_twice",
            _with(likelihood=_share_twice, prior=_share_twice),
            "The word itself gets its share of the draw twice: α + (1 − α) / K is already the whole probability to "
            "stay, and you add (1 − α) / K to every word once more.",
            "alpha * one_hot + (1 - alpha) / K.",
        ),
        Mistake(
            "not_normalised",
            _with(along=None),
            "You returned the product as it is. It sums to q(x_t | x_0), not to one.",
            "Divide by its sum over dim=-1.",
        ),
        Mistake(
            "as_if_x_t_were_x0",
            _fixed_denominator(lambda a_t, K: a_t + (1 - a_t) / K),
            "You divide by ᾱ_t + (1 − ᾱ_t) / K for every pair. That is q(x_t | x_0) where x_t = x_0; for any other "
            "pair it is (1 − ᾱ_t) / K.",
            "Divide by a_t * (x_t == x0)[..., None] + (1 - a_t) / K, or by the sum over dim=-1.",
        ),
        Mistake(
            "as_if_x_t_were_another",
            _fixed_denominator(lambda a_t, K: (1 - a_t) / K),
            "You divide by (1 − ᾱ_t) / K for every pair. That is q(x_t | x_0) where x_t is another word than x_0; "
            "where they are the same it is ᾱ_t + (1 − ᾱ_t) / K.",
            "Divide by a_t * (x_t == x0)[..., None] + (1 - a_t) / K, or by the sum over dim=-1.",
        ),
        Mistake(
            "over_places",
            _with(along=1),
            "You divided by the sum over the places of a sentence. Each place has its own law, over the last axis.",
            "Sum over dim=-1.",
        ),
        Mistake(
            "swapped",
            _swapped,
            "x_t and x_0 are exchanged: α belongs to x_t, ᾱ_s to x_0.",
            "alpha * F.one_hot(x_t, K), and a_s * F.one_hot(x0, K).",
        ),
        Mistake(
            "without_x_t",
            _with(likelihood=_one),
            "This is q(x_s | x_0), which does not look at x_t.",
            "Multiply by alpha * F.one_hot(x_t, K) + (1 - alpha) / K, and divide by the sum.",
        ),
        Mistake(
            "without_x0",
            _with(prior=_one),
            "Your law looks at x_t alone, as if all x_s were equally likely before. From x_0 they are not.",
            "Multiply by a_s * F.one_hot(x0, K) + (1 - a_s) / K before you divide.",
        ),
        Mistake(
            "as_if_masked",
            _as_if_masked,
            "This is the step back of the mask kernel: x_s is x_0 or still x_t. Here x_s may also be a third word, "
            "drawn anew before s and destroyed again after.",
            "Multiply the two factors, each with a share for every word.",
        ),
        Mistake(
            "two_words_only",
            _two_words_only,
            "Your law knows x_t and x_0 only. x_s may also be a third word, drawn anew before s and destroyed again "
            "after.",
            "Leave the shares (1 − α) / K and (1 − ᾱ_s) / K with every word.",
        ),
        Mistake(
            "one_hot_without_K",
            _without_K,
            "F.one_hot without its second argument counts the words up to the largest id that it sees; there are K.",
            "F.one_hot(x_t, K), and F.one_hot(x0, K).",
        ),
    ),
    equivalents=(_by_the_evidence, _by_kinds_of_word, _by_scattering, _in_float32),
)
