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
    ("rng.permutation(_length(self.rows, block))", "np.arange(_length(self.rows, block))", "no shuffle"),
    (
        "rng.permutation(_length(self.rows, block))",
        "rng.integers(_length(self.rows, block), size=_length(self.rows, block))",
        "rows drawn with replacement",
    ),
    (".permutation(_count(rows))", ".permutation(1).repeat(_count(rows))", "one block for all"),
    (
        'order = np.random.default_rng(derived_seed("blocks", seed, epoch)).permutation(_count(rows))',
        "order = np.arange(_count(rows))",
        "blocks in their first order",
    ),
    (
        "return np.arange(block, self.rows, _count(self.rows))",
        "return block * BLOCK + np.arange(min(BLOCK, self.rows - block * BLOCK))",
        "a block of neighbours",
    ),
    (
        "bisect_right(begins, place) - 1",
        "bisect_right(begins, place - 1) - 1",
        "the first row of a block falls into the one before",
    ),
    ("return len(range(block, rows, _count(rows)))", "return -(-rows // _count(rows))", "all blocks as long"),
    ("np.arange(block, self.rows", "np.arange(0, self.rows", "every block is the first"),
    ("first = place - begins[slot]", "first = place", "places are not counted within the block"),
    ('"/".join(map(str, parts))', '"".join(map(str, parts))', "1, 2 and 12 give the same seed"),
    ('derived_seed("draws", seed, step)', 'derived_seed("draws", seed)', "every step has the same noise"),
    ('derived_seed("draws", seed, step)', 'derived_seed("draws", step)', "every seed has the same noise"),
    ("if self.rows < 1:", "if self.rows < 0:", "an empty split is accepted"),
]
