"""The library's version of an exercise, as the lesson goes on with it."""

import inspect
from typing import Any

from textdiff_lite.course.exercise import Exercise


class Ours:
    """Calls the reference. A check that meets it again knows it, and `name??` does not show the answer."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self.__name__ = exercise.key.split(".")[1]
        self.__doc__ = exercise.reference.__doc__
        self.__signature__ = inspect.signature(exercise.reference)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The reference's answer."""
        return self._exercise.reference(*arguments, **named)

    def __repr__(self) -> str:
        """What it is, and not how it is done."""
        return f"<the library's {self._exercise.key}>"
