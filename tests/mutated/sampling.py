"""Wrong samples of a grammar."""

FILE = "textdiff_lite/corpora/grammar/sampling.py"
TESTS = ["tests/corpora/test_grammar_sampling.py"]
MUTANTS = [
    (
        "return self.log_prob_of_record + self.log_prob_of_wording",
        "return self.log_prob_of_wording",
        "the record is free",
    ),
    ("number = next(self._numbers)", "number = len(self._draws)", "all choices share one draw"),
    ("[next(self._numbers) for _ in grammar.features]", "[0 for _ in grammar.features]", "all features share one draw"),
    ("if len(records) != len(keys):", "if len(records) > len(keys):", "keys without records"),
    (
        "self._features(block, self.grammar.plan)",
        "self._features(block, self.grammar.features)",
        "the record is drawn, not given",
    ),
    ("                text.put(row, said)\n", "                pass\n", "the slots are drawn, not given"),
    ("kind = RECORD if feature in self.grammar.record else WORDING", "kind = WORDING", "features are wording"),
    ("WORDING if text is block.text else RECORD, rows", "WORDING, rows", "the words of slots are wording"),
    ("new = rows[said.lengths(rows) == 0]", "new = rows", "a slot grows at every mention"),
    (
        "uniforms(block.keys[rows], self._number)",
        "uniforms(block.keys, self._number)[: len(rows)]",
        "draws follow the place in the block",
    ),
    ("self._log_law = np.log(law)", "self._log_law = np.array(law)", "a probability for its logarithm"),
    ("self.next[rows] = place + lengths", "self.next[rows] = place + table.shape[1]", "a gap after short words"),
    ("np.full((rows, width - 1), 2.0)", "np.zeros((rows, width - 1))", "a short row draws beyond its end"),
    ("[code[feature.name][value] for _, value in law]", "range(len(law))", "values by their place in the row"),
    ("row = row * size + features[name]", "row = row + features[name]", "combinations of parents share a row"),
]
