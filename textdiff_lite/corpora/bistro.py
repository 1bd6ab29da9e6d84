"""Bistro: generated restaurant descriptions of which everything is known exactly.

The sentences come from `bistro_grammar`, an unambiguous probabilistic grammar. So the probability of a sentence, the
entropy of the source, the tree, the parts of speech and the fields of a sentence are facts and not estimates.
"""

from collections.abc import Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from textdiff_lite.corpora import tokenizers as rules
from textdiff_lite.corpora.bistro_grammar import GRAMMAR, LONGEST
from textdiff_lite.corpora.bistro_records import FAMILY, Fields, Records, linearise
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo, Rows, fingerprint
from textdiff_lite.corpora.grammar.counters import row_keys
from textdiff_lite.corpora.grammar.description import describe
from textdiff_lite.corpora.grammar.entropy import Entropy, entropy
from textdiff_lite.corpora.grammar.parsing import Failure, Parse, Parser
from textdiff_lite.corpora.grammar.sampling import VERSION, Record, Sample, Sampler
from textdiff_lite.corpora.grammar.trees import Tree

if TYPE_CHECKING:
    import datasets

SIZES = {"train": 2**22, "validation": 20_000, "test": 20_000}
BLOCK = 65_536


class Bistro(Corpus):
    """Sentences drawn independently from the grammar, duplicates included; row i of a split is a function of (seed, i).

    seed: of all splits.
    """

    def __init__(self, seed: int = 0) -> None:
        vocabulary = [*rules.SPECIAL, *GRAMMAR.vocabulary]
        info = CorpusInfo(
            name="bistro",
            unit="word",
            vocab=len(vocabulary),
            length=LONGEST + 1,
            pad=0,
            end=1,
            unk=2,
            fingerprint=fingerprint(describe(GRAMMAR), vocabulary, VERSION, seed),
        )
        super().__init__(
            info,
            vocabulary,
            SIZES,
            {
                "source": "generated from the grammar of textdiff_lite.corpora.bistro_grammar",
                "seed": seed,
                "splits": "independent draws with duplicates; row i of a split is a function of the seed and i",
                "tokenizer": rules.DESCRIPTIONS["word"],
                "casing": rules.CASING["word"],
                "min_count": 0,
                "unknown_rate": dict.fromkeys(SIZES, 0.0),
                "licence": "MIT, as textdiff_lite",
            },
        )
        self.seed = seed
        self._records = Records()

    def _ids(self, split: str, rows: np.ndarray) -> np.ndarray:
        return self._closed([self._sample(split, part) for part in _blocks(rows)])

    def _sentences(self, split: str, rows: np.ndarray) -> list[str]:
        return self.decode(self._ids(split, rows))

    def dataset(self, train: int = 100_000) -> "datasets.DatasetDict":
        """Columns "text" and "mr" (the linearised record) of all splits; of "train" the first `train` rows.

        Raises ValueError if `train` is not between 1 and the size of the split.
        """
        from datasets import Dataset, DatasetDict

        if not 1 <= train <= SIZES["train"]:
            raise ValueError(f"train must lie in [1, {SIZES['train']}], got {train}")
        rows = {**{split: range(size) for split, size in SIZES.items()}, "train": range(train)}
        return DatasetDict(
            {
                split: Dataset.from_dict(
                    {"text": self.sentences(split, own), "mr": [linearise(f) for f in self.row_fields(split, own)]}
                )
                for split, own in rows.items()
            }
        )

    @property
    def entropy(self) -> float:
        """Nats per sentence: what a model of the sentences must lose on average, at least."""
        return _entropy().sentence

    @property
    def entropy_given_fields(self) -> float:
        """Nats per sentence of a sentence whose fields are known: the floor of a model from fields to sentence.

        It is also the floor from a sentence to its paraphrase (`paraphrase`), which depends on the fields alone.
        """
        return _entropy().given_record

    def log_prob(self, sentences: Sequence[str]) -> np.ndarray:
        """The probability of each sentence: ln p, nats, float64 [n]; -inf outside the language.

        Here as in `parse`, words are as `decode` writes them: lower case, a space on both sides of punctuation.
        """
        log_prob = _parser().log_prob
        return np.array([log_prob(tuple(sentence.split())) for sentence in sentences], dtype=np.float64)

    def log_prob_given_fields(self, sentences: Sequence[str]) -> np.ndarray:
        """The probability of each sentence given its fields: ln p(sentence | fields), nats, float64 [n].

        Raises ValueError for a sentence outside the language: it has no fields.
        """
        return np.array([self._parsed(sentence).log_prob_of_wording for sentence in sentences], dtype=np.float64)

    def row_log_prob(self, split: str, rows: Rows) -> np.ndarray:
        """The probability of rows of a split: ln p, nats, float64 [n]. Faster than `log_prob`: nothing is parsed.

        Raises ValueError as `ids` does.
        """
        valid = self._valid(split, rows)
        return np.concatenate([np.empty(0), *(self._sample(split, part).log_prob for part in _blocks(valid))])

    def row_fields(self, split: str, rows: Rows) -> list[dict[str, str]]:
        """The fields of rows of a split. Raises ValueError as `ids` does."""
        return [
            self._records.fields(record)
            for part in _blocks(self._valid(split, rows))
            for record in self._records_of(self._sample(split, part))
        ]

    def parse(self, sentence: str) -> Parse | Failure:
        """The derivation of a sentence, or the word at which it leaves the language."""
        return _parser().parse(tuple(sentence.split()))

    def fields(self, sentence: str) -> dict[str, str]:
        """What the sentence says, by the names of E2E. Raises ValueError outside the language."""
        parsed = self._parsed(sentence)
        return self._records.fields(Record(parsed.features, parsed.slots))

    def pos(self, sentence: str) -> tuple[str, ...]:
        """The part of speech of each word. Raises ValueError outside the language."""
        return self._parsed(sentence).pos

    def tree(self, sentence: str) -> Tree:
        """The constituents of the sentence. Raises ValueError outside the language."""
        return self._parsed(sentence).tree

    def spans(self, sentence: str) -> list[tuple[str, int, int]]:
        """(label, start, end) of every constituent, word `end` not included. Raises ValueError outside the language."""
        return self._parsed(sentence).spans

    def log_prob_of_fields(self, fields: Fields) -> float:
        """The probability of a record: ln p(fields), nats; p is summed over all sentences with exactly these fields.

        So ln p(sentence | fields) = ln p(sentence) - ln p(fields) for a sentence that says them (this difference is
        `log_prob_given_fields`).

        Raises ValueError for unknown fields and values, and for fields that no sentence says together.
        """
        return self._records.log_prob(fields)

    def realise(self, fields: Sequence[Fields], seed: int) -> list[str]:
        """For each record a sentence that says it, drawn from p(sentence | fields); the i-th depends on (seed, i).

        Raises ValueError as `log_prob_of_fields` does.
        """
        records = [self._records.record(one) for one in fields]
        keys = row_keys(seed, "realise", np.arange(len(records)))
        return self.decode(self._closed([self._sampler.realise(records, keys)]))

    def paraphrase(self, sentences: Sequence[str], seed: int) -> list[str]:
        """For each sentence one with the same fields, drawn independently of its wording (so it may be the same).

        Raises ValueError for a sentence outside the language.
        """
        return self.realise([self.fields(sentence) for sentence in sentences], seed)

    def _parsed(self, sentence: str) -> Parse:
        parsed = self.parse(sentence)
        if isinstance(parsed, Failure):
            raise ValueError(f"not a sentence of bistro: {parsed}, in {sentence!r}")
        return parsed

    def _sample(self, split: str, rows: np.ndarray) -> Sample:
        return self._sampler.draw(row_keys(self.seed, split, rows))

    def _closed(self, samples: list[Sample]) -> np.ndarray:
        """Sentences on the canvas, with their [END]."""
        table = np.zeros((sum(len(s.ids) for s in samples), self.info.length), dtype=np.int64)
        start = 0
        for s in samples:
            part = table[start : start + len(s.ids)]
            part[:, :LONGEST] = s.ids[:, :LONGEST]
            part[np.arange(len(part)), s.lengths] = 1
            start += len(part)
        return table

    def _records_of(self, sample: Sample) -> list[Record]:
        words = {name: (ids.tolist(), lengths.tolist()) for name, (ids, lengths) in sample.slots.items()}
        family = next(feature for feature in GRAMMAR.record if feature.name == FAMILY)
        return [
            Record(
                {FAMILY: family.values[code]},
                {
                    name: tuple(self.vocabulary[i] for i in ids[row][: lengths[row]])
                    for name, (ids, lengths) in words.items()
                    if lengths[row]
                },
            )
            for row, code in enumerate(sample.features[FAMILY].tolist())
        ]

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(GRAMMAR, {word: i for i, word in enumerate(self.vocabulary)})


@cache
def _parser() -> Parser:
    """One for all seeds: it remembers what it has met."""
    return Parser(GRAMMAR)


@cache
def _entropy() -> Entropy:
    return entropy(GRAMMAR)


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
