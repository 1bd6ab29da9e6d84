"""Two processes give what one gives: data, noise and averages do not depend on how the batch is shared out."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file


def run(out: Path, processes: int, *options: str) -> dict[str, torch.Tensor]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    done = subprocess.run(
        [*launcher, "-m", "tests.training.child", "--out", str(out), "--processes", str(processes), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return load_file(out / "checkpoint.safetensors")


@pytest.mark.parametrize(("dtype", "steps", "tolerance"), [("float64", 100, 1e-10), ("float32", 20, 1e-6)])
def test_two_processes_equal_one(tmp_path, dtype, steps, tolerance):
    one, two = (run(tmp_path / str(n), n, "--dropout", "0", "--dtype", dtype, "--steps", str(steps)) for n in (1, 2))
    assert one.keys() == two.keys()
    for name, value in one.items():
        if name.startswith("model."):
            assert value.dtype == getattr(torch, dtype)
        torch.testing.assert_close(two[name], value, atol=tolerance, rtol=0)
