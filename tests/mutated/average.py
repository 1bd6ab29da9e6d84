"""Wrong moving averages."""

FILE = "textdiff_lite/training/average.py"
TESTS = ["tests/training/test_loop.py"]
MUTANTS = [
    ("theirs, 1 - decay)", "theirs, decay)", "the decay and its complement exchanged"),
]
