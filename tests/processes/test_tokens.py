"""Token processes by enumeration: marginals, Bayes, both mixings, bound and sampler with the exact denoiser."""

import itertools
import math

import pytest
import torch

from tests.oracle import DEVICES, fading, generator
from tests.processes.worlds import (
    WORDS,
    T,
    chain,
    even,
    everything,
    exact_log_belief,
    language,
    matrices,
    of_noise,
    processes,
    time,
)
from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.objectives import bound, bound_at, chain_decoder
from textdiff_lite.processes import Absorbing, MaskAndReplace, Matrix, Uniform
from textdiff_lite.processes.tokens import check_mixing
from textdiff_lite.samplers import last, sample
from textdiff_lite.schedules import Spindle, cosine, grid

WORLDS = processes()
every_process = pytest.mark.parametrize("process", WORLDS.values(), ids=WORLDS)
every_jump = pytest.mark.parametrize(("i", "j"), [(i, j) for j in range(1, T + 1) for i in range(j)])


def word(ids) -> torch.Tensor:
    return torch.as_tensor(ids)[None]


def posterior_table(process, i, j):
    """q(x_s | x_t, x_0) for every word x_0 and state x_t, and where the pair is possible: [words, V, V], [words, V]."""
    V = process.states
    x0 = torch.arange(WORDS)[:, None].expand(-1, V)
    x_t = torch.arange(V)[None].expand(WORDS, -1)
    law = process.posterior(x_t, x0, time(i), time(j)).log_probs.exp()
    return law, process.corrupt(x0, time(j)).log_prob(x_t) > -torch.inf


# marginals and Bayes


@every_process
@pytest.mark.parametrize("i", range(T + 1))
def test_marginals_are_products_of_one_step_matrices(process, i):
    product = torch.eye(process.states, dtype=torch.float64)
    for q in chain(process)[:i]:
        product = product @ q
    law = process.corrupt(torch.arange(WORDS)[None], time(i)).log_probs.exp()[0]
    torch.testing.assert_close(law, product[:WORDS], rtol=0, atol=1e-12)


@every_process
@every_jump
def test_the_posterior_is_bayes_over_the_chain(process, i, j):
    q = chain(process)
    before, between = torch.eye(process.states).double(), torch.eye(process.states).double()
    for step in q[:i]:
        before = before @ step
    for step in q[i:j]:
        between = between @ step
    law, possible = posterior_table(process, i, j)
    joint = before[:WORDS, None, :] * between.T[None]  # [x_0, x_t, x_s]
    bayes = joint / joint.sum(-1, keepdim=True)
    torch.testing.assert_close(law[possible], bayes[possible], rtol=0, atol=1e-12)
    torch.testing.assert_close(law.sum(-1), torch.ones(WORDS, process.states).double(), rtol=0, atol=1e-12)


@every_process
@every_jump
def test_the_posterior_over_the_noise_is_the_marginal(process, i, j):
    law, _ = posterior_table(process, i, j)
    noise = process.corrupt(torch.arange(WORDS)[None], time(j)).log_probs.exp()[0]
    marginal = process.corrupt(torch.arange(WORDS)[None], time(i)).log_probs.exp()[0]
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
@every_jump
def test_reverse_is_its_mixing_written_out(process, i, j):
    x_t = torch.arange(process.states)[None]
    belief = torch.rand(1, process.states, WORDS, generator=generator(1), dtype=torch.float64)
    belief = belief / belief.sum(-1, keepdim=True)
    law, possible = posterior_table(process, i, j)
    seen = process.likelihood(x_t, time(j))[0]  # [V, words]
    weight = belief[0] * (possible.T if process.mixing == "posterior" else seen)
    weight = weight / weight.sum(-1, keepdim=True)
    written_out = torch.einsum("tv,vts->ts", weight, law)
    can_be = seen.sum(-1) > 0
    got = process.reverse(x_t, belief.log(), time(i), time(j)).log_probs.exp()[0]
    torch.testing.assert_close(got[can_be], written_out[can_be], rtol=0, atol=1e-12)


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


def test_the_chain_of_one_word_is_exact_with_the_right_belief_and_off_by_the_published_figure_with_the_wrong_one():
    # prior (.5, .3, .15, .05), cosine, 12 steps: with eq. 4 the exact belief is the prior, not p(x_0 | x_t)
    prior = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
    steps = 12
    x_t = torch.arange(4)[None]

    def written(mixing, use_prior):
        process = Uniform(cosine, 4, mixing)
        law = torch.full((4,), 0.25, dtype=torch.float64)
        for i in range(steps, 0, -1):
            posterior = process.likelihood(x_t, time(i, steps))[0] * prior
            belief = prior.expand(4, -1) if use_prior else posterior / posterior.sum(-1, keepdim=True)
            step = process.reverse(x_t, belief[None].log(), time(i - 1, steps), time(i, steps)).log_probs.exp()[0]
            law = law @ step
        return law

    torch.testing.assert_close(written("joint", use_prior=True), prior, rtol=0, atol=1e-12)
    torch.testing.assert_close(written("posterior", use_prior=False), prior, rtol=0, atol=1e-12)
    off = written("joint", use_prior=False)
    assert float((off - prior).abs().sum() / 2) > 0.1


# bound and sampler with the exact denoiser


def exact_bound(process, denoise, world, steps=T):
    """E over the data of the bound of the T-step chain, with every expectation summed: nats a sentence."""
    total = 0.0
    sentences, states = world.sentences, everything(process.states, world.length)
    for i in range(1, steps + 1):
        noise = of_noise(process, sentences, time(i, steps))
        belief = denoise(states, time(i, steps))
        for number, x0 in enumerate(sentences):
            possible = noise[number] > 0
            parts = bound_at(
                process,
                x0.expand(int(possible.sum()), -1),
                states[possible],
                belief[possible],
                time(i, steps).expand(int(possible.sum()), 1),
                steps,
                chain_decoder(process, x0.expand(int(possible.sum()), -1)),
            ).total.sum(1)
            total += float(world.p[number] * (noise[number][possible] * parts).sum()) / steps
    return total


@every_process
@pytest.mark.parametrize("length", [1, 2])
def test_the_bound_of_the_exact_denoiser_is_the_entropy_for_one_word_and_above_it_for_more(process, length):
    if length == 2 and isinstance(process, Matrix):
        pytest.skip("the closed forms stand for their matrices")
    world = language(length)
    nats = exact_bound(process, exact_log_belief(process, world), world)
    # one-word sentences: the exact step is the exact law. The prior term is left where the chain ends early
    ends = of_noise(process, world.sentences, time(T))
    prior = process.prior((1, 1)).log_probs.exp()[0, 0]
    left = float((ends.sum(0) > 0).any() and (world.p @ ends - _product(prior, length)).abs().max())
    if length == 1 and left < 1e-12:
        assert nats == pytest.approx(world.entropy, abs=1e-10)
    else:
        assert nats > world.entropy - 1e-10


def _product(prior, length):
    out = prior
    for _ in range(length - 1):
        out = torch.outer(out, prior).flatten()
    return out


@pytest.mark.parametrize("alpha_bar", [fading, cosine], ids=["even", "cosine"])
def test_the_bound_of_the_mask_falls_to_the_entropy_as_the_steps_grow(alpha_bar):
    world = language(2)
    nats = [
        exact_bound(process := Absorbing(alpha_bar, WORDS), exact_log_belief(process, world), world, steps)
        for steps in (1, 2, 8, 40)
    ]
    marginals = [world.p.view(WORDS, WORDS).sum(1 - place) for place in range(2)]
    assert nats[0] == pytest.approx(sum(float(torch.special.entr(m).sum()) for m in marginals), abs=1e-10)
    assert sorted(nats, reverse=True) == nats
    # what is left is the chance that both are revealed in one step, 1 / steps for the even schedule
    assert nats[-1] - world.entropy < 0.1 * (nats[0] - world.entropy)


@every_process
def test_a_uniform_belief_costs_log_k_for_every_chain_that_ends_in_its_prior(process):
    if isinstance(process, Matrix):
        pytest.skip("only of kernels that treat all words alike")
    world = language(1)

    def ignorant(x_t, t, prev=None):
        return torch.full((*x_t.shape, WORDS), -math.log(WORDS), dtype=torch.float64)

    if process.mixing == "posterior" and not isinstance(process, Absorbing):
        pytest.skip("an even belief that has looked at x_t is not even")
    for steps in (1, 3, T):
        assert exact_bound(process, ignorant, world, steps) == pytest.approx(math.log(WORDS), abs=1e-10)


@every_process
def test_the_sum_of_all_terms_of_bound_is_the_mean_of_its_estimates(process):
    world = language(2)
    denoise = exact_log_belief(process, world)
    x0 = world.sentences[torch.multinomial(world.p, 4000, replacement=True, generator=generator(3))]
    parts = bound(process, denoise, x0, T, chain_decoder(process, x0), generator(4))
    per_sentence = parts.total.sum(1)
    error = float(per_sentence.std() / len(per_sentence) ** 0.5)
    assert abs(float(per_sentence.mean()) - exact_bound(process, denoise, world)) < 5 * error


@every_process
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_sampling_one_word_with_the_exact_denoiser_draws_the_data(process, steps):
    world = language(1)
    denoise = exact_log_belief(process, world)
    n = 20_000
    start = process.prior((n, 1)).sample(generator(5))
    walk = sample(process.reverse, denoise, start, grid(steps, of=T, dtype=torch.float64), generator=generator(6))
    # the chain's own end, where it is not the prior: as the model sees it
    law = _walked(process, denoise, steps)
    counts = torch.bincount(last(walk)[:, 0], minlength=WORDS).double()
    chi_square = float(((counts - n * law).square() / (n * law)).sum())
    assert chi_square < 18  # 2 degrees of freedom: 1 in 8,000


def _walked(process, denoise, steps):
    """The law of x_0 that the walk draws, by matrices."""
    law = process.prior((1, 1)).log_probs.exp()[0, 0]
    states = torch.arange(process.states)[:, None]
    times = grid(steps, of=T, dtype=torch.float64)
    for t, s in itertools.pairwise(times):
        step = process.reverse(states, denoise(states, t.view(1, 1)), s.view(1, 1), t.view(1, 1)).log_probs.exp()[:, 0]
        law = law @ step
    return law[:WORDS]


@every_process
def test_the_walk_of_one_word_is_the_data_where_the_chain_ends_in_its_prior(process):
    world = language(1)
    ends = process.corrupt(world.sentences, time(T)).log_probs.exp()[:, 0]
    if float((world.p @ ends - process.prior((1, 1)).log_probs.exp()[0, 0]).abs().max()) > 1e-12:
        pytest.skip("this chain ends before everything is destroyed")
    for steps in (1, 2, 5):
        law = _walked(process, exact_log_belief(process, world), steps)
        torch.testing.assert_close(law, world.p, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["absorbing", "uniform, joint", "uniform, posterior", "mask and replace, joint"])
def test_sampling_pairs_in_many_steps_draws_the_data(name):
    process, world, n = WORLDS[name], language(2), 20_000
    denoise = exact_log_belief(process, world)
    start = process.prior((n, 2)).sample(generator(7))
    walk = sample(process.reverse, denoise, start, grid(60, dtype=torch.float64), generator=generator(8))
    ids = last(walk)
    counts = torch.bincount(ids[:, 0] * WORDS + ids[:, 1], minlength=WORDS**2).double()
    # 60 steps leave a bias of the order of 1 / 60 of the dependence; the test allows for it
    off = float((counts / n - world.p).abs().sum() / 2)
    assert off < 0.02


# per word, per place, per token


def spindle() -> Spindle:
    return Spindle((0.7, 0.2, 0.1), strength=0.2)


def test_the_reverse_step_of_a_schedule_that_looks_at_the_word_is_bayes():
    process = Absorbing(spindle(), WORDS)
    prior = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
    words = torch.arange(WORDS)
    s, t = 0.4, 0.7
    a_s, a_t = (process.alpha_bar(torch.full((1, WORDS), u).double(), word=words[None])[0] for u in (s, t))
    hidden = prior * (1 - a_t)
    belief = (hidden / hidden.sum())[None, None].log()
    law = process.reverse(torch.tensor([[WORDS]]), belief, torch.tensor([[s]]).double(), torch.tensor([[t]]).double())
    joint = torch.cat([prior * (a_s - a_t), (prior * (1 - a_s)).sum()[None]])
    torch.testing.assert_close(law.log_probs.exp()[0, 0], joint / joint.sum(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "make", [lambda a: Uniform(a, WORDS, "posterior"), lambda a: MaskAndReplace(a, WORDS, 0.3, "posterior")]
)
def test_replacing_by_word_is_bayes_too(make):
    process = make(spindle())
    prior, s, t = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64), 0.4, 0.7
    a_s, a_t = (
        process.alpha_bar(torch.full((1, WORDS), u).double(), word=torch.arange(WORDS)[None])[0] for u in (s, t)
    )

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


@every_process
def test_a_clock_for_each_token_is_the_clock_of_its_own_row(process):
    x_t = torch.arange(process.states)[None]
    belief = torch.randn(1, process.states, WORDS, generator=generator(2), dtype=torch.float64).log_softmax(-1)
    s = torch.tensor([[0, 1, 1, 0]]).double()[:, : process.states] / T
    t = torch.tensor([[1, 3, 5, 2]]).double()[:, : process.states] / T
    law = process.reverse(x_t, belief, s, t).log_probs
    for place in range(process.states):
        alone = process.reverse(
            x_t[:, place : place + 1],
            belief[:, place : place + 1],
            s[:, place : place + 1],
            t[:, place : place + 1],
        ).log_probs
        torch.testing.assert_close(law[:, place], alone[:, 0])


@every_process
def test_a_token_at_time_zero_is_never_touched(process):
    x0 = torch.arange(WORDS)[None]
    t = torch.tensor([[0.0, 1.0, 0.0]]).double()
    x_t = process.corrupt(x0, t).sample(generator())
    assert x_t[0, [0, 2]].tolist() == [0, 2]
    belief = torch.full((1, WORDS, WORDS), -math.log(WORDS)).double()
    x_s = process.reverse(x_t, belief, torch.zeros_like(t), t).sample(generator())
    assert x_s[0, [0, 2]].tolist() == [0, 2]


# gradients, devices, large vocabularies


@every_process
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("i", [1, 3, T])
def test_gradients_of_the_bound_are_finite_and_not_zero(process, dtype, i):
    x0 = torch.arange(WORDS)[None].expand(4, -1)
    x_t = process.corrupt(x0, time(i)).sample(generator(1))
    if isinstance(process, (Absorbing, MaskAndReplace)):
        x_t = x_t.clone()
        x_t[:, 0] = WORDS  # something to guess
    logits = torch.randn(4, WORDS, WORDS, generator=generator(2)).to(dtype).requires_grad_()
    parts = bound_at(process, x0, x_t, logits.log_softmax(-1), time(i).expand(4, 1), T, chain_decoder(process, x0))
    parts.total.mean().backward()
    assert logits.grad.isfinite().all()
    assert logits.grad.abs().sum() > 0


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


@every_process
def test_a_belief_about_another_number_of_words_is_refused(process):
    with pytest.raises(ValueError, match=f"x0_hat must hold a number for each of the {WORDS} words, got {WORDS + 1}"):
        process.reverse(torch.tensor([[0]]), torch.zeros(1, 1, WORDS + 1).double(), time(1), time(2))


@every_process
def test_times_outside_or_upwards_are_refused(process):
    x = torch.tensor([[0]])
    with pytest.raises(ValueError, match=r"times must lie in \[0, 1\], got \[1.2, 1.2\]"):
        process.corrupt(x, time(6))
    with pytest.raises(ValueError, match="s must be at most t"):
        process.posterior(x, x, time(3), time(2))


def test_times_off_the_grid_are_refused_by_matrices_alone():
    process = Matrix(matrices(), WORDS, "joint")
    with pytest.raises(ValueError, match=r"times must lie on the grid of 5 steps, i / 5, got 0.3"):
        process.corrupt(torch.tensor([[0]]), torch.tensor([[0.3]]))
    assert process.corrupt(torch.tensor([[0]]), torch.tensor([[0.6]])).log_probs.shape == (1, 1, WORDS)


def test_matrices_that_are_no_kernel_are_refused():
    q = matrices()
    with pytest.raises(ValueError, match=r"one_step must have shape \[T, V, V\].*got \[3, 3\]"):
        Matrix(q[0], WORDS, "joint")
    with pytest.raises(ValueError, match=r"words must lie in \[1, 3\].*got 4"):
        Matrix(q, 4, "joint")
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


def test_bad_numbers_of_closed_forms_are_refused():
    with pytest.raises(ValueError, match="words must be at least 1, got 0"):
        Absorbing(fading, 0)
    for replace in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match="replace must lie strictly between 0"):
            MaskAndReplace(fading, 3, replace)
    with pytest.raises(ValueError, match="alpha_bar must not increase"):
        Absorbing(lambda t, word=None, position=None: torch.where(t < 0.5, 1 - t, t), 3)


def test_an_early_end_keeps_what_is_left():
    process = Absorbing(even, WORDS)
    assert process.corrupt(torch.tensor([[1]]), time(T)).log_prob(torch.tensor([[1]])).exp().item() == pytest.approx(
        0.1
    )
    assert isinstance(process.prior((1, 1)), Categorical)
    assert process.prior((1, 1)).log_probs.exp()[0, 0].tolist() == [0, 0, 0, 1]
