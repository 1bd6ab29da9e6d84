"""A wrong autoregressive system."""

FILE = "textdiff_lite/systems/autoregressive.py"
TESTS = ["tests/systems/test_autoregressive.py"]
MUTANTS = [
    ('ignore_index=model.pad, reduction="none"', 'reduction="none"', "the impossible padding is counted: infinite"),
    ("ignore_index=model.pad", "ignore_index=1", "the end is not counted"),
    ("last = law.sample(generator)[:, 0]", "last = law.log_probs.argmax(-1)[:, 0]", "always the likeliest word"),
    ("torch.where(ended, info.pad, last)", "last", "words behind the end"),
    ("ended |= last == info.end", "ended = last == info.end", "a row that has ended begins again"),
    ("            if ended.all():\n                break\n", "", "goes on when all rows have ended"),
    ("if ended.all():", "if ended.any():", "the first row that ends stops all"),
    (".log_softmax(-1))", ".mul(2).log_softmax(-1))", "a temperature of one half"),
    ("    evaluations(config, info, calls)\n", "", "calls ignored in sampling"),
    ("if calls is not None:", "if False:", "calls ignored"),
    ('return "exact"', 'return "T = ∞"', "an exact likelihood called a bound"),
    ("return info.length", "return info.length - 1", "one network call is not counted"),
]
