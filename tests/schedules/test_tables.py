"""Schedules from a table of numbers."""

import math
import pickle
import re

import pytest
import torch

from tests.oracle import DEVICES, times
from textdiff_lite import schedules
from textdiff_lite.schedules import FromBetas, FromSurvivals, Tabulated, linear, positions, validate

T = 1000


def at(alpha_bar, t: float) -> float:
    return float(alpha_bar(torch.tensor([[t]], dtype=torch.float64)))


def plain_linear() -> list[float]:
    product, table = 1.0, [1.0]
    for i in range(T):
        product *= 1 - (1e-4 + i * (0.02 - 1e-4) / (T - 1))
        table.append(product)
    return table


def test_linear_is_exact_on_its_grid():
    grid = torch.arange(T + 1, dtype=torch.float64) / T
    torch.testing.assert_close(linear(grid), torch.tensor(plain_linear(), dtype=torch.float64), rtol=1e-12, atol=0)


def test_linear_ends_at_the_published_number():
    assert at(linear, 1.0) == pytest.approx(4.0358e-5, rel=1e-5)  # Ho et al. 2020, T = 1000


def test_linear_rate_is_constant_within_a_step():
    table = plain_linear()
    halfway = math.sqrt(table[300] * table[301])
    assert at(linear, 0.3005) == pytest.approx(halfway, rel=1e-12)


def test_a_table_of_two_rates_by_hand():
    alpha_bar = FromBetas((0.5, 0.2))
    assert [at(alpha_bar, t) for t in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0.4], rel=1e-15)
    assert at(alpha_bar, 0.25) == pytest.approx(math.sqrt(0.5), rel=1e-15)


@pytest.mark.parametrize("steps", [21, 100, 1000, 2000])
def test_linear_betas_run_between_the_published_ends_for_every_length(steps):
    rates = schedules.linear_betas(steps)
    assert len(rates) == steps
    assert rates[0] == pytest.approx(1e-4 * 1000 / steps)
    assert rates[-1] == pytest.approx(0.02 * 1000 / steps)
    gaps = torch.tensor(rates, dtype=torch.float64).diff()
    torch.testing.assert_close(gaps, gaps.mean().expand_as(gaps))


def test_linear_destroys_about_as_much_for_every_length():
    ends = [at(FromBetas(schedules.linear_betas(steps)), 1.0) for steps in (100, 1000, 2000)]
    assert ends == pytest.approx([4e-5] * 3, rel=0.6)


def test_betas_of_a_schedule_made_from_betas_are_those_betas():
    torch.testing.assert_close(
        schedules.betas(linear, T), torch.tensor(schedules.linear_betas(T), dtype=torch.float64), rtol=0, atol=1e-13
    )


def test_a_schedule_from_betas_survives_pickling_and_equals_its_copy():
    copy = pickle.loads(pickle.dumps(linear))
    assert copy == linear
    assert at(copy, 0.7) == at(linear, 0.7)


@pytest.mark.parametrize("beta", [-0.1, 1.0, math.nan])
def test_a_rate_outside_its_range_is_refused_with_its_step(beta):
    with pytest.raises(ValueError, match=rf"betas must lie in \[0, 1\), got {beta} at step 2 of 3"):
        FromBetas((0.1, beta, 0.1))


def test_no_rates_are_refused():
    with pytest.raises(ValueError, match="betas must hold at least one number, got none"):
        FromBetas(())


def test_too_few_steps_for_linear_betas_are_refused():
    with pytest.raises(ValueError, match=r"T must be above 20 for linear betas .* got 20"):
        schedules.linear_betas(20)


def test_a_table_of_survivals_by_hand():
    alpha_bar = FromSurvivals((1.0, 0.5, 0.5, 0.2))
    assert [at(alpha_bar, i / 3) for i in range(4)] == pytest.approx([1, 0.5, 0.5, 0.2], abs=1e-15)
    assert [at(alpha_bar, (i + 0.25) / 3) for i in range(3)] == pytest.approx([0.875, 0.5, 0.425], abs=1e-15)


def test_the_rates_of_a_table_of_survivals_are_its_quotients():
    got = schedules.betas(FromSurvivals((1.0, 0.8, 0.2, 0.1)), 3)
    assert got.tolist() == pytest.approx([0.2, 0.75, 0.5], rel=1e-14)


@pytest.mark.parametrize(
    ("survivals", "message"),
    [
        ((), "survivals must hold at least two numbers, got 0"),
        ((1.0,), "survivals must hold at least two numbers, got 1"),
        ((0.9, 0.5), "survivals must start at 1 (a clean token), got 0.9"),
        ((math.nan, 0.5), "survivals must start at 1 (a clean token), got nan"),
        ((1.0, 0.5, 0.6), "survivals must stay in [0, 1] and never rise, got 0.6 after 0.5 at step 2"),
        ((1.0, 0.5, -0.1), "survivals must stay in [0, 1] and never rise, got -0.1 after 0.5 at step 2"),
        ((1.0, math.nan, 0.1), "survivals must stay in [0, 1] and never rise, got nan after 1.0 at step 1"),
        ((1.0, 1.0), "survivals must end below 1, got 1: the schedule never destroys anything"),
    ],
)
def test_a_table_that_is_no_schedule_is_refused_with_its_step(survivals, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        FromSurvivals(survivals)


# a table for each place

ROWS = torch.tensor([[1.0, 0.5, 0.5, 0.2], [1.0, 0.9, 0.1, 0.0]], dtype=torch.float64)


@pytest.mark.parametrize("place", [0, 1])
def test_each_place_follows_its_row(place):
    t = torch.linspace(0, 1, 31, dtype=torch.float64)[:, None]
    got = Tabulated(ROWS)(t, position=positions(2))
    assert got.shape == (31, 2)
    torch.testing.assert_close(got[:, [place]], FromSurvivals(tuple(ROWS[place].tolist()))(t), rtol=0, atol=1e-15)


def test_asked_with_time_alone_a_table_of_places_answers_with_their_mean():
    assert [at(Tabulated(ROWS), i / 3) for i in range(4)] == pytest.approx([1, 0.7, 0.3, 0.1], abs=1e-15)
    assert at(Tabulated(ROWS), 0.5) == pytest.approx(0.5, abs=1e-15)


def test_times_of_a_sentence_of_a_token_and_of_every_word_agree_in_a_table_of_places():
    alpha_bar, t = Tabulated(ROWS), times(0.2, 0.6)
    by_sentence = alpha_bar(t, position=positions(2))
    assert torch.equal(alpha_bar(t.expand(2, 2), position=positions(2)), by_sentence)
    by_word = alpha_bar(t[..., None], word=torch.arange(5)[None, None], position=positions(2)[..., None])
    assert torch.equal(by_word, by_sentence[..., None])


def test_a_canvas_may_be_shorter_than_the_table():
    assert torch.equal(Tabulated(ROWS)(times(0.4), position=positions(1)), Tabulated(ROWS[:1])(times(0.4)))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_table_of_places_answers_in_the_dtype_and_device_of_t(dtype, device):
    t = times(0.2, 0.6).to(device, dtype)
    for got in (Tabulated(ROWS)(t, position=positions(2, device)), Tabulated(ROWS.float().to(device))(t).expand(2, 2)):
        assert (got.shape, got.dtype, got.device.type) == ((2, 2), dtype, device)
    got = Tabulated(ROWS)(t, position=positions(2, device))
    torch.testing.assert_close(
        got.cpu().double(), Tabulated(ROWS)(times(0.2, 0.6), position=positions(2)), rtol=0, atol=1e-6
    )


def test_a_table_of_places_is_checked_at_every_place():
    validate(Tabulated(ROWS), position=positions(2))


@pytest.mark.parametrize(
    ("survivals", "message"),
    [
        ([1.0, 0.5], "survivals must have shape [L, K + 1] with L and K at least 1, got [2]"),
        ([[1.0], [1.0]], "survivals must have shape [L, K + 1] with L and K at least 1, got [2, 1]"),
        ([[1.0, 0.5], [0.5, 0.5]], "survivals must start at 1 (a clean token), got 0.5 at place 1"),
        ([[1.0, 0.5], [math.nan, 0.5]], "survivals must start at 1 (a clean token), got nan at place 1"),
        ([[1.0, 0.5, 0.25], [1.0, 0.5, 0.75]], "never rise, got 0.75 after 0.5 at step 2 of place 1"),
        (
            [[1.0, 0.5, 0.25], [1.0, 0.5, -0.5]],
            "stay in [0, 1] and never rise, got -0.5 after 0.5 at step 2 of place 1",
        ),
        ([[1.0, math.nan, 0.25], [1.0, 0.5, 0.5]], "never rise, got nan after 1 at step 1 of place 0"),
        (
            [[1.0, 0.5], [1.0, 1.0]],
            "survivals must end below 1, got 1 at place 1: the schedule never destroys anything there",
        ),
    ],
)
def test_a_damaged_table_of_places_is_refused_with_its_place(survivals, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Tabulated(torch.tensor(survivals))


def test_a_table_of_no_places_is_refused():
    with pytest.raises(ValueError, match=re.escape("with L and K at least 1, got [0, 3]")):
        Tabulated(torch.ones(0, 3))


@pytest.mark.parametrize(("position", "found"), [([[0, 2]], "0 .. 2"), ([[-1, 1]], "-1 .. 1")])
def test_a_place_without_a_row_is_refused(position, found):
    message = f"position must lie in 0 .. 1, the places of survivals, got {found}"
    with pytest.raises(ValueError, match=re.escape(message)):
        Tabulated(ROWS)(times(0.5), position=torch.tensor(position))
