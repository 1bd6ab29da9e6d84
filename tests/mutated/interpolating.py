"""Wrong closed forms of the mask, of replacing, and of both."""

FILE = "textdiff_lite/processes/interpolating.py"
TESTS = ["tests/processes/test_tokens.py"]
MUTANTS = [
    # corrupt
    (
        '        check_times(t)\n        check_ids("x0", x0, self.words)\n',
        '        check_ids("x0", x0, self.words)\n',
        "times",
    ),
    ('        check_ids("x0", x0, self.words)\n', "", "the mask is let in"),
    ('check_ids("x0", x0, self.words)', 'check_ids("x0", x0, self.states)', "the mask is let in as a word"),
    ("keep = self.alpha_bar(wide(t), word", "keep = 1 - self.alpha_bar(wide(t), word", "kept and lost exchanged"),
    ("keep = self.alpha_bar(wide(t), word", "keep = self.alpha_bar(wide(1 - t), word", "time runs backwards"),
    ("keep = self.alpha_bar(wide(t), word", "keep = self.alpha_bar(t, word", "float32 shares"),
    ("(wide(t), word=x0, position=", "(wide(t), position=", "the word is not told"),
    (
        "word=x0, position=positions(x0.shape[1], t.device))\n",
        "word=x0)\n",
        "the place is not told",
    ),
    (
        "*self.shares(keep), self.words, self.states)",
        "*self.shares(keep), self.states, self.states)",
        "mask drawn as a word",
    ),
    ("Corruption(x0, *self.shares(keep),", "Corruption(x0, *self.shares(keep**2),", "kept twice"),
    # likelihood
    ('        check_times(t)\n        check_ids("x_t"', '        check_ids("x_t"', "times (likelihood)"),
    ('        check_ids("x_t", x_t, self.states)\n', "", "states that there are not"),
    (
        "seen = keep * self._is_word(x_t) + replace / self.words",
        "seen = keep * self._is_word(x_t) + replace",
        "no / words",
    ),
    ("seen = keep * self._is_word(x_t) + replace / self.words", "seen = keep * self._is_word(x_t)", "never replaced"),
    (
        "seen = keep * self._is_word(x_t) + replace / self.words",
        "seen = keep + replace / self.words",
        "any word is kept",
    ),
    (
        "torch.where((x_t == self.mask)[..., None], hide, seen)",
        "torch.where((x_t == self.mask)[..., None], 1.0, seen)",
        "sure",
    ),
    ("torch.where((x_t == self.mask)[..., None], hide, seen)", "seen + 0 * hide", "the mask is a word"),
    ("self.shares(self._survival(t, x_t))", "self.shares(1 - self._survival(t, x_t))", "likelihood of what is lost"),
    # prior
    (
        "self.shares(torch.zeros_like(wide(states)))",
        "self.shares(torch.ones_like(wide(states)))",
        "all kept at the end",
    ),
    ("p = replace / self.words * (states", "p = replace * (states", "prior: no / words"),
    ("hide * (states == self.mask)", "hide * (states == 0)", "prior: word 0 for the mask"),
    ("p.to(dtype or p.dtype)", "p", "prior dtype ignored"),
    # a step
    (
        "a_s, a_t = self._survival(s, x_t), self._survival(t, x_t)\n        # where nothing is left",
        "a_t, a_s = self._survival(s, x_t), self._survival(t, x_t)\n        # where nothing is left",
        "times swapped",
    ),
    ("torch.where(a_s > 0, a_t / torch.where(a_s > 0, a_s, 1.0), 1.0)", "a_t", "the whole way for the step"),
    ("torch.where(a_s > 0, a_t / torch.where(a_s > 0, a_s, 1.0), 1.0)", "a_t / a_s", "0 / 0"),
    ("torch.where(a_s > 0, a_s, 1.0), 1.0))", "torch.where(a_s > 0, a_s, 1.0), 0.0))", "the gone go again"),
    ("before = self.shares(a_s)", "before = self.shares(a_t)", "before is not up to s"),
    ("before = self.shares(a_s)", "before = step", "before is the step"),
    ("(weight * share).sum(-1, keepdim=True)", "(weight * share).mean(-1, keepdim=True)", "mean for sum"),
    ("(weight * share).sum(-1, keepdim=True)", "share.sum(-1, keepdim=True)", "the weights are forgotten"),
    ("weight * step.keep * before.keep + of_all(", "weight * step.keep + of_all(", "kept: not kept before"),
    ("weight * step.keep * before.keep + of_all(", "weight * before.keep + of_all(", "kept: not kept in the step"),
    (
        "weight * step.keep * before.keep + of_all(",
        "weight * step.keep * before.replace + of_all(",
        "keep and replace exchanged",
    ),
    (
        "of_all(step.keep * before.replace) / self.words)\n        drawn",
        "of_all(step.keep * before.replace))\n        drawn",
        "kept: no / words",
    ),
    ("of_all(step.keep * before.replace)", "of_all(step.replace * before.keep)", "kept: step and before exchanged"),
    ("+ of_all(step.keep * before.replace) / self.words", "", "kept: what was drawn before"),
    ("kept = self._is_word(x_t) * (", "kept = 1.0 * (", "kept from any word"),
    (
        "weight * step.replace * before.keep + of_all(",
        "weight * step.keep * before.replace + of_all(",
        "drawn: exchanged",
    ),
    ("weight * step.replace * before.keep + of_all(", "weight * step.replace + of_all(", "drawn: not kept before"),
    (
        "of_all(step.replace * before.replace) / self.words) / self.words",
        "of_all(step.replace * before.replace)) / self.words",
        "drawn: one / words too few",
    ),
    (
        "of_all(step.replace * before.replace) / self.words) / self.words",
        "of_all(step.replace * before.replace) / self.words)",
        "drawn: no last / words",
    ),
    ("+ of_all(step.replace * before.replace) / self.words", "", "drawn twice is forgotten"),
    ("now = weight * step.hide * before.keep", "now = weight * before.keep", "hidden whatever the step"),
    ("now = weight * step.hide * before.keep", "now = weight * step.hide", "hidden: not kept before"),
    (
        "now = weight * step.hide * before.keep",
        "now = weight * step.replace * before.keep",
        "hide and replace exchanged",
    ),
    ("of_all(step.hide * before.replace) / self.words", "of_all(step.hide * before.replace)", "hidden: no / words"),
    ("+ of_all(step.hide * before.replace) / self.words", "", "hidden: what was drawn before"),
    ("of_all(step.hide * before.replace)", "of_all(step.hide * before.hide)", "hidden: hide for replace"),
    ("words = torch.where(hidden, now, kept + drawn)", "words = torch.where(hidden, now, kept)", "never drawn"),
    (
        "words = torch.where(hidden, now, kept + drawn)",
        "words = torch.where(hidden, kept + drawn, now)",
        "seen and hidden exchanged",
    ),
    (
        "torch.where(hidden, of_all(before.hide), 0.0)], -1)",
        "of_all(before.hide) + 0.0 * hidden], -1)",
        "the mask turns into words",
    ),
    (
        "torch.where(hidden, of_all(before.hide), 0.0)",
        "torch.where(hidden, before.hide[..., :1] + 0 * weight[..., :1], 0.0)",
        "weights of the mask",
    ),
    (
        "torch.where(hidden, of_all(before.hide), 0.0)",
        "torch.where(hidden, of_all(step.hide), 0.0)",
        "the mask: step for before",
    ),
    # survival
    ("return self.alpha_bar(wide(t)[..., None], word", "return self.alpha_bar(t[..., None], word", "float32 survivals"),
    ("word=words, position=place)", "position=place)", "the word is not told (step)"),
    ("word=words, position=place)", "word=words)", "the place is not told (step)"),
    # the shares
    (
        "Shares(keep, torch.zeros_like(keep), 1 - keep)",
        "Shares(keep, 1 - keep, torch.zeros_like(keep))",
        "the mask replaces",
    ),
    (
        "Shares(keep, 1 - keep, torch.zeros_like(keep))",
        "Shares(keep, torch.zeros_like(keep), 1 - keep)",
        "uniform hides",
    ),
    ("seen = keep ** (1 - self.replace)", "seen = keep**self.replace", "the rates exchanged"),
    (
        "seen = keep ** (1 - self.replace)",
        "seen = 1 - (1 - keep) * (1 - self.replace)",
        "shares for rates: steps don't compose",
    ),
    ("Shares(keep, seen - keep, 1 - seen)", "Shares(keep, 1 - seen, seen - keep)", "hide and replace exchanged"),
    ("Shares(keep, seen - keep, 1 - seen)", "Shares(seen, torch.zeros_like(keep), 1 - seen)", "never replaced"),
    # checks
    ("if not 0 < self.replace < 1:", "if not 0 <= self.replace < 1:", "replace = 0 is let in"),
    ("if not 0 < self.replace < 1:", "if not 0 < self.replace <= 1:", "replace = 1 is let in"),
    ("if not 0 < self.replace < 1:", "if self.replace <= 0 or self.replace >= 1:", "nan is let in"),
    ("if process.words < 1:", "if process.words < 0:", "no words are let in"),
    ("    validate(process.alpha_bar, word=words, position=torch.zeros_like(words))\n", "", "no schedule is let in"),
    (
        "validate(process.alpha_bar, word=words, position",
        "validate(process.alpha_bar, position",
        "the curve of a word is not checked",
    ),
]
