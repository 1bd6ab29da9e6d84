"""The figures of lesson 01a: what they draw, asked of matplotlib."""

import io

import numpy as np
import pytest
import torch

from textdiff_lite.plots import gaussian as plots

WORDS = ("thai", "french")
PLACES = torch.tensor([(0.0, 1.0), (0.0, -1.0)])


def draw(figure) -> None:
    figure.savefig(io.BytesIO(), format="png", dpi=40)


def points(n: int = 20) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


def test_levels_have_a_line_for_each_schedule_over_the_whole_of_time():
    figure = plots.levels({"one": torch.linspace(1, 0, 11), "two": torch.linspace(1, 0, 5)})
    lines = figure.axes[0].get_lines()[:2]
    assert [line.get_label() for line in lines] == ["one", "two"]
    assert all((line.get_xdata()[0], line.get_xdata()[-1]) == (0, 1) for line in lines)
    assert len({line.get_linestyle() for line in lines}) == 2
    draw(figure)


def test_clouds_have_a_panel_each_and_empty_panels_are_blank():
    figure = plots.clouds([("a", points()), ("b", points()), ("c", points())], columns=2)
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c", ""]
    assert not figure.axes[3].axison
    np.testing.assert_allclose(figure.axes[1].collections[0].get_offsets(), points())
    draw(figure)


def test_bells_are_normal_densities():
    figure = plots.bells([("one", 0.0, 1.0), ("two", 3.0, 2.0), ("both", 1.0, 2 / 3)])
    for line, peak in zip(figure.axes[0].get_lines(), (1, 2, 2 / 3), strict=True):
        x, y = line.get_data()
        assert y.max() == pytest.approx((2 * np.pi * peak) ** -0.5, rel=1e-3)
        assert np.trapezoid(y, x) == pytest.approx(1, abs=0.01)
    draw(figure)


def test_steps_back_show_the_law_and_a_bell_of_its_moments():
    x = torch.linspace(-4, 4, 400)
    density = torch.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5
    figure = plots.steps_back([("small", x, density, 0.0, 1.0), ("large", x, density, 1.0, 1.0)])
    fitted, shifted = (axes.get_lines()[0].get_ydata() for axes in figure.axes)
    edge = figure.axes[0].collections[0].get_paths()[0].vertices
    assert edge[:, 1].max() == pytest.approx(float(density.max()))
    np.testing.assert_allclose(fitted, density.numpy(), atol=1e-6)
    assert shifted.argmax() > fitted.argmax()
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim() == (-4, 4)
    assert figure.axes[0].get_ylabel() == "density"
    draw(figure)


def test_fields_point_from_the_state_to_the_guess():
    where = torch.tensor([(1.0, 0.0), (0.0, 2.0)])
    figure = plots.fields(where, [("to the middle", torch.zeros(2, 2))], points())
    arrows = figure.axes[0].collections[1]
    assert arrows.U[0] < 0
    assert arrows.V[0] == 0
    assert arrows.V[1] < 0
    draw(figure)


def test_word_map_counts_the_nearest_word():
    particles = torch.tensor([(0.0, 0.9), (0.1, 1.2), (0.0, 0.2), (0.3, -3.0)])
    figure = plots.word_map(WORDS, PLACES, [("all", particles)], columns=2)
    labels = figure.axes[0].texts
    assert [text.get_text().strip() for text in labels] == ["thai 75%", "french 25%"]
    # outside the axes, where they hide no particle: half of them at each side, at the height of the word
    assert [text.get_position() for text in labels] == [
        (pytest.approx(-1.04 * plots.REACH), 1.0),
        (pytest.approx(1.04 * plots.REACH), -1.0),
    ]
    assert [text.get_ha() for text in labels] == ["right", "left"]
    draw(figure)


def test_there_and_back_joins_both_ways_and_writes_the_shares():
    T, n = 10, 4
    down = torch.zeros(T + 1, n)
    back = torch.ones(T + 1, n)
    figure = plots.there_and_back(
        WORDS,
        PLACES[:, 1],
        torch.tensor([0.75, 0.25]),
        down,
        back,
        torch.linspace(1, 0, T + 1),
        torch.tensor([0.5, 0.5]),
        chosen=range(2),
    )
    axes = figure.axes[0]
    said = [text.get_text() for text in axes.texts]
    assert said[:4] == ["thai  75%", "50%  thai", "french  25%", "50%  french"]
    walk = axes.get_lines()[0]
    assert len(walk.get_xdata()) == 2 * T + 1
    assert walk.get_ydata()[T] == 0
    assert walk.get_ydata()[T + 1] == 1
    # symmetric in time: the density at t is the same on both ways
    image = axes.images[0].get_array()
    np.testing.assert_allclose(image, image[:, ::-1])
    draw(figure)


def test_rates_and_losses_have_their_lines():
    figure = plots.rates((1, 2, 10), {"exact": (0.0, 0.9, 1.0), "network": (0.0, 0.2, 0.7)})
    assert [line.get_label() for line in figure.axes[0].get_lines()] == ["exact", "network"]
    draw(figure)
    for count in (5, 50):
        figure = plots.losses([1.0] * count, floor=0.5)
        assert figure.axes[0].get_lines()[-1].get_ydata()[0] == 0.5
        draw(figure)
