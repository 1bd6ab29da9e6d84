"""Exact entropies, in nats, by recursion over (node, features).

In an unambiguous grammar a sentence has one derivation, so its entropy is the sum of the entropies of all draws:

    H(sentence) = H(record) + H(sentence | record)

The record is its features and the words of its slots; the rest is plan and choices of wording. The equality needs
unambiguity, which `ambiguity.find_ambiguity` proves.
"""

from dataclasses import dataclass
from math import log

from textdiff_lite.corpora.grammar.grammar import Grammar, assignments, interchangeable
from textdiff_lite.corpora.grammar.nodes import Case, Choice, Consulted, Node, Sequence, children


@dataclass(frozen=True)
class Entropy:
    """Nats per sentence: of the record, and of the sentence given its record."""

    record: float
    given_record: float

    @property
    def sentence(self) -> float:
        """Nats per sentence: the floor of every model's mean loss."""
        return self.record + self.given_record


def entropy(grammar: Grammar) -> Entropy:
    """The exact entropy of an unambiguous grammar."""
    record = sum((-p * log(p) for _, p in assignments(grammar.record)), start=0.0)
    given_record = sum((-p * log(p) for _, p in grammar.assignments()), start=0.0) - record
    of_choices = _EntropyOfChoices()
    for features, p in assignments(grammar.record):
        for slot in grammar.slots_of(features):
            record += p * of_choices(grammar.slot(slot).node, features)
    same = interchangeable(grammar.features, (grammar.root,), of_choices.signature)
    merged: dict[tuple[tuple[str, str], ...], float] = {}
    for features, p in grammar.assignments():
        key = tuple((name, same[name][value]) for name, value in features.items())
        merged[key] = merged.get(key, 0.0) + p
    for features, p in merged.items():
        given_record += p * of_choices(grammar.root, dict(features))
    return Entropy(record, given_record)


class _EntropyOfChoices:
    """Expected nats of the choices under a node, given the features; mentions cost nothing."""

    def __init__(self) -> None:
        self._consulted = Consulted()
        self._memory: dict[tuple, float] = {}
        self._constants: dict[Node, float | None] = {}

    def __call__(self, node: Node, features: dict[str, str]) -> float:
        constant = self.constant(node)
        if constant is not None:
            return constant
        key = self._consulted.key(node, features)
        if key not in self._memory:
            self._memory[key] = self._of(node, features)
        return self._memory[key]

    def constant(self, node: Node) -> float | None:
        """Its value if no feature changes it; else None."""
        if node not in self._constants:
            values = [self.constant(child) for child in children(node)]
            known = [value for value in values if value is not None]
            if len(known) < len(values) or (isinstance(node, Case) and len(set(known)) > 1):
                self._constants[node] = None
            elif isinstance(node, Choice):
                self._constants[node] = sum(p * (h - log(p)) for (p, _), h in zip(node.options, known, strict=True))
            else:
                self._constants[node] = known[0] if isinstance(node, Case) else sum(known, start=0.0)
        return self._constants[node]

    def signature(self, node: Node) -> Node | float:
        """What tells the branches of a case apart."""
        constant = self.constant(node)
        return node if constant is None else constant

    def _of(self, node: Node, features: dict[str, str]) -> float:
        match node:
            case Sequence():
                return sum((self(child, features) for child in node.children), start=0.0)
            case Choice():
                return sum(p * (self(option, features) - log(p)) for p, option in node.options)
            case Case():
                return self(node.branch(features[node.feature]), features)
        return 0.0
