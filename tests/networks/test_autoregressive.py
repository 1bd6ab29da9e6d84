"""The autoregressive network: row i is a law of token i given those before it."""

import pytest
import torch

from textdiff_lite.networks import AutoregressiveTransformer, Size

PAD = 0


def network(vocab: int = 7, length: int = 6) -> AutoregressiveTransformer:
    torch.manual_seed(0)
    made = AutoregressiveTransformer(vocab, length, Size(width=16, layers=2, heads=2), pad=PAD).double()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return made


def test_a_row_sees_the_tokens_before_it_and_no_other():
    net, ids = network(), torch.randint(1, 7, (1, 6))
    other = ids.clone()
    other[0, 3] = 1 + ids[0, 3] % 6
    changed = (net(ids) - net(other)).nan_to_num(0).abs().amax((0, 2)) > 1e-9
    assert changed.tolist() == [False, False, False, False, True, True]


def test_the_laws_of_all_sentences_sum_to_one():
    net = network(vocab=3, length=3)
    every = torch.cartesian_prod(*[torch.arange(1, 3)] * 3)
    log_p = net(every).log_softmax(-1).gather(-1, every[..., None]).sum((1, 2))
    torch.testing.assert_close(log_p.exp().sum(), torch.tensor(1.0, dtype=torch.float64))


def test_the_padding_is_impossible():
    assert (network()(torch.randint(1, 7, (2, 6)))[..., PAD] == -torch.inf).all()


def test_next_logits_with_a_cache_equal_the_rows_without():
    net, ids = network(), torch.randint(1, 7, (4, 6))
    cache = net.stack.empty_cache(4, 6)
    rows = [net.next_logits(None if i == 0 else ids[:, i - 1], cache) for i in range(6)]
    torch.testing.assert_close(torch.stack(rows, 1), net(ids), atol=1e-12, rtol=0)


def test_every_weight_gets_a_finite_gradient():
    net, ids = network(), torch.randint(1, 7, (4, 6))
    torch.nn.functional.cross_entropy(net(ids).transpose(1, 2), ids).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_a_pad_outside_the_vocabulary_is_refused():
    with pytest.raises(ValueError, match=r"pad must be a token id in \[0, 7\), got 7"):
        AutoregressiveTransformer(7, 6, Size(8, 1, 1), pad=7)


@pytest.mark.parametrize("wrong", [-1, 7])
def test_ids_outside_the_vocabulary_are_refused(wrong):
    with pytest.raises(ValueError, match=r"ids must lie in \[0, 7\), got \["):
        network()(torch.tensor([[1, wrong, 2]]))


def test_more_tokens_than_the_canvas_are_refused():
    with pytest.raises(ValueError, match="ids must have at most 6 tokens, the canvas, got 7"):
        network()(torch.ones(1, 7, dtype=torch.int64))
