"""Building a course: what is made, when it is made again, and that nbval then compares what it should."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

for module in ("nbclient", "ipykernel", "jupytext"):
    pytest.importorskip(module, reason="the course extra is not installed")

import nbformat  # noqa: E402
from nbformat import NotebookNode  # noqa: E402

from tests.course.nbval import nbval  # noqa: E402
from tests.course.tiny import NAME, SOURCE, changed, tiny  # noqa: E402
from textdiff_lite.course.building import execute, store  # noqa: E402
from textdiff_lite.course.building.build import Plan, build, build_pages, pages, plans  # noqa: E402
from textdiff_lite.course.building.course import Course  # noqa: E402
from textdiff_lite.course.building.source import SourceError  # noqa: E402


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The tiny course, built by kernels that find its exercises."""
    root = tmp_path_factory.mktemp("tiny")
    course = tiny(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(root))
        assert [made.path.as_posix() for made in build(course)] == [f"solutions/{NAME}.ipynb", f"lessons/{NAME}.ipynb"]
        yield course


def text(course: Course, folder: str, name: str) -> str:
    """What a cell of a built notebook printed."""
    notebook = store.read(course.root / folder / f"{NAME}.ipynb")
    assert notebook is not None
    (cell,) = (cell for cell in notebook.cells if cell.get("id") == name)
    return "".join(output.text for output in cell.outputs)


# What is made


def test_the_lesson_is_untouched_and_the_solution_passes(built: Course) -> None:
    for name in ("toy-scale-check", "toy-shift-check"):
        assert "not done yet" in text(built, "lessons", name)
        assert "right" in text(built, "solutions", name)


def test_predictions_are_revealed_to_the_teacher_only(built: Course) -> None:
    notebook = store.read(built.lessons / f"{NAME}.ipynb")
    assert notebook is not None
    (name,) = (cell.id for cell in notebook.cells if "exercises.predict" in cell.source)
    assert "Enter a guess" in text(built, "lessons", name)
    assert text(built, "solutions", name) == "It is 2 units.\n"


def test_pages_are_made_once_and_again_when_they_differ(built: Course) -> None:
    assert [path.as_posix() for path in build_pages(built)] == ["solutions/teacher.md", "lessons/notation.md"]
    assert build_pages(built) == []
    (built.lessons / "notation.md").write_text("mine", encoding="utf-8")
    assert [path.as_posix() for path in build_pages(built)] == ["lessons/notation.md"]


def test_teachers_page_has_every_exercise_and_the_sums(built: Course) -> None:
    page = pages(built)[built.solutions / "teacher.md"]
    assert "## 00 · A tiny lesson\n\n20 minutes. [The lesson](../lessons/00_tiny.ipynb)" in page
    assert "| `toy.scale` | 1 | 5 | ★ | to scale a tensor |  | 5 |" in page
    assert "| `toy.shift` | 2 | 6 | ★★ | to shift a tensor | `toy.scale` | 5 |" in page
    assert "| all 2 | 3 | 11 | | | | 10 |" in page
    assert "1 lessons, 20 minutes, 2 exercises, 3 points, 10 named mistakes" in page
    assert "name=00_tiny\n" in page
    assert "textdiff course mistakes" in page


def test_notation_is_one_table_of_all_cards(built: Course, tmp_path: Path) -> None:
    course = tiny(tmp_path)
    second = SOURCE.replace("# # 00 · A tiny", "# # 01a · A second").replace(
        "# | $x$ | `x` | what is scaled |", "# | $x$ | `other` | what is scaled |\n# | $y$ | | what is scaled |"
    )
    (course.solutions / "01a_second.py").write_text(second, encoding="utf-8")
    lines = pages(course)[course.lessons / "notation.md"].split("\n")
    assert [line for line in lines if line.startswith("| $")] == [
        "| $x$ | `x`, `other` | what is scaled | [00 · A tiny lesson](00_tiny.ipynb) |",
        r"| $p(x \mid a)$ | `a \| x` | a row with a bar | [00 · A tiny lesson](00_tiny.ipynb) |",
        "| $y$ |  | what is scaled | [01a · A second lesson](01a_second.ipynb) |",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("what is scaled", "what is shifted", r"\$x\$ is «what is shifted», and in 00_tiny it is «what is scaled»"),
        ("# | $x$ | `x` | what is", "# | $y$, $x$ | `x` | both are", r"\$x\$ is «both are scaled», and in 00_tiny"),
        ("| symbol | in code | meaning |", "| symbol | meaning | in code |", "with the columns symbol, in code, mean"),
        ("| what is scaled |", "| what | is scaled |", "with the columns"),
        ("# |---|---|---|", "# text", "with the columns"),
    ],
)
def test_a_card_that_is_no_card_or_contradicts_another_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    course = tiny(tmp_path)
    second = changed(("# # 00 · A tiny", "# # 01 · A second"), (old, new))
    if new == "# text":  # a card of a head alone
        second = second.replace("# | $x$ | `x` | what is scaled |\n", "").replace(
            "# | $p(x \\mid a)$ | `a \\| x` | a row with a bar |\n", ""
        )
    (course.solutions / "01_second.py").write_text(second, encoding="utf-8")
    with pytest.raises(SourceError, match=says):
        pages(course)


# When it is made again


def stale(course: Course, **options: bool) -> list[str]:
    """What a build makes, without executing it."""
    return [made.path.as_posix() for made in build(course, run=False, **options)]


BOTH = [f"solutions/{NAME}.ipynb", f"lessons/{NAME}.ipynb"]


@pytest.fixture
def copy(built: Course, tmp_path: Path) -> Course:
    """A copy of the built course that a test may change."""
    course = tiny(tmp_path)
    for path in BOTH:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((built.root / path).read_bytes())
    return course


def test_nothing_is_made_twice(copy: Course) -> None:
    assert stale(copy) == []
    assert stale(copy, everything=True) == BOTH


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("About 20 minutes", "About 21 minutes"),
        ("    root = a.sqrt()", "    root = a**0.5"),
        ("# %%\nimport importlib", "# %%\n\nimport importlib"),
    ],
    ids=["text", "solution", "blank line"],
)
def test_both_are_made_again_when_the_source_changes(copy: Course, old: str, new: str) -> None:
    assert stale(tiny(copy.root, changed((old, new)))) == BOTH


def test_both_are_made_again_when_an_exercise_changes(copy: Course) -> None:
    with (copy.catalogue / "toy" / "__init__.py").open("a") as file:
        file.write("# another line\n")
    assert stale(copy) == BOTH


def test_both_are_made_again_when_a_drawing_changes(copy: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    from textdiff_lite.course.building import course as module

    draws = tiny(copy.root, changed(("import torch\n", "import torch\n\nfrom textdiff_lite.plots import training\n")))
    monkeypatch.setattr(module, "PACKAGE", copy.root)
    (copy.root / "plots").mkdir()
    (copy.root / "plots" / "training.py").write_text("one")
    source = draws.source(NAME)
    before = draws.digest(source)
    (copy.root / "plots" / "training.py").write_text("two")
    assert draws.digest(source) != before


@pytest.mark.parametrize("path", BOTH)
def test_a_notebook_that_was_touched_or_lost_or_damaged_is_made_again(copy: Course, path: str) -> None:
    file = copy.root / path
    whole = file.read_text(encoding="utf-8")
    for damaged in (whole.replace('print(\\"the same', 'print(\\"another'), whole[:-20], None):
        if damaged is None:
            file.unlink()
        else:
            assert damaged != whole
            file.write_text(damaged, encoding="utf-8")
        assert stale(copy) == [path]
        file.write_text(whole, encoding="utf-8")


def test_a_notebook_made_without_execution_is_made_again_by_the_next_build(copy: Course) -> None:
    assert stale(copy, everything=True) == BOTH
    notebook = store.read(copy.root / BOTH[0])
    assert notebook is not None
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
    assert stale(copy) == BOTH


def test_drift_names_the_cell_and_the_part(copy: Course) -> None:
    plan = plans(copy, copy.source(NAME))[0]
    stored = store.read(plan.path)
    assert stored is not None
    for change, says in (
        (lambda nb: nb.cells[2].update(source="1"), f"cell {stored.cells[2].id}: its source differs"),
        (lambda nb: nb.cells[2].metadata.update(a=1), f"cell {stored.cells[2].id}: its metadata differs"),
        (lambda nb: nb.cells.reverse(), "its cells or their order differ"),
        (lambda nb: nb.cells.pop(), "its cells or their order differ"),
        (lambda nb: nb.metadata.update(a=1), "its metadata differ"),
        (lambda nb: nb.metadata["textdiff_lite"].update(digest="0"), "its outputs are older"),
    ):
        other = deepcopy(stored)
        change(other)
        assert store.drift(other, plan.notebook) == [says]
    assert store.drift(None, plan.notebook) == ["it is not there"]
    assert store.drift(stored, plan.notebook) == []


def test_a_cell_that_fails_stops_the_build_with_its_place_and_leaves_the_old_notebook(
    copy: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(copy.root))
    before = (copy.root / BOTH[0]).read_bytes()
    broken = tiny(copy.root, changed(("float(shift(torch.tensor(1.0), torch.tensor(0.5)))", "print(1)\n1 / 0")))
    with pytest.raises(SourceError) as caught:
        list(build(broken))
    says = str(caught.value)
    line = broken.source(NAME).cells[-1].line
    assert says.startswith(f"solutions/{NAME}.py:{line}: cell code-")
    assert (
        f"of solutions/{NAME}.ipynb:\n    print(1)\n    1 / 0\nthe cell raises ZeroDivisionError: division by zero"
        in says
    )
    assert (copy.root / BOTH[0]).read_bytes() == before


def test_named_lessons_only_are_made_and_all_sources_named_are_read_first(copy: Course) -> None:
    (copy.solutions / "01_bad.py").write_text("no cell", encoding="utf-8")
    assert [made.path.as_posix() for made in build(copy, [NAME], everything=True, run=False)] == BOTH
    with pytest.raises(SourceError, match="01_bad"):
        next(build(copy, everything=True, run=False))
    with pytest.raises(SourceError, match="01_bad"):
        build_pages(copy)


def test_begin_is_told_each_notebook_and_its_cells(copy: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def fake(notebook: NotebookNode, folder: Path, reveal: bool, tick) -> None:
        told.append(f"{folder.name} {reveal}")
        tick()

    def begin(plan: Plan):
        told.append(f"begin {plan.path.parent.name}")
        return lambda: told.append("tick")

    monkeypatch.setattr(execute, "execute", fake)
    list(build(copy, everything=True, begin=begin))
    assert told == ["begin solutions", "solutions True", "tick", "begin lessons", "lessons False", "tick"]


# That nbval then compares what it should


def planted(notebook: NotebookNode) -> NotebookNode:
    """The notebook with a line in the stored output of every cell that no cell prints."""
    other = deepcopy(notebook)
    for cell in other.cells:
        if cell.cell_type == "code":
            cell.outputs.insert(0, nbformat.v4.new_output("stream", name="stdout", text="planted\n"))
    return other


def without(notebook: NotebookNode, counts: bool) -> NotebookNode:
    """The notebook without stored outputs, and without counts."""
    other = deepcopy(notebook)
    for cell in other.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = cell.execution_count if counts else None
    return other


def test_nbval_compares_every_cell_but_pictures_and_training(built: Course, tmp_path: Path) -> None:
    notebook = store.read(built.lessons / f"{NAME}.ipynb")
    assert notebook is not None
    variants = {
        "as_built": notebook,
        "planted": planted(notebook),
        "cleared": without(notebook, counts=True),
        "cleared_with_counts": without(notebook, counts=False),
    }
    for name, variant in variants.items():
        (tmp_path / f"{name}.ipynb").write_text(nbformat.writes(variant), encoding="utf-8")
    seen = nbval(sorted(tmp_path.glob("*.ipynb")), tmp_path, run=True)

    def cells(name: str, **wanted: object) -> set[str]:
        rows = [row for row in seen if row.notebook == f"{name}.ipynb"]
        assert len(rows) == 12
        return {row.cell for row in rows if all(getattr(row, key) == value for key, value in wanted.items())}

    code = {cell.id for cell in notebook.cells if cell.cell_type == "code"}
    loose = {cell.id for cell in notebook.cells if "nbval-ignore-output" in cell.metadata.get("tags", [])}
    prints = {cell.id for cell in notebook.cells if cell.cell_type == "code" and cell.outputs} - loose
    assert len(loose) == 2
    assert {"toy-scale-check", "toy-shift-check"} < prints
    assert cells("as_built", outcome="passed") == code
    assert cells("as_built", compared=True) == code - loose
    # a cell counts as compared where a planted output turns it red, and nowhere else
    assert cells("planted", outcome="failed") == cells("planted", compared=True) == code - loose
    # cleared outputs are noticed where something is printed
    assert cells("cleared", outcome="failed") == prints
    # cleared counts are not: nbval is green and compares nothing, which only the count of compared cells tells
    assert cells("cleared_with_counts", outcome="passed") == code
    assert cells("cleared_with_counts", compared=True) == set()


def test_a_built_notebook_holds_nothing_of_the_machine(built: Course) -> None:
    for path in BOTH:
        content = (built.root / path).read_text(encoding="utf-8")
        notebook = json.loads(content)
        assert notebook["metadata"].keys() == {"kernelspec", "language_info", "textdiff_lite"}
        assert str(built.root) not in content
        assert content.endswith("}\n")
