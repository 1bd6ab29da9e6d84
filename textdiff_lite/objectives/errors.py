"""Errors of a guess: of a vector, of a word."""

from jaxtyping import Float
from torch import Tensor

from textdiff_lite.shapes import Ids, PerToken, Vectors


def squared_error(guess: Vectors, target: Vectors) -> PerToken:
    """Mean over coordinates of (guess - target)^2: the error in x_0, in the noise or in v."""
    return (guess - target).square().mean(-1)


def cross_entropy(logits: Float[Tensor, "B L V"], x0: Ids) -> PerToken:
    """-log p(x_0), nats, from logits or from log-probabilities (which are logits too); inf for an impossible word."""
    # gather knows no id that is left out, unlike F.cross_entropy with its -100
    return -logits.log_softmax(-1).gather(-1, x0[..., None]).squeeze(-1)
