"""Wrong automata."""

FILE = "textdiff_lite/corpora/grammar/automaton.py"
TESTS = [
    "tests/corpora/test_grammar_parsing.py",
    "tests/corpora/test_grammar_laws.py",
    "tests/corpora/test_grammar_ambiguity.py",
]
MUTANTS = [
    ("cost = (0, 0) if top.again else (1, 0)", "cost = (1, 0)", "a later mention costs"),
    (
        "cost = (0, 0) if top.again else (1, 0)",
        "cost = (0, 0) if top.again else (0, 1)",
        "the words of a slot are wording",
    ),
    ("cost = (0, 1) if then is None else then.cost", "cost = (0, 1)", "choices inside a slot are wording"),
    ("key = (top, then)", "key = (top,)", "what follows is forgotten"),
    ("consulted | then.consulted", "consulted", "what later cases look at is forgotten"),
    ("mentioned | then.mentioned", "mentioned", "later mentions are not foreseen"),
    (
        "needed = consulted.union(*(self._ancestors[name] for name in unknown))",
        "needed = consulted",
        "the parents of what is not known yet are forgotten",
    ),
    (
        "again = written & rest.mentioned if rest is not None else frozenset()",
        "again = frozenset()",
        "slots already said are forgotten",
    ),
    (
        "        key = (rest, values, written)",
        "        key = (rest, values)",
        "states with other slots said are one after a word",
    ),
    (
        "self._states.setdefault((rest, kept, again)",
        "self._states.setdefault((rest, kept)",
        "states with other slots said are one",
    ),
    ("(*events, Open(top.label))", "(Open(top.label), *events)", "the inner constituent is the outer"),
    ("for child in reversed(top.children):", "for child in top.children:", "parts from right to left"),
    ("nats = log(p)", "nats = -log(p)", "the sign of a choice"),
    ("at.wording + wording * nats)", "at.wording + record * nats)", "a choice is paid by the wrong account"),
    ("again = top.slot in at.written", "again = False", "every mention is the first"),
    ("        if known is not None:", "        if False:", "a feature is drawn again"),
    ("        if unknown is not None:", "        if False:", "a feature before its parents"),
    (
        "if place < len(self.grammar.record):",
        "if place <= len(self.grammar.record):",
        "the first feature of the plan is record",
    ),
    ("if place < len(self.grammar.record):", "if place < len(self.grammar.features):", "the plan is record"),
    ("        if unknown is None:", "        if True:", "features that no case looks at are never drawn"),
]
