"""Rules that let a bad source pass."""

FILE = "textdiff_lite/course/building/rules.py"
TESTS = ["tests/course/test_building_source.py"]
MUTANTS = [
    ("if has_region(cell.text) and not cell.exercise:", "if False:", "a solution in a cell that nbgrader leaves"),
    ("!= (told.minutes, told.difficulty)", "!= (told.minutes, len(waiting[1]['stars']))", "the stars are not compared"),
    ("if stub is None or _face(stub) != _face(whole):", "if stub is None:", "the docstring goes with the solution"),
    ("if cell.check and cell.text != check_text(cell.check):", "if False:", "a check may hold anything"),
    ("if cell.exercise and cell.exercise not in checked:", "if False:", "an exercise without a check"),
    ("if cell.check and not any(other.exercise == cell.check for other in before):", "if False:", "a check of nothing"),
    ("alone = len(body) == 1 and ", "alone = ", "an exercise may hold more than its function"),
    ("elif said < needed:", "elif False:", "a lesson that is shorter than its exercises"),
]
