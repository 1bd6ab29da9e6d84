"""A wrong bistro."""

FILE = "textdiff_lite/corpora/bistro.py"
TESTS = ["tests/corpora/test_bistro.py"]
MUTANTS = [
    ("length=LONGEST + 1,", "length=LONGEST,", "no place for the end"),
    ("vocabulary, VERSION, seed)", "vocabulary, VERSION)", "all seeds have one fingerprint"),
    ("row_keys(self.seed, split, rows)", 'row_keys(self.seed, "train", rows)', "all splits are one"),
    ("return _entropy().sentence", "return _entropy().record", "the entropy of the record for that of the sentence"),
    ("self._parsed(sentence).log_prob_of_wording for", "self._parsed(sentence).log_prob for", "not given the fields"),
    ("self._sample(split, part).log_prob for", "self._sample(split, part).log_prob_of_wording for", "given the fields"),
    (
        'row_keys(seed, "realise", np.arange(len(records)))',
        'row_keys(self.seed, "realise", np.arange(len(records)))',
        "the seed is ignored",
    ),
    (
        "part[np.arange(len(part)), s.lengths] = 1",
        "part[np.arange(len(part)), s.lengths - 1] = 1",
        "the end on the last word",
    ),
    ("            start += len(part)\n", "", "every block is written over the first"),
    ("ids[row][: lengths[row]]", "ids[row]", "a slot with its padding"),
]
