"""D3PM's hybrid loss, in two named parts."""

import math

import pytest
import torch

from tests.oracle import generator, random, times
from textdiff_lite.objectives import bound_at, chain_decoder, cross_entropy, hybrid_at
from textdiff_lite.processes import Absorbing, Uniform
from textdiff_lite.schedules import cosine, mutual_information

PROCESSES = [Absorbing(cosine, 4), Uniform(cosine, 4), Uniform(mutual_information, 4, mixing="posterior")]
every_process = pytest.mark.parametrize("process", PROCESSES, ids=["absorbing", "uniform", "uniform, posterior"])


def state(process, t):
    x0 = torch.randint(4, (len(t), 3), generator=generator())
    x_t = process.corrupt(x0, t).sample(generator(1))
    return x0, x_t, random(len(t), 3, 4).log_softmax(-1)


@every_process
def test_the_parts_are_the_bound_and_a_share_of_the_cross_entropy(process):
    t = times(0.2, 0.6, 1.0)
    x0, x_t, log_belief = state(process, t)
    found = hybrid_at(process, x0, x_t, log_belief, t, 5, 0.3)
    assert list(found) == ["bound", "auxiliary"]
    bound = bound_at(process, x0, x_t, log_belief, t, 5, chain_decoder(process, x0)).total
    torch.testing.assert_close(found["bound"], bound)
    # at every place, hidden or not
    torch.testing.assert_close(found["auxiliary"], 0.3 * cross_entropy(log_belief, x0))


@every_process
@pytest.mark.parametrize("steps", [1, 3, 8])
def test_of_an_even_guess_the_parts_are_the_logarithm_and_its_share_whatever_the_steps(process, steps):
    # one word at one place, all times and all states summed
    x0, log_belief = torch.tensor([[2]]), torch.full((1, 1, 4), -math.log(4), dtype=torch.float64)
    process = type(process)(cosine, 4) if isinstance(process, Absorbing) else Uniform(cosine, 4, mixing="joint")
    total = {"bound": 0.0, "auxiliary": 0.0}
    for i in range(1, steps + 1):
        t = times(i / steps)
        law = process.corrupt(x0, t).log_probs.exp()[0, 0]
        for x_t, p in enumerate(law.tolist()):
            parts = hybrid_at(process, x0, torch.tensor([[x_t]]), log_belief, t, steps, 0.01) if p > 0 else {}
            for name, part in parts.items():
                total[name] += p * part.item() / steps
    assert total["bound"] == pytest.approx(math.log(4), abs=1e-9)
    assert total["auxiliary"] == pytest.approx(0.01 * math.log(4))


def test_a_given_place_costs_nothing():
    process, t = PROCESSES[0], torch.tensor([[0.0, 0.4, 1.0]], dtype=torch.float64)
    x0, x_t, log_belief = state(process, t)
    log_belief[0, 0, x0[0, 0]] = -torch.inf
    found = hybrid_at(process, x0, x_t, log_belief, t, 5, 0.3)
    assert found["bound"][0, 0] == found["auxiliary"][0, 0] == 0
    assert (found["auxiliary"][0, 1:] > 0).all()


def test_without_a_share_nothing_is_added_even_for_an_impossible_word():
    t = times(0.4)
    x0, _, log_belief = state(PROCESSES[0], t)
    log_belief[0, 0, x0[0, 0]] = -torch.inf
    assert (hybrid_at(PROCESSES[0], x0, x0, log_belief, t, 5, 0.0)["auxiliary"] == 0).all()


@every_process
def test_gradients_are_finite_and_not_zero(process):
    t = times(0.2, 0.6, 1.0)
    x0, x_t, _ = state(process, t)
    for logits in (random(3, 3, 4).float(), 1e4 * random(3, 3, 4).float().sign()):
        logits.requires_grad_()
        found = hybrid_at(process, x0, x_t, logits.log_softmax(-1), t, 5, 0.3)
        (found["bound"] + found["auxiliary"]).mean().backward()
        assert logits.grad is not None
        assert logits.grad.isfinite().all()
        assert (logits.grad != 0).any()


@pytest.mark.parametrize("auxiliary", [-0.1, math.nan, math.inf])
def test_a_share_that_is_no_share_is_refused(auxiliary):
    x0, x_t, log_belief = state(PROCESSES[0], times(0.4))
    with pytest.raises(ValueError, match=f"auxiliary must be at least 0 and finite, got {auxiliary}"):
        hybrid_at(PROCESSES[0], x0, x_t, log_belief, times(0.4), 5, auxiliary)
