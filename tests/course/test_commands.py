"""`textdiff course`: what it prints where, its exit codes, and that the library does not need it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.course.tiny import NAME, tiny, toy
from textdiff_lite.cli import app
from textdiff_lite.course import catalogue
from textdiff_lite.course.exercise import Exercise
from textdiff_lite.course.memory import MARKER

BOTH = [f"solutions/{NAME}.ipynb", f"lessons/{NAME}.ipynb"]


def call(*arguments: str) -> Any:
    """`textdiff course …`"""
    return CliRunner().invoke(app, ["course", *arguments])


@pytest.fixture(autouse=True)
def toy_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, toy.EXERCISES)


def use(monkeypatch: pytest.MonkeyPatch, exercises: tuple[Exercise, ...]) -> None:
    monkeypatch.setattr(catalogue, "FOLDERS", ("toy",))
    monkeypatch.setattr(catalogue, "of_lesson", lambda folder: exercises)
    monkeypatch.setattr(catalogue, "find", toy.find)


def test_help_names_the_three_commands() -> None:
    for arguments in ((), ("--help",)):
        done = call(*arguments)
        assert all(word in done.output for word in ("build", "mistakes", "progress"))


def test_an_unknown_command_or_option_is_refused() -> None:
    assert call("bild").exit_code == 2
    assert call("mistakes", "--jsn").exit_code == 2


# mistakes


def test_mistakes_prints_the_figures_as_json_and_nothing_else() -> None:
    done = call("mistakes", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "exercises": 2,
        "mistakes": 10,
        "refused": 10,
        "named": 10,
        "equivalents": 2,
        "accepted": 2,
        "failures": [],
    }


def test_mistakes_prints_words_without_json() -> None:
    done = call("mistakes", "toy")
    assert done.stdout.splitlines() == [
        "2 exercises",
        "10 named mistakes: 10 refused, 10 named",
        "2 right answers: 2 accepted",
    ]


def test_mistakes_ends_with_1_and_the_failures_when_one_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {f"times {n}": lambda x, b, n=n: n * x for n in range(4)}
    use(monkeypatch, (toy.exercise("shift", toy.shift, 1, a=toy.shift, **wrong),))
    done = call("mistakes", "--json")
    assert done.exit_code == 1
    figures = json.loads(done.stdout)
    assert (figures["mistakes"], figures["refused"]) == (5, 4)
    assert figures["failures"] == ["toy.shift: the mistake a is not refused but right"]
    said = call("mistakes")
    assert said.exit_code == 1
    assert said.stdout.splitlines()[0] == figures["failures"][0]


def test_mistakes_of_an_unknown_folder_is_refused() -> None:
    done = call("mistakes", "toys")
    assert str(done.exception) == "no folder toys; there are toy"


# progress


def test_progress_is_that_of_this_folder_or_of_its_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from textdiff_lite.course import exercises
    from textdiff_lite.course.memory import Memory

    monkeypatch.setattr(catalogue, "everything", lambda: toy.EXERCISES)
    monkeypatch.chdir(tmp_path)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for folder in (None, workspace, tmp_path):
        if folder is not None:
            (folder / MARKER).touch()
            solved = "scale" if folder == workspace else "shift"
            (folder / "progress.json").write_text(json.dumps({f"toy.{solved}": {"checks": 1, "passed": True}}))
        monkeypatch.setattr(exercises, "_memory", Memory())
        done = call("progress")
        assert done.exit_code == 0
        passed = [line.split()[0] for line in done.stdout.splitlines() if " passed " in f"{line} " and "★" in line]
        assert passed == {None: [], workspace: ["scale"], tmp_path: ["shift"]}[folder]
    assert Path.cwd() == tmp_path


# build


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tiny course, in which the command is called."""
    pytest.importorskip("jupytext", reason="the course extra is not installed")
    pytest.importorskip("nbclient", reason="the course extra is not installed")
    from textdiff_lite.course.building import course

    made = tiny(tmp_path)
    monkeypatch.setattr(course, "ours", lambda root: made)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_build_says_what_it_made(here: Path) -> None:
    done = call("build", "--no-execute")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        *BOTH,
        "solutions/teacher.md",
        "lessons/notation.md",
    ]
    assert all((here / path).exists() for path in BOTH)


def test_build_executes_and_then_has_nothing_to_do(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ipykernel", reason="the course extra is not installed")
    monkeypatch.setenv("PYTHONPATH", str(here))
    assert [line.split()[0] for line in call("build", NAME).stdout.splitlines()][:2] == BOTH
    assert "not done yet" in (here / BOTH[1]).read_text(encoding="utf-8")
    assert call("build", NAME).stdout == "everything is up to date\n"
    assert [line.split()[0] for line in call("build", NAME, "--all", "--no-execute").stdout.splitlines()] == BOTH


def test_build_of_an_unknown_lesson_is_refused(here: Path) -> None:
    assert str(call("build", "07_x").exception) == f"no lesson is called '07_x'; there are {NAME}"


def test_build_of_one_lesson_tells_of_another_that_stops_the_pages(here: Path) -> None:
    (here / "solutions" / "01_bad.py").write_text("no cell", encoding="utf-8")
    done = call("build", NAME, "--no-execute")
    assert done.exit_code == 0
    assert "solutions/01_bad.py:1: a lesson begins with" in done.stderr
    assert "01_bad" in str(call("build", "--no-execute").exception)


def textdiff(code: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parent.parent.parent
    return subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)


def test_without_the_course_extra_build_says_what_to_install() -> None:
    done = textdiff(
        "import sys; sys.modules['jupytext'] = None; sys.argv = ['textdiff', 'course', 'build']\n"
        "from textdiff_lite.cli import main; main()"
    )
    assert done.returncode == 2
    assert done.stderr == "error: jupytext is missing: install the course's packages, textdiff_lite[course]\n"


def test_neither_the_library_nor_the_command_line_imports_the_course() -> None:
    done = textdiff(
        "import sys, textdiff_lite, textdiff_lite.cli\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('jupytext', 'nbformat', 'nbclient')"
        " or name.startswith('textdiff_lite.course')])"
    )
    assert done.stdout == "[]\n", done.stderr
