"""Wrong versions of corpora/sources.py."""

FILE = "textdiff_lite/corpora/sources.py"
TESTS = ["tests/corpora/test_sources.py"]
MUTANTS = [
    ('"human_reference": "text"', '"human_reference": "mr"', "hub columns mixed up"),
    (
        '"validation": "devset.csv", "test": "testset_w_refs.csv"',
        '"validation": "testset_w_refs.csv", "test": "devset.csv"',
        "splits swapped",
    ),
]
