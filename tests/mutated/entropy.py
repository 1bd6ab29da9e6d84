"""Wrong entropies."""

FILE = "textdiff_lite/corpora/grammar/entropy.py"
TESTS = ["tests/corpora/test_grammar_laws.py"]
MUTANTS = [
    ("return self.record + self.given_record", "return self.record", "the wording costs nothing"),
    (
        "sum((-p * log(p) for _, p in assignments(grammar.record))",
        "sum((p * log(p) for _, p in assignments(grammar.record))",
        "the sign of the features",
    ),
    ("start=0.0) - record\n", "start=0.0)\n", "the record is counted twice"),
    (
        "record += p * of_choices(grammar.slot(slot).node, features)",
        "record += of_choices(grammar.slot(slot).node, features)",
        "a slot's words without the weight of its record",
    ),
    (
        "for slot in grammar.slots_of(features):",
        "for slot in (s.name for s in grammar.slots):",
        "slots that are not said are counted",
    ),
    ("merged[key] = merged.get(key, 0.0) + p", "merged[key] = p", "merged assignments lose their weight"),
    (
        "given_record += p * of_choices(grammar.root",
        "record += p * of_choices(grammar.root",
        "the wording is part of the record",
    ),
    ("sum(p * (h - log(p))", "sum(p * (h + log(p))", "the sign of a choice"),
    ("sum(p * (h - log(p))", "sum(h - p * log(p)", "all alternatives are made"),
    (
        "sum(p * (self(option, features) - log(p))",
        "sum(p * (self(option, features) + log(p))",
        "the sign of a choice that features change",
    ),
    (
        "sum(p * (self(option, features) - log(p))",
        "sum(p * self(option, features)",
        "a choice that features change is free",
    ),
    (" or (isinstance(node, Case) and len(set(known)) > 1)", "", "a case is its first branch"),
    (
        "known[0] if isinstance(node, Case) else sum(known, start=0.0)",
        "sum(known, start=0.0)",
        "a case is all its branches",
    ),
    ("key = self._consulted.key(node, features)", "key = (node,)", "remembered for all features"),
]
