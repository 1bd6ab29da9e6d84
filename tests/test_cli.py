"""The command line: trains, samples, evaluates and tabulates; bad input ends with a sentence and code 2."""

import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from textdiff_lite import cli, evaluation
from textdiff_lite.corpora import load_corpus
from textdiff_lite.corpora.bistro import Bistro
from textdiff_lite.corpora.mini_bistro import MiniBistro
from textdiff_lite.measure import how_trained, measure
from textdiff_lite.systems import autoregressive, d3pm, difformer, diffusion_lm
from textdiff_lite.systems.pretrained import Trained, from_pretrained, save_pretrained

FIELDS = (
    "system variant corpus split parameters ratio ratio_se bound parse_rate clamped evaluations samples sample_nats"
)


def run(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `textdiff ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["textdiff", *arguments])
    capsys.readouterr()
    try:
        cli.main()
        code = 0
    except SystemExit as stop:
        code = stop.code or 0
    output = capsys.readouterr()
    return int(code), output.out, output.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A run of a few steps on bistro."""
    out = tmp_path_factory.mktemp("runs") / "bistro"
    command = ["textdiff", "train", "autoregressive", "--size", "mini", "--steps", "12", "--batch", "16"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [*command, "--half", "--device", "cpu", "--seed", "3", "--out", str(out), "--json"])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    assert not stop.value.code
    return out


def test_train_leaves_weights_log_picture_and_record(folder):
    names = {path.name for path in folder.iterdir()}
    files = "checkpoint.safetensors config.json metrics.jsonl model.safetensors training.json training.png"
    assert names >= set(files.split())
    record = json.loads((folder / "training.json").read_text())
    assert (record["steps"], record["seed"], record["batch"]) == (12, 3, 16)
    assert record["command"].startswith("textdiff train autoregressive --size mini --steps 12")


def test_train_refuses_a_folder_in_use_and_resume_takes_it(folder, monkeypatch, capsys):
    command = ["train", "autoregressive", "--size", "mini", "--steps", "12", "--batch", "16", "--seed", "3"]
    command += ["--device", "cpu", "--out", str(folder)]
    code, out, err = run(monkeypatch, capsys, *command)
    assert (code, out) == (2, "")
    assert "holds a run already: resume it, or train into another folder" in err
    before = json.loads((folder / "training.json").read_text())
    code, out, _ = run(monkeypatch, capsys, *command, "--half", "--resume", "--json")
    assert code == 0
    assert json.loads(out) == before, "a finished run keeps the command it was started with, and its seconds"


def test_a_run_that_was_stopped_leaves_its_command_to_the_one_that_resumes_it(tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"
    command = ["train", "autoregressive", "--size", "mini", "--steps", "4", "--batch", "4", "--device", "cpu"]
    command += ["--checkpoint-every", "2", "--out", str(out)]
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["textdiff_lite.training.train"], "save_pretrained", lambda *_: sys.exit(9))
        assert run(patch, capsys, *command)[0] == 9
    code, text, err = run(monkeypatch, capsys, *command, "--resume", "--json")
    assert code == 0, err
    assert json.loads(text)["command"].endswith(f"--checkpoint-every 2 --out {out}")


def test_sample_prints_sentences_and_nothing_else(folder, monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "sample", str(folder), "-n", "3", "--device", "cpu")
    assert code == 0
    assert len(out.splitlines()) == 3
    code, as_json, _ = run(monkeypatch, capsys, "sample", str(folder), "-n", "3", "--device", "cpu", "--json")
    assert code == 0
    assert json.loads(as_json) == out.splitlines()


def test_evaluate_writes_a_card_that_the_table_shows(folder, monkeypatch, capsys):
    sizes = ["--sentences", "200", "--samples", "20", "--device", "cpu", "--json"]
    code, out, _ = run(monkeypatch, capsys, "evaluate", str(folder), *sizes)
    assert code == 0
    card = json.loads(out)
    assert card == json.loads((folder / "card.json").read_text())
    assert set(FIELDS.split()) <= card.keys()
    assert (card["sentences"], card["samples"], card["stored"], card["split"]) == (200, 20, "F16", "test")
    assert card["ratio"] > 1 + 5 * card["ratio_se"], "a model of 12 steps is far above the floor"
    bistro, rows = Bistro(), np.arange(200)
    excess = card["nats_per_sentence"] + bistro.row_log_prob("test", rows).mean()
    assert card["entropy"] == bistro.entropy
    assert card["ratio"] == pytest.approx(1 + excess / bistro.entropy)
    nats = evaluation.sentence_nats(from_pretrained(folder), bistro, "test", rows)
    paired = evaluation.ratio(nats, -bistro.row_log_prob("test", rows), bistro.entropy)
    assert card["ratio_se"] == pytest.approx(paired.se, rel=1e-5), "each sentence is held against itself"
    tokens = (bistro.ids("test", rows) != 0).sum()
    assert card["nats_per_token"] == pytest.approx(card["nats_per_sentence"] * 200 / tokens)
    assert card["bits_per_token"] == pytest.approx(card["nats_per_token"] / math.log(2))
    code, out, _ = run(monkeypatch, capsys, "table", str(folder), "--json")
    assert code == 0
    assert card in json.loads(out)
    code, out, _ = run(monkeypatch, capsys, "table", str(folder))
    assert code == 0
    assert "mini" in out


def test_a_card_tells_samples_of_the_grammar_as_they_are(folder, monkeypatch):
    bistro, trained = Bistro(), from_pretrained(folder)

    def samples(trained, n, seed, calls=None):
        """Training sentences in place of the model's: they all parse and have all been seen."""
        return bistro.ids("train", np.arange(seed, seed + n))

    monkeypatch.setattr(evaluation, "samples", samples)
    card = measure(trained, bistro, folder, "test", 20, 30, seed=5)
    nats = -bistro.row_log_prob("train", np.arange(5, 35))
    assert (card.samples, card.parse_rate, card.parse_rate_se, card.samples_seen) == (30, 1, 0, 1)
    assert card.sample_nats == pytest.approx(nats.mean())
    assert card.sample_nats_se == pytest.approx(nats.std(ddof=1) / 30**0.5)
    assert 0 < card.grammar_seen < 0.5


def test_the_small_grammar_is_measured_like_the_large_one(tmp_path, monkeypatch, capsys):
    train = ["train", "autoregressive", "--corpus", "mini-bistro", "--size", "mini", "--steps", "3", "--batch", "8"]
    code, _, err = run(monkeypatch, capsys, *train, "--out", str(tmp_path / "run"), "--device", "cpu")
    assert code == 0, err
    sizes = ["--sentences", "50", "--samples", "10", "--device", "cpu", "--json"]
    code, out, _ = run(monkeypatch, capsys, "evaluate", str(tmp_path / "run"), *sizes)
    card, small = json.loads(out), MiniBistro()
    assert code == 0
    assert (card["corpus"], card["entropy"], card["grammar_seen"]) == ("mini-bistro", small.entropy, 1)
    excess = card["nats_per_sentence"] + small.row_log_prob("test", np.arange(50)).mean()
    assert card["ratio"] == pytest.approx(1 + excess / small.entropy)
    assert 0 <= card["parse_rate"] < 1
    monkeypatch.setattr("textdiff_lite.weights.cards", list)
    assert run(monkeypatch, capsys, "table", str(tmp_path / "run"))[0] == 0
    (tmp_path / "run" / "card.json").write_text(json.dumps(card | {"fingerprint": "0" * 16}))
    code, _, err = run(monkeypatch, capsys, "table", str(tmp_path / "run"))
    assert code == 2
    assert "was measured on mini-bistro with fingerprint 0000" in err


D3PM = ["train", "d3pm", "--corpus", "mini-bistro", "--size", "mini", "--steps", "3", "--batch", "8", "--device", "cpu"]


def test_d3pm_is_trained_measured_and_sampled_from_with_as_many_calls_as_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(monkeypatch, capsys, *D3PM, "--kernel", "absorbing", "--json")
    assert code == 0, err
    folder = json.loads(out)["folder"]
    assert Path(folder) == Path("runs/d3pm-absorbing-mini-bistro-mini")
    sizes = ["--sentences", "20", "--samples", "10", "--device", "cpu", "--json"]
    length = MiniBistro().info.length
    for calls, evaluations in (([], length), (["--calls", "3"], 3)):
        asked = []
        draw = d3pm.sample
        with monkeypatch.context() as patch:
            patch.setattr(d3pm, "sample", lambda *a, draw=draw, asked=asked: asked.append(a[-1]) or draw(*a))
            code, out, err = run(patch, capsys, "evaluate", folder, *sizes, *calls)
        assert code == 0, err
        card = json.loads(out)
        assert (card["system"], card["variant"], card["bound"]) == ("d3pm", "mini absorbing", "T = ∞")
        assert card["config"] == {"size": "mini", "dropout": 0, "kernel": "absorbing", "chain": None, "auxiliary": 0}
        assert (card["evaluations"], card["stored"]) == (evaluations, "F32")
        assert asked == [3 if calls else None]
        assert card["ratio"] > 1 + 5 * card["ratio_se"]
        code, out, err = run(monkeypatch, capsys, "sample", folder, "-n", "2", "--device", "cpu", *calls)
        assert code == 0, err
        assert len(out.splitlines()) == 2


def test_a_chain_has_the_steps_and_the_cross_entropy_that_it_is_given(tmp_path, monkeypatch, capsys):
    chain = ["--kernel", "uniform", "--chain", "12", "--auxiliary", "0.5", "--log-every", "1"]
    code, _, err = run(monkeypatch, capsys, *D3PM, *chain, "--out", str(tmp_path / "run"))
    assert code == 0, err
    line = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[0])
    assert line["loss"] == pytest.approx(line["bound"] + line["auxiliary"])
    sizes = ["--sentences", "20", "--samples", "10", "--device", "cpu", "--json"]
    code, out, err = run(monkeypatch, capsys, "evaluate", str(tmp_path / "run"), *sizes)
    assert code == 0, err
    card = json.loads(out)
    assert (card["variant"], card["bound"], card["evaluations"]) == ("mini uniform, auxiliary 0.5", "T = 12", 12)
    for command in ("evaluate", "sample"):
        code, out, err = run(monkeypatch, capsys, command, str(tmp_path / "run"), "--calls", "13", "--device", "cpu")
        assert (code, out) == (2, "")
        assert "error: calls must lie in 1 .. 12, the steps of the chain, got 13" in err


SMALL = ["--corpus", "mini-bistro", "--size", "mini", "--steps", "2", "--batch", "4", "--device", "cpu"]


@pytest.mark.parametrize(
    ("system", "options", "config"),
    [
        (
            diffusion_lm,
            ["--schedule", "cosine", "--width", "6", "--chain", "9", "--target", "noise"],
            {"schedule": "cosine", "width": 6, "chain": 9, "target": "noise"},
        ),
        (
            difformer,
            ["--schedule", "linear", "--width", "6", "--chain", "9", "--noise-scale", "1.5"],
            {"schedule": "linear", "width": 6, "chain": 9, "noise_scale": 1.5},
        ),
    ],
)
def test_a_system_of_embeddings_has_the_options_that_it_is_given(
    tmp_path, monkeypatch, capsys, system, options, config
):
    for name, given, changed in (("plain", [], {}), ("own", options, config)):
        out = tmp_path / name
        code, _, err = run(monkeypatch, capsys, "train", system.CARD.name, *SMALL, *given, "--out", str(out))
        assert code == 0, err
        assert from_pretrained(out).config == system.Config(size="mini", **changed)


def test_clamping_is_switched_on_for_samples_and_a_card_says_so(tmp_path, monkeypatch, capsys):
    folder = str(tmp_path / "run")
    train = ["train", "diffusion-lm", *SMALL, "--width", "6", "--chain", "9", "--out", folder]
    code, _, err = run(monkeypatch, capsys, *train)
    assert code == 0, err
    draw = diffusion_lm.sample
    for given, clamp in (([], 0.0), (["--clamp", "0.25"], 0.25), (["--clamp", "0"], 0.0)):
        asked = []
        with monkeypatch.context() as patch:
            patch.setattr(diffusion_lm, "sample", lambda *a, asked=asked: asked.append(a[0].clamp) or draw(*a))
            sizes = ["--sentences", "4", "--samples", "3", "--device", "cpu", "--json"]
            code, out, err = run(patch, capsys, "evaluate", folder, *sizes, *given)
            assert code == 0, err
            card = json.loads(out)
            assert (card["clamped"], card["config"]["clamp"]) == (clamp > 0, clamp)
            code, out, err = run(patch, capsys, "sample", folder, "-n", "2", "--device", "cpu", *given)
            assert code == 0, err
        assert asked == [clamp] * 2
    for command in ("evaluate", "sample"):
        code, out, err = run(monkeypatch, capsys, command, folder, "--clamp", "1.5", "--device", "cpu")
        assert (code, out) == (2, "")
        assert "error: clamp must lie in [0, 1], got 1.5" in err
    assert from_pretrained(folder).config.clamp == 0, "the weights stay as they were trained"


def test_how_weights_were_trained_is_told_by_their_run_or_else_by_their_card(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has neither training\.json nor card\.json"):
        how_trained(tmp_path)
    record = {"command": "textdiff", "seed": 1, "steps": 2, "hardware": "a CPU", "seconds": 3.0, "versions": {}}
    (tmp_path / "card.json").write_text(json.dumps(record))
    assert how_trained(tmp_path) == record
    (tmp_path / "training.json").write_text(json.dumps(record | {"seed": 2, "batch": 64}))
    assert how_trained(tmp_path) == record | {"seed": 2}, "the card is of an older run"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "magic"], "system must be one of autoregressive, d3pm, diffusion-lm, difformer; got"),
        (["train", "autoregressive", "--size", "huge"], "size must be one of mini, tiny, small, medium; got 'huge'"),
        (["train", "autoregressive", "--device", "tpu"], "device must be auto, cpu or cuda, got 'tpu'"),
        (["train", "autoregressive", "--dropout", "1.5"], "dropout must be in [0, 1), got 1.5"),
        (["train", "autoregressive", "--steps", "0"], "steps must be a whole number of at least 1, got 0"),
        (["train", "autoregressive", "--corpus", "nowhere.txt"], "nowhere.txt"),
        (["train", "autoregressive", "--corpus", "martian"], "martian"),
        (["sample", "nowhere"], "there is no folder nowhere"),
        (["evaluate", "FOLDER", "--split", "tset"], "split must be one of train, validation, test; got 'tset'"),
        (["evaluate", "FOLDER", "--corpus", "FILE"], "the weights were trained on bistro"),
        (["sample", "OWN"], "the weights were trained on own.txt, which is not here: name it with --corpus"),
        (
            ["evaluate", "OWN", "--corpus", "FILE", "--samples", "9"],
            "samples, seed and calls have no effect on own.txt",
        ),
        (["evaluate", "OWN", "--corpus", "FILE", "--calls", "9"], "samples, seed and calls have no effect on own.txt"),
        (["evaluate", "FOLDER", "--calls", "9"], "makes one call for each word, so calls has no effect; got 9"),
        (["sample", "FOLDER", "--calls", "9"], "makes one call for each word, so calls has no effect; got 9"),
        (["train", "autoregressive", "--kernel", "absorbing"], "--kernel has no effect on autoregressive"),
        (["train", "autoregressive", "--chain", "9"], "--chain has no effect on autoregressive"),
        (["train", "autoregressive", "--auxiliary", "1"], "--auxiliary has no effect on autoregressive"),
        (["train", "d3pm", "--schedule", "sqrt"], "--schedule has no effect on d3pm"),
        (["train", "d3pm", "--width", "8"], "--width has no effect on d3pm"),
        (["train", "difformer", "--target", "x0"], "--target has no effect on difformer"),
        (["train", "diffusion-lm", "--noise-scale", "2"], "--noise-scale has no effect on diffusion-lm"),
        (["train", "diffusion-lm", "--kernel", "absorbing"], "--kernel has no effect on diffusion-lm"),
        (["sample", "FOLDER", "--clamp", "1"], "--clamp has no effect on autoregressive"),
        (["evaluate", "FOLDER", "--clamp", "0"], "--clamp has no effect on autoregressive"),
        (["train", "d3pm", "--kernel", "magic"], "kernel must be one of absorbing, uniform, gaussian, neighbour; got"),
        (["train", "d3pm", "--chain", "1"], "chain must be at least 2 steps, got 1"),
        (["train", "d3pm", "--auxiliary", "0.1"], "auxiliary is a part of the loss of a chain with steps"),
        (["sample", "UNFINISHED"], "it holds a run that is not finished: train it with --resume"),
        (["train", "autoregressive", "--out", "FILE"], "out must be a folder"),
        (["table", "BARE"], "has no card.json: run `textdiff evaluate"),
        (["table", "nowhere"], "nowhere"),
        (["evaluate", "BARE"], "has neither training.json nor card.json"),
        (["evaluate", "TORN"], "training.json is damaged"),
    ],
)
def test_bad_input_ends_with_a_sentence_and_code_2(folder, tmp_path, monkeypatch, capsys, arguments, message):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "own.txt").write_text("".join(f"this is line {i}\n" for i in range(80)))
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own"
    places = {"FOLDER": str(folder), "FILE": str(tmp_path / "data" / "own.txt"), "OWN": str(own)}
    places["UNFINISHED"] = str(tmp_path / "unfinished")
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "checkpoint.safetensors").touch()
    for name, record in (("BARE", None), ("TORN", "{")):
        if name in arguments:
            places[name] = str(shutil.copytree(folder, tmp_path / name))
            (tmp_path / name / "card.json").unlink(missing_ok=True)
            (tmp_path / name / "training.json").unlink()
            if record:
                (tmp_path / name / "training.json").write_text(record)
    if "OWN" in arguments:
        info = load_corpus(tmp_path / "data" / "own.txt").info
        config = autoregressive.Config("mini")
        save_pretrained(Trained(autoregressive, config, info, autoregressive.build(config, info)), own)
    code, out, err = run(monkeypatch, capsys, *[places.get(argument, argument) for argument in arguments])
    assert (code, out) == (2, ""), err
    assert err.splitlines()[-1].startswith("error: ")
    assert message in err
    assert "Traceback" not in err


def test_a_wrong_option_is_a_usage_error(monkeypatch, capsys):
    code, _, err = run(monkeypatch, capsys, "train", "autoregressive", "--colour", "red")
    assert code == 2
    assert "colour" in err


def test_a_loss_that_is_not_finite_ends_with_code_3(tmp_path, monkeypatch, capsys):
    command = ["train", "autoregressive", "--size", "mini", "--steps", "60", "--batch", "4", "--lr", "1e30"]
    code, out, err = run(monkeypatch, capsys, *command, "--device", "cpu", "--out", str(tmp_path / "r"))
    assert (code, out) == (3, "")
    assert "error: at step" in err


def test_a_file_of_ones_own_is_trained_on_and_sampled_from(tmp_path, monkeypatch, capsys):
    path = tmp_path / "own.csv"
    path.write_text("id,said\n" + "".join(f"{i},word{i % 7} follows word{(i + 1) % 7}\n" for i in range(200)))
    out = str(tmp_path / "run")
    own = ["--corpus", str(path), "--text-column", "said", "--min-count", "1"]
    command = ["train", "autoregressive", "--size", "mini", "--steps", "5", "--batch", "8", "--device", "cpu"]
    code, _, err = run(monkeypatch, capsys, *command, *own, "--out", out)
    assert code == 0, err
    # the file and its options are remembered
    code, text, err = run(monkeypatch, capsys, "sample", out, "-n", "2", "--device", "cpu")
    assert code == 0, err
    assert len(text.splitlines()) == 2
    code, text, err = run(monkeypatch, capsys, "evaluate", out, "--split", "train", "--device", "cpu", "--json")
    assert code == 0, err
    card = json.loads(text)
    assert (card["corpus"], card["ratio"], card["parse_rate"], card["samples"]) == ("own.csv", None, None, 0)
