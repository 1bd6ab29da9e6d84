"""Bistro: generated restaurant descriptions of which everything is known exactly.

The sentences come from `bistro_grammar`, an unambiguous probabilistic grammar. So the probability of a sentence, the
entropy of the source, the tree, the parts of speech and the fields of a sentence are facts and not estimates.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from textdiff_lite.corpora.bistro_grammar import GRAMMAR, LONGEST
from textdiff_lite.corpora.bistro_records import FAMILY, Fields, Records, linearise
from textdiff_lite.corpora.corpus import Rows
from textdiff_lite.corpora.generated import GrammarCorpus, blocks
from textdiff_lite.corpora.grammar.counters import row_keys
from textdiff_lite.corpora.grammar.sampling import Record, Sample

if TYPE_CHECKING:
    import datasets

SIZES = {"train": 2**22, "validation": 20_000, "test": 20_000}


class Bistro(GrammarCorpus):
    """Sentences drawn independently from the grammar, duplicates included; row i of a split is a function of (seed, i).

    seed: of all splits.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__("bistro", GRAMMAR, LONGEST, SIZES, seed, "textdiff_lite.corpora.bistro_grammar")
        self._records = Records()

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
    def entropy_given_fields(self) -> float:
        """Nats per sentence of a sentence whose fields are known: the floor of a model from fields to sentence.

        It is also the floor from a sentence to its paraphrase (`paraphrase`), which depends on the fields alone.
        """
        return self._entropy.given_record

    def log_prob_given_fields(self, sentences: Sequence[str]) -> np.ndarray:
        """The probability of each sentence given its fields: ln p(sentence | fields), nats, float64 [n].

        Raises ValueError for a sentence outside the language: it has no fields.
        """
        return np.array([self._parsed(sentence).log_prob_of_wording for sentence in sentences], dtype=np.float64)

    def row_fields(self, split: str, rows: Rows) -> list[dict[str, str]]:
        """The fields of rows of a split. Raises ValueError as `ids` does."""
        return [
            self._records.fields(record)
            for part in blocks(self._valid(split, rows))
            for record in self._records_of(self._sample(split, part))
        ]

    def fields(self, sentence: str) -> dict[str, str]:
        """What the sentence says, by the names of E2E. Raises ValueError outside the language."""
        parsed = self._parsed(sentence)
        return self._records.fields(Record(parsed.features, parsed.slots))

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
