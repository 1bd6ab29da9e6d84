"""Measure a trained system and write its card: `textdiff evaluate`."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from textdiff_lite import evaluation
from textdiff_lite.cards import Card, write_card
from textdiff_lite.corpora.bistro import Bistro
from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.networks import count_parameters
from textdiff_lite.systems.pretrained import Trained, stored_dtype
from textdiff_lite.training.record import RECORD


def measure(
    trained: Trained, corpus: Corpus, folder: Path, split: str, sentences: int, samples: int, seed: int
) -> Card:
    """The likelihood of a split's first sentences and, on bistro, the quality of samples; writes the card.

    Raises ValueError for a split that the corpus does not have, FileNotFoundError if the folder does not say how
    its weights were trained.
    """
    if split not in corpus.sizes:
        raise ValueError(f"split must be one of {', '.join(corpus.sizes)}; got {split!r}")
    record = _record(folder)
    rows = np.arange(min(sentences, corpus.sizes[split]))
    nats = evaluation.sentence_nats(trained, corpus, split, rows)
    per_token = float(nats.sum() / evaluation.tokens(corpus, split, rows).sum())
    card = Card(
        system=trained.name,
        variant=trained.config.size,
        corpus=corpus.info.name,
        fingerprint=corpus.info.fingerprint,
        corpus_facts=corpus.metadata,
        split=split,
        sentences=len(rows),
        parameters=count_parameters(trained.model),
        nats_per_sentence=float(nats.mean()),
        nats_per_token=per_token,
        bits_per_token=evaluation.bits(per_token),
        clamped=False,
        evaluations=trained.system.evaluations(trained.config, trained.info),
        stored=stored_dtype(folder),
        **{key: record[key] for key in ("command", "seed", "steps", "hardware", "seconds", "versions")},
        **(_on_bistro(trained, corpus, nats, split, rows, samples, seed) if isinstance(corpus, Bistro) else {}),
    )
    write_card(card, folder)
    return card


def _on_bistro(
    trained: Trained, bistro: Bistro, nats: np.ndarray, split: str, rows: np.ndarray, samples: int, seed: int
) -> dict[str, Any]:
    ratio = evaluation.ratio(nats, -bistro.row_log_prob(split, rows), bistro.entropy)
    language = evaluation.in_the_language(evaluation.samples(trained, samples, seed), bistro)
    return {
        "samples": samples,
        "entropy": bistro.entropy,
        "ratio": ratio.value,
        "ratio_se": ratio.se,
        "parse_rate": language.parse_rate.value,
        "parse_rate_se": language.parse_rate.se,
        "sample_nats": language.nats.value if language.nats else None,
        "sample_nats_se": language.nats.se if language.nats else None,
        "samples_seen": language.seen,
        "grammar_seen": language.seen_of_grammar,
    }


def _record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    if not path.exists():
        raise FileNotFoundError(f"{folder} has no {RECORD}: a card says how its weights were trained")
    return json.loads(path.read_text(encoding="utf-8"))
