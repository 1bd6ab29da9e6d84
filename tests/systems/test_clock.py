"""The clock: a schedule by name, or a table that is drawn again from the losses it was told."""

from copy import deepcopy

import pytest
import torch

from tests.oracle import random
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import Sqrt, adapt, cosine, linear, named, sqrt
from textdiff_lite.systems import clock
from textdiff_lite.systems.clock import Clock


def told(length: int = 3, growth: float = 3.0) -> Clock:
    """An adaptive clock that was told losses in each cell, in some twice: at place l, (k / K) ** (growth + l)."""
    one = Clock("adaptive", length)
    cells = torch.cat([torch.arange(clock.CELLS), torch.arange(10, 30)])
    t = ((cells + 0.5) / clock.CELLS)[:, None]
    one.record(t.expand(-1, length), t ** (growth + torch.arange(length)))
    return one


# names


@pytest.mark.parametrize(("name", "schedule"), [("sqrt", sqrt), ("cosine", cosine), ("linear", linear)])
@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_a_named_clock_is_the_process_of_that_schedule(name, schedule, scale):
    one = Clock(name, 4, scale)
    assert one.process() == VPGaussian(schedule, scale)
    assert one.process() is one.process()
    assert not one.state_dict()
    assert not list(one.parameters())


def test_a_named_clock_looks_away_from_losses():
    one = Clock("cosine", 3)
    before = one.process()
    one.record(torch.tensor([[0.5]]), torch.ones(1, 3))
    one.wind(clock.EVERY)
    assert one.process() is before


@pytest.mark.parametrize("name", ["sine", "", "Adaptive"])
def test_another_name_is_refused_with_those_there_are(name):
    with pytest.raises(
        ValueError, match=f"no schedule is called '{name}'; there are linear, cosine, sqrt, .*, adaptive"
    ):
        Clock(name, 3)


# the table


def test_the_table_starts_as_sqrt_at_its_points_at_every_place():
    process = Clock("adaptive", 3).process()
    t = torch.arange(clock.CELLS + 1, dtype=torch.float64)[:, None] / clock.CELLS
    signal, noise = process.level(t, 3)
    torch.testing.assert_close(signal**2, sqrt(t)[..., None].expand(-1, 3, 1), rtol=0, atol=1e-6)
    torch.testing.assert_close(noise**2, 1 - signal**2)
    assert process.noise_scale == 1
    assert Clock("adaptive", 3, 2.5).process().noise_scale == 2.5
    assert Sqrt() == sqrt


def test_a_loss_belongs_to_the_cell_of_its_time_and_to_its_place():
    one = Clock("adaptive", 2)
    one.record(torch.tensor([[0.001], [0.019], [0.03], [1.0]]), torch.tensor([[1.0, 10], [3, 30], [5, 50], [7, 70]]))
    sums, counts = torch.zeros(2, clock.CELLS), torch.zeros(2, clock.CELLS)
    sums[:, 0] = torch.tensor([4.0, 40])
    sums[:, 1] = torch.tensor([5.0, 50])
    sums[:, -1] = torch.tensor([7.0, 70])
    counts[:, 0], counts[:, 1], counts[:, -1] = 2, 1, 1
    assert torch.equal(one.sums, sums)
    assert torch.equal(one.counts, counts)


def test_the_end_of_a_cell_is_its_own_and_a_clean_token_belongs_to_the_first():
    one = Clock("adaptive", 2)
    one.record(torch.tensor([[0.5]]).double(), torch.tensor([[2.0, 3.0]]))
    assert one.counts.nonzero().tolist() == [[0, clock.CELLS // 2 - 1], [1, clock.CELLS // 2 - 1]]
    one = Clock("adaptive", 2)
    one.record(torch.tensor([[0.0]]).double(), torch.tensor([[2.0, 3.0]]))
    assert one.counts.nonzero().tolist() == [[0, 0], [1, 0]]


def test_each_token_may_have_a_time_of_its_own():
    one = Clock("adaptive", 2)
    one.record(torch.tensor([[0.001, 0.51]]), torch.tensor([[2.0, 3.0]]))
    assert (one.sums[0, 0], one.sums[1, clock.CELLS // 2]) == (2, 3)
    assert one.sums.sum() == 5
    assert one.counts.sum() == 2


def test_losses_in_half_precision_are_summed_in_float32():
    one = Clock("adaptive", 1)
    for _ in range(600):
        one.record(torch.tensor([[0.5]]), torch.ones(1, 1, dtype=torch.bfloat16))
    assert one.sums.sum() == one.counts.sum() == 600


def test_losses_bring_no_graph_with_them():
    one = Clock("adaptive", 2)
    one.record(torch.tensor([[0.5]]), torch.ones(1, 2, requires_grad=True))
    assert not one.sums.requires_grad


@pytest.mark.parametrize("factor", [1, 2, 7])
def test_winding_draws_the_table_from_the_mean_losses(factor):
    one = told()
    want = adapt(one.survivals, one.sums / one.counts)
    for _ in range(factor - 1):  # the same losses again: the mean is what counts
        one.sums += told().sums
        one.counts += told().counts
    before = one.survivals.clone()
    one.wind(factor * clock.EVERY)
    torch.testing.assert_close(one.survivals, want)
    assert (one.survivals - before).abs().max() > 0.05
    assert not torch.allclose(one.survivals[0], one.survivals[2]), "each place has its own"
    assert not one.sums.any(), "what is wound is forgotten"
    assert not one.counts.any()


def test_the_loss_then_grows_evenly_in_time():
    one = told(1)
    before = one.process()
    one.wind(clock.EVERY)
    t = torch.linspace(0.05, 0.95, 19, dtype=torch.float64)[:, None]
    survival = (one.process().level(t, 1).signal ** 2).flatten()
    # the loss as a function of what survives, t(survival) ** 3 under the table before
    fine = torch.linspace(0, 1, 20_001, dtype=torch.float64)[:, None]
    old = (before.level(fine, 1).signal ** 2).flatten()
    at = fine.flatten()[(old[None] - survival[:, None]).abs().argmin(1)]
    torch.testing.assert_close(at**3, t.flatten(), rtol=0, atol=0.03)


@pytest.mark.parametrize("step", [1, clock.EVERY - 1, clock.EVERY + 1])
def test_it_is_wound_only_every_so_many_steps(step):
    one = told()
    before = {name: value.clone() for name, value in one.state_dict().items()}
    one.wind(step)
    assert all(torch.equal(value, before[name]) for name, value in one.state_dict().items())


def test_it_waits_until_every_cell_of_every_place_was_met():
    one = told()
    one.sums[1, 7] = one.counts[1, 7] = 0
    before = one.survivals.clone()
    one.wind(clock.EVERY)
    assert torch.equal(one.survivals, before)
    assert one.counts.any(), "what it knows is kept"
    one.record(torch.tensor([[7.5 / clock.CELLS]]), torch.full((1, 3), 0.1))
    one.wind(2 * clock.EVERY)
    assert not torch.equal(one.survivals, before)


# the process


def test_a_process_that_was_handed_out_keeps_its_table():
    one, t = told(), torch.tensor([[0.31]]).double()
    old = one.process()
    level = old.level(t, 3)
    assert one.process() is old, "the same table, the same process"
    one.wind(clock.EVERY)
    new = one.process()
    assert new is not old
    assert one.process() is new
    assert torch.equal(old.level(t, 3).signal, level.signal)
    assert not torch.allclose(new.level(t, 3).signal, level.signal)


def test_a_table_that_is_loaded_moved_or_copied_is_the_table_of_the_process():
    one, t = told(), torch.tensor([[0.31]]).double()
    one.wind(clock.EVERY)
    signal = one.process().level(t, 3).signal
    other = Clock("adaptive", 3)
    other.process()
    for assign in (False, True):
        other.load_state_dict(Clock("adaptive", 3).state_dict(), assign=assign)
        assert not torch.allclose(other.process().level(t, 3).signal, signal)
        other.load_state_dict(one.state_dict(), assign=assign)
        assert torch.equal(other.process().level(t, 3).signal, signal)
        kept = {name: value.clone() for name, value in one.state_dict().items()}
        kept["survivals"] = torch.cat([kept["survivals"][:, :1], kept["survivals"][:, 1:] / 2], 1)
        other.load_state_dict(kept, assign=assign)
        assert not torch.allclose(other.process().level(t, 3).signal, signal)
        other.load_state_dict({name: value.clone() for name, value in one.state_dict().items()}, assign=assign)
        assert torch.equal(other.process().level(t, 3).signal, signal)
    copy = deepcopy(one)
    assert torch.equal(copy.process().level(t, 3).signal, signal)
    copy.survivals[:, 1:-1] *= 0.5
    assert not torch.allclose(copy.process().level(t, 3).signal, signal)
    assert torch.equal(one.process().level(t, 3).signal, signal), "the copy's table is its own"
    assert torch.equal(one.double().process().level(t, 3).signal, signal)
    torch.testing.assert_close(one.half().float().process().level(t, 3).signal, signal, rtol=1e-3, atol=0)


def test_a_checkpoint_holds_the_table_and_what_was_remembered():
    assert told().state_dict().keys() == {"survivals", "sums", "counts"}


def test_the_table_of_a_place_is_asked_by_its_position():
    one = told()
    one.wind(clock.EVERY)
    process, t = one.process(), torch.tensor([[0.4]]).double()
    each = process.level(t, 3).signal[0, :, 0] ** 2
    want = torch.lerp(one.survivals[:, 20], one.survivals[:, 21], 0.0).double()
    torch.testing.assert_close(each, want)
    x0 = random(1, 3, 2)
    torch.testing.assert_close(process.corrupt(x0, t).mean, each.sqrt()[None, :, None] * x0)


@pytest.mark.parametrize("schedule", [named("sqrt"), named("sqrt-released")])
def test_the_schedules_of_the_field_are_processes(schedule):
    assert VPGaussian(schedule).level(torch.zeros(1, 1), 1).noise.item() == 0
