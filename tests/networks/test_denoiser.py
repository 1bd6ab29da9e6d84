"""The bidirectional denoiser: time per token, condition, self-condition."""

import pytest
import torch

from textdiff_lite.networks import Denoiser, Size

SMALL = Size(width=16, layers=1, heads=2)


def denoiser(**options) -> Denoiser:
    torch.manual_seed(0)
    return Denoiser(3, 2, 5, SMALL, **options).double()


def draws(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_one_time_for_all_equals_the_same_time_for_each():
    net, x_t, t = denoiser(), draws(4, 5, 3), torch.rand(4, 1, dtype=torch.float64)
    torch.testing.assert_close(net(x_t, t), net(x_t, t.expand(4, 5)))
    assert net(x_t, t).shape == (4, 5, 2)


def test_each_token_has_its_own_time():
    net, x_t = denoiser(), draws(1, 5, 3)
    t = torch.full((1, 5), 0.5, dtype=torch.float64)
    later = t.clone()
    later[0, 2] = 0.9
    # the token itself changes most: the others feel it through attention alone
    change = (net(x_t, t) - net(x_t, later)).abs().sum((0, 2))
    assert change.argmax() == 2
    assert change[2] > 0.01


def test_the_network_is_told_a_thousandth_of_time_apart():
    net, x_t = denoiser(), draws(1, 5, 3)
    near, far = torch.full((1, 1), 0.5, dtype=torch.float64), torch.full((1, 1), 0.501, dtype=torch.float64)
    assert (net(x_t, near) - net(x_t, far)).abs().max() > 1e-3


def test_no_earlier_guess_is_a_guess_of_zeros():
    net, x_t, t = denoiser(self_condition=True), draws(2, 5, 3), torch.full((2, 1), 0.5, dtype=torch.float64)
    torch.testing.assert_close(net(x_t, t), net(x_t, t, prev=torch.zeros(2, 5, 2, dtype=torch.float64)))
    assert not torch.allclose(net(x_t, t), net(x_t, t, prev=draws(2, 5, 2)))


def test_an_earlier_guess_is_not_looked_at_unless_built_for():
    net, x_t, t = denoiser(), draws(2, 5, 3), torch.full((2, 1), 0.5, dtype=torch.float64)
    assert torch.equal(net(x_t, t), net(x_t, t, prev=draws(2, 5, 2)))


@pytest.mark.parametrize("tokens", [1, 5])
def test_the_zero_condition_is_no_condition(tokens):
    net, x_t, t = denoiser(condition=4), draws(2, 5, 3), torch.full((2, 1), 0.5, dtype=torch.float64)
    nothing = torch.zeros(2, tokens, 4, dtype=torch.float64)
    torch.testing.assert_close(net(x_t, t), net(x_t, t, condition=nothing))
    assert not torch.allclose(net(x_t, t), net(x_t, t, condition=draws(2, tokens, 4)))


def test_a_condition_for_a_network_without_one_is_refused():
    net, t = denoiser(), torch.full((2, 1), 0.5, dtype=torch.float64)
    with pytest.raises(ValueError, match="condition was given to a denoiser that was built with condition=0"):
        net(draws(2, 5, 3), t, condition=draws(2, 1, 4))


def test_words_order_matters():
    net, x_t, t = denoiser(), draws(1, 5, 3), torch.full((1, 1), 0.5, dtype=torch.float64)
    assert not torch.allclose(net(x_t.flip(1), t).flip(1), net(x_t, t))


def test_more_tokens_than_the_canvas_are_refused():
    with pytest.raises(ValueError, match="x_t must have at most 5 tokens, the canvas, got 6"):
        denoiser()(draws(2, 6, 3), torch.full((2, 1), 0.5, dtype=torch.float64))


def test_impossible_widths_are_refused():
    with pytest.raises(ValueError, match="condition at least 0, got 3, 2, 5, -1"):
        denoiser(condition=-1)


def test_every_token_sees_the_tokens_after_it():
    net, x_t, t = denoiser(), draws(1, 5, 3), torch.full((1, 1), 0.5, dtype=torch.float64)
    other = x_t.clone()
    other[0, -1] += 1
    assert ((net(x_t, t) - net(other, t)).abs().amax((0, 2)) > 1e-9).all()
