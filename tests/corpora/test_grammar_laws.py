"""The exact laws of a grammar, against the list of all its sentences."""

from collections import Counter, defaultdict
from math import log

import numpy as np
import pytest

from tests.corpora.small_grammar import GRAMMAR
from textdiff_lite.corpora.grammar import (
    Choice,
    Grammar,
    Mention,
    Parser,
    Slot,
    describe,
    entropy,
    enumerate_sentences,
    length_law,
    slot_values,
)
from textdiff_lite.corpora.grammar.lengths import longest
from textdiff_lite.corpora.grammar.notation import case, either, feature, join, words, zipf

SENTENCES = list(enumerate_sentences(GRAMMAR))


def said(record):
    return tuple(sorted(record.items()))


def records():
    """p(record) as the sum of its sentences, and the parse of each sentence."""
    parser = Parser(GRAMMAR)
    total = defaultdict(float)
    parses = {}
    for sentence, p in SENTENCES:
        parsed = parser.parse(sentence)
        features = {f.name: parsed.features[f.name] for f in GRAMMAR.record}
        total[said({**features, **parsed.slots})] += p
        parses[sentence] = (parsed, said({**features, **parsed.slots}))
    return total, parses


def test_probabilities_of_all_sentences_sum_to_1():
    assert sum(p for _, p in SENTENCES) == pytest.approx(1, abs=1e-12)
    assert len({s for s, _ in SENTENCES}) == len(SENTENCES) > 200


def test_entropy_is_that_of_the_listed_sentences():
    assert entropy(GRAMMAR).sentence == pytest.approx(-sum(p * log(p) for _, p in SENTENCES), abs=1e-12)


def test_entropy_of_the_record_is_that_of_the_summed_sentences():
    total, _ = records()
    assert entropy(GRAMMAR).record == pytest.approx(-sum(p * log(p) for p in total.values()), abs=1e-12)
    assert entropy(GRAMMAR).given_record > 0.5


def test_probability_of_a_record_is_the_sum_of_its_sentences():
    total, parses = records()
    for parsed, record in parses.values():
        assert parsed.log_prob_of_record == pytest.approx(log(total[record]), abs=1e-12)


def test_log_prob_is_that_of_the_listed_sentence():
    parser = Parser(GRAMMAR)
    for sentence, p in SENTENCES:
        assert parser.log_prob(sentence) == pytest.approx(log(p), abs=1e-12)
        assert parser.parse(sentence).log_prob == pytest.approx(log(p), abs=1e-12)


def test_length_law_is_that_of_the_listed_sentences():
    counted = Counter()
    for sentence, p in SENTENCES:
        counted[len(sentence)] += p
    law = length_law(GRAMMAR)
    expected = np.array([counted[n] for n in range(max(counted) + 1)])
    np.testing.assert_allclose(law, expected, atol=1e-14)
    assert law[-1] > 0


def test_length_law_knows_that_mentions_have_one_length():
    name = either((0.5, words("a/X")), (0.5, words("b/X c/X")))
    law = length_law(Grammar((), (Slot("s", name),), join(Mention("s"), Mention("s"))))
    np.testing.assert_allclose(law, [0, 0, 0.5, 0, 0.5])


def test_length_law_sees_the_features_of_a_slot():
    f = feature("f", x=0.25, y=0.75)
    slot = Slot("s", case("f", x=words("a/X"), y=words("b/X b/X b/X")))
    np.testing.assert_allclose(length_law(Grammar((f,), (slot,), join(Mention("s")))), [0, 0.25, 0, 0.75])


def test_longest_bounds_the_length():
    bound = longest(GRAMMAR)
    assert bound["name"] == 3
    assert bound["food"] == 2
    assert bound[""] >= len(length_law(GRAMMAR)) - 1


def test_slot_values_are_a_law_for_each_value_of_the_features():
    values = slot_values(GRAMMAR, "name")
    total = Counter()
    for features, p in values.values():
        total[tuple(features.items())] += p
    assert total == pytest.approx({(("number", "singular"),): 1, (("number", "plural"),): 1})
    assert values[("the", "bells")] == ({"number": "plural"}, 0.4)


def test_slot_values_refuse_two_derivations():
    twice = Grammar((), (Slot("s", Choice(((0.5, words("a/X")), (0.5, words("a/X"))))),), Mention("s"))
    with pytest.raises(ValueError, match="the slot 's' has two derivations of 'a'"):
        slot_values(twice, "s")


def test_description_changes_with_every_part_of_the_law():
    def grammar(p=0.5, word="a", pos="X", label=None, value="x", exponent=1.0):
        root = join(case("f", words("q/X"), **{value: words(f"{word}/{pos}")}), zipf("X", "u v", exponent))
        law = {"x": p, "y": 1 - p}
        return Grammar((feature("f", **law),), (), type(root)(root.children, label))

    texts = [
        str(describe(grammar(**change)))
        for change in ({}, {"p": 0.4}, {"word": "b"}, {"pos": "Y"}, {"label": "NP"}, {"value": "y"}, {"exponent": 1.1})
    ]
    assert len(set(texts)) == len(texts)
    assert str(describe(grammar())) == texts[0]


def test_description_tells_plan_from_record():
    f, root = feature("f", x=0.5, y=0.5), case("f", x=words("a/X"), y=words("b/X"))
    assert describe(Grammar((f,), (), root)) != describe(Grammar((), (), root, (f,)))
