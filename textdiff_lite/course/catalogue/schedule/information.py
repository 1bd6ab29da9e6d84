"""Exercise: how much a noisy word still tells of the clean one."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def information(p: Tensor, Q: Tensor) -> Tensor:
    """I(x_t; x_0) = H(x_t) − H(x_t | x_0), nats, one number.

    p [V]: how often each word occurs. Q [V, K]: row v is the law of x_t, of K states, where x_0 is the word v.
    With p = (½, ½) and Q = [[1, 0], [½, ½]]: x_t is the first word with probability ¾, so that H(x_t) = 0.562;
    H(x_t | x_0) = ½ · 0 + ½ · 0.693; the difference is 0.216 nats.
    """

    def entropy(law: Tensor) -> Tensor:
        return -torch.xlogy(law, law).sum(-1)  # 0 ln 0 is 0

    return entropy(p @ Q) - p @ entropy(Q)


def _entropy(law: Tensor) -> Tensor:
    return torch.special.entr(law).sum(-1)


def _by_enumeration(p: Tensor, Q: Tensor) -> float:
    """The mean of ln q(x_t | x_0) / q(x_t), pair by pair."""
    rows, weights = Q.tolist(), p.tolist()
    V, K = len(rows), len(rows[0])
    alone = [sum(weights[v] * rows[v][w] for v in range(V)) for w in range(K)]
    told = 0.0
    for v in range(V):
        for w in range(K):
            if weights[v] * rows[v][w] > 0:
                told += weights[v] * rows[v][w] * math.log(rows[v][w] / alone[w])
    return told


def _as_kl(p: Tensor, Q: Tensor) -> Tensor:
    ratio = torch.where(Q > 0, Q / (p @ Q).clamp(min=1e-300), 1.0)
    return (p[:, None] * Q * ratio.log()).sum()


def _by_the_joint(p: Tensor, Q: Tensor) -> Tensor:
    joint = p[:, None] * Q
    return _entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint.flatten())


def _from_the_other_side(p: Tensor, Q: Tensor) -> Tensor:
    joint = p[:, None] * Q
    seen = joint.sum(0)
    posterior = (joint / seen.clamp(min=1e-300)).T
    return _entropy(p) - (seen * _entropy(posterior)).sum()


def _in_float32(p: Tensor, Q: Tensor) -> Tensor:
    p, Q = p.float(), Q.float()
    rest = -(Q * Q.clamp(min=1e-30).log()).sum(1)
    out = torch.einsum("k,kv->v", p, Q)
    return -(out * out.clamp(min=1e-30).log()).sum() - torch.dot(p, rest)


def _of_x_t(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(p @ Q)


def _given_x_0(p: Tensor, Q: Tensor) -> Tensor:
    return p @ _entropy(Q)


def _reversed(p: Tensor, Q: Tensor) -> Tensor:
    return -information(p, Q)


def _rows_alike(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(p @ Q) - _entropy(Q).mean()


def _rows_summed(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(p @ Q) - _entropy(Q).sum()


def _mean_of_rows(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(Q.mean(0)) - p @ _entropy(Q)


def _no_weights(p: Tensor, Q: Tensor) -> Tensor:
    del p
    return _entropy(Q.mean(0)) - _entropy(Q).mean()


def _nan_at_zero(p: Tensor, Q: Tensor) -> Tensor:
    def entropy(law: Tensor) -> Tensor:
        return -(law * law.log()).sum(-1)

    return entropy(p @ Q) - p @ entropy(Q)


def _bits(p: Tensor, Q: Tensor) -> Tensor:
    return information(p, Q) / math.log(2)


def _from_h_of_x_0(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(p) - p @ _entropy(Q)


def _difference_of_entropies(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(p @ Q) - _entropy(p)


def _of_the_pair(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy((p[:, None] * Q).flatten())


def _lost(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(p) - information(p, Q)


def _share(p: Tensor, Q: Tensor) -> Tensor:
    return information(p, Q) / _entropy(p)


def _columns(p: Tensor, Q: Tensor) -> Tensor:
    return _entropy(Q @ p) - p @ _entropy(Q.T)


def _reversed_kl(p: Tensor, Q: Tensor) -> Tensor:
    out = (p @ Q).expand(Q.shape)
    return (p[:, None] * (torch.xlogy(out, out) - torch.xlogy(out, Q))).sum()


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, p: Tensor, Q: Tensor) -> Case:
        p = p / p.sum()
        return Case(says, lambda: (p.clone(), Q.clone()))

    def some(*shape: int) -> Tensor:
        weights = torch.rand(shape, generator=generator, dtype=torch.float64) ** 2 + 0.02
        return weights / weights.sum(-1, keepdim=True)

    def number(*values) -> Tensor:
        return torch.tensor(values, dtype=torch.float64)

    often = number(8, 4, 1, 0)
    hidden = torch.cat([0.3 * torch.eye(4, dtype=torch.float64), torch.full((4, 1), 0.7, dtype=torch.float64)], 1)
    return [
        case("two words, Q [2, 2]", number(1, 3), number([0.9, 0.1], [0.4, 0.6])),
        case("three words, Q [3, 5]", some(3), some(3, 5)),
        case("three words, Q [3, 3]", number(5, 2, 1), some(3, 3)),
        case("three words, all rows alike", number(5, 2, 1), some(1, 4).expand(3, 4)),
        case("three words that all survive", number(5, 2, 1), torch.eye(3, dtype=torch.float64)),
        case("four words, one that never occurs, 0.3 survive the mask", often, hidden),
    ]


def _clean_tells_all(answer: Callable) -> str | None:
    p = torch.tensor([0.75, 0.25], dtype=torch.float64)
    got = float(answer(p, torch.eye(2, dtype=torch.float64)))
    if abs(got - 0.5623351446) < 1e-4:
        return None
    return (
        "Where x_t is x_0 itself, it tells all there is: of two words with ¾ and ¼ that is their entropy, 0.5623 nats. "
        f"Yours says {got:.4g}."
    )


def _noise_tells_nothing(answer: Callable) -> str | None:
    p = torch.tensor([0.75, 0.25], dtype=torch.float64)
    got = float(answer(p, torch.tensor([[0.3, 0.7], [0.3, 0.7]], dtype=torch.float64)))
    if abs(got) < 1e-5:
        return None
    return f"Where both words lead to the same law of x_t, x_t tells nothing of the word: 0 nats. Yours says {got:.4g}."


def _the_mask_tells_its_share(answer: Callable) -> str | None:
    p = torch.tensor([0.75, 0.25], dtype=torch.float64)
    Q = torch.tensor([[0.4, 0, 0.6], [0, 0.4, 0.6]], dtype=torch.float64)
    got = float(answer(p, Q))
    if abs(got - 0.4 * 0.5623351446) < 1e-4:
        return None
    return (
        "Two words with ¾ and ¼, of which the mask leaves 40 %: x_t tells 40 % of their entropy, 0.4 · 0.5623 = 0.2249 "
        f"nats. Yours says {got:.4g}."
    )


def _rows_have_weights(answer: Callable) -> str | None:
    p, Q = torch.tensor([0.9, 0.1]).double(), torch.tensor([[1, 0], [0.5, 0.5]]).double()
    got = float(answer(p, Q))
    if abs(got - (0.1985152433 - 0.1 * math.log(2))) < 1e-4:
        return None
    return (
        "A word of 90 % that stays, and one of 10 % that becomes either: H(x_t) = 0.1985, H(x_t | x_0) = 0.1 · ln 2 = "
        f"0.0693, their difference 0.1292. Yours says {got:.4g}."
    )


EXERCISE = Exercise(
    key="schedule.information",
    minutes=10,
    difficulty=2,
    idea="What can still be guessed has a measure: the entropy of what is seen, less the noise that is in it.",
    established="Your figure is the nats that a noisy word tells of the clean one, zeros included.",
    reference=information,
    cases=_cases,
    truth=_by_enumeration,
    laws=(_clean_tells_all, _noise_tells_nothing, _the_mask_tells_its_share, _rows_have_weights),
    needs=("before.price_of_independence",),
    hints=(
        "Two entropies: of x_t by itself, and of x_t where the clean word is known.",
        "The law of x_t is the sum of the rows of Q, each weighed by p: p @ Q. Given the word v it is row v.",
        "H(x_t | x_0) = p @ (the entropy of each row). −torch.xlogy(q, q).sum(-1) is an entropy, 0 at q = 0 included.",
    ),
    mistakes=(
        Mistake(
            "entropy_of_x_t",
            _of_x_t,
            "You gave H(x_t) alone. Pure noise has a high entropy too, and tells nothing: take off the part that is "
            "noise, H(x_t | x_0).",
            "Subtract p @ (the entropy of each row).",
        ),
        Mistake(
            "given_x_0",
            _given_x_0,
            "You gave H(x_t | x_0), the noise that is in x_t. Information is what is left of H(x_t) without it.",
            "Subtract it from the entropy of p @ Q.",
        ),
        Mistake(
            "reversed",
            _reversed,
            "You subtracted the wrong way round: H(x_t | x_0) − H(x_t). Knowing x_0 never makes x_t less certain on "
            "average, so the information is not negative.",
            "H(x_t) comes first.",
        ),
        Mistake(
            "rows_alike",
            _rows_alike,
            "Your H(x_t | x_0) counts all words alike. A word that occurs often counts more: weigh the entropies of "
            "the rows by p.",
            "p @ (the entropy of each row), not their mean.",
        ),
        Mistake(
            "rows_summed",
            _rows_summed,
            "Your H(x_t | x_0) is the sum over the rows without weights. It is their mean by p.",
            "p @ (the entropy of each row).",
        ),
        Mistake(
            "mean_of_rows",
            _mean_of_rows,
            "Your law of x_t is the mean of the rows, as if all words were equally frequent. Weigh them by p.",
            "The law of x_t is p @ Q.",
        ),
        Mistake(
            "no_weights",
            _no_weights,
            "You did not use p: all words count alike in yours, in both entropies.",
            "Weigh the rows by p, both for the law of x_t and for H(x_t | x_0).",
        ),
        Mistake(
            "nan_at_zero",
            _nan_at_zero,
            "Where a probability is 0 you get nan: the computer finds 0 · ln 0 = 0 · (−∞). What never comes adds "
            "nothing.",
            "Use torch.xlogy(q, q), which is 0 at q = 0.",
        ),
        Mistake(
            "bits",
            _bits,
            "Your figure is in bits: it was made with the logarithm to base 2. Nats use the natural logarithm.",
            "Use log, and do not divide by ln 2.",
        ),
        Mistake(
            "from_the_entropy_of_x_0",
            _from_h_of_x_0,
            "You took H(x_t | x_0) off H(x_0). The two belong to different variables: it is H(x_t) − H(x_t | x_0), or "
            "H(x_0) − H(x_0 | x_t).",
            "The first entropy is that of p @ Q.",
        ),
        Mistake(
            "difference_of_entropies",
            _difference_of_entropies,
            "You gave H(x_t) − H(x_0), by how much the entropy has grown. A noisy word may have as much entropy as a "
            "clean one and tell nothing of it.",
            "Subtract H(x_t | x_0), the entropy of the rows weighed by p.",
        ),
        Mistake(
            "of_the_pair",
            _of_the_pair,
            "You gave the entropy of the pair, H(x_0, x_t). The information is H(x_0) + H(x_t) minus it.",
            "H(x_t) − H(x_t | x_0).",
        ),
        Mistake(
            "what_is_lost",
            _lost,
            "You gave what is lost, H(x_0 | x_t): what a reader of x_t does not know. Asked for is what x_t tells.",
            "Take it from H(x_0), or take H(x_t) − H(x_t | x_0).",
        ),
        Mistake(
            "share",
            _share,
            "You divided by H(x_0): yours is the share of the word that x_t tells. Asked for are nats.",
            "Leave out the division.",
        ),
        Mistake(
            "columns",
            _columns,
            "Your Q lies on its side: row v is the law of x_t where x_0 is v, and you took its columns. Where Q is "
            "square nothing is raised.",
            "p @ Q, and entropies along the last axis.",
        ),
        Mistake(
            "reversed_kl",
            _reversed_kl,
            "You took the KL from the mean law to each row. It goes from each row to the mean law: the row is what "
            "x_t is drawn from.",
            "Σ p(v) Q[v, w] ln(Q[v, w] / (p @ Q)[w]), or the two entropies.",
        ),
    ),
    equivalents=(_by_enumeration, _as_kl, _by_the_joint, _from_the_other_side, _in_float32),
)
