"""D3PM's hybrid loss: the bound, and a share of the plain cross-entropy."""

import torch

from textdiff_lite.objectives.bound import bound_at, chain_decoder
from textdiff_lite.objectives.errors import cross_entropy
from textdiff_lite.processes import Tokens
from textdiff_lite.shapes import Ids, LogProbs, PerToken, Time


def hybrid_at(
    process: Tokens, x0: Ids, x_t: Ids, log_belief: LogProbs, t: Time, steps: int, auxiliary: float
) -> dict[str, PerToken]:
    """The two named parts of the hybrid loss at one time, nats per token; their sum is the loss. t on the T-grid.

        bound        the estimate of the whole bound of T steps by this one time, as in `bound_at`
        auxiliary    auxiliary * -log belief(x_0), at every place that is not given (t > 0), hidden or not

    `auxiliary` is relative to the bound of all T steps, as the paper writes it. The paper's released code averages the
    steps where the bound sums them: its 0.01 at T = 1000 is auxiliary = 10.

    Raises ValueError if auxiliary is not a finite number of at least 0.
    Source: Austin et al. 2021 (2107.03006), eq. 5.
    """
    if not 0 <= auxiliary < float("inf"):
        raise ValueError(f"auxiliary must be at least 0 and finite, got {auxiliary}")
    parts = bound_at(process, x0, x_t, log_belief, t, steps, chain_decoder(process, x0))
    # one `where` before the product: 0 times inf is no number
    nats = torch.where((t > 0) & (auxiliary > 0), cross_entropy(log_belief, x0), 0.0)
    return {"bound": parts.total, "auxiliary": auxiliary * nats}
