"""Wrong counts and wrong company."""

FILE = "textdiff_lite/corpora/statistics.py"
TESTS = ["tests/corpora/test_statistics.py"]
MUTANTS = [
    ("WINDOW = 2", "WINDOW = 1", "only the next word"),
    ("WINDOW = 2", "WINDOW = 3", "three places"),
    (
        '    ids = corpus.ids("train", np.arange(min(rows, ',
        '    ids = corpus.ids("validation", np.arange(min(rows, ',
        "another split is counted",
    ),
    (
        '    ids = corpus.ids("train", np.arange(min(rows, corpus.sizes["train"])))',
        '    ids = corpus.ids("train", np.arange(corpus.sizes["train"]))',
        "rows ignored (counts)",
    ),
    (
        '    ids = corpus.ids("train", np.arange(min(rows, corpus.sizes["train"])))',
        '    ids = corpus.ids("train", np.arange(rows))',
        "more rows than there are",
    ),
    ("minlength=corpus.info.vocab))", "minlength=0))", "words that never come have no number"),
    ("if not 1 <= width <= words:", "if not 0 <= width <= words:", "no width is let in"),
    ("if not 1 <= width <= words:", "if width < 1:", "too wide is let in"),
    ('torch.from_numpy(corpus.ids("train", ', 'torch.from_numpy(corpus.ids("test", ', "vectors of another split"),
    (
        'torch.from_numpy(corpus.ids("train", np.arange(min(rows, corpus.sizes["train"]))))',
        'torch.from_numpy(corpus.ids("train", np.arange(corpus.sizes["train"])))',
        "rows ignored (vectors)",
    ),
    ("range(1, WINDOW + 1)", "range(1, WINDOW)", "one place less"),
    ("range(1, WINDOW + 1)", "range(WINDOW + 1)", "a word is beside itself"),
    ("together = together + together.T", "together = together", "only what follows"),
    ("of_word = together.sum(1)", "of_word = together.diagonal()", "not the sum"),
    ("of_word[:, None] * of_word / of_word.sum()", "of_word[:, None] * of_word", "not over the sum"),
    (
        "of_word[:, None] * of_word / of_word.sum()",
        "of_word[:, None] * of_word.sum() / len(of_word)",
        "one frequency only",
    ),
    ("1.0).log().clamp(min=0)", "1.0).log()", "rarer than by chance counts"),
    ("1.0).log().clamp(min=0)", "1.0)", "no logarithm"),
    ("vectors = u[:, :width] * s[:width].sqrt()", "vectors = u[:, :width]", "directions not weighted"),
    ("vectors = u[:, :width] * s[:width].sqrt()", "vectors = u[:, :width] * s[:width]", "no root"),
    ("vectors = u[:, :width] * s[:width].sqrt()", "vectors = u[:, -width:] * s[-width:].sqrt()", "the smallest"),
    ("alone = surprise.sum(1) == 0", "alone = of_word == 0", "company by chance alone is 0"),
    ("alone = surprise.sum(1) == 0", "alone = of_word < 0", "words that never come are 0"),
    ("1.0 if bool(alone.all()) else vectors[~alone].mean(0)", "vectors[~alone].mean(0)", "nan where all is chance"),
    ("else vectors[~alone].mean(0)", "else vectors.mean(0)", "the mean with zeros"),
    ("else vectors[~alone].mean(0)", "else vectors[~alone][0]", "the vector of the first word"),
]
