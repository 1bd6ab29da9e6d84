"""Wrong clamps."""

FILE = "textdiff_lite/guidance.py"
TESTS = ["tests/test_guidance.py"]
MUTANTS = [
    ("if not 0 <= below <= 1:", "if below < 0 or below > 1:", "nan is let in"),
    ("if not 0 <= below <= 1:", "if not below <= 1:", "a negative limit is let in"),
    ("if not 0 <= below <= 1:", "if not 0 <= below:", "a limit above 1 is let in"),
    ("(t <= below)", "(t < below)", "the limit itself is not clamped"),
    ("(t <= below)", "(t >= below)", "the wrong side"),
    ("(t <= below)", "(t.mean() <= below)", "one clock for all"),
    (
        "vectors[nearest(x0_hat, vectors)].to(x0_hat), x0_hat)",
        "vectors[nearest(x_t, vectors)].to(x0_hat), x0_hat)",
        "the state",
    ),
    ("vectors[nearest(x0_hat, vectors)]", "vectors[(x0_hat @ vectors.T).argmax(-1)]", "the largest product"),
    ("vectors[nearest(x0_hat, vectors)]", "(x0_hat @ vectors.T).softmax(-1) @ vectors", "a soft mean"),
    (".to(x0_hat), x0_hat)", ".to(x0_hat), x_t)", "the state where nothing is clamped"),
    ("denoise(x_t, t, prev=prev)", "denoise(x_t, t)", "no earlier belief"),
]
