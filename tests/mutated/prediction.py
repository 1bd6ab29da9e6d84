"""Wrong changes of variables."""

FILE = "textdiff_lite/prediction.py"
TESTS = ["tests/test_prediction.py"]
MUTANTS = [
    ("_over(x_t - noise.to(x_t) * eps, signal)", "_over(x_t + noise.to(x_t) * eps, signal)", "sign of the noise"),
    ("_over(x_t - noise.to(x_t) * eps, signal)", "_over(x_t - (noise**2).to(x_t) * eps, signal)", "variance for std"),
    (
        "_over(x_t - noise.to(x_t) * eps, signal)",
        "_over(x_t - noise.to(x_t) * eps, signal**2)",
        "alpha_bar for its root",
    ),
    ("_over(x_t - noise.to(x_t) * eps, signal)", "(x_t - noise.to(x_t) * eps)", "not divided by the signal"),
    ("_over(x_t - signal.to(x_t) * x0, noise)", "_over(x_t - x0, noise)", "the signal is not scaled"),
    ("_over(x_t - signal.to(x_t) * x0, noise)", "_over(x_t - signal.to(x_t) * x0, noise**2)", "variance for std"),
    (
        "signal.to(x_t) * x_t - (noise / process.noise_scale).to(x_t) * v",
        "signal.to(x_t) * x_t + (noise / process.noise_scale).to(x_t) * v",
        "sign of v",
    ),
    (
        "signal.to(x_t) * x_t - (noise / process.noise_scale).to(x_t) * v",
        "signal.to(x_t) * x_t - noise.to(x_t) * v",
        "noise_scale kept in sigma",
    ),
    (
        "signal.to(x_t) * x_t - (noise / process.noise_scale)",
        "x_t - (noise / process.noise_scale)",
        "the state is not turned",
    ),
    (
        "_over(signal.to(x_t) * x_t - x0, noise / process.noise_scale)",
        "_over(x0 - signal.to(x_t) * x_t, noise / process.noise_scale)",
        "sign of the velocity",
    ),
    (
        "_over(signal.to(x_t) * x_t - x0, noise / process.noise_scale)",
        "_over(signal.to(x_t) * x_t - x0, noise)",
        "noise_scale kept in sigma",
    ),
    ("_over(signal.to(x_t) * x_t - x0, noise", "_over(x_t - signal.to(x_t) * x0, noise", "eps for v"),
    (
        "_over(x_t + (noise**2).to(x_t) * score, signal)",
        "_over(x_t - (noise**2).to(x_t) * score, signal)",
        "sign of the score",
    ),
    (
        "_over(x_t + (noise**2).to(x_t) * score, signal)",
        "_over(x_t + noise.to(x_t) * score, signal)",
        "std for variance",
    ),
    (
        "_over(signal.to(x_t) * x0 - x_t, noise**2)",
        "_over(signal.to(x_t) * x0 - x_t, noise)",
        "std for variance (score)",
    ),
    ("_over(signal.to(x_t) * x0 - x_t, noise**2)", "_over(x_t - signal.to(x_t) * x0, noise**2)", "uphill is downhill"),
    ("_over(mean - w.x_t.to(x_t) * x_t, w.x0)", "_over(mean + w.x_t.to(x_t) * x_t, w.x0)", "sign of the state's part"),
    ("_over(mean - w.x_t.to(x_t) * x_t, w.x0)", "(mean - w.x_t.to(x_t) * x_t)", "not divided by the weight of x_0"),
    ("torch.where(w.x0 == 0, x_t, _over", "torch.where(w.x0 == 0, mean, _over", "a clean token is not its own belief"),
    (
        "w = process.posterior_weights(s, t, x_t.shape[1])",
        "w = process.posterior_weights(s, t, x_t.shape[1], 0.0)",
        "mean of DDIM",
    ),
    (
        "return x0_from_eps(process, x_t, network(x_t, t, prev=prev), t)",
        "return x0_from_eps(process, x_t, network(x_t, t), t)",
        "no prev (eps)",
    ),
    (
        "return x0_from_v(process, x_t, network(x_t, t, prev=prev), t)",
        "return x0_from_v(process, x_t, network(x_t, t), t)",
        "no prev (v)",
    ),
    (
        "return x0_from_score(process, x_t, network(x_t, t, prev=prev), t)",
        "return x0_from_score(process, x_t, network(x_t, t), t)",
        "no prev (score)",
    ),
    ("network(x_t, t, prev=prev), previous(t, steps), t)", "network(x_t, t), previous(t, steps), t)", "no prev (mean)"),
    (
        "network(x_t, t, prev=prev), previous(t, steps), t)",
        "network(x_t, t, prev=prev), 0 * t, t)",
        "a step to 0, not of 1 / T",
    ),
    ("return x0_from_v(process, x_t, net", "return x0_from_eps(process, x_t, net", "v read as eps"),
    ("return x0_from_score(process, x_t, net", "return x0_from_eps(process, x_t, net", "score read as eps"),
    (
        "inverse = torch.where(denominator == 0, 0.0, 1 / ",
        "inverse = torch.where(denominator == 0, 1.0, 1 / ",
        "divided by 1 at 0",
    ),
    (
        "torch.where(denominator == 0, 0.0, 1 / torch.where(denominator == 0, 1.0, denominator))",
        "1 / denominator",
        "infinite at the ends",
    ),
    (
        "network(x_t, t, prev=prev).softmax(-1) @ vectors",
        "network(x_t, t, prev=prev) @ vectors",
        "scores for probabilities",
    ),
    ("network(x_t, t, prev=prev).softmax(-1) @", "network(x_t, t).softmax(-1) @", "no prev (logits)"),
    ("network(x_t, t, prev=prev).softmax(-1) @", "network(x_t, t, prev=prev).softmax(-2) @", "the softmax over places"),
    (
        "network(x_t, t, prev=prev).softmax(-1) @ vectors",
        "network(x_t, t, prev=prev).softmax(-1) @ vectors.detach()",
        "no gradient to the vectors",
    ),
]
