"""Distances between vectors: the nearest word, the nearest neighbour, and the noise that reaches it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import DEVICES, random
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine, linear, mutual_information, named
from textdiff_lite.spaces import Embeddings, nearest, neighbour_distances, noise_floor


def variance_preserving(t, word=None, position=None):
    """DINOISER's own schedule: noise t, so alpha_bar = 1 - t^2."""
    return 1 - t**2


def spread(delta2: float, words: int = 6) -> torch.Tensor:
    """A word on each axis: every other one is at a squared distance of delta2 for each coordinate."""
    return math.sqrt(delta2 * words / 2) * torch.eye(words).double()


# nearest


def test_the_nearest_row_is_the_one_at_the_least_distance():
    x, vectors = random(4, 3, 5), random(9, 5, seed=1) * torch.linspace(0.5, 2, 9)[:, None]
    slow = (x[..., None, :] - vectors).square().sum(-1).argmin(-1)
    assert torch.equal(nearest(x, vectors), slow)
    assert len(slow.unique()) > 3
    products = x @ vectors.T
    assert not torch.equal(products.argmax(-1), slow)


def test_the_nearest_row_is_not_the_one_of_the_largest_product():
    vectors = torch.tensor([[1.0, 0.0], [10.0, 0.0]])
    assert nearest(torch.tensor([[[1.2, 0.0]]]), vectors).tolist() == [[0]]


def test_every_row_is_nearest_to_itself():
    vectors = random(50, 3) * torch.linspace(0.01, 30, 50)[:, None]
    assert torch.equal(nearest(vectors, vectors), torch.arange(50))


def test_of_several_equally_near_the_first_is_taken():
    vectors = torch.tensor([[5.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    assert nearest(torch.tensor([[0.0, 0.0], [1.0, 0.0]]), vectors).tolist() == [1, 1]


@given(st.integers(0, 1000), st.floats(0.1, 10), st.floats(-5, 5))
def test_distances_do_not_care_where_the_origin_is_or_how_long_a_metre_is(seed, scale, shift):
    x, vectors = random(2, 3, 4, seed=seed), random(6, 4, seed=seed + 1)
    assert torch.equal(nearest(scale * x + shift, scale * vectors + shift), nearest(x, vectors))


def test_the_word_of_the_head_and_the_nearest_word_can_disagree():
    # the head scores by inner product and bias: it prefers long vectors, and those of a large bias
    space = Embeddings(3, 2)
    with torch.no_grad():
        space.table.copy_(torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0]]))
    x = torch.tensor([[[1.5, 0.0]]])
    assert nearest(x, space.vectors()).tolist() == [[0]]
    assert space.logits(x).argmax(-1).tolist() == [[1]]
    # clamping does not help: at the very vector of word 0 the head says 1
    assert space.logits(space.vectors()[None, :1]).argmax(-1).tolist() == [[1]]
    # with lengths that agree and no bias they are one
    space = Embeddings(20, 6, "unit").double()
    x = random(5, 4, 6)
    assert torch.equal(nearest(x, space.vectors()), space.logits(x).argmax(-1))
    with torch.no_grad():
        space.bias[3] = 100
    assert (space.logits(x).argmax(-1) == 3).all()


def test_the_bias_that_makes_the_head_the_nearest_row_is_minus_half_the_squared_length():
    space, x = Embeddings(20, 6).double(), random(5, 4, 6)
    with torch.no_grad():
        space.bias.copy_(-space.vectors().square().sum(-1) / 2)
    assert torch.equal(nearest(x, space.vectors()), space.logits(x).argmax(-1))


@pytest.mark.parametrize("width", [1, 3])
def test_another_width_has_no_nearest_row(width):
    with pytest.raises(ValueError, match=f"x must hold vectors of width 2, got {width}"):
        nearest(torch.zeros(4, width), torch.zeros(3, 2))


@pytest.mark.parametrize("device", DEVICES)
def test_the_nearest_row_on_every_device(device):
    x, vectors = random(2, 3, 4).float(), random(6, 4, seed=1).float()
    got = nearest(x.to(device), vectors.to(device))
    assert got.device.type == device
    assert torch.equal(got.cpu(), nearest(x, vectors))


# neighbours


def test_the_distance_to_the_nearest_other_row():
    vectors = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0], [6.0, 8.0]])
    assert neighbour_distances(vectors).tolist() == [1.0, pytest.approx(18**0.5), 1.0, 5.0]
    many = random(30, 4)
    slow = (many[:, None] - many).norm(dim=-1) + torch.diag(torch.full((30,), torch.inf))
    torch.testing.assert_close(neighbour_distances(many), slow.amin(1))


def test_a_row_that_stands_twice_has_a_neighbour_at_no_distance():
    assert neighbour_distances(torch.tensor([[1.0, 2.0], [1.0, 2.0], [9.0, 9.0]]))[:2].tolist() == [0.0, 0.0]


def test_rows_that_nearly_agree_far_from_the_origin_keep_their_distance():
    # enough rows for the way by inner products, which would lose all digits
    vectors = 1000 + 1e-2 * torch.arange(40.0)[:, None] * torch.ones(1, 8)
    torch.testing.assert_close(neighbour_distances(vectors), torch.full((40,), 1e-2 * 8**0.5), rtol=1e-2, atol=0)


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_neighbour_distances_grow_with_the_table_and_not_with_its_place(seed, scale):
    vectors = random(6, 4, seed=seed)
    torch.testing.assert_close(neighbour_distances(scale * vectors + 3), scale * neighbour_distances(vectors))


@pytest.mark.parametrize("rows", [0, 1])
def test_a_row_alone_has_no_neighbour(rows):
    with pytest.raises(ValueError, match=f"vectors must have at least two rows, got {rows}"):
        neighbour_distances(torch.zeros(rows, 3))


# the noise floor


@pytest.mark.parametrize(
    ("delta2", "noise"), [(1 / 3, 0.5), (1.0, 0.70710678), (2.0, 0.81649658), (1e-8, 1e-4), (1e8, 1.0)]
)
def test_the_noise_at_the_floor_is_that_of_the_spread_of_the_words(delta2, noise):
    vectors = spread(delta2)
    torch.testing.assert_close(
        neighbour_distances(vectors).square().mean() / vectors.shape[1], torch.tensor(delta2).double()
    )
    # with DINOISER's schedule the floor is the noise itself
    assert noise_floor(VPGaussian(variance_preserving), vectors).item() == pytest.approx(noise, rel=1e-6)
    for schedule in (cosine, linear, mutual_information):
        process = VPGaussian(schedule)
        t = noise_floor(process, vectors)
        if 1e-6 < delta2 < 1e6:
            assert process.level(t.view(1, 1), 1).noise.item() == pytest.approx(noise, rel=1e-6)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 4.0])
def test_the_floor_is_where_noise_over_signal_is_delta_for_every_noise_scale(scale):
    vectors, process = random(12, 3), VPGaussian(cosine, noise_scale=scale)
    delta = (neighbour_distances(vectors).square().mean() / 3) ** 0.5
    signal, noise = process.level(noise_floor(process, vectors).view(1, 1), 1)
    assert (noise / signal).item() == pytest.approx(float(delta), rel=1e-6)
    stronger = VPGaussian(cosine, noise_scale=2 * scale)
    assert noise_floor(stronger, vectors) < noise_floor(process, vectors), "stronger noise gets there earlier"


def test_delta_grows_with_the_table_and_its_square_with_the_square():
    process, vectors = VPGaussian(variance_preserving), spread(1 / 3)
    for c in (0.5, 2.0, 3.0):
        delta2 = c**2 / 3
        assert noise_floor(process, c * vectors).item() == pytest.approx((delta2 / (1 + delta2)) ** 0.5)


def test_delta_is_a_mean_over_words_of_squares_per_coordinate():
    # neighbours at 1, 1 and 3: (1 + 1 + 9) / 3 / 2
    vectors = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]])
    delta2 = 11 / 6
    floor = noise_floor(VPGaussian(variance_preserving), vectors)
    assert floor.item() == pytest.approx((delta2 / (1 + delta2)) ** 0.5)
    assert floor.dtype == torch.float64
    assert floor.shape == ()


@pytest.mark.parametrize(("words", "width", "noise", "slack"), [(3000, 16, 0.55, 0.03), (3000, 64, 0.73, 0.015)])
def test_the_floor_of_random_directions_is_higher_in_wide_spaces(words, width, noise, slack):
    # at 10,000 words DINOISER's would be .537 and .72; fewer words lie a little further apart
    torch.manual_seed(0)
    vectors = Embeddings(words, width, "unit").vectors().detach()
    assert noise_floor(VPGaussian(variance_preserving), vectors).item() == pytest.approx(noise, abs=slack)


def test_words_that_agree_have_no_floor():
    for process in (VPGaussian(cosine), VPGaussian(named("sqrt"), noise_scale=2.0)):
        assert noise_floor(process, torch.ones(4, 3)).item() == 0
