"""Wrong autoregressive networks."""

FILE = "textdiff_lite/networks/autoregressive.py"
TESTS = ["tests/networks/test_autoregressive.py"]
MUTANTS = [
    (
        "F.embedding(ids[:, :-1], self.table)], dim=1)",
        "F.embedding(ids[:, 1:], self.table)], dim=1)",
        "it sees the next token",
    ),
    ("causal=True, dropout", "causal=False, dropout", "it sees all tokens"),
    ("before + self.positions[: ids.shape[1]]", "before", "no positions"),
    ("self.positions[cache.filled]", "self.positions[0]", "a cached pass stays at the first place"),
    (
        "self.start.expand(batch, -1) if last is None",
        "self.table[0].expand(batch, -1) if last is None",
        "begins with the padding",
    ),
    ("<= ids.max() < len(self.table)", "<= ids.max() <= len(self.table)", "the first id outside is taken"),
    ("== self.pad\n", "== self.pad + 1\n", "another token is impossible"),
    ("masked_fill(padding, -torch.inf)", "masked_fill(padding, 0.0)", "the padding is possible"),
]
