"""`textdiff course build | mistakes | progress`."""

import json
import sys
from collections.abc import Callable
from contextlib import chdir
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from textdiff_lite.course.building.build import Plan

MISSING = 1  # exit code: a mistake is not refused or not named, or a right answer is not accepted

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The course: build its notebooks, try its checks, show the progress.",
)


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help="lessons, as 00_before_diffusion; default all")] = None,
    everything: Annotated[bool, typer.Option("--all", help="also those whose source has not changed")] = False,
    execute: Annotated[bool, typer.Option(help="execute the notebooks and store what they print and draw")] = True,
) -> None:
    """Make the notebooks of lessons whose source has changed, the teacher's page and the notation.

    Call it in the root of the repository. The exit code is 2 if a source is against the rules or a cell fails.
    """
    try:
        from textdiff_lite.course.building.build import build as make
        from textdiff_lite.course.building.build import build_pages
        from textdiff_lite.course.building.course import ours
        from textdiff_lite.course.building.source import SourceError
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing: install the course's packages, textdiff_lite[course]") from error

    course = ours(Path.cwd())
    made = 0
    for built in make(course, names or (), everything, execute, _bar):
        made += 1
        print(f"{built.path.as_posix():<44} {built.seconds:6.1f} s", flush=True)
    try:
        for path in build_pages(course):
            made += 1
            print(path.as_posix())
    except SourceError as error:
        if not names:
            raise
        print(
            f"the teacher's page and the notation are not made, for other lessons need mending:\n{error}",
            file=sys.stderr,
        )
    if not made:
        print("everything is up to date")


@app.command()
def mistakes(
    folders: Annotated[list[str] | None, typer.Argument(help="folders of the catalogue; default all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON value and nothing else")] = False,
) -> None:
    """Give every named mistake and every right answer to its check.

    The exit code is 1 if a mistake is not refused or not named rightly, or if a right answer is refused.
    """
    from textdiff_lite.course import catalogue
    from textdiff_lite.course.audit import audit

    unknown = sorted(set(folders or ()) - set(catalogue.FOLDERS))
    if unknown:
        raise ValueError(f"no folder {', '.join(unknown)}; there are {', '.join(catalogue.FOLDERS)}")
    done = audit([exercise for folder in folders or catalogue.FOLDERS for exercise in catalogue.of_lesson(folder)])
    if as_json:
        print(json.dumps(asdict(done), ensure_ascii=False))
    else:
        print("\n".join(done.failures), end="\n" if done.failures else "")
        print(
            f"{done.exercises} exercises\n"
            f"{done.mistakes} named mistakes: {done.refused} refused, {done.named} named\n"
            f"{done.equivalents} right answers: {done.accepted} accepted"
        )
    if done.failures:
        raise typer.Exit(MISSING)


@app.command()
def progress() -> None:
    """Print what has been solved: in this folder, or in its workspace if that is where the lessons are."""
    from textdiff_lite.course import exercises
    from textdiff_lite.course.memory import MARKER
    from textdiff_lite.course.workspace import WORKSPACE

    above = not Path(MARKER).exists() and (WORKSPACE / MARKER).exists()
    with chdir(WORKSPACE if above else "."):
        exercises.progress()


def _bar(plan: "Plan") -> Callable[[], object]:
    from tqdm import tqdm

    cells = sum(cell.cell_type == "code" for cell in plan.notebook.cells)
    bar = tqdm(total=cells, desc=f"{plan.path.parent.name}/{plan.path.stem}", unit="cell", leave=False, disable=None)

    def tick() -> None:
        bar.update()
        if bar.n >= cells:
            bar.close()

    return tick
