"""Wrong bounds of the T-step chain."""

FILE = "textdiff_lite/objectives/bound.py"
TESTS = ["tests/test_objectives.py"]
MUTANTS = [
    ("return self.prior + self.diffusion + self.last", "return self.diffusion + self.last", "no prior term"),
    ("return self.prior + self.diffusion + self.last", "return self.prior + self.diffusion", "no last term"),
    ("return self.prior + self.diffusion + self.last", "return self.prior + self.last", "no diffusion term"),
    ("device=x0.device)[:-1]", "device=x0.device)[1:]", "0 in place of 1"),
    ("device=x0.device)[:-1]", "device=x0.device)[:-2]", "the first step left out"),
    ("x0, u * tokens, steps", "x0, u * torch.ones_like(tokens), steps", "given tokens are noised"),
    ("so_far + term for", "term for", "the last time only"),
    ("Bound(*(term / steps for term in sums))", "Bound(*sums)", "T times too much"),
    ("    t = on_grid(t, steps)\n", "", "times between the steps"),
    ("x_t = process.corrupt(x0, t).sample(generator)", "x_t = x0", "the data are not corrupted"),
    (
        "x_t = process.corrupt(x0, t).sample(generator)",
        "x_t = process.corrupt(x0, previous(t, steps)).sample(generator)",
        "too little noise",
    ),
    (
        "bound_at(process, x0, x_t, denoise(x_t, t), t",
        "bound_at(process, x0, x_t, denoise(x0, t), t",
        "the answer is shown",
    ),
    (
        "bound_at(process, x0, x_t, denoise(x_t, t), t",
        "bound_at(process, x0, x_t, denoise(x_t, previous(t, steps)), t",
        "told the wrong time",
    ),
    ("first = (t > 0) & (s == 0)", "first = s == 0", "a given token pays the last term"),
    ("first = (t > 0) & (s == 0)", "first = s < 0", "no last term"),
    ("    s = torch.where(first, t, s)\n", "", "a KL between points at s = 0"),
    (
        "process.posterior(x_t, x0, s, t).kl(process.reverse(x_t, x0_hat, s, t))",
        "process.reverse(x_t, x0_hat, s, t).kl(process.posterior(x_t, x0, s, t)) * 0",
        "no diffusion term",
    ),
    ("process.posterior(x_t, x0, s, t).kl", "process.posterior(x_t, x0_hat, s, t).kl", "the model against itself"),
    (".kl(process.reverse(x_t, x0_hat, s, t))", ".kl(process.reverse(x_t, x0, s, t))", "the data against themselves"),
    ("prior=torch.where(t > 0, _prior(process, x0), 0.0)", "prior=_prior(process, x0)", "a given token pays the prior"),
    (
        "prior=torch.where(t > 0, _prior(process, x0), 0.0)",
        "prior=torch.where(t > 0, steps * _prior(process, x0), 0.0)",
        "prior T times",
    ),
    ("diffusion=steps * step", "diffusion=step", "one KL for the sum"),
    ("diffusion=steps * step", "diffusion=(steps - 1) * step", "T - 1 for T"),
    (
        "torch.where(first, steps * last(x_t, x0_hat, t), 0.0)",
        "torch.where(first, last(x_t, x0_hat, t), 0.0)",
        "last term not weighed",
    ),
    (
        "torch.where(first, steps * last(x_t, x0_hat, t), 0.0)",
        "steps * last(x_t, x0_hat, t)",
        "last term at every step",
    ),
    (
        "torch.where(first, steps * last(x_t, x0_hat, t), 0.0)",
        "torch.where(first, steps * last(x_t, x0_hat, previous(t, steps)), 0.0)",
        "last term at time 0",
    ),
    ("end = torch.ones(1, 1", "end = torch.zeros(1, 1", "prior term at t = 0"),
    (
        "torch.promote_types(x0.dtype, torch.float32)",
        "(x0.dtype if x0.is_floating_point() else torch.float32)",
        "half-precision times",
    ),
    ("    if not var > 0:", "    if var < 0:", "a variance of 0 is let in"),
    ("return -Gaussian(x0_hat", "return Gaussian(x0_hat", "sign of the Gaussian decoder"),
    ("torch.full_like(x0_hat[..., :1], var)", "torch.full_like(x0_hat[..., :1], var**0.5)", "std for variance"),
    ("cross_entropy(logits(x0_hat), words)", "cross_entropy(x0_hat, words)", "belief taken for logits"),
    (
        "return -process.reverse(x_t, x0_hat, torch.zeros_like(t), t)",
        "return process.reverse(x_t, x0_hat, torch.zeros_like(t), t)",
        "sign of the chain decoder",
    ),
    ("x0_hat, torch.zeros_like(t), t).log_prob(x0)", "x0_hat, t / 2, t).log_prob(x0)", "the step stops halfway"),
]
