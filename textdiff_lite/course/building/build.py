"""Building the course: which notebooks are out of date, and making those anew."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from textdiff_lite.atomic import write_whole
from textdiff_lite.course.building import convert, execute, rules, store
from textdiff_lite.course.building.course import Course
from textdiff_lite.course.building.notation import notation
from textdiff_lite.course.building.source import Source, SourceError
from textdiff_lite.course.building.teacher import teacher


@dataclass(frozen=True)
class Built:
    """A notebook that was made. path: from the root. seconds: of its execution; 0 where it was not executed."""

    path: Path
    seconds: float


@dataclass(frozen=True)
class Plan:
    """A notebook to be: where, what, and whether its predictions are revealed."""

    path: Path
    notebook: NotebookNode
    reveal: bool


def plans(course: Course, source: Source) -> list[Plan]:
    """Both notebooks of a lesson, not yet executed. Raises SourceError if the source is against the rules."""
    rules.check(source, course.find)
    digest = course.digest(source)
    file = f"{source.name}.ipynb"
    return [
        Plan(course.solutions / file, convert.teachers(source, course.find, digest), reveal=True),
        Plan(course.lessons / file, convert.learners(source, course.find, digest), reveal=False),
    ]


def build(
    course: Course,
    names: Iterable[str] = (),
    everything: bool = False,
    run: bool = True,
    begin: Callable[[Plan], Callable[[], object]] = lambda plan: lambda: None,
) -> Iterator[Built]:
    """Make the notebooks of these lessons (of all if none is named) that are out of date; yield each.

    everything: make the others too. run: execute them; a notebook made without is out of date for the next build.
    begin: called with what is about to be executed; returns what is called after each of its cells.
    Raises SourceError before anything is made if a source is against the rules, and when a cell must not be stored.
    """
    sources = [course.source(name) for name in names or course.names()]
    for source, made in [(source, plans(course, source)) for source in sources]:
        for plan in made:
            if not everything and not store.drift(store.read(plan.path), plan.notebook):
                continue
            start = time.perf_counter()
            if run:
                plan.path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    execute.execute(plan.notebook, plan.path.parent, plan.reveal, begin(plan))
                except execute.BadCell as bad:
                    raise SourceError(_told(course, source, plan, bad)) from None
            else:
                del plan.notebook.metadata[convert.OURS]
            store.write(plan.path, plan.notebook)
            yield Built(plan.path.relative_to(course.root), time.perf_counter() - start if run else 0.0)


def pages(course: Course) -> dict[Path, str]:
    """The two pages that are made from all sources: path and text.

    Raises SourceError if a source is against the rules, or if one symbol has two meanings.
    """
    sources = [course.source(name) for name in course.names()]
    for source in sources:
        rules.check(source, course.find)
    return {
        course.solutions / "teacher.md": teacher(sources, course.find),
        course.lessons / "notation.md": notation(sources),
    }


def build_pages(course: Course) -> list[Path]:
    """Write the pages that are out of date; returns their paths from the root."""
    stale = [
        (path, text)
        for path, text in pages(course).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    return [path.relative_to(course.root) for path, _ in stale]


def _told(course: Course, source: Source, plan: Plan, bad: execute.BadCell) -> str:
    cell = source.cells[bad.place]
    place = plan.path.relative_to(course.root).as_posix()
    lines = "\n".join(f"    {line}" for line in plan.notebook.cells[bad.place].source.split("\n"))
    return f"{source.at(cell, f'cell {plan.notebook.cells[bad.place].id} of {place}:')}\n{lines}\n{bad.says}"
