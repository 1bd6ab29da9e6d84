"""The shape types of all signatures: checked while the tests run, free when a learner does.

Letters: `B` batch, `L` tokens of the canvas, `D` width of a vector, `V` vocabulary (with the mask if there is one).
"""

from jaxtyping import Float, Int
from torch import Tensor

Ids = Int[Tensor, "B L"]
"""Token ids."""

Time = Float[Tensor, "#B #L"]
"""Diffusion time in [0, 1], one for each sequence (`[B, 1]`) or for each token (`[B, L]`); 0 is clean, 1 is noise."""

Vectors = Float[Tensor, "B L D"]
"""One vector for each token."""

LogProbs = Float[Tensor, "B L V"]
"""Normalised log-probabilities of tokens; -inf marks an impossible one."""

PerToken = Float[Tensor, "B L"]
"""A number for each token: nats, or squared error per coordinate."""
