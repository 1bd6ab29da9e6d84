"""Figures of lesson 01b: labelled, grey, and their areas are what they say."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from textdiff_lite.plots import bound as plots

SNR = np.linspace(0, 40, 401)
CURVE = np.exp(-SNR)  # its area is 1


def two_states() -> Figure:
    q = np.linspace(0.01, 0.99, 99)
    return plots.bound_of_two_states(q.tolist(), (-((q - 0.5) ** 2) - 1).tolist(), -1.0, 0.5)


def terms() -> Figure:
    return plots.terms_of_a_chain([0.4, 0.3, 0.2], 0.01, 0.05, 0.7)


def area() -> Figure:
    return plots.area(SNR.tolist(), CURVE.tolist(), [0.0, 0.5, 2.0, 30.0], 1.0, 5.2)


def weights() -> Figure:
    t = np.linspace(0.01, 0.99, 50)
    return plots.weights(t.tolist(), {name: (t**k).tolist() for k, name in enumerate("abcdef")})


def walks() -> Figure:
    states = np.zeros((3, 10, 2))
    return plots.walks(np.ones((2, 2)), ["one", "two"], dict.fromkeys(("first", "second", "third"), states), 2)


def few_steps() -> Figure:
    share = {"DDIM": [0.0, 0.5, 1.0], "ancestral": [0.0, 0.4, 1.0]}
    nats = {"DDIM": [float("nan"), 5.2, 5.1], "ancestral": [float("nan"), 5.3, 5.1]}
    return plots.few_steps([1, 5, 20], share, nats, nats, 5.0)


FIGURES = [two_states, terms, area, weights, walks, few_steps]
every_figure = pytest.mark.parametrize("draw", FIGURES, ids=[draw.__name__ for draw in FIGURES])


@every_figure
def test_a_figure_is_small_and_can_be_saved(draw):
    figure = draw()
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert len(file.getvalue()) < 150_000
    assert figure.get_figwidth() <= 6.4


@every_figure
def test_a_figure_is_grey(draw):
    for axes in draw().axes:
        colours = [line.get_color() for line in axes.lines]
        colours += [colour[:3] for area in axes.collections for colour in area.get_facecolor()]
        colours += [patch.get_facecolor()[:3] for patch in axes.patches if patch.get_fill()]
        assert all(max(to_rgb(colour)) - min(to_rgb(colour)) < 1e-9 for colour in colours)


@pytest.mark.parametrize("draw", [two_states, terms, area, weights, few_steps])
def test_axes_are_labelled(draw):
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in draw().axes)


def test_lines_of_the_weights_all_differ():
    (axes,) = weights().axes
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 6


def test_the_stairs_have_the_height_of_the_curve_at_their_left_ends_and_even_axes():
    (axes,) = area().axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "linear")
    (stairs,) = [patch for patch in axes.patches if hasattr(patch, "get_data")]
    values, edges, _ = stairs.get_data()
    np.testing.assert_allclose(edges, [0, 0.5, 2, 30])
    np.testing.assert_allclose(values, np.exp([0, -0.5, -2]))


def test_the_area_says_the_entropy_and_the_price_of_few_steps():
    (axes,) = area().axes
    said = " ".join(text.get_text() for text in axes.texts)
    assert "1.000 nats" in said
    assert "4.200 nats" in said
    (inset,) = axes.child_axes
    assert f"{28 * np.exp(-2):.2f} nats" in inset.get_title()


def test_the_terms_say_their_sum():
    (axes,) = terms().axes
    assert "sum 0.960 nats, entropy 0.700" in axes.get_legend().get_title().get_text()
    assert len(axes.patches) == 5


def test_the_inset_says_that_it_has_another_scale_and_which_stair_it_shows():
    (axes,) = area().axes
    title = axes.child_axes[0].get_title()
    assert "another scale" in title
    assert "stair of step 2" in title


def test_marks_are_explained():
    (of_walks,) = walks().legends
    assert [text.get_text() for text in of_walks.get_texts()] == [
        "a word",
        "where one of 10 samples ends",
        "the way of one of 6 of them",
    ]
    right = few_steps().axes[1].get_legend()
    assert right.get_title().get_text() == "bars: ± one standard error"
    assert [text.get_text() for text in right.get_texts()] == ["entropy 5.000"]


def test_every_walk_has_its_panel():
    titles = [axes.get_title() for axes in walks().axes]
    assert titles[:3] == ["first", "second", "third"]
