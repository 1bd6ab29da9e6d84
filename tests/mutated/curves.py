"""Wrong curves."""

FILE = "textdiff_lite/schedules/curves.py"
TESTS = ["tests/schedules/test_curves.py"]
MUTANTS = [
    ("    s = 0.008\n", "    s = 0.08\n", "ten times the offset"),
    ("quarter = math.pi / 2 / (1 + s)", "quarter = math.pi / 2", "no stretching by the offset"),
    ("torch.sin((1 - t) * quarter)", "torch.cos((t + s) * quarter)", "the printed form, not exactly 0 at t = 1"),
    ("torch.sin((1 - t) * quarter)", "torch.sin((1 - t**2) * quarter)", "time squared"),
    ("return _quarter_wave(t) ** 2", "return _quarter_wave(t)", "cosine without the square"),
    ("return _quarter_wave(t)\n", "return _quarter_wave(t) ** 2\n", "cosine_hoogeboom with the square"),
    (
        "return torch.sin((1 - t) * quarter) / torch.sin(torch.ones_like(t) * quarter)",
        "return torch.sin((1 - t) * quarter)",
        "not divided by f(0): alpha_bar(0) is below 1",
    ),
    ("    return 1 - t\n", "    return (1 - t) ** 2\n", "mutual information squared"),
    ("    return 1 - t\n", "    return 1 - t**2\n", "time squared"),
]
