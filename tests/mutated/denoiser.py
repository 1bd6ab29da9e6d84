"""Wrong denoisers."""

FILE = "textdiff_lite/networks/denoiser.py"
TESTS = ["tests/networks/test_denoiser.py"]
MUTANTS = [
    ("sinusoidal(1000 * t,", "sinusoidal(t,", "times a thousandth apart look the same"),
    (
        " + self.time(sinusoidal(1000 * t, self.positions.shape[-1]).to(x_t.dtype))",
        "",
        "the network is not told the time",
    ),
    ("sinusoidal(1000 * t,", "sinusoidal(1000 * t[:, :1],", "one time for all tokens"),
    ("        hidden = hidden + self.positions[: x_t.shape[1]]\n", "", "no positions"),
    ("blank if prev is None else prev", "blank", "the last guess is ignored"),
    ("x_t.new_zeros(*x_t", "x_t.new_ones(*x_t", "no guess is a guess of ones"),
    (
        "nn.Linear(condition, size.width, bias=False)",
        "nn.Linear(condition, size.width)",
        "the zero condition is a condition",
    ),
    ("            hidden = hidden + self.condition(condition)\n", "            pass\n", "the condition is ignored"),
    ("if self.condition is None:", "if False:", "a condition without a place for it"),
    ("causal=False", "causal=True", "the denoiser sees the left side only"),
]
