"""What must hold of every exercise of the course."""

import inspect
import itertools
import re

import pytest
import torch

from textdiff_lite.course import catalogue
from textdiff_lite.course.audit import audit
from textdiff_lite.course.judging import judge

EXERCISES = catalogue.everything()
every = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)


@every
def test_every_mistake_is_refused_and_named_and_every_right_answer_accepted(exercise):
    found = audit([exercise])
    assert found.failures == ()
    assert found.mistakes == found.refused == found.named >= 5
    assert found.equivalents == found.accepted >= 3  # the reference and two in other words


def test_there_are_enough_of_them():
    assert sum(len(exercise.mistakes) for exercise in EXERCISES) >= 50
    for folder in catalogue.FOLDERS:
        assert len(catalogue.of_lesson(folder)) >= 5


# a test that the learner writes answers each case by yes or no: another pattern of answers is another mistake
@pytest.mark.parametrize("exercise", [e for e in EXERCISES if ".is_" not in e.key], ids=lambda exercise: exercise.key)
def test_a_mistake_made_in_all_cases_but_one_is_not_named(exercise):
    cases = len(exercise.cases(torch.Generator().manual_seed(0)))
    for mistake in exercise.mistakes:
        calls = itertools.count()

        def sometimes(*arguments, calls=calls, mistake=mistake):
            last = next(calls) == cases - 1
            return (exercise.reference if last else mistake.answer)(*arguments)

        sometimes.__signature__ = inspect.signature(exercise.reference)
        verdict = judge(exercise, sometimes)
        # where it differs from the truth in no other case or agrees in the last, it is the mistake or the truth itself
        if verdict.kind == "wrong" and verdict.mistake is not None:
            assert verdict.mistake is mistake, "named as another mistake"


@every
def test_the_check_is_the_same_each_time(exercise):
    wrong = exercise.mistakes[0].answer
    assert judge(exercise, wrong) == judge(exercise, wrong)


@every
def test_cases_are_the_same_each_time_and_their_arguments_are_fresh(exercise):
    """So no call sees what another has changed."""

    def cases():
        return exercise.cases(torch.Generator().manual_seed(3))

    for case, again in zip(cases(), cases(), strict=True):
        first, second, third = case.arguments(), case.arguments(), again.arguments()
        for one, *others in zip(first, second, third, strict=True):
            if isinstance(one, torch.Tensor):
                assert all(torch.equal(one, other) and one.data_ptr() != other.data_ptr() for other in others)
            if isinstance(one, torch.Generator):
                assert all(torch.equal(one.get_state(), other.get_state()) and one is not other for other in others)


@every
def test_no_law_finds_fault_with_a_right_answer(exercise):
    for answer in (exercise.reference, *exercise.equivalents):
        assert [law(answer) for law in exercise.laws] == [None] * len(exercise.laws)


RIGHT_BUT = ("gaussian.ancestral", "mask.masked_bound")
"""Some of their right answers in other words do what a remark is made of."""


@every
def test_there_is_nothing_to_remark_on_a_right_answer(exercise):
    others = () if exercise.key in RIGHT_BUT else exercise.equivalents
    for answer in (exercise.reference, *others):
        assert judge(exercise, answer).remarks == ()


@every
def test_words_are_there_and_end_like_sentences(exercise):
    assert len(exercise.hints) == 3
    assert 3 <= exercise.minutes <= 30
    texts = [exercise.established, *exercise.hints]
    texts += [text for mistake in exercise.mistakes for text in (mistake.says, mistake.cure)]
    for text in texts:
        assert "!" not in re.sub("!=", "", text), text
        assert len(text) > 15, text
    for text in [exercise.established, *(mistake.says for mistake in exercise.mistakes)]:
        assert text.rstrip().endswith((".", "?")), text


@every
def test_the_reference_can_be_read(exercise):
    assert exercise.reference.__name__ == exercise.key.split(".")[1]
    assert exercise.reference.__doc__


@every
def test_what_it_needs_stands_before_it(exercise):
    keys = [other.key for other in EXERCISES]
    for needed in exercise.needs:
        assert keys.index(needed) < keys.index(exercise.key)


def test_keys_are_unique_and_an_unknown_one_is_answered_with_those_there_are():
    keys = [exercise.key for exercise in EXERCISES]
    assert len(set(keys)) == len(keys)
    assert catalogue.find(keys[0]) is EXERCISES[0]
    with pytest.raises(ValueError, match=re.escape(f"no exercise 'before.q'; there are {keys[0]}")):
        catalogue.find("before.q")
    with pytest.raises(ValueError, match="no exercise 'q_sample'"):
        catalogue.find("q_sample")
