"""The built notebooks agree with their sources, hold no error, and are really compared when nbval runs them.

nbval itself runs them in `make notebooks`, which is a part of `make test`.
"""

import re
from pathlib import Path
from typing import Any

import pytest

for module in ("jupytext", "nbformat", "nbclient", "nbval"):
    pytest.importorskip(module, reason="the course extra is not installed")

from nbformat import NotebookNode  # noqa: E402

from tests.course.nbval import Seen, nbval  # noqa: E402
from textdiff_lite.course.building import store  # noqa: E402
from textdiff_lite.course.building.build import pages, plans  # noqa: E402
from textdiff_lite.course.building.convert import IGNORE  # noqa: E402
from textdiff_lite.course.building.course import ours  # noqa: E402

ROOT = Path(__file__).parent.parent.parent
COURSE = ours(ROOT)
LESSONS = COURSE.names() if COURSE.solutions.is_dir() else []
BUILT = [f"{folder}/{name}.ipynb" for name in LESSONS for folder in ("solutions", "lessons")]
LINK = re.compile(r"\]\(([\w./-]+\.\w{2,5})(?:#[^)]*)?\)")
AGAIN = "run `textdiff course build`"

each_lesson = pytest.mark.parametrize("name", LESSONS)
each_notebook = pytest.mark.parametrize("path", BUILT)


def read(path: str) -> NotebookNode:
    notebook = store.read(ROOT / path)
    assert notebook is not None, f"{path} is not there or damaged: {AGAIN}"
    return notebook


def code(notebook: NotebookNode) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def checks(notebook: NotebookNode) -> dict[str, str]:
    """What each check printed, by the id of its cell."""
    graded = [cell for cell in code(notebook) if cell.metadata.get("nbgrader", {}).get("grade")]
    return {cell.id: "".join(output.get("text", "") for output in cell.outputs) for cell in graded}


@each_lesson
def test_both_notebooks_are_what_the_source_makes(name: str) -> None:
    for plan in plans(COURSE, COURSE.source(name)):
        found = store.drift(store.read(plan.path), plan.notebook)
        assert not found, f"{plan.path.relative_to(ROOT)}: {found}: {AGAIN}"


@pytest.mark.skipif(not LESSONS, reason="there is no lesson yet")
def test_the_pages_are_what_the_sources_make() -> None:
    for path, text in pages(COURSE).items():
        assert path.exists(), f"{path.relative_to(ROOT)} is not there: {AGAIN}"
        assert path.read_text(encoding="utf-8") == text, f"{path.relative_to(ROOT)} is out of date: {AGAIN}"


@pytest.mark.skipif(not LESSONS, reason="there is no lesson yet")
def test_no_notebook_is_without_a_source() -> None:
    found = {path.relative_to(ROOT).as_posix() for folder in ("solutions", "lessons") for path in glob(folder)}
    assert found == set(BUILT)


def glob(folder: str) -> list[Path]:
    return list((ROOT / folder).glob("*.ipynb"))


@each_notebook
def test_a_notebook_was_executed_in_order_and_holds_no_error(path: str) -> None:
    cells = code(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            text = output.get("text", "") + "".join(str(part) for part in output.get("data", {}).values())
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            assert "Traceback (most recent call last)" not in text, cell.id


@each_notebook
def test_a_notebook_has_at_most_one_megabyte(path: str) -> None:
    assert (ROOT / path).stat().st_size <= 2**20


@each_notebook
def test_pictures_are_png_with_words_beside_them(path: str) -> None:
    for cell in code(read(path)):
        for output in cell.outputs:
            kinds = {kind for kind in output.get("data", {}) if kind.startswith(("image/", "application/"))}
            assert kinds <= {"image/png"}, cell.id
            if kinds:
                assert output.metadata["image/png"]["alt"].strip(), cell.id


@each_lesson
def test_untouched_lessons_say_not_done_yet_and_solutions_say_right(name: str) -> None:
    untouched, solved = checks(read(f"lessons/{name}.ipynb")), checks(read(f"solutions/{name}.ipynb"))
    assert untouched.keys() == solved.keys()
    assert len(untouched) >= 5
    assert [cell for cell, text in untouched.items() if " · not done yet (" not in text] == []
    assert [cell for cell, text in solved.items() if " · right." not in text] == []


@each_notebook
def test_links_to_files_lead_somewhere(path: str) -> None:
    for cell in read(path).cells:
        targets = LINK.findall(cell.source) if cell.cell_type == "markdown" else []
        assert [target for target in targets if not (ROOT / path).parent.joinpath(target).exists()] == [], cell.id


# What nbval compares


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Seen]]:
    """The code cells of each notebook as nbval collects them."""
    scratch = tmp_path_factory.mktemp("collected")
    found: dict[str, list[Seen]] = {path: [] for path in BUILT}
    for folder in ("solutions", "lessons"):
        for row in nbval([ROOT / folder], scratch, run=False):
            found[f"{folder}/{row.notebook}"].append(row)
    return found


@each_notebook
def test_nbval_compares_every_check_and_all_that_is_not_tagged_to_vary(
    path: str, collected: dict[str, list[Seen]]
) -> None:
    notebook, rows = read(path), collected[path]
    compared = {row.cell for row in rows if row.compared}
    assert [row.cell for row in rows] == [cell.id for cell in code(notebook)]
    assert compared == {cell.id for cell in code(notebook) if IGNORE not in cell.metadata.get("tags", [])}
    assert checks(notebook).keys() <= compared
    printing = {cell.id for cell in code(notebook) if cell.outputs}
    assert len(compared & printing) >= len(checks(notebook)) + 2
    print(f"{path}: {len(compared)} of {len(rows)} cells compared, {len(compared & printing)} of them print")
