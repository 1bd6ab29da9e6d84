"""Wrong roundings and anchors."""

FILE = "textdiff_lite/objectives/embedding.py"
TESTS = ["tests/objectives/test_embedding.py"]
MUTANTS = [
    ("space.logits(x0), ids)", "space.logits(x0.detach()), ids)", "the pull through x_0 is cut"),
    ("space.logits(x0), ids)", "-space.logits(x0), ids)", "the sign of the scores"),
    ("space.logits(x0), ids)", "space.logits(x0), space.logits(x0).argmax(-1))", "the nearest word is the target"),
    ("space.logits(x0_hat), ids)", "space.logits(x0_hat.detach()), ids)", "the anchor trains no network"),
    ("space.logits(x0_hat), ids)", "space.logits(space(ids)), ids)", "rounding for anchor"),
]
