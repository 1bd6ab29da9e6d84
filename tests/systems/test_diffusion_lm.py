"""Diffusion-LM: its loss written out, its bound and its samples with a perfect denoiser, and what it keeps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tests.oracle import ENTROPY, FREQUENCIES, POINTS, generator
from tests.toy import Toy
from textdiff_lite import objectives, samplers
from textdiff_lite.corpora.corpus import CorpusInfo
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine, grid, named, on_grid
from textdiff_lite.spaces import nearest
from textdiff_lite.systems import clock
from textdiff_lite.systems import diffusion_lm as system
from textdiff_lite.systems.pretrained import Trained, from_pretrained, save_pretrained, stored_dtype
from textdiff_lite.training import Plan, fit, start
from textdiff_lite.training.checkpoint import load_checkpoint, save_checkpoint

CONFIGS = {
    "x0": system.Config("mini", width=4, chain=20),
    "noise": system.Config("mini", width=4, chain=20, target="noise"),
    "mean": system.Config("mini", width=4, chain=20, target="mean"),
    "cosine": system.Config("mini", width=4, chain=20, schedule="cosine"),
    "adaptive": system.Config("mini", width=4, chain=20, schedule="adaptive"),
    "clamped": system.Config("mini", width=4, chain=20, clamp=0.5),
}
X0 = CONFIGS["x0"]
every_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


def fresh(config: system.Config) -> system.Model:
    """A model before its first step, with weights far from their start."""
    torch.manual_seed(0)
    model = system.build(config, Toy().info)
    nn.init.normal_(model.net.positions, std=0.3)
    nn.init.normal_(model.net.out.weight, std=0.3)
    nn.init.normal_(model.space.bias, std=0.3)
    return model.eval()


def sentences(n: int) -> Tensor:
    return torch.from_numpy(Toy().ids("train", np.arange(n)))


class Answer(nn.Module):
    """A network that answers `value`, or gain times what it sees, and counts its calls."""

    def __init__(self, value: Tensor | None = None, gain: float = 0.0) -> None:
        super().__init__()
        self.value, self.gain, self.seen = value, gain, []

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        self.seen.append((x_t, t))
        return self.gain * x_t if self.value is None else self.value


def noised(config: system.Config, model: system.Model, batch: Tensor, draws: dict[str, Tensor]) -> tuple[Tensor, ...]:
    """e, x_0 and x_t of these draws, from the formulas."""
    process, embedded = model.clock.process(), model.space(batch)
    a_1, a_t = (
        process.level(t.double(), batch.shape[1]).signal.square()
        for t in (torch.full((1, 1), 1 / config.chain), draws["t"])
    )
    x0 = embedded + (1 - a_1).sqrt() * draws["eps0"]
    return embedded, x0, a_t.sqrt() * x0 + (1 - a_t).sqrt() * draws["eps"]


# what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"chain": 1}, "chain must be at least 2 steps, got 1"),
        ({"target": "v"}, "target must be one of x0, noise, mean; got 'v'"),
        ({"schedule": "sine"}, "no schedule is called 'sine'; there are linear, .*, adaptive"),
        ({"clamp": -0.1}, r"clamp must lie in \[0, 1\], got -0.1"),
        ({"clamp": 1.1}, r"clamp must lie in \[0, 1\], got 1.1"),
        ({"clamp": float("nan")}, r"clamp must lie in \[0, 1\], got nan"),
    ],
)
def test_a_wrong_config_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        system.Config(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": "vast"}, "size must be one of mini, tiny, small, medium; got 'vast'"),
    ],
)
def test_a_name_that_nothing_has_is_refused_when_the_model_is_built(options, message):
    with pytest.raises(ValueError, match=message):
        system.build(replace(X0, **options), Toy().info)


@pytest.mark.parametrize(("value", "ends"), [(9, "1, 9"), (-1, "-1, 4")])
def test_ids_that_are_no_words_are_refused(value, ends):
    batch = torch.tensor([[1, 2, 3, 4, 1, 1, value]])
    draws = system.draw(X0, Toy().info, 1, generator())
    for ask in (
        lambda: system.loss(X0, fresh(X0), batch, draws),
        lambda: system.bound(X0, fresh(X0), batch, generator()),
    ):
        with pytest.raises(ValueError, match=rf"ids must lie in \[0, 9\), got \[{ends}\]"):
            ask()


# draws and loss


def test_draws_are_a_time_on_the_chain_and_two_noises():
    draws = system.draw(X0, Toy().info, 40, generator())
    assert draws.keys() == {"t", "eps0", "eps"}
    assert draws["eps"].shape == draws["eps0"].shape == (40, 7, 4)
    assert not torch.equal(draws["eps"], draws["eps0"])
    assert draws["t"].dtype == torch.float64
    torch.testing.assert_close(on_grid(draws["t"], 20), draws["t"])
    # as many rows as steps, twice: every step twice
    assert sorted((draws["t"] * 20).round().flatten().tolist()) == [k // 2 + 1 for k in range(40)]
    again = system.draw(X0, Toy().info, 40, generator())
    assert all(torch.equal(draws[name], again[name]) for name in draws)


@every_config
def test_the_loss_has_named_finite_parts_and_reaches_every_parameter(config):
    model = fresh(config)
    parts = system.loss(config, model, sentences(16), system.draw(config, Toy().info, 16, generator()))
    assert list(parts) == [config.target, "rounding", "prior"]
    for part in parts.values():
        assert part.shape == (16, 7)
        assert part.isfinite().all()
    sum(part.mean() for part in parts.values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


@every_config
def test_the_loss_is_what_the_paper_writes(config):
    model, batch = fresh(config), sentences(40)
    draws = system.draw(config, Toy().info, 40, generator())
    embedded, x0, x_t = noised(config, model, batch, draws)
    parts = system.loss(config, model, batch, draws)
    guess = model.net(x_t.float(), draws["t"].float())
    first = (draws["t"] * 20).round() == 1
    assert first.sum() == 2
    process = model.clock.process()
    target = {
        "x0": torch.where(first[..., None], embedded, x0),
        "noise": draws["eps"],
        "mean": process.posterior(x_t, x0, ((draws["t"] * 20).round() - 1) / 20, draws["t"]).mean,
    }[config.target]
    torch.testing.assert_close(parts[config.target], (guess - target).square().mean(-1).float(), rtol=1e-3, atol=1e-4)
    logits = x0.float() @ model.space.vectors().T + model.space.bias
    torch.testing.assert_close(parts["rounding"], objectives.cross_entropy(logits, batch))
    left = process.level(torch.ones(1, 1).double(), 7).signal ** 2
    torch.testing.assert_close(parts["prior"], (left * x0.square()).mean(-1).float())


def test_the_first_step_is_measured_against_the_embedding_and_the_others_against_x0():
    model, batch = fresh(X0), sentences(2).repeat_interleave(2000, 0)
    draws = system.draw(X0, Toy().info, 4000, generator())
    _, x0, _ = noised(X0, model, batch, draws)
    model.net = Answer(x0.float().detach())  # type: ignore[assignment]
    with torch.no_grad():
        error = system.loss(X0, model, batch, draws)["x0"]
    first = ((draws["t"] * 20).round() == 1).flatten()
    assert error[~first].max() < 1e-10
    # what is left at the first step is sigma_0^2 on average
    sigma2 = 1 - float(named("sqrt")(torch.tensor(1 / 20).double()))
    at_first = error[first].flatten().double()
    assert abs(at_first.mean() - sigma2) < 5 * at_first.std() / len(at_first) ** 0.5
    assert at_first.std() / len(at_first) ** 0.5 < 0.02 * sigma2
    # and a network that gives the embedding has no error there
    model.net = Answer(model.space(batch).detach())  # type: ignore[assignment]
    with torch.no_grad():
        assert system.loss(X0, model, batch, draws)["x0"][first].max() == 0


@pytest.mark.parametrize(
    ("schedule", "steps", "sigma"),
    [
        ("sqrt-released", 2000, 0.1210012832),
        ("sqrt", 2000, (5e-4 + 1e-4) ** 0.25),
        ("sqrt", 100, (1e-2 + 1e-4) ** 0.25),
        ("mutual-information", 400, 0.05),
    ],
)
def test_sigma_0_is_the_noise_of_the_first_step(schedule, steps, sigma):
    process = VPGaussian(named(schedule))
    got = system.first_noise(process, steps, torch.zeros(2, 3, 4))
    assert got.shape[-1] == 1
    assert got.dtype == torch.float32
    torch.testing.assert_close(got.flatten(), torch.full_like(got.flatten(), sigma), rtol=1e-5, atol=0)


def test_the_table_is_pulled_through_the_target_and_through_what_the_network_sees():
    model, gain = fresh(X0), 0.3
    model.net = Answer(gain=gain)  # type: ignore[assignment]
    batch, draws = sentences(1), system.draw(X0, Toy().info, 1, generator())
    for step, through_target in ((8, 1), (1, 1)):
        draws["t"] = torch.full((1, 1), step / 20, dtype=torch.float64)
        embedded, x0, x_t = (x.detach() for x in noised(X0, model, batch, draws))
        model.space.table.grad = None
        system.loss(X0, model, batch, draws)["x0"].sum().backward()
        signal = model.clock.process().level(draws["t"], 7).signal
        # of mean over D of (gain x_t - target)^2 in e: x_t moves by signal, the target by 1
        gap = gain * x_t - (embedded if step == 1 else x0)
        pull = 2 / 4 * gap * (gain * signal - through_target)
        want = torch.zeros(9, 4).double().index_add_(0, batch[0], pull[0].double())
        assert model.space.table.grad is not None
        torch.testing.assert_close(model.space.table.grad, want.float(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("schedule", "left"), [("sqrt-released", 2.0204e-7), ("sqrt", 0.0), ("mutual-information", 0.0)]
)
def test_the_prior_is_what_is_left_at_the_end(schedule, left):
    config = system.Config("mini", width=4, schedule=schedule)
    model, batch = fresh(config), sentences(3)
    draws = system.draw(config, Toy().info, 3, generator())
    _, x0, _ = noised(config, model, batch, draws)
    want = left * x0.square().mean(-1).float()
    torch.testing.assert_close(system.loss(config, model, batch, draws)["prior"], want, rtol=1e-3, atol=1e-12)


@every_config
def test_the_loss_of_a_row_depends_on_its_own_draws_and_words_alone(config):
    model, batch = fresh(config), sentences(6)
    first, second = (system.draw(config, Toy().info, 6, generator(seed)) for seed in (0, 1))
    mixed = {name: torch.cat([first[name][:3], second[name][3:]]) for name in first}
    other = torch.cat([batch[:3], batch[3:].flip(0)])
    alone = {name: value[:3] for name, value in first.items()}
    whole, part = system.loss(config, model, other, mixed), system.loss(config, model, batch[:3], alone)
    for name in whole:
        torch.testing.assert_close(whole[name][:3], part[name])
    assert not torch.allclose(whole["rounding"][3:], system.loss(config, model, batch, first)["rounding"][3:])


def test_only_training_tells_the_clock():
    config = CONFIGS["adaptive"]
    model, draws = fresh(config), system.draw(config, Toy().info, 6, generator())
    system.loss(config, model, sentences(6), draws)
    assert not model.clock.counts.any()
    error = system.loss(config, model.train(), sentences(6), draws)["x0"]
    assert model.clock.counts.sum() == 6 * 7
    torch.testing.assert_close(model.clock.sums.sum(1), error.detach().sum(0))


# the denoiser


@pytest.mark.parametrize("target", system.TARGETS)
def test_a_network_that_knows_its_target_gives_the_belief_x0(target):
    config = replace(X0, target=target, schedule="cosine")
    model, x0 = fresh(config), torch.randn(3, 7, 4, generator=generator())
    t = torch.tensor([[0.05], [0.4], [0.95]]).double()
    process = VPGaussian(cosine)
    x_t = process.corrupt(x0, t).sample(generator(1))
    signal, noise = process.level(t, 7)
    answers = {"x0": x0, "noise": ((x_t - signal * x0) / noise).float()}
    answers["mean"] = process.posterior(x_t, x0, (t - 0.05).clamp(min=0), t).mean
    net = Answer(answers[target])
    model.net = net  # type: ignore[assignment]
    torch.testing.assert_close(system.denoiser(config, model)(x_t, t), x0, rtol=1e-3, atol=1e-3)
    ((saw, when),) = net.seen
    assert saw is x_t
    torch.testing.assert_close(when, t.float())
    assert when.dtype == torch.float32


# six words as points in the plane, with the denoiser that is exact for noisy embeddings


class Oracle(nn.Module):
    """E[x_0 | x_t] for x_0 = e_w + sigma_0 eps, and E[e_w | x_t] at the first step, where e_w is the target."""

    def __init__(self, process: VPGaussian, steps: int) -> None:
        super().__init__()
        self.process, self.steps = process, steps

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        signal, noise = self.process.level(t.double(), x_t.shape[1])
        sigma2 = self.process.level(torch.tensor([[1 / self.steps]]).double(), 1).noise ** 2
        var, x = noise**2 + signal**2 * sigma2, x_t.double()
        gap = (x[..., None, :] - signal[..., None] * POINTS).square().sum(-1)
        belief = (FREQUENCIES.log() - gap / (2 * var)).softmax(-1) @ POINTS
        gain = sigma2 * signal / var
        first = (t * self.steps).round() == 1
        return torch.where(first[..., None], belief, belief + gain * (x - signal * belief)).to(x_t)


def perfect(config: system.Config, length: int = 1) -> tuple[CorpusInfo, system.Model]:
    info = CorpusInfo("small", "word", 6, length, 0, 1, 2, "0" * 16)
    model = system.build(config, info).eval()
    with torch.no_grad():
        model.space.table.copy_(POINTS)
        model.space.bias.copy_(-POINTS.square().sum(-1) / 2)  # so that the head's word is the nearest one
    model.net = Oracle(model.clock.process(), config.chain)  # type: ignore[assignment]
    return info, model


PLANE = system.Config("mini", width=2, schedule="cosine", chain=500)


@pytest.mark.parametrize("calls", [500, None])
def test_samples_of_a_perfect_denoiser_follow_the_law_of_the_words(calls):
    info, model = perfect(PLANE)
    n = 4000
    ids = system.sample(PLANE, model, info, n, generator(), calls)
    expected = n * FREQUENCIES
    counts = torch.bincount(ids.flatten(), minlength=6)
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    assert chi2 < 5 + 5 * 10**0.5


def test_the_bound_of_a_perfect_denoiser_is_above_the_entropy_by_what_it_tells_of_sigma_0():
    n, T = 3000, 500
    _, model = perfect(PLANE)
    words = torch.multinomial(FREQUENCIES, n, replacement=True, generator=generator(1))[:, None]
    nats = system.bound(PLANE, model, words, generator()).double().flatten()
    error = float(nats.std()) / n**0.5
    assert float(nats.mean()) > ENTROPY - 5 * error
    # the denoiser guesses x_0, with its noise, where the chain is measured by e_w: with the word known it is off by
    # g (x_t - signal e), g = sigma_0^2 signal / (sigma_0^2 signal^2 + noise^2), in each of 2 coordinates
    a = cosine(grid(T, dtype=torch.float64).flip(0))[1:]
    ratio, sigma2 = a / (1 - a), 1 - a[0]
    g = sigma2 * a.sqrt() / (sigma2 * a + 1 - a)
    cost = float(2 * (-ratio.diff() / 2 * (g**2 * (1 - a))[1:]).sum())
    assert 0.1 < cost < 0.3
    # and the head is not sure of a word even at its vector
    read = objectives.cross_entropy(model.space.logits(model.space.vectors()[None]), torch.arange(6)[None])[0]
    expected = ENTROPY + cost + float((FREQUENCIES * read.detach()).sum())
    assert float(nats.mean()) == pytest.approx(expected, abs=5 * error + 0.05)
    assert error < 0.05


@every_config
def test_the_bound_is_that_of_all_steps_on_average(config, monkeypatch):
    assert system.CALLS == 200
    monkeypatch.setattr(system, "CALLS", 10)
    model, n = fresh(config), 80
    batch = sentences(1).repeat(n, 1)
    calls = []
    model.net.register_forward_hook(lambda *_: calls.append(1))
    got = system.bound(config, model, batch, generator(3))
    assert len(calls) == 10
    process = model.clock.process()
    with torch.no_grad():
        last = objectives.word_decoder(model.space.logits, batch)
        denoise = system.denoiser(config, model)
        whole = objectives.bound(process, denoise, model.space(batch), config.chain, last, generator(4)).total
    mine, every = got.sum(1), whole.sum(1)
    assert abs(mine.mean() - every.mean()) < 5 * ((mine.var() + every.var()) / n) ** 0.5
    assert got.shape == (n, 7)
    assert not got.requires_grad


def test_the_bound_is_a_function_of_its_generator(monkeypatch):
    monkeypatch.setattr(system, "CALLS", 10)
    model, batch = fresh(X0), sentences(3)
    first, again, other = (system.bound(X0, model, batch, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


# samples


@every_config
def test_samples_are_words_and_take_the_calls_that_are_counted(config):
    info, model = Toy().info, fresh(config)
    times = []
    model.net.register_forward_hook(lambda _, inputs, __: times.append(float(inputs[1][0, 0])))
    for calls, want in ((None, 20), (1, 1), (7, 7), (20, 20)):
        times.clear()
        ids = system.sample(config, model, info, 5, generator(), calls)
        assert ids.shape == (5, 7)
        assert ids.dtype == torch.int64
        assert 0 <= ids.min() <= ids.max() < info.vocab
        assert len(times) == system.evaluations(config, info, calls) == want
        assert times[0] == 1
        assert times == sorted(times, reverse=True)
        assert all(abs(20 * t - round(20 * t)) < 1e-5 for t in times), "times of the chain"
    again, other = (system.sample(config, model, info, 5, generator(seed), 20) for seed in (0, 1))
    assert torch.equal(ids, again)
    assert not torch.equal(ids, other)


def test_each_step_draws_from_the_posterior_at_the_belief(monkeypatch):
    model, walk, moves = fresh(X0), samplers.sample, []

    def spy(reverse, denoise, x, times, **options):
        for (t, s), step in zip(pairwise(times), walk(reverse, denoise, x, times, **options), strict=True):
            moves.append((t, s, x, step))
            x = step.x
            yield step

    monkeypatch.setattr(samplers, "sample", spy)
    system.sample(X0, model, Toy().info, 200, generator(), 10)
    assert len(moves) == 10
    for t, s, x_t, (_, x_s, belief) in moves:
        a_t, a_s = (named("sqrt")(u) for u in (t, s))
        keep = a_t / a_s
        mean = (a_s.sqrt() * (1 - keep) * belief.double() + keep.sqrt() * (1 - a_s) * x_t.double()) / (1 - a_t)
        std = ((1 - a_s) * (1 - keep) / (1 - a_t)).sqrt()
        if s == 0:
            torch.testing.assert_close(x_s.double(), mean)
            continue
        noise = ((x_s - mean) / std).flatten()
        n = len(noise)
        assert abs(noise.mean()) < 5 / n**0.5
        assert abs(noise.std() - 1) < 5 / (2 * n) ** 0.5


@pytest.mark.parametrize(("clamp", "share"), [(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)])
def test_a_clamped_belief_lies_on_a_word(monkeypatch, clamp, share):
    config = replace(X0, clamp=clamp)
    model, beliefs = fresh(config), []
    walk = samplers.sample

    def spy(*arguments, **options):
        for step in walk(*arguments, **options):
            beliefs.append(step.x0_hat)
            yield step

    monkeypatch.setattr(samplers, "sample", spy)
    system.sample(config, model, Toy().info, 5, generator())
    vectors = model.space.vectors().detach()
    on_words = [torch.equal(x, vectors[nearest(x, vectors)]) for x in beliefs]
    assert on_words == [False] * round(20 * (1 - share)) + [True] * round(20 * share)


@pytest.mark.parametrize("target", system.TARGETS)
def test_the_clamp_moves_the_belief_whatever_the_network_predicts(target):
    config = replace(X0, target=target)
    model, x_t, t = fresh(config), torch.randn(50, 7, 4, generator=generator()), torch.full((50, 1), 0.4).double()
    with torch.no_grad():
        plain, clamped = (system.denoiser(replace(config, clamp=c), model)(x_t, t) for c in (0.0, 1.0))
        vectors = model.space.vectors()
    assert torch.equal(clamped, vectors[nearest(plain, vectors)])


def test_the_bound_is_that_of_the_clamped_belief():
    plain, clamped = (system.bound(replace(X0, clamp=c), fresh(X0), sentences(3), generator()) for c in (0.0, 1.0))
    assert not torch.allclose(plain, clamped)


@pytest.mark.parametrize("calls", [0, 21])
def test_calls_that_the_chain_cannot_make_are_refused(calls):
    message = rf"calls must lie in 1 \.\. 20, the steps of the chain, got {calls}"
    with pytest.raises(ValueError, match=message):
        system.evaluations(X0, Toy().info, calls)
    with pytest.raises(ValueError, match=message):
        system.sample(X0, fresh(X0), Toy().info, 2, generator(), calls)


def test_what_a_card_says():
    assert system.evaluations(system.Config(), Toy().info) == 200
    assert system.evaluations(system.Config(), Toy().info, 1000) == 1000
    assert system.bound_steps(X0) == "T = 20"
    assert system.variant(X0) == "mini D = 4 sqrt"
    assert system.variant(CONFIGS["noise"]) == "mini D = 4 sqrt, noise target"
    assert system.CARD.name == "diffusion-lm"


# what is kept


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("name", ["x0", "adaptive"])
def test_a_folder_gives_back_weights_table_and_process(tmp_path, name, dtype):
    config, info = CONFIGS[name], Toy().info
    model = fresh(config)
    if name == "adaptive":
        model.clock.survivals[:, 1:-1] *= 0.9
    save_pretrained(Trained(system, config, info, model), tmp_path, dtype)
    loaded = from_pretrained(tmp_path)
    assert loaded.config == config
    assert stored_dtype(tmp_path) == ("F16" if dtype == torch.float16 else "F32")
    for key, value in model.state_dict().items():
        got = loaded.model.state_dict()[key]
        assert torch.equal(got, value.to(dtype).float()), key
    t = torch.tensor([[0.3]]).double()
    mine, theirs = (x.clock.process().level(t, 7).signal for x in (model, loaded.model))
    torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=0)
    if dtype == torch.float32:
        one, other = (system.sample(config, x, info, 3, generator()) for x in (model, loaded.model))
        assert torch.equal(one, other)


@pytest.fixture(scope="module")
def accelerator() -> Accelerator:
    return Accelerator(cpu=True)


@pytest.mark.parametrize("schedule", ["sqrt", "adaptive"])
def test_a_run_that_is_resumed_gives_the_same_model_bit_for_bit(accelerator, tmp_path, monkeypatch, schedule):
    # a table of three cells is drawn anew every second step: after step 2, and 4, where the losses of step 3 are from
    # before the run is cut
    monkeypatch.setattr(clock, "CELLS", 3)
    monkeypatch.setattr(clock, "EVERY", 2)
    config = replace(X0, dropout=0.1, schedule=schedule)
    runs = [start(system, config, Toy(), Plan(steps=6, batch=8, warmup=2), accelerator) for _ in range(2)]
    tables = []
    for report in fit(runs[0]):
        if schedule == "adaptive":
            tables.append(runs[0].model.clock.survivals.clone())
            assert torch.equal(runs[0].average.model.clock.survivals, tables[-1]), "the average has the newest table"
        if report.step == 3:
            save_checkpoint(runs[0], tmp_path / "c.safetensors")
    if schedule == "adaptive":
        changed = [not torch.equal(one, other) for one, other in pairwise(tables)]
        assert changed == [True, False, True, False, True]
    load_checkpoint(runs[1], tmp_path / "c.safetensors")
    assert len(list(fit(runs[1]))) == 3
    for want, got in ((runs[0].model, runs[1].model), (runs[0].average.model, runs[1].average.model)):
        kept = got.state_dict()
        for key, value in want.state_dict().items():
            assert kept[key].numpy().tobytes() == value.numpy().tobytes(), key


def test_equal_seeds_train_equal_models(accelerator):
    runs = [start(system, X0, Toy(), Plan(steps=3, batch=8, seed=seed), accelerator) for seed in (1, 1, 2)]
    tables = []
    for run in runs:
        list(fit(run))
        tables.append(run.model.space.table.detach())
    assert torch.equal(tables[0], tables[1])
    assert not torch.equal(tables[0], tables[2])


def test_thirty_steps_of_training_lower_the_loss(accelerator):
    run = start(system, X0, Toy(), Plan(steps=30, batch=32, warmup=5, lr=5e-3), accelerator)
    batch, draws = sentences(200), system.draw(X0, Toy().info, 200, generator())

    def cost() -> Tensor:
        with torch.no_grad():
            return sum(part.sum(1) for part in system.loss(X0, run.model.eval(), batch, draws).values())

    before = cost()
    assert len(list(fit(run))) == 30
    gain = before - cost()
    assert gain.mean() > 5 * gain.std() / 200**0.5
