"""Rare words get their share: float32 Gumbel noise starves them, and the draws of this library do not.

A word of probability p against the rest. Gumbel-max draws both noises g = -log(-log u) and takes the larger of
log p + g and log(1 - p) + g'. With E = -log u, Exp(1), the rare word wins if E < E' p / (1 - p), which has probability
p if u is a real number. But u = k / 2^24 in float32, so the smallest E above 0 is d = 2^-24 = 6e-8, and the next are
2 d, 3 d and so on. With E = j d the rare word wins if E' > j d (1 - p) / p, which has probability exp(-j d / p):

    P(win) = sum over j >= 1 of d exp(-j d / p) = d / (exp(d / p) - 1)        p = 1e-8: 1.54e-10, not 1e-8

Far above d nothing is lost, at d / p = 6 all but 1.5 %: rare words are cut off, as at a lower temperature. Sampling
does not show it: a million draws hold no such word whether they are right or wrong. So all 2^24 numbers are counted.
"""

import math

import pytest
import torch
from torch import Tensor

from tests.oracle import generator, times
from textdiff_lite.distributions import Categorical
from textdiff_lite.processes import Absorbing
from textdiff_lite.schedules import mutual_information

RARE = 1e-8
N = 2**24


def every_gumbel(guard: float) -> Tensor:
    """-log(-log(u + guard)) in float32 for every float32 uniform k / 2^24, in rising order, [2^24]."""
    chunks = torch.arange(N, dtype=torch.int32).chunk(64)
    return torch.cat([-(-(k.float() / N + guard).log()).log() for k in chunks])


def wins(noise: Tensor, p: float) -> list[int]:
    """For the largest numbers u of the rare word, largest first: how many u' of the rest lose to it, of 2^24.

    Both scores rise with u, so the first number that never wins ends the list.
    """
    rare, rest = math.log(p) + noise[-64:].flip(0), math.log1p(-p) + noise
    counts = [int((rest < score).sum()) for score in rare[rare > rest[0]]]
    assert len(counts) < 64
    return counts


@pytest.fixture(scope="module")
def noise() -> Tensor:
    # released samplers add a little to u, so that u = 0 has a logarithm
    return every_gumbel(guard=1e-10)


# float32 Gumbel noise


def test_float32_noise_ends_at_sixteen(noise):
    assert (noise.diff() >= 0).all()
    assert float(noise[-1]) == pytest.approx(24 * math.log(2), abs=1e-5)


def test_float32_gumbel_gives_a_rare_word_a_sixtieth_of_its_rate(noise):
    counts = wins(noise, RARE)
    # only three numbers of 2^24 can win at all, and the third only against u' = 0
    assert counts == [pytest.approx(N * math.exp(-j / N / RARE), rel=1e-3, abs=1) for j in (1, 2, 3)]
    ratio = sum(counts) / N**2 / RARE
    assert ratio == pytest.approx(1 / (math.exp(1 / N / RARE) - 1) / N / RARE, rel=2e-3)
    assert ratio == pytest.approx(0.0154, abs=1e-4)


def test_without_a_guard_the_rest_loses_to_anything_once_in_sixteen_million():
    bare = every_gumbel(guard=0.0)
    rare, rest = math.log(RARE) + bare, math.log1p(-RARE) + bare
    # the noise of u' = 0 is -inf: six times the rate of the rare word, and none of it has to do with its probability
    by_accident = int((rare > rest[0]).sum())
    assert by_accident == N - 1
    assert by_accident / N**2 / RARE == pytest.approx(5.96, abs=0.01)


def test_a_small_step_of_ancestral_sampling_gives_it_nothing(noise):
    # one stage: the word's probability is multiplied by (t - s) / t, here 1 / 1000
    assert wins(noise, RARE / 1000) == []


def test_a_frequent_word_gets_its_share_even_so(noise):
    p, stride = 0.01, 4096
    rare, rest = math.log(p) + noise[stride // 2 :: stride], math.log1p(-p) + noise
    share = torch.searchsorted(rest, rare).double().mean() / N
    assert float(share) == pytest.approx(p, rel=1e-3)


# the draws of this library


def share_of(law: Categorical, word: int) -> float:
    """The length of the interval of numbers u for which `law.at` gives this word, by bisection on float64 numbers."""

    def start(word: int) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            u = torch.full(law.log_probs.shape[:-1], middle, dtype=torch.float64)
            low, high = (low, middle) if int(law.at(u)) >= word else (middle, high)
        return high if word else 0.0

    return start(word + 1) - start(word)


def law_with_a_rare_word(place: int, words: int = 50) -> Tensor:
    """Float64 log-probabilities [1, 1, words], RARE at this place and as different as can be elsewhere."""
    p = torch.rand(words, generator=generator(1), dtype=torch.float64) ** 8 + 1e-3
    p[place] = 0
    p *= (1 - RARE) / p.sum()
    p[place] = RARE
    return p.log()[None, None]


@pytest.mark.parametrize("place", [0, 20, 49])
def test_a_rare_word_gets_its_share_to_a_millionth(place):
    assert share_of(Categorical(law_with_a_rare_word(place)), place) == pytest.approx(RARE, rel=1e-6)


def test_a_rare_word_of_a_float32_belief_gets_the_share_that_the_belief_says():
    log_probs = law_with_a_rare_word(20).float()
    law = Categorical(log_probs)
    said = log_probs.double().exp()[0, 0]
    assert share_of(law, 20) == pytest.approx(float(said[20] / said.sum()), rel=1e-6)


def test_draws_have_more_digits_than_float32():
    u = Categorical(torch.zeros(1, 10_000, 1)).draw(generator(1))
    assert u.dtype == torch.float64
    assert ((u * N) % 1 != 0).double().mean() > 0.99
    assert ((u * 2**40) % 1 != 0).double().mean() > 0.99


def test_float32_draws_are_refused():
    law = Categorical(law_with_a_rare_word(20))
    with pytest.raises(ValueError, match=r"draw must be torch.float64, got torch.float32: it would starve rare tokens"):
        law.at(law.draw(generator()).float())


# one stage and two


STEPS = [(0.0, 0.001), (0.499, 0.5), (0.999, 1.0), (0.0, 1.0), (0.2, 0.7)]


@pytest.mark.parametrize(("s", "t"), STEPS)
def test_revealing_first_and_drawing_the_word_then_is_the_same_law(s, t):
    process, belief = Absorbing(mutual_information, 50), law_with_a_rare_word(20)
    x = torch.full((1, 1), process.mask)
    one_stage = process.reverse(x, belief, times(s), times(t)).log_probs.exp()[0, 0]
    reveal = (t - s) / t
    torch.testing.assert_close(one_stage[:-1], reveal * belief.exp()[0, 0], rtol=1e-9, atol=0)
    torch.testing.assert_close(float(one_stage[-1]), 1 - reveal, rtol=0, atol=1e-12)


def test_one_stage_gives_a_rare_word_its_share_of_a_small_step():
    process = Absorbing(mutual_information, 50)
    x = torch.full((1, 1), process.mask)
    law = process.reverse(x, law_with_a_rare_word(20), times(0.999), times(1.0))
    # a share of 1e-11 has five digits in float64
    assert share_of(law, 20) == pytest.approx(RARE / 1000, rel=1e-4)
