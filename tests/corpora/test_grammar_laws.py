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
from textdiff_lite.corpora.grammar.notation import case, dependent, either, feature, join, words, zipf

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


f = feature("f", x=0.25, y=0.75)
g = dependent("g", (f,), lambda f: {"u": 0.1, "v": 0.9} if f == "x" else {"v": 1.0})
h = dependent("h", (g,), lambda g: {"s": 0.2, "t": 0.8} if g == "v" else {"t": 1.0})
a_or_b, one_or_two = zipf("X", "a b"), either((0.4, words("a/X")), (0.6, words("b/X b/X")))
said_f, said_g = case("f", x=words("i/X"), y=words("j/X")), case("g", u=words("k/X"), v=words("l/X"))
said_h = case("h", s=words("m/X"), t=words("n/X"))
S = Mention("s")

awkward = {
    "a case with equally uncertain branches": Grammar((f,), (), case("f", x=a_or_b, y=zipf("X", "c d"))),
    "a choice over a case": Grammar(
        (f,), (), join(said_f, either((0.3, case("f", x=a_or_b, y=words("c/X"))), (0.7, words("d/X"))))
    ),
    "a slot said twice for some values": Grammar(
        (f,), (Slot("s", case("f", x=one_or_two)),), case("f", x=join(S, words("c/X"), S), y=words("d/X"))
    ),
    "a branch of one length and a branch of many": Grammar(
        (f,), (), case("f", x=join(one_or_two, words("c/X")), y=words("d/X"))
    ),
    "a slot of two words beside a word": Grammar((f,), (Slot("s", words("a/X b/X")),), case("f", x=S, y=words("c/X"))),
    "a slot said first at either place": Grammar(
        (), (Slot("s", a_or_b),), join(either((0.5, join(S, words("c/X"))), (0.5, words("c/X"))), S)
    ),
    "a child before its parent": Grammar((f, g), (), join(said_g, said_f)),
    "a parent long before its child": Grammar((f, g), (), join(said_f, words("c/X"), said_g)),
    "three generations, the last first": Grammar((f, g, h), (), join(said_h, said_f, said_g)),
    "a plan": Grammar((f,), (), join(said_g, said_f), (g,)),
}


@pytest.mark.parametrize("name", awkward)
def test_laws_of_an_awkward_grammar_are_those_of_its_listed_sentences(name):
    grammar, parser, counted = awkward[name], Parser(awkward[name]), Counter()
    listed = dict(enumerate_sentences(grammar))
    for sentence, p in listed.items():
        counted[len(sentence)] += p
        assert parser.log_prob(sentence) == pytest.approx(log(p), abs=1e-12)
    assert entropy(grammar).sentence == pytest.approx(-sum(p * log(p) for p in listed.values()), abs=1e-12)
    records = -sum(p * parser.parse(sentence).log_prob_of_record for sentence, p in listed.items())
    assert entropy(grammar).record == pytest.approx(records, abs=1e-12)
    expected = [counted[n] for n in range(max(counted) + 1)]
    np.testing.assert_allclose(length_law(grammar), expected, atol=1e-14)


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


def test_slot_values_are_those_that_a_sentence_can_say():
    slot = Slot("s", case("f", x=words("a/X"), y=words("b/X")))
    grammar = Grammar((f,), (slot,), case("f", x=S, y=words("c/X")))
    assert slot_values(grammar, "s") == {("a",): ({"f": "x"}, 1)}


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
    root = case("f", x=words("a/X"), y=words("b/X"))
    assert describe(Grammar((f,), (), root)) != describe(Grammar((), (), root, (f,)))
