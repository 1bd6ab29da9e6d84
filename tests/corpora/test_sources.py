"""Where named corpora are found: the local layout, the table of hub names, and the errors of both."""

import gzip
from pathlib import Path

import pytest

from textdiff_lite.corpora import load_corpus, sources
from textdiff_lite.corpora.reading import quiet

datasets = pytest.importorskip("datasets")

E2E_FILES = {
    "trainset.csv": "mr,ref\nname[A],A is a pub.\nname[B],B is a pub.\n",
    "devset.csv": 'mr,ref\nname[C],"C, a pub."\n',
}
E2E_FILES["testset_w_refs.csv"] = "mr,ref\nname[D],D is no pub.\n"
SPEECH = "First Citizen:\nSpeak, speak.\n\nAll:\nNo more talking.\n" * 10


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small copy of the layout under TEXTDIFF_DATA."""
    (tmp_path / "e2e").mkdir()
    for name, text in E2E_FILES.items():
        (tmp_path / "e2e" / name).write_text(text, encoding="utf-8")
    (tmp_path / "tinyshakespeare").mkdir()
    (tmp_path / "tinyshakespeare" / "input.txt").write_text(SPEECH, encoding="utf-8")
    monkeypatch.setenv("TEXTDIFF_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def on_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders that `datasets` takes for the hub's repositories, with the hub's layout and column names."""
    monkeypatch.delenv("TEXTDIFF_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    splits = {
        "tuetschek/e2e_nlg": {
            split: {"meaning_representation": [f"name[{split}]"], "human_reference": [f"{split} is a pub."]}
            for split in ("train", "validation", "test")
        },
        "karpathy/tiny_shakespeare": {
            "train": {"text": [SPEECH[:400]]},
            "validation": {"text": [SPEECH[400:450]]},
            "test": {"text": [SPEECH[450:]]},
        },
    }
    for repository, parts in splits.items():
        for split, columns in parts.items():
            folder = tmp_path / repository / "default" / split
            folder.mkdir(parents=True)
            with quiet():
                datasets.Dataset.from_dict(columns).to_parquet(folder / "0000.parquet")
    return tmp_path


def test_e2e_comes_from_the_local_layout(local):
    corpus = load_corpus("e2e", min_count=1)
    assert corpus.sizes == {"train": 2, "validation": 1, "test": 1}
    assert corpus.sentences("validation", [0]) == ["C, a pub."]
    assert corpus.dataset()["test"][0] == {"mr": "name[D]", "text": "D is no pub."}
    assert corpus.decode(corpus.ids("test", [0])) == ["[UNK] is [UNK] pub ."]
    assert (corpus.info.name, corpus.info.unit, corpus.info.length) == ("e2e", "word", 6)


def test_e2e_may_be_compressed(local):
    plain = load_corpus("e2e", min_count=1).info
    for name, text in E2E_FILES.items():
        (local / "e2e" / name).unlink()
        (local / "e2e" / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    assert load_corpus("e2e", min_count=1).info == plain


def test_min_count_of_e2e_is_two_unless_told(local):
    assert load_corpus("e2e").vocabulary[3:] == ["a", ".", "is", "pub"]


def test_a_defect_in_the_local_e2e_names_file_and_line(local):
    (local / "e2e" / "devset.csv").write_text("mr,ref\nname[C]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"devset.csv: 1 defect\(s\)\n  line 2: 1 field\(s\), the header has 2$"):
        load_corpus("e2e")


def test_a_missing_local_file_is_named_with_what_is_there(local):
    (local / "e2e" / "devset.csv").unlink()
    with pytest.raises(
        ValueError,
        match=r"e2e must hold devset.csv or devset.csv.gz, it holds \['testset_w_refs.csv', 'trainset.csv'\]$",
    ):
        load_corpus("e2e")


def test_a_variable_that_names_no_directory_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTDIFF_DATA", str(tmp_path / "none"))
    with pytest.raises(ValueError, match=r"^TEXTDIFF_DATA must name a directory, got '.*none'$"):
        load_corpus("e2e")


def test_e2e_comes_from_the_hub_under_its_names_there(on_hub):
    corpus = load_corpus("e2e", min_count=1)
    assert corpus.sizes == {"train": 1, "validation": 1, "test": 1}
    assert corpus.sentences("test", [0]) == ["test is a pub."]
    assert corpus.dataset()["train"][0] == {"mr": "name[train]", "text": "train is a pub."}


def test_a_directory_without_the_folder_leads_to_the_hub(on_hub, monkeypatch):
    (on_hub / "elsewhere").mkdir()
    monkeypatch.setenv("TEXTDIFF_DATA", str(on_hub / "elsewhere"))
    assert load_corpus("e2e", min_count=1).sizes["train"] == 1


def test_tinyshakespeare_of_the_hub_is_the_same_text(on_hub, monkeypatch):
    from_hub = load_corpus("tinyshakespeare", window=8)
    folder = on_hub / "data" / "tinyshakespeare"
    folder.mkdir(parents=True)
    (folder / "input.txt").write_text(SPEECH, encoding="utf-8")
    monkeypatch.setenv("TEXTDIFF_DATA", str(on_hub / "data"))
    assert load_corpus("tinyshakespeare", window=8).info == from_hub.info


def test_other_columns_on_the_hub_are_named(on_hub):
    for split in ("train", "validation", "test"):
        folder = on_hub / "tuetschek" / "e2e_nlg" / "default" / split
        with quiet():
            datasets.Dataset.from_dict({"mr": ["a"], "ref": ["b"]}).to_parquet(folder / "0000.parquet")
    with pytest.raises(ValueError, match=r"^'tuetschek/e2e_nlg' on the hub must have split 'train' with ") as error:
        load_corpus("e2e")
    assert "with the columns ['meaning_representation', 'human_reference'], it has {" in str(error.value)
    assert "'train': ['mr', 'ref']" in str(error.value)
    assert "Set TEXTDIFF_DATA to a directory with e2e/trainset.csv" in str(error.value)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("e2e", "e2e/trainset.csv, e2e/devset.csv, e2e/testset_w_refs.csv"),
        ("tinyshakespeare", "tinyshakespeare/input.txt"),
    ],
)
def test_without_files_and_hub_the_variable_and_the_files_are_named(name, files, monkeypatch):
    def offline(repository: str, revision: str) -> None:
        raise ConnectionError(f"no way to {repository} at {revision}")

    monkeypatch.delenv("TEXTDIFF_DATA", raising=False)
    monkeypatch.setattr(datasets, "load_dataset", offline)
    with pytest.raises(ValueError, match=rf"^corpus '{name}' is not under TEXTDIFF_DATA \(unset\), and ") as error:
        load_corpus(name)
    assert "on the hub cannot be read (ConnectionError: no way to " in str(error.value)
    assert str(error.value).endswith(f" at refs/convert/parquet). Set TEXTDIFF_DATA to a directory with {files}.")


def test_the_table_of_the_hub_names_our_columns():
    assert set(sources.E2E.columns.values()) == {"mr", "text"}
    assert set(sources.TINYSHAKESPEARE.columns.values()) == {"text"}
