"""The learner's copies: made once, whole, and never overwritten."""

import re
from pathlib import Path

import pytest

from textdiff_lite.course.memory import MARKER, Memory
from textdiff_lite.course.workspace import fill


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    lessons = tmp_path / "lessons"
    (lessons / "figures").mkdir(parents=True)
    (lessons / "01_a.ipynb").write_text("first")
    (lessons / "README.md").write_text("Do not work in this folder")
    (lessons / "figures" / "a.svg").write_text("drawing")
    return lessons, tmp_path / "workspace"


def test_fill_copies_every_file_and_says_which(folders: tuple[Path, Path]) -> None:
    lessons, workspace = folders
    assert fill(lessons, workspace) == [Path("01_a.ipynb"), Path("figures/a.svg")]
    assert (workspace / "01_a.ipynb").read_text() == "first"
    assert (workspace / "figures" / "a.svg").read_text() == "drawing"


def test_fill_never_overwrites_what_the_learner_has(folders: tuple[Path, Path]) -> None:
    lessons, workspace = folders
    fill(lessons, workspace)
    (workspace / "01_a.ipynb").write_text("my answer")
    (lessons / "01_a.ipynb").write_text("second edition")
    (lessons / "02_b.ipynb").write_text("new")
    (lessons / "figures" / "a.svg").write_text("second drawing")
    assert fill(lessons, workspace) == [Path("02_b.ipynb"), Path("figures/a.svg")]
    assert (workspace / "01_a.ipynb").read_text() == "my answer"
    assert (workspace / "figures" / "a.svg").read_text() == "second drawing"  # not theirs to change


def test_fill_brings_back_a_copy_that_was_deleted(folders: tuple[Path, Path]) -> None:
    lessons, workspace = folders
    fill(lessons, workspace)
    (workspace / "01_a.ipynb").unlink()
    assert Path("01_a.ipynb") in fill(lessons, workspace)
    assert (workspace / "01_a.ipynb").read_text() == "first"


def test_fill_leaves_no_half_copy_and_no_checkpoint_folder(folders: tuple[Path, Path]) -> None:
    lessons, workspace = folders
    (lessons / ".ipynb_checkpoints").mkdir()
    (lessons / ".ipynb_checkpoints" / "01_a-checkpoint.ipynb").write_text("old")
    fill(lessons, workspace)
    assert sorted(p.name for p in workspace.rglob("*") if p.is_file()) == [MARKER, "01_a.ipynb", "a.svg"]


def test_fill_marks_the_workspace_so_that_progress_is_kept_there(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons, workspace = folders
    fill(lessons, workspace)
    for folder, kept in ((lessons, None), (workspace, workspace.resolve() / "progress.json")):
        monkeypatch.chdir(folder)
        assert Memory().file == kept


def test_fill_leaves_progress_alone(folders: tuple[Path, Path]) -> None:
    lessons, workspace = folders
    fill(lessons, workspace)
    (workspace / "progress.json").write_text("mine")
    fill(lessons, workspace)
    assert (workspace / "progress.json").read_text() == "mine"


def test_fill_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    message = f"lessons must be a folder, got {tmp_path / 'none'}: run this in the root of the repository"
    with pytest.raises(ValueError, match=re.escape(message)):
        fill(tmp_path / "none", tmp_path / "workspace")
