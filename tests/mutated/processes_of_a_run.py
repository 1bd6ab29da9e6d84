"""A wrong share of the batch: seen by two processes only."""

FILE = "textdiff_lite/training/loop.py"
TESTS = ["tests/training/test_processes.py"]
MUTANTS = [
    ("value[mine] for name", "value[:share] for name", "every process has the same noise"),
    (
        "slice(accelerator.process_index * share, (accelerator.process_index + 1) * share)",
        "slice(0, share)",
        "every process has the same rows",
    ),
    ("parts = objective(batch,", "parts = objective.module(batch,", "DDP does not see the forward: no averaging"),
]
