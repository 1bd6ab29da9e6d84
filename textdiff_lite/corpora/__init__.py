"""Where sentences come from: `load_corpus` opens the generated corpora, the published ones and the user's own."""

from pathlib import Path

from textdiff_lite.corpora.corpus import Corpus, CorpusInfo

__all__ = ["NAMES", "Corpus", "CorpusInfo", "load_corpus"]

NAMES = ("bistro", "mini-bistro", "e2e", "tinyshakespeare")

# the options that have an effect; any other one is refused
_OPTIONS = {
    "bistro": (),
    "mini-bistro": (),
    "e2e": ("min_count",),
    "tinyshakespeare": ("window",),
    "a file": ("text_column", "unit", "min_count", "max_length"),
}


def load_corpus(
    name: str | Path,
    *,
    text_column: str | None = None,
    unit: str | None = None,
    min_count: int | None = None,
    max_length: int | None = None,
    window: int | None = None,
) -> Corpus:
    """A corpus by its name (one of `NAMES`) or by the path of a .txt, .csv or .jsonl file.

    A directory with the files train, validation and test is a corpus too. An option that is None has the corpus's own
    default.

    text_column: the column of a .csv or .jsonl file that holds the sentences ("text").
    unit: of a file, "word" (the default) or "character".
    min_count: of a file or "e2e": a token seen less often in training is [UNK] (2).
    max_length: of a file: the canvas at most; sentences that need more are left out and counted (no limit).
    window: of "tinyshakespeare": the characters of a row (256).

    Raises ValueError for an unknown name, for an option that the corpus does not take, and for missing or malformed
    files.
    """
    given = {
        "text_column": text_column,
        "unit": unit,
        "min_count": min_count,
        "max_length": max_length,
        "window": window,
    }
    options = {key: value for key, value in given.items() if value is not None}
    path = Path(name)
    kind = str(name) if name in NAMES else "a file"
    if kind == "a file" and not path.exists() and not _named_like_a_file(path):
        raise ValueError(
            f"no corpus {str(name)!r}: the names are {', '.join(NAMES)}; a file is given by its path, which ends in "
            f".txt, .csv or .jsonl, and a directory must exist and hold train, validation and test files"
        )
    for option in options:
        if option not in _OPTIONS[kind]:
            allowed = ", ".join(_OPTIONS[kind]) or "no option"
            raise ValueError(f"{option} has no effect on {kind}, which takes {allowed}")
    if kind == "bistro":
        from textdiff_lite.corpora.bistro import Bistro

        return Bistro()
    if kind == "mini-bistro":
        from textdiff_lite.corpora.mini_bistro import MiniBistro

        return MiniBistro()
    if kind == "e2e":
        from textdiff_lite.corpora import e2e

        return e2e.load(**options)
    if kind == "tinyshakespeare":
        from textdiff_lite.corpora.shakespeare import Shakespeare

        return Shakespeare(**options)
    from textdiff_lite.corpora import files

    return files.load(path, **options)


def _named_like_a_file(path: Path) -> bool:
    from textdiff_lite.corpora.reading import suffix

    return suffix(path) is not None
