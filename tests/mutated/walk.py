"""Wrong sampling loops."""

FILE = "textdiff_lite/samplers/walk.py"
TESTS = ["tests/samplers/test_walk.py"]
MUTANTS = [
    ("eta: float = 0.0)", "eta: float = 1.0)", "DDIM is random unless told"),
    ("return partial(process.posterior, eta=eta)", "return partial(process.posterior, eta=0.0)", "eta ignored"),
    ("    _check_times(times, x.shape[1])\n", "", "times are not checked"),
    ("clock * tokens, tokens, generator", "clock + 0 * tokens, tokens, generator", "clamped tokens are shown as noise"),
    (
        "keep = ~active if x.ndim == 2 else ~active[..., None]",
        "keep = torch.zeros((1,) * x.ndim, dtype=torch.bool)",
        "no clamping",
    ),
    ("else ~active[..., None]", "else active[..., None]", "the wrong tokens are clamped"),
    ("keep = ~active if x.ndim == 2", "keep = active if x.ndim == 2", "the wrong words are clamped"),
    ("    x0_hat = None\n", "    x0_hat = x\n", "a first guess out of nothing"),
    (
        "x0_hat = denoise(x, t, prev=x0_hat)",
        "x0_hat = denoise(x, s, prev=x0_hat)",
        "told where it goes, not where it is",
    ),
    ("x0_hat = denoise(x, t, prev=x0_hat)", "x0_hat = denoise(x, t)", "no self-condition"),
    ("x0_hat = denoise(x, t, prev=x0_hat)", "x0_hat = denoise(x, t, prev=x)", "the state for the last answer"),
    ("reverse(x, x0_hat, s, t)", "reverse(x, x0_hat, t, t)", "no step is made"),
    ("reverse(x, x0_hat, s, t)", "reverse(x0_hat, x0_hat, s, t)", "the belief for the state"),
    (
        "torch.where(keep, x, reverse(x, x0_hat, s, t).sample(generator))",
        "torch.where(keep, x0_hat, reverse(x, x0_hat, s, t).sample(generator))",
        "clamped to the belief",
    ),
    ("        with torch.no_grad():\n", "        with torch.enable_grad():\n", "gradients are kept"),
    ("yield Step(s, x, x0_hat)", "yield Step(t, x, x0_hat)", "the time before, not the time reached"),
    ("yield Step(s, x, x0_hat)", "yield Step(s, x0_hat, x0_hat)", "the belief for the state reached"),
    ("    return step.x\n", "    return step.x0_hat\n", "the belief for the state at the end"),
    (
        "if times.ndim == 2 and times.shape[1] != length:",
        "if times.ndim == 2 and times.shape[1] < length:",
        "too many clocks",
    ),
    ("if len(times) < 2:", "if len(times) < 1:", "a walk of one point is let in"),
    ("outside = ~((times >= 0) & (times <= 1))", "outside = (times < 0) | (times > 1)", "nan is let in"),
    ("outside = ~((times >= 0) & (times <= 1))", "outside = ~(times >= 0)", "above 1 is let in"),
    ("outside = ~((times >= 0) & (times <= 1))", "outside = ~(times <= 1)", "below 0 is let in"),
    ("rises = times.diff(dim=0) > 0", "rises = times.diff(dim=0) >= 0", "a repeated time is refused"),
    ("rises = times.diff(dim=0) > 0", "rises = times.diff(dim=-1) > 0", "clocks compared with each other"),
    ("rises = times.diff(dim=0) > 0", "rises = times.diff(dim=0) > 1", "a rise is let in"),
]
