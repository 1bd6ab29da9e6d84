"""Spindle: a law for each word, and the sentence's own curve."""

import math
import re

import pytest
import torch

from tests.oracle import DEVICES, times
from textdiff_lite.schedules import Spindle, mutual_information, spindle_of_sentence, validate

COUNTS = (4.0, 2.0, 1.0, 1.0)
LEAD = [1 - 1.75 / bits for bits in (1, 2, 3, 3)]  # their entropy is 1.75 bits
UNEQUAL = (90.0, 0.0, 30.0, 2.0, 1.0)


def words(frequencies) -> torch.Tensor:
    """All words, [1, 1, K]."""
    return torch.arange(len(frequencies))[None, None]


def strongest(frequencies) -> float:
    """The largest strength, by the formula."""
    total = sum(frequencies)
    bits = [math.log(total / f) if f else math.inf for f in frequencies]
    mean = sum(f / total * h for f, h in zip(frequencies, bits, strict=True) if f)
    return 1 / (math.pi * max(abs(1 - mean / h) for h in bits))


@pytest.mark.parametrize("t", [0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_spindle_by_hand(t):
    got = Spindle(COUNTS, 0.3)(times(t), word=torch.arange(4)[None])
    want = [1 - t - 0.3 * math.sin(math.pi * t) * lead for lead in LEAD]
    assert got.flatten().tolist() == pytest.approx(want, abs=1e-15)


def test_rare_words_go_early_and_frequent_ones_late():
    a = Spindle(COUNTS, 0.3)(times(0.5), word=torch.arange(4)[None]).flatten()
    assert a[0] > 0.5 > a[1] > a[2] == a[3]


@pytest.mark.parametrize("frequencies", [COUNTS, UNEQUAL])
def test_information_leaves_the_corpus_at_a_constant_rate(frequencies):
    p = torch.tensor(frequencies, dtype=torch.float64)
    p = p / p.sum()
    share = torch.special.entr(p) / torch.special.entr(p).sum()
    t = torch.arange(21, dtype=torch.float64)[:, None, None] / 20
    a = Spindle(frequencies, 0.1)(t, word=words(frequencies))
    torch.testing.assert_close((a * share).sum(-1, keepdim=True), 1 - t, rtol=0, atol=1e-14)


def test_a_word_that_never_occurs_is_the_rarest():
    a = Spindle((*COUNTS, 0.0), 0.3)(times(0.25), word=torch.arange(5)[None]).flatten()
    assert float(a[4]) == pytest.approx(0.75 - 0.3 * math.sqrt(0.5), abs=1e-15)
    assert a[4] < a[:4].min()
    torch.testing.assert_close(a[:4], Spindle(COUNTS, 0.3)(times(0.25), word=torch.arange(4)[None]).flatten())


def test_frequencies_are_counts_or_shares():
    shares = tuple(count / 8 for count in COUNTS)
    t, word = times(0.1, 0.7), torch.arange(4)[None]
    torch.testing.assert_close(Spindle(shares, 0.3)(t, word=word), Spindle(COUNTS, 0.3)(t, word=word))


def test_spindle_of_no_strength_and_without_a_word_is_mutual_information():
    t, word = times(0.0, 0.3, 0.7, 1.0), torch.arange(4)[None]
    torch.testing.assert_close(Spindle(COUNTS, 0.0)(t, word=word), mutual_information(t).expand(4, 4))
    assert torch.equal(Spindle(COUNTS, 0.3)(t), mutual_information(t))


def test_times_of_a_sentence_of_a_token_and_of_every_word_agree():
    alpha_bar, word = Spindle(COUNTS, 0.3), torch.tensor([[0, 1, 3], [2, 2, 0]])
    t = times(0.2, 0.6)
    by_sentence = alpha_bar(t, word=word)
    assert by_sentence.shape == (2, 3)
    assert torch.equal(alpha_bar(t.expand(2, 3), word=word), by_sentence)
    by_word = alpha_bar(t[..., None], word=words(COUNTS))
    assert by_word.shape == (2, 1, 4)
    assert torch.equal(by_word.expand(2, 3, 4).gather(-1, word[..., None]).squeeze(-1), by_sentence)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_spindle_answers_in_the_dtype_and_device_of_t(dtype, device):
    t, word = times(0.2, 0.6), torch.tensor([[0, 1, 3]])
    got = Spindle(COUNTS, 0.3)(t.to(device, dtype), word=word.to(device))
    assert (got.shape, got.dtype, got.device.type) == ((2, 3), dtype, device)
    torch.testing.assert_close(got.cpu().double(), Spindle(COUNTS, 0.3)(t, word=word), rtol=1e-5, atol=1e-6)


def test_the_slope_of_spindle_is_that_of_the_formula():
    t = times(0.0, 0.2, 0.5, 0.8, 1.0).expand(5, 4).clone().requires_grad_()
    Spindle(COUNTS, 0.3)(t, word=torch.arange(4)[None]).sum().backward()
    want = -1 - 0.3 * math.pi * torch.cos(math.pi * t.detach()) * torch.tensor(LEAD, dtype=torch.float64)
    torch.testing.assert_close(t.grad, want, rtol=0, atol=1e-14)


# strength


@pytest.mark.parametrize("frequencies", [COUNTS, UNEQUAL, (*COUNTS, 0.0), (1.0, 1.0, 0.0)])
def test_the_largest_strength_is_a_schedule_for_each_word(frequencies):
    alpha_bar = Spindle(frequencies, strongest(frequencies) * (1 - 1e-15))
    validate(alpha_bar, word=torch.arange(len(frequencies))[None])


def test_rounding_never_brings_the_flat_end_of_the_strongest_curve_below_zero():
    t = 1 - torch.arange(5000, dtype=torch.float64)[:, None] * 2**-53
    assert (Spindle((1.0, 1.0, 0.0), 1 / math.pi)(t, word=torch.tensor([[2]])) >= 0).all()


@pytest.mark.parametrize(("frequencies", "word", "sign"), [(UNEQUAL, 0, -1), (COUNTS, 0, -1), ((1.0, 1.0, 0.0), 2, 1)])
def test_a_strength_at_which_a_curve_would_rise_is_refused_with_the_word(frequencies, word, sign):
    most = strongest(frequencies)
    lead = sign / (math.pi * most)
    with pytest.raises(ValueError, match=r"strength must be at most 0\.\d+, or alpha_bar rises for word") as refusal:
        Spindle(frequencies, 1.001 * most)
    assert f"word {word} (frequency {frequencies[word]:g}, 1 - H / H(v) = {lead:g}), got {1.001 * most}" in str(
        refusal.value
    )
    # and it does: below 0 near the end, or above 1 near the start
    t = torch.arange(1, 1000, dtype=torch.float64) / 1000
    bent = 1 - t - 1.001 * most * torch.sin(math.pi * t) * lead
    assert not ((bent >= 0) & (bent <= 1)).all()


def test_equal_frequencies_have_no_largest_strength():
    a = Spindle((1.0, 1.0), 50.0)(times(0.3), word=torch.arange(2)[None])
    assert a.flatten().tolist() == pytest.approx([0.7, 0.7])


# negative


@pytest.mark.parametrize(
    ("frequencies", "strength", "message"),
    [
        ((1.0, -1.0, 2.0), 0.1, "frequencies must be finite and at least 0, got -1.0 for word 1"),
        ((1.0, 2.0, math.nan), 0.1, "frequencies must be finite and at least 0, got nan for word 2"),
        ((math.inf, 2.0), 0.1, "frequencies must be finite and at least 0, got inf for word 0"),
        ((), 0.1, "frequencies must hold at least two words that occur"),
        ((0.0, 3.0, 0.0), 0.1, "frequencies must hold at least two words that occur: one alone has no information"),
        (COUNTS, -0.1, "strength must be finite and at least 0, got -0.1"),
        (COUNTS, math.nan, "strength must be finite and at least 0, got nan"),
        ((1.0, 1.0), math.inf, "strength must be finite and at least 0, got inf"),
    ],
)
def test_what_makes_no_spindle_is_refused(frequencies, strength, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Spindle(frequencies, strength)


@pytest.mark.parametrize(("word", "found"), [([[0, 4]], "0 .. 4"), ([[-1, 2]], "-1 .. 2")])
def test_an_id_without_a_frequency_is_refused(word, found):
    with pytest.raises(ValueError, match=re.escape(f"word must hold ids in 0 .. 3, got {found}")):
        Spindle(COUNTS, 0.3)(times(0.5), word=torch.tensor(word))


# a sentence's own curve

INFORMATION = torch.tensor([[2.0, 4.0, 6.0]], dtype=torch.float64)


def test_the_curve_of_a_sentence_has_the_known_numbers():
    got = spindle_of_sentence(times(0.0, 0.25, 0.5, 0.75, 1.0), INFORMATION.expand(5, 3), 0.3)
    want = [
        [1, 1, 1],
        [0.96213203, 0.75, 0.67928932],
        [0.8, 0.5, 0.4],
        [0.46213203, 0.25, 0.17928932],
        [0, 0, 0],
    ]
    torch.testing.assert_close(got, torch.tensor(want, dtype=torch.float64), rtol=0, atol=1e-8)
    left = (got * INFORMATION).sum(1) / INFORMATION.sum()
    assert left.tolist() == pytest.approx([1, 0.75, 0.5, 0.25, 0], abs=1e-14)


def test_each_sentence_has_its_own_mean():
    both = torch.tensor([[2.0, 4.0, 6.0], [4.0, 4.0, 1.0]])
    t = torch.tensor([[0.4], [0.4]])
    got = spindle_of_sentence(t, both, 0.3)
    torch.testing.assert_close(got[:1], spindle_of_sentence(t[:1], both[:1], 0.3))
    torch.testing.assert_close(got[1:], spindle_of_sentence(t[1:], both[1:], 0.3))
    assert got[0, 1] != got[1, 0]


def test_the_curve_of_a_sentence_is_clipped_where_a_word_says_little():
    information = torch.tensor([[0.1, 8.0, 8.0]], dtype=torch.float64).expand(2, 3)
    got = spindle_of_sentence(times(0.5, 0.1), information, 0.3)
    assert got[:, 0].tolist() == [1.0, 1.0]
    assert spindle_of_sentence(times(0.9), INFORMATION, 2.0)[0, 2] == 0


@pytest.mark.parametrize(("information", "found"), [([[0.0, 1.0]], "0 .. 1"), ([[2.0, math.inf]], "2 .. inf")])
def test_a_token_without_information_is_refused(information, found):
    with pytest.raises(ValueError, match=re.escape(f"information must be positive and finite, got {found}")):
        spindle_of_sentence(torch.tensor([[0.5]]), torch.tensor(information), 0.3)
