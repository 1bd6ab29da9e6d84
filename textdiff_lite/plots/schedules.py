"""Figures of lesson 04: where a schedule spends its time, what can still be guessed, and what the loss says of it.

Each takes numbers and returns the figure. Lines differ by style and marker: they read in grey.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_lite.cards import Card

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, PALE = "black", "0.45", "0.85"
LINES: tuple[dict[str, Any], ...] = (
    {"color": INK, "linestyle": "-", "marker": "o", "markerfacecolor": INK},
    {"color": INK, "linestyle": "--", "marker": "s", "markerfacecolor": "white"},
    {"color": GREY, "linestyle": "-.", "marker": "^", "markerfacecolor": GREY},
    {"color": INK, "linestyle": ":", "marker": "D", "markerfacecolor": "white"},
    {"color": GREY, "linestyle": "-", "marker": "v", "markerfacecolor": "white"},
)
"""Lines that differ without colour, in this order: five at most."""

TIME = "t: 0 is clean, 1 is noise"


def three_views(t: Sequence[float], views: Mapping[str, tuple[Sequence[float], ...]]) -> "Figure":
    """Each schedule three times over t: what survives, its SNR on a log axis, and the share of words still readable.

    views: for each name (alpha_bar, SNR, share of words), a number for each t.
    """
    figure = _figure(7.8, 3.3)
    panels = figure.subplots(1, 3)
    for axes, part, title in zip(panels, range(3), ("ᾱ", "SNR", "words still readable"), strict=True):
        _curves(axes, t, {name: view[part] for name, view in views.items()})
        axes.set_title(title, fontsize=10)
        axes.set(xlim=(0, 1), ylim=(0, 1.03))
    panels[1].set(yscale="log", ylim=(1e-4, 1e4))
    panels[1].axhline(1, color=GREY, lw=0.6)
    panels[2].yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    figure.supxlabel(TIME, fontsize=10)
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=5, frameon=False, fontsize=9
    )
    return figure


def time_spent(snr: Sequence[float], height: Sequence[float], landings: Mapping[str, Sequence[float]]) -> "Figure":
    """Above, what the bound is made of, over SNR; below, where the steps of each schedule land.

    height: nats per unit of ln SNR, so that areas may be compared on the log axis. landings: SNRs for each name; those
    that are smaller than all of `snr`, as 0 is, are counted at the left end of their row.
    """
    figure = _figure(7.2, 3.0 + 0.28 * len(landings))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 0.3 * len(landings) + 0.3))
    above.fill_between(snr, height, color=PALE, edgecolor=INK, linewidth=1.2)
    above.set(xscale="log", ylim=(0, None), ylabel="nats per unit of ln SNR")
    for row, places in enumerate(landings.values()):
        beyond = sum(place < snr[0] for place in places)
        if beyond:
            below.text(0.01, -row, f"← {beyond}", transform=below.get_yaxis_transform(), va="center", fontsize=9)
        inside = [place for place in places if snr[0] <= place <= snr[-1]]
        below.plot(inside, [-row] * len(inside), linestyle="", marker="|", color=INK, markersize=10)
    below.set_yticks([-row for row in range(len(landings))], list(landings))
    below.set(
        xlabel="SNR (log axis): noise at the left, clean words at the right (← steps that end off the axis, at SNR 0)",
        xlim=(snr[0], snr[-1]),
    )
    below.set_ylim(0.6 - len(landings), 0.6)
    _bare(above)
    _bare(below)
    return figure


def code_words(
    t: Sequence[float], panels: Mapping[str, Mapping[str, Sequence[float]]], half: Mapping[str, Sequence[float]]
) -> "Figure":
    """The share of words whose nearest vector is their own, over t: a panel for each schedule, a line for each width.

    half: for each schedule the times at which a formula puts one half, in the order of the widths; drawn as crosses.
    """
    figure = _figure(7.8, 3.5)
    grid = figure.subplots(1, len(panels), sharey=True)
    for axes, (schedule, widths) in zip(grid, panels.items(), strict=True):
        _curves(axes, t, widths)
        axes.axhline(0.9, color=GREY, lw=0.8, linestyle=(0, (1, 3)), label="nine of ten")
        crosses = {"color": INK, "markersize": 9, "markeredgewidth": 2, "label": "½ by the formula"}
        axes.plot(half[schedule], [0.5] * len(half[schedule]), "x", **crosses)
        axes.set_title(schedule, fontsize=10)
        axes.set(xlim=(0, 1), ylim=(0, 1.03))
        axes.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    grid[0].set_ylabel("words whose nearest vector\nis their own")
    handles, labels = grid[0].get_legend_handles_labels()
    grid[len(grid) // 2].set_xlabel(TIME)
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    figure.suptitle("A word is a code word", x=0.02, ha="left", fontsize=13, fontweight="bold")
    return figure


def lines(
    x: Sequence[float], curves: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, log: bool = False
) -> "Figure":
    """Curves over one axis, each with its name in the legend; log: on a log axis from 0.001 up, without their zeros."""
    figure = _figure(6.4, 3.2)
    axes = figure.subplots()
    _curves(axes, x, {name: _above_0(y) for name, y in curves.items()} if log else curves)
    axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(x[0], x[-1]))
    if log:
        axes.set(yscale="log", ylim=(1e-3, 1.3))
    axes.legend(frameon=False, fontsize=9)
    return figure


def loss_decides(
    t: Sequence[float],
    losses: Mapping[str, Sequence[float]],
    points: Sequence[float],
    tables: Mapping[str, Sequence[float]],
) -> "Figure":
    """Left, the loss over t of several runs; right, the schedules that they had, on a log axis without their zeros.

    t: of the losses. points: of the tables, from 0 to 1. A name has one line in both.
    """
    figure = _figure(7.4, 3.5)
    left, right = figure.subplots(1, 2)
    _curves(left, t, losses)
    _curves(right, points, {name: _above_0(table) for name, table in tables.items()})
    left.set(xlabel=TIME, ylabel="squared error per number", xlim=(0, 1), ylim=(0, None))
    right.set(xlabel=TIME, ylabel="ᾱ (log axis)", xlim=(0, 1), yscale="log", ylim=(1e-3, 1.3))
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return figure


def seen_words(words: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]) -> "Figure":
    """Words of a sentence at several times, one row each: the likelier a word is still seen, the darker its box.

    rows: a label, and a probability for each word, which is written into its box in per cent.
    """
    from matplotlib.patches import Rectangle

    figure = _figure(7.8, 0.75 + 0.34 * len(rows))
    axes = figure.subplots()
    axes.axis("off")
    ends = np.cumsum([0, *(max(4, len(word)) + 1.2 for word in words)])
    for place, word in enumerate(words):
        axes.text((ends[place] + ends[place + 1]) / 2, 0.85, word, ha="center", va="center", fontsize=8)
    for row, (label, shares) in enumerate(rows):
        axes.text(-0.6, -row, label, ha="right", va="center", fontsize=8.5)
        for place, share in enumerate(shares):
            corner, width = (ends[place] + 0.1, -row - 0.45), ends[place + 1] - ends[place] - 0.2
            axes.add_patch(
                Rectangle(corner, width, 0.9, facecolor=str(1 - 0.5 * share), edgecolor="0.6", linewidth=0.6)
            )
            middle = corner[0] + width / 2
            axes.text(middle, -row, f"{100 * share:.0f}", ha="center", va="center", fontsize=8.5, color=INK)
    axes.set(xlim=(-0.16 * ends[-1], ends[-1]), ylim=(0.5 - len(rows), 1.3))
    return figure


def drawn_more_often(steps: Sequence[int], size: Sequence[float], probability: Sequence[float]) -> "Figure":
    """Above, the root mean square of each step's loss, on a log axis; below, how often it is drawn (1: evenly)."""
    figure = _figure(6.8, 4.0)
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot(steps, size, color=INK)
    above.set(yscale="log", ylabel="root mean square\nof the loss, nats")
    below.plot(steps, len(size) * np.asarray(probability), color=INK)
    below.axhline(1, color=GREY, lw=0.8, linestyle="--")
    below.set(
        yscale="log",
        ylabel="draws, 1 = even",
        xlabel=f"step i of the chain: {steps[0]} is nearly clean",
        xlim=(steps[0], steps[-1]),
    )
    _bare(above)
    _bare(below)
    return figure


MEASURES = (
    ("ratio", "bound / entropy", "ratio_se"),
    ("parse_rate", "samples that parse", "parse_rate_se"),
    ("sample_nats", "mean −ln p of those, nats", "sample_nats_se"),
)
"""Fields of a card that `which_wins` shows, their labels, and the field of the standard error."""

IN_THE_LESSON = {"mutual-information": "1 − t"}
"""Names of schedules in a card for which the lesson has another."""


def which_wins(cards: Sequence[Card], entropy: float) -> "Figure":
    """Trained models by schedule, a circle for each seed with ± 2 standard errors, a bar at the mean of the seeds.

    The schedule of which most samples parse stands first; of one for which that is not known, last.

    cards: `config["schedule"]` and `seed` are read, and what `MEASURES` names; a figure that a card lacks is left out.
    entropy: of the corpus, nats per sentence, drawn beside the samples' −ln p.
    Raises ValueError for no cards.
    """
    if not cards:
        raise ValueError("cards must hold at least one card, got none")
    rates: dict[str, list[float]] = {}
    for card in cards:
        rates.setdefault(card.config["schedule"], []).extend([] if card.parse_rate is None else [card.parse_rate])
    names = sorted(rates, key=lambda name: -float(np.mean(rates[name] or -1)))
    figure = _figure(7.8, 1.3 + 0.42 * len(names))
    panels = figure.subplots(1, len(MEASURES), sharey=True)
    for axes, (field, label, error) in zip(panels, MEASURES, strict=True):
        for row, name in enumerate(names):
            of_it = sorted((card for card in cards if card.config["schedule"] == name), key=lambda card: card.seed)
            known = [card for card in of_it if getattr(card, field) is not None]
            values = [getattr(card, field) for card in known]
            bars = [2 * (getattr(card, error) or 0.0) for card in known]
            height = -row + np.linspace(0.22, -0.22, len(known)) if len(known) > 1 else np.full(len(known), -row)
            axes.errorbar(
                values, height, xerr=bars, fmt="o", color=INK, markerfacecolor="white", markersize=5, elinewidth=0.8
            )
            if known:
                axes.plot([np.mean(values)] * 2, [-row - 0.33, -row + 0.33], color=GREY, lw=2.5)
        axes.set_xlabel(label, fontsize=9)
        axes.grid(axis="y", color="0.92")
        axes.set_axisbelow(True)
        _bare(axes)
    panels[0].set_yticks([-row for row in range(len(names))], [IN_THE_LESSON.get(name, name) for name in names])
    panels[0].set_ylim(0.5 - len(names), 0.5)
    panels[0].set_xscale("log")
    panels[1].xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    panels[2].axvline(entropy, color=INK, linestyle="--", lw=0.9)
    panels[2].annotate(f"entropy, {entropy:.1f}", (entropy, 0.5), fontsize=8, ha="center", va="bottom")
    return figure


def _curves(axes: "Axes", x: Sequence[float], curves: Mapping[str, Sequence[float]]) -> None:
    for number, ((name, y), style) in enumerate(zip(curves.items(), LINES, strict=False)):
        every = max(len(x) // 8, 1)
        axes.plot(x, y, label=name, markevery=(number * every // 5, every), markersize=4, **style)
    _bare(axes)


def _above_0(y: Sequence[float]) -> list[float]:
    """What a log axis can show: the curve ends where it comes to 0, rather than to fall off the axis."""
    return [value if value > 0 else math.nan for value in y]


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _bare(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
