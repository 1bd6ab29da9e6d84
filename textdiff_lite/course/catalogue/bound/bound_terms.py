"""The three terms of the bound of a T-step chain, with all random numbers handed over."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

Terms = tuple[Tensor, Tensor, Tensor]
Grid = tuple[Tensor, Tensor]


def bound_terms(x0: Tensor, net: Callable, last: Callable, grid: Grid, eps: Tensor) -> Terms:
    """Prior, diffusion and last term of the bound, nats for each sentence, three [B]."""
    times, a = grid
    T = len(a) - 1

    def state_and_belief(i: int) -> tuple[Tensor, Tensor]:
        x_t = a[i].sqrt() * x0 + (1 - a[i]).sqrt() * eps[i]
        return x_t, net(x_t, times[i].expand(len(x0), 1))

    prior = 0.5 * (a[T] * x0.square() - a[T] - (1 - a[T]).log()).sum((1, 2))
    diffusion = torch.zeros_like(prior)
    for i in range(2, T + 1):
        _, x0_hat = state_and_belief(i)
        weight = 0.5 * (a[i - 1] / (1 - a[i - 1]) - a[i] / (1 - a[i]))
        diffusion = diffusion + weight * (x0 - x0_hat).square().sum((1, 2))
    return prior, diffusion, last(*state_and_belief(1))


def _kl(m_1: Tensor, v_1: Tensor, m_2: Tensor, v_2: Tensor) -> Tensor:
    """KL of two normals of independent coordinates, summed over all of them, [B]."""
    return 0.5 * (v_1 / v_2 + (m_1 - m_2).square() / v_2 - 1 + (v_2 / v_1).log()).flatten(1).sum(1)


def _by_bayes(x0: Tensor, net: Callable, last: Callable, grid: Grid, eps: Tensor) -> Terms:
    """The same from the posteriors, each as a product of the two bells q(x_t | x_s) and q(x_s | x_0)."""
    times, a = grid
    T = len(a) - 1
    one = torch.ones_like(x0)
    diffusion = torch.zeros_like(x0[:, 0, 0])

    def belief(i: int) -> tuple[Tensor, Tensor]:
        x_t = a[i].sqrt() * x0 + (1 - a[i]).sqrt() * eps[i]
        return x_t, net(x_t, times[i].reshape(1, 1).repeat(len(x0), 1))

    for i in range(T, 1, -1):
        keep, rest = a[i] / a[i - 1], 1 - a[i - 1]
        x_t, x0_hat = belief(i)
        precision = keep / (1 - keep) + 1 / rest
        of_x_t = keep.sqrt() / (1 - keep) * x_t
        means = [(of_x_t + a[i - 1].sqrt() / rest * point) / precision for point in (x0, x0_hat)]
        diffusion += _kl(means[0], one / precision, means[1], one / precision)
    prior = _kl(a[T].sqrt() * x0, (1 - a[T]) * one, 0 * one, one)
    return prior, diffusion, last(*belief(1))


def _guess(x_t: Tensor, t: Tensor) -> Tensor:
    """Some network: bent, different at every time, its guesses up to ±5. It insists on a time for each row."""
    if torch.as_tensor(t).shape != (len(x_t), 1):
        raise ValueError(f"the net takes t of shape {[len(x_t), 1]} here; it got {list(torch.as_tensor(t).shape)}")
    return 5 * torch.tanh(x_t + 2 * t[..., None] - 0.7)


def _last(x_t: Tensor, x0_hat: Tensor) -> Tensor:
    """Some last term: positive, and it looks at both."""
    return (1 + x_t.square().sum((1, 2)) + (x0_hat - 0.3).square().sum((1, 2))).log()


def _cases(generator: torch.Generator) -> list[Case]:
    # all but the last end before the signal is gone, as real chains do, so that the prior term is no zero; T = 2 would
    # leave nothing to add to who stops at T − 1
    tables = [
        ([1.0, 0.8, 0.5, 0.25], (1, 1, 1)),
        ([1.0, 0.9, 0.6, 0.2], (3, 2, 1)),
        ([1.0, 0.97, 0.85, 0.5, 0.1], (3, 3, 3)),
        ([1.0, 0.95, 0.7, 0.55, 0.2, 0.0], (2, 1, 4)),
        # an SNR of ten thousand, which no clamp and no small number below the bar may touch
        ([1.0, 0.9999, 0.4, 0.15], (2, 2, 3)),
    ]
    found = []
    for values, shape in tables:
        a = torch.tensor(values, dtype=torch.float64)
        times = torch.arange(len(values), dtype=torch.float64) / (len(values) - 1)
        x0 = torch.randn(shape, generator=generator, dtype=torch.float64)
        eps = torch.randn(len(values), *shape, generator=generator, dtype=torch.float64)

        def arguments(x0: Tensor = x0, times: Tensor = times, a: Tensor = a, eps: Tensor = eps) -> tuple:
            return x0.clone(), _guess, _last, (times.clone(), a.clone()), eps.clone()

        found.append(Case(f"x0 of shape {list(shape)}, a = {values} (T = {len(values) - 1})", arguments))
    return found


def _terms(result: Any, arguments: tuple) -> Seen:
    del arguments
    names = ("the prior term", "the diffusion term", "the last term")
    return {name: torch.as_tensor(part).detach().double() for name, part in zip(names, result, strict=True)}


def _tiny(answer: Callable, net: Callable) -> Terms:
    times = torch.arange(4, dtype=torch.float64) / 3
    a = torch.tensor([1.0, 0.8, 0.5, 0.2], dtype=torch.float64)
    x0 = torch.tensor([[[2.0, 1.0]]], dtype=torch.float64)
    return answer(x0, net, _last, (times, a), a.new_ones(4, 1, 1, 2))


def _asks_at_the_grid(answer: Callable) -> str | None:
    told: list[float] = []

    def spy(x_t: Tensor, t: Tensor) -> Tensor:
        told.extend(round(x, 4) for x in torch.as_tensor(t).flatten().tolist())
        return torch.zeros_like(x_t)

    _tiny(answer, spy)
    if sorted(told) == [0.3333, 0.6667, 1.0]:
        return None
    shown = ", ".join(f"{t:.3g}" for t in told)
    return f"With T = 3 the network should be asked once at each of t = 1/3, 2/3 and 1; you asked it at t = {shown}."


def _telescopes(answer: Callable) -> str | None:
    got = float(_tiny(answer, lambda x_t, t: torch.zeros_like(x_t))[1])
    if abs(got - 9.375) < 1e-5:
        return None
    return (
        "With a = [1, 0.8, 0.5, 0.2], x0 = (2, 1) and a network that always answers 0, the squared error is 5 at every "
        "step and the weights ½(SNR(s) − SNR(t)) add up to ½(4 − 0.25): the diffusion term should be 9.375; "
        f"yours is {got:.4g}."
    )


def _prior_by_hand(answer: Callable) -> str | None:
    got = float(_tiny(answer, lambda x_t, t: torch.zeros_like(x_t))[0])
    right = 0.5 * (0.2 * 5 - 2 * 0.2) - float(torch.tensor(0.8, dtype=torch.float64).log())
    if abs(got - right) < 1e-5:
        return None
    return (
        "With x0 = (2, 1) and ᾱ = 0.2 at the end, the prior term is the KL between N(√0.2 · x0, 0.8) and N(0, 1), "
        f"summed over both coordinates: {right:.4f} nats; yours is {got:.4f}."
    )


def _with(
    half: float = 0.5,
    steps: Callable[[int], range] = lambda T: range(2, T + 1),
    told: int = 0,
    last_at: Callable[[int], int] = lambda T: 1,
    mean: bool = False,
    prior_mean: bool = False,
    per_step: bool = False,
    weighted: bool = True,
    prior: str = "right",
) -> Callable:
    """The reference with one thing changed."""

    def answer(x0: Tensor, net: Callable, last: Callable, grid: Grid, eps: Tensor) -> Terms:
        times, a = grid
        T = len(a) - 1

        def state_and_belief(i: int) -> tuple[Tensor, Tensor]:
            x_t = a[i].sqrt() * x0 + (1 - a[i]).sqrt() * eps[i]
            return x_t, net(x_t, times[i - told].expand(len(x0), 1))

        left, kept = 1 - a[T], a[T] * x0.square()
        first = (
            0.5
            * {
                "right": kept - a[T] - left.log(),
                "reversed": (1 + kept) / left - 1 + left.log(),
                "omitted": 0 * kept,
                "mean_only": kept,
            }[prior]
        )
        sums = []
        for i in steps(T):
            _, x0_hat = state_and_belief(i)
            weight = half * (a[i - 1] / (1 - a[i - 1]) - a[i] / (1 - a[i])) if weighted else 1.0
            error = (x0 - x0_hat).square()
            sums.append(weight * (error.mean((1, 2)) if mean else error.sum((1, 2))))
        stacked = torch.stack(sums) if sums else torch.zeros(1, len(x0), dtype=x0.dtype)
        diffusion = stacked.mean(0) if per_step else stacked.sum(0)
        return first.mean((1, 2)) if prior_mean else first.sum((1, 2)), diffusion, last(*state_and_belief(last_at(T)))

    return answer


def _all_steps_at_once(x0: Tensor, net: Callable, last: Callable, grid: Grid, eps: Tensor) -> Terms:
    """All steps in one call of the network, and the posterior means in place of SNR."""
    times, a = grid
    T, B = len(a) - 1, len(x0)
    level = a[1:, None, None, None]
    x = level.sqrt() * x0 + (1 - level).sqrt() * eps[1:]
    x0_hat = net(x.flatten(0, 1), times[1:].repeat_interleave(B)[:, None]).view_as(x)
    a_s, a_t = a[1:-1], a[2:]
    into_mean = a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t)
    var = (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)
    diffusion = torch.einsum("i,ibld->b", into_mean.square() / (2 * var), (x0_hat[1:] - x0).square())
    prior = torch.distributions.kl_divergence(
        torch.distributions.Normal(a[T].sqrt() * x0, (1 - a[T]).sqrt()), torch.distributions.Normal(0.0, 1.0)
    ).sum((1, 2))
    return prior, diffusion, last(x[0], x0_hat[0])


def _row_by_row(x0: Tensor, net: Callable, last: Callable, grid: Grid, eps: Tensor) -> Terms:
    """One row after the other, the steps downwards."""
    times, a = grid
    rows = []
    for b in range(len(x0)):
        one, noise = x0[b : b + 1].double(), eps[:, b : b + 1].double()
        T = len(a) - 1
        diffusion = torch.zeros(1, dtype=torch.float64)
        end = torch.zeros(1, dtype=torch.float64)
        for i in reversed(range(1, T + 1)):
            x_t = a[i].sqrt() * one + (1 - a[i]).sqrt() * noise[i]
            x0_hat = net(x_t, times[i].reshape(1, 1))
            if i > 1:
                snr_s, snr_t = a[i - 1] / (1 - a[i - 1]), a[i] / (1 - a[i])
                diffusion += (snr_s - snr_t) / 2 * (one - x0_hat).pow(2).sum()
            else:
                end = last(x_t, x0_hat)
        prior = ((a[T] * one**2 + (1 - a[T]) - 1 - torch.log1p(-a[T])) / 2).sum((1, 2))
        rows.append((prior, diffusion, end))
    prior, diffusion, end = (torch.cat(parts) for parts in zip(*rows, strict=True))
    return prior, diffusion, end


EXERCISE = Exercise(
    key="bound.bound_terms",
    minutes=20,
    difficulty=3,
    idea="Each step costs ½(SNR(s) − SNR(t)) times the squared error; the first and the last are different.",
    established="Your three terms are those of the bound: their sum is in nats and may stand beside the entropy.",
    reference=bound_terms,
    cases=_cases,
    truth=_by_bayes,
    observe=_terms,
    laws=(_asks_at_the_grid, _prior_by_hand, _telescopes),
    hints=(
        "Three pieces. The prior needs `a[T]` and `x0` and no network. The diffusion term is a loop over i = 2 … T. "
        "The last term is one call of `last` with the state and the belief of step 1.",
        "Prior: ½(ᾱ x0² − ᾱ − ln(1 − ᾱ)) at i = T, summed over places and coordinates. A step: "
        "½(SNR(a[i−1]) − SNR(a[i])) times the sum over both of (x0 − x0_hat)², where SNR(a) = a / (1 − a).",
        "In the loop: `x_t = a[i].sqrt() * x0 + (1 - a[i]).sqrt() * eps[i]`, `t = times[i].expand(len(x0), 1)`, "
        "`diffusion = diffusion + 0.5 * (snr(a[i - 1]) - snr(a[i])) * (x0 - net(x_t, t)).square().sum((1, 2))`.",
    ),
    mistakes=(
        Mistake(
            "half_lost",
            _with(half=1.0),
            "The ½ of the KL is lost: your diffusion term is twice what it should be.",
            "The KL of two normals of one variance is the squared distance of their means over *twice* the variance.",
        ),
        Mistake(
            "mean_of_steps",
            _with(per_step=True),
            "You averaged over the steps. The bound is a sum over them; who looks at one random step must multiply by "
            "their number.",
            "Sum the KLs of i = 2 … T, without dividing.",
        ),
        Mistake(
            "mean_of_coordinates",
            _with(mean=True, prior_mean=True),
            "You averaged over places and coordinates. Nats of independent coordinates add up: it is a sum over both.",
            "Use .sum((1, 2)), in the prior too.",
        ),
        Mistake(
            "mean_of_errors",
            _with(mean=True),
            "Your diffusion term averages the squared error over places and coordinates. Nats of independent "
            "coordinates add up: it is a sum over both.",
            "Use .sum((1, 2)) for the squared error.",
        ),
        Mistake(
            "last_as_kl",
            _with(steps=lambda T: range(1, T + 1)),
            "You counted step 1 as a KL too. Its posterior is a point, without variance, so its weight SNR(0) is "
            "infinite; that step is what `last` is for.",
            "Begin the loop at i = 2.",
        ),
        Mistake(
            "prior_omitted",
            _with(prior="omitted"),
            "The prior term is 0 in your answer. Where ᾱ is not 0 at the end, something of x0 is left in x_T, and the "
            "prior N(0, I) does not know it.",
            "Compute the KL between N(√ᾱ x0, 1 − ᾱ) and N(0, 1) at ᾱ = a[T].",
        ),
        Mistake(
            "prior_reversed",
            _with(prior="reversed"),
            "Your prior term is KL(p || q), the wrong way round: the mean is taken under q, so q comes first.",
            "KL(N(m, var) || N(0, 1)) = ½(var + m² − 1 − ln var).",
        ),
        Mistake(
            "prior_mean_only",
            _with(prior="mean_only"),
            "Your prior term has the mean's part ½ ᾱ x0² alone: the two bells have different variances here, 1 − ᾱ "
            "and 1.",
            "KL(N(m, var) || N(0, 1)) = ½(var + m² − 1 − ln var), with var = 1 − ᾱ.",
        ),
        Mistake(
            "unweighted",
            _with(weighted=False),
            "Your diffusion term is a bare squared error, the simple loss. To be nats, each step must be weighed by "
            "½(SNR(s) − SNR(t)).",
            "Multiply the squared error of step i by ½(SNR(a[i − 1]) − SNR(a[i])).",
        ),
        Mistake(
            "first_step_lost",
            _with(steps=lambda T: range(2, T)),
            "Your loop ends at T − 1: the step from x_T to the state before it is missing.",
            "range(2, T + 1), since range leaves out its end.",
        ),
        Mistake(
            "told_s",
            _with(told=1),
            "You told the network times[i − 1], where the step leads. It looks at x_t, so it must be told t.",
            "Hand times[i] to the network at step i, also at step 1.",
        ),
        Mistake(
            "weight_sign",
            _with(half=-0.5),
            "Your weights are ½(SNR(t) − SNR(s)), so your diffusion term is negative. SNR falls as noise comes in: the "
            "earlier s has the larger one, and a KL is never negative.",
            "SNR(a[i − 1]) comes first: ½(SNR(a[i − 1]) − SNR(a[i])).",
        ),
        Mistake(
            "last_at_T",
            _with(last_at=lambda T: T),
            "Your last term got the state and the belief of step T, which the loop left in its variables. It is asked "
            "at x_1, where the walk back ends.",
            "After the loop, make x_t and x0_hat once more for i = 1, and hand those to `last`.",
        ),
    ),
    equivalents=(_all_steps_at_once, _row_by_row),
    needs=("bound.elbo_two_state", "gaussian.q_sample", "gaussian.posterior"),
)
