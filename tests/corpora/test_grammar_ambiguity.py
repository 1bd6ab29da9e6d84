"""The proof of unambiguity finds what is planted, and nothing else."""

import pytest

from tests.corpora.small_grammar import GRAMMAR
from textdiff_lite.corpora.grammar import Grammar, Mention, Parser, Slot, enumerate_sentences, find_ambiguity
from textdiff_lite.corpora.grammar.notation import NOTHING, case, either, feature, join, phrase, words

A, B = words("a/X"), words("b/X")


def maybe(node):
    return either((0.5, node), (0.5, NOTHING))


f = feature("f", x=0.5, y=0.5)
planted = {
    "equal alternatives": Grammar((), (), either((0.5, words("a/X")), (0.5, words("a/X")))),
    "the same node twice": Grammar((), (), either((0.5, A), (0.5, A))),
    "two parts of speech": Grammar((), (), either((0.5, words("a/X")), (0.5, words("a/Y")))),
    "two trees": Grammar((), (), either((0.5, phrase("NP", A, B)), (0.5, join(A, B)))),
    "which of two is missing": Grammar((), (), join(maybe(A), maybe(A), B)),
    "where a boundary lies": Grammar(
        (), (), join(either((0.5, A), (0.5, join(A, B))), either((0.5, B), (0.5, join(B, B))))
    ),
    "attachment": Grammar(
        (), (), either((0.5, phrase("NP", B, phrase("PP", A))), (0.5, join(phrase("NP", B), phrase("PP", A))))
    ),
    "a feature that is not said": Grammar((f,), (), A),
    "a feature said in one branch only": Grammar((f,), (), either((0.5, case("f", x=A, y=B)), (0.5, words("c/X")))),
    "two values with the same words": Grammar((f,), (), case("f", x=words("a/X"), y=words("a/X"))),
    "a plan that changes nothing": Grammar((), (), A, (f,)),
    "a slot with a word twice": Grammar(
        (), (Slot("s", either((0.5, words("a/X")), (0.5, words("a/X")))),), Mention("s")
    ),
    "a slot beside its own word": Grammar(
        (), (Slot("s", either((0.5, A), (0.5, join(A, B)))),), join(Mention("s"), maybe(B))
    ),
    "in the word where one path has already met another": Grammar(
        (),
        (),
        either(
            (0.5, join(A, either((0.5, B), (0.5, words("c/X"))))),
            (0.5, join(A, either((0.5, join(B, B)), (0.5, words("c/X"))))),
        ),
    ),
    "after a long way back together": Grammar((), (), join(either((0.5, words("a/X")), (0.5, words("a/X"))), *[B] * 9)),
}


@pytest.mark.parametrize("name", planted)
def test_planted_ambiguity_is_found_and_its_witness_has_two_derivations(name):
    found = find_ambiguity(planted[name])
    assert found.witness is not None
    assert str(found) == f"ambiguous: two derivations of «{' '.join(found.witness)}»"
    assert sum(sentence == found.witness for sentence, _ in enumerate_sentences(planted[name])) == 2
    with pytest.raises(ValueError, match="the grammar is ambiguous"):
        Parser(planted[name]).parse(found.witness)


def test_an_ambiguity_of_a_part_is_found_in_the_whole():
    spoilt = Grammar(
        GRAMMAR.record,
        GRAMMAR.slots,
        join(GRAMMAR.root, maybe(words("very/RB")), maybe(words("very/RB"))),
        GRAMMAR.plan,
    )
    assert find_ambiguity(spoilt).witness[-1:] == ("very",)


@pytest.mark.parametrize(
    "grammar",
    [
        GRAMMAR,
        Grammar((), (), NOTHING),
        Grammar((), (), join(maybe(A), B, maybe(A))),
        Grammar((f,), (), join(A, case("f", x=A, y=B))),
        # a feature with one value is said by saying nothing
        Grammar((feature("g", only=1.0),), (), A),
        Grammar((), (Slot("s", either((0.5, A), (0.5, B))),), join(Mention("s"), Mention("s"))),
    ],
)
def test_an_unambiguous_grammar_is_proven_so(grammar):
    found = find_ambiguity(grammar)
    assert found.witness is None
    assert found.states > 0
    assert found.pairs > 0
    assert str(found).startswith("unambiguous: ")
    listed = [sentence for sentence, _ in enumerate_sentences(grammar)]
    assert len(set(listed)) == len(listed)


def test_a_witness_with_free_mentions_settles_nothing():
    # «a c a b» is (a) c (a) b; read as (a) c (a b), the slot would be said with two values
    slot = Slot("s", either((0.5, A), (0.5, join(A, B))))
    grammar = Grammar((), (slot,), join(Mention("s"), words("c/X"), Mention("s"), maybe(B)))
    listed = [sentence for sentence, _ in enumerate_sentences(grammar)]
    assert len(set(listed)) == len(listed)
    assert find_ambiguity(grammar).witness == ("a", "c", "a", "b")
    assert Parser(grammar).parse(("a", "c", "a", "b")).slots == {"s": ("a",)}
