"""The exercises of lesson 01b: our answers against enumeration, integrals and the library; what the cases expose."""

import math

import numpy as np
import pytest
import torch

from tests.oracle import ENTROPY, FREQUENCIES, POINTS, exact_denoiser, generator, random, word_logits
from textdiff_lite import objectives, prediction
from textdiff_lite.course.catalogue.bound import EXERCISES, is_ddim_step
from textdiff_lite.course.catalogue.bound.bound_terms import bound_terms
from textdiff_lite.course.catalogue.bound.ddim_step import ddim_step
from textdiff_lite.course.catalogue.bound.elbo_two_state import elbo_two_state
from textdiff_lite.course.catalogue.bound.x0_from import KINDS, target_of, x0_from
from textdiff_lite.course.exercise import Exercise, Mistake
from textdiff_lite.course.judging import judge
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine

BY_KEY = {exercise.key: exercise for exercise in EXERCISES}
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]


def number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def density(x: np.ndarray, mean: float, var: float) -> np.ndarray:
    return np.exp(-((x - mean) ** 2) / (2 * var)) / math.sqrt(2 * math.pi * var)


def kl_by_integral(mean_1: float, var_1: float, mean_2: float, var_2: float) -> float:
    x = np.linspace(-15, 15, 60_001)
    p, q = density(x, mean_1, var_1), density(x, mean_2, var_2)
    return float(np.trapezoid(np.where(p > 1e-300, p * (np.log(p + 1e-320) - np.log(q + 1e-320)), 0), x))


# the bound of two states


def test_elbo_is_the_example_of_its_docstring():
    world = torch.tensor([0.75, 0.25]).double(), torch.tensor([0.2, 0.8]).double()
    assert float(elbo_two_state(*world, torch.tensor([0.5, 0.5]).double())) == pytest.approx(-1.0602, abs=1e-4)


def test_elbo_lies_below_the_evidence_and_touches_it_at_the_posterior_alone():
    p_z, p_x = torch.tensor([0.6, 0.4]).double(), torch.tensor([0.1, 0.7]).double()
    log_p = float((p_z @ p_x).log())
    posterior = float(p_z[1] * p_x[1] / (p_z @ p_x))
    grid = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    values = torch.stack([elbo_two_state(p_z, p_x, torch.stack([1 - q, q])) for q in grid])
    assert (values < log_p + 1e-12).all()
    assert float(grid[values.argmax()]) == pytest.approx(posterior, abs=0.01)
    assert float(elbo_two_state(p_z, p_x, torch.stack([number(1 - posterior), number(posterior)]))) == pytest.approx(
        log_p
    )


def test_a_plain_mean_lies_above_and_is_told_so():
    verdict = judge(BY_KEY["bound.elbo_two_state"], lambda p_z, p_x, q: (p_z * p_x / q).log().mean())
    assert "yours lies 0.501 above it" in verdict.first


def test_the_evidence_itself_is_told_so_and_no_reason_is_guessed():
    def with_the_posterior(p_z, p_x_given_z, q):
        return elbo_two_state(p_z, p_x_given_z, p_z * p_x_given_z / (p_z @ p_x_given_z))

    verdict = judge(BY_KEY["bound.elbo_two_state"], with_the_posterior)
    assert "yours equals ln p(x)" in verdict.first
    assert verdict.mistake.says.startswith("Your result is ln p(x), whatever q is.")


def test_a_q_that_is_kept_from_0_is_refused():
    assert (
        judge(BY_KEY["bound.elbo_two_state"], lambda p, x, q: elbo_two_state(p, x, q.clamp(min=0.01))).kind == "wrong"
    )


# the three terms


def test_each_term_is_its_integral():
    a = torch.tensor([1.0, 0.9, 0.6, 0.3]).double()
    times = torch.arange(4).double() / 3
    x0, eps = number(1.4).reshape(1, 1, 1), random(4, 1, 1, 1)
    prior, diffusion, last = bound_terms(
        x0, lambda x, t: 0.3 * x + t[..., None], lambda x, b: (x + b)[:, 0, 0], (times, a), eps
    )
    assert float(prior) == pytest.approx(kl_by_integral(math.sqrt(0.3) * 1.4, 0.7, 0, 1), abs=1e-6)
    total = 0.0
    for i in (2, 3):
        a_s, a_t = float(a[i - 1]), float(a[i])
        x_t = math.sqrt(a_t) * 1.4 + math.sqrt(1 - a_t) * float(eps[i])
        # the posterior as the product of two bells, on a grid
        x = np.linspace(-15, 15, 60_001)
        bells = []
        for point in (1.4, 0.3 * x_t + i / 3):
            product = density(x_t, math.sqrt(a_t / a_s) * x, 1 - a_t / a_s) * density(
                x, math.sqrt(a_s) * point, 1 - a_s
            )
            bells.append(product / np.trapezoid(product, x))
        p, q = bells
        total += float(np.trapezoid(np.where(p > 1e-300, p * (np.log(p + 1e-320) - np.log(q + 1e-320)), 0), x))
    assert float(diffusion) == pytest.approx(total, abs=1e-6)
    x_1 = math.sqrt(0.9) * 1.4 + math.sqrt(0.1) * float(eps[1])
    assert float(last) == pytest.approx(x_1 + 0.3 * x_1 + 1 / 3)


def test_terms_are_the_example_of_the_docstring():
    a = torch.tensor([1.0, 0.8, 0.5, 0.2]).double()
    x0 = torch.tensor([[[2.0, 1.0]]]).double()
    grid = torch.arange(4).double() / 3, a
    prior, diffusion, _ = bound_terms(x0, lambda x, t: 0 * x, lambda x, b: x[:, 0, 0], grid, random(4, 1, 1, 2))
    assert (round(float(prior), 4), float(diffusion)) == (0.5231, pytest.approx(9.375))


def test_terms_are_those_of_the_library():
    process, T = VPGaussian(cosine), 5
    times = torch.arange(T + 1).double() / T
    x0, eps = random(3, 2, 4), random(T + 1, 3, 2, 4, seed=1)

    def net(x_t, t):
        return torch.tanh(x_t + t[..., None])

    def last(x_t, x0_hat):
        return (x_t * x0_hat).sum((1, 2))

    mine = bound_terms(x0, net, last, (times, cosine(times)), eps)
    sums = [torch.zeros(3, dtype=torch.float64)] * 3
    for i in range(1, T + 1):
        t = times[i].expand(3, 1)
        x_t = process.corrupt(x0, t).at(eps[i])
        parts = objectives.bound_at(process, x0, x_t, net(x_t, t), t, T, lambda x, b, t: last(x, b)[:, None] / 2)
        sums = [so_far + part.expand(3, 2).sum(1) / T for so_far, part in zip(sums, parts, strict=True)]
    for one, other in zip(mine, sums, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(("T", "nats"), [(10, 2.7057), (50, 1.7847), (1000, 1.6467)])
def test_with_the_exact_denoiser_the_bound_falls_to_the_entropy(T, nats):
    """Gauss-Hermite in place of draws; the values are those of sampling in tests/test_objectives.py."""
    place, weight = np.polynomial.hermite_e.hermegauss(24)
    eps = torch.cartesian_prod(torch.tensor(place), torch.tensor(place)).repeat(6, 1)[:, None]
    share = torch.tensor(np.outer(weight, weight).ravel() / weight.sum() ** 2)
    x0 = POINTS.repeat_interleave(len(share), 0)[:, None]
    process, word = VPGaussian(cosine), torch.arange(6).repeat_interleave(len(share))
    times = torch.arange(T + 1).double() / T

    def last(x_t, x0_hat):
        return objectives.cross_entropy(word_logits(process, x_t, times[1].reshape(1, 1)), word[:, None])[:, 0]

    terms = bound_terms(x0, exact_denoiser(process), last, (times, cosine(times)), eps.expand(T + 1, -1, -1, -1))
    total = float((FREQUENCIES[:, None] * share).flatten() @ sum(terms))
    assert total == pytest.approx(nats, abs=2e-3)
    assert total > ENTROPY


def plain_terms(x0, net, last, grid, eps, stop=1, row=True):
    """As people write it: a number to begin with, and a loop."""
    times, a = grid
    T, diffusion = len(a) - 1, 0

    def belief(i):
        x_t = a[i].sqrt() * x0 + (1 - a[i]).sqrt() * eps[i]
        return x_t, net(x_t, times[i].expand(len(x0), 1) if row else times[i])

    for i in range(2, T + stop):
        weight = 0.5 * (a[i - 1] / (1 - a[i - 1]) - a[i] / (1 - a[i]))
        diffusion += weight * (x0 - belief(i)[1]).square().sum((1, 2))
    return 0.5 * (a[T] * x0**2 - a[T] - (1 - a[T]).log()).sum((1, 2)), diffusion, last(*belief(1))


def test_a_loop_that_begins_with_a_number_is_right_and_its_slip_is_named():
    exercise = BY_KEY["bound.bound_terms"]
    assert judge(exercise, plain_terms).kind == "right"
    verdict = judge(exercise, lambda x0, net, last, grid, eps: plain_terms(x0, net, last, grid, eps, stop=0))
    assert verdict.mistake is exercise.mistake("first_step_lost")


def test_a_time_that_is_not_one_for_each_row_is_told():
    verdict = judge(
        BY_KEY["bound.bound_terms"],
        lambda x0, net, last, grid, eps: plain_terms(x0, net, last, grid, eps, row=False),
    )
    assert "the net takes t of shape [1, 1] here; it got []" in verdict.first


def limited_terms(x0, net, last, grid, eps, snr=lambda a: a / (1 - a), most=math.inf):
    times, a = grid
    prior, diffusion, end = plain_terms(x0, net, last, grid, eps)
    diffusion = torch.zeros_like(prior)
    for i in range(2, len(a)):
        x_t = a[i].sqrt() * x0 + (1 - a[i]).sqrt() * eps[i]
        weight = (0.5 * (snr(a[i - 1]) - snr(a[i]))).clamp(max=most)
        diffusion += weight * (x0 - net(x_t, times[i].expand(len(x0), 1))).square().sum((1, 2))
    return prior, diffusion, end


@pytest.mark.parametrize(
    "limits",
    [
        {"snr": lambda a: a.clamp(max=0.99) / (1 - a.clamp(max=0.99))},
        {"snr": lambda a: a / (1 - a + 1e-8)},
        {"most": 50.0},
    ],
    ids=["survival", "small number below the bar", "weight"],
)
def test_terms_with_limits_are_refused(limits):
    exercise = BY_KEY["bound.bound_terms"]
    assert judge(exercise, limited_terms).kind == "right"
    verdict = judge(exercise, lambda x0, net, last, grid, eps: limited_terms(x0, net, last, grid, eps, **limits))
    assert verdict.kind == "wrong"


@pytest.mark.parametrize("most", [1.0, 3.0])
def test_terms_with_limited_guesses_are_refused(most):
    def answer(x0, net, last, grid, eps):
        return bound_terms(x0, lambda x, t: net(x, t).clamp(-most, most), last, grid, eps)

    assert judge(BY_KEY["bound.bound_terms"], answer).kind == "wrong"


# what a network predicts


@pytest.mark.parametrize("kind", KINDS)
def test_x0_comes_back_from_its_target(kind):
    a_t = torch.tensor([[0.1], [0.6], [0.97]]).double()
    x0, eps = random(3, 2), random(3, 2, seed=1)
    x_t = a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps
    torch.testing.assert_close(x0_from(x_t, target_of(x0, x_t, a_t, kind), a_t, kind), x0)


@pytest.mark.parametrize("kind", ["eps", "v", "score"])
def test_x0_from_is_the_library(kind):
    t, x_t, out = torch.tensor([[0.2], [0.7]]).double(), random(2, 3, 4), random(2, 3, 4, seed=1)
    theirs = getattr(prediction, f"x0_from_{kind}")(VPGaussian(cosine), x_t, out, t)
    torch.testing.assert_close(x0_from(x_t, out, cosine(t)[..., None], kind), theirs)


def test_x0_from_refuses_a_kind_that_does_not_exist():
    with pytest.raises(ValueError, match="'noise'"):
        x0_from(number(1), number(1), number(0.5), "noise")


@pytest.mark.parametrize("kind", ["eps", "score"])
@pytest.mark.parametrize("least", [0.1, 0.03, 0.01])
def test_a_divisor_that_is_kept_from_0_is_refused(kind, least):
    def answer(x_t, out, a_t, asked):
        return x0_from(x_t, out, a_t, asked) * (a_t.sqrt() / a_t.sqrt().clamp(min=least) if asked == kind else 1)

    assert judge(BY_KEY["bound.x0_from"], answer).kind == "wrong"


def test_a_guess_that_is_kept_small_is_refused():
    def answer(x_t, out, a_t, kind):
        return x0_from(x_t, out, a_t, kind).clamp(-10, 10)

    assert judge(BY_KEY["bound.x0_from"], answer).kind == "wrong"


# the step of DDIM


def test_a_step_of_ddim_is_the_example_of_its_docstring():
    step = ddim_step(number(1.0), number(0.5), number(0.64), number(0.25), 0.0, number(9.0))
    assert float(step) == pytest.approx(0.9196, abs=1e-4)


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_a_step_of_ddim_is_the_library_and_keeps_the_marginal(eta):
    process = VPGaussian(cosine)
    t, s = torch.tensor([[0.9], [0.5]]).double(), torch.tensor([[0.4], [0.1]]).double()
    a_t, a_s = cosine(t)[..., None], cosine(s)[..., None]
    x_t, x0, z = (random(2, 3, 4, seed=seed) for seed in range(3))
    mine = ddim_step(x_t, x0, a_s, a_t, eta, z)
    torch.testing.assert_close(mine, process.posterior(x_t, x0, s, t, eta).at(z))
    signal, old, fresh = is_ddim_step._probe(ddim_step, 0.8, 0.25, eta).tolist()
    assert (signal**2, old**2 + fresh**2) == (pytest.approx(0.8), pytest.approx(0.2))


def test_without_eta_a_walk_is_a_function_of_its_start():
    x0_hat, x_t = random(5, 2), random(5, 2, seed=1)
    ends = [
        ddim_step(x_t, x0_hat, number(0.7), number(0.2), 0.0, torch.randn(5, 2, generator=generator(seed)).double())
        for seed in (0, 1)
    ]
    assert torch.equal(*ends)


def test_a_term_that_nothing_multiplies_is_told_from_a_wrong_share_of_z():
    def bracket_missing(x_t, x0_hat, a_s, a_t, eta, z):
        eps = (x_t - a_t.sqrt() * x0_hat) / (1 - a_t).sqrt()
        var = eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)
        return a_s.sqrt() * x0_hat + (1 - a_s).sqrt() - var.sqrt() * eps + var.sqrt() * z

    assert "is a bracket missing?" in judge(BY_KEY["bound.ddim_step"], bracket_missing).first


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("own_noise", "draws noise of its own"),
        ("survivals_turned_over", "the root of a negative number"),
        ("noises_turned_over", "the root of a negative number"),
    ],
)
def test_a_step_is_told_what_is_wrong_and_not_its_symptom(name, says):
    exercise = BY_KEY["bound.ddim_step"]
    verdict = judge(exercise, exercise.mistake(name).answer)
    assert says in verdict.first
    assert verdict.mistake is exercise.mistake(name)


def by_factors(x_t, x0_hat, a_s, a_t, eta, z):
    sigma = eta * torch.sqrt((1 - a_s) / (1 - a_t)) * torch.sqrt(1 - a_t / a_s)
    eps = (x_t - a_t.sqrt() * x0_hat) / (1 - a_t).sqrt()
    return a_s.sqrt() * x0_hat + torch.sqrt(1 - a_s - sigma**2) * eps + sigma * z


@pytest.mark.parametrize("own", [BY_KEY["bound.ddim_step"].mistake("no_clamp").answer, by_factors])
def test_a_root_that_rounding_breaks_is_named(own):
    exercise = BY_KEY["bound.ddim_step"]
    verdict = judge(exercise, own)
    assert "rounding makes it a tiny negative number under the root: clamp it at 0" in verdict.first
    assert verdict.mistake is exercise.mistake("no_clamp")


def test_a_step_with_limits_is_refused():
    exercise = BY_KEY["bound.ddim_step"]
    assert judge(exercise, lambda x_t, x0_hat, *rest: ddim_step(x_t, x0_hat.clamp(-5, 5), *rest)).kind == "wrong"
    assert judge(exercise, lambda x_t, x0_hat, *rest: ddim_step(x_t, x0_hat, *rest).clamp(-3, 3)).kind == "wrong"


# the test of the step


def test_the_candidates_are_two_right_steps_and_five_wrong_ones():
    candidates = is_ddim_step.candidates()
    assert [right for *_, right in candidates] == [True] * 2 + [False] * 5
    assert [is_ddim_step.is_ddim_step(step) for _, step, _ in candidates] == [right for *_, right in candidates]


def test_the_candidates_take_numbers_as_well_as_tensors():
    for _, step, _ in is_ddim_step.candidates():
        by_tensors = step(number(1.0), number(0.5), number(0.64), number(0.25), 0.5, number(0.1))
        assert float(step(1.0, 0.5, 0.64, 0.25, 0.5, 0.1)) == pytest.approx(float(by_tensors), abs=1e-5)


def test_two_of_the_five_keep_the_marginals():
    """The lesson says so."""
    keep = set()
    for name in is_ddim_step.FIVE:
        step = BY_KEY["bound.ddim_step"].mistake(name).answer
        probes = [is_ddim_step._probe(step, 0.8, 0.25, eta) for eta in (0.0, 0.3, 0.7, 1.0)]
        if all(abs(x[0] ** 2 - 0.8) < 1e-9 and abs(x[1] ** 2 + x[2] ** 2 - 0.2) < 1e-9 for x in probes):
            keep.add(name)
    assert keep == {"eta_on_variance", "eta_ignored"}


# all of them


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=[f"{e.key}-{m.name}" for e, m in MISTAKES])
def test_every_mistake_breaks_a_law(exercise: Exercise, mistake: Mistake):
    """So the first failure always has its numbers. One that rounds exactly is seen on a case only."""
    broken = [text for law in exercise.laws if (text := law(mistake.answer))]
    assert bool(broken) == (mistake.name != "bit_by_bit")
