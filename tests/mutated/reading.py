"""Wrong versions of corpora/reading.py."""

FILE = "textdiff_lite/corpora/reading.py"
TESTS = ["tests/corpora/test_reading.py"]
MUTANTS = [
    ('"keep_default_na": False', '"keep_default_na": True', "«NA» and «null» are lost"),
    ('"features": strings, ', "", "«007» becomes a number"),
    ("line = rows.line_num + 1", "line += 1", "the line of a row counts records"),
    ('raw[: error.start].count(b"\\n") + 1', 'raw[: error.start].count(b"\\n")', "line numbers from 0"),
    ("strict=True)", "strict=False)", "a broken quote is repaired silently"),
    ("elif len(row) != len(header):", "elif len(row) < len(header):", "long rows pass"),
    ("newline=None)", 'newline="\\n")', "carriage returns stay in the text"),
    ("if list(read_again[ours]) != written:", "if False:", "what datasets reads is not compared"),
]
