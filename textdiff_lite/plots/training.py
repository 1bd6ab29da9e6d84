"""The loss of a run over its steps."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def training_curve(metrics: Path, entropy: float | None = None) -> "Figure":
    """The loss of a run over its steps, from its metrics.jsonl, with the floor where it is known (nats)."""
    from matplotlib.figure import Figure

    lines = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        [line["step"] for line in lines],
        [line["loss"] for line in lines],
        color="black",
        marker=".",
        label="training loss",
    )
    if entropy is not None:
        axes.axhline(entropy, color="black", linestyle="--", label=f"entropy of the grammar, {entropy:.2f} nats")
    axes.set(xlabel="step", ylabel="nats per sentence", yscale="log")
    axes.legend(frameon=False)
    return figure
