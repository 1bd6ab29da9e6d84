"""Wrong grammars: what a record is and what mentions what."""

FILE = "textdiff_lite/corpora/grammar/grammar.py"
TESTS = ["tests/corpora/test_grammar_nodes.py", "tests/corpora/test_grammar_laws.py"]
MUTANTS = [
    ("if len(parents) != len(self.given):", "if len(parents) < len(self.given):", "a row for too many parents"),
    ("""            check_law(f"the feature {self.name!r}", [p for p, _ in law])\n""", "", "a row that is no law"),
    (
        "for _, law in self.table for _, v in law",
        "for _, law in self.table[:1] for _, v in law",
        "the values of the first row alone",
    ),
    (
        "tuple(features[g] for g in self.given)",
        "tuple(features[g] for g in reversed(self.given))",
        "the parents swapped",
    ),
    ("if parent not in earlier:", "if parent not in [f.name for f in self.features]:", "a feature given a later one"),
    (
        "{f.name: f.values for f in self.record}",
        "{f.name: f.values for f in self.features}",
        "a slot that knows the plan",
    ),
    ("            if _can_be_empty(slot.node):", "            if False:", "a slot without words"),
    ("        if never:", "        if False:", "a slot that no sentence says"),
    ("return self.record + self.plan", "return self.plan + self.record", "the plan before the record"),
    ("found.get(record, frozenset()) | law(self.root, features)", "law(self.root, features)", "one plan is looked at"),
    ("if len(found[record]) > 1:", "if len(found[record]) > 2:", "two ways with different slots"),
    (
        "                law(self._slots[name].node, features)  # raises",
        "                pass  # raises",
        "a branch that is missing in a slot",
    ),
    ("last.name: value}, probability * p", "last.name: value}, p", "the probability of the earlier features is lost"),
    (
        "for top in tops for node in inside(top) if isinstance(node, Case)",
        "for top in tops[:1] for node in inside(top) if isinstance(node, Case)",
        "the cases of slots are not seen",
    ),
    (
        "frozenset().union(*(self(n, features) for _, n in node.options))",
        "self(node.options[0][1], features)",
        "the first alternative alone",
    ),
    ("return all(_can_be_empty(child)", "return any(_can_be_empty(child)", "one empty part is enough"),
    ("return any(_can_be_empty(child)", "return all(_can_be_empty(child)", "one alternative with words is enough"),
    (
        "for top in self.tops for n in inside(top) if isinstance(n, Word)",
        "for n in inside(self.root) if isinstance(n, Word)",
        "the words of slots are no words",
    ),
    ("if not name or names.count(name) > 1:", "if names.count(name) > 1:", "an empty name"),
]
