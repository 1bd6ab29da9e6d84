"""Where the files of a named corpus are: under the directory that TEXTDIFF_DATA names, else on the hub."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textdiff_lite.corpora.reading import quiet

if TYPE_CHECKING:
    import datasets

VARIABLE = "TEXTDIFF_DATA"


@dataclass(frozen=True)
class Source:
    """The two places of a corpus.

    name: the corpus, and its folder under TEXTDIFF_DATA.
    files: split -> file in that folder; the file may also be there with .gz at the end.
    repository, revision: on the hub.
    columns: name on the hub -> our name.
    splits: of the hub that are needed.
    """

    name: str
    files: Mapping[str, str]
    repository: str
    revision: str
    columns: Mapping[str, str]
    splits: tuple[str, ...] = ("train", "validation", "test")


# both repositories hold loading scripts, which `datasets` no longer runs; the hub's own conversion has the same columns
E2E = Source(
    name="e2e",
    files={"train": "trainset.csv", "validation": "devset.csv", "test": "testset_w_refs.csv"},
    repository="tuetschek/e2e_nlg",
    revision="refs/convert/parquet",
    columns={"meaning_representation": "mr", "human_reference": "text"},
)
TINYSHAKESPEARE = Source(
    name="tinyshakespeare",
    files={"all": "input.txt"},
    repository="karpathy/tiny_shakespeare",
    revision="refs/convert/parquet",
    columns={"text": "text"},
)


def local(source: Source) -> dict[str, Path] | None:
    """Split -> file under TEXTDIFF_DATA; None if the variable is unset or its directory has no such folder.

    Raises ValueError if the variable names no directory, and if the folder is there and a file is not.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    if not Path(named).is_dir():
        raise ValueError(f"{VARIABLE} must name a directory, got {named!r}")
    folder = Path(named) / source.name
    if not folder.is_dir():
        return None
    found = {}
    for split, name in source.files.items():
        choices = [folder / name, folder / f"{name}.gz"]
        path = next((choice for choice in choices if choice.is_file()), None)
        if path is None:
            raise ValueError(f"{folder} must hold {name} or {name}.gz, it holds {sorted(os.listdir(folder))}")
        found[split] = path
    return found


def hub(source: Source) -> "datasets.DatasetDict":
    """All splits from the hub, with our column names.

    Raises ValueError, naming TEXTDIFF_DATA, if the hub cannot be read or holds other splits or columns.
    """
    import datasets

    advice = f"Set {VARIABLE} to a directory with " + ", ".join(f"{source.name}/{f}" for f in source.files.values())
    try:
        with quiet():
            found = datasets.load_dataset(source.repository, revision=source.revision)
    except Exception as error:  # the hub's client has many errors and no common class
        raise ValueError(
            f"corpus {source.name!r} is not under {VARIABLE} ({os.environ.get(VARIABLE) or 'unset'}), and "
            f"{source.repository!r} on the hub cannot be read ({type(error).__name__}: {error}). {advice}."
        ) from error
    parts = {}
    for split in source.splits:
        have = found[split].column_names if split in found else None
        if have is None or not set(source.columns) <= set(have):
            raise ValueError(
                f"{source.repository!r} on the hub must have split {split!r} with the columns {list(source.columns)}, "
                f"it has {found.column_names}. {advice}."
            )
        renamed = {theirs: ours for theirs, ours in source.columns.items() if theirs != ours}
        parts[split] = found[split].select_columns(list(source.columns)).rename_columns(renamed)
    return datasets.DatasetDict(parts)
