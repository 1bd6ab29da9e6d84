"""What a corpus says of its words before anything is trained: how often they come, and beside which others."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.corpora.corpus import Corpus

ROWS = 100_000
"""Sentences of the training split that are counted, at most."""
WINDOW = 2
"""Words within this distance are beside each other."""


def word_counts(corpus: Corpus, rows: int = ROWS) -> Int[Tensor, " words"]:
    """How often each id stands on the canvas in the first `rows` training sentences, [END] and [PAD] included."""
    ids = corpus.ids("train", np.arange(min(rows, corpus.sizes["train"])))
    return torch.from_numpy(np.bincount(ids.ravel(), minlength=corpus.info.vocab))


def word_vectors(corpus: Corpus, width: int, rows: int = ROWS) -> Float[Tensor, "words width"]:
    """A vector for each id from the company it keeps: positive pointwise mutual information, cut to `width` by an SVD.

    Company is within two places, on the canvas. Words that never come, or meet no word more often than by chance,
    share one vector, not 0. float64.

    Raises ValueError if width is not in [1, words].
    Source: Levy & Goldberg 2014, Neural Word Embedding as Implicit Matrix Factorization, section 5.
    """
    words = corpus.info.vocab
    if not 1 <= width <= words:
        raise ValueError(f"width must lie in [1, {words}], the vocabulary, got {width}")
    ids = torch.from_numpy(corpus.ids("train", np.arange(min(rows, corpus.sizes["train"]))))
    together = torch.zeros(words * words, dtype=torch.float64)
    for gap in range(1, WINDOW + 1):
        pairs = (ids[:, :-gap] * words + ids[:, gap:]).flatten()
        together += torch.bincount(pairs, minlength=words * words)
    together = together.view(words, words)
    together = together + together.T
    of_word = together.sum(1)
    expected = of_word[:, None] * of_word / of_word.sum()
    met = together > 0
    surprise = torch.where(met, together / torch.where(met, expected, 1.0), 1.0).log().clamp(min=0)
    u, s, _ = torch.linalg.svd(surprise)
    vectors = u[:, :width] * s[:width].sqrt()
    alone = surprise.sum(1) == 0
    vectors[alone] = 1.0 if bool(alone.all()) else vectors[~alone].mean(0)
    return vectors
