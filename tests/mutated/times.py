"""Wrong grids and draws of time."""

FILE = "textdiff_lite/schedules/times.py"
TESTS = ["tests/schedules/test_times.py"]
MUTANTS = [
    ("i = torch.arange(steps, -1, -1, device=device) * T", "i = torch.arange(steps, 0, -1, device=device) * T", "no 0"),
    ("* T // steps", "* (T // steps)", "does not start at 1 unless steps divides T"),
    ("torch.get_default_dtype()) / T", "torch.get_default_dtype()) / (T + 1)", "does not start at 1"),
    ("i.to(dtype or torch.get_default_dtype()) / T", "i.float() / T", "dtype ignored"),
    ("if of is not None and steps > of:", "if of is not None and steps > of + 1:", "one step too many is let in"),
    (
        "i = torch.arange(steps, -1, -1, device=device) * T // steps\n    return i.to(dtype or torch.get_default_dtype()) / T",
        "dt = torch.full((steps,), 1 / steps, dtype=dtype or torch.get_default_dtype())\n    return torch.cat([torch.ones(1, dtype=dt.dtype), 1 - dt.cumsum(0)])",
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
