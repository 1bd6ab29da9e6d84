"""Notebooks that are out of date and pass for new."""

FILE = "textdiff_lite/course/building/store.py"
TESTS = ["tests/course/test_building_build.py"]
MUTANTS = [
    ('("cell_type", "source", "metadata")', '("cell_type", "metadata")', "a changed text is not noticed"),
    ('("cell_type", "source", "metadata")', '("cell_type", "source")', "changed metadata are not noticed"),
    ("* (_digest(stored) != _digest(made))", "* False", "a changed exercise is not noticed"),
    ("if [cell.id for cell in stored.cells] != [cell.id for cell in made.cells]:", "if False:", "order is not noticed"),
]
