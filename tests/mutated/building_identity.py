"""Ids that do not stay or are not their own."""

FILE = "textdiff_lite/course/building/identity.py"
TESTS = ["tests/course/test_building_convert.py"]
MUTANTS = [
    ("cell.text.encode()", "str(cell.line).encode()", "an id changes when a cell before it grows"),
    ('name if seen[name] == 1 else f"{name}-{seen[name]}"', "name", "two cells of one text share an id"),
    ('f"{slug(cell.check)}-check"', "slug(cell.check)", "a check has the id of its exercise"),
    ('r"[^a-zA-Z0-9]+", "-"', 'r"[^a-zA-Z0-9.]+", "-"', "an id with a dot, which no notebook may have"),
]
