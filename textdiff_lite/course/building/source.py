"""Reading the source of a lesson: a Python file in cells, with what stands in the head of each."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import jupytext

NUMBER = re.compile(r"(\d\d[a-z]?)_")
"""How the name of a lesson begins: two digits, and a letter where a lesson is in parts."""
TAGS = {"notation": "markdown", "picture": "code", "training": "code"}
"""The tags there are, and the kind of cell they stand on."""
KEYS = ("exercise", "check", "tags")
# «# copy the tensor» stays a comment: by default jupytext takes some such lines for magics
FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}


class SourceError(ValueError):
    """A source that is against the rules: one line for each place."""


@dataclass(frozen=True)
class Cell:
    """A cell of a source. line: of its head, in the file, from 1. tags: as written. exercise, check: a key or «»."""

    code: bool
    text: str
    line: int
    tags: tuple[str, ...] = ()
    exercise: str = ""
    check: str = ""

    @property
    def key(self) -> str:
        """The key of the exercise that the cell asks or checks, or «»."""
        return self.exercise or self.check


@dataclass(frozen=True)
class Source:
    """A lesson. name: of its file, without the ending. text: the whole file."""

    name: str
    text: str
    cells: tuple[Cell, ...]

    @property
    def number(self) -> str:
        """«01a» of «01a_destroy_and_restore»."""
        return self.name.split("_")[0]

    def at(self, cell: Cell, says: str) -> str:
        """A sentence about a cell, with its place."""
        return f"solutions/{self.name}.py:{cell.line}: {says}"


Rule = Callable[[Source], Iterable[tuple[Cell, str]]]
"""What a source must keep: yields the cell and the sentence of every place where it does not."""


def refuse(source: Source, problems: Iterable[tuple[Cell, str]]) -> None:
    """Raise SourceError with every problem and its place, if there is one."""
    lines = [source.at(cell, says) for cell, says in sorted(problems, key=lambda problem: problem[0].line)]
    if lines:
        raise SourceError("\n".join(lines))


def read(path: Path) -> Source:
    """The cells of a file.

    Raises SourceError if there is text before the first cell, or a head that says what no head may say.
    """
    text = path.read_text(encoding="utf-8")
    if not text.startswith("# %%"):
        raise SourceError(f"solutions/{path.name}:1: a lesson begins with the head of a cell, «# %% [markdown]»")
    parsed = jupytext.reads(text, fmt=FORMAT).cells
    heads = [place for place, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
    lines = heads if len(heads) == len(parsed) else [1] * len(parsed)
    cells, problems = [], []
    for found, line in zip(parsed, lines, strict=True):
        head = {key: value for key, value in found.metadata.items() if key != "lines_to_next_cell"}
        keys = {key: str(head.get(key, "")) for key in ("exercise", "check")}
        tags = head.get("tags", [])
        if not isinstance(tags, list):
            raise SourceError(f'solutions/{path.name}:{line}: tags must be a list such as ["picture"], got {tags!r}')
        cell = Cell(found.cell_type == "code", found.source, line, tuple(tags), **keys)
        cells.append(cell)
        if found.cell_type not in ("code", "markdown"):
            problems.append((cell, f"a {found.cell_type} cell; there are markdown cells and code cells"))
        problems += [(cell, f"the head says {key!r}; it may say {', '.join(KEYS)}") for key in head if key not in KEYS]
    source = Source(path.stem, text, tuple(cells))
    refuse(source, problems)
    return source
