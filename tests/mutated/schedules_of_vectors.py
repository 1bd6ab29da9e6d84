"""Gaussians that do not ask their schedule for everything."""

FILE = "textdiff_lite/processes/gaussian.py"
TESTS = ["tests/processes/test_schedules_everywhere.py"]
MUTANTS = [
    ("self.alpha_bar(wide(t), position=positions(length, t.device))", "self.alpha_bar(wide(t))", "no place"),
    (
        "self.alpha_bar(wide(t), position=positions(length, t.device))",
        "self.alpha_bar(wide(t), word=None, position=positions(length, t.device))",
        "known words are taken away",
    ),
    (
        "self.alpha_bar(wide(t), position=positions(length, t.device))",
        "self.alpha_bar(wide(t[:, :1]), position=positions(length, t.device))",
        "one time for the sequence",
    ),
    (
        "self.alpha_bar(wide(t), position=positions(length, t.device))",
        "self.alpha_bar(wide(t[:1]), position=positions(length, t.device))",
        "one time for the batch",
    ),
    ("self.noise_scale * safe_sqrt(1 - a_t)", "safe_sqrt(1 - a_t)", "no noise factor"),
    ("self.noise_scale**2 * var)", "var)", "no noise factor in the step back"),
    ("        validate(self.alpha_bar)\n", "", "what is no schedule is let in"),
]
