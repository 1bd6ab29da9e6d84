"""What an exercise is: a reference, the cases an answer is asked at, and the mistakes that people make."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Estimate(NamedTuple):
    """A Monte-Carlo figure: its value and its standard error, of one shape."""

    value: Tensor
    error: Tensor


Seen = dict[str, Tensor | Estimate]
"""What was observed of an answer in one case, by name: the result, its moments, what a spy was shown."""

Law = Callable[[Callable], str | None]
"""law(answer): the sentence that says which law the answer breaks, with its numbers; None if it holds."""


@dataclass(frozen=True)
class Case:
    """One configuration at which an answer is asked.

    says: the configuration in a few words, shown beside a difference. arguments: makes the arguments afresh, so that
    no call sees what another has changed, and each gets its own generator.
    """

    says: str
    arguments: Callable[[], tuple]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give.

    answer: the wrong function. says: what was done, and what it is instead. cure: the hint that mends it.
    """

    name: str
    answer: Callable
    says: str
    cure: str


def the_result(result: Any, arguments: tuple) -> Seen:
    """What is observed of most answers: the result, numbers in float64; of a tuple, each of its parts."""
    del arguments
    if isinstance(result, tuple):
        return {f"result {place}": _tensor(part) for place, part in enumerate(result, 1)}
    return {"the result": _tensor(result)}


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson.

    key: «folder.name», the folder of the catalogue and the name of the function. difficulty: 1 to 3; also its points.
    established: what a right answer has shown, one sentence. reference: our answer, which is also the solution that is
    shown. cases: draws the configurations, small ones first. observe(result, arguments): what counts of an answer.
    truth: an independent way to the result, or to what `observe` should have seen (then it returns a `Seen`); the
    reference itself where there is none. equivalents: right answers in other words. remarks: asked of a right answer,
    for «right, but». tolerance: relative and absolute; an `Estimate` may be off by 5 of its standard errors besides.
    seconds: the limit of one call. needs: the keys of the exercises it builds on.
    """

    key: str
    minutes: int
    difficulty: int
    idea: str
    established: str
    reference: Callable
    cases: Callable[[torch.Generator], list[Case]]
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    equivalents: tuple[Callable, ...]
    observe: Callable[[Any, tuple], Seen] = the_result
    truth: Callable[..., Any] | None = None
    laws: tuple[Law, ...] = ()
    remarks: tuple[Law, ...] = ()
    tolerance: float = 1e-5
    seconds: float = 10.0
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [mistake.name for mistake in self.mistakes]
        if self.key.count(".") != 1:
            raise ValueError(f"key must be «folder.name», got {self.key!r}")
        if self.difficulty not in (1, 2, 3):
            raise ValueError(f"{self.key}: difficulty must be 1, 2 or 3, got {self.difficulty}")
        if len(set(names)) < max(5, len(names)):
            raise ValueError(f"{self.key}: at least 5 mistakes with different names are needed, got {names}")

    def mistake(self, name: str) -> Mistake:
        """The mistake of that name; raises ValueError with the names there are."""
        found = [mistake for mistake in self.mistakes if mistake.name == name]
        if not found:
            names = ", ".join(mistake.name for mistake in self.mistakes)
            raise ValueError(f"{self.key} has no mistake {name!r}; it has {names}")
        return found[0]


def _tensor(value: Any) -> Tensor:
    tensor = torch.as_tensor(value).detach()
    return tensor if tensor.dtype == torch.bool else tensor.to(torch.float64)
