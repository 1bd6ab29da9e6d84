"""Wrong names of schedules."""

FILE = "textdiff_lite/schedules/names.py"
TESTS = ["tests/schedules/test_names.py"]
MUTANTS = [
    ('"linear": lambda: linear', '"linear": lambda: mutual_information', "alpha_bar linear, not beta"),
    ('"sqrt": lambda: sqrt,', '"sqrt": sqrt_released,', "the released form under the paper's name"),
    ('"sqrt-released": sqrt_released,', '"sqrt-released": lambda: sqrt,', "the paper's form under the released name"),
    ('"cosine": lambda: cosine', '"cosine": lambda: sqrt', "another curve"),
    ("if name not in _NAMED:", "if not name:", "a KeyError"),
]
