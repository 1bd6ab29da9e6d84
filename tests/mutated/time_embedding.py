"""Wrong waves."""

FILE = "textdiff_lite/networks/time_embedding.py"
TESTS = ["tests/networks/test_time_embedding.py"]
MUTANTS = [
    ("torch.cat([angles.cos(), angles.sin()], -1)", "torch.cat([angles.sin(), angles.cos()], -1)", "sin first"),
    ("math.log(10000)", "math.log(1000)", "another base"),
    ("* k / half)", "* k / (half - 1))", "divided by half - 1, as D3PM does"),
    ("-math.log", "math.log", "frequencies rise"),
    ("    half = dim // 2\n", "    half = (dim + 1) // 2\n", "an odd width is rounded up"),
    ("(0, dim % 2))", "(dim % 2, 0))", "the zero in front"),
    ("angles = t[..., None] *", "angles = 1000 * t[..., None] *", "time is scaled"),
    ("if dim < 2:", "if dim < 1:", "a width of 1 is let in"),
]
