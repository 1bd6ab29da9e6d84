"""Gaussian, Categorical and Corruption, at the edges and away from them."""

import itertools
import math

import pytest
import torch
import torch.distributions as D
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import DEVICES, generator, random
from textdiff_lite.distributions import Categorical, Corruption, Gaussian, safe_log, safe_sqrt

LN2 = math.log(2)
pure = settings(deadline=None, derandomize=True, max_examples=50)
sizes = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5))


def spread(*shape: int, seed: int = 0) -> torch.Tensor:
    return random(*shape, seed=seed).exp()


def token(*probs: float) -> Categorical:
    return Categorical(safe_log(torch.tensor([[probs]], dtype=torch.float64)))


def point(*mean: float, var: float = 0.0) -> Gaussian:
    return Gaussian(torch.tensor([[mean]]), torch.tensor([[[var]]]))


def corrupted(*x0: int, keep: float, replace: float, hide: float, words: int = 4, mask: bool = True) -> Corruption:
    shares = (torch.tensor([[share]], dtype=torch.float64) for share in (keep, replace, hide))
    return Corruption(torch.tensor([x0]), *shares, words, words + mask)


def u(*draws: float) -> torch.Tensor:
    return torch.tensor([draws], dtype=torch.float64)


LARGEST = 1 - 2**-53
"""The largest double below 1."""


# guards


def test_safe_log_has_no_gradient_where_it_is_minus_infinity():
    p = torch.tensor([0.0, 0.5, 1.0], requires_grad=True)
    logs = safe_log(p)
    assert logs.tolist() == pytest.approx([-math.inf, math.log(0.5), 0.0])
    logs[1:].sum().backward()
    assert p.grad is not None
    assert p.grad.tolist() == [0.0, 2.0, 1.0]


def test_safe_log_under_a_mask_gives_finite_gradients():
    p = torch.tensor([0.0, 0.5], requires_grad=True)
    torch.where(p > 0, safe_log(p), 0.0).sum().backward()  # plain log: nan
    assert p.grad is not None
    assert p.grad.tolist() == [0.0, 2.0]


def test_safe_sqrt_has_no_gradient_at_zero():
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    roots = safe_sqrt(x)
    assert roots.tolist() == [0.0, 2.0]
    roots.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.25]


# parity with torch away from the edges


@pure
@given(sizes)
def test_gaussian_agrees_with_torch(size):
    B, L, d = size
    ours, other = (Gaussian(random(B, L, d, seed=i), spread(B, L, 1, seed=i + 10)) for i in (1, 2))
    theirs, others = (D.Normal(law.mean, law.var.sqrt()) for law in (ours, other))
    x = random(B, L, d, seed=3)
    torch.testing.assert_close(ours.log_prob(x), theirs.log_prob(x).sum(-1))
    torch.testing.assert_close(ours.kl(other), D.kl_divergence(theirs, others).sum(-1))


@pure
@given(sizes)
def test_categorical_agrees_with_torch(size):
    ours, other = (Categorical(random(*size, seed=i).log_softmax(-1)) for i in (1, 2))
    theirs, others = (D.Categorical(logits=law.log_probs) for law in (ours, other))
    ids = torch.randint(0, size[-1], size[:2], generator=generator())
    torch.testing.assert_close(ours.log_prob(ids), theirs.log_prob(ids))
    torch.testing.assert_close(ours.kl(other), D.kl_divergence(theirs, others))
    torch.testing.assert_close(ours.entropy(), theirs.entropy())


# values by hand


def test_gaussian_kl_by_hand():
    # D = 2, variances 1 and 4, means (0, 0) and (2, 0): 1/2 (2 (1/4 - 1 + ln 4) + 4/4)
    got = point(0.0, 0.0, var=1.0).kl(point(2.0, 0.0, var=4.0)).item()
    assert got == pytest.approx(0.5 * (2 * (0.25 - 1 + math.log(4)) + 1))


def test_gaussian_log_density_by_hand():
    # D = 2, variance 4, distance 2: -1/2 (2 ln(8 pi) + 1)
    got = point(0.0, 0.0, var=4.0).log_prob(torch.tensor([[[2.0, 0.0]]])).item()
    assert got == pytest.approx(-0.5 * (2 * math.log(8 * math.pi) + 1))


def test_gaussian_sample_is_mean_plus_standard_deviation_times_noise():
    got = point(1.0, -1.0, var=9.0).at(torch.tensor([[[1.0, 2.0]]]))
    assert got.tolist() == [[[4.0, 5.0]]]


def test_categorical_values_by_hand():
    p, q = token(0.5, 0.25, 0.25), token(0.25, 0.25, 0.5)
    assert p.entropy().item() == pytest.approx(1.5 * math.log(2))
    assert p.kl(q).item() == pytest.approx(0.25 * math.log(2))
    assert p.log_prob(torch.tensor([[1]])).item() == pytest.approx(-math.log(4))


# edges of the Gaussian


def test_a_point_mass_always_gives_its_point():
    law = point(1.5, -2.0)
    assert torch.equal(law.sample(generator()), law.mean)


def test_a_point_mass_has_all_its_mass_at_its_point():
    law = point(1.5)
    assert law.log_prob(torch.tensor([[[1.5]]])).item() == math.inf
    assert law.log_prob(torch.tensor([[[1.6]]])).item() == -math.inf


@pytest.mark.parametrize(
    ("one", "two", "nats"),
    [
        (point(1.0), point(1.0), 0.0),
        (point(1.0), point(2.0), math.inf),
        (point(1.0), point(1.0, var=1.0), math.inf),
        (point(1.0, var=1.0), point(1.0), math.inf),
        (point(1.0, var=2.0), point(1.0, var=2.0), 0.0),
        (point(1.0, var=2.0), point(3.0, var=2.0), 1.0),
    ],
)
def test_gaussian_kl_at_the_edges(one, two, nats):
    assert one.kl(two).item() == nats


def test_gaussian_gradients_are_finite_at_every_edge():
    var = torch.tensor([[[0.0], [0.0], [1.0], [2.0]]], requires_grad=True)
    other_var = torch.tensor([[[0.0], [1.0], [0.0], [3.0]]])
    mean = torch.zeros(1, 4, 2, requires_grad=True)
    law, other = Gaussian(mean, var), Gaussian(torch.ones(1, 4, 2), other_var)
    for value in (law.sample(generator()), law.kl(other), other.kl(law), law.log_prob(torch.ones(1, 4, 2))):
        mean.grad = var.grad = None
        (value * torch.ones_like(value)).sum().backward()
        assert mean.grad is not None
        assert var.grad is not None
        assert mean.grad.isfinite().all()
        assert var.grad.isfinite().all()
        assert mean.grad[0, 3].abs().sum() > 0


# edges of the Categorical


def test_an_impossible_token_has_probability_zero():
    law = token(0.5, 0.5, 0.0)
    assert law.log_prob(torch.tensor([[2]])).item() == -math.inf
    assert law.entropy().item() == pytest.approx(math.log(2))
    assert token(1.0, 0.0).entropy().item() == 0.0


def test_categorical_kl_at_the_edges():
    some, certain = token(0.5, 0.5, 0.0), token(1.0, 0.0, 0.0)
    assert certain.kl(some).item() == pytest.approx(math.log(2))
    assert some.kl(certain).item() == math.inf
    assert certain.kl(certain).item() == 0.0


def test_categorical_gradients_are_finite_with_impossible_tokens():
    other = token(0.2, 0.8, 0.0)
    for nats in (lambda law: law.kl(other), lambda law: other.kl(law), lambda law: law.entropy()):
        logits = torch.tensor([[[0.3, -0.2, -math.inf]]], requires_grad=True)
        nats(Categorical(logits.log_softmax(-1))).sum().backward()
        assert logits.grad is not None
        assert logits.grad.isfinite().all()
        assert logits.grad.abs().sum() > 0


def test_no_draw_gives_an_impossible_token():
    law = token(0.0, 0.3, 0.0, 0.7, 0.0)
    for u, want in [(0.0, 1), (0.3 - 1e-9, 1), (0.3 + 1e-9, 3), (1 - 2**-53, 3)]:
        assert law.at(torch.tensor([[u]], dtype=torch.float64)).item() == want


def test_a_rare_token_of_a_float32_law_has_its_share_too():
    law = Categorical(torch.tensor([[[0.5, 1e-9, 0.5]]]).log())
    assert law.at(torch.tensor([[0.5 + 1e-12]], dtype=torch.float64)).item() == 1


def test_what_rounding_took_from_the_sum_is_missing_from_every_token_alike():
    law = Categorical(torch.tensor([[[0.09] * 10 + [0.0]]], dtype=torch.float64).log())
    for u, want in [(0.05, 0), (0.55, 5), (1 - 2**-53, 9)]:
        assert law.at(torch.tensor([[u]], dtype=torch.float64)).item() == want


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("rare", [1e-6, 1e-9, 1e-12])
def test_a_rare_token_has_exactly_its_share_of_the_draws(rare, place):
    probs = [(1 - rare) / 2] * 2
    probs.insert(place, rare)
    law = token(*probs)

    def end_of_share(k: int) -> float:
        """The draw from which on a token above k is chosen, by bisection."""
        lo, hi = 0.0, 1.0
        for _ in range(60):
            middle = (lo + hi) / 2
            chosen = law.at(torch.tensor([[middle]], dtype=torch.float64)).item()
            lo, hi = (middle, hi) if chosen <= k else (lo, middle)
        return lo

    assert end_of_share(place) - end_of_share(place - 1) == pytest.approx(rare, abs=1e-15)


def test_float32_draws_are_refused():
    with pytest.raises(ValueError, match=r"draw must be torch.float64, got torch.float32: it would starve rare"):
        token(0.5, 0.5).at(torch.zeros(1, 1))


# statistics, dtypes, devices


def test_samples_have_the_moments_of_the_law():
    n = 20000
    law = Gaussian(torch.full((n, 1, 1), 3.0), torch.full((n, 1, 1), 0.25))
    x = law.sample(generator())
    assert abs(float(x.mean()) - 3) < 5 * 0.5 / n**0.5
    assert abs(float(x.var()) - 0.25) < 5 * 0.25 * (2 / n) ** 0.5


def test_sampled_tokens_have_the_frequencies_of_the_law():
    n, probs = 20000, torch.tensor([0.6, 0.3, 0.1])
    ids = Categorical(probs.log().expand(n, 1, 3)).sample(generator())
    found = torch.bincount(ids.flatten(), minlength=3) / n
    assert ((found - probs).abs() < 5 * (probs * (1 - probs) / n).sqrt()).all()


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_cpu_generator_gives_the_same_samples_on_every_device(dtype, device):
    mean, var = random(2, 3, 4).to(dtype), spread(2, 3, 1).to(dtype)
    here = Gaussian(mean, var).sample(generator(5))
    there = Gaussian(mean.to(device), var.to(device)).sample(generator(5))
    assert (there.dtype, there.device.type) == (dtype, device)
    torch.testing.assert_close(there.cpu(), here)
    log_probs = mean.log_softmax(-1)
    ids = Categorical(log_probs.to(device)).sample(generator(5))
    assert (ids.dtype, ids.device.type) == (torch.int64, device)
    assert torch.equal(ids.cpu(), Categorical(log_probs).sample(generator(5)))


def test_samples_depend_on_the_generator_alone():
    law = Gaussian(torch.zeros(1, 2, 3), torch.ones(1, 2, 1))
    words = Categorical(torch.zeros(8, 8, 5).log_softmax(-1))
    torch.manual_seed(3)
    first, ids = law.sample(generator(1)), words.sample(generator(1))
    torch.manual_seed(7)
    assert torch.equal(first, law.sample(generator(1)))
    assert torch.equal(ids, words.sample(generator(1)))
    assert not torch.equal(first, law.sample(generator(2)))
    assert not torch.equal(ids, words.sample(generator(2)))


def test_a_sample_is_the_law_at_its_draw():
    for law in (Gaussian(random(2, 3, 4), spread(2, 3, 1)), Categorical(random(2, 3, 4).log_softmax(-1))):
        assert torch.equal(law.sample(generator(4)), law.at(law.draw(generator(4))))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_nats_have_the_dtype_of_the_law(dtype):
    gaussian = Gaussian(random(2, 3, 4).to(dtype), torch.zeros(2, 3, 1, dtype=dtype))
    words = Categorical(random(2, 3, 4).to(dtype).log_softmax(-1))
    assert gaussian.kl(gaussian).dtype == gaussian.log_prob(gaussian.mean).dtype == dtype
    assert words.kl(words).dtype == words.entropy().dtype == dtype


def test_kl_is_infinite_where_a_token_too_rare_for_float32_is_forbidden():
    p, q = (Categorical(torch.tensor([[[0.0, rare]]])) for rare in (-200.0, -torch.inf))
    assert p.kl(q).item() == torch.inf
    assert q.kl(p).item() == 0


def test_kl_to_a_law_that_all_but_forbids_a_token_is_large_and_exact():
    p, q = (Categorical(torch.tensor([[logs]], dtype=torch.float64)) for logs in ([-LN2, -LN2], [0.0, -100.0]))
    assert p.kl(q).item() == pytest.approx(50 - LN2)


# what is left of a token


def test_corruption_by_hand():
    # four words, .5 kept, .2 replaced (.05 for each word), .3 hidden
    law = corrupted(2, 0, keep=0.5, replace=0.2, hide=0.3)
    want = torch.tensor([[[0.05, 0.05, 0.55, 0.05, 0.3], [0.55, 0.05, 0.05, 0.05, 0.3]]], dtype=torch.float64)
    torch.testing.assert_close(law.log_probs.exp(), want, rtol=0, atol=1e-15)
    assert law.log_prob(torch.tensor([[2, 4]])).exp().tolist()[0] == pytest.approx([0.55, 0.3])
    assert law.log_prob(torch.tensor([[0, 0]])).exp().tolist()[0] == pytest.approx([0.05, 0.55])


def test_the_numbers_of_a_corruption_fall_to_the_mask_then_the_token_then_the_words():
    law = corrupted(2, 2, 2, 2, 2, 2, 2, keep=0.5, replace=0.2, hide=0.3)
    assert law.at(u(0.0, 0.29, 0.31, 0.79, 0.81, 0.86, 0.96)).tolist() == [[4, 4, 2, 2, 0, 1, 3]]


@pytest.mark.parametrize(
    ("keep", "replace", "hide"),
    [(0.5, 0.2, 0.3), (0.0, 0.6, 0.4), (0.7, 0.3, 0.0), (0.7, 0.0, 0.3), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0, 0, 1)],
)
@pytest.mark.parametrize("x0", [0, 1, 3])
def test_each_token_of_a_corruption_has_exactly_its_share_of_the_draws(x0, keep, replace, hide):
    law, n = corrupted(x0, keep=keep, replace=replace, hide=hide), 2**16
    drawn = law.at((torch.arange(n, dtype=torch.float64)[None] + 0.5) / n)
    share = torch.bincount(drawn[0], minlength=5) / n
    # a token has two intervals at most, each off by one draw of the grid
    torch.testing.assert_close(share.double(), law.log_probs.exp()[0, 0], rtol=0, atol=2 / n)


@pytest.mark.parametrize("rare", [1e-6, 1e-12])
@pytest.mark.parametrize("which", ["keep", "replace", "hide"])
def test_a_rare_end_of_a_token_has_exactly_its_share_of_the_draws(which, rare):
    shares = dict.fromkeys(("keep", "replace", "hide"), (1 - rare) / 2) | {which: rare}
    law, x0, words = corrupted(2, **shares, words=3), 2, 3
    order = [(words, shares["hide"]), (x0, shares["keep"]), *((word, shares["replace"] / 3) for word in range(3))]
    ends = list(itertools.accumulate(share for _, share in order))
    starts = [0.0, *ends[:-1]]
    for number in range(len(order) - 1):
        lo, hi = (starts[number] + ends[number]) / 2, (starts[number + 1] + ends[number + 1]) / 2
        before, after = order[number][0], order[number + 1][0]
        assert (law.at(u(lo)).item(), law.at(u(hi)).item()) == (before, after)
        for _ in range(60):
            middle = (lo + hi) / 2
            lo, hi = (middle, hi) if law.at(u(middle)).item() == before else (lo, middle)
        assert lo == pytest.approx(ends[number], abs=1e-15)


def test_no_draw_of_a_corruption_gives_what_is_impossible():
    for keep in torch.linspace(0, 1, 101, dtype=torch.float64).tolist():
        draws = u(0.0, keep, 1 - keep, max(keep - 2**-53, 0.0), min(keep + 2**-53, LARGEST), LARGEST)
        draws = draws[draws < 1][None]
        x0 = [2] * draws.shape[1]
        hidden = corrupted(*x0, keep=keep, replace=0.0, hide=1 - keep).at(draws)
        assert set(hidden[0].tolist()) <= {2, 4}
        replaced = corrupted(*x0, keep=keep, replace=1 - keep, hide=0.0, mask=False).at(draws)
        assert set(replaced[0].tolist()) <= {0, 1, 2, 3}
        both = corrupted(*x0, keep=keep, replace=(1 - keep) * 0.3, hide=(1 - keep) * 0.7).at(draws)
        assert both[0, -1] <= 3


def test_what_rounding_took_from_the_shares_is_no_reason_to_replace():
    assert corrupted(2, keep=0.7 - 1e-15, replace=0.0, hide=0.3).at(u(LARGEST)).item() == 2


def test_a_certain_end_of_a_token_is_certain():
    draws = u(0.0, 0.5, LARGEST)
    assert corrupted(1, 1, 1, keep=1, replace=0, hide=0).at(draws).tolist() == [[1, 1, 1]]
    assert corrupted(1, 1, 1, keep=0, replace=0, hide=1).at(draws).tolist() == [[4, 4, 4]]
    assert corrupted(1, 1, 1, keep=0, replace=1, hide=0).at(draws).tolist() == [[0, 2, 3]]
    assert corrupted(1, keep=1, replace=0, hide=0).log_probs[0, 0].tolist() == [-math.inf, 0] + [-math.inf] * 3


@pure
@given(sizes, st.floats(0, 1), st.floats(0, 1))
def test_a_corruption_is_the_categorical_of_its_log_probs(size, keep, part):
    B, L, words = size
    seen = keep + (1 - keep) * part
    x0 = torch.randint(words, (B, L), generator=generator())
    shares = (torch.full((B, 1), share, dtype=torch.float64) for share in (keep, seen - keep, 1 - seen))
    law = Corruption(x0, *shares, words, words + 1)
    written = Categorical(law.log_probs)
    torch.testing.assert_close(law.log_probs.exp().sum(-1), torch.ones(B, L).double(), rtol=0, atol=1e-12)
    ids = torch.randint(words + 1, (B, L, 2), generator=generator(1))
    assert torch.equal(law.log_prob(ids[..., 0]), written.log_prob(ids[..., 0]))
    assert torch.equal(law.log_prob_of(ids), law.log_probs.gather(-1, ids))
    other = Categorical(random(B, L, words + 1).log_softmax(-1))
    assert torch.equal(law.kl(other), written.kl(other))
    assert torch.equal(other.kl(law), other.kl(written))


def test_a_corruption_without_a_mask_has_no_column_for_it():
    law = corrupted(1, keep=0.6, replace=0.4, hide=0.0, mask=False)
    assert law.log_probs.exp()[0, 0].tolist() == pytest.approx([0.1, 0.7, 0.1, 0.1])


def test_shares_of_a_corruption_are_those_of_each_place_and_row():
    keep = torch.tensor([[1.0, 0.0], [0.25, 0.5]], dtype=torch.float64)
    law = Corruption(torch.tensor([[0, 1], [1, 0]]), keep, 0.4 * (1 - keep), 0.6 * (1 - keep), 2, 3)
    want = [[[1, 0, 0], [0.2, 0.2, 0.6]], [[0.15, 0.4, 0.45], [0.6, 0.1, 0.3]]]
    torch.testing.assert_close(law.log_probs.exp(), torch.tensor(want, dtype=torch.float64), rtol=0, atol=1e-15)
    assert law.at(torch.full((2, 2), 0.35, dtype=torch.float64)).tolist() == [[0, 2], [2, 0]]


def test_float32_draws_of_a_corruption_are_refused():
    with pytest.raises(ValueError, match=r"draw must be torch.float64, got torch.float32: it would starve rare"):
        corrupted(0, keep=0.5, replace=0.5, hide=0).at(torch.zeros(1, 1))


@pytest.mark.parametrize("device", DEVICES)
def test_corruptions_are_drawn_in_float64_from_the_generator_alone(device):
    x0 = torch.randint(4, (8, 8), generator=generator())
    shares = [torch.full((1, 1), share, dtype=torch.float64) for share in (0.3, 0.3, 0.4)]
    law = Corruption(x0.to(device), *(share.to(device) for share in shares), 4, 5)
    draw = law.draw(generator(1))
    assert (draw.dtype, draw.shape, draw.device.type) == (torch.float64, (8, 8), device)
    torch.manual_seed(3)
    first = law.sample(generator(1))
    torch.manual_seed(7)
    assert torch.equal(first, law.sample(generator(1)))
    assert not torch.equal(first, law.sample(generator(2)))
    assert torch.equal(first.cpu(), Corruption(x0, *shares, 4, 5).sample(generator(1)))
    assert (first.dtype, first.device.type) == (torch.int64, device)
    assert law.log_probs.device.type == device
