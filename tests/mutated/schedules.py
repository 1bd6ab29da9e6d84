"""Wrong schedules, grids and draws of time."""

FILE = "textdiff_lite/schedules.py"
TESTS = ["tests/test_schedules.py"]
MUTANTS = [
    # cosine
    ("    s = 0.008\n", "    s = 0.08\n", "ten times the offset"),
    ("quarter = math.pi / 2 / (1 + s)", "quarter = math.pi / 2", "no stretching by the offset"),
    ("torch.ones_like(t) * quarter)) ** 2", "torch.ones_like(t) * quarter))", "cosine without the square"),
    (
        "return (torch.sin((1 - t) * quarter) / torch.sin(torch.ones_like(t) * quarter)) ** 2",
        "return torch.sin((1 - t) * quarter) ** 2",
        "not divided by f(0): alpha_bar(0) is below 1",
    ),
    ("torch.sin((1 - t) * quarter)", "torch.cos((t + s) * quarter)", "the printed form, not exactly 0 at t = 1"),
    ("torch.sin((1 - t) * quarter)", "torch.sin((1 - t**2) * quarter)", "time squared"),
    # from betas
    (
        "torch.log1p(-torch.tensor(betas, dtype=torch.float64))",
        "-torch.tensor(betas, dtype=torch.float64)",
        "exp(-beta)",
    ),
    ("dtype=torch.float64)).cumsum(0)", "dtype=torch.float64))", "one rate instead of the product of all"),
    ("logs, (1, 0))", "logs, (0, 1))", "the table shifted by one step"),
    ("torch.log1p(-torch.tensor(betas, dtype=torch.float64))", "torch.log1p(-torch.tensor(betas))", "table in float32"),
    ("u = t * len(self.betas)", "u = t * (len(self.betas) - 1)", "the last step is never reached"),
    ("u - i).exp()", "0 * u).exp()", "a staircase, not an interpolation"),
    (
        "torch.lerp(log_alpha_bar[i], log_alpha_bar[i + 1], u - i).exp()",
        "torch.lerp(log_alpha_bar[i].exp(), log_alpha_bar[i + 1].exp(), u - i)",
        "alpha_bar interpolated, not its logarithm",
    ),
    ("clamp(0, len(self.betas) - 1)", "clamp(0, len(self.betas))", "an index past the end at t = 1"),
    ("if not 0 <= beta < 1:", "if not 0 <= beta <= 1:", "a rate of 1 is let in"),
    ("if not 0 <= beta < 1:", "if beta < 0 or beta >= 1:", "nan is let in"),
    ("        if not self.betas:\n", "        if self.betas is None:\n", "an empty table is let in"),
    ("torch.linspace(1e-4, 0.02, T", "torch.linspace(1e-4, 0.2, T", "the last rate ten times too large"),
    ("torch.linspace(1e-4, 0.02, T", "torch.linspace(1e-3, 0.02, T", "the first rate ten times too large"),
    ("* (1000 / T)", "* 1", "short chains destroy less"),
    (
        "rates = torch.linspace(1e-4, 0.02, T, dtype=torch.float64) * (1000 / T)",
        "rates = torch.linspace(1e-4**0.5, 0.02**0.5, T, dtype=torch.float64) ** 2 * (1000 / T)",
        "linear in the square root of beta (scaled linear)",
    ),
    ("if T <= 20:", "if T < 20:", "T = 20 is let in"),
    # validate
    (
        "alpha_bar(t, word=word, position=position)\n    if a.ndim",
        "alpha_bar(t, word=word)\n    if a.ndim",
        "no position",
    ),
    (
        "alpha_bar(t, word=word, position=position)\n    if a.ndim",
        "alpha_bar(t, position=position)\n    if a.ndim",
        "no word",
    ),
    ("if not (a[0] == 1).all():", "if not (a[0] >= 0.9).all():", "alpha_bar(0) = 0.99 is let in"),
    ("outside = ~((a >= 0) & (a <= 1))", "outside = (a < 0) | (a > 1)", "nan is let in"),
    ("outside = ~((a >= 0) & (a <= 1))", "outside = ~(a >= 0)", "above 1 is let in"),
    ("outside = ~((a >= 0) & (a <= 1))", "outside = ~(a <= 1)", "below 0 is let in"),
    ("a.diff(dim=0) > 0).any(1)", "a.diff(dim=0) > 1).any(1)", "a rise is let in"),
    ("a.diff(dim=0) > 0).any(1)", "a.diff(dim=0) >= 0).any(1)", "a flat stretch is refused"),
    ("if not (a[-1] < 1).all():", "if not (a[-1] <= 1).all():", "a schedule that destroys nothing is let in"),
    ("if a.ndim != 2 or len(a) != len(t):", "if len(a) != len(t):", "a lost axis is let in"),
    # snr, betas
    ("return a / (1 - a)", "return a / (1 - a) ** 0.5", "standard deviation instead of variance"),
    ("return a / (1 - a)", "return (1 - a) / a", "noise to signal"),
    ("return 1 - a[1:] / a[:-1]", "return a[:-1] - a[1:]", "a difference, not a ratio"),
    ("t = grid(T, dtype=torch.float64).flip(0)", "t = grid(T, dtype=torch.float64)", "the chain backwards"),
    ("if (a[:-1] == 0).any():", "if (a[:-1] < 0).any():", "0 / 0 is let in"),
    # grids
    ("i = torch.arange(steps, -1, -1, device=device) * T", "i = torch.arange(steps, 0, -1, device=device) * T", "no 0"),
    ("* T // steps", "* (T // steps)", "does not start at 1 unless steps divides T"),
    ("torch.get_default_dtype()) / T", "torch.get_default_dtype()) / (T + 1)", "does not start at 1"),
    ("i.to(dtype or torch.get_default_dtype()) / T", "i.float() / T", "dtype ignored"),
    ("if of is not None and steps > of:", "if of is not None and steps > of + 1:", "one step too many is let in"),
    (
        "i = torch.arange(steps, -1, -1, device=device) * T // steps\n"
        "    return i.to(dtype or torch.get_default_dtype()) / T",
        "dt = torch.full((steps,), 1 / steps, dtype=dtype or torch.get_default_dtype())\n"
        "    return torch.cat([torch.ones(1, dtype=dt.dtype), 1 - dt.cumsum(0)])",
        "accumulated time steps, not fractions",
    ),
    ("slack = steps * torch.finfo(t.dtype).eps", "slack = 0", "a time on the grid moves up by rounding"),
    ("slack = steps * torch.finfo(t.dtype).eps", "slack = 0.5", "rounds to the nearest"),
    ("slack).ceil()", "slack).floor()", "rounds down"),
    (".ceil().clamp(min=1)", ".ceil()", "a tiny time becomes 0"),
    ("torch.where(t > 0, i / steps, 0)", "(i / steps)", "a token at 0 moves to the first step"),
    ("* steps).round() - 1\n", "* steps).floor() - 1\n", "index lost by rounding"),
    ("* steps).round() - 1\n", "* steps).round()\n", "the same step, not the one before"),
    ("(i.clamp(min=0) / steps)", "(i / steps)", "a time below 0"),
    # draws
    ("return (1 - u).to(", "return u.to(", "0 may be drawn, 1 may not"),
    ("u = torch.rand(n, 1, generator", "u = torch.rand(1, 1, generator", "one time for the whole batch"),
    ("u = torch.rand(1, 1, generator", "u = torch.rand(n, 1, generator", "a jittered grid with no shared offset"),
    ("(1 - (u + k / n) % 1)", "(1 - (k + u) / n)", "not turned: row k always has a time in part k"),
    ("(1 - (u + k / n) % 1)", "(1 - (u + k / (n + 1)) % 1)", "n + 1 parts"),
    ("(1 - (u + k / n) % 1)", "((u + k / n) % 1)", "0 may be drawn"),
    ("u = torch.rand(n, 1, generator=generator,", "u = torch.rand(n, 1,", "global random state (uniform)"),
    ("u = torch.rand(1, 1, generator=generator,", "u = torch.rand(1, 1,", "global random state (stratified)"),
    (
        "return torch.arange(length, device=device)[None]",
        "return torch.arange(1, length + 1, device=device)[None]",
        "from 1",
    ),
    ('"mps" else torch.float64', '"mps" else torch.float32', "no float64"),
    ("if value < 1:", "if value < 0:", "0 is let in"),
]
