"""Rounding and anchor."""

import math

import pytest
import torch

from tests.oracle import generator, random, times
from textdiff_lite import objectives
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import named
from textdiff_lite.spaces import Embeddings

IDS = torch.tensor([[3, 0, 6], [2, 2, 5]])


def space(norm: str = "none", width: int = 4) -> Embeddings:
    torch.manual_seed(0)
    table = Embeddings(7, width, norm).double()
    with torch.no_grad():
        table.bias.copy_(random(7, seed=5))
    return table


@pytest.mark.parametrize("loss", [objectives.rounding, objectives.anchor])
def test_both_are_the_nats_of_the_word_under_the_softmax_of_the_head(loss):
    table, x = space(), random(2, 3, 4)
    scores = x @ table.vectors().T + table.bias
    want = torch.stack(
        [scores[b, place].logsumexp(0) - scores[b, place, IDS[b, place]] for b in range(2) for place in range(3)]
    )
    torch.testing.assert_close(loss(table, x, IDS), want.view(2, 3))


@pytest.mark.parametrize("loss", [objectives.rounding, objectives.anchor])
@pytest.mark.parametrize("norm", ["none", "unit"])
def test_with_all_embeddings_equal_both_are_the_logarithm_of_the_vocabulary(loss, norm):
    table = space(norm)
    with torch.no_grad():
        table.table.copy_(torch.ones(7, 4))
        table.bias.zero_()
    # the squared error can be 0 at the same time: at the very vector of the words
    x = table(IDS)
    assert objectives.squared_error(x, table(IDS)).abs().max() == 0
    torch.testing.assert_close(loss(table, x, IDS), torch.full((2, 3), math.log(7)).double())
    torch.testing.assert_close(loss(table, 5 * random(2, 3, 4), IDS), torch.full((2, 3), math.log(7)).double())


def test_the_anchor_trains_the_denoiser_and_rounding_does_not():
    table, denoiser = space(), torch.nn.Linear(4, 4).double()
    process = VPGaussian(named("sqrt"))
    x0 = table(IDS) + 0.1 * random(2, 3, 4)
    x0_hat = denoiser(process.corrupt(x0, times(0.5, 0.8)).sample(generator()))

    def pull(loss: torch.Tensor, on: torch.Tensor) -> float:
        (grad,) = torch.autograd.grad(loss.sum(), on, retain_graph=True, allow_unused=True)
        return 0.0 if grad is None else float(grad.abs().sum())

    rounding, anchor = objectives.rounding(table, x0, IDS), objectives.anchor(table, x0_hat, IDS)
    assert pull(rounding, denoiser.weight) == 0
    assert pull(anchor, denoiser.weight) > 0
    for loss in (rounding, anchor):
        for part in (table.table, table.bias):
            assert pull(loss, part) > 0


def test_rounding_reaches_the_table_through_the_head_and_through_x0():
    # the pull on one word's row: what the head gives, and what x_0 = e_w + noise gives
    table, noise = space(), 0.1 * random(1, 1, 4)
    ids = torch.tensor([[2]])
    objectives.rounding(table, table(ids) + noise, ids).sum().backward()
    assert table.table.grad is not None
    vectors = table.vectors().detach()
    x0 = vectors[2] + noise[0, 0]
    p = (x0 @ vectors.T + table.bias.detach()).softmax(0)
    hot = torch.nn.functional.one_hot(torch.tensor(2), 7).double()
    head = (p - hot)[:, None] * x0
    through_x0 = hot[:, None] * ((p - hot) @ vectors)
    torch.testing.assert_close(table.table.grad, head + through_x0)
