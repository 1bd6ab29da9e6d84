"""One-step matrices of D3PM's kernels, [T, V, V] in float64, row = from: what `Matrix` takes.

Source: Austin et al. 2021 (2107.03006), appendix A.2.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.processes.interpolating import Interpolating
from textdiff_lite.schedules import Schedule

NOTHING = 1e-9
"""An eigenvalue below this is 0."""


def of_process(process: Interpolating, T: int) -> Float[Tensor, "T V V"]:
    """The steps of a process in closed form: beta_i to hide or to replace, the rest to stay; the mask stays.

    Raises ValueError if its schedule looks at the word: then a step depends on x_0, and no matrix says it. Also if it
    looks at the place.
    """
    words, states = process.words, process.states
    t = torch.arange(T + 1, dtype=torch.float64) / T
    by_place = process.alpha_bar(t[:, None], position=torch.arange(2)[None])
    if not (by_place == by_place[:, :1]).all():
        raise ValueError("alpha_bar must not look at the place: each place would have a chain of its own")
    a = process.alpha_bar(t[:, None], word=torch.arange(words)[None])
    if a.shape[1] != 1:
        raise ValueError("alpha_bar must not look at the word: its steps depend on x_0, so they are no chain")
    a = a.squeeze(1)
    kept = torch.where(a[:-1] > 0, a[1:] / torch.where(a[:-1] > 0, a[:-1], 1.0), 1.0)
    keep, replace, hide = (share[:, None, None] for share in process.shares(kept))
    q = F.pad(keep * torch.eye(words, dtype=torch.float64) + replace / words, (0, states - words, 0, states - words))
    if states > words:
        q[:, :words, words:] = hide
        q[:, words, words] = 1
    return q


def gaussian(betas: Sequence[float], words: int) -> Float[Tensor, "T V V"]:
    """Discretised Gaussian: a step goes from id i to id j with a probability ~ exp(-4 (i - j)^2 / ((K - 1)^2 beta)).

    The sum that divides runs over all differences -(K - 1) .. K - 1. So a word near an end stays more often, each
    matrix is symmetric, and the chain ends evenly spread. It supposes that neighbouring ids mean similar things, as the
    grey levels of a picture do.

    Raises ValueError for fewer than two words, no betas, and betas that are not positive and finite.
    Source: Austin et al. 2021 (2107.03006), appendix A.2.2.
    """
    if words < 2:
        raise ValueError(f"words must be at least 2, got {words}")
    if not len(betas) or not all(0 < beta < float("inf") for beta in betas):
        raise ValueError(f"betas must hold positive and finite numbers, got {list(betas)}")
    beta = torch.tensor(betas, dtype=torch.float64)[:, None]
    distance = torch.arange(1 - words, words, dtype=torch.float64)
    bell = torch.softmax(-4 * distance**2 / ((words - 1) ** 2 * beta), -1)
    i = torch.arange(words)
    q = bell[:, i[:, None] - i + words - 1]
    q[:, i, i] = 0
    q[:, i, i] = 1 - q.sum(-1)
    return q


def nearest(vectors: Float[Tensor, "K D"], k: int) -> Int[Tensor, "K k"]:
    """The k words whose vectors lie nearest in direction, the word itself left out.

    Raises ValueError if k is not in [1, K - 1], or a vector is 0 or not finite.
    """
    words = len(vectors)
    if not 1 <= k < words:
        raise ValueError(f"k must lie in [1, {words - 1}], the other words, got {k}")
    norms = vectors.norm(dim=-1, keepdim=True)
    none = ~((norms > 0) & norms.isfinite()).squeeze(-1)
    if none.any():
        word = int(none.nonzero()[0])
        raise ValueError(f"vectors must have a direction, but that of word {word} has length {float(norms[word]):g}")
    close = (vectors / norms) @ (vectors / norms).T
    # equally near words in the order of their ids, on every machine
    return close.fill_diagonal_(-torch.inf).argsort(dim=-1, descending=True, stable=True)[:, :k]


def neighbour_rates(neighbours: Int[Tensor, "K k"]) -> Float[Tensor, "K K"]:
    """Rates between neighbours: A = (G + G^T) / (2 k), minus its row sums on the diagonal; symmetric, rows sum to 0.

    G is 1 from a word to each of its k neighbours. Raises ValueError if the graph falls apart: then a word never
    reaches most others, and the chain has no one law to end in.
    """
    words, k = neighbours.shape
    graph = torch.zeros(words, words, dtype=torch.float64).scatter_(1, neighbours.cpu(), 1.0)
    rates = (graph + graph.T) / (2 * k)
    rates -= rates.sum(-1).diag()
    parts = int((torch.linalg.eigvalsh(rates) > -NOTHING).sum())
    if parts > 1:
        raise ValueError(f"the graph of {k} neighbours falls into {parts} parts: take more neighbours")
    return rates


class Exponential:
    """exp(u R) for symmetric rates R and u = -ln a: what survives to a, as for a process in closed form.

    a = 1 is the identity, and a = 0 the even law. A step from survival a_s to a_t is exp of a_t / a_s.

    rates: symmetric [K, K], rows that sum to 0, off the diagonal at least 0. Raises ValueError if they are not.
    Source: Austin et al. 2021 (2107.03006), appendix A.2.4.
    """

    def __init__(self, rates: Float[Tensor, "K K"]) -> None:
        away = rates - rates.diagonal().diag()
        if not torch.allclose(rates, rates.T, atol=NOTHING) or not (away >= 0).all():
            raise ValueError("rates must be symmetric, and at least 0 off the diagonal")
        if not (rates.sum(-1).abs() <= NOTHING).all():
            raise ValueError(f"the rows of rates must sum to 0, got {float(rates.sum(-1).abs().max()):g}")
        values, self._vectors = torch.linalg.eigh(rates.double())
        # the eigenvalue 0 exactly, so that 0 ** 0 = 1 keeps its even law
        self._speeds = torch.where(values > -NOTHING, 0.0, -values)

    def __call__(self, a: Tensor) -> Float[Tensor, "*a K K"]:
        """The transition that leaves a survival of a, for each number of the tensor; float64."""
        shrunk = self._vectors * a.double()[..., None, None] ** self._speeds
        # rounding may leave a digit below 0
        return (shrunk @ self._vectors.T).clamp(min=0)

    def steps(self, alpha_bar: Schedule, T: int) -> Float[Tensor, "T K K"]:
        """The one-step matrices of a chain with this survival, which must be above 0 before t = 1.

        Raises ValueError if it is not.
        """
        a = alpha_bar(torch.arange(T + 1, dtype=torch.float64)[:, None] / T).squeeze(1)
        if not (a[:-1] > 0).all():
            raise ValueError(f"alpha_bar must be above 0 before t = 1, got 0 at t = {int((a > 0).sum())} / {T}")
        return self(a[1:] / a[:-1])
