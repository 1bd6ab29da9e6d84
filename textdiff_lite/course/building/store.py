"""Notebooks on disk: written whole or not at all, and compared with what their source would make."""

from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from textdiff_lite.atomic import write_whole
from textdiff_lite.course.building.convert import OURS


def read(path: Path) -> NotebookNode | None:
    """The notebook, or None if there is none that can be read."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


def write(path: Path, notebook: NotebookNode) -> None:
    """Store a notebook. Raises nbformat.ValidationError if it is none."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (nbformat.writes(notebook).rstrip("\n") + "\n").encode())


def drift(stored: NotebookNode | None, made: NotebookNode) -> list[str]:
    """Where a stored notebook differs from a made one in anything but outputs and counts; empty if nowhere."""
    if stored is None:
        return ["it is not there"]
    if [cell.id for cell in stored.cells] != [cell.id for cell in made.cells]:
        return ["its cells or their order differ"]
    found = [
        f"cell {new.id}: its {part} differs"
        for old, new in zip(stored.cells, made.cells, strict=True)
        for part in ("cell_type", "source", "metadata")
        if old[part] != new[part]
    ]
    rest = {**made.metadata, OURS: None} != {**stored.metadata, OURS: None}
    return found + ["its metadata differ"] * rest + ["its outputs are older"] * (_digest(stored) != _digest(made))


def _digest(notebook: NotebookNode) -> Any:
    return notebook.metadata.get(OURS, {}).get("digest")
