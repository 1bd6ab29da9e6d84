"""A door to the exercises that says the wrong thing or gives back the wrong function."""

FILE = "textdiff_lite/course/exercises.py"
TESTS = ["tests/course/test_exercises.py"]
MUTANTS = [
    ('if keep not in (None, "mine")', "if False", "an unknown option is taken"),
    ("if isinstance(answer, Ours):", "if False:", "the library's version passes as the learner's"),
    (
        "        _say(_memory.note)\n        return answer",
        "        _say(_memory.note)\n        return Ours(exercise)",
        "the learner's right answer is not used",
    ),
    ("    _passed.discard(key)\n", "", "a later miss is graded as a pass"),
    ('keep == "mine" and callable(answer)', 'keep == "mine"', "a number goes on as a function"),
    ("return answer if mine else Ours(exercise)", "return Ours(exercise)", "the learner's garbage can't be seen"),
    (
        "any(mistake.name == state.mistake for",
        "state.mistake and any(True for",
        "the cure of a mistake that is no more",
    ),
    ("        state.mistake = None\n    elif", "    elif", "the cure comes for ever"),
    ("        state.hints += 1\n", "", "the first hint for ever"),
    (
        "elif state.hints < len(exercise.hints)",
        "elif state.hints < len(exercise.hints) - 1",
        "the last hint is withheld",
    ),
    ("done += state.passed", "done += state.checks > 0", "tried is passed"),
    ("0 if state.passed else exercise.minutes", "exercise.minutes", "minutes of what is done"),
    ('if os.environ.get("NBGRADER_EXECUTION") and key', "if key", "a learner meets the assertion"),
    ('os.environ.get("NBGRADER_EXECUTION") and key not in _passed', "False", "grading never fails"),
    (
        'if guess is None and not os.environ.get("TEXTDIFF_REVEAL")',
        "if guess is None",
        "the teacher's copy shows nothing",
    ),
    ('if guess is None and not os.environ.get("TEXTDIFF_REVEAL")', "if False", "the answer before the guess"),
    ("    if draw is not None:\n        draw()", "", "no picture"),
    ("_plain(str(guess)) == _plain(fact)", "_plain(str(guess)) != _plain(fact)", "yes for no"),
    ("    _passed.add(key)\n", "", "a pass is not graded"),
    (
        "state.passed, state.misses, state.mistake = True, 0, None",
        "state.passed = True",
        "the ladder goes on after a pass",
    ),
    ("    state.misses += 1\n", "", "the mistake is never named"),
    ("if state.misses == 1:", "if state.misses == 0:", "the mistake is named at once"),
    ("        state.mistake = verdict.mistake.name\n", "", "no cure of a named mistake"),
    (
        "        if verdict.where != verdict.first:\n            lines.append(verdict.where)\n",
        "",
        "no input for an unknown mistake",
    ),
    (
        "    _memory.read()\n    state = _memory.of(key)\n    if verdict",
        "    state = _memory.of(key)\n    if verdict",
        "checks forget other kernels",
    ),
]
