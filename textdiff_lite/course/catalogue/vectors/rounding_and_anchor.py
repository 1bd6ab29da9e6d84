"""Exercise: what ties vectors to words, once at the clean vector and once at the network's belief."""

import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen

FAR = 750.0  # nats beyond which a probability is 0 in floating point


def rounding_and_anchor(x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """L_round and L_anchor, [B, L] each, in nats: −ln p(w | x) of the true word w, at x_0 and at the belief x̂_0.

    x0 and x0_hat are vectors [B, L, D], ids [B, L] the true words. p(w | x) = softmax(x · e_w + b_w) over the V words,
    with the rows e_w of table [V, D] and bias [V]. With the words e = 0 and e = ln 3 in one dimension, b = 0 and
    w = 1, the vector x = 1 has probability 3/4 of its word and costs 0.288; x̂ = 0 costs ln 2 = 0.693.
    Source: Li et al. 2022 (2205.14217), section 4.2; Gao et al. 2022 (2212.09412).
    """

    def nats(x: Tensor) -> Tensor:
        log_p = (x @ table.T + bias).log_softmax(-1)
        return -log_p.gather(-1, ids[..., None])[..., 0]

    return nats(x0), nats(x0_hat)


def _by_loops(x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """A truth without softmax: the odds against the true word, summed word by word."""

    def nats(x: Tensor) -> Tensor:
        rows = []
        for row, words in zip(x, ids.tolist(), strict=True):
            places = []
            for vector, w in zip(row, words, strict=True):
                against = [vector @ (e - table[w]) + b - bias[w] for e, b in zip(table, bias, strict=True)]
                worst = torch.stack(against).max()
                places.append(worst + torch.stack([(odds - worst).exp() for odds in against]).sum().log())
            rows.append(torch.stack(places))
        return torch.stack(rows)

    return nats(x0), nats(x0_hat)


def _by_cross_entropy(x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    r, a = (F.cross_entropy(F.linear(x, table, bias).transpose(1, 2), ids, reduction="none") for x in (x0, x0_hat))
    return r, a


def _by_logsumexp(x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    both = torch.stack([x0, x0_hat])
    logits = torch.einsum("nbld,vd->nblv", both, table) + bias
    own = (both * table[ids]).sum(-1) + bias[ids]
    r, a = logits.logsumexp(-1) - own
    return r, a


def _flattened(x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    logits = torch.cat([x0, x0_hat]).float().flatten(0, 1) @ table.float().T + bias.float()
    nats = F.cross_entropy(logits, torch.cat([ids, ids]).flatten(), reduction="none").view(2, *ids.shape)
    return nats[0], nats[1]


Nats = Callable[[Tensor, Tensor], Tensor]
"""nats(logits [B, L, V], ids [B, L]) -> what the word costs, [B, L]."""


def _minus_log(logits: Tensor, ids: Tensor) -> Tensor:
    return -_own(logits.log_softmax(-1), ids)


def _own(of_words: Tensor, ids: Tensor) -> Tensor:
    return of_words.gather(-1, ids[..., None])[..., 0]


def _products(x: Tensor, table: Tensor, bias: Tensor) -> Tensor:
    return x @ table.T + bias


def _both(
    x0: Tensor,
    x0_hat: Tensor,
    table: Tensor,
    bias: Tensor,
    ids: Tensor,
    *,
    logits: Callable[[Tensor, Tensor, Tensor], Tensor] = _products,
    nats: Nats = _minus_log,
    at: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda x0, x0_hat: (x0, x0_hat),
    of: Callable[[Tensor, Tensor], Tensor | tuple] = lambda r, a: (r, a),
) -> Tensor | tuple:
    """The two losses with one part exchanged: the logits, what a word costs, the vectors, what is made of the two."""
    r, a = (nats(logits(x, table, bias), ids) for x in at(x0, x0_hat))
    return of(r, a)


def _over_places(logits: Tensor, ids: Tensor) -> Tensor:
    return -_own(logits.log_softmax(1), ids)


def _classes_second(logits: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(logits, ids, reduction="none")


def _likeliest(logits: Tensor, ids: Tensor) -> Tensor:
    del ids
    return -logits.log_softmax(-1).amax(-1)


def _softmax_twice(logits: Tensor, ids: Tensor) -> Tensor:
    return _minus_log(logits.softmax(-1), ids)


def _floored(logits: Tensor, ids: Tensor) -> Tensor:
    return -(_own(logits.softmax(-1), ids) + 1e-9).log()


def _by_distance(x: Tensor, table: Tensor, bias: Tensor) -> Tensor:
    return -(x[..., None, :] - table).square().sum(-1) + bias


def _by_half_distance(x: Tensor, table: Tensor, bias: Tensor) -> Tensor:
    return -(x[..., None, :] - table).square().sum(-1) / 2 + bias


def _with_the_bias_of_bayes(x: Tensor, table: Tensor, bias: Tensor) -> Tensor:
    del bias
    return x @ table.T - table.square().sum(-1) / 2


def _nearest_word(x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    del ids
    r, a = (_minus_log(_products(x, table, bias), torch.cdist(x, table).argmin(-1)) for x in (x0, x0_hat))
    return r, a


def _table_detached(x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    return rounding_and_anchor(x0, x0_hat, table.detach(), bias, ids)


def _table_detached_in_anchor(
    x0: Tensor, x0_hat: Tensor, table: Tensor, bias: Tensor, ids: Tensor
) -> tuple[Tensor, Tensor]:
    return rounding_and_anchor(x0, x0, table, bias, ids)[0], _table_detached(x0, x0_hat, table, bias, ids)[1]


NAMES = ("L_round", "L_anchor")


def _observe(result: tuple[Tensor, Tensor], arguments: tuple) -> Seen:
    x0, x0_hat, table, bias, ids = arguments
    sources = {"x0": x0, "x0_hat": x0_hat, "the table": table, "the bias": bias}
    truth = [_minus_log(_products(x, table, bias), ids).detach() for x in (x0, x0_hat)]
    seen: Seen = {}
    for name, nats, right in zip(NAMES, result, truth, strict=True):
        got = nats.detach().double()
        # how far a floor or an overflow goes hangs on the floor
        cut = (right > FAR) & ((got < right / 2) | got.isinf())
        seen[name] = torch.where(cut, FAR, got)
    if any(bool((right > FAR).any()) for right in truth):
        return seen
    scale = 1 + torch.arange(ids.numel(), dtype=torch.float64).view(ids.shape) / 7  # else errors of places may cancel
    for name, nats in zip(NAMES, result, strict=True):
        slopes = _slopes((scale * nats).sum(), list(sources.values()))
        seen |= {f"the gradient of {name} in {source}": g for source, g in zip(sources, slopes, strict=True)}
    return seen


def _slopes(total: Tensor, sources: list[Tensor]) -> list[Tensor]:
    """The gradient in each of them, zeros where there is none."""
    if not total.requires_grad:
        return [torch.zeros_like(source) for source in sources]
    slopes = torch.autograd.grad(total, sources, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(s) if g is None else g for s, g in zip(sources, slopes, strict=True)]


def _cases(generator: torch.Generator) -> list[Case]:
    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    def case(says: str, B: int, L: int, V: int, D: int, stretch: float = 1.0) -> Case:
        table = normal(V, D) * (0.3 + 1.5 * torch.rand(V, 1, generator=generator, dtype=torch.float64))
        ids = torch.randint(V, (B, L), generator=generator)
        x0 = table[ids] + 0.1 * normal(B, L, D)
        x0_hat = stretch * (x0 + 0.7 * normal(B, L, D))
        parts = (x0, x0_hat, table, normal(V))

        def arguments() -> tuple:
            return (*(part.clone().requires_grad_() for part in parts), ids.clone())

        return Case(says, arguments)

    return [
        case("one place, V = 2, D = 1", 1, 1, 2, 1),
        case("x0 [2, 3, 4] and V = 5", 2, 3, 5, 4),
        case("x0 [3, 3, 3] and V = 3", 3, 3, 3, 3),
        case("x0 [4, 2, 6] and V = 7", 4, 2, 7, 6),
        case("x0 [2, 2, 3], V = 6, and beliefs that are far off", 2, 2, 6, 3, stretch=-400.0),
    ]


def _line(*, x0: float, x0_hat: float, bias: tuple[float, float] = (0.0, 0.0)) -> tuple:
    """The words e = 0 and e = ln 3 on a line, of which the second is the true one; all of it has a gradient."""
    table = torch.tensor([[0.0], [math.log(3)]], dtype=torch.float64)
    vectors = (torch.tensor([[[value]]], dtype=torch.float64) for value in (x0, x0_hat))
    parts = (*vectors, table, torch.tensor(bias, dtype=torch.float64))
    return (*(part.requires_grad_() for part in parts), torch.ones(1, 1, dtype=torch.long))


def _worked_values(answer: Callable) -> str | None:
    for x0, x0_hat in ((1.0, 0.0), (1.0, 2.0), (0.0, -1.0)):
        got = [part.item() for part in answer(*_line(x0=x0, x0_hat=x0_hat))]
        right = [math.log1p(3**-x) for x in (x0, x0_hat)]
        if max(abs(one - other) for one, other in zip(got, right, strict=True)) > 1e-4:
            return (
                "The words lie at 0 and ln 3 on a line, without a bias, and the true one is the second. At x_0 = "
                f"{x0:g} and x̂_0 = {x0_hat:g} it has the probabilities {math.exp(-right[0]):.3f} and "
                f"{math.exp(-right[1]):.3f}, so (r, a) = ({right[0]:.3f}, {right[1]:.3f}). Yours is ({got[0]:.3f}, "
                f"{got[1]:.3f})."
            )
    return None


def _bias_counts(answer: Callable) -> str | None:
    got = answer(*_line(x0=0.0, x0_hat=0.0, bias=(0.0, math.log(4))))[0].item()
    if abs(got - math.log(1.25)) < 1e-4:
        return None
    return (
        "At x_0 = 0 the vectors say nothing, and a bias of ln 4 makes the true word four times as probable as the "
        f"other: it costs ln 1.25 = 0.223. Yours costs {got:.3f}."
    )


def _places_apart(answer: Callable) -> str | None:
    table = torch.tensor([[0.0], [math.log(3)]], dtype=torch.float64)
    x = torch.tensor([[[0.0], [1.0]]], dtype=torch.float64)
    got = answer(x, x, table, torch.zeros(2, dtype=torch.float64), torch.tensor([[1, 1]]))[0].flatten().tolist()
    right = [math.log(2), math.log(4 / 3)]
    if len(got) == 2 and max(abs(one - other) for one, other in zip(got, right, strict=True)) < 1e-4:
        return None
    return (
        "Two places, at 0 and 1, with the words 0 and ln 3, the true one the second, cost 0.693 and 0.288. Yours cost "
        f"{', '.join(f'{nats:.3f}' for nats in got)}."
    )


def _what_they_train(answer: Callable) -> str | None:
    arguments = _line(x0=1.0, x0_hat=0.0)
    x0, x0_hat, table = arguments[:3]
    r, a = answer(*arguments)
    (belief,), (clean, of_table) = _slopes(a.sum(), [x0_hat]), _slopes(r.sum(), [x0, table])
    if abs(float(belief) + math.log(3) / 2) > 1e-4:
        return (
            "The anchor trains the network: with the words 0 and ln 3, the true one the second, its gradient in x̂_0 "
            f"= 0 is −½ ln 3 = −0.549. Yours is {float(belief):.3g}."
        )
    if abs(float(of_table[1]) + 0.25) > 1e-4:
        return (
            "Rounding trains the table: with the words 0 and ln 3, the true one the second, and x_0 = 1, its gradient "
            f"in the true word's vector is −0.25. Yours is {float(of_table[1]):.3g}."
        )
    if abs(float(clean) + math.log(3) / 4) > 1e-4:
        return (
            "x_0 is made of the true word's vector, so rounding reaches the table through x_0 as well. With the words "
            f"0 and ln 3 its gradient in x_0 = 1 is −¼ ln 3 = −0.275. Yours is {float(clean):.3g}."
        )
    arguments = _line(x0=1.0, x0_hat=1.0)
    of_anchor = _slopes(answer(*arguments)[1].sum(), [arguments[2]])[0]
    if abs(float(of_anchor[1]) + 0.25) > 1e-4:
        return (
            "The anchor trains the table too: with x̂_0 = 1 its gradient in the true word's vector is −0.25. Yours is "
            f"{float(of_anchor[1]):.3g}."
        )
    return None


def _far_off(answer: Callable) -> str | None:
    got = answer(*_line(x0=0.0, x0_hat=-1000.0))[1].item()
    right = 1000 * math.log(3)
    if abs(got - right) < 0.1:
        return None
    return (
        f"At x̂_0 = −1000 the true word ln 3 has probability 3^−1000 and costs 1000 ln 3 = {right:.1f} nats. Yours "
        f"costs {got:.4g}: the probability was rounded to 0 before its logarithm was taken."
    )


EXERCISE = Exercise(
    key="vectors.rounding_and_anchor",
    minutes=15,
    difficulty=2,
    idea="One loss, asked at two places: at the clean vector it keeps words apart, at the belief it keeps the network "
    "among words.",
    established="Your two losses keep the words apart and the beliefs among them.",
    reference=rounding_and_anchor,
    cases=_cases,
    observe=_observe,
    truth=_by_loops,
    laws=(_worked_values, _bias_counts, _places_apart, _what_they_train, _far_off),
    hints=(
        "Both are the same function, of another vector. What does it give for one vector and its word?",
        "The logits of all words are x @ table.T + bias, [B, L, V]. Of their log_softmax the entry of the true word is "
        "wanted, with a minus.",
        "log_p = (x @ table.T + bias).log_softmax(-1), then -log_p.gather(-1, ids[..., None])[..., 0]; once for x0, "
        "once for x0_hat, and nothing detached.",
    ),
    mistakes=(
        Mistake(
            "exchanged",
            partial(_both, of=lambda r, a: (a, r)),
            "The two are exchanged: the first is taken at x̂_0 and the second at x_0. Rounding asks the clean vector, "
            "the anchor asks the belief.",
            "Return the loss at x0 first.",
        ),
        Mistake(
            "both_at_x0",
            partial(_both, at=lambda x0, x0_hat: (x0, x0)),
            "The anchor is taken at x_0. There it is rounding once more, and the network gets nothing of it.",
            "Take the second loss at x0_hat.",
        ),
        Mistake(
            "both_at_x0_hat",
            partial(_both, at=lambda x0, x0_hat: (x0_hat, x0_hat)),
            "Rounding is taken at x̂_0. That is the anchor; rounding asks whether the clean vector can be read.",
            "Take the first loss at x0.",
        ),
        Mistake(
            "x0_hat_detached",
            partial(_both, at=lambda x0, x0_hat: (x0, x0_hat.detach())),
            "x̂_0 is detached, so the anchor trains the table alone. It is there to train the network too.",
            "Leave out detach().",
        ),
        Mistake(
            "x0_detached",
            partial(_both, at=lambda x0, x0_hat: (x0.detach(), x0_hat)),
            "x_0 is detached. It is made of the true word's vector, which rounding then moves by one of its two ways "
            "only.",
            "Leave out detach().",
        ),
        Mistake(
            "table_detached",
            _table_detached,
            "The table is detached as the weight of the softmax. Then rounding moves no other word out of the way.",
            "Use table itself.",
        ),
        Mistake(
            "table_detached_in_anchor",
            _table_detached_in_anchor,
            "The table is detached in the anchor, which then trains the network alone.",
            "Use table itself in both.",
        ),
        Mistake(
            "sign",
            partial(_both, of=lambda r, a: (-r, -a)),
            "The sign is missing: the logarithm of a probability is negative, and a loss made of it grows with the "
            "error.",
            "Put a minus before log_p.",
        ),
        Mistake(
            "the_nearest_word",
            _nearest_word,
            "The word that is asked for is the nearest to the vector. So a network that is wrong for sure pays "
            "nothing.",
            "Ask for the true word: gather at ids.",
        ),
        Mistake(
            "the_likeliest_word",
            partial(_both, nats=_likeliest),
            "The word that is asked for is the likeliest. So a network that is wrong for sure pays nothing.",
            "Ask for the true word: gather at ids.",
        ),
        Mistake(
            "no_bias",
            partial(_both, logits=lambda x, table, bias: x @ table.T),
            "The bias is left out. It lets a word be frequent without its vector growing long.",
            "Add bias to the logits.",
        ),
        Mistake(
            "distances",
            partial(_both, logits=_by_distance),
            "The logits are minus the squared distances. Here they are inner products and a bias.",
            "Take x @ table.T + bias.",
        ),
        Mistake(
            "half_distances",
            partial(_both, logits=_by_half_distance),
            "The logits are minus half the squared distances, and the bias beside them. So the −½|e|² that Bayes has "
            "for a noise of 1 is in them by force; here the bias is free to learn it, or not.",
            "Take x @ table.T + bias.",
        ),
        Mistake(
            "bias_of_bayes",
            partial(_both, logits=_with_the_bias_of_bayes),
            "In place of bias you took what Bayes has for a noise of 1 and words that are equally frequent, −½|e|². "
            "The bias is learnt, and may be any other.",
            "Take x @ table.T + bias.",
        ),
        Mistake(
            "logit_alone",
            partial(_both, nats=lambda logits, ids: -_own(logits, ids)),
            "The cost is minus the logit of the true word. What the other words get is not counted, so that it falls "
            "without end as the vectors grow.",
            "Take log_softmax(-1) of the logits first.",
        ),
        Mistake(
            "probability",
            partial(_both, nats=lambda logits, ids: _own(logits.softmax(-1), ids)),
            "You returned the probability of the true word. Its cost is minus the logarithm.",
            "Take log_softmax in place of softmax, and a minus.",
        ),
        Mistake(
            "one_minus_probability",
            partial(_both, nats=lambda logits, ids: 1 - _own(logits.softmax(-1), ids)),
            "You returned 1 minus the probability of the true word. In nats it is minus its logarithm.",
            "Take log_softmax in place of softmax, and a minus.",
        ),
        Mistake(
            "softmax_twice",
            partial(_both, nats=_softmax_twice),
            "A softmax was taken of probabilities: cross_entropy takes logits, and makes the softmax itself.",
            "Hand it x @ table.T + bias, without a softmax.",
        ),
        Mistake(
            "over_places",
            partial(_both, nats=_over_places),
            "The softmax runs over the places of a row. It is the words that compete.",
            "Take log_softmax over the last axis, -1.",
        ),
        Mistake(
            "classes_second",
            partial(_both, nats=_classes_second),
            "cross_entropy looks for the words on the second axis, and found the places there. Where L = V nothing is "
            "raised.",
            "Hand it logits.transpose(1, 2), [B, V, L].",
        ),
        Mistake(
            "bits",
            partial(_both, of=lambda r, a: (r / math.log(2), a / math.log(2))),
            "The costs are in bits. They are asked for in nats.",
            "Take the natural logarithm.",
        ),
        Mistake(
            "floored",
            partial(_both, nats=_floored),
            "A small number was added to the probability before its logarithm, or the probability was rounded to 0. A "
            "belief that is far off then costs as much as a middling one, or infinitely much, and has no gradient to "
            "bring it back.",
            "Take log_softmax(-1), which never forms the probability.",
        ),
        Mistake(
            "mean_over_places",
            partial(_both, nats=lambda logits, ids: _minus_log(logits, ids).mean()),
            "You returned a mean over rows and places. The cost of each place is asked for.",
            'Leave out .mean(), or give cross_entropy reduction="none".',
        ),
        Mistake(
            "added",
            partial(_both, of=lambda r, a: r + a),
            "You returned the sum of the two. Each by itself is asked for.",
            "Return both, as (r, a).",
        ),
    ),
    equivalents=(_by_loops, _by_cross_entropy, _by_logsumexp, _flattened),
)
