"""What every corpus is: splits of sentences as token ids on one canvas, a vocabulary, and its facts."""

import abc
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from textdiff_lite.corpora import tokenizers as rules

if TYPE_CHECKING:
    import datasets
    import tokenizers
    import transformers

Rows = Sequence[int] | np.ndarray
"""Which sentences of a split: their numbers, from 0."""


@dataclass(frozen=True)
class CorpusInfo:
    """What a model must know of its corpus; stored with every checkpoint and card.

    name: that of `load_corpus` ("bistro", "e2e", ...), or the name of a file with its ending, of a directory with a
        slash.
    unit: "word" or "character".
    vocab: V, all ids of the tokenizer, special ones included. No mask: a process that needs one adds it as id V.
    length: L, the canvas: the longest sentence + 1, because the end and the padding are predicted and counted; of
        running text, the window.
    pad: id of [PAD], always 0.
    end: id of [END], always 1; None for a corpus of windows of running text, whose rows have no end.
    unk: id of [UNK], always 2.
    fingerprint: 16 hex digits that change with the meaning of the ids and with the source of the sentences.
    """

    name: str
    unit: str
    vocab: int
    length: int
    pad: int
    end: int | None
    unk: int
    fingerprint: str


class Corpus(abc.ABC):
    """Splits of sentences, each a row of L ids: its words, [END], then [PAD]; or L characters of running text.

    A subclass hands its facts to this constructor and answers `_ids`, `_sentences` and `dataset`; it overrides
    nothing else. The vocabulary is one list, ["[PAD]", "[END]", "[UNK]"] + words, and an id is a place in it.

    Raises ValueError if the vocabulary does not begin with the special tokens, has a word twice, or disagrees with
    `info`, and if a split has no sentences.
    """

    def __init__(
        self,
        info: CorpusInfo,
        vocabulary: list[str],
        sizes: Mapping[str, int],
        metadata: Mapping[str, object],
    ) -> None:
        if tuple(vocabulary[:3]) != rules.SPECIAL:
            raise ValueError(f"vocabulary must begin with {list(rules.SPECIAL)}, got {vocabulary[:3]}")
        if len(set(vocabulary)) != len(vocabulary):
            seen: set[str] = set()
            twice = next(word for word in vocabulary if word in seen or seen.add(word))
            raise ValueError(f"vocabulary must not repeat a word, {twice!r} is there twice")
        if len(vocabulary) != info.vocab:
            raise ValueError(f"info.vocab is {info.vocab}, but the vocabulary has {len(vocabulary)} entries")
        if (info.pad, info.unk) != (0, 2) or info.end not in (1, None):
            raise ValueError(f"pad, end and unk must be 0, 1 (or None) and 2, got {info.pad}, {info.end}, {info.unk}")
        for split, size in sizes.items():
            if size < 1:
                raise ValueError(f"split {split!r} of {info.name} must have at least one sentence, it has {size}")
        self.info = info
        self.vocabulary = vocabulary
        self.sizes = dict(sizes)
        self.metadata = dict(metadata)

    @abc.abstractmethod
    def _ids(self, split: str, rows: np.ndarray) -> np.ndarray:
        """Rows of a split as integers [n, L]; split and rows are known to be valid."""

    @abc.abstractmethod
    def _sentences(self, split: str, rows: np.ndarray) -> list[str]:
        """Rows of a split as text; split and rows are known to be valid."""

    @abc.abstractmethod
    def dataset(self) -> "datasets.DatasetDict":
        """All splits as `datasets`, column "text" and whatever else the corpus knows of a sentence."""

    def ids(self, split: str, rows: Rows) -> np.ndarray:
        """Sentences as ids, int64 [n, L].

        Raises ValueError for a split that does not exist and for rows outside it.
        """
        return self._ids(split, self._valid(split, rows)).astype(np.int64, copy=False)

    def sentences(self, split: str, rows: Rows) -> list[str]:
        """Sentences as text, the way the source writes them (`decode` gives what a model sees of them).

        Raises ValueError for a split that does not exist and for rows outside it.
        """
        return self._sentences(split, self._valid(split, rows))

    def decode(self, ids: np.ndarray | torch.Tensor) -> list[str]:
        """Ids [n, L] as text: up to the first [END]; words joined by one space, characters by nothing.

        A special id before the end is written out («[PAD]»), so that a broken sentence looks broken. Any number of
        columns is accepted.

        Raises ValueError for another number of axes and for ids outside the vocabulary.
        """
        table = ids.detach().cpu().numpy() if isinstance(ids, torch.Tensor) else ids
        if table.ndim != 2 or table.dtype.kind not in "iu":
            raise ValueError(f"ids must be integers [n, L], got {table.dtype} of shape {list(table.shape)}")
        if table.size and not 0 <= table.min() <= table.max() < self.info.vocab:
            raise ValueError(
                f"ids must lie in [0, {self.info.vocab}), the vocabulary of {self.info.name}, "
                f"got [{table.min()}, {table.max()}]"
            )
        glue = " " if self.info.unit == "word" else ""
        lines = []
        for row in table.tolist():
            stop = row.index(self.info.end) if self.info.end in row else len(row)
            lines.append(glue.join([self.vocabulary[i] for i in row[:stop]]))
        return lines

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        """Text as ids, int64 [n, L]; words outside the vocabulary become [UNK].

        Raises ValueError if a sentence has more than L - 1 tokens; in a corpus without [END], if it has not exactly L.
        """
        rows = [encoding.ids for encoding in self._encoder.encode_batch_fast(list(sentences))]
        table = np.full((len(rows), self.info.length), self.info.pad, dtype=np.int64)
        for number, row in enumerate(rows):
            if self.info.end is None:
                if len(row) != self.info.length:
                    raise ValueError(
                        f"sentence {number} has {len(row)} {self.info.unit}s, "
                        f"a window of {self.info.name} has exactly {self.info.length}"
                    )
            elif len(row) > self.info.length - 1:
                raise ValueError(
                    f"sentence {number} has {len(row)} {self.info.unit}s, the canvas of {self.info.name} "
                    f"takes at most {self.info.length - 1} and [END]: {sentences[number][:60]!r}"
                )
            else:
                table[number, len(row)] = self.info.end
            table[number, : len(row)] = row
        return table

    @cached_property
    def tokenizer(self) -> "transformers.PreTrainedTokenizerFast":
        """The same ids as `encode`, [END] included and without padding unless asked, as a `transformers` tokenizer."""
        return rules.fast(self._encoder, self.info.length, end=self.info.end is not None)

    @cached_property
    def _encoder(self) -> "tokenizers.Tokenizer":
        encoder = rules.tokenizer(self.info.unit, self.vocabulary)
        words = self.vocabulary[len(rules.SPECIAL) :]
        for i, encoding in enumerate(encoder.encode_batch_fast(words), start=len(rules.SPECIAL)):
            if encoding.ids != [i]:
                raise ValueError(
                    f"vocabulary entry {self.vocabulary[i]!r} of {self.info.name} is not one {self.info.unit} "
                    f"for the tokenizer"
                )
        return encoder

    def _valid(self, split: str, rows: Rows) -> np.ndarray:
        if split not in self.sizes:
            raise ValueError(f"split must be one of {list(self.sizes)}, got {split!r}")
        table = np.asarray(rows)
        if table.ndim != 1 or (table.size and table.dtype.kind not in "iu"):
            raise ValueError(f"rows must be a list of integers, got {table.dtype} of shape {list(table.shape)}")
        if table.size and not 0 <= table.min() <= table.max() < self.sizes[split]:
            raise ValueError(
                f"rows must lie in [0, {self.sizes[split]}), the split {split!r}, got [{table.min()}, {table.max()}]"
            )
        return table.astype(np.int64, copy=False)


def fingerprint(*facts: object) -> str:
    """16 hex digits of JSON-able facts: the same facts give the same digits on every machine."""
    text = json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
