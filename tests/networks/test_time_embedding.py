"""The sinusoidal time embedding."""

import math

import pytest
import torch

from textdiff_lite.networks.time_embedding import sinusoidal


def test_embedding_has_the_printed_digits():
    # computed once in float64 from the released formula: cos first, then sin
    out = sinusoidal(torch.tensor(1.0, dtype=torch.float64), 128)
    assert out[0].item() == pytest.approx(0.54030231, abs=5e-9)
    assert out[1].item() == pytest.approx(0.64790587, abs=5e-9)
    assert out[64].item() == pytest.approx(0.84147098, abs=5e-9)
    assert out[65].item() == pytest.approx(0.76172041, abs=5e-9)


def test_frequencies_fall_from_one_by_a_constant_factor():
    small = 1e-9  # sin(t f) = t f there
    out = sinusoidal(torch.tensor([small], dtype=torch.float64), 16)[0, 8:] / small
    assert out.tolist() == pytest.approx([1, 0.31622777, 0.1, 0.031622777, 0.01] + [10 ** -(k / 2) for k in (5, 6, 7)])


@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (2, 5)])
@pytest.mark.parametrize("dim", [2, 7, 8])
def test_embedding_adds_one_axis(shape, dim):
    assert sinusoidal(torch.zeros(shape), dim).shape == (*shape, dim)


def test_an_odd_width_ends_in_a_zero():
    odd, even = sinusoidal(torch.tensor([3.0]), 5), sinusoidal(torch.tensor([3.0]), 4)
    assert torch.equal(odd[:, :4], even)
    assert odd[0, 4] == 0


def test_time_is_not_scaled():
    assert sinusoidal(torch.tensor([0.25]), 2)[0].tolist() == pytest.approx([math.cos(0.25), math.sin(0.25)])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_embedding_keeps_the_dtype(dtype):
    assert sinusoidal(torch.ones(2, dtype=dtype), 6).dtype == dtype


def test_a_width_below_two_is_refused():
    with pytest.raises(ValueError, match="dim must be at least 2, got 1"):
        sinusoidal(torch.zeros(1), 1)
