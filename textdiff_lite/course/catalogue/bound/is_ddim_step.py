"""The inverse exercise: a test that accepts our step of DDIM and refuses five wrong ones."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.bound import ddim_step as steps
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

FIVE = {
    "fresh_noise": "a step that uses z where the noise of x_t belongs",
    "no_minus_var": "a step without the − σ²",
    "eta_on_variance": "a step that multiplies the variance by η, not by η²",
    "eta_ignored": "a step that ignores η",
    "eps_from_s": "a step that recomputes the noise with ᾱ_s",
}
"""The mistakes of `ddim_step` that the test must refuse, and how each is called."""


def _probe(step: Callable, a_s: float, a_t: float, eta: float) -> Tensor:
    """How much of x_0, of the old noise and of z arrives in x_s: three numbers."""
    s, t = torch.tensor(a_s, dtype=torch.float64), torch.tensor(a_t, dtype=torch.float64)
    x0, eps, z = torch.eye(3, dtype=torch.float64)
    return step(t.sqrt() * x0 + (1 - t).sqrt() * eps, x0, s, t, eta, z)


def is_ddim_step(step: Callable) -> bool:
    """Whether the step keeps the marginals and adds as much fresh noise as eta asks for."""
    a_s, a_t = 0.8, 0.25
    x0, eps, z = torch.eye(3, dtype=torch.float64)
    s, t = torch.tensor(a_s, dtype=torch.float64), torch.tensor(a_t, dtype=torch.float64)
    x_t = t.sqrt() * x0 + (1 - t).sqrt() * eps
    posterior_std = ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)) ** 0.5
    for eta in (0.0, 0.5, 1.0):
        signal, old, fresh = step(x_t, x0, s, t, eta, z).tolist()
        marginal = abs(signal - a_s**0.5) < 1e-5 and abs(old**2 + fresh**2 - (1 - a_s)) < 1e-5
        if not (marginal and abs(fresh - eta * posterior_std) < 1e-5):
            return False
    return True


def _patient(step: Callable) -> Callable:
    """The step, which takes numbers where tensors are usual, and any shape."""

    def answer(x_t: Any, x0_hat: Any, a_s: Any, a_t: Any, eta: Any, z: Any) -> Tensor:
        x_t, x0_hat, z = (
            torch.as_tensor(part, dtype=torch.get_default_dtype())
            if isinstance(part, (int, float))
            else torch.as_tensor(part)
            for part in (x_t, x0_hat, z)
        )
        a_s, a_t = (torch.as_tensor(part).to(x_t.dtype) for part in (a_s, a_t))
        return step(x_t, x0_hat, a_s, a_t, float(eta), z)

    return answer


def candidates() -> list[tuple[str, Callable, bool]]:
    """What the test is tried on: a name, the step, and whether it is right."""
    wrong = [(says, _patient(steps.EXERCISE.mistake(name).answer), False) for name, says in FIVE.items()]
    right = [
        ("our own step", _patient(steps.ddim_step), True),
        ("our step in another order of arithmetic", _patient(steps.EXERCISE.equivalents[0]), True),
    ]
    return [*right, *wrong]


def _cases(generator: torch.Generator) -> list[Case]:
    del generator
    return [Case(says, lambda step=step: (step,)) for says, step, _ in candidates()]


def _verdict(result: Any, arguments: tuple) -> Seen:
    del arguments
    return {"accepted (1) or refused (0)": torch.tensor(float(bool(result)), dtype=torch.float64)}


def _right_is_right(step: Callable) -> bool:
    """Whatever the candidates' list says of it."""
    return next((right for _, known, right in candidates() if _same(known, step)), False)


def _same(one: Callable, other: Callable) -> bool:
    probes = [(0.8, 0.25, eta) for eta in (0.0, 0.3, 1.0)]
    return all(torch.allclose(_probe(one, *probe), _probe(other, *probe), equal_nan=True) for probe in probes)


def _accepts_ours(answer: Callable) -> str | None:
    if bool(answer(_patient(steps.ddim_step))):
        return None
    return "Your test refuses our own step, which is right. Which of your conditions does it break, and by how much?"


def _refuses_five(answer: Callable) -> str | None:
    missed = [says for says, step, right in candidates() if not right and bool(answer(step))]
    if not missed:
        return None
    many = "all five" if len(missed) == len(FIVE) else f"{len(missed)} of the five"
    return f"Your test lets through {many} wrong steps: " + "; ".join(missed) + "."


def _only(*etas: float, a_s: float = 0.8, amount: bool = True) -> Callable:
    """A test that looks at these eta, at this step, and not always at the amount of fresh noise."""

    def answer(step: Callable) -> bool:
        for eta in etas:
            got = _probe(step, a_s, 0.25, eta)
            signal, old, fresh = got.tolist()
            if not (abs(signal - a_s**0.5) < 1e-5 and abs(old**2 + fresh**2 - (1 - a_s)) < 1e-5):
                return False
            if amount and not torch.allclose(got, _probe(steps.ddim_step, a_s, 0.25, eta)):
                return False
        return True

    return answer


def _bit_by_bit(step: Callable) -> bool:
    generator = torch.Generator().manual_seed(0)
    x_t, x0_hat, z = (torch.randn(50, generator=generator) for _ in range(3))
    a_s, a_t = torch.tensor(0.8), torch.tensor(0.25)
    return all(
        torch.equal(step(x_t, x0_hat, a_s, a_t, eta, z), steps.ddim_step(x_t, x0_hat, a_s, a_t, eta, z))
        for eta in (0.0, 0.5, 1.0)
    )


def _by_sampling(step: Callable) -> bool:
    """From many draws: the moments of x_s, and what it has to do with z."""
    generator = torch.Generator().manual_seed(1)
    x0, eps, z = (torch.randn(200_000, generator=generator, dtype=torch.float64) for _ in range(3))
    for a_s, a_t, eta in ((0.7, 0.2, 0.0), (0.7, 0.2, 0.5), (0.9, 0.5, 0.25)):
        s, t = torch.tensor(a_s, dtype=torch.float64), torch.tensor(a_t, dtype=torch.float64)
        x_s = step(t.sqrt() * x0 + (1 - t).sqrt() * eps, x0, s, t, eta, z)
        rest = x_s - s.sqrt() * x0
        sigma = eta * float(((1 - s) / (1 - t) * (1 - t / s)).sqrt())
        close = [
            abs(float((rest * x0).mean())) < 0.02,
            abs(float(rest.var()) - (1 - a_s)) < 0.02,
            abs(float((rest * z).mean()) - sigma) < 0.02,
        ]
        if not all(close):
            return False
    return True


def _against_a_formula(step: Callable) -> bool:
    """Held against the step, written once more."""
    generator = torch.Generator().manual_seed(2)
    x_t, x0_hat, z = (torch.randn(4, 3, generator=generator) for _ in range(3))
    a_s, a_t = torch.tensor(0.6), torch.tensor(0.3)
    for eta in (0.0, 0.3, 1.0):
        var = eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)
        eps = (x_t - a_t.sqrt() * x0_hat) / (1 - a_t).sqrt()
        right = a_s.sqrt() * x0_hat + (1 - a_s - var).sqrt() * eps + var.sqrt() * z
        if not torch.allclose(step(x_t, x0_hat, a_s, a_t, eta, z), right, atol=1e-5):
            return False
    return True


EXERCISE = Exercise(
    key="bound.is_ddim_step",
    minutes=10,
    difficulty=2,
    idea="A test of a law (the same marginals) and of what the law leaves open (how much noise is fresh).",
    established="Your test accepts a right step, also where it rounds differently, and refuses all five wrong ones.",
    reference=is_ddim_step,
    cases=_cases,
    truth=_right_is_right,
    observe=_verdict,
    laws=(_accepts_ours, _refuses_five),
    hints=(
        "Choose x_0, ε and z yourself, make x_t from them, hand x_0 over as x0_hat, and ask how much of each arrives "
        "in x_s. Three unit vectors do it in one call.",
        "With x0, eps, z the rows of torch.eye(3), x_s is (√ᾱ_s, √(1 − ᾱ_s − σ²), σ). Two wrong steps keep the "
        "marginal, so test σ too, at an η that is neither 0 nor 1.",
        "`signal, old, fresh = step(x_t, x0, a_s, a_t, eta, z).tolist()`; then `abs(signal - a_s**0.5) < 1e-5`, "
        "`abs(old**2 + fresh**2 - (1 - a_s)) < 1e-5`, `abs(fresh - sigma) < 1e-5`, for eta in (0, 0.5, 1).",
    ),
    mistakes=(
        Mistake(
            "accepts_all",
            lambda step: True,
            "Your test accepts everything: it can't fail.",
            "Compute something that a wrong step gets wrong, and return False where it does.",
        ),
        Mistake(
            "refuses_all",
            lambda step: False,
            "Your test refuses everything, the right step too.",
            "Print what the right step gives beside what you demand. Is the tolerance above the rounding error?",
        ),
        Mistake(
            "upside_down",
            lambda step: not is_ddim_step(step),
            "Your test is upside down: it returns True for the wrong steps and False for the right ones.",
            "Return True where all conditions hold.",
        ),
        Mistake(
            "blind_above_eta_0",
            _only(0.0),
            "Your test lets through the two mistakes that can't be seen at η = 0: the missing − σ², and η on the "
            "variance.",
            "Try an η strictly between 0 and 1 too, with a tolerance well below 0.04.",
        ),
        Mistake(
            "blind_to_the_amount",
            _only(0.0, 0.5, 1.0, amount=False),
            "Your test lets through the two steps that keep the marginal for every η: η ignored, and η on the "
            "variance. They add another amount of fresh noise than η asks for.",
            "Look at how much of z arrives, at an η strictly between 0 and 1: it should be σ.",
        ),
        Mistake(
            "blind_at_the_end",
            _only(0.0, 0.5, 1.0, a_s=1.0),
            "Your test refuses only the wrong mean, that of the step that recomputes the noise with ᾱ_s. The other "
            "four have the right mean, and noise that is wrong.",
            "Look at the noise in x_s too, at ᾱ_s < 1 (where ᾱ_s = 1 there is none), for example in a step from "
            "ᾱ_t = 0.25 to ᾱ_s = 0.8.",
        ),
        Mistake(
            "bit_by_bit",
            _bit_by_bit,
            "Your test refuses a right step that rounds differently: it accepts ours, and not the same in another "
            "order of arithmetic.",
            "Compare with a tolerance, for example torch.allclose or abs(...) < 1e-5.",
        ),
        Mistake(
            "blind_to_eta_on_variance",
            _only(0.0, 1.0),
            "Your test lets one wrong step through: η on the variance. It keeps the marginals, and at η = 0 and at "
            "η = 1 nobody can tell η from η².",
            "Try an η strictly between 0 and 1, and compare the amount of z with σ there, with a tolerance below 0.05.",
        ),
    ),
    equivalents=(_by_sampling, _against_a_formula),
    needs=("bound.ddim_step",),
)
