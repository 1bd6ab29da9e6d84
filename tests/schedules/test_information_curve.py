"""Mutual information by sums over all pairs of words, and the schedule that loses it at a constant rate."""

import math
import re

import pytest
import torch

from tests.oracle import generator
from textdiff_lite.schedules import betas, by_information, information, mutual_information, validate

SKEWED = torch.tensor([0.6, 0.25, 0.1, 0.05], dtype=torch.float64)


def laws(*shape: int) -> torch.Tensor:
    """Random laws in the last axis, float64."""
    p = torch.rand(shape, generator=generator(), dtype=torch.float64) ** 3
    return p / p.sum(-1, keepdim=True)


def masking(K: int):
    def family(a):
        return torch.cat([a * torch.eye(K, dtype=torch.float64), (1 - a).expand(K, 1)], 1)

    return family


def towards(pi: torch.Tensor):
    """Of what is destroyed, a word drawn from pi."""

    def family(a):
        return a * torch.eye(len(pi), dtype=torch.float64) + (1 - a) * pi

    return family


def uniform(K: int):
    return towards(torch.full((K,), 1 / K, dtype=torch.float64))


def sliding(a):
    """A word becomes its right neighbour, again and again: asymmetric, its own power series, not linear in a."""
    step = torch.eye(4, dtype=torch.float64).roll(1, 1)
    rate = -a.log() if a > 0 else torch.tensor(100.0, dtype=torch.float64)
    return torch.linalg.matrix_exp(rate * (step - torch.eye(4, dtype=torch.float64)))


# information


def test_information_is_the_sum_over_all_pairs():
    p, transition = laws(3), laws(3, 4)
    joint = [[float(p[i] * transition[i, j]) for j in range(4)] for i in range(3)]
    column = [sum(joint[i][j] for i in range(3)) for j in range(4)]
    want = sum(joint[i][j] * math.log(joint[i][j] / (float(p[i]) * column[j])) for i in range(3) for j in range(4))
    assert float(information(p, transition)) == pytest.approx(want, abs=1e-14)


def test_information_of_a_noisy_bit_is_its_capacity():
    def h(f):
        return -f * math.log(f) - (1 - f) * math.log(1 - f)

    half = torch.tensor([0.5, 0.5], dtype=torch.float64)
    for f in (0.01, 0.1100278644, 0.4):
        flip = torch.tensor([[1 - f, f], [f, 1 - f]], dtype=torch.float64)
        assert float(information(half, flip)) == pytest.approx(math.log(2) - h(f), abs=1e-14)


def test_what_is_not_touched_tells_the_entropy_and_what_forgets_tells_nothing():
    entropy = -sum(x * math.log(x) for x in SKEWED.tolist())
    assert float(information(SKEWED, torch.eye(4))) == pytest.approx(entropy, abs=1e-14)
    assert float(information(SKEWED, torch.eye(4)[[2, 0, 3, 1]])) == pytest.approx(entropy, abs=1e-14)
    assert float(information(SKEWED, laws(1, 5).expand(4, 5))) == pytest.approx(0, abs=1e-14)


def test_a_word_that_never_occurs_tells_nothing():
    p, transition = laws(3), laws(3, 4)
    with_a_ghost = torch.cat([p, torch.zeros(1)]), torch.cat([transition, torch.eye(4)[:1]])
    torch.testing.assert_close(information(*with_a_ghost), information(p, transition))


def test_information_is_float64_for_float32_laws():
    got = information(SKEWED.float(), torch.eye(4))
    assert got.dtype == torch.float64
    torch.testing.assert_close(got, information(SKEWED, torch.eye(4)), rtol=1e-6, atol=0)


# schedule


def test_the_schedule_of_the_mask_kernel_is_mutual_information():
    alpha_bar = by_information(SKEWED, masking(4), 20)
    t = torch.arange(101, dtype=torch.float64) / 100
    torch.testing.assert_close(alpha_bar(t), mutual_information(t), rtol=0, atol=1e-13)
    assert betas(alpha_bar, 20).tolist() == pytest.approx([1 / (20 - i + 1) for i in range(1, 21)], rel=1e-10)


@pytest.mark.parametrize(
    ("K", "want"),
    [
        (2, [0.9740262759, 0.9166146195, 0.7799442711, 0.5709965103, 0.3679613074]),
        (27, [0.9533599819, 0.8621713714, 0.6732512814, 0.4316312121, 0.2398152375]),
    ],
)
def test_the_schedule_of_uniform_noise_has_the_known_numbers(K, want):
    # solved once by another program for I / H = 0.9, 0.75, 0.5, 0.25, 0.1
    alpha_bar = by_information(torch.full((K,), 1 / K, dtype=torch.float64), uniform(K), 20)
    t = torch.tensor([0.1, 0.25, 0.5, 0.75, 0.9], dtype=torch.float64)
    assert alpha_bar(t).tolist() == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("family", [masking(4), uniform(4), towards(SKEWED.flip(0)), sliding])
@pytest.mark.parametrize("T", [1, 2, 7, 30])
def test_information_leaves_at_a_constant_rate(family, T):
    alpha_bar = by_information(SKEWED, family, T)
    entropy = information(SKEWED, torch.eye(4))
    for i in range(T + 1):
        t = torch.tensor(i / T, dtype=torch.float64)
        left = information(SKEWED, family(alpha_bar(t)))
        assert float(left / entropy) == pytest.approx(1 - i / T, abs=1e-9)


@pytest.mark.parametrize("family", [masking(4), uniform(4), towards(SKEWED.flip(0)), sliding])
def test_the_schedule_of_a_kernel_is_a_schedule_and_always_falls(family):
    alpha_bar = by_information(SKEWED, family, 30)
    validate(alpha_bar)
    assert (alpha_bar(torch.arange(91, dtype=torch.float64) / 90).diff() < 0).all()


def test_between_its_points_the_schedule_is_linear():
    alpha_bar = by_information(SKEWED, uniform(4), 4)
    quarter, half = (alpha_bar(torch.tensor(t, dtype=torch.float64)) for t in (0.25, 0.5))
    torch.testing.assert_close(alpha_bar(torch.tensor(0.375, dtype=torch.float64)), (quarter + half) / 2)


# negative

LAW = "numbers of at least 0 that sum to 1"


@pytest.mark.parametrize(
    ("p", "transition", "message"),
    [
        ([0.5, 0.4], [[1, 0], [0, 1]], "p must be {LAW}, got a least of 0.4 and a sum of 0.9"),
        ([1.5, -0.5], [[1, 0], [0, 1]], "p must be {LAW}, got a least of -0.5 and a sum of 1"),
        ([math.nan, 0.5], [[1, 0], [0, 1]], "p must be {LAW}, got a least of nan"),
        ([0.5, 0.5], [[1, 0], [0, 0.9]], "row 1 of transition must be {LAW}, got a least of 0 and a sum of 0.9"),
        ([0.5, 0.5], [[2, -1], [0, 1]], "row 0 of transition must be {LAW}, got a least of -1 and a sum of 1"),
        ([0.5, 0.5], [[1, 0]], "transition must have one row for each word of p [K], got [1, 2] for [2]"),
        ([0.5, 0.5], [1, 0], "transition must have one row for each word of p [K], got [2] for [2]"),
        ([[0.5, 0.5]], [[1, 0]], "transition must have one row for each word of p [K], got [1, 2] for [1, 2]"),
    ],
)
def test_what_is_no_law_is_refused(p, transition, message):
    with pytest.raises(ValueError, match=re.escape(message.format(LAW=LAW))):
        information(torch.tensor(p), torch.tensor(transition))


def test_a_family_that_is_noisy_at_one_is_refused():
    with pytest.raises(ValueError, match=r"family\(1\) must tell x_0, got 0\.\d+ of its information"):
        by_information(SKEWED, lambda a: uniform(4)(0.9 * a), 4)


def test_a_family_that_remembers_at_zero_is_refused():
    with pytest.raises(ValueError, match=r"family\(0\) must tell nothing of x_0, got 0\.\d+ of its information"):
        by_information(SKEWED, lambda a: uniform(4)(0.1 + 0.9 * a), 4)


def test_a_corpus_of_one_word_is_refused():
    with pytest.raises(ValueError, match="p must hold at least two words that occur, got one: it tells nothing"):
        by_information(torch.tensor([0.0, 1.0]), uniform(2), 4)


def test_frequencies_that_are_no_law_are_refused():
    with pytest.raises(ValueError, match=rf"p must be {LAW}, got a least of 1 and a sum of 3"):
        by_information(torch.tensor([1.0, 2.0]), uniform(2), 4)


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="T must be at least 1, got 0"):
        by_information(SKEWED, uniform(4), 0)
