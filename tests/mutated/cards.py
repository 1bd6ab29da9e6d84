"""Wrong cards and tables."""

FILE = "textdiff_lite/cards.py"
TESTS = ["tests/test_cards.py"]
MUTANTS = [
    ("card.fingerprint != known[card.corpus]", "False", "a card of another grammar is shown"),
    ("card.ratio or 0.0,", "-(card.ratio or 0.0),", "the worst first"),
    ('f"{value:.1%}"', 'f"{value:.4f}"', "a rate that is no percentage"),
]
