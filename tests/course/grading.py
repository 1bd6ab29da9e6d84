"""nbgrader as a library: a course in a folder, released and graded."""

import logging
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory

SECONDS = 300  # of one cell; nbgrader's own 30 are too few for training


def _write(path: Path, notebook: NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _run(converter: GenerateAssignment | Autograde) -> None:
    converter.log.setLevel(logging.ERROR)
    converter.start()


def _course(root: Path, name: str, student: str = "*") -> CourseDirectory:
    course = CourseDirectory(root=str(root), assignment_id=name, student_id=student)
    course.config.Execute.timeout = SECONDS
    return course


def released(root: Path, name: str, teachers: NotebookNode) -> NotebookNode:
    """The student version that nbgrader makes of a teacher's notebook, in its layout source/NAME/NAME.ipynb."""
    _write(root / "source" / name / f"{name}.ipynb", teachers)
    course = _course(root, name)
    _run(GenerateAssignment(coursedir=course, config=course.config))
    return nbformat.read(root / "release" / name / f"{name}.ipynb", as_version=4)


def graded(root: Path, name: str, submissions: Mapping[str, NotebookNode]) -> dict[str, tuple[float, float]]:
    """Points and highest points of each student's submission to a released assignment, executed by nbgrader."""
    for student, notebook in submissions.items():
        _write(root / "submitted" / student / name / f"{name}.ipynb", notebook)
        course = _course(root, name, student)
        _run(Autograde(coursedir=course, config=course.config))
    scores = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        for student in submissions:
            submission = book.find_submission(name, student)
            scores[student] = (submission.score, submission.max_score)
    return scores
