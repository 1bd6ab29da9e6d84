"""The notation of the course in one table, from the notation cards of the lessons."""

import re
from collections.abc import Iterable, Iterator

from textdiff_lite.course.building.rules import title
from textdiff_lite.course.building.source import Cell, Source, refuse

HEAD = ("symbol", "in code", "meaning")
BAR = re.compile(r"(?<!\\)\|")
SYMBOL = re.compile(r"\$[^$]+\$")


def notation(sources: Iterable[Source]) -> str:
    """The page: every symbol once, in the order in which the course introduces it, with all its names in code.

    Raises SourceError if a card is no table of symbol, code and meaning, or gives a symbol another meaning than an
    earlier row.
    """
    meanings: dict[str, tuple[str, Source]] = {}
    rows: dict[tuple[str, str], tuple[list[str], Source]] = {}
    for source in sources:
        problems = []
        for cell in (cell for cell in source.cells if "notation" in cell.tags):
            table = list(_rows(cell))
            if not table or table[0] != HEAD or len(table) < 2 or any(len(row) != len(HEAD) for row in table):
                problems.append((cell, f"a notation card is one table with the columns {', '.join(HEAD)}"))
                continue
            for symbols, code, meaning in table[1:]:
                for symbol in SYMBOL.findall(symbols) or [symbols]:
                    before, first = meanings.setdefault(symbol, (meaning, source))
                    if before != meaning:
                        problems.append((cell, f"{symbol} is «{meaning}», and in {first.name} it is «{before}»"))
                names, _ = rows.setdefault((symbols, meaning), ([], source))
                names += [code] if code and code not in names else []
        refuse(source, problems)
    lines = [
        "# Notation",
        "",
        "Made from the notation cards of the lessons by `textdiff course build`.",
        "",
        "| symbol | in code | meaning | introduced in |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {symbols} | {', '.join(names)} | {meaning} | {_link(source)} |"
        for (symbols, meaning), (names, source) in rows.items()
    ]
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
