"""Difformer: its loss written out, its bound and its samples with a perfect denoiser, and what it keeps."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tests.oracle import POINTS, generator
from tests.toy import Toy
from textdiff_lite import exact, objectives, samplers
from textdiff_lite.corpora.corpus import CorpusInfo
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine, on_grid, snr, sqrt
from textdiff_lite.spaces import nearest
from textdiff_lite.systems import clock
from textdiff_lite.systems import difformer as system
from textdiff_lite.systems.pretrained import Trained, from_pretrained, save_pretrained, stored_dtype
from textdiff_lite.training import Plan, fit, start
from textdiff_lite.training.checkpoint import load_checkpoint, save_checkpoint

CONFIGS = {
    "layer": system.Config("mini", width=4, chain=20),
    "unit": system.Config("mini", width=4, chain=20, norm="unit", noise_scale=1.0),
    "none": system.Config("mini", width=4, chain=20, norm="none", schedule="cosine"),
    "adaptive": system.Config("mini", width=4, chain=20, schedule="adaptive"),
}
LAYER = CONFIGS["layer"]
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


class Spy:
    """What the network was given at each call: (input, t, prev)."""

    def __init__(self, model: system.Model) -> None:
        self.calls: list[tuple] = []
        self.answers: list[Tensor] = []
        model.net.register_forward_hook(self._note)

    def _note(self, _: nn.Module, inputs: tuple, output: Tensor) -> None:
        self.calls.append(inputs)
        self.answers.append(output)


# what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width must be at least 1, got 0"),
        *(({"noise_scale": x}, f"noise_scale must be positive and finite, got {x}") for x in (0.0, math.nan, math.inf)),
        ({"chain": 1}, "chain must be at least 2 steps, got 1"),
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
        ({"norm": "batch"}, "norm must be one of none, layer, unit; got 'batch'"),
    ],
)
def test_a_name_that_nothing_has_is_refused_when_the_model_is_built(options, message):
    with pytest.raises(ValueError, match=message):
        system.build(replace(LAYER, **options), Toy().info)


def test_ids_that_are_no_words_are_refused():
    batch = torch.tensor([[1, 2, 3, 4, 1, 1, 9]])
    with pytest.raises(ValueError, match=r"ids must lie in \[0, 9\), got \[1, 9\]"):
        system.loss(LAYER, fresh(LAYER), batch, system.draw(LAYER, Toy().info, 1, generator()))


# noise


@pytest.mark.parametrize("scale", [2.0, 3.5, 4.0])
def test_F_divides_the_signal_to_noise_ratio_by_its_square(scale):
    model = fresh(replace(LAYER, noise_scale=scale))
    t = torch.tensor([[0.05], [0.25], [0.5], [0.95]]).double()
    signal, noise = model.clock.process().level(t, 1)
    torch.testing.assert_close(((signal / noise) ** 2 * scale**2)[..., 0], snr(sqrt(t)))


def test_the_network_sees_a_state_of_the_size_of_one():
    model = fresh(replace(LAYER, noise_scale=4.0))
    spy, batch = Spy(model), sentences(100)
    # embeddings have variance 1 for each coordinate, after LayerNorm
    z0, t = model.space(batch).detach(), torch.full((100, 1), 0.4).double()
    z_t = model.clock.process().corrupt(z0, t).sample(generator())
    model.guess(z_t, t)
    ((seen, when, prev),) = spy.calls
    signal, noise = model.clock.process().level(t, 7)
    torch.testing.assert_close(seen, (z_t / (signal**2 + noise**2).sqrt()).float())
    assert seen.var().item() == pytest.approx(1, abs=0.1)
    assert z_t.var().item() > 5
    torch.testing.assert_close(when, t.float())
    assert prev is None


# draws and loss


def test_draws_are_a_time_on_the_chain_the_noise_and_who_sees_an_earlier_guess():
    draws = system.draw(LAYER, Toy().info, 400, generator())
    assert draws.keys() == {"t", "eps", "again"}
    assert draws["eps"].shape == (400, 7, 4)
    torch.testing.assert_close(on_grid(draws["t"], 20), draws["t"])
    assert sorted((draws["t"] * 20).round().flatten().tolist()) == [k // 20 + 1 for k in range(400)]
    assert draws["again"].shape == (400, 1, 1)
    assert draws["again"].dtype == torch.bool
    assert abs(draws["again"].float().mean() - 0.5) < 5 * 0.5 / 20


@every_config
def test_the_loss_has_named_finite_parts_and_reaches_every_parameter(config):
    model = fresh(config)
    parts = system.loss(config, model, sentences(16), system.draw(config, Toy().info, 16, generator()))
    assert list(parts) == ["x0", "anchor"]
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
    spy = Spy(model)
    parts = system.loss(config, model, batch, draws)
    (_, _, _), (seen, when, prev) = spy.calls
    a_t = model.clock.process().level(draws["t"], 7).signal ** 2
    z0 = model.space(batch)
    z_t = a_t.sqrt() * z0 + config.noise_scale * (1 - a_t).sqrt() * draws["eps"]
    torch.testing.assert_close(seen, (z_t / (a_t + config.noise_scale**2 * (1 - a_t)).sqrt()).float())
    torch.testing.assert_close(when, draws["t"].float())
    # those of the coin see the first guess, without a way for gradients; the others see none
    torch.testing.assert_close(prev, torch.where(draws["again"], spy.answers[0], 0.0))
    assert not prev.requires_grad
    assert 5 < draws["again"].sum() < 35
    belief = spy.answers[1]
    torch.testing.assert_close(parts["x0"], (belief - z0).square().mean(-1))
    torch.testing.assert_close(parts["anchor"], objectives.cross_entropy(model.space.logits(belief), batch))


def test_the_network_looks_at_an_earlier_guess():
    model, z_t = fresh(LAYER), torch.randn(2, 7, 4, generator=generator())
    t, prev = torch.tensor([[0.4], [0.9]]).double(), torch.randn(2, 7, 4, generator=generator(1))
    blind, none, seeing = (model.guess(z_t, t, x) for x in (None, torch.zeros_like(prev), prev))
    assert torch.equal(blind, none)
    assert ((seeing - blind).abs() > 1e-3).any(-1).all()


def test_the_first_guess_is_made_without_another():
    model = fresh(LAYER)
    spy = Spy(model)
    system.loss(LAYER, model, sentences(4), system.draw(LAYER, Toy().info, 4, generator()))
    assert spy.calls[0][2] is None
    torch.testing.assert_close(spy.calls[0][0], spy.calls[1][0])


def test_with_equal_embeddings_the_error_can_be_zero_and_the_anchor_is_the_logarithm_of_the_vocabulary():
    config = CONFIGS["none"]
    model = fresh(config)
    with torch.no_grad():
        model.space.table.copy_(torch.ones(9, 4))
        model.space.bias.zero_()
    model.guess = lambda z_t, t, prev=None: torch.ones_like(z_t)  # type: ignore[method-assign]
    parts = system.loss(config, model, sentences(5), system.draw(config, Toy().info, 5, generator()))
    assert not parts["x0"].any()
    torch.testing.assert_close(parts["anchor"], torch.full((5, 7), 9.0).log())


def test_the_table_is_pulled_by_the_anchor_the_target_and_what_the_network_sees():
    config = CONFIGS["none"]
    model, gain = fresh(config), 0.3
    model.guess = lambda z_t, t, prev=None: gain * z_t  # type: ignore[method-assign]
    batch, draws = sentences(1), system.draw(config, Toy().info, 1, generator())
    system.loss(config, model, batch, draws)["x0"].sum().backward()
    signal, noise = model.clock.process().level(draws["t"], 7)
    z0 = model.space(batch).detach()
    gap = gain * (signal * z0 + noise * draws["eps"]) - z0
    pull = 2 / 4 * gap * (gain * signal - 1)
    want = torch.zeros(9, 4).double().index_add_(0, batch[0], pull[0].double())
    assert model.space.table.grad is not None
    torch.testing.assert_close(model.space.table.grad, want.float(), rtol=1e-4, atol=1e-5)


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
        assert not torch.allclose(whole[name][3:], system.loss(config, model, batch, first)[name][3:])


def test_only_training_tells_the_clock():
    config = CONFIGS["adaptive"]
    model, draws = fresh(config), system.draw(config, Toy().info, 6, generator())
    system.loss(config, model, sentences(6), draws)
    assert not model.clock.counts.any()
    error = system.loss(config, model.train(), sentences(6), draws)["x0"]
    assert model.clock.counts.sum() == 6 * 7
    torch.testing.assert_close(model.clock.sums.sum(1), error.detach().sum(0))


# pairs of three words in the plane that depend on each other, with the exact denoiser

JOINT = torch.tensor([[0.45, 0.0, 0.1], [0.05, 0.2, 0.0], [0.0, 0.15, 0.05]], dtype=torch.float64).flatten()
PAIRS = torch.cartesian_prod(torch.arange(3), torch.arange(3))
ENTROPY = float(torch.special.entr(JOINT).sum())
FAR = 3 * POINTS[[0, 2, 4]]
PLANE = system.Config("mini", width=2, norm="none", schedule="cosine", noise_scale=2.0, chain=300)


def perfect(config: system.Config) -> tuple[CorpusInfo, system.Model]:
    info = CorpusInfo("small", "word", 3, 2, 0, 1, 2, "0" * 16)
    model = system.build(config, info).eval()
    with torch.no_grad():
        model.space.table.copy_(FAR)
        model.space.bias.copy_(-FAR.square().sum(-1) / 2)  # so that the head's word is the nearest one
    denoise = exact.sentence_denoiser(model.clock.process(), FAR, PAIRS, JOINT.log())
    model.guess = lambda z_t, t, prev=None: denoise(z_t, t)  # type: ignore[method-assign]
    return info, model


@pytest.mark.parametrize("calls", [300, 100])
def test_samples_of_a_perfect_denoiser_follow_the_law_of_the_sentences(calls):
    info, model = perfect(PLANE)
    n = 4000
    ids = system.sample(PLANE, model, info, n, generator(), calls)
    counts = torch.bincount(3 * ids[:, 0] + ids[:, 1], minlength=9)
    possible = JOINT > 0
    assert counts[~possible].sum() < 1e-3 * n
    expected = n * JOINT[possible]
    chi2 = float(((counts[possible] - expected) ** 2 / expected).sum())
    assert chi2 < 5 + 5 * 10**0.5


def test_the_bound_of_a_perfect_denoiser_is_the_entropy_from_above():
    _, model = perfect(PLANE)
    n = 1500
    words = PAIRS[torch.multinomial(JOINT, n, replacement=True, generator=generator(1))]
    nats = system.bound(PLANE, model, words, generator()).double().sum(1)
    error = float(nats.std()) / n**0.5
    # what the head says of a word at its own vector
    logits = model.space.logits(model.space.vectors()[None]).detach()
    read = float(objectives.cross_entropy(logits, torch.arange(3)[None])[0].max())
    assert read < 1e-3
    assert ENTROPY - 5 * error < float(nats.mean()) < ENTROPY + 0.05 + 5 * error
    assert error < 0.05


@every_config
def test_the_bound_is_that_of_all_steps_on_average(config, monkeypatch):
    assert system.CALLS == 200
    monkeypatch.setattr(system, "CALLS", 20)
    model, n = fresh(config), 60
    batch = sentences(1).repeat(n, 1)
    spy = Spy(model)
    got = system.bound(config, model, batch, generator(3))
    assert len(spy.calls) == 20
    # each guess is made twice, of the same state, and the second sees the first
    assert all(prev is None for _, _, prev in spy.calls[::2])
    for (x, t, _), (x_again, t_again, prev), answer in zip(
        spy.calls[::2], spy.calls[1::2], spy.answers[::2], strict=True
    ):
        assert torch.equal(x, x_again)
        assert torch.equal(t, t_again)
        assert torch.equal(prev, answer)

    def twice(x_t: Tensor, t: Tensor, /, prev: Tensor | None = None) -> Tensor:
        return model.guess(x_t, t, model.guess(x_t, t))

    with torch.no_grad():
        last = objectives.word_decoder(model.space.logits, batch)
        z0 = model.space(batch)
        whole = objectives.bound(model.clock.process(), twice, z0, config.chain, last, generator(4)).total
    mine, every = got.sum(1), whole.sum(1)
    assert abs(mine.mean() - every.mean()) < 5 * ((mine.var() + every.var()) / n) ** 0.5
    assert got.shape == (n, 7)
    assert not got.requires_grad
    again, other = (system.bound(config, model, batch, generator(seed)) for seed in (3, 4))
    assert torch.equal(again, got)
    assert not torch.equal(other, got)


# samples


@every_config
def test_samples_are_words_and_take_the_calls_that_are_counted(config):
    info, model = Toy().info, fresh(config)
    spy = Spy(model)
    for calls, want in ((None, 20), (1, 1), (7, 7), (20, 20)):
        spy.calls.clear()
        spy.answers.clear()
        ids = system.sample(config, model, info, 5, generator(), calls)
        assert ids.shape == (5, 7)
        assert ids.dtype == torch.int64
        assert 0 <= ids.min() <= ids.max() < info.vocab
        assert len(spy.calls) == system.evaluations(config, info, calls) == want
        times = [float(t[0, 0]) for _, t, _ in spy.calls]
        assert times[0] == 1
        assert times == sorted(times, reverse=True)
        assert all(abs(20 * t - round(20 * t)) < 1e-5 for t in times), "times of the chain"
        # each call sees the guess of the one before
        assert spy.calls[0][2] is None
        for before, (_, _, prev) in zip(spy.answers[:-1], spy.calls[1:], strict=True):
            assert torch.equal(prev, before)
    again, other = (system.sample(config, model, info, 5, generator(seed), 20) for seed in (0, 1))
    assert torch.equal(ids, again)
    assert not torch.equal(ids, other)


def test_sampling_starts_with_the_noise_of_training():
    config = replace(LAYER, noise_scale=4.0)
    model, info = fresh(config), Toy().info
    states = []
    guess = model.guess

    def spy(z_t, t, prev=None):
        states.append(z_t)
        return guess(z_t, t, prev)

    model.guess = spy  # type: ignore[method-assign]
    system.sample(config, model, info, 400, generator(), 1)
    assert states[0].std().item() == pytest.approx(4, abs=5 * 4 / (2 * states[0].numel()) ** 0.5)


def test_each_step_draws_from_the_posterior_at_the_belief(monkeypatch):
    model, walk, moves = fresh(LAYER), samplers.sample, []

    def spy(reverse, denoise, x, times, **options):
        for (t, s), step in zip(pairwise(times), walk(reverse, denoise, x, times, **options), strict=True):
            moves.append((t, s, x, step))
            x = step.x
            yield step

    monkeypatch.setattr(samplers, "sample", spy)
    system.sample(LAYER, model, Toy().info, 200, generator(), 10)
    assert len(moves) == 10
    for t, s, x_t, (_, x_s, belief) in moves:
        a_t, a_s = (sqrt(u) for u in (t, s))
        keep = a_t / a_s
        mean = (a_s.sqrt() * (1 - keep) * belief.double() + keep.sqrt() * (1 - a_s) * x_t.double()) / (1 - a_t)
        std = LAYER.noise_scale * ((1 - a_s) * (1 - keep) / (1 - a_t)).sqrt()
        if s == 0:
            torch.testing.assert_close(x_s.double(), mean)
            continue
        noise = ((x_s - mean) / std).flatten()
        n = len(noise)
        assert abs(noise.mean()) < 5 / n**0.5
        assert abs(noise.std() - 1) < 5 / (2 * n) ** 0.5


@pytest.mark.parametrize(("clamp", "share"), [(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)])
def test_a_clamped_belief_lies_on_a_word(monkeypatch, clamp, share):
    config = replace(LAYER, clamp=clamp)
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


def test_the_bound_is_that_of_the_clamped_belief():
    plain, clamped = (
        system.bound(replace(LAYER, clamp=c), fresh(LAYER), sentences(3), generator()) for c in (0.0, 1.0)
    )
    assert not torch.allclose(plain, clamped)


@pytest.mark.parametrize("calls", [0, 21])
def test_calls_that_the_chain_cannot_make_are_refused(calls):
    message = rf"calls must lie in 1 \.\. 20, the steps of the chain, got {calls}"
    with pytest.raises(ValueError, match=message):
        system.evaluations(LAYER, Toy().info, calls)
    with pytest.raises(ValueError, match=message):
        system.sample(LAYER, fresh(LAYER), Toy().info, 2, generator(), calls)


def test_what_a_card_says():
    assert system.evaluations(system.Config(), Toy().info) == 200
    assert system.evaluations(system.Config(), Toy().info, 1000) == 1000
    assert system.bound_steps(LAYER) == "T = 20"
    assert system.variant(replace(LAYER, noise_scale=3.5)) == "mini D = 4 sqrt, F = 3.5"
    assert system.CARD.name == "difformer"
    assert VPGaussian(cosine, 2.0) == fresh(replace(CONFIGS["none"], noise_scale=2.0)).clock.process()


# what is kept


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("name", ["layer", "adaptive"])
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
        assert torch.equal(loaded.model.state_dict()[key], value.to(dtype).float()), key
    t = torch.tensor([[0.3]]).double()
    mine, theirs = (x.clock.process().level(t, 7).noise for x in (model, loaded.model))
    torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=0)
    if dtype == torch.float32:
        one, other = (system.sample(config, x, info, 3, generator()) for x in (model, loaded.model))
        assert torch.equal(one, other)


@pytest.fixture(scope="module")
def accelerator() -> Accelerator:
    return Accelerator(cpu=True)


@pytest.mark.parametrize("schedule", ["sqrt", "adaptive"])
def test_a_run_that_is_resumed_gives_the_same_model_bit_for_bit(accelerator, tmp_path, monkeypatch, schedule):
    # a table of three cells is drawn anew every second step
    monkeypatch.setattr(clock, "CELLS", 3)
    monkeypatch.setattr(clock, "EVERY", 2)
    config = replace(LAYER, dropout=0.1, schedule=schedule)
    runs = [start(system, config, Toy(), Plan(steps=6, batch=8, warmup=2), accelerator) for _ in range(2)]
    tables = []
    for report in fit(runs[0]):
        if schedule == "adaptive":
            tables.append(runs[0].model.clock.survivals.clone())
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


def test_thirty_steps_of_training_lower_the_loss(accelerator):
    run = start(system, LAYER, Toy(), Plan(steps=30, batch=32, warmup=5, lr=5e-3), accelerator)
    batch, draws = sentences(200), system.draw(LAYER, Toy().info, 200, generator())

    def cost() -> Tensor:
        with torch.no_grad():
            return sum(part.sum(1) for part in system.loss(LAYER, run.model.eval(), batch, draws).values())

    before = cost()
    assert len(list(fit(run))) == 30
    gain = before - cost()
    assert gain.mean() > 5 * gain.std() / 200**0.5
