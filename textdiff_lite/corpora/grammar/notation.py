"""Short ways to write a grammar down, so that it reads like one.

words("serves/VBZ thai/JJ food/NN")          three words with their parts of speech
phrase("NP", words("the/DT"), noun)          a labelled constituent
join(a, b)                                   one after the other, no constituent
either((0.7, a), (0.3, b))                   weighted alternatives
case("number", singular=a, plural=b)         the branch of the feature's value
feature("number", singular=0.7, plural=0.3)  a feature and its law
"""

from collections.abc import Callable, Mapping
from itertools import product

from textdiff_lite.corpora.grammar.grammar import Feature
from textdiff_lite.corpora.grammar.nodes import Case, Choice, Node, Sequence, Word

NOTHING = Sequence(())
"""No words."""


def words(text: str) -> Node:
    """Words written as word/POS with spaces between. Raises ValueError for a word without its part of speech."""
    parts = [part.rpartition("/") for part in text.split()]
    for word, _, pos in parts:
        if not (word and pos):
            raise ValueError(f"{word + pos!r} in {text!r} has no part of speech; write it as word/POS")
    made = tuple(Word(word, pos) for word, _, pos in parts)
    return made[0] if len(made) == 1 else Sequence(made)


def join(*nodes: Node) -> Node:
    """Nodes one after the other, without a constituent."""
    return Sequence(nodes)


def phrase(label: str, *nodes: Node) -> Node:
    """Nodes one after the other as a constituent of the tree."""
    return Sequence(nodes, label)


def either(*options: tuple[float, Node]) -> Node:
    """Weighted alternatives."""
    return Choice(options)


def case(feature: str, otherwise: Node | None = None, **branches: Node) -> Node:
    """The branch of the feature's value."""
    return Case(feature, tuple(branches.items()), otherwise)


def zipf(pos: str, text: str, exponent: float = 1.0) -> Node:
    """One of the words of `text`, the r-th with probability proportional to r ** -exponent; «coffee_shop» is two words.

    pos: the part of speech of every word.
    """
    entries = text.split()
    weights = [rank**-exponent for rank in range(1, len(entries) + 1)]
    options = zip(weights, entries, strict=True)
    return Choice(
        tuple((w / sum(weights), words(" ".join(f"{word}/{pos}" for word in e.split("_")))) for w, e in options)
    )


def feature(name: str, **law: float) -> Feature:
    """A feature that depends on nothing."""
    return Feature(name, (((), _law(law)),))


def dependent(name: str, parents: tuple[Feature, ...], law: Callable[..., Mapping[str, float]]) -> Feature:
    """A feature whose law is a function of the values of its parents, in their order."""
    rows = product(*(parent.values for parent in parents))
    return Feature(name, tuple((row, _law(law(*row))) for row in rows), tuple(parent.name for parent in parents))


def _law(law: Mapping[str, float]) -> tuple[tuple[float, str], ...]:
    return tuple((p, value) for value, p in law.items())
