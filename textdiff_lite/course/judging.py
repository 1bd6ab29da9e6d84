"""The verdict on an answer. It knows no notebook, no memory and no print: `exercises` speaks to the learner."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch

from textdiff_lite.course.calling import Outcome, Raised, Returned, TimedOut, call
from textdiff_lite.course.comparing import agree, conformed, difference, malformed
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

SEED = 0


@dataclass(frozen=True)
class Verdict:
    """What became of an answer.

    first: what a first failure is told: the law that is broken, or the smallest input on which it differs. mistake:
    the one known mistake that it equals on every case. unusable: it gave nothing that could be compared (it raised, or
    returned something else). remarks: of a right answer, «right, but».
    """

    kind: Literal["right", "wrong", "not done", "no function"]
    first: str = ""
    where: str = ""
    mistake: Mistake | None = None
    unusable: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Unusable:
    """An outcome without figures. token: two answers that fail alike have equal ones; text: for the learner."""

    token: str
    text: str


@torch.enable_grad()
def judge(exercise: Exercise, answer: Any) -> Verdict:
    """The verdict on an answer, the same in every call."""
    trouble = _not_callable_so(exercise, answer)
    if trouble:
        return Verdict("no function", first=trouble)
    known = _known(exercise)
    seen: list[Seen | _Unusable] = []
    changed: set[int] = set()
    for i, case in enumerate(known.cases):
        arguments = case.arguments()
        outcome = call(answer, arguments, exercise.seconds, quiet=i > 0)
        if isinstance(outcome, Raised) and outcome.untouched:
            return Verdict("not done")
        if isinstance(outcome, Returned):
            changed.update(outcome.changed)
        seen.append(_observed(exercise, known.results[i], outcome, arguments))
        if isinstance(outcome, TimedOut):
            break  # each further case would take as long
    failed = [i for i, own in enumerate(seen) if not _alike(own, known.truths[i], exercise.tolerance)]
    names = _names(exercise, changed)
    if not failed:
        remarks = [names] if names else []
        remarks += [text for remark in exercise.remarks if (text := _asked(remark, answer, exercise.seconds))]
        return Verdict("right", remarks=tuple(remarks))
    case, own = known.cases[failed[0]], seen[failed[0]]
    if isinstance(own, _Unusable):
        where = f"{own.text} This was with {case.says}."
        first = where
    else:
        truth = known.truths[failed[0]]
        assert not isinstance(truth, _Unusable)
        where = f"With {case.says}, {difference(own, truth, exercise.tolerance)}."
        broken = (_asked(law, answer, exercise.seconds) for law in exercise.laws)
        first = next((text for text in broken if text), where)
    if names:
        first, where = f"{first}\n{names}", f"{where}\n{names}"
    return Verdict("wrong", first, where, _name(exercise, seen), isinstance(own, _Unusable))


def _not_callable_so(exercise: Exercise, answer: Any) -> str | None:
    name = exercise.key.split(".")[1]
    use = f"The check wants the function itself: check({exercise.key!r}, {name})"
    if inspect.isclass(answer) or not callable(answer):
        what = "a class" if inspect.isclass(answer) else f"a value of type {type(answer).__name__}"
        return f"{use}, without parentheses after {name}. It got {what}."
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return None  # some built-in functions have none; the call will tell
    wanted = inspect.signature(exercise.reference)
    try:
        signature.bind(*wanted.parameters)
    except TypeError:
        return f"Your function takes {signature}, but it is called as {name}{_plain(wanted)}."
    return None


def _plain(signature: inspect.Signature) -> str:
    return f"({', '.join(signature.parameters)})"


class _Known:
    """The cases of an exercise with the results, the truths and, when first asked for, the mistakes' figures."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.cases: list[Case] = exercise.cases(torch.Generator().manual_seed(SEED))
        self.results = [exercise.reference(*case.arguments()) for case in self.cases]
        self.truths: list[Seen | _Unusable] = [self._truth(case) for case in self.cases]
        self._mistakes: dict[str, list[Seen | _Unusable]] = {}

    def _truth(self, case: Case) -> Seen:
        arguments = case.arguments()
        result = (self.exercise.truth or self.exercise.reference)(*arguments)
        return result if isinstance(result, dict) else self.exercise.observe(result, arguments)

    def of_mistake(self, mistake: Mistake) -> list[Seen | _Unusable]:
        if mistake.name not in self._mistakes:
            seen: list[Seen | _Unusable] = []
            for case, result in zip(self.cases, self.results, strict=True):
                arguments = case.arguments()
                outcome = call(mistake.answer, arguments, self.exercise.seconds)
                seen.append(_observed(self.exercise, result, outcome, arguments))
            self._mistakes[mistake.name] = seen
        return self._mistakes[mistake.name]


@cache
def _known(exercise: Exercise) -> _Known:
    return _Known(exercise)


def _observed(exercise: Exercise, reference: Any, outcome: Outcome, arguments: tuple) -> Seen | _Unusable:
    if isinstance(outcome, TimedOut):
        at = f" It was at {outcome.where}." if outcome.where else ""
        text = f"Your function did not return within {outcome.seconds:g} seconds.{at} Is there a loop without an end?"
        return _Unusable("time", text)
    if isinstance(outcome, Raised):
        error = type(outcome.error).__name__
        at = f"At {outcome.where}, your" if outcome.where else "Your"
        text = f"{at} function raised {error}: {_words(outcome.error)}".rstrip(": .") + "."
        if isinstance(reference, bool):
            text += " It should return False where it refuses, and not raise."
        return _Unusable(f"raised {error}", text)
    trouble = malformed(outcome.value, reference)
    if trouble:
        return _Unusable(f"malformed {trouble}", trouble)
    try:
        return exercise.observe(conformed(outcome.value, reference), arguments)
    except Exception as error:  # a result that only looks like one
        return _Unusable("unreadable", f"The result can't be read: {type(error).__name__}: {error}.")


def _words(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # an error of the learner's own making
        return ""


def _alike(one: Seen | _Unusable, other: Seen | _Unusable, tolerance: float) -> bool:
    if isinstance(one, _Unusable) or isinstance(other, _Unusable):
        return isinstance(one, _Unusable) and isinstance(other, _Unusable) and one.token == other.token
    return agree(one, other, tolerance)


def _name(exercise: Exercise, seen: list[Seen | _Unusable]) -> Mistake | None:
    """The mistake that the answer equals on every case, if it is exactly one: misnaming is worse than silence."""
    known = _known(exercise)
    equal = [
        mistake
        for mistake in exercise.mistakes
        if len(of_it := known.of_mistake(mistake)) == len(seen)
        and all(_alike(own, other, exercise.tolerance) for own, other in zip(seen, of_it, strict=True))
    ]
    return equal[0] if len(equal) == 1 else None


def _names(exercise: Exercise, changed: set[int]) -> str:
    """A sentence about the arguments that were written into; empty if none was."""
    parameters = list(inspect.signature(exercise.reference).parameters)
    names = ", ".join(f"`{parameters[i]}`" for i in sorted(changed))
    return f"It changes its argument {names}: whoever called it finds other numbers there." if names else ""


def _asked(law: Callable[[Callable], str | None], answer: Callable, seconds: float) -> str | None:
    """What the law says of the answer; None too if the answer can't be asked."""
    outcome = call(law, (answer,), seconds)
    return outcome.value if isinstance(outcome, Returned) else None
