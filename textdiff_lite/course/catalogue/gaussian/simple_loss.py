"""The loss that trains a denoiser: guess x_0 from x_t at a random time."""

from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.gaussian.q_sample import q_sample
from textdiff_lite.course.catalogue.gaussian.spies import Spy, exactly, mean, together
from textdiff_lite.course.exercise import Case, Estimate, Exercise, Mistake, Seen

FEW = 30  # rows below which a variance is not looked at


def simple_loss(net: Callable, x0: Tensor, a: Tensor, times: Tensor, generator: torch.Generator) -> Tensor:
    """Mean squared error of net(x_t, t) as a guess of x_0, at a random step for each row; one number.

    x0 [B, L, D]. times [T + 1] rises from 0 to 1, and a[i] is what survives to times[i]. For each row draw a step i,
    each of 1, …, T equally likely, and noise eps [B, L, D], from the generator. The net wants x_t [B, L, D] and
    t [B, 1]. Source: Ho et al. 2020 (2006.11239), eq. 14, for x_0 in place of the noise.
    """
    i = torch.randint(1, len(times), (len(x0),), generator=generator)
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    x_t = q_sample(x0, a[i][:, None, None], eps)
    x0_hat = net(x_t, times[i][:, None])
    return (x0_hat - x0).square().mean()


class _Learner(Spy):
    """A network with one weight, 0.7, so that a loss has a gradient."""

    def __init__(self) -> None:
        self.weight = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        super().__init__(lambda x_t, t: self.weight * x_t + t[..., None])


def _draws(x0: Tensor, a: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    i = torch.randint(1, len(a), (len(x0),), generator=generator)
    return i, torch.randn(x0.shape, generator=generator, dtype=x0.dtype)


def _error(net: Callable, x_t: Tensor, t: Tensor, target: Tensor) -> Tensor:
    return (net(x_t, t) - target).square().mean()


def _noise_first(net, x0, a, times, generator):
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    i = 1 + (torch.rand(len(x0), generator=generator) * (len(times) - 1)).long()
    survive = a.gather(0, i).reshape(-1, 1, 1)
    return torch.nn.functional.mse_loss(net(survive**0.5 * x0 + (1 - survive) ** 0.5 * eps, times[i].view(-1, 1)), x0)


def _row_by_row(net, x0, a, times, generator):
    states, told = [], []
    for row in x0:
        i = int(torch.randint(len(times) - 1, (), generator=generator)) + 1
        states.append(q_sample(row, a[i], torch.randn(row.shape, generator=generator, dtype=row.dtype)))
        told.append(times[i])
    gap = net(torch.stack(states), torch.stack(told)[:, None]) - x0
    return torch.einsum("bld,bld->", gap, gap) / x0.numel()


def _permuted(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    x_t = torch.einsum("b,bld->bld", a[i].sqrt(), x0) + torch.einsum("b,bld->bld", (1 - a[i]).sqrt(), eps)
    return (x0 - net(x_t, times[i].unsqueeze(1))).pow(2).mean((1, 2)).mean()


def _clean_input(net, x0, a, times, generator):
    i, _ = _draws(x0, a, generator)
    return _error(net, x0, times[i][:, None], x0)


def _number_of_the_step(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    return _error(net, q_sample(x0, a[i][:, None, None], eps), i[:, None].to(times), x0)


def _told_survival(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    return _error(net, q_sample(x0, a[i][:, None, None], eps), a[i][:, None], x0)


def _never_the_last(net, x0, a, times, generator):
    i = torch.randint(1, len(times) - 1, (len(x0),), generator=generator)
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return _error(net, q_sample(x0, a[i][:, None, None], eps), times[i][:, None], x0)


def _from_zero(net, x0, a, times, generator):
    i = torch.randint(0, len(times) - 1, (len(x0),), generator=generator)
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return _error(net, q_sample(x0, a[i][:, None, None], eps), times[i][:, None], x0)


def _another_draw(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    j = torch.randint(1, len(times), (len(x0),), generator=generator)
    return _error(net, q_sample(x0, a[j][:, None, None], eps), times[i][:, None], x0)


def _last_axis(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    return _error(net, q_sample(x0, a[i], eps), times[i][:, None], x0)


def _one_step_for_all(net, x0, a, times, generator):
    i = torch.randint(1, len(times), (1,), generator=generator).expand(len(x0))
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return _error(net, q_sample(x0, a[i][:, None, None], eps), times[i][:, None], x0)


def _noise_as_target(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    return _error(net, q_sample(x0, a[i][:, None, None], eps), times[i][:, None], eps)


def _one_noise(net, x0, a, times, generator):
    i, _ = _draws(x0, a, generator)
    eps = torch.randn(x0.shape[1:], generator=generator, dtype=x0.dtype).expand(x0.shape)
    return _error(net, q_sample(x0, a[i][:, None, None], eps), times[i][:, None], x0)


def _second_axis(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    return _error(net, q_sample(x0, a[i][:, None], eps), times[i][:, None], x0)


def _summed_over_coordinates(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    gap = net(q_sample(x0, a[i][:, None, None], eps), times[i][:, None]) - x0
    return gap.square().sum(-1).mean()


def _summed(net, x0, a, times, generator):
    i, eps = _draws(x0, a, generator)
    gap = net(q_sample(x0, a[i][:, None, None], eps), times[i][:, None]) - x0
    return gap.square().sum((1, 2)).mean()


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, shape: tuple[int, int, int], times: list[float], a: list[float]) -> Case:
        # the seed first: else x0 holds the noise that torch.randn draws in a check, where global numbers start afresh
        seed = int(torch.randint(10**6, (), generator=generator))
        x0 = 0.5 + 2 * torch.randn(shape, generator=generator, dtype=torch.float64)
        grid = torch.tensor(a, dtype=torch.float64), torch.tensor(times, dtype=torch.float64)

        def arguments() -> tuple:
            return _Learner(), x0.clone(), *(table.clone() for table in grid), torch.Generator().manual_seed(seed)

        return Case(says, arguments)

    return [
        case("x0 [2, 1, 3] and T = 2", (2, 1, 3), [0.0, 0.5, 1.0], [1.0, 0.8, 0.36]),
        case("x0 [2000, 2, 2] and T = 4", (2000, 2, 2), [0.0, 0.25, 0.5, 0.75, 1.0], [1.0, 0.81, 0.5, 0.2, 0.01]),
        case("x0 [1000, 3, 2] and uneven times", (1000, 3, 2), [0.0, 0.05, 0.6, 1.0], [1.0, 0.9, 0.3, 0.0]),
        case("x0 [1000, 1, 2] and hardly any noise at first", (1000, 1, 2), [0.0, 0.5, 1.0], [1.0, 0.999, 0.0]),
        case("x0 [48, 48, 48] and T = 2", (48, 48, 48), [0.0, 0.5, 1.0], [1.0, 0.7, 0.1]),
    ]


def _observe(result: Tensor, arguments: tuple) -> Seen:
    net, x0, a, times, _ = arguments
    if len(net.calls) != 1:
        return {"calls of the network": exactly(float(len(net.calls)))}
    x_t, t = net.calls[0]
    if x_t.shape != x0.shape:
        return {"the shape that the network is shown": exactly(torch.tensor(x_t.shape))}
    again = (net.answer(x_t, t) - x0).square().mean()
    (slope,) = torch.autograd.grad(again, net.weight)
    own = torch.autograd.grad(result, net.weight)[0] if result.requires_grad else torch.zeros(())
    # the nearest step to what the network was told; -1 if there is none
    gap, step = (t - times).abs().min(1)
    step = torch.where(gap < 1e-6, step, -1)
    T, n = len(times) - 1, len(x0)
    shares = torch.stack([(step == i).double().mean() for i in range(1, T + 1)])
    seen: Seen = {
        "calls of the network": exactly(1.0),
        "the share of rows that are told a time outside times[1:]": (step < 1).double().mean(),
        "the share of rows at each of the steps 1, …, T": Estimate(
            shares, torch.full_like(shares, (1 / T * (1 - 1 / T) / n) ** 0.5)
        ),
        **_noise(x_t, x0, a, step),
        # ratios, so that a factor too much is the same figure whatever was drawn
        "the loss, over the error in x_0 of what the network answered": (result.detach() / again.detach()).double(),
        "the gradient of the loss, over what it should be": (own / slope).double(),
    }
    return seen


def _noise(x_t: Tensor, x0: Tensor, a: Tensor, step: Tensor) -> Seen:
    """What was added to √a x_0, over √(1 − a), by the step that the network was told."""
    variances, covariances = [], []
    eps = torch.zeros_like(x_t)
    for i in range(1, len(a)):
        at = step == i
        eps[at] = (x_t[at] - a[i].sqrt() * x0[at]) / (1 - a[i]).sqrt()
        numbers = eps[at].flatten().square()
        few = len(numbers) < FEW
        variances.append((exactly(1.0), exactly(1e3)) if few else mean(numbers))
        covariances.append((exactly(0.0), exactly(1e3)) if few else mean((eps[at] * x0[at]).flatten()))
    value, error = (torch.stack(column) for column in zip(*variances, strict=True))
    seen: Seen = {"the mean square of the noise at each step": Estimate(value, error)}
    value, error = (torch.stack(column) for column in zip(*covariances, strict=True))
    seen["how the noise goes together with x0 at each step"] = Estimate(value, error)
    if len(eps) > FEW:
        at = slice(None), slice(0, 3), slice(0, 3)  # a few places stand for all
        seen["the mean noise of a place, over the rows"] = Estimate(
            eps[at].mean(0), torch.full_like(eps[0][at[1:]], len(eps) ** -0.5)
        )
        seen |= together(eps, "the noise")
    return seen


def _truth(net: _Learner, x0: Tensor, a: Tensor, times: Tensor, generator: torch.Generator) -> Seen:
    del net, generator
    T = len(times) - 1
    seen: Seen = {
        "calls of the network": exactly(1.0),
        "the share of rows that are told a time outside times[1:]": exactly(0.0),
        "the share of rows at each of the steps 1, …, T": torch.full((T,), 1 / T, dtype=torch.float64),
        "the mean square of the noise at each step": torch.ones(T, dtype=torch.float64),
        "how the noise goes together with x0 at each step": torch.zeros(T, dtype=torch.float64),
    }
    if len(x0) > FEW:
        seen["the mean noise of a place, over the rows"] = torch.zeros_like(x0[0, :3, :3])
        seen |= dict.fromkeys(together(x0, "the noise"), exactly(0.0))
    seen["the loss, over the error in x_0 of what the network answered"] = exactly(1.0)
    seen["the gradient of the loss, over what it should be"] = exactly(1.0)
    return seen


def _shown(answer) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """What a network was shown of 2,000 rows at T = 4: x0, a, times, x_t, t."""
    generator = torch.Generator().manual_seed(0)
    x0 = torch.randn(2000, 2, 1, generator=generator, dtype=torch.float64)
    times = torch.arange(5, dtype=torch.float64) / 4
    net, a = _Learner(), 1 - times**2
    answer(net, x0, a, times, generator)
    return x0, a, times, *net.calls[0]


def _shape_shown(answer) -> str | None:
    x0, times = torch.zeros(3, 1, 2, dtype=torch.float64), torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    net = _Learner()
    answer(net, x0, 1 - times**2, times, torch.Generator().manual_seed(0))
    shown = list(net.calls[0][0].shape)
    if len(net.calls) > 1:
        return (
            f"With x0 of shape [3, 1, 2] your network was called {len(net.calls)} times, first on a state of shape "
            f"{shown}. Call it once, on the whole batch."
        )
    if shown == [3, 1, 2]:
        return None
    return (
        f"x0 has shape [3, 1, 2], and your network was shown a state of shape {shown}. a[i] has shape [3]; against x0 "
        "it must be [3, 1, 1], one number for each row."
    )


def _mean_over_all(answer) -> str | None:
    generator = torch.Generator().manual_seed(0)
    x0 = torch.randn(5, 2, 3, generator=generator, dtype=torch.float64)
    times = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    net = _Learner()
    value = answer(net, x0, 1 - times**2, times, generator)
    factor = float(value.detach() / (net.answer(*net.calls[0]).detach() - x0).square().mean())
    summed = {2: "places", 3: "coordinates", 5: "rows", 6: "places and coordinates", 30: "all of them"}
    over = next((name for times_too_large, name in summed.items() if abs(factor / times_too_large - 1) < 1e-5), None)
    if over is None:
        return None
    return (
        f"With x0 [B, L, D] = [5, 2, 3] your loss is {factor:.0f} times too large: the squares are summed over {over}. "
        "Take the mean over rows, places and coordinates."
    )


def _noisy(answer) -> str | None:
    x0, _, _, x_t, _ = _shown(answer)
    if not torch.equal(x0, x_t):
        return None
    return "The network was shown the clean x_0: there is nothing to restore. It should see x_t."


def _every_time(answer) -> str | None:
    _, _, times, _, t = _shown(answer)
    told = t.unique()
    strange = [float(u) for u in told if (u - times[1:]).abs().min() > 1e-6]
    if strange:
        return (
            f"With times 0, 0.25, 0.5, 0.75, 1 the network was told t = {strange[0]:.3g}. It should be told one of the "
            "times 0.25 to 1: those with some noise."
        )
    missing = [float(u) for u in times[1:] if (u - told).abs().min() > 1e-6]
    if missing:
        return f"In 2000 rows at T = 4 the network was never told t = {missing[-1]:.3g}."
    return None


def _level_told(answer) -> str | None:
    x0, a, times, x_t, t = _shown(answer)
    for i in range(1, len(times)):
        at = (t - times[i]).abs()[:, 0] < 1e-6
        noise = (x_t[at] - a[i].sqrt() * x0[at]).std()
        wanted = (1 - a[i]).sqrt()
        if at.sum() > FEW and (noise / wanted - 1).abs() > 0.2:
            return (
                f"Where the network was told t = {float(times[i]):.3g}, x_t − √ᾱ x_0 has standard deviation "
                f"{float(noise):.3g}. There ᾱ = {float(a[i]):.3g}, and it should be √(1 − ᾱ) = {float(wanted):.3g}."
            )
    return None


def _global_numbers(answer) -> str | None:
    times = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64)
    a = 1 - 0.9 * times
    draws = []
    for global_seed, seed in ((0, 0), (1, 0), (0, 1)):
        torch.manual_seed(global_seed)  # the caller keeps the global state apart
        net = _Learner()
        answer(net, torch.ones(64, 1, 2, dtype=torch.float64), a, times, torch.Generator().manual_seed(seed))
        x_t, t = net.calls[0]
        a_t = a[(t - times).abs().argmin(1)][:, None, None]
        draws.append(((x_t - a_t.sqrt()) / (1 - a_t).sqrt(), t))
    (states, told), (other_states, other_told), (seeded_states, seeded_told) = draws
    if not torch.equal(told, other_told):
        return "its steps do not come from `generator`, so the same call gives another result next time."
    if not torch.allclose(states, other_states):
        return "its noise does not come from `generator`, so the same call gives another result next time."
    if torch.equal(told, seeded_told):
        return "its steps do not come from `generator`: two generators of different seeds give the same steps."
    if torch.allclose(states, seeded_states):
        return "its noise does not come from `generator`: two generators of different seeds give the same noise."
    return None


EXERCISE = Exercise(
    key="gaussian.simple_loss",
    minutes=12,
    difficulty=2,
    idea="A denoiser learns to guess x_0 at all levels of noise at once, and is told which.",
    established="Your loss shows the network every level of noise, tells it which, and asks for x_0.",
    reference=simple_loss,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(_shape_shown, _noisy, _every_time, _level_told, _mean_over_all),
    remarks=(_global_numbers,),
    needs=("gaussian.q_sample",),
    hints=(
        "Four lines: the steps i [B], the noise, x_t by q_sample, the mean squared difference of net(x_t, t) and x0.",
        "torch.randint(low, high, …) never gives high. a[i] has shape [B]; against x0 [B, L, D] it must be [B, 1, 1].",
        "i = torch.randint(1, len(times), (len(x0),), generator=generator), then "
        "x_t = q_sample(x0, a[i][:, None, None], eps), and net(x_t, times[i][:, None]).",
    ),
    mistakes=(
        Mistake(
            "clean_input",
            _clean_input,
            "The network is shown the clean x_0 and asked for x_0. It would learn to copy, and nothing else.",
            "Make x_t by q_sample, and give that to the network.",
        ),
        Mistake(
            "number_of_the_step",
            _number_of_the_step,
            "The network is told the number i of the step. It should be told the time, times[i]: that means the same "
            "for every T.",
            "Pass times[i][:, None].",
        ),
        Mistake(
            "told_survival",
            _told_survival,
            "The network is told ᾱ, what survives, in place of the time t.",
            "Pass times[i][:, None].",
        ),
        Mistake(
            "never_the_last",
            _never_the_last,
            "The step T is never drawn: torch.randint(low, high) stops before high. Sampling begins at T, where this "
            "network has never been.",
            "The upper end of randint is len(times), which is T + 1.",
        ),
        Mistake(
            "from_zero",
            _from_zero,
            "The steps run from 0 to T − 1. At step 0 nothing is destroyed, and step T is never drawn.",
            "Draw from torch.randint(1, len(times), …).",
        ),
        Mistake(
            "another_draw",
            _another_draw,
            "The steps are drawn twice: x_t is made at one time, and the network is told another.",
            "Draw i once and use it for a[i] and for times[i].",
        ),
        Mistake(
            "last_axis",
            _last_axis,
            "a[i] of shape [B] meets x0 of shape [B, L, D]: it is laid along the last axis. Where B = D nothing is "
            "raised, and each coordinate gets the noise of another row.",
            "Give a[i] the shape [B, 1, 1]: a[i][:, None, None].",
        ),
        Mistake(
            "second_axis",
            _second_axis,
            "a[i][:, None] has shape [B, 1]. Against x0 [B, L, D] it is laid along the places, and not along the rows: "
            "where L = 1 the state even becomes [B, B, D].",
            "Give a[i] the shape [B, 1, 1]: a[i][:, None, None]. The network's time, times[i][:, None], is right.",
        ),
        Mistake(
            "one_step_for_all",
            _one_step_for_all,
            "One step is drawn for the whole batch. Each row should have its own, or the loss jumps between batches.",
            "Draw as many steps as x0 has rows: (len(x0),).",
        ),
        Mistake(
            "noise_as_target",
            _noise_as_target,
            "The network's answer is compared with the noise. This network is asked for x_0.",
            "Compare with x0.",
        ),
        Mistake(
            "one_noise",
            _one_noise,
            "All rows have the same noise. A network could learn it by heart and take it off again.",
            "Draw eps in the shape of x0.",
        ),
        Mistake(
            "summed_over_coordinates",
            _summed_over_coordinates,
            "The squared differences are summed over the coordinates, so the loss is D times too large. The mean over "
            "all of them is asked for.",
            "End with .square().mean().",
        ),
        Mistake(
            "summed",
            _summed,
            "The squared differences are summed over places and coordinates. The mean over all of them is asked for, "
            "so that a longer canvas makes no longer steps of training.",
            "End with .square().mean().",
        ),
    ),
    equivalents=(_noise_first, _row_by_row, _permuted),
)
