"""What is shipped: small, of this grammar, and as good as its card says."""

import json
import sys
from dataclasses import asdict

import numpy as np
import pytest

from textdiff_lite import cli, evaluation
from textdiff_lite.cards import read_card
from textdiff_lite.corpora.bistro import Bistro
from textdiff_lite.measure import how_trained
from textdiff_lite.networks import count_parameters
from textdiff_lite.systems.pretrained import from_pretrained, stored_dtype
from textdiff_lite.weights import HERE, cards, comparison, shipped

MEASURED = {
    "autoregressive-bistro-tiny": (3000, 1000),
    "d3pm-absorbing-bistro-tiny": (60, 200),
    "d3pm-uniform-bistro-tiny": (30, 20),
    "difformer-bistro-tiny": (20, 20),
    "diffusion-lm-bistro-tiny": (20, 20),
}
"""Sentences and samples. With tens or hundreds of calls for each, more would take minutes."""


@pytest.fixture(scope="module")
def bistro() -> Bistro:
    return Bistro()


def test_the_models_of_bistro_are_shipped_and_all_are_measured_here():
    assert shipped().keys() == MEASURED.keys()


@pytest.mark.parametrize("folder", shipped().values(), ids=shipped().keys())
def test_shipped_weights_are_small_halves_of_this_grammar(folder, bistro):
    card, trained = read_card(folder / "card.json"), from_pretrained(folder)
    assert (folder / "model.safetensors").stat().st_size < 2_500_000
    assert stored_dtype(folder) == card.stored == "F16"
    assert trained.info == bistro.info
    assert card.fingerprint == bistro.info.fingerprint
    assert card.entropy == pytest.approx(bistro.entropy, rel=1e-12)
    assert how_trained(folder)["command"] == card.command
    system, config, info = trained.system, trained.config, trained.info
    assert (card.system, card.variant, card.bound) == (trained.name, system.variant(config), system.bound_steps(config))
    assert (card.config, card.evaluations) == (asdict(config), system.evaluations(config, info))
    assert card.parameters == count_parameters(trained.model)


@pytest.mark.parametrize("name", MEASURED)
def test_shipped_weights_measure_what_their_card_says(name, bistro):
    card, trained = read_card(HERE / name / "card.json"), from_pretrained(HERE / name)
    sentences, samples = MEASURED[name]
    rows = np.arange(sentences)
    nats = evaluation.sentence_nats(trained, bistro, "test", rows)
    ratio = evaluation.ratio(nats, -bistro.row_log_prob("test", rows), bistro.entropy)
    assert card.ratio is not None
    assert abs(ratio.value - card.ratio) < 5 * ratio.se
    drawn = evaluation.samples(trained, samples, 1)
    language = evaluation.in_the_language(drawn, bistro, training_rows=1000)
    assert card.parse_rate is not None
    error = (card.parse_rate * (1 - card.parse_rate) / samples) ** 0.5
    assert abs(language.parse_rate.value - card.parse_rate) < 5 * error


def test_evaluating_shipped_weights_leaves_their_card_as_it_is(monkeypatch, capsys):
    path = HERE / "autoregressive-bistro-tiny" / "card.json"
    before = path.read_bytes()
    command = "textdiff evaluate autoregressive-bistro-tiny --sentences 50 --samples 10 --device cpu --json"
    monkeypatch.setattr(sys, "argv", command.split())
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    assert json.loads(capsys.readouterr().out)["command"] == json.loads(before)["command"]
    assert path.read_bytes() == before


def test_no_card_reports_less_than_the_entropy():
    for card in cards():
        if card.ratio is not None and card.ratio_se is not None:
            assert card.ratio > 1 - 4 * card.ratio_se, card


def test_every_folder_has_a_card():
    folders = {path for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert {folder for folder in folders if not (folder / "card.json").exists()} == set()


def test_the_compared_schedules_differ_in_schedule_and_seed_alone(bistro):
    compared = comparison("schedules")
    runs = {(card.config["schedule"], card.seed) for card in compared}
    assert runs == {(name, seed) for name, _ in runs for seed in range(2)}
    assert len(runs) == len(compared) == 10
    assert {card.fingerprint for card in compared} == {bistro.info.fingerprint}
    rest = [{key: value for key, value in card.config.items() if key != "schedule"} for card in compared]
    assert all(one == rest[0] for one in rest)
    assert len({(card.steps, card.sentences, card.samples, card.evaluations) for card in compared}) == 1


def test_a_comparison_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="comparison must be one of schedules; got 'widths'"):
        comparison("widths")
