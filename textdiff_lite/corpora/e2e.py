"""The E2E NLG Challenge: descriptions of restaurants, each with its meaning representation (Novikova et al. 2017)."""

from textdiff_lite.corpora import sources
from textdiff_lite.corpora.reading import read
from textdiff_lite.corpora.stored import Stored


def load(min_count: int = 2) -> Stored:
    """The official splits (42,061 / 4,672 / 4,693 sentences), words, lower-cased; column "mr" in `dataset()`.

    The canvas holds the longest sentence of all splits, so that none is left out and the test split stays official.

    min_count: words seen less often in the training split are [UNK].

    Raises ValueError if the files are neither under TEXTDIFF_DATA nor on the hub, or are malformed.
    Source: Novikova, Dusek, Rieser 2017 (1706.09254).
    """
    files = sources.local(sources.E2E)
    dataset = read(files, {"mr": "mr", "ref": "text"}) if files else sources.hub(sources.E2E)
    return Stored(
        "e2e",
        "word",
        dataset,
        min_count=min_count,
        metadata={
            "splits": "official: trainset, devset, testset; no meaning representation is in two of them",
            "source": "E2E NLG Challenge, Novikova et al. 2017",
            "licence": "CC BY-SA 4.0",
        },
    )
