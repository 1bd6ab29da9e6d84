"""Wrong orders of the data."""

FILE = "textdiff_lite/training/order.py"
TESTS = ["tests/training/test_order.py"]
MUTANTS = [
    ("divmod(start, self.rows)", "(start // self.rows, start % BLOCK)", "the second epoch begins at another place"),
    (
        'derived_seed("rows", self.seed, epoch, block)',
        'derived_seed("rows", self.seed, block)',
        "every epoch has the same order within a block",
    ),
    ('derived_seed("rows", self.seed, epoch, block)', 'derived_seed("rows", epoch, block)', "the seed is ignored"),
    ("rng.permutation(self._length(block))", "np.arange(self._length(block))", "no shuffle"),
    (
        "rng.permutation(self._length(block))",
        "rng.integers(self._length(block), size=self._length(block))",
        "rows drawn with replacement",
    ),
    (".permutation(count)", ".permutation(1).repeat(count)", "one block for all"),
    (
        'order = np.random.default_rng(derived_seed("blocks", seed, epoch)).permutation(count)',
        "order = np.arange(count)",
        "blocks in their first order",
    ),
    (
        "bisect_right(begins, place) - 1",
        "bisect_right(begins, place - 1) - 1",
        "the first row of a block falls into the one before",
    ),
    ("np.minimum(BLOCK, rows - order * BLOCK)", "np.full(count, BLOCK)", "the last block is taken for a full one"),
    ("return block * BLOCK + rng", "return rng", "every block is the first"),
    ("first = place - begins[slot]", "first = place", "places are not counted within the block"),
    ('"/".join(map(str, parts))', '"".join(map(str, parts))', "1, 2 and 12 give the same seed"),
    ('derived_seed("draws", seed, step)', 'derived_seed("draws", seed)', "every step has the same noise"),
    ('derived_seed("draws", seed, step)', 'derived_seed("draws", step)', "every seed has the same noise"),
    ("if self.rows < 1:", "if self.rows < 0:", "an empty split is accepted"),
]
