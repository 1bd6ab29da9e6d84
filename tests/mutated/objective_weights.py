"""Wrong weights of the Gaussian targets."""

FILE = "textdiff_lite/objectives/weights.py"
TESTS = ["tests/test_objectives.py"]
MUTANTS = [
    ("(signal / noise).square()", "(signal / noise)", "root of the ratio"),
    ("(signal / noise).square()", "(noise / signal).square()", "noise to signal"),
    (
        "(process.noise_scale / process.level(t, length).noise).square()",
        "(1 / process.level(t, length).noise).square()",
        "scale",
    ),
    (
        "(process.noise_scale / process.level(t, length).noise).square()",
        "(process.noise_scale / process.level(t, length).noise)",
        "root",
    ),
    ("(signal / noise**2).square()", "(signal / noise).square()", "weight of eps for the score"),
    ("length).x0.square()", "length).x0.abs()", "weight of the mean not squared"),
    ("length).x0.square()", "length).x_t.square()", "weight of x_t"),
    ("(snr(a_s) - snr(a_t)) / (2", "(snr(a_t) - snr(a_s)) / (2", "sign"),
    ("(snr(a_s) - snr(a_t)) / (2 * ", "(snr(a_s) - snr(a_t)) / (1 * ", "no half"),
    ("(2 * process.noise_scale**2)", "2", "noise_scale forgotten"),
    ("(2 * process.noise_scale**2)", "(2 * process.noise_scale)", "noise_scale not squared"),
    ("length).signal.square().squeeze(-1) for u", "length).signal.squeeze(-1) for u", "root of alpha_bar"),
]
