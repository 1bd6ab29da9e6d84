"""The mutual-information schedule in general: how much a noisy word tells of the clean one, and the survival that
lets this leave at a constant rate.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.schedules.tables import FromSurvivals
from textdiff_lite.schedules.times import at_least_one


def information(p: Tensor, transition: Tensor) -> Tensor:
    """I(x_t; x_0) in nats, float64: of x_0 ~ p [K] and x_t ~ row x_0 of `transition` [K, V].

    I = H(x_t) - H(x_t | x_0), with 0 log 0 = 0: 0 if all rows are alike, H(x_0) if x_t tells x_0.

    Raises ValueError if p or a row is no law (a negative number, or a sum that is not 1 within 1e-6).
    """
    p, transition = p.double(), transition.double()
    if p.ndim != 1 or transition.ndim != 2 or len(p) != len(transition):
        raise ValueError(
            f"transition must have one row for each word of p [K], got {list(transition.shape)} for {list(p.shape)}"
        )
    _check_law("p", p)
    for word, row in enumerate(transition):
        _check_law(f"row {word} of transition", row)
    return _information(p, transition)


def by_information(p: Tensor, family: Callable[[Tensor], Tensor], T: int) -> FromSurvivals:
    """The schedule of a kernel by which I(x_t; x_0) = (1 - t) H(x_0): exact on the grid i / T, linear between.

    p: how often each word occurs, [K]. family: survival a, a float64 number in [0, 1], to q(x_t | x_0) [K, V], row =
    from; family(1) must tell x_0 and family(0) must tell nothing. For the mask kernel it is `mutual_information`.

    Raises ValueError if the family does not do so, or if only one word occurs (nothing is there to be lost).
    Source: Austin et al. 2021 (2107.03006), their section on noise schedules; they invert by interpolation, here each
    step is solved by bisection.
    """
    at_least_one("T", T)

    p = p.double()
    clean, noise = (family(torch.tensor(a, dtype=torch.float64)) for a in (1.0, 0.0))
    entropy = information(p, torch.eye(len(p), dtype=torch.float64, device=p.device))
    if not entropy > 0:
        raise ValueError("p must hold at least two words that occur, got one: it tells nothing")
    kept, left = float(information(p, clean) / entropy), float(information(p, noise) / entropy)
    if kept < 1 - 1e-9:
        raise ValueError(f"family(1) must tell x_0, got {kept:g} of its information")
    if left > 1e-9:
        raise ValueError(f"family(0) must tell nothing of x_0, got {left:g} of its information")

    def share(a: float) -> float:
        return float(_information(p, family(torch.tensor(a, dtype=torch.float64)).double()) / entropy)

    survivals = [1.0]
    for i in range(1, T):
        low, high = 0.0, survivals[-1]
        for _ in range(53):
            middle = (low + high) / 2
            low, high = (middle, high) if share(middle) < 1 - i / T else (low, middle)
        survivals.append(high)
    return FromSurvivals((*survivals, 0.0))


def _information(p: Tensor, transition: Tensor) -> Tensor:
    # entr is -x log x, 0 at 0
    return torch.special.entr(p @ transition).sum() - p @ torch.special.entr(transition).sum(-1)


def _check_law(name: str, law: Tensor) -> None:
    if not ((law >= 0).all() and abs(float(law.sum()) - 1) <= 1e-6):
        raise ValueError(
            f"{name} must be numbers of at least 0 that sum to 1, got a least of {float(law.min()):g} and a sum of "
            f"{float(law.sum()):g}"
        )
