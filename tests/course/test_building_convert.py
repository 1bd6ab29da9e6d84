"""What becomes of a source: ids that stay, nbgrader's metadata, tags, and the text without solutions."""

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jupytext", reason="the course extra is not installed")
pytest.importorskip("nbformat", reason="the course extra is not installed")

import nbformat

from tests.course.tiny import NAME, SOURCE, changed, tiny
from textdiff_lite.course.building.build import plans
from textdiff_lite.course.building.regions import without_solutions


def both(root: Path, text: str = SOURCE) -> tuple[Any, Any]:
    """The teacher's and the learner's notebook of a source."""
    course = tiny(root, text)
    teacher, learner = plans(course, course.source(NAME))
    return teacher.notebook, learner.notebook


def cell(notebook: Any, name: str) -> Any:
    (found,) = (cell for cell in notebook.cells if cell.id == name)
    return found


def ids(notebook: Any) -> list[str]:
    return [cell.id for cell in notebook.cells]


def test_plans_are_the_teachers_notebook_revealed_and_the_learners_not(tmp_path: Path) -> None:
    course = tiny(tmp_path)
    teacher, learner = plans(course, course.source(NAME))
    assert (teacher.path, teacher.reveal) == (tmp_path / "solutions" / f"{NAME}.ipynb", True)
    assert (learner.path, learner.reveal) == (tmp_path / "lessons" / f"{NAME}.ipynb", False)


def test_both_are_valid_notebooks_with_the_same_cells_in_the_same_order(tmp_path: Path) -> None:
    teacher, learner = both(tmp_path)
    nbformat.validate(teacher)
    nbformat.validate(learner)
    assert ids(teacher) == ids(learner)
    assert [c.cell_type for c in teacher.cells] == [c.cell_type for c in learner.cells]
    assert teacher.metadata == learner.metadata
    assert learner.metadata["kernelspec"]["name"] == "python3"
    assert learner.metadata["language_info"] == {"name": "python"}


def test_the_learners_text_differs_in_the_regions_only(tmp_path: Path) -> None:
    teacher, learner = both(tmp_path)
    assert [a.id for a, b in zip(teacher.cells, learner.cells, strict=True) if a.source != b.source] == [
        "toy-scale",
        "toy-shift",
    ]
    assert cell(learner, "toy-scale").source == (
        "def scale(x, a):\n"
        '    """Return sqrt(a) x; a = 4 and x = 1 give 2."""\n'
        "    root = None\n"
        "    # YOUR CODE HERE\n"
        "    raise NotImplementedError()\n"
        "    return root * x"
    )
    assert "### BEGIN SOLUTION" in cell(teacher, "toy-scale").source


def test_ids_are_of_the_key_or_of_the_text_and_all_different(tmp_path: Path) -> None:
    teacher, _ = both(tmp_path)
    names = ids(teacher)
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9-]{1,64}", name) for name in names)
    assert {"toy-scale", "toy-scale-check", "toy-shift", "toy-shift-check"} < set(names)
    assert cell(teacher, "toy-shift-check").source.startswith("shift = exercises.check(")
    twice = [c.id for c in teacher.cells if c.source == 'print("the same")']
    assert twice[1] == f"{twice[0]}-2"


def test_ids_do_not_change_when_another_cell_does(tmp_path: Path) -> None:
    before, _ = both(tmp_path / "before")
    after, _ = both(
        tmp_path / "after",
        changed(
            ("You will be able to scale", "You will learn to scale"),
            ('# %%\nprint(f"{2 / 3:.4f}")\n\n', ""),
            ('# %% tags=["training"]', '# %% [markdown]\n# A new cell.\n\n# %% tags=["training"]'),
            ("    root = a.sqrt()", "    root = a**0.5"),
        ),
    )
    gone, new = set(ids(before)) - set(ids(after)), set(ids(after)) - set(ids(before))
    assert {cell(before, name).source.split("\n")[0] for name in gone} == {
        "# 00 · A tiny lesson",
        'print(f"{2 / 3:.4f}")',
    }
    assert {cell(after, name).source.split("\n")[0] for name in new} == {"# 00 · A tiny lesson", "A new cell."}


def test_an_exercise_is_a_solution_cell_and_its_check_a_locked_test_with_points(tmp_path: Path) -> None:
    for notebook in both(tmp_path):
        assert dict(cell(notebook, "toy-shift").metadata["nbgrader"]) == {
            "schema_version": 3,
            "cell_type": "code",
            "grade_id": "toy-shift",
            "solution": True,
            "grade": False,
            "locked": False,
            "task": False,
        }
        assert dict(cell(notebook, "toy-shift-check").metadata["nbgrader"]) == {
            "schema_version": 3,
            "cell_type": "code",
            "grade_id": "toy-shift-check",
            "solution": False,
            "grade": True,
            "locked": True,
            "task": False,
            "points": 2,
        }


def test_cells_are_locked_for_the_learner_and_not_for_the_teacher(tmp_path: Path) -> None:
    teacher, learner = both(tmp_path)
    assert set(cell(learner, "toy-shift").metadata) == {"nbgrader", "deletable"}
    assert set(cell(learner, "toy-shift-check").metadata) == {"nbgrader", "deletable", "editable"}
    assert not cell(learner, "toy-shift-check").metadata["editable"]
    assert set(cell(teacher, "toy-shift-check").metadata) == {"nbgrader"}


def test_what_varies_is_tagged_for_nbval_and_nothing_else_is(tmp_path: Path) -> None:
    teacher, learner = both(tmp_path)
    for notebook in (teacher, learner):
        assert [c.metadata["tags"] for c in notebook.cells if "tags" in c.metadata] == [
            ["notation"],
            ["picture", "nbval-ignore-output"],
            ["training", "nbval-ignore-output"],
        ]
        assert {key for c in notebook.cells for key in c.metadata} <= {"tags", "nbgrader", "deletable", "editable"}


REGIONS = {
    "whole body": "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION",
    "two regions": "def f(x):\n    ### BEGIN SOLUTION\n    a = x\n    ### END SOLUTION\n    b = 1\n"
    "    ### BEGIN SOLUTION\n    return a\n    ### END SOLUTION\n    return b",
    "deep": "def f(x):\n    for i in x:\n        ### BEGIN SOLUTION\n        pass\n\n        ### END SOLUTION\n\n"
    "    return 1\n",
    "tabs": "def f(x):\n\t### BEGIN SOLUTION\n\treturn x\n\t### END SOLUTION",
    "another mark": "def f(x):\n    # BEGIN SOLUTION please\n    return x\n    # END SOLUTION",
    "none": "def f(x):\n    return x\n",
}


@pytest.mark.parametrize("text", REGIONS.values(), ids=REGIONS)
def test_regions_are_taken_out_as_nbgrader_takes_them_out(text: str) -> None:
    pytest.importorskip("nbgrader", reason="the dev extra is not installed")
    from nbgrader.preprocessors import ClearSolutions

    theirs = nbformat.v4.new_code_cell(text, metadata={"nbgrader": {"solution": True}})
    ClearSolutions()._replace_solution_region(theirs, "python")
    assert without_solutions(text) == theirs.source


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "stands within a region"),
        ("### BEGIN SOLUTION\n1", "has no «### END SOLUTION»"),
        ("### END SOLUTION", "stands before"),
    ],
)
def test_a_region_that_is_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        without_solutions(text)
