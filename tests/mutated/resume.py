"""A wrong loop or checkpoint: seen by a resumed run only."""

FILE = "textdiff_lite/training/loop.py"
TESTS = ["tests/training/test_resume.py"]
MUTANTS = [
    (
        "step_generator(plan.seed, run.step,",
        "step_generator(plan.seed, id(run),",
        "noise that is no function of the step",
    ),
]
