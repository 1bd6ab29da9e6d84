"""Figures of lesson 04: labelled, grey, and they show what they are given."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tests.printed import assert_printable, texts
from textdiff_lite.cards import Card
from textdiff_lite.plots import schedules as plots

T = [0.0, 0.25, 0.5, 0.75, 1.0]
FALLS = [1.0, 0.8, 0.5, 0.2, 0.0]

CARD = Card(
    system="difformer",
    variant="tiny",
    config={"schedule": "cosine"},
    corpus="bistro",
    fingerprint="0",
    corpus_facts={},
    split="test",
    sentences=10_000,
    parameters=1,
    nats_per_sentence=20.0,
    nats_per_token=1.0,
    bits_per_token=1.4,
    clamped=False,
    evaluations=200,
    stored="float16",
    command="",
    seed=0,
    steps=1,
    hardware="",
    seconds=1.0,
    versions={},
    ratio=1.2,
    ratio_se=0.01,
    parse_rate=0.6,
    parse_rate_se=0.02,
    sample_nats=17.0,
    sample_nats_se=0.2,
)


def a_card(schedule: str, seed: int, parse_rate: float | None, **more: float | None) -> Card:
    """Made up, for the drawing alone."""
    return dataclasses.replace(CARD, config={"schedule": schedule}, seed=seed, parse_rate=parse_rate, **more)


CARDS = [
    a_card("adaptive", 0, None, sample_nats=None, parse_rate_se=None),
    a_card("mutual-information", 0, 0.5),
    a_card("sqrt", 2, 0.8),
    a_card("mutual-information", 1, 0.7),
    a_card("sqrt", 0, 0.9),
]


def code() -> Figure:
    widths = {"width 8": FALLS, "width 32": [1.0, 0.9, 0.8, 0.5, 0.0]}
    return plots.code_words(T, {"cosine": widths, "sqrt": widths}, {"cosine": [0.5, 0.75], "sqrt": [0.3, 0.4]})


def loss() -> Figure:
    return plots.loss_decides(
        T, {"fixed": [0.0, 0.0, 0.0, 1.0, 2.0]}, T, {"fixed": FALLS, "first": [1.0, 0.5, 0.1, 0.05, 0.0]}
    )


FIGURES = {
    "three_views": lambda: plots.three_views(
        T, {"a": (FALLS, [9.0, 4.0, 1.0, 0.2, 1e-3], FALLS), "b": (FALLS, [9.0] * 5, FALLS)}
    ),
    "time_spent": lambda: plots.time_spent([0.01, 1.0, 100.0], [0.0, 1.0, 0.0], {"a": [0.001, 0.1, 10.0], "b": [1.0]}),
    "code_words": code,
    "lines": lambda: plots.lines(T, {"a": FALLS, "b": T}, "t", "share"),
    "loss_decides": loss,
    "seen_words": lambda: plots.seen_words(["the", "aubergine"], [("t = 0.3", [0.9, 0.4]), ("t = 0.7", [0.5, 0.0])]),
    "drawn_more_often": lambda: plots.drawn_more_often([2, 3, 4], [8.0, 1.0, 0.5], [0.8, 0.15, 0.05]),
    "which_wins": lambda: plots.which_wins(CARDS, 17.9),
}
every = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@every
def test_it_can_be_drawn_without_a_warning_is_small_and_grey(figure):
    assert_printable(figure())


@every
def test_axes_that_count_something_say_what(figure):
    drawn = figure()
    said = [text.get_text() for text in (drawn._supxlabel, drawn._supylabel) if text is not None]
    for axes in drawn.axes:
        if axes.axison and axes.get_lines():
            assert axes.get_xlabel() or said or axes is not drawn.axes[-1]  # a shared axis is labelled below
            labelled = any(label.get_text() for label in axes.get_yticklabels())
            assert axes.get_ylabel() or axes.get_title() or labelled or axes is not drawn.axes[0]


def test_each_schedule_is_drawn_in_three_ways_and_its_snr_on_a_log_axis():
    figure = FIGURES["three_views"]()
    assert [axes.get_title() for axes in figure.axes] == ["ᾱ", "SNR", "words still readable"]
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "log", "linear"]
    assert [list(axes.get_lines()[0].get_ydata()) for axes in figure.axes] == [FALLS, [9.0, 4.0, 1.0, 0.2, 1e-3], FALLS]
    assert legend(figure) == ["a", "b"]


def test_steps_that_land_outside_are_counted_and_rows_have_names():
    above, below = FIGURES["time_spent"]().axes
    assert [list(line.get_xdata()) for line in below.get_lines()] == [[0.1, 10.0], [1.0]]
    assert [label.get_text() for label in below.get_yticklabels()] == ["a", "b"]
    assert [(text.get_text(), text.get_position()[1]) for text in below.texts] == [("← 1", 0)]
    assert above.get_xscale() == "log"


def test_a_code_word_has_a_line_for_each_width_and_a_cross_where_the_formula_says_half():
    figure = code()
    for axes, crosses in zip(figure.axes, ([0.5, 0.75], [0.3, 0.4]), strict=True):
        drawn = {line.get_label(): line for line in axes.get_lines()}
        assert list(drawn["width 32"].get_ydata()) == [1.0, 0.9, 0.8, 0.5, 0.0]
        assert list(axes.get_lines()[-1].get_xdata()) == crosses
        assert list(axes.get_lines()[-1].get_ydata()) == [0.5, 0.5]
    assert legend(figure) == ["width 8", "width 32", "nine of ten", "½ by the formula"]
    assert figure.get_suptitle() == "A word is a code word"


def test_no_two_curves_look_alike():
    figure = plots.lines(T, {str(i): FALLS for i in range(5)}, "t", "share")
    looks = {
        (line.get_linestyle(), line.get_marker(), line.get_markerfacecolor()) for line in figure.axes[0].get_lines()
    }
    assert len(looks) == 5


def test_lines_may_stand_on_a_log_axis():
    assert plots.lines(T, {"a": FALLS}, "t", "share").axes[0].get_yscale() == "linear"
    (axes,) = plots.lines(T, {"a": FALLS}, "t", "share", log=True).axes
    assert (axes.get_yscale(), axes.get_ylim()[0]) == ("log", 1e-3)


def test_on_a_log_axis_a_curve_ends_before_it_is_0():
    drawn = plots.lines(T, {"a": FALLS}, "t", "share", log=True).axes[0], loss().axes[1]
    for axes in drawn:
        assert axes.get_lines()[0].get_ydata() == pytest.approx([*FALLS[:-1], np.nan], nan_ok=True)


def test_the_loss_and_the_tables_have_panels_of_their_own():
    left, right = loss().axes
    assert [list(line.get_ydata()) for line in left.get_lines()] == [[0.0, 0.0, 0.0, 1.0, 2.0]]
    assert len(right.get_lines()) == 2
    assert right.get_yscale() == "log"


def test_a_word_that_is_likely_seen_is_dark_and_says_so():
    figure = FIGURES["seen_words"]()
    boxes = [float(np.mean(box.get_facecolor()[:3])) for box in figure.axes[0].patches if isinstance(box, Rectangle)]
    assert boxes == pytest.approx([1 - 0.5 * share for share in (0.9, 0.4, 0.5, 0.0)])
    assert texts(figure) == ["the", "aubergine", "t = 0.3", "90", "40", "t = 0.7", "50", "0"]


def test_draws_are_shown_beside_even_ones():
    above, below = FIGURES["drawn_more_often"]().axes
    assert list(above.get_lines()[0].get_xdata()) == [2, 3, 4]
    assert below.get_xlim() == (2, 4)
    assert list(above.get_lines()[0].get_ydata()) == [8.0, 1.0, 0.5]
    assert below.get_lines()[0].get_ydata() == pytest.approx([2.4, 0.45, 0.15])
    assert below.get_lines()[1].get_ydata() == pytest.approx([1, 1])


def test_seeds_are_points_in_their_order_and_the_bar_is_their_mean():
    figure = FIGURES["which_wins"]()
    parse = figure.axes[1]
    points, means = (
        [list(line.get_xdata()) for line in parse.get_lines() if (line.get_marker() == "o") is dots]
        for dots in (True, False)
    )
    assert points == [[0.9, 0.8], [0.5, 0.7], []]
    assert np.array(means)[:, 0] == pytest.approx([0.85, 0.6])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["sqrt", "1 − t", "adaptive"]
    bars = parse.collections[0].get_segments()
    assert bars[0][:, 0] == pytest.approx([0.86, 0.94])  # two standard errors of 0.02


def test_the_samples_stand_beside_the_entropy():
    figure = FIGURES["which_wins"]()
    assert "entropy, 17.9" in texts(figure)
    assert [axes.get_xlabel() for axes in figure.axes] == [label for _, label, _ in plots.MEASURES]


def test_no_cards_are_refused():
    with pytest.raises(ValueError, match="at least one card, got none"):
        plots.which_wins([], 17.9)
