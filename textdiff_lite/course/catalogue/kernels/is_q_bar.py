"""The inverse exercise: a test that accepts a right product of steps and refuses six that are not."""

from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.kernels.chains import absorbing, matrix, uniform
from textdiff_lite.course.catalogue.kernels.q_bar import EXERCISE as Q_BAR
from textdiff_lite.course.catalogue.kernels.q_bar import q_bar
from textdiff_lite.course.exercise import Case, Exercise, Mistake

Product = Callable[[Tensor, int], Tensor]


def is_q_bar(f: Product) -> bool:
    """True if f(Qs, i) is Q_1 Q_2 ... Q_i for Qs [T, K, K] and every i from 0 to T, else False.

    A right one may differ from ours in its last digits. At the example of `q_bar`, f(Qs, 2) must be [[.45, .55],
    [.1, .9]].
    """
    Qs = torch.tensor([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.0, 1.0]], [[0.7, 0.3], [0.4, 0.6]]])
    in_the_middle = torch.tensor([[0.45, 0.55], [0.1, 0.9]])
    return torch.allclose(f(Qs, 2), in_the_middle, atol=1e-5) and torch.allclose(f(Qs, 0), torch.eye(2), atol=1e-5)


REFUSE = {
    "transposed": "Ask with matrices that are not symmetric.",
    "reversed": "Ask with two matrices that do not commute, Q_1 Q_2 ≠ Q_2 Q_1.",
    "last_only": "Ask at an i of 2 or more.",
    "power_of_the_first": "Ask with matrices that differ from step to step.",
    "one_too_many": "It is right at i = T, where no further step is left. Ask at other i too.",
    "not_the_identity": "It is right wherever i ≥ 1. Ask at i = 0 too.",
}
"""The wrong versions that the lesson lists, and where each is seen."""


def _from_the_right_in_float32(Qs: Tensor, i: int) -> Tensor:
    Qbar = torch.eye(Qs.shape[-1], dtype=torch.float32)
    for Q in Qs[:i].float().flip(0):
        Qbar = Q @ Qbar
    return Qbar.to(Qs.dtype)


def _last_digits_off(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs, i) * (1 + 5e-7)


OFF = 0.02  # far above rounding


def _too_small(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs, i) - OFF


def _too_large(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs, i) + OFF


def _up_and_down(Qs: Tensor, i: int) -> Tensor:
    Qbar = q_bar(Qs, i)
    Qbar[:, 0] += OFF
    Qbar[:, -1] -= OFF
    return Qbar


def _last_row_wrong(Qs: Tensor, i: int) -> Tensor:
    Qbar = q_bar(Qs, i)
    Qbar[-1] = (Qbar[-1] + 1) / (1 + Qs.shape[-1])  # its sum stays one
    return Qbar


_SIGN = "If you compare a difference with a tolerance, take its absolute value, and keep the tolerance small."
_EACH = "Compare all entries, each by itself, and not only sums."
_HIDDEN: dict[str, tuple[Product, str]] = {
    f"whose entries are {OFF:g} too small": (_too_small, _SIGN),
    f"whose entries are {OFF:g} too large": (_too_large, _SIGN),
    "whose rows sum to one, with entries too large and too small": (_up_and_down, _EACH),
    "whose last row is wrong": (_last_row_wrong, _EACH),
}
"""Wrong products that the lesson does not show, so that a test of names or of one sign is not enough."""

RIGHT: dict[str, Product] = {
    "q_bar": q_bar,
    "a right one from the other end, in float32": _from_the_right_in_float32,
    "q_bar times 1 + 5e-7": _last_digits_off,
}

_CANDIDATES = {
    **RIGHT,
    **{name: Q_BAR.mistake(name).answer for name in REFUSE},
    **{f"a hidden one {name}": f for name, (f, _) in _HIDDEN.items()},
}


def _fresh(f: Product) -> Product:
    """The same candidate as a new function, which cannot be known by its identity."""
    return lambda Qs, i: f(Qs, i)


def _cases(generator: torch.Generator) -> list[Case]:
    del generator  # the candidates are what varies
    return [Case(f"the candidate «{name}»", lambda f=f: (_fresh(f),)) for name, f in _CANDIDATES.items()]


def _truth(f: Product) -> bool:
    """By the law of a longer chain, at every i: each product is the one before, times the next step."""
    Qs = torch.stack([matrix((0.6, 0.4), (0.1, 0.9)), matrix((0.2, 0.8), (0.7, 0.3)), matrix((0.5, 0.5), (0.9, 0.1))])
    grows = all(torch.allclose(f(Qs, i + 1), f(Qs, i) @ Qs[i], atol=1e-4) for i in range(3))
    return grows and torch.allclose(f(Qs, 0), torch.eye(2).double(), atol=1e-4)


def _accepts_the_right_ones(answer: Callable) -> str | None:
    refused = [name for name, f in RIGHT.items() if not bool(answer(_fresh(f)))]
    if not refused:
        return None
    if len(refused) < len(RIGHT):
        return (
            f"Your test refuses a right one («{refused[0]}») and accepts others. Right ones may differ in their last "
            "digits: 1e-6 is the same."
        )
    return (
        "Your test refuses all right ones, ours too. Either a value that it asks for is not that of Q_1 Q_2 … Q_i, or "
        "True and False are exchanged."
    )


def _refuses_the_wrong_ones(answer: Callable) -> str | None:
    through = [name for name in REFUSE if bool(answer(_fresh(Q_BAR.mistake(name).answer)))]
    if not through:
        for name, (f, cure) in _HIDDEN.items():
            if bool(answer(_fresh(f))):
                return f"Your test refuses the six, and lets one through that it has not met, {name}. {cure}"
        return None
    where = f" {REFUSE[through[0]]}" if len(through) == 1 else ""
    return f"Of the six wrong ones your test lets through {', '.join(f'«{name}»' for name in through)}.{where}"


_QS = torch.stack([matrix((0.9, 0.1), (0.2, 0.8)), matrix((0.5, 0.5), (0.0, 1.0)), matrix((0.7, 0.3), (0.4, 0.6))])


def _agrees(*steps: int, Qs: Tensor = _QS, atol: float = 1e-5) -> Callable[[Product], bool]:
    """A test that compares at these i, on this chain."""

    def answer(f: Product) -> bool:
        return all(torch.allclose(f(Qs.clone(), i), q_bar(Qs, i), atol=atol) for i in steps)

    return answer


def _equal(f: Product) -> bool:
    return all(torch.equal(f(_QS.clone(), i), q_bar(_QS, i)) for i in range(4))


def _shapes(f: Product) -> bool:
    return f(_QS.clone(), 2).shape == (2, 2)


def _rows_only(f: Product) -> bool:
    return bool(((f(_QS.clone(), 2).sum(-1) - 1).abs() < 1e-4).all())


def _first_row_only(f: Product) -> bool:
    return all(torch.allclose(f(_QS.clone(), i)[0], q_bar(_QS, i)[0], atol=1e-5) for i in range(4))


def _by_the_walks_of_one_word(f: Product) -> bool:
    """Send each word through the chain as a row, at every i."""
    generator = torch.Generator().manual_seed(0)
    Qs = torch.rand(4, 3, 3, generator=generator)
    Qs = Qs / Qs.sum(-1, keepdim=True)
    for i in range(5):
        for x0 in range(3):
            law = torch.eye(3)[x0]
            for j in range(i):
                law = law @ Qs[j]
            if float((f(Qs, i)[x0] - law).abs().max()) > 1e-4:
                return False
    return True


def _by_drawing(f: Product) -> bool:
    """Walk 200,000 times through the chain and count; the sampling noise is far below the errors in question."""
    generator = torch.Generator().manual_seed(0)
    if float((f(_QS.clone(), 0) - torch.eye(2)).abs().max()) > 0.005:
        return False
    for start in range(2):
        x = torch.full((200_000,), start)
        for i in (1, 2):
            x = torch.multinomial(_QS[i - 1][x], 1, generator=generator)[:, 0]
            counted = torch.bincount(x, minlength=2) / len(x)
            if float((f(_QS.clone(), i)[start] - counted).abs().max()) > 0.01:
                return False
    return True


EXERCISE = Exercise(
    key="kernels.is_q_bar",
    minutes=10,
    difficulty=2,
    idea="A test sees only what its example can show: matrices that commute hide the order.",
    established="Your test tells a right product from six wrong ones; its matrices don't commute and are not "
    "symmetric, and it asks at i = 0 too.",
    reference=is_q_bar,
    cases=_cases,
    truth=_truth,
    laws=(_accepts_the_right_ones, _refuses_the_wrong_ones),
    needs=("kernels.q_bar",),
    hints=(
        "For each wrong version ask: with which matrices, and at which i, does it give another result?",
        "You need three matrices that differ, are not symmetric and do not commute, an i in the middle of the chain "
        "(not T), and i = 0.",
        "Work out Q_1 Q_2 by hand for T = 3, then: torch.allclose(f(Qs, 2), by_hand, atol=1e-5) and "
        "torch.allclose(f(Qs, 0), torch.eye(2), atol=1e-5).",
    ),
    mistakes=(
        Mistake(
            "accepts_all",
            _shapes,
            "Your test lets every candidate through. Shapes say nothing of a product.",
            "Compare the numbers with a product that you have worked out by another way.",
        ),
        Mistake(
            "refuses_all",
            lambda f: False,
            "Your test refuses every candidate, the right ones too.",
            "Print what q_bar gives beside the value that you compare with.",
        ),
        Mistake(
            "turned_round",
            lambda f: not is_q_bar(f),
            "Your test says True to the wrong ones and False to the right ones.",
            "Return True where the candidate agrees.",
        ),
        Mistake(
            "exact_equality",
            _equal,
            "Your test accepts our own function and refuses right ones that round differently: it wants equality in "
            "the last digit.",
            "Use torch.allclose with atol=1e-5 in place of == or torch.equal.",
        ),
        Mistake(
            "rows_only",
            _rows_only,
            "Of the six, your test refuses «transposed» alone, as one does that asks whether the rows sum to one. "
            "Every product of steps has that, in any order and of any length.",
            "Compare the entries themselves with those of Q_1 Q_2.",
        ),
        Mistake(
            "matrices_that_commute",
            _agrees(0, 2, Qs=torch.stack([absorbing(beta, 3) for beta in (0.2, 0.5, 0.7)])),
            "Of the six, your test lets «reversed» alone through: its matrices commute, Q_1 Q_2 = Q_2 Q_1, as any two "
            "absorbing ones do.",
            "Take two matrices whose products in both orders differ, drawn ones for instance.",
        ),
        Mistake(
            "symmetric_matrices",
            _agrees(0, 2, Qs=torch.stack([uniform(beta, 3) for beta in (0.2, 0.5, 0.7)])),
            "Of the six, your test lets «transposed» and «reversed» through: its matrices are symmetric and commute, "
            "as any two uniform ones do. Such a product looks the same from both ends.",
            "Take matrices that are not symmetric and whose products in both orders differ.",
        ),
        Mistake(
            "one_matrix_for_all_steps",
            _agrees(0, 2, Qs=_QS[:1].expand(3, 2, 2)),
            "Of the six, your test lets «reversed» and «power_of_the_first» through: all its steps have the same "
            "matrix, or it never looks beyond the first step.",
            "Take another matrix for each step, and an i of 2 or more.",
        ),
        Mistake(
            "one_step_only",
            _agrees(1),
            "Your test lets «reversed», «last_only», «power_of_the_first» and «not_the_identity» through: it asks at "
            "i = 1 only, where there is nothing to multiply.",
            "Ask at an i of 2 or more too, and at i = 0.",
        ),
        Mistake(
            "never_at_0",
            _agrees(1, 2, 3),
            "Of the six, your test lets «not_the_identity» alone through: it never asks at i = 0.",
            "Compare f(Qs, 0) with the identity too.",
        ),
        Mistake(
            "one_question",
            _agrees(3),
            "Of the six, your test lets «one_too_many» and «not_the_identity» through: it asks at i = T only.",
            "Ask at other i too, and above all at i = 0.",
        ),
        Mistake(
            "first_row_only",
            _first_row_only,
            "Your test refuses the six, and lets one through whose last row is wrong: it does not look at all rows.",
            "Compare the whole matrices.",
        ),
        Mistake(
            "too_tolerant",
            _agrees(0, 1, 2, 3, atol=0.05),
            "Your test refuses the six, and lets those through whose entries are a few hundredths off: its tolerance "
            "is too wide.",
            "Use torch.allclose with atol=1e-5.",
        ),
    ),
    equivalents=(_agrees(0, 1, 2, 3), _agrees(0, 3), _by_the_walks_of_one_word, _by_drawing),
)
