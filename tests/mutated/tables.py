"""Wrong schedules from tables."""

FILE = "textdiff_lite/schedules/tables.py"
TESTS = ["tests/schedules/test_tables.py", "tests/schedules/test_schedule.py"]
MUTANTS = [
    (
        "torch.log1p(-torch.tensor(betas, dtype=torch.float64))",
        "-torch.tensor(betas, dtype=torch.float64)",
        "exp(-beta)",
    ),
    ("dtype=torch.float64)).cumsum(0)", "dtype=torch.float64))", "one rate instead of the product of all"),
    ("logs, (1, 0))", "logs, (0, 1))", "the table shifted by one step"),
    ("torch.log1p(-torch.tensor(betas, dtype=torch.float64))", "torch.log1p(-torch.tensor(betas))", "table in float32"),
    ("if not 0 <= beta < 1:", "if not 0 <= beta <= 1:", "a rate of 1 is let in"),
    ("if not 0 <= beta < 1:", "if beta < 0 or beta >= 1:", "nan is let in"),
    ("        if not self.betas:\n", "        if self.betas is None:\n", "an empty table is let in"),
    ("torch.linspace(1e-4, 0.02, T", "torch.linspace(1e-4, 0.2, T", "the last rate ten times too large"),
    ("torch.linspace(1e-4, 0.02, T", "torch.linspace(1e-3, 0.02, T", "the first rate ten times too large"),
    ("* (1000 / T)", "* 1", "short chains destroy less"),
    (
        "rates = torch.linspace(1e-4, 0.02, T, dtype=torch.float64) * (1000 / T)",
        "rates = torch.linspace(1e-4**0.5, 0.02**0.5, T, dtype=torch.float64) ** 2 * (1000 / T)",
        "linear in the square root of beta (scaled linear)",
    ),
    ("if T <= 20:", "if T < 20:", "T = 20 is let in"),
    ("u = t * steps", "u = t * (steps - 1)", "the last step is never reached"),
    ("table[i + 1], u - i)", "table[i + 1], 0 * u)", "a staircase, not an interpolation"),
    (
        "_between(_log_alpha_bar(self.betas, t.dtype, t.device), t).exp()",
        "_between(_log_alpha_bar(self.betas, t.dtype, t.device).exp(), t)",
        "alpha_bar interpolated, not its logarithm",
    ),
    ("clamp(0, steps - 1)", "clamp(0, steps)", "an index past the end at t = 1"),
    (
        "_between(_table(self.survivals, t.dtype, t.device), t)",
        "_between(_table(self.survivals, t.dtype, t.device).log(), t).exp()",
        "its logarithm interpolated, not the survival",
    ),
    ("torch.tensor(numbers, dtype=torch.float64)", "torch.tensor(numbers)", "survivals in float32"),
    ("if len(self.survivals) < 2:", "if len(self.survivals) < 1:", "a table without a step is let in"),
    ("if self.survivals[0] != 1:", "if self.survivals[0] < 0.5:", "a start of 0.9 is let in"),
    ("if not 0 <= after <= before:", "if not 0 <= after <= 1:", "a rise is let in"),
    ("if not 0 <= after <= before:", "if not after <= before:", "below 0 is let in"),
    ("if not 0 <= after <= before:", "if after < 0 or after > before:", "nan is let in"),
    ("pairwise(self.survivals), start=1)", "pairwise(self.survivals))", "steps counted from 0"),
    ("if self.survivals[-1] == 1:", "if self.survivals[-1] > 1:", "a schedule that destroys nothing is let in"),
]
