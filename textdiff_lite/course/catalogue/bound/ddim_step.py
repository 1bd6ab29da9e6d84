"""One step of DDIM and of everything between it and DDPM, with the noise handed over."""

from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake


def ddim_step(x_t: Tensor, x0_hat: Tensor, a_s: Tensor, a_t: Tensor, eta: float, z: Tensor) -> Tensor:
    """x_s = sqrt(a_s) x0_hat + sqrt(1 - a_s - var) eps + sqrt(var) z."""
    eps = (x_t - a_t.sqrt() * x0_hat) / (1 - a_t).sqrt()
    var = eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)
    return a_s.sqrt() * x0_hat + (1 - a_s - var).clamp(min=0).sqrt() * eps + var.sqrt() * z


def _by_covariance(x_t: Tensor, x0_hat: Tensor, a_s: Tensor, a_t: Tensor, eta: float, z: Tensor) -> Tensor:
    """From what the law is asked to be: x_s with variance 1 - a_s, of which eta^2 times the posterior's is fresh.

    The posterior's variance is that of x_s less what x_t tells of it, cov^2 / var, for the chain of lesson 01a.
    """
    cov = a_t.sqrt() / a_s.sqrt() * (1 - a_s)
    fresh = eta * ((1 - a_s) - cov**2 / (1 - a_t)).clamp(min=0).sqrt()
    old = ((1 - a_s) - fresh**2).clamp(min=0).sqrt()
    slope = old / (1 - a_t).sqrt()
    return a_s.sqrt() * x0_hat + slope * (x_t - a_t.sqrt() * x0_hat) + fresh * z


def _cases(generator: torch.Generator) -> list[Case]:
    def number(value: float) -> Tensor:
        return torch.tensor(value, dtype=torch.float64)

    a_t = 0.05 + 0.3 * torch.rand(3, 1, generator=generator, dtype=torch.float64)
    a_s = a_t + 0.1 + 0.5 * torch.rand(3, 1, generator=generator, dtype=torch.float64)
    places = [
        ((1, 1), number(0.8), number(0.25), 0.5, "a_s = 0.8, a_t = 0.25, eta = 0.5"),
        ((1, 2), number(0.8), number(0.25), 0.0, "a_s = 0.8, a_t = 0.25, eta = 0"),
        ((2, 2), number(0.8), number(0.25), 1.0, "a_s = 0.8, a_t = 0.25, eta = 1"),
        ((2, 1), number(1.0), number(0.6), 0.7, "a_s = 1 (the last step), a_t = 0.6, eta = 0.7"),
        ((2, 3), number(0.1), number(0.0), 0.4, "a_s = 0.1, a_t = 0 (the first step), eta = 0.4"),
        # here sigma squared again is a hair above 1 - a_s
        ((2, 2), number(0.3), number(0.0), 1.0, "a_s = 0.3, a_t = 0 (the first step), eta = 1"),
        ((3, 2), a_s, a_t, 0.3, "x_t of shape [3, 2], a_s, a_t of shape [3, 1], eta = 0.3"),
        ((3, 3, 3), a_s[:, None], a_t[:, None], 0.8, "x_t of shape [3, 3, 3], a_s, a_t of shape [3, 1, 1], eta = 0.8"),
        ((3, 4, 2), a_s[:, None], a_t[:, None], 0.0, "x_t of shape [3, 4, 2], a_s, a_t of shape [3, 1, 1], eta = 0"),
    ]
    found = []
    for shape, s, t, eta, says in places:
        x_t, x0_hat, z = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(3))
        if shape == (3, 4, 2):  # far out too: a step has no limits
            x_t, x0_hat = 20 * x_t, 20 * x0_hat
        found.append(
            Case(
                says,
                lambda x_t=x_t, x0_hat=x0_hat, s=s, t=t, eta=eta, z=z: (
                    *(part.clone() for part in (x_t, x0_hat, s, t)),
                    eta,
                    z.clone(),
                ),
            )
        )
    return found


def _parts(answer: Callable, a_s: float, a_t: float, eta: float) -> tuple[float, float, float]:
    """How much of x_0, of the noise in x_t and of z arrives in x_s, when x0_hat is right."""
    s, t = torch.tensor(a_s, dtype=torch.float64), torch.tensor(a_t, dtype=torch.float64)
    x0, eps, z = torch.eye(3, dtype=torch.float64)
    x0, old, fresh = answer(s.new_tensor(a_t).sqrt() * x0 + (1 - t).sqrt() * eps, x0, s, t, eta, z).tolist()
    return x0, old, fresh


def _uses_z(answer: Callable) -> str | None:
    results = []
    for seed in (0, 1):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            results.append(_parts(answer, 0.8, 0.25, 0.5))
    # nan is no sign of chance, and unequal to itself
    if all(one == other or one != one for one, other in zip(*results, strict=True)):
        return None
    return "The same arguments, two calls, two results: your step draws noise of its own. Use z for the fresh noise."


def _is_a_number(answer: Callable) -> str | None:
    for eta in (0.0, 0.5, 1.0):
        if any(part != part for part in _parts(answer, 0.8, 0.25, eta)):
            right = eta**2 * 0.2 / 0.75 * (1 - 0.25 / 0.8)
            return (
                f"At ᾱ_s = 0.8, ᾱ_t = 0.25, η = {eta:g} your x_s is nan: the root of a negative number. σ² should be "
                f"{right:.3f} there, above 0 and below 1 − ᾱ_s = 0.2. Is one of its fractions turned over, or missing?"
            )
    return None


def _nothing_from_nothing(answer: Callable) -> str | None:
    s, t, zero = (torch.tensor(value, dtype=torch.float64) for value in (0.8, 0.25, 0.0))
    got = float(answer(zero.clone(), zero.clone(), s, t, 0.5, zero.clone()))
    if abs(got) < 1e-5:
        return None
    return (
        "At ᾱ_s = 0.8, ᾱ_t = 0.25, η = 0.5, with x_t, x0_hat and z all 0, x_s should be 0; yours is "
        f"{got:.3f}. A term is multiplied by none of the three: is a bracket missing?"
    )


def _no_chance_at_eta_0(answer: Callable) -> str | None:
    fresh = _parts(answer, 0.8, 0.25, 0.0)[2]
    if abs(fresh) < 1e-5:
        return None
    return (
        f"At η = 0 the step is deterministic: z has no part in it. At ᾱ_s = 0.8, ᾱ_t = 0.25 yours adds {fresh:.3f} · z."
    )


def _marginals(answer: Callable) -> str | None:
    for eta in (0.0, 0.5, 1.0):
        signal, old, fresh = _parts(answer, 0.8, 0.25, eta)
        var = old**2 + fresh**2
        if abs(signal - 0.8**0.5) > 1e-5:
            return (
                f"At ᾱ_s = 0.8, ᾱ_t = 0.25, η = {eta:g}, with the right x0_hat, x_s should hold √0.8 = 0.894 of x_0; "
                f"yours holds {signal:.3f}."
            )
        if old < 0:
            return (
                f"At ᾱ_s = 0.8, ᾱ_t = 0.25, η = {eta:g}, x_s should hold some of the noise of x_t; yours holds "
                f"{old:.3f} of it, with the sign turned."
            )
        if not abs(var - 0.2) <= 1e-5:
            return (
                f"At ᾱ_s = 0.8, ᾱ_t = 0.25, η = {eta:g}, the noise in x_s should have variance 1 − ᾱ_s = 0.2; yours "
                f"has {old:.3f}² (the noise of x_t) + {fresh:.3f}² (of z) = {var:.3f}."
            )
    return None


def _as_much_as_asked(answer: Callable) -> str | None:
    right = 0.5 * (0.2 / 0.75 * (1 - 0.25 / 0.8)) ** 0.5
    fresh = _parts(answer, 0.8, 0.25, 0.5)[2]
    if abs(fresh - right) < 1e-5:
        return None
    return (
        f"At ᾱ_s = 0.8, ᾱ_t = 0.25 the posterior's standard deviation is {2 * right:.3f}; at η = 0.5 half of it, "
        f"{right:.3f}, is the amount of z. Yours adds {fresh:.3f} · z."
    )


def _survives_rounding(answer: Callable) -> str | None:
    if all(part == part for part in _parts(answer, 0.3, 0.0, 1.0)):
        return None
    return (
        "At ᾱ_s = 0.3, ᾱ_t = 0, η = 1 (the first step of ancestral sampling) your x_s is nan. σ² should be 1 − ᾱ_s "
        "there, so 1 − ᾱ_s − σ² is 0, and rounding makes it a tiny negative number under the root: clamp it at 0."
    )


def _var(a_s: Tensor, a_t: Tensor, eta: float) -> Tensor:
    return eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)


def _eps(x_t: Tensor, x0_hat: Tensor, a_t: Tensor) -> Tensor:
    return (x_t - a_t.sqrt() * x0_hat) / (1 - a_t).sqrt()


def _fresh_noise(x_t, x0_hat, a_s, a_t, eta, z):
    var = _var(a_s, a_t, eta)
    return a_s.sqrt() * x0_hat + (1 - a_s - var).clamp(min=0).sqrt() * z + var.sqrt() * z


def _noised_again(x_t, x0_hat, a_s, a_t, eta, z):
    return a_s.sqrt() * x0_hat + (1 - a_s).sqrt() * z


def _no_minus_var(x_t, x0_hat, a_s, a_t, eta, z):
    return a_s.sqrt() * x0_hat + (1 - a_s).sqrt() * _eps(x_t, x0_hat, a_t) + _var(a_s, a_t, eta).sqrt() * z


def _with_var(var: Callable) -> Callable:
    def answer(x_t, x0_hat, a_s, a_t, eta, z):
        v = var(a_s, a_t, eta)
        return a_s.sqrt() * x0_hat + (1 - a_s - v).sqrt() * _eps(x_t, x0_hat, a_t) + v.sqrt() * z

    return answer


_eta_on_variance = _with_var(lambda a_s, a_t, eta: eta * _var(a_s, a_t, 1.0))
_eta_ignored = _with_var(lambda a_s, a_t, eta: _var(a_s, a_t, 1.0))
_beta_for_posterior = _with_var(lambda a_s, a_t, eta: eta**2 * (1 - a_t / a_s))


def _beta_clamped(x_t, x0_hat, a_s, a_t, eta, z):
    var = eta**2 * (1 - a_t / a_s)
    old = (1 - a_s - var).clamp(min=0).sqrt() * _eps(x_t, x0_hat, a_t)
    return a_s.sqrt() * x0_hat + old + var.sqrt() * z


def _eps_from_s(x_t, x0_hat, a_s, a_t, eta, z):
    var = _var(a_s, a_t, eta)
    return a_s.sqrt() * x0_hat + (1 - a_s - var).sqrt() * _eps(x_t, x0_hat, a_s) + var.sqrt() * z


def _stays_at_t(x_t, x0_hat, a_s, a_t, eta, z):
    var = _var(a_s, a_t, eta)
    return a_t.sqrt() * x0_hat + (1 - a_t - var).sqrt() * _eps(x_t, x0_hat, a_t) + var.sqrt() * z


def _variance_for_std(x_t, x0_hat, a_s, a_t, eta, z):
    var = _var(a_s, a_t, eta)
    return a_s.sqrt() * x0_hat + (1 - a_s - var).sqrt() * _eps(x_t, x0_hat, a_t) + var * z


def _x0_unscaled(x_t, x0_hat, a_s, a_t, eta, z):
    var = _var(a_s, a_t, eta)
    return x0_hat + (1 - a_s - var).sqrt() * _eps(x_t, x0_hat, a_t) + var.sqrt() * z


def _noise_sign(x_t, x0_hat, a_s, a_t, eta, z):
    var = _var(a_s, a_t, eta)
    return a_s.sqrt() * x0_hat - (1 - a_s - var).clamp(min=0).sqrt() * _eps(x_t, x0_hat, a_t) + var.sqrt() * z


def _z_left_out(x_t, x0_hat, a_s, a_t, eta, z):
    return a_s.sqrt() * x0_hat + (1 - a_s - _var(a_s, a_t, eta)).sqrt() * _eps(x_t, x0_hat, a_t)


def _no_clamp(x_t, x0_hat, a_s, a_t, eta, z):
    sigma = eta * ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()
    return a_s.sqrt() * x0_hat + (1 - a_s - sigma**2).sqrt() * _eps(x_t, x0_hat, a_t) + sigma * z


_survivals_turned_over = _with_var(lambda a_s, a_t, eta: eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_s / a_t))
_noises_turned_over = _with_var(lambda a_s, a_t, eta: eta**2 * (1 - a_t) / (1 - a_s) * (1 - a_t / a_s))


def _noises_turned_over_clamped(x_t, x0_hat, a_s, a_t, eta, z):
    var = eta**2 * (1 - a_t) / (1 - a_s) * (1 - a_t / a_s)
    old = (1 - a_s - var).clamp(min=0).sqrt() * _eps(x_t, x0_hat, a_t)
    return a_s.sqrt() * x0_hat + old + var.sqrt() * z


def _own_noise(x_t, x0_hat, a_s, a_t, eta, z):
    return ddim_step(x_t, x0_hat, a_s, a_t, eta, torch.randn_like(z))


def _posterior_and_back(x_t: Tensor, x0_hat: Tensor, a_s: Tensor, a_t: Tensor, eta: float, z: Tensor) -> Tensor:
    """As weights of x_0 and of x_t, the way posteriors are written."""
    keep = a_t / a_s
    var = eta**2 * (1 - keep) * (1 - a_s) / (1 - a_t)
    of_x_t = torch.sqrt(torch.clamp((1 - a_s - var) / (1 - a_t), min=0))
    of_x0 = torch.sqrt(a_s) - torch.sqrt(a_t) * of_x_t
    return of_x0 * x0_hat + of_x_t * x_t + torch.sqrt(var) * z


def _in_place(x_t: Tensor, x0_hat: Tensor, a_s: Tensor, a_t: Tensor, eta: float, z: Tensor) -> Tensor:
    """The sum built up in place, standard deviations first."""
    sigma = eta * torch.sqrt((1 - a_s) * (a_s - a_t) / ((1 - a_t) * a_s))
    x_s = torch.empty_like(x_t).copy_(x_t).sub_(x0_hat * a_t**0.5).mul_((1 - a_t) ** -0.5)
    x_s.mul_(torch.clamp(1 - a_s - sigma.square(), min=0) ** 0.5)
    return x_s.add_(a_s**0.5 * x0_hat).add_(z * sigma)


def _each_number(x_t: Tensor, x0_hat: Tensor, a_s: Tensor, a_t: Tensor, eta: float, z: Tensor) -> Tensor:
    """One number after the other, in Python."""
    flat = [part.expand_as(x_t).flatten().tolist() for part in (x_t, x0_hat, a_s, a_t, z)]
    out = []
    for x, guess, s, t, fresh in zip(*flat, strict=True):
        std = eta * ((1 - s) / (1 - t)) ** 0.5 * (1 - t / s) ** 0.5
        noise = (x - t**0.5 * guess) / (1 - t) ** 0.5
        out.append(s**0.5 * guess + max(1 - s - std**2, 0.0) ** 0.5 * noise + std * fresh)
    return torch.tensor(out, dtype=x_t.dtype).reshape(x_t.shape)


EXERCISE = Exercise(
    key="bound.ddim_step",
    minutes=12,
    difficulty=2,
    idea="Old noise and fresh noise share the variance 1 − ᾱ_s; η says how.",
    established="One function holds DDIM (η = 0), DDPM (η = 1) and all between, for steps of any length.",
    reference=ddim_step,
    cases=_cases,
    truth=_by_covariance,
    laws=(
        _uses_z,
        _is_a_number,
        _nothing_from_nothing,
        _no_chance_at_eta_0,
        _marginals,
        _as_much_as_asked,
        _survives_rounding,
    ),
    hints=(
        "Three parts: the belief, the noise that x_t already holds (recompute it from x_t and x0_hat), and fresh noise "
        "z. The two noises share the variance 1 − ᾱ_s.",
        "ε̂ = (x_t − √ᾱ_t x0_hat)/√(1−ᾱ_t). σ² = η² (1−ᾱ_s)/(1−ᾱ_t) (1 − ᾱ_t/ᾱ_s). "
        "x_s = √ᾱ_s x0_hat + √(1 − ᾱ_s − σ²) ε̂ + σ z.",
        "`var = eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)`; "
        "`a_s.sqrt() * x0_hat + (1 - a_s - var).clamp(min=0).sqrt() * eps + var.sqrt() * z`. The clamp is for one "
        "case: at a_t = 0 and eta = 1 the bracket is 0, and rounding may leave it a hair below.",
    ),
    mistakes=(
        Mistake(
            "fresh_noise",
            _fresh_noise,
            "You used z where the noise of x_t belongs. DDIM keeps the noise that is already there: recompute it from "
            "x_t and x0_hat.",
            "eps = (x_t − √ᾱ_t x0_hat) / √(1−ᾱ_t) goes with √(1 − ᾱ_s − σ²); z goes with σ alone.",
        ),
        Mistake(
            "noised_again",
            _noised_again,
            "You noised the belief again with z. That has the right marginal too, but it forgets the noise of x_t and "
            "is random even at η = 0.",
            "Recompute eps from x_t and x0_hat; z enters with weight σ only.",
        ),
        Mistake(
            "no_minus_var",
            _no_minus_var,
            "The − σ² is missing: old noise and fresh noise together have variance 1 − ᾱ_s + σ², which is too much.",
            "Scale the old noise by √(1 − ᾱ_s − σ²).",
        ),
        Mistake(
            "eta_on_variance",
            _eta_on_variance,
            "You multiplied the variance by η. η scales the standard deviation, so the variance takes η².",
            "σ² = η² times the posterior's variance.",
        ),
        Mistake(
            "eta_ignored",
            _eta_ignored,
            "η has no effect: you add as much fresh noise at η = 0 as at η = 1.",
            "Multiply the posterior's variance by η².",
        ),
        Mistake(
            "eps_from_s",
            _eps_from_s,
            "You recomputed the noise with ᾱ_s. x_t was made with ᾱ_t, so its noise is found with ᾱ_t.",
            "eps = (x_t − √ᾱ_t x0_hat) / √(1−ᾱ_t).",
        ),
        Mistake(
            "stays_at_t",
            _stays_at_t,
            "You put the parts together again with ᾱ_t, so the state stays at t. It should arrive at s.",
            "The new signal is √ᾱ_s and the new noise has variance 1 − ᾱ_s.",
        ),
        Mistake(
            "beta_for_posterior",
            _beta_for_posterior,
            "Your σ² is η² (1 − ᾱ_t/ᾱ_s), the variance of a step forward. The posterior's is smaller, by the factor "
            "(1−ᾱ_s)/(1−ᾱ_t); without it 1 − ᾱ_s − σ² can fall below 0.",
            "Multiply by (1 − ᾱ_s)/(1 − ᾱ_t).",
        ),
        Mistake(
            "beta_clamped",
            _beta_clamped,
            "Your σ² is η² (1 − ᾱ_t/ᾱ_s), the variance of a step forward. The posterior's is smaller, by the factor "
            "(1−ᾱ_s)/(1−ᾱ_t). Your clamp hides that 1 − ᾱ_s − σ² falls below 0.",
            "Multiply by (1 − ᾱ_s)/(1 − ᾱ_t).",
        ),
        Mistake(
            "variance_for_std",
            _variance_for_std,
            "You added σ² · z. z has standard deviation 1, so it is multiplied by σ.",
            "Use var.sqrt() * z.",
        ),
        Mistake(
            "x0_unscaled",
            _x0_unscaled,
            "You took x0_hat whole. At time s it is still scaled down, by √ᾱ_s.",
            "Multiply x0_hat by a_s.sqrt().",
        ),
        Mistake(
            "noise_sign",
            _noise_sign,
            "The noise of x_t comes in with a minus. It is kept, and only made smaller.",
            "Add √(1 − ᾱ_s − σ²) ε̂, with eps = (x_t − √ᾱ_t x0_hat) / √(1−ᾱ_t).",
        ),
        Mistake(
            "z_left_out",
            _z_left_out,
            "The fresh noise σ z is missing: you made room for it with − σ² and did not add it.",
            "Add var.sqrt() * z.",
        ),
        Mistake(
            "own_noise",
            _own_noise,
            "You drew noise of your own in the place of z. The law of x_s is right, but the fresh noise is handed "
            "over, as z.",
            "Use z where you call torch.randn or torch.randn_like.",
        ),
        Mistake(
            "no_clamp",
            _no_clamp,
            "Your formula is right, and rounding breaks it: at ᾱ_t = 0 and η = 1 there is a tiny negative number under "
            "the root of 1 − ᾱ_s − σ², and x_s is nan.",
            "Clamp at 0 before the root: (1 - a_s - sigma**2).clamp(min=0).sqrt().",
        ),
        Mistake(
            "survivals_turned_over",
            _survivals_turned_over,
            "In σ² the fraction ᾱ_t/ᾱ_s is turned over. ᾱ_s/ᾱ_t is above 1, so your σ² is negative and has no root.",
            "σ² = η² (1−ᾱ_s)/(1−ᾱ_t) (1 − ᾱ_t/ᾱ_s): the share that survives from s to t is ᾱ_t/ᾱ_s, below 1.",
        ),
        Mistake(
            "noises_turned_over",
            _noises_turned_over,
            "In σ² the fraction (1−ᾱ_s)/(1−ᾱ_t) is turned over. It should be below 1, for there is less noise at s "
            "than at t; yours makes 1 − ᾱ_s − σ² negative.",
            "σ² = η² (1−ᾱ_s)/(1−ᾱ_t) (1 − ᾱ_t/ᾱ_s): s above the bar.",
        ),
        Mistake(
            "noises_turned_over_clamped",
            _noises_turned_over_clamped,
            "In σ² the fraction (1−ᾱ_s)/(1−ᾱ_t) is turned over. It should be below 1, for there is less noise at s "
            "than at t. Your clamp hides that 1 − ᾱ_s − σ² falls below 0.",
            "σ² = η² (1−ᾱ_s)/(1−ᾱ_t) (1 − ᾱ_t/ᾱ_s): s above the bar.",
        ),
    ),
    equivalents=(_posterior_and_back, _in_place, _each_number),
    needs=("gaussian.posterior", "gaussian.ancestral"),
)
