"""Tiny Shakespeare: nanoGPT's split and the windows, on a small text and on the real one."""

import numpy as np
import pytest

from textdiff_lite.corpora import load_corpus

TEXT = "abcdefghij" * 5 + "Z\n"  # 52 characters: 46 to train, 6 to validate


@pytest.fixture
def small(tmp_path, monkeypatch):
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("TEXTDIFF_DATA", str(tmp_path))


@pytest.fixture
def real(real_data, monkeypatch):
    monkeypatch.setenv("TEXTDIFF_DATA", str(real_data))


@pytest.mark.usefixtures("small")
def test_the_first_nine_tenths_train_and_the_rest_validates():
    pytest.importorskip("datasets")
    corpus = load_corpus("tinyshakespeare", window=4)
    assert corpus.metadata["characters"] == {"train": 46, "validation": 6}
    parts = {split: part["text"][0] for split, part in corpus.dataset().items()}
    assert parts == {"train": TEXT[:46], "validation": TEXT[46:]}


@pytest.mark.usefixtures("small")
def test_a_training_row_starts_at_any_character():
    corpus = load_corpus("tinyshakespeare", window=4)
    assert corpus.sizes["train"] == 43
    assert corpus.sentences("train", [0, 1, 42]) == ["abcd", "bcde", "cdef"]
    assert corpus.decode(corpus.ids("train", [0, 1, 42])) == ["abcd", "bcde", "cdef"]
    np.testing.assert_array_equal(corpus.ids("train", [0, 1])[0, 1:], corpus.ids("train", [0, 1])[1, :-1])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("window", "expected"), [(4, ["ghij"]), (3, ["ghi", "jZ\n"]), (6, ["ghijZ\n"])])
def test_validation_rows_do_not_overlap(window, expected):
    corpus = load_corpus("tinyshakespeare", window=window)
    rows = range(corpus.sizes["validation"])
    assert corpus.sentences("validation", rows) == expected
    assert corpus.decode(corpus.ids("validation", rows)) == expected


@pytest.mark.usefixtures("small")
def test_windows_have_no_end_and_no_padding():
    corpus = load_corpus("tinyshakespeare", window=5)
    assert corpus.info.end is None
    assert corpus.info.length == 5
    assert corpus.ids("train", range(corpus.sizes["train"])).min() >= 3
    np.testing.assert_array_equal(corpus.encode(corpus.sentences("train", [7])), corpus.ids("train", [7]))


@pytest.mark.usefixtures("small")
def test_characters_are_numbered_in_the_order_of_their_code_points():
    assert load_corpus("tinyshakespeare", window=4).vocabulary == ["[PAD]", "[END]", "[UNK]", "\n", "Z", *"abcdefghij"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("window", [0, 7])
def test_a_window_that_does_not_fit_is_refused(window):
    with pytest.raises(
        ValueError, match=rf"^window must be between 1 and 6, the characters of 'validation', got {window}$"
    ):
        load_corpus("tinyshakespeare", window=window)


@pytest.mark.usefixtures("small")
def test_the_fingerprint_knows_the_window():
    found = {load_corpus("tinyshakespeare", window=window).info.fingerprint for window in (3, 4, 4)}
    assert len(found) == 2


@pytest.mark.usefixtures("real")
def test_the_published_text_has_nanogpts_characters_and_split():
    corpus = load_corpus("tinyshakespeare")
    # nanoGPT, data/shakespeare_char/prepare.py: 65 characters, 1,003,854 and 111,540
    assert corpus.info.vocab == 3 + 65
    assert corpus.metadata["characters"] == {"train": 1_003_854, "validation": 111_540}
    assert corpus.info.length == 256
    assert corpus.sizes == {"train": 1_003_854 - 256 + 1, "validation": 111_540 // 256}
    assert corpus.sentences("train", [0])[0].startswith("First Citizen:\nBefore we proceed")
    train = "".join(corpus.sentences("train", [*range(0, corpus.sizes["train"], 256), corpus.sizes["train"] - 1]))
    assert set(train) == set(corpus.vocabulary[3:])
