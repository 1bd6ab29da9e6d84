"""Wrong versions of corpora/files.py."""

FILE = "textdiff_lite/corpora/files.py"
TESTS = ["tests/corpora/test_files.py"]
MUTANTS = [
    ('{0: "validation", 1: "test"}', '{0: "test", 1: "validation"}', "sides swapped"),
    ("% 20", "% 10", "80/10/10 instead of 90/5/5"),
]
