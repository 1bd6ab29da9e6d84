"""Wrong transformer blocks."""

FILE = "textdiff_lite/networks/blocks.py"
TESTS = ["tests/networks/test_blocks.py"]
MUTANTS = [
    ("is_causal=causal)", "is_causal=True)", "every network is causal"),
    (
        "keys[:, :, : place + 1], values[:, :, : place + 1])",
        "keys[:, :, :place], values[:, :, :place])",
        "a new token does not see itself",
    ),
    (
        "F.scaled_dot_product_attention(q, keys[:, :, : place + 1], values[:, :, : place + 1])",
        "F.scaled_dot_product_attention(q, keys[:, :, : place + 1], values[:, :, : place + 1], is_causal=True)",
        "with one query the flag shows key 0 only",
    ),
    ("= k[:, :, 0], v[:, :, 0]", "= v[:, :, 0], k[:, :, 0]", "keys and values exchanged in the cache"),
    ("permute(2, 0, 3, 1, 4)", "permute(2, 0, 3, 1, 4).flip(0)", "queries and values exchanged"),
    ("(3, self.heads, -1)", "(3, -1, self.heads)", "heads and their width exchanged"),
    (
        "x = x + self.dropout(self.attention(self.attention_norm(x), causal))",
        "x = self.dropout(self.attention(self.attention_norm(x), causal))",
        "no residual round attention",
    ),
    ("self.attention(self.attention_norm(x), causal)", "self.attention(x, causal)", "no norm before attention"),
    (
        "x = x + self.dropout(self.attention.step(self.attention_norm(x), keys, values, place))",
        "x = x + self.dropout(self.attention.step(x, keys, values, place))",
        "no norm in a cached step",
    ),
    ("nn.GELU()", "nn.ReLU()", "another non-linearity"),
    ("(2 * size.layers) ** -0.5", "(2 * size.layers) ** 0.5", "what is added grows with depth"),
    ('("out.weight", "mlp.2.weight")', '("out.weight",)', "the mlp's additions are not shrunk"),
    ("std=0.02 * shrink", "std=0.2 * shrink", "a start ten times too wide"),
    ("nn.init.zeros_(weight)", "nn.init.ones_(weight)", "biases of one"),
    (
        "        return self.norm(x)\n\n    def empty_cache",
        "        return x\n\n    def empty_cache",
        "no norm at the top",
    ),
    ("        cache.filled += 1\n", "", "the cache forgets how full it is"),
    ("if not self.causal:", "if False:", "a bidirectional stack takes a cache"),
    ("cache.filled >= cache.keys.shape[3]", "cache.filled > cache.keys.shape[3]", "a full cache takes one more"),
]
