"""Running the course headless: order, seconds, exit codes, what is shown."""

import json
import os
import sys
from pathlib import Path

import pytest

import textdiff_lite
from textdiff_lite.course import run as course
from textdiff_lite.course.run import Outcome, Part, lessons, main, main_job, run


def part(name: str, code: str, shown: bool = False) -> Part:
    return Part(name, (sys.executable, "-c", code), shown)


def notebook(source: str) -> str:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [cell]})


def test_run_yields_the_outcomes_in_order_with_output_of_both_streams(tmp_path: Path) -> None:
    both = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    first, second = run([part("a", both), part("b", "print('second')")], tmp_path)
    assert (first.part.name, first.code, first.output.split()) == ("a", 0, ["out", "err"])
    assert (second.part.name, second.code, second.output.split()) == ("b", 0, ["second"])


def test_run_measures_the_seconds_of_each_part_and_ticks_meanwhile(tmp_path: Path) -> None:
    ticks: list[None] = []
    (outcome,) = run([part("slow", "import time; time.sleep(1.2)")], tmp_path, lambda: ticks.append(None))
    assert outcome.seconds >= 1.2
    assert ticks


def test_run_stops_after_the_first_part_that_fails(tmp_path: Path) -> None:
    parts = [part("good", ""), part("bad", "import sys; sys.exit(7)"), part("never", "open('never', 'w')")]
    assert [(o.part.name, o.code) for o in run(parts, tmp_path)] == [("good", 0), ("bad", 7)]
    assert not (tmp_path / "never").exists()


def test_run_works_in_the_given_folder(tmp_path: Path) -> None:
    list(run([part("write", "open('here', 'w').close()")], tmp_path))
    assert (tmp_path / "here").exists()


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process by its number")
def test_run_kills_the_part_when_the_caller_is_interrupted(tmp_path: Path) -> None:
    def interrupt() -> None:
        if (tmp_path / "pid").exists():
            raise KeyboardInterrupt

    waits = "import os, time; open('new', 'w').write(str(os.getpid())); os.rename('new', 'pid'); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        list(run([part("long", waits)], tmp_path, interrupt))
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_part_imports_this_copy_of_the_library_wherever_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    asks = "import os, textdiff_lite; print(textdiff_lite.__file__, os.environ['PYTHONPATH'].split(os.pathsep)[1])"
    (outcome,) = run([part("asks", asks)], tmp_path)
    assert outcome.output.split() == [textdiff_lite.__file__, "elsewhere"]


def test_main_prints_seconds_of_each_part_the_shown_output_and_how_to_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course, "main_job", lambda: [part("quiet", "print(1)"), part("loud", "print('words')", True)])
    assert main(tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line] == ["quiet", "loud", "words", "all", "To"]
    assert all(line.endswith(" s") for line in lines if line.startswith(("quiet", "loud", "all")))
    assert lines[-1] == "To open the course: make lab"


def test_main_returns_1_and_shows_the_output_of_the_failed_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course, "main_job", lambda: [part("bad", "raise KeyError('the reason')")])
    assert main(tmp_path) == 1
    out = capsys.readouterr().out
    assert "KeyError: 'the reason'" in out
    assert "bad failed with exit code 1" in out
    assert "make lab" not in out


def test_main_job_starts_in_an_empty_folder_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adds = "import pathlib; p = pathlib.Path('runs/course'); p.mkdir(parents=True); (p / 'once').touch()"
    monkeypatch.setattr(course, "main_job", lambda: [part("adds", adds)])
    assert [main(tmp_path), main(tmp_path)] == [0, 0]


def test_main_job_is_train_evaluate_sample_table_of_one_folder() -> None:
    job = main_job()
    assert [p.command[3] for p in job] == [p.name for p in job] == ["train", "evaluate", "sample", "table"]
    assert all("runs/course" in p.command for p in job)


def test_lessons_are_the_numbered_notebooks_in_order(tmp_path: Path) -> None:
    for name in ("02_b.ipynb", "01b_z.ipynb", "01a_y.ipynb", "00_a.ipynb", "notes.ipynb", "1_c.ipynb", "README.md"):
        (tmp_path / name).touch()
    assert [p.name for p in lessons(tmp_path)] == ["00_a", "01a_y", "01b_z", "02_b"]
    assert lessons(tmp_path / "absent") == []


def test_main_runs_notebooks_where_there_are_some_and_changes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("nbclient", reason="the course extra is not installed")
    pytest.importorskip("ipykernel", reason="the course extra is not installed")
    texts = {"01_good.ipynb": notebook("print(1 + 1)"), "02_bad.ipynb": notebook("1 / 0")}
    (tmp_path / "lessons").mkdir()
    for name, text in texts.items():
        (tmp_path / "lessons" / name).write_text(text)
    assert main(tmp_path) == 1
    out = capsys.readouterr().out
    assert "01_good" in out
    assert "ZeroDivisionError" in out
    assert {path.name: path.read_text() for path in (tmp_path / "lessons").iterdir()} == texts


def test_outcome_keeps_output_that_is_not_utf_8(tmp_path: Path) -> None:
    (outcome,) = run([part("bytes", "import sys; sys.stdout.buffer.write(bytes([255]))")], tmp_path)
    assert isinstance(outcome, Outcome)
    assert outcome.output == "\N{REPLACEMENT CHARACTER}"
