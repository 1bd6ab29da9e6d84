"""Comparisons that are too kind, too strict, or show the wrong number."""

FILE = "textdiff_lite/course/comparing.py"
TESTS = ["tests/course/test_comparing.py"]
MUTANTS = [
    ("one.keys() == other.keys() and", "", "a figure that is missing"),
    ("all(_agree(one[name]", "any(_agree(one[name]", "one figure is enough"),
    ("        if name not in got:", "        if False:", "a missing figure breaks the message"),
    ("if not _agree(got[name], right, tolerance)", "if True", "the first figure, whether it differs or not"),
    (
        "expected {ours}, got {theirs}",
        "expected {theirs}, got {ours}",
        "exchanged",
    ),
    ("    if got is None:", "    if False:", "nothing returned is a kind of its own"),
    ("or len(got) != len(expected)", "", "too few results"),
    ("found[0][0]", "found[-1][0] - 1", "the wrong place of a result"),
    (
        "isinstance(got, Tensor) and got.numel() == 1 and got.ndim == 0",
        "isinstance(got, Tensor)",
        "any tensor is one number",
    ),
    (
        "        if got.shape != expected.shape:",
        "        if got.numel() != expected.numel() and False:",
        "shapes are not compared",
    ),
    ("isinstance(value, (bool, np.bool_)) or (", "isinstance(value, (int, np.bool_)) or (", "1 is True"),
    ("and value.dtype == torch.bool", "", "1.0 is True"),
    ("if a.shape != b.shape:\n        return False", "if False:\n        return False", "shapes broadcast"),
    ("5 * (a_error", "50 * (a_error", "ten times the error"),
    ("5 * (a_error", "2 * (a_error", "too strict for chance"),
    ("a_error.square() + b_error.square()", "a_error.square()", "the other's error left out"),
    ("torch.where(a.isinf() | b.isinf(), a == b, (a - b).abs() <= slack)", "(a - b).abs() <= slack", "infinite slack"),
    (" | (a.isnan() & b.isnan())", "", "no number twice differs"),
    ("gap.flatten().argmax()", "gap.flatten().argmin()", "the place where it is right is shown"),
    ('if float(a_error.sum()) else ""', "", "an exact figure shown with an error"),
    ("return tuple(conformed(mine", "return list(conformed(mine", "a list stays a list"),
    ("return torch.tensor(got, dtype=torch.float64)", "return got", "a number stays a number"),
    ("for digits in (4, 6, 9, 17)", "for digits in (4,)", "expected 1, got 1"),
    ("torch.where(a.isnan() & b.isnan(), False, a != b)", "(a != b)", "no number in both is shown"),
    ("        return False\n    slack", "        pass\n    slack", "an infinite error excuses everything"),
]
