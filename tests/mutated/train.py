"""Wrong runs with a folder."""

FILE = "textdiff_lite/training/train.py"
TESTS = ["tests/training/test_loop.py"]
MUTANTS = [
    ("means * run.corpus.info.length", "means", "nats per token are called nats per sentence"),
    ("if checkpoint.exists() and not resume:", "if False:", "a run is written over"),
    ("if not math.isfinite(value):", "if False:", "training goes on with a loss that is no number"),
    (
        "report.step % log_every == 0 or save_now:",
        "report.step % log_every == 0:",
        "weights that are not finite are saved",
    ),
    ("run.average.model)", "run.model)", "the weights and not their average are shipped"),
    ('"loss": sum(parts)', '"loss": parts[0]', "the first part is called the loss"),
]
