"""Guards round a learner's function that do not hold."""

FILE = "textdiff_lite/course/calling.py"
TESTS = ["tests/course/test_calling.py"]
MUTANTS = [
    ("class _OutOfTime(BaseException)", "class _OutOfTime(Exception)", "an endless loop may catch its end"),
    ("guards.enter_context(_own_random_numbers())", "pass", "global random numbers are the learner's"),
    ("if not quiet and printed.text:", "if quiet and printed.text:", "prints are dropped when wanted"),
    ("    value = _clone(value)\n", "", "an answer in place is lost with the restoring"),
    ("        _restore(arguments[i], before[i])", "        pass", "what an answer writes stays"),
    ("            wait = AGAIN\n", "            return\n", "one stop that may be caught"),
    (
        "    except _OutOfTime:  # sent before `over` was set; there is no second one\n        watch.settle()\n",
        "    finally:\n        pass\n",
        "a late stop reaches the caller",
    ),
    ("        raise stopped\n", "        pass\n", "an interrupt is swallowed"),
    ("        guards.enter_context(_own_settings())\n", "", "what is set in torch stays set"),
    ("with torch.enable_grad(), np.errstate():", "with np.errstate():", "gradients stay off"),
    ("with torch.enable_grad(), np.errstate():", "with torch.enable_grad():", "numpy's errors stay set"),
    ("            torch.set_default_dtype(dtype)\n", "            pass\n", "the default dtype stays set"),
    ("kept = text[: PRINTED - len(self.text)]", "kept = text", "a flood of print"),
    ("        argument[:] = before\n", "        pass\n", "a changed list stays"),
    ('[f"line {number}"] * (number > 0)', '[f"line {number}"]', "a line below 1"),
    ("torch.manual_seed(0)", "torch.seed()", "torch's numbers differ from call to call"),
    ("np.random.seed(0)", "np.random.seed()", "numpy's numbers differ from call to call"),
    ("random.seed(0)\n        try", "random.seed()\n        try", "Python's numbers differ from call to call"),
    ("np.random.set_state(words)", "pass", "numpy's numbers are not put back"),
    ("frame.co_filename == code.co_filename", "True", "a line of the library is shown"),
    ("- code.co_firstlineno + 1", "- code.co_firstlineno", "lines counted from 0"),
    ("own and type(error) is NotImplementedError and", "type(error) is NotImplementedError and", "a helper's stub"),
    ("and not error.args", "", "an operation without a kernel is a stub"),
    (
        "return value.detach().clone()\n    if isinstance(value, (list",
        "return value\n    if isinstance(value, (list",
        "no copy",
    ),
    ("return value.clone()", "return value.detach().clone()", "the gradient is cut"),
    ("equal_nan=True", "equal_nan=False", "no number is a change"),
    ("all(_same(a, b) for", "any(_same(a, b) for", "one part of a list that stays is enough"),
]
