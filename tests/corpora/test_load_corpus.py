"""The one door: names, options, errors, and what it must not import."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from textdiff_lite.corpora import NAMES, Corpus, load_corpus


def test_an_unknown_name_lists_the_names_and_says_how_a_file_is_given():
    with pytest.raises(
        ValueError, match=r"^no corpus 'e2f': the names are bistro, mini-bistro, e2e, tinyshakespeare; a file is given "
    ):
        load_corpus("e2f")


def test_a_missing_file_is_named_as_a_file(tmp_path):
    pytest.importorskip("datasets")
    with pytest.raises(ValueError, match=r"none.csv: the file does not exist$"):
        load_corpus(tmp_path / "none.csv")


def test_a_file_of_another_kind_names_the_kinds(tmp_path):
    pytest.importorskip("datasets")
    (tmp_path / "a.pdf").write_text("x")
    with pytest.raises(ValueError, match=r"a.pdf: the name must end in one of \['.txt', "):
        load_corpus(tmp_path / "a.pdf")


@pytest.mark.parametrize(
    ("name", "option", "allowed"),
    [
        ("bistro", {"min_count": 2}, "no option"),
        ("mini-bistro", {"unit": "character"}, "no option"),
        ("e2e", {"text_column": "ref"}, "min_count"),
        ("e2e", {"unit": "character"}, "min_count"),
        ("tinyshakespeare", {"max_length": 64}, "window"),
        ("mine.txt", {"window": 64}, "text_column, unit, min_count, max_length"),
    ],
)
def test_an_option_without_effect_is_refused(name, option, allowed):
    kind = name if name in NAMES else "a file"
    with pytest.raises(ValueError, match=rf"^{next(iter(option))} has no effect on {kind}, which takes {allowed}$"):
        load_corpus(name, **option)


@pytest.mark.parametrize("name", ["bistro", "mini-bistro"])
def test_a_generated_corpus_is_one_like_the_others(name):
    corpus = load_corpus(name)
    assert isinstance(corpus, Corpus)
    assert corpus.info.name == name


def test_a_name_wins_over_a_file_of_that_name(tmp_path, monkeypatch):
    pytest.importorskip("datasets")
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt").write_text("abc" * 20)
    (tmp_path / "tinyshakespeare" / "train.txt").write_text("a\nb\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEXTDIFF_DATA", str(tmp_path))
    assert load_corpus("tinyshakespeare", window=2).info.end is None
    assert load_corpus("./tinyshakespeare/train.txt", min_count=1).info.end == 1


def python(code: str, folder: Path) -> str:
    """Run code in a process of its own; its output, and nothing may stand on stderr."""
    found = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:textdiff_lite", "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={
            "PATH": "",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(folder),
            "HF_HOME": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
        },
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    return found.stdout


def test_the_door_imports_nothing_heavy(tmp_path):
    code = "import sys, textdiff_lite.corpora; print({'datasets', 'transformers', 'tokenizers'} & set(sys.modules))"
    assert python(code, tmp_path) == "set()\n"


def test_loading_a_file_writes_nothing_to_stderr(tmp_path):
    pytest.importorskip("datasets")
    path = tmp_path / "mine.csv"
    path.write_text("text\n" + "the mill is cheap\n" * 30)
    # the second time from the cache
    code = f"from textdiff_lite.corpora import load_corpus\nfor _ in range(2): c = load_corpus({str(path)!r})\n"
    assert python(code + "c.tokenizer; print(c.sizes)", tmp_path) == "{'train': 30}\n"
