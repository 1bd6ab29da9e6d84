"""Exercise: what a masked model pays, weighed so that on average it is a bound."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textdiff_lite.course.exercise import Case, Exercise, Mistake, Seen


def masked_bound(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    """Nats of each place: −ln belief(x0) / t where x_t is hidden, 0 where it is seen.

    log_belief [B, L, V] holds log-probabilities of the words (mask is none of them), x0 and x_t are ids [B, L], t is
    [B, 1] above 0. The result is [B, L] and has a gradient. At t = 0.5 a hidden place whose word was given belief ¼
    costs 2 ln 4 = 2.77. Source: Shi et al. 2024 (2406.04329) and Sahoo et al. 2024 (2406.07524), for alpha_bar = 1 − t.
    """
    nats = -log_belief.gather(-1, x0[..., None])[..., 0]
    return torch.where(x_t == mask, nats / t, 0.0)


def of_the_word(log_belief: Tensor, ids: Tensor) -> Tensor:
    """−ln of the belief in these words, [B, L]."""
    return -log_belief.gather(-1, ids[..., None])[..., 0]


def _by_loops(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    nats = torch.zeros(x0.shape, dtype=torch.float64)
    for row, time in enumerate(t[:, 0].tolist()):
        for place, word in enumerate(x0[row].tolist()):
            if int(x_t[row, place]) == mask:
                nats[row, place] = -log_belief[row, place, word] / time
    return nats


def _by_nll_loss(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    nats = torch.nn.functional.nll_loss(log_belief.transpose(1, 2), x0, reduction="none")
    return (nats / t).masked_fill(x_t != mask, 0)


def _by_one_hot(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    # only where the place is hidden, so that 0 · ∞ can't come at a seen one
    true = torch.nn.functional.one_hot(x0, log_belief.shape[-1]).bool() & (x_t == mask)[..., None]
    return torch.where(true, -log_belief, 0.0).sum(-1) / t


def _by_a_product(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    return (x_t == mask) * of_the_word(log_belief, x0) / t


def _at_the_hidden_ones(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    hidden = x_t == mask
    out = torch.zeros(x0.shape, dtype=log_belief.dtype)
    rows, columns = hidden.nonzero(as_tuple=True)
    out[rows, columns] = -log_belief[rows, columns, x0[hidden]] / t[rows, 0]
    return out


def _weighed(
    log_belief: Tensor,
    x0: Tensor,
    x_t: Tensor,
    t: Tensor,
    mask: int,
    *,
    weight: Callable[[Tensor, Tensor], Tensor] = lambda t, hidden: 1 / t,
    where: Callable[[Tensor], Tensor] = lambda hidden: hidden,
) -> Tensor:
    """The bound with another weight, or at other places."""
    hidden = x_t == mask
    return torch.where(where(hidden), of_the_word(log_belief, x0) * weight(t, hidden), 0.0)


def _number(t: Tensor, hidden: Tensor) -> Tensor:
    del t
    return hidden.sum(1, keepdim=True)


def _target_x_t(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    del x0
    return torch.where(x_t == mask, of_the_word(log_belief, x_t) / t, 0.0)


def _target_by_one_hot(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    del x0
    chosen = torch.nn.functional.one_hot(x_t, mask + 1)[..., : log_belief.shape[-1]].bool()
    return torch.where(chosen & (x_t == mask)[..., None], -log_belief, 0.0).sum(-1) / t


def _the_likeliest(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    del x0
    return torch.where(x_t == mask, -log_belief.amax(-1) / t, 0.0)


def _probability(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    return torch.where(x_t == mask, (-of_the_word(log_belief, x0)).exp() / t, 0.0)


def _minus_probability(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    return masked_bound(log_belief.exp(), x0, x_t, t, mask)


def _floored(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    nats = -((-of_the_word(log_belief, x0)).exp() + 1e-9).log()
    return torch.where(x_t == mask, nats / t, 0.0)


def _mean_of_the_row(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    nats = masked_bound(log_belief, x0, x_t, t, mask)
    return nats.mean(1, keepdim=True).expand_as(nats)


def _no_gradient(log_belief: Tensor, x0: Tensor, x_t: Tensor, t: Tensor, mask: int) -> Tensor:
    return masked_bound(log_belief.detach(), x0, x_t, t, mask)


NATS = "the nats of each place"
INFINITE = "infinite where the true word was ruled out (1: yes)"
GRADIENT = "there is a gradient with respect to log_belief (1: yes)"


def _observe(result: Any, arguments: tuple) -> Seen:
    log_belief, x0, x_t, _, mask = arguments
    hidden = x_t == mask
    nats = result.detach().double()
    if not hidden.any():
        # of nothing hidden a mean is 0/0: people who take one are told elsewhere
        return {NATS: nats.nan_to_num(nan=0.0)}
    # what a floor puts in the place of infinity depends on the floor
    forbidden = hidden & of_the_word(log_belief.detach(), x0).isinf()
    seen: Seen = {GRADIENT: torch.tensor(float(result.requires_grad)), NATS: torch.where(forbidden, 0.0, nats)}
    if forbidden.any():
        seen[INFINITE] = (nats[forbidden] == torch.inf).double()
    return seen


def _cases(generator: torch.Generator) -> list[Case]:
    def case(
        says: str, B: int, L: int, V: int, t: list[float], hidden: list[list[int]], ruled_out: bool = False
    ) -> Case:
        x0 = torch.randint(V, (B, L), generator=generator)
        x_t = x0.clone()
        for row, its_places in enumerate(hidden):
            x_t[row, its_places] = V
        belief = torch.randn(B, L, V, generator=generator, dtype=torch.float64).log_softmax(-1)
        if ruled_out:
            place = hidden[0][0]
            belief[0, place, x0[0, place]] = -torch.inf

        def arguments() -> tuple:
            times = torch.tensor(t, dtype=torch.float64)[:, None]
            return belief.clone().requires_grad_(), x0.clone(), x_t.clone(), times, V

        return Case(says, arguments)

    return [
        case("one row of 2 places, both seen, t = 0.1", 1, 2, 3, [0.1], [[]]),
        case("one hidden place, t = 0.25", 1, 1, 3, [0.25], [[0]]),
        case("a row of 4 places, 2 hidden, t = 0.8", 1, 4, 3, [0.8], [[1, 2]]),
        case("3 rows of 5 places with different t", 3, 5, 4, [0.1, 0.6, 0.9], [[4], [0, 1, 3], [0, 1, 2, 4]]),
        case("4 rows of 4 places, V = 4", 4, 4, 4, [0.2, 0.3, 0.7, 1.0], [[1], [0, 2], [1, 2, 3], [0, 1, 2, 3]]),
        case("2 rows of 3 places, a true word ruled out", 2, 3, 4, [0.3, 0.7], [[1], [0, 2]], ruled_out=True),
    ]


def _quarter(t: float, hidden: bool) -> tuple[Tensor, Tensor, Tensor, Tensor, int]:
    """One row of two places, of which the second is seen; the belief is ¼ in each of four words."""
    belief = torch.full((1, 2, 4), 0.25, dtype=torch.float64).log()
    x0 = torch.tensor([[2, 1]])
    return belief, x0, torch.tensor([[4 if hidden else 2, 1]]), torch.tensor([[t]], dtype=torch.float64), 4


def _seen_is_free(answer: Callable) -> str | None:
    got = float(answer(*_quarter(0.5, True))[0, 1])
    if abs(got) < 1e-9:
        return None
    return f"A place that is seen has nothing to guess, and costs 0. With belief ¼ in its word yours says {got:.3g}."


def _a_worked_value(answer: Callable) -> str | None:
    for t in (0.5, 0.2):
        got, right = float(answer(*_quarter(t, True))[0, 0]), math.log(4) / t
        if abs(got - right) > 1e-4:
            average = f" A place is hidden in {100 * t:.0f} % of the draws, so on average yours costs {got * t:.3g}; "
            return (
                f"A hidden place with belief ¼ in its word, t = {t:g}: ln 4 = 1.386, over t is {right:.3f}. Yours says "
                f"{got:.4g}.{average}it should be ln 4, what the word costs."
            )
    return None


def _never_below_0(answer: Callable) -> str | None:
    belief = torch.tensor([[[0.9, 0.1]]], dtype=torch.float64).log()
    got = float(answer(belief, torch.zeros(1, 1).long(), torch.full((1, 1), 2), torch.ones(1, 1).double(), 2)[0, 0])
    return f"A cost is never below 0. With belief 0.9 in the true word yours says {got:.3g}." if got < 0 else None


def _many_hidden(answer: Callable) -> str | None:
    belief = torch.full((1, 3, 4), 0.25, dtype=torch.float64).log()
    x0, x_t = torch.tensor([[0, 1, 2]]), torch.tensor([[4, 4, 4]])
    got = float(answer(belief, x0, x_t, torch.tensor([[0.5]]).double(), 4).sum())
    right = 3 * 2 * math.log(4)
    if abs(got - right) < 1e-4:
        return None
    return (
        f"Three hidden places at t = 0.5, each with belief ¼ in its word, cost 3 · 2 · ln 4 = {right:.3f} together. "
        f"Yours cost {got:.4g}."
    )


def _the_true_word(answer: Callable) -> str | None:
    belief = torch.tensor([[[0.9, 0.1]]], dtype=torch.float64).log()
    got = float(answer(belief, torch.ones(1, 1).long(), torch.full((1, 1), 2), torch.ones(1, 1).double(), 2)[0, 0])
    if abs(got - math.log(10)) < 1e-4:
        return None
    return f"A hidden place with belief 0.1 in its word costs ln 10 = 2.303 at t = 1. Yours says {got:.4g}."


def _each_row_its_own(answer: Callable) -> str | None:
    belief = torch.full((2, 3, 4), 0.25, dtype=torch.float64).log()
    t = torch.tensor([[0.5], [0.1]], dtype=torch.float64)
    got = answer(belief, torch.zeros(2, 3).long(), torch.full((2, 3), 4), t, 4)[:, 0].tolist()
    right = [math.log(4) / 0.5, math.log(4) / 0.1]
    if max(abs(a - b) for a, b in zip(got, right, strict=True)) < 1e-4:
        return None
    return (
        "Two rows of hidden places with belief ¼, the first at t = 0.5, the second at t = 0.1, cost "
        f"{right[0]:.3f} and {right[1]:.3f} a place. Yours cost {got[0]:.4g} and {got[1]:.4g}."
    )


def _ruled_out(answer: Callable) -> str | None:
    belief = torch.tensor([[[0.0, 1.0]]], dtype=torch.float64).log()
    got = float(answer(belief, torch.zeros(1, 1).long(), torch.full((1, 1), 2), torch.ones(1, 1).double(), 2)[0, 0])
    if got == math.inf:
        return None
    return (
        f"A model that is certain that a word will not come, and sees it come, pays infinitely much. Yours: {got:.4g}."
    )


def _free_of_nan(answer: Callable) -> str | None:
    belief, x0, x_t, t, mask = _quarter(0.5, True)
    belief[0, 1, x0[0, 1]] = -torch.inf
    if answer(belief, x0, x_t, t, mask)[0, 1].isnan():
        return (
            "at a seen place whose word has belief 0 it gives nan, since 0 · ∞ is not 0 here. Nobody asked about that "
            "place; torch.where leaves it out."
        )
    return None


EXERCISE = Exercise(
    key="mask.masked_bound",
    minutes=15,
    difficulty=2,
    idea="Few hidden places stand for many: what is hidden with probability t counts 1/t.",
    established="Your loss costs on average, over t, what the model needs for a sentence, or more: it is a bound.",
    reference=masked_bound,
    cases=_cases,
    observe=_observe,
    truth=_by_loops,
    laws=(
        _never_below_0,
        _seen_is_free,
        _a_worked_value,
        _many_hidden,
        _the_true_word,
        _each_row_its_own,
        _ruled_out,
    ),
    remarks=(_free_of_nan,),
    needs=("mask.hide",),
    hints=(
        "Two questions for each place: is it hidden in x_t, and how surprised is the model by the word of x0 there?",
        "−log_belief at the word of x0, divided by t; where x_t is not the mask, 0. t [B, 1] meets [B, L] row by row.",
        "nats = -log_belief.gather(-1, x0[..., None])[..., 0]; then torch.where(x_t == mask, …, 0.0).",
    ),
    mistakes=(
        Mistake(
            "all_positions",
            partial(_weighed, where=torch.ones_like),
            "All places are counted. What is seen in x_t need not be guessed, and costs nothing.",
            "Put 0 where x_t != mask.",
        ),
        Mistake(
            "seen_positions",
            partial(_weighed, where=torch.logical_not),
            "The places that are seen are counted, and the hidden ones are not.",
            "Count where x_t == mask.",
        ),
        Mistake(
            "weight_1",
            partial(_weighed, weight=lambda t, hidden: torch.ones_like(t)),
            "The hidden places are counted with weight 1. A place is hidden with probability t only, so on average you "
            "count t of it.",
            "Divide the nats by t.",
        ),
        Mistake(
            "weight_t",
            partial(_weighed, weight=lambda t, hidden: t),
            "The hidden places are weighed with t. The rarer a place is hidden, the more its turn must count: 1/t.",
            "Divide the nats by t.",
        ),
        Mistake(
            "weight_of_the_seen",
            partial(_weighed, weight=lambda t, hidden: 1 / (1 - t)),
            "The weight is 1/(1 − t), one over the share that is seen. Counted are the hidden places, and their share "
            "is t.",
            "Divide the nats by t.",
        ),
        Mistake(
            "over_number_masked",
            partial(_weighed, weight=lambda t, hidden: 1 / _number(t, hidden)),
            "You divided by the number of hidden places. That makes a mean over them, in which a word counts the less "
            "the more are hidden with it.",
            "Divide by t, the same for all places of the row.",
        ),
        Mistake(
            "exact_count_weight",
            partial(_weighed, weight=lambda t, hidden: hidden.shape[1] / _number(t, hidden)),
            "The weight is L over the number of hidden places. That belongs to a count chosen beforehand; here each "
            "place was hidden by itself with probability t, and the weight is 1/t.",
            "Divide the nats by t.",
        ),
        Mistake(
            "twice_weighed",
            partial(_weighed, weight=lambda t, hidden: 1 / (t * _number(t, hidden))),
            "You divided by t and by the number of hidden places.",
            "Divide the nats by t alone.",
        ),
        Mistake(
            "over_length",
            partial(_weighed, weight=lambda t, hidden: 1 / (t * hidden.shape[1])),
            "The nats are divided by L. The result is asked place by place; who takes the mean divides.",
            "Leave the division by L out.",
        ),
        Mistake(
            "mean_of_the_row",
            _mean_of_the_row,
            "Each place has the mean of its row. The nats of each place by itself are asked for.",
            "Leave out the mean over the row.",
        ),
        Mistake(
            "sign",
            partial(_weighed, weight=lambda t, hidden: -1 / t),
            "The sign is wrong: a logarithm of a probability is below 0, a cost is above.",
            "Put a minus before log_belief.",
        ),
        Mistake(
            "target_x_t",
            _target_x_t,
            "You asked for the belief in the word of x_t. There stands the mask, which is no word: the model is to "
            "guess the word of x0.",
            "Gather log_belief at x0.",
        ),
        Mistake(
            "nothing_counted",
            _target_by_one_hot,
            "Your result is 0 everywhere. So it is if one looks for the word of x_t, which at a hidden place is none.",
            "Look for the word of x0 where x_t == mask.",
        ),
        Mistake(
            "the_likeliest",
            _the_likeliest,
            "You took the belief in the likeliest word. The cost is that of the true one, x0.",
            "Gather log_belief at x0.",
        ),
        Mistake(
            "no_logarithm",
            _probability,
            "You counted the probability of the true word, not −ln of it: the surer the model, the more it would pay.",
            "log_belief holds logarithms already; put a minus before them.",
        ),
        Mistake(
            "exp_for_log",
            _minus_probability,
            "You counted −exp(log_belief)/t, minus the probability of the true word: exp undoes the logarithm.",
            "log_belief holds logarithms already: leave out the exp, and put a minus before them.",
        ),
        Mistake(
            "bits",
            partial(_weighed, weight=lambda t, hidden: 1 / (t * math.log(2))),
            "Your figure is in bits: it was divided by ln 2. Nats are asked for.",
            "Leave out the division by ln 2.",
        ),
        Mistake(
            "time_of_the_first_row",
            partial(_weighed, weight=lambda t, hidden: 1 / t[:1]),
            "All rows are divided by the t of the first.",
            "Divide by the whole t: [B, 1] meets [B, L] row by row.",
        ),
        Mistake(
            "along_the_places",
            partial(_weighed, weight=lambda t, hidden: 1 / t.squeeze(-1)),
            "t was squeezed to shape [B], and lies along the places. Where B = L nothing is raised, and each column "
            "gets the t of a row.",
            "Leave t in its shape, [B, 1].",
        ),
        Mistake(
            "floored",
            _floored,
            "Your cost is finite where the model ruled out the true word: something small was added to the "
            "probability, or a clamp held it up.",
            "Leave the logarithm as it is, and infinity standing.",
        ),
        Mistake(
            "no_gradient",
            _no_gradient,
            "The figure is right and has no gradient: it was detached, or made of Python numbers. A loss must lead "
            "back to what the model said.",
            "Compute with log_belief itself, without .item(), .tolist() or .detach().",
        ),
    ),
    equivalents=(_by_loops, _by_nll_loss, _by_one_hot, _by_a_product, _at_the_hidden_ones),
)
