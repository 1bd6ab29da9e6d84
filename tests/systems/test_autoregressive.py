"""The autoregressive system: its likelihood is exact, and its samples follow the law that it states."""

import itertools

import pytest
import torch

from tests.toy import Toy
from textdiff_lite.corpora.corpus import CorpusInfo
from textdiff_lite.systems import autoregressive as system

CONFIG = system.Config(size="mini")


def small(end: int | None = 1) -> tuple[CorpusInfo, torch.nn.Module]:
    """A vocabulary of [PAD], [END], [UNK] and one word on a canvas of three, with weights far from their start."""
    info = CorpusInfo("small", "word", 4, 3, 0, end, 2, "0" * 16)
    torch.manual_seed(0)
    model = system.build(CONFIG, info).double().eval()
    torch.nn.init.normal_(model.table, std=0.1)
    torch.nn.init.normal_(model.positions, std=0.3)  # so that a token is not all that the next one depends on
    return info, model


def sentences(info: CorpusInfo) -> torch.Tensor:
    """Every sentence that fits the canvas, with or without its end."""
    every = []
    for row in itertools.product([1, 2, 3], repeat=info.length):
        stop = row.index(1) + 1 if 1 in row and info.end is not None else info.length
        every.append(row[:stop] + (0,) * (info.length - stop))
    return torch.tensor(sorted(set(every)))


@pytest.mark.parametrize("end", [1, None])
def test_the_probabilities_of_all_sentences_sum_to_one(end):
    info, model = small(end)
    with torch.no_grad():
        p = (-system.bound(CONFIG, model, sentences(info)).sum(1)).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("end", [1, None])
def test_samples_follow_the_law_that_the_bound_states(end):
    info, model = small(end)
    every = sentences(info)
    with torch.no_grad():
        p = (-system.bound(CONFIG, model, every).sum(1)).exp()
    n = 20_000
    drawn = system.sample(CONFIG, model, info, n, torch.Generator().manual_seed(1))
    counts = (drawn[:, None] == every).all(-1).sum(0)
    assert counts.sum() == n, "a sample is none of the sentences"
    chi2 = ((counts - n * p) ** 2 / (n * p)).sum().item()
    freedom = len(every) - 1
    assert chi2 < freedom + 5 * (2 * freedom) ** 0.5


def test_the_end_is_counted_and_the_padding_is_not():
    _info, model = small()
    nats = system.bound(CONFIG, model, torch.tensor([[3, 1, 0]]))
    log_p = model(torch.tensor([[3, 1, 0]])).log_softmax(-1)
    torch.testing.assert_close(nats[0], torch.stack([-log_p[0, 0, 3], -log_p[0, 1, 1], torch.zeros(()).double()]))


def test_what_stands_behind_the_end_changes_nothing_before_it():
    _info, model = small()
    first, second = (system.bound(CONFIG, model, torch.tensor([[3, 1, x]]))[0, :2] for x in (0, 3))
    torch.testing.assert_close(first, second)


def test_the_gradient_of_the_loss_is_finite_with_an_impossible_padding():
    _info, model = small()
    system.loss(CONFIG, model, torch.tensor([[3, 1, 0]]), {})["nats"].mean().backward()
    assert all(p.grad.isfinite().all() and p.grad.abs().sum() > 0 for p in model.parameters())


def test_samples_are_a_function_of_the_seed():
    info, model = small()
    first, again, other = (
        system.sample(CONFIG, model, info, 50, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_sampling_stops_when_all_have_ended(monkeypatch):
    info, model = small()
    calls = []
    law = model.next_logits

    def ends_at_once(last, cache):
        calls.append(last)
        return law(last, cache).masked_fill(torch.arange(4) != info.end, -torch.inf)

    monkeypatch.setattr(model, "next_logits", ends_at_once)
    ids = system.sample(CONFIG, model, info, 5, torch.Generator().manual_seed(0))
    assert ids.tolist() == [[1, 0, 0]] * 5
    assert len(calls) == 1
    assert system.evaluations(CONFIG, info) == 3


def test_the_number_of_calls_cannot_be_chosen():
    info, model = small()
    for ask in (
        lambda: system.evaluations(CONFIG, info, 2),
        lambda: system.sample(CONFIG, model, info, 2, torch.Generator().manual_seed(0), 2),
    ):
        with pytest.raises(ValueError, match="makes one call for each word, so calls has no effect; got 2"):
            ask()


def test_the_bound_is_exact_and_draws_nothing():
    info, model = small()
    source = torch.Generator().manual_seed(0)
    state = source.get_state()
    batch = sentences(info)
    assert torch.equal(system.bound(CONFIG, model, batch, source), system.bound(CONFIG, model, batch))
    assert torch.equal(source.get_state(), state)
    assert system.bound_steps(CONFIG) == "exact"


def test_the_default_size_fits_the_shipped_weights():
    parameters = sum(p.numel() for p in system.build(system.Config(), Toy().info).parameters())
    assert parameters == 791_296 + 9 * 128 + 128 + 7 * 128
