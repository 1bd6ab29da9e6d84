"""A digest that leaves out what the outputs rest on."""

FILE = "textdiff_lite/course/building/course.py"
TESTS = ["tests/course/test_building_build.py"]
MUTANTS = [
    ("sorted({*files, *_drawings(source)})", "sorted(files)", "a changed drawing is not noticed"),
    ("sorted({*files, *_drawings(source)})", "sorted(_drawings(source))", "a changed exercise is not noticed"),
    ("hashlib.sha256(source.text.encode())", "hashlib.sha256()", "a changed source is not noticed"),
]
