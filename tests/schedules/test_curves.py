"""The named curves, against constants computed with Python's own floats from the formula as printed."""

import math

import pytest
import torch

from textdiff_lite import schedules
from textdiff_lite.schedules import cosine, cosine_hoogeboom, information, mutual_information

T = 1000


def at(alpha_bar, t: float) -> float:
    return float(alpha_bar(torch.tensor([[t]], dtype=torch.float64)))


def plain_cosine(t: float) -> float:
    def f(u):
        return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

    return f(t) / f(0)


@pytest.mark.parametrize("t", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_cosine_is_nichol_and_dhariwal_eq_17(t):
    assert at(cosine, t) == pytest.approx(plain_cosine(t), rel=1e-11)


def test_cosine_at_half_is_the_known_number():
    assert at(cosine, 0.5) == pytest.approx(0.4938436, abs=1e-7)  # plain_cosine(0.5), printed once


@pytest.mark.parametrize("alpha_bar", [cosine, cosine_hoogeboom, mutual_information])
def test_a_curve_is_exactly_one_and_zero_at_its_ends(alpha_bar):
    for dtype in (torch.float32, torch.float64):
        ends = alpha_bar(torch.tensor([0.0, 1.0], dtype=dtype))
        assert ends.tolist() == [1.0, 0.0]


def test_betas_of_cosine_are_the_plain_quotients():
    got = schedules.betas(cosine, T)
    for i in (1, 500, 999):
        assert float(got[i - 1]) == pytest.approx(1 - plain_cosine(i / T) / plain_cosine((i - 1) / T), rel=1e-8)
    assert float(got[-1]) == 1.0


@pytest.mark.parametrize(
    ("i", "survival", "beta"),
    [(1, 0.99997936, 2.06423e-5), (500, 0.70274006, 1.574182e-3), (999, 1.558450e-3, 0.4999994)],
)
def test_cosine_hoogeboom_is_d3pms_schedule_for_uniform_noise(i, survival, beta):
    assert at(cosine_hoogeboom, i / T) == pytest.approx(survival, rel=1e-6)
    assert float(schedules.betas(cosine_hoogeboom, T)[i - 1]) == pytest.approx(beta, rel=3e-6)


def test_d3pms_last_survival_is_that_of_a_clipped_rate():
    rates = schedules.betas(cosine_hoogeboom, T)
    assert rates[-1] == 1
    assert float((1 - rates.clamp(max=0.999)).prod()) == pytest.approx(1.558450e-6, rel=1e-6)


def test_cosine_is_the_square_of_cosine_hoogeboom():
    t = torch.arange(11, dtype=torch.float64) / 10
    torch.testing.assert_close(cosine(t), cosine_hoogeboom(t).square())


def test_mutual_information_is_the_share_of_time_that_is_left():
    assert mutual_information(torch.tensor([0.0, 0.25, 1.0])).tolist() == [1.0, 0.75, 0.0]


@pytest.mark.parametrize("steps", [1, 2, 7, 1000])
def test_the_rates_of_mutual_information_are_one_over_the_steps_that_are_left(steps):
    want = [1 / (steps - i + 1) for i in range(1, steps + 1)]
    assert schedules.betas(mutual_information, steps).tolist() == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("p", [[0.5, 0.5], [0.9, 0.07, 0.03], [0.25, 0.0, 0.75]])
def test_a_masked_word_loses_its_information_at_a_constant_rate(p):
    p = torch.tensor(p, dtype=torch.float64)
    entropy = torch.special.entr(p).sum()
    for t in torch.arange(11, dtype=torch.float64) / 10:
        keep = mutual_information(t)
        masked = torch.cat([keep * torch.eye(len(p), dtype=torch.float64), (1 - keep).expand(len(p), 1)], 1)
        torch.testing.assert_close(information(p, masked), (1 - t) * entropy, rtol=0, atol=1e-14)
