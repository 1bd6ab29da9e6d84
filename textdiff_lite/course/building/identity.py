"""Names of cells that stay: the same from build to build, and when another cell changes."""

import hashlib
import re
from collections.abc import Iterable

from textdiff_lite.course.building.source import Cell


def identities(cells: Iterable[Cell]) -> list[str]:
    """An id for each cell, all different: letters, digits and dashes.

    An exercise and its check are named by the key; another cell by a digest of its text, and the second cell of one
    text by a number besides.
    """
    seen: dict[str, int] = {}
    names = []
    for cell in cells:
        name = _name(cell)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


def slug(key: str) -> str:
    """«gaussian-q-sample» of «gaussian.q_sample»."""
    return re.sub(r"[^a-zA-Z0-9]+", "-", key)


def _name(cell: Cell) -> str:
    if cell.key:
        return slug(cell.exercise) if cell.exercise else f"{slug(cell.check)}-check"
    kind = "code" if cell.code else "text"
    return f"{kind}-{hashlib.sha256(cell.text.encode()).hexdigest()[:12]}"
