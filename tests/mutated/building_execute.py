"""Outputs that should not be stored, and kernels that see too much."""

FILE = "textdiff_lite/course/building/execute.py"
TESTS = ["tests/course/test_building_execute.py"]
MUTANTS = [
    ("record_timing=False", "record_timing=True", "every build differs"),
    ("if name not in UNSET}", "if name}", "the reader's corpus is stored"),
    ('({"TEXTDIFF_REVEAL": "1"} if reveal else {})', '{"TEXTDIFF_REVEAL": "1"}', "the lesson shows what it asks"),
    ('output.name == "stderr"', 'output.name == "error"', "warnings are stored"),
    ("place = cell_index", "place = 1", "the wrong cell is blamed"),
    ("if WIDGET not in output", "if output", "a dead progress bar is stored"),
    ("if compared and ADDRESS.search(text):", "if False:", "an address is compared"),
    ("coalesce_streams=True", "coalesce_streams=False", "outputs are cut where the kernel happened to flush"),
]
