"""Figures of lesson 02b: labelled, grey, and they show what they are given."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.printed import assert_printable, texts
from textdiff_lite.plots import kernels as plots

NAMES = ["curry", "sushi", "pasta"]
Q = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.0, 0.0, 1.0]])
T = np.linspace(0, 1, 11)
UP, DOWN = T.tolist(), (1 - T).tolist()


def information() -> Figure:
    squares = (T**2).tolist()
    return plots.information(UP, {"mask": UP, "uniform": squares}, UP, {"even": DOWN, "cosine": squares[::-1]})


FIGURES = {
    "matrices": lambda: plots.matrices(
        {"one": (NAMES, Q), "two": (NAMES, Q.T), "three": (NAMES, Q), "four": (NAMES, Q)}
    ),
    "information": information,
    "pairings": lambda: plots.pairings([2, 5, 20], {"right": [0.2, 0.9, 1.0], "crossed": [0.1, 0.5, 0.5]}, 400),
    "crossed": lambda: plots.crossed(
        ["the bound", "cross-entropy"], ["joint", "posterior"], np.array([[0.0, 0.5], [0.2, 1.0]])
    ),
    "changes": lambda: plots.changes({"mask": [0.0, 1.0], "uniform": [0.1, 0.2, 0.3, 0.4]}),
}
every = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


@every
def test_it_can_be_drawn_without_a_warning_is_small_and_grey(figure):
    assert_printable(figure())


@every
def test_axes_that_show_something_say_what(figure):
    for axes in figure().axes:
        if axes.axison and axes.get_lines():
            assert axes.get_xlabel()
            assert any(shared.get_ylabel() for shared in axes.get_shared_y_axes().get_siblings(axes))


def test_a_matrix_is_written_out_row_by_row_and_zeros_stay_empty():
    axes = FIGURES["matrices"]().axes
    assert [(text.get_position(), text.get_text()) for text in axes[0].texts] == [
        ((0, 0), "0.90"),
        ((1, 0), "0.10"),
        ((0, 1), "0.20"),
        ((1, 1), "0.80"),
        ((2, 2), "1.00"),
    ]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == NAMES
    assert (axes[0].figure.get_supylabel(), axes[0].figure.get_supxlabel()) == ("from", "to")
    assert [a.axison for a in axes] == [True] * 4 + [False] * 2


def test_a_cell_can_be_read_on_its_ground():
    (axes,) = FIGURES["crossed"]().axes
    assert [(text.get_text(), text.get_color()) for text in axes.texts] == [
        ("0%", "black"),
        ("50%", "black"),
        ("20%", "black"),
        ("100%", "white"),
    ]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("sampled with", "trained with")


def test_kernels_and_schedules_stand_in_their_own_panels():
    left, right = information().axes
    for axes, names in ((left, ["mask", "uniform"]), (right, ["even", "cosine"])):
        assert [text.get_text() for text in axes.get_legend().get_texts()] == names
    np.testing.assert_allclose(left.get_lines()[1].get_ydata(), T**2)
    assert right.get_title() == "the uniform kernel under several schedules"


def test_a_style_means_one_thing_in_both_panels():
    three = {"even": DOWN, "cosine": DOWN, "1 - t": DOWN}
    figure = plots.information(UP, {"mask": UP, "uniform": UP}, UP, three)
    lines = [line for axes in figure.axes for line in axes.get_lines()]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(lines) == 5


def test_a_rate_has_the_error_of_its_samples():
    (axes,) = FIGURES["pairings"]().axes
    bars = axes.containers[1].lines[2][0].get_segments()
    low, high = (y for _, y in bars[1])
    assert (high - low) / 2 == pytest.approx(2 * (0.25 / 400) ** 0.5)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["right", "crossed"]


def test_bars_count_changes_and_the_last_is_open():
    (axes,) = FIGURES["changes"]().axes
    mask, uniform = axes.containers
    assert [bar.get_height() for bar in mask] == [0.0, 1.0]
    assert [bar.get_height() for bar in uniform] == [0.1, 0.2, 0.3, 0.4]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "2", "3 or more"]
    assert {bar.get_hatch() for bar in uniform} == {"////"}
    assert "0.00" not in texts(axes.figure)
