"""D3PM: its parts, its bound against enumeration and exact beliefs, its samples, and what it keeps."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from tests.oracle import generator
from tests.processes.worlds import WORDS, Language, language
from tests.toy import Toy
from textdiff_lite import exact, objectives
from textdiff_lite.corpora.corpus import CorpusInfo
from textdiff_lite.corpora.statistics import word_vectors
from textdiff_lite.processes import Absorbing, Matrix, Uniform, kernels
from textdiff_lite.schedules import cosine_hoogeboom, information, linear_betas, mutual_information, on_grid
from textdiff_lite.systems import d3pm as system
from textdiff_lite.systems.pretrained import Trained, from_pretrained, save_pretrained, stored_dtype
from textdiff_lite.training import Plan, fit, start
from textdiff_lite.training.checkpoint import load_checkpoint, save_checkpoint

CONFIGS = {
    "absorbing": system.Config("mini"),
    "absorbing in steps": system.Config("mini", chain=10),
    "uniform": system.Config("mini", kernel="uniform", chain=20),
    "gaussian": system.Config("mini", kernel="gaussian", chain=30),
    "neighbour": system.Config("mini", kernel="neighbour", chain=10),
    "uniform and cross-entropy": system.Config("mini", kernel="uniform", chain=20, auxiliary=0.1),
}
CONTINUOUS, UNIFORM = CONFIGS["absorbing"], CONFIGS["uniform"]
every_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


def fresh(config: system.Config) -> system.Model:
    """A model before its first step, with weights far from their start."""
    torch.manual_seed(0)
    model = system.build(config, Toy().info)
    system.prepare(config, model, Toy())
    nn.init.normal_(model.net.table, std=0.1)
    nn.init.normal_(model.net.positions, std=0.3)
    return model.eval()


def sentences(n: int) -> Tensor:
    return torch.from_numpy(Toy().ids("train", np.arange(n)))


def small(config: system.Config, length: int) -> tuple[CorpusInfo, system.Model]:
    """Three words on a small canvas, in float64."""
    info = CorpusInfo("small", "word", WORDS, length, 0, 1, 2, "0" * 16)
    torch.manual_seed(0)
    model = system.build(config, info).double().eval()
    nn.init.normal_(model.net.table, std=0.5)
    nn.init.normal_(model.net.positions, std=0.5)
    return info, model


class Oracle(nn.Module):
    """What a perfect network would answer to every x_t."""

    def __init__(self, config: system.Config, model: system.Model, world: Language) -> None:
        super().__init__()
        process = model.process(config)
        known = exact.fill_in(world.sentences, world.p.log())
        self.belief = (
            (lambda x_t, _: known(x_t))
            if isinstance(process, Absorbing)
            else exact.token_belief(process, world.sentences, world.p.log(), others_only=True)
        )

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        return self.belief(x_t, t)


def perfect(config: system.Config, length: int) -> tuple[CorpusInfo, system.Model, Language]:
    info, model = small(config, length)
    world = language(length)
    model.net = Oracle(config, model, world)  # type: ignore[assignment]
    return info, model, world


class Calls:
    """Counts the network calls of a model, and keeps their times."""

    def __init__(self, model: system.Model) -> None:
        self.number, self.times = 0, []
        model.net.register_forward_hook(self._count)

    def _count(self, _: nn.Module, inputs: tuple[Tensor, Tensor], __: Tensor) -> None:
        self.number += 1
        self.times.append(inputs[1])


# the kernels


def test_each_kernel_has_its_process():
    words = Toy().info.vocab
    models = {name: (config, fresh(config)) for name, config in CONFIGS.items()}
    processes = {name: model.process(config) for name, (config, model) in models.items()}
    assert processes["absorbing"] == processes["absorbing in steps"] == Absorbing(mutual_information, words)
    assert processes["uniform"] == Uniform(cosine_hoogeboom, words, "joint")
    gaussian, neighbour = processes["gaussian"], processes["neighbour"]
    assert isinstance(gaussian, Matrix)
    assert isinstance(neighbour, Matrix)
    assert (gaussian.words, gaussian.mixing, neighbour.words, neighbour.mixing) == (words, "joint", words, "joint")
    assert torch.equal(gaussian.one_step, kernels.gaussian(linear_betas(30), words))
    # the neighbours: what a word tells leaves at an even pace
    counts = models["neighbour"][1].counts
    p, whole, told = counts.double() / counts.sum(), torch.eye(words).double(), []
    for step in neighbour.one_step:
        whole = whole @ step
        told.append(float(information(p, whole)))
    entropy = float(torch.special.entr(p).sum())
    assert told == pytest.approx([entropy * (1 - i / 10) for i in range(1, 11)], abs=1e-6)
    assert [model.net.time is None for _, model in models.values()] == [True, True, False, False, False, False]
    assert [len(model.net.table) for _, model in models.values()] == [words + 1, words + 1, *[words] * 4], "the mask"


@every_config
def test_the_process_is_made_once(config, monkeypatch):
    model = fresh(config)
    process = model.process(config)
    monkeypatch.setattr(system, "_process", None)
    assert model.process(config) is process


def test_prepare_counts_the_words_and_finds_the_neighbours():
    for name in ("absorbing", "neighbour"):
        model = fresh(CONFIGS[name])
        assert torch.equal(model.counts, torch.bincount(sentences(200).flatten(), minlength=9))
    company = kernels.nearest(word_vectors(Toy(), 9), 8)
    assert torch.equal(model.neighbours, company)
    assert not fresh(CONTINUOUS).neighbours.any(), "no other kernel asks for them"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": "magic"}, "kernel must be one of absorbing, uniform, gaussian, neighbour; got 'magic'"),
        ({"chain": 1}, "chain must be at least 2 steps, got 1"),
        ({"chain": 5, "auxiliary": -1.0}, "auxiliary must be at least 0 and finite, got -1.0"),
        ({"chain": 5, "auxiliary": float("inf")}, "auxiliary must be at least 0 and finite, got inf"),
        ({"chain": 5, "auxiliary": float("nan")}, "auxiliary must be at least 0 and finite, got nan"),
        ({"auxiliary": 0.1}, "auxiliary is a part of the loss of a chain with steps: give chain too"),
    ],
)
def test_a_wrong_config_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        system.Config(**options)


def test_the_chains_have_their_default_steps():
    steps = {kernel: system.Config(kernel=kernel).steps for kernel in system.CHAINS}
    assert steps == {"absorbing": None, "uniform": 1000, "gaussian": 100, "neighbour": 100}
    assert system.Config(chain=5).steps == 5


# what is drawn, and the loss


@every_config
def test_the_loss_has_named_finite_parts_and_reaches_every_parameter(config):
    model = fresh(config)
    parts = system.loss(config, model, sentences(16), system.draw(config, Toy().info, 16, generator()))
    assert list(parts) == (["bound", "auxiliary"] if config.auxiliary else ["bound"])
    for part in parts.values():
        assert part.shape == (16, 7)
        assert part.isfinite().all()
    sum(part.mean() for part in parts.values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


@every_config
def test_the_loss_of_a_row_depends_on_its_own_draws_and_words_alone(config):
    model, batch = fresh(config), sentences(6)
    first, second = (system.draw(config, Toy().info, 6, generator(seed)) for seed in (0, 1))
    mixed = {name: torch.cat([first[name][:3], second[name][3:]]) for name in first}
    other = torch.cat([batch[:3], batch[3:].flip(0)])
    alone = {name: value[:3] for name, value in first.items()}
    for name, part in system.loss(config, model, other, mixed).items():
        torch.testing.assert_close(part[:3], system.loss(config, model, batch[:3], alone)[name])
        assert not torch.allclose(part[3:], system.loss(config, model, batch, first)[name][3:])


def test_as_many_rows_as_places_hide_every_number_of_places_once():
    for seed in range(5):
        draws = system.draw(CONTINUOUS, Toy().info, 7, generator(seed))
        assert draws.keys() == {"count", "places"}
        assert sorted(draws["count"].flatten().tolist()) == list(range(1, 8))
        assert draws["places"].shape == (7, 7)
        assert draws["places"].dtype == torch.float64


def test_as_many_rows_as_steps_see_every_step_once():
    rows = []
    for seed in range(5):
        draws = system.draw(UNIFORM, Toy().info, 20, generator(seed))
        assert draws.keys() == {"t", "places"}
        steps = draws["t"] * 20
        torch.testing.assert_close(steps.sort(0).values.flatten(), torch.arange(1, 21).double())
        assert draws["places"].shape == (20, 7)
        rows.append(steps[0].item())
    assert len(set(rows)) > 1, "a row is not tied to a step"


def test_the_loss_in_continuous_time_hides_so_many_places_and_weighs_them():
    model, batch = fresh(CONTINUOUS), sentences(7)
    draws = system.draw(CONTINUOUS, Toy().info, 7, generator())
    nats = system.loss(CONTINUOUS, model, batch, draws)["bound"]
    order = draws["places"].argsort(1)
    for row, count in enumerate(draws["count"].flatten().tolist()):
        x_t = batch[row].clone()
        x_t[order[row, :count]] = 9
        log_p = model.net(x_t[None], torch.zeros(1, 1)).log_softmax(-1)[0]
        cost = -log_p[torch.arange(7), batch[row]] * 7 / count
        torch.testing.assert_close(nats[row], torch.where(x_t == 9, cost, 0.0))


def test_the_loss_of_the_absorbing_chain_is_the_cross_entropy_over_t():
    config = CONFIGS["absorbing in steps"]
    model, batch = fresh(config), sentences(30)
    draws = system.draw(config, Toy().info, 30, generator())
    x_t = model.process(config).corrupt(batch, draws["t"]).at(draws["places"])
    nats = objectives.cross_entropy(model.net(x_t, draws["t"]), batch) / draws["t"]
    got = system.loss(config, model, batch, draws)["bound"]
    torch.testing.assert_close(got, torch.where(x_t == 9, nats, 0.0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kernel", system.CHAINS)
def test_the_auxiliary_part_is_its_weight_times_the_cross_entropy(kernel):
    config = system.Config("mini", kernel=kernel, chain=30, auxiliary=0.25)
    model, batch = fresh(config), sentences(30)
    draws = system.draw(config, Toy().info, 30, generator())
    x_t = model.process(config).corrupt(batch, draws["t"]).at(draws["places"])
    parts = system.loss(config, model, batch, draws)
    nats = objectives.cross_entropy(model.net(x_t, draws["t"]), batch)
    torch.testing.assert_close(parts["auxiliary"], 0.25 * nats)
    plain = system.loss(replace(config, auxiliary=0.0), model, batch, draws)
    torch.testing.assert_close(parts["bound"], plain["bound"])


# the bound


@pytest.mark.parametrize("seed", range(4))
def test_a_perfect_model_pays_what_a_sentence_costs_in_every_order(seed):
    _info, model, world = perfect(CONTINUOUS, 3)
    batch = world.sentences.repeat(5, 1)
    nats = system.bound(CONTINUOUS, model, batch, generator(seed)).sum(1)
    torch.testing.assert_close(nats, -world.p.log().repeat(5), rtol=1e-9, atol=1e-9)


def test_the_bound_in_continuous_time_is_its_enumeration_on_average_and_calls_the_network_once_a_place():
    info, model = small(CONTINUOUS, 3)
    sentence = torch.tensor([[2, 0, 1]])
    want = torch.zeros(1, 3, dtype=torch.float64)
    for n in (1, 2, 3):
        sets = list(itertools.combinations(range(3), n))
        for hidden in sets:
            x_t = sentence.clone()
            x_t[:, list(hidden)] = WORDS
            with torch.no_grad():
                nats = objectives.exact_count_bound(model.net(x_t, torch.zeros(1, 1)), sentence, x_t, WORDS)
            want += nats / len(sets) / 3
    calls, n = Calls(model), 4000
    got = system.bound(CONTINUOUS, model, sentence.repeat(n, 1), generator())
    assert calls.number == 3
    assert (got > 0).all(), "every word is paid for"
    assert ((got.mean(0) - want[0]).abs() < 5 * got.std(0) / n**0.5 + 1e-9).all()
    assert got.sum(1).std() > 1e-4, "the orders differ"
    # the loss has the same mean, and a far greater variance
    draws = system.draw(CONTINUOUS, info, n, generator(1))
    with torch.no_grad():
        loss = system.loss(CONTINUOUS, model, sentence.repeat(n, 1), draws)["bound"].sum(1)
    assert abs(loss.mean() - want.sum()) < 5 * loss.std() / n**0.5
    assert got.sum(1).var() < 0.1 * loss.var()


def test_the_bound_of_a_perfect_model_of_single_words_is_the_entropy_and_of_pairs_no_less():
    n = 6000
    for length in (1, 2):
        _info, model, world = perfect(UNIFORM, length)
        batch = world.sentences[torch.multinomial(world.p, n, replacement=True, generator=generator(1))]
        # paired with the true nats: only the bound's own noise is left
        own = system.bound(UNIFORM, model, batch, generator(2)).sum(1)
        error = 5 * own.std() / n**0.5
        if length == 1:
            assert abs(own.mean() - world.entropy) < error
        assert own.mean() > world.entropy - error
        assert own.mean() < 1.3 * world.entropy


@pytest.mark.parametrize("config", [c for c in CONFIGS.values() if c.steps and not c.auxiliary])
def test_the_bound_of_a_chain_is_that_of_all_its_steps_on_average(config):
    model, n = fresh(config), 200
    batch = sentences(2).repeat_interleave(n, 0)
    calls = Calls(model)
    got = system.bound(config, model, batch, generator(3))
    assert calls.number == 7
    for part, t in enumerate(calls.times):  # one in each seventh of the chain
        assert (t > part / 7).all()
        assert (t <= on_grid(torch.tensor([[(part + 1) / 7]]).double(), config.steps)).all()
    process = model.process(config)
    with torch.no_grad():
        whole = objectives.bound(
            process, system.denoiser(model), batch, config.steps, objectives.chain_decoder(process, batch), generator(4)
        ).total
    for mine, every in zip(got.sum(1).split(n), whole.sum(1).split(n), strict=True):
        assert abs(mine.mean() - every.mean()) < 5 * ((mine.var() + every.var()) / n) ** 0.5
    draws = system.draw(config, Toy().info, len(batch), generator(5))
    with torch.no_grad():
        loss = system.loss(config, model, batch, draws)["bound"].sum(1)
    assert got.sum(1)[:n].var() < 0.5 * loss[:n].var(), "many times, not one"


@every_config
def test_the_bound_is_a_function_of_its_generator_and_keeps_no_gradient(config):
    model, batch = fresh(config), sentences(5)
    first, again, other = (system.bound(config, model, batch, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not first.requires_grad


def test_a_card_says_which_bound_it_is_and_which_kernel():
    assert [system.bound_steps(config) for config in (CONTINUOUS, UNIFORM)] == ["T = ∞", "T = 20"]
    assert system.bound_steps(system.Config(kernel="uniform")) == "T = 1000"
    assert system.bound_steps(CONFIGS["absorbing in steps"]) == "T = 10"
    assert system.variant(CONTINUOUS) == "mini absorbing"
    assert system.variant(CONFIGS["uniform and cross-entropy"]) == "mini uniform, auxiliary 0.1"


# samples


@pytest.mark.parametrize(
    ("name", "default"),
    [("absorbing", 7), ("absorbing in steps", 7), ("uniform", 20), ("gaussian", 28), ("neighbour", 10)],
)
def test_samples_hold_words_alone_and_take_the_calls_that_are_counted(name, default):
    config, info = CONFIGS[name], Toy().info
    model = fresh(config)
    count = Calls(model)
    for calls in (None, 1, 3, 7):
        count.number = 0
        ids = system.sample(config, model, info, 11, generator(), calls)
        assert ids.shape == (11, 7)
        assert ids.dtype == torch.int64
        assert 0 <= ids.min() <= ids.max() < info.vocab, "a mask is no word"
        assert count.number == system.evaluations(config, info, calls) == (calls or default)
    assert not torch.equal(system.sample(config, model, info, 11, generator(1)), ids)


@pytest.mark.parametrize("calls", [11, 0])
def test_calls_that_a_chain_cannot_make_are_refused(calls):
    config, info = CONFIGS["neighbour"], Toy().info
    message = rf"calls must lie in 1 \.\. 10, the steps of the chain, got {calls}"
    with pytest.raises(ValueError, match=message):
        system.sample(config, fresh(config), info, 2, generator(), calls)
    with pytest.raises(ValueError, match=message):
        system.evaluations(config, info, calls)
    assert system.evaluations(CONTINUOUS, info, 1000) == 1000, "continuous time has no last step"


def frequencies_fit(ids: Tensor, world: Language) -> bool:
    """Whether samples follow the world's law, by a chi-square of five standard deviations."""
    counts = (ids[:, None] == world.sentences).all(-1).sum(0)
    expected, freedom = len(ids) * world.p, len(world.p) - 1
    return bool(((counts - expected) ** 2 / expected).sum() < freedom + 5 * (2 * freedom) ** 0.5)


def test_samples_of_a_perfect_model_follow_the_law_of_the_language():
    info, model, world = perfect(CONTINUOUS, 3)
    assert frequencies_fit(system.sample(CONTINUOUS, model, info, 10_000, generator()), world)
    in_one_call = system.sample(CONTINUOUS, model, info, 10_000, generator(), calls=1)
    assert not frequencies_fit(in_one_call, world), "words that are drawn at once do not know of each other"
    assert frequencies_fit(system.sample(CONTINUOUS, model, info, 3000, generator(), calls=200), world)
    # one place, and words that may change again
    info, model, world = perfect(UNIFORM, 1)
    for calls in (1, 7, 20):
        assert frequencies_fit(system.sample(UNIFORM, model, info, 10_000, generator(), calls), world)


# what is kept


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("name", ["absorbing", "uniform", "neighbour"])
def test_a_folder_gives_back_weights_counts_neighbours_and_process(tmp_path, name, dtype):
    config, info = CONFIGS[name], Toy().info
    model = fresh(config)
    save_pretrained(Trained(system, config, info, model), tmp_path, dtype)
    loaded = from_pretrained(tmp_path)
    assert loaded.config == config
    assert stored_dtype(tmp_path) == ("F16" if dtype == torch.float16 else "F32"), "counts are no weights"
    for key, value in model.state_dict().items():
        kept = value.to(dtype).float() if value.is_floating_point() else value
        got = loaded.model.state_dict()[key]
        assert got.dtype == value.dtype, key
        assert torch.equal(got, kept), key
    mine, theirs = model.process(config), loaded.model.process(config)
    if isinstance(mine, Matrix):
        assert torch.equal(mine.one_step, theirs.one_step)
    else:
        assert mine == theirs
    assert system.sample(config, loaded.model, info, 3, generator()).shape == (3, 7)


@pytest.fixture(scope="module")
def accelerator() -> Accelerator:
    return Accelerator(cpu=True)


@pytest.mark.parametrize("kernel", system.CHAINS)
def test_thirty_steps_of_training_lower_the_bound(accelerator, kernel):
    config = system.Config("mini", kernel=kernel, chain=None if kernel == "absorbing" else 30)
    run = start(system, config, Toy(), Plan(steps=30, batch=32, warmup=5, lr=5e-3), accelerator)
    before = system.bound(config, run.model, sentences(200), generator()).sum(1)
    assert len(list(fit(run))) == 30
    gain = before - system.bound(config, run.model, sentences(200), generator()).sum(1)
    assert gain.mean() > 5 * gain.std() / 200**0.5


def test_a_run_that_is_resumed_gives_the_same_model_bit_for_bit(accelerator, tmp_path):
    config = replace(CONFIGS["neighbour"], dropout=0.1)
    runs = [start(system, config, Toy(), Plan(steps=6, batch=8, warmup=2), accelerator) for _ in range(2)]
    for report in fit(runs[0]):
        if report.step == 3:
            save_checkpoint(runs[0], tmp_path / "c.safetensors")
    for name in ("counts", "neighbours"):  # they come from the checkpoint, not from the corpus
        getattr(runs[1].model, name).zero_()
    load_checkpoint(runs[1], tmp_path / "c.safetensors")
    assert len(list(fit(runs[1]))) == 3
    for want, got in ((runs[0].model, runs[1].model), (runs[0].average.model, runs[1].average.model)):
        kept = got.state_dict()
        assert {"counts", "neighbours"} <= kept.keys()
        for key, value in want.state_dict().items():
            assert kept[key].numpy().tobytes() == value.numpy().tobytes(), key


def test_another_config_on_the_same_model_gets_its_own_process():
    config = system.Config(size="mini", kernel="gaussian", chain=25)
    model = system.build(config, Toy().info)
    first, second = model.process(config), model.process(replace(config, chain=30))
    assert isinstance(first, Matrix)
    assert isinstance(second, Matrix)
    assert (len(first.one_step), len(second.one_step)) == (25, 30)
    assert model.process(config) is first
