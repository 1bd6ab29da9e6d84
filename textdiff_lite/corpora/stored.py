"""A corpus whose sentences all lie in memory, encoded once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from textdiff_lite.corpora import tokenizers as rules
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo, fingerprint

if TYPE_CHECKING:
    import datasets

CHUNK = 8192


class Stored(Corpus):
    """Sentences of a `datasets.DatasetDict` with a column "text"; the vocabulary comes from its split "train".

    min_count: a token seen less often in "train" is [UNK].
    max_length: the canvas at most. Sentences that need a longer one (tokens and [END]) are left out of every split, and
    `metadata["left_out"]` counts them; without it the canvas is the longest sentence + 1.
    metadata: what only the caller knows: source, licence, splits.

    Raises ValueError if there is no split "train", if max_length is below 2 or leaves a split empty, and if no token is
    frequent enough.
    """

    def __init__(
        self,
        name: str,
        unit: str,
        dataset: "datasets.DatasetDict",
        *,
        min_count: int,
        max_length: int | None = None,
        metadata: Mapping[str, object],
    ) -> None:
        if "train" not in dataset:
            raise ValueError(f"{name} must have a split 'train', it has {list(dataset)}")
        if max_length is not None and max_length < 2:
            raise ValueError(f"max_length must be at least 2 (a token and [END]), got {max_length}")
        texts = {str(split): list(part[:]["text"]) for split, part in dataset.items()}
        for split, part in texts.items():
            if not part:
                raise ValueError(f"split {split!r} of {name} must have at least one sentence, it has 0")
        left_out = dict.fromkeys(texts, 0)
        if max_length is not None:
            dataset, texts, left_out = _short_enough(name, unit, dataset, texts, max_length)
        vocabulary = rules.vocabulary(unit, texts["train"], min_count)
        if len(vocabulary) == len(rules.SPECIAL):
            raise ValueError(f"no {unit} of {name} occurs min_count = {min_count} times in 'train'")
        tokens = {split: _encode(unit, vocabulary, part) for split, part in texts.items()}
        longest = {split: max(len(row) for row in rows) for split, rows in tokens.items()}
        length = max(longest.values()) + 1
        info = CorpusInfo(
            name=name,
            unit=unit,
            vocab=len(vocabulary),
            length=length,
            pad=0,
            end=1,
            unk=2,
            fingerprint=fingerprint(rules.PATTERNS[unit], vocabulary, length, texts),
        )
        sizes = {split: len(rows) for split, rows in tokens.items()}
        self._dataset = dataset
        self._table = {split: _table(rows, length, len(vocabulary)) for split, rows in tokens.items()}
        words = {split: sum(len(row) for row in rows) for split, rows in tokens.items()}
        unknown = {split: int((table == info.unk).sum()) for split, table in self._table.items()}
        super().__init__(
            info,
            vocabulary,
            sizes,
            {
                "tokenizer": rules.DESCRIPTIONS[unit],
                "casing": rules.CASING[unit],
                "min_count": min_count,
                "unknown_rate": {split: unknown[split] / words[split] for split in words},
                "longest": longest,
                "mean_length": {split: words[split] / sizes[split] for split in words},
                "left_out": left_out,
                **metadata,
            },
        )

    def _ids(self, split: str, rows: np.ndarray) -> np.ndarray:
        return self._table[split][rows]

    def _sentences(self, split: str, rows: np.ndarray) -> list[str]:
        return list(self._dataset[split][rows.tolist()]["text"])

    def dataset(self) -> "datasets.DatasetDict":
        """All splits, row by row the sentences of `ids`: column "text", and "mr" where the corpus has it."""
        return self._dataset


def _short_enough(
    name: str, unit: str, dataset: "datasets.DatasetDict", texts: dict[str, list[str]], max_length: int
) -> tuple["datasets.DatasetDict", dict[str, list[str]], dict[str, int]]:
    import datasets

    parts, kept, left_out = {}, {}, {}
    for split, part in texts.items():
        rows = [i for i, row in enumerate(_encode(unit, list(rules.SPECIAL), part)) if len(row) + 1 <= max_length]
        if not rows:
            raise ValueError(f"max_length {max_length} leaves no sentence in split {split!r} of {name}")
        parts[split] = dataset[split].select(rows)
        kept[split] = [part[i] for i in rows]
        left_out[split] = len(part) - len(rows)
    return datasets.DatasetDict(parts), kept, left_out


def _encode(unit: str, vocabulary: list[str], texts: list[str]) -> list[list[int]]:
    encoder = rules.tokenizer(unit, vocabulary)
    rows: list[list[int]] = []
    for start in range(0, len(texts), CHUNK):
        rows += [encoding.ids for encoding in encoder.encode_batch_fast(texts[start : start + CHUNK])]
    return rows


def _table(rows: list[list[int]], length: int, vocab: int) -> np.ndarray:
    # 0 is [PAD], 1 is [END]
    table = np.zeros((len(rows), length), dtype=np.int16 if vocab <= np.iinfo(np.int16).max else np.int32)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
        table[number, len(row)] = 1
    return table
