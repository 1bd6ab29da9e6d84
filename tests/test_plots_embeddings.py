"""Figures of lesson 03: labelled, grey, and they show what they are given."""

import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.text import Annotation

from tests.printed import assert_printable, texts
from textdiff_lite.plots import embeddings as plots

WORDS = ["fox", "mill", "bells", "lions"]
WIDE = torch.tensor([[2.0, 0.0], [-2.0, 0.5], [0.0, 1.5], [0.2, -2.0]])


def useless() -> Figure:
    curves = {"rounding": [1.0, 0.5, 0.2], "nothing": [1.0, 0.05, 0.011]}
    return plots.best_loss(WORDS, curves, 0.01, {"rounding": WIDE, "nothing": WIDE / 40}, 0.1)


FIGURES = {
    "geometry": lambda: plots.geometry(["step 0", "step 9"], {"a": [WIDE, WIDE / 2], "b": [WIDE, WIDE / 40]}, 0.1),
    "best_loss": useless,
    "weights": lambda: plots.weights([0.1, 0.5, 0.9], {"x₀": [1.0, 1.0, 1.0], "mean": [1e-6, 1e-7, 1e-6]}),
    "trade": lambda: plots.trade(5.08, {"free": (0.7, 0.02, 5.1, 0.1), "clamped": (0.8, 0.02, 4.6, 0.1)}),
    "lengths": lambda: plots.lengths(
        WORDS, [1.0, 2.0, 3.0, 4.0], [3.0, 3.1, 3.4, 3.6], ["fox", "lions"], ("it", 2.5, 4.0)
    ),
}


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_it_can_be_drawn_without_a_warning_is_small_and_grey(figure):
    assert_printable(figure())


def test_the_flat_table_keeps_distances_that_lie_in_a_plane_and_shows_the_longest_side_first():
    turn, _ = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    plane = torch.tensor([[3.0, 0.2], [-3.0, 0.1], [1.0, -0.9], [-2.0, 0.4]], dtype=torch.float64)
    table = torch.nn.functional.pad(plane, (0, 3)) @ turn + 7
    seen = plots.flat(table)
    assert torch.allclose(torch.cdist(seen, seen), torch.cdist(plane, plane))
    assert torch.allclose(seen.mean(0), torch.zeros(2, dtype=torch.float64), atol=1e-9)
    assert seen[:, 0].var() > seen[:, 1].var()
    assert torch.allclose(plots.flat(2 * table, like=table), 2 * seen)


def test_all_maps_have_one_scale_and_a_disc_of_sigma_0_round_every_word():
    figure = FIGURES["geometry"]()
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    for axes in figure.axes:
        discs = [patch for patch in axes.patches if isinstance(patch, Circle)]
        assert [disc.radius for disc in discs] == [0.1] * 4
    assert [axes.get_ylabel() for axes in figure.axes] == ["a", "", "b", ""]
    assert "σ₀" in figure.get_supxlabel()


def test_the_last_map_is_the_collapsed_table_magnified_and_its_title_says_how_much():
    _, one, other, magnified = useless().axes
    assert one.get_xlim() == other.get_xlim()
    times = one.get_xlim()[1] / magnified.get_xlim()[1]
    assert magnified.get_title() == f"nothing, × {times:.0f}"
    assert 20 < times < 40  # one word that stays behind does not decide it
    behind = torch.cat([WIDE / 40, WIDE / 40, torch.tensor([[2.0, 2.0]])])
    *_, again = plots.best_loss([*WORDS, *WORDS, "it"], {"n": [1.0]}, 0.01, {"n": behind}, 0.1).axes
    assert again.get_xlim()[1] < 0.1
    assert "1 word lies outside" in [text.get_text() for text in again.texts]


def test_names_stand_where_there_is_room_and_none_over_another():
    assert set(texts(useless())) >= {"fox", "mill", "bells", "lions"}
    crowd = plots.best_loss(
        ["a", "b", "c"], {"n": [1.0]}, 0.01, {"n": torch.tensor([[-1.0, 0.0], [-1.0, 0.01], [1.0, 0.0]])}, 0.1
    )
    assert len([text for text in texts(crowd) if text in {"a", "b"}]) == 2  # one in each of the two frames


def test_curves_and_points_differ_without_colour():
    lines = plots.weights([0.1, 0.9], {str(i): [1.0, 0.1] for i in range(4)}).axes[0].get_lines()
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == 4


def test_the_entropy_is_marked_and_named():
    figure = FIGURES["trade"]()
    assert "entropy, 5.08" in texts(figure)
    assert figure.axes[0].get_xlabel().startswith("mean −ln p")


def test_only_the_named_words_have_a_name_and_the_word_that_never_comes():
    assert [text for text in texts(FIGURES["lengths"]()) if text] == ["fox", "lions", "it", "2.50 at first"]


@pytest.mark.parametrize(("first", "now"), [(2.5, 4.0), (4.0, 2.5)])
def test_a_word_that_never_comes_stands_at_infinity_with_an_arrow_from_where_it_began(first, now):
    (axes,) = plots.lengths(WORDS, [1.0, 2.0, 3.0, 4.0], [3.0, 3.1, 3.4, 3.6], [], ("it", first, now)).axes
    *_, (x, label) = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    assert (x > 4, label.get_text()) == (True, "∞")
    (arrow,) = (text for text in axes.texts if isinstance(text, Annotation) and text.arrow_patch is not None)
    assert (arrow.xyann, arrow.xy) == ((x, first), (x, now))
    assert axes.get_ylim()[1] > 4.0


@pytest.mark.parametrize(("share", "bottom"), [(0.7, 0.5), (0.52, 0.0), (0.1, 0.0)])
def test_the_shares_axis_begins_at_a_half_where_all_shares_and_their_bars_lie_above(share, bottom):
    (axes,) = plots.trade(5.08, {"free": (0.8, 0.02, 5.1, 0.1), "clamped": (share, 0.02, 4.6, 0.1)}).axes
    assert axes.get_ylim()[0] == bottom


def test_time_is_stretched_at_both_ends_and_where_two_curves_meet_both_marks_are_seen():
    (axes,) = plots.weights([5e-4, 0.5, 0.9995], {"a": [1.0, 1.0, 1.0], "b": [1.0, 1e-6, 1e-4]}).axes
    (middle, _), *ends = axes.transData.transform([(0.5, 1), (5e-4, 1), (0.01, 1), (0.99, 1), (0.9995, 1)])
    gaps = [abs(x - middle) for x, _ in ends]
    assert gaps[0] > 1.5 * gaps[1]
    assert gaps[3] > 1.5 * gaps[2]
    assert [line.get_markersize() for line in axes.get_lines()] == [9, 7]
