"""Wrong feeds."""

FILE = "textdiff_lite/training/feed.py"
TESTS = ["tests/training/test_order.py"]
MUTANTS = [
    ("torch.cat(parts)", "parts[0]", "a batch ends with its block"),
    ("maxsize=2)", "maxsize=0)", "a block is shuffled for every batch"),
    ("maxsize=max(2, KEPT // of_a_block)", "maxsize=0", "a block is fetched every epoch"),
    ("max(2, KEPT // of_a_block)", "64", "the limit of what is kept ignored"),
    ("order.permutation(epoch, number)", "sorted(order.permutation(epoch, number))", "a block in its first order"),
    ("order.permutation(epoch, number)", "order.permutation(0, number)", "every epoch in one order"),
    (".long()", "", "ids of 16 bits"),
]
