"""One-step matrices: values by hand, what every kernel promises, and the closed forms against products."""

import math

import pytest
import torch

from tests.oracle import PlaceFirst, fading
from tests.processes.worlds import even
from textdiff_lite.processes import Absorbing, MaskAndReplace, Uniform, kernels
from textdiff_lite.schedules import Spindle, cosine, mutual_information


def double(numbers) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def close(got, want, atol=1e-12):
    torch.testing.assert_close(got, double(want) if isinstance(want, list) else want, rtol=0, atol=atol)


RING = torch.tensor([[1, 3], [0, 2], [1, 3], [0, 2]])
"""Four words in a ring, each beside two."""


# the matrices of the closed forms


def test_the_matrices_of_the_closed_forms_by_hand():
    # alpha_bar = 1 - t, T = 2: a half is kept in the first step, nothing in the second
    mask, uniform = kernels.of_process(Absorbing(fading, 2), 2), kernels.of_process(Uniform(fading, 2), 2)
    close(mask, [[[0.5, 0, 0.5], [0, 0.5, 0.5], [0, 0, 1]], [[0, 0, 1], [0, 0, 1], [0, 0, 1]]])
    close(uniform, [[[0.75, 0.25], [0.25, 0.75]], [[0.5, 0.5], [0.5, 0.5]]])
    # half of the rate goes each way: sqrt(1/2) is not hidden, and 1/2 of it is not touched
    seen = math.sqrt(0.5)
    first = kernels.of_process(MaskAndReplace(fading, 2, 0.5), 2)[0]
    other = (seen - 0.5) / 2
    close(first, [[0.5 + other, other, 1 - seen], [other, 0.5 + other, 1 - seen], [0, 0, 1]])


@pytest.mark.parametrize("alpha_bar", [mutual_information, cosine, even])
@pytest.mark.parametrize("make", [Absorbing, Uniform, lambda a, K: MaskAndReplace(a, K, 0.3)])
def test_products_of_one_step_matrices_are_the_shares_of_the_whole_way(make, alpha_bar):
    process, T = make(alpha_bar, 3), 7
    q = kernels.of_process(process, T)
    assert q.dtype == torch.float64
    close(q.sum(-1), torch.ones(T, process.states).double())
    product = torch.eye(process.states).double()
    for i in range(T):
        product = product @ q[i]
        keep, replace, hide = process.shares(alpha_bar(double([(i + 1) / T])))
        close(product[:3, :3], keep * torch.eye(3).double() + replace / 3)
        close(product[:3, 3:], hide.expand(3, process.states - 3))


def test_the_steps_of_the_even_mask_are_one_over_what_is_left():
    q = kernels.of_process(Absorbing(mutual_information, 2), 5)
    close(q[:, 0, 2], [1 / 5, 1 / 4, 1 / 3, 1 / 2, 1])


def test_where_nothing_is_left_nothing_happens():
    def early(t, word=None, position=None):
        return (1 - 2 * t).clamp(min=0)

    q = kernels.of_process(Absorbing(early, 2), 4)
    close(q[1], [[0, 0, 1], [0, 0, 1], [0, 0, 1]])
    close(q[2:], torch.eye(3).double().expand(2, -1, -1))


def test_a_schedule_that_looks_at_the_word_is_no_chain():
    with pytest.raises(ValueError, match="alpha_bar must not look at the word: its steps depend on x_0"):
        kernels.of_process(Absorbing(Spindle((0.7, 0.2, 0.1), 0.2), 3), 5)


# discretised Gaussian


def test_the_discretised_gaussian_of_the_published_size():
    q = kernels.gaussian([0.5], 4)[0]
    close(q[0], [0.7659537, 0.21867367, 0.0151942, 0.00017844], atol=5e-9)
    close(q[1], [0.21867367, 0.54745846, 0.21867367, 0.0151942], atol=5e-9)


@pytest.mark.parametrize("words", [2, 3, 9])
def test_the_discretised_gaussian_is_its_formula_and_doubly_stochastic(words):
    betas = [0.01, 0.3, 2.0]
    q = kernels.gaussian(betas, words)
    assert q.shape == (3, words, words)
    for beta, step in zip(betas, q, strict=True):
        weight = [math.exp(-4 * n**2 / ((words - 1) ** 2 * beta)) for n in range(words)]
        total = weight[0] + 2 * sum(weight[1:])
        for i in range(words):
            for j in range(words):
                if i != j:
                    assert step[i, j].item() == pytest.approx(weight[abs(i - j)] / total, abs=1e-15)
    assert (q >= 0).all()
    close(q, q.mT)
    close(q.sum(-1), torch.ones(3, words).double())
    close(q.sum(-2), torch.ones(3, words).double())
    spread = torch.linalg.matrix_power(q[2], 200)
    close(spread, torch.full((words, words), 1 / words, dtype=torch.float64), atol=1e-9)


def test_bad_numbers_of_the_gaussian_are_refused():
    with pytest.raises(ValueError, match="words must be at least 2, got 1"):
        kernels.gaussian([0.5], 1)
    for betas in ([], [0.1, 0.0], [-0.1], [math.nan], [math.inf]):
        with pytest.raises(ValueError, match=r"betas must hold positive and finite numbers, got \["):
            kernels.gaussian(betas, 3)


# nearest neighbours


def test_the_nearest_in_direction_by_hand():
    # at 0, 10, 80 and 170 degrees; the lengths do not count
    degrees, lengths = double([0.0, 10.0, 80.0, 170.0]), double([1.0, 9.0, 0.1, 3.0])
    vectors = lengths[:, None] * torch.stack([degrees.deg2rad().cos(), degrees.deg2rad().sin()], 1)
    assert kernels.nearest(vectors, 1).tolist() == [[1], [0], [1], [2]]
    assert kernels.nearest(vectors, 3).tolist() == [[1, 2, 3], [0, 2, 3], [1, 0, 3], [2, 1, 0]]


def test_words_that_lie_equally_near_come_in_the_order_of_their_ids():
    vectors = double([[1, 0], [0, 1], [0, -1], [0, 1], [0, 2]])
    assert kernels.nearest(vectors, 4).tolist()[0] == [1, 2, 3, 4]
    assert kernels.nearest(vectors, 2).tolist()[1] == [3, 4]


def test_bad_numbers_of_the_nearest_are_refused():
    vectors = double([[1, 0], [0, 1], [1, 1]])
    for k in (0, 3):
        with pytest.raises(ValueError, match=rf"k must lie in \[1, 2\], the other words, got {k}"):
            kernels.nearest(vectors, k)
    for bad in (0.0, math.nan, math.inf):
        vectors[1] = bad
        with pytest.raises(ValueError, match=f"vectors must have a direction, but that of word 1 has length {bad:g}"):
            kernels.nearest(vectors, 1)


def test_the_rates_of_a_ring_by_hand():
    close(kernels.neighbour_rates(RING), [[-1, 0.5, 0, 0.5], [0.5, -1, 0.5, 0], [0, 0.5, -1, 0.5], [0.5, 0, 0.5, -1]])


def test_rates_of_neighbours_that_are_not_mutual_are_halved():
    # 0 and 1 name each other; 2 names 1, which does not name it
    rates = kernels.neighbour_rates(torch.tensor([[1], [0], [1]]))
    close(rates, [[-1, 1, 0], [1, -1.5, 0.5], [0, 0.5, -0.5]])


def test_a_graph_that_falls_apart_is_refused():
    with pytest.raises(ValueError, match=r"the graph of 1 neighbours falls into 2 parts: take more neighbours"):
        kernels.neighbour_rates(torch.tensor([[1], [0], [3], [2]]))


# exp(u R)


def family() -> kernels.Exponential:
    return kernels.Exponential(kernels.neighbour_rates(torch.tensor([[1], [2], [1], [0], [3]])))


def test_the_exponential_of_the_published_ring():
    q = kernels.Exponential(kernels.neighbour_rates(RING))(double(math.exp(-1)))
    close(q[0], [0.46777354, 0.21616618, 0.0998941, 0.21616618], atol=5e-9)


def test_the_exponential_is_that_of_matrices():
    rates = kernels.neighbour_rates(torch.tensor([[1], [2], [1], [0], [3]]))
    a = double([[0.9, 0.5], [0.1, 1e-6]])
    close(kernels.Exponential(rates)(a), torch.linalg.matrix_exp(-a.log()[..., None, None] * rates))


def test_the_exponential_is_a_semigroup_from_the_identity_to_the_even_law():
    q = family()
    close(q(double(0.7)) @ q(double(0.2)), q(double(0.14)))
    close(q(double(1.0)), torch.eye(5).double())
    close(q(double(0.0)), torch.full((5, 5), 0.2, dtype=torch.float64))
    every = q(double([1.0, 1 - 1e-12, 0.5, 1e-300, 0.0]))
    assert (every >= 0).all()
    close(every.sum(-1), torch.ones(5, 5).double())
    close(every, every.mT)


def test_steps_multiply_to_the_whole():
    q, T = family(), 6
    steps = q.steps(cosine, T)
    assert steps.shape == (T, 5, 5)
    product = torch.eye(5).double()
    for i in range(T):
        product = product @ steps[i]
        close(product, q(cosine(double((i + 1) / T))))
    close(product, torch.full((5, 5), 0.2, dtype=torch.float64))


def test_a_survival_that_is_over_early_has_no_steps():
    def early(t, word=None, position=None):
        return (1 - 2 * t).clamp(min=0)

    with pytest.raises(ValueError, match=r"alpha_bar must be above 0 before t = 1, got 0 at t = 2 / 4"):
        family().steps(early, 4)


def test_rates_in_float32_are_taken_in_float64():
    q = kernels.Exponential(kernels.neighbour_rates(RING).float())(torch.tensor(0.5))
    close(q, kernels.Exponential(kernels.neighbour_rates(RING))(double(0.5)))


def test_what_are_no_rates_is_refused():
    for rates in ([[-1, 1], [0.5, -0.5]], [[1, -1], [-1, 1]], [[math.nan, 1], [1, -1]]):
        with pytest.raises(ValueError, match="rates must be symmetric, and at least 0 off the diagonal"):
            kernels.Exponential(double(rates))
    with pytest.raises(ValueError, match=r"the rows of rates must sum to 0, got 0\.5"):
        kernels.Exponential(double([[-0.5, 1], [1, -1]]))


def test_a_chain_for_each_place_is_refused():
    with pytest.raises(ValueError, match="alpha_bar must not look at the place"):
        kernels.of_process(Uniform(PlaceFirst(cosine), 3), 4)
