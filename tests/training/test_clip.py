"""Clipping is torch's, to the last digit that matters."""

import pytest
import torch
from torch import nn

from textdiff_lite.training.clip import clip_gradients


@pytest.mark.parametrize("largest", [0.1, 1.0, 100.0])
def test_clipping_equals_torch(largest):
    ours, theirs = ([nn.Parameter(torch.zeros(shape)) for shape in ((3, 4), (5,), ())] for _ in range(2))
    for one, other in zip(ours, theirs, strict=True):
        one.grad = torch.randn(one.shape, generator=torch.Generator().manual_seed(one.ndim))
        other.grad = one.grad.clone()
    unused = nn.Parameter(torch.zeros(2))  # without a gradient
    norm = clip_gradients([*ours, unused], largest)
    torch.testing.assert_close(norm, nn.utils.clip_grad_norm_(theirs, largest))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    assert unused.grad is None
