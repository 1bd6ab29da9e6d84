"""The measures: paired ratios, standard errors, likelihood per sentence, and what samples are held against."""

import math

import numpy as np
import pytest
import torch

from tests.toy import Toy
from textdiff_lite import evaluation
from textdiff_lite.corpora.bistro import Bistro
from textdiff_lite.systems import autoregressive, d3pm
from textdiff_lite.systems.pretrained import Trained


@pytest.fixture(scope="module")
def bistro() -> Bistro:
    return Bistro()


@pytest.fixture
def trained() -> Trained:
    config, info = autoregressive.Config(size="mini"), Toy().info
    torch.manual_seed(0)
    return Trained(autoregressive, config, info, autoregressive.build(config, info).eval())


def test_a_mean_has_its_standard_error():
    estimate = evaluation.mean(np.array([1.0, 2.0, 3.0, 6.0]))
    # variance of the values (4 + 1 + 0 + 9) / 3, over n = 4
    assert (estimate.value, estimate.se) == (3.0, pytest.approx(math.sqrt(14 / 3 / 4)))


def test_one_value_has_no_standard_error():
    with pytest.raises(ValueError, match="a standard error needs at least 2 values, got 1"):
        evaluation.mean(np.array([1.0]))


def test_the_ratio_is_paired():
    true = np.array([10.0, 20.0, 30.0, 40.0])
    # a model that is half a nat worse on every sentence: no uncertainty, however much the sentences differ
    estimate = evaluation.ratio(true + 0.5, true, entropy=16.0)
    assert (estimate.value, estimate.se) == (1 + 0.5 / 16, 0)
    spread = evaluation.ratio(true + np.array([0.0, 1.0, 0.0, 1.0]), true, entropy=16.0)
    assert spread.se == pytest.approx(math.sqrt(1 / 3 / 4) / 16)


def test_the_true_law_has_ratio_one(bistro):
    rows = np.arange(100)  # the parser's probabilities against the sampler's
    parsed, drawn = bistro.log_prob(bistro.sentences("test", rows)), bistro.row_log_prob("test", rows)
    assert evaluation.ratio(-parsed, -drawn, bistro.entropy).value == pytest.approx(1, abs=1e-12)


def test_bits_are_nats_over_ln_2():
    assert evaluation.bits(math.log(8)) == pytest.approx(3)


def test_sentence_nats_are_the_sum_over_the_sentence_and_its_end(trained):
    corpus, rows = Toy(), np.array([3, 0, 7])
    nats = evaluation.sentence_nats(trained, corpus, "test", rows, batch=2)
    for row, got in zip(rows, nats, strict=True):
        ids = corpus.ids("test", np.array([row]))[0]
        stop = int(np.flatnonzero(ids == 1)[0])
        log_p = trained.model(torch.from_numpy(ids)[None]).log_softmax(-1)[0]
        want = -sum(log_p[i, ids[i]].item() for i in range(stop + 1))
        assert got == pytest.approx(want, rel=1e-5)


def test_a_bound_is_a_function_of_the_seed_and_every_batch_has_noise_of_its_own():
    config, corpus = d3pm.Config("mini"), Toy()
    torch.manual_seed(0)
    model = d3pm.build(config, corpus.info).eval()
    torch.nn.init.normal_(model.net.table, std=0.5)
    trained, rows = Trained(d3pm, config, corpus.info, model), np.array([3, 0, 3, 0])
    first, again, other = (evaluation.sentence_nats(trained, corpus, "test", rows, seed, batch=2) for seed in (0, 0, 1))
    assert first.shape == (4,)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[:2], first[2:])


def test_samples_are_drawn_with_so_many_calls(monkeypatch, trained):
    asked = []

    def sample(config, model, info, n, generator, calls=None):
        asked.append((n, calls))
        return torch.zeros(n, info.length, dtype=torch.long)

    monkeypatch.setattr(autoregressive, "sample", sample)
    evaluation.samples(trained, 5, 0, batch=3, calls=4)
    evaluation.samples(trained, 1, 0)
    assert asked == [(3, 4), (2, 4), (1, None)]


def test_sentence_nats_of_another_corpus_are_refused(trained):
    with pytest.raises(ValueError, match="the weights were trained on toy"):
        evaluation.sentence_nats(trained, Toy(name="other"), "test", np.arange(2))


def test_tokens_count_the_end_and_not_the_padding():
    corpus = Toy()
    counts = evaluation.tokens(corpus, "test", np.arange(20))
    assert counts.tolist() == [len(text.split()) + 1 for text in corpus.sentences("test", range(20))]


def test_samples_are_a_function_of_the_seed(trained):
    first, again, other = (evaluation.samples(trained, 5, seed, batch=2) for seed in (0, 0, 1))
    assert first.shape == (5, 7)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_sentences_of_the_grammar_all_parse_and_cost_its_entropy(bistro):
    measured = evaluation.in_the_language(bistro.ids("validation", np.arange(1000)), bistro, training_rows=5000)
    assert (measured.parse_rate.value, measured.parse_rate.se) == (1, 0)
    assert measured.nats is not None
    assert abs(measured.nats.value - bistro.entropy) < 4 * measured.nats.se
    assert abs(measured.seen - measured.seen_of_grammar) < 4 * math.sqrt(0.25 / 1000)


def test_sentences_of_the_training_split_are_recognised(bistro):
    measured = evaluation.in_the_language(bistro.ids("train", np.arange(50)), bistro, training_rows=100)
    assert measured.seen == 1
    ids = bistro.ids("train", np.arange(50))
    ids[:, -1] = 7  # what stands behind the end is no part of the sentence
    assert evaluation.in_the_language(ids, bistro, training_rows=100).seen == 1
    assert measured.seen_of_grammar < 0.5


def test_a_broken_sentence_does_not_parse_and_has_no_probability(bistro):
    ids = bistro.ids("test", np.arange(4))
    ids[0, 0], ids[0, 1] = ids[0, 1], ids[0, 0]
    ids[1] = bistro.info.unk
    measured = evaluation.in_the_language(ids, bistro, training_rows=10)
    assert measured.parse_rate.value == 0.5
    assert measured.nats is not None
    want = -bistro.log_prob(bistro.decode(ids[2:])).mean()
    assert measured.nats.value == pytest.approx(want)


def test_without_a_single_parse_there_is_no_probability(bistro):
    ids = np.full((3, bistro.info.length), bistro.info.unk)
    measured = evaluation.in_the_language(ids, bistro, training_rows=10)
    assert (measured.parse_rate.value, measured.nats) == (0, None)
