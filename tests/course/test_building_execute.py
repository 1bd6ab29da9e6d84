"""Executing: what is stored, and which cells must not be."""

from pathlib import Path
from typing import Any

import pytest

for module in ("nbclient", "ipykernel", "jupytext"):
    pytest.importorskip(module, reason="the course extra is not installed")

from nbformat import NotebookNode  # noqa: E402
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook  # noqa: E402

import textdiff_lite  # noqa: E402
from textdiff_lite.course.building import execute  # noqa: E402
from textdiff_lite.course.building.execute import BadCell  # noqa: E402

LOOSE = {"tags": ["training", "nbval-ignore-output"]}


def notebook(*cells: str | tuple[str, dict[str, Any]]) -> NotebookNode:
    """A notebook that begins with a text, so that places are not counts."""
    sources = [(cell, {}) if isinstance(cell, str) else cell for cell in cells]
    code = [new_code_cell(text, metadata=metadata) for text, metadata in sources]
    return new_notebook(cells=[new_markdown_cell("text"), *code])


def refused(folder: Path, *cells: str | tuple[str, dict[str, Any]]) -> BadCell:
    with pytest.raises(BadCell) as caught:
        execute.execute(notebook(*cells), folder, reveal=False)
    return caught.value


def test_outputs_and_counts_are_stored_and_what_varies_is_not(tmp_path: Path) -> None:
    done = notebook("print('a', flush=True)\nprint('b')", "1 + 1", "import sys", ("object()", LOOSE))
    ticks: list[None] = []
    execute.execute(done, tmp_path, reveal=False, tick=lambda: ticks.append(None))
    first, second, third, _ = done.cells[1:]
    assert [(o.output_type, o.name, o.text) for o in first.outputs] == [("stream", "stdout", "a\nb\n")]
    assert second.outputs[0].data == {"text/plain": "2"}
    assert third.outputs == []
    assert [c.execution_count for c in done.cells[1:]] == [1, 2, 3, 4]
    assert len(ticks) == 4
    assert all("execution" not in c.metadata for c in done.cells)
    assert done.metadata["language_info"] == {"name": "python"}
    assert "widgets" not in done.metadata


def test_the_kernel_works_in_the_folder_with_this_copy_of_the_library_and_none_of_the_readers_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TEXTDIFF_CORPUS", "TEXTDIFF_REVEAL", "NBGRADER_EXECUTION"):
        monkeypatch.setenv(name, "something")
    monkeypatch.delenv("TEXTDIFF_DATA", raising=False)  # where real text is, is no setting of the course
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    asks = "import os, pathlib, textdiff_lite\nprint([n for n in os.environ if n.startswith(('TEXTDIFF', 'NBGRADER'))])"
    package = Path(textdiff_lite.__file__).parent
    asks += "\nprint(pathlib.Path.cwd().name)"
    asks += f"\nprint(pathlib.Path(textdiff_lite.__file__).parent == pathlib.Path({str(package)!r}))"
    asks += "\nprint(os.environ['PYTHONPATH'].split(os.pathsep)[-1])"
    for reveal, names in ((False, []), (True, ["TEXTDIFF_REVEAL"])):
        folder = tmp_path / "below" / "lessons"
        folder.mkdir(parents=True, exist_ok=True)
        done = notebook(asks)
        execute.execute(done, folder, reveal)
        assert done.cells[1].outputs[0].text == f"{names}\nlessons\nTrue\nelsewhere\n"


def test_a_cell_that_raises_is_refused_with_its_place_and_its_reason(tmp_path: Path) -> None:
    bad = refused(tmp_path, "good = 1", "{}['the reason']")
    assert bad.place == 2
    assert bad.says.startswith("the cell raises KeyError: 'the reason'\n")
    assert "\x1b" not in bad.says


def test_a_cell_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "SECONDS", 1)
    bad = refused(tmp_path, "good = 1", "import time; time.sleep(60)")
    assert bad.place == 2
    assert "did not end" in bad.says


def test_a_kernel_that_dies_is_told(tmp_path: Path) -> None:
    bad = refused(tmp_path, "import os; os._exit(1)")
    assert bad.place == 1
    assert "did not end" in bad.says


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("import warnings; warnings.warn('beware')", "the cell writes to stderr"),
        (("import sys; print('lost', file=sys.stderr)", LOOSE), "the cell writes to stderr: lost"),
        ("object()", "an address that differs"),
        ("print(object())", "an address that differs"),
        ("from tqdm.auto import tqdm\nfor _ in tqdm([1]): pass", "needs the tag training"),
        ("import os; print(os.getcwd())", "a path of this machine"),
    ],
)
def test_a_cell_that_stores_what_it_should_not_is_refused(tmp_path: Path, cell: Any, says: str) -> None:
    bad = refused(tmp_path, "good = 1", cell)
    assert bad.place == 2
    assert says in bad.says


def test_a_progress_bar_in_training_runs_and_is_not_stored(tmp_path: Path) -> None:
    done = notebook(("from tqdm.auto import tqdm\nfor _ in tqdm([1]): pass\nprint('after')", LOOSE))
    execute.execute(done, tmp_path, reveal=False)
    assert [(o.output_type, o.get("text")) for o in done.cells[1].outputs] == [("stream", "after\n")]
