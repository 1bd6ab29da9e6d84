"""Wrong lists of sentences."""

FILE = "textdiff_lite/corpora/grammar/enumeration.py"
TESTS = ["tests/corpora/test_grammar_laws.py"]
MUTANTS = [
    ("yield said, probability * p", "yield said, p", "the probability of the features is lost"),
    ("own = {f: features[f] for f in shown}", "own = dict(features)", "a slot is given features that it does not show"),
    ("if name not in grammar.slots_of(features) or ", "if ", "values of a slot where it is not said"),
    (" or tuple(own.values()) in seen:", ":", "the same values again for other records"),
    ("            if said in found:", "            if False:", "two derivations of a slot"),
    ("            if node.slot in bound:", "            if False:", "every mention is drawn anew"),
    ("yield bound[node.slot], 1.0, bound", "yield bound[node.slot], 0.5, bound", "a later mention costs"),
    (
        "yield said, p, {**bound, node.slot: said}",
        "yield said, 1.0, {**bound, node.slot: said}",
        "the words of a slot are free",
    ),
    (
        "_in_turn(grammar, nodes[1:], features, then)",
        "_in_turn(grammar, nodes[1:], features, bound)",
        "the first mention is forgotten",
    ),
    ("yield first + rest, p * q, after", "yield rest + first, p * q, after", "parts from right to left"),
]
