"""The figures of lesson 00, Before diffusion. All are readable without colour."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, LIGHT = "black", "0.45", "0.88"


def canvas(rows: Sequence[Sequence[str]], end: str = "[END]", pad: str = "[PAD]") -> "Figure":
    """Sentences on the canvas: a box for each place, the end in bold, the padding hatched."""
    figure, axes = _empty(7.6, 0.5 + 0.42 * len(rows))
    length = max(len(row) for row in rows)
    for y, row in enumerate(rows):
        for x, word in enumerate(row):
            empty = word == pad
            _box(axes, x, -y, "" if empty else word, hatch="////" if empty else None, bold=word == end)
    for x in range(length):
        axes.text(x, 0.78, str(x), ha="center", va="center", fontsize=7, color=GREY)
    axes.set(xlim=(-0.6, length - 0.4), ylim=(0.5 - len(rows), 1.1))
    return figure


def surprises(words: Sequence[str], nats: Sequence[float]) -> "Figure":
    """What each word of a sentence costs, given the words before it."""
    figure = _figure(6.4, 3.0)
    axes = figure.subplots()
    bars = axes.bar(range(len(words)), nats, color=LIGHT, edgecolor=INK)
    axes.bar_label(bars, [f"{abs(x):.2f}" for x in nats], fontsize=8, padding=2)
    axes.set_xticks(range(len(words)), words, rotation=35, ha="right")
    axes.set(ylabel="−ln p(word | words before), nats", ylim=(0, 1.2 * max(nats)))
    axes.set_title(f"together {sum(nats):.2f} nats", fontsize=10)
    _bare(axes)
    return figure


def lengths(probabilities: Sequence[float]) -> "Figure":
    """How probable each length is; place i of the sequence is the length i."""
    figure = _figure(6.4, 2.6)
    axes = figure.subplots()
    shown = [i for i, p in enumerate(probabilities) if p > 0]
    bars = axes.bar(shown, [probabilities[i] for i in shown], color=LIGHT, edgecolor=INK)
    axes.bar_label(bars, [f"{probabilities[i]:.2f}" for i in shown], fontsize=8, padding=2)
    axes.set(xlabel="tokens of a sentence, [END] included", ylabel="probability", xticks=shown)
    axes.set_ylim(0, 1.2 * max(probabilities))
    _bare(axes)
    return figure


def running_means(values: np.ndarray, truth: float, deviation: float) -> "Figure":
    """The mean of the first n values of each row, and where 19 of 20 lie at any n: truth ± 2 deviation / √n.

    values: [rows, n]. The first row is drawn bold. deviation: the standard deviation of a single value.
    """
    n = np.arange(1, values.shape[1] + 1)
    means = values.cumsum(1) / n
    error = 2 * deviation / np.sqrt(n)
    shown = slice(9, None)
    figure = _figure(6.4, 3.2)
    axes = figure.subplots()
    axes.fill_between(
        n[shown], (truth - error)[shown], (truth + error)[shown], color=LIGHT, label="entropy ± 2 standard errors", lw=0
    )
    for mean in means[1:]:
        axes.plot(n[shown], mean[shown], color=GREY, lw=0.6)
    axes.plot(n[shown], means[0, shown], color=INK, lw=1.8, label=f"mean of the first n, one of {len(means)} runs")
    axes.axhline(truth, color=INK, linestyle="--", label=f"entropy, {truth:.3f}")
    axes.set(xscale="log", xlabel="sentences n", ylabel="nats per sentence")
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    _bare(axes)
    return figure


def believers(names: Sequence[str], entropy: float, extra: Sequence[float]) -> "Figure":
    """What each belief pays for a sentence: the entropy, that nobody escapes, and its KL on top (it may be inf)."""
    figure = _figure(6.4, 0.9 + 0.5 * len(names))
    axes = figure.subplots()
    finite = [x for x in extra if np.isfinite(x)]
    wide = 1.35 * (entropy + max(finite))
    for y, more in enumerate(extra):
        top = more if np.isfinite(more) else wide - entropy
        axes.barh(-y, entropy, color=LIGHT, edgecolor=INK, height=0.6)
        if more > 0:
            axes.barh(-y, top, left=entropy, color="white", edgecolor=INK, hatch="////", height=0.6)
        if not np.isfinite(more):  # the bar is broken: it has no end that could be read off
            for shift in (0.86, 0.89):
                x = entropy + shift * top
                axes.plot([x - 0.03, x + 0.03], [-y - 0.38, -y + 0.38], color="white", lw=5, zorder=3)
                axes.plot([x - 0.03, x + 0.03], [-y - 0.38, -y + 0.38], color=INK, lw=1, zorder=4)
        text = f"{entropy + more:.2f}" if np.isfinite(more) else "∞ →"
        axes.text(entropy + top + 0.01 * wide, -y, text, va="center", fontsize=9)
    axes.axvline(entropy, color=INK, linestyle="--", lw=1)
    axes.set_yticks([-y for y in range(len(names))], names)
    axes.set(xlabel="nats per sentence: entropy (plain) + KL (hatched)", xlim=(0, 1.12 * wide))
    _bare(axes)
    return figure


def training(steps: Sequence[int], nats: Sequence[float], entropy: float) -> "Figure":
    """How far above the entropy a training is, nats per sentence over its steps, on a logarithmic scale."""
    figure = _figure(6.4, 3.0)
    axes = figure.subplots()
    above = np.asarray(nats) - entropy
    axes.plot(steps, above, color=INK, marker="o", markersize=3)
    axes.annotate(
        f"{above[-1]:.3f}", (steps[-1], above[-1]), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=9
    )
    axes.set(xlabel="step", ylabel=f"nats per sentence above\nthe entropy of {entropy:.2f}", yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlim(right=1.05 * steps[-1])
    _bare(axes)
    return figure


def staircases(alone: Sequence[float], together: Sequence[float]) -> "Figure":
    """Nats for the first k places written one by one, and all at once; the gap is the price. Both are cumulative."""
    k = np.arange(len(alone) + 1)
    high, low = np.concatenate([[0], alone]), np.concatenate([[0], together])
    figure = _figure(6.4, 3.4)
    axes = figure.subplots()
    axes.fill_between(k, low, high, facecolor="white", edgecolor="0.7", hatch="////", linewidth=0.0)
    axes.plot(k, high, color=INK, marker="o", markersize=4, label="all at once: the entropies of the places, summed")
    axes.plot(
        k,
        low,
        color=INK,
        linestyle="--",
        marker="s",
        markersize=4,
        label="one by one: the entropy of the first k places",
    )
    axes.annotate("", (k[-1] + 0.25, high[-1]), (k[-1] + 0.25, low[-1]), arrowprops={"arrowstyle": "<->"})
    axes.text(k[-1] + 0.4, (high[-1] + low[-1]) / 2, f"price\n{high[-1] - low[-1]:.1f}", va="center", fontsize=10)
    axes.set(xlabel="first k places of the canvas", ylabel="nats", xlim=(0, len(alone) + 1.7))
    axes.set_xticks(k[:: 1 if len(k) < 16 else 4])
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    _bare(axes)
    return figure


def price_of_one_breath(
    evaluations: Sequence[int],
    rate: Sequence[float],
    error: Sequence[float],
    least: Sequence[float],
    names: Sequence[str],
    sources: Sequence[Sequence[str]],
    picks: Sequence[Sequence[int]],
    breaks: Sequence[int | None],
) -> "Figure":
    """Above: share of sentences in the language against the evaluations that a perfect predictor was allowed.

    Below: two sentences, and what it writes in one breath when these two are the language. Each word carries the letter
    of its source (both, where they agree), and a cross where no sentence goes on.

    rate, error: shares in [0, 1] and their standard errors. least: the least that the price allows, exp(−price).
    names: a letter for each source. picks: for each mixture the source of each word. breaks: the crosses' places.
    """
    rows = len(sources) + len(picks)
    figure = _figure(7.6, 3.2 + 0.46 * rows)
    above, below = figure.subplots(2, 1, height_ratios=[3.1, 0.46 * rows])
    bars = above.errorbar(evaluations, rate, yerr=2 * np.asarray(error), color=INK, marker="o", markersize=5, capsize=2)
    (dotted,) = above.plot(evaluations, least, color=INK, linestyle=":", lw=1.2)
    above.legend(
        [bars, dotted],
        ["measured, ± 2 standard errors", "the least that the price allows, $e^{-\\mathrm{price}}$"],
        frameon=False,
        fontsize=9,
        loc="lower right",
    )
    for x, y in zip(evaluations, rate, strict=True):
        text = f"{y:.1%}" if y < 0.01 else f"{y:.0%}"
        above.annotate(text, (x, y), xytext=(-4, 7), textcoords="offset points", ha="right", fontsize=9)
    above.set(
        xticks=evaluations,
        xlim=(0, max(evaluations) + 0.7),
        ylim=(-0.04, 1.15),
        xlabel="evaluations: how often the predictor may look at what it has written",
        ylabel="sentences of the language",
    )
    above.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    above.set_title("The price of one breath", loc="left", fontsize=13, fontweight="bold")
    above.text(0.99, 1.03, "a perfect predictor, no network", transform=above.transAxes, ha="right", fontsize=9)
    _bare(above)
    _mixtures(below, names, sources, picks, breaks)
    below.axis("off")
    below.set_title(
        "One breath, when the language is A or B: no word has seen the others",
        loc="left",
        fontsize=10,
    )
    return figure


def _mixtures(
    axes: "Axes",
    names: Sequence[str],
    sources: Sequence[Sequence[str]],
    picks: Sequence[Sequence[int]],
    breaks: Sequence[int | None],
) -> None:
    length = max(len(words) for words in sources)
    rows = [[source] * len(words) for source, words in enumerate(sources)] + [list(pick) for pick in picks]
    for y, row in enumerate(rows):
        written = y - len(sources)
        low = -y - (0.25 if written >= 0 else 0.0)
        stop = breaks[written] if written >= 0 else None
        axes.text(-0.65, low, names[y] if written < 0 else "written", ha="right", va="center", fontsize=9)
        for x, source in enumerate(row):
            word = sources[source][x]
            shared = [name for name, words in zip(names, sources, strict=True) if words[x] == word]
            letters = " ".join(shared) + ("  ✗" if x == stop else "")
            _box(axes, x, low, word, letters, grey=source > 0 and len(shared) == 1, bold=x == stop)
    axes.set(xlim=(-1.7, length - 0.4), ylim=(0.1 - len(rows), 0.6))


def _box(
    axes: "Axes",
    x: int,
    y: float | int,
    word: str,
    letters: str = "",
    *,
    hatch: str | None = None,
    grey: bool = False,
    bold: bool = False,
) -> None:
    from matplotlib.patches import Rectangle

    face = "0.78" if grey else "white"
    frame = Rectangle((x - 0.47, y - 0.4), 0.94, 0.8, facecolor=face, edgecolor=GREY if hatch else INK, hatch=hatch)
    frame.set_linewidth(1.8 if bold and letters else 0.8)
    axes.add_patch(frame)
    size = 8.5 if len(word) < 8 else 6.8 if len(word) < 9 else 5.8
    weight = "bold" if bold and not letters else "normal"
    axes.text(x, y + (0.12 if letters else 0), word, ha="center", va="center", fontsize=size, fontweight=weight)
    axes.text(x, y - 0.23, letters, ha="center", va="center", fontsize=6, fontweight="bold")


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _empty(width: float, height: float) -> "tuple[Figure, Axes]":
    figure = _figure(width, height)
    axes = figure.subplots()
    axes.axis("off")
    return figure, axes


def _bare(axes: "Axes") -> None:
    axes.spines[["top", "right"]].set_visible(False)
