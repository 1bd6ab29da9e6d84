"""A training run with a folder: progress bar, log, checkpoints, resume.

checkpoint.safetensors   the run as it stands; replaced as it goes
metrics.jsonl            a line every `log_every` steps
config.json, model.safetensors   the averaged weights, when the run is done
"""

import json
import math
from pathlib import Path
from time import perf_counter

import torch
from tqdm import tqdm

from textdiff_lite.atomic import write_whole
from textdiff_lite.systems.pretrained import Trained, save_pretrained
from textdiff_lite.training.checkpoint import load_checkpoint, save_checkpoint
from textdiff_lite.training.loop import NotFinite, Report, Run, fit

CHECKPOINT, METRICS = "checkpoint.safetensors", "metrics.jsonl"


def train(
    run: Run,
    folder: Path,
    *,
    resume: bool = False,
    log_every: int = 50,
    checkpoint_every: int = 500,
    progress: bool = True,
) -> Trained:
    """Take the run to its last step and write the folder; returns the averaged weights.

    With `resume` it goes on from the folder's checkpoint, or from the beginning if there is none yet. Raises
    FileExistsError if the folder holds a run and `resume` is not asked for, NotFinite if a part of the loss is no
    finite number: the message names the step, the part and the checkpoint to go back to.
    """
    checkpoint, metrics = folder / CHECKPOINT, folder / METRICS
    accelerator = run.accelerator
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"out must be a folder, {folder} is a file")
    if checkpoint.exists() and not resume:
        raise FileExistsError(f"{folder} holds a run already: resume it, or train into another folder")
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint.exists():
        load_checkpoint(run, checkpoint)
    if accelerator.is_main_process:
        _cut(metrics, run.step)
    before = _seconds(metrics)
    bar = tqdm(
        total=run.plan.steps,
        initial=run.step,
        desc=run.system.CARD.name,
        unit="step",
        disable=not (progress and accelerator.is_main_process),
    )
    began = perf_counter()
    for report in fit(run):
        bar.update()
        done = report.step == run.plan.steps
        save_now = report.step % checkpoint_every == 0 or done
        if report.step % log_every == 0 or save_now:
            # also before each save: weights that are not finite must not replace a good checkpoint
            line = _line(run, report, checkpoint)
            line["seconds"] = round(before + perf_counter() - began, 2)
            bar.set_postfix({"nats/sentence": f"{line['loss']:.3f}"})
            if accelerator.is_main_process:
                with metrics.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
        if save_now and accelerator.is_main_process:
            save_checkpoint(run, checkpoint)
    bar.close()
    _check_weights(run)
    trained = Trained(run.system, run.config, run.corpus.info, run.average.model)
    if accelerator.is_main_process:
        save_pretrained(trained, folder, torch.float16 if run.plan.half else torch.float32)
    return trained


def _line(run: Run, report: Report, checkpoint: Path) -> dict[str, float | int]:
    """The step's figures over all processes; parts of the loss are per sentence, summed over the canvas."""
    names = list(report.parts)
    means = run.accelerator.reduce(torch.stack([report.parts[name] for name in names]), "mean")
    assert isinstance(means, torch.Tensor)
    parts = (means * run.corpus.info.length).tolist()
    figures = dict(zip(names, parts, strict=True)) | {"grad_norm": float(report.grad_norm)}
    for name, value in figures.items():
        if not math.isfinite(value):
            what = "the norm of the gradient" if name == "grad_norm" else f"the part «{name}» of the loss"
            back = f"the last checkpoint is {checkpoint}" if checkpoint.exists() else "there is no checkpoint yet"
            raise NotFinite(f"at step {report.step} {what} is {value}; {back}")
    return {"step": report.step, "loss": sum(parts), **figures, "lr": report.lr}


def _check_weights(run: Run) -> None:
    """The loss of a step is that of the weights before it: the last ones have met none yet."""
    for name, parameter in run.model.named_parameters():
        if not parameter.isfinite().all():
            raise NotFinite(f"after step {run.step} the weights {name} are not finite")


def _seconds(metrics: Path) -> float:
    """What the steps so far have taken, from the last line of the log."""
    lines = metrics.read_text(encoding="utf-8").splitlines() if metrics.exists() else []
    return json.loads(lines[-1])["seconds"] if lines else 0.0


def _cut(metrics: Path, step: int) -> None:
    """Drop the lines of steps that a resumed run will take again, and a line that a crash left unfinished."""
    if not metrics.exists():
        return
    kept = []
    for line in metrics.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line)
        except json.JSONDecodeError:
            break
    write_whole(metrics, "".join(line + "\n" for line in kept).encode())
