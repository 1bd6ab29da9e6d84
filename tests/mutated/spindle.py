"""Wrong spindles."""

FILE = "textdiff_lite/schedules/spindle.py"
TESTS = ["tests/schedules/test_spindle.py"]
MUTANTS = [
    (
        "lead = 1 + torch.special.entr(p).sum() / p.log()",
        "lead = 1 - torch.special.entr(p).sum() / p.log()",
        "the sign of the information",
    ),
    (
        "lead = 1 + torch.special.entr(p).sum() / p.log()",
        "lead = 1 + p.log() / torch.special.entr(p).sum()",
        "the ratio upside down",
    ),
    (
        "lead = 1 + torch.special.entr(p).sum() / p.log()",
        "lead = 1 - p.log().mean() / p.log()",
        "the mean over the vocabulary, not over the corpus",
    ),
    ("lead = 1 + torch.special.entr(p).sum() / p.log()", "lead = 1 - (p * p.log()).sum() / p.log()", "0 log 0 is nan"),
    ("    p = p / p.sum()\n", "", "counts for shares"),
    ("p = torch.tensor(frequencies, dtype=torch.float64)", "p = torch.tensor(frequencies)", "frequencies in float32"),
    ("return 1 - t - torch.sin", "return 1 - t + torch.sin", "frequent words go first"),
    ("torch.sin(math.pi * torch.minimum(t, 1 - t))", "torch.sin(math.pi * t)", "not exactly 0 at t = 1"),
    (
        "torch.sin(math.pi * torch.minimum(t, 1 - t))",
        "torch.sin(math.pi / 2 * torch.minimum(t, 1 - t))",
        "half a wave too slow",
    ),
    ("torch.sin(math.pi * torch.minimum(t, 1 - t))", "torch.minimum(t, 1 - t)", "a tent, not a spindle"),
    (
        "_lead(self.frequencies, t.dtype, t.device)[word]).clamp(min=0)",
        "_lead(self.frequencies, t.dtype, t.device)[word])",
        "below 0 by rounding",
    ),
    (
        "_lead(self.frequencies, t.dtype, t.device)[word]).clamp(min=0)",
        "_lead(self.frequencies, torch.float64, t.device)[word]).clamp(min=0)",
        "t's dtype is lost",
    ),
    ("if self.strength * steepest > 1:", "if self.strength * steepest > 1.01:", "a rise is let in"),
    ("if self.strength * steepest > 1:", "if self.strength * steepest > 0.99:", "the largest strength is refused"),
    ("word = int(lead.abs().argmax())", "word = int(lead.argmax())", "only rare words are checked"),
    ("word = int(lead.abs().argmax())", "word = int(lead.argmin())", "only frequent words are checked"),
    ("steepest = math.pi * abs", "steepest = abs", "strength up to pi times too large"),
    ("if not 0 <= self.strength < math.inf:", "if not self.strength < math.inf:", "a negative strength is let in"),
    ("if not 0 <= self.strength < math.inf:", "if not 0 <= self.strength:", "an infinite strength is let in"),
    ("if not 0 <= self.strength < math.inf:", "if self.strength < 0 or self.strength == math.inf:", "nan is let in"),
    ("if not 0 <= frequency < math.inf:", "if not 0 <= frequency:", "an infinite frequency is let in"),
    ("if not 0 <= frequency < math.inf:", "if not frequency < math.inf:", "a negative frequency is let in"),
    ("if not 0 <= frequency < math.inf:", "if frequency < 0 or frequency == math.inf:", "nan is let in"),
    ("for frequency in self.frequencies) < 2:", "for frequency in self.frequencies) < 1:", "one word alone is let in"),
    ("if sum(frequency > 0 for", "if sum(frequency >= 0 for", "words that never occur are counted"),
    ("            return 1 - t\n", "            return (1 - t) ** 2\n", "another reference curve"),
    ("((word >= 0) & (word < len(self.frequencies)))", "(word < len(self.frequencies))", "a negative id wraps"),
    (
        "((word >= 0) & (word < len(self.frequencies)))",
        "((word >= 0) & (word <= len(self.frequencies)))",
        "an id past the end",
    ),
    ("information.mean(1, keepdim=True)", "information.mean()", "the mean over the batch"),
    (
        "information.mean(1, keepdim=True) / information",
        "information / information.mean(1, keepdim=True)",
        "the sentence's ratio upside down",
    ),
    ("information)).clamp(0, 1)", "information)).clamp(max=1)", "below 0 is let out"),
    ("information)).clamp(0, 1)", "information)).clamp(min=0)", "above 1 is let out"),
    (
        "not ((information > 0) & information.isfinite()).all()",
        "not information.isfinite().all()",
        "no information is let in",
    ),
    (
        "not ((information > 0) & information.isfinite()).all()",
        "not (information > 0).all()",
        "infinite information is let in",
    ),
]
