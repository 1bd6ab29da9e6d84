"""Reading a source, and refusing one that is against the rules with the place and the reason."""

import re
from pathlib import Path

import pytest

pytest.importorskip("jupytext", reason="the course extra is not installed")

from tests.course.tiny import NAME, SOURCE, changed, tiny
from textdiff_lite.course.building import rules
from textdiff_lite.course.building.source import SourceError

CHECK = '# %% check="toy.shift"'


def problems(root: Path, text: str) -> str:
    """What the builder says about the source."""
    course = tiny(root, text)
    with pytest.raises(SourceError) as caught:
        rules.check(course.source(NAME), course.find)
    return str(caught.value)


def line(text: str) -> int:
    """The place of a line in the source, from 1."""
    return SOURCE.split("\n").index(text) + 1


def test_the_tiny_lesson_keeps_the_rules(tmp_path: Path) -> None:
    course = tiny(tmp_path)
    rules.check(course.source(NAME), course.find)


def test_a_cell_knows_kind_text_line_tags_and_key(tmp_path: Path) -> None:
    cells = tiny(tmp_path).source(NAME).cells
    assert cells[0].text == "# 00 · A tiny lesson\n\nYou will be able to scale and to shift. About 20 minutes."
    assert [cell.tags for cell in cells if cell.tags] == [("notation",), ("picture",), ("training",)]
    assert [cell.exercise for cell in cells if cell.exercise] == ["toy.scale", "toy.shift"]
    (check,) = (cell for cell in cells if cell.check == "toy.shift")
    assert (check.code, check.line, check.key) == (True, line(CHECK), "toy.shift")
    assert not cells[0].code


def test_title_and_minutes_are_those_of_the_first_text(tmp_path: Path) -> None:
    source = tiny(tmp_path).source(NAME)
    assert rules.title(source) == "00 · A tiny lesson"
    assert rules.minutes(source) == 20


def test_comments_stay_comments_though_jupytext_takes_some_for_magics(tmp_path: Path) -> None:
    source = tiny(tmp_path, changed(("root = None\n", "root = None\n    # cat and copy\n"))).source(NAME)
    assert "    # cat and copy" in next(cell for cell in source.cells if cell.exercise).text


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ('exercise="toy.shift"', 'exercise="toy.shfit"', None, "no exercise 'toy.shfit'; there are toy.scale"),
        (f"{CHECK}\n", "# %%\n", '# %% exercise="toy.shift"', "the exercise 'toy.shift' has no check"),
        (CHECK, '# %% check="toy.scale"', None, "a second check of 'toy.scale'"),
        ('# %% exercise="toy.shift"', '# %% exercise="toy.scale"', None, "a second exercise with the key 'toy.scale'"),
        ('# %% exercise="toy.scale"', "# %%", '# %% check="toy.scale"', "no cell before it asks that exercise"),
        ('# %% exercise="toy.scale"', "# %%", None, "a solution stands in a cell that is no exercise"),
        ('print(f"{2 / 3:.4f}")', "### BEGIN SOLUTION\n1\n### END SOLUTION", None, "a cell that is no exercise"),
        (
            "    ### BEGIN SOLUTION\n    return x + b\n    ### END SOLUTION\n",
            "    return x + b\n",
            None,
            "has no «### B",
        ),
        ("    return x + b\n    ### END SOLUTION", "    return x + b", None, "has no «### END SOLUTION»"),
        ("    return root * x\n", "    ### END SOLUTION\n    return root * x\n", None, "stands before «### BEGIN"),
        ("    root = a.sqrt()\n", "    ### BEGIN SOLUTION\n    root = 1\n", None, "stands within a region"),
        ('    """Return x + b; x = 1 and b = 2 give 3."""\n', "", None, "the exercise has no docstring"),
        (
            '    """Return x + b; x = 1 and b = 2 give 3."""\n    ### BEGIN SOLUTION\n',
            '    ### BEGIN SOLUTION\n    """Return x + b; x = 1 and b = 2 give 3."""\n',
            None,
            "must stand outside of the solution",
        ),
        ("def shift(x, b):", "def move(x, b):", None, "holds the function shift and nothing else"),
        ("def shift(x, b):", "import math\ndef shift(x, b):", None, "holds the function shift and nothing else"),
        (CHECK, f"extra = 1\n\n\n{CHECK}", None, "holds the function shift and nothing else"),
        ('shift = exercises.check("toy.shift", shift)', "shift = 1", None, "a check holds these two lines"),
        ('exercises.assert_passed("toy.shift")', "", None, "a check holds these two lines"),
        (
            'check("toy.shift", shift)',
            'check("toy.shift", shift, keep="mine")',
            None,
            "a check holds these two lines",
        ),
        ("(6 minutes, ★★)", "(7 minutes, ★★)", None, "and the catalogue says (6 minutes, ★★)"),
        ("(6 minutes, ★★)", "(6 minutes, ★★★)", None, "and the catalogue says (6 minutes, ★★)"),
        ("(6 minutes, ★★)", "6 minutes", None, "should read «### Exercise: q_sample (8 minutes, ★)»"),
        ("# ### Exercise: shift (6 minutes, ★★)", "# text", None, "no heading «### Exercise: …» stands before"),
        (
            "# ### Exercise: shift (6 minutes, ★★)",
            "# ### Exercise: other (6 minutes, ★★)\n# ### Exercise: shift (6 minutes, ★★)",
            None,
            "«### Exercise: other (6 minutes, ★★)» has no exercise",
        ),
        ("# # 00 · A tiny", "# # 01 · A tiny", "# %% [markdown]", "begins with its heading, «# 00 · …»"),
        ("About 20 minutes", "About 10 minutes", "# %% [markdown]", "its exercises alone take 11"),
        ("About 20 minutes", "It is short", "# %% [markdown]", "does not say its minutes"),
        ('tags=["training"]', 'tags=["trainning"]', None, "the tag 'trainning' is unknown; there are notation, pic"),
        ('tags=["training"]', 'tags=["notation"]', None, "the tag 'notation' is for markdown cells"),
        (CHECK, f'{CHECK} tags=["picture"]', None, "a code cell without tags"),
        ('print(f"{2 / 3:.4f}")', "%timeit 1", None, "«%timeit 1» is a magic; a lesson is plain Python"),
        ('print(f"{2 / 3:.4f}")', "!ls", None, "«!ls» is a magic"),
        ('print(f"{2 / 3:.4f}")', "# %matplotlib inline", None, "becomes a magic in a notebook"),
        ('print(f"{2 / 3:.4f}")', "print(", None, "is no Python"),
        ('print(f"{2 / 3:.4f}")', "", None, "the cell is empty"),
        ("# %%\nimport importlib", '# %% points="3"\nimport importlib', None, "the head says 'points'"),
        ("# %%\nimport importlib", "# %% Imports\nimport importlib", None, "the head says 'title'"),
        ("# %%\nimport importlib", "# %% [raw]\n# import importlib", None, "a raw cell"),
        ("# %% [markdown]\n# # 00", "import os\n# %% [markdown]\n# # 00", None, "begins with the head of a cell"),
    ],
)
def test_a_source_against_the_rules_is_refused(
    tmp_path: Path, old: str, new: str, place: str | None, says: str
) -> None:
    found = problems(tmp_path, changed((old, new)))
    assert says in found
    assert re.match(rf"solutions/{NAME}\.py:\d+: ", found)
    if place is not None:
        assert f"{NAME}.py:{line(place)}: " in found


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(tmp_path, changed(('tags=["picture"]', 'tags=["p"]'), ('tags=["training"]', 'tags=["t"]')))
    assert re.findall(r"the tag '(.)'", found) == ["p", "t"]


def test_a_key_that_would_share_an_id_is_refused(tmp_path: Path) -> None:
    course = tiny(tmp_path, SOURCE.replace("toy.scale", "toy.a_b").replace("toy.shift", "toy_a.b"))
    with pytest.raises(SourceError, match="another exercise has the id 'toy-a-b' too"):
        rules.check(course.source(NAME), lambda key: course.find("toy.scale"))


def test_a_lesson_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no lesson is called '07_x'; there are 00_tiny"):
        tiny(tmp_path).source("07_x")


def test_lessons_are_the_numbered_sources_in_order(tmp_path: Path) -> None:
    course = tiny(tmp_path)
    for name in ("01b_two.py", "01a_one.py", "notes.py", "02_three.ipynb"):
        (course.solutions / name).touch()
    assert course.names() == [NAME, "01a_one", "01b_two"]


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    course = tiny(tmp_path / "here")
    moved = type(course)(tmp_path / "there", course.find, course.catalogue)
    with pytest.raises(ValueError, match="call this in the root of the repository"):
        moved.names()
