"""A corpus of 200 short sentences of six words, for tests of everything that needs some corpus."""

from typing import TYPE_CHECKING

import numpy as np

from textdiff_lite.corpora.corpus import Corpus, CorpusInfo, fingerprint

if TYPE_CHECKING:
    import datasets

WORDS = ["a", "b", "c", "d", "e", "f"]


class Toy(Corpus):
    """Sentences of one to six words; the next word is the same or one further."""

    def __init__(self, rows: int = 200, name: str = "toy") -> None:
        vocabulary = ["[PAD]", "[END]", "[UNK]", *WORDS]
        info = CorpusInfo(name, "word", len(vocabulary), 7, 0, 1, 2, fingerprint(name, vocabulary))
        super().__init__(info, vocabulary, {"train": rows, "validation": 20, "test": 20}, {"source": "tests"})

    def _ids(self, split: str, rows: np.ndarray) -> np.ndarray:
        table = np.zeros((len(rows), 7), np.int64)
        for place, row in enumerate(rows):
            rng = np.random.default_rng((len(split), int(row)))
            length = int(rng.integers(1, 7))
            table[place, :length] = 3 + (rng.integers(6) + rng.integers(0, 2, length).cumsum()) % 6
            table[place, length] = 1
        return table

    def _sentences(self, split: str, rows: np.ndarray) -> list[str]:
        return self.decode(self._ids(split, rows))

    def dataset(self) -> "datasets.DatasetDict":
        """Not needed by any test."""
        raise NotImplementedError
