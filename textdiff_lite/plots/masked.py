"""The figures of lesson 02a, The mask only. All are readable without colour."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, PALE = "black", "0.45", "0.85"
LINES: tuple[dict[str, Any], ...] = (
    {"color": INK, "linestyle": "-", "marker": "o"},
    {"color": INK, "linestyle": "--", "marker": "s", "markerfacecolor": "white"},
    {"color": INK, "linestyle": "-.", "marker": "^", "markerfacecolor": GREY},
    {"color": INK, "linestyle": ":", "marker": "D", "markerfacecolor": GREY},
)
"""Lines that differ without colour, in this order."""

ASIDE = 1.04  # bars at equal numbers would hide each other
HOW_DRAWN = "(bars: ± 2 standard errors; equal numbers are drawn side by side)"


def hiding(
    labels: Sequence[str], rows: Sequence[Sequence[str | None]], bold: Collection[tuple[int, int]] = ()
) -> "Figure":
    """A sentence at several times, one below the other: a box for each place, hatched where it is hidden (None).

    bold: the boxes, as (row, place), that get a bold frame.
    """
    from matplotlib.patches import Rectangle

    figure = _figure(7.6, 0.3 + 0.4 * len(rows))
    axes = figure.subplots()
    axes.axis("off")
    widths = [max(3, *(len(word or "") for word in column)) + 2 for column in zip(*rows, strict=True)]
    ends = np.cumsum([0, *widths])
    for y, (label, row) in enumerate(zip(labels, rows, strict=True)):
        axes.text(-2, -y, label, ha="right", va="center", fontsize=9)
        for place, word in enumerate(row):
            face, edge, hatch = (PALE, GREY, "////") if word is None else ("white", INK, None)
            corner, width = (float(ends[place]) + 0.15, -y - 0.4), widths[place] - 0.3
            axes.add_patch(Rectangle(corner, width, 0.8, facecolor=face, edgecolor=edge, hatch=hatch, linewidth=0.8))
            if (y, place) in bold:
                axes.add_patch(Rectangle(corner, width, 0.8, fill=False, edgecolor=INK, linewidth=2.6))
            axes.text(corner[0] + width / 2, -y, word or "", ha="center", va="center", fontsize=8.5)
    axes.set(xlim=(-10.0, float(ends[-1])), ylim=(0.5 - len(rows), 0.5))
    return figure


def curves(t: Sequence[float], values: Mapping[str, Sequence[float]], ylabel: str) -> "Figure":
    """Curves over the time from 0 to 1, each with its name in the legend."""
    figure = _figure(6.4, 3.2)
    axes = figure.subplots()
    for number, (name, y) in enumerate(values.items()):
        style = LINES[number % len(LINES)]
        axes.plot(t, y, label=name, markevery=(number * 2, max(len(t) // 8, 1)), markersize=4, **style)
    axes.set(xlabel="t: 0 is clean, 1 is hidden", ylabel=ylabel, xlim=(0, 1), ylim=(0, 1.03))
    axes.legend(frameon=False, fontsize=9)
    _bare(axes)
    return figure


def bound_over_steps(steps: Sequence[int], nats: Sequence[float], entropy: float) -> "Figure":
    """The bound of a chain against the number of its steps, above the entropy, with its figures."""
    figure = _figure(6.4, 3.4)
    axes = figure.subplots()
    axes.plot(steps, nats, color=INK, marker="o", markersize=5)
    axes.axhline(entropy, color=INK, linestyle="--", lw=1)
    axes.text(steps[0], entropy - 0.25, f"entropy, {entropy:.2f}", va="top", fontsize=9)
    for x, y in zip(steps, nats, strict=True):
        axes.annotate(f"{y:.2f}", (x, y), xytext=(4, 6), textcoords="offset points", fontsize=9)
    axes.set(xscale="log", xlabel="steps T", ylabel="nats per sentence", ylim=(entropy - 2, 1.1 * max(nats)))
    axes.set_xticks(steps, [f"{x:,}" for x in steps], fontsize=8)
    axes.minorticks_off()
    _bare(axes)
    return figure


def spreads(names: Sequence[str], estimates: Sequence[Sequence[float]], truth: float) -> "Figure":
    """Estimates of one number by several ways: a row of dots for each way, a bar from −1 to +1 standard deviation."""
    figure = _figure(6.8, 0.9 + 0.75 * len(names))
    axes = figure.subplots()
    for y, values in enumerate(estimates):
        height = 0.3 * np.linspace(-1, 1, len(values))
        axes.scatter(values, -y + height, s=7, facecolors="none", edgecolors=GREY, linewidths=0.7)
        mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
        axes.plot([mean - std, mean + std], [-y, -y], color=INK, lw=3, solid_capstyle="butt")
        axes.text(1.01, -y, f"std {std:.2f}", transform=axes.get_yaxis_transform(), va="center", fontsize=9)
    axes.axvline(truth, color=INK, linestyle="--", lw=1)
    axes.set_yticks([-y for y in range(len(names))], names)
    axes.set(xlabel=f"bound of one batch, nats per sentence (dashed: {truth:.2f})", ylim=(0.5 - len(names), 0.5))
    _bare(axes)
    return figure


def model_is_innocent(
    evaluations: Sequence[int],
    rates: Mapping[str, Sequence[float]],
    rows: int,
    least: Sequence[float],
    in_turn: Mapping[str, tuple[int, float]],
) -> "Figure":
    """Shares of sentences of the language against evaluations: the perfect predictor, and a trained one laid on it.

    rates: for each predictor a share per number of evaluations, each measured on so many `rows`. least: what the price
    of the steps leaves at least to a perfect predictor. in_turn: evaluations and share of each predictor when the
    places are revealed one by one.
    """
    figure = _figure(7.2, 4.2)
    axes = figure.subplots()
    handles, names = [], []
    for number, ((name, rate), style) in enumerate(zip(rates.items(), LINES, strict=False)):
        rate = np.asarray(rate)
        error = 2 * np.sqrt(rate * (1 - rate) / rows)
        beside = np.asarray(evaluations) * ASIDE**number
        handles.append(axes.errorbar(beside, rate, yerr=error, markersize=6, capsize=2, **style))
        names.append(name)
    handles += axes.plot(evaluations, least, color=GREY, linestyle=":", lw=1.2)
    names.append("the least of a perfect predictor")
    for (name, (x, y)), marker in zip(in_turn.items(), ("*", "P"), strict=False):
        face = INK if marker == "*" else "white"
        handles += axes.plot([x], [y], marker=marker, color=INK, markerfacecolor=face, markersize=11, linestyle="")
        names.append(f"{name}, one at a time")
    axes.legend(handles, names, frameon=False, fontsize=9, loc="lower right")
    axes.set(xscale="log", xlabel=f"evaluations {HOW_DRAWN}", ylabel="sentences of the language")
    axes.set_ylim(-0.03, 1.08)
    axes.set_xticks(evaluations, [str(x) for x in evaluations])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    axes.set_title("The model is innocent", loc="left", fontsize=13, fontweight="bold")
    _bare(axes)
    return figure


def few_evaluations(
    entropy: float, samplers: Mapping[str, Sequence[tuple[int, float, float, float, float]]]
) -> "Figure":
    """Quality against evaluations: above, the share that parses; below, the mean −ln p of those that do.

    samplers: for each a list of (evaluations, share, its standard error, mean −ln p, its standard error), nats.
    """
    figure = _figure(7.2, 5.4)
    above, below = figure.subplots(2, 1, sharex=True)
    ticks = sorted({point[0] for points in samplers.values() for point in points})
    for number, ((name, points), style) in enumerate(zip(samplers.items(), LINES, strict=False)):
        x, share, share_se, nats, nats_se = np.array(points, dtype=float).T
        x = x * ASIDE**number
        above.errorbar(x, share, yerr=2 * share_se, label=name, markersize=6, capsize=2, **style)
        below.errorbar(x, nats, yerr=2 * nats_se, label=name, markersize=6, capsize=2, **style)
    below.axhline(entropy, color=INK, linestyle="--", lw=0.8)
    below.annotate(
        f"entropy, {entropy:.2f}",
        (ticks[0], entropy),
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=9,
    )
    above.set(ylabel="sentences that parse", ylim=(-0.03, 1.05), xscale="log")
    above.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    above.legend(frameon=False, fontsize=9, loc="upper left")
    below.set(ylabel="mean −ln p of those, nats", xlabel=f"evaluations {HOW_DRAWN}")
    below.set_xticks(ticks, [str(x) for x in ticks])
    below.minorticks_off()
    _bare(above)
    _bare(below)
    return figure


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _bare(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
