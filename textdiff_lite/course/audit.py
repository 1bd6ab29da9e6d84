"""The catalogue, audited: every mistake is refused and named, and every right answer is accepted."""

from collections.abc import Iterable
from dataclasses import dataclass

from textdiff_lite.course.exercise import Exercise
from textdiff_lite.course.judging import judge


@dataclass(frozen=True)
class Audit:
    """Counts, and a sentence for each failure. `equivalents` counts the references too."""

    exercises: int
    mistakes: int
    refused: int
    named: int
    equivalents: int
    accepted: int
    failures: tuple[str, ...]


def audit(exercises: Iterable[Exercise]) -> Audit:
    """Judge every mistake, every reference and every equivalent answer of the exercises."""
    exercises = tuple(exercises)
    mistakes = refused = named = equivalents = accepted = 0
    failures = []
    for exercise in exercises:
        for mistake in exercise.mistakes:
            verdict = judge(exercise, mistake.answer)
            mistakes += 1
            refused += verdict.kind == "wrong"
            named += verdict.mistake is mistake
            if verdict.kind != "wrong":
                failures.append(f"{exercise.key}: the mistake {mistake.name} is not refused but {verdict.kind}")
            elif verdict.mistake is not mistake:
                other = verdict.mistake.name if verdict.mistake else "nothing"
                failures.append(f"{exercise.key}: the mistake {mistake.name} is named {other}")
        for answer in (exercise.reference, *exercise.equivalents):
            verdict = judge(exercise, answer)
            equivalents += 1
            accepted += verdict.kind == "right"
            if verdict.kind != "right":
                name = getattr(answer, "__name__", repr(answer))
                failures.append(f"{exercise.key}: the right answer {name} is refused: {verdict.first}")
    return Audit(len(exercises), mistakes, refused, named, equivalents, accepted, tuple(failures))
