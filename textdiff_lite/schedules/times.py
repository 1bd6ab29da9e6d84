"""Grids of time, draws of time, steps on a grid: all index arithmetic lives here and nowhere else."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.shapes import Time


def grid(
    steps: int, of: int | None = None, *, dtype: torch.dtype | None = None, device: torch.device | str | None = None
) -> Float[Tensor, " points"]:
    """Times [steps + 1] from 1 down to 0, each an exact fraction k / steps; `of=T` takes them from {0, 1/T, ..., 1}.

    Raises ValueError if steps is below 1, or above `of`.
    """
    at_least_one("steps", steps)
    if of is not None and steps > of:
        raise ValueError(f"steps must be at most the {of} steps of the chain, got {steps}")
    T = steps if of is None else of
    # `spaced` keeps step 1 too; this divides [0, 1] evenly and rounds down
    i = torch.arange(steps, -1, -1, device=device) * T // steps
    return i.to(dtype or torch.get_default_dtype()) / T


def spaced(
    steps: int, of: int, *, dtype: torch.dtype | None = None, device: torch.device | str | None = None
) -> Float[Tensor, " points"]:
    """Times [steps + 1]: an even choice of a chain's steps, from the last down to the first, and then 0.

    The first step is kept, unlike in `grid(steps, of)`: a sampler comes to 0 from 1 / of, whatever the number of steps.

    Raises ValueError if steps is below 2, or above `of`.
    Source: Nichol & Dhariwal 2021 (2102.09672), section 4, and their code.
    """
    if not 2 <= steps <= of:
        raise ValueError(f"steps must lie in [2, {of}], the first and the last of the chain being kept, got {steps}")
    k = torch.arange(steps - 1, -1, -1, device=device)
    # k (of - 1) / (steps - 1), rounded to the nearest
    i = 1 + (2 * k * (of - 1) + steps - 1) // (2 * (steps - 1))
    return torch.nn.functional.pad(i, (0, 1)).to(dtype or torch.get_default_dtype()) / of


def uniform_times(n: int, generator: torch.Generator, dtype: torch.dtype | None = None) -> Float[Tensor, "n 1"]:
    """One time for each of n sequences, independent and uniform on (0, 1]: [n, 1], on the generator's device."""
    at_least_one("n", n)
    u = torch.rand(n, 1, generator=generator, dtype=torch.float64, device=generator.device)
    return (1 - u).to(dtype or torch.get_default_dtype())


def stratified_times(n: int, generator: torch.Generator, dtype: torch.dtype | None = None) -> Float[Tensor, "n 1"]:
    """One time for each of n sequences, one in each n-th of (0, 1]: [n, 1], on the generator's device.

    An even grid with one random offset, turned round the circle, so that each time is uniform by itself and the mean
    over the batch varies less. Source: the low-discrepancy sampler of Kingma et al. 2021 (2107.00630).
    """
    at_least_one("n", n)
    u = torch.rand(1, 1, generator=generator, dtype=torch.float64, device=generator.device)
    k = torch.arange(n, dtype=torch.float64, device=generator.device)[:, None]
    return (1 - (u + k / n) % 1).to(dtype or torch.get_default_dtype())


def above(t: Time, floor: Tensor | float) -> Time:
    """Draws of time moved above a noise floor: floor + (1 - floor) t, uniform on (floor, 1] if t is on (0, 1].

    Below the floor a noisy word lies nearest to its own vector, and a network learns little. floor: in [0, 1], one
    number or one for each token. Raises ValueError, on the CPU, if it is outside.
    Source: Ye et al. 2023 (2302.10025), their noise scale clipping.
    """
    low = torch.as_tensor(floor, dtype=t.dtype, device=t.device)
    if low.device.type == "cpu" and not ((low >= 0) & (low <= 1)).all():
        raise ValueError(f"floor must lie in [0, 1], got [{float(low.min()):g}, {float(low.max()):g}]")
    return low + (1 - low) * t


def on_grid(t: Time, steps: int) -> Time:
    """Round t up to {1/T, ..., 1}; a time already on the grid stays, and so does 0 (a token that is not touched)."""
    at_least_one("steps", steps)
    # i / T in floating point times T can come out just above i
    slack = steps * torch.finfo(t.dtype).eps
    i = (wide(t) * steps - slack).ceil().clamp(min=1)
    return torch.where(t > 0, i / steps, 0).to(t.dtype)


def previous(t: Time, steps: int) -> Time:
    """The grid time one step before t, for t on the T-grid; 0 stays 0."""
    i = (wide(t) * steps).round() - 1
    return (i.clamp(min=0) / steps).to(t.dtype)


def wide(x: Tensor) -> Tensor:
    """The same numbers in the widest float type of their device: float64 (float32 on MPS, which has no other)."""
    return x.to(torch.float32 if x.device.type == "mps" else torch.float64)


def positions(length: int, device: torch.device | str | None = None) -> Int[Tensor, "1 L"]:
    """Places 0 .. L - 1 of a canvas, [1, L]: what a process tells its schedule."""
    return torch.arange(length, device=device)[None]


def at_least_one(name: str, value: int) -> None:
    """ValueError if a count is below 1."""
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
