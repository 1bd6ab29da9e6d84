"""A school can release and grade the course with nbgrader as it comes.

nbgrader's student version is the lesson; an untouched and a wrong submission get no points and a finished one all.
The submissions of the real lessons leave out pictures and training, which take long and grade nothing.
"""

import os
import sys
from copy import deepcopy
from pathlib import Path

import pytest

for module in ("jupytext", "nbclient", "ipykernel", "nbgrader"):
    pytest.importorskip(module, reason="the course extra or the dev extra is not installed")

from nbformat import NotebookNode  # noqa: E402

from tests.course.grading import graded, released  # noqa: E402
from tests.course.tiny import NAME, tiny  # noqa: E402
from textdiff_lite.course.building.build import plans  # noqa: E402
from textdiff_lite.course.building.convert import IGNORE  # noqa: E402
from textdiff_lite.course.building.course import Course, ours  # noqa: E402
from textdiff_lite.course.environment import with_this_library  # noqa: E402

ROOT = Path(__file__).parent.parent.parent
OURS = ours(ROOT)
LESSONS = OURS.names() if OURS.solutions.is_dir() else []

# nbgrader and its database warn of their own future
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kernels find this library, and the exercises of the tiny lesson; nbgrader finds the commands that it calls."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), with_this_library({})["PYTHONPATH"]]))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    monkeypatch.delenv("TEXTDIFF_REVEAL", raising=False)


def notebooks(course: Course, name: str) -> tuple[NotebookNode, NotebookNode]:
    """The teacher's and the learner's, not executed: nbgrader clears outputs."""
    teacher, learner = plans(course, course.source(name))
    return teacher.notebook, learner.notebook


def compared(notebook: NotebookNode) -> list[dict[str, object]]:
    """All of the cells but outputs, counts, and the checksum that nbgrader adds."""
    cells = []
    for cell in deepcopy(notebook).cells:
        cell.metadata.get("nbgrader", {}).pop("checksum", None)
        cells.append({part: cell[part] for part in ("id", "cell_type", "source", "metadata")})
    return cells


def wrong(course: Course, name: str, learner: NotebookNode) -> NotebookNode:
    """The learner's notebook with the first named mistake of each exercise as its answer."""
    answers = {}
    for key in (cell.exercise for cell in course.source(name).cells if cell.exercise):
        function = key.split(".")[-1]
        mistake = course.find(key).mistakes[0].name
        answers[key.replace(".", "-").replace("_", "-")] = f'{function} = exercises.wrong("{key}", "{mistake}")'
    other = deepcopy(learner)
    for cell in other.cells:
        cell.source = answers.pop(cell.id, cell.source)
    assert not answers
    return other


def short(notebook: NotebookNode) -> NotebookNode:
    """The notebook without pictures and training."""
    other = deepcopy(notebook)
    other.cells = [cell for cell in other.cells if IGNORE not in cell.metadata.get("tags", [])]
    return other


def test_the_student_version_of_a_lesson_is_the_learners_notebook(tmp_path: Path) -> None:
    course = tiny(tmp_path)
    teacher, learner = notebooks(course, NAME)
    release = released(tmp_path / "school", NAME, teacher)
    assert compared(release) == compared(learner)
    assert release.metadata == learner.metadata


@pytest.mark.parametrize("name", LESSONS)
def test_the_student_version_of_every_lesson_is_what_stands_in_lessons(name: str, tmp_path: Path) -> None:
    teacher, learner = notebooks(OURS, name)
    release = released(tmp_path / "school", name, teacher)
    assert compared(release) == compared(learner)
    assert release.metadata == learner.metadata


def test_untouched_and_wrong_get_no_points_and_finished_gets_all(tmp_path: Path) -> None:
    course = tiny(tmp_path)
    teacher, learner = notebooks(course, NAME)
    half = deepcopy(learner)
    for cell, solved in zip(half.cells, teacher.cells, strict=True):
        cell.source = solved.source if cell.id == "toy-shift" else cell.source
    tampered = deepcopy(learner)
    for cell in tampered.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "print('right')"
    submissions = {
        "untouched": learner,
        "wrong": wrong(course, NAME, learner),
        "finished": teacher,
        "half": half,
        "tampered": tampered,
    }
    released(tmp_path, NAME, teacher)
    assert graded(tmp_path, NAME, submissions) == {
        "untouched": (0, 3),
        "wrong": (0, 3),
        "finished": (3, 3),
        "half": (2, 3),
        "tampered": (0, 3),
    }


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_is_graded_from_nothing_to_full_points(name: str, tmp_path: Path) -> None:
    teacher, learner = notebooks(OURS, name)
    full = sum(OURS.find(cell.exercise).difficulty for cell in OURS.source(name).cells if cell.exercise)
    submissions = {"untouched": learner, "wrong": wrong(OURS, name, learner), "finished": teacher}
    released(tmp_path, name, teacher)
    scores = graded(tmp_path, name, {student: short(notebook) for student, notebook in submissions.items()})
    assert scores == {"untouched": (0, full), "wrong": (0, full), "finished": (full, full)}
