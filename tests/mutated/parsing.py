"""Wrong parses."""

FILE = "textdiff_lite/corpora/grammar/parsing.py"
TESTS = ["tests/corpora/test_grammar_parsing.py", "tests/corpora/test_grammar_laws.py"]
MUTANTS = [
    (
        "return self.log_prob_of_record + self.log_prob_of_wording",
        "return self.log_prob_of_wording",
        "the record is free",
    ),
    ("sum(edge.record + edge.wording for edge in path)", "sum(edge.wording for edge in path)", "the record is free"),
    ("self.words[start:end] for slot", "self.words[start : end + 1] for slot", "a slot with the word after it"),
    (" if _same_mentions(words, path)]", "]", "mentions need not agree"),
    ("if len(paths) > 1:", "if len(paths) > 2:", "two derivations are let through"),
    ("if again and position - start != len(now._said(slot, words)):", "if False:", "a later mention may stop short"),
    ("if now.going_on is not None and now.going_on[2]:", "if False:", "a later mention may say other words"),
    ("[position - start : position - start + 1]", "[:1]", "every word of a mention is its first"),
    (
        "(*sorted(w for w in expected if w is not None), *(None,) * (None in expected))",
        "tuple(sorted(w for w in expected if w is not None))",
        "that the sentence could end is not said",
    ),
    ("for taken in reversed(steps):", "for taken in steps:", "the path is followed from the wrong end"),
    (
        "found.append((event.slot, start, position))",
        "found.append((event.slot, start, position + 1))",
        "a mention with the word after it",
    ),
    ("if len(parts) == 1 and isinstance(parts[0], Tree)", "if len(parts) == 1", "a word alone is the tree"),
    ("if len(parts) == 1 and isinstance(parts[0], Tree)", "if False", "a whole over the whole"),
    (
        "record, wording = sum(edge.record for edge in path), sum(edge.wording for edge in path)",
        "wording, record = sum(edge.record for edge in path), sum(edge.wording for edge in path)",
        "record and wording swapped",
    ),
]
