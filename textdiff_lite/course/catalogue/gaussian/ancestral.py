"""Ancestral sampling: from noise to data, a posterior step at a time."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.gaussian.posterior import posterior
from textdiff_lite.course.catalogue.gaussian.q_sample import q_sample
from textdiff_lite.course.catalogue.gaussian.spies import Spy, covariance, exactly, mean, together, variance
from textdiff_lite.course.exercise import Case, Estimate, Exercise, Mistake, Seen


@torch.no_grad()
def ancestral(net: Callable, x_T: Tensor, grid: tuple[Tensor, Tensor], generator: torch.Generator) -> Tensor:
    """Walk from x_T, drawn at times[-1], down to times[0] = 0; the state x_0 that is reached, [B, L, D].

    grid = (times, a), the tables of `simple_loss`: times [T + 1] rises from 0 to 1, a[i] is what survives to times[i].
    Step i: guess x_0 by net(x_t, t) with t [B, 1], then draw x_s from the posterior at that guess, s = times[i - 1].
    Source: Ho et al. 2020 (2006.11239), algorithm 2, for a network that answers x_0.
    """
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        x0_hat = net(x, times[i].expand(len(x), 1))
        mean, var = posterior(x, x0_hat, a[i - 1], a[i])
        x = mean + var.sqrt() * _normal(x, generator)
    return x


def _normal(x: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(x.shape, generator=generator, dtype=x.dtype)


def _told(times: Tensor, i: int, x: Tensor) -> Tensor:
    return times[i].expand(len(x), 1)


def _no_noise_at_the_end(net, x_T, grid, generator):
    times, a = grid
    x = x_T.clone()
    for s, t in reversed(list(zip(range(len(a) - 1), range(1, len(a)), strict=True))):
        mean, var = posterior(x, net(x, times[t].reshape(1, 1)), a[s], a[t])
        x = torch.normal(mean, var.sqrt().expand_as(mean), generator=generator) if s else mean
    return x


def _down_the_lists(net, x_T, grid, generator):
    """In the form of Song et al. 2021, eq. 12: the noise is found again, and part of it drawn anew."""
    times, a = (table.flip(0) for table in grid)
    x = x_T
    for t, a_t, a_s in zip(times[:-1], a[:-1], a[1:], strict=True):
        x0_hat = net(x, t * torch.ones(len(x), 1, dtype=x.dtype))
        eps = (x - a_t.sqrt() * x0_hat) / (1 - a_t).sqrt()
        var = (1 - a_t / a_s) * (1 - a_s) / (1 - a_t)
        x = a_s.sqrt() * x0_hat + (1 - a_s - var).clamp(min=0).sqrt() * eps + var.sqrt() * _normal(x, generator)
    return x


def _noise_ahead(net, x_T, grid, generator):
    times, a = grid
    z = torch.randn(len(times), *x_T.shape, generator=generator, dtype=x_T.dtype)
    x, i = x_T, len(times) - 1
    while i > 0:
        mean, var = posterior(x, net(x, _told(times, i, x)), a[i - 1], a[i])
        x, i = mean + z[i] * var**0.5, i - 1
    return x


def _last_noise(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        mean, var = posterior(x, net(x, _told(times, i, x)), a[i - 1], a[i])
        var = var if i > 1 else 1 - a[1] / a[0]
        x = mean + var.sqrt() * _normal(x, generator)
    return x


def _var_for_std(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        mean, var = posterior(x, net(x, _told(times, i, x)), a[i - 1], a[i])
        x = mean + var * _normal(x, generator)
    return x


def _guess_as_state(net, x_T, grid, generator):
    times, _ = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        x = net(x, _told(times, i, x))
    return x


def _told_s(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        mean, var = posterior(x, net(x, _told(times, i - 1, x)), a[i - 1], a[i])
        x = mean + var.sqrt() * _normal(x, generator)
    return x


def _exchanged(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        mean, var = posterior(x, net(x, _told(times, i, x)), a[i], a[i - 1])
        x = mean + var.sqrt() * _normal(x, generator)
    return x


def _upwards(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(1, len(times)):
        mean, var = posterior(x, net(x, _told(times, i, x)), a[i - 1], a[i])
        x = mean + var.sqrt() * _normal(x, generator)
    return x


def _without_noise(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        x, _ = posterior(x, net(x, _told(times, i, x)), a[i - 1], a[i])
    return x


def _stops_early(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 1, -1):
        mean, var = posterior(x, net(x, _told(times, i, x)), a[i - 1], a[i])
        x = mean + var.sqrt() * _normal(x, generator)
    return x


def _same_noise(net, x_T, grid, generator):
    times, a = grid
    x, z = x_T, _normal(x_T, generator)
    for i in range(len(times) - 1, 0, -1):
        mean, var = posterior(x, net(x, _told(times, i, x)), a[i - 1], a[i])
        x = mean + var.sqrt() * z
    return x


def _noised_afresh(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        x = q_sample(net(x, _told(times, i, x)), a[i - 1], _normal(x, generator))
    return x


def _from_x_T(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        mean, var = posterior(x_T, net(x, _told(times, i, x)), a[i - 1], a[i])
        x = mean + var.sqrt() * _normal(x, generator)
    return x


def _starts_afresh(net, x_T, grid, generator):
    return ancestral(net, _normal(x_T, generator), grid, generator)


MEAN, VAR = 1.5, 0.25  # of the data that the spy has learnt
ELSEWHERE = "whether the walk begins elsewhere than in x_T (1 is yes)"


def _exact(times: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """E[x_0 | x_t] = offset + gain x_t for data N(MEAN, VAR), at each of the times."""
    gain = VAR * a.sqrt() / (VAR * a + 1 - a)
    return MEAN * (1 - gain * a.sqrt()), gain


def _spy(times: Tensor, a: Tensor) -> Spy:
    offset, gain = _exact(times, a)

    def answer(x_t: Tensor, t: Tensor) -> Tensor:
        i = (t.double() - times).abs().argmin(1)
        return offset[i][:, None, None] + gain[i][:, None, None] * x_t

    return Spy(answer)


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, shape: tuple[int, int, int], times: list[float], a: list[float]) -> Case:
        # the seed first: else x_T is what torch.randn_like(x_T) draws in a check, where global numbers start afresh
        seed = int(torch.randint(10**6, (), generator=generator))
        x_T = torch.randn(shape, generator=generator, dtype=torch.float64)
        grid = torch.tensor(times, dtype=torch.float64), torch.tensor(a, dtype=torch.float64)

        def arguments() -> tuple:
            copy = tuple(table.clone() for table in grid)
            return _spy(*grid), x_T.clone(), copy, torch.Generator().manual_seed(seed)

        return Case(says, arguments)

    fine = [i / 40 for i in range(41)], [1 - (i / 40) ** 2 for i in range(41)]
    return [
        case("one step, x_T [2, 1, 2]", (2, 1, 2), [0.0, 1.0], [1.0, 0.1]),
        case("four steps, x_T [8000, 1, 2]", (8000, 1, 2), [0.0, 0.25, 0.5, 0.75, 1.0], [1.0, 0.8, 0.5, 0.2, 0.0]),
        case("three uneven steps, x_T [4000, 2, 3]", (4000, 2, 3), [0.0, 0.1, 0.7, 1.0], [1.0, 0.9, 0.25, 0.02]),
        # small variances and a survival of nearly 0 and nearly 1, which a clamp would change
        case("40 steps, x_T [4000, 1, 2]", (4000, 1, 2), *fine),
    ]


def _observe(result: Tensor, arguments: tuple) -> Seen:
    net, x_T, _, _ = arguments
    x = result.detach().double()
    told = [float(t.unique()[0]) if len(t.unique()) == 1 else float("nan") for _, t in net.calls]
    seen: Seen = {"the times that the network is told": torch.tensor(told, dtype=torch.float64)}
    if not net.calls:
        return seen
    states = [state for state, _ in net.calls]
    # yes or no, so that every start of one's own is the same mistake
    seen[ELSEWHERE] = ((states[0] - x_T).abs().max() > 1e-6).double()
    if len(x_T) > 30:
        middle = [mean(state.flatten()) for state in states]
        spread = [variance(state) for state in states]
        seen["the mean of the state at each call"] = Estimate(*map(torch.stack, zip(*middle, strict=True)))
        seen["the variance of the state at each call"] = Estimate(*map(torch.stack, zip(*spread, strict=True)))
        seen["the mean of the result, at each place"] = mean(x, 0)
        seen["the variance of the result"] = variance(x)
        pairs = [covariance(late.flatten(), early.flatten()) for early, late in pairwise([*states, x])]
        seen["how each state goes together with the next"] = Estimate(*map(torch.stack, zip(*pairs, strict=True)))
        seen |= together(x, "the result")
    seen["the result, less the network's last guess"] = (x - net.answer(*net.calls[-1])).abs().max()
    return {says: _without_error_if_nan(figure) for says, figure in seen.items()}


def _without_error_if_nan(figure: Tensor | Estimate) -> Tensor | Estimate:
    """The figure, comparable: what is no number is nan for certain, so that two walks into nan are the same."""
    if not isinstance(figure, Estimate):
        return figure
    fine = figure.value.isfinite() & figure.error.isfinite()
    nan, zero = torch.full_like(figure.value, float("nan")), torch.zeros_like(figure.error)
    return Estimate(torch.where(fine, figure.value, nan), torch.where(fine, figure.error, zero))


def _truth(net: Spy, x_T: Tensor, grid: tuple[Tensor, Tensor], generator: torch.Generator) -> Seen:
    """The law of every state is a normal: its mean and variance follow from step to step."""
    del net, generator
    times, a = grid
    offset, gain = _exact(times, a)
    T = len(times) - 1
    centre, spread, linked = [exactly(0.0)], [exactly(1.0)], []
    for i in range(T, 0, -1):
        alpha = a[i] / a[i - 1]
        of_x0 = a[i - 1].sqrt() * (1 - alpha) / (1 - a[i])
        of_x_t = alpha.sqrt() * (1 - a[i - 1]) / (1 - a[i])
        centre.append(of_x0 * (offset[i] + gain[i] * centre[-1]) + of_x_t * centre[-1])
        linked.append((of_x0 * gain[i] + of_x_t) * spread[-1])
        spread.append((of_x0 * gain[i] + of_x_t) ** 2 * spread[-1] + (1 - alpha) * (1 - a[i - 1]) / (1 - a[i]))
    seen: Seen = {
        "the times that the network is told": times[1:].flip(0),
        ELSEWHERE: exactly(0.0),
    }
    if len(x_T) > 30:
        seen["the mean of the state at each call"] = torch.stack(centre[:-1])
        seen["the variance of the state at each call"] = torch.stack(spread[:-1])
        seen["the mean of the result, at each place"] = centre[-1].expand(x_T.shape[1:])
        seen["the variance of the result"] = spread[-1]
        seen["how each state goes together with the next"] = torch.stack(linked)
        seen |= dict.fromkeys(together(x_T, "the result"), exactly(0.0))
    seen["the result, less the network's last guess"] = exactly(0.0)
    return seen


def _walked(answer, steps: int) -> tuple[Spy, Tensor]:
    """The network that was asked and the states that were reached, on an even grid."""
    generator = torch.Generator().manual_seed(0)
    times = torch.arange(steps + 1, dtype=torch.float64) / steps
    a = 1 - times**2
    net = _spy(times, a)
    return net, answer(net, torch.randn(8000, 1, 1, generator=generator, dtype=torch.float64), (times, a), generator)


def _begins_in_x_T(answer) -> str | None:
    times = torch.tensor([0.0, 1.0], dtype=torch.float64)
    x_T, a = torch.tensor([[[1.5]]], dtype=torch.float64), 1 - 0.9 * times
    net = _spy(times, a)
    answer(net, x_T, (times, a), torch.Generator().manual_seed(0))
    first = net.calls[0][0]
    if torch.allclose(first, x_T):
        return None
    return (
        f"The walk was handed x_T = 1.5, and your network was shown {float(first.flatten()[0]):.3g} first. "
        "Start from x_T: it is the noise already."
    )


def _downwards(answer) -> str | None:
    net, _ = _walked(answer, 4)
    told = [float(t[0]) for _, t in net.calls]
    if told == [1.0, 0.75, 0.5, 0.25]:
        return None
    shown = ", ".join(f"{t:g}" for t in told)
    return (
        f"On the times 0, 0.25, 0.5, 0.75, 1 your network was told {shown}. The walk begins at 1, and the network is "
        "told where the state is now: 1, 0.75, 0.5, 0.25."
    )


def _ends_in_the_guess(answer) -> str | None:
    net, x = _walked(answer, 4)
    gap = float((x - net.answer(*net.calls[-1])).abs().max())
    if gap < 1e-5:
        return None
    if gap != gap:
        return (
            "Your result is nan, not a number. The posterior has no law where a_s = 0 or a_t = 1: it wants a_s = "
            "a[i - 1] first, then a_t = a[i]."
        )
    return (
        f"Your result is up to {gap:.3g} away from the network's last guess. At a_s = 1 the posterior has no variance: "
        "the last step ends in the guess itself."
    )


def _keeps_the_spread(answer) -> str | None:
    _, x = _walked(answer, 40)
    spread, wanted = float(x.std()), 0.47
    if abs(spread - wanted) < 0.03 * wanted:
        return None
    return (
        "The check's network knows data that are one bell of standard deviation 0.5. After 40 steps your states have "
        f"{spread:.3g}; it should be about {wanted}."
    )


def _keeps_a_graph(answer) -> str | None:
    weight = torch.tensor(0.5, requires_grad=True)
    grid = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([1.0, 0.5, 0.1])
    x = answer(lambda x_t, t: weight * x_t, torch.ones(2, 1, 1), grid, torch.Generator().manual_seed(0))
    if not x.requires_grad:
        return None
    return "it keeps what a gradient would need of every step. Put @torch.no_grad() back over the function."


def _global_noise(answer) -> str | None:
    grid = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([1.0, 0.5, 0.1])
    results = []
    for seed in (0, 1):
        torch.manual_seed(seed)  # the caller keeps the global state apart
        results.append(answer(lambda x, t: 0.5 * x, torch.ones(2, 1, 1), grid, torch.Generator().manual_seed(0)))
    if not torch.equal(*results):
        return "its noise does not come from `generator`, so the same call gives another result next time."
    torch.manual_seed(0)
    other = answer(lambda x, t: 0.5 * x, torch.ones(2, 1, 1), grid, torch.Generator().manual_seed(1))
    if torch.allclose(results[0], other):
        return "its noise does not come from `generator`: two generators of different seeds give the same result."
    return None


EXERCISE = Exercise(
    key="gaussian.ancestral",
    minutes=15,
    difficulty=2,
    idea="Restore by many small steps: guess x_0, go a little towards it, add the noise that belongs there.",
    established="From pure noise your loop draws states with the law that the network has learnt.",
    reference=ancestral,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(_begins_in_x_T, _downwards, _ends_in_the_guess, _keeps_the_spread),
    remarks=(_keeps_a_graph, _global_noise),
    needs=("gaussian.posterior", "gaussian.simple_loss"),
    hints=(
        "Count i down from T to 1. The state lives at times[i]; the step leads to times[i - 1].",
        "Three lines a step: the guess, the posterior's mean and variance at a_s = a[i - 1], a_t = a[i], the draw "
        "mean + √var · noise.",
        "for i in range(len(times) - 1, 0, -1): x0_hat = net(x, times[i].expand(len(x), 1)), then "
        "mean, var = posterior(x, x0_hat, a[i - 1], a[i]).",
    ),
    mistakes=(
        Mistake(
            "noise_on_the_last_step",
            _last_noise,
            "Noise is added after the last step too. At a_s = 1 the posterior has variance 0: x_0 is clean.",
            "Use the posterior's variance at every step; at the last one it is 0 by itself.",
        ),
        Mistake(
            "variance_for_std",
            _var_for_std,
            "The noise is scaled by the variance. A draw from N(m, v) is m + √v · noise.",
            "Take the square root of the variance.",
        ),
        Mistake(
            "guess_as_state",
            _guess_as_state,
            "Every step ends in the guess of x_0, which belongs to time 0. Either the guess itself is taken as the "
            "next state, or the posterior is asked for a_s = a[0] = 1, where it is the guess. It leads to a[i - 1].",
            "Draw x from posterior(x, x0_hat, a[i - 1], a[i]), with the guess as x0.",
        ),
        Mistake(
            "told_s",
            _told_s,
            "The network is told s, where the step leads. It has to know where the state is now: t.",
            "Pass times[i], not times[i - 1], to the network.",
        ),
        Mistake(
            "survivals_exchanged",
            _exchanged,
            "The posterior is given a_t where it wants a_s, and a_s where it wants a_t, and divides by 1 − 1 = 0.",
            "Call posterior(x, x0_hat, a[i - 1], a[i]): first where the step leads, then where the state is.",
        ),
        Mistake(
            "upwards",
            _upwards,
            "The loop runs from the first time to the last. x_T is noise and lives at the last time: begin there.",
            "Count down: range(len(times) - 1, 0, -1).",
        ),
        Mistake(
            "without_noise",
            _without_noise,
            "Each step takes the posterior's mean and adds no noise. The states shrink together: a mean of a mean.",
            "Add √var times fresh standard normal noise.",
        ),
        Mistake(
            "stops_early",
            _stops_early,
            "The step from times[1] to times[0] is left out, so some noise stays.",
            "The last i of the loop is 1: range(len(times) - 1, 0, -1).",
        ),
        Mistake(
            "same_noise",
            _same_noise,
            "One draw of noise serves all steps. The steps are no longer independent, and the noise adds up.",
            "Draw the noise inside the loop.",
        ),
        Mistake(
            "noised_afresh",
            _noised_afresh,
            "Each step noises the guess again, by q(x_s | x_0), and forgets x_t. The posterior keeps what x_t knows.",
            "Draw from posterior(x, x0_hat, a[i - 1], a[i]).",
        ),
        Mistake(
            "starts_afresh",
            _starts_afresh,
            "The walk begins in noise of its own, and x_T is not used. Whoever hands over x_T wants to start there.",
            "Start from x_T: x = x_T before the loop.",
        ),
        Mistake(
            "posterior_of_x_T",
            _from_x_T,
            "Every step starts from x_T again. The posterior wants the state that the last step has reached.",
            "Pass x, and write the draw back into x.",
        ),
    ),
    equivalents=(_no_noise_at_the_end, _down_the_lists, _noise_ahead),
)
