"""Figures of lesson 02a: labelled, grey, and they show what they are given."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests.printed import assert_printable, texts
from textdiff_lite.plots import masked as plots

NAN = float("nan")


def innocent() -> Figure:
    rates = {"perfect predictor": [0.0, 0.5, 0.9], "trained network": [0.0, 0.45, 0.7]}
    in_turn = {"perfect predictor": (4, 1.0), "trained network": (4, 0.8)}
    return plots.model_is_innocent([1, 4, 100], rates, 400, [0.0, 0.3, 0.9], in_turn)


def few() -> Figure:
    coins = [(1, 0.0, 0.0, NAN, NAN), (4, 0.5, 0.05, 16.0, 0.5), (32, 0.8, 0.04, 17.5, 0.4)]
    return plots.few_evaluations(17.9, {"coins": coins, "surest": [(4, 0.9, 0.03, 14.0, 0.3)]})


FIGURES = {
    "hiding": lambda: plots.hiding(["t = 0", "t = ½"], [["the", "golden", "[END]"], [None, "golden", None]]),
    "curves": lambda: plots.curves([0.0, 0.5, 1.0], {"a": [1.0, 0.5, 0.0], "b": [1.0, 0.9, 0.0]}, "share"),
    "bound_over_steps": lambda: plots.bound_over_steps([1, 4, 1000], [19.83, 7.88, 5.09], 5.08),
    "spreads": lambda: plots.spreads(["one", "other"], [[4.0, 6.0], [4.9, 5.0, 5.1]], 5.0),
    "model_is_innocent": innocent,
    "few_evaluations": few,
}
every = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


@every
def test_it_can_be_drawn_without_a_warning_is_small_and_grey(figure):
    assert_printable(figure())


@every
def test_axes_that_count_something_say_what(figure):
    drawn = figure()
    for axes in drawn.axes:
        if axes.axison and axes.get_lines():
            assert axes.get_xlabel() or axes is not drawn.axes[-1]  # a shared axis is labelled below
            assert axes.get_ylabel() or all(label.get_text() for label in axes.get_yticklabels())


def test_hidden_places_are_hatched_and_hold_no_word():
    figure = FIGURES["hiding"]()
    (axes,) = figure.axes
    assert [patch.get_hatch() is not None for patch in axes.patches] == [False] * 3 + [True, False, True]
    assert [text for text in texts(figure) if text] == ["t = 0", "the", "golden", "[END]", "t = ½", "golden"]


def test_a_long_word_gets_a_wide_box_and_bold_places_a_second_frame():
    (axes,) = plots.hiding(["even", "spindle"], [["a", "expensive"], ["a", None]], bold=[(1, 1)]).axes
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [box.get_width() for box in boxes] == pytest.approx([4.7, 10.7, 4.7, 10.7, 10.7])
    assert boxes[4].get_xy() == boxes[3].get_xy()
    assert [box.get_linewidth() > 2 for box in boxes] == [False] * 4 + [True]


def test_bars_at_equal_numbers_stand_side_by_side_and_the_axis_says_so():
    for figure in (innocent(), few()):
        one, other = (bars.get_segments() for bars in figure.axes[0].collections[:2])
        assert {round(bar[0, 0], 3) for bar in one}.isdisjoint(round(bar[0, 0], 3) for bar in other)
        assert "equal numbers are drawn side by side" in figure.axes[-1].get_xlabel()


def test_no_two_curves_look_alike():
    many = {str(i): [1.0, 0.5, 0.0] for i in range(4)}
    lines = plots.curves([0.0, 0.5, 1.0], many, "share").axes[0].get_lines()
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 4


def test_the_bound_is_shown_above_the_entropy_with_its_figures():
    figure = FIGURES["bound_over_steps"]()
    line, floor = figure.axes[0].get_lines()
    assert line.get_ydata().tolist() == [19.83, 7.88, 5.09]
    assert floor.get_ydata() == pytest.approx([5.08, 5.08])
    assert texts(figure) == ["entropy, 5.08", "19.83", "7.88", "5.09"]


def test_a_spread_is_a_bar_from_one_standard_deviation_below_the_mean_to_one_above():
    figure = FIGURES["spreads"]()
    bars = figure.axes[0].get_lines()[:2]
    assert bars[0].get_xdata() == pytest.approx([5 - 2**0.5, 5 + 2**0.5])
    assert bars[1].get_xdata() == pytest.approx([4.9, 5.1])
    assert texts(figure) == ["std 1.41", "std 0.10"]
    assert [len(dots.get_offsets()) for dots in figure.axes[0].collections] == [2, 3]


def test_the_network_is_laid_on_the_perfect_predictor():
    figure = innocent()
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == "The model is innocent"
    assert legend(figure) == [
        "perfect predictor",
        "trained network",
        "the least of a perfect predictor",
        "perfect predictor, one at a time",
        "trained network, one at a time",
    ]
    drawn = {tuple(line.get_ydata()) for line in axes.get_lines()}
    assert {(0.0, 0.5, 0.9), (0.0, 0.45, 0.7), (0.0, 0.3, 0.9), (1.0,), (0.8,)} <= drawn
    bars = axes.collections[0].get_segments()
    assert np.ptp(bars[1][:, 1]) == pytest.approx(4 * (0.25 / 400) ** 0.5)


def test_quality_has_two_panels_and_leaves_out_what_nobody_measured():
    figure = few()
    above, below = figure.axes
    assert legend(figure) == ["coins", "surest"]
    assert above.get_lines()[0].get_ydata().tolist() == [0.0, 0.5, 0.8]
    assert below.get_lines()[0].get_ydata() == pytest.approx([NAN, 16.0, 17.5], nan_ok=True)
    assert "entropy, 17.90" in texts(figure)
    assert [label.get_text() for label in below.get_xticklabels()] == ["1", "4", "32"]
