"""What a grammar refuses to be."""

import pytest

from textdiff_lite.corpora.grammar import Case, Choice, Feature, Grammar, Mention, Sequence, Slot, Word
from textdiff_lite.corpora.grammar.nodes import Consulted, inside
from textdiff_lite.corpora.grammar.notation import NOTHING, case, dependent, either, feature, join, words, zipf

A, B = Word("a", "X"), Word("b", "X")
LAW = ((1.0, "yes"),)


def test_word_must_be_one_word():
    with pytest.raises(ValueError, match="word is 'two words'; it must be non-empty and without spaces"):
        Word("two words", "X")
    with pytest.raises(ValueError, match="pos is ''"):
        Word("a", "")


def test_labelled_sequence_needs_children_and_a_label():
    with pytest.raises(ValueError, match="the sequence labelled 'NP' has 0 children"):
        Sequence((), "NP")
    with pytest.raises(ValueError, match="the sequence labelled '' has 1 children"):
        Sequence((A,), "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "a choice has no options; it needs at least one"),
        (((0.5, A), (0.4, B)), "the probabilities of a choice sum to 0.9; they must sum to 1"),
        (((1.0, A), (0.0, B)), "a choice has the probability 0.0; each must be positive"),
        (((1.5, A), (-0.5, B)), "a choice has the probability -0.5"),
        (((float("nan"), A), (0.5, B)), "a choice has the probability nan"),
    ],
)
def test_choice_needs_a_law(options, message):
    with pytest.raises(ValueError, match=message):
        Choice(options)


def test_probabilities_may_miss_1_by_rounding():
    Choice(((0.5, A), (0.5 + 1e-10, B)))
    with pytest.raises(ValueError, match="sum to 1"):
        Choice(((0.5, A), (0.5 + 1e-8, B)))


def test_case_needs_different_values():
    with pytest.raises(ValueError, match=r"the case on 'f' lists \['x', 'x'\]"):
        Case("f", (("x", A), ("x", B)))
    with pytest.raises(ValueError, match=r"the case on 'f' lists \[\]"):
        Case("f", ())


def test_case_names_the_missing_branch():
    assert Case("f", (("x", A),), B).branch("y") is B
    assert Case("f", (("x", A),), B).branch("x") is A
    with pytest.raises(ValueError, match=r"the case on 'f' has no branch for 'y'; it has \['x'\]"):
        Case("f", (("x", A),)).branch("y")


@pytest.mark.parametrize(
    ("table", "given", "message"),
    [
        ((), (), "the feature 'f' has the rows"),
        ((((), LAW), ((), LAW)), (), "needs one or more different rows"),
        (((("x",), LAW),), (), "a row of the feature 'f' is for"),
        ((((), ((0.5, "x"), (0.4, "y"))),), (), "the probabilities of the feature 'f' sum to 0.9"),
        ((((), ((0.5, "x"), (0.5, "x"))),), (), "the feature 'f' lists a value twice"),
    ],
)
def test_feature_needs_a_table_of_laws(table, given, message):
    with pytest.raises(ValueError, match=message):
        Feature("f", table, given)


def test_feature_names_the_missing_row():
    f = Feature("f", ((("x",), LAW),), ("g",))
    assert f.law({"g": "x"}) == LAW
    with pytest.raises(ValueError, match=r"the feature 'f' has no row for \{'g': 'y'\}"):
        f.law({"g": "y"})


def test_law_is_found_by_the_parents_in_their_order():
    other = ((1.0, "no"),)
    f = Feature("f", ((("x", "y"), LAW), (("y", "x"), other)), ("g", "h"))
    assert f.law({"h": "y", "g": "x"}) == LAW
    assert f.law({"h": "x", "g": "y"}) == other


f = feature("f", x=0.5, y=0.5)
on_f = case("f", x=A, y=B)
s = Slot("s", A)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"record": (f, f), "root": on_f}, "the feature 'f' stands 2 times"),
        ({"slots": (s, s), "root": Mention("s")}, "the slot 's' stands 2 times"),
        ({"record": (feature("", x=1.0),), "root": A}, "the feature '' stands 1 times; names are non-empty"),
        ({"root": on_f}, r"a case on 'f': the features that it may look at are \[\]"),
        ({"record": (f,), "root": case("f", A, z=B)}, "a case on 'f' lists 'z'; the values are"),
        ({"record": (f,), "root": case("f", x=A)}, "the case on 'f' has no branch for 'y'"),
        ({"root": Mention("s")}, r"a mention of 's': the slots are \[\]"),
        ({"slots": (s,), "root": A}, r"the slots \['s'\] are never mentioned"),
        (
            {"slots": (s, Slot("t", Mention("s"))), "root": join(Mention("s"), Mention("t"))},
            "the slot 't' mentions 's'",
        ),
        (
            {"slots": (Slot("s", either((0.5, A), (0.5, NOTHING))),), "root": Mention("s")},
            "the slot 's' can be without words",
        ),
        (
            {"plan": (f,), "slots": (Slot("s", on_f),), "root": Mention("s")},
            "a case on 'f': the features that it may look at",
        ),
        (
            {"record": (f,), "slots": (Slot("s", case("f", x=A)),), "root": Mention("s")},
            "the case on 'f' has no branch for 'y'",
        ),
        (
            {"slots": (s,), "root": either((0.5, Mention("s")), (0.5, B))},
            r"the ways to say the record {} mention different slots: \[\] and \['s'\]",
        ),
        (
            {"plan": (f,), "slots": (s,), "root": case("f", x=Mention("s"), y=B)},
            r"the ways to say the record {} mention different slots",
        ),
        (
            {"record": (dependent("g", (f,), lambda f: {f: 1.0}), f), "root": on_f},
            "the feature 'g' is given 'f'; it may depend on",
        ),
    ],
)
def test_grammar_refuses(parts, message):
    with pytest.raises(ValueError, match=message):
        Grammar(**{"record": (), "slots": (), **parts})


def test_a_slot_may_depend_on_a_feature_of_the_record():
    g = Grammar((f,), (s,), case("f", x=Mention("s"), y=B))
    assert g.slots_of({"f": "x"}) == {"s"}
    assert g.slots_of({"f": "y"}) == frozenset()
    with pytest.raises(ValueError, match=r"no slot 't': the slots are \['s'\]"):
        g.slot("t")


def test_vocabulary_is_sorted_and_has_the_words_of_slots():
    assert Grammar((), (Slot("s", words("z/X")),), join(B, Mention("s"), A)).vocabulary == ("a", "b", "z")


def test_assignments_are_a_law():
    g = dependent("g", (f,), lambda f: {"u": 0.25, "v": 0.75} if f == "x" else {"v": 1.0})
    grammar = Grammar((f, g), (), case("g", u=A, v=on_f))
    assert list(grammar.assignments()) == [
        ({"f": "x", "g": "u"}, 0.125),
        ({"f": "x", "g": "v"}, 0.375),
        ({"f": "y", "g": "v"}, 0.5),
    ]


def test_consulted_follows_mentions_only_when_told():
    node = join(Mention("s"), case("g", u=A))
    assert Consulted()(node) == ("g",)
    assert Consulted({"s": on_f})(node) == ("f", "g")


def test_inside_lists_each_node_once_in_order():
    top = join(A, join(B, A))
    assert inside(top) == [top, A, top.children[1], B]
    assert inside(case("f", B, x=A))[1:] == [A, B]


def test_notation():
    text = words("old/JJ mill/NN")
    assert [(w.word, w.pos) for w in text.children] == [("old", "JJ"), ("mill", "NN")]
    assert words(",/,").word == ","
    with pytest.raises(ValueError, match="'mill' in 'old/JJ mill' has no part of speech; write it as word/POS"):
        words("old/JJ mill")
    listed = zipf("NN", "pub coffee_shop", 2.0)
    assert [p for p, _ in listed.options] == pytest.approx([0.8, 0.2])
    assert [w.word for w in listed.options[1][1].children] == ["coffee", "shop"]
