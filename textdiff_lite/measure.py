"""Measure a trained system and make its card: `textdiff evaluate`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from textdiff_lite import evaluation
from textdiff_lite.cards import CARD, Card
from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.corpora.generated import GrammarCorpus
from textdiff_lite.networks import count_parameters
from textdiff_lite.systems.pretrained import Trained, stored_dtype
from textdiff_lite.training.record import RECORD

SAMPLES = 10_000


def measure(
    trained: Trained,
    corpus: Corpus,
    folder: Path,
    split: str | None = None,
    sentences: int = 20_000,
    samples: int | None = None,
    seed: int | None = None,
    calls: int | None = None,
) -> Card:
    """The likelihood of a split's first sentences and, on a generated corpus, the quality of samples, of these weights.

    folder: the weights' own. split: "test" unless told; "validation" where there is no test split. samples, seed: on
    bistro and mini-bistro alone, where the grammar judges samples: 10,000 and 0 unless told. calls: network calls
    for a sample, where the system lets them be chosen.

    Raises ValueError for a split that the corpus does not have, for samples of a corpus without a grammar, for calls
    that the system can't make, and for a damaged record; FileNotFoundError if the folder does not say how its weights
    were trained.
    """
    if split is None:
        split = "test" if "test" in corpus.sizes else "validation"
    if not isinstance(corpus, GrammarCorpus) and (samples, seed, calls) != (None, None, None):
        raise ValueError(
            f"samples, seed and calls have no effect on {corpus.info.name}: only a grammar can judge samples"
        )
    if split not in corpus.sizes:
        raise ValueError(f"split must be one of {', '.join(corpus.sizes)}; got {split!r}")
    record = how_trained(folder)
    evaluations = trained.system.evaluations(trained.config, trained.info, calls)
    rows = np.arange(min(sentences, corpus.sizes[split]))
    nats = evaluation.sentence_nats(trained, corpus, split, rows)
    per_token = float(nats.sum() / evaluation.tokens(corpus, split, rows).sum())
    return Card(
        system=trained.name,
        variant=trained.system.variant(trained.config),
        config=asdict(trained.config),
        corpus=corpus.info.name,
        fingerprint=corpus.info.fingerprint,
        corpus_facts=corpus.metadata,
        split=split,
        sentences=len(rows),
        parameters=count_parameters(trained.model),
        nats_per_sentence=float(nats.mean()),
        nats_per_token=per_token,
        bits_per_token=evaluation.bits(per_token),
        bound=trained.system.bound_steps(trained.config),
        clamped=getattr(trained.config, "clamp", 0) > 0,
        evaluations=evaluations,
        stored=stored_dtype(folder),
        **record,
        **(
            _by_grammar(trained, corpus, nats, split, rows, samples or SAMPLES, seed or 0, calls)
            if isinstance(corpus, GrammarCorpus)
            else {}
        ),
    )


def _by_grammar(
    trained: Trained,
    corpus: GrammarCorpus,
    nats: np.ndarray,
    split: str,
    rows: np.ndarray,
    samples: int,
    seed: int,
    calls: int | None,
) -> dict[str, Any]:
    ratio = evaluation.ratio(nats, -corpus.row_log_prob(split, rows), corpus.entropy)
    language = evaluation.in_the_language(evaluation.samples(trained, samples, seed, calls=calls), corpus)
    return {
        "samples": samples,
        "sample_seed": seed,
        "entropy": corpus.entropy,
        "ratio": ratio.value,
        "ratio_se": ratio.se,
        "parse_rate": language.parse_rate.value,
        "parse_rate_se": language.parse_rate.se,
        "sample_nats": language.nats.value if language.nats else None,
        "sample_nats_se": language.nats.se if language.nats else None,
        "samples_seen": language.seen,
        "grammar_seen": language.seen_of_grammar,
    }


def how_trained(folder: Path) -> dict[str, Any]:
    """How the weights in a folder were made, from the record of the run or from the card of shipped weights."""
    for name in (RECORD, CARD):
        path = folder / name
        if path.exists():
            try:
                stored = json.loads(path.read_text(encoding="utf-8"))
                return {key: stored[key] for key in ("command", "seed", "steps", "hardware", "seconds", "versions")}
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path} is damaged: {error!r}") from error
    raise FileNotFoundError(f"{folder} has neither {RECORD} nor {CARD}: a card says how its weights were trained")
