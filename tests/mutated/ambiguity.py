"""Wrong proofs of unambiguity."""

FILE = "textdiff_lite/corpora/grammar/ambiguity.py"
TESTS = ["tests/corpora/test_grammar_ambiguity.py"]
MUTANTS = [
    (
        "(our_ends and their_ends) if different else our_ends > 1",
        "our_ends and their_ends",
        "one path is taken for two",
    ),
    (
        "(our_ends and their_ends) if different else our_ends > 1",
        "different and our_ends and their_ends",
        "two ways to end are one",
    ),
    ("(our_ends and their_ends)", "(our_ends or their_ends)", "one path at its end is enough"),
    ("range(0 if different else i, len(seconds))", "range(i, len(seconds))", "pairs of different paths are lost"),
    (
        "range(0 if different else i, len(seconds))",
        "range(0 if different else i + 1, len(seconds))",
        "paths that stay one are lost",
    ),
    ("apart = different or i != j", "apart = i != j", "paths that parted are forgotten"),
    ("apart = different or i != j", "apart = different or first != second", "two edges to one state are one"),
    ("(firsts, seconds) in done:", "firsts in {f for f, _ in done}:", "a word is skipped for where it leads one path"),
    ("                    ends += 1", "                    ends = 1", "two ways to end are one"),
    (
        "(*targets.get(edge.word, ()), self._number[edge.target])",
        "(self._number[edge.target],)",
        "one way for each word",
    ),
    ("return tuple(reversed(words))", "return tuple(words)", "the witness backwards"),
]
