import json

import pytest
import torch

from tests.course.toy import NOISY, SCALE, scale
from textdiff_lite.course import catalogue, exercises, show
from textdiff_lite.course.memory import Memory
from textdiff_lite.course.ours import Ours
from textdiff_lite.plots.viewer import Viewer

TOYS = {"toy.scale": SCALE, "toy.noisy": NOISY}


@pytest.fixture(autouse=True)
def toy_course(monkeypatch, tmp_path):
    """A course of two exercises, a fresh memory, and an empty folder that is no workspace."""
    monkeypatch.setattr(catalogue, "find", TOYS.__getitem__)
    monkeypatch.setattr(catalogue, "FOLDERS", ("toy",))
    monkeypatch.setattr(catalogue, "of_lesson", lambda folder: tuple(TOYS.values()))
    monkeypatch.setattr(exercises, "_memory", Memory())
    monkeypatch.setattr(exercises, "_passed", set())
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.delenv("TEXTDIFF_REVEAL", raising=False)
    monkeypatch.chdir(tmp_path)


def said(capsys):
    return " ".join(capsys.readouterr().out.split())


def stub(x, a):
    raise NotImplementedError


def forget_the_root(x, a):
    return a * x


def test_a_stub_gives_ours_and_the_minutes(capsys):
    ours = exercises.check("toy.scale", stub)
    text = said(capsys)
    assert text.startswith("toy.scale · not done yet (5 minutes). A first hint: exercises.hint('toy.scale').")
    assert text.endswith("The lesson goes on with our version.")
    assert ours(torch.tensor(2.0), torch.tensor(0.25)) == 1.0


def test_a_right_answer_comes_back_itself(capsys):
    assert exercises.check("toy.scale", scale) is scale
    assert said(capsys) == "toy.scale · right. the power of the result is a."


def test_a_right_answer_with_a_remark(capsys):
    exercises.check("toy.scale", lambda x, a: x.mul_(a.sqrt()))
    assert said(capsys).startswith("toy.scale · right, but: It changes its argument `x`")


def test_the_ladder_first_the_law_then_the_mistake_then_the_cure(capsys):
    assert isinstance(exercises.check("toy.scale", forget_the_root), Ours)
    first = said(capsys)
    assert "not yet. at a = 0.25 the power is 0.0625" in first
    assert "forget" not in first
    exercises.check("toy.scale", forget_the_root)
    assert "A known mistake: you did forget the root." in said(capsys)
    exercises.hint("toy.scale")
    assert said(capsys) == "toy.scale · do not forget the root."
    exercises.hint("toy.scale")
    assert said(capsys) == "toy.scale · look at the units (1 of 3)"


def test_an_unknown_mistake_is_said_to_be_unknown(capsys):
    for _ in range(2):
        exercises.check("toy.scale", lambda x, a: a * x + 1)
    text = said(capsys)
    assert "none of the mistakes we know" in text
    assert "With x [2], a = 0.25, the result: expected" in text


def test_of_nothing_to_compare_it_is_not_said_that_it_is_unknown(capsys):
    for _ in range(2):
        exercises.check("toy.scale", lambda x, a: None)
    text = said(capsys)
    assert "returned None" in text
    assert "none of the mistakes" not in text


def test_a_pass_begins_the_ladder_anew(capsys):
    exercises.check("toy.scale", forget_the_root)
    exercises.check("toy.scale", scale)
    said(capsys)
    exercises.check("toy.scale", forget_the_root)
    assert "known mistake:" not in said(capsys)


def test_hints_go_step_by_step_and_end_at_the_solution(capsys):
    for _ in range(4):
        exercises.hint("toy.scale")
    text = said(capsys)
    assert text.index("(1 of 3)") < text.index("(2 of 3)") < text.index("(3 of 3)")
    assert text.endswith("There is no further hint. Our answer: exercises.solution('toy.scale').")


def test_the_solution_is_the_source_of_the_reference(capsys):
    exercises.solution("toy.scale")
    assert capsys.readouterr().out.startswith("def scale(x, a):\n")


def test_our_own_version_is_known_when_it_comes_back(capsys):
    ours = exercises.check("toy.scale", stub)
    said(capsys)
    assert exercises.check("toy.scale", ours) is ours
    assert "this is the library's version" in said(capsys)
    exercises.progress()
    assert "0 of 2 passed" in said(capsys)


def test_keeping_mine_returns_a_wrong_answer(capsys):
    assert exercises.check("toy.scale", forget_the_root, keep="mine") is forget_the_root
    assert "goes on with your version" in said(capsys)
    with pytest.raises(ValueError, match="keep must be"):
        exercises.check("toy.scale", scale, keep="ours")


def test_keeping_mine_has_no_use_for_what_is_no_function(capsys):
    assert isinstance(exercises.check("toy.scale", 3, keep="mine"), Ours)
    text = said(capsys)
    assert "wants the function itself" in text
    assert "goes on with our version" in text


def test_ours_hides_its_source_and_shows_its_docstring():
    ours = Ours(SCALE)
    assert ours.__doc__ == scale.__doc__
    assert repr(ours) == "<the library's toy.scale>"
    assert str(ours.__signature__) == "(x, a)"


def test_progress_counts_checks_hints_and_minutes(capsys):
    exercises.check("toy.scale", forget_the_root)
    exercises.hint("toy.scale")
    exercises.progress()
    assert "0 of 2 passed; about 15 minutes" in said(capsys)
    exercises.check("toy.scale", scale)
    said(capsys)
    exercises.progress()
    text = said(capsys)
    assert "scale ★ 5 min passed 2 checks, 1 hints" in text
    assert "noisy ★★ 10 min –" in text
    assert "1 of 2 passed; about 10 minutes" in text
    assert "forgotten when the kernel stops" in text


def test_outside_a_workspace_nothing_is_written(tmp_path):
    exercises.check("toy.scale", scale)
    assert list(tmp_path.iterdir()) == []


def test_in_a_workspace_progress_is_kept_over_kernels(tmp_path, monkeypatch, capsys):
    (tmp_path / ".textdiff-workspace").touch()
    exercises.check("toy.scale", forget_the_root)
    monkeypatch.setattr(exercises, "_memory", Memory())  # another kernel
    said(capsys)
    exercises.check("toy.scale", forget_the_root)
    assert "A known mistake" in said(capsys)
    exercises.progress()
    assert "kept in progress.json" in said(capsys)
    stored = json.loads((tmp_path / "progress.json").read_text())
    assert stored["toy.scale"] == {
        "checks": 2,
        "passed": False,
        "hints": 0,
        "misses": 2,
        "mistake": "forget the root",
    }


def test_two_notebooks_do_not_forget_each_other(tmp_path, monkeypatch):
    (tmp_path / ".textdiff-workspace").touch()
    exercises.hint("toy.noisy")
    mine = exercises._memory
    monkeypatch.setattr(exercises, "_memory", Memory())
    exercises.check("toy.scale", scale)
    monkeypatch.setattr(exercises, "_memory", mine)
    exercises.hint("toy.noisy")
    stored = json.loads((tmp_path / "progress.json").read_text())
    assert stored["toy.scale"]["passed"]
    assert stored["toy.noisy"]["hints"] == 2


@pytest.mark.parametrize("text", ["{", '{"toy.scale": 3}', "[1]", "\udcff"])
def test_a_damaged_file_is_set_aside(tmp_path, capsys, text):
    (tmp_path / ".textdiff-workspace").touch()
    raw = text.encode(errors="surrogateescape")
    (tmp_path / "progress.json").write_bytes(raw)
    exercises.check("toy.scale", scale)
    assert "kept as progress.json.damaged" in said(capsys)
    assert (tmp_path / "progress.json.damaged").read_bytes() == raw


def test_what_is_no_such_value_in_the_file_is_dropped(tmp_path, capsys):
    (tmp_path / ".textdiff-workspace").touch()
    odd = {"checks": "1", "hints": -5, "passed": True, "mistake": "renamed since", "colour": 1}
    (tmp_path / "progress.json").write_text(json.dumps({"toy.scale": odd}))
    exercises.hint("toy.scale")
    assert "(1 of 3)" in said(capsys)
    stored = json.loads((tmp_path / "progress.json").read_text())["toy.scale"]
    assert (stored["passed"], stored["checks"], stored["hints"]) == (True, 0, 1)


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_file_that_cannot_be_kept_does_not_stop_the_lesson(tmp_path, monkeypatch, capsys, call):
    (tmp_path / ".textdiff-workspace").touch()

    def refuse(*arguments, **named):
        raise PermissionError(13, "Permission denied")

    if call == "read":
        (tmp_path / "progress.json").mkdir()
    monkeypatch.setattr("textdiff_lite.course.memory.write_whole", refuse)
    assert exercises.check("toy.scale", scale) is scale
    assert "progress is forgotten when the kernel stops" in said(capsys)


def test_the_assertion_speaks_only_while_grading(monkeypatch):
    exercises.check("toy.scale", forget_the_root)
    exercises.assert_passed("toy.scale")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="has not passed"):
        exercises.assert_passed("toy.scale")
    exercises.check("toy.scale", scale)
    exercises.assert_passed("toy.scale")
    exercises.check("toy.scale", forget_the_root)  # a later miss counts
    with pytest.raises(AssertionError, match="has not passed"):
        exercises.assert_passed("toy.scale")


def test_a_pass_of_an_earlier_kernel_is_not_graded(tmp_path, monkeypatch):
    (tmp_path / ".textdiff-workspace").touch()
    exercises.check("toy.scale", scale)
    monkeypatch.setattr(exercises, "_memory", Memory())
    monkeypatch.setattr(exercises, "_passed", set())
    exercises.check("toy.scale", stub)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError):
        exercises.assert_passed("toy.scale")


def test_a_mistake_can_be_taken_out_of_the_catalogue():
    assert exercises.wrong("toy.scale", "divide") is SCALE.mistakes[3].answer
    with pytest.raises(ValueError, match="has no mistake 'x'; it has forget the root"):
        exercises.wrong("toy.scale", "x")


def test_a_prediction_tells_nothing_before_the_guess(capsys):
    def truth():
        raise AssertionError("computed too early")

    exercises.predict(None, truth, "nats", draw=truth)
    assert "Enter a guess" in said(capsys)


def test_a_prediction_stands_beside_the_truth(capsys):
    drawn = []
    exercises.predict(2, lambda: 2.34567, "nats", draw=lambda: drawn.append(1))
    assert said(capsys) == "You said 2. It is 2.346 nats."
    assert drawn == [1]


@pytest.mark.parametrize(
    ("guess", "words"), [("black_swan", "Yes."), ("Black swan ", "Yes."), ("bell", "You said bell.")]
)
def test_a_word_can_be_predicted(capsys, guess, words):
    exercises.predict(guess, "black_swan")
    assert said(capsys) == f"{words} It is black_swan."


@pytest.mark.parametrize(
    ("guess", "truth", "words"),
    [
        ("5", 3.0, "You said 5. It is 3."),
        (torch.tensor([2.5]), 3.0, "You said 2.5. It is 3."),
        ([1, 2], 3.0, "You said [1, 2]. It is 3."),
        (12000, 12345, "You said 12,000. It is 12,345."),
    ],
)
def test_any_guess_is_answered(capsys, guess, truth, words):
    exercises.predict(guess, truth)
    assert said(capsys) == words


def test_the_teachers_copy_reveals_without_a_guess(monkeypatch, capsys):
    monkeypatch.setenv("TEXTDIFF_REVEAL", "1")
    exercises.predict(None, 0.5)
    assert said(capsys) == "It is 0.5."


def test_a_figure_needs_its_words(capsys):
    from matplotlib.figure import Figure

    with pytest.raises(ValueError, match="alt must say"):
        show(Figure(), " ")
    show(Figure(figsize=(1, 1)), "an empty square")


def test_a_viewer_is_shown_as_html_with_its_words_beside_it(monkeypatch):
    displayed = []
    monkeypatch.setattr("IPython.display.display", lambda *data, **how: displayed.append((data, how)))
    viewer = Viewer("a title", "<p>a trace</p>")
    with pytest.raises(ValueError, match="alt must say"):
        show(viewer, " ")
    show(viewer, "three steps")
    assert displayed == [(({"text/html": "<p>a trace</p>", "text/plain": "three steps"},), {"raw": True})]
