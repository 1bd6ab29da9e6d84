"""Token processes by enumeration: marginals, Bayes, and both ways from a belief to a step."""

import math

import pytest
import torch

from tests.oracle import DEVICES, PlaceFirst, fading, generator
from tests.processes.worlds import WORDS, T, chain, even, every_process, matrices, time
from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.processes import Absorbing, MaskAndReplace, Matrix, Uniform
from textdiff_lite.processes.tokens import check_mixing
from textdiff_lite.schedules import Spindle, cosine

JUMPS = [(i, j) for j in range(1, T + 1) for i in range(j)]


def product(q: torch.Tensor) -> torch.Tensor:
    """Q_1 Q_2 ... of matrices [n, V, V]; the identity of none."""
    out = torch.eye(q.shape[-1], dtype=torch.float64)
    for step in q:
        out = out @ step
    return out


def posterior_table(process, i, j):
    """q(x_s | x_t, x_0) for every word x_0 and state x_t, and where the pair is possible: [words, V, V], [words, V]."""
    V = process.states
    x0 = torch.arange(WORDS)[:, None].expand(-1, V)
    x_t = torch.arange(V)[None].expand(WORDS, -1)
    law = process.posterior(x_t, x0, time(i), time(j)).log_probs.exp()
    return law, process.corrupt(x0, time(j)).log_prob(x_t) > -torch.inf


# marginals and Bayes


@every_process
def test_marginals_are_products_of_one_step_matrices(process):
    q = chain(process)
    for i in range(T + 1):
        law = process.corrupt(torch.arange(WORDS)[None], time(i)).log_probs.exp()[0]
        torch.testing.assert_close(law, product(q[:i])[:WORDS], rtol=0, atol=1e-12)


@every_process
def test_the_posterior_is_bayes_over_the_chain(process):
    q, V = chain(process), process.states
    for i, j in JUMPS:
        law, possible = posterior_table(process, i, j)
        joint = product(q[:i])[:WORDS, None, :] * product(q[i:j]).T[None]  # [x_0, x_t, x_s]
        bayes = joint / joint.sum(-1, keepdim=True)
        torch.testing.assert_close(law[possible], bayes[possible], rtol=0, atol=1e-12)
        # what can't be stays
        assert torch.equal(law[~possible], torch.eye(V).double().expand(WORDS, -1, -1)[~possible])


@every_process
def test_the_posterior_over_the_noise_is_the_marginal(process):
    words = torch.arange(WORDS)[None]
    for i, j in JUMPS:
        law, _ = posterior_table(process, i, j)
        noise, marginal = (process.corrupt(words, time(k)).log_probs.exp()[0] for k in (j, i))
        torch.testing.assert_close(torch.einsum("vt,vts->vs", noise, law), marginal, rtol=0, atol=1e-12)


@every_process
def test_likelihood_is_the_column_of_the_marginals(process):
    x_t = torch.arange(process.states)[None]
    for i in range(T + 1):
        rows = process.corrupt(torch.arange(WORDS)[None], time(i)).log_probs.exp()[0]
        torch.testing.assert_close(process.likelihood(x_t, time(i))[0], rows.T, rtol=0, atol=1e-14)


@every_process
def test_a_certain_belief_makes_reverse_the_posterior(process):
    x_t = torch.arange(process.states)[None].expand(WORDS, -1)
    x0 = torch.arange(WORDS)[:, None].expand(-1, process.states)
    sure = safe_log(torch.nn.functional.one_hot(x0, WORDS).double())
    possible = process.corrupt(x0, time(3)).log_prob(x_t) > -torch.inf
    law = process.reverse(x_t, sure, time(1), time(3)).log_probs.exp()
    torch.testing.assert_close(law[possible], process.posterior(x_t, x0, time(1), time(3)).log_probs.exp()[possible])


@every_process
def test_s_equal_t_changes_nothing(process):
    x_t = torch.arange(process.states)[None]
    belief = torch.randn(1, process.states, WORDS, generator=generator(), dtype=torch.float64).log_softmax(-1)
    for i in range(T + 1):
        law = process.reverse(x_t, belief, time(i), time(i)).log_probs.exp()
        assert torch.equal(law[0], torch.eye(process.states).double())


# the two ways from a belief to a step


@every_process
def test_reverse_is_its_mixing_written_out(process):
    x_t = torch.arange(process.states)[None]
    belief = torch.rand(1, process.states, WORDS, generator=generator(1), dtype=torch.float64)
    belief = belief / belief.sum(-1, keepdim=True)
    for i, j in JUMPS:
        law, possible = posterior_table(process, i, j)
        seen = process.likelihood(x_t, time(j))[0]  # [V, words]
        weight = belief[0] * (possible.T if process.mixing == "posterior" else seen)
        weight = weight / weight.sum(-1, keepdim=True)
        written_out = torch.einsum("tv,vts->ts", weight, law)
        can_be = seen.sum(-1) > 0
        got = process.reverse(x_t, belief.log(), time(i), time(j)).log_probs.exp()[0]
        torch.testing.assert_close(got[can_be], written_out[can_be], rtol=0, atol=1e-12)


@pytest.mark.parametrize("mixing", ["joint", "posterior"])
def test_a_token_that_the_belief_rules_out_stays(mixing):
    sure = torch.tensor([[[0.0, -math.inf, -math.inf]]], dtype=torch.float64)
    for process in (Absorbing(fading, WORDS), Matrix(chain(Absorbing(fading, WORDS)), WORDS, mixing)):
        law = process.reverse(torch.tensor([[1]]), sure, time(1), time(3)).log_probs.exp()[0, 0]
        assert law.tolist() == [0, 1, 0, 0]


@every_process
def test_gradients_are_finite_where_words_are_impossible(process):
    x_t = torch.arange(process.states)[None]
    for i, j in ((0, 1), (2, 3), (0, T)):
        logits = torch.zeros(1, process.states, WORDS, requires_grad=True)
        law = process.reverse(x_t, logits.log_softmax(-1), time(i), time(j)).log_probs
        torch.where(law > -torch.inf, law, 0.0).sum().backward()
        assert logits.grad is not None
        assert logits.grad.isfinite().all()


@every_process
def test_laws_are_float64_whatever_comes_in(process):
    x_t, s, t = torch.arange(WORDS)[None], time(1).float(), time(3).float()
    # of the chain of matrices the nearest times on the grid
    exact = (time(1), time(3)) if isinstance(process, Matrix) else (s.double(), t.double())
    belief = torch.randn(1, WORDS, WORDS, generator=generator()).log_softmax(-1)
    for ask in (
        lambda s, t, belief: process.corrupt(x_t, t).log_probs,
        lambda s, t, belief: process.likelihood(x_t, t),
        lambda s, t, belief: process.posterior(x_t, x_t, s, t).log_probs,
        lambda s, t, belief: process.reverse(x_t, belief, s, t).log_probs,
    ):
        got = ask(s, t, belief)
        assert got.dtype == torch.float64
        assert torch.equal(got, ask(*exact, belief.double()))


def test_the_published_example_of_both_mixings():
    # computed from eq. 4: K = 4, alpha_bar_s = .6, alpha_bar_t = .3, x_t = 1, belief (.1, .2, .3, .4)
    def alpha_bar(t, word=None, position=None):
        return torch.where(t < 0.5, 1 - 0.8 * t, 0.9 - 0.6 * t)

    belief = torch.tensor([[[0.1, 0.2, 0.3, 0.4]]], dtype=torch.float64).log()
    s, t, x_t = torch.tensor([[0.5]]).double(), torch.tensor([[1.0]]).double(), torch.tensor([[1]])
    joint = Uniform(alpha_bar, 4, "joint").reverse(x_t, belief, s, t).log_probs.exp()[0, 0]
    mixture = Uniform(alpha_bar, 4, "posterior").reverse(x_t, belief, s, t).log_probs.exp()[0, 0]
    assert joint.tolist() == pytest.approx([0.08510638, 0.58510638, 0.14893617, 0.18085106], abs=5e-9)
    assert mixture.tolist() == pytest.approx([0.10526316, 0.46992481, 0.19097744, 0.23383459], abs=5e-9)


def test_the_uniform_posterior_of_the_published_example():
    def alpha_bar(t, word=None, position=None):
        return torch.where(t < 0.5, 1 - 0.8 * t, 0.9 - 0.6 * t)

    s, t = torch.tensor([[0.5]]).double(), torch.tensor([[1.0]]).double()
    law = Uniform(alpha_bar, 4).posterior(torch.tensor([[1, 2]]), torch.tensor([[2, 2]]), s, t).log_probs.exp()[0]
    assert law[0].tolist() == pytest.approx([0.07142857, 0.35714286, 0.5, 0.07142857], abs=5e-9)
    assert law[1].tolist() == pytest.approx([0.02631579, 0.02631579, 0.92105263, 0.02631579], abs=5e-9)


def test_the_mixings_agree_for_the_mask_and_differ_for_uniform():
    belief = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64).log().expand(1, WORDS + 1, -1)
    for make, agree in (
        (lambda m: Matrix(chain(Absorbing(fading, WORDS)), WORDS, m), True),
        (lambda m: Uniform(fading, WORDS, m), False),
    ):
        first, second = make("joint"), make("posterior")
        # at a seen word both stay, whatever the belief, if it allows it
        x_t = torch.arange(WORDS + 1)[None] if agree else torch.arange(WORDS)[None]
        laws = [p.reverse(x_t, belief[:, : x_t.shape[1]], time(1), time(3)).log_probs.exp() for p in (first, second)]
        assert torch.allclose(*laws, atol=1e-12) == agree


# per word, per place, per token


SPINDLE = Spindle((0.7, 0.2, 0.1), strength=0.2)


def waiting(t, word=None, position=None):
    """Word 0 waits until 1/2, word 1 is gone by then, and the others fade."""
    if word is None:
        return 1 - t
    gone = torch.where(word == 1, (1 - 2 * t).clamp(min=0), 1 - t)
    return torch.where(word == 0, (2 - 2 * t).clamp(max=1), gone)


by_word = pytest.mark.parametrize("alpha_bar", [SPINDLE, waiting], ids=["spindle", "waiting"])


def survivals(alpha_bar, *times):
    """alpha_bar of every word at each time, [words]."""
    words = torch.arange(WORDS)[None]
    return [alpha_bar(torch.full((1, 1), t).double(), word=words).expand(1, WORDS)[0] for t in times]


@by_word
def test_a_word_is_destroyed_at_its_own_speed(alpha_bar):
    (a,) = survivals(alpha_bar, 0.4)
    words, t = torch.arange(WORDS)[None], torch.tensor([[0.4]]).double()
    hidden = Absorbing(alpha_bar, WORDS)
    torch.testing.assert_close(hidden.corrupt(words, t).log_probs.exp()[0, :, WORDS], 1 - a)
    torch.testing.assert_close(hidden.likelihood(torch.tensor([[WORDS]]), t)[0, 0], 1 - a)
    law = Uniform(alpha_bar, WORDS).corrupt(words, t).log_probs.exp()[0]
    torch.testing.assert_close(law, a.diag() + (1 - a[:, None]) / WORDS)


@by_word
def test_the_reverse_step_of_a_schedule_that_looks_at_the_word_is_bayes(alpha_bar):
    process = Absorbing(alpha_bar, WORDS)
    prior = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
    s, t = 0.3, 0.45
    a_s, a_t = survivals(alpha_bar, s, t)
    hidden = prior * (1 - a_t)
    belief = (hidden / hidden.sum())[None, None].log()
    law = process.reverse(torch.tensor([[WORDS]]), belief, torch.tensor([[s]]).double(), torch.tensor([[t]]).double())
    joint = torch.cat([prior * (a_s - a_t), (prior * (1 - a_s)).sum()[None]])
    torch.testing.assert_close(law.log_probs.exp()[0, 0], joint / joint.sum(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "make", [lambda a: Uniform(a, WORDS, "posterior"), lambda a: MaskAndReplace(a, WORDS, 0.3, "posterior")]
)
@by_word
def test_replacing_by_word_is_bayes_too(make, alpha_bar):
    process = make(alpha_bar)
    prior, s, t = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64), 0.3, 0.45
    a_s, a_t = survivals(alpha_bar, s, t)

    def kernel(a):
        """q(. | v) for a token of word v, which is kept with probability a[v]; [v, V]"""
        keep, replace, hide = process.shares(a)
        q = torch.cat([keep.diag() + replace[:, None] / WORDS, hide[:, None]], 1)
        return q[:, : process.states]

    for x_t in range(process.states):
        joint = torch.zeros(WORDS, process.states, dtype=torch.float64)  # x_0, x_s
        for v in range(WORDS):
            before = kernel(a_s)[v]
            step = kernel((a_t / a_s)[v].expand(WORDS))
            to = step[:, x_t]
            if process.states > WORDS:
                to = torch.cat([to, torch.tensor([float(x_t == WORDS)]).double()])
            joint[v] = prior[v] * before * to
        belief = joint.sum(1) / joint.sum()
        law = process.reverse(
            torch.tensor([[x_t]]), belief[None, None].log(), torch.tensor([[s]]).double(), torch.tensor([[t]]).double()
        )
        torch.testing.assert_close(law.log_probs.exp()[0, 0], joint.sum(0) / joint.sum(), rtol=0, atol=1e-12)


def test_a_word_of_which_nothing_is_left_stays_what_it_became():
    process = Uniform(waiting, WORDS)
    x_t, s, t = torch.arange(WORDS)[None], torch.tensor([[0.6]]).double(), torch.tensor([[0.7]]).double()
    law = process.posterior(x_t, torch.ones_like(x_t), s, t).log_probs.exp()[0]
    torch.testing.assert_close(law, torch.eye(WORDS).double(), rtol=0, atol=1e-15)


@pytest.mark.parametrize("make", [Absorbing, Uniform, lambda a, K: MaskAndReplace(a, K, 0.3)])
def test_a_schedule_that_looks_at_the_place_is_told_the_place(make):
    together, alone = (
        make(PlaceFirst(fading), WORDS),
        [make(lambda t, l=l, **_: 1 - t ** (1 + l), WORDS) for l in (0, 1, 2)],
    )
    x, s, t = torch.tensor([[0, 1, 2]]), time(1), time(3)
    belief = torch.randn(1, WORDS, WORDS, generator=generator(), dtype=torch.float64).log_softmax(-1)
    for place, process in enumerate(alone):
        here = slice(place, place + 1)
        for got, want in (
            (together.corrupt(x, t).log_probs, process.corrupt(x[:, here], t).log_probs),
            (together.likelihood(x, t), process.likelihood(x[:, here], t)),
            (together.reverse(x, belief, s, t).log_probs, process.reverse(x[:, here], belief[:, here], s, t).log_probs),
        ):
            torch.testing.assert_close(got[:, here], want)


@every_process
def test_a_clock_for_each_token_is_the_clock_of_its_own_row(process):
    V = process.states
    x_t = torch.stack([torch.arange(V), torch.arange(V).flip(0)])
    belief = torch.randn(2, V, WORDS, generator=generator(2), dtype=torch.float64).log_softmax(-1)
    s = torch.tensor([[0, 1, 1, 0], [2, 0, 3, 1]]).double()[:, :V] / T
    t = torch.tensor([[1, 3, 5, 2], [2, 4, 4, 5]]).double()[:, :V] / T
    x0 = torch.tensor([[0, 1, 2, 1], [2, 0, 0, 1]])[:, :V]
    for one_s, one_t in ((s, t), (s[:, :1], t[:, :1]), (s[:, :1], t), (s[:1], t[:1])):
        law = process.reverse(x_t, belief, one_s, one_t).log_probs
        noise, seen = process.corrupt(x0, one_t).log_probs, process.likelihood(x_t, one_t)
        wide_s, wide_t = one_s.expand(2, V), one_t.expand(2, V)
        for row in range(2):
            for place in range(V):
                at = (slice(row, row + 1), slice(place, place + 1))
                alone = process.reverse(x_t[at], belief[at], wide_s[at], wide_t[at]).log_probs
                torch.testing.assert_close(law[at], alone)
                torch.testing.assert_close(noise[at], process.corrupt(x0[at], wide_t[at]).log_probs)
                torch.testing.assert_close(seen[at], process.likelihood(x_t[at], wide_t[at]))


@every_process
def test_a_token_at_time_zero_is_never_touched(process):
    x0 = torch.arange(WORDS)[None]
    t = torch.tensor([[0.0, 1.0, 0.0]]).double()
    x_t = process.corrupt(x0, t).sample(generator())
    assert x_t[0, [0, 2]].tolist() == [0, 2]
    belief = torch.full((1, WORDS, WORDS), -math.log(WORDS)).double()
    x_s = process.reverse(x_t, belief, torch.zeros_like(t), t).sample(generator())
    assert x_s[0, [0, 2]].tolist() == [0, 2]


# devices, large vocabularies


@pytest.mark.parametrize("device", DEVICES)
def test_laws_live_on_the_device_of_the_states(device):
    for process in (Absorbing(fading, 5), Uniform(cosine, 5), Matrix(matrices().to(device), WORDS, "joint")):
        words = process.words
        x0, t = torch.arange(words, device=device)[None], torch.full((1, 1), 3 / T, device=device, dtype=torch.float64)
        x_t = process.corrupt(x0, t).sample(generator(0, device))
        belief = torch.full((1, words, words), -math.log(words), device=device)
        x_s = process.reverse(x_t, belief, t / 3, t).sample(generator(0, device))
        assert x_t.device.type == x_s.device.type == device
        assert process.prior((2, 3), device=device).log_probs.device.type == device


def test_noise_on_fifty_thousand_words_makes_nothing_of_their_number():
    sizes = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            sizes.append(out.numel() if isinstance(out, torch.Tensor) else 0)
            return out

    for process in (Absorbing(fading, 50_000), Uniform(cosine, 50_000), MaskAndReplace(fading, 50_000, 0.1)):
        x0 = torch.randint(50_000, (4, 16), generator=generator())
        with Watch():
            process.corrupt(x0, torch.full((4, 1), 0.5)).sample(generator())
        assert max(sizes) == 64


# bad input


@every_process
def test_an_x0_that_holds_the_mask_or_no_word_is_refused(process):
    bad = torch.tensor([[0, WORDS, 1]])
    for ask in (
        lambda: process.corrupt(bad, time(1)),
        lambda: process.posterior(torch.zeros_like(bad), bad, time(1), time(2)),
    ):
        with pytest.raises(ValueError, match=rf"ids of x0 must lie in \[0, {WORDS}\), got \[0, {WORDS}\]"):
            ask()


@every_process
def test_states_that_there_are_not_are_refused(process):
    V = process.states
    for bad in (V, -1):
        with pytest.raises(ValueError, match=rf"ids of x_t must lie in \[0, {V}\), got"):
            process.posterior(torch.tensor([[bad]]), torch.tensor([[0]]), time(1), time(2))
    belief = torch.zeros(1, 1, WORDS).double()
    with pytest.raises(ValueError, match="ids of x_t must lie in"):
        process.reverse(torch.tensor([[V]]), belief, time(1), time(2))
    with pytest.raises(ValueError, match="ids of x_t must lie in"):
        process.likelihood(torch.tensor([[V]]), time(1))


@every_process
def test_a_belief_about_another_number_of_words_is_refused(process):
    with pytest.raises(ValueError, match=f"x0_hat must hold a number for each of the {WORDS} words, got {WORDS + 1}"):
        process.reverse(torch.tensor([[0]]), torch.zeros(1, 1, WORDS + 1).double(), time(1), time(2))


@every_process
def test_times_outside_or_upwards_are_refused(process):
    x = torch.tensor([[0]])
    with pytest.raises(ValueError, match=r"times must lie in \[0, 1\], got \[1.2, 1.2\]"):
        process.corrupt(x, time(6))
    with pytest.raises(ValueError, match=r"times must lie in \[0, 1\], got \[1.2, 1.2\]"):
        process.likelihood(x, time(6))
    with pytest.raises(ValueError, match="s must be at most t"):
        process.posterior(x, x, time(3), time(2))
    with pytest.raises(ValueError, match="s must be at most t"):
        process.reverse(x, torch.zeros(1, 1, WORDS).double(), time(3), time(2))


def test_times_off_the_grid_are_refused_by_matrices_alone():
    process = Matrix(matrices(), WORDS, "joint")
    with pytest.raises(ValueError, match=r"times must lie on the grid of 5 steps, i / 5, got 0.3"):
        process.corrupt(torch.tensor([[0], [0]]), torch.tensor([[0.6], [0.3]]))
    with pytest.raises(ValueError, match=r"i / 5, got nan"):
        process.between(torch.tensor([[0.0]]), torch.tensor([[torch.nan]]))
    assert process.corrupt(torch.tensor([[0]]), torch.tensor([[0.6]])).log_probs.shape == (1, 1, WORDS)


def test_float32_times_of_a_long_chain_lie_on_its_grid():
    process = Matrix(matrices(steps=1).expand(1000, -1, -1), WORDS, "joint")
    t = torch.arange(1001, dtype=torch.float32)[:, None] / 1000
    assert process.corrupt(torch.zeros(1001, 1, dtype=torch.int64), t).log_probs.shape == (1001, 1, WORDS)
    for step in (1, 500, 999):
        law = process.corrupt(torch.tensor([[0]]), torch.tensor([[step / 1000]])).log_probs.exp()[0, 0]
        torch.testing.assert_close(law, torch.linalg.matrix_power(process.one_step[0], step)[0])
    with pytest.raises(ValueError, match="times must lie on the grid of 1000 steps"):
        process.corrupt(torch.tensor([[0]]), torch.tensor([[0.5001]]))


def test_the_matrices_between_two_times_are_multiplied_in_their_order():
    process = Matrix(matrices(), WORDS, "joint")
    s, t = torch.tensor([[0, 2], [1, 4]]).double() / T, torch.tensor([[5], [4]]).double() / T
    q = process.between(s, t)
    assert q.shape == (2, 2, WORDS, WORDS)
    for row, place, i, j in ((0, 0, 0, 5), (0, 1, 2, 5), (1, 0, 1, 4), (1, 1, 4, 4)):
        torch.testing.assert_close(q[row, place], product(matrices()[i:j]), rtol=0, atol=1e-15)


def test_mask_and_replace_by_hand():
    # a quarter of the rate replaces: 1/16 kept, (1/16)^(3/4) = 1/8 not hidden
    law = MaskAndReplace(fading, 2, 0.25).corrupt(torch.tensor([[1]]), torch.tensor([[15 / 16]])).log_probs.exp()
    assert law[0, 0].tolist() == pytest.approx([1 / 32, 1 / 16 + 1 / 32, 7 / 8])


def test_priors_by_hand():
    assert Absorbing(fading, 2).prior((1, 1)).log_probs.exp()[0, 0].tolist() == [0, 0, 1]
    assert MaskAndReplace(even, 2, 0.4).prior((1, 1)).log_probs.exp()[0, 0].tolist() == [0, 0, 1]
    assert Uniform(even, 4).prior((1, 1)).log_probs.exp()[0, 0].tolist() == pytest.approx([0.25] * 4)
    law = Matrix(matrices(), WORDS, "joint").prior((2, 4)).log_probs
    torch.testing.assert_close(law.exp(), product(matrices())[0].expand(2, 4, -1))


@every_process
def test_priors_have_the_shape_and_the_type_asked_for(process):
    law = process.prior((2, 4)).log_probs
    assert (law.shape, law.dtype) == ((2, 4, process.states), torch.float64)
    assert process.prior((2, 4), dtype=torch.float32).log_probs.dtype == torch.float32


def test_matrices_that_are_no_kernel_are_refused():
    q = matrices()
    with pytest.raises(ValueError, match=r"one_step must have shape \[T, V, V\].*got \[3, 3\]"):
        Matrix(q[0], WORDS, "joint")
    for shape in ((5, 3, 2), (0, 3, 3)):
        with pytest.raises(ValueError, match=r"one_step must have shape \[T, V, V\]"):
            Matrix(torch.ones(shape), 1, "joint")
    for words in (0, 4):
        with pytest.raises(ValueError, match=rf"words must lie in \[1, 3\].*got {words}"):
            Matrix(q, words, "joint")
    wrong = q.clone()
    wrong[2, 1] *= 0.9
    with pytest.raises(ValueError, match=r"rows of one_step must sum to one, but row 1 of step 3 sums to 0\.9"):
        Matrix(wrong, WORDS, "joint")
    wrong = q.clone()
    wrong[0, 0] = torch.tensor([1.5, -0.5, 0.0])
    with pytest.raises(ValueError, match=r"one_step must hold probabilities, got -0\.5"):
        Matrix(wrong, WORDS, "joint")
    wrong[0, 0] = math.nan
    with pytest.raises(ValueError, match="one_step must hold probabilities, got nan"):
        Matrix(wrong, WORDS, "joint")
    with pytest.raises(ValueError, match="mixing must be «posterior» or «joint», got 'both'"):
        check_mixing("both")
    wrong = q.clone()
    wrong[4, 2, 0] += 1e-7
    with pytest.raises(ValueError, match=r"rows of one_step must sum to one, but row 2 of step 5 sums to 1\.0000001"):
        Matrix(wrong, WORDS, "joint")


def test_digits_lost_in_rounding_are_no_error():
    q = torch.eye(3, dtype=torch.float64)[None].clone()
    q[0, 0] = torch.tensor([1 + 1e-13, -1e-14, 0.0])
    law = Matrix(q, WORDS, "joint").corrupt(torch.tensor([[0]]), torch.ones(1, 1))
    assert law.log_probs.exp()[0, 0].tolist() == pytest.approx([1, 0, 0])


@pytest.mark.parametrize(
    "make",
    [
        lambda mixing: Matrix(matrices(), WORDS, mixing),
        lambda mixing: Uniform(fading, WORDS, mixing),
        lambda mixing: MaskAndReplace(fading, WORDS, 0.5, mixing),
    ],
)
def test_a_mixing_that_there_is_not_is_refused(make):
    # where types are checked, that is the first to refuse it
    with pytest.raises(Exception, match="'both'"):
        make("both")


def test_bad_numbers_of_closed_forms_are_refused():
    with pytest.raises(ValueError, match="words must be at least 1, got 0"):
        Absorbing(fading, 0)
    for replace in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match="replace must lie strictly between 0"):
            MaskAndReplace(fading, 3, replace)
    with pytest.raises(ValueError, match="alpha_bar must not increase"):
        Absorbing(lambda t, word=None, position=None: torch.where(t < 0.5, 1 - t, t), 3)

    def rises_for_word_1(t, word=None, position=None):
        return 1 - t if word is None else torch.where((word == 1) & (t >= 0.5), t, 1 - t)

    with pytest.raises(ValueError, match="alpha_bar must not increase"):
        Absorbing(rises_for_word_1, 3)


def test_an_early_end_keeps_what_is_left():
    process = Absorbing(even, WORDS)
    assert process.corrupt(torch.tensor([[1]]), time(T)).log_prob(torch.tensor([[1]])).exp().item() == pytest.approx(
        0.1
    )
    assert isinstance(process.prior((1, 1)), Categorical)
    assert process.prior((1, 1)).log_probs.exp()[0, 0].tolist() == [0, 0, 0, 1]
