"""Wrong denoisers of tokens."""

FILE = "textdiff_lite/networks/token_denoiser.py"
TESTS = ["tests/networks/test_token_denoiser.py"]
MUTANTS = [
    ("if states < words:", "if states < 0:", "words without a row in the table"),
    ("if states < words:", "if states <= words:", "a vocabulary without a mask is refused"),
    ("if min(words, length) < 1:", "if words < 1:", "a canvas of no places"),
    ("_time_mlp(size.width) if timed else None", "_time_mlp(size.width)", "the time is always looked at"),
    ("_time_mlp(size.width) if timed else None", "None", "the time is never looked at"),
    ("causal=False", "causal=True", "it sees the left side only"),
    ("dropout=dropout", "dropout=0.0", "dropout ignored"),
    ("nn.Parameter(torch.zeros(words))", "torch.zeros(words)", "the bias learns nothing"),
    (
        "not 0 <= x_t.min() <= x_t.max() < len(self.table)",
        "not 0 <= x_t.min() <= x_t.max() <= len(self.table)",
        "the first id outside is taken",
    ),
    (
        "not 0 <= x_t.min() <= x_t.max() < len(self.table)",
        "not x_t.max() < len(self.table)",
        "ids below 0 are taken",
    ),
    (" and x_t.numel() and", " and", "an empty batch breaks"),
    ("if x_t.shape[1] > len(self.positions):", "if False:", "a canvas that is too short is not named"),
    (" + self.positions[: x_t.shape[1]]", "", "no positions"),
    ("self.positions[: x_t.shape[1]]", "self.positions[-x_t.shape[1] :]", "short sentences stand at the end"),
    ("sinusoidal(1000 * t,", "sinusoidal(t,", "times a thousandth apart look the same"),
    ("sinusoidal(1000 * t,", "sinusoidal(1000 * t[:, :1],", "one time for all tokens"),
    ("self.table[: self.words], self.bias)", "self.table[: self.words])", "no bias"),
    ("self.table[: self.words]", "self.table[-self.words :]", "the mask is a word, and words move"),
    ("self.table[: self.words]", "self.table[: self.words].detach()", "the table does not learn as output"),
]
