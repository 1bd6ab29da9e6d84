"""Figures of lesson 02b: matrices of kernels, what a noisy word still tells, and beliefs in the right and wrong hands.

Each takes numbers and returns the figure. Lines differ by style and marker, areas by hatching: they read in grey.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = (("black", "-", "o"), ("0.45", "--", "s"), ("0.45", ":", "^"), ("black", "-.", "D"), ("0.65", "-", "v"))
INK, GREY, PALE = "black", "0.45", "0.85"
HATCHES = ("", "////", "....")


def matrices(panels: Mapping[str, tuple[Sequence[str], np.ndarray]], columns: int = 3) -> "Figure":
    """Transition matrices side by side, row = from; the darker a cell, the likelier.

    panels: for each title the names of the states and the matrix [K, K]. A cell of exactly 0 is left empty.
    """
    rows = -(-len(panels) // columns)
    figure = _figure(7.6, 2.75 * rows)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, (title, (names, matrix)) in zip(grid.flat, panels.items(), strict=False):
        axes.axis("on")
        _cells(axes, np.asarray(matrix), "{:.2f}", 6.5)
        axes.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=7)
        axes.set_yticks(range(len(names)), names, fontsize=7)
        axes.set_title(title, fontsize=9)
    figure.supylabel("from", fontsize=9)
    figure.supxlabel("to", fontsize=9)
    return figure


def information(
    survival: Sequence[float],
    by_kernel: Mapping[str, Sequence[float]],
    t: Sequence[float],
    by_schedule: Mapping[str, Sequence[float]],
) -> "Figure":
    """Share of the information of x_0 that x_t still holds: over the survival per kernel, over time per schedule.

    A style is a kernel or a schedule, and none stands for two things: there are five in all.
    """
    figure = _figure(7.2, 3.5)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, x, curves, styles in (
        (left, survival, by_kernel, STYLES),
        (right, t, by_schedule, STYLES[len(by_kernel) :]),
    ):
        for (name, values), (colour, style, _) in zip(curves.items(), styles, strict=False):
            axes.plot(x, values, color=colour, linestyle=style, label=name)
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        _bare(axes)
    left.set(xlabel="survival ᾱ", ylabel="information left, I(x_t; x₀) / H(x₀)")
    left.set_title("two kernels", fontsize=9)
    left.legend(frameon=False, fontsize=8, loc="upper left")
    right.set(xlabel="time t (0 is clean, 1 is noise)")
    right.set_title("the uniform kernel under several schedules", fontsize=9)
    right.legend(frameon=False, fontsize=8, loc="upper right")
    return figure


def pairings(steps: Sequence[int], rates: Mapping[str, Sequence[float]], samples: int) -> "Figure":
    """Share of samples that parse over the number of steps, one line for each way to step, ± 2 standard errors."""
    figure = _figure(6.4, 3.9)
    axes = figure.subplots()
    for (name, values), (colour, style, marker) in zip(rates.items(), STYLES, strict=False):
        p = np.asarray(values)
        error = 2 * np.sqrt(p * (1 - p) / samples)
        axes.errorbar(
            steps, p, error, color=colour, linestyle=style, marker=marker, markersize=5, capsize=2, label=name
        )
    axes.set_xscale("log")
    axes.set_xticks(steps, [str(n) for n in steps])
    axes.minorticks_off()
    axes.set(xlabel="steps of the walk back, each with one belief", ylabel="samples that parse", ylim=(-0.03, 1.05))
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    _bare(axes)
    return figure


def crossed(rows: Sequence[str], columns: Sequence[str], rates: np.ndarray) -> "Figure":
    """A table of parse rates, a cell for each way to train (row) and to sample (column); the darker, the better."""
    figure = _figure(5.6, 0.9 + 0.6 * len(rows))
    axes = figure.subplots()
    _cells(axes, np.asarray(rates), "{:.0%}", 12.0, table=True)
    axes.set_xticks(range(len(columns)), columns, fontsize=9)
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set(xlabel="sampled with", ylabel="trained with")
    return figure


def changes(shares: Mapping[str, Sequence[float]]) -> "Figure":
    """How often a place changes on the walk back: bars, for each kernel the shares of places with 0, 1, 2, ... changes.

    The last bar of each stands for that many changes or more.
    """
    figure = _figure(6.4, 3.0)
    axes = figure.subplots()
    width = 0.8 / len(shares)
    most = max(len(values) for values in shares.values()) - 1
    for k, ((name, values), hatch) in enumerate(zip(shares.items(), HATCHES, strict=False)):
        x = np.arange(len(values)) + (k - (len(shares) - 1) / 2) * width
        bars = axes.bar(x, values, width, color=GREY if not hatch else "white", edgecolor=INK, hatch=hatch, label=name)
        axes.bar_label(bars, [f"{v:.2f}" if v >= 0.005 else "" for v in values], fontsize=7, padding=1)
    axes.set_xticks(range(most + 1), [*(str(k) for k in range(most)), f"{most} or more"])
    axes.set(xlabel="changes of a place on the walk back", ylabel="share of places", ylim=(0, 1.12))
    axes.legend(frameon=False, fontsize=9)
    _bare(axes)
    return figure


def _cells(axes: "Axes", matrix: np.ndarray, form: str, size: float, table: bool = False) -> None:
    # wider than 1, so that 1 is not black and its frame is seen
    axes.imshow(matrix, cmap="Greys", vmin=0, vmax=1.25, aspect="auto" if table else "equal")
    for (i, j), value in np.ndenumerate(matrix):
        if value or table:
            ink = "white" if value > 0.55 else INK
            axes.text(j, i, form.format(value), ha="center", va="center", fontsize=size, color=ink)
    axes.set_xticks(np.arange(0.5, matrix.shape[1] - 1), minor=True)
    axes.set_yticks(np.arange(0.5, matrix.shape[0] - 1), minor=True)
    axes.grid(which="minor", color="0.7", linewidth=0.5)
    axes.tick_params(which="both", length=0)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _bare(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
