"""Schedules, grids and draws of time."""

import math
import pickle
import re
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import DEVICES, PlaceFirst, fading, generator
from textdiff_lite import schedules
from textdiff_lite.schedules import FromBetas, cosine, linear

pure = settings(deadline=None, derandomize=True, max_examples=50)
T = 1000
SCHEDULES = {"cosine": cosine, "linear": linear}
every_schedule = pytest.mark.parametrize("alpha_bar", SCHEDULES.values(), ids=SCHEDULES)


def at(alpha_bar, t: float) -> float:
    return float(alpha_bar(torch.tensor([[t]], dtype=torch.float64)))


# values: constants computed here with Python's own floats, from the formula as printed


def plain_cosine(t: float) -> float:
    def f(u):
        return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

    return f(t) / f(0)


@pytest.mark.parametrize("t", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_cosine_is_nichol_and_dhariwal_eq_17(t):
    assert at(cosine, t) == pytest.approx(plain_cosine(t), rel=1e-11)


def test_cosine_at_half_is_the_known_number():
    assert at(cosine, 0.5) == pytest.approx(0.4938436, abs=1e-7)  # plain_cosine(0.5), printed once


def test_cosine_is_exactly_one_and_zero_at_its_ends():
    for dtype in (torch.float32, torch.float64):
        ends = cosine(torch.tensor([0.0, 1.0], dtype=dtype))
        assert ends.tolist() == [1.0, 0.0]


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


def test_betas_of_cosine_are_the_plain_quotients():
    got = schedules.betas(cosine, T)
    for i in (1, 500, 999):
        assert float(got[i - 1]) == pytest.approx(1 - plain_cosine(i / T) / plain_cosine((i - 1) / T), rel=1e-8)
    assert float(got[-1]) == 1.0


def test_snr_by_hand():
    got = schedules.snr(torch.tensor([0.0, 0.2, 0.5, 1.0]))
    assert got.tolist() == pytest.approx([0.0, 0.25, 1.0, math.inf])


# laws


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


def test_a_schedule_from_betas_survives_pickling_and_equals_its_copy():
    copy = pickle.loads(pickle.dumps(linear))
    assert copy == linear
    assert at(copy, 0.7) == at(linear, 0.7)


# grids


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


# draws


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


# negative


@every_schedule
def test_a_schedule_passes_its_own_check(alpha_bar):
    schedules.validate(alpha_bar)


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


def test_betas_of_a_schedule_that_ends_early_are_refused():
    with pytest.raises(ValueError, match=r"alpha_bar must be above 0 before t = 1, got 0 at t = 0\.5"):
        schedules.betas(lambda t, word=None, position=None: (1 - 2 * t).clamp(min=0), 4)


def test_more_steps_than_the_chain_has_are_refused():
    with pytest.raises(ValueError, match="steps must be at most the 10 steps of the chain, got 11"):
        schedules.grid(11, of=10)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: schedules.grid(0), "steps"),
        (lambda: schedules.on_grid(torch.ones(1, 1), 0), "steps"),
        (lambda: schedules.betas(fading, 0), "steps"),
        (lambda: schedules.uniform_times(0, generator()), "n"),
        (lambda: schedules.stratified_times(0, generator()), "n"),
    ],
)
def test_counts_below_one_are_refused(call, name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        call()
