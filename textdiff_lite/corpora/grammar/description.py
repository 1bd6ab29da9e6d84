"""A grammar as plain lists: the same lists on every machine, other lists for another grammar."""

from textdiff_lite.corpora.grammar.grammar import Grammar
from textdiff_lite.corpora.grammar.nodes import Case, Choice, Mention, Node, Sequence, Word, inside


def describe(grammar: Grammar) -> list:
    """Everything that the law of the sentences depends on, as JSON-able lists; what a fingerprint is taken of."""
    tops = {"": grammar.root, **{slot.name: slot.node for slot in grammar.slots}}
    number = {node: i for i, node in enumerate(dict.fromkeys(n for top in tops.values() for n in inside(top)))}
    features = [
        [f.name, list(f.given), [[list(row), [[_text(p), value] for p, value in law]] for row, law in f.table]]
        for f in grammar.features
    ]
    return [
        features,
        len(grammar.plan),
        {name: number[top] for name, top in tops.items()},
        [_describe(node, number) for node in number],
    ]


def _describe(node: Node, number: dict[Node, int]) -> list:
    match node:
        case Word():
            return ["word", node.word, node.pos]
        case Mention():
            return ["mention", node.slot]
        case Sequence():
            return ["sequence", node.label, [number[child] for child in node.children]]
        case Choice():
            return ["choice", [[_text(p), number[option]] for p, option in node.options]]
        case Case():
            branches = [[value, number[branch]] for value, branch in node.branches]
            return ["case", node.feature, branches, None if node.otherwise is None else number[node.otherwise]]
    raise TypeError(f"{type(node).__name__} is not a node of a grammar")


def _text(p: float) -> str:
    # powers differ in their last bit between machines
    return f"{p:.12g}"
