"""Grids and draws of time."""

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
