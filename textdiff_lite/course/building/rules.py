"""What the source of a lesson must keep, so that its notebooks run, grade themselves and say what is true."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator

from textdiff_lite.course.building.identity import slug
from textdiff_lite.course.building.regions import has_region, without_solutions
from textdiff_lite.course.building.source import TAGS, Cell, Source, refuse
from textdiff_lite.course.exercise import Exercise

HEADING = re.compile(r"### Exercise: (?P<title>.+) \((?P<minutes>\d+) minutes?, (?P<stars>★+)\)")
MINUTES = re.compile(r"(\d+)\s+minutes")
MAGIC = re.compile(r"\s*(?:#\s*)?(?:%{1,2}[a-zA-Z]\w*|![a-zA-Z]|\?\w|\w+\?\??\s*$)")

Problems = Iterator[tuple[Cell, str]]
Find = Callable[[str], Exercise]
"""The exercise of a key; raises ValueError for an unknown one."""


def check(source: Source, find: Find) -> None:
    """Raise SourceError with every place where the source is against the rules."""
    problems = [*_opening(source), *_tags(source), *_code(source), *_keys(source, find)]
    if not problems:  # the rest reads what these have made sure of
        problems = [*_exercise_cells(source), *_check_cells(source), *_headings(source, find)]
        problems += _time(source, find)
    refuse(source, problems)


def title(source: Source) -> str:
    """«01a · Destroy and restore»: the first line of the lesson."""
    return source.cells[0].text.split("\n")[0].removeprefix("# ")


def minutes(source: Source) -> int | None:
    """How long the lesson says that it takes: the first «75 minutes» before any code."""
    for cell in source.cells:
        if cell.code:
            break
        if found := MINUTES.search(cell.text):
            return int(found[1])
    return None


def _opening(source: Source) -> Problems:
    first = source.cells[0]
    if first.code or not title(source).startswith(f"{source.number} · "):
        yield first, f"a lesson begins with its heading, «# {source.number} · …»"


def _tags(source: Source) -> Problems:
    for cell in source.cells:
        kind = "code" if cell.code else "markdown"
        for tag in cell.tags:
            if tag not in TAGS:
                yield cell, f"the tag {tag!r} is unknown; there are {', '.join(TAGS)}"
            elif TAGS[tag] != kind:
                yield cell, f"the tag {tag!r} is for {TAGS[tag]} cells, and this is a {kind} cell"
        if cell.key and (cell.tags or not cell.code):
            yield cell, "the cell of an exercise or of its check is a code cell without tags"
        if not cell.text.strip():
            yield cell, "the cell is empty"


def _code(source: Source) -> Problems:
    for cell in source.cells:
        if has_region(cell.text) and not cell.exercise:
            yield cell, "a solution stands in a cell that is no exercise: its head must say exercise=…"
        if cell.code:
            try:
                ast.parse(cell.text)
            except SyntaxError as error:
                at = (error.text or "").strip()
                magic = "a magic; a lesson is plain Python" if MAGIC.match(at) else f"no Python ({error.msg})"
                yield cell, f"«{at}» is {magic}"
            else:
                yield from ((cell, f"«{line.strip()}» becomes a magic in a notebook") for line in _hidden(cell.text))


def _hidden(text: str) -> Iterator[str]:
    """Comments that jupytext would turn into magics when a person pairs the source with a notebook."""
    return (line for line in text.splitlines() if re.match(r"\s*#\s*%{1,2}[a-zA-Z]\w*(\s|$)", line))


def _keys(source: Source, find: Find) -> Problems:
    asked = [cell.exercise for cell in source.cells if cell.exercise]
    checked = [cell.check for cell in source.cells if cell.check]
    slugs = Counter(slug(key) for key in set(asked))
    for place, cell in enumerate(source.cells):
        before = source.cells[:place]
        if cell.key:
            try:
                find(cell.key)
            except ValueError as error:
                yield cell, str(error)
        if cell.exercise and any(other.exercise == cell.exercise for other in before):
            yield cell, f"a second exercise with the key {cell.exercise!r}"
        if cell.check and any(other.check == cell.check for other in before):
            yield cell, f"a second check of {cell.check!r}"
        if cell.check and not any(other.exercise == cell.check for other in before):
            yield cell, f"a check of {cell.check!r}, and no cell before it asks that exercise"
        if cell.exercise and cell.exercise not in checked:
            yield cell, f"the exercise {cell.exercise!r} has no check"
        if cell.exercise and slugs[slug(cell.exercise)] > 1:
            yield cell, f"another exercise has the id {slug(cell.exercise)!r} too"


def _exercise_cells(source: Source) -> Problems:
    for cell in source.cells:
        if not cell.exercise:
            continue
        name = cell.exercise.split(".")[-1]
        whole = _function(cell.text, name)
        if whole is None:
            yield cell, f"the cell of an exercise holds the function {name} and nothing else"
            continue
        if not has_region(cell.text):
            yield cell, "the exercise has no «### BEGIN SOLUTION» and «### END SOLUTION»"
            continue
        try:
            stub = _function(without_solutions(cell.text), name)
        except (ValueError, SyntaxError) as error:
            yield cell, f"the solution cannot be taken out: {error}"
            continue
        if ast.get_docstring(whole) is None:
            yield cell, "the exercise has no docstring"
        if stub is None or _face(stub) != _face(whole):
            yield cell, "name, arguments and docstring must stand outside of the solution"


def _function(text: str, name: str) -> ast.FunctionDef | None:
    body = ast.parse(text).body
    alone = len(body) == 1 and isinstance(body[0], ast.FunctionDef) and body[0].name == name
    return body[0] if alone else None  # type: ignore[return-value]


def _face(function: ast.FunctionDef) -> tuple[str, str | None]:
    return ast.dump(function.args), ast.get_docstring(function)


def check_text(key: str) -> str:
    """The two lines of the check of an exercise."""
    name = key.split(".")[-1]
    return f'{name} = exercises.check("{key}", {name})\nexercises.assert_passed("{key}")'


def _check_cells(source: Source) -> Problems:
    for cell in source.cells:
        if cell.check and cell.text != check_text(cell.check):
            yield cell, f"a check holds these two lines:\n{check_text(cell.check)}"


def _headings(source: Source, find: Find) -> Problems:
    """Each exercise has a heading of its own, which says what the catalogue says."""
    waiting: tuple[Cell, re.Match[str]] | None = None
    for cell in source.cells:
        lines = [] if cell.code else [line for line in cell.text.split("\n") if line.startswith("### Exercise")]
        for line in lines:
            found = HEADING.fullmatch(line)
            if found is None:
                yield cell, f"«{line}» should read «### Exercise: q_sample (8 minutes, ★)»"
            elif waiting is not None:
                yield waiting[0], f"«{waiting[1][0]}» has no exercise"
            waiting = (cell, found) if found else waiting
        if cell.exercise:
            if waiting is None:
                yield cell, "no heading «### Exercise: …» stands before this exercise"
            else:
                told = find(cell.exercise)
                right = f"({told.minutes} minutes, {'★' * told.difficulty})"
                if (int(waiting[1]["minutes"]), len(waiting[1]["stars"])) != (told.minutes, told.difficulty):
                    yield waiting[0], f"«{waiting[1][0]}», and the catalogue says {right}"
            waiting = None
    if waiting is not None:
        yield waiting[0], f"«{waiting[1][0]}» has no exercise"


def _time(source: Source, find: Find) -> Problems:
    needed = sum(find(cell.exercise).minutes for cell in source.cells if cell.exercise)
    said = minutes(source)
    if said is None:
        yield source.cells[0], "the lesson does not say its minutes («75 minutes») before the first code"
    elif said < needed:
        yield source.cells[0], f"the lesson says {said} minutes, and its exercises alone take {needed}"
