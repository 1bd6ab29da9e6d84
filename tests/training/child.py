"""A small training run for tests that need a process of their own: `python -m tests.training.child`."""

import argparse
import importlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import torch
from accelerate import Accelerator

from tests.toy import Toy
from textdiff_lite import atomic
from textdiff_lite.systems import autoregressive
from textdiff_lite.training import Plan, Report, Run, fit, start, train

module = importlib.import_module("textdiff_lite.training.train")


def noisy() -> ModuleType:
    """The autoregressive system with its loss weighted by random numbers: what `draw` gives must be shared out."""
    module = ModuleType("noisy")
    vars(module).update(vars(autoregressive))

    def draw(config, info, batch, generator):
        return {
            "weight": torch.rand(batch, 1, generator=generator, device=generator.device).to(torch.get_default_dtype())
        }

    def loss(config, model, batch, draws):
        return {"nats": draws["weight"] * autoregressive.loss(config, model, batch, {})["nats"]}

    vars(module).update(draw=draw, loss=loss)
    return module


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
    run = start(noisy(), config, Toy(), plan, accelerator)

    replace, saves = os.replace, 0

    def dying_replace(source: Path, target: Path) -> None:
        nonlocal saves
        saves += target.name == "checkpoint.safetensors"
        if options.die_writing == saves:
            whole = Path(source).read_bytes()
            Path(source).write_bytes(whole[: len(whole) // 2])  # as far as the write had come
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    def dying_fit(run: Run) -> Iterator[Report]:
        for report in fit(run):
            if report.step == options.die_at:  # the step is done, and neither logged nor saved
                os.kill(os.getpid(), signal.SIGKILL)
            yield report

    atomic.os.replace = dying_replace  # type: ignore[assignment]
    module.fit = dying_fit
    train(run, options.out, resume=True, log_every=1, checkpoint_every=2, progress=False)


if __name__ == "__main__":
    main()
