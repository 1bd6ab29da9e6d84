"""Wrong hybrid losses."""

FILE = "textdiff_lite/objectives/hybrid.py"
TESTS = ["tests/objectives/test_hybrid.py"]
MUTANTS = [
    ('if not 0 <= auxiliary < float("inf"):', 'if not auxiliary < float("inf"):', "a negative share"),
    ('if not 0 <= auxiliary < float("inf"):', "if not 0 <= auxiliary:", "an infinite share"),
    ('if not 0 <= auxiliary < float("inf"):', 'if auxiliary < 0 or auxiliary == float("inf"):', "nan"),
    ("(t > 0) & (auxiliary > 0)", "(t >= 0) & (auxiliary > 0)", "a given token pays"),
    ("(t > 0) & (auxiliary > 0)", "t > 0", "0 times infinity"),
    ("(t > 0) & (auxiliary > 0)", "(x_t != x0) & (t > 0) & (auxiliary > 0)", "changed places alone"),
    ("parts.total", "parts.diffusion", "no last term"),
    ("parts.total", "parts.total / steps", "the mean over steps"),
    ("parts.total", "parts.total + auxiliary * nats", "the share counted twice"),
    ("auxiliary * nats}", "nats}", "not weighed"),
    ("auxiliary * nats}", "auxiliary * steps * nats}", "weighed as in the released code"),
]
