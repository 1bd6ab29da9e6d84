"""The numbers of a training run."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How long, how fast, from which seed. Equal plans give equal weights (same system, corpus and processes)."""

    steps: int = 1000
    batch: int = 64
    """Sentences of one step, over all processes together."""
    seed: int = 0
    lr: float = 2e-3
    """The highest learning rate, reached after the warm-up."""
    warmup: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    """The gradient is scaled down to this norm."""
    ema: float = 0.999
    """Decay of the averaged weights; see `averaged`."""
    precision: str = "no"
    """`no` for float32, `bf16` for mixed precision."""
    half: bool = False
    """Store the final weights as float16; checkpoints keep float32."""

    def __post_init__(self) -> None:
        for name, low in (("steps", 1), ("batch", 1), ("warmup", 0), ("seed", 0)):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < low:
                raise ValueError(f"{name} must be a whole number of at least {low}, got {getattr(self, name)}")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay must be at least 0 and finite, got {self.weight_decay}")
        for name in ("lr", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {getattr(self, name)}")
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema must be in [0, 1), got {self.ema}")
        if self.precision not in ("no", "bf16"):
            raise ValueError(f"precision must be «no» or «bf16», got {self.precision!r}")

    def lr_at(self, step: int) -> float:
        """The learning rate of step 0, 1, …: a linear rise, then half a cosine down to zero."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        rest = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.lr * (1 + math.cos(math.pi * rest)) / 2

    def ema_at(self, updates: int) -> float:
        """The decay after that many updates: min(ema, (1 + n) / (10 + n)), so that a short run forgets its start."""
        return min(self.ema, (1 + updates) / (10 + updates))
