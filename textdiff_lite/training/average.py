"""The moving average of a model's weights."""

from copy import deepcopy

import torch
from torch import Tensor, nn


class Average:
    """average <- average + (1 - decay) (weights - average), a second model that is never trained itself."""

    def __init__(self, model: nn.Module) -> None:
        self.model = deepcopy(model).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, model: nn.Module, decay: float) -> None:
        """One step towards the weights of `model`; decay in [0, 1)."""
        # one launch for all tensors: on a GPU a loop over them would cost as much as the optimizer
        mine: list[Tensor] = list(self.model.parameters())
        theirs = [p.detach() for p in model.parameters()]
        torch._foreach_lerp_(mine, theirs, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]
