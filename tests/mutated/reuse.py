"""Wrong memories of a denoiser."""

FILE = "textdiff_lite/samplers/reuse.py"
TESTS = ["tests/samplers/test_reuse.py"]
MUTANTS = [
    ("    @torch.no_grad()\n", "", "gradients are kept"),
    ("self._last[0].shape != x_t.shape", "len(self._last[0]) > len(x_t)", "another shape is compared"),
    ("(x_t != before).any(1)", "(x_t != before).all(1)", "a row must change everywhere"),
    ("(x_t != before).any(1)", "(x_t != before).any().expand(len(x_t))", "a whole batch is forgotten for one row"),
    ("(x_t != before).any(1)", "(x_t == before).any(1)", "the rows that did not change"),
    ("            if len(changed):\n", "            if True:\n", "a call for no rows"),
    ("clock = t[changed] if len(t) > 1 else t", "clock = t", "the times of other rows"),
    ("clock = t[changed] if len(t) > 1 else t", "clock = t[: len(changed)]", "the times of the first rows"),
    ("x0_hat.index_copy(0,", "x0_hat.index_copy_(0,", "earlier answers change"),
    ("x0_hat.index_copy(0,", "torch.zeros_like(x0_hat).index_copy(0,", "rows that stay are forgotten"),
    ("self._ask(x_t[changed], clock))", "self._ask(before[changed], clock))", "the old state is asked about"),
    ("self._last = x_t.clone(), x0_hat", "self._last = x_t, x0_hat", "a change in place goes unnoticed"),
    (
        "        self._last = x_t.clone(), x0_hat\n",
        "        self._last = self._last or (x_t.clone(), x0_hat)\n",
        "the first state is remembered for ever",
    ),
    ("self.calls += 1", "self.calls = 1", "calls are not counted"),
    ("self.rows += len(x_t)", "self.rows += 1", "rows are not counted"),
    ("self.rows += len(x_t)", "self.rows += x_t.numel()", "tokens for rows"),
]
