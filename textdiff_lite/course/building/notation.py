"""The notation of the course in one table, from the notation cards of the lessons."""

import re
from collections.abc import Iterable, Iterator

from textdiff_lite.course.building.rules import title
from textdiff_lite.course.building.source import Cell, Source, refuse

HEAD = ("symbol", "in code", "meaning")
BAR = re.compile(r"(?<!\\)\|")


def notation(sources: Iterable[Source]) -> str:
    """The page: every symbol once, in the order in which the course introduces it.

    Raises SourceError if a card is no table of symbol, code and meaning, or gives a symbol another meaning than an
    earlier one.
    """
    rows: dict[str, tuple[str, str, Source]] = {}
    for source in sources:
        problems = []
        for cell in (cell for cell in source.cells if "notation" in cell.tags):
            table = list(_rows(cell))
            if not table or table[0] != HEAD or len(table) < 2 or any(len(row) != len(HEAD) for row in table):
                problems.append((cell, f"a notation card is one table with the columns {', '.join(HEAD)}"))
                continue
            for symbol, code, meaning in table[1:]:
                first = rows.setdefault(symbol, (code, meaning, source))
                if first[:2] != (code, meaning):
                    says = f"{symbol} is «{code}», «{meaning}», and in {first[2].name} «{first[0]}», «{first[1]}»"
                    problems.append((cell, says))
        refuse(source, problems)
    lines = [
        "# Notation",
        "",
        "Made from the notation cards of the lessons by `textdiff course build`.",
        "",
        "| symbol | in code | meaning | introduced in |",
        "|---|---|---|---|",
    ]
    lines += [f"| {s} | {code} | {meaning} | {_link(source)} |" for s, (code, meaning, source) in rows.items()]
    return "\n".join(lines) + "\n"


def _rows(cell: Cell) -> Iterator[tuple[str, ...]]:
    """The rows of the table in a card, without the line under its head."""
    for line in cell.text.split("\n"):
        line = line.strip()
        if line.startswith("|"):
            parts = tuple(part.strip() for part in BAR.split(line.strip("|")))
            if not all(re.fullmatch(":?-+:?", part) for part in parts):
                yield parts


def _link(source: Source) -> str:
    return f"[{title(source)}]({source.name}.ipynb)"
