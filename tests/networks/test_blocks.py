"""The stack of blocks: what it may see, and that its cache changes nothing."""

import pytest
import torch

from textdiff_lite.networks import SIZES, Size, Stack, count_parameters, size

SMALL = Size(width=16, layers=2, heads=2)


def stack(causal: bool, dropout: float = 0.0) -> Stack:
    torch.manual_seed(0)
    made = Stack(SMALL, causal, dropout).double()
    for parameter in made.parameters():  # far from the small start, where every block is close to the identity
        torch.nn.init.normal_(parameter, std=0.5)
    return made


def test_cached_steps_equal_the_whole_sequence():
    made, x = stack(causal=True), torch.randn(3, 9, 16, dtype=torch.float64)
    cache = made.empty_cache(3, 9)
    steps = torch.cat([made.step(x[:, i : i + 1], cache) for i in range(9)], dim=1)
    torch.testing.assert_close(steps, made(x), atol=1e-12, rtol=0)


@pytest.mark.parametrize(("causal", "reached"), [(True, [False] * 4 + [True] * 3), (False, [True] * 7)])
def test_a_token_is_seen_by_all_or_by_those_after_it(causal, reached):
    made, x = stack(causal), torch.randn(1, 7, 16, dtype=torch.float64)
    other = x.clone()
    other[0, 4, 0] += 1  # not all of them: a norm does not see a constant
    assert ((made(x) - made(other)).abs().amax((0, 2)) > 1e-6).tolist() == reached


def test_a_block_adds_attention_of_the_norm_and_then_mlp_of_the_norm():
    made, x = stack(causal=False), torch.randn(2, 5, 16, dtype=torch.float64)
    block = made.blocks[0]
    q, k, v = block.attention.into(block.attention_norm(x)).split(16, dim=-1)
    heads = []
    for part in (slice(0, 8), slice(8, 16)):
        heads.append((q[..., part] @ k[..., part].mT / 8**0.5).softmax(-1) @ v[..., part])
    middle = x + block.attention.out(torch.cat(heads, -1))
    inner = block.mlp[0](block.mlp_norm(middle))
    gelu = inner * (1 + torch.erf(inner / 2**0.5)) / 2
    torch.testing.assert_close(block(x, causal=False), middle + block.mlp[2](gelu))


def test_dropout_acts_in_training_alone():
    made, x = stack(causal=False, dropout=0.5), torch.randn(2, 5, 16, dtype=torch.float64)
    assert not torch.equal(made.train()(x), made(x))
    assert torch.equal(made.eval()(x), made(x))


def test_the_start_adds_little_to_the_residual_stream():
    torch.manual_seed(0)
    made = Stack(SIZES["tiny"], causal=False)
    assert made.blocks[0].mlp[2].weight.std().item() == pytest.approx(0.02 / 8**0.5, rel=0.02)
    assert made.blocks[3].attention.out.weight.std().item() == pytest.approx(0.02 / 8**0.5, rel=0.02)
    assert made.blocks[3].attention.into.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert made.blocks[0].mlp[0].bias.abs().max() == 0


def test_sizes_have_the_parameters_they_are_named_for():
    count = {name: count_parameters(Stack(one, causal=False)) for name, one in SIZES.items()}
    assert {name: round(n / 1e6, 2) for name, n in count.items()} == {
        "mini": 0.15,
        "tiny": 0.79,
        "small": 4.73,
        "medium": 10.64,
    }


def test_an_unknown_size_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"size must be one of mini, tiny, small, medium; got 'huge'"):
        size("huge")


@pytest.mark.parametrize(
    ("numbers", "message"),
    [((10, 2, 4), "width must be a multiple of heads, got width 10 and heads 4"), ((8, 0, 4), "at least 1")],
)
def test_impossible_sizes_are_refused(numbers, message):
    with pytest.raises(ValueError, match=message):
        Size(*numbers)


def test_dropout_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"dropout must be in \[0, 1\), got 1.0"):
        Stack(SMALL, causal=True, dropout=1.0)


def test_a_bidirectional_stack_has_no_use_for_a_cache():
    made = stack(causal=False)
    with pytest.raises(ValueError, match="needs a causal stack"):
        made.step(torch.zeros(1, 1, 16, dtype=torch.float64), made.empty_cache(1, 3))


def test_a_full_cache_is_refused():
    made = stack(causal=True)
    cache = made.empty_cache(1, 1)
    made.step(torch.zeros(1, 1, 16, dtype=torch.float64), cache)
    with pytest.raises(ValueError, match="the cache is full: it holds 1 tokens"):
        made.step(torch.zeros(1, 1, 16, dtype=torch.float64), cache)
