"""Wrong corpora of a grammar."""

FILE = "textdiff_lite/corpora/generated.py"
TESTS = ["tests/corpora/test_mini_bistro.py"]
MUTANTS = [
    ("length=longest + 1,", "length=longest,", "no place for the end"),
    ("vocabulary, VERSION, seed)", "vocabulary, VERSION)", "all seeds have one fingerprint"),
    ("row_keys(self.seed, split, rows)", 'row_keys(self.seed, "train", rows)', "all splits are one"),
    ("row_keys(self.seed, split, rows)", "row_keys(0, split, rows)", "all seeds are one"),
    (
        "return self._entropy.sentence",
        "return self._entropy.record",
        "the entropy of the record for that of the sentence",
    ),
    ("self._sample(split, part).log_prob for", "self._sample(split, part).log_prob_of_wording for", "given the record"),
    (
        "part[np.arange(len(part)), s.lengths] = 1",
        "part[np.arange(len(part)), s.lengths - 1] = 1",
        "the end on the last word",
    ),
    ("            start += len(part)\n", "", "every block is written over the first"),
    ("not a sentence of {self.info.name}", "not a sentence of bistro", "another corpus is blamed"),
]
