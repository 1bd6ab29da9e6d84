"""Every sentence of a small grammar, and every value of a slot, with exact probabilities."""

from collections.abc import Iterator

from textdiff_lite.corpora.grammar.grammar import Grammar, assignments
from textdiff_lite.corpora.grammar.nodes import Case, Choice, Consulted, Mention, Node, Sequence, Word

Words = tuple[str, ...]


def enumerate_sentences(grammar: Grammar) -> Iterator[tuple[Words, float]]:
    """Each derivation as (words, probability). For small grammars: a sentence with two derivations comes twice."""
    for features, probability in grammar.assignments():
        for said, p, _ in _ways(grammar, grammar.root, features, {}):
            yield said, probability * p


def slot_values(grammar: Grammar, name: str) -> dict[Words, tuple[dict[str, str], float]]:
    """Each value of a slot: words -> (the features that it shows, its probability given them).

    Raises ValueError if two derivations of the slot have the same words: they would be two records.
    """
    node = grammar.slot(name).node
    shown = Consulted()(node)
    found: dict[Words, tuple[dict[str, str], float]] = {}
    seen: set[tuple[str, ...]] = set()
    for features, _ in assignments(grammar.record):
        own = {f: features[f] for f in shown}
        if name not in grammar.slots_of(features) or tuple(own.values()) in seen:
            continue
        seen.add(tuple(own.values()))
        for said, p, _ in _ways(grammar, node, own, {}):
            if said in found:
                raise ValueError(f"the slot {name!r} has two derivations of {' '.join(said)!r}")
            found[said] = (own, p)
    return found


def _ways(
    grammar: Grammar, node: Node, features: dict[str, str], bound: dict[str, Words]
) -> Iterator[tuple[Words, float, dict[str, Words]]]:
    match node:
        case Word():
            yield (node.word,), 1.0, bound
        case Case():
            yield from _ways(grammar, node.branch(features[node.feature]), features, bound)
        case Choice():
            for p, option in node.options:
                for said, q, after in _ways(grammar, option, features, bound):
                    yield said, p * q, after
        case Mention():
            if node.slot in bound:
                yield bound[node.slot], 1.0, bound
            else:
                for said, p, _ in _ways(grammar, grammar.slot(node.slot).node, features, bound):
                    yield said, p, {**bound, node.slot: said}
        case Sequence():
            yield from _in_turn(grammar, node.children, features, bound)


def _in_turn(
    grammar: Grammar, nodes: tuple[Node, ...], features: dict[str, str], bound: dict[str, Words]
) -> Iterator[tuple[Words, float, dict[str, Words]]]:
    if not nodes:
        yield (), 1.0, bound
        return
    for first, p, then in _ways(grammar, nodes[0], features, bound):
        for rest, q, after in _in_turn(grammar, nodes[1:], features, then):
            yield first + rest, p * q, after
