"""A memory that forgets, or writes where it must not."""

FILE = "textdiff_lite/course/memory.py"
TESTS = ["tests/course/test_exercises.py"]
MUTANTS = [
    ("if Path(MARKER).exists() else None", "", "written outside a workspace"),
    ("            file.replace(aside)\n", "", "a damaged file is overwritten"),
    ("self.note = f", "_ = f", "no word about a damaged file"),
    (
        "(json.JSONDecodeError, UnicodeDecodeError, TypeError, AttributeError)",
        "(json.JSONDecodeError, UnicodeDecodeError)",
        "unknown fields raise",
    ),
    (
        "        if self.file is not None:\n            states",
        "        if False:\n            states",
        "nothing is kept",
    ),
]
