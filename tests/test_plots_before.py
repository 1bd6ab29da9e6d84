"""Figures of lesson 00: labelled, grey, and they show what they are given."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tests.printed import assert_printable, texts
from textdiff_lite.plots import before as plots

A = ["the", "golden", "fox", "serves", ".", "[END]"]
B = ["the", "red", "bells", "serve", ".", "[END]"]


def breath() -> Figure:
    looks, rates, errors = [1, 3, 6], [0.004, 0.4, 1.0], [0.002, 0.02, 0.0]
    picks = [[0, 1, 0, 1, 0, 0], [1, 0, 0, 0, 1, 1]]
    return plots.price_of_one_breath(looks, rates, errors, [0.0, 0.2, 1.0], "AB", [A, B], picks, [3, None])


FIGURES = {
    "canvas": lambda: plots.canvas([A, [*B[:2], "[END]", *["[PAD]"] * 3]]),
    "surprises": lambda: plots.surprises(A, [0.3, 0.4, 0.8, 0.1, 0.0, -0.0]),
    "lengths": lambda: plots.lengths([0.0, 0.0, 0.25, 0.0, 0.75]),
    "running_means": lambda: plots.running_means(np.linspace([4, 5], [6, 4], 100).T, 5.0, 1.0),
    "believers": lambda: plots.believers(["a", "b", "c"], 5.0, [0.0, 0.5, math.inf]),
    "training": lambda: plots.training([0, 40, 80], [37.0, 8.0, 5.5], 5.0),
    "staircases": lambda: plots.staircases([1.0, 2.0, 3.5], [1.0, 1.5, 1.5]),
    "price_of_one_breath": breath,
}
every = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


@every
def test_it_can_be_drawn_without_a_warning_is_small_and_grey(figure):
    assert_printable(figure())


@every
def test_axes_that_count_something_say_what(figure):
    for axes in figure().axes:
        if axes.axison and axes.get_lines():
            assert axes.get_xlabel()
            assert axes.get_ylabel() or all(label.get_text() for label in axes.get_yticklabels())


def test_the_canvas_hatches_the_padding_and_writes_the_words():
    figure = plots.canvas([A, [*B[:2], "[END]", *["[PAD]"] * 3]])
    (axes,) = figure.axes
    assert len(axes.patches) == 12
    assert sum(patch.get_hatch() is not None for patch in axes.patches) == 3
    assert "[PAD]" not in texts(figure)
    assert {"golden", "red", "[END]"} <= set(texts(figure))


def test_surprises_are_labelled_without_a_minus_zero():
    (axes,) = FIGURES["surprises"]().axes
    assert [text.get_text() for text in axes.texts] == ["0.30", "0.40", "0.80", "0.10", "0.00", "0.00"]
    assert axes.get_title() == "together 1.60 nats"


def test_only_lengths_that_occur_are_shown():
    (axes,) = FIGURES["lengths"]().axes
    assert [patch.get_x() + patch.get_width() / 2 for patch in axes.patches] == [2, 4]
    assert [patch.get_height() for patch in axes.patches] == [0.25, 0.75]


def test_the_band_lies_around_the_truth_and_every_run_is_drawn():
    values = np.random.default_rng(0).normal(5, 1, (3, 400))
    (axes,) = plots.running_means(values, 5.0, 1.0).axes
    bold = axes.get_lines()[2]
    assert bold.get_linewidth() > axes.get_lines()[0].get_linewidth()
    assert bold.get_xydata()[-1].tolist() == pytest.approx([400, values[0].mean()])
    assert len(axes.get_lines()) == 3 + 1  # the runs and the truth
    edges = axes.collections[0].get_paths()[0].vertices
    last = edges[edges[:, 0] == 400][:, 1]
    assert (last.min(), last.max()) == pytest.approx((4.9, 5.1))


def test_a_training_is_shown_above_the_entropy():
    (axes,) = FIGURES["training"]().axes
    assert axes.get_lines()[0].get_ydata().tolist() == [32.0, 3.0, 0.5]
    assert axes.get_yscale() == "log"
    assert texts(axes.figure) == ["0.500"]


def test_the_lines_of_the_price_of_one_breath_have_names():
    above = breath().axes[0]
    names = [text.get_text() for text in above.get_legend().get_texts()]
    assert names[0] == "measured, ± 2 standard errors"
    assert names[1].startswith("the least that the price allows")


def test_believers_stack_kl_on_the_entropy_and_say_infinite():
    figure = FIGURES["believers"]()
    (axes,) = figure.axes
    plain = [bar for bar in axes.patches if bar.get_hatch() is None]
    hatched = [bar for bar in axes.patches if bar.get_hatch()]
    assert [bar.get_width() for bar in plain] == [5.0] * 3
    assert len(hatched) == 2  # the truth has no KL
    assert hatched[0].get_width() == 0.5
    assert texts(figure) == ["5.00", "5.50", "∞ →"]


def test_the_gap_of_the_staircases_is_the_price():
    figure = FIGURES["staircases"]()
    assert "price\n2.0" in texts(figure)
    high, low = figure.axes[0].get_lines()[:2]
    assert high.get_ydata().tolist() == [0, 1, 2, 3.5]
    assert low.get_ydata().tolist() == [0, 1, 1.5, 1.5]
    assert high.get_linestyle() != low.get_linestyle()


def test_each_word_of_a_mixture_carries_its_source():
    above, below = breath().axes
    assert [text.get_text() for text in above.texts][:3] == ["0.4%", "40%", "100%"]
    written = [text.get_text() for text in below.texts]
    assert written.count("written") == 2
    assert written.count("A B") == 4 * 3  # three words are the same in both
    assert written.count("A") == 1 + 3 + 1 + 3
    assert written.count("B  ✗") == 1
    boxes = [patch for patch in below.patches if to_rgb(patch.get_facecolor()) != (1, 1, 1)]
    assert len(boxes) == 3 + 2  # B's own words are grey
