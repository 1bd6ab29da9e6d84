"""Wrong laws of length."""

FILE = "textdiff_lite/corpora/grammar/lengths.py"
TESTS = ["tests/corpora/test_grammar_laws.py"]
MUTANTS = [
    (
        "_most_mentions(grammar.root, s.name) > 1",
        "_most_mentions(grammar.root, s.name) > 2",
        "two mentions with lengths of their own",
    ),
    ("[slot for slot in twice if slot in slots]", "twice", "the length of a slot that is not said"),
    (
        "weight = probability * prod(float(own[n]) for own, n in zip(laws, lengths, strict=True))",
        "weight = probability",
        "all lengths of a slot weigh the same",
    ),
    (
        "(slots, probability + found.get(key, (slots, 0.0))[1])",
        "(slots, probability)",
        "merged assignments lose their weight",
    ),
    ("return self(self._grammar.slot(node.slot).node)\n", "return 1\n", "every slot is taken for one word"),
    (
        "return None if None in parts else sum(part or 0 for part in parts)",
        "return sum(part or 0 for part in parts)",
        "an unknown length is taken for 0",
    ),
    (
        "return sum(_most_mentions(child, slot)",
        "return max(_most_mentions(child, slot)",
        "mentions one after the other are one",
    ),
    (
        "return max(_most_mentions(option, slot)",
        "return min(_most_mentions(option, slot)",
        "the alternative with fewest mentions",
    ),
    (
        "return max(_most_mentions(branch, slot)",
        "return min(_most_mentions(branch, slot)",
        "the branch with fewest mentions",
    ),
    (
        "Consulted({slot.name: slot.node for slot in grammar.slots})",
        "Consulted()",
        "the features of slots are no part of the key",
    ),
    (
        "(self._consulted.key(node, features), tuple(lengths.items()))",
        "(self._consulted.key(node, features), ())",
        "one length for all lengths of a slot",
    ),
    (
        "(self._consulted.key(node, features), tuple(lengths.items()))",
        "(node, tuple(lengths.items()))",
        "one length for all features",
    ),
    (
        "np.eye(1, lengths[node.slot] + 1, lengths[node.slot])[0]",
        "np.eye(1, lengths[node.slot] + 2, lengths[node.slot] + 1)[0]",
        "a mention one word longer",
    ),
    (
        "total = np.convolve(total, self(child, features, lengths))",
        "total = _sum(total, self(child, features, lengths))",
        "parts are added, not put together",
    ),
    ("return slots[node.slot]", "return 1", "every slot is one word at the longest"),
]
