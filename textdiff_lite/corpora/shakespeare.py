"""Tiny Shakespeare: 1.1 million characters of running text, in windows (Karpathy 2015)."""

from typing import TYPE_CHECKING

import numpy as np

from textdiff_lite.corpora import sources
from textdiff_lite.corpora import tokenizers as rules
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo, fingerprint
from textdiff_lite.corpora.reading import content

if TYPE_CHECKING:
    import datasets


class Shakespeare(Corpus):
    """Windows of characters without [END]: nanoGPT's split, the first 90 % to train, the rest to validate.

    A row of "train" starts at any character (row i at character i), so there are n - window + 1 of them, and they
    overlap. Rows of "validation" do not overlap; up to window - 1 characters at the end of the text belong to none.

    window: L, the characters of a row.

    Raises ValueError if the text is neither under TEXTDIFF_DATA nor on the hub, and if the window does not fit into the
    validation split.
    Source: github.com/karpathy/char-rnn; the split: github.com/karpathy/nanoGPT, data/shakespeare_char/prepare.py.
    """

    def __init__(self, window: int = 256) -> None:
        text = _text()
        cut = int(0.9 * len(text))
        self._text = {"train": text[:cut], "validation": text[cut:]}
        if not 1 <= window <= len(self._text["validation"]):
            raise ValueError(
                f"window must be between 1 and {len(self._text['validation'])}, the characters of 'validation', "
                f"got {window}"
            )
        characters = sorted(set(text))
        vocabulary = [*rules.SPECIAL, *characters]
        number = {character: i for i, character in enumerate(vocabulary)}
        self._stream = {
            split: np.array([number[character] for character in part], dtype=np.int16)
            for split, part in self._text.items()
        }
        self._stride = {"train": 1, "validation": window}
        info = CorpusInfo(
            name="tinyshakespeare",
            unit="character",
            vocab=len(vocabulary),
            length=window,
            pad=0,
            end=None,
            unk=2,
            fingerprint=fingerprint(rules.PATTERNS["character"], vocabulary, window, self._text),
        )
        super().__init__(
            info,
            vocabulary,
            {split: (len(part) - window) // self._stride[split] + 1 for split, part in self._text.items()},
            {
                "tokenizer": rules.DESCRIPTIONS["character"],
                "casing": rules.CASING["character"],
                "min_count": 1,
                "unknown_rate": {"train": 0.0, "validation": 0.0},
                "characters": {split: len(part) for split, part in self._text.items()},
                "window": window,
                "splits": "nanoGPT's: the first 90 % of the characters to train, the rest to validate; no test split",
                "source": "Tiny Shakespeare, Karpathy 2015",
                "licence": "public domain",
            },
        )

    def _ids(self, split: str, rows: np.ndarray) -> np.ndarray:
        starts = rows * self._stride[split]
        return self._stream[split][starts[:, None] + np.arange(self.info.length)]

    def _sentences(self, split: str, rows: np.ndarray) -> list[str]:
        starts = (rows * self._stride[split]).tolist()
        return [self._text[split][start : start + self.info.length] for start in starts]

    def dataset(self) -> "datasets.DatasetDict":
        """Each split as one row, its whole running text in column "text": windows overlap and are made by `ids`."""
        import datasets

        return datasets.DatasetDict({s: datasets.Dataset.from_dict({"text": [t]}) for s, t in self._text.items()})


def _text() -> str:
    files = sources.local(sources.TINYSHAKESPEARE)
    if files:
        return content(files["all"])
    # the hub cuts the text into three splits; together they are the whole
    parts = sources.hub(sources.TINYSHAKESPEARE)
    return "".join(text for split in sources.TINYSHAKESPEARE.splits for text in parts[split][:]["text"])
