"""A proof that a grammar is unambiguous, or a sentence with two derivations.

The automaton has a path of its own for every derivation, so two derivations of one sentence are two paths with the same
words. The search walks over pairs of states that two paths with the same words can reach, and asks whether two
different paths can both be at their end. If none can, no sentence has two derivations: a proof, because the pairs are
finitely many. (Book, Even, Greibach and Ott, «Ambiguity in graphs and expressions», 1971.)
"""

from collections import deque
from dataclasses import dataclass

from textdiff_lite.corpora.grammar.automaton import automaton
from textdiff_lite.corpora.grammar.grammar import Grammar


@dataclass(frozen=True)
class AmbiguitySearch:
    """What the search found.

    witness: words with two paths, or None: then the grammar is unambiguous. In the automaton later mentions of a
    slot are free: a witness that mentions a slot with different words is no sentence, and settles nothing.
    states, pairs: what the search has visited.
    """

    witness: tuple[str, ...] | None
    states: int
    pairs: int

    def __str__(self) -> str:
        if self.witness is None:
            return f"unambiguous: {self.pairs:,} pairs of {self.states:,} states, no two paths with the same words"
        return f"ambiguous: two derivations of «{' '.join(self.witness)}»"


Pair = tuple[int, int, bool]
"""Two states, the smaller number first, and whether the paths to them differ; if they do not, the states are one."""


def find_ambiguity(grammar: Grammar) -> AmbiguitySearch:
    """Search for two derivations of the same words."""
    states = _States(grammar)
    start: Pair = (0, 0, False)
    # how a pair was first reached: the pair before it and the word between
    reached: dict[Pair, tuple[Pair, str] | None] = {start: None}
    waiting: deque[Pair] = deque([start])
    while waiting:
        pair = waiting.popleft()
        a, b, different = pair
        ours, our_ends = states.read(a)
        theirs, their_ends = states.read(b)
        if (our_ends and their_ends) if different else our_ends > 1:
            return AmbiguitySearch(_words(reached, pair), len(states), len(reached))
        done = set()
        for word, firsts in ours.items():
            seconds = theirs.get(word)
            if seconds is None or (firsts, seconds) in done:
                continue
            done.add((firsts, seconds))
            for i, first in enumerate(firsts):
                # paths that were one so far stay one by taking the same edge; of other edges each pair counts once
                for j in range(0 if different else i, len(seconds)):
                    second = seconds[j]
                    apart = different or i != j
                    after = (first, second, apart) if first <= second else (second, first, apart)
                    if after not in reached:
                        reached[after] = (pair, word)
                        waiting.append(after)
    return AmbiguitySearch(None, len(states), len(reached))


class _States:
    """The states by number, 0 the start: where each word leads, once for each way, and the number of ways to end."""

    def __init__(self, grammar: Grammar) -> None:
        self._automaton = automaton(grammar)
        self._states = [self._automaton.start]
        self._number = {self._automaton.start: 0}
        self._read: dict[int, tuple[dict[str, tuple[int, ...]], int]] = {}

    def __len__(self) -> int:
        return len(self._states)

    def read(self, number: int) -> tuple[dict[str, tuple[int, ...]], int]:
        if number not in self._read:
            targets: dict[str, tuple[int, ...]] = {}
            ends = 0
            for edge in self._automaton.edges(self._states[number]):
                if edge.word is None or edge.target is None:
                    ends += 1
                    continue
                if edge.target not in self._number:
                    self._number[edge.target] = len(self._states)
                    self._states.append(edge.target)
                targets[edge.word] = (*targets.get(edge.word, ()), self._number[edge.target])
            self._read[number] = (targets, ends)
        return self._read[number]


def _words(reached: dict[Pair, tuple[Pair, str] | None], pair: Pair) -> tuple[str, ...]:
    words = []
    step = reached[pair]
    while step is not None:
        pair, word = step
        words.append(word)
        step = reached[pair]
    return tuple(reversed(words))
