"""The user's own files: how a single file is split, and how a directory is read."""

import json
from pathlib import Path

import pytest

from textdiff_lite.corpora import load_corpus
from textdiff_lite.corpora.files import side

pytest.importorskip("datasets")

SENTENCES = [f"sentence number {i} of the file" for i in range(400)]


def write(path: Path, sentences: list[str]) -> Path:
    path.write_text("".join(f"{sentence}\n" for sentence in sentences), encoding="utf-8")
    return path


def directory(tmp_path: Path, **splits: str) -> Path:
    for name, text in splits.items():
        (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_side_of_a_text_is_fixed():
    # first 8 bytes of sha256, modulo 20: 0 is validation, 1 is test
    texts = ["sentence 26", "sentence 48", "sentence 11", "sentence 27"]
    assert [side(text) for text in texts] == ["validation", "test", "train", "train"]


def test_a_file_is_split_ninety_five_five():
    count = {
        split: [side(f"text {i}") for i in range(20_000)].count(split) for split in ("train", "validation", "test")
    }
    # five standard errors of a binomial share: 5 * sqrt(0.05 * 0.95 / 20000) = 0.0077
    assert abs(count["validation"] / 20_000 - 0.05) < 0.0077
    assert abs(count["test"] / 20_000 - 0.05) < 0.0077
    assert sum(count.values()) == 20_000


def test_equal_texts_fall_on_one_side_and_every_line_on_some(tmp_path):
    corpus = load_corpus(write(tmp_path / "mine.txt", SENTENCES + SENTENCES[::-1]))
    parts = {split: corpus.sentences(split, range(size)) for split, size in corpus.sizes.items()}
    assert list(parts) == ["train", "validation", "test"]
    assert sorted(text for part in parts.values() for text in part) == sorted(SENTENCES * 2)
    assert not set(parts["train"]) & (set(parts["validation"]) | set(parts["test"]))
    assert parts["test"] == [text for text in SENTENCES + SENTENCES[::-1] if side(text) == "test"]


def test_a_sentence_keeps_its_side_when_others_are_added(tmp_path):
    small = load_corpus(write(tmp_path / "a.txt", SENTENCES[:200]))
    large = load_corpus(write(tmp_path / "b.txt", SENTENCES))
    assert set(small.sentences("test", range(small.sizes["test"]))) <= set(
        large.sentences("test", range(large.sizes["test"]))
    )


def test_a_file_of_few_sentences_may_lack_splits(tmp_path):
    assert [side("a b"), side("c d")] == ["train", "train"]
    assert load_corpus(write(tmp_path / "few.txt", ["a b", "c d"] * 2)).sizes == {"train": 4}


def test_a_file_whose_sentences_all_fall_elsewhere_is_refused(tmp_path):
    path = write(tmp_path / "one.txt", [next(text for text in SENTENCES if side(text) == "test")])
    with pytest.raises(ValueError, match=r"one.txt: too few sentences \(1\), none of them falls to 'train'$"):
        load_corpus(path)


@pytest.mark.parametrize("name", ["mine.txt", "mine.csv", "mine.jsonl"])
def test_the_kinds_of_file_give_the_same_corpus(name, tmp_path):
    path = tmp_path / name
    lines = {
        "mine.txt": SENTENCES,
        "mine.csv": ["id,text", *(f"{i},{text}" for i, text in enumerate(SENTENCES))],
        "mine.jsonl": [json.dumps({"text": text}) for text in SENTENCES],
    }
    corpus = load_corpus(write(path, lines[name]))
    reference = load_corpus(write(tmp_path / "reference.txt", SENTENCES))
    assert corpus.info.name == name
    assert corpus.info.fingerprint == reference.info.fingerprint
    assert corpus.metadata["source"] == name
    assert str(corpus.metadata["splits"]).startswith("by a hash of the text: 90 % train")


def test_the_options_of_a_file_have_their_effect(tmp_path):
    path = write(
        tmp_path / "mine.csv", ["n,ref", *(f"{i},{text} x{'x' * (i % 3)}" for i, text in enumerate(SENTENCES))]
    )
    words = load_corpus(path, text_column="ref")
    letters = load_corpus(str(path), text_column="ref", unit="character", min_count=1, max_length=34)
    assert (words.info.unit, words.info.length, words.metadata["min_count"]) == ("word", 8, 2)
    assert (letters.info.unit, letters.info.length, letters.metadata["min_count"]) == ("character", 34, 1)
    assert sum(letters.metadata["left_out"].values()) > 0  # type: ignore[attr-defined]


def test_a_directory_gives_its_own_splits(tmp_path):
    path = directory(tmp_path, train_csv="text\na b\na c\n", validation_jsonl='{"text": "a b"}', test_txt="c a\n")
    corpus = load_corpus(path, min_count=1)
    assert corpus.sizes == {"train": 2, "validation": 1, "test": 1}
    assert corpus.sentences("test", [0]) == ["c a"]
    assert corpus.info.name == tmp_path.name + "/"
    assert corpus.metadata["splits"] == "the files train.csv, validation.jsonl, test.txt"


def test_a_directory_may_hold_training_sentences_alone(tmp_path):
    assert load_corpus(directory(tmp_path, train_txt="a\nb\n"), min_count=1).sizes == {"train": 2}


def test_a_directory_without_training_sentences_names_what_it_holds(tmp_path):
    with pytest.raises(
        ValueError,
        match=r"must hold train \(and validation and test\) with one of .* it holds \['test.txt', 'training.txt'\]$",
    ):
        load_corpus(directory(tmp_path, training_txt="a\n", test_txt="b\n"))


def test_a_directory_with_two_files_for_a_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"one file for split 'train' is needed, found \['train.txt', 'train.csv'\]$"):
        load_corpus(directory(tmp_path, train_txt="a\n", train_csv="text\na\n"))


def test_a_defect_of_a_split_names_its_file_and_line(tmp_path):
    path = directory(tmp_path, train_csv="text,n\na,1\n", test_csv="text,n\na,1\nb\n")
    with pytest.raises(ValueError, match=r"test.csv: 1 defect\(s\)\n  line 3: 1 field\(s\), the header has 2$"):
        load_corpus(path)


def test_reserved_words_in_a_file_stay_words(tmp_path):
    path = write(tmp_path / "mine.txt", ["a [PAD] and [MASK] [END] x"] * 3)
    corpus = load_corpus(path, min_count=1)
    row = corpus.ids("train", [0])
    assert (row == 1).sum() == 1
    assert corpus.decode(row) == ["a [ pad ] and [ mask ] [ end ] x"]


def test_every_fact_of_the_metadata_is_there_and_fits_into_json(tmp_path):
    metadata = load_corpus(write(tmp_path / "mine.txt", SENTENCES)).metadata
    assert json.loads(json.dumps(metadata)) == metadata
    needed = {"tokenizer", "casing", "min_count", "unknown_rate", "splits", "source", "licence", "left_out", "longest"}
    assert needed <= set(metadata)


def test_a_file_named_like_our_corpus_is_not_taken_for_it(tmp_path):
    assert load_corpus(write(tmp_path / "bistro.txt", SENTENCES)).info.name == "bistro.txt"
