"""Samples have the exact probabilities, and depend on nothing but seed, stream and row."""

import hashlib
from collections import Counter

import numpy as np
import pytest

from tests.corpora.small_grammar import GRAMMAR
from textdiff_lite.corpora.grammar import Grammar, Parser, Record, Sampler, enumerate_sentences
from textdiff_lite.corpora.grammar.counters import row_keys, uniforms
from textdiff_lite.corpora.grammar.notation import case, dependent, feature, join, words

WORDS = ("", *GRAMMAR.vocabulary)
SAMPLER = Sampler(GRAMMAR, {word: i for i, word in enumerate(WORDS) if i})
ROWS = 100_000


def texts(sample):
    return [
        tuple(WORDS[i] for i in row[:n]) for row, n in zip(sample.ids.tolist(), sample.lengths.tolist(), strict=True)
    ]


def keys(rows, seed=0, stream="train"):
    return row_keys(seed, stream, np.asarray(rows))


@pytest.fixture(scope="module")
def sample():
    return SAMPLER.draw(keys(range(ROWS)))


def chi_square(counted, expected, draws):
    """Pearson's statistic in standard deviations above its mean; cells under 5 are put together."""
    small = [key for key, p in expected.items() if p * draws < 5]
    cells = [(counted[key], p * draws) for key, p in expected.items() if p * draws >= 5]
    cells.append((sum(counted[key] for key in small), sum(expected[key] for key in small) * draws))
    cells = [(n, e) for n, e in cells if e > 0]
    degrees = len(cells) - 1
    return (sum((n - e) ** 2 / e for n, e in cells) - degrees) / (2 * degrees) ** 0.5


def test_frequencies_are_the_probabilities(sample):
    expected = dict(enumerate_sentences(GRAMMAR))
    counted = Counter(texts(sample))
    assert set(counted) <= set(expected)
    assert abs(chi_square(counted, expected, ROWS)) < 4


def test_log_probs_are_the_parser_s(sample):
    parser = Parser(GRAMMAR)
    for row, sentence in enumerate(texts(sample)[:2000]):
        parsed = parser.parse(sentence)
        assert sample.log_prob_of_record[row] == pytest.approx(parsed.log_prob_of_record, abs=1e-12)
        assert sample.log_prob_of_wording[row] == pytest.approx(parsed.log_prob_of_wording, abs=1e-12)
        assert sample.log_prob[row] == pytest.approx(parsed.log_prob, abs=1e-12)


def test_features_and_slots_are_the_parsed_ones(sample):
    parser = Parser(GRAMMAR)
    for row, sentence in enumerate(texts(sample)[:2000]):
        parsed = parser.parse(sentence)
        assert {f.name: f.values[sample.features[f.name][row]] for f in GRAMMAR.features} == parsed.features
        slots = {
            name: tuple(WORDS[i] for i in ids[row, : lengths[row]])
            for name, (ids, lengths) in sample.slots.items()
            if lengths[row]
        }
        assert slots == parsed.slots


def test_after_the_last_word_there_is_padding(sample):
    beyond = np.arange(sample.ids.shape[1]) >= sample.lengths[:, None]
    assert ((sample.ids == 0) == beyond).all()


def test_a_row_does_not_depend_on_the_others(sample):
    rows = np.array([5, 99_999, 0, 5, 31_337])
    some = SAMPLER.draw(keys(rows))
    assert (some.ids == sample.ids[rows]).all()
    assert (some.log_prob == sample.log_prob[rows]).all()
    assert SAMPLER.draw(keys(np.arange(0))).ids.shape == (0, sample.ids.shape[1])


def test_seeds_streams_and_rows_give_other_sentences():
    drawn = [SAMPLER.draw(k).ids for k in (keys(range(500)), keys(range(500), seed=1), keys(range(500), stream="test"))]
    for i, a in enumerate(drawn):
        for b in drawn[i + 1 :]:
            assert 0 < (a == b).all(axis=1).mean() < 0.3


def test_realisations_say_the_record_with_its_probabilities():
    parser = Parser(GRAMMAR)
    sentence = "the old mill is a thai pub . the old mill is friendly"
    given = parser.parse(tuple(sentence.split()))
    record = Record(given.features, given.slots)
    draws = 20_000
    drawn = SAMPLER.realise([record] * draws, keys(range(draws)))
    expected = {}
    for sentence, _ in enumerate_sentences(GRAMMAR):
        parsed = parser.parse(sentence)
        if parsed.slots == given.slots and parsed.features["families"] == "yes":
            expected[sentence] = np.exp(parsed.log_prob_of_wording)
    assert sum(expected.values()) == pytest.approx(1, abs=1e-12)
    assert len(expected) >= 3
    counted = Counter(texts(drawn))
    assert set(counted) <= set(expected)
    assert abs(chi_square(counted, expected, draws)) < 4
    assert drawn.log_prob_of_wording[0] == pytest.approx(np.log(expected[texts(drawn)[0]]), abs=1e-12)
    assert (drawn.log_prob_of_record == 0).all()


def test_realise_wants_one_key_for_each_record():
    with pytest.raises(ValueError, match="1 records and 2 keys; there must be one key for each record"):
        SAMPLER.realise([Record({}, {})], keys(range(2)))


def test_uniforms_are_splitmix64():
    # the first outputs for the seed 1234567, as in the reference program of Vigna
    outputs = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    got = [uniforms(np.array([1234567], dtype=np.uint64), i)[0] for i in range(3)]
    assert got == [(o >> 11) * 2.0**-53 for o in outputs]


def test_row_keys_are_splitmix64_of_the_hash_of_seed_and_stream():
    state, word, outputs = int.from_bytes(hashlib.sha256(b"7/test").digest()[:8], "little"), 2**64, []
    for _ in range(3):
        state = (state + 0x9E3779B97F4A7C15) % word
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % word
        z = (z ^ z >> 27) * 0x94D049BB133111EB % word
        outputs.append(z ^ z >> 31)
    assert keys([2, 0, 1], seed=7, stream="test").tolist() == [outputs[2], outputs[0], outputs[1]]


def test_uniforms_are_uniform_and_independent():
    own = keys(range(200_000))
    a, b = uniforms(own, 0), uniforms(own, 1)
    assert a.min() >= 0
    assert a.max() < 1
    for u in (a, b):
        counted, _ = np.histogram(u, bins=100, range=(0, 1))
        assert abs(((counted - 2000) ** 2 / 2000).sum() - 99) < 5 * (2 * 99) ** 0.5
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / 200_000**0.5
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 5 / 200_000**0.5
    assert abs(np.corrcoef(a[1:], b[:-1])[0, 1]) < 5 / 200_000**0.5


def test_a_feature_with_two_parents_follows_both():
    f, g = feature("f", x=0.5, y=0.5), feature("g", u=0.2, v=0.3, w=0.5)
    # the law tells all six combinations apart
    likely = {("x", "u"): 0.1, ("x", "v"): 0.2, ("x", "w"): 0.3, ("y", "u"): 0.6, ("y", "v"): 0.7, ("y", "w"): 0.8}
    h = dependent("h", (f, g), lambda a, b: {"yes": likely[a, b], "no": 1 - likely[a, b]})
    said = [case(one.name, **{value: words(f"{value}/X") for value in one.values}) for one in (f, g, h)]
    grammar = Grammar((f, g, h), (), join(*said))
    names = ("", *grammar.vocabulary)
    drawn = Sampler(grammar, {word: i for i, word in enumerate(names) if i}).draw(keys(range(50_000)))
    counted = Counter(tuple(names[i] for i in row) for row in drawn.ids.tolist())
    assert abs(chi_square(counted, dict(enumerate_sentences(grammar)), 50_000)) < 4
    assert drawn.log_prob[0] == pytest.approx(
        Parser(grammar).log_prob(tuple(names[i] for i in drawn.ids[0])), abs=1e-12
    )


def test_a_feature_may_have_fewer_values_for_some_parents():
    f = feature("f", x=0.5, y=0.3, z=0.2)
    laws = {"x": {"u": 0.3, "v": 0.5, "w": 0.2}, "y": {"w": 1.0}, "z": {"w": 0.4, "v": 0.6}}
    g = dependent("g", (f,), lambda f: laws[f])
    said = [case(one.name, **{value: words(f"{value}/X") for value in one.values}) for one in (f, g)]
    grammar = Grammar((f, g), (), join(*said))
    names = ("", *grammar.vocabulary)
    drawn = Sampler(grammar, {word: i for i, word in enumerate(names) if i}).draw(keys(range(20_000)))
    expected = dict(enumerate_sentences(grammar))
    got = [tuple(names[i] for i in row) for row in drawn.ids.tolist()]
    assert abs(chi_square(Counter(got), expected, 20_000)) < 4
    assert set(got) == set(expected)
    np.testing.assert_allclose(np.exp(drawn.log_prob), [expected[sentence] for sentence in got], atol=1e-12)
