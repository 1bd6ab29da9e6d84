"""The learner's door to the exercises: check, hint, solution, progress, predict. Everything here prints."""

import inspect
import os
import textwrap
from collections.abc import Callable
from typing import Any

from textdiff_lite.course import catalogue
from textdiff_lite.course.judging import Verdict, judge
from textdiff_lite.course.memory import Memory, State
from textdiff_lite.course.ours import Ours

WIDTH = 100  # of the printed lines

_memory = Memory()
_passed: set[str] = set()  # in this process: what grading counts


def check(key: str, answer: Any, keep: str | None = None) -> Any:
    """Print the verdict on an answer; return it if it is right, else the library's version.

    keep: "mine" returns the answer whatever the verdict, so that a mistake can be seen at work.
    Raises ValueError for an unknown key.
    """
    if keep not in (None, "mine"):
        raise ValueError(f'keep must be "mine" or left out, got {keep!r}')
    exercise = catalogue.find(key)
    if isinstance(answer, Ours):
        _say(
            f"{key} · this is the library's version, which the last check put in place of yours. "
            "Run the cell of your own function first, then this one."
        )
        return answer
    verdict = judge(exercise, answer)
    _memory.read()
    state = _memory.of(key)
    if verdict.kind == "right":
        _right(key, state, exercise.established, verdict)
        _say(_memory.note)
        return answer
    _passed.discard(key)
    mine = keep == "mine" and callable(answer)
    ours = "The lesson goes on with your version." if mine else "The lesson goes on with our version."
    if verdict.kind == "not done":
        _say(f"{key} · not done yet ({exercise.minutes} minutes). A first hint: exercises.hint({key!r}).", ours)
    elif verdict.kind == "no function":
        _say(f"{key} · can't be checked. {verdict.first}", ours)
    else:
        _wrong(key, state, verdict, ours)
    _say(_memory.note)
    return answer if mine else Ours(exercise)


def hint(key: str) -> None:
    """Print the next hint: the cure of a mistake that was named, else one step further each time."""
    exercise = catalogue.find(key)
    _memory.read()
    state = _memory.of(key)
    if any(mistake.name == state.mistake for mistake in exercise.mistakes):
        text = exercise.mistake(str(state.mistake)).cure
        state.mistake = None
    elif state.hints < len(exercise.hints):
        text = exercise.hints[state.hints]
        state.hints += 1
        text = f"{text} ({state.hints} of {len(exercise.hints)})"
    else:
        text = f"There is no further hint. Our answer: exercises.solution({key!r})."
    _say(f"{key} · {text}")
    _memory.write()


def solution(key: str) -> None:
    """Print our answer."""
    print(textwrap.dedent(inspect.getsource(catalogue.find(key).reference)).rstrip())


def progress() -> None:
    """Print a table of all exercises, and where it is kept."""
    _memory.read()
    done = minutes = 0
    for folder in catalogue.FOLDERS:
        print(folder)
        for exercise in catalogue.of_lesson(folder):
            state = _memory.of(exercise.key)
            done += state.passed
            minutes += 0 if state.passed else exercise.minutes
            what = "passed" if state.passed else ("tried" if state.checks else "–")
            name = exercise.key.split(".")[1]
            checks = f"{state.checks} checks, {state.hints} hints" if state.checks or state.hints else ""
            print(f"  {name:<28} {'★' * exercise.difficulty:<4} {exercise.minutes:>3} min  {what:<7} {checks}".rstrip())
    print(f"{done} of {len(catalogue.everything())} passed; about {minutes} minutes of exercises are left.")
    where = f"This is kept in {_memory.file.name}, beside the notebook." if _memory.file else ""
    _say(where or "Outside the folder that `make lab` makes this is forgotten when the kernel stops.", _memory.note)


def assert_passed(key: str) -> None:
    """Raise AssertionError if the last check of this process did not pass; only while nbgrader grades."""
    if os.environ.get("NBGRADER_EXECUTION") and key not in _passed:
        raise AssertionError(f"{catalogue.find(key).key}: the check has not passed")


def wrong(key: str, name: str) -> Callable:
    """The function of a known mistake, to see what it does. Raises ValueError for an unknown key or name."""
    return catalogue.find(key).mistake(name).answer


def predict(
    guess: Any,
    truth: int | float | str | Callable[[], int | float | str],
    unit: str = "",
    draw: Callable[[], object] | None = None,
) -> None:
    """Show the truth beside a guess, then draw; without a guess show nothing and ask for one.

    truth: a number in `unit`, a word, or a function that computes it (called only when it is shown).
    The teacher's copies of the lessons set TEXTDIFF_REVEAL and see it without a guess.
    """
    if guess is None and not os.environ.get("TEXTDIFF_REVEAL"):
        print("Enter a guess in place of None, then run this cell again. A wrong one costs nothing.")
        return
    fact = truth() if callable(truth) else truth
    right = isinstance(fact, str) and _plain(str(guess)) == _plain(fact)
    said = "" if guess is None else ("Yes. " if right else f"You said {_shown(guess)}. ")
    print(f"{said}It is {_shown(fact)} {unit}".rstrip() + ".")
    if draw is not None:
        draw()


def _right(key: str, state: State, established: str, verdict: Verdict) -> None:
    _passed.add(key)
    state.checks += 1
    state.passed, state.misses, state.mistake = True, 0, None
    if verdict.remarks:
        _say(f"{key} · right, but: {' '.join(verdict.remarks)}", established)
    else:
        _say(f"{key} · right. {established}")
    _memory.write()


def _wrong(key: str, state: State, verdict: Verdict, ours: str) -> None:
    state.checks += 1
    state.misses += 1
    lines = [f"{key} · not yet. {verdict.first}"]
    if state.misses == 1:
        lines.append(f"If the next check fails too, it names the mistake if it is a known one. {ours}")
    elif verdict.mistake is not None:
        state.mistake = verdict.mistake.name
        lines += [f"A known mistake: {verdict.mistake.says}", f"Its cure: exercises.hint({key!r}). {ours}"]
    else:
        state.mistake = None
        if verdict.where != verdict.first:
            lines.append(verdict.where)
        unknown = "" if verdict.unusable else "It is none of the mistakes we know. "
        lines.append(f"{unknown}A hint: exercises.hint({key!r}). {ours}")
    _say(*lines)
    _memory.write()


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:.4g}"


def _plain(word: str) -> str:
    return " ".join(word.lower().replace("_", " ").split())


def _say(*paragraphs: str) -> None:
    for text in paragraphs:
        for line in text.splitlines():
            print(textwrap.fill(line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
