"""The way back when the clean state is known: q(x_s | x_t, x_0)."""

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.gaussian.two_bells import two_bells
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def posterior(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of q(x_s | x_t, x_0), for any s < t; a_s > a_t are what survives to s and to t.

    x_t and x0 have one shape; a_s and a_t have one shape too, which broadcasts against it, and so has the variance.
    posterior(1, 2, 0.64, 0.16) is mean 1.643, variance 0.321. Source: Ho et al. 2020 (2006.11239), eqs. 6 and 7.
    """
    alpha = a_t / a_s
    beta = 1 - alpha
    mean = (a_s.sqrt() * beta * x0 + alpha.sqrt() * (1 - a_s) * x_t) / (1 - a_t)
    var = beta * (1 - a_s) / (1 - a_t)
    return mean, var


def _conditioned(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    """A truth without completing the square: the joint law of (x_s, x_t) given x_0, conditioned on x_t."""
    # x_t = √α x_s + noise, so their covariance is √α times the variance of x_s
    covariance = (a_t / a_s).sqrt() * (1 - a_s)
    slope = covariance / (1 - a_t)
    return a_s.sqrt() * x0 + slope * (x_t - a_t.sqrt() * x0), (1 - a_s) - slope * covariance


def _by_bells(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    # both clues times √α: then nothing is divided by α, which may be 0
    mean, var = two_bells(
        (alpha * a_s).sqrt() * x0, (alpha * (1 - a_s)).expand_as(a_s), x_t, (1 - alpha).expand_as(a_s)
    )
    nothing_left = alpha == 0
    root = torch.where(nothing_left, 1.0, alpha).sqrt()
    mean = torch.where(nothing_left, a_s.sqrt() * x0, mean / root)
    return mean, torch.where(nothing_left, 1 - a_s, var / root**2)


def _two_coefficients(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    of_x0 = a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t)
    of_x_t = (a_t / a_s).sqrt() * (1 - a_s) / (1 - a_t)
    return of_x0 * x0 + of_x_t * x_t, (1 - a_s) * (a_s - a_t) / (a_s * (1 - a_t))


def _in_float32(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    return posterior(x_t.float(), x0.float(), a_s.float(), a_t.float())


def _with_noise(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    """The form of Song et al. 2021 (2010.02502), eq. 12."""
    var = (1 - a_t / a_s) * (1 - a_s) / (1 - a_t)
    eps = (x_t - a_t.sqrt() * x0) / (1 - a_t).sqrt()
    return a_s.sqrt() * x0 + (1 - a_s - var).clamp(min=0).sqrt() * eps, var


def _a_t_for_a_s(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    mean = (a_t.sqrt() * (1 - alpha) * x0 + alpha.sqrt() * (1 - a_s) * x_t) / (1 - a_t)
    return mean, (1 - alpha) * (1 - a_s) / (1 - a_t)


def _swapped(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    return posterior(x0, x_t, a_s, a_t)


def _beta_for_variance(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    return posterior(x_t, x0, a_s, a_t)[0], 1 - a_t / a_s


def _std_for_variance(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    mean, var = posterior(x_t, x0, a_s, a_t)
    return mean, var.sqrt()


def _step_from_the_start(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    mean = (a_s.sqrt() * (1 - a_t) * x0 + a_t.sqrt() * (1 - a_s) * x_t) / (1 - a_t)
    return mean, (1 - a_t) * (1 - a_s) / (1 - a_t)


def _difference_for_ratio(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    beta = a_s - a_t
    mean = (a_s.sqrt() * beta * x0 + (1 - beta).sqrt() * (1 - a_s) * x_t) / (1 - a_t)
    return mean, beta * (1 - a_s) / (1 - a_t)


def _no_roots(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    mean = (a_s * (1 - alpha) * x0 + alpha * (1 - a_s) * x_t) / (1 - a_t)
    return mean, (1 - alpha) * (1 - a_s) / (1 - a_t)


def _alpha_without_root(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    mean = (a_s.sqrt() * (1 - alpha) * x0 + alpha * (1 - a_s) * x_t) / (1 - a_t)
    return mean, (1 - alpha) * (1 - a_s) / (1 - a_t)


def _a_s_without_root(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    mean = (a_s * (1 - alpha) * x0 + alpha.sqrt() * (1 - a_s) * x_t) / (1 - a_t)
    return mean, (1 - alpha) * (1 - a_s) / (1 - a_t)


def _not_multiplied_out(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    beta = 1 - alpha
    var = beta * (1 - a_s) / (1 - a_t)
    return var * (a_s.sqrt() * x0 / (1 - a_s) + x_t / alpha.sqrt() / (beta / alpha)), var


def _divides_by_clean(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    beta = 1 - alpha
    var = beta * (1 - a_s) / (1 - a_t)
    return var * (a_s.sqrt() * x0 / (1 - a_s) + alpha.sqrt() * x_t / beta), var


def _divides_by_alpha(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    alpha = a_t / a_s
    return two_bells(a_s.sqrt() * x0, 1 - a_s, x_t / alpha.sqrt(), (1 - alpha) / alpha)


def _variance_of_each_number(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    mean, var = posterior(x_t, x0, a_s, a_t)
    return mean, var.expand_as(x_t)


def _without_x_t(x_t: Tensor, x0: Tensor, a_s: Tensor, a_t: Tensor) -> tuple[Tensor, Tensor]:
    return a_s.sqrt() * x0 + 0 * x_t, 1 - a_s


def _cases(generator: torch.Generator) -> list[Case]:
    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def case(says: str, shape: tuple[int, ...], a_s: Tensor, a_t: Tensor) -> Case:
        x_t, x0 = normal(*shape), normal(*shape)
        return Case(says, lambda: (x_t.clone(), x0.clone(), a_s.clone(), a_t.clone()))

    def one(value: float) -> Tensor:
        return torch.tensor(value, dtype=torch.float64)

    def falling(*shape: int) -> tuple[Tensor, Tensor]:
        a_s = 0.2 + 0.75 * torch.rand(shape, generator=generator, dtype=torch.float64)
        return a_s, a_s * (0.1 + 0.8 * torch.rand(shape, generator=generator, dtype=torch.float64))

    return [
        case("one number, a_s = 0.64, a_t = 0.16", (1,), one(0.64)[None], one(0.16)[None]),
        case(
            "a small step, x_t [2, 1, 2], a_s and a_t [1, 1, 1]",
            (2, 1, 2),
            one(0.9).view(1, 1, 1),
            one(0.88).view(1, 1, 1),
        ),
        case("the last step back, a_s = 1, a_t = 0.7", (2, 3), one(1.0), one(0.7)),
        case("the first step back, a_s = 0.3, a_t = 0", (2, 3), one(0.3), one(0.0)),
        case("states [4, 2, 3], an a_s and an a_t for each row", (4, 2, 3), *falling(4, 1, 1)),
        case("states [3, 3, 3], a_s and a_t [3, 1, 1]", (3, 3, 3), *falling(3, 1, 1)),
    ]


def _coefficients(answer) -> tuple[float, float, float]:
    one, zero = torch.ones(1).double(), torch.zeros(1).double()
    a_s, a_t = torch.tensor(0.64).double(), torch.tensor(0.16).double()
    of_x0, var = answer(zero, one, a_s, a_t)
    return float(of_x0), float(answer(one, zero, a_s, a_t)[0]), float(var)


def _defined_at_the_ends(answer) -> str | None:
    x_t, x0 = torch.tensor([1.0]).double(), torch.tensor([2.0]).double()
    for says, zero, at in (
        ("a_s = 1", "1 − a_s", (1.0, 0.7)),
        ("a_t = 0", "α", (0.25, 0.0)),
    ):
        a_s, a_t = (torch.tensor(value).double() for value in at)
        mean, var = answer(x_t, x0, a_s, a_t)
        if bool(torch.isfinite(mean).all() and torch.isfinite(var).all()):
            continue
        apart = (abs(got - right) for got, right in zip(_coefficients(answer), _coefficients(posterior), strict=True))
        between = "Between the ends yours is right. " if max(apart) < 1e-5 else ""
        return (
            f"{between}At {says} your mean is {float(mean):.3g} and your variance {float(var):.3g}: something is "
            f"divided by {zero}, which is 0 there. Multiply out."
        )
    return None


def _a_certain_end(answer) -> str | None:
    x_t, x0 = torch.tensor([1.0]).double(), torch.tensor([2.0]).double()
    mean, var = answer(x_t, x0, torch.tensor(1.0).double(), torch.tensor(0.7).double())
    if abs(float(mean) - 2) < 1e-5 and abs(float(var)) < 1e-5:
        return None
    return (
        "At a_s = 1 there is no noise left, so x_s is x_0 with certainty: with x_t = 1, x_0 = 2 the mean should be 2 "
        f"and the variance 0. Yours are {float(mean):.3g} and {float(var):.3g}."
    )


def _right_level(answer) -> str | None:
    of_x0, of_x_t, var = _coefficients(answer)
    signal, noise = of_x0 + of_x_t * 0.4, of_x_t**2 * 0.84 + var
    if abs(signal - 0.8) > 1e-5:
        return (
            f"At a_s = 0.64, a_t = 0.16 your mean is {of_x0:.3g} x_0 + {of_x_t:.3g} x_t. As x_t holds 0.4 x_0, "
            f"x_s then holds {signal:.3g} x_0; it should hold √a_s = 0.8."
        )
    if abs(noise - 0.36) > 1e-5:
        return (
            f"At a_s = 0.64, a_t = 0.16 your variance is {var:.3g}. Together with the noise that your x_s takes over "
            f"from x_t, {of_x_t:.3g}² · 0.84, this makes {noise:.3g}; x_s should have variance 1 − a_s = 0.36."
        )
    return None


def _nothing_survives(answer) -> str | None:
    x_t, x0 = torch.tensor([1.0]).double(), torch.tensor([2.0]).double()
    mean, var = answer(x_t, x0, torch.tensor(0.25).double(), torch.tensor(0.0).double())
    if abs(float(mean) - 1) < 1e-5 and abs(float(var) - 0.75) < 1e-5:
        return None
    return (
        "At a_t = 0 nothing of x_0 is left in x_t, so x_t tells nothing: with x_0 = 2 and a_s = 0.25 the mean should "
        f"be √a_s x_0 = 1 and the variance 1 − a_s = 0.75. Yours are {float(mean):.3g} and {float(var):.3g}."
    )


def _observe(result: tuple[Tensor, Tensor], arguments: tuple) -> Seen:
    del arguments
    mean, var = (part.double() for part in result)
    if not (torch.isfinite(mean).all() and torch.isfinite(var).all()):
        # which of the two is nan hangs on how 0/0 was written: it is one mistake
        mean, var = torch.full_like(mean, torch.nan), torch.full_like(var, torch.nan)
    return {"the mean": mean, "the variance": var}


EXERCISE = Exercise(
    key="gaussian.posterior",
    minutes=20,
    difficulty=3,
    idea="A step back is Bayes for two bells, for any s < t.",
    established="If x_0 were known, every step back would be a normal with this mean and this variance.",
    reference=posterior,
    cases=_cases,
    observe=_observe,
    truth=_conditioned,
    laws=(_defined_at_the_ends, _a_certain_end, _right_level, _nothing_survives),
    needs=("gaussian.two_bells",),
    hints=(
        "Two clues about x_s: from the past, N(√ᾱ_s x_0, 1 − ᾱ_s); from the future, x_t = √α x_s + √(1 − α) eps with "
        "α = ᾱ_t / ᾱ_s.",
        "Precisions add: 1/(1 − ᾱ_s) + α/β is (1 − ᾱ_t) / (β (1 − ᾱ_s)), with β = 1 − α. One over it is the variance.",
        "mean = (a_s.sqrt() * beta * x0 + … * (1 - a_s) * x_t) / (1 - a_t), and var = beta * (1 - a_s) / (1 - a_t).",
    ),
    mistakes=(
        Mistake(
            "a_t_for_a_s",
            _a_t_for_a_s,
            "x_0 is weighted with √ᾱ_t. The mean is one of x_s, and what x_s holds of x_0 is √ᾱ_s.",
            "Put a_s under the root that stands with x0.",
        ),
        Mistake(
            "swapped",
            _swapped,
            "The two coefficients are exchanged: x_t has the weight of x_0. At ᾱ_s = 1 all weight should be with x_0.",
            "√ᾱ_s β belongs to x_0, √α (1 − ᾱ_s) to x_t.",
        ),
        Mistake(
            "beta_for_variance",
            _beta_for_variance,
            "The variance is β = 1 − ᾱ_t/ᾱ_s: that is the noise of the step forward. Since x_0 is known, less is in "
            "doubt: β (1 − ᾱ_s)/(1 − ᾱ_t).",
            "Multiply beta by (1 - a_s) / (1 - a_t).",
        ),
        Mistake(
            "std_for_variance",
            _std_for_variance,
            "The second result is the standard deviation. The variance is asked for.",
            "Leave out the last square root.",
        ),
        Mistake(
            "step_from_the_start",
            _step_from_the_start,
            "ᾱ_t stands where α belongs: that is what survives from 0 to t. From s to t survives α = ᾱ_t/ᾱ_s.",
            "alpha = a_t / a_s, and beta = 1 - alpha.",
        ),
        Mistake(
            "difference_for_ratio",
            _difference_for_ratio,
            "β is ᾱ_s − ᾱ_t. Survivals multiply, ᾱ_t = ᾱ_s α, so the step is a ratio: β = 1 − ᾱ_t/ᾱ_s.",
            "alpha = a_t / a_s, and beta = 1 - alpha.",
        ),
        Mistake(
            "no_roots",
            _no_roots,
            "ᾱ_s and α stand in the mean without their roots. They are shares of variance; a mean shrinks by the root.",
            "Write a_s.sqrt() and alpha.sqrt() in the mean.",
        ),
        Mistake(
            "alpha_without_root",
            _alpha_without_root,
            "x_t is weighted with α (1 − ᾱ_s). α is a share of variance; what a step keeps of a state is √α.",
            "Write alpha.sqrt() in the weight of x_t.",
        ),
        Mistake(
            "a_s_without_root",
            _a_s_without_root,
            "x_0 is weighted with ᾱ_s β. ᾱ_s is a share of variance; what x_s holds of x_0 is √ᾱ_s.",
            "Write a_s.sqrt() in the weight of x0.",
        ),
        Mistake(
            "not_multiplied_out",
            _not_multiplied_out,
            "Right between the ends. At ᾱ_s = 1 it divides by 1 − ᾱ_s = 0, and at ᾱ_t = 0 by α = 0.",
            "Multiply the variance into the bracket: 1 − ᾱ_s cancels in the first term, β and α in the second.",
        ),
        Mistake(
            "divides_by_1_minus_a_s",
            _divides_by_clean,
            "Right between the ends. At ᾱ_s = 1 it divides by 1 − ᾱ_s = 0.",
            "Multiply the variance into the bracket: 1 − ᾱ_s cancels in the term of x_0.",
        ),
        Mistake(
            "divides_by_alpha",
            _divides_by_alpha,
            "Right between the ends. At ᾱ_t = 0 nothing survives of x_s, α is 0, and it divides by α.",
            "Write the sum of the two clues out: α cancels, and √α (1 − ᾱ_s) is the weight of x_t.",
        ),
        Mistake(
            "variance_of_each_number",
            _variance_of_each_number,
            "The variance has the shape of x_t. All numbers of a row share one: it is asked for in the shape of a_s.",
            "Leave the variance as it comes of a_s and a_t, without expanding it.",
        ),
        Mistake(
            "without_x_t",
            _without_x_t,
            "This is q(x_s | x_0), which does not look at x_t. x_t was made from x_s, so it is a second clue.",
            "Multiply N(√ᾱ_s x_0, 1 − ᾱ_s) with what x_t says of x_s, by two_bells.",
        ),
    ),
    equivalents=(_conditioned, _by_bells, _two_coefficients, _in_float32, _with_noise),
)
