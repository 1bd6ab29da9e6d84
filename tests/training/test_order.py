"""Which rows a step sees: every row once an epoch, in an order that is a function of (seed, step)."""

import numpy as np
import pytest
import torch

from tests.toy import Toy
from textdiff_lite.training import Order, order
from textdiff_lite.training.order import derived_seed, step_generator
from textdiff_lite.training.rows import Rows


@pytest.mark.parametrize(("rows", "batch"), [(10, 3), (7, 7), (5, 8), (1, 2)])
def test_an_epoch_has_every_row_once(rows, batch):
    seen = np.concatenate([Order(rows, batch, seed=0).at(step) for step in range(3 * rows)])
    for epoch in seen[: len(seen) // rows * rows].reshape(-1, rows):
        assert sorted(epoch) == list(range(rows))


def test_an_epoch_of_several_blocks_has_every_row_once(monkeypatch):
    monkeypatch.setattr(order, "BLOCK", 4)
    order._shuffled.cache_clear()
    seen = np.concatenate([Order(11, 3, seed=1).at(step) for step in range(11)])
    order._shuffled.cache_clear()
    for epoch in seen.reshape(3, 11):
        assert sorted(epoch) == list(range(11))
    assert len({tuple(epoch) for epoch in seen.reshape(3, 11)}) == 3


def test_the_order_is_shuffled_and_differs_from_seed_to_seed():
    first, second = (Order(1000, 1000, seed).at(0) for seed in (0, 1))
    assert not np.array_equal(first, np.arange(1000))
    assert not np.array_equal(first, second)
    # a shuffle has 1000 / 6 = 167 fewer records in place than a sorted list: neighbours are unrelated
    assert abs(np.corrcoef(first, np.arange(1000))[0, 1]) < 0.15


def test_a_step_is_the_same_whatever_came_before_it():
    one = Order(50, 8, seed=3)
    order._shuffled.cache_clear()
    alone = Order(50, 8, seed=3).at(9)
    for step in range(9):
        one.at(step)
    assert np.array_equal(one.at(9), alone)


def test_neighbouring_seeds_and_steps_draw_unrelated_numbers():
    device = torch.device("cpu")
    draws = [torch.randn(2000, generator=step_generator(*pair, device)) for pair in [(0, 0), (0, 1), (1, 0)]]
    correlation = torch.corrcoef(torch.stack(draws)) - torch.eye(3)
    assert correlation.abs().max() < 5 / 2000**0.5
    assert derived_seed("a", 1, 2) != derived_seed("a", 12)


def test_a_step_draws_the_same_numbers_again():
    device = torch.device("cpu")
    first, second = (torch.randn(5, generator=step_generator(4, 2, device)) for _ in range(2))
    assert torch.equal(first, second)


def test_an_empty_split_is_refused():
    with pytest.raises(ValueError, match="the split to train on has 0 sentences"):
        Order(0, 4, 0)


def test_rows_are_those_of_the_corpus_whatever_the_blocks(monkeypatch):
    monkeypatch.setattr(order, "BLOCK", 16)
    corpus = Toy(rows=50)
    asked = []
    fetch = corpus.ids
    monkeypatch.setattr(corpus, "ids", lambda split, rows: asked.append(len(rows)) or fetch(split, rows))
    rows = Rows(corpus, "train")
    wanted = np.array([49, 0, 17, 16, 3, 49])
    assert np.array_equal(rows.at(wanted), fetch("train", wanted))
    assert np.array_equal(rows.at(np.array([20, 48])), fetch("train", np.array([20, 48])))
    assert asked == [16, 16, 2], "blocks 0, 1 and the short 3, each once: the last two are kept"
