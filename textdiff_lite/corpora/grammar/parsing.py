"""Parsing: from words to tree, record and exact log-probability, or to the word at which no sentence goes on.

All derivations of the words so far are kept side by side, so a sentence fails at the first word that no sentence with
this beginning has.
"""

from dataclasses import dataclass
from math import inf

from textdiff_lite.corpora.grammar.automaton import Begin, Close, Edge, End, Open, Resolve, State, automaton
from textdiff_lite.corpora.grammar.grammar import Grammar
from textdiff_lite.corpora.grammar.trees import Leaf, Tree

ROOT = "TOP"
"""The label of the whole, if the grammar's root is not one constituent."""


@dataclass(frozen=True)
class Parse:
    """The one derivation of a sentence.

    words: the sentence.
    features: the values of all features, record and plan.
    mentions: (slot, start, end) of every mention, in order; word `end` is the first outside.
    tree: the constituents.
    log_prob_of_record, log_prob_of_wording: nats, ln p(record) and ln p(sentence | record).
    """

    words: tuple[str, ...]
    features: dict[str, str]
    mentions: tuple[tuple[str, int, int], ...]
    tree: Tree
    log_prob_of_record: float
    log_prob_of_wording: float

    @property
    def log_prob(self) -> float:
        """The probability of the sentence: ln p, nats."""
        return self.log_prob_of_record + self.log_prob_of_wording

    @property
    def slots(self) -> dict[str, tuple[str, ...]]:
        """The words of each slot."""
        return {slot: self.words[start:end] for slot, start, end in self.mentions}

    @property
    def pos(self) -> tuple[str, ...]:
        """The part of speech of each word."""
        return tuple(leaf.pos for leaf in self.tree.leaves())

    @property
    def spans(self) -> list[tuple[str, int, int]]:
        """(label, start, end) of every constituent, the outer before the inner."""
        return self.tree.spans()


@dataclass(frozen=True)
class Failure:
    """Where a sentence leaves the language.

    position: of the first word that no sentence with this beginning has; the number of words if it ends too early.
    found: that word; None at the end.
    expected: the words that could stand there, sorted; None among them (last) means that the sentence could end.
    """

    position: int
    found: str | None
    expected: tuple[str | None, ...]

    def __str__(self) -> str:
        found = "the sentence ends" if self.found is None else f"found {self.found!r}"
        shown = ["the end" if word is None else repr(word) for word in self.expected]
        more = f" or {len(shown) - 8} others" if len(shown) > 8 else ""
        return f"word {self.position}: {found}, expected {', '.join(shown[:8])}{more}"


@dataclass(frozen=True, eq=False)
class _Front:
    """All states that the paths with some words can be in, with the steps from the front before: (place in it, edge).

    Interned by the parser, which remembers where each word leads: parsing a sentence is then one look-up a word.
    """

    states: tuple[State, ...]
    after: "dict[str, tuple[_Front, tuple[tuple[int, Edge], ...]]]"
    ends: tuple[tuple[int, Edge], ...]


Path = tuple[Edge, ...]


class Parser:
    """Parses sentences of an unambiguous grammar; what it has met it remembers."""

    def __init__(self, grammar: Grammar) -> None:
        self._automaton = automaton(grammar)
        self._by_word: dict[State, dict[str | None, list[Edge]]] = {}
        self._fronts: dict[tuple[State, ...], _Front] = {}
        self._start = self._front((self._automaton.start,))

    def parse(self, words: tuple[str, ...]) -> Parse | Failure:
        """The derivation of the words, or where they leave the language.

        Raises ValueError if there are two derivations: the grammar is ambiguous.
        """
        path = self._path(words)
        return self._failure(words) if path is None else _build(words, path)

    def log_prob(self, words: tuple[str, ...]) -> float:
        """The probability of the words: ln p, nats, -inf outside the language. Raises ValueError as `parse` does."""
        path = self._path(words)
        return -inf if path is None else sum(edge.record + edge.wording for edge in path)

    def _path(self, words: tuple[str, ...]) -> Path | None:
        front = self._start
        steps = []
        for word in words:
            if word not in front.after:
                front.after[word] = self._step(front, word)
            front, taken = front.after[word]
            if not front.states:
                return None
            steps.append(taken)
        paths = [path for end in front.ends for path in [_back(steps, end)] if _same_mentions(words, path)]
        if len(paths) > 1:
            raise ValueError(f"the grammar is ambiguous: {len(paths)} derivations of {' '.join(words)!r}")
        return paths[0] if paths else None

    def _step(self, front: _Front, word: str) -> tuple[_Front, tuple[tuple[int, Edge], ...]]:
        taken = [(i, edge) for i, state in enumerate(front.states) for edge in self._edges(state).get(word, ())]
        return self._front(tuple(edge.target for _, edge in taken if edge.target is not None)), tuple(taken)

    def _front(self, states: tuple[State, ...]) -> _Front:
        if states not in self._fronts:
            ends = [(i, edge) for i, state in enumerate(states) for edge in self._edges(state).get(None, ())]
            self._fronts[states] = _Front(states, {}, tuple(ends))
        return self._fronts[states]

    def _edges(self, state: State) -> dict[str | None, list[Edge]]:
        if state not in self._by_word:
            by_word: dict[str | None, list[Edge]] = {}
            for edge in self._automaton.edges(state):
                by_word.setdefault(edge.word, []).append(edge)
            self._by_word[state] = by_word
        return self._by_word[state]

    def _failure(self, words: tuple[str, ...]) -> Failure:
        """Follow the derivations word by word, mentions compared at once, until none is left."""
        here = [(self._automaton.start, _Mentions())]
        for position in range(len(words) + 1):
            word = words[position] if position < len(words) else None
            after = []
            expected: set[str | None] = set()
            for state, mentions in here:
                for edges in self._edges(state).values():
                    for edge in edges:
                        then = mentions.follow(edge, words, position)
                        if then is not None:
                            expected.add(edge.word)
                            if edge.word == word and edge.target is not None:
                                after.append((edge.target, then))
            if not after:
                ordered = (*sorted(w for w in expected if w is not None), *(None,) * (None in expected))
                return Failure(position, word, ordered)
            here = after
        raise AssertionError("the words are in the language")


@dataclass(frozen=True)
class _Mentions:
    """The first mention of each slot so far, (start, end), and the mention that is going on, if one is."""

    first: tuple[tuple[str, int, int], ...] = ()
    going_on: tuple[str, int, bool] | None = None

    def follow(self, edge: Edge, words: tuple[str, ...], position: int) -> "_Mentions | None":
        """The mentions after an edge from here; None if a later mention departs from the first."""
        now = self
        for event in edge.events:
            if isinstance(event, Begin):
                now = _Mentions(now.first, (event.slot, position, event.again))
            elif isinstance(event, End) and now.going_on is not None:
                slot, start, again = now.going_on
                if again and position - start != len(now._said(slot, words)):
                    return None
                now = _Mentions(now.first if again else (*now.first, (slot, start, position)))
        if now.going_on is not None and now.going_on[2]:
            slot, start, _ = now.going_on
            if (edge.word,) != now._said(slot, words)[position - start : position - start + 1]:
                return None
        return now

    def _said(self, slot: str, words: tuple[str, ...]) -> tuple[str, ...]:
        return next(words[start:end] for name, start, end in self.first if name == slot)


def _back(steps: list[tuple[tuple[int, Edge], ...]], end: tuple[int, Edge]) -> Path:
    """The path that ends here. The states of a front stand in the order of the steps to them."""
    place, edge = end
    path = [edge]
    for taken in reversed(steps):
        place, edge = taken[place]
        path.append(edge)
    return tuple(reversed(path))


def _mentions(path: Path) -> list[tuple[str, int, int]]:
    found = []
    start = 0
    for position, edge in enumerate(path):
        for event in edge.events:
            if isinstance(event, Begin):
                start = position
            elif isinstance(event, End):
                found.append((event.slot, start, position))
    return found


def _same_mentions(words: tuple[str, ...], path: Path) -> bool:
    """Whether all mentions of a slot have the same words."""
    said: dict[str, tuple[str, ...]] = {}
    return all(said.setdefault(slot, words[start:end]) == words[start:end] for slot, start, end in _mentions(path))


def _build(words: tuple[str, ...], path: Path) -> Parse:
    features: dict[str, str] = {}
    unfinished: list[tuple[str, list[Tree | Leaf]]] = [(ROOT, [])]
    for edge in path:
        for event in edge.events:
            match event:
                case Resolve():
                    features[event.feature] = event.value
                case Open():
                    unfinished.append((event.label, []))
                case Close():
                    label, parts = unfinished.pop()
                    unfinished[-1][1].append(Tree(label, tuple(parts)))
        if edge.word is not None:
            unfinished[-1][1].append(Leaf(edge.word, edge.pos))
    parts = unfinished[0][1]
    tree = parts[0] if len(parts) == 1 and isinstance(parts[0], Tree) else Tree(ROOT, tuple(parts))
    record, wording = sum(edge.record for edge in path), sum(edge.wording for edge in path)
    return Parse(words, features, tuple(_mentions(path)), tree, record, wording)
