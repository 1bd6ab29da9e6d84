"""Probabilistic grammars with exact answers: probabilities, entropies, lengths, parses, and a proof of unambiguity."""

from textdiff_lite.corpora.grammar.ambiguity import AmbiguitySearch, find_ambiguity
from textdiff_lite.corpora.grammar.description import describe
from textdiff_lite.corpora.grammar.entropy import Entropy, entropy
from textdiff_lite.corpora.grammar.enumeration import enumerate_sentences, slot_values
from textdiff_lite.corpora.grammar.grammar import Feature, Grammar, Slot
from textdiff_lite.corpora.grammar.lengths import length_law
from textdiff_lite.corpora.grammar.nodes import Case, Choice, Mention, Node, Sequence, Word
from textdiff_lite.corpora.grammar.parsing import Failure, Parse, Parser
from textdiff_lite.corpora.grammar.sampling import Record, Sample, Sampler
from textdiff_lite.corpora.grammar.trees import Leaf, Tree

__all__ = [
    "AmbiguitySearch",
    "Case",
    "Choice",
    "Entropy",
    "Failure",
    "Feature",
    "Grammar",
    "Leaf",
    "Mention",
    "Node",
    "Parse",
    "Parser",
    "Record",
    "Sample",
    "Sampler",
    "Sequence",
    "Slot",
    "Tree",
    "Word",
    "describe",
    "entropy",
    "enumerate_sentences",
    "find_ambiguity",
    "length_law",
    "slot_values",
]
