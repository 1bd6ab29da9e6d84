"""What one step of the loop costs beside the bare step of the same network on the same batch.

    make benchmarks

Bare and looped steps take turns in one run, so that both see the same machine; the ratio of their medians is printed
and kept in the benchmark's extra_info. It is reported, never asserted: timings are not tests. Both sides run AdamW of
the same kind in the same precision. The loop adds fetching rows, drawing noise, clipping, averaging and the report.
"""

import statistics
from collections.abc import Callable
from time import perf_counter

import pytest
import torch
from accelerate import Accelerator

from textdiff_lite.corpora.bistro import Bistro
from textdiff_lite.systems import autoregressive
from textdiff_lite.training import Feed, Plan, fit, start

CUDA = torch.cuda.is_available()


def timed(step: Callable[[], object]) -> float:
    if CUDA:
        torch.cuda.synchronize()
    began = perf_counter()
    step()
    if CUDA:
        torch.cuda.synchronize()
    return perf_counter() - began


@pytest.mark.parametrize("batch", [64, 512] if CUDA else [64])
def test_step_of_the_loop_beside_the_bare_step(benchmark, batch):
    rounds = 200 if CUDA else 30
    config, corpus = autoregressive.Config(), Bistro()
    plan = Plan(steps=10 * rounds, batch=batch)
    accelerator = Accelerator(cpu=not CUDA)
    run, bare = (start(autoregressive, config, corpus, plan, accelerator) for _ in range(2))
    reports = fit(run)
    ids = Feed(corpus, "train", plan.seed, accelerator.device).at(0, batch)

    def bare_step() -> None:
        autoregressive.loss(config, bare.model, ids, {})["nats"].mean().backward()
        bare.optimizer.step()
        bare.optimizer.zero_grad(set_to_none=True)

    for _ in range(10):  # warm-up: kernels are chosen, the block of sentences is drawn
        bare_step()
        next(reports)
    pairs = [(timed(bare_step), timed(lambda: next(reports))) for _ in range(rounds)]
    bare_median, loop_median = (statistics.median(times) for times in zip(*pairs, strict=True))
    benchmark.extra_info |= {"ratio": loop_median / bare_median, "bare_ms": 1e3 * bare_median}
    print(
        f"\nbatch {batch}: bare {1e3 * bare_median:.2f} ms, loop {1e3 * loop_median:.2f} ms, "
        f"ratio {loop_median / bare_median:.3f}"
    )
    benchmark.pedantic(lambda: next(reports), rounds=10)
