"""Wrong measures."""

FILE = "textdiff_lite/evaluation.py"
TESTS = ["tests/test_evaluation.py"]
MUTANTS = [
    ("ddof=1", "ddof=0", "the spread of the sample for that of the source"),
    ("/ math.sqrt(len(values))", "", "the spread of one value for that of the mean"),
    ("return nats / math.log(2)", "return nats * math.log(2)", "bits upside down"),
    ("mean(model_nats - true_nats)", "mean(true_nats - model_nats)", "the sign of the excess"),
    ("1 + excess.value / entropy", "model_nats.mean() / entropy", "an unpaired ratio"),
    ("excess.se / entropy", "excess.se", "an error in nats beside a ratio"),
    ("!= corpus.info.pad)", "!= corpus.info.end)", "padding counted and the end not"),
    ("    check_corpus(trained, corpus.info)\n", "", "weights of another corpus are measured"),
    ("mean(-log_p[valid])", "mean(log_p[valid])", "the sign of the samples' nats"),
    ("valid = np.isfinite(log_p)", "valid = log_p > -20", "improbable sentences are called wrong"),
    ("manual_seed(seed)\n    nats = []", "manual_seed(0)\n    nats = []", "every seed draws the same noise of a bound"),
    ("len(some), generator, calls)", "len(some), generator)", "calls ignored"),
    (".double().sum(1)", ".double().mean(1)", "per token and not per sentence"),
]
