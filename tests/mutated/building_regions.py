"""Solutions that are not taken out as nbgrader takes them out."""

FILE = "textdiff_lite/course/building/regions.py"
TESTS = ["tests/course/test_building_convert.py"]
MUTANTS = [
    ("kept += [indent + stub for stub in STUB]", "kept += STUB", "the stub is not indented"),
    ("        elif not inside:\n", "        else:\n", "the solution is left"),
    ('("# YOUR CODE HERE", "raise NotImplementedError()")', '("raise NotImplementedError()",)', "not nbgrader's stub"),
    ("            inside = False\n", "            pass\n", "all after the region is taken too"),
]
