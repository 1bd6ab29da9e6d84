"""The README is true: its Python runs, its results table is the one that the cards give."""

import re
from pathlib import Path

import pytest

from textdiff_lite import cli
from textdiff_lite.cards import table
from textdiff_lite.weights import cards

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_python_of_the_readme_runs(code, capsys):
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_the_results_table_is_the_one_of_the_cards():
    assert table(cards()) in README


def test_the_commands_of_the_readme_exist():
    named = set(re.findall(r"^!?textdiff (\w+)", README, re.MULTILINE))
    assert named <= {command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    assert {"train", "evaluate", "sample", "table"} <= named


def test_the_lessons_of_the_readme_are_those_there_are_with_their_minutes():
    root = Path(__file__).parent.parent
    rows = re.findall(r"^\| \[(.+?)\]\((lessons/\S+?)\) \|.*\| (\d+) \|$", README, re.MULTILINE)
    assert [path for _, path, _ in rows] == [
        f"lessons/{f.stem}.ipynb" for f in sorted(root.glob("solutions/[0-9]*.py"))
    ]
    teacher = (root / "solutions/teacher.md").read_text(encoding="utf-8")
    for title, path, minutes in rows:
        assert f"## {title}\n\n{minutes} minutes. [The lesson](../{path})" in teacher
