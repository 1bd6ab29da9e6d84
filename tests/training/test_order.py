"""Which rows a step sees: every row once an epoch, in an order that is a function of (seed, place)."""

import numpy as np
import pytest
import torch

from tests.toy import Toy
from textdiff_lite.training import Feed, feed, order
from textdiff_lite.training.order import Order, derived_seed, step_generator


@pytest.fixture(autouse=True)
def forget():
    """No test finds the shuffles of another."""
    order._blocks.cache_clear()
    yield
    order._blocks.cache_clear()


def rows(sequence: Order, start: int, stop: int) -> np.ndarray:
    """The row numbers of these places."""
    pieces = sequence.pieces(start, stop)
    return np.concatenate([sequence.shuffled(epoch, block)[first:last] for epoch, block, first, last in pieces])


@pytest.mark.parametrize(("size", "batch"), [(10, 3), (7, 7), (5, 8), (1, 2)])
def test_an_epoch_has_every_row_once(size, batch):
    sequence = Order(size, seed=0)
    seen = np.concatenate([rows(sequence, step * batch, (step + 1) * batch) for step in range(3 * size)])
    for epoch in seen[: len(seen) // size * size].reshape(-1, size):
        assert sorted(epoch) == list(range(size))


def test_an_epoch_of_several_blocks_has_every_row_once(monkeypatch):
    monkeypatch.setattr(order, "BLOCK", 4)
    sequence = Order(11, seed=1)
    seen = np.concatenate([rows(sequence, 3 * step, 3 * step + 3) for step in range(11)])
    for epoch in seen.reshape(3, 11):
        assert sorted(epoch) == list(range(11))
    assert len({tuple(epoch) for epoch in seen.reshape(3, 11)}) == 3
    # the blocks are shuffled too: not every epoch begins with the first one
    assert {row % 3 for row in seen.reshape(3, 11)[:, 0]} != {0}


def test_each_block_is_spread_over_the_whole_split(monkeypatch):
    # windows of running text overlap: a block of neighbours would be one page, learnt by heart before the next comes
    monkeypatch.setattr(order, "BLOCK", 4)
    blocks = [sorted(Order(11, seed=1).shuffled(0, block)) for block in range(3)]
    assert blocks == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8]]


def test_the_rows_of_a_block_come_in_another_order_each_epoch():
    sequence = Order(40, seed=0)
    assert not np.array_equal(sequence.shuffled(0, 0), sequence.shuffled(1, 0))


def test_the_order_is_shuffled_and_differs_from_seed_to_seed():
    first, second = (rows(Order(1000, seed), 0, 1000) for seed in (0, 1))
    assert not np.array_equal(first, second)
    # the correlation of a random order with 0 … 999 has a standard deviation of 1/sqrt(999) = 0.032
    assert abs(np.corrcoef(first, np.arange(1000))[0, 1]) < 0.15


def test_a_place_is_the_same_whatever_came_before_it():
    alone = rows(Order(50, seed=3), 72, 80)
    sequence = Order(50, seed=3)
    for step in range(9):
        rows(sequence, 8 * step, 8 * step + 8)
    assert np.array_equal(rows(sequence, 72, 80), alone)


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
        Order(0, 0)


@pytest.mark.parametrize(("kept", "fetched"), [(feed.KEPT, [12, 12, 13, 13]), (0, [12, 12, 12, 12, 13, 13, 13, 13])])
def test_the_feed_gives_the_sentences_of_the_order_and_fetches_a_block_once_if_it_may_keep_it(
    monkeypatch, kept, fetched
):
    monkeypatch.setattr(order, "BLOCK", 16)
    monkeypatch.setattr(feed, "KEPT", kept)
    corpus, asked = Toy(rows=50), []
    fetch = corpus.ids
    monkeypatch.setattr(corpus, "ids", lambda split, some: asked.append(len(some)) or fetch(split, some))
    batches = Feed(corpus, "train", 2, torch.device("cpu"))
    for start in range(0, 100, 5):  # two epochs; batches reach over the ends of blocks and of epochs
        batch = batches.at(start, start + 5)
        assert batch.dtype == torch.int64
        assert torch.equal(batch, torch.from_numpy(fetch("train", rows(batches.order, start, start + 5))))
    assert sorted(asked) == fetched


def test_the_feed_shuffles_a_block_once_an_epoch(monkeypatch):
    monkeypatch.setattr(order, "BLOCK", 16)
    shuffle, shuffled = Order.permutation, []
    monkeypatch.setattr(Order, "permutation", lambda self, *block: shuffled.append(block) or shuffle(self, *block))
    batches = Feed(Toy(rows=50), "train", 2, torch.device("cpu"))
    for start in range(0, 100, 5):
        batches.at(start, start + 5)
    assert sorted(shuffled) == [(epoch, block) for epoch in (0, 1) for block in range(4)]
