"""The bound of the absorbing kernel in continuous time, and the same bound with an exact number of hidden places.

Written for large vocabularies: logits hold a column for each word and none for the mask, and beside one tensor of
their size for the gradient (the log-softmax) nothing of that size is kept. Hidden rows could be gathered before the
softmax: it saves half the memory on average, but the shape then depends on the draw, and a GPU waits for it.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from textdiff_lite.objectives.errors import cross_entropy
from textdiff_lite.processes import Absorbing
from textdiff_lite.processes.process import check_times
from textdiff_lite.processes.tokens import check_ids
from textdiff_lite.schedules import positions, wide
from textdiff_lite.schedules.times import at_least_one
from textdiff_lite.shapes import Ids, PerToken, Time


def masked_bound(process: Absorbing, logits: Float[Tensor, "B L words"], x0: Ids, x_t: Ids, t: Time) -> PerToken:
    """The bound of the chain with infinitely many steps, estimated at one time: nats per token, [B, L].

        weight(t) * -log belief(x_0),   weight(t) = -alpha_bar'(t) / (1 - alpha_bar(t)),   at hidden places

    and exactly 0 elsewhere. Its mean over t uniform in (0, 1] is the bound, but for the prior term of `bound`, which is
    0 if alpha_bar(1) = 0. logits: one for each word and none for the mask; they need not be normalised.

    Any schedule serves that can be differentiated; it may look at the place and at the word. If it looks at the word,
    the limit of the KL of a small step, with w_v the weight of word v and v = x_0, is

        w_v (-log belief_v) + sum over words u of belief_u w_u - w_v

    whose last two terms cancel if all words weigh the same. They alone cost further tensors of the size of the logits.

    The weight grows like 1 / t. A place at t = 0 is given and costs nothing.
    Raises ValueError if logits do not hold one number for each word; on the CPU, if a place is hidden at a time when
    nothing is destroyed yet (t = 0), or a time lies outside [0, 1].
    Source: Shi et al. 2024 (2406.04329), also for schedules that look at the word; Sahoo et al. 2024 (2406.07524).
    """
    if logits.shape[-1] != process.words:
        raise ValueError(f"logits must hold a number for each of the {process.words} words, got {logits.shape[-1]}")
    check_times(t)
    hidden = x_t == process.mask
    rates = _reveal_rates(process, t, x0.shape[1])
    by_word = rates.shape[-1] > 1
    own = rates.expand(*x0.shape, -1).gather(-1, (x0 if by_word else torch.zeros_like(x0))[..., None]).squeeze(-1)
    weight = torch.where(hidden, own, 0.0)
    _check_hidden(weight, t)
    nats = _weighed(weight, cross_entropy(logits, x0))
    if not by_word:
        return nats
    # a word that is not destroyed yet cannot be what is hidden
    mean = (logits.softmax(-1) * torch.where(rates < torch.inf, rates, 0.0).to(logits)).sum(-1)
    return nats + torch.where(hidden, mean - weight.to(mean), 0.0)


def exact_count_bound(logits: Float[Tensor, "B L words"], x0: Ids, x_t: Ids, mask: int) -> PerToken:
    """The bound from rows of which a known number of places is hidden: L / n * -log belief(x_0) at the n of a row.

    Nats per token, [B, L], exactly 0 at places that are seen. Its mean over n uniform on 1 .. L and all sets of n
    places is the bound of `masked_bound` for a belief that ignores t and any schedule from 1 to 0 that is the same for
    all words and places: integrating over t turns C(L, n) (1 - alpha_bar)^n alpha_bar^(L - n) into 1 / n.
    The noise in the number of hidden places is gone, so a batch's mean varies far less.
    Source: Hoogeboom et al. 2021 (2110.02037); Zheng et al. 2024 (2409.02908).
    """
    hidden = x_t == mask
    n = hidden.sum(1, keepdim=True)
    return _weighed(torch.where(hidden, x0.shape[1] / n, 0.0), cross_entropy(logits, x0))


def hide_exactly(x0: Ids, count: Int[Tensor, "B 1"], mask: int, keys: Float[Tensor, "B L"]) -> Ids:
    """x_t with `count` hidden places in each row: those with the smallest keys.

    keys: independent uniform numbers; all sets of `count` places are then equally likely. Better in float64, where no
    two keys are equal: the order of equal ones is not random.
    Raises ValueError, on the CPU, if a count lies outside [0, L], or x0 holds the mask or an id above it.
    """
    check_ids("x0", x0, mask)
    if x0.device.type == "cpu" and not ((count >= 0) & (count <= x0.shape[1])).all():
        raise ValueError(f"count must lie in [0, {x0.shape[1]}], got [{int(count.min())}, {int(count.max())}]")
    rank = keys.argsort(-1).argsort(-1)
    return torch.where(rank < count, mask, x0)


def stratified_counts(n: int, length: int, generator: torch.Generator) -> Int[Tensor, "n 1"]:
    """How many places to hide in each of n rows: uniform on 1 .. length each, spread evenly over the rows.

    [n, 1], on the generator's device. One number in each n-th of the range, with an offset of its own; which row gets
    which part turns round by chance. One offset for all, as in `schedules.stratified_times`, would be as right, but the
    batch's mean varies about sqrt(n) times as much: there the noise of the places hides it, here nothing does.
    Raises ValueError if n or length is below 1.
    """
    at_least_one("n", n)
    at_least_one("length", length)
    device = generator.device
    part = (torch.arange(n, device=device) + torch.randint(n, (1,), generator=generator, device=device)) % n
    u = (part + torch.rand(n, generator=generator, dtype=torch.float64, device=device)) / n
    # the last part's end may round up to 1
    return ((u * length).long() + 1).clamp(max=length)[:, None]


def _weighed(weight: Tensor, nats: Tensor) -> Tensor:
    # 0 times inf: an impossible word where nothing is asked costs nothing, and gives no gradient
    return weight.to(nats) * torch.where(weight > 0, nats, 0.0)


def _check_hidden(weight: Tensor, t: Time) -> None:
    # on the CPU alone: a GPU would be waited for
    if weight.device.type == "cpu" and (early := weight == torch.inf).any():
        at = float(t.expand_as(weight)[early][0])
        raise ValueError(f"x_t must not be hidden before anything is destroyed, but is at t = {at:g}")


def _reveal_rates(process: Absorbing, t: Time, length: int) -> Tensor:
    """The weight of every word at every place, float64 [B or 1, L or 1, words or 1]; inf where nothing is destroyed."""
    word = torch.arange(process.words, device=t.device)[None, None]
    place = positions(length, t.device)[..., None]
    # inference mode would drop the slope
    with torch.inference_mode(False), torch.enable_grad():
        u = wide(t.detach())[..., None].clone()
        probe = process.alpha_bar(u, word=word, position=place)
        # a time for each number of the answer, so that the gradient of their sum holds the slope of each
        u = u.expand(probe.shape).clone().requires_grad_()
        a = process.alpha_bar(u, word=word, position=place)
        if not a.requires_grad:
            raise ValueError("alpha_bar must be a differentiable function of t, got one without a slope")
        learns = probe.requires_grad
        (slope,) = torch.autograd.grad(a.sum(), u, create_graph=learns)
        a = a if learns else a.detach()
        destroyed = a < 1
        return torch.where(destroyed, -slope / torch.where(destroyed, 1 - a, 1.0), torch.inf)
