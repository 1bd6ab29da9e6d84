"""Token processes that do not ask their schedule for everything."""

FILE = "textdiff_lite/processes/interpolating.py"
TESTS = ["tests/processes/test_schedules_everywhere.py"]
MUTANTS = [
    ("word=x0, position=positions(x0.shape[1], t.device))", "position=positions(x0.shape[1], t.device))", "no word"),
    ("word=x0, position=positions(x0.shape[1], t.device))", "word=x0)", "no place"),
    ("word=words, position=place)", "position=place)", "no word on the way back"),
    ("word=words, position=place)", "word=words)", "no place on the way back"),
    (
        "self.alpha_bar(wide(t)[..., None], word",
        "self.alpha_bar(wide(t[:, :1])[..., None], word",
        "one time for the sequence",
    ),
    ("a_t / torch.where(a_s > 0, a_s, 1.0), 1.0))", "a_t, 1.0))", "the whole way for a step"),
    ("    validate(process.alpha_bar, word=words, position=torch.zeros_like(words))\n", "", "no check"),
]
