"""The bound of a long chain in few network calls: the same mean as every step, and never below the entropy."""

import pytest
import torch

from tests.oracle import ENTROPY, FREQUENCIES, POINTS, Masking, fading, generator, masked_pairs_denoiser, random
from textdiff_lite import exact, objectives
from textdiff_lite.objectives import Bound
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine, linear


def spied(denoise):
    """The same denoiser, and the list of the times and states it is asked for."""
    asked = []

    def spy(x_t, t, prev=None):
        asked.append((x_t, t, prev))
        return denoise(x_t, t)

    return spy, asked


def guess_a_point(x_t, t, prev=None):
    return torch.full_like(x_t, 0.3)


def one_nat(x_t, x0_hat, t):
    return torch.ones(x_t.shape[:2], dtype=x0_hat.dtype)


def same_mean(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether the means over rows of two independent estimates [n, L] agree, within five standard errors."""
    error = (one.var(0) / len(one) + other.var(0) / len(other)).sqrt()
    return bool(((one.mean(0) - other.mean(0)).abs() <= 5 * error + 1e-9).all())


@pytest.mark.parametrize("process", [VPGaussian(cosine), VPGaussian(linear, noise_scale=2.0)])
@pytest.mark.parametrize(("steps", "calls"), [(2, 2), (5, 2), (5, 3), (7, 4), (20, 40)])
def test_its_mean_is_the_bound_of_every_step(process, steps, calls):
    x0 = POINTS[[0, 3]].expand(1500, 2, 2)
    last = objectives.gaussian_decoder(x0, 0.5)

    def denoise(x_t, t, prev=None):
        return 0.5 * x_t + 0.1 * t[..., None]

    few = objectives.bound_in_calls(process, denoise, x0, steps, last, calls, generator(1))
    every = objectives.bound(process, denoise, x0, steps, last, generator(2))
    for mine, theirs in zip(few, every, strict=True):
        assert same_mean(mine, theirs)
    assert (few.diffusion.mean(0) > 0).all()
    torch.testing.assert_close(few.prior, every.prior)


def six_words(steps: int, calls: int, n: int) -> tuple[Bound, torch.Tensor]:
    """The bound of six words with the exact denoiser, n draws: its terms, and nats [n]."""
    process, words = VPGaussian(cosine), torch.arange(6).expand(n, 6)
    belief = exact.word_log_belief(process, POINTS, FREQUENCIES.log())

    def last(x_t, x0_hat, t):
        return objectives.cross_entropy(belief(x_t, t), words)

    denoise = exact.word_denoiser(process, POINTS, FREQUENCIES.log())
    found = objectives.bound_in_calls(process, denoise, POINTS[words], steps, last, calls, generator())
    return found, (found.total * FREQUENCIES).sum(1)


# the bounds of 10, 50 and 100 steps as the whole chain has them (tests/test_objectives.py)
@pytest.mark.parametrize(("steps", "nats"), [(10, 2.704), (50, 1.786), (100, 1.710)])
def test_the_bound_of_the_exact_denoiser_is_that_of_the_chain_and_above_the_entropy(steps, nats):
    _, total = six_words(steps, 5, 1000)
    error = float(total.std()) / 1000**0.5
    assert float(total.mean()) > ENTROPY - 5 * error
    assert abs(float(total.mean()) - nats) < 5 * error + 0.002


def test_the_bound_of_a_thousand_steps_is_all_but_the_entropy():
    _, total = six_words(1000, 20, 600)
    error = float(total.std()) / 600**0.5
    assert error < 0.02
    assert ENTROPY - 5 * error < float(total.mean()) < ENTROPY + 0.0062 + 5 * error


def test_of_sentences_whose_words_depend_on_each_other_too():
    # two places, three words as points; the last words are read place by place, which costs nothing with little noise
    points, joint = POINTS[:3], torch.tensor([[0.5, 0.0, 0.1], [0.05, 0.2, 0.0], [0.0, 0.1, 0.05]]).double()
    table = torch.cartesian_prod(torch.arange(3), torch.arange(3))
    p, n, process = joint.flatten(), 4000, VPGaussian(cosine)
    entropy = float(torch.special.entr(p).sum())
    words = table[torch.multinomial(p, n, replacement=True, generator=generator(3))]
    denoise = exact.sentence_denoiser(process, points, table, p.log())

    def logits(x0_hat):
        return -10 * torch.cdist(x0_hat, points.expand(len(x0_hat), 3, 2)).square()

    def nats(steps: int) -> tuple[float, float]:
        last = objectives.word_decoder(logits, words)
        total = objectives.bound_in_calls(process, denoise, points[words], steps, last, 8, generator()).total.sum(1)
        return float(total.mean()), float(total.std()) / n**0.5

    for steps in (3, 10, 400):
        value, error = nats(steps)
        assert value > entropy - 5 * error
    assert error < 0.03
    assert abs(value - entropy) < 0.03 + 5 * error


def test_one_call_is_the_last_step_and_the_others_lie_one_in_each_part_of_the_rest():
    B, steps, calls = 50, 41, 6
    denoise, asked = spied(guess_a_point)
    objectives.bound_in_calls(VPGaussian(cosine), denoise, random(B, 3, 2), steps, one_nat, calls, generator())
    first, *others = [t * steps for _, t, _ in asked]
    torch.testing.assert_close(first, torch.ones(B, 1).double())
    assert len(others) == calls - 1
    # 40 steps from 2 to 41 in five parts of 8
    for n, step in enumerate(others):
        torch.testing.assert_close(step, step.round())
        assert set(step.round().flatten().tolist()) == set(range(2 + 8 * n, 10 + 8 * n))
    assert all(prev is None for _, _, prev in asked)


def test_as_many_calls_as_steps_visit_every_step_once():
    denoise, asked = spied(guess_a_point)
    objectives.bound_in_calls(VPGaussian(cosine), denoise, random(4, 3, 2), 7, one_nat, 7, generator())
    assert [(t * 7).round().flatten().tolist() for _, t, _ in asked] == [[step] * 4 for step in range(1, 8)]


def test_every_row_has_its_own_times_and_noise():
    denoise, asked = spied(guess_a_point)
    x0 = random(1, 3, 2).expand(60, 3, 2)
    found = objectives.bound_in_calls(VPGaussian(cosine), denoise, x0, 1000, one_nat, 3, generator())
    for _, t, _ in asked[1:]:
        assert len(t.unique()) > 50
    assert (found.diffusion[0] != found.diffusion[1:]).any(1).all()
    for x_t, t, _ in asked:
        # noise of the size of that time
        signal, noise = VPGaussian(cosine).level(t, 3)
        eps = (x_t - signal * x0) / noise
        assert abs(eps.mean()) < 5 / eps.numel() ** 0.5
        assert abs(eps.var() - 1) < 5 * (2 / eps.numel()) ** 0.5


def test_the_last_term_is_called_once_with_the_first_time_and_counts_once():
    seen = []

    def last(x_t, x0_hat, t):
        seen.append(t)
        return one_nat(x_t, x0_hat, t)

    found = objectives.bound_in_calls(VPGaussian(cosine), guess_a_point, random(3, 2, 2), 9, last, 4, generator())
    torch.testing.assert_close(found.last, torch.ones(3, 2).double())
    assert (seen[0] == 1 / 9).all()


def test_more_calls_have_the_same_mean_and_less_noise():
    _, few = six_words(100, 3, 600)
    _, many = six_words(100, 30, 600)
    assert abs(few.mean() - many.mean()) < 5 * ((few.var() + many.var()) / 600) ** 0.5
    # the noise of the last step, which is called once, stays
    assert many.var() < 0.5 * few.var()


def test_the_same_function_serves_tokens():
    joint = torch.tensor([[0.4, 0.1], [0.05, 0.45]], dtype=torch.float64)
    process, n, steps = Masking(fading, 3), 500, 6
    x0 = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]).repeat(n, 1)
    last, denoise = objectives.chain_decoder(process, x0), masked_pairs_denoiser(joint)
    few = objectives.bound_in_calls(process, denoise, x0, steps, last, 4, generator(1))
    every = objectives.bound(process, denoise, x0, steps, last, generator(2))
    for mine, theirs in zip(few, every, strict=True):
        assert same_mean(mine.view(n, 8), theirs.view(n, 8))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_times_of_a_long_chain_keep_their_digits(dtype):
    denoise, asked = spied(guess_a_point)
    x0 = random(20, 2, 2).to(dtype)
    found = objectives.bound_in_calls(VPGaussian(linear), denoise, x0, 2000, one_nat, 5, generator())
    for _, t, _ in asked:
        assert t.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
        torch.testing.assert_close(t * 2000, (t * 2000).round(), rtol=0, atol=1e-3)
    assert found.total.isfinite().all()
    assert (found.diffusion > 0).all()


def test_it_is_a_function_of_its_generator():
    first, again, other = (
        objectives.bound_in_calls(VPGaussian(cosine), guess_a_point, random(3, 2, 2), 9, one_nat, 4, generator(seed))
        for seed in (0, 0, 1)
    )
    assert torch.equal(first.total, again.total)
    assert not torch.equal(first.total, other.total)


@pytest.mark.parametrize(("steps", "calls"), [(1, 5), (5, 1), (0, 2), (2, 0)])
def test_too_few_calls_or_steps_are_refused(steps, calls):
    with pytest.raises(ValueError, match=f"calls and steps must be at least 2, got {calls} and {steps}"):
        objectives.bound_in_calls(
            VPGaussian(cosine), guess_a_point, random(1, 1, 1), steps, one_nat, calls, generator()
        )
