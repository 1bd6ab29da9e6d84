"""Wrong schedules: the check of one, its rates and its inverse."""

FILE = "textdiff_lite/schedules/schedule.py"
TESTS = ["tests/schedules/test_schedule.py", "tests/schedules/test_curves.py"]
MUTANTS = [
    (
        "alpha_bar(t, word=word, position=position)\n    if a.ndim",
        "alpha_bar(t, word=word)\n    if a.ndim",
        "no position",
    ),
    (
        "alpha_bar(t, word=word, position=position)\n    if a.ndim",
        "alpha_bar(t, position=position)\n    if a.ndim",
        "no word",
    ),
    ("if not (a[0] == 1).all():", "if not (a[0] >= 0.9).all():", "alpha_bar(0) = 0.99 is let in"),
    ("outside = ~((a >= 0) & (a <= 1))", "outside = (a < 0) | (a > 1)", "nan is let in"),
    ("outside = ~((a >= 0) & (a <= 1))", "outside = ~(a >= 0)", "above 1 is let in"),
    ("outside = ~((a >= 0) & (a <= 1))", "outside = ~(a <= 1)", "below 0 is let in"),
    ("a.diff(dim=0) > 0).any(1)", "a.diff(dim=0) > 1).any(1)", "a rise is let in"),
    ("a.diff(dim=0) > 0).any(1)", "a.diff(dim=0) >= 0).any(1)", "a flat stretch is refused"),
    ("if not (a[-1] < 1).all():", "if not (a[-1] <= 1).all():", "a schedule that destroys nothing is let in"),
    ("if a.ndim != 2 or len(a) != len(t):", "if len(a) != len(t):", "a lost axis is let in"),
    ("return a / (1 - a)", "return a / (1 - a) ** 0.5", "standard deviation instead of variance"),
    ("return a / (1 - a)", "return (1 - a) / a", "noise to signal"),
    ("return 1 - a[1:] / a[:-1]", "return a[:-1] - a[1:]", "a difference, not a ratio"),
    ("t = grid(T, dtype=torch.float64).flip(0)", "t = grid(T, dtype=torch.float64)", "the chain backwards"),
    ("if (a[:-1] == 0).any():", "if (a[:-1] < 0).any():", "0 / 0 is let in"),
    ("reached = alpha_bar(middle) <= target", "reached = alpha_bar(middle) < target", "the end of a flat stretch"),
    ("reached = alpha_bar(middle) <= target", "reached = alpha_bar(middle) >= target", "the wrong half"),
    ("for _ in range(64):", "for _ in range(30):", "float32's precision"),
    ("torch.where(target < 1, high, 0)", "high", "everything survives to a time just above 0"),
    ("torch.where(target < 1, high, 0)", "torch.where(target < 1, low, 0)", "the last time at which more survives"),
    ("high, 0).to(a.dtype)", "high, 0)", "a's dtype is lost"),
    ("target = wide(a)", "target = a", "float32 all the way: a small time is lost"),
    ("not ((a >= 0) & (a <= 1)).all()", "not (a <= 1).all()", "below 0 is let in"),
    ("not ((a >= 0) & (a <= 1)).all()", "not (a >= 0).all()", "above 1 is let in"),
    ("not ((a >= 0) & (a <= 1)).all()", "((a < 0) | (a > 1)).any()", "nan is let in"),
]
