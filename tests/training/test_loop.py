"""The loop: one step is forward, backward, clip, optimizer, average; nothing random has a state."""

import itertools
import json
import math
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from tests.toy import Toy
from textdiff_lite.systems import autoregressive
from textdiff_lite.systems.pretrained import from_pretrained, stored_dtype
from textdiff_lite.training import DamagedCheckpoint, Feed, NotFinite, Plan, fit, start, train
from textdiff_lite.training.average import Average
from textdiff_lite.training.checkpoint import load_checkpoint, save_checkpoint

MINI = autoregressive.Config(size="mini")


@pytest.fixture(scope="module")
def accelerator() -> Accelerator:
    return Accelerator(cpu=True)


def fresh(accelerator, config=MINI, corpus=None, **plan):
    numbers = {"steps": 6, "batch": 8, "warmup": 2} | plan
    return start(autoregressive, config, corpus or Toy(), Plan(**numbers), accelerator)


def batch_of(run, step: int) -> torch.Tensor:
    return Feed(run.corpus, "train", 0, torch.device("cpu")).at(8 * step, 8 * step + 8)


def weights(run) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in run.model.parameters()])


def test_a_step_is_adamw_on_the_clipped_mean_over_the_canvas(accelerator):
    run, other = (fresh(accelerator, clip=0.05, weight_decay=1.0) for _ in range(2))
    report = next(fit(run))
    ids = batch_of(other, 0)
    loss = -other.model(ids).log_softmax(-1).gather(-1, ids[..., None])[..., 0][ids != 0].sum() / ids.numel()
    loss.backward()
    before = weights(other)
    norm = torch.nn.utils.clip_grad_norm_(other.model.parameters(), 0.05)
    # AdamW's first step: the sign of the gradient, after the decay of the matrices; half the rate of a warm-up of 2
    lr = 1e-3
    expected = []
    for parameter in other.model.parameters():
        decay = 1 - lr if parameter.ndim >= 2 else 1.0
        grad = parameter.grad
        expected.append((decay * parameter.detach() - lr * grad / (grad.abs() + 1e-8)).flatten())
    torch.testing.assert_close(weights(run), torch.cat(expected), atol=1e-6, rtol=0)
    assert not torch.equal(weights(run), before)
    torch.testing.assert_close(report.parts["nats"], loss.detach())
    torch.testing.assert_close(report.grad_norm, norm)
    assert (report.step, report.lr) == (1, lr)
    assert all(parameter.grad is None for parameter in run.model.parameters()), "gradients must not pile up"


def test_each_step_has_the_rows_of_the_order(accelerator):
    run = fresh(accelerator, lr=1e-12)  # the weights stand still
    for step, report in enumerate(fit(run)):
        ids = batch_of(run, step)
        with torch.no_grad():
            nats = autoregressive.bound(MINI, run.model, ids).mean()
        torch.testing.assert_close(report.parts["nats"], nats)


def test_the_first_weights_are_a_function_of_the_seed(accelerator):
    first, again, other = (weights(fresh(accelerator, seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_average_follows_the_weights_with_the_decay_of_its_plan(accelerator):
    run = fresh(accelerator, ema=0.5)
    average = weights(run)
    for step, _ in enumerate(fit(run)):
        average = average + (1 - min(0.5, (1 + step) / (10 + step))) * (weights(run) - average)
    got = torch.cat([p.flatten() for p in run.average.model.parameters()])
    torch.testing.assert_close(got, average)


def test_equal_plans_give_equal_weights_and_other_seeds_others(accelerator):
    runs = [fresh(accelerator, autoregressive.Config("mini", 0.2), seed=seed) for seed in (5, 5, 6)]
    for run in runs:
        assert len(list(fit(run))) == 6
    assert torch.equal(weights(runs[0]), weights(runs[1]))
    assert not torch.equal(weights(runs[0]), weights(runs[2]))


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_the_loop_leaves_the_global_generator_alone(accelerator, dropout):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    list(fit(fresh(accelerator, autoregressive.Config("mini", dropout))))
    assert torch.equal(torch.rand(4), expected)


def test_dropout_differs_from_step_to_step(accelerator):
    corpus = Toy(rows=1)  # every batch is the same
    run = fresh(accelerator, autoregressive.Config("mini", 0.5), corpus, steps=2, lr=1e-12)
    first, second = (report.parts["nats"] for report in fit(run))
    assert (first - second).abs() > 1e-4


def test_training_learns_the_corpus(accelerator):
    run = fresh(accelerator, steps=150, batch=32, warmup=10, lr=3e-3)
    losses = [7 * float(report.parts["nats"]) for report in fit(run)]
    # the source has ln 6 for the length, ln 6 for the first word, ln 2 for each other word, 2.5 of them on average
    entropy = 2 * math.log(6) + 2.5 * math.log(2)
    assert np.mean(losses[:5]) > entropy + 2
    assert np.mean(losses[-20:]) < entropy + 0.8


BF16 = """
from accelerate import Accelerator
from tests.toy import Toy
from textdiff_lite.systems import autoregressive
from textdiff_lite.training import Plan, fit, start
config = autoregressive.Config("mini")
accelerator = Accelerator(cpu=True, mixed_precision="bf16")
run = start(autoregressive, config, Toy(), Plan(steps=3, batch=8, precision="bf16"), accelerator)
kinds = []
run.model.stack.blocks[0].mlp[0].register_forward_hook(lambda module, inputs, output: kinds.append(str(output.dtype)))
reports = list(fit(run))
assert kinds == ["torch.bfloat16"] * 3, kinds
assert {str(p.dtype) for p in run.model.parameters()} == {"torch.float32"}
assert all(report.parts["nats"].isfinite() for report in reports)
"""


def test_bf16_computes_in_bfloat16_and_keeps_float32_weights():
    # a process has one precision: this case has its own
    done = subprocess.run([sys.executable, "-c", BF16], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_precision_that_is_not_the_accelerators_is_refused(accelerator):
    with pytest.raises(ValueError, match="precision must be that of the accelerator: got 'bf16' and 'no'"):
        fresh(accelerator, precision="bf16")


def test_a_batch_that_cannot_be_shared_out_is_refused(accelerator, monkeypatch):
    monkeypatch.setattr(type(accelerator), "num_processes", property(lambda self: 3))
    with pytest.raises(ValueError, match="batch must be a multiple of the number of processes: got 8 and 3"):
        fresh(accelerator)


@pytest.fixture
def broken() -> ModuleType:
    """The autoregressive system with a second part that is infinite from its third step on."""
    module, calls = ModuleType("broken"), []
    vars(module).update(vars(autoregressive))

    def loss(config, model, batch, draws):
        calls.append(batch)
        parts = autoregressive.loss(config, model, batch, draws)
        return parts | {"anchor": parts["nats"] * (math.inf if len(calls) > 2 else 1.0)}

    module.loss = loss  # type: ignore[attr-defined]
    return module


def test_a_loss_that_is_not_finite_stops_and_names_step_part_and_checkpoint(accelerator, broken, tmp_path):
    run = start(broken, MINI, Toy(), Plan(steps=6, batch=8), accelerator)
    with pytest.raises(
        NotFinite, match=r"at step 3 the part «anchor» of the loss is (inf|nan); the last checkpoint is"
    ):
        train(run, tmp_path, log_every=1, checkpoint_every=2, progress=False)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["loss"] == pytest.approx(line["nats"] + line["anchor"]) for line in lines] == [True, True]
    kept = load_file(tmp_path / "checkpoint.safetensors")
    assert all(value.isfinite().all() for value in kept.values())


def test_a_save_of_weights_that_are_not_finite_is_prevented_between_log_lines(accelerator, broken, tmp_path):
    run = start(broken, MINI, Toy(), Plan(steps=6, batch=8), accelerator)
    with pytest.raises(NotFinite, match=r"at step 4 .* there is no checkpoint yet"):
        train(run, tmp_path, log_every=100, checkpoint_every=4, progress=False)
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_loss_that_breaks_between_two_lines_is_noticed_at_the_next_and_the_checkpoint_is_left_as_it_was(
    accelerator, broken, tmp_path
):
    run = start(broken, MINI, Toy(), Plan(steps=9, batch=8), accelerator)
    kept = "checkpoint.safetensors"
    with pytest.raises(NotFinite, match=rf"at step 4 .*; the last checkpoint is .*{kept}"):
        train(run, tmp_path, log_every=100, checkpoint_every=2, progress=False)
    # the third step has spoilt the weights; only those of the second are stored
    assert not weights(run).isfinite().all()
    again = start(broken, MINI, Toy(), Plan(steps=9, batch=8), accelerator)
    load_checkpoint(again, tmp_path / kept)
    assert again.step == 2
    assert weights(again).isfinite().all()
    assert all(value.isfinite().all() for value in again.average.model.state_dict().values())
    assert [json.loads(line)["step"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [2]


@pytest.mark.parametrize(
    ("part", "added", "message"),
    [
        ("nats", math.inf, "the part «nats» of the loss is inf"),
        ("anchor", math.inf, "the part «anchor» of the loss is inf"),
        ("anchor", -math.inf, "the part «anchor» of the loss is -inf"),
        ("prior", math.nan, "the part «prior» of the loss is nan"),
        # 0 at every place, with a slope that is none
        ("prior", None, "the norm of the gradient is nan"),
    ],
)
def test_each_part_of_the_loss_and_the_gradient_are_asked(accelerator, tmp_path, part, added, message):
    system = ModuleType("broken")

    def loss(config, model, batch, draws):
        nats = autoregressive.loss(config, model, batch, draws)["nats"]
        parts = dict.fromkeys(("nats", "anchor", "prior"), nats)
        return parts | {part: (nats * 0).sqrt() if added is None else nats + added}

    vars(system).update(vars(autoregressive) | {"loss": loss})
    run = start(system, MINI, Toy(), Plan(steps=2, batch=8), accelerator)
    with pytest.raises(NotFinite, match=f"at step 1 {message}; there is no checkpoint yet"):
        train(run, tmp_path, log_every=1, progress=False)
    assert not list(tmp_path.glob("*.safetensors"))


def test_train_writes_averaged_weights_and_a_line_a_step(accelerator, tmp_path):
    run = fresh(accelerator)
    trained = train(run, tmp_path, log_every=2, checkpoint_every=4, progress=False)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert lines[0].keys() == {"step", "loss", "nats", "grad_norm", "lr", "seconds"}
    ids = batch_of(run, 1)
    second = fresh(accelerator)
    next(fit(second))
    with torch.no_grad():
        per_sentence = autoregressive.bound(MINI, second.model, ids).sum(1).mean().item()
    assert lines[0]["nats"] == pytest.approx(per_sentence, rel=1e-5)
    loaded = from_pretrained(tmp_path)
    for name, value in run.average.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], value), name
    assert trained.info == loaded.info == run.corpus.info


def test_a_folder_that_holds_a_run_is_not_overwritten(accelerator, tmp_path):
    train(fresh(accelerator), tmp_path, progress=False)
    with pytest.raises(FileExistsError, match="holds a run already: resume it, or train into another folder"):
        train(fresh(accelerator), tmp_path, progress=False)


def test_a_finished_run_can_be_resumed_and_stays_as_it_is(accelerator, tmp_path):
    train(fresh(accelerator), tmp_path, progress=False)
    before = (tmp_path / "model.safetensors").read_bytes()
    train(fresh(accelerator), tmp_path, resume=True, progress=False)
    assert (tmp_path / "model.safetensors").read_bytes() == before


def stored(accelerator, path, **plan):
    run = fresh(accelerator, **plan)
    for _ in zip(range(3), fit(run), strict=False):
        pass
    save_checkpoint(run, path)
    return run


def test_a_checkpoint_brings_back_weights_moments_average_and_step(accelerator, tmp_path):
    path = tmp_path / "c.safetensors"
    run, other = stored(accelerator, path), fresh(accelerator)
    load_checkpoint(other, path)
    assert other.step == run.step == 3
    assert torch.equal(weights(other), weights(run))
    for mine, theirs in zip(run.model.parameters(), other.model.parameters(), strict=True):
        for key, value in run.optimizer.state[mine].items():
            assert torch.equal(other.optimizer.state[theirs][key], value), key
    for mine, theirs in zip(run.average.model.parameters(), other.average.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"not a checkpoint" * 100])
def test_a_damaged_checkpoint_is_named(accelerator, tmp_path, damage):
    path = tmp_path / "c.safetensors"
    stored(accelerator, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedCheckpoint, match=r"c\.safetensors can't be read"):
        load_checkpoint(fresh(accelerator), path)


def test_weights_alone_are_no_checkpoint(accelerator, tmp_path):
    train(fresh(accelerator), tmp_path, progress=False)
    with pytest.raises(DamagedCheckpoint, match="is not a checkpoint of this library: its format is"):
        load_checkpoint(fresh(accelerator), tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 1e-3}, r"belongs to another run: plan\.lr 0\.002 against 0\.001"),
        ({"steps": 9}, r"plan\.steps 6 against 9"),
        ({"corpus": Toy(name="other")}, r"corpus\.fingerprint '\w+' against '\w+', corpus\.name 'toy' against 'other'"),
        ({"config": autoregressive.Config("mini", 0.5)}, r"config\.dropout 0\.0 against 0\.5"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_with_what_differs(accelerator, tmp_path, change, message):
    path = tmp_path / "c.safetensors"
    stored(accelerator, path)
    with pytest.raises(ValueError, match=message):
        load_checkpoint(fresh(accelerator, **change), path)


def test_another_number_of_processes_is_said(accelerator, tmp_path, monkeypatch):
    path = tmp_path / "c.safetensors"
    stored(accelerator, path)
    monkeypatch.setattr(type(accelerator), "num_processes", property(lambda self: 2))
    with pytest.warns(UserWarning, match="written with 1 processes and is resumed with 2"):
        load_checkpoint(fresh(accelerator), path)


def test_weights_that_are_not_finite_after_the_last_step_are_not_shipped(accelerator, tmp_path):
    with pytest.raises(NotFinite, match=r"after step 1 the weights \w+ are not finite"):
        train(fresh(accelerator, steps=1, weight_decay=1e300, lr=1e300), tmp_path, progress=False)
    assert not (tmp_path / "model.safetensors").exists()


def test_half_stores_the_final_weights_in_float16(accelerator, tmp_path):
    train(fresh(accelerator, half=True), tmp_path, progress=False)
    assert stored_dtype(tmp_path) == "F16"
    assert load_file(tmp_path / "checkpoint.safetensors")["model.table"].dtype == torch.float32


def test_the_seconds_of_a_resumed_run_go_on_from_those_before(accelerator, tmp_path):
    train(fresh(accelerator), tmp_path, log_every=1, progress=False)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert all(one["seconds"] <= other["seconds"] for one, other in itertools.pairwise(lines))
    lines[-1]["seconds"] = 1000.0
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:-1]))
    train(fresh(accelerator), tmp_path, resume=True, log_every=1, progress=False)
    again = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert again == lines[:-1], "a finished run takes no step and changes no line"


def test_buffers_of_the_average_are_those_of_the_model():
    model = torch.nn.BatchNorm1d(2)
    average = Average(model)
    update = average.following(model)
    model(torch.randn(8, 2, generator=torch.Generator().manual_seed(0)))
    update(0.9)
    assert torch.equal(average.model.running_mean, model.running_mean)
    assert average.model.num_batches_tracked == 1


def test_another_number_of_threads_is_said(accelerator, tmp_path):
    path = tmp_path / "c.safetensors"
    stored(accelerator, path)
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        with pytest.warns(UserWarning, match=f"written with {threads} threads and is resumed with {threads + 1}"):
            load_checkpoint(fresh(accelerator), path)
    finally:
        torch.set_num_threads(threads)
