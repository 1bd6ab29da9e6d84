"""The abstract corpus: borders, decoding and encoding, on a corpus of three sentences."""

import dataclasses

import numpy as np
import pytest
import torch

from textdiff_lite.corpora.corpus import Corpus, CorpusInfo, fingerprint

WORDS = ["[PAD]", "[END]", "[UNK]", "the", "mill", "is", "cheap", ".", "[", "]"]
INFO = CorpusInfo("three", "word", len(WORDS), 6, 0, 1, 2, "0" * 16)


class Three(Corpus):
    def _ids(self, split, rows):
        return np.array([[3, 4, 5, 6, 7, 1], [3, 4, 1, 0, 0, 0], [2, 7, 1, 0, 0, 0]], np.int16)[rows]

    def _sentences(self, split, rows):
        return [["The mill is cheap.", "The mill", "Oh."][row] for row in rows]

    def dataset(self):
        raise NotImplementedError


def three(info: CorpusInfo = INFO, words: list[str] | None = None, size: int = 3) -> Three:
    return Three(info, words or WORDS, {"train": size}, {"source": "tests"})


def windows() -> Three:
    words = ["[PAD]", "[END]", "[UNK]", "a", "b", "\n"]
    return three(CorpusInfo("ab", "character", 6, 4, 0, None, 2, "0" * 16), words)


def test_ids_are_int64_rows_in_the_order_asked():
    found = three().ids("train", [2, 0, 2])
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found[:, 0], [2, 3, 2])


@pytest.mark.parametrize("rows", [range(1, 3), [1, 2], np.array([1, 2]), np.array([1, 2], np.int16)])
def test_rows_may_be_a_range_a_list_or_an_array(rows):
    assert three().sentences("train", rows) == ["The mill", "Oh."]


def test_no_rows_give_an_empty_table():
    assert three().ids("train", []).shape == (0, 6)
    assert three().sentences("train", []) == []


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match=r"^split must be one of \['train'\], got 'dev'$"):
        three().ids("dev", [0])
    with pytest.raises(ValueError, match=r"^split must be one of \['train'\], got 'dev'$"):
        three().sentences("dev", [0])


@pytest.mark.parametrize(("rows", "found"), [([3], r"\[3, 3\]"), ([0, -1], r"\[-1, 0\]")])
def test_rows_outside_the_split_are_refused_and_negative_ones_do_not_wrap(rows, found):
    with pytest.raises(ValueError, match=rf"^rows must lie in \[0, 3\), the split 'train', got {found}$"):
        three().ids("train", rows)


@pytest.mark.parametrize("rows", [np.array([0.5]), np.array([True, False]), np.array([[0]])])
def test_rows_that_are_no_list_of_integers_are_refused(rows):
    with pytest.raises(ValueError, match=r"^rows must be a list of integers, got "):
        three().ids("train", rows)


def test_decoding_stops_at_the_first_end_and_joins_words_by_a_space():
    ids = np.array([[3, 4, 1, 5, 1, 0], [1, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 7]])
    assert three().decode(ids) == ["the mill", "", "the mill is cheap . ."]


def test_a_special_id_before_the_end_is_written_out():
    assert three().decode(np.array([[3, 0, 2, 1, 0, 0]])) == ["the [PAD] [UNK]"]


def test_characters_are_joined_by_nothing_and_do_not_stop_without_an_end():
    assert windows().decode(np.array([[3, 5, 4, 3], [3, 1, 4, 0]])) == ["a\nba", "a[END]b[PAD]"]


def test_tensors_and_other_widths_are_decoded():
    assert three().decode(torch.tensor([[3, 4, 5, 6, 7, 7, 7, 1]])) == ["the mill is cheap . . ."]
    assert three().decode(torch.zeros(0, 6, dtype=torch.long)) == []


@pytest.mark.parametrize(("ids", "found"), [([[3, 10]], r"\[3, 10\]"), ([[-1, 3]], r"\[-1, 3\]")])
def test_ids_outside_the_vocabulary_are_refused(ids, found):
    with pytest.raises(ValueError, match=rf"^ids must lie in \[0, 10\), the vocabulary of three, got {found}$"):
        three().decode(np.array(ids))


@pytest.mark.parametrize("ids", [np.array([3, 4]), np.array([[3.0, 4.0]])])
def test_ids_of_another_kind_are_refused(ids):
    with pytest.raises(ValueError, match=r"^ids must be integers \[n, L\], got (int64|float64) of shape \["):
        three().decode(ids)


def test_encoding_ends_and_fills_each_row():
    expected = [[3, 4, 5, 6, 7, 1], [3, 4, 1, 0, 0, 0], [2, 7, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]]
    found = three().encode(["The mill is cheap.", "the MILL", "Oh.", ""])
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)


def test_encoding_nothing_gives_an_empty_table():
    assert three().encode([]).shape == (0, 6)


def test_a_sentence_that_does_not_leave_room_for_the_end_is_refused():
    with pytest.raises(
        ValueError,
        match=r"^sentence 1 has 6 words, the canvas of three takes at most 5 and \[END\]: 'The mill is cheap. .'$",
    ):
        three().encode(["the mill", "The mill is cheap. ."])


@pytest.mark.parametrize("text", ["abb", "abbab"])
def test_a_corpus_without_end_takes_whole_windows_only(text):
    np.testing.assert_array_equal(windows().encode(["ab\na"]), [[3, 4, 5, 3]])
    with pytest.raises(ValueError, match=rf"^sentence 0 has {len(text)} characters, a window of ab has exactly 4$"):
        windows().encode([text])


def test_text_never_becomes_a_special_id():
    found = three().encode(["[PAD]", "[END]", "[UNK]", "[MASK]"])
    np.testing.assert_array_equal(found, [[8, 2, 9, 1, 0, 0]] * 4)


def test_the_tokenizer_gives_the_ids_of_encode():
    sentences = ["The mill is cheap.", "the [PAD] oh"]
    corpus = three()
    found = corpus.tokenizer(sentences, padding="max_length")["input_ids"]
    np.testing.assert_array_equal(found, corpus.encode(sentences))
    assert corpus.tokenizer is corpus.tokenizer


def test_the_tokenizer_of_windows_adds_no_end():
    assert windows().tokenizer("ab\na")["input_ids"] == [3, 4, 5, 3]


def test_a_vocabulary_without_the_special_tokens_is_refused():
    with pytest.raises(
        ValueError, match=r"^vocabulary must begin with \['\[PAD\]', '\[END\]', '\[UNK\]'\], got \['the'"
    ):
        three(words=WORDS[3:])


def test_a_word_twice_is_refused():
    with pytest.raises(ValueError, match=r"^vocabulary must not repeat a word, 'mill' is there twice$"):
        three(words=[*WORDS, "mill"])


def test_a_vocabulary_of_another_size_than_told_is_refused():
    with pytest.raises(ValueError, match=r"^info.vocab is 10, but the vocabulary has 11 entries$"):
        three(words=[*WORDS, "inn"])


@pytest.mark.parametrize("change", [{"pad": 1}, {"end": 0}, {"unk": 3}])
def test_other_special_ids_are_refused(change):
    with pytest.raises(ValueError, match=r"^pad, end and unk must be 0, 1 \(or None\) and 2, got "):
        three(dataclasses.replace(INFO, **change))


def test_an_empty_split_is_refused():
    with pytest.raises(ValueError, match=r"^split 'train' of three must have at least one sentence, it has 0$"):
        three(size=0)


def test_a_word_that_the_tokenizer_would_cut_or_change_is_refused():
    for word in ("mill house", "Mill", "mill."):
        words = [*WORDS[:4], word, *WORDS[5:]]
        with pytest.raises(
            ValueError, match=rf"^vocabulary entry {word!r} of three is not one word for the tokenizer$"
        ):
            three(words=words).encode(["the"])


def test_the_fingerprint_is_fixed_and_depends_on_every_fact():
    # the sha256 of ["word",["a","\u00e9"],3], the é written as its escape
    assert fingerprint("word", ["a", "é"], 3) == "5d7d4ab23be409cc"
    assert len({fingerprint("a"), fingerprint("a", "b"), fingerprint("ab"), fingerprint(["a", "b"])}) == 4
    assert fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
