"""A grammar as an automaton: what may come next, and what that says about the derivation.

A state is what is still to be written (a list of nodes) and what is known of the features. Features are resolved
lazily: only when a case looks at one, its value is guessed (and the values of its parents before it). A value that
nothing will look at again is forgotten, so that states meet again and stay few. At the end the features that no case
has looked at are guessed too.

A later mention of a slot walks through the slot's node again, at no cost, as if its words were free. So every
derivation of the grammar is one path, and a path is a derivation if all mentions of a slot have the same words. Who
follows a path compares them; who needs a finite automaton (`ambiguity`) has one, which accepts a little more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import NamedTuple

from textdiff_lite.corpora.grammar.grammar import Grammar
from textdiff_lite.corpora.grammar.nodes import Case, Choice, Consulted, Mention, Node, Sequence, Word, inside


@dataclass(frozen=True)
class Open:
    """A constituent begins."""

    label: str


@dataclass(frozen=True)
class Close:
    """The last constituent that began ends."""


@dataclass(frozen=True)
class Begin:
    """A mention of a slot begins; `again` if the slot has been mentioned before."""

    slot: str
    again: bool


@dataclass(frozen=True)
class End:
    """A mention of a slot ends."""

    slot: str
    again: bool


@dataclass(frozen=True)
class Resolve:
    """A feature has this value."""

    feature: str
    value: str


Event = Open | Close | Begin | End | Resolve


class Rest:
    """What is still to be written: a node or a mark, then the rest. Interned by the automaton; compared by identity.

    consulted: features that it may look at. mentioned: slots that it may mention.
    cost: what a choice here is part of, (record, wording): (1, 0) in the first mention of a slot, (0, 0) in a later
    one, else (0, 1).
    """

    __slots__ = ("consulted", "cost", "mentioned", "next", "top")

    def __init__(
        self,
        top: "Node | Close | End",
        then: "Rest | None",
        consulted: frozenset[str],
        mentioned: frozenset[str],
        cost: tuple[int, int],
    ) -> None:
        self.top = top
        self.next = then
        self.consulted = consulted
        self.mentioned = mentioned
        self.cost = cost


FORGOTTEN = ""
"""In a state: a value that was known, and that nothing will look at again. None is a value not known yet."""


@dataclass(frozen=True, eq=False)
class State:
    """What is still to be written, the values of the features, the slots written so far that may come again.

    Interned by the automaton; compared by identity.
    """

    rest: Rest | None
    values: tuple[str | None, ...]
    written: frozenset[str]


class Edge(NamedTuple):
    """One way to the next word, or to the end.

    word, pos: the next word; None at the end.
    record, wording: log-probabilities of the draws on the way, those of the record and those of plan and choices.
    events: what happens before the word.
    target: the state after it; None at the end.
    """

    word: str | None
    pos: str
    record: float
    wording: float
    events: tuple[Event, ...]
    target: State | None


class _Walk(NamedTuple):
    """A way without words: what is left, what is known, what it cost and what happened."""

    rest: Rest | None
    values: tuple[str | None, ...]
    written: frozenset[str]
    record: float = 0.0
    wording: float = 0.0
    events: tuple[Event, ...] = ()


@lru_cache(maxsize=8)
def automaton(grammar: Grammar) -> "Automaton":
    """The automaton of a grammar, one for all who ask: it remembers what it has made."""
    return Automaton(grammar)


class Automaton:
    """The states of a grammar and their edges, made when they are asked for and remembered."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._place = {f.name: i for i, f in enumerate(grammar.features)}
        self._ancestors = self._closures()
        self._consulted = Consulted({slot.name: slot.node for slot in grammar.slots})
        self._mentioned: dict[Node, frozenset[str]] = {}
        self._rests: dict[tuple, Rest] = {}
        self._states: dict[tuple, State] = {}
        self._after: dict[tuple, State] = {}
        self._edges: dict[State, tuple[Edge, ...]] = {}
        self.start = self._forget(self._push(grammar.root, None), (None,) * len(grammar.features), frozenset())

    def edges(self, state: State) -> tuple[Edge, ...]:
        """All ways to the next word or to the end; two ways are two edges even with the same word and target."""
        if state not in self._edges:
            self._edges[state] = tuple(self._walk(_Walk(state.rest, state.values, state.written)))
        return self._edges[state]

    def _closures(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for feature in self.grammar.features:
            found[feature.name] = frozenset(feature.given).union(*(found[g] for g in feature.given))
        return found

    def _push(self, top: "Node | Close | End", then: Rest | None) -> Rest:
        key = (top, then)
        if key not in self._rests:
            consulted = frozenset(self._consulted(top)) if isinstance(top, Node) else frozenset()
            mentioned = self._mentions(top) if isinstance(top, Node) else frozenset()
            cost = (0, 1) if then is None else then.cost
            if isinstance(top, End):
                cost = (0, 0) if top.again else (1, 0)
            if then is not None:
                consulted, mentioned = consulted | then.consulted, mentioned | then.mentioned
            self._rests[key] = Rest(top, then, consulted, mentioned, cost)
        return self._rests[key]

    def _mentions(self, node: Node) -> frozenset[str]:
        if node not in self._mentioned:
            self._mentioned[node] = frozenset(n.slot for n in inside(node) if isinstance(n, Mention))
        return self._mentioned[node]

    def _walk(self, at: _Walk) -> Iterator[Edge]:
        """Follow everything that writes nothing, in every way, up to the next word."""
        if at.rest is None:
            yield from self._end(at)
            return
        top, then = at.rest.top, at.rest.next
        match top:
            case Word():
                after = self._forget(then, at.values, at.written)
                yield Edge(top.word, top.pos, at.record, at.wording, at.events, after)
            case Sequence():
                events = at.events
                if top.label is not None:
                    events = (*events, Open(top.label))
                    then = self._push(Close(), then)
                for child in reversed(top.children):
                    then = self._push(child, then)
                yield from self._walk(at._replace(rest=then, events=events))
            case Choice():
                record, wording = at.rest.cost
                for p, option in top.options:
                    nats = log(p)
                    sums = (at.record + record * nats, at.wording + wording * nats)
                    if isinstance(option, Word):
                        # most options are words: a shortcut
                        after = self._forget(then, at.values, at.written)
                        yield Edge(option.word, option.pos, *sums, at.events, after)
                    else:
                        yield from self._walk(_Walk(self._push(option, then), at.values, at.written, *sums, at.events))
            case Case():
                for value, known in self._resolve(at, top.feature):
                    yield from self._walk(known._replace(rest=self._push(top.branch(value), then)))
            case Mention():
                again = top.slot in at.written
                then = self._push(End(top.slot, again), then)
                rest = self._push(self.grammar.slot(top.slot).node, then)
                yield from self._walk(at._replace(rest=rest, events=(*at.events, Begin(top.slot, again))))
            case End():
                written = at.written | {top.slot}
                yield from self._walk(at._replace(rest=then, written=written, events=(*at.events, top)))
            case Close():
                yield from self._walk(at._replace(rest=then, events=(*at.events, top)))

    def _resolve(self, at: _Walk, name: str) -> Iterator[tuple[str, _Walk]]:
        """Every way to know the feature, with its value; its parents first."""
        place = self._place[name]
        known = at.values[place]
        if known is not None:
            yield known, at
            return
        feature = self.grammar.features[place]
        unknown = next((g for g in feature.given if at.values[self._place[g]] is None), None)
        if unknown is not None:
            for _, further in self._resolve(at, unknown):
                yield from self._resolve(further, name)
            return
        for p, value in feature.law({g: at.values[self._place[g]] or "" for g in feature.given}):
            values = (*at.values[:place], value, *at.values[place + 1 :])
            drawn = at._replace(values=values, events=(*at.events, Resolve(name, value)))
            if place < len(self.grammar.record):
                yield value, drawn._replace(record=at.record + log(p))
            else:
                yield value, drawn._replace(wording=at.wording + log(p))

    def _end(self, at: _Walk) -> Iterator[Edge]:
        """Guess what no case has looked at. Two ways here are a feature that is not said: the grammar is ambiguous."""
        unknown = next((f.name for f in self.grammar.features if at.values[self._place[f.name]] is None), None)
        if unknown is None:
            yield Edge(None, "", at.record, at.wording, at.events, None)
            return
        for _, known in self._resolve(at, unknown):
            yield from self._end(known)

    def _forget(self, rest: Rest | None, values: tuple[str | None, ...], written: frozenset[str]) -> State:
        """The state after a word: only what can still matter."""
        key = (rest, values, written)
        if key not in self._after:
            consulted = rest.consulted if rest is not None else frozenset()
            unknown = (name for name, place in self._place.items() if values[place] is None)
            needed = consulted.union(*(self._ancestors[name] for name in unknown))
            kept = tuple(
                value if value is None or name in needed else FORGOTTEN
                for name, value in zip(self._place, values, strict=True)
            )
            again = written & rest.mentioned if rest is not None else frozenset()
            self._after[key] = self._states.setdefault((rest, kept, again), State(rest, kept, again))
        return self._after[key]
