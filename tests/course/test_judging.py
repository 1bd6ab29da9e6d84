import dataclasses

import pytest
import torch

from tests.course.toy import NOISY, SCALE, N, scale
from textdiff_lite.course.audit import audit
from textdiff_lite.course.judging import judge


def test_the_toy_catalogue_passes_its_audit():
    found = audit([SCALE, NOISY])
    assert found.failures == ()
    assert (found.exercises, found.mistakes, found.refused, found.named) == (2, 10, 10, 10)
    assert (found.equivalents, found.accepted) == (5, 5)


def test_the_audit_reports_what_is_accepted_misnamed_or_refused():
    right = dataclasses.replace(SCALE.mistakes[0], answer=scale)
    twins = (dataclasses.replace(SCALE.mistakes[1], answer=SCALE.mistakes[2].answer), SCALE.mistakes[2])
    exercise = dataclasses.replace(
        SCALE, mistakes=(right, *twins, *SCALE.mistakes[3:]), equivalents=(lambda x, a: x + a,)
    )
    found = audit([exercise])
    assert (found.mistakes, found.refused, found.named, found.equivalents, found.accepted) == (5, 4, 2, 2, 1)
    assert len(found.failures) == 4
    assert "forget the root is not refused but right" in found.failures[0]
    assert "forget a is named nothing" in found.failures[1]
    assert "<lambda> is refused" in found.failures[3]


def test_the_first_message_is_the_broken_law_and_the_place_is_kept():
    verdict = judge(SCALE, lambda x, a: a * x)
    assert verdict.kind == "wrong"
    assert verdict.first == "at a = 0.25 the power is 0.0625 and should be 0.25."
    assert verdict.where.startswith("With x [2], a = 0.25, the result: expected [")
    assert verdict.mistake.name == "forget the root"


def test_where_every_law_holds_the_first_message_is_the_difference():
    verdict = judge(SCALE, lambda x, a: -a.sqrt() * x)
    assert verdict.first == verdict.where
    assert verdict.mistake is None


def test_a_strangers_mistake_is_not_misnamed():
    # it equals «double» in the first case only
    def stranger(x, a):
        return 2 * x if x.ndim == 1 else a * x

    verdict = judge(SCALE, stranger)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None


def test_an_answer_that_is_right_in_some_cases_only_is_wrong():
    for right in ((2,), (3, 3), (2, 3)):
        assert judge(SCALE, lambda x, a, right=right: (a.sqrt() if x.shape == right else a) * x).kind == "wrong"
        assert judge(SCALE, lambda x, a, right=right: (a if x.shape == right else a.sqrt()) * x).kind == "wrong"


def test_an_endless_answer_is_waited_for_once():
    calls = []

    def endless(x, a):
        calls.append(1)
        while True:
            pass

    judge(dataclasses.replace(SCALE, seconds=0.1, laws=()), endless)
    assert len(calls) == 1


def test_the_truth_stands_above_the_reference():
    exercise = dataclasses.replace(SCALE, truth=lambda x, a: a * x, laws=())
    assert judge(exercise, scale).kind == "wrong"
    assert judge(exercise, lambda x, a: a * x).kind == "right"


def test_a_mistake_that_raises_is_known_by_its_exception():
    def key_error(x, a):
        raise KeyError("a")

    def index_error(x, a):
        raise IndexError("a")

    exercise = dataclasses.replace(
        SCALE, mistakes=(dataclasses.replace(SCALE.mistakes[0], answer=key_error), *SCALE.mistakes[1:])
    )
    assert judge(exercise, key_error).mistake is exercise.mistakes[0]
    assert judge(exercise, index_error).mistake is None


def test_statistics_accept_another_order_of_draws_and_refuse_another_law():
    def another_order(x, a, generator):
        return x + a.sqrt() * torch.randn(2 * N, generator=generator).double()[N:]

    def another_law(x, a, generator):
        return x + 0.9 * a.sqrt() * torch.randn(N, generator=generator).double()

    assert judge(NOISY, another_order).kind == "right"
    assert judge(NOISY, another_law).kind == "wrong"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (3.0, "wants the function itself: check('toy.scale', scale), without parentheses after scale. It got a value"),
        (torch.nn.Linear, "It got a class"),
        (lambda x: x, "Your function takes (x), but it is called as scale(x, a)"),
    ],
)
def test_what_is_no_such_function(answer, words):
    verdict = judge(SCALE, answer)
    assert verdict.kind == "no function"
    assert words in verdict.first


def loops(x, a):
    while True:
        pass


def raises(x, a):
    return x @ torch.ones(7)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, a: None, "returned None. Is there a `return`"),
        (lambda x, a: 1.5, "should be a tensor of shape [2], and is a float. This was with x [2], a = 0.25"),
        (lambda x, a: x[:1], "should have shape [2], and has [1]"),
        (raises, "At line 2, `return x @ torch.ones(7)`, your function raised RuntimeError:"),
        (loops, "did not return within 0.5 seconds. It was at line"),
        (lambda x, a: a.sqrt() * x * float("nan"), "got [nan, nan]"),
    ],
)
def test_bad_use_gets_a_sentence_that_helps(answer, words):
    verdict = judge(SCALE, answer)
    assert verdict.kind == "wrong"
    assert words in verdict.where


def test_a_test_that_raises_is_told_to_return():
    def is_small(x, a):
        """Return a truth value."""
        return True

    def asserts(x, a):
        assert a > 1

    exercise = dataclasses.replace(SCALE, reference=is_small, laws=())
    verdict = judge(exercise, asserts)
    assert "It should return False where it refuses, and not raise." in verdict.first
    assert judge(exercise, lambda x, a: bool(a < 0.5)).first.endswith("the result: expected True, got False.")


def test_a_list_is_as_good_as_a_tuple():
    def pair(x, a):
        """Return two things."""
        return a.sqrt() * x, a.sum()

    exercise = dataclasses.replace(SCALE, reference=pair, laws=())
    assert judge(exercise, lambda x, a: [a.sqrt() * x, float(a)]).kind == "right"
    assert judge(exercise, lambda x, a: [a * x, float(a)]).kind == "wrong"


def test_the_verdict_is_the_same_where_gradients_are_off():
    def slope(x, a):
        """Return the slope of a x at x."""
        x = x.clone().requires_grad_()
        (a * x).sum().backward()
        return x.grad

    exercise = dataclasses.replace(SCALE, reference=slope, laws=())
    with torch.no_grad():
        assert judge(exercise, slope).kind == "right"


def test_an_error_that_cannot_be_told_is_told_by_its_name():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    def odd(x, a):
        raise Odd

    assert "your function raised Odd." in judge(SCALE, odd).first


def test_a_stub_is_not_done():
    def stub(x, a):
        raise NotImplementedError

    assert judge(SCALE, stub).kind == "not done"


def test_a_right_answer_that_writes_into_its_argument_is_right_but():
    verdict = judge(SCALE, lambda x, a: x.mul_(a.sqrt()))
    assert verdict.kind == "right"
    assert verdict.remarks == ("It changes its argument `x`: whoever called it finds other numbers there.",)


def test_a_wrong_answer_that_writes_into_its_argument_hears_of_both():
    verdict = judge(SCALE, lambda x, a: x.mul_(a))
    assert "`x`" in verdict.first
    assert "0.0625" in verdict.first
    assert verdict.mistake.name == "forget the root"


def test_an_answer_cannot_pass_by_changing_what_it_is_measured_by():
    exercise = dataclasses.replace(SCALE, observe=lambda result, arguments: {"ratio": result / arguments[0]}, laws=())
    assert judge(exercise, lambda x, a: a.sqrt() * x).kind == "right"
    assert judge(exercise, lambda x, a: x.mul_(2).clone() * a.sqrt()).kind == "wrong"


def test_remarks_are_asked_of_right_answers():
    exercise = dataclasses.replace(SCALE, remarks=(lambda answer: "it could be shorter.",))
    assert judge(exercise, scale).remarks == ("it could be shorter.",)


def test_a_law_that_cannot_be_asked_is_passed_over():
    def law(answer):
        raise RuntimeError

    verdict = judge(dataclasses.replace(SCALE, laws=(law, *SCALE.laws)), lambda x, a: a * x)
    assert "the power is" in verdict.first


def test_float32_answers_are_right():
    assert judge(SCALE, lambda x, a: a.float().sqrt() * x.float()).kind == "right"


def test_too_few_mistakes_or_equal_names_are_refused():
    with pytest.raises(ValueError, match="at least 5 mistakes"):
        dataclasses.replace(SCALE, mistakes=SCALE.mistakes[:4])
    with pytest.raises(ValueError, match="at least 5 mistakes"):
        dataclasses.replace(SCALE, mistakes=(*SCALE.mistakes, SCALE.mistakes[0]))
