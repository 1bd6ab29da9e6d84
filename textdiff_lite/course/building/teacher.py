"""The teacher's page: what each exercise is worth, how long it takes, what it needs, and how to grade."""

from collections.abc import Iterable

from textdiff_lite.course.building.rules import Find, minutes, title
from textdiff_lite.course.building.source import Source
from textdiff_lite.course.exercise import Exercise

OPENING = """\
# For teachers

Made from the lessons and the catalogue of exercises by `textdiff course build`.

An exercise has as many points as stars. Its minutes are ours for reading, thinking and writing; those of a lesson hold
the rest of its text besides. «Needs» names the exercises whose idea it builds on. A named mistake is a wrong answer
that the check refuses and calls by its name.
"""

GRADING = """\
## Grading with nbgrader

The notebooks carry nbgrader's metadata: an exercise is a solution cell, its check is a locked test with points.
nbgrader wants a folder for each assignment, so copy the teacher's notebooks into its source:

```sh
pip install 'nbgrader>=0.9.5'
nbgrader quickstart course && cd course && rm -r source/ps1
name={first}
mkdir source/$name && cp ../solutions/$name.ipynb source/$name/
echo 'c.Execute.timeout = 300' >> nbgrader_config.py   # seconds of one cell; nbgrader's 30 are too few for training
nbgrader generate_assignment $name                     # release/$name/$name.ipynb holds what lessons/$name.ipynb holds
nbgrader autograde $name                               # of the answers in submitted/STUDENT/$name/$name.ipynb
```

nbgrader's other settings may stay as they are; `textdiff_lite[course]` must be installed where it runs. A check that is
not passed raises an error while nbgrader runs, and at no other time. Points are all or nothing. There are no hidden
tests: what a learner reads in the check is what counts. Learners may hand in the copies they worked on in `workspace/`.

## The checks themselves

`textdiff course mistakes` gives every named mistake and every other right answer of the catalogue to its check. Each
mistake must be refused and named, each right answer accepted; the exit code is 1 if one is not. With `--json` it prints
the figures as JSON. `textdiff course progress` prints what has been solved in the folder where it is called.
"""


def teacher(sources: Iterable[Source], find: Find) -> str:
    """The page, of lessons that keep the rules."""
    sources = list(sources)
    asked = [[find(cell.exercise) for cell in source.cells if cell.exercise] for source in sources]
    lessons = [_lesson(source, exercises) for source, exercises in zip(sources, asked, strict=True)]
    points, _, mistakes = _sums(exercise for exercises in asked for exercise in exercises)
    time, count = sum(minutes(source) or 0 for source in sources), sum(map(len, asked))
    total = (
        f"## All lessons\n\n{len(sources)} lessons, {time} minutes, {count} exercises, {points} points, "
        f"{mistakes} named mistakes.\n"
    )
    return "\n".join([OPENING, *lessons, total, GRADING.replace("{first}", sources[0].name if sources else "NAME")])


def _lesson(source: Source, exercises: list[Exercise]) -> str:
    points, time, mistakes = _sums(exercises)
    return "\n".join(
        [
            f"## {title(source)}",
            "",
            f"{minutes(source)} minutes. [The lesson](../lessons/{source.name}.ipynb), [solved]({source.name}.ipynb).",
            "",
            "| exercise | points | minutes | difficulty | idea | needs | named mistakes |",
            "|---|---|---|---|---|---|---|",
            *map(_row, exercises),
            f"| all {len(exercises)} | {points} | {time} | | | | {mistakes} |",
            "",
        ]
    )


def _row(exercise: Exercise) -> str:
    needs = ", ".join(f"`{key}`" for key in exercise.needs)
    return (
        f"| `{exercise.key}` | {exercise.difficulty} | {exercise.minutes} | {'★' * exercise.difficulty} "
        f"| {exercise.idea} | {needs} | {len(exercise.mistakes)} |"
    )


def _sums(exercises: Iterable[Exercise]) -> tuple[int, int, int]:
    """Points, minutes and named mistakes of exercises."""
    rows = [(e.difficulty, e.minutes, len(e.mistakes)) for e in exercises]
    points, time, mistakes = map(sum, zip(*rows, strict=True)) if rows else (0, 0, 0)
    return points, time, mistakes
