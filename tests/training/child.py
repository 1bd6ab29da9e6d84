"""A small training run for tests that need a process of their own: `python -m tests.training.child`."""

import argparse
import os
import signal
from pathlib import Path

import torch
from accelerate import Accelerator

from tests.toy import Toy
from textdiff_lite import atomic
from textdiff_lite.systems import autoregressive
from textdiff_lite.training import Plan, start, train


def main() -> None:
    """Train in --out; --die-at STEP kills the process after that step, --die-writing in the middle of that save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--die-writing", type=int)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    accelerator = Accelerator(cpu=True)
    assert accelerator.num_processes == options.processes, accelerator.num_processes
    torch.set_default_dtype(getattr(torch, options.dtype))
    config = autoregressive.Config(size="mini", dropout=options.dropout)
    plan = Plan(steps=options.steps, batch=8, warmup=3)
    run = start(autoregressive, config, Toy(), plan, accelerator)

    replace, saves = os.replace, 0

    def dying_replace(source: Path, target: Path) -> None:
        nonlocal saves
        saves += target.name == "checkpoint.safetensors"
        if options.die_writing == saves:
            whole = Path(source).read_bytes()
            Path(source).write_bytes(whole[: len(whole) // 2])  # as far as the write had come
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
        if options.die_at is not None and run.step >= options.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    atomic.os.replace = dying_replace  # type: ignore[assignment]
    train(run, options.out, resume=True, log_every=1, checkpoint_every=2, progress=False)


if __name__ == "__main__":
    main()
