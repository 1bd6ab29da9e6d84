"""Forward noising and loss of the absorbing kernel for 50,000 words, beside a plain cross-entropy on the same logits.

    make benchmarks

Each peak of memory is that of a process of its own; the seconds are those of one process in which the losses take
turns, so that all see the same machine: medians beside the plain loss, and for the growth the fastest round, to which
other work on the machine adds least. Reported, never asserted: the tests assert what is kept for the gradient. The
figure goes to .benchmarks/, or to the folder that TEXTDIFF_BENCHMARKS names.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from tests.benchmarks.large_vocabulary import LOSSES
from tests.objectives import variance

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("TEXTDIFF_BENCHMARKS", ROOT / ".benchmarks"))
LARGE = {"rows": 32, "places": 128, "words": 50_000}

# what varies, at which sizes, beside what
CURVES = {
    "words V": ("words", [5000, 10_000, 20_000, 50_000], {"rows": 8, "places": 32}),
    "places L": ("places", [32, 64, 128, 256], {"rows": 8, "words": 5000}),
    "steps T of the chain": ("steps", [10, 100, 1000, 10_000], {"rows": 8, "places": 32, "words": 5000}),
}
STYLES = {"plain": ("0.6", "o", ":"), "continuous": ("0.0", "s", "-"), "exact_count": ("0.35", "^", "--")}


def measured(losses: list[str], rounds: int, **size: int) -> dict:
    """The answer of a process of its own."""
    request = json.dumps({"losses": losses, "rounds": rounds, **size})
    command = [sys.executable, "-m", "tests.benchmarks.large_vocabulary", request]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def test_loss_of_a_large_vocabulary_beside_a_plain_cross_entropy():
    memory = {name: measured([name], 1, **LARGE)["bytes"] for name in LOSSES}
    seconds = measured(list(LOSSES), 6, **LARGE)["seconds"]
    median = {name: statistics.median(all_[1:]) for name, all_ in seconds.items()}
    print(f"\n{LARGE['words']:,} words, {LARGE['places']} places, {LARGE['rows']} rows, float32, gradient included")
    for name in LOSSES:
        ratio = memory[name] / memory["plain"] if memory["plain"] else float("nan")
        print(
            f"{name:12} {median[name]:6.2f} s, {median[name] / median['plain']:5.2f} of plain;  "
            f"{memory[name] / 2**20:6.0f} MiB above the logits, {ratio:5.2f} of plain"
        )


def test_cost_against_words_places_and_steps():
    figure, panels = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
    print("\nmilliseconds, and the exponent of the growth")
    for panel, (label, (name, sizes, fixed)) in zip(panels, CURVES.items(), strict=True):
        runs = [measured(list(STYLES), 15, **fixed, **{name: size})["seconds"] for size in sizes]
        for loss, (grey, marker, line) in STYLES.items():
            ms = [1e3 * min(run[loss]) for run in runs]
            exponent = np.polyfit(np.log(sizes), np.log(ms), 1)[0]
            row = ", ".join(f"{size:,}: {value:.1f}" for size, value in zip(sizes, ms, strict=True))
            print(f"{label:22} {loss:12} {row};  {exponent:.2f}")
            panel.loglog(sizes, ms, color=grey, marker=marker, linestyle=line, label=loss.replace("_", " "))
        panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
        panel.minorticks_off()
        panel.set_xlabel(label)
    panels[0].set_ylabel("noising, loss, gradient (ms)")
    panels[0].legend(frameon=False)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "large_vocabulary.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    print(f"figure: {path}")


def test_noise_of_a_batch_of_the_three_estimates():
    print(f"\nloss of a batch of {variance.ROWS} rows of {variance.PLACES} places, true mean {variance.TRUE_BOUND:.4f}")
    for estimate in (variance.independent, variance.stratified, variance.exact_count):
        mean, std = variance.spread(estimate, 300)
        print(f"{estimate.__name__:12} mean {mean:.4f}, standard deviation {std:.4f}")
