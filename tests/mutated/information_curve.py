"""Wrong information, and schedules that lose it unevenly."""

FILE = "textdiff_lite/schedules/information_curve.py"
TESTS = ["tests/schedules/test_information_curve.py"]
MUTANTS = [
    ("torch.special.entr(p @ transition).sum()", "torch.special.entr(p).sum()", "entropy of x_0, not of x_t"),
    (
        "p @ torch.special.entr(transition).sum(-1)",
        "torch.special.entr(transition).sum(-1).mean()",
        "rows weighted alike",
    ),
    (
        "p @ torch.special.entr(transition).sum(-1)",
        "(torch.special.entr(transition) @ p[: transition.shape[1]]).sum()",
        "columns weighted, not rows",
    ),
    ("p @ torch.special.entr(transition).sum(-1)", "p @ (-transition * transition.log()).sum(-1)", "0 log 0 is nan"),
    (
        "return torch.special.entr(p @ transition).sum() - p @ torch.special.entr(transition).sum(-1)",
        "return (torch.special.entr(p @ transition).sum() - p @ torch.special.entr(transition).sum(-1)) / 0.6931471805599453",
        "bits",
    ),
    ("    p, transition = p.double(), transition.double()\n", "", "float32 stays float32"),
    (
        '    for word, row in enumerate(transition):\n        _check_law(f"row {word} of transition", row)\n',
        "",
        "rows are not checked",
    ),
    ('    _check_law("p", p)\n', "", "p is not checked"),
    (
        "if not ((law >= 0).all() and abs(float(law.sum()) - 1) <= 1e-6):",
        "if not abs(float(law.sum()) - 1) <= 1e-6:",
        "a negative number is let in",
    ),
    (
        "if not ((law >= 0).all() and abs(float(law.sum()) - 1) <= 1e-6):",
        "if not (law >= 0).all():",
        "any sum is let in",
    ),
    (
        "p.ndim != 1 or transition.ndim != 2 or len(p) != len(transition)",
        "p.ndim != 1 or transition.ndim != 2",
        "a row too few is let in",
    ),
    (
        "p.ndim != 1 or transition.ndim != 2 or len(p) != len(transition)",
        "transition.ndim != 2 or len(p) != len(transition)",
        "a table for p is let in",
    ),
    (
        "p.ndim != 1 or transition.ndim != 2 or len(p) != len(transition)",
        "p.ndim != 1 or len(p) != len(transition)",
        "a row for the table is let in",
    ),
    ('    at_least_one("T", T)\n', "", "no steps are let in"),
    ("if not entropy > 0:", "if not entropy >= 0:", "one word is let in: 0 / 0"),
    ("if kept < 1 - 1e-9:", "if kept < 0.5:", "a noisy family(1) is let in"),
    ("if left > 1e-9:", "if left > 0.5:", "a family(0) that remembers is let in"),
    ("< 1 - i / T else", "< i / T else", "information rises"),
    ("< 1 - i / T else", "< 1 - i / (T + 1) else", "a step too many"),
    ("< 1 - i / T else", "> 1 - i / T else", "the wrong half"),
    ("< 1 - i / T else", "< (1 - i / T) ** 2 else", "not at a constant rate"),
    (".double()) / entropy)", ".double()))", "nats, not a share"),
    ("for _ in range(53):", "for _ in range(20):", "six digits"),
    ("survivals.append(high)", "survivals.append(1 - i / T)", "the mask kernel's schedule for all"),
    ("(*survivals, 0.0)", "(*survivals,)", "the last step is lost"),
]
