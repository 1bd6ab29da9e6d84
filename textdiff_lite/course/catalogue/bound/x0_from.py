"""What a network predicts, turned into its belief about x_0."""

from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Law, Mistake

KINDS = ("x0", "eps", "v", "score")


def x0_from(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
    """The belief x0_hat that belongs to a network's output `out`, in x_t's shape."""
    signal, noise = a_t.sqrt(), (1 - a_t).sqrt()
    if kind == "x0":
        return out
    if kind == "eps":
        return (x_t - noise * out) / signal
    if kind == "v":
        return signal * x_t - noise * out
    if kind == "score":
        return (x_t + noise**2 * out) / signal
    raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")


def target_of(x0: Tensor, x_t: Tensor, a_t: Tensor, kind: str) -> Tensor:
    """What a network that predicts this kind should have said at x_t, had the clean vector been x0."""
    signal, noise = a_t.sqrt(), (1 - a_t).sqrt()
    eps = (x_t - signal * x0) / noise
    return {"x0": x0, "eps": eps, "v": signal * eps - noise * x0, "score": -eps / noise}[kind]


def _by_the_definition(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
    """Every target is a straight line in x_0 at a fixed x_t, so two points of it give the x_0 that fits."""
    at_0, at_1 = (target_of(torch.full_like(x_t, value), x_t, a_t, kind) for value in (0.0, 1.0))
    return (out - at_0) / (at_1 - at_0)


def _cases(generator: torch.Generator) -> list[Case]:
    def level(*shape: int) -> Tensor:
        return 0.1 + 0.8 * torch.rand(shape, generator=generator, dtype=torch.float64)

    places = [
        ((1, 1), torch.tensor(0.25, dtype=torch.float64)),
        ((3, 2), level(3, 1)),
        ((3, 3, 3), level(3, 1, 1)),
        ((2, 4, 3), level(2, 4, 1)),
    ]
    cases = []
    for shape, a_t in places:
        for kind in KINDS:
            x_t, out = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
            at = "a_t = 0.25" if a_t.ndim == 0 else f"a_t of shape {list(a_t.shape)}"
            cases.append(
                Case(
                    f'kind = "{kind}", x_t of shape {list(shape)}, {at}',
                    lambda x_t=x_t, out=out, a_t=a_t, kind=kind: (x_t.clone(), out.clone(), a_t.clone(), kind),
                )
            )
    little = torch.tensor(4e-5, dtype=torch.float64)
    for kind in KINDS:
        x_t, out = (torch.randn(2, 3, generator=generator, dtype=torch.float64) for _ in range(2))
        says = f'kind = "{kind}", x_t of shape [2, 3], a_t = 0.00004 (near the start of a walk)'
        cases.append(Case(says, lambda x_t=x_t, out=out, kind=kind: (x_t.clone(), out.clone(), little.clone(), kind)))
    x_t, out = (torch.randn(2, 1, generator=generator, dtype=torch.float64) for _ in range(2))
    nothing = torch.tensor(0.0, dtype=torch.float64)
    says = 'kind = "v", x_t of shape [2, 1], a_t = 0 (the start of a walk)'
    cases.append(Case(says, lambda: (x_t.clone(), out.clone(), nothing.clone(), "v")))
    return cases


def _comes_back(kind: str) -> Law:
    def law(answer: Callable) -> str | None:
        a_t, x0, eps = (torch.tensor(value, dtype=torch.float64) for value in (0.25, 2.0, 1.0))
        x_t = a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps
        out = target_of(x0, x_t, a_t, kind)
        got = float(answer(x_t, out, a_t, kind))
        if abs(got - 2) < 1e-5:
            return None
        return (
            f"With x_0 = 2, ε = 1 and ᾱ = 0.25, x_t is {float(x_t):.4f} and a perfect network of kind «{kind}» says "
            f"{float(out):.4f}. x0_from should bring back 2; yours gives {got:.4f}."
        )

    return law


def _velocity_where_all_is_noise(answer: Callable) -> str | None:
    x_t, v, a_t = (torch.tensor(value, dtype=torch.float64) for value in (1.0, -2.0, 0.0))
    got = float(answer(x_t, v, a_t, "v"))
    if abs(got - 2) < 1e-5:
        return None
    return f"At ᾱ = 0 the velocity is −x_0: with v = −2, x0_from should give 2, whatever x_t is; yours gives {got:.4g}."


def _with(
    eps_over: float = 0.5,
    score_over: float = 0.5,
    eps_times: float = 0.5,
    v: tuple[float, float, float] = (0.5, 0.5, -1.0),
    score: tuple[float, float] = (1.0, 1.0),
) -> Callable:
    """The reference with other powers of ᾱ and of 1 − ᾱ, and other signs."""

    def answer(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
        if kind == "eps":
            return (x_t - (1 - a_t) ** eps_times * out) / a_t**eps_over
        if kind == "v":
            return a_t ** v[0] * x_t + v[2] * (1 - a_t) ** v[1] * out
        if kind == "score":
            return (x_t + score[1] * (1 - a_t) ** score[0] * out) / a_t**score_over
        return out

    return answer


def _v_swapped(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
    if kind == "v":
        return (1 - a_t).sqrt() * x_t - a_t.sqrt() * out
    return x0_from(x_t, out, a_t, kind)


def _v_through_eps(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
    if kind == "v":
        eps = (1 - a_t).sqrt() * x_t + a_t.sqrt() * out
        return (x_t - (1 - a_t).sqrt() * eps) / a_t.sqrt()
    return x0_from(x_t, out, a_t, kind)


def _score_through_eps(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
    """The score turned into noise first, the velocity as a sum of two."""
    noise = torch.sqrt(1 - a_t)
    if kind == "x0":
        return out.clone()
    if kind == "v":
        return torch.stack([a_t.sqrt() * x_t, -noise * out]).sum(0)
    eps = out if kind == "eps" else -noise * out
    return torch.rsqrt(a_t) * x_t - torch.sqrt(1 / a_t - 1) * eps


def _by_matching(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
    """In place, on a copy."""
    match kind:
        case "x0":
            return out
        case "eps":
            return x_t.clone().sub_(out * (1 - a_t) ** 0.5).div_(a_t**0.5)
        case "score":
            return torch.addcmul(x_t, out, (1 - a_t).expand_as(out)).mul_(a_t**-0.5)
        case _:
            return x_t.mul(a_t.sqrt()).sub_(out.mul((1 - a_t).sqrt()))


def _by_the_triangle(x_t: Tensor, out: Tensor, a_t: Tensor, kind: str) -> Tensor:
    """With the angle whose cosine is the signal; solving every target for x_0."""
    phi = torch.arccos(a_t.sqrt())
    if kind == "v":
        return phi.cos() * x_t - phi.sin() * out
    if kind == "eps":
        return x_t / phi.cos() - phi.tan() * out
    return out if kind == "x0" else (x_t + phi.sin().square() * out) / phi.cos()


EXERCISE = Exercise(
    key="bound.x0_from",
    minutes=12,
    difficulty=2,
    idea="Noise, velocity and score are x_0 seen from x_t: each is a straight line in it.",
    established="A network may predict whichever it likes: the rest of the code needs x0_hat alone.",
    reference=x0_from,
    cases=_cases,
    truth=_by_the_definition,
    laws=(*(_comes_back(kind) for kind in KINDS), _velocity_where_all_is_noise),
    hints=(
        "Start from x_t = √ᾱ x_0 + √(1−ᾱ) ε and solve for x_0. For v and the score, first write ε by what is given.",
        "eps: (x_t − √(1−ᾱ) ε) / √ᾱ. v: √ᾱ x_t − √(1−ᾱ) v. score: (x_t + (1−ᾱ) score) / √ᾱ.",
        "`signal, noise = a_t.sqrt(), (1 - a_t).sqrt()`; then `(x_t - noise * out) / signal`, "
        "`signal * x_t - noise * out`, `(x_t + noise**2 * out) / signal`.",
    ),
    mistakes=(
        Mistake(
            "not_divided",
            _with(eps_over=0.0, score_over=0.0),
            "You did not divide by √ᾱ: what is left after taking the noise away is the scaled x_0.",
            "Divide by a_t.sqrt(), for the noise and for the score.",
        ),
        Mistake(
            "eps_not_divided",
            _with(eps_over=0.0),
            "For «eps» you did not divide by √ᾱ: x_t − √(1−ᾱ) ε is √ᾱ x_0 and not x_0.",
            "Divide by a_t.sqrt() at the end.",
        ),
        Mistake(
            "score_not_divided",
            _with(score_over=0.0),
            "For «score» you did not divide by √ᾱ: x_t + (1−ᾱ) score is √ᾱ x_0 and not x_0.",
            "Divide by a_t.sqrt() at the end.",
        ),
        Mistake(
            "root_missing",
            _with(eps_over=1.0, score_over=1.0),
            "You divided by ᾱ, the share of the variance. The signal in x_t is scaled by its square root.",
            "Divide by a_t.sqrt().",
        ),
        Mistake(
            "variance_for_noise",
            _with(eps_times=1.0),
            "For «eps» the noise is scaled by 1 − ᾱ: that is its variance. Its standard deviation is the square root.",
            "Multiply eps by (1 - a_t).sqrt().",
        ),
        Mistake(
            "v_sign",
            _with(v=(0.5, 0.5, 1.0)),
            "For «v» the sign is wrong: v = √ᾱ ε − √(1−ᾱ) x_0 holds x_0 with a minus.",
            "x_0 = √ᾱ x_t − √(1−ᾱ) v: check it by putting in x_t and v.",
        ),
        Mistake(
            "v_swapped",
            _v_swapped,
            "For «v» the roles of √ᾱ and √(1−ᾱ) are exchanged.",
            "x_t goes with √ᾱ, as x_0 goes in x_t; v goes with √(1−ᾱ).",
        ),
        Mistake(
            "v_no_roots",
            _with(v=(1.0, 1.0, -1.0)),
            "For «v» the roots are missing: its two weights are √ᾱ and √(1−ᾱ), whose squares add up to 1.",
            "Use a_t.sqrt() and (1 - a_t).sqrt().",
        ),
        Mistake(
            "v_through_eps",
            _v_through_eps,
            "For «v» you go by way of the noise, and divide by √ᾱ at the end. That is right as long as ᾱ > 0; a walk "
            "starts at ᾱ = 0, and there it is 0/0.",
            "Put ε into x_0 = (x_t − √(1−ᾱ) ε)/√ᾱ on paper: √ᾱ cancels, and √ᾱ x_t − √(1−ᾱ) v is left.",
        ),
        Mistake(
            "score_without_variance",
            _with(score=(0.0, 1.0)),
            "For «score» its factor is missing: the score is −ε/√(1−ᾱ), so it must be multiplied by 1 − ᾱ.",
            "√(1−ᾱ) ε = −(1−ᾱ) score.",
        ),
        Mistake(
            "score_by_std",
            _with(score=(0.5, 1.0)),
            "For «score» you multiplied by √(1−ᾱ) once. The score already has it below the bar, so it takes 1 − ᾱ.",
            "√(1−ᾱ) ε = −(1−ᾱ) score.",
        ),
        Mistake(
            "score_sign",
            _with(score=(1.0, -1.0)),
            "For «score» the sign is wrong: the score points from x_t back to the data, against the noise.",
            "Add (1 − ᾱ) score where you would subtract √(1−ᾱ) ε.",
        ),
    ),
    equivalents=(_score_through_eps, _by_matching, _by_the_triangle),
    needs=("gaussian.q_sample",),
)
