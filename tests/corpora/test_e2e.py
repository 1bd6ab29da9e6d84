"""The E2E challenge as published: counts, lengths, unknown words. Skipped where its files are not."""

import numpy as np
import pytest

from textdiff_lite.corpora import load_corpus
from textdiff_lite.corpora.stored import Stored

pytest.importorskip("datasets")


@pytest.fixture(scope="module")
def e2e(real_data) -> Stored:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEXTDIFF_DATA", str(real_data))
        corpus = load_corpus("e2e")
    assert isinstance(corpus, Stored)
    return corpus


def test_the_splits_are_the_official_ones(e2e):
    assert e2e.sizes == {"train": 42_061, "validation": 4_672, "test": 4_693}
    parts = {split: set(part[:]["mr"]) for split, part in e2e.dataset().items()}
    assert {split: len(part) for split, part in parts.items()} == {"train": 4_862, "validation": 547, "test": 630}
    assert not parts["test"] & (parts["train"] | parts["validation"])


def test_the_canvas_holds_every_sentence(e2e):
    assert e2e.metadata["longest"] == {"train": 73, "validation": 80, "test": 80}
    assert e2e.info.length == 81
    assert set(e2e.metadata["left_out"].values()) == {0}  # type: ignore[union-attr]
    for split, size in e2e.sizes.items():
        assert ((e2e.ids(split, range(size)) == 1).sum(1) == 1).all()


def test_vocabulary_and_unknown_rates_are_the_stated_ones(e2e):
    assert e2e.info.vocab == 1_763
    rates = e2e.metadata["unknown_rate"]
    # counted once by an own script: 959 of 919,457 words, 180 of 113,984, 154 of 124,837
    assert rates == {"train": 959 / 919_457, "validation": 180 / 113_984, "test": 154 / 124_837}


def test_the_first_test_sentence_is_the_published_one(e2e):
    assert e2e.sentences("test", [1]) == ["Blue Spice is a coffee shop in city centre."]
    assert e2e.decode(e2e.ids("test", [1])) == ["blue spice is a coffee shop in city centre ."]
    np.testing.assert_array_equal(e2e.encode(e2e.sentences("test", [0, 1])), e2e.ids("test", [0, 1]))


def test_the_transformers_tokenizer_gives_the_stored_rows(e2e):
    rows = list(range(0, e2e.sizes["validation"], 47))
    found = e2e.tokenizer(e2e.sentences("validation", rows), padding="max_length")["input_ids"]
    np.testing.assert_array_equal(found, e2e.ids("validation", rows))
