"""Samplers of hidden words: first hitting has the law of ancestral sampling, confidence the rounds it promises."""

import itertools
import re

import pytest
import torch
from torch import Tensor

from tests.oracle import DEVICES, generator
from textdiff_lite.exact import fill_in
from textdiff_lite.processes import Absorbing
from textdiff_lite.samplers import by_confidence, first_hitting, last, sample
from textdiff_lite.schedules import FromBetas, cosine, grid, mutual_information

MASK = 3
SENTENCES = {L: torch.tensor(list(itertools.product(range(MASK), repeat=L))) for L in (2, 3)}
# no two places are alike, no word is independent of another, and some sentences never come
WEIGHTS = {L: 2.0 ** -(torch.arange(3**L, dtype=torch.float64) * 7 % 11) for L in (2, 3)}
WEIGHTS[3][[4, 13, 20]] = 0
LAWS = {L: weights / weights.sum() for L, weights in WEIGHTS.items()}
CHI_SQUARE = {2: 13.816, 5: 20.515, 8: 26.124, 23: 49.728}  # 0.999 quantiles


def exact(L: int):
    predict = fill_in(SENTENCES[L], LAWS[L].log())
    return lambda x, t, prev=None: predict(x)


def hidden_rows(n: int, L: int) -> Tensor:
    return torch.full((n, L), MASK)


def spy(denoise, seen: list):
    def spied(x, t, prev=None):
        seen.append((x, t, prev))
        return denoise(x, t, prev)

    return spied


def is_lawful(x: Tensor, law: Tensor) -> bool:
    """Whether the sentences x [n, L] follow the law, and never break it."""
    place_values = 3 ** torch.arange(x.shape[1] - 1, -1, -1)
    return fits(torch.bincount((x * place_values).sum(1), minlength=len(law)), law)


def fits(counts: Tensor, law: Tensor) -> bool:
    want = counts.sum() * law
    possible = law > 0
    chi_square = ((counts - want).square() / want)[possible].sum()
    return bool((counts[~possible] == 0).all() and chi_square < CHI_SQUARE[int(possible.sum()) - 1])


def agree(first: Tensor, second: Tensor | float, slack: float = 0.0) -> bool:
    """Whether the means of columns agree within five standard errors; a second tensor holds observations too."""
    gap, var = first.mean(0) - second, first.var(0) / len(first)
    if isinstance(second, Tensor) and second.ndim == 2:
        gap, var = first.mean(0) - second.mean(0), var + second.var(0) / len(second)
    return bool((gap.abs() < 5 * var.sqrt() + slack).all())


# first hitting: the law of sentences


@pytest.mark.parametrize("L", [2, 3])
def test_the_exact_denoiser_gives_the_law_back(L):
    out = last(first_hitting(exact(L), hidden_rows(30_000, L), MASK, mutual_information, generator=generator(1)))
    assert is_lawful(out, LAWS[L])


def test_given_words_stay_and_the_others_follow_from_them():
    # all in one batch: nothing given, the middle word, the outer words, everything
    given = torch.tensor([[MASK, MASK, MASK], [MASK, 2, MASK], [0, MASK, 1], [2, 1, 0]])
    x = given.repeat(20_000, 1)
    steps = list(first_hitting(exact(3), x, MASK, cosine, generator=generator(2)))
    for step in steps:
        assert torch.equal(step.x[x != MASK], x[x != MASK])
    out = steps[-1].x.view(-1, 4, 3)
    for row, words in enumerate(given[:3]):
        law = LAWS[3] * ((SENTENCES[3] == words) | (words == MASK)).all(1)
        counts = torch.bincount((out[:, row] * torch.tensor([9, 3, 1])).sum(1), minlength=27)
        possible = law > 0
        want = law / law.sum() * counts.sum()
        assert (counts[~possible] == 0).all()
        # the number of sentences differs, so each by itself: five standard errors
        assert ((counts - want).abs()[possible] < 5 * want.sqrt()[possible]).all()


def test_every_order_is_equally_likely():
    n = 12_000
    steps = list(first_hitting(exact(3), hidden_rows(n, 3), MASK, mutual_information, generator=generator(3)))
    first, second = ((step.x != MASK).long() @ torch.tensor([1, 2, 4]) for step in steps[:2])
    orders = torch.bincount(first * 8 + second, minlength=64)
    assert fits(orders[orders > 0], torch.full((6,), 1 / 6))


def test_the_words_of_a_row_are_drawn_by_itself():
    even = torch.full((4_000, 2, 3), 1 / 3, dtype=torch.float64).log()
    out = last(first_hitting(lambda x, t, prev=None: even, hidden_rows(4_000, 2), MASK, cosine, generator=generator(4)))
    assert is_lawful(out, torch.full((9,), 1 / 9))


# first hitting: the times


@pytest.mark.parametrize("alpha_bar", [mutual_information, cosine, FromBetas((0.3, 0.5))])
def test_words_are_revealed_at_the_order_statistics_of_uniform_numbers(alpha_bar):
    L, n = 4, 20_000
    even = torch.zeros(n, L, 1)
    x = torch.full((n, L), 1)
    steps = list(first_hitting(lambda x, t, prev=None: even, x, 1, alpha_bar, generator=generator(5)))
    t = torch.cat([step.t for step in steps], 1).double()
    assert (t.diff() < 0).all()
    assert ((t > 0) & (t <= 1)).all()
    # the share destroyed, of what is destroyed in the end
    u = (1 - alpha_bar(t)) / (1 - alpha_bar(torch.ones(1, dtype=torch.float64)))
    k = torch.arange(L, 0, -1).double()
    mean = k / (L + 1)
    assert agree(u, mean)
    # of uniform order statistics i <= j: cov = i (L + 1 - j) / ((L + 1)^2 (L + 2))
    products = ((u - mean)[:, :, None] * (u - mean)[:, None, :]).flatten(1)
    cov = torch.minimum(k[:, None], k) * (L + 1 - torch.maximum(k[:, None], k)) / ((L + 1) ** 2 * (L + 2))
    assert agree(products, cov.flatten())


@pytest.mark.parametrize("alpha_bar", [mutual_information, cosine])
def test_the_times_of_a_row_depend_on_its_own_hidden_words(alpha_bar):
    n = 20_000
    x = torch.tensor([[MASK, MASK, MASK], [1, MASK, 1]]).repeat(n, 1)
    even = torch.full((2 * n, 3, 3), 1 / 3).log()
    steps = list(first_hitting(lambda x, t, prev=None: even, x, MASK, alpha_bar, generator=generator(6)))
    destroyed = 1 - alpha_bar(torch.cat([step.t for step in steps], 1).double()).view(n, 2, 3)
    assert agree(destroyed[:, 0], torch.tensor([3 / 4, 2 / 4, 1 / 4]))
    assert agree(destroyed[:, 1, :1], 1 / 2)
    assert (destroyed[:, 1, 1:] == 0).all()


def test_a_belief_that_changes_with_time_is_asked_at_the_times_of_the_reveals():
    n = 40_000

    def denoise(x, t, prev=None):
        p = t.double().square().expand(-1, 2)
        return torch.stack([1 - p, p], -1).log()

    x = torch.full((n, 2), 2)
    steps = list(first_hitting(denoise, x, 2, mutual_information, generator=generator(7)))
    t = torch.cat([step.t for step in steps], 1).double()
    out = steps[-1].x.double()
    at_first = torch.where(steps[0].x == 2, 0, out).sum(1)
    at_second = out.sum(1) - at_first
    # p(word 1 | t) = t^2; the first time has the density 2 t, the second 2 (1 - t)
    seen = torch.stack([at_first, at_second, out[:, 0], out[:, 1], out.prod(1)], 1)
    assert agree(seen, torch.tensor([1 / 2, 1 / 6, 1 / 3, 1 / 3, 1 / 9]))
    assert agree(torch.stack([at_first * t[:, 0], at_second * t[:, 1]], 1), torch.tensor([2 / 5, 1 / 10]))


def test_orders_times_and_words_together_are_those_of_ancestral_sampling_in_many_steps():
    n, T = 8_000, 200

    def denoise(x, t, prev=None):
        # places differ, times differ, and a word that is seen changes the other place's belief
        t = t.double().expand(len(x), 2)
        p = torch.where(x.flip(1) == 2, t * torch.tensor([0.9, 0.5]), torch.where(x.flip(1) == 1, 1 - t, t / 2))
        return torch.stack([1 - p, p], -1).log()

    def statistics(steps):
        t, x = torch.full((n, 2), -1.0), torch.full((n, 2), 2)
        for step in steps:
            t = torch.where((x == 2) & (step.x != 2), step.t, t)
            x = step.x
        a, b = x.double().T
        t_a, t_b = t.double().T
        a_first = (t_a > t_b).double()
        joint = [t_a, t_b, t_a * t_b, a, b, a * b, a * t_a, b * t_b, a * t_b, b * t_a]
        return torch.stack([*joint, *(a_first * one for one in joint)], 1)

    x = torch.full((n, 2), 2)
    ours = statistics(first_hitting(denoise, x, 2, cosine, generator=generator(8)))
    theirs = statistics(sample(Absorbing(cosine, 2).reverse, denoise, x, grid(T), generator=generator(9)))
    # two words in one step, and a time that is known to a step
    assert agree(ours, theirs, slack=1.5 / T)


# first hitting: contract


def test_there_is_one_call_for_each_word_of_the_fullest_row():
    seen: list = []
    x = torch.tensor([[0, MASK, 1], [MASK, MASK, MASK], [0, 1, 2], [MASK, 1, MASK]])
    steps = list(first_hitting(spy(exact(3), seen), x, MASK, cosine, generator=generator(1)))
    assert len(steps) == len(seen) == 3
    left = torch.stack([(step.x == MASK).sum(1) for step in steps])
    assert left.tolist() == [[0, 2, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_the_denoiser_is_told_the_time_the_state_and_its_last_answer():
    seen: list = []
    x = torch.tensor([[0, MASK, 1], [MASK, MASK, MASK]])
    steps = list(first_hitting(spy(exact(3), seen), x, MASK, cosine, generator=generator(1)))
    assert seen[0][0] is x
    assert seen[0][2] is None
    for (x_t, _, prev), step in zip(seen[1:], steps, strict=False):
        assert x_t is step.x
        assert prev is step.x0_hat
    for (_, t, _), step in zip(seen, steps, strict=True):
        assert t is step.t
        assert t.shape == (2, 1)
        assert t.dtype == torch.get_default_dtype()
    assert [float(step.t[0]) > 0 for step in steps] == [True, False, False]
    assert [float(step.t[1]) > 0 for step in steps] == [True, True, True]


def test_with_nothing_hidden_there_is_nothing_to_do():
    for x in (torch.tensor([[0, 1, 2]]), torch.zeros(0, 3, dtype=torch.int64)):
        assert list(first_hitting(exact(3), x, MASK, cosine, generator=generator())) == []


def test_a_finished_row_is_not_drawn_again():
    x = torch.tensor([[0, 0, 1], [MASK, MASK, MASK]]).repeat(200, 1)
    other = torch.tensor([0.0, 0.0, 1.0]).log().expand(400, 3, 3)
    for step in first_hitting(lambda x, t, prev=None: other, x, MASK, cosine, generator=generator()):
        assert torch.equal(step.x[::2], x[::2])


@pytest.mark.parametrize("sampler", ["first_hitting", "by_confidence"])
def test_samples_depend_on_the_generator_alone_and_the_start_is_not_changed(sampler):
    def run(seed):
        x = hidden_rows(50, 3)
        steps = (
            first_hitting(exact(3), x, MASK, cosine, generator=generator(seed))
            if sampler == "first_hitting"
            else by_confidence(exact(3), x, MASK, 2, generator=generator(seed))
        )
        out = last(steps)
        assert (x == MASK).all()
        return out

    torch.manual_seed(3)
    one = run(1)
    torch.manual_seed(7)
    assert torch.equal(one, run(1))
    assert not torch.equal(one, run(2))


@pytest.mark.parametrize("sampler", ["first_hitting", "by_confidence"])
def test_no_gradient_is_kept(sampler):
    weight = torch.zeros(3, requires_grad=True)

    def denoise(x, t, prev=None):
        return weight.log_softmax(-1).expand(*x.shape, 3)

    x = hidden_rows(2, 3)
    steps = (
        first_hitting(denoise, x, MASK, cosine, generator=generator())
        if sampler == "first_hitting"
        else by_confidence(denoise, x, MASK, 2, generator=generator())
    )
    for step in steps:
        assert not step.x0_hat.requires_grad
        assert torch.is_grad_enabled()


@pytest.mark.parametrize("device", DEVICES)
def test_every_device_gives_the_same_samples(device):
    belief = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64).log()

    def denoise(x, t, prev=None):
        assert t.device == x.device
        return belief.to(x.device).expand(*x.shape, 3)

    def run(device):
        x = hidden_rows(20, 3).to(device)
        return [
            last(first_hitting(denoise, x, MASK, cosine, generator=generator(1))).cpu(),
            last(by_confidence(denoise, x, MASK, 2, generator=generator(1))).cpu(),
        ]

    for got, want in zip(run(device), run("cpu"), strict=True):
        assert torch.equal(got, want)


# by confidence


def test_rounds_are_even_small_ones_first_each_row_for_itself():
    x = torch.full((3, 5), MASK)
    x[1, :2] = 1
    x[2, 1:4] = 2
    even = torch.full((3, 5, 3), 1 / 3).log()
    steps = list(by_confidence(lambda x, t, prev=None: even, x, MASK, 3, generator=generator()))
    left = torch.stack([(step.x == MASK).sum(1) for step in steps])
    assert left.tolist() == [[4, 2, 2], [2, 1, 1], [0, 0, 0]]
    for step in steps:
        assert torch.equal(step.x[x != MASK], x[x != MASK])


def test_the_share_that_is_hidden_is_told_as_the_time():
    seen: list = []
    x = torch.tensor([[MASK, MASK, MASK, MASK], [0, MASK, 1, MASK]])
    even = torch.full((2, 4, 3), 1 / 3).log()
    steps = list(by_confidence(spy(lambda x, t, prev: even, seen), x, MASK, 2, generator=generator()))
    assert [t.tolist() for _, t, _ in seen] == [[[1.0], [0.5]], [[0.5], [0.25]]]
    assert [step.t.tolist() for step in steps] == [[[0.5], [0.25]], [[0.0], [0.0]]]
    assert seen[0][0] is x
    assert seen[1][0] is steps[0].x
    assert [prev is None for _, _, prev in seen] == [True, False]
    assert seen[1][2] is steps[0].x0_hat


def test_what_counts_is_the_probability_of_the_word_that_was_drawn():
    # the belief of place 0 is surer, but not of its rare word
    belief = torch.tensor([[0.9, 0.1], [0.6, 0.4]], dtype=torch.float64).log().expand(20_000, 2, 2)
    x = torch.full((20_000, 2), 2)
    first, _ = by_confidence(lambda x, t, prev=None: belief, x, 2, 2, generator=generator(1))
    kept = torch.bincount(first.x[:, 0] * 3 + first.x[:, 1], minlength=9)
    assert fits(kept[[2, 6, 7]], torch.tensor([0.9, 0.06, 0.04]))
    assert kept[[2, 6, 7]].sum() == 20_000


def test_the_surest_words_come_first():
    # of k words, all alike, each has the probability 1 / k, whichever is drawn
    k = torch.tensor([4, 2, 3, 1, 5])
    belief = torch.where(torch.arange(5) < k[:, None], 1 / k[:, None], 0.0).log().expand(50, 5, 5)
    x = torch.full((50, 5), 5)
    steps = list(by_confidence(lambda x, t, prev=None: belief, x, 5, 5, generator=generator(1)))
    for step, words in zip(steps, range(1, 6), strict=True):
        assert torch.equal(step.x != 5, (k <= words).expand(50, 5))


def test_a_given_word_takes_no_turn_however_sure():
    belief = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]]).log().expand(50, 3, 2)
    x = torch.tensor([[1, 2, 2]]).repeat(50, 1)
    first, _ = by_confidence(lambda x, t, prev=None: belief, x, 2, 2, generator=generator(1))
    assert ((first.x == 2).sum(1) == 1).all()
    assert (first.x[:, 0] == 1).all()


def test_one_evaluation_draws_every_word_from_the_first_belief():
    seen: list = []
    (step,) = by_confidence(spy(exact(2), seen), hidden_rows(20_000, 2), MASK, 1, generator=generator(1))
    assert len(seen) == 1
    joint = LAWS[2].view(3, 3)
    assert is_lawful(step.x, (joint.sum(1)[:, None] * joint.sum(0)).flatten())


def test_it_seeks_modes():
    out = last(by_confidence(exact(3), hidden_rows(10_000, 3), MASK, 3, generator=generator(1)))
    best = SENTENCES[3][LAWS[3].argmax()]
    share, p = float((out == best).all(1).double().mean()), float(LAWS[3].max())
    assert share > p + 5 * (p * (1 - p) / 10_000) ** 0.5


@pytest.mark.parametrize("evaluations", [0, 4])
def test_a_number_of_evaluations_that_cannot_be_is_refused_before_the_first_step(evaluations):
    message = f"evaluations must lie in 1 .. 3, the number of places, got {evaluations}"
    with pytest.raises(ValueError, match=re.escape(message)):
        by_confidence(exact(3), hidden_rows(1, 3), MASK, evaluations, generator=generator())
