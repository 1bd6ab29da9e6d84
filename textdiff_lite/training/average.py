"""The moving average of a model's weights."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn


class Average:
    """average <- average + (1 - decay) (weights - average), a second model that is never trained itself.

    Buffers are copied.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = deepcopy(model).requires_grad_(False).eval()

    def following(self, model: nn.Module) -> Callable[[float], None]:
        """A function `update(decay)` that takes one step towards the weights that `model` then has; decay in [0, 1)."""
        mine: list[Tensor] = list(self.model.parameters())
        theirs = [parameter.detach() for parameter in model.parameters()]
        buffers = list(zip(self.model.buffers(), model.buffers(), strict=True))

        def update(decay: float) -> None:
            # one launch for all tensors: on a GPU a loop over them would cost as much as the optimizer
            torch._foreach_lerp_(mine, theirs, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]
            for own, other in buffers:  # a table or a count has no average: the newest is the one that belongs
                own.copy_(other)

        return update
