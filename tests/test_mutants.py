"""The lists of mutants stay true to the files that they mutate (`make mutants` tries them)."""

from pathlib import Path

import pytest

from tests.mutants import LISTS, ROOT, Mutant, load


@pytest.mark.parametrize("name", [path.stem for path in sorted(LISTS.glob("*.py"))])
def test_every_mutant_applies_to_its_file(name):
    mutants = list(load([name]))
    assert mutants
    for mutant in mutants:
        text = (ROOT / mutant.file).read_text(encoding="utf-8")
        assert mutant.apply(text) != text
        assert mutant.why
        assert all(Path(ROOT, test).exists() for test in mutant.tests)
    assert len({(mutant.old, mutant.new) for mutant in mutants}) == len(mutants)


def test_a_mutant_whose_line_is_gone_is_refused():
    with pytest.raises(ValueError, match=r"a\.py holds 0 times, and not once: 'x = 1'"):
        Mutant("a", "a.py", (), "x = 1", "x = 2", "").apply("y = 1")


def test_a_mutant_whose_line_is_there_twice_is_refused():
    with pytest.raises(ValueError, match=r"a\.py holds 2 times, and not once: 'x = 1'"):
        Mutant("a", "a.py", (), "x = 1", "x = 2", "").apply("x = 1\nx = 1")


def test_a_mutant_that_is_no_python_is_refused():
    with pytest.raises(ValueError, match=r"a\.py is no Python after"):
        Mutant("a", "a.py", (), "x = 1", "x = (", "").apply("x = 1")


def test_an_unknown_list_is_refused():
    with pytest.raises(ValueError, match=r"no list of mutants is called 'nothing'; there are .*schedules"):
        list(load(["nothing"]))
