"""mini-bistro: every sentence is listed, and everything said of the list is exact."""

import json
import re

import numpy as np
import pytest
import torch

from textdiff_lite.corpora import Corpus, load_corpus
from textdiff_lite.corpora.generated import BLOCK, GrammarCorpus
from textdiff_lite.corpora.grammar import Failure, Parse, find_ambiguity, length_law
from textdiff_lite.corpora.mini_bistro import SIZES, MiniBistro
from textdiff_lite.corpora.mini_bistro_grammar import GRAMMAR, LONGEST


@pytest.fixture(scope="module")
def small() -> MiniBistro:
    return MiniBistro()


@pytest.fixture(scope="module")
def listed(small) -> list[str]:
    return small.decode(small.table)


def test_load_corpus_opens_it():
    corpus = load_corpus("mini-bistro")
    assert isinstance(corpus, MiniBistro)
    assert isinstance(corpus, GrammarCorpus)
    assert isinstance(corpus, Corpus)
    info = corpus.info
    assert (info.name, info.unit, info.vocab, info.length) == ("mini-bistro", "word", 32, 13)
    assert (info.pad, info.end, info.unk) == (0, 1, 2)
    assert json.loads(json.dumps(corpus.metadata))["unknown_rate"] == {"train": 0.0, "validation": 0.0, "test": 0.0}


def test_the_grammar_is_unambiguous():
    assert find_ambiguity(GRAMMAR).witness is None


def test_the_table_holds_every_sentence_once(small, listed):
    table, log_prob = small.table, small.table_log_prob
    assert (table.shape, table.dtype) == ((360, 13), torch.int64)
    assert (log_prob.shape, log_prob.dtype) == ((360,), torch.float64)
    assert len(set(listed)) == 360
    assert float(log_prob.exp().sum()) == pytest.approx(1, abs=1e-12)
    np.testing.assert_array_equal(small.encode(listed), table)
    np.testing.assert_allclose(small.log_prob(listed), log_prob, atol=1e-12)


def test_the_table_is_handed_out_as_a_copy(small):
    small.table[0] = 0
    small.table_log_prob[0] = 0
    assert small.table[0].any()
    assert small.table_log_prob[0] < 0


def test_entropy_is_that_of_the_table(small):
    log_prob = small.table_log_prob
    assert small.entropy == pytest.approx(float(-(log_prob.exp() * log_prob).sum()), abs=1e-12)
    assert 5 < small.entropy < 5.2


def test_sentences_have_6_to_12_words_and_many_lengths(small):
    law = length_law(GRAMMAR)
    assert np.flatnonzero(law).tolist() == [6, 8, 9, 11, 12]
    assert len(law) - 1 == LONGEST == 12
    counted = torch.bincount((small.table > 1).sum(1), weights=small.table_log_prob.exp())
    np.testing.assert_allclose(counted, law, atol=1e-12)
    assert law.max() < 0.3


def test_a_place_alone_says_little(small):
    """Words drawn independently, each with the law of its place, make nonsense: four rows in a thousand parse."""
    p, table = small.table_log_prob.exp(), small.table
    law = torch.zeros(small.info.length, small.info.vocab, dtype=torch.float64)
    law.scatter_add_(1, table.T, p.expand(small.info.length, -1))
    entropies = -torch.special.xlogy(law, law).sum(-1)
    assert 14 < float(entropies.sum()) - small.entropy < 16, "total correlation"
    places = torch.arange(small.info.length)
    factors = law[places, table]
    assert 1e-6 < float(factors.prod(-1).sum()) < 1e-5, "with their padding"
    # what stands behind the end is not read
    assert 0.003 < float(torch.where(table == small.info.pad, 1, factors).prod(-1).sum()) < 0.006


def test_every_sentence_is_good_english(listed):
    """Number, the article, the name that comes again, and whom a pronoun means."""
    for sentence in listed:
        words = sentence.split()
        plural = words[words.index("the") + 2] in ("bells", "lions")
        wrong = {"is", "has", "serves", "it"} if plural else {"are", "have", "serve", "they"}
        assert not wrong & set(words), sentence
        assert not re.search(r"\ba average|\ban high", sentence)
        names = re.findall(r"the (\w+ \w+)", sentence)
        assert 1 <= len(names) <= 2
        assert len(set(names)) == 1, sentence
        assert words[-1] == "."
        # a pronoun stands where only the name can be meant: after «try the old mill .», which names nothing else
        if {"it", "they"} & set(words):
            assert words[0] == "try"


def test_some_sentences_in_full(small, listed):
    for sentence in (
        "the golden fox serves curry .",
        "try the old mill . it is cheap .",
        "try the red lions . they serve sushi .",
        "the old bells have an average rating .",
        "the red fox serves pasta and is expensive .",
        "the golden lions serve curry . the golden lions are cheap .",
        "the red mill serves sushi and has a high rating .",
    ):
        assert sentence in listed
    parsed = small.parse("the red mill serves sushi and has a high rating .")
    assert isinstance(parsed, Parse)
    assert parsed.slots == {"name": ("the", "red", "mill"), "food": ("sushi",), "rating": ("high",)}
    assert str(small.tree("try the old mill . it is cheap .")) == (
        "(TOP (S (VP (VB try) (NP (DT the) (JJ old) (NN mill))) (. .)) "
        "(S (NP (PRP it)) (VP (VBZ is) (ADJP (JJ cheap))) (. .)))"
    )
    assert small.spans("the red fox serves curry .") == [
        ("TOP", 0, 6),
        ("S", 0, 6),
        ("NP", 0, 3),
        ("VP", 3, 5),
        ("NP", 4, 5),
    ]
    assert " ".join(small.pos("try the old bells . they are cheap .")) == "VB DT JJ NNS . PRP VBP JJ ."


@pytest.mark.parametrize(
    ("sentence", "position"),
    [
        ("the red fox serve curry .", 3),  # number
        ("the red bells serve curry . the red bells is cheap .", 9),
        ("the red bells serve curry and has a high rating .", 6),
        ("the red fox serves curry . the old fox is cheap .", 7),  # the name again
        ("try the red fox . the red mill is cheap .", 7),
        ("try the red fox . they are cheap .", 5),
        ("the red fox has an high rating .", 5),  # article
        ("the red fox serves curry", 5),
        ("the red fox serves curry . [PAD]", 6),
        ("", 0),
    ],
)
def test_outside_the_language(small, sentence, position):
    parsed = small.parse(sentence)
    assert isinstance(parsed, Failure)
    assert parsed.position == position
    assert small.log_prob([sentence])[0] == -np.inf
    for ask in (small.pos, small.tree, small.spans):
        with pytest.raises(ValueError, match=f"not a sentence of mini-bistro: word {position}: "):
            ask(sentence)


def test_rows_follow_the_law_of_the_table(small):
    rows = small.ids("train", range(200_000))
    number = {row.tobytes(): i for i, row in enumerate(small.table.numpy())}
    found = np.bincount([number[row.tobytes()] for row in rows], minlength=360)
    expected = small.table_log_prob.exp().numpy() * len(rows)
    assert expected.min() > 2
    statistic = ((found - expected) ** 2 / expected).sum()
    assert abs(statistic - 359) < 5 * (2 * 359) ** 0.5


def test_row_log_prob_is_that_of_the_table(small):
    drawn = small.row_log_prob("test", range(2000))
    assert drawn.dtype == np.float64
    np.testing.assert_allclose(small.log_prob(small.sentences("test", range(2000))), drawn, atol=1e-12)


def test_rows_do_not_depend_on_their_company(small):
    rows = np.array([0, SIZES["train"] - 1, BLOCK, BLOCK - 1, 0, 1_000_003])
    ids = small.ids("train", rows)
    for row, one in zip(rows, ids, strict=True):
        np.testing.assert_array_equal(small.ids("train", [int(row)])[0], one)
    many = range(BLOCK - 500, BLOCK + 500)
    np.testing.assert_array_equal(small.ids("train", many)[-3:], small.ids("train", many[-3:]))
    np.testing.assert_array_equal(small.ids("train", range(2 * BLOCK))[BLOCK], small.ids("train", [BLOCK])[0])
    assert small.ids("train", []).shape == (0, 13)
    assert small.row_log_prob("train", []).shape == (0,)
    assert small.decode(ids) == small.sentences("train", rows)


def test_splits_and_seeds_are_other_draws(small):
    other = MiniBistro(seed=1)
    draws = [small.row_log_prob(split, range(2000)) for split in SIZES] + [other.row_log_prob("train", range(2000))]
    agree = float((small.table_log_prob.exp() ** 2).sum())
    for i, a in enumerate(draws):
        for b in draws[i + 1 :]:
            assert (a == b).mean() < 4 * agree
    assert other.info.fingerprint != small.info.fingerprint
    assert other.vocabulary == small.vocabulary
    assert torch.equal(other.table, small.table)


def test_split_sizes_and_their_borders(small):
    assert small.sizes == {"train": 1_048_576, "validation": 20_000, "test": 20_000}
    for ask in (small.ids, small.row_log_prob):
        with pytest.raises(ValueError, match="rows must lie in"):
            ask("test", [20_000])
        with pytest.raises(ValueError, match="split must be one of"):
            ask("dev", [0])


def test_the_source_is_pinned(small):
    """If this changes, weights trained before are weights of another corpus."""
    assert small.info.fingerprint == "420e01e929fdad9e"
    assert small.sentences("train", [0]) == ["try the golden bells . the golden bells are cheap ."]


def test_the_tokenizer_gives_the_ids(small):
    own = small.ids("test", range(50))
    ids = small.tokenizer(small.sentences("test", range(50)), padding="max_length")["input_ids"]
    np.testing.assert_array_equal(np.array(ids), own)


def test_dataset_has_text(small):
    pytest.importorskip("datasets")
    made = small.dataset(train=10)
    assert {split: len(part) for split, part in made.items()} == {"train": 10, "validation": 20_000, "test": 20_000}
    assert made["test"][7] == {"text": small.sentences("test", [7])[0]}
    for train in (0, 1_048_577):
        with pytest.raises(ValueError, match=r"train must lie in \[1, 1048576\], got"):
            small.dataset(train=train)
