"""Any schedule in any process: one kind serves vectors and words, per sequence, token, word and place."""

import functools
import math

import pytest
import torch

from tests.oracle import times
from textdiff_lite.processes import Absorbing, Uniform, VPGaussian
from textdiff_lite.schedules import (
    Spindle,
    Tabulated,
    above,
    by_information,
    cosine,
    linear,
    mutual_information,
    positions,
    snr,
    sqrt,
    sqrt_released,
    stratified_times,
    time_at,
)

WORDS, LENGTH = 4, 3
IDS = torch.tensor([[0, 3, 1], [2, 2, 0]])
EYE = torch.eye(WORDS, dtype=torch.float64)
ROWS = torch.tensor([[1, 0.9, 0.5, 0.1, 0], [1, 0.6, 0.5, 0.5, 0.05], [1, 0.99, 0.2, 0.1, 0.01]], dtype=torch.float64)
SPINDLE = Spindle((9.0, 4.0, 2.0, 1.0), 0.25)


def towards_even(a: torch.Tensor) -> torch.Tensor:
    return a * EYE + (1 - a) / WORDS


SCHEDULES = {
    "cosine": cosine,
    "linear": linear,
    "sqrt": sqrt,
    "sqrt_released": sqrt_released(200),
    "mutual_information": mutual_information,
    "by_information": by_information(torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64), towards_even, 20),
    "spindle": SPINDLE,
    "tabulated": Tabulated(ROWS),
}
every_schedule = pytest.mark.parametrize("alpha_bar", SCHEDULES.values(), ids=SCHEDULES)

# s < t for a sequence, [B, 1], and for a token, [B, L]: starts and ends of time among them
JUMPS = {
    "sequence": (times(0.2, 0.55), times(0.7, 1.0)),
    "token": (
        torch.tensor([[0.0, 0.3, 0.5], [0.1, 0.0, 0.9]], dtype=torch.float64),
        torch.tensor([[0.4, 0.35, 1.0], [0.2, 0.0, 0.95]], dtype=torch.float64),
    ),
}
every_jump = pytest.mark.parametrize(("s", "t"), JUMPS.values(), ids=JUMPS)

GAUSSIAN = {f"{name}, scale {scale:g}": (a, scale) for name, a in SCHEDULES.items() for scale in (1.0, 4.0)} | {
    f"spindle of known words, scale {scale:g}": (functools.partial(SPINDLE, word=IDS), scale) for scale in (1.0, 4.0)
}
every_gaussian = pytest.mark.parametrize(("alpha_bar", "scale"), GAUSSIAN.values(), ids=GAUSSIAN)


def survival(alpha_bar, t: torch.Tensor, word: int | None, place: int, row: int) -> float:
    """alpha_bar at one token, asked with one number of each."""
    u = t.expand(2, LENGTH)[row, place]
    known = None if word is None else torch.tensor(word)
    return float(alpha_bar(u, word=known, position=torch.tensor(place)))


def tokens() -> list[tuple[int, int]]:
    return [(b, l) for b in range(2) for l in range(LENGTH)]


# vectors


@every_jump
@every_gaussian
def test_a_gaussian_holds_the_signal_and_the_noise_of_its_schedule(alpha_bar, scale, s, t):
    signal, noise = (part.expand(2, LENGTH, 1) for part in VPGaussian(alpha_bar, noise_scale=scale).level(t, LENGTH))
    curve = alpha_bar.func if isinstance(alpha_bar, functools.partial) else alpha_bar
    for b, l in tokens():
        a = survival(curve, t, None if curve is alpha_bar else int(IDS[b, l]), l, b)
        assert signal[b, l].item() == pytest.approx(math.sqrt(a), abs=1e-12)
        assert noise[b, l].item() == pytest.approx(scale * math.sqrt(1 - a), abs=1e-12)


@every_jump
@every_gaussian
def test_a_step_back_is_bayes_on_two_steps_forward(alpha_bar, scale, s, t):
    # x_t = keep x_s + noise of its own, so x_s and x_t are jointly normal, and their covariance is keep var(x_s)
    process = VPGaussian(alpha_bar, noise_scale=scale)
    x0, x_t = torch.tensor(1.7).double(), torch.tensor(-0.4).double()
    at_s, at_t = process.level(s, LENGTH), process.level(t, LENGTH)
    keep = at_t.signal / at_s.signal
    own = at_t.noise**2 - keep**2 * at_s.noise**2
    assert (own > -1e-12).all()
    state = torch.ones(2, LENGTH, 1, dtype=torch.float64)
    law = process.posterior(x_t * state, x0 * state, s, t)
    gain = torch.where(at_t.noise > 0, keep * at_s.noise**2 / at_t.noise.square().clamp(min=1e-300), 1.0)
    mean = at_s.signal * x0 + gain * (x_t - at_t.signal * x0)
    var = at_s.noise**2 - gain * keep * at_s.noise**2
    # where nothing happens in the step x_t is returned, whatever x_0 was
    moved = (at_s.signal > at_t.signal).expand(2, LENGTH, 1)
    torch.testing.assert_close(law.mean[moved], mean.expand(2, LENGTH, 1)[moved], rtol=0, atol=1e-9)
    torch.testing.assert_close(law.var[moved], var.expand(2, LENGTH, 1)[moved], rtol=0, atol=1e-9)
    assert (law.mean[~moved] == x_t).all()
    assert (law.var[~moved] == 0).all()


@every_jump
@every_gaussian
def test_a_step_back_from_the_noise_keeps_the_marginal(alpha_bar, scale, s, t):
    process = VPGaussian(alpha_bar, noise_scale=scale)
    w = process.posterior_weights(s, t, LENGTH)
    at_s, at_t = process.level(s, LENGTH), process.level(t, LENGTH)
    close = {"rtol": 0, "atol": 1e-10}
    torch.testing.assert_close(w.x0 + w.x_t * at_t.signal, at_s.signal.expand_as(w.x0), **close)
    torch.testing.assert_close(w.var + (w.x_t * at_t.noise) ** 2, (at_s.noise**2).expand_as(w.var), **close)


@pytest.mark.parametrize("scale", [1.0, 3.5, 4.0])
@every_schedule
def test_a_noise_factor_divides_the_signal_to_noise_ratio_by_its_square(alpha_bar, scale):
    t = torch.linspace(0.05, 1, 20, dtype=torch.float64)[:, None]
    signal, noise = VPGaussian(alpha_bar, noise_scale=scale).level(t, LENGTH)
    want = snr(alpha_bar(t, position=positions(LENGTH)))[..., None]
    torch.testing.assert_close((signal / noise) ** 2 * scale**2, want, rtol=1e-9, atol=0)


@pytest.mark.parametrize("scale", [1.0, 4.0])
@every_schedule
def test_times_above_the_noise_floor_are_as_noisy_as_it(alpha_bar, scale):
    # delta2 = noise^2 / signal^2 at the floor; asked with t alone, a table of places answers with its mean
    delta2 = 1 / 3
    floor = time_at(alpha_bar, torch.tensor(scale**2 / (scale**2 + delta2), dtype=torch.float64))
    assert 0 <= floor < 1
    t = above(stratified_times(64, torch.Generator().manual_seed(0), torch.float64), floor)
    a = alpha_bar(t)
    assert (scale**2 * (1 - a) > delta2 * a * (1 - 1e-9)).all()
    # and what lies just below the floor is less noisy, unless the schedule leaps over it
    a = alpha_bar(0.99 * floor)
    assert floor < 1e-12 or scale**2 * (1 - a) < delta2 * a


# words


def one_step(process, alpha_bar, t, b, l) -> torch.Tensor:
    """q(x_t | x_0) for every word x_0 at this token, written out, [words, states]."""
    keep = torch.tensor([survival(alpha_bar, t, v, l, b) for v in range(WORDS)], dtype=torch.float64)[:, None]
    if isinstance(process, Absorbing):
        return torch.cat([keep * EYE, 1 - keep], 1)
    return keep * EYE + (1 - keep) / WORDS


def between(process, alpha_bar, s, t, b, l, word: int) -> torch.Tensor:
    """q(x_t | x_s, x_0 = word), [states, states]: what is kept from s to t by a token that began as this word."""
    before, after = (survival(alpha_bar, u, word, l, b) for u in (s, t))
    keep = after / before if before > 0 else 1.0
    states = torch.eye(process.states, dtype=torch.float64)
    if isinstance(process, Absorbing):
        return keep * states + (1 - keep) * states[process.mask]
    return keep * states + (1 - keep) / WORDS


@every_jump
@every_schedule
@pytest.mark.parametrize("kernel", [Absorbing, Uniform])
def test_two_steps_of_words_are_one_and_a_step_back_is_bayes(kernel, alpha_bar, s, t):
    process = kernel(alpha_bar, WORDS)
    V = process.states
    for word in range(WORDS):
        x0 = torch.full((2, LENGTH), word)
        at_s, at_t = (process.corrupt(x0, u).log_probs.exp() for u in (s, t))
        back = torch.stack(
            [process.posterior(torch.full_like(x0, c), x0, s, t).log_probs.exp() for c in range(V)], 2
        )  # [B, L, x_t, x_s]
        seen = torch.stack([process.likelihood(torch.full_like(x0, c), t)[..., word] for c in range(V)], 2)
        torch.testing.assert_close(seen, at_t, rtol=0, atol=1e-12)
        for b, l in tokens():
            torch.testing.assert_close(at_t[b, l], one_step(process, alpha_bar, t, b, l)[word], rtol=0, atol=1e-12)
            forward = between(process, alpha_bar, s, t, b, l, word)
            torch.testing.assert_close(at_s[b, l] @ forward, at_t[b, l], rtol=0, atol=1e-12)
            joint = (at_s[b, l][:, None] * forward).T  # [x_t, x_s]
            can_be = joint.sum(1) > 0
            bayes = joint[can_be] / joint[can_be].sum(1, keepdim=True)
            torch.testing.assert_close(back[b, l][can_be], bayes, rtol=0, atol=1e-10)


@every_jump
@every_schedule
@pytest.mark.parametrize("kernel", [Absorbing, Uniform])
def test_reverse_from_the_exact_belief_is_the_exact_step(kernel, alpha_bar, s, t):
    # one token alone: p(x_s | x_t) by Bayes over words and states; the joint kernel leaves its own place out
    process = kernel(alpha_bar, WORDS)
    p = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    for c in range(process.states):
        x_t = torch.full((2, LENGTH), c)
        seen = process.likelihood(x_t, t)
        posterior = seen * p
        belief = posterior / posterior.sum(-1, keepdim=True) if process.mixing == "posterior" else p.expand_as(seen)
        law = process.reverse(x_t, belief.log(), s, t).log_probs.exp()
        for b, l in tokens():
            joint = torch.zeros(process.states, dtype=torch.float64)
            for word in range(WORDS):
                row = one_step(process, alpha_bar, s, b, l)[word]
                joint += p[word] * row * between(process, alpha_bar, s, t, b, l, word)[:, c]
            if joint.sum() > 0:
                torch.testing.assert_close(law[b, l], joint / joint.sum(), rtol=0, atol=1e-10)


# what is no schedule


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda t: (1 - 2 * t).abs(), r"alpha_bar must not increase, but it does between t = 0\.5 and 0\.501"),
        (lambda t: 1 - 2 * t, r"alpha_bar must stay inside \[0, 1\], got -0\.002 at t = 0\.501"),
        (lambda t: 0.99 - 0.9 * t, r"alpha_bar\(0\) must be 1 \(a clean token\), got 0\.99"),
        (torch.ones_like, r"alpha_bar\(1\) must be below 1, got 1"),
    ],
)
@pytest.mark.parametrize("build", [VPGaussian, lambda a: Absorbing(a, WORDS), lambda a: Uniform(a, WORDS)])
def test_every_process_refuses_what_is_no_schedule(build, formula, message):
    with pytest.raises(ValueError, match=message):
        build(lambda t, word=None, position=None: formula(t))


@pytest.mark.parametrize("build", [VPGaussian, lambda a: Absorbing(a, WORDS)])
def test_a_canvas_longer_than_the_table_is_refused(build):
    process, t = build(Tabulated(ROWS[:2])), times(0.4)
    x0 = torch.ones(1, LENGTH, 2).double() if isinstance(process, VPGaussian) else torch.zeros(1, LENGTH).long()
    with pytest.raises(ValueError, match=r"position must lie in 0 \.\. 1, the places of survivals, got 0 \.\. 2"):
        process.corrupt(x0, t)
