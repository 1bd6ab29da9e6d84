"""A memory that forgets, or writes where it must not."""

FILE = "textdiff_lite/course/memory.py"
TESTS = ["tests/course/test_exercises.py"]
MUTANTS = [
    ("if Path(MARKER).exists() else None", "", "written outside a workspace"),
    ("self._try(lambda: file.replace(aside))", "pass", "a damaged file is overwritten"),
    ("self.note = f", "_ = f", "no word about a damaged file"),
    ("except (ValueError, TypeError, AttributeError)", "except ValueError", "a list of something raises"),
    ("        if file is not None:\n            states", "        if False:\n            states", "nothing is kept"),
    (
        "        except OSError as error:\n            self.note = _lost(error)\n\n    def write",
        "        except KeyError:\n            pass\n\n    def write",
        "a folder for a file stops the lesson",
    ),
    (
        "        except OSError as error:\n            self.note = _lost(error)\n\n\ndef",
        "        except KeyError:\n            pass\n\n\ndef",
        "a folder without write permission stops the lesson",
    ),
    ("max(value, 0)", "value", "a hint of number -5"),
    ('isinstance(value, str if name == "mistake" else type(default))', "value is not None", "a text for a number"),
]
