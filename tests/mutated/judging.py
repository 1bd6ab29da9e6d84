"""Verdicts that let a wrong answer pass, refuse a right one, or name the wrong mistake."""

FILE = "textdiff_lite/course/judging.py"
TESTS = ["tests/course/test_judging.py"]
MUTANTS = [
    (
        "    if trouble:\n        return Verdict(",
        "    if False:\n        return Verdict(",
        "what is no function is called",
    ),
    ("isinstance(outcome, Raised) and outcome.untouched", "isinstance(outcome, Raised)", "every error is a stub"),
    ("isinstance(outcome, Raised) and outcome.untouched", "False", "a stub is a wrong answer"),
    ("changed.update(outcome.changed)", "changed.clear()", "written arguments pass unseen"),
    ("            break  # each", "            pass  # each", "an endless answer is waited for in every case"),
    (
        "if not _alike(own, known.truths[i], exercise.tolerance)",
        "if not i and not _alike(own, known.truths[i], exercise.tolerance)",
        "the first case alone counts",
    ),
    ("    if not failed:", "    if len(failed) < len(seen):", "one right case is enough"),
    ("remarks = [names] if names else []", "remarks = []", "no word about written arguments"),
    ("case, own = known.cases[failed[0]]", "case, own = known.cases[failed[-1]]", "the largest case is shown"),
    ("This was with {case.says}.", "", "no word on the case"),
    ("next((text for text in broken if text), where)", "where", "laws are never asked"),
    (
        '    if names:\n        first, where = f"{first}\\n{names}", f"{where}\\n{names}"\n',
        "",
        "wrong answers hear it not",
    ),
    ("inspect.isclass(answer) or not callable(answer)", "not callable(answer)", "a class is a function"),
    (
        "    except TypeError:\n        return f",
        "    except KeyError:\n        return f",
        "another signature is called",
    ),
    ("self.exercise.truth or self.exercise.reference", "self.exercise.reference", "the truth is never asked"),
    ("mistake.name not in self._mistakes", "not self._mistakes", "all mistakes are the first"),
    ("    if trouble:\n        return _Unus", "    if False:\n        return _Unus", "another shape is compared"),
    ("one.token == other.token", "True", "all failures are alike"),
    ("return equal[0] if len(equal) == 1 else None", "return equal[0] if equal else None", "the first of two is named"),
    ("        and all(_alike(own", "        and any(_alike(own", "one case is enough to be named"),
    (
        "    return outcome.value if isinstance(outcome, Returned) else None",
        "    return outcome.value",
        "a law may raise",
    ),
]
