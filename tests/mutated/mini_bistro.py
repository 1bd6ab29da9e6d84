"""A wrong mini-bistro."""

FILE = "textdiff_lite/corpora/mini_bistro.py"
TESTS = ["tests/corpora/test_mini_bistro.py"]
MUTANTS = [
    (
        "return self._enumerated[0].clone()",
        "return self._enumerated[0]",
        "whoever changes the table changes it for all",
    ),
    ("return self._enumerated[1].clone()", "return self._enumerated[1]", "the same of its law"),
    ("for word in words), 1]", "for word in words), 0]", "no end"),
    ("dtype=torch.float64).log()", "dtype=torch.float64)", "probabilities for their logarithms"),
    ("[p for _, p in said], dtype=torch.float64)", "[p for _, p in said]).double()", "float32 under way"),
    ('SIZES = {"train": 2**20', 'SIZES = {"train": 2**10', "another size"),
    ("if not 1 <= train <=", "if not 0 <= train <=", "an empty split"),
    ('sizes = {**SIZES, "train": train}', "sizes = SIZES", "all of the training split"),
]
