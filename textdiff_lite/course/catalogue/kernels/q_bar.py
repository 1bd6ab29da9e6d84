"""Many steps of a chain as one: the product of its matrices."""

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.kernels.chains import absorbing, drawn, matrix, one_way, shown, walks
from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def q_bar(Qs: Tensor, i: int) -> Tensor:
    """q(x_i | x_0) as a matrix: Q_1 Q_2 ... Q_i, [K, K], row = from x_0, column = to x_i.

    Qs [T, K, K], where Qs[0] is Q_1; i is 0 to T, and after 0 steps nothing has changed. With Q_1 = [[.9, .1],
    [.2, .8]] and Q_2 = [[.5, .5], [0, 1]], q_bar(Qs, 2) is [[.45, .55], [.1, .9]]. Source: Austin et al. 2021
    (2107.03006), eq. 3.
    """
    Qbar = torch.eye(Qs.shape[-1], dtype=Qs.dtype)
    for Q in Qs[:i]:
        Qbar = Qbar @ Q
    return Qbar


def _over_all_walks(Qs: Tensor, i: int) -> Tensor:
    """A truth without a product of matrices: the probabilities of the walks from x_0 to x_i, added up."""
    total = torch.zeros(Qs.shape[1:], dtype=torch.float64)
    for x0 in range(len(total)):
        for walk, probability in walks(Qs[:i], x0):
            total[x0, walk[-1]] += probability
    return total


def _from_the_right(Qs: Tensor, i: int) -> Tensor:
    Qbar = torch.eye(Qs.shape[-1], dtype=Qs.dtype)
    for j in range(i, 0, -1):
        Qbar = Qs[j - 1] @ Qbar
    return Qbar


def _by_recursion(Qs: Tensor, i: int) -> Tensor:
    return torch.eye(Qs.shape[-1]).to(Qs) if i == 0 else _by_recursion(Qs, i - 1) @ Qs[i - 1]


def _word_by_word(Qs: Tensor, i: int) -> Tensor:
    """Each x_0 as a row of one-hot, sent through the steps."""
    rows = []
    for one_hot in torch.eye(Qs.shape[-1]).double():
        law = one_hot
        for Q in Qs[:i]:
            law = torch.einsum("a,ab->b", law, Q.double())
        rows.append(law)
    return torch.stack(rows)


def _in_float32(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs.float(), i)


def _transposed(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs, i).T


def _reversed(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs[:i].flip(0), i)


def _factors_transposed(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs.mT, i)


def _last_only(Qs: Tensor, i: int) -> Tensor:
    return Qs[i - 1]


def _next_only(Qs: Tensor, i: int) -> Tensor:
    return Qs[i]


def _one_too_few(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs, max(i - 1, 0))


def _without_the_first(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs[1:i], i)


def _one_too_many(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs, i + 1)


def _one_too_many_by_index(Qs: Tensor, i: int) -> Tensor:
    Qbar = torch.eye(Qs.shape[-1], dtype=Qs.dtype)
    for j in range(i + 1):
        Qbar = Qbar @ Qs[j]
    return Qbar


def _shifted(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs[1:], i)


def _shifted_by_index(Qs: Tensor, i: int) -> Tensor:
    Qbar = torch.eye(Qs.shape[-1], dtype=Qs.dtype)
    for j in range(1, i + 1):
        Qbar = Qbar @ Qs[j]
    return Qbar


def _all_of_them(Qs: Tensor, i: int) -> Tensor:
    return q_bar(Qs, len(Qs))


def _power_of_the_first(Qs: Tensor, i: int) -> Tensor:
    return torch.linalg.matrix_power(Qs[0], i)


def _power_of_the_last(Qs: Tensor, i: int) -> Tensor:
    return torch.linalg.matrix_power(Qs[i - 1], i)


def _elementwise(Qs: Tensor, i: int) -> Tensor:
    return Qs[:i].prod(0)


def _elementwise_from_the_identity(Qs: Tensor, i: int) -> Tensor:
    Qbar = torch.eye(Qs.shape[-1], dtype=Qs.dtype)
    for Q in Qs[:i]:
        Qbar = Qbar * Q
    return Qbar


def _not_the_identity(Qs: Tensor, i: int) -> Tensor:
    Qbar = Qs[0]
    for j in range(1, i):
        Qbar = Qbar @ Qs[j]
    return Qbar


def _empty_product(Qs: Tensor, i: int) -> Tensor:
    return reduce(torch.matmul, Qs[:i])


_QS = torch.stack([matrix((0.9, 0.1), (0.2, 0.8)), matrix((0.5, 0.5), (0.0, 1.0)), matrix((0.7, 0.3), (0.4, 0.6))])


def _cases(generator: torch.Generator) -> list[Case]:
    def case(says: str, Qs: Tensor, i: int) -> Case:
        return Case(f"{says}, T = {len(Qs)}, i = {i}", lambda: (Qs.clone(), i))

    four = drawn(generator, 4, 3, 3)
    both = torch.stack([one_way(0.3, 4), absorbing(0.4, 4), one_way(0.2, 4), absorbing(0.1, 4)])
    return [
        case("2 words", _QS, 2),
        case("2 words", _QS, 1),
        case("3 words", drawn(generator, 3, 3, 3), 2),
        case("3 words", four, 3),
        case("3 words", four, 4),
        case("3 words", four, 0),
        case("3 words and a mask", both, 3),
        case("2 words", drawn(generator, 1, 2, 2), 1),
    ]


def _observe(result: Any, arguments: tuple) -> Seen:
    Qs, i = arguments
    if i > 0:
        return {"the result": result.double()}
    # what stands there in place of the identity hangs on where the loop began: it is one mistake
    same = torch.allclose(result.double(), torch.eye(Qs.shape[-1]).double(), atol=1e-5)
    return {"the identity at i = 0 (1: yes)": torch.tensor(float(same)).double()}


def _rows_sum_to_one(answer: Callable) -> str | None:
    got = answer(_QS.clone(), 2)
    if bool(((got.sum(-1) - 1).abs() < 1e-4).all()):
        return None
    lies = " Its columns do: it lies on its side." if bool(((got.sum(0) - 1).abs() < 1e-4).all()) else ""
    worst = int((got.sum(-1) - 1).abs().argmax())
    return (
        f"Row {worst} of q_bar(Qs, 2) is the law of x_2 after x_0 = {worst}, so it sums to one. With Q_1 = "
        f"[[.9, .1], [.2, .8]] and Q_2 = [[.5, .5], [0, 1]] yours is {shown(got[worst])}, which sums to "
        f"{float(got[worst].sum()):.3g}.{lies}"
    )


def _one_step(answer: Callable) -> str | None:
    got = answer(_QS.clone(), 1)
    if torch.allclose(got.double(), _QS[0], atol=1e-4):
        return None
    return (
        "After one step only Q_1 = Qs[0] has acted: with Qs[0] = [[.9, .1], [.2, .8]] q_bar(Qs, 1) should be the "
        f"same. Yours is [{shown(got[0])}, {shown(got[1])}]."
    )


def _two_walks(answer: Callable) -> str | None:
    got = answer(_QS.clone(), 2).double()
    first, second = _QS[:2].tolist()
    for x0 in range(2):
        for x2 in range(2):
            over = [(first[x0][x1], second[x1][x2]) for x1 in range(2)]
            right = sum(a * b for a, b in over)
            if abs(float(got[x0, x2]) - right) > 1e-4:
                sums = " + ".join(f"{a:g} · {b:g}" for a, b in over)
                return (
                    f"With Q_1 = [[.9, .1], [.2, .8]] and Q_2 = [[.5, .5], [0, 1]] two walks lead from x_0 = {x0} to "
                    f"x_2 = {x2}, over x_1 = 0 and over x_1 = 1: {sums} = {right:.3g}. Yours says "
                    f"{float(got[x0, x2]):.3g}."
                )
    return None


def _nothing_at_0(answer: Callable) -> str | None:
    got = answer(_QS.clone(), 0)
    if torch.allclose(got.double(), torch.eye(2).double(), atol=1e-4):
        return None
    return (
        "After 0 steps x_0 is still itself: q_bar(Qs, 0) should be the identity, [1, 0] and [0, 1]. Yours is "
        f"{shown(got[0])} and {shown(got[1])}."
    )


EXERCISE = Exercise(
    key="kernels.q_bar",
    minutes=10,
    difficulty=1,
    idea="A chain of any length is one matrix, the product of its steps in their order.",
    established="Your product sends a row of probabilities through the steps in their order, and 0 steps change "
    "nothing.",
    reference=q_bar,
    cases=_cases,
    observe=_observe,
    truth=_over_all_walks,
    laws=(_rows_sum_to_one, _one_step, _two_walks, _nothing_at_0),
    hints=(
        "A law over words is a row. One step multiplies it with Q from the right, so the first step stands at the "
        "left end of the product.",
        "Begin with the identity, torch.eye(K, dtype=Qs.dtype), and multiply the i matrices Qs[0] … Qs[i - 1] onto it.",
        "for Q in Qs[:i]: Qbar = Qbar @ Q.",
    ),
    mistakes=(
        Mistake(
            "transposed",
            _transposed,
            "Your matrix lies on its side: its columns are the laws. Here a row says where its word goes.",
            "Row = from: leave out the .T, or the habit of column = from.",
        ),
        Mistake(
            "reversed",
            _reversed,
            "You multiplied in the reversed order, Q_i … Q_2 Q_1: the last step acts first. For kernels that commute, "
            "such as two uniform ones, nobody would see it.",
            "Multiply the new matrix on from the right: Qbar = Qbar @ Q.",
        ),
        Mistake(
            "factors_transposed",
            _factors_transposed,
            "You multiplied the transposed matrices, in the order of the untransposed ones. Rows are laws here, so "
            "nothing is to be transposed.",
            "Multiply Q_1 Q_2 … Q_i as they are.",
        ),
        Mistake(
            "last_only",
            _last_only,
            "Your result is Q_i, the last step alone. x_0 goes through all steps up to i.",
            "Multiply all of Qs[:i].",
        ),
        Mistake(
            "next_only",
            _next_only,
            "Your result is Qs[i], which is Q_{i+1}: one step alone, and the one after. Qs[0] is Q_1.",
            "Multiply all of Qs[:i].",
        ),
        Mistake(
            "one_too_few",
            _one_too_few,
            "The last step is missing: your product ends at Q_{i−1}.",
            "range(i) runs over 0 … i − 1, and Qs[i - 1] is Q_i: that is the whole product.",
        ),
        Mistake(
            "without_the_first",
            _without_the_first,
            "The first step is missing: your product begins at Q_2. Qs[0] is Q_1.",
            "Begin with Qs[0].",
        ),
        Mistake(
            "one_too_many",
            _one_too_many,
            "Your product has a step too many: it ends at Q_{i+1}. At i = T there is no further one, and there it is "
            "right.",
            "Qs[:i] holds the i matrices Q_1 … Q_i.",
        ),
        Mistake(
            "one_too_many_by_index",
            _one_too_many_by_index,
            "Your product has a step too many: it ends at Qs[i], which is Q_{i+1} and does not exist at i = T.",
            "range(i) runs over 0 … i − 1, and Qs[i - 1] is Q_i.",
        ),
        Mistake(
            "shifted",
            _shifted,
            "Your product runs from Q_2 to Q_{i+1}: Qs[0] is Q_1, for lists begin at 0 and steps at 1.",
            "Multiply Qs[:i], that is Qs[0] … Qs[i - 1].",
        ),
        Mistake(
            "shifted_by_index",
            _shifted_by_index,
            "Your product runs from Qs[1] to Qs[i]: these are Q_2 to Q_{i+1}, and at i = T the last does not exist. "
            "Lists begin at 0 and steps at 1.",
            "Multiply Qs[j - 1] for j = 1 … i.",
        ),
        Mistake(
            "all_of_them",
            _all_of_them,
            "Your result is the product of all T matrices, whatever i is.",
            "Stop after i steps: Qs[:i].",
        ),
        Mistake(
            "power_of_the_first",
            _power_of_the_first,
            "Your result is the i-th power of Q_1. That is right only if all steps have the same matrix.",
            "Multiply the matrices of the i steps, Qs[:i].",
        ),
        Mistake(
            "power_of_the_last",
            _power_of_the_last,
            "Your result is the i-th power of Q_i. That is right only if all steps have the same matrix.",
            "Multiply the matrices of the i steps, Qs[:i].",
        ),
        Mistake(
            "elementwise",
            _elementwise,
            "You multiplied entry by entry. That counts only walks that go to the end at once and then stand still at "
            "every entry; a product of matrices adds up all walks.",
            "Use @ in place of * or prod.",
        ),
        Mistake(
            "elementwise_from_the_identity",
            _elementwise_from_the_identity,
            "You multiplied entry by entry, beginning with the identity, so only the diagonal is left: the words that "
            "never change.",
            "Use @ in place of *.",
        ),
        Mistake(
            "not_the_identity",
            _not_the_identity,
            "Right for i ≥ 1. At i = 0 your result is not the identity: 0 steps change nothing.",
            "Begin with torch.eye(K, dtype=Qs.dtype) and not with Qs[0].",
        ),
        Mistake(
            "empty_product",
            _empty_product,
            "Right for i ≥ 1. At i = 0 there is nothing to multiply, and your function raises. A product of no "
            "matrices is the identity.",
            "Begin with torch.eye(K, dtype=Qs.dtype), in reduce as its third argument.",
        ),
    ),
    equivalents=(_from_the_right, _by_recursion, _word_by_word, _in_float32, _over_all_walks),
)
