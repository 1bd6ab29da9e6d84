"""A noisy state in one jump: x_t from x_0."""

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def q_sample(x0: Tensor, a_t: Tensor, eps: Tensor) -> Tensor:
    """Draw x_t from q(x_t | x_0) = N(sqrt(a_t) x_0, (1 - a_t) I), with the standard normal noise eps handed over.

    x0 and eps have one shape; a_t broadcasts against it. q_sample(2, 0.25, 1) is 0.5 · 2 + 0.866 · 1 = 1.866.
    Source: Ho et al. 2020 (2006.11239), eq. 4.
    """
    return a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps


def _loops(x0: Tensor, a_t: Tensor, eps: Tensor) -> Tensor:
    """A truth without broadcasting: number by number."""
    a = a_t.expand(x0.shape).flatten().tolist()
    pairs = zip(x0.flatten().tolist(), a, eps.flatten().tolist(), strict=True)
    numbers = [survival**0.5 * clean + (1 - survival) ** 0.5 * noise for clean, survival, noise in pairs]
    return torch.tensor(numbers, dtype=torch.float64).reshape(x0.shape)


def _in_place(x0: Tensor, a_t: Tensor, eps: Tensor) -> Tensor:
    x_t = (a_t.sqrt() * x0).clone()
    x_t += (1 - a_t).sqrt() * eps
    return x_t


def _eps_first(x0: Tensor, a_t: Tensor, eps: Tensor) -> Tensor:
    return torch.addcmul(torch.sqrt(1 - a_t) * eps, torch.sqrt(a_t), x0)


def _in_float32(x0: Tensor, a_t: Tensor, eps: Tensor) -> Tensor:
    return q_sample(x0.float(), a_t.float(), eps.float())


def _normal(x0: Tensor, a_t: Tensor, eps: Tensor) -> Tensor:
    mean, variance = a_t**0.5 * x0, 1 - a_t
    return mean + eps * variance**0.5


def _cases(generator: torch.Generator) -> list[Case]:
    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def case(says: str, x0: Tensor, a_t: Tensor) -> Case:
        eps = normal(*x0.shape)
        return Case(says, lambda: (x0.clone(), a_t.clone(), eps.clone()))

    rows = 0.1 + 0.8 * torch.rand(4, 1, 1, generator=generator, dtype=torch.float64)
    cube = torch.tensor([0.05, 0.3, 0.8], dtype=torch.float64).reshape(3, 1, 1)
    clocks = torch.rand(2, 5, 1, generator=generator, dtype=torch.float64)
    ends = torch.tensor([1.0, 0.0], dtype=torch.float64).reshape(2, 1, 1)
    return [
        case("one number x0 and a_t = 0.25", normal(1), torch.tensor(0.25, dtype=torch.float64)),
        case("x0 [4, 1, 2] and an a_t for each row", normal(4, 1, 2), rows),
        case("x0 [3, 3, 3] and a_t [3, 1, 1]", normal(3, 3, 3), cube),
        case("x0 [2, 5, 3] and an a_t for each place, [2, 5, 1]", normal(2, 5, 3), clocks),
        case("a_t = 1 (nothing destroyed) and a_t = 0 (everything)", normal(2, 2, 3), ends),
    ]


def _the_noise_handed_over(answer) -> str | None:
    ones, a, zeros = torch.ones(8).double(), torch.tensor(0.25).double(), torch.zeros(8).double()
    x_t = answer(ones, a, zeros)  # every number alike, unless noise is drawn
    if float(x_t.max() - x_t.min()) < 1e-6:
        return None
    return (
        "With x_0 = 1 and eps = 0 at all of 8 places, your x_t differs from place to place: you draw noise of your "
        "own. Use eps, which is the noise."
    )


def _variances_add(answer) -> str | None:
    one, zero, a = torch.ones(1).double(), torch.zeros(1).double(), torch.tensor(0.25).double()
    signal, noise = float(answer(one, a, zero)), float(answer(zero, a, one))
    total = signal**2 + noise**2
    if abs(total - 1) < 1e-5:
        return None
    return (
        f"At a_t = 0.25 your x_t is {signal:.3g} x_0 + {noise:.3g} eps: signal² + noise² is {_unlike_1(total)}, "
        "and should be 1, so that data of variance 1 keep it."
    )


def _unlike_1(value: float) -> str:
    """The number in as few digits as tell it from 1."""
    return next(text for digits in range(3, 17) if float(text := f"{value:.{digits}g}") != 1 or digits == 16)


def _nothing_destroyed(answer) -> str | None:
    x0, a, eps = torch.tensor([3.0]).double(), torch.tensor(1.0).double(), torch.tensor([1.0]).double()
    x_t = float(answer(x0, a, eps))
    if abs(x_t - 3) < 1e-5:
        return None
    return f"At a_t = 1 everything survives, so x_t should be x_0. With x_0 = 3 and eps = 1 yours is {x_t:.3g}."


EXERCISE = Exercise(
    key="gaussian.q_sample",
    minutes=8,
    difficulty=1,
    idea="Many small steps of noise are one jump: signal √ᾱ, noise √(1 − ᾱ).",
    established="Any level of noise can be reached in one jump, and signal² + noise² = 1.",
    reference=q_sample,
    cases=_cases,
    truth=_loops,
    laws=(_the_noise_handed_over, _variances_add, _nothing_destroyed),
    hints=(
        "Read the mean and the variance off q(x_t | x_0). A draw from N(m, v) is m + √v · eps.",
        "The mean is √ᾱ_t x_0, the variance 1 − ᾱ_t. Both enter through a square root.",
        "a_t.sqrt() * x0 + (…).sqrt() * eps, with the variance in place of the dots.",
    ),
    mistakes=(
        Mistake(
            "variance_for_std",
            lambda x0, a_t, eps: a_t.sqrt() * x0 + (1 - a_t) * eps,
            "The noise is scaled by 1 − ᾱ: that is its variance. A draw is scaled by the standard deviation, √(1 − ᾱ).",
            "Take the square root of 1 − a_t before you multiply it with eps.",
        ),
        Mistake(
            "signal_without_root",
            lambda x0, a_t, eps: a_t * x0 + (1 - a_t).sqrt() * eps,
            "The signal is scaled by ᾱ. ᾱ is the share of the signal's variance; x_0 itself shrinks by √ᾱ.",
            "Take the square root of a_t before you multiply it with x0.",
        ),
        Mistake(
            "no_roots",
            lambda x0, a_t, eps: a_t * x0 + (1 - a_t) * eps,
            "x_0 and the noise are blended with weights ᾱ and 1 − ᾱ, which add to 1. It is the variances that add to "
            "1: both weights need a square root.",
            "Put a square root over both weights.",
        ),
        Mistake(
            "one_minus_root",
            lambda x0, a_t, eps: a_t.sqrt() * x0 + (1 - a_t.sqrt()) * eps,
            "The noise is scaled by 1 − √ᾱ. The root belongs outside: √(1 − ᾱ).",
            "Subtract first, then take the root: (1 - a_t).sqrt().",
        ),
        Mistake(
            "roles_swapped",
            lambda x0, a_t, eps: (1 - a_t).sqrt() * x0 + a_t.sqrt() * eps,
            "Signal and noise are exchanged: x_0 is scaled by √(1 − ᾱ). At ᾱ = 1 nothing is destroyed: x_0 takes √ᾱ.",
            "a_t is what survives of x0: it belongs to x0, and 1 − a_t to the noise.",
        ),
        Mistake(
            "signal_not_shrunk",
            lambda x0, a_t, eps: x0 + (1 - a_t).sqrt() * eps,
            "Noise is added and x_0 stays as large as it was. Each step also shrinks what is there, by √ᾱ in all.",
            "Multiply x0 with the square root of a_t.",
        ),
        Mistake(
            "noise_not_scaled",
            lambda x0, a_t, eps: a_t.sqrt() * x0 + eps,
            "The noise has variance 1 at every time. Its variance is 1 − ᾱ.",
            "Multiply eps with the square root of 1 − a_t.",
        ),
        Mistake(
            "noise_subtracted",
            lambda x0, a_t, eps: a_t.sqrt() * x0 - (1 - a_t).sqrt() * eps,
            "The noise is subtracted. x_t has the right law, but eps is no longer the noise that it holds, "
            "and a network that learns eps would learn its negative.",
            "Write + in place of − before the noise.",
        ),
    ),
    equivalents=(_in_place, _eps_first, _in_float32, _normal, _loops),
)
