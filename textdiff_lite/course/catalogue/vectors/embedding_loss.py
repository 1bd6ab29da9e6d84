"""Exercise: the squared error of a belief, where the vectors are trained with the network."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

Net = Callable[[Tensor], Tensor]
"""net(x_t [B, L, D]) -> the belief x0_hat [B, L, D]."""


def embedding_loss(
    net: Net, table: Tensor, ids: Tensor, a_t: Tensor, sigma0: float, eps0: Tensor, eps: Tensor
) -> Tensor:
    """Squared error of the network's belief in x_0, [B, L]: the mean over the D coordinates.

    x_0 is the vector of the word, with first noise: table[ids] + sigma0 eps0, where table is [V, D] and ids [B, L].
    x_t is √a_t x_0 + √(1 − a_t) eps, with a_t [B, 1, 1]; eps0 and eps are standard normal noise [B, L, D]. x_0 is both
    what x_t is made of and what the belief is compared with, and the gradient reaches the table by both ways. With the
    vector 1, sigma0 = 0.5, eps0 = 2, a_t = 0.64 and eps = −1, x_0 is 2 and x_t is 1; the belief 0.5 costs 2.25.
    Source: Li et al. 2022 (2205.14217), section 4.2.
    """
    x0 = table[ids] + sigma0 * eps0
    x_t = a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps
    return (net(x_t) - x0).square().mean(-1)


def _by_lookup(net: Net, table: Tensor, ids: Tensor, a_t: Tensor, sigma0: float, eps0: Tensor, eps: Tensor) -> Tensor:
    x0 = torch.nn.functional.embedding(ids, table).add(eps0, alpha=sigma0)
    x_t = torch.addcmul((1 - a_t) ** 0.5 * eps, a_t**0.5, x0)
    return torch.nn.functional.mse_loss(net(x_t), x0, reduction="none").mean(2)


def _by_one_hot(net: Net, table: Tensor, ids: Tensor, a_t: Tensor, sigma0: float, eps0: Tensor, eps: Tensor) -> Tensor:
    words = torch.nn.functional.one_hot(ids, len(table)).to(table)
    x0 = torch.einsum("blv,vd->bld", words, table) + eps0 * sigma0
    gap = x0 - net(torch.stack([a_t.sqrt() * x0, (1 - a_t).sqrt() * eps]).sum(0))
    return torch.einsum("bld,bld->bl", gap, gap) / table.shape[1]


def _signal_and_noise(
    net: Net, table: Tensor, ids: Tensor, a_t: Tensor, sigma0: float, eps0: Tensor, eps: Tensor
) -> Tensor:
    signal, noise = a_t.sqrt(), (1 - a_t).sqrt()
    vectors = table.index_select(0, ids.flatten()).view(*ids.shape, -1)
    x0_hat = net(signal * vectors + (signal * sigma0 * eps0 + noise * eps))
    return ((x0_hat - vectors - sigma0 * eps0) ** 2).sum(-1) / vectors.shape[-1]


def _in_float32(net: Net, table: Tensor, ids: Tensor, a_t: Tensor, sigma0: float, eps0: Tensor, eps: Tensor) -> Tensor:
    return embedding_loss(net, table.float(), ids, a_t.float(), sigma0, eps0.float(), eps.float())


Two = Callable[[Tensor, Tensor], Tensor]


def _loss(
    net: Net,
    table: Tensor,
    ids: Tensor,
    a_t: Tensor,
    sigma0: float,
    eps0: Tensor,
    eps: Tensor,
    *,
    first: Callable[[Tensor, float, Tensor], Tensor] = lambda e, sigma0, eps0: e + sigma0 * eps0,
    signal: Callable[[Tensor], Tensor] = torch.sqrt,
    noise: Callable[[Tensor], Tensor] = lambda a_t: (1 - a_t).sqrt(),
    begins: Two = lambda e, x0: x0,
    shown: Two = lambda x0, x_t: x_t,
    target: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda e, x0, eps: x0,
    belief: Callable[[Tensor], Tensor] = lambda x0_hat: x0_hat,
    over: Callable[[Tensor], Tensor] = lambda gap: gap.square().mean(-1),
) -> Tensor:
    """The loss with one part exchanged: x_0, the level, what x_t is made of, what the net sees, the target, the sum."""
    e = table[ids]
    x0 = first(e, sigma0, eps0)
    x_t = signal(a_t) * begins(e, x0) + noise(a_t) * eps
    return over(belief(net(shown(x0, x_t))) - target(e, x0, eps))


def _noises_exchanged(net, table, ids, a_t, sigma0, eps0, eps):
    return embedding_loss(net, table, ids, a_t, sigma0, eps, eps0)


def _one_noise_twice(net, table, ids, a_t, sigma0, eps0, eps):
    del eps
    return embedding_loss(net, table, ids, a_t, sigma0, eps0, eps0)


def _first_noise_redrawn(net, table, ids, a_t, sigma0, eps0, eps):
    return _loss(net, table, ids, a_t, sigma0, eps0, eps, target=lambda e, x0, eps: e + sigma0 * torch.randn_like(e))


def _noise_redrawn(net, table, ids, a_t, sigma0, eps0, eps):
    return embedding_loss(net, table, ids, a_t, sigma0, eps0, torch.randn_like(eps))


class Learner:
    """net(x_t) = weight · x_t + 0.3, with one weight that has a gradient; it keeps what it was shown.

    Raises ValueError, as a network would, for what is not [B, L, D] of its width.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.weight = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        self.shown: list[Tensor] = []

    def __call__(self, x_t: Any) -> Tensor:
        """The belief."""
        if not isinstance(x_t, Tensor) or x_t.ndim != 3 or x_t.shape[-1] != self.width:
            what = f"shape {list(x_t.shape)}" if isinstance(x_t, Tensor) else f"a value of type {type(x_t).__name__}"
            raise ValueError(f"the network takes states [B, L, {self.width}], and was given {what}")
        self.shown.append(x_t.detach().clone())
        return self.weight * x_t + 0.3


CALLS = "calls of the network"
SHOWN = "what the network was shown"
LOSS = "the loss of each place"
TABLE = "the gradient in the table"
WEIGHT = "the gradient in the network's weight"


def _scale(ids: Tensor) -> Tensor:
    """A number for each place, [B, L], else what is wrong at one could cancel at another."""
    return 1 + torch.arange(ids.numel(), dtype=torch.float64).view(ids.shape) / 7


def _truth(net: Learner, table: Tensor, ids: Tensor, a_t: Tensor, sigma0: float, eps0: Tensor, eps: Tensor) -> Seen:
    """By hand, number by number: the gradients of a linear network are known."""
    w, D, rows = float(net.weight.detach()), table.shape[1], table.tolist()
    shown, losses = torch.zeros(eps.shape, dtype=torch.float64), torch.zeros(ids.shape, dtype=torch.float64)
    of_table, of_weight, scale = torch.zeros(table.shape, dtype=torch.float64), 0.0, _scale(ids)
    for b, row in enumerate(ids.tolist()):
        a = float(a_t[b, 0, 0])
        for place, word in enumerate(row):
            for d in range(D):
                x0 = rows[word][d] + sigma0 * float(eps0[b, place, d])
                x_t = a**0.5 * x0 + (1 - a) ** 0.5 * float(eps[b, place, d])
                gap = w * x_t + 0.3 - x0
                slope = 2 * float(scale[b, place]) * gap / D
                shown[b, place, d] = x_t
                losses[b, place] += gap**2 / D
                of_table[word, d] += slope * (w * a**0.5 - 1)
                of_weight += slope * x_t
    return {
        CALLS: torch.tensor(1.0),
        SHOWN: shown,
        LOSS: losses,
        TABLE: of_table,
        WEIGHT: torch.tensor(of_weight, dtype=torch.float64),
    }


def _observe(result: Tensor, arguments: tuple) -> Seen:
    net, table, ids = arguments[:3]
    if len(net.shown) != 1:
        return {CALLS: torch.tensor(float(len(net.shown)))}
    of_table, of_weight = _slopes((_scale(ids) * result).sum(), [table, net.weight])
    return {
        CALLS: torch.tensor(1.0),
        SHOWN: net.shown[0].double(),
        LOSS: result.detach().double(),
        TABLE: of_table,
        WEIGHT: of_weight,
    }


def _slopes(total: Tensor, sources: list[Tensor]) -> list[Tensor]:
    """The gradient in each of them, zeros where there is none."""
    if not total.requires_grad:
        return [torch.zeros_like(source) for source in sources]
    slopes = torch.autograd.grad(total, sources, allow_unused=True)
    return [torch.zeros_like(s) if g is None else g for s, g in zip(sources, slopes, strict=True)]


def _cases(generator: torch.Generator) -> list[Case]:
    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def case(says: str, B: int, L: int, V: int, D: int, a_t: list[float], sigma0: float) -> Case:
        table = normal(V, D) * (0.3 + 1.5 * torch.rand(V, 1, generator=generator, dtype=torch.float64))
        ids = torch.randint(V, (B, L), generator=generator)
        noises = normal(B, L, D), normal(B, L, D)
        levels = torch.tensor(a_t, dtype=torch.float64).view(B, 1, 1)

        def arguments() -> tuple:
            own = table.clone().requires_grad_()
            return Learner(D), own, ids.clone(), levels.clone(), sigma0, *(part.clone() for part in noises)

        return Case(says, arguments)

    return [
        case("one place, D = 1, a_t = 0.64, sigma0 = 0.5", 1, 1, 2, 1, [0.64], 0.5),
        case("eps [2, 3, 4], V = 5, sigma0 = 0.3", 2, 3, 5, 4, [0.9, 0.2], 0.3),
        case("eps [3, 3, 3], V = 3, sigma0 = 1.4", 3, 3, 3, 3, [0.8, 0.5, 0.1], 1.4),
        case("eps [4, 5, 2], V = 4, a_t = 1 and 0 among others", 4, 5, 4, 2, [1.0, 0.7, 0.25, 0.0], 0.2),
    ]


def _one_place(*, learns: bool = True) -> tuple:
    """One word of vector 1, sigma0 = 0.5, eps0 = 2, a_t = 0.64, eps = −1: x_0 is 2 and x_t is 1."""
    numbers = (torch.full((1, 1, 1), value, dtype=torch.float64) for value in (0.64, 2.0, -1.0))
    a_t, eps0, eps = numbers
    table = torch.ones(1, 1, dtype=torch.float64).requires_grad_(learns)
    return Learner(1), table, torch.zeros(1, 1, dtype=torch.long), a_t, 0.5, eps0, eps


def _what_is_shown(answer: Callable) -> str | None:
    arguments = _one_place()
    answer(*arguments)
    shown = arguments[0].shown
    if len(shown) != 1:
        return f"The network was called {len(shown)} times. Call it once, on x_t."
    if abs(float(shown[0]) - 1) < 1e-4:
        return None
    return (
        "With the vector 1, sigma0 = 0.5, eps0 = 2, a_t = 0.64 and eps = −1, x_0 is 1 + 0.5 · 2 = 2, and x_t is "
        f"0.8 · 2 − 0.6 = 1. Your network was shown {float(shown[0]):.4g}."
    )


def _the_square(answer: Callable) -> str | None:
    arguments = _one_place()
    got = answer(*arguments).item()
    if abs(got - 1) < 1e-4:
        return None
    return (
        "With the vector 1, sigma0 = 0.5 and eps0 = 2, x_0 is 2. The network said 1, which is off by 1, so the loss is "
        f"1. Yours is {got:.4g}."
    )


def _mean_over_coordinates(answer: Callable) -> str | None:
    zeros = torch.zeros(2, 3, 4, dtype=torch.float64)
    table = torch.ones(1, 4, dtype=torch.float64, requires_grad=True)
    got = answer(Learner(4), table, torch.zeros(2, 3, dtype=torch.long), zeros[:, :1, :1], 0.0, zeros, zeros)
    if list(got.shape) != [2, 3] or abs(got[0, 0].item() - 0.49) < 1e-4:
        return None
    return (
        "Each of four coordinates is off by 0.7, so the loss is 0.49, the mean of the squares. Yours is "
        f"{got[0, 0].item():.4g}."
    )


def _two_ways(answer: Callable) -> str | None:
    arguments = _one_place()
    loss = answer(*arguments)
    of_table, of_weight = (float(g) for g in _slopes(loss.sum(), [arguments[1], arguments[0].weight]))
    if abs(of_weight + 2) > 1e-4:
        return (
            "The network said 0.7 x_t + 0.3 = 1 where x_0 is 2 and x_t is 1. The gradient in its weight 0.7 is then "
            f"2 · (1 − 2) · 1 = −2. Yours is {of_weight:.3g}."
        )
    if abs(of_table - 0.88) > 1e-4:
        return (
            "The network said 0.7 x_t + 0.3 = 1, where x_0 is 2. The gradient in the word's vector is 2 · (1 − 2) · "
            "(0.7 · 0.8 − 1) = 0.88: −1.12 comes through x_t, which the network sees, and 2 from the target. Yours is "
            f"{of_table:.3g}."
        )
    return None


EXERCISE = Exercise(
    key="vectors.embedding_loss",
    minutes=20,
    difficulty=3,
    idea="The target moves: the same vectors are what is noised and what is asked for, and both pull at the table.",
    established="Your loss trains the network and the vectors, by both of their ways.",
    reference=embedding_loss,
    cases=_cases,
    observe=_observe,
    truth=_truth,
    laws=(_what_is_shown, _the_square, _mean_over_coordinates, _two_ways),
    needs=("gaussian.q_sample",),
    hints=(
        "Three lines: x_0 from the table and eps0, x_t from x_0 and eps, and the mean squared difference of the belief "
        "and x_0.",
        "x0 = table[ids] + sigma0 * eps0 stands in two places: x_t is made of it, and the belief is compared with it. "
        "Detach it in neither.",
        "x_t = a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps, then (net(x_t) - x0).square().mean(…) over the last axis.",
    ),
    mistakes=(
        Mistake(
            "target_detached",
            partial(_loss, target=lambda e, x0, eps: x0.detach()),
            "The target is detached. The table is then trained through x_t alone, and nothing pulls a vector towards "
            "what the network believes.",
            "Leave out detach().",
        ),
        Mistake(
            "input_detached",
            partial(_loss, shown=lambda x0, x_t: x_t.detach()),
            "x_t is detached. The table is then trained through the target alone, and no vector learns to be told from "
            "others in noise.",
            "Leave out detach().",
        ),
        Mistake(
            "table_detached",
            partial(_loss, first=lambda e, sigma0, eps0: e.detach() + sigma0 * eps0),
            "No gradient reaches the table: the vectors are detached, and stay as they were drawn.",
            "Leave out detach(), and no_grad too.",
        ),
        Mistake(
            "belief_detached",
            partial(_loss, belief=lambda x0_hat: x0_hat.detach()),
            "The network's belief is detached, so that the network learns nothing.",
            "Leave out detach(), and no_grad too.",
        ),
        Mistake(
            "no_gradient",
            lambda *arguments: embedding_loss(*arguments).detach(),
            "The loss has no gradient at all, as under no_grad or after detach(). Neither the network nor the table "
            "learns.",
            "Leave out detach(), and no_grad too.",
        ),
        Mistake(
            "x_t_from_the_vectors",
            partial(_loss, begins=lambda e, x0: e),
            "x_t is made of the vectors themselves, and not of x_0. The chain begins at x_0, with its first noise.",
            "Put x0 beside √a_t.",
        ),
        Mistake(
            "target_without_noise",
            partial(_loss, target=lambda e, x0, eps: e),
            "The belief is compared with the vectors themselves, and not with x_0 that has the first noise.",
            "Compare the belief with x0.",
        ),
        Mistake(
            "no_first_noise",
            partial(_loss, first=lambda e, sigma0, eps0: e),
            "x_0 is the vector itself: the first noise, sigma0 eps0, is missing.",
            "x0 = table[ids] + sigma0 * eps0.",
        ),
        Mistake(
            "sigma0_squared",
            partial(_loss, first=lambda e, sigma0, eps0: e + sigma0**2 * eps0),
            "The first noise has sigma0² in front. sigma0 is a standard deviation already.",
            "Multiply eps0 by sigma0.",
        ),
        Mistake(
            "root_of_sigma0",
            partial(_loss, first=lambda e, sigma0, eps0: e + sigma0**0.5 * eps0),
            "The first noise has √sigma0 in front. sigma0 is a standard deviation, and no variance.",
            "Multiply eps0 by sigma0.",
        ),
        Mistake(
            "noise_of_size_1",
            partial(_loss, first=lambda e, sigma0, eps0: e + eps0),
            "The first noise is eps0 itself, of standard deviation 1. It should be sigma0 of that.",
            "Multiply eps0 by sigma0.",
        ),
        Mistake(
            "vectors_shrunk",
            partial(_loss, first=lambda e, sigma0, eps0: (1 - sigma0**2) * e + sigma0 * eps0),
            "The vectors are shrunk by 1 − sigma0² before the first noise. Here they stay as they are: x_0 lies around "
            "the vector itself.",
            "x0 = table[ids] + sigma0 * eps0.",
        ),
        Mistake(
            "noises_exchanged",
            _noises_exchanged,
            "The two noises are exchanged: eps stands in x_0, and eps0 in x_t.",
            "eps0 makes x_0 of the vector, eps makes x_t of x_0.",
        ),
        Mistake(
            "one_noise_twice",
            _one_noise_twice,
            "eps0 stands in x_0 and again in x_t. Two steps of a chain have noise of their own.",
            "Put eps, the other one, into x_t.",
        ),
        Mistake(
            "first_noise_redrawn",
            _first_noise_redrawn,
            "The target has a first noise of its own, drawn anew. The network can't know that one; x_0 is one vector, "
            "in x_t and as the target.",
            "Make x0 once, with eps0, and use it twice.",
        ),
        Mistake(
            "noise_redrawn",
            _noise_redrawn,
            "The noise in x_t is drawn anew. It is handed over as eps.",
            "Use eps, which is handed over.",
        ),
        Mistake(
            "clean_input",
            partial(_loss, shown=lambda x0, x_t: x0),
            "The network is shown x_0 and asked for x_0. It would learn to copy, and nothing else.",
            "Show x_t to the network.",
        ),
        Mistake(
            "noise_as_target",
            partial(_loss, target=lambda e, x0, eps: eps),
            "The belief is compared with the noise. This network is asked for x_0.",
            "Compare the belief with x0.",
        ),
        Mistake(
            "no_roots",
            partial(_loss, signal=lambda a_t: a_t, noise=lambda a_t: 1 - a_t),
            "a_t and 1 − a_t stand in x_t without their roots. They are shares of variance; vectors are weighed with "
            "the roots.",
            "x_t = a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps.",
        ),
        Mistake(
            "signal_without_root",
            partial(_loss, signal=lambda a_t: a_t),
            "x_0 stands in x_t with a_t. That is a share of variance; a vector is weighed with its root.",
            "Put a root over a_t.",
        ),
        Mistake(
            "noise_without_root",
            partial(_loss, noise=lambda a_t: 1 - a_t),
            "eps stands in x_t with 1 − a_t. That is a variance; noise is weighed with its root.",
            "Put a root over 1 − a_t.",
        ),
        Mistake(
            "levels_exchanged",
            partial(_loss, signal=lambda a_t: (1 - a_t).sqrt(), noise=torch.sqrt),
            "The two weights in x_t are exchanged: a_t is what survives of x_0.",
            "√a_t belongs to x_0, √(1 − a_t) to eps.",
        ),
        Mistake(
            "summed_over_coordinates",
            partial(_loss, over=lambda gap: gap.square().sum(-1)),
            "The squares are summed over the coordinates, so the loss is D times too large.",
            "Take .mean(-1) in place of .sum(-1).",
        ),
        Mistake(
            "mean_over_all",
            partial(_loss, over=lambda gap: gap.square().mean()),
            "You took the mean over everything. The loss of each place is asked for, [B, L].",
            "Take .mean(-1), over the coordinates alone.",
        ),
        Mistake(
            "distance",
            partial(_loss, over=lambda gap: gap.norm(dim=-1)),
            "You took the distance. Its square is asked for, in the mean over the coordinates.",
            "End with .square().mean(-1).",
        ),
        Mistake(
            "absolute",
            partial(_loss, over=lambda gap: gap.abs().mean(-1)),
            "You took the mean of the absolute differences. Their squares are asked for.",
            "Take .square() in place of .abs().",
        ),
    ),
    equivalents=(_by_lookup, _by_one_hot, _signal_and_noise, _in_float32),
)
