"""mini-bistro: 360 sentences of the world of bistro, all of which can be listed.

So every question about them has an exact answer by summing over a table: what a perfect network would say at any
noise (`textdiff_lite.exact`), what two places tell of each other, how likely a mixture of sentences is. A network of
0.15 million parameters learns it in minutes on a laptop.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.corpora.generated import GrammarCorpus
from textdiff_lite.corpora.grammar.enumeration import enumerate_sentences
from textdiff_lite.corpora.mini_bistro_grammar import GRAMMAR, LONGEST

if TYPE_CHECKING:
    import datasets

SIZES = {"train": 2**20, "validation": 20_000, "test": 20_000}


class MiniBistro(GrammarCorpus):
    """Sentences drawn independently from the grammar, duplicates included; row i of a split is a function of (seed, i).

    The splits hold the same 360 sentences, in other orders: here a model that has learned the law by heart is right.

    seed: of all splits.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__("mini-bistro", GRAMMAR, LONGEST, SIZES, seed, "textdiff_lite.corpora.mini_bistro_grammar")

    @property
    def table(self) -> Int[Tensor, "S L"]:
        """Every sentence of the language on the canvas, its [END] and padding included: int64 [S, L]."""
        return self._enumerated[0].clone()

    @property
    def table_log_prob(self) -> Float[Tensor, " S"]:
        """The probability of each sentence of `table`: ln p, nats, float64 [S]."""
        return self._enumerated[1].clone()

    def dataset(self, train: int = 100_000) -> "datasets.DatasetDict":
        """Column "text" of all splits; of "train" the first `train` rows.

        Raises ValueError if `train` is not between 1 and the size of the split.
        """
        from datasets import Dataset, DatasetDict

        if not 1 <= train <= SIZES["train"]:
            raise ValueError(f"train must lie in [1, {SIZES['train']}], got {train}")
        sizes = {**SIZES, "train": train}
        return DatasetDict(
            {split: Dataset.from_dict({"text": self.sentences(split, range(n))}) for split, n in sizes.items()}
        )

    @cached_property
    def _enumerated(self) -> tuple[Tensor, Tensor]:
        said = list(enumerate_sentences(GRAMMAR))
        number = {word: i for i, word in enumerate(self.vocabulary)}
        table = torch.full((len(said), self.info.length), self.info.pad)
        for row, (words, _) in zip(table, said, strict=True):
            row[: len(words) + 1] = torch.tensor([*(number[word] for word in words), 1])
        return table, torch.tensor([p for _, p in said], dtype=torch.float64).log()
