import numpy as np
import pytest
import torch

from textdiff_lite.course.comparing import agree, conformed, difference, malformed
from textdiff_lite.course.exercise import Estimate


def seen(*values):
    return {"x": torch.tensor(values, dtype=torch.float64)}


def estimate(value, error):
    return {"x": Estimate(torch.tensor(value), torch.tensor(error))}


INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (seen(1.0), seen(1.0 + 1e-7), True),
        (seen(1.0), seen(1.01), False),
        (seen(INF), seen(INF), True),
        (seen(INF), seen(-INF), False),
        (seen(1.0), seen(INF), False),
        (seen(INF), seen(1.0), False),
        (seen(NAN), seen(NAN), True),
        (seen(NAN), seen(1.0), False),
        (seen(1.0, 2.0), seen(1.0), False),
        (seen(1.0), {"y": torch.tensor(1.0)}, False),
        (seen(1.0) | {"y": torch.tensor(1.0)}, seen(1.0) | {"y": torch.tensor(2.0)}, False),
        (estimate(1.0, 0.1), estimate(1.6, 0.1), True),
        (estimate(1.0, 0.1), estimate(1.8, 0.1), False),
        (estimate(1.0, 0.0), seen(1.0), False),  # a figure without its shape
        (estimate([1.0], [0.1]), seen(1.4), True),
        (estimate([1.0], [0.1]), seen(1.6), False),
        (estimate([5.0], [INF]), seen(1.0), False),
        (estimate([5.0], [NAN]), seen(1.0), False),
    ],
)
def test_agreement(one, other, same):
    assert agree(one, other, 1e-5) is same


def test_the_difference_shows_small_figures_whole_and_large_ones_at_their_worst():
    assert difference(seen(1.0, 3.0), seen(1.0, 2.0), 1e-5) == "x: expected [1, 2], got [1, 3]"
    large = torch.zeros(4, 4)
    wrong = large.clone()
    wrong[2, 1], wrong[0, 0] = 5, 1
    assert difference({"x": wrong}, {"x": large}, 1e-5) == "x: expected 0 at [2, 1], got 5 at [2, 1]"


def test_figures_that_are_nearly_equal_are_shown_with_more_digits():
    assert difference(seen(1.00005), seen(1.0), 1e-6) == "x: expected [1], got [1.00005]"
    assert difference(seen(1.0), seen(1e-33), 1e-6) == "x: expected [0], got [1]"


def test_what_is_no_number_in_both_is_not_the_difference():
    got, expected = torch.zeros(8), torch.zeros(8)
    got[0] = expected[0] = NAN
    got[3] = 1
    assert difference({"x": got}, {"x": expected}, 1e-6) == "x: expected 0 at [3], got 1 at [3]"


def test_truth_values_are_shown_as_such():
    assert difference({"x": torch.tensor(False)}, {"x": torch.tensor(True)}, 1e-5) == "x: expected True, got False"
    got, expected = torch.zeros(8, dtype=torch.bool), torch.ones(8, dtype=torch.bool)
    assert difference({"x": got}, {"x": expected}, 1e-5) == "x: expected True at [0], got False at [0]"


def test_the_difference_names_the_first_figure_that_differs():
    got = {"a": torch.tensor(1.0), "b": torch.tensor(2.0)}
    assert difference(got, {"a": torch.tensor(1.0), "b": torch.tensor(3.0)}, 1e-5) == "b: expected 3, got 2"
    assert "nothing was seen" in difference({}, {"a": torch.tensor(1.0)}, 1e-5)


def test_an_estimate_shows_its_error():
    assert difference(estimate(3.0, 0.1), estimate(1.0, 0.0), 1e-5) == "x: expected 1, got 3 (± 0.1)"


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        (None, torch.ones(2), "returned None"),
        (1.0, torch.ones(2), "a tensor of shape [2], and is a float"),
        (torch.ones(3), torch.ones(2), "shape [2], and has [3]"),
        (torch.ones(3), torch.tensor(1.0), "one number, and is a tensor of shape [3]"),
        ("a", 1.0, "one number, and is a str"),
        (1.0, (torch.ones(2), 1.0), "return 2 things, and returned a float"),
        ((torch.ones(2),), (torch.ones(2), 1.0), "return 2 things, and returned a tuple of 1"),
        ((torch.ones(2), torch.ones(2)), (torch.ones(2), 1.0), "number 2: The result should be one number"),
        (1, True, "True or False, and is an int"),
        (torch.tensor(1.0), True, "True or False"),
    ],
)
def test_a_result_of_another_kind_is_described(got, expected, words):
    assert words in malformed(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (torch.ones(2), torch.zeros(2)),
        (1.0, torch.tensor(2.0)),
        (torch.tensor(1.0), 3.0),
        ([torch.ones(2), 1.0], (torch.ones(2), 1.0)),
        (torch.tensor(True), False),
        (np.bool_(True), False),
        (np.float32(1.0), torch.tensor(2.0)),
        (np.int64(1), 2.0),
        (torch.ones(2, dtype=torch.float32), torch.ones(2, dtype=torch.float64)),
    ],
)
def test_a_result_of_the_same_kind_is_compared(got, expected):
    assert malformed(got, expected) is None


def test_a_list_and_a_number_are_taken_for_a_tuple_and_a_tensor():
    got = conformed([torch.ones(2), 1], (torch.zeros(2), torch.tensor(0.0)))
    assert isinstance(got, tuple)
    assert got[0].tolist() == [1, 1]
    assert got[1].tolist() == 1.0
    assert conformed(1.5, 2.0) == 1.5
    assert conformed(True, False) is True
