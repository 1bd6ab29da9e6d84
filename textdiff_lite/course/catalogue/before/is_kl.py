"""Exercise, the other way round: a test that tells a right KL from wrong ones."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.before.kl import EXERCISE as KL
from textdiff_lite.course.exercise import Case, Exercise, Mistake

REFUSE = ("reversed", "unweighted", "cross_entropy", "nan_at_zero", "clamped", "wrong_axis")
"""The wrong versions that the lesson lists."""

Kl = Callable[[Tensor, Tensor], Tensor]


def is_kl(kl: Kl) -> bool:
    """Whether a candidate is a right KL: two laws at once, with a zero in p, and with a zero in q alone."""
    p = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    q = torch.tensor([[0.25, 0.5, 0.25], [0.5, 0.5, 0.0]])
    want = torch.tensor([0.5 * math.log(2), math.inf])
    got = kl(p, q)
    return got.shape == want.shape and torch.allclose(got, want)


def _in_pieces(kl: Kl) -> bool:
    def law(*numbers: float | int) -> Tensor:
        return torch.tensor(numbers, dtype=torch.float64)

    value = abs(float(kl(law(0.5, 0.5), law(0.25, 0.75))) - 0.14384) < 1e-4
    zero_in_p = abs(float(kl(law(1, 0), law(0.5, 0.5))) - math.log(2)) < 1e-6
    zero_in_q = math.isinf(float(kl(law(0.5, 0.5), law(1, 0))))
    p, q = law(0.1, 0.9, 0.3, 0.7).reshape(2, 2), law(0.5, 0.5, 0.6, 0.4).reshape(2, 2)
    one_by_one = torch.stack([kl(p[0], q[0]), kl(p[1], q[1])])
    return value and zero_in_p and zero_in_q and torch.allclose(kl(p, q), one_by_one)


def _against_loops(kl: Kl) -> bool:
    generator = torch.Generator().manual_seed(0)
    p, q = torch.rand(2, 5, 3, generator=generator, dtype=torch.float64)
    p[0, 0] = q[1, 1] = 0
    p, q = p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True)
    got = kl(p, q)
    if got.shape != (5,):
        return False
    for mine, a, b in zip(got.tolist(), p.tolist(), q.tolist(), strict=True):
        if any(x > 0 and y == 0 for x, y in zip(a, b, strict=True)):
            want = math.inf
        else:
            want = sum(x * math.log(x / y) for x, y in zip(a, b, strict=True) if x > 0)
        if not math.isclose(mine, want, rel_tol=1e-5, abs_tol=1e-6):
            return False
    return True


def _law(*numbers: float | int) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _close(got: Tensor, want: float | int) -> bool:
    return abs(float(got) - want) < 1e-4


def _accepts_all(kl: Kl) -> bool:
    del kl
    return True


def _refuses_all(kl: Kl) -> bool:
    del kl
    return False


def _itself_only(kl: Kl) -> bool:
    p = _law(0.2, 0.3, 0.5)
    return _close(kl(p, p), 0)


def _never_negative_only(kl: Kl) -> bool:
    pairs = ((_law(0.5, 0.5), _law(0.25, 0.75)), (_law(0.9, 0.1), _law(0.3, 0.7)), (_law(0.1, 0.9), _law(0.6, 0.4)))
    return all(float(kl(p, q)) >= 0 for p, q in pairs)


def _mirrored_pair(kl: Kl) -> bool:
    return _close(kl(_law(0.9, 0.1), _law(0.1, 0.9)), 0.8 * math.log(9))


def _one_law(kl: Kl) -> bool:
    return _close(kl(_law(0.5, 0.5), _law(0.25, 0.75)), 0.143841)


def _no_zeros(kl: Kl) -> bool:
    p, q = torch.stack([_law(0.5, 0.3, 0.2)] * 2), torch.stack([_law(0.25, 0.25, 0.5)] * 2)
    got = kl(p, q)
    want = 0.5 * math.log(2) + 0.3 * math.log(1.2) + 0.2 * math.log(0.4)
    return got.shape == (2,) and all(_close(one, want) for one in got)


def _no_batch(kl: Kl) -> bool:
    return (
        _one_law(kl)
        and _close(kl(_law(1, 0), _law(0.5, 0.5)), math.log(2))
        and bool(kl(_law(0.5, 0.5), _law(1, 0)).isinf())
    )


def _to_the_last_bit(kl: Kl) -> bool:
    p = torch.stack([_law(0.3, 0.6, 0.1), _law(0.2, 0.3, 0.5), _law(0, 0.4, 0.6), _law(0.1, 0.2, 0.7)])
    q = torch.stack([_law(0.5, 0.2, 0.3), _law(0.5, 0.5, 0), _law(0.1, 0.2, 0.7), _law(0.3, 0.3, 0.4)])
    got, want = kl(p, q), KL.reference(p, q)
    return got.shape == want.shape and bool((got == want).all())


def _in_float32(p: Tensor, q: Tensor) -> Tensor:
    return KL.reference(p.float(), q.float()).to(p.dtype)


def _last_digits_off(p: Tensor, q: Tensor) -> Tensor:
    return KL.reference(p, q) * (1 + 5e-7)


RIGHT = {f"another right KL, number {i}": f for i, f in enumerate(KL.equivalents, 1)} | {
    "our KL": KL.reference,
    "our KL, computed in float32": _in_float32,
    "our KL times 1 + 5e-7": _last_digits_off,
}
WRONG = {f"the wrong KL «{name}»": KL.mistake(name).answer for name in REFUSE}


def _cases(generator: torch.Generator) -> list[Case]:
    del generator
    return [Case(says, lambda f=f: (f,)) for says, f in [*WRONG.items(), *RIGHT.items()]]


def _raises_nothing(answer: Callable) -> str | None:
    for candidate in [*RIGHT.values(), *WRONG.values()]:
        try:
            answer(candidate)
        except AssertionError:
            return "Your test raised an AssertionError. Here a test answers with True or False: return the comparison."
    return None


def _asks_the_candidate(answer: Callable) -> str | None:
    asked: list[bool] = []

    def watched(p: Tensor, q: Tensor) -> Tensor:
        asked.append(True)
        return KL.reference(p, q)

    said = bool(answer(watched))
    return None if asked else f"Your test says {said} without having called the `kl` that it is given."


def _accepts_the_right_ones(answer: Callable) -> str | None:
    refused = [says for says, candidate in RIGHT.items() if not bool(answer(candidate))]
    if not refused:
        return None
    if len(refused) < len(RIGHT):
        return (
            f"Your test refuses a right one ({refused[0]}) and accepts others. Right ones may differ in their last "
            "digits: 1e-6 is the same."
        )
    return (
        "Your test refuses every right one, ours too. Either a value or a shape that it asks for is not that of "
        "KL(p ‖ q), or it asks for equality to the last bit (torch.equal, ==): 1e-6 is the same."
    )


def _refuses_the_wrong_ones(answer: Callable) -> str | None:
    passed = [name for name in REFUSE if bool(answer(KL.mistake(name).answer))]
    if not passed:
        return None
    return f"Of the six wrong versions your test still accepts {', '.join(passed)}."


EXERCISE = Exercise(
    key="before.is_kl",
    minutes=10,
    difficulty=2,
    idea="A test is worth what it refuses: each input is chosen because some wrong version fails on it.",
    established="Your test accepts what is right in any wording and refuses all six wrong ones.",
    reference=is_kl,
    cases=_cases,
    hints=(
        "For each wrong version ask: on which p and q does it give another number? One pair can expose several.",
        "You need p ≠ q that are no mirror images, a 0 in p, a 0 in q alone, and more than one law at once. The values "
        "you can work out by hand.",
        "Compare kl(p, q) with [½ ln 2, ∞] for p = [[½, ½, 0], [.2, .3, .5]], q = [[¼, ½, ¼], [½, ½, 0]]; first the "
        "shapes, then torch.allclose.",
    ),
    mistakes=(
        Mistake(
            "accepts_all",
            _accepts_all,
            "Your test accepts the right ones, and all six wrong ones as well.",
            "Work out one value by hand and return whether kl gives it.",
        ),
        Mistake(
            "refuses_all",
            _refuses_all,
            "Your test refuses the right ones as well as the six wrong ones.",
            "Begin with one value that a right one must give, and compare with a tolerance: "
            "abs(float(kl(p, q)) - 0.1438) < 1e-4. Then add what the wrong ones fail at.",
        ),
        Mistake(
            "itself_only",
            _itself_only,
            "Of the six your test refuses «cross_entropy» alone, as one does that asks for KL(p ‖ p) = 0: between "
            "equal laws every logarithm is 0, however it is weighted.",
            "Add a p and a q that differ, with the value worked out by hand.",
        ),
        Mistake(
            "never_negative_only",
            _never_negative_only,
            "Of the six your test refuses «unweighted» alone, as one does that asks for KL ≥ 0: the wrong direction is "
            "not negative either.",
            "Compare with a value worked out by hand, not with a sign.",
        ),
        Mistake(
            "mirrored_pair",
            _mirrored_pair,
            "Your test refuses «unweighted» and «cross_entropy», but it accepts the wrong direction, KL(q ‖ p): that "
            "too is never negative and 0 for p = q, and between mirror images, (.9, .1) and (.1, .9), it has the same "
            "value.",
            "Compare with a value worked out by hand, for a p and a q that are no mirror images: (½, ½) and (¼, ¾) for "
            "instance.",
        ),
        Mistake(
            "one_law",
            _one_law,
            "Your test tells the formula, but not its edges: it accepts the versions that go wrong at zeros, and the "
            "one that sums over the wrong axis.",
            "Add a 0 in p, a 0 in q where p has none, and a p of shape [2, 3] whose two results you compare one by "
            "one, not as a sum.",
        ),
        Mistake(
            "no_zeros",
            _no_zeros,
            "Your test accepts «nan_at_zero» and «clamped». These go wrong only where a probability is 0.",
            "Add a 0 in p (the term is 0), and a 0 in q where p has none (the sum is ∞).",
        ),
        Mistake(
            "no_batch",
            _no_batch,
            "Of the six your test still accepts «wrong_axis». A sum over the wrong axis shows only when several laws "
            "lie side by side and each has its own result.",
            "Give it p and q of shape [2, 3], look at the shape of the answer, and compare its entries one by one.",
        ),
        Mistake(
            "to_the_last_bit",
            _to_the_last_bit,
            "Your test refuses right ones that differ from ours in their last digits alone, as the same sum in another "
            "order does.",
            "Allow a difference of 1e-6, with torch.allclose for instance.",
        ),
    ),
    equivalents=(_in_pieces, _against_loops),
    laws=(_raises_nothing, _asks_the_candidate, _accepts_the_right_ones, _refuses_the_wrong_ones),
    needs=("before.kl",),
)
