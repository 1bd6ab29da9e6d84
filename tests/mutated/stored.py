"""Wrong versions of corpora/stored.py."""

FILE = "textdiff_lite/corpora/stored.py"
TESTS = ["tests/corpora/test_stored.py", "tests/corpora/test_files.py"]
MUTANTS = [
    ("max(longest.values()) + 1", "max(longest.values())", "no room for the end of the longest sentence"),
    ("max(longest.values()) + 1", 'longest["train"] + 1', "a canvas that test sentences do not fit into"),
    (
        'rules.vocabulary(unit, texts["train"], min_count)',
        "rules.vocabulary(unit, [t for p in texts.values() for t in p], min_count)",
        "words of the test split in the vocabulary",
    ),
    ("len(row) + 1 <= max_length", "len(row) <= max_length", "the end is not counted in max_length"),
    ("unknown[split] / words[split]", "unknown[split] / self._table[split].size", "unknown rate over padding too"),
    ("table == info.unk", "table == info.end", "unknown rate counts ends"),
    ("left_out[split] = len(part) - len(rows)", "left_out[split] = len(rows)", "left out counts the kept"),
    ("table[number, len(row)] = 1", "table[number, len(row) - 1] = 1", "the end overwrites the last word"),
    ("np.int16 if vocab <= np.iinfo(np.int16).max else np.int32", "np.int16", "ids beyond 32,767 overflow"),
    (
        "fingerprint(rules.PATTERNS[unit], vocabulary, length, texts)",
        "fingerprint(rules.PATTERNS[unit], vocabulary, length)",
        "a fingerprint blind to the sentences",
    ),
    ("kept[split] = [part[i] for i in rows]", "kept[split] = part[: len(rows)]", "texts and ids out of step"),
]
