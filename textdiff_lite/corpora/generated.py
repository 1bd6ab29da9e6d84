"""Generated corpora: sentences drawn from an unambiguous grammar, so that everything about them is known exactly.

The probability of a sentence, the entropy of the source, the tree and the parts of speech are facts, not estimates.
What measures a model against the floor asks whether its corpus is one of these.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property

import numpy as np

from textdiff_lite.corpora import tokenizers as rules
from textdiff_lite.corpora.corpus import Corpus, CorpusInfo, Rows, fingerprint
from textdiff_lite.corpora.grammar.counters import row_keys
from textdiff_lite.corpora.grammar.description import describe
from textdiff_lite.corpora.grammar.entropy import Entropy, entropy
from textdiff_lite.corpora.grammar.grammar import Grammar
from textdiff_lite.corpora.grammar.parsing import Failure, Parse, Parser
from textdiff_lite.corpora.grammar.sampling import VERSION, Sample, Sampler
from textdiff_lite.corpora.grammar.trees import Tree

BLOCK = 65_536


class GrammarCorpus(Corpus):
    """Sentences drawn independently from a grammar, duplicates included; row i of a split is a function of (seed, i).

    Abstract: a subclass hands its grammar to this constructor and answers `dataset`.

    name: of the corpus, for `load_corpus`. grammar: unambiguous. longest: words of its longest sentence. sizes: of the
    splits. seed: of all splits. source: where the grammar stands, for the facts of the corpus.
    """

    def __init__(
        self, name: str, grammar: Grammar, longest: int, sizes: Mapping[str, int], seed: int, source: str
    ) -> None:
        vocabulary = [*rules.SPECIAL, *grammar.vocabulary]
        info = CorpusInfo(
            name=name,
            unit="word",
            vocab=len(vocabulary),
            length=longest + 1,
            pad=0,
            end=1,
            unk=2,
            fingerprint=fingerprint(describe(grammar), vocabulary, VERSION, seed),
        )
        super().__init__(
            info,
            vocabulary,
            sizes,
            {
                "source": f"generated from the grammar of {source}",
                "seed": seed,
                "splits": "independent draws with duplicates; row i of a split is a function of the seed and i",
                "tokenizer": rules.DESCRIPTIONS["word"],
                "casing": rules.CASING["word"],
                "min_count": 0,
                "unknown_rate": dict.fromkeys(sizes, 0.0),
                "licence": "MIT, as textdiff_lite",
            },
        )
        self.seed = seed
        self.grammar = grammar

    def _ids(self, split: str, rows: np.ndarray) -> np.ndarray:
        return self._closed([self._sample(split, part) for part in blocks(rows)])

    def _sentences(self, split: str, rows: np.ndarray) -> list[str]:
        return self.decode(self._ids(split, rows))

    @property
    def entropy(self) -> float:
        """Nats per sentence: what a model of the sentences must lose on average, at least."""
        return self._entropy.sentence

    def log_prob(self, sentences: Sequence[str]) -> np.ndarray:
        """The probability of each sentence: ln p, nats, float64 [n]; -inf outside the language.

        Here as in `parse`, words are as `decode` writes them: lower case, a space on both sides of punctuation.
        """
        log_prob = _parser(self.grammar).log_prob
        return np.array([log_prob(tuple(sentence.split())) for sentence in sentences], dtype=np.float64)

    def row_log_prob(self, split: str, rows: Rows) -> np.ndarray:
        """The probability of rows of a split: ln p, nats, float64 [n]. Faster than `log_prob`: nothing is parsed.

        Raises ValueError as `ids` does.
        """
        valid = self._valid(split, rows)
        return np.concatenate([np.empty(0), *(self._sample(split, part).log_prob for part in blocks(valid))])

    def parse(self, sentence: str) -> Parse | Failure:
        """The derivation of a sentence, or the word at which it leaves the language."""
        return _parser(self.grammar).parse(tuple(sentence.split()))

    def pos(self, sentence: str) -> tuple[str, ...]:
        """The part of speech of each word. Raises ValueError outside the language."""
        return self._parsed(sentence).pos

    def tree(self, sentence: str) -> Tree:
        """The constituents of the sentence. Raises ValueError outside the language."""
        return self._parsed(sentence).tree

    def spans(self, sentence: str) -> list[tuple[str, int, int]]:
        """(label, start, end) of every constituent, word `end` not included. Raises ValueError outside the language."""
        return self._parsed(sentence).spans

    def _parsed(self, sentence: str) -> Parse:
        parsed = self.parse(sentence)
        if isinstance(parsed, Failure):
            raise ValueError(f"not a sentence of {self.info.name}: {parsed}, in {sentence!r}")
        return parsed

    def _sample(self, split: str, rows: np.ndarray) -> Sample:
        return self._sampler.draw(row_keys(self.seed, split, rows))

    def _closed(self, samples: list[Sample]) -> np.ndarray:
        """Sentences on the canvas, with their [END]."""
        table = np.zeros((sum(len(s.ids) for s in samples), self.info.length), dtype=np.int64)
        longest = self.info.length - 1
        start = 0
        for s in samples:
            part = table[start : start + len(s.ids)]
            part[:, :longest] = s.ids[:, :longest]
            part[np.arange(len(part)), s.lengths] = 1
            start += len(part)
        return table

    @property
    def _entropy(self) -> Entropy:
        return _entropy(self.grammar)

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self.grammar, {word: i for i, word in enumerate(self.vocabulary)})


def blocks(rows: np.ndarray) -> list[np.ndarray]:
    """Rows in parts that fit into memory."""
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]


@cache
def _parser(grammar: Grammar) -> Parser:
    """One for all seeds: it remembers what it has met."""
    return Parser(grammar)


@cache
def _entropy(grammar: Grammar) -> Entropy:
    return entropy(grammar)
