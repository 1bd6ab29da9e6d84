"""The table of embeddings: its norms, its softmax head, and what it refuses."""

import math

import pytest
import torch

from tests.oracle import random
from textdiff_lite.spaces import NORMS, Embeddings

every_norm = pytest.mark.parametrize("norm", NORMS)


def space(words: int = 7, width: int = 5, **options) -> Embeddings:
    torch.manual_seed(0)
    return Embeddings(words, width, **options).double()


def test_the_vectors_of_ids_are_rows_of_the_table():
    table = space()
    ids = torch.tensor([[0, 6, 2], [2, 2, 5]])
    assert torch.equal(table(ids), table.table[ids])
    assert torch.equal(table.vectors(), table.table)
    assert (table.words, table.width) == (7, 5)


def test_a_fresh_table_has_variance_one_for_each_coordinate():
    vectors = space(400, 50).vectors()
    assert vectors.mean().item() == pytest.approx(0, abs=5 / 20_000**0.5)
    assert vectors.var().item() == pytest.approx(1, abs=5 * (2 / 20_000) ** 0.5)


@pytest.mark.parametrize("factor", [0.01, 1.0, 300.0])
def test_unit_rows_have_length_root_D_whatever_the_table(factor):
    table = space(norm="unit")
    with torch.no_grad():
        table.table *= factor * (1 + torch.arange(7)[:, None])
    vectors = table.vectors()
    torch.testing.assert_close(vectors.norm(dim=-1), torch.full((7,), math.sqrt(5)).double())
    # the directions stay
    torch.testing.assert_close(torch.cosine_similarity(vectors, table.table), torch.ones(7).double())


@pytest.mark.parametrize("factor", [0.1, 30.0])
def test_layer_rows_have_mean_zero_and_variance_one_whatever_the_table(factor):
    table = space(norm="layer")
    with torch.no_grad():
        table.table.mul_(factor).add_(4)
    vectors = table.vectors()
    torch.testing.assert_close(vectors.mean(-1), torch.zeros(7).double(), atol=1e-12, rtol=0)
    torch.testing.assert_close(vectors.var(-1, unbiased=False), torch.ones(7).double(), rtol=0.02, atol=0)
    centred = table.table - table.table.mean(-1, keepdim=True)
    torch.testing.assert_close(torch.cosine_similarity(vectors, centred), torch.ones(7).double())


@every_norm
def test_ids_and_head_use_the_vectors_after_the_norm(norm):
    table, ids, x = space(norm=norm), torch.tensor([[3, 0]]), random(2, 3, 5)
    torch.testing.assert_close(table(ids), table.vectors()[ids])
    with torch.no_grad():
        table.bias.copy_(random(7, seed=3))
    # rows of length root D, and so products of the size of D, are brought back to the size of root D
    size = 1 if norm == "none" else math.sqrt(5)
    torch.testing.assert_close(table.logits(x), x @ table.vectors().T / size + table.bias)


def test_a_fresh_head_has_no_bias():
    assert not space().bias.any()
    assert space().bias.requires_grad


def test_vectors_of_ids_give_their_gradient_to_the_table():
    table = space()
    pull = random(1, 3, 5, seed=2)
    (table(torch.tensor([[2, 2, 5]])) * pull).sum().backward()
    assert table.table.grad is not None
    want = torch.zeros(7, 5).double()
    want[2], want[5] = pull[0, 0] + pull[0, 1], pull[0, 2]
    torch.testing.assert_close(table.table.grad, want)


@every_norm
def test_an_untied_head_starts_as_a_copy_and_then_goes_its_own_way(norm):
    table, x, ids = space(norm=norm, tied=False), random(2, 3, 5), torch.tensor([[1, 2, 3]])
    torch.testing.assert_close(table.logits(x), space(norm=norm).logits(x), rtol=0, atol=1e-5)
    before = table.logits(x)
    with torch.no_grad():
        table.table.copy_(random(7, 5, seed=9))
    assert torch.equal(table.logits(x), before)
    table.logits(table(ids).detach()).logsumexp(-1).sum().backward()
    assert table.head is not None
    assert table.head.grad is not None
    assert table.head.grad.abs().sum() > 0
    assert table.table.grad is None


@every_norm
def test_a_tied_head_has_no_table_of_its_own_and_moves_with_the_vectors(norm):
    table, x = space(norm=norm), random(1, 2, 5)
    assert table.head is None
    before = table.logits(x)
    with torch.no_grad():
        table.table.copy_(random(7, 5, seed=9))
    assert not torch.allclose(table.logits(x), before)
    table.logits(x).logsumexp(-1).sum().backward()
    assert table.table.grad is not None
    assert (table.table.grad.abs().sum(-1) > 0).all()


def test_parameters_are_table_and_bias_and_the_head_that_was_asked_for():
    for norm in NORMS:
        assert sorted(dict(space(norm=norm).named_parameters())) == ["bias", "table"]
        assert sorted(dict(space(norm=norm, tied=False).named_parameters())) == ["bias", "head", "table"]


def test_a_unit_row_feels_no_pull_along_its_own_direction():
    table = space(norm="unit")
    table.vectors().mul(random(7, 5, seed=4)).sum().backward()
    assert table.table.grad is not None
    torch.testing.assert_close((table.table.grad * table.table).sum(-1), torch.zeros(7).double(), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5), "words and width must be at least 1, got 0 and 5"),
        ((7, 0), "words and width must be at least 1, got 7 and 0"),
        ((7, -1), "words and width must be at least 1, got 7 and -1"),
        ((7, 5, "batch"), "norm must be one of none, layer, unit; got 'batch'"),
        ((7, 5, ""), "norm must be one of none, layer, unit; got ''"),
    ],
)
def test_what_is_no_table_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Embeddings(*arguments)


@pytest.mark.parametrize(("ids", "ends"), [([[0, 7]], "0, 7"), ([[-1, 3]], "-1, 3")])
def test_an_id_that_is_no_row_is_refused(ids, ends):
    with pytest.raises(ValueError, match=rf"ids must lie in \[0, 7\), got \[{ends}\]"):
        space()(torch.tensor(ids))


def test_the_first_and_the_last_row_and_no_ids_at_all_are_taken():
    assert space()(torch.tensor([[0, 6]])).shape == (1, 2, 5)
    assert space()(torch.zeros(0, 3, dtype=torch.int64)).shape == (0, 3, 5)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("width", [4, 6])
def test_vectors_of_another_width_have_no_logits(width, tied):
    with pytest.raises(ValueError, match=f"x must hold vectors of width 5, got {width}"):
        space(tied=tied).logits(random(1, 2, width))
