"""What is shipped: small, of this grammar, and as good as its card says."""

import json
import sys

import numpy as np
import pytest

from textdiff_lite import cli, evaluation
from textdiff_lite.cards import read_card
from textdiff_lite.corpora.bistro import Bistro
from textdiff_lite.measure import how_trained
from textdiff_lite.systems.pretrained import from_pretrained, stored_dtype
from textdiff_lite.weights import HERE, cards, shipped


@pytest.fixture(scope="module")
def bistro() -> Bistro:
    return Bistro()


def test_the_autoregressive_model_of_bistro_is_shipped():
    assert "autoregressive-bistro-tiny" in shipped()


@pytest.mark.parametrize("folder", shipped().values(), ids=shipped().keys())
def test_shipped_weights_are_small_halves_of_this_grammar(folder, bistro):
    card, trained = read_card(folder / "card.json"), from_pretrained(folder)
    assert (folder / "model.safetensors").stat().st_size < 2_500_000
    assert stored_dtype(folder) == card.stored == "F16"
    assert trained.info == bistro.info
    assert card.fingerprint == bistro.info.fingerprint
    assert card.entropy == pytest.approx(bistro.entropy, rel=1e-12)
    assert how_trained(folder)["command"] == card.command


@pytest.mark.parametrize("folder", shipped().values(), ids=shipped().keys())
def test_shipped_weights_measure_what_their_card_says(folder, bistro):
    card, trained, rows = read_card(folder / "card.json"), from_pretrained(folder), np.arange(3000)
    nats = evaluation.sentence_nats(trained, bistro, "test", rows)
    ratio = evaluation.ratio(nats, -bistro.row_log_prob("test", rows), bistro.entropy)
    assert card.ratio is not None
    assert abs(ratio.value - card.ratio) < 5 * ratio.se
    language = evaluation.in_the_language(evaluation.samples(trained, 1000, seed=1), bistro, training_rows=1000)
    assert card.parse_rate is not None
    assert (
        abs(language.parse_rate.value - card.parse_rate) < 5 * (card.parse_rate * (1 - card.parse_rate) / 1000) ** 0.5
    )


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
