"""A run that was killed and resumed gives the weights of one that was not, bit for bit."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file


def child(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.training.child", "--out", str(out), *options],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def untouched(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("untouched")
    done = child(out)
    assert done.returncode == 0, done.stderr
    return out


def same_weights(one: Path, other: Path) -> bool:
    for name in ("checkpoint.safetensors", "model.safetensors"):
        first, second = load_file(one / name), load_file(other / name)
        assert first.keys() == second.keys()
        # bit for bit: as bytes, so that -0.0 is not 0.0
        if any(first[key].numpy().tobytes() != second[key].numpy().tobytes() for key in first):
            return False
    return True


# two steps drawn once; and inside two writes
DRAWN = sorted(random.Random(20261122).sample(range(1, 12), 2))


@pytest.mark.parametrize(
    "death", [*(("--die-at", str(step)) for step in DRAWN), ("--die-writing", "3"), ("--die-writing", "1")]
)
def test_killed_and_resumed_gives_the_same_weights_bit_for_bit(untouched, tmp_path, death):
    killed = child(tmp_path, *death)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "model.safetensors").exists()
    if (tmp_path / "checkpoint.safetensors").exists():
        load_file(tmp_path / "checkpoint.safetensors")  # what is there is whole
    resumed = child(tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert same_weights(untouched, tmp_path)


def test_killed_twice_gives_the_same_weights_and_a_log_without_gaps_or_repeats(untouched, tmp_path):
    for death in (("--die-at", "3"), ("--die-at", "8")):
        assert child(tmp_path, *death).returncode == -signal.SIGKILL
    assert child(tmp_path).returncode == 0
    assert same_weights(untouched, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(1, 13))
