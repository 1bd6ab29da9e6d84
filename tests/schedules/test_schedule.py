"""What every schedule obeys, the check of it, and what one may ask of a schedule."""

import math
import re

import pytest
import torch

from tests.oracle import DEVICES, PlaceFirst, generator
from textdiff_lite import schedules
from textdiff_lite.schedules import (
    FromSurvivals,
    Spindle,
    Tabulated,
    cosine,
    cosine_hoogeboom,
    linear,
    mutual_information,
    sqrt_released,
    time_at,
)

T = 1000
SCHEDULES = {
    "cosine": cosine,
    "cosine_hoogeboom": cosine_hoogeboom,
    "mutual_information": mutual_information,
    "linear": linear,
    "survivals": FromSurvivals((1.0, 0.7, 0.1, 0.0)),
    "spindle": Spindle((5.0, 3.0, 1.0, 0.0), 0.2),
    "sqrt_released": sqrt_released(),
    "tabulated": Tabulated(torch.tensor([[1.0, 0.7, 0.1, 0.0], [1.0, 0.3, 0.2, 0.0]], dtype=torch.float64)),
}
every_schedule = pytest.mark.parametrize("alpha_bar", SCHEDULES.values(), ids=SCHEDULES)


def at(alpha_bar, t: float) -> float:
    return float(alpha_bar(torch.tensor([[t]], dtype=torch.float64)))


@every_schedule
def test_schedule_is_one_at_zero_and_strictly_decreasing(alpha_bar):
    a = alpha_bar(torch.arange(T + 1, dtype=torch.float64) / T)
    assert a[0] == 1
    assert (a.diff() < 0).all()
    assert 0 <= a[-1] < 1e-4


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_schedule
def test_schedule_answers_in_the_shape_dtype_and_device_of_t(alpha_bar, dtype, device):
    t = torch.rand(3, 5, generator=generator(), dtype=dtype).to(device)
    got = alpha_bar(t)
    assert (got.shape, got.dtype, got.device) == (t.shape, t.dtype, t.device)
    torch.testing.assert_close(got.cpu().double(), alpha_bar(t.cpu().double()), rtol=1e-4, atol=1e-6)


@every_schedule
def test_a_schedule_passes_its_own_check(alpha_bar):
    schedules.validate(alpha_bar)


def test_snr_by_hand():
    got = schedules.snr(torch.tensor([0.0, 0.2, 0.5, 1.0]))
    assert got.tolist() == pytest.approx([0.0, 0.25, 1.0, math.inf])


def test_a_schedule_that_looks_at_the_position_is_checked_at_every_place():
    schedules.validate(PlaceFirst(cosine), position=schedules.positions(3))

    def broken(t, word=None, position=None):
        return torch.where(position == 2, t, 1 - t)

    with pytest.raises(ValueError, match=r"alpha_bar\(0\) must be 1 \(a clean token\), got 0"):
        schedules.validate(broken, position=schedules.positions(3))


def test_a_schedule_that_looks_at_the_word_is_told_the_words():
    def by_word(t, word=None, position=None):
        return 1 - t * word

    schedules.validate(by_word, word=torch.tensor([[0.5, 1.0]]))
    with pytest.raises(ValueError, match="must stay inside"):
        schedules.validate(by_word, word=torch.tensor([[0.5, 2.0]]))


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda t: 0.99 - 0.9 * t, "alpha_bar(0) must be 1 (a clean token), got 0.99"),
        (lambda t: (1 - t) * torch.nan, "alpha_bar(0) must be 1 (a clean token), got nan"),
        (lambda t: 1 - 2 * t, "alpha_bar must stay inside [0, 1], got -0.002 at t = 0.501"),
        (lambda t: 1 + t * (0.5 - t), "alpha_bar must stay inside [0, 1], got 1.0005 at t = 0.001"),
        (lambda t: torch.where(t > 0.25, torch.nan, 1 - t), "alpha_bar must stay inside [0, 1], got nan at t = 0.251"),
        (lambda t: (1 - 2 * t).abs(), "alpha_bar must not increase, but it does between t = 0.5 and 0.501"),
        (lambda t: torch.ones_like(t), "alpha_bar(1) must be below 1, got 1: the schedule never destroys anything"),
        (lambda t: 1 - t[:, 0], "alpha_bar must keep the shape of t, got [1001] for t of shape [1001, 1]"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_place(formula, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        schedules.validate(lambda t, word=None, position=None: formula(t))


def test_a_flat_stretch_is_allowed():
    schedules.validate(lambda t, word=None, position=None: 1 - (2 * t - 1).clamp(min=0))


def test_betas_of_a_schedule_that_ends_early_are_refused():
    with pytest.raises(ValueError, match=r"alpha_bar must be above 0 before t = 1, got 0 at t = 0\.5"):
        schedules.betas(lambda t, word=None, position=None: (1 - 2 * t).clamp(min=0), 4)


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        schedules.betas(mutual_information, 0)


# the inverse


@every_schedule
def test_time_at_is_the_inverse_of_a_schedule(alpha_bar):
    t = (torch.arange(1, 20, dtype=torch.float64) / 20)[:, None]
    torch.testing.assert_close(time_at(alpha_bar, alpha_bar(t)), t, rtol=0, atol=1e-12)
    a = torch.rand(2, 3, 5, generator=generator(), dtype=torch.float64)
    a = a.clamp(min=at(alpha_bar, 1.0))
    torch.testing.assert_close(alpha_bar(time_at(alpha_bar, a)), a, rtol=0, atol=1e-12)


@every_schedule
def test_everything_survives_to_time_zero_and_nothing_beyond_one(alpha_bar):
    assert time_at(alpha_bar, torch.tensor([1.0, 0.0], dtype=torch.float64)).tolist() == [0.0, 1.0]


def test_time_at_is_the_start_of_a_flat_stretch():
    alpha_bar = FromSurvivals((1.0, 1.0, 0.5, 0.5, 0.0, 0.0))
    a = torch.tensor([1.0, 0.75, 0.5, 0.25, 0.0], dtype=torch.float64)
    assert time_at(alpha_bar, a).tolist() == pytest.approx([0.0, 0.3, 0.4, 0.7, 0.8], abs=1e-12)


def test_time_at_is_one_where_more_survives_to_the_end():
    a = torch.tensor([0.0, 0.3, 0.4, 0.7], dtype=torch.float64)
    assert time_at(FromSurvivals((1.0, 0.4)), a).tolist() == pytest.approx([1.0, 1.0, 1.0, 0.5], abs=1e-12)


@every_schedule
def test_at_most_a_survives_at_the_time_found_and_more_just_before(alpha_bar):
    a = torch.tensor([0.9, 0.5, 0.1, 0.01], dtype=torch.float64)
    t = time_at(alpha_bar, a)
    assert (alpha_bar(t) <= a).all()
    assert (alpha_bar(t - 1e-12) > a).all()


def test_times_of_even_survivals_are_distributed_as_the_schedule_says():
    n = 1000
    t = time_at(cosine, (torch.arange(n, dtype=torch.float64) + 0.5) / n)
    for s in (0.1, 0.4, 0.8):
        assert float((t > s).double().mean()) == pytest.approx(at(cosine, s), abs=1 / n)


def test_time_at_is_precise_for_tiny_survivals_and_tiny_times():
    a = torch.tensor([1e-12, 1 - 1e-12], dtype=torch.float64)
    torch.testing.assert_close(time_at(mutual_information, a), 1 - a, rtol=0, atol=1e-16)


def test_time_at_is_computed_in_float64_for_float32():
    # near t = 0 cosine is so flat that its float32 values cannot tell times apart
    a = torch.tensor([0.9999, 0.99999])
    torch.testing.assert_close(time_at(cosine, a), time_at(cosine, a.double()).float(), rtol=1e-6, atol=0)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_time_at_answers_in_the_shape_dtype_and_device_of_a(dtype, device):
    a = torch.rand(3, 5, generator=generator(), dtype=dtype).to(device)
    got = time_at(cosine, a)
    assert (got.shape, got.dtype, got.device) == (a.shape, a.dtype, a.device)
    assert time_at(cosine, a[0, 0]).shape == ()
    torch.testing.assert_close(got.cpu(), time_at(cosine, a.cpu().double()).to(dtype))


@pytest.mark.parametrize(
    ("a", "found"), [([0.5, 1.5], "[0.5, 1.5]"), ([-0.1, 0.5], "[-0.1, 0.5]"), ([0.5, math.nan], "[nan, nan]")]
)
def test_a_survival_outside_its_range_is_refused(a, found):
    with pytest.raises(ValueError, match=re.escape(f"a must lie in [0, 1], got {found}")):
        time_at(cosine, torch.tensor(a))
