"""Wrong beliefs about noisy tokens."""

FILE = "textdiff_lite/exact.py"
TESTS = ["tests/test_exact_tokens.py"]
MUTANTS = [
    ("evidence = every - seen if others_only else every", "evidence = every", "the place itself is looked at"),
    ("evidence = every - seen if others_only else every", "evidence = every - seen", "the place itself is left out"),
    ("(prior[:, None] + evidence)", "evidence", "all sentences equally likely"),
    (".softmax(1).expand", ".softmax(2).expand", "a law over places"),
    ("clamp(min=MISPRINT)", "clamp(min=-torch.inf)", "nothing explains a misprint"),
    (
        '_check_ids("table", table, process.words)',
        '_check_ids("table", table, process.states + 1)',
        "ids that are no words",
    ),
]
