"""Wrong traces of a sampler, and frames that are not what the trace says."""

FILE = "textdiff_lite/plots/viewer.py"
TESTS = ["tests/test_plots_viewer.py"]
MUTANTS = [
    (
        "_hidden(beliefs[k][i], vocabulary) if k < len(beliefs)",
        "_hidden(beliefs[k - 1][i], vocabulary) if k < len(beliefs)",
        "what was believed one step ago",
    ),
    ("_hidden(beliefs[k][i], vocabulary) if", "_hidden(beliefs[k][0], vocabulary) if", "the guesses of another place"),
    (
        "if k < len(beliefs) else Hidden()",
        "if k < len(beliefs) else _hidden(beliefs[-1][i], vocabulary)",
        "old guesses at the end",
    ),
    ("            elif k == 0:\n", "            elif k == -1:\n", "given words have a probability"),
    (
        "elif mask is not None and word == ids[k - 1][i]:",
        "elif word == ids[k - 1][i]:",
        "without a mask the first belief stays",
    ),
    (
        "elif mask is not None and word == ids[k - 1][i]:",
        "elif mask is not None and word == ids[0][i]:",
        "a word keeps what it had only if it was there at the start",
    ),
    (
        "elif mask is not None and word == ids[k - 1][i]:",
        "elif mask is not None and k > 1:",
        "a new word keeps the old one's place",
    ),
    ("places.append(frames[-1].places[i])", "places.append(frames[0].places[i])", "the place at the start"),
    (
        "float(beliefs[k - 1][i, word])",
        "float(beliefs[min(k, len(beliefs) - 1)][i, word])",
        "the belief after the word was written",
    ),
    (
        "float(beliefs[k - 1][i, word])",
        "float(beliefs[k - 1][i].max())",
        "the likeliest word's probability for the word's",
    ),
    (
        "ids, times, beliefs = [_ids(x[row], vocabulary, mask)], [start], []",
        "ids, times, beliefs = [_ids(x[0], vocabulary, mask)], [start], []",
        "the start of another row",
    ),
    (
        "ids, times, beliefs = [_ids(x[row], vocabulary, mask)], [start], []",
        "ids, times, beliefs = [_ids(x[row], vocabulary, mask)], [1.0], []",
        "every walk begins at 1",
    ),
    (
        "ids.append(_ids(step.x[row], vocabulary, mask))",
        "ids.append(_ids(step.x[0], vocabulary, mask))",
        "another row's words",
    ),
    (
        "beliefs.append(_belief(step.x0_hat[row], vocabulary))",
        "beliefs.append(_belief(step.x0_hat[0], vocabulary))",
        "another row's belief",
    ),
    ("step.t[row if len(step.t) > 1 else 0].max()", "step.t[0].max()", "another row's time"),
    (
        "step.t[row if len(step.t) > 1 else 0].max()",
        "step.t[row if len(step.t) > 1 else 0].min()",
        "a clamped token's time",
    ),
    ("if not 0 <= row < len(x):", "if not 0 <= row <= len(x):", "a row too many"),
    ("if not 0 <= row < len(x):", "if not row < len(x):", "a row from the end"),
    ("    if not beliefs:\n", "    if beliefs is None:\n", "no step is a trace"),
    (
        "if word != mask and not 0 <= word < len(vocabulary):",
        "if word != mask and not 0 <= word <= len(vocabulary):",
        "an id past the vocabulary",
    ),
    ("if row.shape[-1] != len(vocabulary):", "if row.shape[-1] > len(vocabulary):", "a belief over fewer words"),
    ("if not off < 0.01:", "if off > 0.01:", "nan is normalised"),
    ("if not off < 0.01:", "if not off < 10:", "logits are beliefs"),
    ("return belief.clamp(max=1)", "return belief", "a rounding error is refused"),
    ("belief.sort(descending=True, stable=True)", "belief.sort(stable=True)", "the unlikeliest words"),
    ("for word, p in best if p > 0)", "for word, p in best)", "impossible words are guesses"),
    ("GUESSES = 3", "GUESSES = 4", "four guesses"),
    ("        if len(frame.places) != length:\n", "        if len(frame.places) > length:\n", "a shorter frame"),
    ("if not 0 <= frame.t <= 1:", "if not 0 <= frame.t:", "a time past noise"),
    ("                if not 0 <= p <= 1:\n", "                if p < 0 or p > 1:\n", "nan is a probability"),
    ("                if not 0 <= p <= 1:\n", "                if not 0 <= p:\n", "a probability above one"),
    ("[b != a for a, b in", "[True for a, b in", "every word is new"),
    ("if 0 < p < 0.01:", "if 0 <= p < 0.01:", "the impossible is unlikely"),
    ('return ">99%" if 0.99 < p < 1 else', 'return ">99%" if 0.99 < p else', "the certain is likely"),
    ('    for sign in "<>&":', '    for sign in "&":', "a token ends the script"),
    (
        "isinstance(place, Hidden) for place in frame.places) for frame in frames]",
        "isinstance(place, Shown) for place in frame.places) for frame in frames]",
        "counts what is seen",
    ),
    ('if any(counts) else "")', 'if all(counts) else "")', "says nothing of hiding when something is seen"),
]
