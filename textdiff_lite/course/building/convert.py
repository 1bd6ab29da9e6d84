"""From a source to its two notebooks, not yet executed: cells, ids, tags, and what nbgrader reads."""

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from textdiff_lite.course.building.identity import identities
from textdiff_lite.course.building.regions import without_solutions
from textdiff_lite.course.building.rules import Find
from textdiff_lite.course.building.source import Cell, Source

VARIES = ("picture", "training")  # what a cell of these shows is not compared
IGNORE = "nbval-ignore-output"
SCHEMA = 3  # of nbgrader's metadata
OURS = "textdiff_lite"  # our place in the metadata of a notebook


def teachers(source: Source, find: Find, digest: str) -> NotebookNode:
    """The notebook with the solutions, from a source that keeps the rules."""
    return _notebook([_cell(cell, find) for cell in source.cells], identities(source.cells), digest)


def learners(source: Source, find: Find, digest: str) -> NotebookNode:
    """The notebook without solutions, and with cells locked as nbgrader locks them when it releases one."""
    cells = [_cell(cell, find) for cell in source.cells]
    for cell in cells:
        graded = cell.metadata.get("nbgrader")
        if graded is None:
            continue
        cell.metadata["deletable"] = False
        if graded["grade"]:
            cell.metadata["editable"] = False
        else:
            cell.source = without_solutions(cell.source)
    return _notebook(cells, identities(source.cells), digest)


def _cell(cell: Cell, find: Find) -> NotebookNode:
    metadata: dict[str, Any] = {}
    if cell.tags:
        varies = cell.code and any(tag in VARIES for tag in cell.tags)
        metadata["tags"] = [*cell.tags, *([IGNORE] if varies else [])]
    if cell.key:
        metadata["nbgrader"] = _graded(cell, find(cell.key).difficulty)
    new = new_code_cell if cell.code else new_markdown_cell
    return new(cell.text, metadata=metadata)


def _graded(cell: Cell, points: int) -> dict[str, Any]:
    (name,) = identities([cell])
    kind = {"cell_type": "code", "grade_id": name, "schema_version": SCHEMA, "task": False}
    if cell.exercise:
        return kind | {"grade": False, "solution": True, "locked": False}
    return kind | {"grade": True, "solution": False, "locked": True, "points": points}


def _notebook(cells: list[NotebookNode], names: list[str], digest: str) -> NotebookNode:
    for cell, name in zip(cells, names, strict=True):
        cell["id"] = name
    metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        OURS: {"digest": digest},
    }
    return new_notebook(cells=cells, metadata=metadata)
