"""The denoiser of tokens: it sees every place, answers with words alone, and may do without the time."""

import pytest
import torch

from textdiff_lite.networks import Size, TokenDenoiser, count_parameters

WORDS, STATES, LENGTH = 6, 8, 5
SMALL = Size(width=16, layers=2, heads=2)


def network(timed: bool = True, states: int = STATES, dropout: float = 0.0) -> TokenDenoiser:
    torch.manual_seed(0)
    made = TokenDenoiser(WORDS, LENGTH, SMALL, states, timed, dropout).double()
    for parameter in made.parameters():  # far from the small start, where every block is close to the identity
        torch.nn.init.normal_(parameter, std=0.5)
    return made


def ids(batch: int = 1, length: int = LENGTH) -> torch.Tensor:
    return torch.randint(0, STATES, (batch, length), generator=torch.Generator().manual_seed(1))


def at(*values: float) -> torch.Tensor:
    return torch.tensor([values], dtype=torch.float64)


def test_words_alone_are_answered_and_every_state_is_taken():
    net = network()
    assert net(torch.arange(STATES)[None, 3:], at(0.5)).shape == (1, LENGTH, WORDS)


@pytest.mark.parametrize("timed", [True, False])
def test_every_place_sees_every_other(timed):
    net, x = network(timed), ids()
    for place in range(LENGTH):
        other = x.clone()
        other[0, place] = (x[0, place] + 1) % STATES
        assert ((net(x, at(0.5)) - net(other, at(0.5))).abs().amax((0, 2)) > 1e-6).all()


def test_without_positions_places_are_all_alike():
    net, x, order = network(), ids(), torch.tensor([3, 0, 4, 1, 2])
    assert not torch.allclose(net(x[:, order], at(0.5)), net(x, at(0.5))[:, order])
    torch.nn.init.zeros_(net.positions)
    torch.testing.assert_close(net(x[:, order], at(0.5)), net(x, at(0.5))[:, order])


def test_fewer_tokens_than_the_canvas_stand_at_its_first_places():
    net = network()
    short = TokenDenoiser(WORDS, 3, SMALL, STATES, timed=True).double()
    weights = dict(net.state_dict(), positions=net.positions[:3])
    short.load_state_dict(weights)
    torch.testing.assert_close(net(ids(length=3), at(0.5)), short(ids(length=3), at(0.5)))


def test_the_output_is_the_table_of_words_and_a_bias():
    net, x = network(), ids(3)
    tops = []
    net.stack.register_forward_hook(lambda _, __, top: tops.append(top))
    before = net(x, at(0.5))
    torch.testing.assert_close(before, torch.einsum("bld,wd->blw", tops[0], net.table[:WORDS]) + net.bias)
    with torch.no_grad():
        net.bias[2] += 1
    torch.testing.assert_close(net(x, at(0.5)) - before, torch.eye(WORDS).double()[2].expand(3, LENGTH, WORDS))


def test_a_word_that_is_not_seen_is_scored_by_its_row_of_the_table():
    net, x = network(), torch.zeros(1, LENGTH, dtype=torch.int64)
    before = net(x, at(0.5))
    with torch.no_grad():
        net.table[3] = net.table[1]
        net.bias[3] = net.bias[1]
    after = net(x, at(0.5))
    torch.testing.assert_close(after[..., 3], before[..., 1])
    torch.testing.assert_close(after[..., 4], before[..., 4])


def test_states_that_are_no_words_change_no_answer_unless_they_are_seen():
    net, x = network(), torch.zeros(1, LENGTH, dtype=torch.int64)
    unseen, seen = net(x, at(0.5)), net(x + WORDS, at(0.5))
    with torch.no_grad():
        net.table[WORDS] += torch.arange(SMALL.width).double()
    assert torch.equal(net(x, at(0.5)), unseen)
    assert not torch.allclose(net(x + WORDS, at(0.5)), seen)


def test_each_token_has_its_own_time():
    net, x = network(), ids()
    one, same = net(x, at(0.5)), net(x, at(*[0.5] * LENGTH))
    torch.testing.assert_close(one, same)
    # a stack of blocks would mix the tokens
    net.stack.blocks = torch.nn.ModuleList()
    change = (net(x, at(*[0.5] * LENGTH)) - net(x, at(0.5, 0.5, 0.9, 0.5, 0.5))).abs().amax((0, 2)) > 1e-6
    assert change.tolist() == [False, False, True, False, False]


def test_the_network_is_told_a_thousandth_of_time_apart():
    net, x = network(), ids()
    assert (net(x, at(0.5)) - net(x, at(0.501))).abs().max() > 1e-2


def test_untimed_it_answers_the_same_at_all_times_and_has_no_weights_for_them():
    net, x = network(timed=False), ids(2)
    for t in (at(0.0), at(1.0), torch.rand(2, LENGTH, dtype=torch.float64)):
        assert torch.equal(net(x, t), net(x, at(0.5)))
    assert not [name for name, _ in net.named_parameters() if "time" in name]
    assert count_parameters(network()) - count_parameters(net) == 2 * (16 * 16 + 16)


@pytest.mark.parametrize("timed", [True, False])
def test_every_weight_gets_a_finite_gradient(timed):
    net, x = network(timed), ids(4)
    loss = torch.nn.functional.cross_entropy(net(x, at(0.5)).transpose(1, 2), x % WORDS)
    loss.backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_the_table_learns_as_input_and_as_output():
    net = network()
    net(torch.full((1, LENGTH), 7), at(0.5))[0, 0, 2].backward()
    learned = net.table.grad.abs().sum(1) > 0  # pyright: ignore[reportOptionalMemberAccess]
    assert learned.nonzero().squeeze(1).tolist() == [2, 7]


def test_dropout_acts_in_training_alone():
    net, x = network(dropout=0.5), ids()
    assert not torch.equal(net.train()(x, at(0.5)), net(x, at(0.5)))
    assert torch.equal(net.eval()(x, at(0.5)), net(x, at(0.5)))


def test_the_answers_start_almost_even():
    torch.manual_seed(0)
    net = TokenDenoiser(WORDS, LENGTH, SMALL, STATES, timed=True)
    assert net(ids(8), torch.rand(8, 1)).softmax(-1).sub(1 / WORDS).abs().max() < 0.1


@pytest.mark.parametrize("timed", [True, False])
def test_it_runs_in_bfloat16_and_never_in_float64(timed):
    net, x = network(timed).float(), ids(2)
    t = torch.rand(2, 1)
    assert net(x, t).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        short = net(x, t)
    assert short.dtype == torch.bfloat16
    assert (short.float() - net(x, t)).abs().max() < 0.1 * net(x, t).abs().max()


def test_a_vocabulary_without_further_states_is_allowed():
    assert network(states=WORDS)(ids() % WORDS, at(0.5)).shape == (1, LENGTH, WORDS)


def test_an_empty_batch_is_allowed():
    assert network()(torch.zeros(0, LENGTH, dtype=torch.int64), at(0.5)).shape == (0, LENGTH, WORDS)


@pytest.mark.parametrize("wrong", [-1, STATES])
def test_ids_that_are_no_state_are_refused(wrong):
    with pytest.raises(ValueError, match=r"x_t must lie in \[0, 8\), got \["):
        network()(torch.tensor([[1, wrong, 2]]), at(0.5))


def test_more_tokens_than_the_canvas_are_refused():
    with pytest.raises(ValueError, match="x_t must have at most 5 tokens, the canvas, got 6"):
        network()(ids(length=6), at(0.5))


def test_fewer_states_than_words_are_refused():
    with pytest.raises(ValueError, match="states must be at least 6, the number of words, got 5"):
        TokenDenoiser(WORDS, LENGTH, SMALL, WORDS - 1, timed=True)


@pytest.mark.parametrize(("words", "length"), [(0, 5), (6, 0)])
def test_impossible_sizes_are_refused(words, length):
    with pytest.raises(ValueError, match=f"words and length must be at least 1, got {words} and {length}"):
        TokenDenoiser(words, length, SMALL, STATES, timed=True)
