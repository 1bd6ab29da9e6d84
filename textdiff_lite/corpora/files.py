"""The user's own sentences: a .txt, .csv or .jsonl file, or a directory with one file a split."""

import hashlib
from pathlib import Path

from textdiff_lite.corpora.reading import SUFFIXES, read, suffix
from textdiff_lite.corpora.stored import Stored

SPLITS = ("train", "validation", "test")


def load(
    path: Path,
    *,
    text_column: str = "text",
    unit: str = "word",
    min_count: int = 2,
    max_length: int | None = None,
) -> Stored:
    """Sentences of a file, split by us, or of a directory's files train, validation and test (the last two optional).

    A single file is split by a hash of the text: 90 % train, 5 % validation, 5 % test. Equal texts fall on the same
    side, a sentence keeps its side when others are added, and order and machine do not matter. In a file of few
    sentences "validation" or "test" may be missing.

    text_column: of a .csv or .jsonl file. unit: "word" or "character". min_count, max_length: see `Stored`.

    Raises ValueError for a path that does not exist, a directory without files for the splits or with two for one, and
    for every defect of a file (see `reading.read`).
    """
    columns = {text_column: "text"}
    if path.is_dir():
        files = _splits(path)
        dataset = read(files, columns)
        how = "the files " + ", ".join(f"{split}{suffix(file)}" for split, file in files.items())
    else:
        import datasets

        whole = read({"train": path}, columns)["train"]
        sides = [side(text) for text in whole[:]["text"]]
        dataset = datasets.DatasetDict(
            {
                split: whole.select([i for i, found in enumerate(sides) if found == split])
                for split in SPLITS
                if split in sides
            }
        )
        how = "by a hash of the text: 90 % train, 5 % validation, 5 % test, equal texts on one side"
    if "train" not in dataset:
        raise ValueError(f"{path}: too few sentences ({sum(dataset.num_rows.values())}), none of them falls to 'train'")
    return Stored(
        # with its ending, or a slash: no file of the user's is taken for one of our corpora
        path.resolve().name + ("/" if path.is_dir() else ""),
        unit,
        dataset,
        min_count=min_count,
        max_length=max_length,
        metadata={"splits": how, "source": path.resolve().name, "licence": "the user's"},
    )


def side(text: str) -> str:
    """The split of a text in a single file: of 20 equal parts of all hashes, one is validation and one is test."""
    part = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % 20
    return {0: "validation", 1: "test"}.get(part, "train")


def _splits(directory: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for split in SPLITS:
        files = [directory / f"{split}{kind}" for kind in SUFFIXES if (directory / f"{split}{kind}").is_file()]
        if len(files) > 1:
            raise ValueError(f"{directory}: one file for split {split!r} is needed, found {[f.name for f in files]}")
        if files:
            found[split] = files[0]
    if "train" not in found:
        raise ValueError(
            f"{directory}: a directory must hold train (and validation and test) with one of {list(SUFFIXES)}, "
            f"it holds {sorted(file.name for file in directory.iterdir())[:10]}"
        )
    return found
