"""A process of its own, to measure losses in: seconds, in turns, and the peak memory above what holds the logits.

    python -m tests.benchmarks.large_vocabulary '{"losses": ["plain"], "rows": 32, "places": 128, "words": 50000, ...}'

prints {"seconds": {loss: [...]}, "bytes": ...}. A loss is the forward noising, the loss, and its gradient for the
logits. The memory is Linux' high-water mark of the process, which forgets the process that started it, as ru_maxrss
does not; elsewhere it is left out.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.objectives import exact_count_bound, hide_exactly, masked_bound, stratified_counts
from textdiff_lite.processes import Absorbing
from textdiff_lite.schedules import FromSurvivals, Schedule, mutual_information, stratified_times

Loss = Callable[[Absorbing, Tensor, Tensor, torch.Generator], Tensor]
STATUS = Path("/proc/self/status")


def plain(process: Absorbing, logits: Tensor, x0: Tensor, noise: torch.Generator) -> Tensor:
    """What the others are held against: the cross-entropy of every place, and no noising."""
    del process, noise
    return F.cross_entropy(logits.flatten(0, 1), x0.flatten())


def continuous(process: Absorbing, logits: Tensor, x0: Tensor, noise: torch.Generator) -> Tensor:
    """The continuous-time bound."""
    t = stratified_times(len(x0), noise)
    x_t = process.corrupt(x0, t).sample(noise)
    return masked_bound(process, logits, x0, x_t, t).mean()


def exact_count(process: Absorbing, logits: Tensor, x0: Tensor, noise: torch.Generator) -> Tensor:
    """The same bound by exact counts."""
    return exact_count_bound(logits, x0, _hidden(process, x0, noise), process.mask).mean()


def gathered(process: Absorbing, logits: Tensor, x0: Tensor, noise: torch.Generator) -> Tensor:
    """The exact counts again, the hidden rows gathered before the softmax: a shape that depends on the draw."""
    x_t = _hidden(process, x0, noise)
    hidden = x_t == process.mask
    weight = x0.shape[1] / hidden.sum(1, keepdim=True).expand_as(x0)[hidden]
    return (weight * F.cross_entropy(logits[hidden], x0[hidden], reduction="none")).sum() / x0.numel()


LOSSES: dict[str, Loss] = {f.__name__: f for f in (plain, continuous, exact_count, gathered)}


def measure(losses: list[str], rows: int, places: int, words: int, rounds: int, steps: int | None = None) -> dict:
    """Seconds of each loss in each round, and the peak of them all; steps: the schedule is a table of T numbers."""
    noise = torch.Generator().manual_seed(0)
    process = Absorbing(_schedule(steps), words)
    x0 = torch.randint(words, (rows, places), generator=noise)
    logits = torch.randn(rows, places, words, generator=noise).requires_grad_()
    # a first gradient of two places: what is loaded once is not the loss's
    for name in losses:
        LOSSES[name](process, torch.zeros(1, 2, words, requires_grad=True), x0[:1, :2], noise).backward()
    before = high_water()
    seconds = {name: [] for name in losses}
    for _ in range(rounds):
        for name in losses:
            began = perf_counter()
            LOSSES[name](process, logits, x0, noise).backward()
            seconds[name].append(perf_counter() - began)
            logits.grad = None
    return {"seconds": seconds, "bytes": high_water() - before}


def high_water() -> int:
    """The most memory this process has held, bytes; 0 where there is no such file."""
    if not STATUS.exists():
        return 0
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def _hidden(process: Absorbing, x0: Tensor, noise: torch.Generator) -> Tensor:
    keys = torch.rand(x0.shape, generator=noise, dtype=torch.float64)
    return hide_exactly(x0, stratified_counts(len(x0), x0.shape[1], noise), process.mask, keys)


def _schedule(steps: int | None) -> Schedule:
    if steps is None:
        return mutual_information
    return FromSurvivals(tuple((1 - torch.arange(steps + 1, dtype=torch.float64) / steps).tolist()))


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
