"""Wrong cards."""

FILE = "textdiff_lite/measure.py"
TESTS = ["tests/test_cli.py"]
MUTANTS = [
    (
        "-corpus.row_log_prob(split, rows), corpus.entropy)",
        "-corpus.row_log_prob(split, rows[::-1]), corpus.entropy)",
        "sentences are paired with others",
    ),
    ("np.arange(min(sentences, corpus.sizes[split]))", "np.arange(sentences)", "rows beyond the split"),
    (
        "float(nats.sum() / evaluation.tokens(corpus, split, rows).sum())",
        "float((nats / evaluation.tokens(corpus, split, rows)).mean())",
        "short sentences weigh more",
    ),
    ("bits_per_token=evaluation.bits(per_token)", "bits_per_token=per_token", "nats for bits"),
    (
        "evaluation.ratio(nats, -corpus.row_log_prob(split, rows)",
        "evaluation.ratio(nats, corpus.row_log_prob(split, rows)",
        "the sign of the true nats",
    ),
    (
        "-corpus.row_log_prob(split, rows), corpus.entropy)",
        "-corpus.row_log_prob(split, rows), corpus.entropy_given_fields)",
        "over another floor",
    ),
    ("(trained, samples, seed, calls=calls)", "(trained, samples, 0, calls=calls)", "the seed is ignored"),
    ("(trained, samples, seed, calls=calls)", "(trained, samples, seed)", "samples of other calls than the card says"),
    ("evaluations(trained.config, trained.info, calls)", "evaluations(trained.config, trained.info)", "calls ignored"),
    ('clamped=getattr(trained.config, "clamp", 0) > 0', "clamped=False", "clamped samples that pose as free"),
    (
        'getattr(trained.config, "clamp", 0) > 0',
        'hasattr(trained.config, "clamp")',
        "what can be clamped is called clamped",
    ),
    ("bound=trained.system.bound_steps(trained.config)", 'bound="exact"', "a bound that poses as exact"),
    (
        '"grammar_seen": language.seen_of_grammar',
        '"grammar_seen": language.seen',
        "the model's share for the grammar's",
    ),
    ("for name in (RECORD, CARD):", "for name in (RECORD,):", "weights that are shipped have no record"),
    ("for name in (RECORD, CARD):", "for name in (CARD, RECORD):", "an old card for the run's own record"),
]
