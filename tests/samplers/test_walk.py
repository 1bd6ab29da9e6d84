"""The sampling loop and its reverse laws."""

import re

import pytest
import torch

from tests.oracle import (
    DEVICES,
    FREQUENCIES,
    POINTS,
    Masking,
    PlaceFirst,
    exact_denoiser,
    fading,
    generator,
    masked_pairs_denoiser,
    random,
    times,
)
from textdiff_lite.processes import VPGaussian
from textdiff_lite.samplers import ddim, last, sample
from textdiff_lite.schedules import cosine, grid, linear

COSINE = VPGaussian(cosine)
LAWS = {
    "ancestral": COSINE.reverse,
    "ddim": ddim(COSINE),
    "ddim eta 0.5": ddim(COSINE, 0.5),
    "noise again": lambda x_t, x0_hat, s, t: COSINE.corrupt(x0_hat, s),
    "to the prior": lambda x_t, x0_hat, s, t: COSINE.prior(tuple(x_t.shape), dtype=x_t.dtype),
}
every_law = pytest.mark.parametrize("reverse", LAWS.values(), ids=LAWS)
CHI_SQUARE_5 = 20.515  # 0.999 quantile, 5 degrees of freedom
CHI_SQUARE_3 = 16.266  # 0.999 quantile, 3 degrees of freedom


def spy(seen):
    def denoise(x_t, t, prev=None):
        seen.append((x_t, t, prev))
        return torch.full_like(x_t, float(len(seen)))

    return denoise


def chi_square(counts: torch.Tensor, probs: torch.Tensor) -> float:
    want = counts.sum() * probs
    return float(((counts - want).square() / want).sum())


# oracle: the exact denoiser gives the data back


@pytest.mark.parametrize(
    ("reverse", "steps"), [(COSINE.reverse, 200), (ddim(COSINE, 0.0), 200), (ddim(COSINE, 0.5), 200)]
)
def test_the_exact_denoiser_gives_the_frequencies_of_the_words(reverse, steps):
    n = 2000
    x = COSINE.prior((n, 1, 2), dtype=torch.float64).sample(generator(1))
    out = last(sample(reverse, exact_denoiser(COSINE), x, grid(steps), generator=generator(2)))
    distance = torch.cdist(out[:, 0], POINTS)
    assert float((distance.min(-1).values < 0.05).double().mean()) > 0.99
    counts = torch.bincount(distance.argmin(-1), minlength=6)
    assert chi_square(counts, FREQUENCIES) < CHI_SQUARE_5


def test_the_same_loop_samples_tokens():
    n, joint = 4000, torch.tensor([[0.4, 0.1], [0.05, 0.45]], dtype=torch.float64)
    process = Masking(fading, 3)
    x = process.prior((n, 2)).sample(generator(1))
    assert (x == 2).all()
    # one token is revealed at a time: exact for pairs
    times_ = torch.tensor([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    out = last(sample(process.reverse, masked_pairs_denoiser(joint), x, times_, generator=generator(2)))
    counts = torch.bincount(2 * out[:, 0] + out[:, 1], minlength=4)
    assert chi_square(counts, joint.flatten()) < CHI_SQUARE_3
    # both at once: independent, and visibly wrong
    out = last(sample(process.reverse, masked_pairs_denoiser(joint), x, grid(1), generator=generator(2)))
    assert chi_square(torch.bincount(2 * out[:, 0] + out[:, 1], minlength=4), joint.flatten()) > 100


def test_ancestral_sampling_recovers_mean_and_variance_of_a_gaussian():
    mean, var, n = 2.0, 0.25, 5000

    def denoise(x_t, t, prev=None):
        signal, noise = COSINE.level(t, 1)
        return mean + signal * var / (signal**2 * var + noise**2) * (x_t - signal * mean)

    x = COSINE.prior((n, 1, 1), dtype=torch.float64).sample(generator(1))
    out = last(sample(COSINE.reverse, denoise, x, grid(200), generator=generator(2)))
    assert abs(float(out.mean()) - mean) < 5 * (var / n) ** 0.5
    assert abs(float(out.var()) - var) < 5 * var * (2 / n) ** 0.5 + 0.01


# contract


def test_the_denoiser_is_told_the_time_the_state_and_its_last_answer():
    seen: list = []
    steps = list(sample(COSINE.reverse, spy(seen), random(2, 3, 2), grid(4), generator=generator()))
    assert [t.tolist() for _, t, _ in seen] == [[[v], [v]] for v in (1.0, 0.75, 0.5, 0.25)]
    assert seen[0][2] is None
    assert [float(prev.mean()) for _, _, prev in seen[1:]] == [1.0, 2.0, 3.0]
    assert [step.t.tolist() for step in steps] == [[[v], [v]] for v in (0.75, 0.5, 0.25, 0.0)]
    for (x_t, _, _), step in zip(seen[1:], steps, strict=False):
        assert x_t is step.x
    assert [float(step.x0_hat.mean()) for step in steps] == [1.0, 2.0, 3.0, 4.0]


def test_the_reverse_law_is_given_where_to_go_and_from_where():
    asked = []

    def law(x_t, x0_hat, s, t):
        asked.append((x_t, x0_hat, s, t))
        return COSINE.reverse(x_t, x0_hat, s, t)

    seen: list = []
    x = random(1, 2, 2)
    list(sample(law, spy(seen), x, grid(2), generator=generator()))
    assert [(s.tolist(), t.tolist()) for _, _, s, t in asked] == [([[0.5]], [[1.0]]), ([[0.0]], [[0.5]])]
    assert asked[0][0] is x
    assert [float(x0_hat.mean()) for _, x0_hat, _, _ in asked] == [1.0, 2.0]


@every_law
def test_clamped_tokens_survive_every_law_and_are_shown_clean(reverse):
    seen: list = []
    x, active = random(1, 3, 2), torch.tensor([[False, True, True]])
    for step in sample(reverse, spy(seen), x, grid(4), active, generator=generator(1)):
        assert torch.equal(step.x[:, 0], x[:, 0])
        assert not torch.equal(step.x[:, 1:], x[:, 1:])
    assert [t.tolist() for _, t, _ in seen] == [[[0.0, v, v]] for v in (1.0, 0.75, 0.5, 0.25)]


def test_clamped_words_survive():
    process, x = Masking(fading, 3), torch.tensor([[1, 2], [0, 2]])
    joint = torch.full((2, 2), 0.25, dtype=torch.float64)
    active = torch.tensor([[False, True]])
    out = last(sample(process.reverse, masked_pairs_denoiser(joint), x, grid(3), active, generator=generator()))
    assert out[:, 0].tolist() == [1, 0]
    assert (out[:, 1] < 2).all()


def test_each_token_may_have_its_own_clock():
    clocks = torch.tensor([[1.0, 1.0], [0.2, 0.9], [0.0, 0.5], [0.0, 0.0]])
    seen: list = []
    steps = list(sample(COSINE.reverse, spy(seen), random(1, 2, 3), clocks, generator=generator()))
    torch.testing.assert_close(torch.cat([t for _, t, _ in seen]), clocks[:-1])
    torch.testing.assert_close(torch.cat([step.t for step in steps]), clocks[1:])
    # the first token has arrived after two steps and stays
    assert torch.equal(steps[1].x[:, 0], steps[2].x[:, 0])
    assert not torch.equal(steps[1].x[:, 1], steps[2].x[:, 1])


def test_a_schedule_of_positions_goes_through_the_loop():
    process = VPGaussian(PlaceFirst(cosine))
    x = process.prior((1, 3, 2), dtype=torch.float64).sample(generator())
    answer = random(1, 3, 2)
    out = last(sample(process.reverse, lambda x_t, t, prev=None: answer, x, grid(5), generator=generator()))
    torch.testing.assert_close(out, answer)


def test_no_gradient_is_kept():
    weight = torch.ones(1, requires_grad=True)

    def denoise(x_t, t, prev=None):
        return weight * x_t

    for step in sample(COSINE.reverse, denoise, torch.ones(1, 1, 1), grid(2), generator=generator()):
        assert not step.x.requires_grad
        assert not step.x0_hat.requires_grad
        assert torch.is_grad_enabled()


def test_the_start_is_not_changed_in_place():
    x = random(1, 2, 3)
    copy = x.clone()
    last(sample(COSINE.reverse, exact_like(x), x, grid(3), generator=generator()))
    assert torch.equal(x, copy)


def exact_like(x0):
    return lambda x_t, t, prev=None: x0


# reverse laws


def test_ddim_with_eta_one_is_ancestral():
    x, answer = random(2, 3, 4), exact_like(random(2, 3, 4, seed=1))
    one, two = (
        last(sample(law, answer, x, grid(7), generator=generator())) for law in (ddim(COSINE, 1.0), COSINE.reverse)
    )
    assert torch.equal(one, two)


def test_ddim_of_one_step_of_the_chain_is_the_ddpm_posterior():
    T, x_t, x0 = 1000, random(1, 1, 3), random(1, 1, 3, seed=1)
    for i in (1, 2, 500, 1000):
        ours = ddim(COSINE, 1.0)(x_t, x0, times((i - 1) / T), times(i / T))
        theirs = COSINE.posterior(x_t, x0, times((i - 1) / T), times(i / T))
        assert torch.equal(ours.mean, theirs.mean)  # pyright: ignore[reportAttributeAccessIssue]
        assert torch.equal(ours.var, theirs.var)  # pyright: ignore[reportAttributeAccessIssue]


def test_ddim_is_deterministic_unless_told_otherwise():
    x, denoise = random(2, 3, 2), exact_denoiser(COSINE)

    def run(eta, seed):
        return last(sample(ddim(COSINE, *eta), denoise, x, grid(5), generator=generator(seed)))

    assert torch.equal(run((), 1), run((), 2))
    assert torch.equal(run((), 1), run((0.0,), 1))
    assert not torch.equal(run((0.5,), 1), run((0.5,), 2))


def test_samples_depend_on_the_generator_alone():
    x, denoise = random(2, 3, 2), exact_denoiser(COSINE)
    torch.manual_seed(3)
    first = last(sample(COSINE.reverse, denoise, x, grid(5), generator=generator(1)))
    torch.manual_seed(7)
    assert torch.equal(first, last(sample(COSINE.reverse, denoise, x, grid(5), generator=generator(1))))


# limits


@pytest.mark.parametrize("reverse", [COSINE.reverse, ddim(COSINE)])
def test_one_step_gives_the_first_belief(reverse):
    answer = random(2, 3, 4)
    (step,) = sample(reverse, exact_like(answer), random(2, 3, 4, seed=1), grid(1), generator=generator())
    torch.testing.assert_close(step.x, answer)


def test_a_repeated_time_does_nothing():
    x, denoise = random(1, 2, 2), exact_denoiser(COSINE)
    walk = torch.tensor([1.0, 0.5, 0.5, 0.0])
    steps = list(sample(ddim(COSINE), denoise, x, walk, generator=generator()))
    assert torch.equal(steps[0].x, steps[1].x)
    assert torch.equal(steps[2].x, last(sample(ddim(COSINE), denoise, x, grid(2), generator=generator())))


def test_a_walk_may_start_and_stop_between():
    steps = list(
        sample(COSINE.reverse, exact_denoiser(COSINE), random(1, 1, 2), torch.tensor([0.6, 0.2]), generator=generator())
    )
    assert [float(step.t) for step in steps] == [pytest.approx(0.2)]


def test_last_is_the_state_of_the_last_step():
    steps = list(sample(COSINE.reverse, exact_denoiser(COSINE), random(1, 1, 2), grid(3), generator=generator()))
    assert torch.equal(last(iter(steps)), steps[-1].x)


@pytest.mark.parametrize("device", DEVICES)
def test_every_device_gives_the_same_samples(device):
    process = VPGaussian(linear)
    x = random(4, 3, 2)

    def run(x):
        return last(sample(process.reverse, exact_denoiser(process), x, grid(20), generator=generator(3)))

    got = run(x.to(device))
    assert got.device.type == device
    torch.testing.assert_close(got.cpu(), run(x), rtol=1e-6, atol=1e-8)


# negative


@pytest.mark.parametrize(
    ("walk", "message"),
    [
        ([0.0, 0.5, 1.0], "times must never rise, but they do from step 0 to step 1"),
        ([1.0, 0.5, 0.6], "times must never rise, but they do from step 1 to step 2"),
        ([[1.0, 1.0], [0.5, 0.5], [0.4, 0.6]], "times must never rise, but they do from step 1 to step 2"),
        ([1.5, 0.0], "times must lie in [0, 1], got 1.5"),
        ([1.0, -0.25], "times must lie in [0, 1], got -0.25"),
        ([1.0, float("nan")], "times must lie in [0, 1], got nan"),
        ([1.0], "times must hold a start and an end at least, got 1"),
        ([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], "times must have one clock for each of the 2 tokens, got 3"),
    ],
)
def test_times_that_are_no_walk_are_refused_before_the_first_step(walk, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        sample(COSINE.reverse, exact_denoiser(COSINE), random(1, 2, 2), torch.tensor(walk), generator=generator())


def test_a_bad_eta_is_refused_at_the_first_step():
    steps = sample(ddim(COSINE, 2.0), exact_denoiser(COSINE), random(1, 2, 2), grid(2), generator=generator())
    with pytest.raises(ValueError, match="eta must lie in"):
        next(steps)
