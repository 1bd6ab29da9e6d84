"""Wrong nodes of a grammar."""

FILE = "textdiff_lite/corpora/grammar/nodes.py"
TESTS = ["tests/corpora/test_grammar_nodes.py"]
MUTANTS = [
    ("if not value or any(c.isspace() for c in value):", "if not value:", "a word with a space is let in"),
    ("not (self.label and self.children):", "not self.label:", "a label over nothing is let in"),
    ("if not values or len(set(values)) != len(values):", "if not values:", "a value is listed twice"),
    ("if listed == value:", "if listed != value:", "the branch of another value"),
    (" + (() if node.otherwise is None else (node.otherwise,))", "", "the other branch is no child"),
    ("waiting += reversed(children(top))", "waiting += children(top)", "children from right to left"),
    ("own = {node.feature} if isinstance(node, Case) else set()", "own = set()", "a case looks at nothing"),
    ("under = (self._slots[node.slot],)", "under = ()", "the features of a slot are forgotten"),
    ("return (node, *(features[f] for f in self(node)))", "return (node,)", "one value for all features"),
    ("if not (isfinite(p) and p > 0):", "if not (isfinite(p) and p >= 0):", "an impossible option is let in"),
    ("abs_tol=1e-9)", "abs_tol=1e-7)", "a sum far from 1 is let in"),
    ("not isclose(sum(probabilities), 1, abs_tol=1e-9)", "sum(probabilities) != 1", "a rounding error is refused"),
]
