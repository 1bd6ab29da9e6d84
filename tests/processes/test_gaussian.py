"""Gaussian diffusion: the laws of a process."""

import dataclasses
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import DEVICES, PROCESSES, PlaceFirst, every_process, fading, generator, random, times
from textdiff_lite.processes import Process, VPGaussian
from textdiff_lite.schedules import betas, cosine, grid, linear

pure = settings(deadline=None, derandomize=True, max_examples=50)
unit = st.floats(0, 1)
etas = pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])


# values by hand


def test_corrupt_has_the_published_moments():
    law = VPGaussian(fading).corrupt(torch.tensor([[[2.0, -4.0]]]), torch.tensor([[0.75]]))
    assert law.mean.tolist() == [[[1.0, -2.0]]]  # sqrt(1/4) x0
    assert law.var.tolist() == [[[0.75]]]


def test_noise_scale_multiplies_the_standard_deviation_and_not_the_signal():
    law = VPGaussian(fading, noise_scale=4.0).corrupt(torch.tensor([[[2.0]]]), torch.tensor([[0.75]]))
    assert law.mean.item() == 1.0
    assert law.var.item() == 12.0  # 16 * 0.75


def test_level_by_hand():
    signal, noise = VPGaussian(fading, noise_scale=2.0).level(times(0.75), 1)
    assert signal.item() == pytest.approx(0.5)
    assert noise.item() == pytest.approx(2 * math.sqrt(0.75))


def test_prior_is_noise_of_the_given_scale():
    law = VPGaussian(cosine, noise_scale=3.0).prior((2, 4, 5))
    assert torch.equal(law.mean, torch.zeros(2, 4, 5))
    assert torch.equal(law.var, torch.full((2, 4, 1), 9.0))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_prior_respects_dtype_and_device(dtype, device):
    law = VPGaussian(cosine).prior((1, 2, 3), dtype=dtype, device=device)
    for part in (law.mean, law.var):
        assert (part.dtype, part.device.type) == (dtype, device)


# the chain of the papers: c0, ct and beta-tilde for every t of T = 1000


@pytest.mark.parametrize("alpha_bar", [cosine, linear], ids=["cosine", "linear"])
def test_every_posterior_of_a_thousand_steps_is_ddpm_eq_7(alpha_bar):
    T = 1000
    beta = betas(alpha_bar, T)
    bar = torch.cat([torch.ones(1, dtype=torch.float64), (1 - beta).cumprod(0)])
    now, before = bar[1:], bar[:-1]
    c0 = before.sqrt() * beta / (1 - now)
    ct = (1 - beta).sqrt() * (1 - before) / (1 - now)
    beta_tilde = (1 - before) / (1 - now) * beta
    t = grid(T, dtype=torch.float64).flip(0)[None]
    got = VPGaussian(alpha_bar).posterior_weights(t[:, :-1], t[:, 1:], T)
    for ours, theirs in zip(got, (c0, ct, beta_tilde), strict=True):
        torch.testing.assert_close(ours.flatten(), theirs, rtol=1e-10, atol=1e-10)


def test_one_posterior_by_hand():
    # alpha_bar = 1 - t: a_s = 3/4, a_t = 1/4, step = 1/3, beta = 2/3
    w = VPGaussian(fading).posterior_weights(times(0.25), times(0.75), 1)
    assert w.x0.item() == pytest.approx(math.sqrt(3 / 4) * (2 / 3) / (3 / 4))
    assert w.x_t.item() == pytest.approx(math.sqrt(1 / 3) * (1 / 4) / (3 / 4))
    assert w.var.item() == pytest.approx((1 / 4) / (3 / 4) * (2 / 3))


@etas
@every_process
def test_posterior_is_ddim_eqs_12_and_16(process, eta):
    s, t, x_t, x0 = times(0.3), times(0.7), random(1, 2, 3), random(1, 2, 3, seed=1)
    a_s, a_t = process.alpha_bar(s).item(), process.alpha_bar(t).item()
    sigma = eta * math.sqrt((1 - a_s) / (1 - a_t)) * math.sqrt(1 - a_t / a_s)
    noise = (x_t - math.sqrt(a_t) * x0) / math.sqrt(1 - a_t)
    law = process.posterior(x_t, x0, s, t, eta)
    torch.testing.assert_close(law.mean, math.sqrt(a_s) * x0 + math.sqrt(1 - a_s - sigma**2) * noise)
    torch.testing.assert_close(law.var, torch.full((1, 2, 1), (process.noise_scale * sigma) ** 2).double())


# laws


@every_process
@pytest.mark.parametrize(("s", "t"), [(0.25, 0.6), (0.5, 0.501), (0.01, 1.0)])
def test_posterior_is_the_conditional_of_the_joint_gaussian(process, s, t):
    a_s, a_t = (process.alpha_bar(times(u)).item() for u in (s, t))
    scale, x0, x_t = process.noise_scale**2, 1.7, -0.4
    # x_s and x_t given x0 are jointly normal; their covariance is sqrt(a_t / a_s) var(x_s)
    var_s, var_t, cov = scale * (1 - a_s), scale * (1 - a_t), math.sqrt(a_t / a_s) * scale * (1 - a_s)
    mean = math.sqrt(a_s) * x0 + cov / var_t * (x_t - math.sqrt(a_t) * x0)
    var = var_s - cov**2 / var_t

    def state(value):
        return torch.tensor([[[value]]], dtype=torch.float64)

    law = process.posterior(state(x_t), state(x0), times(s), times(t))
    assert law.mean.item() == pytest.approx(mean, rel=1e-10)
    assert law.var.item() == pytest.approx(var, rel=1e-10)


@pure
@given(unit, unit, unit, st.sampled_from(sorted(PROCESSES)))
def test_marginals_are_kept_for_every_eta_and_every_pair_of_times(u, v, eta, name):
    process, (s, t) = PROCESSES[name], sorted((u, v))
    w = process.posterior_weights(times(s), times(t), 1, eta)
    at_s, at_t = process.level(times(s), 1), process.level(times(t), 1)
    close = {"rtol": 1e-9, "atol": 1e-9}
    torch.testing.assert_close(w.x0 + w.x_t * at_t.signal, at_s.signal, **close)
    torch.testing.assert_close(w.var + (w.x_t * at_t.noise) ** 2, at_s.noise**2, **close)
    assert w.var >= 0
    assert w.x0 >= -1e-12


@pure
@given(unit, unit, unit)
def test_posteriors_chain(u, v, w):
    """From t to r is the same as from t to s and from s to r, in law."""
    process, (r, s, t) = PROCESSES["fading"], (times(x) for x in sorted((u, v, w)))
    jump = process.posterior_weights(r, t, 1)
    one, two = process.posterior_weights(s, t, 1), process.posterior_weights(r, s, 1)
    close = {"rtol": 1e-8, "atol": 1e-8}
    torch.testing.assert_close(two.x_t * one.x_t, jump.x_t, **close)
    torch.testing.assert_close(two.x0 + two.x_t * one.x0, jump.x0, **close)
    torch.testing.assert_close(two.var + two.x_t**2 * one.var, jump.var, **close)


@etas
def test_sampled_marginals_are_kept(eta):
    n, process = 20000, VPGaussian(cosine)
    x0, s, t = torch.full((n, 1, 1), 1.5, dtype=torch.float64), times(0.3), times(0.8)
    g, want = generator(), process.corrupt(x0[:1], times(0.3))
    x_s = process.posterior(process.corrupt(x0, t).sample(g), x0, s, t, eta).sample(g)
    var = want.var.item()
    assert abs(x_s.mean().item() - want.mean.item()) < 5 * (var / n) ** 0.5
    assert abs(x_s.var().item() - var) < 5 * var * (2 / n) ** 0.5


@every_process
def test_reverse_is_the_posterior_at_the_belief(process):
    x_t, belief, s, t = random(2, 3, 4), random(2, 3, 4, seed=1), times(0.2, 0.5), times(0.4, 0.9)
    ours, theirs = process.reverse(x_t, belief, s, t), process.posterior(x_t, belief, s, t)
    assert torch.equal(ours.mean, theirs.mean)
    assert torch.equal(ours.var, theirs.var)
    assert (ours.var > 0).all()


@pure
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.booleans(), st.booleans())
def test_answers_have_the_shape_of_the_state(B, L, d, one_time, one_sequence):
    t = torch.full((1 if one_sequence else B, 1 if one_time else L), 0.6, dtype=torch.float64)
    x = random(B, L, d)
    for law in (PROCESSES["cosine"].corrupt(x, t), PROCESSES["cosine"].posterior(x, x, t / 2, t)):
        assert law.mean.shape == (B, L, d)
        assert law.var.shape == (B, L, 1)


# limits


@etas
@every_process
@pytest.mark.parametrize("t", [0.0, 0.001, 0.37, 1.0])
def test_a_step_from_t_to_t_is_the_identity(process, t, eta):
    x_t, x0 = random(1, 2, 3), random(1, 2, 3, seed=1)
    law = process.posterior(x_t, x0, times(t), times(t), eta)
    assert torch.equal(law.mean, x_t)
    assert (law.var == 0).all()


@etas
@every_process
def test_the_last_step_gives_the_belief_whatever_eta_is(process, eta):
    x_t, x0 = random(1, 2, 3), random(1, 2, 3, seed=1)
    law = process.posterior(x_t, x0, times(0.0), times(0.4), eta)
    torch.testing.assert_close(law.mean, x0)
    assert (law.var == 0).all()


@every_process
def test_a_token_at_time_zero_is_untouched(process):
    x, other = random(1, 2, 3), random(1, 2, 3, seed=1)
    s, t = torch.tensor([[0.0, 0.25]]), torch.tensor([[0.0, 0.5]])
    law = process.corrupt(x, t)
    assert torch.equal(law.mean[:, 0], x[:, 0])
    assert law.var[0, 0] == 0
    assert law.var[0, 1] > 0
    law = process.posterior(x, other, s, t)
    assert torch.equal(law.mean[:, 0], x[:, 0])
    assert law.var[0, 0] == 0
    assert law.var[0, 1] > 0


def test_nothing_of_x0_is_left_where_alpha_bar_is_zero():
    law = VPGaussian(cosine).corrupt(random(1, 2, 3), times(1.0))
    assert torch.equal(law.mean, torch.zeros(1, 2, 3, dtype=torch.float64))
    assert (law.var == 1).all()


def test_one_step_from_pure_noise_forgets_the_noise():
    process, x0 = VPGaussian(cosine), random(1, 2, 3)
    law = process.posterior(random(1, 2, 3, seed=1), x0, times(0.5), times(1.0))
    want = process.corrupt(x0, times(0.5))
    torch.testing.assert_close(law.mean, want.mean)
    torch.testing.assert_close(law.var, want.var)


def test_a_flat_stretch_of_the_schedule_is_a_step_that_does_nothing():
    late = VPGaussian(lambda t, word=None, position=None: 1 - (2 * t - 1).clamp(min=0))
    early = VPGaussian(lambda t, word=None, position=None: (1 - 2 * t).clamp(min=0))
    x_t, x0 = random(1, 2, 3), random(1, 2, 3, seed=1)
    for process, s, t in [(late, 0.1, 0.4), (early, 0.6, 0.9)]:
        law = process.posterior(x_t, x0, times(s), times(t))
        assert torch.equal(law.mean, x_t)
        assert (law.var == 0).all()


# times per token, schedules per position


def test_a_time_for_each_token_is_as_many_processes():
    process, x0, x_t = VPGaussian(cosine), random(1, 3, 2), random(1, 3, 2, seed=1)
    s, t = torch.tensor([[0.1, 0.3, 0.0]]).double(), torch.tensor([[0.4, 0.9, 0.2]]).double()
    together = process.posterior(x_t, x0, s, t)
    for l in range(3):
        alone = process.posterior(x_t[:, [l]], x0[:, [l]], s[:, [l]], t[:, [l]])
        torch.testing.assert_close(together.mean[:, [l]], alone.mean)
        torch.testing.assert_close(together.var[:, [l]], alone.var)


def test_a_schedule_may_look_at_the_position():
    process, x0, x_t = VPGaussian(PlaceFirst(cosine)), random(2, 3, 2), random(2, 3, 2, seed=1)
    s, t = times(0.3, 0.5), times(0.6, 0.9)
    noisy, back = process.corrupt(x0, t), process.posterior(x_t, x0, s, t)
    for l in range(3):
        u, v = s ** (1 + l), t ** (1 + l)
        alone = VPGaussian(cosine)
        torch.testing.assert_close(noisy.var[:, [l]], alone.corrupt(x0[:, [l]], v).var)
        torch.testing.assert_close(noisy.mean[:, [l]], alone.corrupt(x0[:, [l]], v).mean)
        torch.testing.assert_close(back.mean[:, [l]], alone.posterior(x_t[:, [l]], x0[:, [l]], u, v).mean)


# precision, devices, gradients


def test_float32_times_and_states_keep_the_digits_of_small_noise():
    T, process = 1000, VPGaussian(cosine)
    t = grid(T, dtype=torch.float64)[:-1][None]
    x0 = torch.zeros(1, T, 1)
    exact = process.corrupt(x0.double(), t).var
    got = process.corrupt(x0, t.float()).var
    assert got.dtype == torch.float32
    torch.testing.assert_close(got.double(), exact, rtol=1e-6, atol=0)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_process
def test_every_device_gives_the_same_posterior(process, dtype, device):
    x_t, x0 = (random(2, 3, 4, seed=i).to(device, dtype) for i in (1, 2))
    s, t = times(0.0, 0.3).to(device, dtype), times(0.01, 0.9).to(device, dtype)
    got = process.posterior(x_t, x0, s, t, 0.5)
    want = process.posterior(x_t.cpu().double(), x0.cpu().double(), s.cpu().double(), t.cpu().double(), 0.5)
    assert (got.mean.dtype, got.var.dtype, got.mean.device.type) == (dtype, dtype, device)
    torch.testing.assert_close(got.mean.cpu().double(), want.mean, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(got.var.cpu().double(), want.var, rtol=1e-4, atol=1e-6)


@every_process
def test_gradients_reach_states_and_beliefs_and_are_finite_at_the_edges(process):
    s, t = torch.tensor([[0.0, 0.0, 0.3, 0.5, 1.0]]), torch.tensor([[0.0, 0.4, 0.3, 1.0, 1.0]])
    x0, x_t = random(1, 5, 2).float().requires_grad_(), random(1, 5, 2, seed=1).float().requires_grad_()
    noisy = process.corrupt(x0, t).sample(generator())
    back = process.posterior(x_t, x0, s, t).sample(generator())
    (noisy.square().sum() + back.square().sum()).backward()
    for x in (x0, x_t):
        assert x.grad is not None
        assert x.grad.isfinite().all()
        assert x.grad.abs().sum() > 0


def test_gradients_of_a_learned_schedule_are_finite_at_the_edges():
    rate = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    process = VPGaussian(lambda t, word=None, position=None: (1 - t) ** rate)
    x0 = random(1, 3, 2)
    law = process.corrupt(x0, torch.tensor([[0.0, 0.5, 1.0]]).double())
    (law.sample(generator()).sum() + law.var.sum()).backward()
    assert rate.grad is not None
    assert rate.grad.isfinite()
    assert rate.grad != 0


# contract and negative


def test_a_process_is_frozen_and_replaced():
    process = VPGaussian(cosine)
    with pytest.raises(dataclasses.FrozenInstanceError):
        process.noise_scale = 2.0  # pyright: ignore[reportAttributeAccessIssue]
    assert dataclasses.replace(process, noise_scale=2.0).noise_scale == 2.0
    assert isinstance(process, Process)


def test_the_four_questions_are_abstract():
    assert Process.__abstractmethods__ == {"corrupt", "posterior", "reverse", "prior"}


def test_a_process_refuses_what_is_no_schedule():
    with pytest.raises(ValueError, match=r"alpha_bar\(0\) must be 1 \(a clean token\), got 0"):
        VPGaussian(lambda t, word=None, position=None: t)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_a_process_refuses_a_noise_scale_that_is_not_positive(scale):
    with pytest.raises(ValueError, match=f"noise_scale must be positive and finite, got {scale}"):
        VPGaussian(cosine, noise_scale=scale)


@pytest.mark.parametrize("eta", [-0.1, 1.1, math.nan])
def test_an_eta_outside_its_range_is_refused(eta):
    with pytest.raises(ValueError, match=rf"eta must lie in \[0, 1\] \(1 is DDPM, 0 is DDIM\), got {eta}"):
        VPGaussian(cosine).posterior(random(1, 1, 1), random(1, 1, 1), times(0.1), times(0.2), eta)


@pytest.mark.parametrize("t", [-0.5, 1.5, float("nan")])
def test_times_outside_their_range_are_refused(t):
    process, x0 = VPGaussian(cosine), random(1, 2, 3)
    with pytest.raises(ValueError, match=r"times must lie in \[0, 1\], got \["):
        process.corrupt(x0, times(t))


def test_a_step_upwards_in_time_is_refused():
    process, x0 = VPGaussian(cosine), random(1, 2, 3)
    with pytest.raises(ValueError, match=r"s must be at most t: .* got s - t up to 0\.6"):
        process.posterior(x0, x0, times(0.8), times(0.2))
