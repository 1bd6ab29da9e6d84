"""Wrong distances."""

FILE = "textdiff_lite/spaces/geometry.py"
TESTS = ["tests/spaces/test_geometry.py"]
MUTANTS = [
    ("vectors.square().sum(-1) / 2 - x @ vectors.T).argmin(-1)", "-(x @ vectors.T)).argmin(-1)", "the largest product"),
    ("vectors.square().sum(-1) / 2 - x", "vectors.square().sum(-1) - x", "the halves are lost"),
    ("vectors.square().sum(-1) / 2 - x", "vectors.norm(dim=-1) / 2 - x", "length for its square"),
    ("vectors.square().sum(-1) / 2 - x", "vectors.square().sum(-1) / 2 + x", "the sign of the product"),
    ("x @ vectors.T).argmin(-1)", "x @ vectors.T).argmax(-1)", "the farthest row"),
    ("x @ vectors.T).argmin(-1)", "x @ vectors.T).argmin(-2)", "the nearest x of a row"),
    ("vectors.square().sum(-1) / 2", "vectors.square().mean(-1) / 2", "a mean over coordinates"),
    ("if x.shape[-1] != vectors.shape[-1]:", "if False:", "widths that differ are let in"),
    ("if len(vectors) < 2:", "if len(vectors) < 1:", "a row alone is infinitely far"),
    ("distances.masked_fill(own, torch.inf).amin(-1)", "distances.amin(-1)", "each row is its own neighbour"),
    ("distances.masked_fill(own, torch.inf).amin(-1)", "distances.amax(-1)", "the farthest neighbour"),
    (
        "distances.masked_fill(own, torch.inf).amin(-1)",
        "distances.masked_fill(distances == 0, torch.inf).amin(-1)",
        "equal rows are passed over",
    ),
    ('compute_mode="donot_use_mm_for_euclid_dist"', 'compute_mode="use_mm_for_euclid_dist"', "digits are lost"),
    ("torch.cdist(vectors, vectors, ", "torch.cdist(vectors, vectors, p=1.0, ", "another distance"),
    (".square().mean() / vectors.shape[-1]", ".mean() / vectors.shape[-1]", "distances, not squared"),
    (".square().mean() / vectors.shape[-1]", ".mean().square() / vectors.shape[-1]", "the square of the mean"),
    (".square().mean() / vectors.shape[-1]", ".square().amin() / vectors.shape[-1]", "the closest pair alone"),
    (".square().mean() / vectors.shape[-1]", ".square().mean()", "not per coordinate"),
    (".square().mean() / vectors.shape[-1]", ".square().mean() / vectors.shape[0]", "by the words"),
    (
        "process.noise_scale**2 / (process.noise_scale**2 + delta2)",
        "1 / (1 + delta2)",
        "the noise scale is not asked",
    ),
    (
        "process.noise_scale**2 / (process.noise_scale**2 + delta2)",
        "process.noise_scale / (process.noise_scale + delta2)",
        "std for variance",
    ),
    (
        "process.noise_scale**2 / (process.noise_scale**2 + delta2)",
        "delta2 / (process.noise_scale**2 + delta2)",
        "noise for signal",
    ),
]
