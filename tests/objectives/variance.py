"""A toy in which words are the harder the more is hidden, to measure how noisy three estimates of one bound are."""

import torch
from torch import Tensor

from tests.oracle import generator
from textdiff_lite.objectives import exact_count_bound, hide_exactly, masked_bound, stratified_counts
from textdiff_lite.processes import Absorbing
from textdiff_lite.schedules import mutual_information, stratified_times, uniform_times

PLACES = 256
ROWS = 64
PROCESS = Absorbing(mutual_information, 2)
SHARES = torch.arange(1, PLACES + 1, dtype=torch.float64) / PLACES


def cross_entropy_at(share: Tensor) -> Tensor:
    """-log belief of the toy, nats: 0.5 with next to nothing hidden, 3.3 with everything."""
    return 0.5 + 2.8 * share


TRUE_BOUND = float(cross_entropy_at(SHARES).mean())


def logits_of(x_t: Tensor) -> Tensor:
    """Two words, of which the first (the true one) has the cross-entropy of the row's hidden share."""
    nats = cross_entropy_at((x_t == PROCESS.mask).double().mean(1, keepdim=True)).expand(x_t.shape)
    return torch.stack([torch.zeros_like(nats), nats.expm1().log()], -1)


def independent(noise: torch.Generator) -> Tensor:
    """A batch's mean bound, with a time of its own for each row."""
    return _in_time(uniform_times(ROWS, noise, torch.float64), noise)


def stratified(noise: torch.Generator) -> Tensor:
    """The same, times spread evenly."""
    return _in_time(stratified_times(ROWS, noise, torch.float64), noise)


def exact_count(noise: torch.Generator) -> Tensor:
    """The same, with numbers of hidden places spread evenly in place of times."""
    x0 = torch.zeros(ROWS, PLACES, dtype=torch.long)
    count = stratified_counts(ROWS, PLACES, noise)
    keys = torch.rand(ROWS, PLACES, generator=noise, dtype=torch.float64)
    x_t = hide_exactly(x0, count, PROCESS.mask, keys)
    return exact_count_bound(logits_of(x_t), x0, x_t, PROCESS.mask).mean()


def spread(estimate, batches: int) -> tuple[float, float]:
    """Mean and standard deviation of a batch's loss over many batches."""
    noise = generator()
    losses = torch.stack([estimate(noise) for _ in range(batches)])
    return float(losses.mean()), float(losses.std())


def _in_time(t: Tensor, noise: torch.Generator) -> Tensor:
    x0 = torch.zeros(ROWS, PLACES, dtype=torch.long)
    x_t = PROCESS.corrupt(x0, t).sample(noise)
    return masked_bound(PROCESS, logits_of(x_t), x0, x_t, t).mean()
