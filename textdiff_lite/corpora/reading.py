"""Text files as `datasets`, after a pass that names file and line of every defect.

`datasets` alone turns short rows and «NA» into None and speaks of positions instead of lines, so each file is
read twice: here strictly, then by `datasets`, and both must agree.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datasets

# no .txt.gz: `datasets` forgets the encoding there and takes the machine's
SUFFIXES = (".txt", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
SHOWN = 10

Record = dict[str, str]


def suffix(path: Path) -> str | None:
    """The kind of a file by its name, one of SUFFIXES; None for anything else."""
    return next((known for known in SUFFIXES if path.name.endswith(known)), None)


def read(files: Mapping[str, Path], columns: Mapping[str, str]) -> "datasets.DatasetDict":
    """Splits read from .txt (a sentence a line), .csv or .jsonl files, in UTF-8, with a byte order mark or without.

    files: split -> file; .csv and .jsonl may be compressed by gzip (.csv.gz).
    columns: name in the file -> name in the result; other columns are left out. A .txt file has the one column "text".

    Text stays as it is: «NA», «null» and «007» are three texts.

    Raises ValueError for a file that is missing, empty, not UTF-8, damaged or of another kind, a CSV row with the wrong
    number of fields, a malformed JSON line, a missing column, and a text that is empty or not a string.
    """
    import datasets

    return datasets.DatasetDict({split: _read(split, path, columns) for split, path in files.items()})


def records(path: Path, columns: Mapping[str, str]) -> list[Record]:
    """The strict reading of one file; raises the ValueErrors of `read`, with all lines that are at fault."""
    kind = suffix(path)
    if kind is None:
        raise ValueError(f"{path}: the name must end in one of {list(SUFFIXES)}")
    if kind == ".txt" and list(columns) != ["text"]:
        raise ValueError(f"{path}: a .txt file has no columns, so text_column must be left out, got {list(columns)}")
    text = content(path)
    good: list[Record] = []
    bad: list[str] = []
    for line, found in _PARSERS[kind.removesuffix(".gz")](text, columns):
        if isinstance(found, str):
            bad.append(f"line {line}: {found}")
        else:
            good.append(found)
    if bad:
        more = [f"and {len(bad) - SHOWN} more"] if len(bad) > SHOWN else []
        raise ValueError("\n  ".join([f"{path}: {len(bad)} defect(s)", *bad[:SHOWN], *more]))
    if not good:
        raise ValueError(f"{path}: the file has a header and no rows")
    return good


def content(path: Path) -> str:
    """A whole UTF-8 file, decompressed, without its byte order mark; line ends are left as they are.

    Raises ValueError if it is missing, empty, damaged or not UTF-8.
    """
    if not path.is_file():
        raise ValueError(f"{path}: " + ("this is no file" if path.exists() else "the file does not exist"))
    raw = path.read_bytes()
    if path.name.endswith(".gz") and raw:
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: damaged gzip file ({error})") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(f"{path}: 1 defect(s)\n  line {line}: not UTF-8 (byte {raw[error.start]:#04x})") from error
    if not text.strip():
        raise ValueError(f"{path}: the file is empty")
    return text


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars of `datasets` inside; afterwards they are as they were."""
    import datasets

    shown = not datasets.are_progress_bars_disabled()
    if shown:
        datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()


def _read(split: str, path: Path, columns: Mapping[str, str]) -> "datasets.Dataset":
    import datasets
    from datasets.exceptions import DatasetGenerationError

    strict = records(path, columns)
    kind = str(suffix(path)).removesuffix(".gz")
    # the loader takes the path for a pattern, in which brackets and stars would mean something
    pattern = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
    options: dict[str, Any] = {}
    if kind == ".csv":
        header = next(csv.reader(io.StringIO(content(path), newline="")))
        # a column of strings, or «007» would become a number
        strings = datasets.Features({name: datasets.Value("string") for name in header})
        options = {"features": strings, "keep_default_na": False, "encoding": "utf-8-sig"}
    elif kind == ".txt":
        options = {"encoding": "utf-8-sig"}
    loader = {".txt": "text", ".csv": "csv", ".jsonl": "json"}[kind]
    try:
        with quiet():
            table = datasets.load_dataset(loader, data_files={split: pattern}, split=split, **options)
    except (DatasetGenerationError, ValueError) as error:
        raise ValueError(f"{path}: datasets cannot read it: {error.__cause__ or error}") from error
    table = table.select_columns(list(columns)).rename_columns({k: v for k, v in columns.items() if k != v})
    read_again = table[:]
    for name, ours in columns.items():
        written = [record[name] for record in strict]
        if list(read_again[ours]) != written:
            pairs = enumerate(zip_longest(written, read_again[ours]))
            number, (one, other) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
            raise ValueError(f"{path}: record {number} is {one!r}, but datasets reads {other!r}")
    return table


def _parse_txt(text: str, columns: Mapping[str, str]) -> Iterator[tuple[int, Record | str]]:
    del columns
    for line, sentence in enumerate(io.StringIO(text, newline=None), start=1):
        sentence = sentence.removesuffix("\n")
        yield line, {"text": sentence} if sentence.strip() else "the line is empty"


def _parse_csv(text: str, columns: Mapping[str, str]) -> Iterator[tuple[int, Record | str]]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for row in rows:
            if header is None:
                header = row
                fault = _header_fault(header, columns)
                if fault:
                    yield line, fault
                    return
            elif len(row) != len(header):
                yield line, f"{len(row)} field(s), the header has {len(header)}"
            else:
                found = {name: row[header.index(name)] for name in columns}
                empty = next((name for name, value in found.items() if not value.strip()), None)
                yield line, found if empty is None else f"column {empty!r} is empty"
            # a record may span several lines; its first one is named
            line = rows.line_num + 1
    except csv.Error as error:
        yield line, f"malformed CSV ({error})"


def _header_fault(header: list[str], columns: Mapping[str, str]) -> str | None:
    for name in columns:
        if name not in header:
            return f"no column {name!r}; the columns are {header}"
    twice = next((name for name in header if header.count(name) > 1), None)
    return None if twice is None else f"column {twice!r} is there twice"


def _parse_jsonl(text: str, columns: Mapping[str, str]) -> Iterator[tuple[int, Record | str]]:
    lines = text.split("\n")
    if not lines[-1].strip():
        lines.pop()
    for line, source in enumerate(lines, start=1):
        if not source.strip():
            yield line, "the line is empty"
            continue
        try:
            found = json.loads(source)
        except json.JSONDecodeError as error:
            yield line, f"malformed JSON ({error.msg} at column {error.colno})"
            continue
        yield line, _json_fault(found, columns) or {name: found[name] for name in columns}


def _json_fault(found: object, columns: Mapping[str, str]) -> str | None:
    if not isinstance(found, dict):
        return f"a {type(found).__name__}, not an object with the column(s) {list(columns)}"
    for name in columns:
        if name not in found:
            return f"no column {name!r}; the columns are {list(found)}"
        if not isinstance(found[name], str):
            return f"column {name!r} must be a string, it is {json.dumps(found[name])[:40]}"
        if not found[name].strip():
            return f"column {name!r} is empty"
        if any("\ud800" <= letter <= "\udfff" for letter in found[name]):
            return f"column {name!r} has half of a surrogate pair, which is no text"
    return None


_PARSERS = {".txt": _parse_txt, ".csv": _parse_csv, ".jsonl": _parse_jsonl}
