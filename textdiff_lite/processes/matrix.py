"""Any chain of matrices on tokens: D3PM as it is printed, and the slow reference of the closed forms."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from textdiff_lite.distributions import Categorical, safe_log
from textdiff_lite.processes.process import check_times
from textdiff_lite.processes.tokens import Mixing, Tokens, check_ids, check_mixing
from textdiff_lite.schedules import wide
from textdiff_lite.shapes import Ids, Time

ROUNDING = 1e-9
"""How far from 1 a row may sum, and from 0 a number may lie below."""


@final
@dataclass(frozen=True, eq=False)
class Matrix(Tokens):
    """q(x_i = j | x_{i-1} = k) = one_step[i - 1, k, j]; row = from. Times lie on the grid {0, 1/T, ..., 1}.

    one_step: floats [T, V, V], on the device of the states. words: the states below it are words; V is `words` or
    more, and what is no word (a mask) is never an x_0. mixing: how a belief becomes a step. prior: the law of x_1, the
    row of word 0 of the whole product, which any other row should equal.

    Costs V^2 numbers for each pair of times, and the product of the steps between them.

    Raises ValueError for another shape, numbers that are no probabilities, rows that do not sum to one, more words
    than states, a mixing that is neither of the two, and, on the CPU, times off the grid.
    Source: Austin et al. 2021 (2107.03006), eqs. 1 to 4.
    """

    one_step: Tensor
    words: int
    mixing: Mixing

    def __post_init__(self) -> None:
        q = self.one_step
        if q.ndim != 3 or q.shape[1] != q.shape[2] or not len(q):
            raise ValueError(f"one_step must have shape [T, V, V] with T at least 1, got {list(q.shape)}")
        if not 1 <= self.words <= q.shape[1]:
            raise ValueError(f"words must lie in [1, {q.shape[1]}], the number of states, got {self.words}")
        # written so that nan fails it
        if not (q >= -ROUNDING).all():
            raise ValueError(f"one_step must hold probabilities, got {float(q.min()):g}")
        off = (wide(q).sum(-1) - 1).abs()
        if not (off <= ROUNDING).all():
            step, row = (int(i) for i in (~(off <= ROUNDING)).nonzero()[0])
            raise ValueError(
                f"the rows of one_step must sum to one, but row {row} of step {step + 1} sums to "
                f"{float(wide(q[step, row]).sum()):.10g}"
            )
        check_mixing(self.mixing)

    @property
    def states(self) -> int:
        """V."""
        return self.one_step.shape[1]

    @property
    def steps(self) -> int:
        """T."""
        return len(self.one_step)

    def between(self, s: Tensor, t: Tensor) -> Float[Tensor, "*times V V"]:
        """Q_{s|t} = Q_{i+1} ... Q_j for s = i / T and t = j / T, float64; s and t broadcast against each other."""
        i, j = torch.broadcast_tensors(self._index(s), self._index(t))
        pairs, place = torch.stack([i.flatten(), j.flatten()], 1).unique(dim=0, return_inverse=True)
        products = [self._product(first, last) for first, last in pairs.tolist()]
        return torch.stack(products)[place].view(*i.shape, self.states, self.states)

    def corrupt(self, x0: Ids, t: Time) -> Categorical:
        """q(x_t | x_0): the row of x_0 in Q_1 ... Q_i."""
        check_times(t)
        check_ids("x0", x0, self.words)
        return Categorical(safe_log(_rows(self.between(torch.zeros_like(t), t), x0)))

    def likelihood(self, x_t: Ids, t: Time) -> Float[Tensor, "B L words"]:
        """q(x_t | x_0 = v) for every word v: the column of x_t, float64."""
        check_times(t)
        check_ids("x_t", x_t, self.states)
        return _columns(self.between(torch.zeros_like(t), t), x_t)[..., : self.words]

    def prior(
        self,
        shape: tuple[int, ...],
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> Categorical:
        """p(x_1); shape (B, L); float64 unless told."""
        p = self._whole[-1, 0].to(dtype=dtype or self._whole.dtype, device=device)
        return Categorical(safe_log(p).expand(*shape, -1))

    def _joint(self, x_t: Ids, weight: Tensor, s: Time, t: Time) -> Float[Tensor, "B L V"]:
        before = self.between(torch.zeros_like(s), s)[..., : self.words, :]
        # [B or 1, L or 1, words, V]: a product for each time, not for each token
        expected = (weight[..., None, :] @ before).squeeze(-2) if before.shape[1] > 1 else weight @ before[:, 0]
        return _columns(self.between(s, t), x_t) * expected

    @cached_property
    def _whole(self) -> Float[Tensor, "steps V V"]:
        """Q_1 ... Q_i for i = 0 .. T, float64."""
        products = [torch.eye(self.states, dtype=wide(self.one_step).dtype, device=self.one_step.device)]
        for q in wide(self.one_step):
            products.append(products[-1] @ q)
        return torch.stack(products)

    def _product(self, first: int, last: int) -> Tensor:
        if first == 0:
            return self._whole[last]
        product = self._whole[0]
        for q in wide(self.one_step[first:last]):
            product = product @ q
        return product

    def _index(self, t: Tensor) -> Tensor:
        exact = wide(t) * self.steps
        i = exact.round()
        if t.device.type == "cpu":
            # a time in float32 is off by some of its digits; written so that nan is off
            off = ~((exact - i).abs() <= self.steps * 4 * torch.finfo(t.dtype).eps)
            if off.any():
                raise ValueError(
                    f"times must lie on the grid of {self.steps} steps, i / {self.steps}, got {float(t[off][0]):g}"
                )
        return i.long()


def _rows(q: Tensor, ids: Ids) -> Tensor:
    """The row of each token in the matrix of its time: [B or 1, L or 1, V, V] and [B, L] to [B, L, V]."""
    batch, place = _indices(q, ids)
    return q[batch, place, ids]


def _columns(q: Tensor, ids: Ids) -> Tensor:
    """The column of each token in the matrix of its time."""
    batch, place = _indices(q, ids)
    return q[batch, place, :, ids]


def _indices(q: Tensor, ids: Ids) -> tuple[Tensor, Tensor]:
    batch = torch.arange(ids.shape[0], device=ids.device)[:, None] * (q.shape[0] > 1)
    place = torch.arange(ids.shape[1], device=ids.device)[None] * (q.shape[1] > 1)
    return batch, place
