"""The figures of lesson 03, Words as vectors. All are readable without colour."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, PALE = "black", "0.45", "0.75"
LINES: tuple[dict[str, Any], ...] = (
    {"color": INK, "linestyle": "-"},
    {"color": INK, "linestyle": "--"},
    {"color": INK, "linestyle": ":"},
    {"color": GREY, "linestyle": "-."},
)
MARKS = ("o", "s", "^", "D", "v")
DISCS = "grey discs of radius σ₀: how far the first noise goes, in one direction"


def flat(table: Tensor, like: Tensor | None = None) -> Tensor:
    """The table [V, D] seen from the side that shows most of it, [V, 2]: its centre in the middle, nothing stretched.

    like: another table, whose side is taken.
    """
    side = (table if like is None else like).double()
    _, _, axes = torch.linalg.svd(side - side.mean(0), full_matrices=False)
    return (table.double() - table.double().mean(0)) @ axes[:2].T


def geometry(columns: Sequence[str], rows: Mapping[str, Sequence[Tensor]], sigma0: float) -> "Figure":
    """Tables over training: a row of maps for each way to train, all on one scale. rows: name to points [V, 2] each.

    A grey disc of radius sigma0 lies around every word.
    """
    figure = _figure(7.4, 1.95 * len(rows) + 0.2)
    reach = 1.08 * max(float(points.abs().max()) for row in rows.values() for points in row)
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for axes_row, (name, row) in zip(grid, rows.items(), strict=True):
        for axes, points in zip(axes_row, row, strict=True):
            _map(axes, points, sigma0, reach, dot=1.6)
        axes_row[0].set_ylabel(name, fontsize=9)
    for axes, title in zip(grid[0], columns, strict=True):
        axes.set_title(title, fontsize=9)
    figure.supxlabel(f"{DISCS}; each map is a projection of its own", fontsize=9)
    return figure


def best_loss(
    words: Sequence[str],
    curves: Mapping[str, Sequence[float]],
    floor: float,
    tables: Mapping[str, Tensor],
    sigma0: float,
) -> "Figure":
    """The best loss belongs to the useless model: errors over the steps, and below it the words where they ended.

    curves: name to the error of each step; floor: what x_0 itself scatters, sigma_0². tables: the same names to
    points [V, 2]. The last map is the last table once more, magnified until four in five of its words fill the frame;
    it says how many others lie outside.
    """
    figure = _figure(7.4, 5.8)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1, 1.05))[:, 0]
    axes = above.subplots()
    for (name, y), line in zip(curves.items(), LINES, strict=False):
        axes.plot(range(1, len(y) + 1), y, label=name, linewidth=1.4, **line)
    axes.axhline(floor, color=GREY, linewidth=0.8)
    axes.annotate("σ₀²", (0, floor), xytext=(4, 3), textcoords="offset points")
    axes.set(xlabel="training step", ylabel="error in x₀, a coordinate", yscale="log", xlim=(0, None))
    axes.legend(frameon=False, fontsize=9)
    _bare(axes)
    reach = 1.08 * max(float(points.abs().max()) for points in tables.values())
    (last, lost), panels = list(tables.items())[-1], list(tables.items())
    frames = below.subplots(1, len(panels) + 1, squeeze=False)[0]
    for frame, (name, points) in zip(frames, panels, strict=False):
        _map(frame, points, sigma0, reach)
        frame.set_title(name, fontsize=9)
    closer = 1.5 * float(lost.abs().amax(1).quantile(0.8))
    _map(frames[-1], lost, sigma0, closer)
    frames[-1].set_title(f"{last}, × {reach / closer:.0f}", fontsize=9)
    if outside := int((lost.abs().amax(1) > closer).sum()):
        note = f"{outside} {'word lies' if outside == 1 else 'words lie'} outside"
        frames[-1].annotate(note, (0.98, 0.02), xycoords="axes fraction", fontsize=7, ha="right")
    below.supxlabel(DISCS, fontsize=9)
    for frame, points in ((frames[0], panels[0][1]), (frames[-1], lost)):
        _some_names(frame, words, points)
    return figure


def weights(t: Sequence[float], curves: Mapping[str, Sequence[float]]) -> "Figure":
    """What an error in x_0 weighs in each target, over time in (0, 1), on a logarithmic scale.

    Much happens at both ends of time, so the axis is stretched there. The marks become smaller from curve to curve, so
    that where two are equal both are seen.
    """
    figure = _figure(6.6, 3.4)
    axes = figure.subplots()
    for number, ((name, y), line) in enumerate(zip(curves.items(), LINES, strict=False)):
        size = 9 - 2 * number
        axes.plot(t, y, label=name, marker=MARKS[number], markersize=size, markerfacecolor="white", **line)
    axes.set(xlabel="t: 0 is clean, 1 is noise; the axis is stretched at both ends", ylabel="weight of an error in x₀")
    axes.set(xscale="logit", yscale="log", xlim=(min(t) / 2, 1 - (1 - max(t)) / 2))
    ticks = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.legend(frameon=False, fontsize=9)
    _bare(axes)
    return figure


def trade(entropy: float, points: Mapping[str, tuple[float, float, float, float]]) -> "Figure":
    """What clamping buys and costs: the share that parses, against the mean -ln p of what parses, nats.

    points: name to (share, its standard error, nats, their standard error). Where all shares are well above a half, so
    is the axis, that their differences may be seen.
    """
    figure = _figure(6.6, 3.4)
    axes = figure.subplots()
    for (name, (share, share_se, nats, nats_se)), mark in zip(points.items(), MARKS, strict=False):
        axes.errorbar(
            nats,
            share,
            xerr=2 * nats_se,
            yerr=2 * share_se,
            marker=mark,
            markersize=7,
            markerfacecolor="white",
            color=INK,
            linestyle="none",
            capsize=2,
            label=name,
        )
    axes.axvline(entropy, color=INK, linestyle="--", linewidth=0.8)
    bottom = 0.5 if min(share - 2 * se for share, se, _, _ in points.values()) > 0.5 else 0.0
    axes.annotate(
        f"entropy, {entropy:.2f}",
        (entropy, bottom + 0.02),
        xytext=(4, 0),
        textcoords="offset points",
        fontsize=9,
        rotation=90,
    )
    axes.set(xlabel="mean −ln p of what parses, nats (bars: ± 2 standard errors)", ylabel="sentences that parse")
    axes.set_ylim(bottom, 1 + 0.03 * (1 - bottom))
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    _bare(axes)
    return figure


def lengths(
    words: Sequence[str],
    nats: Sequence[float],
    sizes: Sequence[float],
    named: Sequence[str],
    never: tuple[str, float, float],
) -> "Figure":
    """The length of each word's vector over what the word tells, -ln of its frequency. named: those that get a name.

    never: a word that never comes, whose -ln is infinite, with its length at first and now: an arrow at the right.
    """
    figure = _figure(6.6, 3.2)
    axes = figure.subplots()
    axes.plot(nats, sizes, linestyle="none", marker="o", markersize=5, color=INK, markerfacecolor="white")
    for word, x, y in zip(words, nats, sizes, strict=True):
        if word in named:
            axes.annotate(word, (x, y), xytext=(5, 3), textcoords="offset points", fontsize=9)
    word, first, now = never
    right = max(nats) + 0.25 * (max(nats) - min(nats))
    axes.plot([right], [now], marker="s", markersize=5, color=INK, linestyle="none")
    axes.annotate("", (right, now), (right, first), arrowprops={"arrowstyle": "->", "color": INK, "shrinkB": 3})
    above, below = (6, -13) if now > first else (-13, 6)
    for said, y, shift in ((word, now, above), (f"{first:.2f} at first", first, below)):
        axes.annotate(said, (right, y), xytext=(0, shift), textcoords="offset points", fontsize=9, ha="center")
    axes.axvline((max(nats) + right) / 2, color=GREY, linewidth=0.8, linestyle=":")
    ticks = [x for x in axes.get_xticks() if min(nats) <= x <= max(nats)]
    axes.set_xticks([*ticks, right], [*(f"{x:g}" for x in ticks), "∞"])
    axes.set(xlabel="−ln of the frequency of the word, nats: rare words at the right", ylabel="length of its vector")
    axes.set_ylim(0, 1.15 * max(*sizes, first, now))
    axes.set_xlim(None, right + 0.1 * (max(nats) - min(nats)))
    _bare(axes)
    return figure


def _map(axes: "Axes", points: Tensor, sigma0: float, reach: float, dot: float = 7.0) -> None:
    """Words as dots of area `dot`, on discs of radius sigma0: a dot that is larger than its disc would hide it."""
    from matplotlib.patches import Circle

    for x, y in points.tolist():
        axes.add_patch(Circle((x, y), sigma0, facecolor=PALE, edgecolor="none", zorder=0))
    axes.scatter(*points.numpy().T, s=dot, color=INK, linewidths=0)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])


def _some_names(axes: "Axes", words: Sequence[str], points: Tensor) -> None:
    """Names at words that have room for one: from the outside in, towards the middle, none over another."""
    width = float(np.ptp(axes.get_xlim()))
    taken: list[tuple[float, float]] = []
    for i in points.norm(dim=1).argsort(descending=True).tolist():
        x, y = points[i].tolist()
        if max(abs(x), abs(y)) > width / 2:
            continue
        side = -1 if x > 0 else 1
        middle = x + side * 0.15 * width
        if all(abs(middle - a) > 0.32 * width or abs(y - b) > 0.075 * width for a, b in taken):
            align = "left" if side > 0 else "right"
            axes.annotate(str(words[i]), (x, y), xytext=(3 * side, 1), textcoords="offset points", fontsize=7, ha=align)
            taken.append((middle, y))


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _bare(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
