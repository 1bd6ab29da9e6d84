"""What a network predicts, turned into a belief about x_0 and back."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import (
    DEVICES,
    FREQUENCIES,
    POINTS,
    PROCESSES,
    every_process,
    fading,
    generator,
    random,
    times,
    word_logits,
)
from textdiff_lite import exact, prediction
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine, previous

pure = settings(deadline=None, derandomize=True, max_examples=50)
PAIRS = {
    "eps": (prediction.x0_from_eps, prediction.eps_from_x0),
    "v": (prediction.x0_from_v, prediction.v_from_x0),
    "score": (prediction.x0_from_score, prediction.score_from_x0),
}
every_target = pytest.mark.parametrize("target", PAIRS)


def one(value: float) -> torch.Tensor:
    return torch.tensor([[[value]]], dtype=torch.float64)


# values: alpha_bar = 1/4, so signal 1/2; x0 = 2, eps = 1, noise_scale = 2, so noise 2 sqrt(3/4) = sqrt(3)


def test_targets_by_hand():
    process, t = VPGaussian(fading, noise_scale=2.0), times(0.75)
    x0, x_t = one(2.0), one(1.0 + math.sqrt(3))
    assert prediction.eps_from_x0(process, x_t, x0, t).item() == pytest.approx(1.0)
    # signal c eps - sigma x0
    assert prediction.v_from_x0(process, x_t, x0, t).item() == pytest.approx(0.5 * 2 * 1 - math.sqrt(0.75) * 2)
    assert prediction.score_from_x0(process, x_t, x0, t).item() == pytest.approx(-1 / math.sqrt(3))


def test_beliefs_by_hand():
    process, t, x_t = VPGaussian(fading, noise_scale=2.0), times(0.75), one(1.0 + math.sqrt(3))
    assert prediction.x0_from_eps(process, x_t, one(1.0), t).item() == pytest.approx(2.0)
    assert prediction.x0_from_v(process, x_t, one(1 - math.sqrt(3)), t).item() == pytest.approx(2.0)
    assert prediction.x0_from_score(process, x_t, one(-1 / math.sqrt(3)), t).item() == pytest.approx(2.0)


@every_process
def test_score_is_the_gradient_of_the_log_density(process):
    x0, t = random(2, 3, 4), times(0.3, 0.8)
    x_t = random(2, 3, 4, seed=1).requires_grad_()
    (slope,) = torch.autograd.grad(process.corrupt(x0, t).log_prob(x_t).sum(), x_t)
    torch.testing.assert_close(prediction.score_from_x0(process, x_t.detach(), x0, t), slope)


@every_process
def test_eps_is_the_noise_that_was_drawn(process):
    x0, t, noise = random(2, 3, 4), times(0.3, 0.8), random(2, 3, 4, seed=1)
    torch.testing.assert_close(prediction.eps_from_x0(process, process.corrupt(x0, t).at(noise), x0, t), noise)


def test_v_is_the_velocity_on_the_circle():
    # x_t = cos(phi) x0 + sin(phi) eps, v = dx_t / dphi (Salimans & Ho 2022)
    process, phi, x0, eps = VPGaussian(fading), 0.7, random(1, 2, 3), random(1, 2, 3, seed=1)

    def state(angle):
        return math.cos(angle) * x0 + math.sin(angle) * eps

    h = 1e-5
    slope = (state(phi + h) - state(phi - h)) / (2 * h)
    v = prediction.v_from_x0(process, state(phi), x0, times(math.sin(phi) ** 2))
    torch.testing.assert_close(v, slope, rtol=1e-8, atol=1e-8)


# laws


@pure
@given(st.floats(0.01, 0.99), st.sampled_from(sorted(PROCESSES)), st.sampled_from(sorted(PAIRS)))
def test_there_and_back_is_where_we_were(t, name, target):
    process, (forth, back) = PROCESSES[name], PAIRS[target]
    x0, x_t = random(1, 2, 3), random(1, 2, 3, seed=1)
    returned = forth(process, x_t, back(process, x_t, x0, times(t)), times(t))
    torch.testing.assert_close(returned, x0, rtol=1e-7, atol=1e-7)


@every_process
@pytest.mark.parametrize(("s", "t"), [(0.0, 0.1), (0.3, 0.4), (0.9, 1.0), (0.2, 0.9)])
def test_the_posterior_mean_gives_x0_back(process, s, t):
    x0, x_t = random(1, 2, 3), random(1, 2, 3, seed=1)
    mean = process.posterior(x_t, x0, times(s), times(t)).mean
    torch.testing.assert_close(prediction.x0_from_mean(process, x_t, mean, times(s), times(t)), x0)


# edges


@every_target
def test_a_clean_token_is_its_own_belief(target):
    forth, back = PAIRS[target]
    x, any_answer = random(1, 2, 3), random(1, 2, 3, seed=1)
    assert torch.equal(forth(VPGaussian(cosine), x, any_answer, times(0.0)), x)
    assert torch.equal(back(VPGaussian(cosine), x, x, times(0.0)), torch.zeros_like(x))


def test_a_step_that_does_nothing_gives_the_state_back():
    x, any_answer = random(1, 2, 3), random(1, 2, 3, seed=1)
    for t in (0.0, 0.4):
        assert torch.equal(prediction.x0_from_mean(VPGaussian(cosine), x, any_answer, times(t), times(t)), x)


@pytest.mark.parametrize("forth", [prediction.x0_from_eps, prediction.x0_from_score])
def test_noise_and_score_say_nothing_where_nothing_survives(forth):
    x, any_answer = random(1, 2, 3), random(1, 2, 3, seed=1)
    assert torch.equal(forth(VPGaussian(cosine), x, any_answer, times(1.0)), torch.zeros_like(x))


def test_velocity_is_minus_x0_where_nothing_survives():
    x, v = random(1, 2, 3), random(1, 2, 3, seed=1)
    torch.testing.assert_close(prediction.x0_from_v(VPGaussian(cosine), x, v, times(1.0)), -v)
    torch.testing.assert_close(prediction.v_from_x0(VPGaussian(cosine), x, v, times(1.0)), -v)


@every_target
def test_gradients_are_finite_at_both_ends(target):
    t = torch.tensor([[0.0, 0.5, 1.0]])
    for change in PAIRS[target]:
        answer, x_t = torch.ones(1, 3, 2, requires_grad=True), torch.ones(1, 3, 2, requires_grad=True)
        change(VPGaussian(cosine), x_t, answer, t).sum().backward()
        for x in (answer, x_t):
            assert x.grad is not None
            assert x.grad.isfinite().all()
            assert x.grad.abs().sum() > 0


# wrappers


def spied(answer):
    """A network that gives `answer` and remembers what it was asked."""
    asked = []

    def network(x_t, t, prev=None):
        asked.append((x_t, t, prev))
        return answer

    return network, asked


@pytest.mark.parametrize("kind", ["eps", "v", "score", "mean"])
@every_process
def test_a_network_that_predicts_the_target_is_a_perfect_denoiser(process, kind):
    x0, x_t, t, prev = random(2, 3, 4), random(2, 3, 4, seed=1), times(0.3, 0.8), random(2, 3, 4, seed=2)
    if kind == "mean":
        network, asked = spied(process.posterior(x_t, x0, previous(t, 10), t).mean)
        denoise = prediction.from_mean(network, process, 10)
    else:
        network, asked = spied(PAIRS[kind][1](process, x_t, x0, t))
        denoise = getattr(prediction, f"from_{kind}")(network, process)
    torch.testing.assert_close(denoise(x_t, t, prev=prev), x0)
    assert isinstance(denoise, prediction.Denoise)
    ((saw_x, saw_t, saw_prev),) = asked
    assert saw_x is x_t
    assert saw_t is t
    assert saw_prev is prev


def test_prev_is_none_unless_given():
    network, asked = spied(random(1, 2, 3))
    process = VPGaussian(cosine)
    for denoise in (
        prediction.from_eps(network, process),
        prediction.from_v(network, process),
        prediction.from_score(network, process),
        prediction.from_mean(network, process, 10),
    ):
        denoise(random(1, 2, 3), times(0.5))
    assert [prev for _, _, prev in asked] == [None] * 4


@pytest.mark.parametrize("device", DEVICES)
@every_target
def test_dtype_and_device_of_the_state_are_kept(target, device):
    for change in PAIRS[target]:
        x = torch.randn(1, 2, 3, generator=generator()).to(device)
        got = change(VPGaussian(cosine), x, x, torch.tensor([[0.5]], device=device))
        assert (got.dtype, got.device.type) == (torch.float32, device)


# a network that scores words


def test_the_belief_of_scores_is_the_mean_vector_under_their_softmax():
    vectors, scores = random(5, 3), random(2, 4, 5, seed=1)
    network, _ = spied(scores)
    p = scores.exp() / scores.exp().sum(-1, keepdim=True)
    want = sum(p[..., word, None] * vectors[word] for word in range(5))
    torch.testing.assert_close(prediction.from_logits(network, vectors)(random(2, 4, 3), times(0.5)), want)
    # all scores alike: the mean of the rows; one far above the others: its row
    network, _ = spied(torch.zeros(2, 4, 5).double())
    belief = prediction.from_logits(network, vectors)(random(2, 4, 3), times(0.5))
    torch.testing.assert_close(belief, vectors.mean(0).expand(2, 4, 3))
    network, _ = spied(1000 * torch.nn.functional.one_hot(torch.tensor([[3, 1]]), 5).double())
    assert torch.equal(prediction.from_logits(network, vectors)(random(1, 2, 3), times(0.5))[0], vectors[[3, 1]])


def test_scores_of_bayes_are_a_perfect_denoiser():
    process, t = VPGaussian(cosine), times(0.3, 0.8)
    x_t = process.corrupt(POINTS[[0, 4]].expand(2, 2, 2), t).sample(generator())

    def network(x_t, t, prev=None):
        return word_logits(process, x_t, t)

    torch.testing.assert_close(
        prediction.from_logits(network, POINTS)(x_t, t), exact.word_denoiser(process, POINTS, FREQUENCIES.log())(x_t, t)
    )


def test_scores_are_asked_as_they_would_be_without_and_train_the_vectors():
    vectors = random(5, 3).requires_grad_()
    network, asked = spied(random(2, 4, 5, seed=1).requires_grad_())
    x_t, t, prev = random(2, 4, 3), times(0.4, 0.5), random(2, 4, 3, seed=2)
    denoise = prediction.from_logits(network, vectors)
    denoise(x_t, t, prev=prev).sum().backward()
    denoise(x_t, t)
    (saw_x, saw_t, saw_prev), (_, _, nothing) = asked
    assert saw_x is x_t
    assert saw_t is t
    assert saw_prev is prev
    assert nothing is None
    assert isinstance(denoise, prediction.Denoise)
    assert vectors.grad is not None
    assert vectors.grad.abs().sum() > 0
