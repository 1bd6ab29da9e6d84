"""Wrong checkpoints."""

FILE = "textdiff_lite/training/checkpoint.py"
TESTS = ["tests/training/test_loop.py"]
MUTANTS = [
    ('        run.step = int(metadata["step"])\n', "", "a resumed run begins its steps again"),
    ('("average.", run.average.model)', '("model.", run.average.model)', "the average is lost"),
    ('("step", "exp_avg", "exp_avg_sq")', '("step", "exp_avg")', "the second moment is lost"),
    ('if metadata.get("format") != FORMAT:', "if False:", "weights are taken for a checkpoint"),
    ("        if old != new:\n", "        if False:\n", "another run's checkpoint is taken"),
    ('"corpus": asdict(run.corpus.info),', "", "the corpus is not compared"),
    ("if metadata[what] != number:", "if False:", "another number of threads is not said"),
]
