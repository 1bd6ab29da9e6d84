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
