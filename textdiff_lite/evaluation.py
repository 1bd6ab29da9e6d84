"""The measures, each with its floor or ceiling. The one place that speaks of bits."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.corpora.generated import GrammarCorpus
from textdiff_lite.systems.pretrained import Trained, check_corpus


@dataclass(frozen=True)
class Estimate:
    """A mean and its standard error."""

    value: float
    se: float


def mean(values: np.ndarray) -> Estimate:
    """The mean of independent values [n], n >= 2, with the standard error of that mean."""
    if len(values) < 2:
        raise ValueError(f"a standard error needs at least 2 values, got {len(values)}")
    return Estimate(float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values))))


def bits(nats: float) -> float:
    """Nats in bits."""
    return nats / math.log(2)


def sentence_nats(
    trained: Trained, corpus: Corpus, split: str, rows: np.ndarray, seed: int = 0, batch: int = 500
) -> np.ndarray:
    """The model's −log p of sentences of a split, or its bound, in nats, length included: [n] float64.

    A bound is estimated without bias; `seed` draws the noise.

    Raises ValueError if the weights belong to another corpus.
    """
    check_corpus(trained, corpus.info)
    device = next(trained.model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    nats = []
    with torch.no_grad():
        for some in _batches(rows, batch):
            ids = torch.from_numpy(corpus.ids(split, some)).to(device)
            bound = trained.system.bound(trained.config, trained.model, ids, generator)
            nats.append(bound.double().sum(1).cpu().numpy())
    return np.concatenate(nats)


def ratio(model_nats: np.ndarray, true_nats: np.ndarray, entropy: float) -> Estimate:
    """1 + mean(model's nats − true nats) / entropy, over the same sentences; at least 1 in expectation.

    Pairing takes the sentences' own spread out of the standard error: unpaired, the mean of 10,000 sentences alone
    wobbles by some 0.2 %.
    """
    excess = mean(model_nats - true_nats)
    return Estimate(1 + excess.value / entropy, excess.se / entropy)


def tokens(corpus: Corpus, split: str, rows: np.ndarray) -> np.ndarray:
    """How many tokens each sentence has, its end counted as one: [n] int64."""
    return (corpus.ids(split, rows) != corpus.info.pad).sum(1)


def samples(trained: Trained, n: int, seed: int, batch: int = 1000, calls: int | None = None) -> np.ndarray:
    """`n` samples as ids [n, L], a function of the weights, the seed, the batch, and the network calls for each."""
    device = next(trained.model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    drawn = [
        trained.system.sample(trained.config, trained.model, trained.info, len(some), generator, calls).cpu().numpy()
        for some in _batches(np.arange(n), batch)
    ]
    return np.concatenate(drawn)


@dataclass(frozen=True)
class InTheLanguage:
    """How samples stand to a grammar that knows its language."""

    parse_rate: Estimate
    """Share of samples that are sentences of the language."""
    nats: Estimate | None
    """Mean −log p under the grammar of those that are; the entropy for a perfect model, less for one that seeks
    modes. None if fewer than two are."""
    seen: float
    """Share of all samples that stand among the first training sentences."""
    seen_of_grammar: float
    """The same share of fresh sentences of the grammar: what `seen` would be without memorisation."""


def in_the_language(ids: np.ndarray, corpus: GrammarCorpus, training_rows: int = 100_000) -> InTheLanguage:
    """Parse rate, probability and memorisation of samples [n, L], judged by the grammar of the corpus."""
    sentences = corpus.decode(ids)
    log_p = corpus.log_prob(sentences)
    valid = np.isfinite(log_p)
    known = {row.tobytes() for row in corpus.ids("train", np.arange(training_rows))}
    fresh = corpus.ids("test", np.arange(corpus.sizes["test"]))
    return InTheLanguage(
        parse_rate=mean(valid.astype(float)),
        nats=mean(-log_p[valid]) if valid.sum() > 1 else None,
        seen=float(np.mean([row.tobytes() in known for row in _cut(ids, corpus)])),
        seen_of_grammar=float(np.mean([row.tobytes() in known for row in fresh])),
    )


def _cut(ids: np.ndarray, corpus: GrammarCorpus) -> np.ndarray:
    """The sentences alone: padding behind the first end, where a model may have left other words."""
    before = np.cumsum(ids == corpus.info.end, axis=1) - (ids == corpus.info.end) == 0
    return np.where(before, ids, corpus.info.pad)


def _batches(rows: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    for first in range(0, len(rows), batch):
        yield rows[first : first + batch]
