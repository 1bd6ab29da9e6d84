"""Wrong runs with a folder."""

FILE = "textdiff_lite/training/train.py"
TESTS = ["tests/training/test_loop.py"]
MUTANTS = [
    ("means * run.corpus.info.length", "means", "nats per token are called nats per sentence"),
    ("if checkpoint.exists() and not resume:", "if False:", "a run is written over"),
    ("if not math.isfinite(value):", "if False:", "training goes on with a loss that is no number"),
    ("in figures.items():", "in list(figures.items())[1:]:", "the first part is not asked"),
    ("in figures.items():", "in list(figures.items())[:1]:", "the first part alone is asked"),
    ("in figures.items():", "in zip(names, parts, strict=True):", "the gradient is not asked"),
    (
        "report.step % log_every == 0 or save_now:",
        "report.step % log_every == 0:",
        "weights that are not finite are saved",
    ),
    ("run.average.model)", "run.model)", "the weights and not their average are shipped"),
    ('"loss": sum(parts)', '"loss": parts[0]', "the first part is called the loss"),
]
