"""Holding what was seen of an answer against what should have been seen, and saying where they first differ."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from textdiff_lite.course.exercise import Estimate, Seen

FEW = 6  # numbers that are shown whole
NOTHING = 1e-12  # a rounding error, shown as 0
NUMBER = (float, int, np.number)


def agree(one: Seen, other: Seen, tolerance: float) -> bool:
    """Whether all figures agree: within the tolerance, and within 5 standard errors where they are estimates."""
    return one.keys() == other.keys() and all(_agree(one[name], other[name], tolerance) for name in one)


def difference(got: Seen, expected: Seen, tolerance: float) -> str:
    """The first figure that differs, as «name: expected …, got …»."""
    for name, right in expected.items():
        if name not in got:
            return f"{name}: nothing was seen of it"
        if not _agree(got[name], right, tolerance):
            for digits in (4, 6, 9, 17):
                ours, theirs = _text(right, got[name], digits), _text(got[name], right, digits)
                if ours != theirs:
                    break
            return f"{name}: expected {ours}, got {theirs}"
    return "nothing differs"


def malformed(got: Any, expected: Any) -> str | None:
    """Why a result can't be compared with ours: its type or shape; None if it can."""
    if got is None:
        return "Your function returned None. Is there a `return` at its end?"
    if isinstance(expected, tuple):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return f"Your function should return {len(expected)} things, and returned {_kind(got)}."
        parts = (malformed(mine, ours) for mine, ours in zip(got, expected, strict=True))
        found = [(place, text) for place, text in enumerate(parts, 1) if text]
        return f"Of the results, number {found[0][0]}: {found[0][1]}" if found else None
    if isinstance(expected, bool):
        return None if _is_truth_value(got) else f"The result should be True or False, and is {_kind(got)}."
    if isinstance(expected, NUMBER) or (isinstance(expected, Tensor) and expected.ndim == 0):
        single = isinstance(got, NUMBER) or (isinstance(got, Tensor) and got.numel() == 1 and got.ndim == 0)
        return None if single else f"The result should be one number, and is {_kind(got)}."
    if isinstance(expected, Tensor):
        if not isinstance(got, Tensor):
            return f"The result should be {_kind(expected)}, and is {_kind(got)}."
        if got.shape != expected.shape:
            return f"The result should have shape {list(expected.shape)}, and has {list(got.shape)}."
    return None


def conformed(got: Any, expected: Any) -> Any:
    """A result that is not malformed, as ours would be: a list for a tuple and a number for a tensor are as good."""
    if isinstance(expected, tuple):
        return tuple(conformed(mine, ours) for mine, ours in zip(got, expected, strict=True))
    if isinstance(expected, Tensor) and not isinstance(got, Tensor):
        return torch.tensor(got, dtype=torch.float64)
    return got


def _is_truth_value(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_)) or (
        isinstance(value, Tensor) and value.ndim == 0 and value.dtype == torch.bool
    )


def _agree(one: Tensor | Estimate, other: Tensor | Estimate, tolerance: float) -> bool:
    (a, a_error), (b, b_error) = _parts(one), _parts(other)
    if a.shape != b.shape:
        return False
    if not (a_error.isfinite().all() and b_error.isfinite().all()):
        return False
    slack = 5 * (a_error.square() + b_error.square()).sqrt() + tolerance * (1 + b.abs())
    # an infinite figure would have infinite slack
    close = torch.where(a.isinf() | b.isinf(), a == b, (a - b).abs() <= slack)
    return bool((close | (a.isnan() & b.isnan())).all())


def _parts(figure: Tensor | Estimate) -> tuple[Tensor, Tensor]:
    if isinstance(figure, Estimate):
        return figure.value.double(), figure.error.double()
    return figure.double(), torch.zeros_like(figure, dtype=torch.float64)


def _text(figure: Tensor | Estimate, other: Tensor | Estimate, digits: int) -> str:
    (a, a_error), (b, _) = _parts(figure), _parts(other)
    if a.shape != b.shape:
        return f"shape {list(a.shape)}"
    if a.numel() <= FEW:
        texts = [_number(x, figure, digits) for x in a.flatten().tolist()]
        text = texts[0] if a.ndim == 0 else f"[{', '.join(texts)}]"
        return text + (f" (± {float(a_error.max()):.2g})" if float(a_error.sum()) else "")
    gap = torch.where(
        a.isfinite() & b.isfinite(), (a - b).abs(), torch.where(a.isnan() & b.isnan(), False, a != b).double()
    )
    worst = int(gap.flatten().argmax())
    index = [int(i) for i in np.unravel_index(worst, a.shape)]
    return f"{_number(float(a.flatten()[worst]), figure, digits)} at {index}"


def _number(value: float, figure: Tensor | Estimate, digits: int) -> str:
    if isinstance(figure, Tensor) and figure.dtype == torch.bool:
        return str(bool(value))
    return f"{0 if abs(value) < NOTHING else value:.{digits}g}"


def _kind(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {list(value.shape)}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"
