"""Cards: written and read whole, refused when damaged or of another corpus, and made into a table."""

import json
from dataclasses import asdict, replace

import pytest

from textdiff_lite.cards import Card, check_fingerprints, read_card, table, write_card
from textdiff_lite.weights import cards as shipped_cards

CARD = Card(
    system="autoregressive",
    variant="tiny",
    config={"size": "tiny", "dropout": 0.0},
    corpus="bistro",
    fingerprint="00ff" * 4,
    corpus_facts={"licence": "MIT"},
    split="test",
    sentences=20_000,
    parameters=830_000,
    nats_per_sentence=17.1,
    nats_per_token=0.95,
    bits_per_token=1.37,
    clamped=False,
    evaluations=32,
    stored="F16",
    command="textdiff train autoregressive",
    seed=0,
    steps=8000,
    hardware="a GPU",
    seconds=71.0,
    versions={"torch": "2.13.0"},
    samples=10_000,
    ratio=1.00049,
    ratio_se=0.0001,
    parse_rate=0.993,
)


def test_a_card_comes_back_as_it_was_written(tmp_path):
    assert read_card(write_card(CARD, tmp_path)) == CARD


@pytest.mark.parametrize("text", ["{", "[]", '{"system": "d3pm"}', json.dumps(asdict(CARD) | {"mood": "good"})])
def test_a_damaged_card_is_named(tmp_path, text):
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ValueError, match=r"card\.json is not a card"):
        read_card(tmp_path / "card.json")


def test_a_card_of_another_grammar_is_refused():
    check_fingerprints([CARD], {"bistro": CARD.fingerprint, "e2e": "other"})
    with pytest.raises(ValueError, match=r"measured on bistro with fingerprint 00ff\w+, which is now ffff"):
        check_fingerprints([CARD], {"bistro": "ffff"})


def test_the_table_has_a_line_a_card_and_the_best_ratio_first():
    worse, e2e = replace(CARD, system="d3pm", ratio=1.02), replace(CARD, corpus="e2e", ratio=None, parse_rate=None)
    head, rule, *lines = table([e2e, worse, CARD]).splitlines()
    assert head.split()[:4] == ["system", "variant", "corpus", "split"]
    assert set(rule) == {"-", " "}
    assert [line.split()[0] + line.split()[2] for line in lines] == [
        "autoregressivebistro",
        "d3pmbistro",
        "autoregressivee2e",
    ]
    assert "1.0005" in lines[0]
    assert "99.3%" in lines[0]
    assert "–" in lines[2]


def test_the_table_says_which_bound_it_is():
    old = {name: value for name, value in asdict(CARD).items() if name != "bound"}
    assert Card(**old).bound == "exact"
    chain = replace(CARD, system="d3pm", variant="tiny absorbing", ratio=1.02, bound="T = ∞")
    head, _, *lines = table([chain, CARD]).splitlines()
    place = head.index("bound")
    assert [line[place:].split("  ")[0] for line in lines] == ["exact", "T = ∞"]


def test_the_json_of_a_card_has_the_fields_of_the_table():
    fields = "system variant corpus split parameters ratio ratio_se bound parse_rate clamped evaluations samples "
    fields += "sample_nats"
    assert set(fields.split()) <= asdict(CARD).keys()


def test_the_shipped_cards_can_be_read():
    assert all(isinstance(card, Card) for card in shipped_cards())
