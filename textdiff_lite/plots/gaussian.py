"""Figures of lesson 01a: noise, bells, and the way back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REACH = 3.2  # of the axes of the plane
MARKS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", ":", "-.")


def levels(curves: dict[str, Tensor]) -> "Figure":
    """The share of variance that survives, a line for each schedule. curves: name to values at even times in [0, 1]."""
    figure = _figure(6.4, 3.2)
    axes = figure.subplots()
    for (name, curve), line in zip(curves.items(), LINES, strict=False):
        axes.plot(np.linspace(0, 1, len(curve)), curve.numpy(), color="black", linestyle=line, label=name)
    axes.axhline(0.5, color="0.6", linewidth=0.8)
    axes.text(0.01, 0.515, "half of the variance", color="0.35", fontsize=8)
    axes.set(xlabel="t (step i of T is t = i / T)", ylabel="ᾱ, the signal that survives", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False)
    return figure


def clouds(panels: Sequence[tuple[str, Tensor]], columns: int) -> "Figure":
    """A strip of small pictures of points in the plane, [n, 2] each, with a title."""
    rows = -(-len(panels) // columns)
    figure = _figure(1.55 * columns, 1.75 * rows)
    grid = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel())
    for axes, (title, points) in zip(grid, panels, strict=False):
        axes.scatter(*points.numpy().T, s=1.5, color="black", linewidths=0)
        axes.set_title(title, fontsize=9)
        _plane(axes)
    for axes in grid[len(panels) :]:
        axes.axis("off")
    return figure


def bells(curves: Sequence[tuple[str, float, float]]) -> "Figure":
    """Normal densities on one axis. curves: name, mean, variance."""
    figure = _figure(6.4, 2.8)
    axes = figure.subplots()
    low = min(m - 3.2 * v**0.5 for _, m, v in curves)
    high = max(m + 3.2 * v**0.5 for _, m, v in curves)
    x = np.linspace(low, high, 400)
    for (name, m, v), line in zip(curves, ("--", ":", "-"), strict=False):
        width = 2.0 if line == "-" else 1.3
        axes.plot(x, _density(x, m, v), color="black", linestyle=line, linewidth=width, label=name)
    axes.set(xlabel="x", ylabel="density", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)
    return figure


def steps_back(panels: Sequence[tuple[str, Tensor, Tensor, float, float]]) -> "Figure":
    """The true law of x_s given x_t (grey area) and the bell of its mean and variance (dashed), on one range of x_s.

    panels: title, x [points], density [points], mean, variance. The densities have scales of their own.
    """
    figure = _figure(7.0, 2.7)
    columns = figure.subplots(1, len(panels), squeeze=False, sharex=True)[0]
    for axes, (title, x, density, m, v) in zip(columns, panels, strict=True):
        grid = x.numpy()
        axes.fill_between(grid, density.numpy(), color="0.72", linewidth=0, label="true law")
        axes.plot(grid, _density(grid, m, v), color="black", linestyle="--", linewidth=1.2, label="a normal")
        axes.set(xlim=(grid[0], grid[-1]), ylim=(0, None), xlabel="x_s")
        axes.set_title(title, fontsize=9)
        axes.tick_params(labelsize=8)
    columns[0].set_ylabel("density")
    columns[-1].legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def fields(points: Tensor, columns: Sequence[tuple[str, Tensor]], cloud: Tensor) -> "Figure":
    """Arrows from x_t to the guess of x_0 at each point, a panel for each denoiser, over the clean cloud in grey.

    points [n, 2]; columns: title, guesses [n, 2]; cloud [m, 2].
    """
    figure = _figure(3.2 * len(columns), 3.4)
    for axes, (title, guess) in zip(figure.subplots(1, len(columns), squeeze=False)[0], columns, strict=True):
        axes.scatter(*cloud.numpy().T, s=2, color="0.75", linewidths=0)
        way = 0.35 * (guess - points)
        axes.quiver(
            *points.numpy().T, *way.numpy().T, angles="xy", scale_units="xy", scale=1, width=0.006, color="black"
        )
        axes.set_title(title, fontsize=9)
        _plane(axes)
    return figure


def word_map(words: Sequence[str], points: Tensor, panels: Sequence[tuple[str, Tensor]], columns: int) -> "Figure":
    """Particles among the words of the plane, and beside each panel the share of them that is nearest to each word.

    points [V, 2]; panels: title, particles [n, 2]. A circle's area is the share.
    """
    rows = -(-len(panels) // columns)
    figure = _figure(3.3 * columns, 2.0 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, x) in zip(grid, panels, strict=False):
        share = torch.bincount(torch.cdist(x, points).argmin(1), minlength=len(points)) / len(x)
        axes.scatter(*points.numpy().T, s=700 * share.numpy(), color="0.85", edgecolors="0.55", linewidths=0.8)
        axes.scatter(*x.numpy().T, s=1.5, color="black", linewidths=0)
        for word, side, (across, up), part in _sides(words, points, share):
            edge = 1.04 * side * REACH
            axes.plot((across, edge), (up, up), color="0.7", linewidth=0.7, zorder=0, clip_on=False)
            axes.text(edge, up, f" {word} {part:.0%} ", ha="left" if side > 0 else "right", va="center", fontsize=8)
        axes.set_title(title, fontsize=9)
        _plane(axes)
    for axes in grid[len(panels) :]:
        axes.axis("off")
    return figure


def _sides(words: Sequence[str], points: Tensor, share: Tensor) -> list[tuple[str, int, list[float], float]]:
    """Each word with the side its label stands on, -1 or 1: the left half of the words at the left."""
    left = set(points[:, 0].argsort()[: len(points) // 2].tolist())
    rows = zip(words, points.tolist(), share.tolist(), strict=True)
    return [(word, -1 if k in left else 1, place, part) for k, (word, place, part) in enumerate(rows)]


def there_and_back(
    words: Sequence[str],
    heights: Tensor,
    probability: Tensor,
    down: Tensor,
    back: Tensor,
    a: Tensor,
    arrived: Tensor,
    chosen: Sequence[int],
) -> "Figure":
    """Words dissolving and coming back: their second coordinate over the steps of both ways.

    heights [V]: that coordinate of each word; probability, arrived [V]: the share of particles that start and end
    there. down, back [T + 1, n]: the coordinate of n particles on the way to noise and on the way back. a [T + 1]: what
    survives. The grey is the exact density (its root, of words a little smeared). chosen: the particles drawn thick.
    """
    figure = _figure(7.4, 4.3)
    axes = figure.subplots()
    T = len(down) - 1
    across = np.linspace(0, 2, 2 * T + 1)
    y = np.linspace(-REACH, REACH, 200)
    there = [_mixture(y, heights, probability, float(survives)) for survives in a]
    image = np.sqrt(np.stack([*there, *there[-2::-1]], 1).clip(0, 1))
    image = np.round(16 * image) / 16  # few shades make a small file
    axes.imshow(
        image,
        extent=(0, 2, -REACH, REACH),
        origin="lower",
        aspect="auto",
        cmap="Greys",
        interpolation="nearest",
        vmin=0,
        vmax=1.7,
    )
    walks = np.concatenate([down.numpy(), back.numpy()[1:]])
    for k in range(walks.shape[1]):
        axes.plot(across, walks[:, k], color="black", linewidth=0.35, alpha=0.4)
    for k, mark, first in zip(chosen, MARKS, (0, T // 15, T // 8), strict=False):
        axes.plot(across, walks[:, k], color="white", linewidth=3.4)
        axes.plot(
            across,
            walks[:, k],
            color="black",
            linewidth=1.5,
            marker=mark,
            markersize=5.5,
            markerfacecolor="white",
            markevery=(first, T // 4),
        )
    for word, height, p, end in zip(words, heights.tolist(), probability.tolist(), arrived.tolist(), strict=True):
        axes.text(-0.03, height, f"{word}  {p:.0%}", ha="right", va="center", fontsize=9)
        axes.text(2.03, height, f"{end:.0%}  {word}", ha="left", va="center", fontsize=9)
    axes.axvline(1, color="black", linewidth=0.8, linestyle="--")
    axes.set(xlim=(0, 2), ylim=(-REACH, REACH), yticks=[], xlabel="time t: 0 is clean, 1 is noise")
    axes.set_xticks([0, 0.5, 1, 1.5, 2], ["0", "½", "1", "½", "0"])
    axes.text(0.5, REACH + 0.12, "destroy  →", ha="center", fontsize=10)
    axes.text(1.5, REACH + 0.12, "restore  →", ha="center", fontsize=10)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    return figure


def rates(steps: Sequence[int], lines: dict[str, Sequence[float]]) -> "Figure":
    """The share of sentences that parse, over the number of steps, a line for each denoiser."""
    figure = _figure(6.4, 3.0)
    axes = figure.subplots()
    for (name, values), mark, line in zip(lines.items(), MARKS, LINES, strict=False):
        axes.plot(steps, values, color="black", marker=mark, linestyle=line, markerfacecolor="white", label=name)
    axes.set(xlabel="steps from noise to sentence", ylabel="share that parse", xscale="log", ylim=(-0.03, 1.05))
    axes.set_xticks(list(steps), [str(n) for n in steps])
    axes.minorticks_off()
    axes.legend(frameon=False)
    return figure


def losses(values: Sequence[float], floor: float, window: int = 20) -> "Figure":
    """A training's losses, their running mean, and the error of the exact denoiser, which none can go below."""
    figure = _figure(6.4, 2.8)
    axes = figure.subplots()
    axes.plot(range(1, len(values) + 1), values, color="0.75", linewidth=0.8, label="each batch")
    if len(values) >= window:
        mean = np.convolve(values, np.ones(window) / window, "valid")
        axes.plot(range(window, len(values) + 1), mean, color="black", label=f"mean of {window}")
    axes.axhline(floor, color="black", linestyle="--", label="the exact denoiser")
    axes.set(xlabel="training step", ylabel="squared error in x_0", yscale="log")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _mixture(y: np.ndarray, points: Tensor, probability: Tensor, survives: float) -> np.ndarray:
    """The density of a mixture of noisy points, each smeared with a variance of 0.002 so that it can be drawn."""
    spread = survives * 0.002 + 1 - survives
    centres, weights = survives**0.5 * points.double().numpy(), probability.double().numpy()
    return (weights * _density(y[:, None], centres, spread)).sum(-1)


def _density(x: Any, mean: Any, var: Any) -> Any:
    return np.exp(-((x - mean) ** 2) / (2 * var)) / np.sqrt(2 * np.pi * var)


def _plane(axes: "Axes") -> None:
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
