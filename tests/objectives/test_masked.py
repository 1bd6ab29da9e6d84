"""The continuous-time bound of the absorbing kernel, and the same bound by exact counts."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from tests.objectives import variance
from tests.oracle import DEVICES, PlaceFirst, fading, generator, random, times
from textdiff_lite.distributions import safe_log
from textdiff_lite.objectives import exact_count_bound, hide_exactly, masked_bound, stratified_counts
from textdiff_lite.processes import Absorbing
from textdiff_lite.schedules import FromSurvivals, Spindle, cosine, cosine_hoogeboom, linear, mutual_information

WORDS, PLACES, MASK = 3, 3, 3
SENTENCES = torch.tensor(list(itertools.product(range(WORDS), repeat=PLACES)))
LAW = random(len(SENTENCES), seed=3).exp()
LAW /= LAW.sum()
ENTROPY = float(-(LAW * LAW.log()).sum())
PATTERNS = torch.tensor(list(itertools.product([False, True], repeat=PLACES)))

PLAIN = {"mutual information": mutual_information, "cosine": cosine, "hoogeboom": cosine_hoogeboom}
SPINDLE = Spindle((6.0, 3.0, 1.0), 0.3)
SCHEDULES = PLAIN | {"places": PlaceFirst(fading), "spindle": SPINDLE}
every_schedule = pytest.mark.parametrize("alpha_bar", SCHEDULES.values(), ids=SCHEDULES)
every_plain = pytest.mark.parametrize("alpha_bar", PLAIN.values(), ids=PLAIN)


def keeps(alpha_bar, x0: Tensor, t: Tensor) -> Tensor:
    return alpha_bar(t, word=x0, position=torch.arange(x0.shape[1])[None]).expand(x0.shape)


def belief_of(law: Tensor, process: Absorbing, x_t: Tensor, t: Tensor) -> Tensor:
    """Bayes over all sentences: log p(x_0 | x_t), [B, L, words], of the sentences that could have become x_t."""
    a = process.alpha_bar(
        t.expand_as(x_t)[:, None], word=SENTENCES[None], position=torch.arange(PLACES)[None, None]
    ).expand(len(x_t), len(SENTENCES), PLACES)
    seen = x_t[:, None]
    likelihood = torch.where(seen == MASK, 1 - a, a * (seen == SENTENCES)).prod(-1)
    p = law * likelihood
    p = p / p.sum(-1, keepdim=True)
    return safe_log(torch.einsum("bs,slv->blv", p, F.one_hot(SENTENCES, WORDS).double()))


def stubborn(x_t: Tensor) -> Tensor:
    """Some belief that has nothing to do with the law and looks at all of x_t, as logits."""
    return torch.sin(7.0 * (x_t.double() @ random(PLACES, PLACES * WORDS, seed=9))).view(len(x_t), PLACES, WORDS)


def all_states(alpha_bar, t: float) -> tuple[Tensor, Tensor, Tensor]:
    """Every sentence with every set of hidden places: x0, x_t, and their probability at time t."""
    x0 = SENTENCES.repeat_interleave(len(PATTERNS), 0)
    hidden = PATTERNS.repeat(len(SENTENCES), 1)
    a = keeps(alpha_bar, x0, times(t))
    probability = LAW.repeat_interleave(len(PATTERNS)) * torch.where(hidden, 1 - a, a).prod(-1)
    return x0, torch.where(hidden, MASK, x0), probability


def integrated(process: Absorbing, belief, points: int = 24) -> float:
    """The whole bound, nats a sentence: all states summed, t by Gauss-Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    total = 0.0
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        x0, x_t, probability = all_states(process.alpha_bar, float(node))
        t = times(float(node)).expand(len(x0), 1)
        nats = masked_bound(process, belief(x_t, t), x0, x_t, t).sum(1)
        total += weight * float((probability * nats).sum())
    return total


# exact, by enumeration


@every_schedule
def test_the_bound_of_the_exact_belief_is_the_entropy(alpha_bar):
    process = Absorbing(alpha_bar, WORDS)
    found = integrated(process, lambda x_t, t: belief_of(LAW, process, x_t, t))
    assert found == pytest.approx(ENTROPY, abs=1e-9)


@every_schedule
def test_the_bound_of_a_wrong_belief_is_above_the_entropy(alpha_bar):
    assert integrated(Absorbing(alpha_bar, WORDS), lambda x_t, t: stubborn(x_t)) > ENTROPY + 0.1


def test_the_bound_of_a_wrong_law_is_the_cross_entropy_with_it():
    # the reverse chain with the exact belief of another law is that law's own, so the bound is tight for it too
    process, other = Absorbing(SPINDLE, WORDS), LAW.flip(0)
    found = integrated(process, lambda x_t, t: belief_of(other, process, x_t, t))
    assert found == pytest.approx(float(-(LAW * other.log()).sum()), abs=1e-9)


@every_plain
def test_every_schedule_that_treats_all_alike_has_the_bound_of_the_exact_counts(alpha_bar):
    found = integrated(Absorbing(alpha_bar, WORDS), lambda x_t, t: stubborn(x_t))
    x0 = SENTENCES.repeat_interleave(len(PATTERNS), 0)
    hidden = PATTERNS.repeat(len(SENTENCES), 1)
    x_t = torch.where(hidden, MASK, x0)
    nats = exact_count_bound(stubborn(x_t), x0, x_t, MASK).sum(1)
    n = hidden.sum(1)
    sets = torch.tensor([math.comb(PLACES, int(k)) for k in n], dtype=torch.float64)
    law = torch.where(n > 0, LAW.repeat_interleave(len(PATTERNS)) / sets / PLACES, 0.0)
    assert float(law.sum()) == pytest.approx(1.0)
    assert float((law * nats).sum()) == pytest.approx(found, abs=1e-9)


@every_schedule
def test_it_is_the_limit_of_the_kl_of_a_small_step(alpha_bar):
    process, small = Absorbing(alpha_bar, WORDS), 1e-6
    x0 = torch.tensor([[0, 1, 2], [2, 0, 1], [1, 1, 0]])
    x_t = torch.tensor([[3, 3, 3], [2, 3, 3], [3, 1, 0]])
    t, log_belief = times(0.2, 0.5, 0.9), stubborn(x_t).log_softmax(-1)
    step = process.posterior(x_t, x0, t - small, t).kl(process.reverse(x_t, log_belief, t - small, t))
    found = masked_bound(process, log_belief, x0, x_t, t)
    torch.testing.assert_close(found, step / small, rtol=1e-4, atol=1e-7)


# values by hand


def test_the_weight_of_an_even_schedule_is_one_over_t():
    logits, x0, x_t = random(2, 2, 3), torch.tensor([[0, 2], [1, 1]]), torch.tensor([[3, 2], [3, 3]])
    nats = -logits.log_softmax(-1).gather(-1, x0[..., None]).squeeze(-1)
    found = masked_bound(Absorbing(mutual_information, 3), logits, x0, x_t, times(0.25, 0.5))
    torch.testing.assert_close(found, nats * torch.tensor([[4.0, 0.0], [2.0, 2.0]]))


def test_the_weight_of_a_place_comes_from_its_own_time_and_curve():
    # 1 - t^2 at place 1: weight 2 t / t^2; a table of two halves: alpha_bar(3/4) = 0.15, slope -0.3 / 0.5
    logits, x0, x_t = torch.zeros(1, 2, 3), torch.tensor([[0, 1]]), torch.full((1, 2), 3)
    t = torch.tensor([[0.2, 0.8]], dtype=torch.float64)
    found = masked_bound(Absorbing(PlaceFirst(fading), 3), logits, x0, x_t, t)
    torch.testing.assert_close(found, math.log(3) * torch.tensor([[1 / 0.2, 2 / 0.8]]))
    table = Absorbing(FromSurvivals((1.0, 0.3, 0.0)), 3)
    found = masked_bound(table, logits, x0, x_t, times(0.75))
    torch.testing.assert_close(found, math.log(3) * torch.full((1, 2), 0.6 / 0.85))


def test_the_exact_count_weighs_by_places_over_hidden_places():
    logits, x0 = random(3, 4, 3), torch.tensor([[0, 1, 2, 0]]).expand(3, 4)
    hidden = torch.tensor([[1, 0, 0, 0], [1, 1, 0, 1], [0, 0, 0, 0]]).bool()
    nats = -logits.log_softmax(-1).gather(-1, x0[..., None]).squeeze(-1)
    found = exact_count_bound(logits, x0, torch.where(hidden, 3, x0), 3)
    torch.testing.assert_close(found, nats * hidden * torch.tensor([[4.0], [4 / 3], [0.0]]))


def test_the_slope_is_taken_in_float64():
    # one step of 1e-7 in float32 would lose most digits of 1 - alpha_bar
    t = torch.full((1, 1), 1e-5)
    found = masked_bound(Absorbing(linear, 3), torch.zeros(1, 1, 3), torch.tensor([[0]]), torch.tensor([[3]]), t)
    rate = -math.log1p(-linear.betas[0]) * 1000
    want = rate / math.expm1(rate * float(t))
    assert found.item() == pytest.approx(want * math.log(3), rel=1e-6)
    assert found.dtype == torch.float32


# edges


@pytest.mark.parametrize("alpha_bar", [mutual_information, SPINDLE])
def test_a_seen_place_gives_exactly_nothing_even_if_its_word_is_impossible(alpha_bar):
    x0, x_t = torch.tensor([[0, 1, 2]]), torch.tensor([[0, 3, 2]])
    logits = random(1, 3, 3).float()
    logits[0, 0] = torch.tensor([-math.inf, 0.0, 0.0])
    logits.requires_grad_()
    for found in (
        masked_bound(Absorbing(alpha_bar, 3), logits, x0, x_t, times(0.3)),
        exact_count_bound(logits, x0, x_t, 3),
    ):
        assert found[0, 0] == found[0, 2] == 0
        assert found[0, 1] > 0
        (slope,) = torch.autograd.grad(found.sum(), logits)
        assert (slope[0, [0, 2]] == 0).all()
        assert slope.isfinite().all()
        assert (slope[0, 1] != 0).all()


@pytest.mark.parametrize("alpha_bar", [mutual_information, SPINDLE])
def test_a_given_place_at_time_0_costs_nothing(alpha_bar):
    x0, x_t = torch.tensor([[0, 1]]), torch.tensor([[0, 3]])
    logits = torch.zeros(1, 2, 3, requires_grad=True)
    t = torch.tensor([[0.0, 0.4]])
    found = masked_bound(Absorbing(alpha_bar, 3), logits, x0, x_t, t)
    assert found[0, 0] == 0
    assert found[0, 1] > 0
    found.sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_an_impossible_word_that_is_hidden_costs_infinitely_much():
    x0, x_t, logits = torch.tensor([[0]]), torch.tensor([[3]]), torch.tensor([[[-math.inf, 0.0, 0.0]]])
    assert masked_bound(Absorbing(cosine, 3), logits, x0, x_t, times(0.5)).item() == math.inf
    assert exact_count_bound(logits, x0, x_t, 3).item() == math.inf


def test_a_stretch_in_which_nothing_is_destroyed_costs_nothing():
    # flat between 1/3 and 2/3, where even an impossible word is not asked for
    process = Absorbing(FromSurvivals((1.0, 0.5, 0.5, 0.0)), 3)
    logits = torch.tensor([[[-math.inf, 0.0, 0.0]]], requires_grad=True)
    found = masked_bound(process, logits, torch.tensor([[0]]), torch.tensor([[3]]), times(0.5))
    assert found.item() == 0
    found.sum().backward()
    assert logits.grad is not None
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("extreme", [1.0, 1e4])
@pytest.mark.parametrize("share", ["none", "some", "all"])
@pytest.mark.parametrize("alpha_bar", [mutual_information, cosine, SPINDLE])
def test_gradients_are_finite_and_not_zero(alpha_bar, share, extreme):
    x0 = torch.randint(3, (8, 5), generator=generator())
    hidden = torch.rand(8, 5, generator=generator(1)) < {"none": 0.0, "some": 0.5, "all": 1.1}[share]
    x_t, t = torch.where(hidden, 3, x0), torch.linspace(1e-4, 1.0, 8)[:, None]
    logits = (extreme * random(8, 5, 3).float().sign()).requires_grad_()
    for found in (
        masked_bound(Absorbing(alpha_bar, 3), logits, x0, x_t, t),
        exact_count_bound(logits, x0, x_t, 3),
    ):
        assert found.dtype == torch.float32
        assert found.isfinite().all()
        (slope,) = torch.autograd.grad(found.mean(), logits)
        assert slope.isfinite().all()
        assert (slope[~hidden] == 0).all()
        assert (slope != 0).any() == hidden.any()


def test_a_schedule_that_learns_gets_its_gradient():
    power = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)

    def learned(t, word=None, position=None):
        return 1 - t**power

    process = Absorbing(learned, 3)
    logits, x0, x_t = torch.zeros(1, 2, 3, dtype=torch.float64), torch.tensor([[0, 1]]), torch.tensor([[3, 1]])
    found = masked_bound(process, logits, x0, x_t, times(0.25))
    # the weight is power / t
    assert found[0, 0].item() == pytest.approx(6 * math.log(3))
    found.sum().backward()
    assert power.grad is not None
    assert power.grad.item() == pytest.approx(4 * math.log(3))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@every_schedule
def test_the_slope_is_there_where_gradients_are_switched_off(alpha_bar, mode):
    process, logits = Absorbing(alpha_bar, 3), random(2, 3, 3).requires_grad_()
    x0, x_t, t = torch.tensor([[0, 1, 2], [2, 2, 0]]), torch.tensor([[3, 1, 3], [3, 3, 3]]), times(0.3, 0.6)
    want = masked_bound(process, logits, x0, x_t, t)
    with mode():
        found = masked_bound(process, logits.clone(), x0, x_t, t.clone())
    assert not found.requires_grad
    torch.testing.assert_close(found, want.detach())


@pytest.mark.parametrize("device", DEVICES)
@every_schedule
def test_every_device_gives_the_same_bound(alpha_bar, device):
    process, logits = Absorbing(alpha_bar, 3), random(2, 3, 3)
    x0, x_t, t = torch.tensor([[0, 1, 2], [2, 2, 0]]), torch.tensor([[3, 1, 3], [3, 3, 3]]), times(0.3, 0.6)
    there = masked_bound(process, logits.to(device), x0.to(device), x_t.to(device), t.to(device))
    torch.testing.assert_close(there.cpu(), masked_bound(process, logits, x0, x_t, t))


# memory: nothing of the size of the logits but what the gradient needs


@pytest.mark.parametrize("which", ["masked", "count"])
def test_one_tensor_of_the_size_of_the_logits_is_kept_for_the_gradient(which):
    B, L, V = 4, 8, 500
    logits = random(B, L, V).float().requires_grad_()
    x0 = torch.randint(V, (B, L), generator=generator())
    x_t, t = torch.where(torch.rand(B, L, generator=generator()) < 0.5, V, x0), torch.full((B, 1), 0.5)
    kept = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.numel()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        if which == "masked":
            masked_bound(Absorbing(cosine, V), logits, x0, x_t, t)
        else:
            exact_count_bound(logits, x0, x_t, V)
    kept.pop(logits.data_ptr(), None)
    assert sum(size >= B * L * V for size in kept.values()) == 1
    assert sum(size for size in kept.values() if size < B * L * V) < B * L * V / 10


# hiding an exact number of places


def test_the_places_with_the_smallest_keys_are_hidden():
    x0 = torch.tensor([[5, 6, 7, 8]]).expand(3, 4)
    keys = torch.tensor([[0.9, 0.1, 0.5, 0.2]], dtype=torch.float64).expand(3, 4)
    found = hide_exactly(x0, torch.tensor([[0], [2], [4]]), 9, keys)
    assert found.tolist() == [[5, 6, 7, 8], [5, 9, 7, 9], [9, 9, 9, 9]]


def test_equal_keys_still_hide_the_exact_number():
    found = hide_exactly(torch.zeros(1, 6, dtype=torch.long), torch.tensor([[4]]), 1, torch.zeros(1, 6))
    assert found.sum() == 4


def test_all_sets_of_places_are_equally_likely():
    n, L, count = 60_000, 5, 2
    keys = torch.rand(n, L, generator=generator(), dtype=torch.float64)
    x_t = hide_exactly(torch.zeros(n, L, dtype=torch.long), torch.full((n, 1), count), 1, keys)
    assert (x_t.sum(1) == count).all()
    seen = (x_t * 2 ** torch.arange(L)).sum(1).bincount(minlength=32)
    seen = seen[seen > 0].double()
    assert len(seen) == math.comb(L, count)
    expected = n / math.comb(L, count)
    # chi-square of 9 degrees: mean 9, standard deviation 4.2
    assert float(((seen - expected) ** 2 / expected).sum()) < 9 + 5 * 4.25


def test_counts_are_spread_evenly_over_the_rows():
    for seed in range(20):
        counts = stratified_counts(7, 7, generator(seed))
        assert counts.shape == (7, 1)
        assert sorted(counts.flatten().tolist()) == [1, 2, 3, 4, 5, 6, 7]
        assert (stratified_counts(21, 7, generator(seed)).flatten().bincount()[1:] == 3).all()
        # parts that reach into two counts may fall to either
        many = stratified_counts(100, 7, generator(seed)).flatten().bincount()[1:]
        assert ((many >= 13) & (many <= 16)).all()
        assert (stratified_counts(5, 1, generator(seed)) == 1).all()


def test_each_count_is_uniform_by_itself():
    n, L = 2400, 6
    noise = generator()
    first = torch.cat([stratified_counts(3, L, noise)[:1] for _ in range(n)]).flatten().bincount(minlength=L + 1)
    assert first[0] == 0
    # 400 each, with a standard error of 18
    assert (first[1:] - n / L).abs().max() < 5 * (n / L * (1 - 1 / L)) ** 0.5


def test_counts_are_those_of_their_generator():
    assert torch.equal(stratified_counts(9, 30, generator(4)), stratified_counts(9, 30, generator(4)))
    assert not torch.equal(stratified_counts(9, 30, generator(4)), stratified_counts(9, 30, generator(5)))


# how noisy a batch's loss is


def test_the_three_estimates_have_one_mean_and_very_different_noise():
    found = {
        f.__name__: variance.spread(f, 100) for f in (variance.independent, variance.stratified, variance.exact_count)
    }
    for mean, std in found.values():
        assert abs(mean - variance.TRUE_BOUND) < 5 * std / 100**0.5
    independent, stratified, exact = (std for _, std in found.values())
    assert independent > 2 * stratified
    assert stratified > 10 * exact


# bad input


def test_a_hidden_place_at_time_0_is_refused():
    process, x0 = Absorbing(mutual_information, 3), torch.tensor([[0, 1]])
    with pytest.raises(ValueError, match="x_t must not be hidden before anything is destroyed, but is at t = 0"):
        masked_bound(process, torch.zeros(1, 2, 3), x0, torch.tensor([[3, 1]]), times(0.0))


def test_a_time_outside_is_refused():
    process, x0 = Absorbing(mutual_information, 3), torch.tensor([[0, 1]])
    with pytest.raises(ValueError, match=r"times must lie in \[0, 1\], got \[1.5, 1.5\]"):
        masked_bound(process, torch.zeros(1, 2, 3), x0, torch.tensor([[3, 1]]), times(1.5))


def test_logits_with_a_column_for_the_mask_are_refused():
    process, x0 = Absorbing(mutual_information, 3), torch.tensor([[0, 1]])
    with pytest.raises(ValueError, match="logits must hold a number for each of the 3 words, got 4"):
        masked_bound(process, torch.zeros(1, 2, 4), x0, x0, times(0.5))


def test_a_schedule_without_a_slope_is_refused():
    process, x0 = Absorbing(lambda t, word=None, position=None: 1 - t.detach().round(), 3), torch.tensor([[0, 1]])
    with pytest.raises(ValueError, match="alpha_bar must be a differentiable function of t"):
        masked_bound(process, torch.zeros(1, 2, 3), x0, x0, times(0.5))


@pytest.mark.parametrize("count", [-1, 4])
def test_a_count_that_does_not_fit_is_refused(count):
    with pytest.raises(ValueError, match=rf"count must lie in \[0, 3\], got \[{count}, {count}\]"):
        hide_exactly(torch.zeros(1, 3, dtype=torch.long), torch.tensor([[count]]), 1, torch.rand(1, 3))


def test_a_sentence_that_holds_the_mask_is_refused():
    with pytest.raises(ValueError, match=r"ids of x0 must lie in \[0, 2\), got \[0, 2\]"):
        hide_exactly(torch.tensor([[0, 2, 1]]), torch.tensor([[1]]), 2, torch.rand(1, 3))


@pytest.mark.parametrize(("n", "length", "name"), [(0, 3, "n"), (3, 0, "length")])
def test_no_rows_and_no_places_are_refused(n, length, name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        stratified_counts(n, length, generator())
