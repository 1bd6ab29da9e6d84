"""A wrong D3PM: config, kernels, draws, loss, bound and samples."""

FILE = "textdiff_lite/systems/d3pm.py"
TESTS = ["tests/systems/test_d3pm.py"]
MUTANTS = [
    # config
    ("self.chain < 2", "self.chain < 1", "a chain of one step is let in"),
    ("if not 0 <= self.auxiliary < float", "if self.auxiliary < 0 or self.auxiliary == float", "nan is let in"),
    ("if self.auxiliary and self.steps is None:", "if False:", "an auxiliary part that is never added is let in"),
    ("return self.chain or CHAINS[self.kernel]", "return CHAINS[self.kernel]", "chain ignored"),
    ('"uniform": 1000', '"uniform": 100', "another default chain"),
    # the model and its process
    ("info.vocab + masked", "info.vocab + 1", "a state for a mask that never comes"),
    ("timed=not masked", "timed=masked", "the wrong networks are told t"),
    ("if key not in self._processes:", "if True:", "matrices made anew at every step"),
    ("key = (config, self.counts.device)", "key = self.counts.device", "the chain of another Config"),
    ("return Absorbing(mutual_information, words)", "return Absorbing(cosine_hoogeboom, words)", "another schedule"),
    ("return Uniform(cosine_hoogeboom, words)", "return Uniform(mutual_information, words)", "another schedule"),
    ("return Uniform(cosine_hoogeboom, words)", 'return Uniform(cosine_hoogeboom, words, "posterior")', "not eq. 4"),
    ('words, "joint")', 'words, "posterior")', "not eq. 4, of matrices"),
    ("kernels.gaussian(linear_betas(T), words)", "kernels.gaussian(linear_betas(T)[::-1], words)", "betas backwards"),
    ("by_information(frequencies, family, T)", "mutual_information", "the schedule of the mask kernel"),
    ("by_information(frequencies, family, T)", "by_information(frequencies * 0 + 1 / words, family, T)", "even words"),
    ("    model.counts.copy_(word_counts(corpus))\n", "", "words not counted"),
    (
        'if config.kernel == "neighbour":\n        model',
        'if config.kernel == "uniform":\n        model',
        "no neighbours",
    ),
    ("min(WIDTH, model.words)", "1", "neighbours by one number alone"),
    # draws
    (
        "objectives.stratified_counts(batch, info.length, generator)",
        "torch.randint(1, info.length + 1, (batch, 1), generator=generator)",
        "counts not spread evenly",
    ),
    ("stratified_times(batch, generator, torch.float64)", "places(batch, 1)", "times not spread evenly"),
    ("on_grid(stratified_times(batch, generator, torch.float64), config.steps)", "places(batch, 1)", "off the grid"),
    (
        '"t": t, "places": places(batch, info.length)',
        '"t": t, "places": places(1, info.length).expand(batch, -1)',
        "all rows are destroyed at the same places",
    ),
    # loss
    ('(batch, draws["count"], process.words', '(batch, draws["count"] - 1, process.words', "a place less is hidden"),
    ("exact_count_bound(logits, batch, x_t", "exact_count_bound(logits, x_t.clamp(max=0), x_t", "another answer"),
    ("x_t = process.corrupt(batch, t).at(draws", "x_t = process.corrupt(batch, t).at(1 - draws", "other draws"),
    ("batch, x_t, denoiser(model)(x_t, t), t", "batch, x_t, denoiser(model)(batch, t), t", "the answer is shown"),
    ("denoiser(model)(x_t, t), t", "denoiser(model)(x_t, 1 - t), t", "told the wrong time"),
    ("config.steps, config.auxiliary)", "config.steps, 1.0)", "the weight of the cross-entropy ignored"),
    ('return parts if config.auxiliary else {"bound": parts["bound"]}', "return parts", "a part that is always 0"),
    # bound
    ("@torch.no_grad()\ndef bound", "def bound", "gradients kept"),
    ("turn < n, process.words", "turn < n - 1, process.words", "the word to be read is shown"),
    ("turn < n, process.words", "turn <= n, process.words", "a word more is hidden"),
    ("turn < n, process.words, batch", "turn >= n, process.words, batch", "hidden and seen places exchanged"),
    ("turn == n - 1", "turn == 0", "the same word at every step"),
    ("turn == n - 1", "turn <= n - 1", "every hidden word pays at every step"),
    (
        "uniform(B, L).argsort(-1).argsort(-1)",
        "uniform(1, L).expand(B, L).argsort(-1).argsort(-1)",
        "one order for all sentences",
    ),
    ("on_grid((count - uniform(B, 1)) / L", "on_grid(uniform(B, 1)", "times not stratified"),
    ("on_grid((count - uniform(B, 1)) / L", "on_grid((count - 0 * uniform(B, 1)) / L", "L times of the chain alone"),
    ('["bound"] / L', '["bound"]', "L times too much"),
    ('["bound"] / L', '["bound"] / (L + 1)', "a mean over one time too many"),
    ('"T = ∞" if config.steps is None else', '"T = ∞" if config.kernel == "absorbing" else', "a chain is no limit"),
    # samples
    ("and calls is None:", "and calls is not None:", "first hitting where calls were chosen"),
    ("process.prior((n, info.length), device=device)", "process.prior((n, 1), device=device)", "one place"),
    ("of=config.steps, dtype", "dtype", "times off the grid of the chain"),
    ("calls_within(steps, calls,", "calls_within(math.inf, calls,", "more calls than steps are let in"),
    ("steps = config.steps or math.inf", "steps = config.steps or info.length", "a limit where there is none"),
    ("calls_within(steps, calls,", "calls_within(steps, None,", "calls ignored"),
    ("int(min(steps, 4 * info.length))", "int(steps)", "as many calls as steps"),
    ("int(min(steps, 4 * info.length))", "4 * info.length", "more calls than steps"),
    ('f", auxiliary {config.auxiliary:g}" if config.auxiliary else ""', '""', "two models of one name"),
]
