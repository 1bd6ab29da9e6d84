"""The denoising viewer: the trace it takes from a sampler, and the page it makes of it."""

import json
import math
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import torch

from textdiff_lite.plots.viewer import Frame, Hidden, Shown, denoising_viewer, trace
from textdiff_lite.samplers import Step

WORDS = ["the", "fox", "naps", "."]
MASK = 4
A = [0.1, 0.2, 0.3, 0.4]
B = [0.7, 0.0, 0.3, 0.0]
C = [0.25, 0.25, 0.25, 0.25]
NASTY = ["<b>", "</script>", "<!--", "&amp;", '"', "'", "\\", "$x$", " ", "\n", "…\u2028"]


def steps(*rows):
    """Steps of a batch of two: what is asked for stands in its second row, and the first is another sentence."""
    for t, x, beliefs in rows:
        belief = torch.tensor(beliefs, dtype=torch.float64).log()
        yield Step(torch.tensor([[0.5], [t]]), torch.tensor([[0] * len(x), x]), torch.stack([belief.flip(-1), belief]))


def start(*ids):
    return torch.tensor([[0] * len(ids), ids])


def cells(frames):
    """The frames without their floats' last digits."""
    return [[_cell(place) for place in frame.places] for frame in frames]


def _cell(place):
    if isinstance(place, Hidden):
        return [(word, round(p, 9)) for word, p in place.guesses]
    return place.word, None if place.probability is None else round(place.probability, 9)


# From steps to frames


def test_a_hidden_place_shows_what_is_believed_now_and_a_word_what_was_believed_when_it_was_written():
    walk = steps((0.6, [MASK, 2], [A, B]), (0.2, [3, 2], [B, C]), (0.0, [3, 2], [C, A]))
    # nobody believed in the word at place 0 that came: a sampler may do that, and the trace says so
    assert cells(trace(start(MASK, MASK), walk, WORDS, MASK, row=1)) == [
        [[(".", 0.4), ("naps", 0.3), ("fox", 0.2)], [("the", 0.7), ("naps", 0.3)]],
        [[("the", 0.7), ("naps", 0.3)], ("naps", 0.3)],
        [(".", 0.0), ("naps", 0.3)],
        [(".", 0.0), ("naps", 0.3)],
    ]


def test_a_word_that_becomes_another_has_the_new_words_probability():
    walk = steps((0.5, [1, 2], [A, B]), (0.0, [0, 2], [B, A]))
    assert cells(trace(start(MASK, MASK), walk, WORDS, MASK, row=1))[1:] == [
        [("fox", 0.2), ("naps", 0.3)],
        [("the", 0.7), ("naps", 0.3)],
    ]


def test_given_words_have_no_probability_and_equal_guesses_come_in_the_order_of_the_vocabulary():
    frames = trace(start(1, MASK), steps((0.0, [1, MASK], [A, C])), WORDS, MASK, row=1)
    assert cells(frames) == [
        [("fox", None), [("the", 0.25), ("fox", 0.25), ("naps", 0.25)]],
        [("fox", None), []],
    ]


def test_without_a_mask_every_belief_is_about_every_word():
    walk = steps((0.5, [1, 2], [A, B]), (0.0, [1, 0], [C, B]))
    assert cells(trace(start(1, 3), walk, WORDS, row=1)) == [
        [("fox", None), (".", None)],
        [("fox", 0.2), ("naps", 0.3)],
        [("fox", 0.25), ("the", 0.7)],
    ]


def test_times_are_those_of_the_row_and_of_the_tokens_that_move():
    walk = list(steps((0.6, [MASK], [A]), (0.2, [3], [B])))
    assert [frame.t for frame in trace(start(MASK), walk, WORDS, MASK, row=1)] == pytest.approx([1.0, 0.6, 0.2])
    assert trace(start(MASK), walk, WORDS, MASK, row=1, start=0.8)[0].t == 0.8
    shared = [step._replace(t=step.t[1:]) for step in walk]
    assert [frame.t for frame in trace(start(MASK), shared, WORDS, MASK, row=1)] == pytest.approx([1.0, 0.6, 0.2])
    clamped = Step(torch.tensor([[0.9, 0.9], [0.0, 0.3]]), start(1, MASK), torch.tensor([[A, A]] * 2).log())
    assert trace(start(1, MASK), [clamped], WORDS, MASK, row=1)[1].t == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": []}, "steps must hold one step at least, got none"),
        ({"row": 2}, r"row must lie in \[0, 2\), the rows of x, got 2"),
        ({"row": -1}, r"row must lie in \[0, 2\), the rows of x, got -1"),
        ({"vocabulary": WORDS[:3]}, r"ids must lie in \[0, 3\), the vocabulary, and the mask is 4; got 3"),
        ({"vocabulary": [*WORDS, "a"], "mask": 5}, "x0_hat must be over the 5 words of the vocabulary, got 4"),
        ({"mask": None}, r"ids must lie in \[0, 4\), the vocabulary, and there is no mask; got 4"),
    ],
)
def test_a_trace_that_does_not_fit_is_refused(change, message):
    whole = {"x": start(MASK), "steps": list(steps((0.0, [3], [A]))), "vocabulary": WORDS, "mask": MASK, "row": 1}
    with pytest.raises(ValueError, match=message):
        trace(**whole | change)


@pytest.mark.parametrize(("belief", "off"), [(torch.zeros(2, 1, 4), "3"), (torch.full((2, 1, 4), math.nan), "nan")])
def test_logits_are_no_beliefs(belief, off):
    with pytest.raises(ValueError, match=f"normalised log-probabilities; a sum of probabilities is off by {off}"):
        trace(start(MASK), [Step(torch.zeros(2, 1), start(3), belief)], WORDS, MASK, row=1)


def test_what_float32_rounds_above_one_is_one():
    belief = torch.tensor([[[2e-7, -math.inf, -math.inf, -math.inf]]] * 2)
    (_, end) = trace(start(MASK), [Step(torch.zeros(2, 1), start(0), belief)], WORDS, MASK, row=1)
    assert end.places == (Shown("the", 1.0),)


# From frames to a page


class Page(HTMLParser):
    """What a browser would see: the elements, and the texts that are neither script nor style."""

    VOID = ("meta", "br")

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self.scripts, self.open = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open += [] if tag in self.VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif self.open and self.open[-1] != "style" and data.strip():
            self.texts.append(data.strip())

    def tags(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def frame(t, *places):
    return Frame(t, places)


FRAMES = [
    frame(1.0, Hidden((("the", 0.5), ("a", 0.25))), Hidden((("fox", 0.004),))),
    frame(0.625, Hidden((("the", 0.996),)), Shown("fox", 0.004)),
    frame(0.0, Shown("the", 0.996), Shown("fox", 0.004)),
]


def test_without_scripts_the_page_holds_the_last_frame_and_a_table_of_all_steps():
    page = Page(denoising_viewer(FRAMES, "Two words").html)
    assert page.texts == [
        *("Two words", "step 2 of 2, t = 0.00, 0 of 2 hidden:", "the fox"),
        "All steps as a table. Bold: new in this step. ▒: hidden, with the likeliest word.",
        *("step", "t", "place 0", "place 1"),
        *("0", "1.00", "▒ the 50%", "▒ fox <1%"),
        *("1", "0.62", "▒ the >99%", "fox", "<1%"),
        *("2", "0.00", "the", ">99%", "fox <1%"),
    ]
    assert len(page.tags("b")) == 2


def test_a_trace_that_hides_nothing_does_not_speak_of_hiding():
    html = denoising_viewer([frame(1.0, Shown("a")), frame(0.0, Shown("b", 1.0))]).html
    visible = " ".join(Page(html).texts)
    assert "hidden" not in visible
    assert "step 1 of 1, t = 0.00: b" in visible
    assert "b 100%" in visible


def test_only_the_impossible_has_no_per_cent_and_only_the_certain_has_all():
    likely = [0.0, 1e-6, 0.0099, 0.01, 0.5, 0.99, 0.9901, 1 - 1e-6, 1.0]
    shown = Page(denoising_viewer([frame(0.0, *[Shown("a", p) for p in likely])]).html).texts[-9:]
    assert shown == ["a 0%", "a <1%", "a <1%", "a 1%", "a 50%", "a 99%", "a >99%", "a >99%", "a 100%"]


def test_the_page_asks_nothing_of_the_network():
    page = Page(denoising_viewer(FRAMES).html)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch\(|XMLHttp|import\(", denoising_viewer(FRAMES).html)
    assert not [pair for pair in page.elements if {"src", "href", "id"} & pair[1].keys()]
    assert not page.tags("iframe")


def test_no_token_breaks_the_page():
    places = [Shown(word, 0.5) for word in NASTY]
    frames = [frame(1.0, *[Hidden(((word, 0.5),)) for word in NASTY]), frame(0.0, *places)]
    plain = Page(denoising_viewer([frame(f.t, *[Shown("a")] * len(NASTY)) for f in frames], "a").html)
    nasty = Page(denoising_viewer(frames, '</figure><b>"').html)
    kinds = [[tag for tag, _ in page.elements if tag != "b"] for page in (plain, nasty)]
    assert kinds[0] == kinds[1]
    data = nasty.scripts[0]
    assert "<" not in data
    assert json.loads(data)["words"] == [{" ": "␣", "\n": "⏎"}.get(word, word) for word in NASTY]
    assert '</figure><b>"' in nasty.texts
    assert nasty.tags("figure")[0]["aria-label"] == '</figure><b>"'
    assert {"▒ </script> 50%", "▒ &amp; 50%", "▒ ␣ 50%", "▒ ⏎ 50%"} <= set(nasty.texts)


def test_the_same_trace_makes_the_same_html():
    assert denoising_viewer(FRAMES, "a") == denoising_viewer(list(FRAMES), "a")
    assert denoising_viewer(FRAMES, "a")._repr_html_() == denoising_viewer(FRAMES, "a").html


def test_a_trace_of_32_steps_and_32_places_stays_below_100_kilobytes():
    words = [f"longer-word-{i}" for i in range(1000)]
    order = torch.randperm(32, generator=torch.Generator().manual_seed(0)).tolist()
    frames = []
    for k in range(33):
        guesses = [tuple((words[(97 * k + 31 * i + j) % 1000], (k + i + j) / 100) for j in range(3)) for i in range(32)]
        seen = [Shown(words[i], i / 100) for i in range(32)]
        frames.append(frame(1 - k / 32, *[seen[i] if order[i] < k else Hidden(guesses[i]) for i in range(32)]))
    assert all(a != b for a, b in pairwise(frames))
    assert len(denoising_viewer(frames).html.encode()) < 100_000


def test_a_saved_page_is_whole(tmp_path):
    viewer = denoising_viewer(FRAMES, "a < b")
    viewer.save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>\n")
    assert viewer.html in text
    page = Page(text.removeprefix("<!DOCTYPE html>\n"))
    assert page.tags("meta") == [{"charset": "utf-8"}]
    assert page.texts[:2] == ["a < b", "a < b"]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "frames must hold one frame at least, got none"),
        ([frame(1.0)], "frames must have one place at least, and frame 0 has none"),
        ([FRAMES[0], frame(0.0, Shown("a"))], "frames must have one length, 2 places, and frame 1 has 1"),
        ([frame(0.0, Shown("a", 1.5))], r"probability must lie in \[0, 1\], and place 0 of frame 0 has 1.5"),
        ([frame(0.0, Shown("a"), Shown("a", -0.1))], r"probability must lie .* place 1 of frame 0 has -0.1"),
        ([frame(0.0, Shown("a", math.nan))], r"probability must lie .* place 0 of frame 0 has nan"),
        ([frame(0.0, Hidden((("a", 0.1), ("b", 2.0))))], r"probability must lie .* place 0 of frame 0 has 2"),
        ([frame(1.5, Shown("a"))], r"t must lie in \[0, 1\], and frame 0 has 1.5"),
    ],
)
def test_frames_that_are_no_trace_are_refused(frames, message):
    with pytest.raises(ValueError, match=message):
        denoising_viewer(frames)
