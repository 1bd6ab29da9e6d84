"""Wrong metadata: what nbgrader and nbval would read."""

FILE = "textdiff_lite/course/building/convert.py"
TESTS = ["tests/course/test_building_convert.py"]
MUTANTS = [
    ('"solution": False, "locked": True, "points"', '"solution": False, "locked": False, "points"', "a check is open"),
    ('"points": points}', '"points": 1}', "every check has one point"),
    ('kind | {"grade": False, "solution": True,', 'kind | {"grade": True, "solution": True,', "graded by hand"),
    ('            cell.metadata["editable"] = False\n', "            pass\n", "a learner may change the check"),
    ('        cell.metadata["deletable"] = False\n', "", "a learner may delete a graded cell"),
    ('VARIES = ("picture", "training")', 'VARIES = ("training",)', "pictures are compared"),
    ("cell.source = without_solutions(cell.source)", "pass", "the learner gets the solution"),
    ("SCHEMA = 3", "SCHEMA = 2", "nbgrader refuses the metadata"),
    ("*cell.tags, *([IGNORE] if varies else [])", "*([IGNORE] if varies else [])", "our own tags are lost"),
]
