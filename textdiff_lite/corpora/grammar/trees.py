"""Trees of sentences: constituents with labels, words with parts of speech."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Leaf:
    """A word with its part of speech."""

    word: str
    pos: str

    def __str__(self) -> str:
        return f"({self.pos} {self.word})"


@dataclass(frozen=True)
class Tree:
    """A constituent: its label and its parts. Printed in brackets: (NP (DT the) (NN mill))."""

    label: str
    parts: "tuple[Tree | Leaf, ...]"

    def __str__(self) -> str:
        return f"({self.label} {' '.join(map(str, self.parts))})"

    def leaves(self) -> Iterator[Leaf]:
        """Its words from left to right."""
        for part in self.parts:
            if isinstance(part, Leaf):
                yield part
            else:
                yield from part.leaves()

    def spans(self, start: int = 0) -> list[tuple[str, int, int]]:
        """(label, start, end) of every constituent, the outer before the inner; word `end` is the first outside."""
        end = start
        within = []
        for part in self.parts:
            if isinstance(part, Leaf):
                end += 1
            else:
                inner = part.spans(end)
                within += inner
                end = inner[0][2]
        return [(self.label, start, end), *within]
