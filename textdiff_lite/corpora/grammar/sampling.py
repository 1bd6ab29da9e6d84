"""Sampling a block of sentences at once: at every choice the rows are partitioned by what they draw.

The grammar is unrolled once into steps, each choice with a number of its own. A row's draws are functions of its key
and of these numbers (`counters`), so its sentence does not depend on the rows that are sampled with it.
"""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import prod

import numpy as np

from textdiff_lite.corpora.grammar import nodes
from textdiff_lite.corpora.grammar.counters import uniforms
from textdiff_lite.corpora.grammar.grammar import Feature, Grammar
from textdiff_lite.corpora.grammar.lengths import longest

VERSION = 1
"""Changes when the same seed gives other sentences of the same grammar."""


@dataclass(frozen=True)
class Record:
    """What a sentence says: the values of the features of the record, and the words of its slots."""

    features: Mapping[str, str]
    slots: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Sample:
    """Sentences and what is known of them.

    ids: int16 [n, longest sentence of the grammar]; 0 after the last word.
    lengths: words of each sentence [n].
    features: the features of the record and of the plan, name -> index into the feature's values, uint8 [n].
    slots: name -> (ids int16 [n, longest words of the slot], lengths [n]); length 0 where there is none.
    log_prob_of_record, log_prob_of_wording: nats [n], ln p(record) and ln p(sentence | record).
    """

    ids: np.ndarray
    lengths: np.ndarray
    features: dict[str, np.ndarray]
    slots: dict[str, tuple[np.ndarray, np.ndarray]]
    log_prob_of_record: np.ndarray
    log_prob_of_wording: np.ndarray

    @property
    def log_prob(self) -> np.ndarray:
        """The probability of each sentence: ln p, nats [n]."""
        return self.log_prob_of_record + self.log_prob_of_wording


class Sampler:
    """Draws sentences of a grammar as ids. ids: word -> id, each positive and below 2 ** 15; 0 is the padding."""

    def __init__(self, grammar: Grammar, ids: Mapping[str, int]) -> None:
        self.grammar = grammar
        self._ids = ids
        self._numbers = count()
        self._draws = [next(self._numbers) for _ in grammar.features]
        self._code = {f.name: {value: i for i, value in enumerate(f.values)} for f in grammar.features}
        self._laws = {f.name: _FeatureLaw(f, self._code) for f in grammar.features}
        self._slots = {slot.name: self._step(slot.node) for slot in grammar.slots}
        self._root = self._step(grammar.root)
        self._longest = longest(grammar)

    def draw(self, keys: np.ndarray) -> Sample:
        """One sentence for each key (`counters.row_keys`), uint64 [n]."""
        block = self._block(keys)
        self._features(block, self.grammar.features)
        return self._write(block)

    def realise(self, records: Sequence[Record], keys: np.ndarray) -> Sample:
        """For each record a sentence that says it, drawn from p(sentence | record). keys: uint64 [n].

        The log-probability of the record is left at 0. Raises ValueError if there is not one key for each record.
        """
        if len(records) != len(keys):
            raise ValueError(f"{len(records)} records and {len(keys)} keys; there must be one key for each record")
        block = self._block(keys)
        for feature in self.grammar.record:
            codes = [self._code[feature.name][record.features[feature.name]] for record in records]
            block.features[feature.name] = np.array(codes, dtype=np.uint8)
        for name, text in block.slots.items():
            for row, record in enumerate(records):
                said = [self._ids[word] for word in record.slots.get(name, ())]
                text.put(row, said)
        self._features(block, self.grammar.plan)
        return self._write(block)

    def _block(self, keys: np.ndarray) -> "_Block":
        slots = {slot.name: _Text(len(keys), self._longest[slot.name]) for slot in self.grammar.slots}
        return _Block(keys, {}, slots, _Text(len(keys), self._longest[""]), np.zeros((2, len(keys))))

    def _features(self, block: "_Block", features: tuple[Feature, ...]) -> None:
        for feature, number in zip(self.grammar.features, self._draws, strict=True):
            if feature in features:
                kind = RECORD if feature in self.grammar.record else WORDING
                u = uniforms(block.keys, number)
                codes, log_prob = self._laws[feature.name](block.features, u)
                block.features[feature.name] = codes
                block.log_prob[kind] += log_prob

    def _write(self, block: "_Block") -> Sample:
        self._root.write(block, block.text, np.arange(len(block.keys)))
        return Sample(
            block.text.ids(),
            block.text.lengths(),
            block.features,
            {name: (text.ids(), text.lengths()) for name, text in block.slots.items()},
            block.log_prob[RECORD],
            block.log_prob[WORDING],
        )

    def _step(self, node: nodes.Node) -> "_Step":
        fixed = self._fixed(node)
        if fixed is not None:
            return _Words(fixed)
        match node:
            case nodes.Sequence():
                return _Steps([self._step(child) for child in node.children])
            case nodes.Case():
                return _Case(
                    node.feature,
                    [
                        (self._code[node.feature][value], self._step(node.branch(value)))
                        for value in self._code[node.feature]
                        if node.otherwise is not None or value in dict(node.branches)
                    ],
                )
            case nodes.Mention():
                return _Mention(node.slot, self._slots[node.slot])
            case nodes.Choice():
                number = next(self._numbers)
                law = np.array([p for p, _ in node.options])
                entries = [self._fixed(option) for _, option in node.options]
                known = [entry for entry in entries if entry is not None]
                if len(known) == len(entries):
                    return _OneOf(number, law, known)
                return _Alternatives(number, law, [self._step(option) for _, option in node.options])
        raise TypeError(f"{type(node).__name__} is not a node that can be sampled")

    def _fixed(self, node: nodes.Node) -> list[int] | None:
        """The ids of a node that always writes the same words; None if it does not."""
        match node:
            case nodes.Word():
                return [self._ids[node.word]]
            case nodes.Sequence():
                parts = [self._fixed(child) for child in node.children]
                return None if None in parts else [i for part in parts for i in part or []]
        return None


RECORD, WORDING = 0, 1


class _Text:
    """Rows of ids with a place to write next."""

    def __init__(self, rows: int, width: int) -> None:
        self._width = width
        self._flat = np.zeros(rows * width, dtype=np.int16)
        self._begin = np.arange(rows) * width
        self.next = self._begin.copy()

    def ids(self) -> np.ndarray:
        return self._flat.reshape(-1, self._width)

    def lengths(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        return self.next[rows] - self._begin[rows]

    def put(self, row: int, ids: list[int]) -> None:
        self._flat[self._begin[row] : self._begin[row] + len(ids)] = ids
        self.next[row] = self._begin[row] + len(ids)

    def append(self, rows: np.ndarray, ids: list[int]) -> None:
        """The same words to each of these rows."""
        place = self.next[rows]
        for i in ids:
            self._flat[place] = i
            place += 1
        self.next[rows] = place

    def append_each(self, rows: np.ndarray, table: np.ndarray, lengths: np.ndarray) -> None:
        """To each of these rows its own words: table [n, width], of which the first `lengths` count."""
        place = self.next[rows]
        shortest = int(lengths.min(initial=table.shape[1]))
        for column in range(table.shape[1]):
            if column < shortest:
                self._flat[place + column] = table[:, column]
            else:
                long = np.flatnonzero(lengths > column)
                self._flat[place[long] + column] = table[long, column]
        self.next[rows] = place + lengths


@dataclass
class _Block:
    """The rows that are sampled together."""

    keys: np.ndarray
    features: dict[str, np.ndarray]
    slots: dict[str, _Text]
    text: _Text
    log_prob: np.ndarray


class _Step(abc.ABC):
    """A node, unrolled."""

    @abc.abstractmethod
    def write(self, block: _Block, text: _Text, rows: np.ndarray) -> None:
        """Write the words of these rows."""


@dataclass(frozen=True)
class _Words(_Step):
    ids: list[int]

    def write(self, block: _Block, text: _Text, rows: np.ndarray) -> None:
        text.append(rows, self.ids)


@dataclass(frozen=True)
class _Steps(_Step):
    steps: list[_Step]

    def write(self, block: _Block, text: _Text, rows: np.ndarray) -> None:
        for step in self.steps:
            step.write(block, text, rows)


@dataclass(frozen=True)
class _Case(_Step):
    feature: str
    branches: list[tuple[int, _Step]]

    def write(self, block: _Block, text: _Text, rows: np.ndarray) -> None:
        codes = block.features[self.feature][rows]
        for code, step in self.branches:
            chosen = rows[codes == code]
            if len(chosen):
                step.write(block, text, chosen)


@dataclass(frozen=True)
class _Mention(_Step):
    slot: str
    step: _Step

    def write(self, block: _Block, text: _Text, rows: np.ndarray) -> None:
        said = block.slots[self.slot]
        new = rows[said.lengths(rows) == 0]
        if len(new):
            self.step.write(block, said, new)
        text.append_each(rows, said.ids()[rows], said.lengths(rows))


class _Drawn(_Step):
    """A step that draws an option for each row."""

    def __init__(self, number: int, law: np.ndarray) -> None:
        self._number = number
        # the last bound is 1, above every draw
        self._bounds = np.cumsum(law)[:-1]
        self._log_law = np.log(law)

    def _options(self, block: _Block, text: _Text, rows: np.ndarray) -> np.ndarray:
        drawn = np.searchsorted(self._bounds, uniforms(block.keys[rows], self._number), side="right")
        block.log_prob[WORDING if text is block.text else RECORD, rows] += self._log_law[drawn]
        return drawn


class _OneOf(_Drawn):
    """Fixed words, one entry for each option."""

    def __init__(self, number: int, law: np.ndarray, entries: list[list[int]]) -> None:
        super().__init__(number, law)
        self._lengths = np.array([len(entry) for entry in entries])
        self._table = np.zeros((len(entries), max(map(len, entries))), dtype=np.int16)
        for row, entry in zip(self._table, entries, strict=True):
            row[: len(entry)] = entry

    def write(self, block: _Block, text: _Text, rows: np.ndarray) -> None:
        drawn = self._options(block, text, rows)
        text.append_each(rows, self._table[drawn], self._lengths[drawn])


class _Alternatives(_Drawn):
    """Steps, one for each option."""

    def __init__(self, number: int, law: np.ndarray, steps: list[_Step]) -> None:
        super().__init__(number, law)
        self._steps = steps

    def write(self, block: _Block, text: _Text, rows: np.ndarray) -> None:
        drawn = self._options(block, text, rows)
        for option, step in enumerate(self._steps):
            chosen = rows[drawn == option]
            if len(chosen):
                step.write(block, text, chosen)


class _FeatureLaw:
    """The law of a feature as tables: one row for each combination of its parents' values."""

    def __init__(self, feature: Feature, code: dict[str, dict[str, int]]) -> None:
        self._given = [(g, len(code[g])) for g in feature.given]
        rows, width = prod(size for _, size in self._given), max(len(law) for _, law in feature.table)
        self._bounds = np.full((rows, width - 1), 2.0)
        self._log_law = np.zeros((rows, width))
        self._value = np.zeros((rows, width), dtype=np.uint8)
        for parents, law in feature.table:
            row = 0
            for (name, size), value in zip(self._given, parents, strict=True):
                row = row * size + code[name][value]
            self._log_law[row, : len(law)] = np.log([p for p, _ in law])
            self._value[row, : len(law)] = [code[feature.name][value] for _, value in law]
            self._bounds[row, : len(law) - 1] = np.cumsum([p for p, _ in law])[:-1]

    def __call__(self, features: dict[str, np.ndarray], u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        row = np.zeros(len(u), dtype=np.int64)
        for name, size in self._given:
            row = row * size + features[name]
        drawn = (u[:, None] >= self._bounds[row]).sum(axis=1)
        return self._value[row, drawn], self._log_law[row, drawn]
