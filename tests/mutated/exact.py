"""Wrong answers of a perfect network."""

FILE = "textdiff_lite/exact.py"
TESTS = ["tests/test_exact.py"]
MUTANTS = [
    ("signal * product - signal**2 * square / 2", "signal * product - signal * square / 2", "the signal not squared"),
    ("signal * product - signal**2 * square / 2", "signal * product", "long vectors are favoured"),
    ("signal * product - signal**2 * square / 2", "product - square / 2", "as if nothing had faded"),
    ("1.0, noise**2)", "1.0, noise)", "the standard deviation for the variance"),
    ("1.0, noise**2)", "1.0, 2 * noise**2)", "the variance twice"),
    ("- 2 * product + square", "- product + square", "another distance"),
    ("torch.where(still, clean, 0.0)", "clean", "noisy places are asked for the nearest"),
    ("torch.where(prior > -torch.inf, clean, torch.inf)", "clean", "the nearest may be impossible"),
    ("prior + noisy, -torch.inf)", "noisy, -torch.inf)", "likelihood for belief"),
    ("prior + noisy, -torch.inf)", "prior + noisy, 0.0)", "what is far is likely"),
    (".values + slack", ".values", "rounding decides between equals"),
    (
        "total += of_words[:, place, table[:, place]]",
        "total = of_words[:, place, table[:, place]]",
        "the last word alone",
    ),
    ("of_words[:, place, table[:, place]]", "of_words[:, 0, table[:, place]]", "the first place for all"),
    ("return (p @ points.to(p)).to(x_t)", "return p @ points.to(p)", "the dtype of x_t is lost"),
    ("(p @ spelled.to(p)).view(x_t.shape).to(x_t)", "(p @ spelled.to(p)).view(x_t.shape)", "the same of sentences"),
    ("(1 - own) * seen[..., None]", "1 - own", "hidden words disagree"),
    ("(1 - own) * seen[..., None]", "own * seen[..., None]", "the furthest sentence"),
    ("disagreements, 0.5)", "disagreements, 1.5)", "one misprint more is forgiven"),
    ("torch.where(seen[..., None], safe_log(own), guess)", "guess", "seen words are doubted"),
    ("seen = x != vocab", "seen = x != vocab - 1", "another mask"),
    ("vocab = int(table.max()) + 1", "vocab = int(table.max()) + 2", "one word too many"),
    ('    _check_ids("table", table, len(points))\n', "", "ids without a point"),
    ('        _check_ids("x", x, vocab + 1)\n', "", "ids beyond the mask"),
    ('    _check_ids("table", table)\n', "", "ids below 0"),
    ("if not (prior < torch.inf).all():", "if (prior == torch.inf).any():", "nan passes"),
    ("if not (prior > -torch.inf).any():", "if False:", "nothing is allowed"),
    ("*said, slack.sum(1))", "*said, slack[:, 0] * 1e15)", "everything is near"),
    ("torch.where(still, slack, 0.0)", "slack", "a noisy place makes a clean one doubtful"),
    ("if len(prior) != size:", "if False:", "one number for all sentences"),
]
