"""Sentences in memory: vocabulary from training, canvas, unknown words, and what is left out."""

import numpy as np
import pytest

from textdiff_lite.corpora.stored import Stored

datasets = pytest.importorskip("datasets")

TRAIN = ["A mill.", "A mill is an inn.", "The inn."]
OTHER = ["The mill is cheap, an inn."]


def stored(train=TRAIN, other=OTHER, unit="word", min_count=1, max_length=None, **more) -> Stored:
    splits = {"train": {"text": train, **more}, "test": {"text": other}}
    if more:
        del splits["test"]
    parts = {split: datasets.Dataset.from_dict(columns) for split, columns in splits.items()}
    return Stored(
        "small",
        unit,
        datasets.DatasetDict(parts),
        min_count=min_count,
        max_length=max_length,
        metadata={"source": "tests"},
    )


def test_the_canvas_is_the_longest_sentence_of_all_splits_and_its_end():
    corpus = stored()
    assert corpus.info.length == 8 + 1
    np.testing.assert_array_equal(corpus.ids("test", [0])[0, -1:], [1])
    assert corpus.metadata["longest"] == {"train": 6, "test": 8}
    assert corpus.metadata["mean_length"] == {"train": 12 / 3, "test": 8}


def test_the_vocabulary_comes_from_training_alone():
    corpus = stored()
    assert corpus.vocabulary == ["[PAD]", "[END]", "[UNK]", ".", "a", "inn", "mill", "an", "is", "the"]
    assert corpus.info.vocab == 10
    assert corpus.decode(corpus.ids("test", [0])) == ["the mill is [UNK] [UNK] an inn ."]


def test_rare_words_are_unknown_and_their_rate_is_stated():
    corpus = stored(min_count=2)
    assert corpus.vocabulary[3:] == [".", "a", "inn", "mill"]
    assert corpus.decode(corpus.ids("train", range(3))) == ["a mill .", "a mill [UNK] [UNK] inn .", "[UNK] inn ."]
    assert corpus.metadata["unknown_rate"] == {"train": 3 / 12, "test": 5 / 8}
    assert corpus.metadata["min_count"] == 2


def test_the_stored_rows_are_what_encode_gives():
    corpus = stored(min_count=2)
    for split, sentences in (("train", TRAIN), ("test", OTHER)):
        rows = range(corpus.sizes[split])
        np.testing.assert_array_equal(corpus.ids(split, rows), corpus.encode(sentences))
        assert corpus.sentences(split, rows) == sentences


def test_rows_change_with_neither_the_reader_nor_the_order():
    corpus = stored()
    first = corpus.ids("train", [0, 2])
    first[:] = 9
    np.testing.assert_array_equal(corpus.ids("train", [2, 0]), corpus.encode([TRAIN[2], TRAIN[0]]))


def test_a_large_vocabulary_and_many_sentences_keep_their_ids():
    words = [f"w{i}" for i in range(33_000)]
    corpus = stored(train=words, other=["w1"])
    found = corpus.ids("train", range(33_000))
    assert found.max() == 33_002
    assert corpus.decode(found[[8191, 8192, 32_999]]) == ["w8191", "w8192", "w32999"]


def test_characters_keep_case_blanks_and_line_ends():
    corpus = stored(train=["A b\n", "b A"], other=["A"], unit="character")
    assert corpus.info.unit == "character"
    assert corpus.info.length == 5
    assert corpus.decode(corpus.ids("train", [0])) == ["A b\n"]


def test_sentences_beyond_max_length_are_left_out_and_counted():
    corpus = stored(train=[*TRAIN, "The inn."], other=["An inn.", *OTHER, *OTHER], max_length=6 + 1)
    assert corpus.sizes == {"train": 4, "test": 1}
    assert corpus.metadata["left_out"] == {"train": 0, "test": 2}
    assert corpus.sentences("test", [0]) == ["An inn."]
    assert corpus.dataset()["test"][:]["text"] == ["An inn."]
    assert corpus.info.length == 7


def test_left_out_sentences_give_no_words():
    corpus = stored(train=["a b", "c c c c"], other=["a"], max_length=3)
    assert corpus.vocabulary[3:] == ["a", "b"]
    assert stored(train=["a b", "c c c c"], other=["a"]).metadata["left_out"] == {"train": 0, "test": 0}


def test_a_max_length_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match=r"^max_length 5 leaves no sentence in split 'test' of small$"):
        stored(max_length=5)
    with pytest.raises(ValueError, match=r"^max_length must be at least 2 \(a token and \[END\]\), got 1$"):
        stored(max_length=1)


def test_a_min_count_that_leaves_no_word_is_refused():
    with pytest.raises(ValueError, match=r"^no word of small occurs min_count = 9 times in 'train'$"):
        stored(min_count=9)


def test_a_corpus_needs_training_sentences():
    parts = datasets.DatasetDict({"test": datasets.Dataset.from_dict({"text": ["a"]})})
    with pytest.raises(ValueError, match=r"^small must have a split 'train', it has \['test'\]$"):
        Stored("small", "word", parts, min_count=1, metadata={})


def test_other_columns_stay_in_the_dataset():
    assert stored(mr=["x", "y", "z"]).dataset()["train"][:]["mr"] == ["x", "y", "z"]


def test_the_fingerprint_changes_with_texts_splits_unit_and_vocabulary():
    corpora = [
        stored(),
        stored(train=TRAIN[::-1]),
        stored(train=TRAIN + OTHER, other=["The inn."]),
        stored(unit="character"),
        stored(min_count=2),
        stored(other=["The mill is cheap, an INN."]),
    ]
    assert len({corpus.info.fingerprint for corpus in corpora}) == len(corpora)
    assert stored().info.fingerprint == stored().info.fingerprint
    assert len(stored().info.fingerprint) == 16
