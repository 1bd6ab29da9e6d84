"""The exact denoisers: against Bayes sentence by sentence, by hand, and at every edge."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from tests.oracle import (
    ENTROPY,
    FREQUENCIES,
    POINTS,
    PlaceFirst,
    exact_denoiser,
    generator,
    masked_pairs_denoiser,
    random,
    times,
    word_logits,
)
from textdiff_lite import exact, prediction, samplers, schedules
from textdiff_lite.corpora import load_corpus
from textdiff_lite.corpora.mini_bistro import MiniBistro
from textdiff_lite.distributions import safe_log
from textdiff_lite.processes import VPGaussian

PROCESSES = [
    VPGaussian(schedules.cosine),
    VPGaussian(schedules.linear, noise_scale=2.0),
    VPGaussian(PlaceFirst(schedules.cosine)),
]
PROCESS = PROCESSES[0]
# four sentences of three places over five words; no sentence has word 4
TABLE = torch.tensor([[0, 1, 2], [0, 3, 2], [3, 1, 0], [2, 2, 2]])
LAW = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
WORDS = random(5, 2, seed=1)
CLOCKS = [times(0.1, 0.5, 0.9), torch.tensor([[0.2, 0.6, 1.0], [0.9, 0.4, 0.05], [0.5, 0.5, 0.7]])]
HIDDEN = 5


@pytest.fixture(scope="module")
def small() -> MiniBistro:
    corpus = load_corpus("mini-bistro")
    assert isinstance(corpus, MiniBistro)
    return corpus


def of_sentences(process: VPGaussian, points: Tensor, x_t: Tensor, t: Tensor, table=TABLE, law=LAW) -> Tensor:
    """The joint ln p(sentence) + ln q(x_t | sentence), each sentence by itself with the process's own law, [B, S]."""
    return torch.stack(
        [
            p.log() + process.corrupt(points[sentence].expand_as(x_t), t).log_prob(x_t).sum(-1)
            for sentence, p in zip(table, law, strict=True)
        ],
        dim=1,
    )


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("t", CLOCKS)
def test_word_belief_is_bayes_word_by_word(process, t):
    law = torch.tensor([0.5, 0.0, 0.1, 0.15, 0.25], dtype=torch.float64)
    x_t = random(3, 3, 2)
    joint = torch.stack(
        [p.log() + process.corrupt(w.expand_as(x_t), t).log_prob(x_t) for w, p in zip(WORDS, law, strict=True)], dim=-1
    )
    belief = exact.word_log_belief(process, WORDS, law.log())(x_t, t)
    torch.testing.assert_close(belief, joint.log_softmax(-1))
    assert belief.dtype == torch.float64
    assert (belief[..., 1] == -torch.inf).all()
    denoised = exact.word_denoiser(process, WORDS, law.log())(x_t, t)
    torch.testing.assert_close(denoised, joint.softmax(-1) @ WORDS)


def test_words_are_those_of_the_oracle_of_the_tests():
    t, x_t = times(0.02, 0.3, 0.8, 1.0), random(4, 7, 2)
    belief = exact.word_log_belief(PROCESS, POINTS, FREQUENCIES.log())(x_t, t)
    torch.testing.assert_close(belief, word_logits(PROCESS, x_t, t).log_softmax(-1))
    denoise = exact.word_denoiser(PROCESS, POINTS, FREQUENCIES.log())
    torch.testing.assert_close(denoise(x_t, t, prev=x_t), exact_denoiser(PROCESS)(x_t, t))


def test_two_words_by_hand():
    points, law = torch.tensor([[1.0], [-1.0]]), torch.tensor([0.8, 0.2], dtype=torch.float64)
    t, x = times(0.4), random(1, 1, 1)
    a = float(schedules.cosine(t))
    # E[x_0 | x] = p(+) - p(-) = tanh of half the log-odds, sqrt(a) x / (1 - a) + ln(0.8 / 0.2) / 2
    by_hand = math.tanh(a**0.5 * float(x) / (1 - a) + math.log(4) / 2)
    assert float(exact.word_denoiser(PROCESS, points, law.log())(x, t)) == pytest.approx(by_hand)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("t", CLOCKS)
def test_sentence_belief_is_bayes_sentence_by_sentence(process, t):
    x_t = random(3, 3, 2)
    joint = of_sentences(process, WORDS, x_t, t)
    belief = exact.sentence_log_belief(process, WORDS, TABLE, LAW.log())(x_t, t)
    torch.testing.assert_close(belief, joint.log_softmax(-1))
    assert belief.dtype == torch.float64
    denoise = exact.sentence_denoiser(process, WORDS, TABLE, LAW.log())
    mean = torch.einsum("bs,sld->bld", joint.softmax(-1), WORDS[TABLE])
    torch.testing.assert_close(denoise(x_t, t, prev=x_t), mean)


def test_more_batch_than_sentences_and_fewer():
    for batch in (1, 9):
        x_t, t = random(batch, 3, 2), torch.linspace(0.1, 1, batch)[:, None]
        belief = exact.sentence_log_belief(PROCESS, WORDS, TABLE, LAW.log())(x_t, t)
        torch.testing.assert_close(belief, of_sentences(PROCESS, WORDS, x_t, t).log_softmax(-1))


def test_places_without_dependence_are_words():
    table = torch.tensor(list(itertools.product(range(6), repeat=2)))
    log_prob = FREQUENCIES.log()[table].sum(-1)
    x_t, t = random(3, 2, 2), times(0.1, 0.5, 0.9)
    torch.testing.assert_close(
        exact.sentence_denoiser(PROCESS, POINTS, table, log_prob)(x_t, t),
        exact.word_denoiser(PROCESS, POINTS, FREQUENCIES.log())(x_t, t),
    )


def test_the_score_of_the_denoiser_is_the_gradient_of_the_density():
    t, x_t = times(0.5, 0.8), random(2, 3, 2).requires_grad_()
    of_sentences(PROCESS, WORDS, x_t, t).logsumexp(-1).sum().backward()
    x = x_t.detach()
    x0_hat = exact.sentence_denoiser(PROCESS, WORDS, TABLE, LAW.log())(x, t)
    torch.testing.assert_close(prediction.score_from_x0(PROCESS, x, x0_hat, t), x_t.grad)


def test_a_constant_added_to_the_log_probabilities_changes_nothing():
    t, x_t = times(0.5), random(1, 3, 2)
    for make in (
        lambda c: exact.sentence_log_belief(PROCESS, WORDS, TABLE, LAW.log() + c)(x_t, t),
        lambda c: exact.word_log_belief(PROCESS, WORDS[:4], LAW.log() + c)(x_t, t),
        lambda c: exact.fill_in(TABLE, LAW.log() + c)(torch.full((1, 3), 4)),
    ):
        torch.testing.assert_close(make(0.0), make(-700.0))


def test_where_nothing_survives_the_belief_is_the_prior():
    x_t, t = 100 * random(2, 3, 2), times(1.0, 1.0)
    of_words = exact.word_log_belief(PROCESS, WORDS[:4], LAW.log())(x_t, t)
    torch.testing.assert_close(of_words, LAW.log().expand(2, 3, 4))
    torch.testing.assert_close(
        exact.sentence_log_belief(PROCESS, WORDS, TABLE, LAW.log())(x_t, t), LAW.log().expand(2, 4)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("t", [0.0, 1e-9, 1e-4])
def test_where_nothing_is_destroyed_the_sentence_is_certain(dtype, t):
    x0 = WORDS[TABLE].to(dtype)
    clock = torch.full((4, 1), t, dtype=dtype)
    belief = exact.sentence_log_belief(PROCESS, WORDS, TABLE, LAW.log())(x0, clock)
    torch.testing.assert_close(belief.exp(), torch.eye(4, dtype=torch.float64))
    denoised = exact.sentence_denoiser(PROCESS, WORDS, TABLE, LAW.log())(x0, clock)
    torch.testing.assert_close(denoised, x0)
    assert denoised.dtype == dtype
    words = exact.word_denoiser(PROCESS, WORDS, torch.zeros(5))(x0, clock)
    torch.testing.assert_close(words, x0)


def test_without_noise_the_nearest_possible_word_is_believed():
    points = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.4, 0.0]])
    law = torch.tensor([0.5, 0.3, 0.2, 0.0], dtype=torch.float64)
    x = torch.tensor([[[0.4, 0.0], [0.9, 3.0], [0.5, 7.0]]])
    belief = exact.word_log_belief(PROCESS, points, law.log())(x, times(0.0)).exp()
    # at its own point a word of probability 0 is not believed; the two words of one point share as the prior says;
    # half way between all three decides the prior
    want = torch.tensor([[[1, 0, 0, 0], [0, 0.6, 0.4, 0], [0.5, 0.3, 0.2, 0]]], dtype=torch.float64)
    torch.testing.assert_close(belief, want)


def test_words_with_one_vector_are_equally_near_whatever_rounding_says():
    points = random(1, 32).expand(7, 32) * (1 + 1e-15 * random(7, 1, seed=3))
    belief = exact.word_log_belief(PROCESS, points, torch.zeros(7))(points[None, :3] + 1, times(0.0))
    torch.testing.assert_close(belief.exp(), torch.full((1, 3, 7), 1 / 7, dtype=torch.float64))


def test_clean_places_and_noisy_ones_are_weighed_together():
    # the first place is clamped at word 0, which leaves two sentences; the second decides between them
    x_t = WORDS[torch.tensor([[0, 1, 2]])] + torch.tensor([[[0.0], [0.7], [5.0]]])
    t = torch.tensor([[0.0, 0.5, 1.0]])
    belief = exact.sentence_log_belief(PROCESS, WORDS, TABLE, LAW.log())(x_t, t)
    rest = of_sentences(PROCESS, WORDS[:, :], x_t[:, 1:], t[:, 1:], TABLE[:2, 1:], LAW[:2])
    torch.testing.assert_close(belief[:, :2], rest.log_softmax(-1))
    assert (belief[:, 2:] == -torch.inf).all()


def test_clamped_words_that_no_sentence_has_are_read_as_the_nearest():
    table, points = torch.tensor([[0, 0], [1, 1]]), torch.tensor([[0.0], [1.0]])
    log_prob = torch.tensor([0.9, 0.1]).log()
    # nearest to (0.3, 1): (1, 1) at 0.49, and not (0, 0) at 1.09, though place by place it would be (0, 1)
    belief = exact.sentence_log_belief(PROCESS, points, table, log_prob)(torch.tensor([[[0.3], [1.0]]]), times(0.0))
    assert belief.exp().tolist() == [[0.0, 1.0]]


def test_a_wild_noisy_place_does_not_blur_a_clean_one():
    table, points = torch.tensor([[0, 0], [1, 0]]), torch.tensor([[0.0], [1.0]])
    belief = exact.sentence_log_belief(PROCESS, points, table, torch.zeros(2))
    x_t = torch.tensor([[[0.0], [1e8]]])
    assert belief(x_t, torch.tensor([[0.0, 0.5]])).exp().tolist() == [[1.0, 0.0]]


def test_clamping_is_filling_in():
    """Words at t = 0 are seen, words at t = 1 are hidden."""
    x = torch.tensor([[0, HIDDEN, HIDDEN], [HIDDEN, 1, HIDDEN], [HIDDEN, HIDDEN, 2], [HIDDEN, HIDDEN, HIDDEN]])
    points = torch.cat([WORDS, torch.zeros(1, 2)])
    t = (x == HIDDEN).double()
    believed = exact.sentence_log_belief(PROCESS, points, TABLE, LAW.log())(points[x], t).exp()
    one_hot = torch.nn.functional.one_hot(TABLE, 5).double()
    table = torch.cat([TABLE, torch.tensor([[4, 4, 4]])])  # so that V is 5
    filled = exact.fill_in(table, torch.cat([LAW, torch.zeros(1)]).log())(x)
    torch.testing.assert_close(torch.einsum("bs,slv->blv", believed, one_hot), filled.exp())


@pytest.mark.parametrize("t", [1e-12, 1e-6, 1e-3, 0.5, 1 - 1e-12])
def test_every_noise_gives_numbers(t, small):
    points = random(small.info.vocab, 16, seed=2)
    clock = times(*[t] * 8)
    x_t = PROCESS.corrupt(points[small.table[:8]], clock).sample(generator())
    for x in (x_t, x_t.float(), 1e6 * x_t):
        belief = exact.sentence_log_belief(PROCESS, points, small.table, small.table_log_prob)(x, clock)
        torch.testing.assert_close(belief.exp().sum(-1), torch.ones(8, dtype=torch.float64))
        assert exact.sentence_denoiser(PROCESS, points, small.table, small.table_log_prob)(x, clock).isfinite().all()
        assert exact.word_denoiser(PROCESS, points, torch.zeros(len(points)))(x, clock).isfinite().all()


def test_fill_in_counts_the_sentences_that_agree():
    x = torch.tensor(list(itertools.product([0, 1, 2, 3, 4], repeat=3)))  # here 4 hides a word: no sentence has it
    predicted = exact.fill_in(TABLE, LAW.log())(x).exp()
    agreed = 0
    for row, found in zip(x, predicted, strict=True):
        fits = [
            (sentence, p)
            for sentence, p in zip(TABLE.tolist(), LAW.tolist(), strict=True)
            if all(seen in (4, word) for seen, word in zip(row.tolist(), sentence, strict=True))
        ]
        if not fits:
            continue
        agreed += 1
        total = sum(p for _, p in fits)
        for place, word in itertools.product(range(3), range(4)):
            want = sum(p for sentence, p in fits if sentence[place] == word) / total
            assert float(found[place, word]) == pytest.approx(want, abs=1e-15)
    assert agreed > 20


def test_fill_in_with_nothing_hidden_is_certain():
    belief = exact.fill_in(TABLE, LAW.log())(TABLE)
    assert belief.dtype == torch.float64
    torch.testing.assert_close(belief.exp(), torch.nn.functional.one_hot(TABLE, 4).double())


def test_fill_in_with_all_hidden_is_the_law_of_each_place():
    belief = exact.fill_in(TABLE, LAW.log())(torch.full((2, 3), 4)).exp()
    want = torch.tensor([[0.7, 0, 0.1, 0.2], [0, 0.6, 0.1, 0.3], [0.2, 0, 0.8, 0]], dtype=torch.float64)
    torch.testing.assert_close(belief, want.expand(2, 3, 4))


def test_fill_in_after_nonsense_goes_on_from_the_fewest_misprints():
    table, law = torch.tensor([[0, 0, 0, 0], [0, 1, 1, 1], [2, 2, 2, 2]]), torch.tensor([0.25, 0.5, 0.25])
    predict = exact.fill_in(table, law.log())
    # «0 0 1 _»: one place off the first sentence and one off the second
    belief = predict(torch.tensor([[0, 0, 1, 3]])).exp()[0]
    torch.testing.assert_close(belief[3], torch.tensor([1 / 3, 2 / 3, 0], dtype=torch.float64))
    torch.testing.assert_close(belief[:3].argmax(-1), torch.tensor([0, 0, 1]))
    assert (belief[:3].amax(-1) == 1).all(), "what is seen stays as it is"
    # a sentence of probability 0 is no way out
    never = exact.fill_in(table, torch.tensor([0.5, 0.5, 0.0]).log())
    assert never(torch.tensor([[2, 2, 2, 3]])).exp()[0, 3].tolist() == [0.5, 0.5, 0.0]


def test_fill_in_pairs_is_that_of_the_oracle_of_the_tests():
    joint = torch.tensor([[0.1, 0.2, 0.05], [0.0, 0.3, 0.05], [0.1, 0.1, 0.1]], dtype=torch.float64)
    table = torch.tensor(list(itertools.product(range(3), repeat=2)))
    x = torch.tensor([[0, 3], [1, 3], [3, 0], [3, 2], [3, 3]])
    want = masked_pairs_denoiser(joint)(x, times(0.5))[..., :3]
    torch.testing.assert_close(exact.fill_in(table, safe_log(joint.flatten()))(x), want)


def test_the_chain_rule_gives_back_the_probability_of_every_sentence(small):
    table, mask = small.table, small.info.vocab
    predict = exact.fill_in(table, small.table_log_prob)
    order = torch.randperm(small.info.length, generator=generator())
    total = torch.zeros(len(table), dtype=torch.float64)
    x = torch.full_like(table, mask)
    for place in order.tolist():
        belief = predict(x)[:, place]
        assert belief.shape == (len(table), mask)
        total += belief.gather(-1, table[:, place, None]).squeeze(-1)
        x[:, place] = table[:, place]
    torch.testing.assert_close(total, small.table_log_prob)


def test_the_exact_denoiser_writes_sentences_of_the_language(small):
    points = random(small.info.vocab, 8, seed=4)
    denoise = exact.sentence_denoiser(PROCESS, points, small.table, small.table_log_prob)
    x_1 = PROCESS.prior((400, small.info.length, 8)).sample(generator())
    steps = samplers.sample(PROCESS.reverse, denoise, x_1, schedules.grid(50), generator=generator(1))
    written = torch.cdist(samplers.last(steps).double(), points).argmin(-1)
    log_p = small.log_prob(small.decode(written))
    assert (log_p > -torch.inf).mean() > 0.98
    nats = -log_p[log_p > -torch.inf]
    assert abs(nats.mean() - small.entropy) < 5 * nats.std() / 20 + 0.05


def test_the_entropy_of_the_prior_is_what_all_noise_leaves():
    belief = exact.word_log_belief(PROCESS, POINTS, FREQUENCIES.log())(random(1, 1, 2), times(1.0))
    assert float(-(belief.exp() * belief).sum()) == pytest.approx(ENTROPY)


def test_the_arguments_stay_as_they_are():
    x_t, t, x = random(2, 3, 2), times(0.0, 0.5), torch.tensor([[0, 4, 4]])
    kept = [one.clone() for one in (x_t, t, x, WORDS, TABLE, LAW)]
    exact.sentence_denoiser(PROCESS, WORDS, TABLE, LAW.log())(x_t, t)
    exact.fill_in(TABLE, LAW.log())(x)
    for before, after in zip(kept, (x_t, t, x, WORDS, TABLE, LAW), strict=True):
        assert torch.equal(before, after)


@pytest.mark.parametrize(
    ("log_prob", "message"),
    [
        ([-math.inf] * 4, "log_prob must allow something: all of it is -inf"),
        ([0.0, math.nan, 0.0, 0.0], "log_prob must hold log-probabilities, got nan or .inf"),
        ([0.0, math.inf, 0.0, 0.0], "log_prob must hold log-probabilities, got nan or .inf"),
    ],
)
def test_a_law_that_is_none_is_refused(log_prob, message):
    for make in (
        lambda law: exact.word_log_belief(PROCESS, WORDS[:4], law),
        lambda law: exact.sentence_log_belief(PROCESS, WORDS, TABLE, law),
        lambda law: exact.fill_in(TABLE, law),
    ):
        with pytest.raises(ValueError, match=message):
            make(torch.tensor(log_prob))


def test_a_law_of_another_length_is_refused():
    # asked of the part itself: while tests run, the shapes of the signature refuse it first
    with pytest.raises(ValueError, match="log_prob must hold a number for each of the 4, got 1"):
        exact._prior(torch.zeros(1), 4)


def test_ids_and_lengths_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"ids of table must lie in \[0, 3\), got \[0, 3\]"):
        exact.sentence_log_belief(PROCESS, WORDS[:3], TABLE, LAW.log())
    belief = exact.sentence_log_belief(PROCESS, WORDS, TABLE, LAW.log())
    with pytest.raises(ValueError, match="x_t has 2 places, but the sentences of the table have 3"):
        belief(random(1, 2, 2), times(0.5))
    predict = exact.fill_in(TABLE, LAW.log())
    with pytest.raises(ValueError, match="x has 4 places, but the sentences of the table have 3"):
        predict(torch.zeros(1, 4, dtype=torch.int64))
    for word in (-1, 5):
        with pytest.raises(ValueError, match=r"ids of x must lie in \[0, 5\), got"):
            predict(torch.tensor([[0, word, 0]]))
    with pytest.raises(ValueError, match=r"ids of table must lie in \[0, ...\), got \[-1, 3\]"):
        exact.fill_in(TABLE - (TABLE == 0).long(), LAW.log())
