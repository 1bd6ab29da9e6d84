"""What ties vectors to words: the losses without which a trained table of embeddings collapses."""

from textdiff_lite.objectives.errors import cross_entropy
from textdiff_lite.shapes import Ids, PerToken, Vectors
from textdiff_lite.spaces import Embeddings


def rounding(space: Embeddings, x0: Vectors, ids: Ids) -> PerToken:
    """L_round = -log p(w | x_0), nats, at the *noised* embedding x_0 = e_w + sigma_0 eps, never at the belief.

    It trains the table alone. Source: Li et al. 2022 (2205.14217), section 4.2.
    """
    return cross_entropy(space.logits(x0), ids)


def anchor(space: Embeddings, x0_hat: Vectors, ids: Ids) -> PerToken:
    """L_anchor = -log p(w | x0_hat), nats, at the network's belief: it trains the network too.

    With a table of equal rows it is ln V, however good the belief. Source: Gao et al. 2022 (2212.09412).
    """
    return cross_entropy(space.logits(x0_hat), ids)
