"""Wrong ways from a belief to a step, and wrong checks of ids."""

FILE = "textdiff_lite/processes/tokens.py"
TESTS = ["tests/processes/test_tokens.py"]
MUTANTS = [
    (
        '        self._check(x_t, s, t)\n        check_ids("x0", x0, self.words)\n',
        '        check_ids("x0", x0, self.words)\n',
        "posterior: times and states are not checked",
    ),
    ('        check_ids("x0", x0, self.words)\n', "", "posterior: the mask as x_0 is let in"),
    ('        check_ids("x0", x0, self.words)\n', '        check_ids("x0", x0, self.states)\n', "the mask is a word"),
    ("F.one_hot(x0, self.words).to(wide(s).dtype)", "F.one_hot(x0, self.words).to(s.dtype)", "float32 laws"),
    ("F.one_hot(x0, self.words)", "F.one_hot(x_t % self.words, self.words)", "x_t for x_0"),
    (
        "        self._check(x_t, s, t)\n        if x0_hat",
        "        if x0_hat",
        "reverse: times and states are not checked",
    ),
    ("if x0_hat.shape[-1] != self.words:", "if x0_hat.shape[-1] < self.words:", "a column for the mask is let in"),
    ("belief = wide(x0_hat).exp()", "belief = x0_hat.exp()", "float32 beliefs"),
    ("belief = wide(x0_hat).exp()", "belief = wide(x0_hat)", "logarithms for probabilities"),
    ("belief = wide(x0_hat).exp()", "belief = wide(x0_hat.exp())", "exp in float32"),
    ('if self.mixing == "posterior":', 'if self.mixing == "joint":', "the mixings exchanged"),
    ('if self.mixing == "posterior":', "if True:", "always the average of posteriors"),
    ('if self.mixing == "posterior":', "if False:", "always eq. 4"),
    ("seen = self.likelihood(x_t, t)", "seen = self.likelihood(x_t, s)", "likelihood at the wrong time"),
    ("belief / torch.where(seen > 0, seen, 1.0)", "belief * torch.where(seen > 0, seen, 1.0)", "times for over"),
    ("belief / torch.where(seen > 0, seen, 1.0), 0.0)", "belief / seen, 0.0) / 1.0", "nan gradients of what can't be"),
    ("return self._law(x_t, belief, s, t)", "return self._law(x_t, belief, t, s)", "times swapped"),
    ("joint = self._joint(x_t, weight, s, t)", "joint = self._joint(x_t, weight, t, t)", "joint at the wrong time"),
    ("impossible = total == 0", "impossible = total < 0", "0 / 0 where the belief rules x_t out"),
    ("own = F.one_hot(x_t, self.states)", "own = F.one_hot(0 * x_t, self.states)", "what stays becomes word 0"),
    ("joint / torch.where(impossible, 1.0, total)", "joint", "not normalised"),
    ("        check_times(t, s)\n", "        check_times(t)\n", "s is not checked"),
    ("        check_times(t, s)\n", "", "times are not checked"),
    ('        check_ids("x_t", x_t, self.states)\n', "", "states are not checked"),
    ('check_ids("x_t", x_t, self.states)', 'check_ids("x_t", x_t, self.states + 1)', "one state too many is let in"),
    ("not 0 <= ids.min() <= ids.max() < above", "not ids.min() <= ids.max() < above", "negative ids are let in"),
    ("not 0 <= ids.min() <= ids.max() < above", "not 0 <= ids.min() <= ids.max() <= above", "the first too large"),
    ('if mixing not in ("posterior", "joint"):', "if not mixing:", "any mixing is let in"),
]
