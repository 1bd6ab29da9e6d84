"""Wrong samplers of hidden words."""

FILE = "textdiff_lite/samplers/masked.py"
TESTS = ["tests/samplers/test_masked.py"]
MUTANTS = [
    (
        "destroyed = 1 - alpha_bar(wide(torch.ones_like(x[:, :1])))",
        "destroyed = wide(torch.ones_like(x[:, :1]))",
        "what survives to t = 1 is forgotten",
    ),
    ("destroyed * u ** (1 / wide(n.clamp(min=1)))", "destroyed * u", "one hidden word for n"),
    (
        "destroyed * u ** (1 / wide(n.clamp(min=1)))",
        "destroyed * u ** wide(n.clamp(min=1))",
        "the first of n for the last",
    ),
    ("destroyed * u ** (1 / wide(n.clamp(min=1)))", "destroyed * u ** (1 / x.shape[1])", "given words are waited for"),
    ("destroyed = destroyed * u **", "destroyed = u **", "every word has the whole time"),
    ("destroyed * u ** (1 / wide(", "destroyed * u[:1] ** (1 / wide(", "all rows have the times of the first"),
    ("time_at(alpha_bar, 1 - destroyed), 0.0)", "1 - time_at(alpha_bar, destroyed), 0.0)", "the schedule mirrored"),
    ("time_at(alpha_bar, 1 - destroyed), 0.0)", "destroyed, 0.0)", "the schedule ignored"),
    (
        "torch.where(n > 0, time_at(alpha_bar, 1 - destroyed), 0.0)",
        "time_at(alpha_bar, 1 - destroyed)",
        "a finished row does not arrive",
    ),
    (".to(torch.get_default_dtype())\n            x0_hat", "\n            x0_hat", "networks are told float64"),
    ("denoise(x, t, prev=x0_hat)", "denoise(x, t)", "no self-condition"),
    ("likely = wide(hidden | (n == 0))", "likely = wide(hidden)", "a finished row draws from nothing"),
    ("likely = wide(hidden | (n == 0))", "likely = wide(hidden | True)", "a turn may be lost"),
    (
        "likely = wide(hidden | (n == 0))",
        "likely = wide(hidden | (n == 0)) * torch.arange(x.shape[1], 0, -1, device=x.device)",
        "the left side comes sooner",
    ),
    (
        "likely = wide(hidden | (n == 0))",
        "likely = wide((hidden.cumsum(1) == 1) & hidden | (n == 0))",
        "from left to right",
    ),
    (
        "take_along_dim(place[..., None], dim=1)",
        "take_along_dim(0 * place[..., None], dim=1)",
        "the belief of another place",
    ),
    (
        "word = Categorical(belief).sample(generator)",
        "word = belief.argmax(-1)",
        "the likeliest word for a drawn one",
    ),
    (
        "word = Categorical(belief).sample(generator)",
        "word = Categorical(belief[:1]).sample(generator).expand_as(place)",
        "one word for all rows",
    ),
    ("torch.where(hidden, x.scatter(1, place, word), x)", "x.scatter(1, place, word)", "finished rows are drawn again"),
    ("torch.where(hidden, x.scatter(1, place, word), x)", "torch.where(hidden, word, x)", "all hidden words at once"),
    ("yield Step(t, x, x0_hat)", "yield Step(t, x, belief)", "the belief of the one place"),
    (
        "        with torch.no_grad():\n            hidden = x == mask\n            n =",
        "        with torch.enable_grad():\n            hidden = x == mask\n            n =",
        "gradients are kept (first hitting)",
    ),
    ("if not 1 <= evaluations <= x.shape[1]:", "if not 1 <= evaluations:", "more calls than places"),
    ("if not 1 <= evaluations <= x.shape[1]:", "if evaluations > x.shape[1]:", "no call at all"),
    (
        "        with torch.no_grad():\n            hidden = x == mask\n            x0_hat",
        "        with torch.enable_grad():\n            hidden = x == mask\n            x0_hat",
        "gradients are kept (confidence)",
    ),
    (
        "denoise(x, _share(hidden), prev=x0_hat)",
        "denoise(x, _share(~hidden), prev=x0_hat)",
        "what is seen for what is hidden",
    ),
    ("denoise(x, _share(hidden), prev=x0_hat)", "denoise(x, _share(hidden))", "no self-condition (confidence)"),
    (
        "sure = belief.log_prob(words)",
        "sure = belief.log_probs.amax(-1)",
        "the best word's probability for the drawn word's",
    ),
    ("masked_fill(~hidden, -torch.inf)", "masked_fill(~hidden, torch.inf)", "given words take the turns"),
    (".masked_fill(~hidden, -torch.inf)", "", "given words are drawn again"),
    ("descending=True", "descending=False", "the least sure first"),
    (", stable=True).argsort(dim=1)", ", stable=True)", "the order for the ranks"),
    ("// calls_left", "// evaluations", "the last round reveals too little"),
    ("// calls_left", "// 1", "all at once"),
    (
        "hidden.sum(1, keepdim=True) // calls_left",
        "-(-hidden.sum(1, keepdim=True) // calls_left)",
        "large rounds first",
    ),
    (
        "yield Step(_share(x == mask), x, x0_hat)",
        "yield Step(_share(hidden), x, x0_hat)",
        "the time before, not the time reached",
    ),
    ("mean(1, keepdim=True)", "mean().expand(len(hidden), 1)", "one time for all rows"),
]
