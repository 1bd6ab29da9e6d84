"""Wrong random numbers without a state."""

FILE = "textdiff_lite/corpora/grammar/counters.py"
TESTS = ["tests/corpora/test_grammar_sampling.py"]
MUTANTS = [
    ('f"{seed}/{stream}"', 'f"{stream}"', "all seeds are one"),
    ('f"{seed}/{stream}"', 'f"{seed}"', "all splits are one"),
    ('f"{seed}/{stream}"', 'f"{seed}{stream}"', "seed and stream run together"),
    ('"little")', '"big")', "the bytes backwards"),
    (
        "return _mix(_advance(np.full(len(rows), base, dtype=np.uint64), rows.astype(np.uint64)))",
        "return _advance(np.full(len(rows), base, dtype=np.uint64), rows.astype(np.uint64))",
        "the draws of a row are those of the next, one later",
    ),
    (
        "np.uint64((number + 1) * GAMMA & _WORD)",
        "np.uint64(number * GAMMA & _WORD)",
        "the first draw is the seed's own",
    ),
    (">> np.uint64(11)) * 2.0**-53", ">> np.uint64(12)) * 2.0**-53", "draws below one half"),
    (
        "states + (steps + np.uint64(1)) * np.uint64(GAMMA)",
        "states + steps * np.uint64(GAMMA)",
        "the first row is the seed's own",
    ),
    ("z >> np.uint64(27)", "z >> np.uint64(28)", "another second shift"),
    ("return z ^ (z >> np.uint64(31))", "return z", "the last shift is lost"),
]
