"""The denoising viewer in a browser: the slider and the keys move it, and what it says can be read."""

import io
from html import escape

import pytest
from matplotlib.image import imread

from tests.chromium import chromium, missing
from textdiff_lite.plots.viewer import Frame, Hidden, Shown, denoising_viewer

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())

FRAMES = [
    Frame(1.0, (Hidden((("the", 0.5), ("</script>", 0.25))), Hidden((("<b>", 0.75),)))),
    Frame(0.625, (Hidden((("the", 0.9),)), Shown("<b>", 0.75))),
    Frame(0.25, (Shown("the", 0.9), Shown("<b>", 0.75))),
    Frame(0.0, (Shown("a", 0.004), Shown("<b>", 0.75))),
]
CAPTIONS = [
    "step 0 of 3, t = 1.00, 2 of 2 hidden",
    "step 1 of 3, t = 0.62, 1 of 2 hidden",
    "step 2 of 3, t = 0.25, 0 of 2 hidden",
    "step 3 of 3, t = 0.00, 0 of 2 hidden",
]
BOXES = [
    ["0 hidden the 50% </script> 25%", "1 hidden <b> 75%"],
    ["0 hidden the 90%", "1 new <b> 75%"],
    ["0 new the 90%", "1 <b> 75%"],
    ["0 new a <1%", "1 <b> 75%"],
]
MOVE = """
const slider = document.querySelectorAll("input[type=range]")[arguments[0]];
slider.value = arguments[1];
slider.dispatchEvent(new Event("input", {bubbles: true}));
"""
READ = """
return [...document.querySelectorAll(".textdiff-viewer")].map(viewer => ({
    status: viewer.querySelector("[aria-live]").textContent,
    boxes: [...viewer.querySelectorAll("li")].map(box => box.innerText.split(/\\s+/).join(" ")),
    bars: [...viewer.querySelectorAll(".bar i")].map(bar => bar.style.width),
    slider: viewer.querySelector("input").value,
    spoken: viewer.querySelector("input").getAttribute("aria-valuetext"),
}));
"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as driven:
        yield driven


@pytest.fixture
def page(browser, tmp_path):
    """The browser at a page with two equal viewers."""
    viewer = denoising_viewer(FRAMES, "Two words")
    body = f"{viewer.html}\n{viewer.html}"
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><meta charset='utf-8'>{body}", encoding="utf-8")
    browser.open(tmp_path / "page.html")
    return browser


def steps(page):
    """The step that each viewer shows; what each says of it must be true."""
    shown = page.run(READ)
    for viewer in shown:
        k = int(viewer["slider"])
        assert (viewer["status"], viewer["spoken"], viewer["boxes"]) == (CAPTIONS[k], CAPTIONS[k], BOXES[k])
    return [int(viewer["slider"]) for viewer in shown]


def test_a_saved_page_shows_every_step_to_the_slider(browser, tmp_path):
    denoising_viewer(FRAMES, "Two <words>").save(tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    assert browser.run("return document.title") == "Two <words>"
    assert steps(browser) == [0]
    for k in (1, 2, 3, 1, 0, 3):
        browser.run(MOVE, 0, k)
        assert steps(browser) == [k]
    assert browser.run(READ)[0]["bars"] == ["1%", "75%"]


def test_the_mouse_and_the_keys_move_the_viewer_that_has_the_focus(page):
    page.click("input[type=range]")  # its middle
    assert steps(page)[0] in (1, 2)
    page.press("Home")
    assert steps(page) == [0, 0]
    page.press("ArrowLeft")
    assert steps(page) == [0, 0]
    page.press("ArrowRight", "ArrowRight")
    assert steps(page) == [2, 0]
    page.press("End", "ArrowRight")
    assert steps(page) == [3, 0]
    page.press("ArrowLeft")
    assert steps(page) == [2, 0]
    page.click("figure:last-of-type ol")
    page.press("ArrowRight")
    assert steps(page) == [2, 1]


def test_the_keyboard_reaches_the_slider_and_the_play_button(page):
    page.press("Tab")
    assert page.run("return document.activeElement.type") == "range"
    page.press("ArrowRight", "Tab")
    assert page.run("return document.activeElement.textContent") == "Play"
    page.press("ArrowRight")
    assert steps(page) == [2, 0]


def test_playing_goes_on_to_the_end_and_then_from_the_start(page):
    # a clock that ticks when the test says so
    page.run("window.setInterval = tick => { window.tick = tick; return 1; }")
    said = "return document.querySelector('button').textContent"
    page.run(MOVE, 0, 1)
    page.click("button")
    assert (steps(page), page.run(said)) == ([2, 0], "Pause")
    page.run("window.tick()")
    assert (steps(page), page.run(said)) == ([3, 0], "Play")
    page.click("button")
    assert (steps(page), page.run(said)) == ([0, 0], "Pause")
    page.click("button")
    assert (steps(page), page.run(said)) == ([0, 0], "Play")
    page.click("button")
    page.press("ArrowRight")
    assert (steps(page), page.run(said)) == ([2, 0], "Play")


def test_hatching_and_a_bold_frame_read_in_grey(page):
    page.run(MOVE, 0, 1)
    grey = imread(io.BytesIO(page.picture()))[..., :3].mean(-1)
    where = (
        "return [...document.querySelectorAll(arguments[0])].slice(0, 2).map(e => e.getBoundingClientRect().toJSON())"
    )
    hatched, word = [inside(grey, box, right=30) for box in page.run(where, "li .word")]
    assert hatched.min() < 0.65
    assert word.min() == 1
    # one pixel within the edge a thin frame has ended
    dashed, bold = [
        grey[round(box["y"]) + 8 : round(box["bottom"]) - 8, round(box["x"]) + 1] for box in page.run(where, "li")
    ]
    assert dashed.min() == 1
    assert bold.max() < 0.2


def inside(grey, box, right):
    """The last pixels of a box, where no word reaches."""
    end = round(box["right"]) - 2
    return grey[round(box["y"]) + 2 : round(box["bottom"]) - 2, end - right : end]


def test_all_text_has_a_contrast_of_seven_on_its_own_paper(page):
    style = """
    const rgb = element => getComputedStyle(element).color.match(/[0-9]+/g).map(Number);
    const texts = [...document.querySelectorAll(".textdiff-viewer :is(span,p,td,th,summary,strong,em,b,button,label)")];
    return {paper: getComputedStyle(document.querySelector(".textdiff-viewer")).backgroundColor,
            inks: [...new Set(texts.map(e => rgb(e).join(",")))]};
    """
    dark = "body{background:#111;color:#eee} p,td,li,table,summary{color:#eee} tr{background:#222}"
    page.run("document.head.append(Object.assign(document.createElement('style'), {textContent: arguments[0]}))", dark)
    found = page.run(style)
    assert found["paper"] == "rgb(255, 255, 255)"
    for ink in found["inks"]:
        assert 1.05 / (luminance([int(part) for part in ink.split(",")]) + 0.05) >= 7, ink


def luminance(rgb):
    """Relative luminance, WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_page_that_a_browser_saved_works_again(page, tmp_path):
    page.run(MOVE, 0, 2)
    whole = page.run("return document.documentElement.outerHTML")
    (tmp_path / "again.html").write_text(f"<!DOCTYPE html>{whole}", encoding="utf-8")
    page.open(tmp_path / "again.html")
    assert steps(page) == [0, 0]
    page.run(MOVE, 1, 3)
    assert steps(page) == [0, 3]


def test_html_that_is_put_in_later_runs_as_in_a_notebook(browser, tmp_path):
    # a notebook sets innerHTML, which runs no script, and then puts a copy in the place of each script
    (tmp_path / "empty.html").write_text(
        "<!DOCTYPE html><meta charset='utf-8'><div></div><div></div>", encoding="utf-8"
    )
    browser.open(tmp_path / "empty.html")
    insert = """
    for (const host of document.querySelectorAll("div")) {
        host.innerHTML = arguments[0];
        for (const old of host.querySelectorAll("script")) {
            const script = document.createElement("script");
            for (const {name, value} of old.attributes) script.setAttribute(name, value);
            script.textContent = old.textContent;
            old.replaceWith(script);
        }
    }
    """
    browser.run(insert, denoising_viewer(FRAMES).html)
    browser.run(MOVE, 1, 3)
    assert steps(browser) == [0, 3]


def test_a_script_that_runs_elsewhere_finds_its_viewer(browser, tmp_path):
    (tmp_path / "empty.html").write_text(
        "<!DOCTYPE html><meta charset='utf-8'><div></div><div></div>", encoding="utf-8"
    )
    browser.open(tmp_path / "empty.html")
    insert = """
    for (const host of document.querySelectorAll("div")) {
        host.innerHTML = arguments[0];
        const script = document.createElement("script");
        script.textContent = host.querySelector("script:not([type])").textContent;
        document.head.append(script);
    }
    """
    browser.run(insert, denoising_viewer(FRAMES).html)
    browser.run(MOVE, 1, 3)
    assert steps(browser) == [0, 3]


def test_without_scripts_the_table_can_be_read(browser, tmp_path):
    html = escape(denoising_viewer(FRAMES).html)
    frame = f"<!DOCTYPE html><meta charset='utf-8'><iframe sandbox='allow-same-origin' srcdoc=\"{html}\"></iframe>"
    (tmp_path / "still.html").write_text(frame, encoding="utf-8")
    browser.open(tmp_path / "still.html")
    text = browser.run("""
    const page = document.querySelector("iframe").contentDocument;
    page.querySelector("details").open = true;
    return page.body.innerText;
    """)
    assert "step 3 of 3, t = 0.00, 0 of 2 hidden: a <b>" in text
    assert [line.split("\t") for line in text.splitlines() if line.startswith("1\t")] == [
        ["1", "0.62", "▒ the 90%", "<b> 75%"]
    ]
