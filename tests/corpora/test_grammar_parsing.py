"""Parsing: tree, record, and the word at which a sentence leaves the language."""

from math import inf, log

import pytest

from tests.corpora.small_grammar import GRAMMAR
from textdiff_lite.corpora.grammar import Failure, Grammar, Leaf, Mention, Parser, Slot, Tree, enumerate_sentences
from textdiff_lite.corpora.grammar.notation import NOTHING, either, join, phrase, words

PARSER = Parser(GRAMMAR)


def parse(text):
    return PARSER.parse(tuple(text.split()))


def test_parse_tells_everything():
    parsed = parse("the old mill is a thai pub . the old mill is not friendly")
    assert parsed.features == {"number": "singular", "food": "a", "families": "no", "place": "second"}
    assert parsed.slots == {"name": ("the", "old", "mill"), "food": ("thai",)}
    assert parsed.mentions == (("name", 0, 3), ("food", 5, 6), ("name", 8, 11))
    assert " ".join(parsed.pos) == "DT JJ NN VBZ DT JJ NN . DT JJ NN VBZ RB JJ"
    assert str(parsed.tree) == (
        "(TOP (S (NP (DT the) (JJ old) (NN mill)) (VP (VBZ is) (NP (DT a) (JJ thai) (NN pub)))) (. .) "
        "(S (NP (DT the) (JJ old) (NN mill)) (VBZ is) (RB not) (JJ friendly)))"
    )
    assert parsed.spans[:4] == [("TOP", 0, 14), ("S", 0, 7), ("NP", 0, 3), ("VP", 3, 7)]


def test_a_root_that_is_one_constituent_is_the_tree():
    tree = Parser(Grammar((), (), phrase("S", words("a/X")))).parse(("a",)).tree
    assert tree == Tree("S", (Leaf("a", "X"),))


def test_a_word_alone_stands_under_a_root():
    tree = Parser(Grammar((), (), words("a/X"))).parse(("a",)).tree
    assert tree == Tree("TOP", (Leaf("a", "X"),))


def test_leaves_are_the_sentence_and_spans_nest():
    for sentence, _ in enumerate_sentences(GRAMMAR):
        parsed = PARSER.parse(sentence)
        assert tuple(leaf.word for leaf in parsed.tree.leaves()) == sentence
        spans = [span for _, *span in parsed.spans]
        assert spans[0] == [0, len(sentence)]
        for a, b in spans:
            assert a < b
            assert all(b <= c or d <= a or (a <= c and d <= b) or (c <= a and b <= d) for c, d in spans)
        for slot, start, end in parsed.mentions:
            assert sentence[start:end] == parsed.slots[slot]


@pytest.mark.parametrize(
    ("text", "position", "found", "expected"),
    [
        ("the old mill are a pub", 3, "are", ("is",)),
        ("the bells are an thai pub", 4, "thai", ("italian",)),
        ("the old mill is a pub . the old fox is friendly", 9, "fox", ("mill",)),
        ("the old mill is a pub . the mill is friendly", 8, "mill", ("old",)),
        ("the mill is a pub . the old mill is friendly", 7, "old", ("mill",)),
        ("the mill is a pub . the mill are friendly", 8, "are", ("is",)),
        ("the mill is a pub .", 6, None, ("the", "this")),
        ("the mill is a pub and", 6, None, ("friendly", "not")),
        ("the mill is a", 4, None, ("pub", "thai", "west")),
        ("the mill is a pub friendly", 5, "friendly", (".", "and", None)),
        ("the mill is a pub and friendly .", 7, ".", (None,)),
        ("", 0, None, ("the", "try")),
        ("[UNK] mill is a pub", 0, "[UNK]", ("the", "try")),
    ],
)
def test_failure_names_the_first_impossible_word(text, position, found, expected):
    assert parse(text) == Failure(position, found, expected)
    assert PARSER.log_prob(tuple(text.split())) == -inf


def test_a_later_mention_may_not_stop_short():
    slot = Slot("s", either((0.5, words("a/X")), (0.5, words("a/X b/X"))))
    parser = Parser(Grammar((), (slot,), join(Mention("s"), words("c/X"), Mention("s"), words("d/X"))))
    assert parser.log_prob(tuple("abcabd")) == parser.log_prob(tuple("acad")) == pytest.approx(log(0.5))
    assert parser.parse(tuple("abcad")) == Failure(4, "d", ("b",))
    assert parser.parse(tuple("acabd")) == Failure(3, "b", ("d",))


def test_every_prefix_before_the_failure_is_one_of_a_sentence():
    beginnings = {s[:n] for s, _ in enumerate_sentences(GRAMMAR) for n in range(len(s) + 1)}
    whole = {s for s, _ in enumerate_sentences(GRAMMAR)}
    for sentence in whole:
        for i in range(len(sentence)):
            spoilt = (*sentence[:i], "fox", *sentence[i + 1 :])
            parsed = PARSER.parse(spoilt)
            if spoilt in whole:
                assert not isinstance(parsed, Failure)
                continue
            assert spoilt[: parsed.position] in beginnings
            assert spoilt[: parsed.position + 1] not in beginnings or parsed.found is None
            for word in parsed.expected:
                known = whole if word is None else beginnings
                assert spoilt[: parsed.position] + (() if word is None else (word,)) in known


def test_failure_reads_as_a_sentence():
    assert str(parse("the mill is a pub .")) == "word 6: the sentence ends, expected 'the', 'this'"
    assert str(parse("the mill is a pub friendly")) == "word 5: found 'friendly', expected '.', 'and', the end"
    many = Failure(0, "x", tuple("abcdefghij"))
    assert str(many).endswith("'h' or 2 others")


def test_an_ambiguous_grammar_is_refused_at_the_sentence():
    very = words("very/RB")
    parser = Parser(Grammar((), (), join(either((0.5, NOTHING), (0.5, very)), either((0.5, NOTHING), (0.5, very)))))
    assert parser.log_prob(()) == pytest.approx(-1.3862943611)
    for ask in (parser.parse, parser.log_prob):
        with pytest.raises(ValueError, match="the grammar is ambiguous: 2 derivations of 'very'"):
            ask(("very",))
