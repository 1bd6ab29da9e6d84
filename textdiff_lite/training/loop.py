"""The training loop: a generator that yields after each optimizer step.

Nothing random has a state. Data, noise and times are functions of (seed, step), so a run that is killed and resumed
gives the same weights as one that is not, and two processes give the same as one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from textdiff_lite.corpora.corpus import Corpus
from textdiff_lite.training.average import Average
from textdiff_lite.training.order import Order, derived_seed, step_generator
from textdiff_lite.training.plan import Plan
from textdiff_lite.training.rows import Rows

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
    """Each part of the loss, nats (or squared error) per sentence: summed over the canvas, averaged over this
    process's share of the batch."""
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

    Raises ValueError if the batch can't be shared out evenly among the processes.
    """
    if plan.batch % accelerator.num_processes:
        raise ValueError(
            f"batch must be a multiple of the number of processes: got {plan.batch} and {accelerator.num_processes}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed("weights", plan.seed))
        model = system.build(config, corpus.info)
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
    objective, optimizer = accelerator.prepare(Objective(run.system, run.config, run.model), run.optimizer)
    rows = Rows(run.corpus, "train")
    order = Order(rows.size, plan.batch, plan.seed)
    share = plan.batch // accelerator.num_processes
    mine = slice(accelerator.process_index * share, (accelerator.process_index + 1) * share)
    drops = any(isinstance(m, nn.Dropout) and m.p > 0 for m in run.model.modules())
    while run.step < plan.steps:
        batch = _to(rows.at(order.at(run.step)[mine]), accelerator.device)
        # the whole global batch's draws from one generator, then this process's rows
        draws = run.system.draw(run.config, info, plan.batch, step_generator(plan.seed, run.step, accelerator.device))
        with _dropout_rng(run, accelerator.process_index) if drops else nullcontext():
            parts = objective(batch, {name: value[mine] for name, value in draws.items()})
            accelerator.backward(torch.stack(list(parts.values())).sum())
        norm = accelerator.clip_grad_norm_(run.model.parameters(), plan.clip)
        assert norm is not None  # it is None for backends that we don't use
        lr = plan.lr_at(run.step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        run.average.update(run.model, plan.ema_at(run.step))
        run.step += 1
        yield Report(run.step, {name: part.detach() * info.length for name, part in parts.items()}, norm, lr)


def _to(ids: Any, device: torch.device) -> Tensor:
    rows = torch.from_numpy(ids)
    # pinned memory lets the copy run beside the GPU's work
    return rows.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else rows.to(device)


@contextmanager
def _dropout_rng(run: Run, process: int) -> Iterator[None]:
    """Dropout draws from torch's global generator: lend it a seed for this step, and give the old state back."""
    devices = [run.accelerator.device] if run.accelerator.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(derived_seed("dropout", run.plan.seed, run.step, process))
        yield
