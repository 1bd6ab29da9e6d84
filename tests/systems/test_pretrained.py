"""Saving and loading trained systems: whole, the same, and refused when damaged or out of place."""

import json

import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import save_file

from tests.toy import Toy
from textdiff_lite.systems import SYSTEMS, autoregressive, system
from textdiff_lite.systems.pretrained import (
    DamagedWeights,
    Trained,
    check_corpus,
    from_pretrained,
    save_pretrained,
    stored_dtype,
)

PARTS = "Config build prepare draw loss bound bound_steps sample evaluations variant"


@pytest.fixture
def trained() -> Trained:
    config, info = autoregressive.Config(size="mini", dropout=0.1), Toy().info
    return Trained(autoregressive, config, info, autoregressive.build(config, info))


def test_a_folder_gives_back_what_was_saved(trained, tmp_path):
    save_pretrained(trained, tmp_path)
    loaded = from_pretrained(tmp_path)
    assert (loaded.system, loaded.config, loaded.info) == (autoregressive, trained.config, trained.info)
    for name, value in trained.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], value), name
    assert not loaded.model.training
    assert stored_dtype(tmp_path) == "F32"


def test_half_weights_are_stored_as_float16_and_loaded_as_float32(trained, tmp_path):
    save_pretrained(trained, tmp_path, torch.float16)
    loaded = from_pretrained(tmp_path)
    assert stored_dtype(tmp_path) == "F16"
    assert {value.dtype for value in loaded.model.state_dict().values()} == {torch.float32}
    for name, value in trained.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], value.half().float()), name


def test_the_stored_type_is_that_of_the_weights_and_not_of_counts_beside_them(tmp_path):
    tensors = {"a": torch.arange(3), "b": torch.ones(2, dtype=torch.float16), "c": torch.ones(1, dtype=torch.bool)}
    save_file(tensors, tmp_path / "model.safetensors")
    assert stored_dtype(tmp_path) == "F16"


def test_loading_draws_no_random_numbers(trained, tmp_path):
    save_pretrained(trained, tmp_path)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    from_pretrained(tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        from_pretrained(tmp_path / "nowhere")


def test_a_folder_without_a_configuration_is_no_folder_of_weights(tmp_path):
    with pytest.raises(DamagedWeights, match=r"has no config\.json: it is not a folder of weights"):
        from_pretrained(tmp_path)


@pytest.mark.parametrize("keep", [0, 100, -10])
def test_weights_cut_short_are_named(trained, tmp_path, keep):
    save_pretrained(trained, tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DamagedWeights, match=r"model\.safetensors can't be read"):
        from_pretrained(tmp_path)


def test_missing_weights_are_named(trained, tmp_path):
    save_pretrained(trained, tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(DamagedWeights, match=r"model\.safetensors can't be read"):
        from_pretrained(tmp_path)


def test_weights_of_another_shape_are_named(trained, tmp_path):
    save_pretrained(trained, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["corpus"]["vocab"] = 12
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(DamagedWeights, match=r"(?s)does not fit .*size mismatch for table"):
        from_pretrained(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        '{"system": "magic"}',
        "{",
        "[]",
        '{"system": "autoregressive"}',
        '{"system": "autoregressive", "config": {"x": 1}}',
    ],
)
def test_a_damaged_configuration_is_named(trained, tmp_path, text):
    save_pretrained(trained, tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(DamagedWeights, match=r"config\.json is damaged"):
        from_pretrained(tmp_path)


def test_weights_of_another_corpus_are_refused(trained):
    check_corpus(trained, Toy().info)
    with pytest.raises(ValueError, match=r"trained on toy with fingerprint \w+, this corpus is other with fingerprint"):
        check_corpus(trained, Toy(name="other").info)


def test_a_name_on_the_hub_is_fetched_and_loaded(trained, tmp_path, monkeypatch):
    save_pretrained(trained, tmp_path)
    asked = []

    def download(repo_id, allow_patterns):
        asked.append((repo_id, allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert from_pretrained("someone/some-weights").info == trained.info
    assert asked == [("someone/some-weights", ["config.json", "model.safetensors", "card.json"])]


def test_a_name_that_the_hub_does_not_have_is_said(monkeypatch):
    def download(repo_id, allow_patterns):
        raise LocalEntryNotFoundError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(FileNotFoundError, match="no folder someone/nothing, and the hub does not have it: offline"):
        from_pretrained("someone/nothing")


def test_every_system_has_what_the_loop_and_the_table_need():
    for name, module in SYSTEMS.items():
        assert module.CARD.name == name
        for part in PARTS.split():
            assert hasattr(module, part), (name, part)
        assert module.Config().size == "tiny"


def test_an_unknown_system_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"system must be one of autoregressive.*; got 'magic'"):
        system("magic")


def test_weights_that_are_not_finite_are_named(trained, tmp_path):
    with torch.no_grad():
        trained.model.start[0] = torch.nan
    save_pretrained(trained, tmp_path)
    with pytest.raises(DamagedWeights, match=r"holds numbers that are not finite, in start"):
        from_pretrained(tmp_path)


@pytest.mark.parametrize(("field", "value"), [("vocab", "x"), ("length", -1), ("pad", 99)])
def test_an_impossible_corpus_in_the_configuration_is_named(trained, tmp_path, field, value):
    save_pretrained(trained, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["corpus"][field] = value
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(DamagedWeights, match=r"config\.json is damaged"):
        from_pretrained(tmp_path)
