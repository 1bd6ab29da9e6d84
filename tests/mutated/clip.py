"""Wrong clipping."""

FILE = "textdiff_lite/training/clip.py"
TESTS = ["tests/training/test_clip.py"]
MUTANTS = [
    (".clamp(max=1.0)", "", "small gradients grow"),
    ("scale = (largest / (norm + 1e-6))", "scale = (largest / (norm**2 + 1e-6))", "the square of the norm"),
    ("torch._foreach_norm(gradients)", "torch._foreach_norm(gradients, 1)", "the sum of absolute values"),
]
