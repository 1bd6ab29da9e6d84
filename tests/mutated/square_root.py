"""Wrong sqrt schedules."""

FILE = "textdiff_lite/schedules/square_root.py"
TESTS = ["tests/schedules/test_square_root.py"]
MUTANTS = [
    ("torch.where(t > 0, 1 - (t + self.s).sqrt(), 1)", "(1 - (t + self.s).sqrt())", "0.99 at t = 0"),
    ("torch.where(t > 0, 1 - (t", "torch.where(t >= 0, 1 - (t", "no clean word"),
    ("1 - (t + self.s).sqrt()", "1 - t.sqrt() - self.s", "s outside the root"),
    ("1 - (t + self.s).sqrt()", "1 - t.sqrt()", "s ignored"),
    (
        "1 - (t + self.s).sqrt()",
        "(1 - (t + self.s).sqrt()) / (1 - self.s**0.5)",
        "the released form, divided by its start",
    ),
    (", 1).clamp(min=0)", ", 1)", "below 0 at t = 1"),
    (", 1).clamp(min=0)", ", 1).abs()", "rises at the end"),
    ("_check(self.s)", "_check(0.0)", "a bad s is let in"),
    ("    _check(s)\n", "", "a bad s is let into the released form"),
    ("if not 0 <= s <= 1e-4:", "if not 0 < s <= 1e-4:", "no offset is refused"),
    ("if not 0 <= s <= 1e-4:", "if not 0 <= s < 1e-4:", "the paper's own offset is refused"),
    ("if not 0 <= s <= 1e-4:", "if not s <= 1e-4:", "a negative offset is let in"),
    ("if not 0 <= s <= 1e-4:", "if not 0 <= s <= 1e-2:", "0.5 % are left to clip"),
    ("if not 0 <= s <= 1e-4:", "if s < 0 or s > 1e-4:", "nan is let in"),
    ("1 - math.sqrt(u + s)", "1 - math.sqrt(u)", "f without s"),
    ("1 - math.sqrt(u + s)", "(1 - math.sqrt(u + s)) ** 2", "f squared"),
    (
        "min(1 - f(i / T) / f((i - 1) / T), 0.999) for",
        "min(f((i - 1) / T) - f(i / T), 0.999) for",
        "a difference, not a ratio",
    ),
    ("f((i - 1) / T), 0.999) for", "f((i - 1) / T), 0.99) for", "clipped at 0.99"),
    ("for i in range(1, T + 1)", "for i in range(1, T)", "one step few"),
    (
        "def sqrt_released(T: int = 2000, s: float = 1e-4)",
        "def sqrt_released(T: int = 1000, s: float = 1e-4)",
        "T = 1000",
    ),
    ("if T * s >= 1:", "if T * s > 1:", "0 / 0 before the last step"),
    ('    at_least_one("T", T)\n', "", "no steps are let in"),
    ("sqrt = Sqrt()", "sqrt = Sqrt(0.0)", "no offset"),
]
