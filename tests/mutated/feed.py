"""Wrong feeds."""

FILE = "textdiff_lite/training/feed.py"
TESTS = ["tests/training/test_order.py"]
MUTANTS = [
    ("torch.cat(parts)", "parts[0]", "a batch ends with its block"),
    ("maxsize=2", "maxsize=0", "a block is fetched for every batch"),
    ("order.shuffled(epoch, number)", "sorted(order.shuffled(epoch, number))", "a block in its first order"),
]
