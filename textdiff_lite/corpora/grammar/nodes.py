"""The nodes of a grammar: words, sequences, weighted choices, cases on features, mentions of slots.

A node is structure without state. What it means for a sentence, its entropy or its length is said by the laws in the
other files of this folder, each a recursion over nodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose, isfinite


class Node:
    """A piece of structure. Abstract. Compared by identity, for two equal alternatives are two derivations."""


@dataclass(frozen=True, eq=False)
class Word(Node):
    """One word and its part of speech. Raises ValueError if one of them is empty or holds a space."""

    word: str
    pos: str

    def __post_init__(self) -> None:
        for name, value in (("word", self.word), ("pos", self.pos)):
            if not value or any(c.isspace() for c in value):
                raise ValueError(f"{name} is {value!r}; it must be non-empty and without spaces")


@dataclass(frozen=True, eq=False)
class Sequence(Node):
    """Its children one after the other; with a label it is a constituent of the tree.

    Raises ValueError for a labelled sequence without children and for an empty label.
    """

    children: tuple[Node, ...]
    label: str | None = None

    def __post_init__(self) -> None:
        if self.label is not None and not (self.label and self.children):
            raise ValueError(
                f"the sequence labelled {self.label!r} has {len(self.children)} children; "
                "a labelled sequence needs a non-empty label and at least one child"
            )


@dataclass(frozen=True, eq=False)
class Choice(Node):
    """One of several alternatives: ((probability, node), ...).

    Raises ValueError unless the probabilities are positive and sum to 1 within 1e-9.
    """

    options: tuple[tuple[float, Node], ...]

    def __post_init__(self) -> None:
        check_law("a choice", [p for p, _ in self.options])


@dataclass(frozen=True, eq=False)
class Case(Node):
    """The branch of the feature's value; `otherwise` serves the values that are not listed.

    Raises ValueError if it lists no value, or one twice.
    """

    feature: str
    branches: tuple[tuple[str, Node], ...]
    otherwise: Node | None = None

    def __post_init__(self) -> None:
        values = [value for value, _ in self.branches]
        if not values or len(set(values)) != len(values):
            raise ValueError(f"the case on {self.feature!r} lists {values}; it needs one or more different values")

    def branch(self, value: str) -> Node:
        """The node for this value. Raises ValueError if there is none."""
        for listed, node in self.branches:
            if listed == value:
                return node
        if self.otherwise is None:
            have = [v for v, _ in self.branches]
            raise ValueError(f"the case on {self.feature!r} has no branch for {value!r}; it has {have}")
        return self.otherwise


@dataclass(frozen=True, eq=False)
class Mention(Node):
    """The words of a slot of the record: the same words at every mention in a sentence."""

    slot: str


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly under a node. A mention has none: its words belong to the record."""
    match node:
        case Sequence():
            return node.children
        case Choice():
            return tuple(n for _, n in node.options)
        case Case():
            return tuple(n for _, n in node.branches) + (() if node.otherwise is None else (node.otherwise,))
    return ()


def inside(node: Node) -> list[Node]:
    """The node and all nodes under it, each once, in the order of the text."""
    found: dict[Node, None] = {}
    waiting = [node]
    while waiting:
        top = waiting.pop()
        if top not in found:
            found[top] = None
            waiting += reversed(children(top))
    return list(found)


class Consulted:
    """The features that a node may look at, sorted and remembered. A law's value depends on the node and on these.

    slots: slot -> its node, for laws that follow mentions into the slots.
    """

    def __init__(self, slots: Mapping[str, Node] | None = None) -> None:
        self._slots = slots
        self._memory: dict[Node, tuple[str, ...]] = {}

    def __call__(self, node: Node) -> tuple[str, ...]:
        """The names of the features."""
        if node not in self._memory:
            own = {node.feature} if isinstance(node, Case) else set()
            under = children(node)
            if isinstance(node, Mention) and self._slots is not None:
                under = (self._slots[node.slot],)
            self._memory[node] = tuple(sorted(own.union(*(self(n) for n in under))))
        return self._memory[node]

    def key(self, node: Node, features: dict[str, str]) -> tuple:
        """What a law remembers its value under."""
        return (node, *(features[f] for f in self(node)))


def check_law(what: str, probabilities: list[float]) -> None:
    """Raise ValueError unless the probabilities are positive and sum to 1 within 1e-9."""
    if not probabilities:
        raise ValueError(f"{what} has no options; it needs at least one")
    for p in probabilities:
        if not (isfinite(p) and p > 0):
            raise ValueError(f"{what} has the probability {p}; each must be positive, impossible options are left out")
    if not isclose(sum(probabilities), 1, abs_tol=1e-9):
        raise ValueError(f"the probabilities of {what} sum to {sum(probabilities):.6g}; they must sum to 1")
