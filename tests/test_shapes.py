"""The shape types of the signatures are enforced while the tests run."""

from importlib.util import find_spec

import pytest
import torch

from textdiff_lite import schedules
from textdiff_lite.processes import VPGaussian


@pytest.mark.skipif(find_spec("beartype") is None, reason="shape types are checked by beartype, which is not installed")
@pytest.mark.parametrize("shape", [(2,), (3, 1), (2, 1, 1)])
def test_a_time_that_would_broadcast_silently_is_refused(shape):
    process, x0 = VPGaussian(schedules.cosine), torch.zeros(2, 3, 4)
    process.corrupt(x0, torch.full((2, 1), 0.5))
    with pytest.raises(Exception, match="Type-check error"):
        process.corrupt(x0, torch.full(shape, 0.5))
