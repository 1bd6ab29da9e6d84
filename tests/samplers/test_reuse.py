"""A denoiser that is asked only for what has changed: the same answers, fewer evaluations."""

import itertools

import pytest
import torch
from torch import Tensor

from tests.oracle import generator
from textdiff_lite.exact import fill_in
from textdiff_lite.processes import Absorbing
from textdiff_lite.samplers import Reuse, first_hitting, last, sample
from textdiff_lite.schedules import grid, mutual_information

MASK = 3
SENTENCES = torch.tensor(list(itertools.product(range(MASK), repeat=3)))
PREDICT = fill_in(SENTENCES, -(torch.arange(27, dtype=torch.float64) * 7 % 11) / 2)
PROCESS = Absorbing(mutual_information, MASK)


class Spy:
    """The exact denoiser; remembers what it was asked, and fails if it is handed an earlier answer."""

    def __init__(self):
        self.asked: list[tuple[Tensor, Tensor]] = []

    def __call__(self, x, t, /, prev=None):
        assert prev is None
        self.asked.append((x.clone(), t))
        return PREDICT(x)


def clock(*values: float) -> Tensor:
    return torch.tensor(values)[:, None]


def test_samples_are_the_same_and_the_evaluations_few():
    n, L, T = 500, 3, 20
    denoise = Reuse(Spy())
    x = torch.full((n, L), MASK)
    steps = list(sample(PROCESS.reverse, denoise, x, grid(T), generator=generator(1)))
    without = list(sample(PROCESS.reverse, lambda x, t, prev=None: PREDICT(x), x, grid(T), generator=generator(1)))
    for step, other in zip(steps, without, strict=True):
        assert torch.equal(step.x, other.x)
        assert torch.equal(step.x0_hat, other.x0_hat)
    states = torch.stack([x, *(step.x for step in steps[:-1])])
    changed = (states[1:] != states[:-1]).any(2)
    per_row = 1 + changed.sum(0)
    assert denoise.rows == per_row.sum()
    assert denoise.calls == 1 + changed.any(1).sum()
    assert per_row.max() <= L + 1
    # each word is revealed in a step of its own choice; the last step is not looked at
    want = 1 + (T - 1) * (1 - (1 - 1 / T) ** L)
    assert abs(float(per_row.double().mean()) - want) < 5 * float(per_row.double().std()) / n**0.5


def test_a_row_is_asked_for_at_the_times_of_a_large_chain():
    n, L, T = 200, 8, 100
    denoise = Reuse(lambda x, t, prev=None: torch.zeros(*x.shape, 1))
    x = torch.full((n, L), 1)
    last(sample(Absorbing(mutual_information, 1).reverse, denoise, x, grid(T), generator=generator(1)))
    # 8.65 evaluations of 100; a row's number lies in 1 .. L + 1, so its deviation is at most L / 2
    assert abs(denoise.rows / n - (1 + 99 * (1 - 0.99**8))) < 5 * (L / 2) / n**0.5
    assert denoise.rows <= n * (L + 1)


def test_with_first_hitting_a_finished_row_costs_no_more():
    denoise = Reuse(Spy())
    x = torch.tensor([[MASK, MASK, MASK], [0, MASK, MASK], [0, 1, MASK], [0, 1, 2]])
    last(first_hitting(denoise, x, MASK, mutual_information, generator=generator(1)))
    # one row for each word revealed; of the rows that wait, the finished sentence too
    assert (denoise.calls, denoise.rows) == (3, 3 + 3 + 2 + 1)


def test_only_the_rows_that_changed_are_asked_for_with_their_own_times():
    spy = Spy()
    denoise = Reuse(spy)
    x = torch.tensor([[MASK, MASK, MASK], [0, MASK, MASK], [MASK, 2, MASK]])
    denoise(x, clock(1.0, 0.9, 0.8))
    other = x.clone()
    other[1, 2] = 1
    got = denoise(other, clock(0.7, 0.6, 0.5))
    assert torch.equal(got, PREDICT(other))
    assert torch.equal(spy.asked[1][0], other[1:2])
    assert spy.asked[1][1].tolist() == clock(0.6).tolist()
    assert (denoise.calls, denoise.rows) == (2, 4)


def test_rows_that_stay_are_remembered_however_long_ago_they_were_asked_for():
    denoise = Reuse(Spy())
    x = torch.full((2, 3), MASK)
    denoise(x, clock(1.0))
    for word in (0, 1, 2):
        x = torch.tensor([[MASK, MASK, MASK], [word, MASK, MASK]])
        assert torch.equal(denoise(x, clock(1.0)), PREDICT(x))
    assert (denoise.calls, denoise.rows) == (4, 5)


def test_one_time_for_all_rows_and_a_time_for_each_token_are_handed_on():
    for t in (clock(0.5), torch.rand(3, 3)):
        spy = Spy()
        denoise = Reuse(spy)
        denoise(torch.full((3, 3), MASK), t)
        denoise(torch.tensor([[MASK] * 3, [MASK] * 3, [0, MASK, MASK]]), t)
        assert torch.equal(spy.asked[1][1], t[-1:])


def test_nothing_new_is_no_call():
    denoise = Reuse(Spy())
    x = torch.full((2, 3), MASK)
    one, two = denoise(x, clock(1.0)), denoise(x.clone(), clock(0.5))
    assert torch.equal(one, two)
    assert (denoise.calls, denoise.rows) == (1, 2)


@pytest.mark.parametrize("shape", [(3, 3), (1, 3)])
def test_another_shape_begins_anew(shape):
    denoise = Reuse(Spy())
    denoise(torch.full((2, 3), MASK), clock(1.0))
    x = torch.full(shape, MASK)
    assert torch.equal(denoise(x, clock(1.0)), PREDICT(x))
    assert (denoise.calls, denoise.rows) == (2, 2 + len(x))


def test_a_state_that_is_changed_in_place_is_noticed():
    denoise = Reuse(Spy())
    x = torch.full((2, 3), MASK)
    denoise(x, clock(1.0))
    x[0, 1] = 2
    assert torch.equal(denoise(x, clock(1.0)), PREDICT(x))


def test_earlier_answers_stay_as_they_were():
    denoise = Reuse(Spy())
    x = torch.full((2, 3), MASK)
    one = denoise(x, clock(1.0))
    copy = one.clone()
    denoise(torch.tensor([[MASK] * 3, [0, 1, MASK]]), clock(0.5))
    assert torch.equal(one, copy)


def test_an_earlier_answer_is_not_handed_on():
    x = torch.full((2, 3), MASK)
    Reuse(Spy())(x, clock(1.0), prev=PREDICT(x))


def test_no_gradient_is_kept():
    weight = torch.zeros(3, requires_grad=True)
    denoise = Reuse(lambda x, t, prev=None: weight.log_softmax(-1).expand(*x.shape, 3))
    assert not denoise(torch.full((2, 3), MASK), clock(1.0)).requires_grad
    assert not denoise(torch.tensor([[MASK] * 3, [0, 1, MASK]]), clock(1.0)).requires_grad
