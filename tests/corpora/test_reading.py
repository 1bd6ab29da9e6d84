"""Reading text files: what survives, and the message for each defect."""

import gzip
import io
from pathlib import Path

import pytest

from textdiff_lite.corpora.reading import quiet, read

pytest.importorskip("datasets")

TEXTS = ["NA", "null", "007", "", "1e5", "TRUE", " pad ", "a,b", 'say "hi"', "#x", "Café", "x\u2028y"]


def write(path: Path, data: str | bytes) -> Path:
    raw = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(raw) if path.name.endswith(".gz") else raw)
    return path


def table(path: Path, column: str = "text", **more: str) -> dict[str, list[str]]:
    return read({"train": path}, {column: "text", **more})["train"][:]


def message(path: Path, column: str = "text") -> str:
    with pytest.raises(ValueError) as error:  # noqa: PT011 the callers read the whole message
        table(path, column)
    return str(error.value).replace(str(path), "PATH")


def csv_of(texts: list[str]) -> str:
    return "text,n\n" + "".join('"' + text.replace('"', '""') + '",1\n' for text in texts)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "b [1]*?.csv"])
def test_csv_texts_stay_as_they_are(name, tmp_path):
    texts = [text for text in TEXTS if text]
    assert table(write(tmp_path / name, csv_of(texts))) == {"text": texts}


def test_a_csv_of_numbers_keeps_their_digits(tmp_path):
    assert table(write(tmp_path / "a.csv", "n,text\n1,007\n2,1e5\n")) == {"text": ["007", "1e5"]}


def test_csv_texts_may_span_lines(tmp_path):
    path = write(tmp_path / "a.csv", 'n,text\r\n1,"one\r\ntwo"\r\n2,"three\nfour"\r\n')
    assert table(path) == {"text": ["one\r\ntwo", "three\nfour"]}


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_json_texts_stay_as_they_are(name, tmp_path):
    import json

    texts = [text for text in TEXTS if text] + ["one\ntwo"]
    lines = [json.dumps({"n": number, "text": text}) for number, text in enumerate(texts)]
    assert table(write(tmp_path / name, "\n".join(lines))) == {"text": texts}


def test_json_lines_may_differ_in_other_columns(tmp_path):
    lines = '{"text": "a", "x": 1}\n{"x": "s", "text": "b"}\r\n{"text": "c", "y": {"z": [1]}}\n'
    assert table(write(tmp_path / "a.jsonl", lines)) == {"text": ["a", "b", "c"]}


def test_a_text_file_has_a_sentence_a_line_whatever_ends_it(tmp_path):
    path = write(tmp_path / "a.txt", "one\r\ntwo\nNA\rx\u2028y\x0bz\nlast")
    assert table(path) == {"text": ["one", "two", "NA", "x\u2028y\x0bz", "last"]}


@pytest.mark.parametrize(
    ("name", "data"), [("a.txt", "é x"), ("a.csv", "text,n\né x,1"), ("a.jsonl", '{"text": "é x"}')]
)
def test_a_byte_order_mark_is_no_part_of_the_text(name, data, tmp_path):
    assert table(write(tmp_path / name, "\ufeff" + data)) == {"text": ["é x"]}


def test_columns_are_renamed_and_others_left_out(tmp_path):
    path = write(tmp_path / "a.csv", "mr,ref,text\nm,r,t\n")
    assert table(path, "ref", mr="mr") == {"text": ["r"], "mr": ["m"]}


def test_each_split_is_a_file_and_the_kinds_may_differ(tmp_path):
    files = {"train": write(tmp_path / "t.txt", "a\nb\n"), "test": write(tmp_path / "e.jsonl", '{"text": "c"}')}
    found = read(files, {"text": "text"})
    assert {str(split): list(part["text"]) for split, part in found.items()} == {"train": ["a", "b"], "test": ["c"]}


def test_a_changed_file_is_read_anew(tmp_path):
    assert table(write(tmp_path / "a.txt", "one\n")) == {"text": ["one"]}
    assert table(write(tmp_path / "a.txt", "two and more\n")) == {"text": ["two and more"]}


def test_a_missing_file_and_a_directory_are_named(tmp_path):
    assert message(tmp_path / "none.csv") == "PATH: the file does not exist"
    (tmp_path / "dir.csv").mkdir()
    assert message(tmp_path / "dir.csv") == "PATH: this is no file"


@pytest.mark.parametrize("name", ["a.xml", "a.txt.gz", "a"])
def test_another_kind_of_file_is_refused(name, tmp_path):
    expected = "PATH: the name must end in one of ['.txt', '.csv', '.csv.gz', '.jsonl', '.jsonl.gz']"
    assert message(write(tmp_path / name, "x")) == expected


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
@pytest.mark.parametrize("data", ["", "\n", " \n\n"])
def test_an_empty_file_is_named(name, data, tmp_path):
    assert message(write(tmp_path / name, data)) == "PATH: the file is empty"


def test_a_csv_of_a_header_alone_is_named(tmp_path):
    assert message(write(tmp_path / "a.csv", "text,n\n")) == "PATH: the file has a header and no rows"


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl", "a.csv.gz"])
def test_the_line_that_is_not_utf8_is_named(name, tmp_path):
    found = message(write(tmp_path / name, b"text\nfine\nbad \xff\n"))
    assert found == "PATH: 1 defect(s)\n  line 3: not UTF-8 (byte 0xff)"


def test_a_damaged_gzip_file_is_named(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(b"text")
    assert message(path).startswith("PATH: damaged gzip file (Not a gzipped file")
    path.write_bytes(gzip.compress(b"text\n" * 100)[:-9])
    assert message(path).startswith("PATH: damaged gzip file (")


def test_empty_lines_of_a_text_file_are_named(tmp_path):
    found = message(write(tmp_path / "a.txt", "ok\n\n \t\nok\n\n"))
    assert (
        found
        == "PATH: 3 defect(s)\n  line 2: the line is empty\n  line 3: the line is empty\n  line 5: the line is empty"
    )


def test_a_text_file_takes_no_column(tmp_path):
    found = message(write(tmp_path / "a.txt", "ok"), "ref")
    assert found == "PATH: a .txt file has no columns, so text_column must be left out, got ['ref']"


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("x", "line 4: 1 field(s), the header has 2"),
        ("x,1,2", "line 4: 3 field(s), the header has 2"),
        ("", "line 4: 0 field(s), the header has 2"),
        (",1", "line 4: column 'text' is empty"),
        ('" ",1', "line 4: column 'text' is empty"),
        ('"x" y,1', "line 4: malformed CSV (',' expected after '\"')"),
        ('"x,1\nopen to the end', "line 4: malformed CSV (unexpected end of data)"),
    ],
)
def test_a_malformed_csv_row_is_named_by_its_first_line(rows, fault, tmp_path):
    path = write(tmp_path / "a.csv", f'text,n\n"one\ntwo",1\n{rows}\n')
    assert message(path) == f"PATH: 1 defect(s)\n  {fault}"


def test_a_csv_without_the_column_names_the_columns_that_exist(tmp_path):
    found = message(write(tmp_path / "a.csv", "mr,ref\na,b\n"))
    assert found == "PATH: 1 defect(s)\n  line 1: no column 'text'; the columns are ['mr', 'ref']"


def test_a_csv_with_a_column_twice_is_refused(tmp_path):
    found = message(write(tmp_path / "a.csv", "text,n,n\na,b,c\n"))
    assert found == "PATH: 1 defect(s)\n  line 1: column 'n' is there twice"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("", "the line is empty"),
        ('{"text": "x"', "malformed JSON (Expecting ',' delimiter at column 13)"),
        ("text", "malformed JSON (Expecting value at column 1)"),
        ("[1]", "a list, not an object with the column(s) ['text']"),
        ('{"ref": "x", "n": 1}', "no column 'text'; the columns are ['ref', 'n']"),
        ('{"text": 3}', "column 'text' must be a string, it is 3"),
        ('{"text": null}', "column 'text' must be a string, it is null"),
        ('{"text": ["x"]}', "column 'text' must be a string, it is [\"x\"]"),
        ('{"text": " "}', "column 'text' is empty"),
        ('{"text": "\\ud800"}', "column 'text' has half of a surrogate pair, which is no text"),
    ],
)
def test_a_malformed_json_line_is_named(line, fault, tmp_path):
    path = write(tmp_path / "a.jsonl", f'{{"text": "ok"}}\n{line}\n{{"text": "ok"}}\n')
    assert message(path) == f"PATH: 1 defect(s)\n  line 2: {fault}"


def test_many_defects_are_counted_and_the_first_ten_shown(tmp_path):
    found = message(write(tmp_path / "a.csv", "text,n\n" + "x\n" * 13)).split("\n")
    assert found[0] == "PATH: 13 defect(s)"
    assert len(found) == 12
    assert found[10].strip() == "line 11: 1 field(s), the header has 2"
    assert found[11].strip() == "and 3 more"


def test_a_file_that_datasets_reads_otherwise_is_refused(tmp_path):
    # the loader takes a column of nothing but dates for times
    found = message(write(tmp_path / "a.jsonl", '{"text": "2024-01-01"}\n{"text": "2024-01-02"}\n'))
    assert found.startswith("PATH: record 0 is '2024-01-01', but datasets reads datetime")


def test_reading_shows_no_progress_and_leaves_the_bars_as_they_were(tmp_path, monkeypatch):
    import datasets

    shown = io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    table(write(tmp_path / "a.csv.gz", "text,n\nx,1\n"))
    assert shown.getvalue() == ""
    before = datasets.are_progress_bars_disabled()
    with quiet():
        assert datasets.are_progress_bars_disabled()
    assert datasets.are_progress_bars_disabled() == before
