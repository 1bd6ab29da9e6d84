"""Wrong errors of a guess."""

FILE = "textdiff_lite/objectives/errors.py"
TESTS = ["tests/test_objectives.py"]
MUTANTS = [
    ("(guess - target).square().mean(-1)", "(guess - target).square().sum(-1)", "sum over coordinates"),
    ("(guess - target).square().mean(-1)", "(guess - target).abs().mean(-1)", "no square"),
    ("return -logits.log_softmax(-1)", "return logits.log_softmax(-1)", "sign"),
    ("logits.log_softmax(-1).gather", "logits.gather", "logits not normalised"),
]
