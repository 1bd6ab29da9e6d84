"""A run from end to end, with a record of how it was made: `textdiff train`."""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from textdiff_lite import __version__
from textdiff_lite.atomic import write_whole
from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.corpora.generated import GrammarCorpus
from textdiff_lite.plots import training_curve
from textdiff_lite.training.loop import start
from textdiff_lite.training.plan import Plan
from textdiff_lite.training.train import CHECKPOINT, METRICS, train

RECORD, CURVE = "training.json", "training.png"


def torch_device(name: str) -> torch.device:
    """`auto` is the GPU where there is one. Raises ValueError for another name, or for a GPU that is not there."""
    if name not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device must be auto, cpu or cuda, got {name!r}")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is cuda, and torch finds no GPU here: take cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def train_in_folder(
    system: ModuleType,
    config: Any,
    corpus: Corpus,
    plan: Plan,
    folder: Path,
    *,
    device: str,
    resume: bool,
    log_every: int,
    checkpoint_every: int,
    command: str,
    source: dict[str, Any],
) -> dict[str, Any] | None:
    """Train, then write the weights, `training.json` and `training.png`. source: the arguments of `load_corpus`.

    Returns the record; None in every process but the main one. A resumed run keeps the command it was started with,
    and its seconds are those of all its steps.
    """
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=torch_device(device).type == "cpu", mixed_precision=plan.precision)
    run = start(system, config, corpus, plan, accelerator)
    path = folder / RECORD
    if accelerator.is_main_process and not (folder / CHECKPOINT).exists() and not folder.is_file():
        # before the first step: a run that is killed leaves its command to the one that resumes it
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"command": command}).encode())
    train(run, folder, resume=resume, log_every=log_every, checkpoint_every=checkpoint_every)
    if not accelerator.is_main_process:
        return None
    lines = (folder / METRICS).read_text(encoding="utf-8").splitlines()
    record = {
        "command": json.loads(path.read_text(encoding="utf-8"))["command"] if path.exists() else command,
        "folder": str(folder),
        "corpus": source,
        **asdict(plan),
        "hardware": hardware(accelerator.device, accelerator.num_processes),
        "seconds": json.loads(lines[-1])["seconds"],
        "versions": versions(),
    }
    write_whole(path, (json.dumps(record, indent=2) + "\n").encode())
    floor = corpus.entropy if isinstance(corpus, GrammarCorpus) else None
    training_curve(folder / METRICS, floor).savefig(folder / CURVE)
    return record


def hardware(device: torch.device, processes: int) -> str:
    """The machine in words: the GPU's name, or the processor's architecture and the number of threads."""
    one = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"CPU, {platform.machine()}, {torch.get_num_threads()} threads"
    )
    return one if processes == 1 else f"{processes} x {one}"


def versions() -> dict[str, str]:
    """The versions that a figure may depend on."""
    import accelerate
    import numpy as np

    return {
        "textdiff_lite": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "accelerate": accelerate.__version__,
        "numpy": np.__version__,
    }
