"""The bound for one latent of two states, where every number is exact."""

from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def elbo_two_state(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    """The mean under q of ln p(x, z) - ln q(z), nats, a scalar."""
    joint = p_z * p_x_given_z
    return (q * (joint.log() - q.log())).sum()


def _by_the_gap(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    """The evidence ln p(x) less KL(q || p(z | x)), the latter by Bayes."""
    p_x = float(p_z @ p_x_given_z)
    gap = 0.0
    for prior, likelihood, belief in zip(p_z.tolist(), p_x_given_z.tolist(), q.tolist(), strict=True):
        posterior = prior * likelihood / p_x
        gap += belief * float(torch.tensor(belief / posterior, dtype=torch.float64).log())
    return torch.tensor(p_x, dtype=torch.float64).log() - gap


def _two(generator: torch.Generator) -> Tensor:
    one = 0.05 + 0.9 * torch.rand((), generator=generator, dtype=torch.float64)
    return torch.stack([1 - one, one])


def _cases(generator: torch.Generator) -> list[Case]:
    def case(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Case:
        names = ("p_z", "p_x_given_z", "q")
        told = (f"{n} = {[round(x, 3) for x in v.tolist()]}" for n, v in zip(names, (p_z, p_x_given_z, q), strict=True))
        return Case(", ".join(told), lambda: (p_z.clone(), p_x_given_z.clone(), q.clone()))

    fixed = [torch.tensor(v, dtype=torch.float64) for v in ([0.75, 0.25], [0.2, 0.8], [0.9, 0.1])]
    # p(x | z) need not sum to 1 over z: its two entries belong to two laws
    drawn = [
        (_two(generator), 0.05 + 0.9 * torch.rand(2, generator=generator, dtype=torch.float64), _two(generator))
        for _ in range(4)
    ]
    sure = torch.tensor([0.999, 0.001], dtype=torch.float64)
    return [case(*fixed), *(case(*values) for values in drawn), case(fixed[0], fixed[1], sure)]


_P_Z, _P_X = torch.tensor([0.75, 0.25], dtype=torch.float64), torch.tensor([0.2, 0.8], dtype=torch.float64)
_LOG_P_X, _POSTERIOR = (_P_Z @ _P_X).log(), _P_Z * _P_X / (_P_Z @ _P_X)
_WORLD = "With p_z = [0.75, 0.25] and p_x_given_z = [0.2, 0.8], p(x) is 0.35 and ln p(x) is -1.050"


def _tight_at_the_posterior(answer: Callable) -> str | None:
    got = float(answer(_P_Z.clone(), _P_X.clone(), _POSTERIOR.clone()))
    if abs(got - float(_LOG_P_X)) < 1e-5:
        return None
    return f"{_WORLD}. At q = p(z | x) = [3/7, 4/7] the bound is exact, so it should be -1.050 too; yours is {got:.3f}."


def _falls_short_by_the_kl(answer: Callable) -> str | None:
    q = torch.tensor([0.9, 0.1], dtype=torch.float64)
    short = float(_LOG_P_X) - float(answer(_P_Z.clone(), _P_X.clone(), q.clone()))
    kl = float((q * (q / _POSTERIOR).log()).sum())
    if abs(short - kl) < 1e-5:
        return None
    right = f"{_WORLD}. At q = [0.9, 0.1] the bound should fall short of it by KL(q || p(z | x)) = {kl:.3f} nats"
    if abs(short) < 1e-6:
        return f"{right}; yours equals ln p(x)."
    if short < 0:
        return f"{right}; yours lies {-short:.3f} above it, and a lower bound never does."
    return f"{right}; yours falls short by {short:.3f}."


def _log_of_mean(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (q * (p_z * p_x_given_z / q)).sum().log()


def _likelihood_for_joint(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (q * (p_x_given_z.log() - q.log())).sum()


def _entropy_sign(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (q * ((p_z * p_x_given_z).log() + q.log())).sum()


def _entropy_lost(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (q * (p_z * p_x_given_z).log()).sum()


def _expectation_under_p(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (p_z * ((p_z * p_x_given_z).log() - q.log())).sum()


def _kl_reversed(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (q * p_x_given_z.log()).sum() - (p_z * (p_z / q).log()).sum()


def _sign_of_all(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return -elbo_two_state(p_z, p_x_given_z, q)


def _mean_for_sum(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (q * ((p_z * p_x_given_z).log() - q.log())).mean()


def _plain_mean(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (p_z * p_x_given_z / q).log().mean()


def _plain_sum(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (p_z * p_x_given_z / q).log().sum()


def _likelihood_less_kl(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    return (q * p_x_given_z.log()).sum() - (q * (q / p_z).log()).sum()


def _in_a_loop(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> Tensor:
    total = torch.zeros((), dtype=torch.float64)
    for z in range(2):
        total += q[z] * torch.log(p_z[z] * p_x_given_z[z] / q[z])
    return total


def _free_energy(p_z: Tensor, p_x_given_z: Tensor, q: Tensor) -> float:
    energy = torch.einsum("z,z->", q, -(p_z.log() + p_x_given_z.log()))
    entropy = torch.distributions.Categorical(probs=q).entropy()
    return float(entropy - energy)


EXERCISE = Exercise(
    key="bound.elbo_two_state",
    minutes=10,
    difficulty=1,
    idea="The bound is a mean of logarithms, and what it lacks is a KL.",
    established="The bound is ln p(x) less KL(q || p(z | x)): exact where q is the posterior, and never above.",
    reference=elbo_two_state,
    cases=_cases,
    truth=_by_the_gap,
    laws=(_tight_at_the_posterior, _falls_short_by_the_kl),
    hints=(
        "Three factors meet under one logarithm: p(z), p(x | z) and, below them, q(z). Which law is the mean taken of?",
        "The bound is the sum over z of q(z) · [ln p(z) + ln p(x | z) − ln q(z)].",
        "`(q * ((p_z * p_x_given_z).log() - q.log())).sum()`",
    ),
    mistakes=(
        Mistake(
            "log_of_mean",
            _log_of_mean,
            "Your result is ln p(x), whatever q is. The bound is a mean of logarithms under the q that is handed over, "
            "and falls short of ln p(x) where q is not the posterior.",
            "Take the logarithm first, of p(z) p(x | z) / q(z) for each z, and the mean under q after that. Neither "
            "the logarithm of the mean nor the posterior in the place of q depends on q.",
        ),
        Mistake(
            "likelihood_for_joint",
            _likelihood_for_joint,
            "You used the likelihood p(x | z) where the joint p(x, z) = p(z) p(x | z) belongs: the prior p(z) is "
            "missing.",
            "Multiply p_x_given_z by p_z before the logarithm.",
        ),
        Mistake(
            "entropy_sign",
            _entropy_sign,
            "The sign of ln q is wrong: you added it. q stands below the fraction bar, so its logarithm is "
            "subtracted, and the entropy of q raises the bound.",
            "Write ln(p / q) as ln p − ln q.",
        ),
        Mistake(
            "entropy_lost",
            _entropy_lost,
            "The term with ln q is missing: you have the mean of ln p(x, z) alone, without the entropy of q.",
            "Subtract q.log() inside the brackets.",
        ),
        Mistake(
            "expectation_under_p",
            _expectation_under_p,
            "You took the mean under the prior p(z). The bound is a mean under q, the law from which z is drawn.",
            "Weigh the brackets by q and not by p_z.",
        ),
        Mistake(
            "kl_reversed",
            _kl_reversed,
            "Your KL is KL(p(z) || q), the wrong way round; the bound has KL(q || p(z)).",
            "Both terms are means under q: q · log(q / p_z).",
        ),
        Mistake(
            "sign_of_all",
            _sign_of_all,
            "You returned the bound with the sign turned: a number of nats above −ln p(x). Here a bound below "
            "ln p(x) is asked for.",
            "Return the mean of ln p − ln q, without a minus in front.",
        ),
        Mistake(
            "mean_for_sum",
            _mean_for_sum,
            "You divided by the number of states. The weights q already make it a mean: they add up to 1.",
            "Use .sum() after multiplying by q.",
        ),
        Mistake(
            "plain_mean",
            _plain_mean,
            "You took the plain mean of the two logarithms, as if both states were equally frequent. The mean is "
            "taken under q: the logarithm of state z counts q(z).",
            "Multiply each logarithm by its q(z), then use .sum().",
        ),
        Mistake(
            "plain_sum",
            _plain_sum,
            "You added the two logarithms without weights. The bound is their mean under q: the logarithm of state z "
            "counts q(z).",
            "Multiply each logarithm by its q(z) before the sum.",
        ),
    ),
    equivalents=(_likelihood_less_kl, _in_a_loop, _free_energy),
)
