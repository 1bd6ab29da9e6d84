"""Wrong orders of the data."""

FILE = "textdiff_lite/training/order.py"
TESTS = ["tests/training/test_order.py"]
MUTANTS = [
    ("np.arange(step * self.batch, (step + 1) * self.batch)", "np.arange(step, step + self.batch)", "batches overlap"),
    (
        'derived_seed("rows", seed, epoch, block)',
        'derived_seed("rows", seed, block)',
        "every epoch has the same order within a block",
    ),
    ('derived_seed("rows", seed, epoch, block)', 'derived_seed("rows", epoch, block)', "the seed is ignored"),
    (
        'np.random.default_rng(derived_seed("rows", seed, epoch, block)).permutation(length)',
        "np.arange(length)",
        "no shuffle",
    ),
    ('side="right") - 1', 'side="left") - 1', "the first row of a block falls into the one before"),
    (
        "np.minimum(BLOCK, self.rows - order * BLOCK)",
        "np.full(blocks, BLOCK)",
        "the last block is taken for a full one",
    ),
    ("np.cumsum(lengths) - lengths", "np.cumsum(lengths)", "every block begins where it ends"),
    ("return first + np.random", "return np.random", "every block is the first"),
    ('"/".join(map(str, parts))', '"".join(map(str, parts))', "1, 2 and 12 give the same seed"),
    ('derived_seed("draws", seed, step)', 'derived_seed("draws", seed)', "every step has the same noise"),
    ('derived_seed("draws", seed, step)', 'derived_seed("draws", step)', "every seed has the same noise"),
    ("if self.rows < 1:", "if self.rows < 0:", "an empty split is accepted"),
]
