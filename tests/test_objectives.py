"""Losses per token, their weights, and the three terms of the variational bound."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import (
    DEVICES,
    ENTROPY,
    FREQUENCIES,
    POINTS,
    PROCESSES,
    Masking,
    every_process,
    exact_denoiser,
    fading,
    generator,
    masked_pairs_denoiser,
    random,
    times,
    word_logits,
)
from textdiff_lite import objectives, prediction
from textdiff_lite.distributions import Gaussian
from textdiff_lite.objectives import Bound
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine, grid, linear, stratified_times

pure = settings(deadline=None, derandomize=True, max_examples=50)


def silent(x_t, x0_hat, t):
    """A last term that costs nothing."""
    return torch.zeros(x_t.shape[:2], dtype=x0_hat.dtype)


def one_nat(x_t, x0_hat, t):
    return torch.ones(x_t.shape[:2], dtype=x0_hat.dtype)


def guess_a_point(x_t, t, prev=None):
    return torch.full_like(x_t, 0.3)


# values by hand


def test_squared_error_is_a_mean_over_coordinates():
    guess, target = torch.tensor([[[1.0, 2.0], [0.0, 0.0]]]), torch.tensor([[[0.0, 4.0], [0.0, 0.0]]])
    assert objectives.squared_error(guess, target).tolist() == [[2.5, 0.0]]


def test_cross_entropy_of_logits_and_of_log_probabilities_is_the_same():
    logits, ids = random(2, 3, 5), torch.tensor([[0, 1, 4], [2, 2, 3]])
    want = -logits.log_softmax(-1).gather(-1, ids[..., None]).squeeze(-1)
    torch.testing.assert_close(objectives.cross_entropy(logits, ids), want)
    torch.testing.assert_close(objectives.cross_entropy(logits.log_softmax(-1), ids), want)


def test_cross_entropy_of_certain_and_impossible_words():
    logits = torch.tensor([[[0.0, -math.inf], [0.0, -math.inf]]])
    assert objectives.cross_entropy(logits, torch.tensor([[0, 1]])).tolist() == [[0.0, math.inf]]


def test_gaussian_decoder_by_hand():
    last = objectives.gaussian_decoder(torch.tensor([[[1.0, 0.0]]]), var=4.0)
    nats = last(torch.zeros(1, 1, 2), torch.tensor([[[1.0, 2.0]]]), torch.ones(1, 1)).item()
    assert nats == pytest.approx(math.log(2 * math.pi * 4) + 4 / 8)


@pytest.mark.parametrize("var", [0.0, -1.0, math.nan])
def test_a_decoder_variance_that_is_not_positive_is_refused(var):
    with pytest.raises(ValueError, match=f"var must be positive, got {var}"):
        objectives.gaussian_decoder(torch.zeros(1, 1, 1), var)


def test_word_decoder_is_cross_entropy_of_the_belief():
    words, belief = torch.tensor([[1, 3]]), random(1, 2, 4)
    last = objectives.word_decoder(lambda x0_hat: 2 * x0_hat, words)
    got = last(random(1, 2, 4, seed=1), belief, times(0.1))
    torch.testing.assert_close(got, objectives.cross_entropy(2 * belief, words))


def test_total_is_the_sum_of_the_terms():
    assert Bound(torch.tensor(1.0), torch.tensor(2.0), torch.tensor(4.0)).total.item() == 7.0


# weights of the four targets


@pure
@given(st.floats(0.02, 0.98), st.sampled_from(sorted(PROCESSES)))
def test_errors_of_all_targets_are_one_error_with_weights(t, name):
    process, x_t, x0, guess = PROCESSES[name], random(1, 2, 3), random(1, 2, 3, seed=1), random(1, 2, 3, seed=2)
    at, s = times(t), times(t - 0.01)
    error = objectives.squared_error(guess, x0)
    for change, weight in [
        (prediction.eps_from_x0, objectives.eps_weight(process, at, 2)),
        (prediction.v_from_x0, objectives.v_weight(process, at, 2)),
        (prediction.score_from_x0, objectives.score_weight(process, at, 2)),
    ]:
        own = objectives.squared_error(change(process, x_t, guess, at), change(process, x_t, x0, at))
        torch.testing.assert_close(own, weight * error)
    means = (process.posterior(x_t, x, s, at).mean for x in (guess, x0))
    torch.testing.assert_close(
        objectives.squared_error(*means), objectives.mean_weight(process, s, at, 2) * error, rtol=1e-6, atol=1e-12
    )


def test_weights_by_hand():
    # alpha_bar = 1 - t at t = 3/4 and s = 1/2: SNR 1/3 and 1
    process, s, t = VPGaussian(fading), times(0.5), times(0.75)
    assert objectives.eps_weight(process, t, 1).item() == pytest.approx(1 / 3)
    assert objectives.v_weight(process, t, 1).item() == pytest.approx(4 / 3)
    assert objectives.score_weight(process, t, 1).item() == pytest.approx(4 / 9)
    assert objectives.mean_weight(process, s, t, 1).item() == pytest.approx(1 / 2 * (1 / 2 / (3 / 4)) ** 2)
    assert objectives.bound_weight(process, s, t, 1).item() == pytest.approx((1 - 1 / 3) / 2)


def test_noise_scale_divides_the_weights():
    plain, scaled, s, t = VPGaussian(fading), VPGaussian(fading, noise_scale=2.0), times(0.5), times(0.75)
    for weight, factor in [(objectives.eps_weight, 4), (objectives.v_weight, 1), (objectives.score_weight, 16)]:
        assert weight(scaled, t, 1).item() == pytest.approx(weight(plain, t, 1).item() / factor)
    assert objectives.bound_weight(scaled, s, t, 1).item() == pytest.approx(1 / 3 / 4)
    assert objectives.mean_weight(scaled, s, t, 1).item() == objectives.mean_weight(plain, s, t, 1).item()


@every_process
def test_the_two_forms_of_the_kl_agree_for_every_step_of_a_thousand(process):
    T, d = 1000, 3
    t = grid(T, dtype=torch.float64).flip(0)[None]
    s, t = t[:, 1:-1], t[:, 2:]  # the KLs of t = 2/T .. 1
    x0, guess, x_t = random(1, T - 1, d), random(1, T - 1, d, seed=1), random(1, T - 1, d, seed=2)
    kl = process.posterior(x_t, x0, s, t).kl(process.reverse(x_t, guess, s, t))
    weight = objectives.bound_weight(process, s, t, T - 1)
    torch.testing.assert_close(kl, weight * d * objectives.squared_error(guess, x0), rtol=1e-8, atol=1e-12)


# the bound: oracle


def six_words(process: VPGaussian, steps: int, n: int) -> tuple[Bound, torch.Tensor]:
    """The bound of each of the six words with the exact denoiser, n noise draws: terms and total in nats."""
    words = torch.arange(6).expand(n, 6)

    def last(x_t, x0_hat, t):
        return objectives.cross_entropy(word_logits(process, x_t, t), words)

    found = objectives.bound(process, exact_denoiser(process), POINTS[words], steps, last, generator())
    return Bound(*((term * FREQUENCIES).sum(1) for term in found)), (found.total * FREQUENCIES).sum(1)


# Measured with these points and n = 1,000 to 4,000 draws: 2.704, 1.786, 1.710, 1.6462 nats; entropy 1.6400.
@pytest.mark.parametrize(("steps", "n", "nats"), [(10, 2000, 2.704), (50, 500, 1.786), (100, 300, 1.710)])
def test_the_bound_of_the_exact_denoiser_approaches_the_entropy_from_above(steps, n, nats):
    terms, total = six_words(VPGaussian(cosine), steps, n)
    error = float(total.std()) / n**0.5
    assert float(total.mean()) > ENTROPY - 5 * error
    assert abs(float(total.mean()) - nats) < 5 * error + 0.002
    assert terms.prior.abs().max() < 1e-12


def test_the_bound_of_a_thousand_steps_is_all_but_the_entropy():
    process, n = VPGaussian(cosine), 50_000
    words = torch.arange(6).expand(n, 6)

    def last(x_t, x0_hat, t):
        return objectives.cross_entropy(word_logits(process, x_t, t), words)

    t = stratified_times(n, generator(1), torch.float64)
    found = objectives.bound_estimate(process, exact_denoiser(process), POINTS[words], t, 1000, last, generator())
    total = (found.total * FREQUENCIES).sum(1)
    error = float(total.std()) / n**0.5
    assert error < 0.02
    assert ENTROPY - 5 * error < float(total.mean()) < ENTROPY + 0.0062 + 5 * error


def test_the_bound_of_a_chain_of_one_step_is_the_last_term_alone():
    terms, total = six_words(VPGaussian(cosine), 1, 3)
    # all is noise at t = 1, so the best that is left are the frequencies
    torch.testing.assert_close(total, torch.full((3,), ENTROPY, dtype=torch.float64))
    assert (terms.diffusion == 0).all()


def test_the_bound_of_a_chain_of_two_steps_is_its_three_terms_written_out():
    process, x0, steps = VPGaussian(fading, noise_scale=2.0), random(3, 2, 4), 2
    seen = []

    def denoise(x_t, t, prev=None):
        seen.append((x_t, t))
        return guess_a_point(x_t, t)

    last = objectives.gaussian_decoder(x0, 0.1)
    found = objectives.bound(process, denoise, x0, steps, last, generator())
    (x_2, t_2), (_, t_1) = seen
    assert (t_2 == 1).all()
    assert (t_1 == 0.5).all()
    half, one = times(0.5), times(1.0)
    kl = process.posterior(x_2, x0, half, one).kl(process.posterior(x_2, torch.full_like(x0, 0.3), half, one))
    torch.testing.assert_close(found.diffusion, kl)
    torch.testing.assert_close(found.last, last(x0, torch.full_like(x0, 0.3), half))
    zero = torch.zeros_like(x0)
    prior = Gaussian(zero, zero[..., :1]).kl(Gaussian(zero, zero[..., :1]))
    torch.testing.assert_close(found.prior, prior)  # fading leaves nothing at t = 1
    torch.testing.assert_close(found.total, found.prior + found.diffusion + found.last)


def test_the_prior_term_is_the_kl_of_what_survives():
    process, x0 = VPGaussian(linear, noise_scale=2.0), random(2, 3, 4)
    a = process.alpha_bar(torch.tensor(1.0, dtype=torch.float64)).item()
    by_hand = 0.5 * (4 * (-a - math.log(1 - a)) + a * x0.square().sum(-1) / 4)
    found = objectives.bound_estimate(process, guess_a_point, x0, times(0.5, 0.5), 10, silent, generator())
    torch.testing.assert_close(found.prior, by_hand)
    assert (found.prior > 0).all()


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_estimate_over_all_times_is_the_bound(steps):
    process, n = VPGaussian(cosine), 4000
    x0 = POINTS[[0, 3]].expand(n, 2, 2)
    last = objectives.gaussian_decoder(x0, 0.5)
    whole = objectives.bound(process, guess_a_point, x0, steps, last, generator(1))
    t = stratified_times(n, generator(2), torch.float64)
    once = objectives.bound_estimate(process, guess_a_point, x0, t, steps, last, generator(3))
    for one, all_ in zip(once, whole, strict=True):
        error = (one.var(0) / n + all_.var(0) / n).sqrt()
        assert ((one.mean(0) - all_.mean(0)).abs() <= 5 * error + 1e-12).all()


def test_the_last_term_is_called_for_the_first_step_only_and_weighs_all_steps():
    process, x0, T = VPGaussian(cosine), random(3, 2, 2), 4
    t = times(0.01, 0.25, 0.2500001)  # rounded up to 1/4, 1/4, 1/2
    found = objectives.bound_estimate(process, guess_a_point, x0, t, T, one_nat, generator())
    assert found.last.tolist() == [[4.0, 4.0], [4.0, 4.0], [0.0, 0.0]]
    assert (found.diffusion[:2] == 0).all()
    assert (found.diffusion[2] > 0).all()


def test_the_estimate_weighs_one_kl_by_the_number_of_steps():
    process, x0, T = VPGaussian(cosine), random(1, 2, 3), 10
    found = objectives.bound_estimate(process, guess_a_point, x0, times(0.7), T, silent, generator())
    weight = objectives.bound_weight(process, times(0.6), times(0.7), 2)
    error = objectives.squared_error(torch.full_like(x0, 0.3), x0)
    torch.testing.assert_close(found.diffusion, T * weight * 3 * error)


def test_the_estimate_shows_the_denoiser_the_rounded_time_and_the_state_there():
    seen = []

    def spy(x_t, t, prev=None):
        seen.append((x_t, t, prev))
        return x_t

    process, x0 = VPGaussian(cosine), random(2, 3, 2)
    objectives.bound_estimate(process, spy, x0, times(0.31, 0.9), 10, silent, generator(5))
    ((x_t, t, prev),) = seen
    torch.testing.assert_close(t, times(0.4, 0.9))
    assert prev is None
    assert torch.equal(x_t, process.corrupt(x0, t).sample(generator(5)))


def test_a_given_token_costs_nothing_and_is_shown_clean():
    process, x0 = VPGaussian(linear), random(2, 3, 2)
    active = torch.tensor([[False, True, True], [True, True, False]])
    seen = []

    def spy(x_t, t, prev=None):
        seen.append((x_t, t))
        return torch.full_like(x_t, 0.3)

    found = objectives.bound(process, spy, x0, 4, one_nat, generator(), active)
    for term in found:
        assert (term[~active] == 0).all()
        assert (term[active] > 0).all()
    assert len(seen) == 4
    for x_t, t in seen:
        assert (t[~active] == 0).all()
        assert (t[active] > 0).all()
        assert torch.equal(x_t[~active], x0[~active])
        assert not torch.equal(x_t[active], x0[active])


def test_the_bound_visits_every_step_once():
    seen = []

    def spy(x_t, t, prev=None):
        seen.append(float(t[0, 0]))
        return x_t

    objectives.bound(VPGaussian(cosine), spy, random(1, 1, 1), 5, silent, generator())
    assert seen == [1.0, 0.8, 0.6, 0.4, 0.2]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_the_times_of_the_bound_have_the_digits_to_tell_steps_apart(dtype):
    seen = []

    def spy(x_t, t, prev=None):
        seen.append(t)
        return x_t

    objectives.bound(VPGaussian(linear), spy, torch.zeros(1, 1, 1, dtype=dtype), 50, silent, generator())
    times_seen = torch.cat(seen).flatten()
    torch.testing.assert_close(times_seen, grid(50, dtype=times_seen.dtype)[:-1])
    assert times_seen.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)


def test_the_bound_of_the_right_points_is_zero_but_for_prior_and_last():
    process, x0 = VPGaussian(linear), random(2, 3, 2)
    found = objectives.bound(process, lambda x_t, t, prev=None: x0, x0, 20, one_nat, generator())
    assert (found.diffusion == 0).all()
    torch.testing.assert_close(found.last, torch.ones(2, 3, dtype=torch.float64))


# the same functions serve a process of tokens


def test_the_bound_of_tokens_with_the_exact_denoiser_is_never_below_the_entropy():
    joint = torch.tensor([[0.4, 0.1], [0.05, 0.45]], dtype=torch.float64)
    entropy, process, n = float(-(joint * joint.log()).sum()), Masking(fading, 3), 500
    pairs = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    x0 = pairs.repeat(n, 1)

    def nats(steps: int) -> tuple[float, float]:
        last = objectives.chain_decoder(process, x0)
        found = objectives.bound(process, masked_pairs_denoiser(joint), x0, steps, last, generator())
        each = (found.total.sum(1).view(n, 4) * joint.flatten()).sum(1)
        assert found.prior.abs().max() < 1e-12
        return float(each.mean()), float(each.std()) / n**0.5

    one, error = nats(1)
    marginals = joint.sum(0), joint.sum(1)
    assert one == pytest.approx(float(sum(-(p * p.log()).sum() for p in marginals)))  # both at once: independent
    for steps in (4, 64):
        value, error = nats(steps)
        assert value > entropy - 5 * error
    assert abs(value - entropy) < 5 * error + (one - entropy) / 64 * 1.1


def test_the_bound_of_a_uniform_guess_over_masked_tokens_is_the_logarithm_of_the_vocabulary():
    process, x0 = Masking(fading, 28), torch.randint(0, 27, (200, 30), generator=generator())
    guess = torch.cat([torch.full((27,), 1 / 27), torch.zeros(1)]).double().log()

    def denoise(x_t, t, prev=None):
        return guess.expand(*x_t.shape, 28)

    found = objectives.bound(process, denoise, x0, 7, objectives.chain_decoder(process, x0), generator()).total
    assert abs(found.mean().item() - math.log(27)) < 5 * found.std().item() / found.numel() ** 0.5


# gradients, dtypes, devices


@every_process
@pytest.mark.parametrize("steps", [1, 4, 1000])
def test_gradients_of_the_estimate_are_finite_and_not_zero(process, steps):
    x0 = random(16, 3, 2).float()
    for make in (prediction.from_eps, prediction.from_v, prediction.from_score, None):
        weight = torch.tensor(0.5, requires_grad=True)

        def network(x_t, t, prev=None, weight=weight):
            return weight * x_t + 0.1

        denoise = network if make is None else make(network, process)
        # noise and score say nothing at t = 1, where cosine is 0: one step alone teaches them nothing
        t = stratified_times(16, generator())
        last = objectives.gaussian_decoder(x0, 0.1)
        found = objectives.bound_estimate(process, denoise, x0, t, steps, last, generator()).total
        found.mean().backward()
        assert found.isfinite().all()
        assert weight.grad is not None
        assert weight.grad.isfinite()
        blind = (
            steps == 1
            and make in (prediction.from_eps, prediction.from_score)
            and process.alpha_bar in (cosine, fading)
        )
        assert (weight.grad == 0) == blind


def test_gradients_reach_the_data():
    x0 = random(4, 3, 2).float().requires_grad_()
    last = objectives.gaussian_decoder(x0, 0.1)
    t = torch.tensor([[0.0], [0.1], [0.5], [1.0]])
    objectives.bound_estimate(VPGaussian(cosine), guess_a_point, x0, t, 10, last, generator()).total.sum().backward()
    assert x0.grad is not None
    assert x0.grad.isfinite().all()
    assert (x0.grad[1:].abs().sum((1, 2)) > 0).all()
    assert (x0.grad[0] == 0).all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_device_gives_the_same_bound(dtype, device):
    process = VPGaussian(cosine)

    def run(x0: torch.Tensor) -> Bound:
        last = objectives.gaussian_decoder(x0, 0.5)
        return objectives.bound(process, exact_denoiser(process), x0, 10, last, generator())

    x0 = POINTS.to(dtype)[None].expand(4, 6, 2)
    for there, here in zip(run(x0.to(device)), run(x0), strict=True):
        assert (there.dtype, there.device.type) == (dtype, device)
        torch.testing.assert_close(there.cpu(), here, rtol=1e-4, atol=1e-5)


@pure
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 6))
def test_terms_are_one_number_for_each_token(B, L, d, steps):
    found = objectives.bound(VPGaussian(linear), guess_a_point, random(B, L, d), steps, one_nat, generator())
    for term in found:
        assert term.shape == (B, L)
        assert (term >= 0).all()


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        objectives.bound(VPGaussian(linear), guess_a_point, random(1, 1, 1), 0, one_nat, generator())


def test_no_id_is_left_out_of_the_cross_entropy():
    with pytest.raises(RuntimeError, match="out of bounds"):
        objectives.cross_entropy(torch.zeros(1, 2, 3), torch.tensor([[-100, 1]]))
