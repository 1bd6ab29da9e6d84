"""Wrong versions of corpora/corpus.py."""

FILE = "textdiff_lite/corpora/corpus.py"
TESTS = ["tests/corpora/test_corpus.py"]
MUTANTS = [
    (
        "not 0 <= table.min() <= table.max() < self.sizes[split]",
        "not table.max() < self.sizes[split]",
        "negative rows wrap to the end of the split",
    ),
    ("table.max() < self.sizes[split]", "table.max() <= self.sizes[split]", "one row too many"),
    ("table.max() < self.info.vocab", "table.max() <= self.info.vocab", "the mask's id passes as a word"),
    ("stop = row.index(self.info.end) if", "stop = row.index(self.info.end) + 1 if", "the end is written out"),
    ("len(row) > self.info.length - 1", "len(row) > self.info.length", "a sentence without room for its end"),
    ("table[number, len(row)] = self.info.end", "table[number, -1] = self.info.end", "the end after the padding"),
    ("if encoding.ids != [i]:", "if len(encoding.ids) != 1:", "a word that the tokenizer changes is accepted"),
    ('" " if self.info.unit == "word" else ""', '" "', "characters joined by blanks"),
    (".astype(np.int64, copy=False)\n\n    def sentences", "\n\n    def sentences", "ids stay int16"),
    ("sort_keys=True", "sort_keys=False", "the fingerprint depends on the order of keys"),
]
