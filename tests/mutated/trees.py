"""Wrong trees."""

FILE = "textdiff_lite/corpora/grammar/trees.py"
TESTS = ["tests/corpora/test_grammar_parsing.py"]
MUTANTS = [
    ('f"({self.pos} {self.word})"', 'f"({self.word} {self.pos})"', "word and part of speech swapped"),
    ("inner = part.spans(end)", "inner = part.spans(start)", "every part begins where the whole does"),
    ("inner = part.spans(end)", "inner = part.spans()", "spans counted from the part's own first word"),
    ("end = inner[0][2]", "end = inner[-1][2]", "a part ends where its last constituent does"),
    (
        "return [(self.label, start, end), *within]",
        "return [*within, (self.label, start, end)]",
        "the inner before the outer",
    ),
    (
        "return [(self.label, start, end), *within]",
        "return [(self.label, start, end - 1), *within]",
        "the last word for the first outside",
    ),
]
