"""Figures of lesson 01b: the bound and its gap, the area that is the entropy, weights, walks, few steps against many.

Each takes numbers and returns the figure. Lines differ by style and areas by hatching, so that they read in grey.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = (("black", "-"), ("black", "--"), ("0.45", "-"), ("0.45", "-."), ("black", ":"), ("0.65", "--"))
INK, GREY, PALE = "black", "0.45", "0.85"


def _figure(width: float = 6.4, height: float = 3.6) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def bound_of_two_states(q: Sequence[float], bound: Sequence[float], log_p: float, best: float) -> "Figure":
    """The bound over q(z = 1), below the line ln p(x), which it touches at q = p(z = 1 | x) = best. Nats."""
    figure = _figure()
    axes = figure.subplots()
    axes.axhline(log_p, color=INK, linestyle="--")
    axes.plot(q, bound, color=INK)
    axes.fill_between(q, bound, log_p, facecolor=PALE, edgecolor=GREY, hatch="///", linewidth=0)
    axes.plot([best], [log_p], color=INK, marker="o", linestyle="none")
    axes.annotate(
        "q = p(z | x): nothing is missing", (best, log_p), (best, log_p + 0.14), ha="center", arrowprops=_ARROW
    )
    axes.text(0.02, log_p + 0.03, f"ln p(x) = {log_p:.3f}")
    middle = len(q) // 12
    axes.annotate(
        "KL(q || p(z | x))",
        (q[middle], (bound[middle] + log_p) / 2),
        (q[middle] + 0.12, log_p - 0.55),
        arrowprops=_ARROW,
        backgroundcolor="white",
    )
    axes.set(xlabel="q(z = 1)", ylabel="nats", ylim=(min(bound) - 0.05, log_p + 0.3), xlim=(0, 1))
    return figure


def terms_of_a_chain(diffusion: Sequence[float], prior: float, last: float, entropy: float) -> "Figure":
    """What each part of a T-step chain costs: the last term, the steps i = 2 .. T, the prior; nats, with their sum."""
    T = len(diffusion) + 1
    figure = _figure()
    axes = figure.subplots()
    places = list(range(T + 1))
    axes.bar(places[1:-1], diffusion, color=PALE, edgecolor=INK, hatch="///", label="diffusion terms, each a KL")
    axes.bar(places[:1], [last], color="white", edgecolor=INK, hatch="xx", label="last term, −ln p(w | x₁)")
    axes.bar(places[-1:], [prior], color=GREY, edgecolor=INK, label="prior term")
    for place, value in zip(places, [last, *diffusion, prior], strict=True):
        axes.text(place, value + 0.008, f"{value:.3f}", ha="center", fontsize=8)
    total = prior + last + sum(diffusion)
    axes.set_xticks(places, ["last\n(i = 1)", *(str(i) for i in range(2, T + 1)), "prior"])
    axes.set(xlabel="step i of the chain", ylabel="nats", ylim=(0, 1.3 * max([prior, last, *diffusion])))
    axes.legend(frameon=False, loc="upper right", title=f"sum {total:.3f} nats, entropy {entropy:.3f}")
    return figure


def area(
    snr: Sequence[float], half_error: Sequence[float], steps: Sequence[float], entropy: float, bound: float
) -> "Figure":
    """Half the squared error over SNR, on even axes: the area under it is the entropy, under the stairs the bound.

    snr, half_error: the curve, rising in snr, from 0 to the largest of `steps` at least. steps: SNR at t = 1, ..., 1/T
    of the chain, rising; the stair between two of them is as high as the curve at its left end, so T steps have T - 1
    stairs. What lies to the right of the last is the chain's last term. Areas are in nats.
    """
    figure = _figure(6.4, 4.2)
    axes = figure.subplots()
    curve, x = np.asarray(half_error), np.asarray(snr)
    edges = np.asarray(steps)
    stairs = np.interp(edges[:-1], x, curve)
    shown = edges[-2] * 1.12
    _draw_area(axes, x, curve, edges, stairs)
    axes.set(
        xlabel="signal-to-noise ratio SNR = ᾱ / (1 − ᾱ)",
        ylabel="½ squared error of the best guess of x₀",
        xlim=(0, shown),
        ylim=(0, 1.08 * curve[0]),
    )
    axes.annotate(
        f"the grey area, out to every SNR,\nis the entropy: {entropy:.3f} nats",
        (0.05 * shown, 0.25 * curve[0]),
        (0.27 * shown, 0.54 * curve[0]),
        arrowprops=_ARROW,
        va="center",
    )
    gap = bound - entropy
    wide = int(np.argmax(np.diff(edges)[:-1] * stairs[:-1]))
    at = 0.55 * edges[wide] + 0.45 * edges[wide + 1], 0.9 * stairs[wide]
    axes.annotate(
        f"hatched: what {len(steps)} steps pay\nfor being few, {gap:.3f} nats",
        at,
        (0.36 * shown, 0.38 * curve[0]),
        arrowprops=_ARROW,
        va="center",
    )
    far = axes.inset_axes((0.46, 0.62, 0.51, 0.27))
    _draw_area(far, x, curve, edges, stairs)
    far.set(xlim=(edges[-2] * 0.93, edges[-1] * 1.08), ylim=(0, 1.5 * stairs[-1]))
    far.tick_params(labelsize=7)
    last = (edges[-1] - edges[-2]) * stairs[-1]
    far.set_title(
        f"Inset, on another scale: the stair of step 2 holds {last:.2f} nats.\nStep 1 has none: it is the last term.",
        fontsize=7,
    )
    return figure


def _draw_area(axes: "Axes", x: np.ndarray, curve: np.ndarray, edges: np.ndarray, stairs: np.ndarray) -> None:
    axes.fill_between(x, 0, curve, color=PALE, linewidth=0)
    inside = np.unique(np.concatenate([x[(x >= edges[0]) & (x < edges[-1])], edges[:-1]]))
    step = stairs[np.searchsorted(edges, inside, side="right") - 1]
    axes.fill_between(
        np.append(inside, edges[-1]),
        np.append(np.interp(inside, x, curve), np.interp(edges[-1], x, curve)),
        np.append(step, stairs[-1]),
        step=None,
        facecolor="none",
        edgecolor=GREY,
        hatch="////",
        linewidth=0,
    )
    axes.stairs(stairs, edges, color=INK, linewidth=1)
    axes.plot(x, curve, color=INK, linewidth=2)


def weights(t: Sequence[float], curves: Mapping[str, Sequence[float]]) -> "Figure":
    """What an error in x_0 weighs at each t, one line for each loss, on a logarithmic axis."""
    figure = _figure(6.4, 4.4)
    axes = figure.subplots()
    for (name, values), (colour, style) in zip(curves.items(), STYLES, strict=False):
        axes.plot(t, values, color=colour, linestyle=style, label=name)
    axes.set(yscale="log", xlabel="time t (0 is clean, 1 is noise)", ylabel="weight of |x̂₀ − x₀|²", xlim=(0, 1))
    axes.set_ylim(1e-6, 1e6)
    figure.legend(frameon=False, loc="outside upper center", ncols=2, fontsize=9)
    return figure


def walks(
    points: np.ndarray, words: Sequence[str], panels: Mapping[str, np.ndarray], columns: int, trails: int = 6
) -> "Figure":
    """Where samples of a few words end, and the way some of them take.

    points: [words, 2]. panels: for each title the states [steps + 1, n, 2] of a walk, noise first. Circles are words,
    crosses the ends, thin lines the first `trails` ways, with a dot at every stop.
    """
    from matplotlib.patheffects import withStroke

    rows = -(-len(panels) // columns)
    figure = _figure(6.4, 0.5 + 1.95 * rows)
    # ends pile up between words: a name stands on the outer side of the highest, below all others
    above = points[:, 1] > points[:, 1].max() / 2
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes, (title, states) in zip(grid.flat, panels.items(), strict=False):
        (circle,) = axes.plot(
            points[:, 0], points[:, 1], color="white", marker="o", markeredgecolor=INK, markersize=11, ls="none"
        )
        ways = axes.plot(
            states[:, :trails, 0], states[:, :trails, 1], color="0.6", linewidth=0.8, marker=".", markersize=2
        )
        (cross,) = axes.plot(
            states[-1, :, 0], states[-1, :, 1], color=INK, marker="x", linestyle="none", markersize=4, alpha=0.4
        )
        for (x, y), word, up in zip(points, words, above, strict=True):
            axes.annotate(
                word,
                (x, y),
                (0, 8 if up else -8),
                textcoords="offset points",
                ha="center",
                va="bottom" if up else "top",
                fontsize=8,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )
        axes.set_title(title, fontsize=9)
        axes.set(xlim=(-2.9, 2.9), ylim=(-3.2, 3.2), aspect="equal")
        axes.tick_params(labelsize=7)
    figure.legend(
        [circle, cross, ways[0]],
        ["a word", f"where one of {states.shape[1]} samples ends", f"the way of one of {len(ways)} of them"],
        frameon=False,
        loc="outside lower center",
        ncols=3,
        fontsize=8,
    )
    return figure


def few_steps(
    steps: Sequence[int],
    parse: Mapping[str, Sequence[float]],
    nats: Mapping[str, Sequence[float]],
    error: Mapping[str, Sequence[float]],
    entropy: float,
) -> "Figure":
    """Share of samples that parse, and their mean −ln p beside the entropy, over the number of steps.

    nats may hold nan, where nothing parses; error: its standard error, which the bars show.
    """
    figure = _figure(6.4, 3.4)
    left, right = figure.subplots(1, 2)
    for (name, values), (colour, style), marker in zip(parse.items(), STYLES, "os^d", strict=False):
        left.plot(steps, values, color=colour, linestyle=style, marker=marker, markersize=4, label=name)
        right.errorbar(
            steps, nats[name], error[name], color=colour, linestyle=style, marker=marker, markersize=4, capsize=2
        )
    floor = right.axhline(entropy, color=GREY, linestyle=":")
    right.legend(
        [floor],
        [f"entropy {entropy:.3f}"],
        title="bars: ± one standard error",
        frameon=False,
        fontsize=8,
        title_fontsize=8,
    )
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks(steps, [str(n) for n in steps], fontsize=8)
        axes.minorticks_off()
        axes.set_xlabel("evaluations of the network")
    left.set(ylabel="share of samples that parse", ylim=(-0.03, 1.03))
    right.set(ylabel="mean −ln p of those, nats")
    left.legend(frameon=False, loc="lower right")
    return figure


_ARROW = {"arrowstyle": "-", "color": "black", "linewidth": 0.8}
