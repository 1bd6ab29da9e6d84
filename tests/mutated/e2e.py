"""Wrong versions of corpora/e2e.py."""

FILE = "textdiff_lite/corpora/e2e.py"
TESTS = ["tests/corpora/test_sources.py"]
MUTANTS = [
    ("min_count: int = 2", "min_count: int = 3", "another default than stated"),
]
