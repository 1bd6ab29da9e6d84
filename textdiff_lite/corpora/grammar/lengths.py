"""The exact law of the number of words of a sentence, by recursion over (node, features).

A slot that some sentence mentions twice makes the lengths of its mentions equal, so the length of its words joins the
features for the length of the recursion.
"""

from itertools import product
from math import prod

import numpy as np

from textdiff_lite.corpora.grammar.grammar import Grammar, interchangeable
from textdiff_lite.corpora.grammar.nodes import Case, Choice, Consulted, Mention, Node, Sequence, Word, children


def length_law(grammar: Grammar) -> np.ndarray:
    """Probabilities of 0, 1, 2, … words, float64, the last one positive; they sum to 1."""
    twice = [s.name for s in grammar.slots if _most_mentions(grammar.root, s.name) > 1]
    law = _LengthLaw(grammar)
    total = np.zeros(1)
    for features, (slots, probability) in _merged(grammar).items():
        known = dict(features)
        shared = [slot for slot in twice if slot in slots]
        laws = [law(grammar.slot(slot).node, known, {}) for slot in shared]
        for lengths in product(*(np.flatnonzero(own).tolist() for own in laws)):
            weight = probability * prod(float(own[n]) for own, n in zip(laws, lengths, strict=True))
            total = _sum(total, weight * law(grammar.root, known, dict(zip(shared, lengths, strict=True))))
    return total


def _merged(grammar: Grammar) -> dict[tuple[tuple[str, str], ...], tuple[frozenset[str], float]]:
    """Assignments that differ only in values with the same lengths, as one: features -> (slots, probability)."""
    fixed = _FixedLength(grammar)
    same = interchangeable(grammar.features, grammar.tops, lambda node: node if fixed(node) is None else fixed(node))
    found: dict[tuple[tuple[str, str], ...], tuple[frozenset[str], float]] = {}
    for features, probability in grammar.assignments():
        slots = grammar.slots_of(features)
        key = tuple((name, same[name][value]) for name, value in features.items())
        found[key] = (slots, probability + found.get(key, (slots, 0.0))[1])
    return found


class _FixedLength:
    """The number of words of a node if it is always the same; else None."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._memory: dict[Node, int | None] = {}

    def __call__(self, node: Node) -> int | None:
        if node not in self._memory:
            self._memory[node] = self._of(node)
        return self._memory[node]

    def _of(self, node: Node) -> int | None:
        match node:
            case Word():
                return 1
            case Mention():
                return self(self._grammar.slot(node.slot).node)
            case Sequence():
                parts = [self(child) for child in node.children]
                return None if None in parts else sum(part or 0 for part in parts)
        lengths = {self(child) for child in children(node)}
        return lengths.pop() if len(lengths) == 1 else None


def _most_mentions(node: Node, slot: str) -> int:
    match node:
        case Mention():
            return int(node.slot == slot)
        case Sequence():
            return sum(_most_mentions(child, slot) for child in node.children)
        case Choice():
            return max(_most_mentions(option, slot) for _, option in node.options)
        case Case():
            branches = [n for _, n in node.branches] + [n for n in [node.otherwise] if n is not None]
            return max(_most_mentions(branch, slot) for branch in branches)
    return 0


class _LengthLaw:
    """Probabilities of the number of words under a node, given the features and the lengths of shared slots."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._consulted = Consulted({slot.name: slot.node for slot in grammar.slots})
        self._memory: dict[tuple, np.ndarray] = {}

    def __call__(self, node: Node, features: dict[str, str], lengths: dict[str, int]) -> np.ndarray:
        key = (self._consulted.key(node, features), tuple(lengths.items()))
        if isinstance(node, Mention) and node.slot not in lengths:
            return self(self._grammar.slot(node.slot).node, features, {})
        if key not in self._memory:
            self._memory[key] = self._of(node, features, lengths)
        return self._memory[key]

    def _of(self, node: Node, features: dict[str, str], lengths: dict[str, int]) -> np.ndarray:
        match node:
            case Word():
                return np.array([0.0, 1.0])
            case Mention():
                return np.eye(1, lengths[node.slot] + 1, lengths[node.slot])[0]
            case Case():
                return self(node.branch(features[node.feature]), features, lengths)
            case Choice():
                total = np.zeros(1)
                for p, option in node.options:
                    total = _sum(total, p * self(option, features, lengths))
                return total
            case Sequence():
                total = np.ones(1)
                for child in node.children:
                    total = np.convolve(total, self(child, features, lengths))
                return total
        raise TypeError(f"{type(node).__name__} is not a node with a length")


def _sum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    total = np.zeros(max(len(a), len(b)))
    total[: len(a)] += a
    total[: len(b)] += b
    return total


def longest(grammar: Grammar) -> dict[str, int]:
    """The most words of each slot, and under the name "" the most words that a sentence can have by its structure.

    The latter is a bound found without looking at features; `length_law` has the exact maximum.
    """
    found = {slot.name: _longest(slot.node, {}) for slot in grammar.slots}
    return {**found, "": _longest(grammar.root, found)}


def _longest(node: Node, slots: dict[str, int]) -> int:
    match node:
        case Word():
            return 1
        case Mention():
            return slots[node.slot]
        case Sequence():
            return sum(_longest(child, slots) for child in node.children)
    return max(_longest(child, slots) for child in children(node))
