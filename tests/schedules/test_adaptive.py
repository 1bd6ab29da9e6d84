"""Tables drawn again from the loss: the released code's own numbers, and what the clean form keeps exactly."""

import math
import re

import pytest
import torch

from tests.oracle import generator
from textdiff_lite.schedules import Tabulated, adapt, adapt_released, grid, sqrt, sqrt_released

TOY = torch.tensor([[1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]] * 2, dtype=torch.float64)


def middles(table: torch.Tensor) -> torch.Tensor:
    """The mean survival of each cell."""
    return (table[:, 1:] + table[:, :-1]) / 2


def tables(places: int, cells: int, seed: int = 0, end: float = 0.0) -> torch.Tensor:
    """Random tables [places, cells + 1] from 1 down to `end`, each another."""
    inner = torch.rand(places, cells - 1, generator=generator(seed), dtype=torch.float64)
    inner = end + (1 - end) * inner.sort(1, descending=True).values
    return torch.cat([torch.ones(places, 1), inner, torch.full((places, 1), end)], 1).double()


def even(table: torch.Tensor) -> torch.Tensor:
    """The tables with the same ends that are linear in t."""
    t = torch.linspace(0, 1, table.shape[1], dtype=torch.float64)
    return table[:, :1] + (table[:, -1:] - table[:, :1]) * t


# adapt


@pytest.mark.parametrize("slope", [1.0, 0.01, 250.0])
@pytest.mark.parametrize("cells", [4, 5, 10, 100])
def test_a_loss_that_is_linear_in_the_survival_gives_a_table_linear_in_time(cells, slope):
    table = tables(3, cells, end=0.05)
    # the loss goes on evenly to the ends, so let the outer two cells of each end be alike
    table[:, 1], table[:, -2] = (1 + table[:, 2]) / 2, (table[:, -3] + table[:, -1]) / 2
    got = adapt(table, 7 + slope * (1 - middles(table)))
    torch.testing.assert_close(got, even(table), rtol=0, atol=1e-11)


@pytest.mark.parametrize("cells", [3, 10, 100])
def test_from_any_table_such_a_loss_comes_there(cells):
    table = start = tables(3, cells, end=0.05)
    for _ in range(20):
        table = adapt(table, 1 - middles(table))
    torch.testing.assert_close(table, even(start), rtol=0, atol=1e-7)


def test_a_table_by_hand():
    # cells 1 .. .6 .. .4 .. 0, losses 1, 2, 5 at .8, .5, .2. The ends are .5 at 1 and 6.5 at 0, in between 2.5 and 4.5
    table = torch.tensor([[1.0, 0.6, 0.4, 0.0]], dtype=torch.float64)
    got = adapt(table, torch.tensor([[1.0, 2.0, 5.0]], dtype=torch.float64))
    want = [1, 0.5 - 0.3 * (2.5 - 2) / 3, 0.5 - 0.3 * (4.5 - 2) / 3, 0]
    assert got[0].tolist() == pytest.approx(want, abs=1e-14)


@pytest.mark.parametrize(
    ("loss", "survival"),
    [(lambda a: (1 - a) ** 2, lambda t: 1 - t**0.5), (lambda a: 3 - a**2, lambda t: (1 - t) ** 0.5)],
)
def test_the_loss_grows_evenly_in_the_new_table(loss, survival):
    table = 1 - torch.linspace(0, 1, 401, dtype=torch.float64)[None]
    got = Tabulated(adapt(table, loss(middles(table))))
    t = torch.linspace(0.1, 0.9, 17, dtype=torch.float64)
    # the loss of a middle stands for its cell, which is 1 / 400 wide
    torch.testing.assert_close(got(t), survival(t), rtol=0, atol=1e-4)
    torch.testing.assert_close(loss(got(t)).diff(), torch.full((16,), 0.05).double(), rtol=0, atol=1e-4)


def test_a_table_whose_loss_grows_evenly_is_found_again():
    table = even(tables(2, 20, end=0.1))
    losses = torch.linspace(3, 5, 20, dtype=torch.float64).repeat(2, 1)
    torch.testing.assert_close(adapt(table, losses), table, rtol=0, atol=1e-12)


def test_each_place_has_its_own_table():
    table = tables(3, 12)
    losses = torch.rand(3, 12, generator=generator(1), dtype=torch.float64)
    together = adapt(table, losses)
    for l in range(3):
        torch.testing.assert_close(adapt(table[[l]], losses[[l]]), together[[l]], rtol=0, atol=0)
    assert (together[0] - together[1]).abs().max() > 0.01


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_losses_the_ends_stay_and_the_table_is_a_schedule(seed):
    table = tables(50, 30, seed, end=0.02)
    # flat stretches too, in the table and in the loss
    table[::2] = (table[::2] * 4).round() / 4
    table[:, -1] = 0
    losses = torch.randn(50, 30, generator=generator(seed), dtype=torch.float64)
    losses[::3] = losses[::3].round()
    got = adapt(table, losses)
    assert torch.equal(got[:, [0, -1]], table[:, [0, -1]])
    Tabulated(got)
    Tabulated(adapt(table.float(), losses.float()))


def test_a_loss_that_falls_is_taken_as_flat():
    table = tables(1, 5)
    falling = torch.tensor([[1.0, 3.0, 2.0, 2.5, 6.0]], dtype=torch.float64)
    flat = torch.tensor([[1.0, 3.0, 3.0, 3.0, 6.0]], dtype=torch.float64)
    assert torch.equal(adapt(table, falling), adapt(table, flat))


def test_no_time_is_spent_where_the_loss_stands_still():
    table = 1 - torch.linspace(0, 1, 9, dtype=torch.float64)[None]
    losses = torch.tensor([[0.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 4.0]], dtype=torch.float64)
    got = adapt(table, losses)[0]
    # the loss is 2 from the middle of cell 3 to that of cell 6: survivals between 0.6875 and 0.3125
    assert not ((got > 0.3126) & (got < 0.6874)).any()


@pytest.mark.parametrize("losses", [[1.0, 1.0, 1.0, 1.0], [4.0, 3.0, 2.0, 1.0]])
def test_a_place_whose_loss_never_grows_keeps_its_table(losses):
    table = tables(2, 4)
    losses = torch.tensor([losses, [1.0, 2.0, 3.0, 4.0]], dtype=torch.float64)
    got = adapt(table, losses)
    assert torch.equal(got[0], table[0])
    assert not torch.equal(got[1], table[1])


@pytest.mark.parametrize("loss", [lambda a: (1 - a) ** 2, lambda a: torch.sigmoid(6 - 12 * a), lambda a: 1 - a**3])
def test_adapting_again_and_again_settles_on_a_table_of_even_loss(loss):
    t = torch.linspace(0, 1, 51, dtype=torch.float64)
    table = before = sqrt(t)[None]
    for _ in range(12):
        before, table = table, adapt(table, loss(middles(table)))
    assert (table - before).abs().max() < 1e-3
    got = loss(table[0])
    line = torch.lerp(got[0], got[-1], t)
    assert (got - line).abs().max() < 0.02 * (got[-1] - got[0])


def test_the_dtype_of_the_table_is_kept():
    table = tables(2, 6)
    got = adapt(table.float(), torch.rand(2, 6, generator=generator(), dtype=torch.float64))
    assert got.dtype == torch.float32
    assert adapt_released(table.float(), torch.rand(2, 3, dtype=torch.float64)).dtype == torch.float32


# as released


def test_the_toy_table_has_the_known_numbers():
    got = adapt_released(TOY, torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.1, 0.3, 0.2, 0.6]], dtype=torch.float64))
    want = [1, 0.9, 0.842865, 0.73572, 0.435723, 0.36429, 0.292858, 0.235713, 0.2]
    assert got[1].tolist() == pytest.approx(want, abs=1e-6)
    assert torch.equal(got[0], TOY[0])


def test_the_released_class_has_the_known_numbers():
    T, cells, passes = 2000, 100, 51
    table = sqrt_released(T)(grid(T, dtype=torch.float64).flip(0)).repeat(2, 1)
    # its history starts with one loss a cell, on a line from 0 to 1/2
    invented = torch.linspace(0, 0.5, cells, dtype=torch.float64)
    seen = (1 - table[:, 1:]).reshape(2, cells, -1)
    got = adapt_released(table, (invented + passes * seen.sum(2)) / (1 + passes * seen.shape[2]))[1, 1:]
    known = {0: 0.98535869, 1: 0.98455726, 500: 0.72475062, 1000: 0.48288537, 1500: 0.24107688, 1998: 4.39740e-4}
    for i, survival in known.items():
        assert float(got[i]) == pytest.approx(survival, abs=6e-9)
    assert float(got[1999]) == pytest.approx(2.0204041e-7, abs=1e-14)


def test_a_loss_of_what_is_lost_gives_a_released_table_linear_in_time_up_to_its_margins():
    T = 2000
    table = sqrt_released(T)(grid(T, dtype=torch.float64).flip(0)).repeat(2, 1)
    got = adapt_released(table, 1 - table[:, 1:])[1, 1:]
    line = torch.lerp(table[1, 1], table[1, -1], torch.linspace(0, 1, T, dtype=torch.float64))
    assert (got - line).abs().max() < 0.005
    assert torch.equal(got[[0, -1]], table[1, [1, -1]])


def test_a_released_table_ends_where_the_whole_table_does():
    table = TOY.clone()
    table[1, 1:] = 0.25 + table[1, 1:] / 2
    got = adapt_released(table, torch.tensor([[0.1, 0.2, 0.3, 0.4]] * 2, dtype=torch.float64))
    assert table[1, [1, -1]].tolist() == pytest.approx([0.7, 0.35])
    assert got[1, [1, -1]].tolist() == [0.9, 0.2]


# negative


def losses_of(*shape: int, wrong: float | None = None) -> torch.Tensor:
    losses = torch.arange(math.prod(shape), dtype=torch.float64).view(shape)
    if wrong is not None:
        losses[1, 3] = wrong
    return losses


@pytest.mark.parametrize(
    ("again", "losses", "message"),
    [
        (adapt, losses_of(3, 8), "losses must have a row for each of the 2 places, got shape [3, 8]"),
        (adapt, losses_of(2), "losses must have a row for each of the 2 places, got shape [2]"),
        (adapt, losses_of(2, 9), "losses must hold a number for each of the 8 cells, got 9"),
        (adapt, losses_of(2, 8, wrong=math.nan), "losses must be finite, got nan in cell 3 of place 1"),
        (adapt, losses_of(2, 8, wrong=math.inf), "losses must be finite, got inf in cell 3 of place 1"),
        (adapt, losses_of(2, 1), "losses must hold at least two cells, got 1"),
        (adapt_released, losses_of(3, 4), "losses must have a row for each of the 2 places, got shape [3, 4]"),
        (adapt_released, losses_of(2, 3), "losses must hold cells of equally many of the 8 steps, got 3 cells"),
        (adapt_released, losses_of(2, 1), "losses must hold at least two cells, got 1"),
        (adapt_released, losses_of(2, 4, wrong=math.nan), "losses must be finite, got nan in cell 3 of place 1"),
    ],
)
def test_losses_that_make_no_table_are_refused(again, losses, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        again(TOY, losses)
