"""Wrong records of bistro."""

FILE = "textdiff_lite/corpora/bistro_records.py"
TESTS = ["tests/corpora/test_bistro.py"]
MUTANTS = [
    (
        "for field, label in LABELS.items() if field in fields)",
        "for field, label in ((f, LABELS[f]) for f in fields))",
        "in the order in which they are given",
    ),
    (
        "return {field: said[field] for field in LABELS if field in said}",
        "return said",
        "fields in the order of the grammar",
    ),
    ("fields.get(FAMILY, ABSENT)", 'fields.get(FAMILY, "yes")', "families are welcome unless told"),
    ('if fields[field] not in ("yes", "no"):', 'if fields[field] not in ("yes", "no", ABSENT):', "absent may be said"),
    ("            shown.update(self._values[field][words][0])\n", "", "what a slot shows of the features is lost"),
    ("return total + sum(", "return total - sum(", "the sign of the slots"),
    ("return total + sum(", "return 0 * total + sum(", "the features are free"),
]
