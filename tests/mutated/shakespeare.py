"""Wrong versions of corpora/shakespeare.py."""

FILE = "textdiff_lite/corpora/shakespeare.py"
TESTS = ["tests/corpora/test_shakespeare.py"]
MUTANTS = [
    ("int(0.9 * len(text))", "int(0.8 * len(text))", "not nanoGPT's split"),
    (
        'self._stride = {"train": 1, "validation": window}',
        'self._stride = {"train": window, "validation": window}',
        "training rows start at multiples of the window only",
    ),
    (
        'self._stride = {"train": 1, "validation": window}',
        'self._stride = {"train": 1, "validation": 1}',
        "validation windows overlap",
    ),
    ("// self._stride[split] + 1", "// self._stride[split]", "the last window is lost"),
    ("(len(part) - window) //", "len(part) //", "windows past the end of the text"),
    ("sorted(set(text))", "list(dict.fromkeys(text))", "ids depend on the order of first appearance"),
    ("(rows * self._stride[split]).tolist()", "rows.tolist()", "sentences are not those of ids"),
]
