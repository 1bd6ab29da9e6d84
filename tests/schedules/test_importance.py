"""Importance sampling of the step: exact probabilities and weights, and means that stay what they are."""

import re
from collections import deque

import pytest
import torch

from tests.oracle import DEVICES, generator
from textdiff_lite.schedules import SecondMoments


def full(*sizes: float) -> SecondMoments:
    """Each step with ten losses of this size."""
    history = torch.tensor(sizes, dtype=torch.float64)[:, None].repeat(1, 10)
    return SecondMoments(history, torch.full((len(sizes),), 10))


def observed(state: SecondMoments, *pairs: tuple[int, float]) -> SecondMoments:
    """With these (step, loss), in one call."""
    i, loss = zip(*pairs, strict=True)
    return state.observe(torch.tensor(i), torch.tensor(loss, dtype=torch.float64))


P = [0.10015, 0.20005, 0.29995, 0.39985]
WEIGHTS = [2.49625562, 1.24968758, 0.83347225, 0.62523446]


# probabilities


def test_probabilities_and_weights_have_the_known_numbers():
    state = full(1, 2, 3, 4)
    assert state.probabilities().tolist() == pytest.approx(P, abs=1e-15)
    i, weight = state.draw(200, generator())
    assert set(i.tolist()) == {1, 2, 3, 4}
    assert weight.tolist() == pytest.approx([WEIGHTS[k - 1] for k in i.tolist()], abs=6e-9)


def test_a_step_counts_by_the_root_of_its_mean_square():
    history = torch.tensor([[0.0] * 9 + [10.0], [1.0] * 10], dtype=torch.float64)
    p = SecondMoments(history, torch.tensor([10, 10])).probabilities()
    size = [10**0.5, 1.0]  # the mean is 1 in both
    assert p.tolist() == pytest.approx([0.999 * s / sum(size) + 0.0005 for s in size], abs=1e-15)


def test_a_step_without_losses_is_drawn_still():
    p = full(0, 0, 5).probabilities()
    assert p.tolist() == pytest.approx([0.001 / 3, 0.001 / 3, 0.999 + 0.001 / 3], abs=1e-15)


def test_losses_that_are_all_zero_are_drawn_evenly():
    assert full(0, 0).probabilities().tolist() == [0.5, 0.5]


def test_the_sign_of_a_loss_does_not_count():
    assert full(-1, 2, -3, 4).probabilities().tolist() == pytest.approx(P, abs=1e-15)


def test_all_steps_are_as_likely_until_each_has_ten_losses():
    state = SecondMoments.fresh(3)
    for round_ in range(10):
        assert state.probabilities().tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)
        _, weight = state.draw(7, generator(round_))
        assert weight.tolist() == pytest.approx([1] * 7, abs=1e-15)
        # the other steps are far beyond ten already
        state = observed(state, (1, 5.0), (1, 6.0), (2, 1.0), (3, 2.0), (3, 2.0))
    assert state.count.tolist() == [10, 10, 10]
    assert state.probabilities()[1] == state.probabilities().min() < 0.2


def test_one_step_short_of_ten_losses_keeps_all_even():
    state = observed(full(1, 2, 3), (2, 9.0))
    assert state.probabilities()[0] < 0.3
    short = SecondMoments(state.history, torch.tensor([10, 9, 10]))
    assert short.probabilities().tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)


# unbiased

LOSS = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
SIZES = [(1, 2, 3, 4), (0, 0, 1, 100), (7, 7, 7, 7), (40, 3, 2, 1)]


@pytest.mark.parametrize("sizes", SIZES)
def test_the_weighted_mean_has_the_expectation_of_the_plain_one_whatever_the_probabilities(sizes):
    state = full(*sizes)
    i, weight = state.draw(40000, generator())
    of_step = torch.full((4,), torch.nan, dtype=torch.float64).scatter(0, i - 1, weight)
    p = state.probabilities()
    assert float(p.sum()) == pytest.approx(1, abs=1e-15)
    assert float((p * of_step * LOSS).sum()) == pytest.approx(2.5, abs=1e-13)


@pytest.mark.parametrize("sizes", SIZES)
def test_steps_are_drawn_as_often_as_their_probabilities_say(sizes):
    n, state = 40000, full(*sizes)
    i, weight = state.draw(n, generator(5))
    p = state.probabilities()
    share = torch.bincount(i - 1, minlength=4) / n
    assert ((share - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all()
    # the variance of one term, exactly: sum of p (w loss)^2 - 2.5^2 with w = 1 / (4 p)
    error = float((((LOSS / 4).square() / p).sum() - 2.5**2).clamp(min=1e-12) / n) ** 0.5
    assert abs(float((weight * LOSS[i - 1]).mean()) - 2.5) < 5 * error


def test_drawing_by_the_losses_makes_their_mean_vary_less():
    loss = torch.tensor([0.01, 0.02, 0.03, 8.0], dtype=torch.float64)

    def spread(state: SecondMoments) -> float:
        i, weight = state.draw(20000, generator(2))
        return float((weight * loss[i - 1]).std())

    assert spread(full(*loss.tolist())) < 0.1 * spread(SecondMoments.fresh(4))


def test_draws_are_independent_and_depend_on_the_generator_alone():
    state = full(1, 2, 3, 4)
    torch.manual_seed(3)
    first = state.draw(50, generator(1))[0]
    torch.manual_seed(7)
    assert torch.equal(first, state.draw(50, generator(1))[0])
    assert not torch.equal(first, state.draw(50, generator(2))[0])
    # with replacement: more draws than steps
    assert len(first) == 50


# what is remembered


def test_the_first_losses_fill_the_places_in_their_order():
    state = observed(SecondMoments.fresh(3), (2, 5.0), (1, 7.0), (2, 6.0))
    state = observed(state, (2, 8.0))
    assert state.count.tolist() == [1, 3, 0]
    assert state.history[:, :4].tolist() == [[7, 0, 0, 0], [5, 6, 8, 0], [0, 0, 0, 0]]


def test_what_stands_behind_the_filled_places_is_nothing():
    state = SecondMoments(torch.full((2, 10), 7.0, dtype=torch.float64), torch.tensor([0, 2]))
    assert observed(state, (1, 5.0)).history[:, :3].tolist() == [[5, 0, 0], [7, 7, 0]]


def test_the_oldest_loss_goes_first():
    state = SecondMoments.fresh(2)
    for loss in range(1, 13):
        state = observed(state, (1, float(loss)), (2, -float(loss)))
    assert state.history.tolist() == [list(range(3, 13)), [-x for x in range(3, 13)]]
    assert state.count.tolist() == [10, 10]


@pytest.mark.parametrize("batch", [1, 3, 13, 64])
def test_what_is_remembered_is_a_queue_of_ten_for_each_step(batch):
    T, g = 5, generator(batch)
    state, queues = SecondMoments.fresh(T), [deque(maxlen=10) for _ in range(T)]
    for _ in range(12):
        i = torch.randint(1, T + 1, (batch,), generator=g)
        loss = torch.rand(batch, generator=g, dtype=torch.float64)
        state = state.observe(i, loss)
        for step, value in zip(i.tolist(), loss.tolist(), strict=True):
            queues[step - 1].append(value)
    for k, queue in enumerate(queues):
        assert state.count[k] == len(queue)
        assert state.history[k].tolist() == list(queue) + [0] * (10 - len(queue))


def test_more_losses_of_a_step_than_it_keeps_leave_the_last_ten():
    state = observed(full(1, 2), *[(1, float(k)) for k in range(25)])
    assert state.history[0].tolist() == list(range(15, 25))
    assert state.history[1].tolist() == [2] * 10


def test_observing_leaves_the_old_state_as_it_was():
    state = full(1, 2)
    observed(state, (1, 9.0))
    assert state.history.tolist() == [[1] * 10, [2] * 10]


def test_the_gradient_of_a_loss_is_not_kept():
    loss = torch.ones(1, requires_grad=True)
    state = SecondMoments.fresh(1).observe(torch.tensor([1]), loss * 2)
    assert not state.history.requires_grad
    assert (state.history.dtype, float(state.history[0, 0])) == (torch.float64, 2.0)


def test_unweighted_losses_lead_to_the_right_probabilities_and_weighted_ones_do_not():
    true, g = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64), generator(4)
    state = weighted = SecondMoments.fresh(4)
    for _ in range(40):
        i, _ = state.draw(32, g)
        state = state.observe(i, true[i - 1])
        i, weight = weighted.draw(32, g)
        weighted = weighted.observe(i, weight * true[i - 1])
    assert state.probabilities().tolist() == pytest.approx(P, abs=1e-12)
    assert (weighted.probabilities() - torch.tensor(P).double()).abs().max() > 0.02


@pytest.mark.parametrize("device", DEVICES)
def test_every_device_remembers_and_draws(device):
    state = SecondMoments.fresh(3, device=device)
    for _ in range(4):
        i, loss = torch.tensor([1, 2, 3, 3, 2, 1], device=device), torch.tensor([1.0, 2, 3, 3, 2, 1], device=device)
        state = state.observe(i, loss)
    assert state.count.tolist() == [8, 8, 8]
    i, weight = state.observe(i, loss).draw(5, generator(device=device))
    assert (i.dtype, i.device.type, weight.dtype, weight.device.type) == (torch.long, device, torch.float64, device)


# negative


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SecondMoments.fresh(0), "T must be at least 1, got 0"),
        (lambda: full(1, 2).draw(0, generator()), "n must be at least 1, got 0"),
        (lambda: observed(full(1, 2), (0, 1.0)), "i must hold steps in 1 .. 2, got 0 .. 0"),
        (lambda: observed(full(1, 2), (1, 1.0), (3, 1.0)), "i must hold steps in 1 .. 2, got 1 .. 3"),
        (lambda: observed(full(1, 2), (1, 1.0), (2, float("nan"))), "loss must be finite, got nan"),
        (lambda: observed(full(1, 2), (1, float("inf"))), "loss must be finite, got inf"),
        (
            lambda: SecondMoments(torch.zeros(3, 9), torch.zeros(3, dtype=torch.long)),
            "history must have shape [T, 10] and count [T] with T at least 1, got [3, 9] and [3]",
        ),
        (
            lambda: SecondMoments(torch.zeros(0, 10), torch.zeros(0, dtype=torch.long)),
            "history must have shape [T, 10] and count [T] with T at least 1, got [0, 10] and [0]",
        ),
        (lambda: SecondMoments(torch.zeros(1, 10), torch.tensor([11])), "count must lie in [0, 10], got 11 .. 11"),
        (lambda: SecondMoments(torch.zeros(1, 10), torch.tensor([-1])), "count must lie in [0, 10], got -1 .. -1"),
    ],
)
def test_what_is_no_state_and_no_loss_is_refused(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
