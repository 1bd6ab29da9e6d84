"""The teacher's page: what each exercise is worth, how long it takes, what it needs, and how to grade."""

from collections.abc import Iterable, Mapping

from textdiff_lite.course.building.rules import minutes, title
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
echo 'c.Execute.timeout = 300' >> nbgrader_config.py   # of one cell, in seconds; training takes longer than the 30 of nbgrader
nbgrader generate_assignment $name                     # release/$name is what lessons/$name.ipynb is
nbgrader autograde $name                               # after the answers lie in submitted/STUDENT/$name/$name.ipynb
```

nbgrader's other settings may stay as they are; `textdiff_lite[course]` must be installed where it runs. A check that is
not passed raises an error while nbgrader runs, and at no other time. Points are all or nothing. There are no hidden
tests: what a learner reads in the check is what counts. Learners may hand in the copies they worked on in `workspace/`.

## The checks themselves

`textdiff course mistakes` gives every named mistake and every other right answer of the catalogue to its check. Each
mistake must be refused and named, each right answer accepted; the exit code is 1 if one is not. With `--json` it prints
the figures as JSON. `textdiff course progress` prints what has been solved in the folder where it is called.
"""


def teacher(sources: Iterable[Source], exercises: Mapping[str, Exercise]) -> str:
    """The page, of lessons that keep the rules."""
    parts, total = [OPENING], [0, 0, 0, 0]
    sources = list(sources)
    for source in sources:
        asked = [exercises[cell.exercise] for cell in source.cells if cell.exercise]
        sums = [sum(e.difficulty for e in asked), sum(e.minutes for e in asked), sum(len(e.mistakes) for e in asked)]
        lesson = minutes(source) or 0
        total = [a + b for a, b in zip(total, [len(asked), lesson, sums[0], sums[2]], strict=True)]
        rows = [
            f"| `{e.key}` | {e.difficulty} | {e.minutes} | {'★' * e.difficulty} | {e.idea} | {_needs(e)} | {len(e.mistakes)} |"
            for e in asked
        ]
        parts.append(
            "\n".join(
                [
                    f"## {title(source)}",
                    "",
                    f"{lesson} minutes. [The lesson](../lessons/{source.name}.ipynb), [solved]({source.name}.ipynb).",
                    "",
                    "| exercise | points | minutes | difficulty | idea | needs | named mistakes |",
                    "|---|---|---|---|---|---|---|",
                    *rows,
                    f"| all {len(asked)} | {sums[0]} | {sums[1]} | | | | {sums[2]} |",
                    "",
                ]
            )
        )
    count, lesson, points, mistakes = total
    parts.append(
        f"## All lessons\n\n{len(sources)} lessons, {lesson} minutes, {count} exercises, {points} points, "
        f"{mistakes} named mistakes.\n"
    )
    parts.append(GRADING.replace("{first}", sources[0].name if sources else "NAME"))
    return "\n".join(parts)


def _needs(exercise: Exercise) -> str:
    return ", ".join(f"`{key}`" for key in exercise.needs)
