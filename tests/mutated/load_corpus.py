"""Wrong versions of corpora/__init__.py."""

FILE = "textdiff_lite/corpora/__init__.py"
TESTS = ["tests/corpora/test_load_corpus.py"]
MUTANTS = [
    ("if option not in _OPTIONS[kind]:", "if False:", "an option without effect is accepted"),
    (
        "        return MiniBistro()",
        "        from textdiff_lite.corpora.bistro import Bistro\n\n        return Bistro()",
        "the small corpus is the large one",
    ),
]
