"""A wrong bistro."""

FILE = "textdiff_lite/corpora/bistro.py"
TESTS = ["tests/corpora/test_bistro.py"]
MUTANTS = [
    ("return self._entropy.given_record", "return self._entropy.record", "the entropy of the record itself"),
    ("self._parsed(sentence).log_prob_of_wording for", "self._parsed(sentence).log_prob for", "not given the fields"),
    (
        'row_keys(seed, "realise", np.arange(len(records)))',
        'row_keys(self.seed, "realise", np.arange(len(records)))',
        "the seed is ignored",
    ),
    ("ids[row][: lengths[row]]", "ids[row]", "a slot with its padding"),
]
