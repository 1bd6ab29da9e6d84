"""What changes a belief between the network and the sampler."""

import math

import pytest
import torch

from tests.oracle import DEVICES, random, times
from textdiff_lite.guidance import clamped
from textdiff_lite.prediction import Denoise
from textdiff_lite.processes import VPGaussian
from textdiff_lite.samplers import sample
from textdiff_lite.schedules import grid, mutual_information
from textdiff_lite.spaces import nearest

VECTORS = random(6, 3, seed=7) * torch.linspace(0.5, 2, 6)[:, None]


def spied(answer: torch.Tensor):
    """A denoiser that gives `answer` and remembers what it was asked."""
    asked = []

    def denoise(x_t, t, prev=None):
        asked.append((x_t, t, prev))
        return answer

    return denoise, asked


def test_the_belief_becomes_the_nearest_row():
    answer = random(2, 4, 3)
    got = clamped(spied(answer)[0], VECTORS)(random(2, 4, 3, seed=1), times(0.3, 1.0))
    assert torch.equal(got, VECTORS[nearest(answer, VECTORS)])
    assert not torch.equal(nearest(answer, VECTORS), (answer @ VECTORS.T).argmax(-1)), "not by the inner product"


def test_clamping_twice_is_clamping_once():
    denoise = clamped(spied(random(2, 4, 3))[0], VECTORS)
    x_t, t = random(2, 4, 3, seed=1), times(0.3, 0.9)
    assert torch.equal(clamped(denoise, VECTORS)(x_t, t), denoise(x_t, t))


def test_only_times_that_are_not_above_the_limit_are_clamped():
    answer, x_t = random(3, 4, 3), random(3, 4, 3, seed=1)
    rows = VECTORS[nearest(answer, VECTORS)]
    got = clamped(spied(answer)[0], VECTORS, 0.5)(x_t, times(0.4, 0.5, 0.6))
    assert torch.equal(got[:2], rows[:2])
    assert torch.equal(got[2], answer[2])
    # each place by its own clock
    t = torch.tensor([[0.0, 0.5, 0.7, 1.0]]).double().expand(3, 4)
    got = clamped(spied(answer)[0], VECTORS, 0.5)(x_t, t)
    assert torch.equal(got[:, :2], rows[:, :2])
    assert torch.equal(got[:, 2:], answer[:, 2:])
    # 0 leaves all but clean tokens as they are
    assert torch.equal(clamped(spied(answer)[0], VECTORS, 0.0)(x_t, times(0.1, 0.5, 1.0)), answer)


@pytest.mark.parametrize(("below", "clamps"), [(1.0, 5), (1 / 5, 1), (0.6, 3), (0.0, 0)])
def test_so_many_of_five_even_steps_are_clamped(below, clamps):
    answer, process = random(2, 4, 3), VPGaussian(mutual_information)
    denoise = clamped(spied(answer)[0], VECTORS, below)
    walk = sample(process.reverse, denoise, random(2, 4, 3, seed=2), grid(5), generator=torch.Generator())
    rows = VECTORS[nearest(answer, VECTORS)]
    on_rows = [torch.equal(step.x0_hat, rows) for step in walk]
    assert on_rows == [False] * (5 - clamps) + [True] * clamps


def test_the_denoiser_is_asked_as_it_would_be_without():
    denoise, asked = spied(random(2, 4, 3))
    x_t, t, prev = random(2, 4, 3, seed=1), times(0.4, 0.5), random(2, 4, 3, seed=2)
    wrapped = clamped(denoise, VECTORS)
    wrapped(x_t, t, prev=prev)
    wrapped(x_t, t)
    (saw_x, saw_t, saw_prev), (_, _, nothing) = asked
    assert saw_x is x_t
    assert saw_t is t
    assert saw_prev is prev
    assert nothing is None
    assert isinstance(wrapped, Denoise)


@pytest.mark.parametrize("device", DEVICES)
def test_dtype_and_device_are_those_of_the_belief(device):
    answer = random(2, 4, 3).float().to(device)
    denoise = clamped(spied(answer)[0], VECTORS.float().to(device), 0.5)
    got = denoise(answer, torch.tensor([[0.4], [0.9]], device=device))
    assert (got.dtype, got.device.type) == (torch.float32, device)


@pytest.mark.parametrize("below", [-0.1, 1.1, math.nan, math.inf])
def test_a_limit_that_is_no_time_is_refused(below):
    with pytest.raises(ValueError, match=rf"below must lie in \[0, 1\], got {below}"):
        clamped(spied(random(1, 1, 3))[0], VECTORS, below)
