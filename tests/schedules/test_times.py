"""Grids and draws of time."""

import re
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import generator
from textdiff_lite import schedules

pure = settings(deadline=None, derandomize=True, max_examples=50)


@pytest.mark.parametrize("steps", [1, 3, 7, 10, 49, 1000])
def test_grid_is_exact_fractions_from_one_to_zero(steps):
    got = schedules.grid(steps, dtype=torch.float64)
    assert got.tolist() == [float(Fraction(k, steps)) for k in range(steps, -1, -1)]


@pytest.mark.parametrize("steps", [1, 3, 7, 10, 64, 100])
def test_grid_of_a_chain_is_part_of_it_and_evenly_spread(steps):
    got = schedules.grid(steps, of=100, dtype=torch.float64)
    chain = schedules.grid(100, dtype=torch.float64).tolist()
    assert len(got) == steps + 1
    assert set(got.tolist()) <= set(chain)
    assert got[0] == 1
    assert got[-1] == 0
    assert (got.diff() < 0).all()
    assert (got - schedules.grid(steps, dtype=torch.float64)).abs().max() < 0.01


def test_twenty_spaced_steps_of_two_thousand_are_difformers():
    got = schedules.spaced(20, 2000, dtype=torch.float64)
    index = [0, 105, 210, 316, 421, 526, 631, 736, 842, 947, 1052, 1157, 1263, 1368, 1473, 1578, 1683, 1789, 1894, 1999]
    assert got.tolist() == [float(Fraction(i + 1, 2000)) for i in reversed(index)] + [0.0]


def test_the_survivals_at_spaced_steps_have_the_known_numbers():
    a = schedules.sqrt_released()(schedules.spaced(20, 2000, dtype=torch.float64).flip(0))
    want = [1, 0.985359, 0.777339, 0.681857, 0.607832, 0.546004, 0.491495]
    assert a[:7].tolist() == pytest.approx(want, abs=6e-7)
    assert a[[-2, -1]].tolist() == pytest.approx([0.026821, 2.0204e-7], abs=6e-7)


@pytest.mark.parametrize("of", [2, 3, 10, 11, 100])
def test_spaced_steps_keep_both_ends_and_are_evenly_spread(of):
    for steps in range(2, of + 1):
        got = schedules.spaced(steps, of, dtype=torch.float64)
        i = (got * of).round()
        assert torch.equal(got, i / of)
        assert (len(got), i[0], i[-2], i[-1]) == (steps + 1, of, 1, 0)
        stride = i[:-1].diff().neg()
        assert stride.min() >= 1
        assert stride.max() - stride.min() <= 1
        even = [float(1 + Fraction(k * (of - 1), steps - 1)) for k in range(steps - 1, -1, -1)]
        assert (i[:-1] - torch.tensor(even, dtype=torch.float64)).abs().max() <= 0.5
    assert torch.equal(schedules.spaced(of, of), schedules.grid(of))


def test_spaced_has_torchs_default_dtype_unless_told():
    assert schedules.spaced(3, 7).dtype == torch.float32
    assert schedules.spaced(3, 7, dtype=torch.float64).dtype == torch.float64


@pytest.mark.parametrize("steps", [1, 0, 11])
def test_fewer_than_two_spaced_steps_and_more_than_there_are_are_refused(steps):
    message = f"steps must lie in [2, 10], the first and the last of the chain being kept, got {steps}"
    with pytest.raises(ValueError, match=re.escape(message)):
        schedules.spaced(steps, 10)


def test_grid_has_torchs_default_dtype_unless_told():
    assert schedules.grid(3).dtype == torch.float32
    assert schedules.grid(3, dtype=torch.float64).dtype == torch.float64


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("steps", [1, 2, 7, 49, 100, 1000, 2000, 4096])
def test_a_time_on_the_grid_stays_when_rounded_up(steps, dtype):
    t = schedules.grid(steps, dtype=dtype)[None]
    assert torch.equal(schedules.on_grid(t, steps), t)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_previous_is_one_step_before_and_zero_stays(dtype):
    for steps in (1, 7, 1000, 2000):
        t = schedules.grid(steps, dtype=dtype)[None]
        want = torch.cat([t[:, 1:], torch.zeros_like(t[:, :1])], 1)
        assert torch.equal(schedules.previous(t, steps), want)


@pure
@given(st.integers(1, 3000), st.floats(1e-6, 1.0))
def test_rounding_up_gives_the_next_grid_time(steps, t):
    got = float(schedules.on_grid(torch.tensor([[t]], dtype=torch.float64), steps))
    i = round(got * steps)
    assert got == i / steps
    assert (i - 1) / steps < t <= got + 1e-12


def test_rounding_up_a_tiny_time_gives_the_first_step_and_not_zero():
    t = torch.tensor([[1e-30, 0.0]])
    assert schedules.on_grid(t, 10).tolist() == [[pytest.approx(0.1), 0.0]]


@pytest.mark.parametrize("n", [1, 2, 49, 98, 103, 128])
def test_stratified_times_are_one_in_each_part(n):
    t = schedules.stratified_times(n, generator(n), torch.float64)
    assert t.shape == (n, 1)
    assert ((t > 0) & (t <= 1)).all()
    assert torch.equal((t.flatten() * n).ceil().sort().values, torch.arange(1, n + 1, dtype=torch.float64))


@pytest.mark.parametrize("draw", [schedules.uniform_times, schedules.stratified_times])
def test_each_time_of_a_batch_is_uniform_by_itself(draw):
    g = generator(3)
    t = torch.cat([draw(4, g, torch.float64) for _ in range(4000)], 1)  # [4, 4000]
    # the mean of 4,000 uniform numbers has a standard error of 0.0046; of their squares 0.0047
    assert (t.mean(1) - 1 / 2).abs().max() < 5 * 0.0046
    assert (t.square().mean(1) - 1 / 3).abs().max() < 5 * 0.0047


def test_stratified_times_share_one_offset_and_uniform_times_do_not():
    stratified = schedules.stratified_times(8, generator(), torch.float64).flatten().sort().values
    torch.testing.assert_close(stratified.diff(), torch.full((7,), 1 / 8, dtype=torch.float64))
    uniform = schedules.uniform_times(8, generator(), torch.float64).flatten().sort().values
    assert uniform.diff().std() > 0.01


def test_uniform_times_never_hold_zero_and_may_hold_one(monkeypatch):
    for edge, want in [(0.0, 1.0), (1 - 2**-53, 2**-53)]:
        monkeypatch.setattr(torch, "rand", lambda *shape, edge=edge, **_: torch.full(shape, edge, dtype=torch.float64))
        assert schedules.uniform_times(1, generator()).item() == want
        assert schedules.stratified_times(1, generator()).item() == want


@pytest.mark.parametrize("draw", [schedules.uniform_times, schedules.stratified_times])
def test_times_depend_on_the_generator_alone(draw):
    torch.manual_seed(3)
    first = draw(5, generator(1))
    torch.manual_seed(7)
    assert torch.equal(first, draw(5, generator(1)))
    assert not torch.equal(first, draw(5, generator(2)))
    assert first.dtype == torch.float32


# above a floor


def test_times_above_a_floor_by_hand():
    t = torch.tensor([[0.0, 0.5, 1.0]])
    assert schedules.above(t, 0.6).tolist() == [pytest.approx([0.6, 0.8, 1.0])]
    assert torch.equal(schedules.above(t, 0.0), t)
    assert (schedules.above(t, 1.0) == 1).all()


@pytest.mark.parametrize("floor", [0.1, 0.3, 0.7, 1 / 3, 1e-3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_draw_above_a_floor_is_uniform_there_and_never_beyond_one(dtype, floor):
    n = 20000
    t = schedules.above(schedules.uniform_times(n, generator(1), dtype), floor)
    assert t.dtype == dtype
    assert floor - 1e-7 <= t.min() <= t.max() <= 1
    assert float(schedules.above(torch.ones(1, 1, dtype=dtype), floor)) == 1
    # a uniform number on (f, 1] has mean (1 + f) / 2 and standard deviation (1 - f) / sqrt(12)
    width = 1 - floor
    assert abs(float(t.double().mean()) - (1 + floor) / 2) < 5 * width / (12 * n) ** 0.5
    u = (t.double() - floor) / width
    assert abs(float(u.square().mean()) - 1 / 3) < 5 * (4 / 45 / n) ** 0.5


def test_a_floor_may_be_a_tensor_and_one_for_each_token():
    t = torch.tensor([[0.5], [1.0]])
    assert torch.equal(schedules.above(t, torch.tensor(0.5, dtype=torch.float64)), torch.tensor([[0.75], [1.0]]))
    each = schedules.above(t, torch.tensor([[0.0, 0.5]]))
    assert torch.equal(each, torch.tensor([[0.5, 0.75], [1.0, 1.0]]))


@pytest.mark.parametrize(
    ("delta2", "noise"), [(1 / 3, 0.5), (1, 0.70710678), (2, 0.81649658), (3, 0.8660254), (1e-9, 3.1623e-5)]
)
def test_the_floor_lies_where_the_noise_is_as_large_as_the_gap_between_words(delta2, noise):
    # noise^2 / signal^2 = delta2, so that alpha_bar = 1 / (1 + delta2); sigma(t) = t, and sigma(t) = t^(1/4)
    a = torch.tensor(1 / (1 + delta2), dtype=torch.float64)
    floor = schedules.time_at(lambda t, word=None, position=None: 1 - t**2, a)
    assert float(floor) == pytest.approx(noise, rel=1e-5)
    floor = schedules.time_at(lambda t, word=None, position=None: 1 - t**0.5, a)
    assert float(floor) == pytest.approx(noise**4, rel=1e-4)
    assert float(schedules.above(torch.zeros(1, 1).double(), floor)) == float(floor)


@pytest.mark.parametrize(("floor", "found"), [(-0.1, "-0.1, -0.1"), (1.5, "1.5, 1.5"), (float("nan"), "nan, nan")])
def test_a_floor_outside_its_range_is_refused(floor, found):
    with pytest.raises(ValueError, match=re.escape(f"floor must lie in [0, 1], got [{found}]")):
        schedules.above(torch.ones(1, 1), floor)


def test_positions_count_from_zero():
    assert schedules.positions(3).tolist() == [[0, 1, 2]]


def test_wide_is_float64():
    assert schedules.wide(torch.ones(1)).dtype == torch.float64


def test_more_steps_than_the_chain_has_are_refused():
    with pytest.raises(ValueError, match="steps must be at most the 10 steps of the chain, got 11"):
        schedules.grid(11, of=10)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: schedules.grid(0), "steps"),
        (lambda: schedules.on_grid(torch.ones(1, 1), 0), "steps"),
        (lambda: schedules.uniform_times(0, generator()), "n"),
        (lambda: schedules.stratified_times(0, generator()), "n"),
    ],
)
def test_counts_below_one_are_refused(call, name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        call()
