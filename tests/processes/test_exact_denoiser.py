"""Bound and sampler of every token process with the exact denoiser: the entropy, and the data."""

import itertools
import math

import pytest
import torch

from tests.oracle import fading, generator
from tests.processes.worlds import (
    WORDS,
    WORLDS,
    T,
    every_process,
    everything,
    exact_log_belief,
    language,
    of_noise,
    time,
)
from textdiff_lite.objectives import bound, bound_at, chain_decoder
from textdiff_lite.processes import Absorbing, MaskAndReplace, Matrix, Uniform
from textdiff_lite.samplers import last, sample
from textdiff_lite.schedules import cosine, cosine_hoogeboom, grid


def test_the_chain_of_one_word_is_exact_with_the_right_belief_and_off_by_the_published_figure_with_the_wrong_one():
    # prior (.5, .3, .15, .05), cosine, 12 steps: with eq. 4 the exact belief is the prior, not p(x_0 | x_t)
    prior = torch.tensor([0.5, 0.3, 0.15, 0.05], dtype=torch.float64)
    steps = 12
    x_t = torch.arange(4)[None]

    def written(mixing, use_prior):
        process = Uniform(cosine_hoogeboom, 4, mixing)
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
    assert off.tolist() == pytest.approx([0.38758, 0.28937, 0.20251, 0.12054], abs=5e-6)


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


# pairs by the closed forms alone: they stand for their matrices
@pytest.mark.parametrize(
    ("name", "length"),
    [(name, length) for name in WORLDS for length in (1, 2) if length == 1 or not isinstance(WORLDS[name], Matrix)],
)
def test_the_bound_of_the_exact_denoiser_is_the_entropy_for_one_word_and_above_it_for_more(name, length):
    process, world = WORLDS[name], language(length)
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
        for steps in (1, 2, 6, 20)
    ]
    marginals = [world.p.view(WORDS, WORDS).sum(1 - place) for place in range(2)]
    assert nats[0] == pytest.approx(sum(float(torch.special.entr(m).sum()) for m in marginals), abs=1e-10)
    assert sorted(nats, reverse=True) == nats
    # what is left is the chance that both are revealed in one step, 1 / steps for the even schedule
    assert nats[-1] - world.entropy < 0.1 * (nats[0] - world.entropy)


# of kernels that treat all words alike; an even belief that has looked at x_t is not even
@pytest.mark.parametrize(
    "name",
    ["absorbing", "absorbing, cosine", "uniform, joint", "uniform, cosine, joint", "mask and replace, joint"],
)
def test_a_uniform_belief_costs_log_k_for_every_chain_that_ends_in_its_prior(name):
    process, world = WORLDS[name], language(1)

    def ignorant(x_t, t, prev=None):
        return torch.full((*x_t.shape, WORDS), -math.log(WORDS), dtype=torch.float64)

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


def _ends_in_its_prior(process):
    ends = process.corrupt(torch.arange(WORDS)[:, None], time(T)).log_probs.exp()[:, 0]
    return torch.allclose(ends, process.prior((1, 1)).log_probs.exp()[0, 0], rtol=0, atol=1e-12)


ENDED = [name for name, process in WORLDS.items() if _ends_in_its_prior(process)]


def test_the_closed_forms_and_the_neighbours_end_in_their_prior():
    assert {name.split(",")[0] for name in ENDED} == {"absorbing", "uniform", "mask and replace", "neighbour"}


@pytest.mark.parametrize("name", ENDED)
def test_the_walk_of_one_word_is_the_data_where_the_chain_ends_in_its_prior(name):
    process, world = WORLDS[name], language(1)
    for steps in (1, 2, 5):
        law = _walked(process, exact_log_belief(process, world), steps)
        torch.testing.assert_close(law, world.p, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["absorbing", "uniform, joint", "uniform, posterior", "mask and replace, joint"])
def test_sampling_pairs_in_many_steps_draws_the_data(name):
    process, world, n = WORLDS[name], language(2), 20_000
    denoise = exact_log_belief(process, world)
    start = process.prior((n, 2)).sample(generator(7))
    walk = sample(process.reverse, denoise, start, grid(40, dtype=torch.float64), generator=generator(8))
    ids = last(walk)
    counts = torch.bincount(ids[:, 0] * WORDS + ids[:, 1], minlength=WORDS**2).double()
    # 40 steps leave a bias of the order of 1 / 40 of the dependence; the test allows for it
    off = float((counts / n - world.p).abs().sum() / 2)
    assert off < 0.02


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
