"""Wrong learning rates and decays."""

FILE = "textdiff_lite/training/plan.py"
TESTS = ["tests/training/test_plan.py"]
MUTANTS = [
    ("(step + 1) / self.warmup", "step / self.warmup", "the first step has no learning rate"),
    ("(1 + math.cos(math.pi * rest)) / 2", "(1 + math.cos(math.pi * rest / 2)) / 2", "it stops half way down"),
    ("(1 + math.cos(math.pi * rest)) / 2", "1 - rest", "a line for the cosine"),
    ("(step - self.warmup) / max(1, self.steps - self.warmup)", "step / self.steps", "the warm-up is counted twice"),
    ("min(self.ema, (1 + updates) / (10 + updates))", "self.ema", "a short run averages over its start"),
    ("min(self.ema,", "max(self.ema,", "the decay is never what was asked for"),
    ("if not 0 <= self.ema < 1:", "if not 0 <= self.ema <= 1:", "an average that never moves is accepted"),
    ("if not 0 < getattr(self, name) < math.inf:", "if getattr(self, name) <= 0:", "infinite numbers are accepted"),
]
