"""A record and the ways to say it.

A sentence is made in two steps. First its record is drawn: *features* (a number, a class, whether a field is there) and
*slots* (the words of a name or of a cuisine). Then the record is put into words: the root is walked from left to right,
choices are drawn, cases look at features, and mentions write the words of slots. A slot is drawn once and may be
mentioned many times: this is repetition at a distance. A case far from the word that it agrees with is agreement at a
distance.

Features change the structure of a sentence; the words of a slot never do. So every law is a small recursion over
(node, features), and exact.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from textdiff_lite.corpora.grammar.nodes import (
    Case,
    Choice,
    Consulted,
    Mention,
    Node,
    Sequence,
    Word,
    check_law,
    children,
    inside,
)

Law = tuple[tuple[float, str], ...]
"""Probabilities of the values of a feature: ((probability, value), ...)."""


@dataclass(frozen=True, eq=False)
class Feature:
    """A value drawn before any word, given the values of earlier features.

    table: ((values of `given`, law), ...), one row for each combination that can occur; a feature without parents has
    the one row ((), law).
    """

    name: str
    table: tuple[tuple[tuple[str, ...], Law], ...]
    given: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rows = [parents for parents, _ in self.table]
        if not rows or len(set(rows)) != len(rows):
            raise ValueError(f"the feature {self.name!r} has the rows {rows}; it needs one or more different rows")
        for parents, law in self.table:
            if len(parents) != len(self.given):
                raise ValueError(
                    f"a row of the feature {self.name!r} is for {parents}; it needs one value for each of {self.given}"
                )
            check_law(f"the feature {self.name!r}", [p for p, _ in law])
            if len({v for _, v in law}) != len(law):
                raise ValueError(f"the feature {self.name!r} lists a value twice: {[v for _, v in law]}")

    @cached_property
    def values(self) -> tuple[str, ...]:
        """All values that it can take, in order of first appearance."""
        return tuple(dict.fromkeys(v for _, law in self.table for _, v in law))

    def law(self, features: dict[str, str]) -> Law:
        """Its law given the values of its parents. Raises ValueError if the table has no such row."""
        parents = tuple(features[g] for g in self.given)
        for row, law in self.table:
            if row == parents:
                return law
        raise ValueError(f"the feature {self.name!r} has no row for {dict(zip(self.given, parents, strict=True))}")


@dataclass(frozen=True, eq=False)
class Slot:
    """Words of the record, at least one: drawn once, mentioned by the root. Its node holds no mention."""

    name: str
    node: Node


@dataclass(frozen=True, eq=False)
class Grammar:
    """A record (features, slots), a plan (features of the wording alone) and a root that puts them into words.

    record: features that are said, in the order in which they are drawn.
    slots: words that are said.
    root: how a record is said.
    plan: features that belong to the way of saying it, drawn after the record (which sentence tells what).

    Raises ValueError for a name that is unknown or used twice, for a case without a branch that it needs, and if two
    ways to say a record mention different slots: the probability of a record would then depend on its wording.
    """

    record: tuple[Feature, ...]
    slots: tuple[Slot, ...]
    root: Node
    plan: tuple[Feature, ...] = ()

    def __post_init__(self) -> None:
        _check_names("feature", [f.name for f in self.features])
        _check_names("slot", [s.name for s in self.slots])
        earlier: list[str] = []
        for feature in self.features:
            for parent in feature.given:
                if parent not in earlier:
                    raise ValueError(f"the feature {feature.name!r} is given {parent!r}; it may depend on {earlier}")
            earlier.append(feature.name)
        for node in inside(self.root):
            if isinstance(node, Mention) and node.slot not in self._slots:
                raise ValueError(f"a mention of {node.slot!r}: the slots are {list(self._slots)}")
            self._check_case(node, {f.name: f.values for f in self.features})
        for slot in self.slots:
            for node in inside(slot.node):
                if isinstance(node, Mention):
                    raise ValueError(f"the slot {slot.name!r} mentions {node.slot!r}; a slot holds no mention")
                self._check_case(node, {f.name: f.values for f in self.record})
            if _can_be_empty(slot.node):
                raise ValueError(
                    f"the slot {slot.name!r} can be without words; leave it to a feature whether it is there"
                )
        never = set(self._slots).difference(*self._mentioned.values())
        if never:
            raise ValueError(f"the slots {sorted(never)} are never mentioned")

    def _check_case(self, node: Node, values: dict[str, tuple[str, ...]]) -> None:
        if not isinstance(node, Case):
            return
        if node.feature not in values:
            raise ValueError(f"a case on {node.feature!r}: the features that it may look at are {list(values)}")
        for value, _ in node.branches:
            if value not in values[node.feature]:
                raise ValueError(f"a case on {node.feature!r} lists {value!r}; the values are {values[node.feature]}")

    @property
    def features(self) -> tuple[Feature, ...]:
        """All features in the order in which they are drawn."""
        return self.record + self.plan

    @property
    def tops(self) -> tuple[Node, ...]:
        """The root and the nodes of the slots."""
        return (self.root, *(slot.node for slot in self.slots))

    @cached_property
    def _slots(self) -> dict[str, Slot]:
        return {slot.name: slot for slot in self.slots}

    def slot(self, name: str) -> Slot:
        """The slot of this name. Raises ValueError if there is none."""
        if name not in self._slots:
            raise ValueError(f"no slot {name!r}: the slots are {list(self._slots)}")
        return self._slots[name]

    def assignments(self) -> Iterator[tuple[dict[str, str], float]]:
        """Every assignment of values to all features, with its probability: all positive, sum 1."""
        return assignments(self.features)

    def slots_of(self, features: dict[str, str]) -> frozenset[str]:
        """The slots that every sentence with these features of the record mentions."""
        return self._mentioned[self._record_of(features)]

    def _record_of(self, features: dict[str, str]) -> tuple[str, ...]:
        return tuple(self._same_mentions[f.name][features[f.name]] for f in self.record)

    @cached_property
    def _same_mentions(self) -> dict[str, dict[str, str]]:
        return interchangeable(
            self.features,
            self.tops,
            lambda node: node if any(isinstance(n, Mention) for n in inside(node)) else None,
        )

    @cached_property
    def _mentioned(self) -> dict[tuple[str, ...], frozenset[str]]:
        law = _MentionedSlots()
        found: dict[tuple[str, ...], frozenset[frozenset[str]]] = {}
        done: set[tuple[str, ...]] = set()
        for features, _ in self.assignments():
            known = {name: self._same_mentions[name][value] for name, value in features.items()}
            if tuple(known.values()) in done:
                continue
            done.add(tuple(known.values()))
            record = self._record_of(features)
            found[record] = found.get(record, frozenset()) | law(self.root, features)
            if len(found[record]) > 1:
                shown = {f.name: features[f.name] for f in self.record}
                ways = sorted(sorted(way) for way in found[record])
                raise ValueError(f"the ways to say the record {shown} mention different slots: {ways[0]} and {ways[1]}")
            for name in next(iter(found[record])):
                law(self._slots[name].node, features)  # raises if a case of the slot has no branch for them
        return {record: next(iter(ways)) for record, ways in found.items()}

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """All words that the grammar can write, sorted."""
        return tuple(sorted({n.word for top in self.tops for n in inside(top) if isinstance(n, Word)}))


def assignments(features: tuple[Feature, ...]) -> Iterator[tuple[dict[str, str], float]]:
    """Every assignment of values to these features, with its probability."""
    if not features:
        yield {}, 1.0
        return
    last = features[-1]
    for earlier, probability in assignments(features[:-1]):
        for p, value in last.law(earlier):
            yield {**earlier, last.name: value}, probability * p


def interchangeable(
    features: tuple[Feature, ...], tops: tuple[Node, ...], signature: Callable[[Node], Hashable]
) -> dict[str, dict[str, str]]:
    """For each feature: value -> the first value that a law cannot tell from it.

    tops: the nodes that the law is asked for.
    signature: what the law sees of a branch of a case. Two values are interchangeable if in every case on the feature
    their branches have the same signature, or both are missing.
    """
    cases = {node: None for top in tops for node in inside(top) if isinstance(node, Case)}
    found: dict[str, dict[str, str]] = {}
    for feature in features:
        own = [node for node in cases if node.feature == feature.name]
        first: dict[tuple, str] = {}
        found[feature.name] = {}
        for value in feature.values:
            served = [node.otherwise is not None or value in dict(node.branches) for node in own]
            seen = tuple((s, signature(node.branch(value)) if s else None) for s, node in zip(served, own, strict=True))
            found[feature.name][value] = first.setdefault(seen, value)
    return found


class _MentionedSlots:
    """The sets of slots that the ways to say a node mention."""

    def __init__(self) -> None:
        self._consulted = Consulted()
        self._memory: dict[tuple, frozenset[frozenset[str]]] = {}

    def __call__(self, node: Node, features: dict[str, str]) -> frozenset[frozenset[str]]:
        key = self._consulted.key(node, features)
        if key not in self._memory:
            self._memory[key] = self._of(node, features)
        return self._memory[key]

    def _of(self, node: Node, features: dict[str, str]) -> frozenset[frozenset[str]]:
        match node:
            case Mention():
                return frozenset({frozenset({node.slot})})
            case Case():
                return self(node.branch(features[node.feature]), features)
            case Choice():
                return frozenset().union(*(self(n, features) for _, n in node.options))
            case Sequence():
                ways = frozenset({frozenset()})
                for child in node.children:
                    ways = frozenset(a | b for a, b in product(ways, self(child, features)))
                return ways
        return frozenset({frozenset()})


def _can_be_empty(node: Node) -> bool:
    match node:
        case Sequence():
            return all(_can_be_empty(child) for child in node.children)
        case Choice() | Case():
            return any(_can_be_empty(child) for child in children(node))
    return False


def _check_names(what: str, names: list[str]) -> None:
    for name in names:
        if not name or names.count(name) > 1:
            raise ValueError(f"the {what} {name!r} stands {names.count(name)} times; names are non-empty and unique")
