"""The exercises, by key. Each lesson has a folder; each exercise a file, with its mistakes."""

from importlib import import_module

from textdiff_lite.course.exercise import Exercise

FOLDERS = ("before", "gaussian", "bound", "mask", "kernels", "vectors", "schedule")
"""In the order of the lessons."""


def find(key: str) -> Exercise:
    """The exercise of that key; raises ValueError with the keys there are."""
    folder = key.split(".")[0] if isinstance(key, str) else ""
    exercises = of_lesson(folder) if folder in FOLDERS else everything()
    for exercise in exercises:
        if exercise.key == key:
            return exercise
    raise ValueError(f"no exercise {key!r}; there are {', '.join(exercise.key for exercise in exercises)}")


def of_lesson(folder: str) -> tuple[Exercise, ...]:
    """The exercises of a lesson, in its order."""
    return import_module(f"{__name__}.{folder}").EXERCISES


def everything() -> tuple[Exercise, ...]:
    """The exercises of all lessons, in their order."""
    return tuple(exercise for folder in FOLDERS for exercise in of_lesson(folder))
