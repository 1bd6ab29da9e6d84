"""The training loop: a generator that yields after each optimizer step.

Nothing random has a state. Data, noise and times are functions of (seed, step), dropout of (seed, step, process). So a
run that is killed and resumed gives the same weights as one that is not (bit for bit on a CPU with the same number of
threads), and without dropout two processes give the same as one, up to rounding.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import reduce
from operator import add
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.training.average import Average
from textdiff_lite.training.clip import clip_gradients
from textdiff_lite.training.feed import Feed
from textdiff_lite.training.order import derived_seed, step_generator
from textdiff_lite.training.plan import Plan

if TYPE_CHECKING:
    from accelerate import Accelerator


class NotFinite(ArithmeticError):
    """A loss that is infinite or not a number; the message names the step and the part of the loss."""


@dataclass(frozen=True)
class Report:
    """What a step did. Tensors stay on the device: reading one waits for the GPU, so read them seldom."""

    step: int
    """Steps done so far: 1 after the first."""
    parts: dict[str, Tensor]
    """Each part of the loss, nats (or squared error) per token of the canvas, averaged over this process's share."""
    grad_norm: Tensor
    lr: float


class Objective(nn.Module):
    """A system's loss as the forward of a module, because DDP averages the gradients of what `forward` did."""

    def __init__(self, system: ModuleType, config: Any, model: nn.Module) -> None:
        super().__init__()
        self.system, self.config, self.model = system, config, model

    def forward(self, batch: Tensor, draws: dict[str, Tensor]) -> dict[str, Tensor]:
        """Parts of the loss per token of the canvas. Its size is fixed, so shares of a batch weigh the same."""
        return {name: part.mean() for name, part in self.system.loss(self.config, self.model, batch, draws).items()}


@dataclass
class Run:
    """A training run between two steps: everything that a checkpoint keeps, and what it is made from."""

    system: ModuleType
    config: Any
    corpus: Corpus
    plan: Plan
    accelerator: "Accelerator"
    model: nn.Module
    average: Average
    """Moving average of the weights: what is evaluated and shipped."""
    optimizer: torch.optim.Optimizer
    step: int = 0


def start(system: ModuleType, config: Any, corpus: Corpus, plan: Plan, accelerator: "Accelerator") -> Run:
    """A run before its first step. The first weights are a function of the plan's seed.

    Raises ValueError if the batch can't be shared out evenly among the processes, or if the accelerator was made with
    another precision than the plan's.
    """
    if accelerator.mixed_precision != plan.precision:
        raise ValueError(
            f"precision must be that of the accelerator: got {plan.precision!r} and {accelerator.mixed_precision!r}"
        )
    if plan.batch % accelerator.num_processes:
        raise ValueError(
            f"batch must be a multiple of the number of processes: got {plan.batch} and {accelerator.num_processes}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derived_seed("weights", plan.seed))
        model = system.build(config, corpus.info)
    system.prepare(config, model, corpus)
    model = model.to(accelerator.device).train()
    # norms and biases are not pulled towards zero
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": plan.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=plan.lr, betas=(0.9, 0.99), fused=True)
    return Run(system, config, corpus, plan, accelerator, model, Average(model), optimizer)


def fit(run: Run) -> Iterator[Report]:
    """Take the steps that are left, yielding after each; `run` is then ready to be saved or evaluated."""
    accelerator, plan, info = run.accelerator, run.plan, run.corpus.info
    # accelerate places the model, shares its gradients and sets its precision. Float32 and bf16 need no scaler, so
    # backward, clip and step are torch's own: the wrappers, and walks over the modules, cost a fifth of a small step
    objective, optimizer = accelerator.prepare(Objective(run.system, run.config, run.model)), run.optimizer
    parameters, average = list(run.model.parameters()), run.average.following(run.model)
    feed = Feed(run.corpus, "train", plan.seed, accelerator.device)
    share = plan.batch // accelerator.num_processes
    mine = slice(accelerator.process_index * share, (accelerator.process_index + 1) * share)
    after_step = getattr(run.system, "after_step", None)
    drops = any(isinstance(m, nn.Dropout) and m.p > 0 for m in run.model.modules())
    while run.step < plan.steps:
        first = run.step * plan.batch
        batch = feed.at(first + mine.start, first + mine.stop)
        # the whole global batch's draws from one generator, then this process's rows
        draws = run.system.draw(run.config, info, plan.batch, step_generator(plan.seed, run.step, accelerator.device))
        with _dropout_rng(run, accelerator.process_index) if drops else nullcontext():
            parts = objective(batch, {name: value[mine] for name, value in draws.items()})
            reduce(add, parts.values()).backward()
        norm = clip_gradients(parameters, plan.clip)
        lr = plan.lr_at(run.step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        run.step += 1
        if after_step is not None:
            after_step(run.config, run.model, run.step)
        average(plan.ema_at(run.step - 1))
        yield Report(run.step, {name: part.detach() for name, part in parts.items()}, norm, lr)


@contextmanager
def _dropout_rng(run: Run, process: int) -> Iterator[None]:
    """Dropout draws from torch's global generator: lend it a seed for this step, and give the old state back."""
    seed, device = derived_seed("dropout", run.plan.seed, run.step, process), run.accelerator.device
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:  # torch.manual_seed would reseed every GPU, and nothing would give the others their state back
            torch.cuda.manual_seed(seed)
        yield
