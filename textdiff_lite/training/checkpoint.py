"""Checkpoints: one safetensors file, written whole or not at all, that resumes to the same weights bit for bit.

    model.*, average.*           the weights and their moving average
    optimizer.<state>.*          AdamW's moments and step counts, by the name of the parameter
    metadata                     step, system, Config, Plan, the corpus, number of threads

There is no state of a random generator to keep: `order.py`.
"""

import json
import warnings
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from textdiff_lite.atomic import write_whole
from textdiff_lite.training.loop import Run

FORMAT = "textdiff_lite checkpoint 1"


class DamagedCheckpoint(ValueError):
    """A checkpoint that is unreadable or is none of ours."""


def save_checkpoint(run: Run, path: Path) -> None:
    """Write the run as it stands between two steps."""
    tensors: dict[str, Tensor] = {f"model.{name}": value for name, value in run.model.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in run.average.model.state_dict().items()}
    for name, parameter in run.model.named_parameters():
        for key, value in run.optimizer.state[parameter].items():
            tensors[f"optimizer.{key}.{name}"] = value
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    metadata = {"format": FORMAT, "step": str(run.step)} | _machine(run) | _identity(run)
    write_whole(path, save(tensors, metadata))


def load_checkpoint(run: Run, path: Path) -> None:
    """Bring a fresh run (`start`) to where the checkpoint was written.

    Raises DamagedCheckpoint if the file is cut short or none of ours; ValueError if it was written with another
    system, Config, Plan or corpus. Warns if the number of threads or of processes differs: sums are then added up in
    another order, and the weights agree only to rounding (with dropout, other processes drop other numbers).
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
    except (SafetensorError, OSError) as error:
        raise DamagedCheckpoint(f"{path} can't be read: {error}") from error
    if metadata.get("format") != FORMAT:
        raise DamagedCheckpoint(f"{path} is not a checkpoint of this library: its format is {metadata.get('format')!r}")
    _check(metadata, _identity(run), path)
    try:
        for prefix, model in (("model.", run.model), ("average.", run.average.model)):
            model.load_state_dict({n[len(prefix) :]: v for n, v in tensors.items() if n.startswith(prefix)})
        for name, parameter in run.model.named_parameters():
            for key in ("step", "exp_avg", "exp_avg_sq"):
                # fused AdamW counts its steps on the device
                run.optimizer.state[parameter][key] = tensors[f"optimizer.{key}.{name}"].to(parameter.device)
        run.step = int(metadata["step"])
    except (RuntimeError, KeyError, ValueError) as error:
        raise DamagedCheckpoint(f"{path} does not hold this model: {error}") from error
    for what, number in _machine(run).items():
        if metadata[what] != number:
            warnings.warn(
                f"{path} was written with {metadata[what]} {what} and is resumed with {number}: "
                "the weights will not agree bit for bit",
                stacklevel=2,
            )


def _machine(run: Run) -> dict[str, str]:
    return {"threads": str(torch.get_num_threads()), "processes": str(run.accelerator.num_processes)}


def _identity(run: Run) -> dict[str, str]:
    parts = {
        "system": run.system.CARD.name,
        "config": asdict(run.config),
        "plan": asdict(run.plan),
        "corpus": asdict(run.corpus.info),
    }
    return {name: json.dumps(part, sort_keys=True) for name, part in parts.items()}


def _check(stored: dict[str, str], wanted: dict[str, str], path: Path) -> None:
    for part, value in wanted.items():
        old, new = json.loads(stored[part]), json.loads(value)
        if old != new:
            both = old.keys() & new.keys() if isinstance(old, dict) and isinstance(new, dict) else ()
            where = [f"{part}.{key} {old[key]!r} against {new[key]!r}" for key in sorted(both) if old[key] != new[key]]
            raise ValueError(
                f"{path} belongs to another run: {', '.join(where) or f'{part} {old!r} against {new!r}'}; "
                "resume with the values it was started with, or train into another folder"
            )
