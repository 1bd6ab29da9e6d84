"""The exercises of lesson 04: our answers against closed forms and the library, and who must not be named."""

import inspect
import itertools
import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from textdiff_lite import schedules
from textdiff_lite.course.catalogue.schedule import EXERCISES
from textdiff_lite.course.catalogue.schedule.adaptive import _made_rising, _read
from textdiff_lite.course.catalogue.schedule.draw_times import _drawn, _law, _mean_squares, _means, _not_shared
from textdiff_lite.course.catalogue.schedule.information import _entropy
from textdiff_lite.course.catalogue.schedule.is_schedule import _CANDIDATES, HIDDEN, IMPOSTORS, RIGHT, _holds
from textdiff_lite.course.catalogue.schedule.recovery import (
    _counted,
    _evenly,
    _exact,
    _largest_product,
    _one,
    _smallest_angle,
)
from textdiff_lite.course.catalogue.schedule.schedule_from import Meter, _inverted
from textdiff_lite.course.judging import judge

BY_NAME = {exercise.key.split(".")[1]: exercise for exercise in EXERCISES}
sqrt, is_schedule, recovery, information, schedule_from, adaptive, draw_times = (e.reference for e in EXERCISES)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def number(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def named(exercise: str, answer) -> str | None:
    mistake = judge(BY_NAME[exercise], answer).mistake
    return mistake.name if mistake else None


def first_of(exercise: str, mistake: str) -> str:
    return judge(BY_NAME[exercise], BY_NAME[exercise].mistake(mistake).answer).first


def test_the_lesson_has_seven_exercises_in_90_minutes():
    assert list(BY_NAME) == [
        "sqrt",
        "is_schedule",
        "recovery",
        "information",
        "schedule_from",
        "adaptive",
        "draw_times",
    ]
    assert sum(exercise.minutes for exercise in EXERCISES) == 90
    assert [exercise.difficulty for exercise in EXERCISES] == [1, 2, 2, 2, 2, 3, 2]
    assert all(len(exercise.mistakes) >= 15 and len(exercise.equivalents) >= 3 for exercise in EXERCISES)


# sqrt


def test_sqrt_is_the_example_of_its_docstring():
    torch.testing.assert_close(sqrt(number(0, 0.03, 0.24, 1), 0.01), number(1, 0.8, 0.5, 0))


@pytest.mark.parametrize("s", [0.0, 1e-5, 1e-4])
def test_sqrt_is_the_schedule_of_the_library(s):
    t = torch.arange(41, dtype=torch.float64)[:, None] / 40
    torch.testing.assert_close(sqrt(t, s), schedules.Sqrt(s)(t))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no_jump", "With s = 1e-4 yours says 0.99."),
        ("not_clipped", "With s = 0.0001 yours says -4.9999e-05."),
        ("two_roots", "√(0.24 + 0.01) = 0.5, so that 0.5 survives. Yours says 0.4101."),
    ],
)
def test_a_law_of_sqrt_gives_its_numbers(name, says):
    assert says in first_of("sqrt", name)


# is_schedule


@pytest.mark.parametrize("curve", [schedules.cosine, schedules.mutual_information, schedules.linear, schedules.Sqrt()])
def test_is_schedule_accepts_those_of_the_library(curve):
    assert is_schedule(lambda t: curve(t[..., None])[..., 0])


def test_what_the_library_refuses_is_no_schedule_here():
    for f in (*IMPOSTORS.values(), *(f for f, _ in HIDDEN.values())):
        assert not is_schedule(f)
    for name in ("rises", "begins_at_099", "below_0", "nan_at_the_end", "backwards"):
        f = IMPOSTORS[name]
        with pytest.raises(ValueError, match="alpha_bar"):
            schedules.validate(lambda t, word=None, position=None, f=f: f(t))


def test_candidates_are_right_ones_the_six_and_the_hidden_ones():
    assert len(IMPOSTORS) == 6
    assert len(_CANDIDATES) == len(RIGHT) + len(IMPOSTORS) + len(HIDDEN)
    assert all(is_schedule(f) for f in RIGHT.values())


def test_each_impostor_breaks_one_condition_alone_but_for_the_reversed_one():
    seen = {"rises": "falls", "begins_at_099": "start", "below_0": "inside", "a_third_is_left": "end"}
    for name, look in seen.items():
        assert _holds(IMPOSTORS[name], **{look: False}), name
        for other in {"start", "end", "inside", "falls", "shape"} - {look}:
            assert not _holds(IMPOSTORS[name], **{other: False}), name


def test_a_learner_s_own_test_is_accepted():
    def mine(f) -> bool:
        t = torch.arange(2001, dtype=torch.float64)[:, None] / 2000
        a = f(t)
        if a.shape != (2001, 1):
            return False
        a = a[:, 0].tolist()
        falls = all(late <= early + 1e-6 for early, late in itertools.pairwise(a))
        return falls and abs(a[0] - 1) < 1e-6 and -1e-6 <= a[-1] <= 1e-3

    assert judge(BY_NAME["is_schedule"], mine).kind == "right"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nan_slips_past", "lets «nan_at_the_end» through. Every comparison with nan is False."),
        ("falls_not_looked_at", "lets «rises» through. Compare each value with the one before it."),
        ("wants_a_strict_fall", "refuses schedules: «a fall in four steps», «a line that ends at t = 0.8». A schedule"),
        ("wants_no_rest", "«linear betas, which leave 4e-5». A rest of up to 0.001 at t = 1 is allowed."),
        ("few_times", "lets one through that it has not met, which rises between t = 0.51 and 0.54 alone. Ask at more"),
        ("accepts_all", "Of the six your test lets «rises», «begins_at_099», «below_0»"),
        ("refuses_all", "Your test says False without having called the function that it is given."),
    ],
)
def test_a_law_of_the_test_gives_its_names(name, says):
    assert says in first_of("is_schedule", name)


def test_a_test_that_leaves_out_several_looks_is_told_which():
    def looks_at_the_ends_alone(f) -> bool:
        a = f(number(0, 1))
        return bool(a[0] > 0.999 and a[1] < 0.001)

    def looks_at_the_sign_alone(f) -> bool:
        return bool((f(torch.rand(500, generator=seeded()).double().sort().values) >= 0).all())

    assert named("is_schedule", looks_at_the_ends_alone) == "without_inside_and_falls_and_shape"
    mistake = judge(BY_NAME["is_schedule"], looks_at_the_ends_alone).mistake
    assert mistake is not None
    assert mistake.says == "Your test does not look at values outside 0 … 1 or at whether it rises."
    assert named("is_schedule", looks_at_the_sign_alone) is None  # it misses the nan at t = 1


def test_the_shape_which_none_of_the_six_betrays_is_spoken_of_last():
    one = judge(BY_NAME["is_schedule"], partial(_holds, inside=False, shape=False)).mistake
    assert one is not None
    assert (one.says, one.cure) == ("Your test does not look at values outside 0 … 1.", "Look at values outside 0 … 1.")
    assert named("is_schedule", partial(_holds, shape=False)) == "shape_not_looked_at"


# recovery


def test_recovery_is_the_example_of_its_docstring():
    got = recovery(torch.tensor([[1.0], [-1.0]]), torch.tensor([0.5, 0.5]), torch.tensor(0.5), 200_000, seeded())
    assert float(got) == pytest.approx(0.8413447, abs=5 * 0.0008)


@pytest.mark.parametrize("a", [0.05, 0.3, 0.9])
def test_recovery_and_its_closed_form_are_what_an_integral_gives(a):
    # three words on a line, by quadrature: the noise is on a fine grid, and each of its points is classified
    table, freq = torch.tensor([[-1.0], [0.2], [3.0]]), torch.tensor([0.2, 0.5, 0.3])
    eps, step = torch.linspace(-9, 9, 200_001, dtype=torch.float64), 18 / 200_000
    density = (-eps.square() / 2).exp() / math.sqrt(2 * math.pi)
    rows = a**0.5 * table[:, 0].double()
    x = rows[:, None] + (1 - a) ** 0.5 * eps
    hit = (x[..., None] - rows).abs().argmin(-1) == torch.arange(3)[:, None]
    expected = float((freq.double() * (hit * density).sum(1) * step).sum())
    assert _exact(table, freq, a) == pytest.approx(expected, abs=1e-4)
    n = 100_000
    got = float(recovery(table, freq, torch.tensor(a), n, seeded(1)))
    assert got == pytest.approx(expected, abs=5 * (expected * (1 - expected) / n) ** 0.5)


def test_the_more_words_there_are_the_fewer_are_recovered():
    # rows of equal norm at random
    table = torch.nn.functional.normalize(torch.randn(64, 16, generator=seeded()), dim=1) * 4
    even = torch.full((64,), 1 / 64)
    shares = [float(recovery(table[:V], even[:V], torch.tensor(0.3), 20_000, seeded(V))) for V in (2, 8, 64)]
    assert shares[0] > shares[1] > shares[2]
    alone = _exact(table[:2], even[:2], 0.3)
    assert shares[0] == pytest.approx(alone, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", ["all", "each word", "none"])
def test_noise_that_is_drawn_once_is_named_whatever_it_is(shape, seed):
    def stuck(table, freq, a, n, generator):
        words = torch.multinomial(freq, n, True, generator=generator)
        eps = torch.randn(table.shape if shape == "each word" else table[:1].shape, generator=seeded(seed))
        noisy = a.sqrt() * table + (1 - a).sqrt() * eps * (shape != "none")
        return (torch.cdist(noisy, a.sqrt() * table).argmin(1)[words] == words).double().mean()

    assert named("recovery", stuck) == "one_noise"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("table_not_scaled", "stand at 3.16, 6.32, 9.49 in x_t, and the noise has 0.95: 0.938 are recovered. Yours"),
        ("variance_for_std", "on the right side with probability Φ(1) = 0.841. Yours says 0.92"),
        ("mean_over_words", "If the middle one makes up 90 % of the text, that is 0.414 in all. Yours says 0.5"),
    ],
)
def test_a_law_of_recovery_gives_its_numbers(name, says):
    assert says in first_of("recovery", name)


# information


def test_information_is_the_example_of_its_docstring():
    got = information(number(0.5, 0.5), torch.tensor([[1, 0], [0.5, 0.5]]).double())
    assert float(got) == pytest.approx(0.5623351446 - 0.5 * math.log(2), abs=1e-9)


def test_information_is_the_library_s():
    p, Q = torch.rand(5, generator=seeded()).double(), torch.rand(5, 7, generator=seeded(1)).double() ** 4
    p, Q = p / p.sum(), Q / Q.sum(1, keepdim=True)
    torch.testing.assert_close(information(p, Q), schedules.information(p, Q))


def test_the_mask_leaves_a_share_of_the_entropy_and_a_permutation_all_of_it():
    p = number(0.5, 0.3, 0.2)
    hidden = torch.cat([0.4 * torch.eye(3), torch.full((3, 1), 0.6)], 1).double()
    assert float(information(p, hidden)) == pytest.approx(0.4 * float(_entropy(p)), abs=1e-6)
    assert float(information(p, torch.eye(3).double()[[2, 0, 1]])) == pytest.approx(float(_entropy(p)), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("entropy_of_x_t", "tells nothing of the word: 0 nats. Yours says 0.6109."),
        ("bits", "that is their entropy, 0.5623 nats. Yours says 0.8113."),
        ("from_the_entropy_of_x_0", "tells nothing of the word: 0 nats. Yours says -0.04853."),
        ("rows_alike", "H(x_t | x_0) = 0.1 · ln 2 = 0.0693, their difference 0.1292. Yours says -0.1481."),
    ],
)
def test_a_law_of_information_gives_its_numbers(name, says):
    assert says in first_of("information", name)


# schedule_from


def test_schedule_from_is_the_example_of_its_docstring():
    a = schedule_from(Meter(lambda a: 3 * a * a, lambda nats: nats), 4)
    torch.testing.assert_close(a, number(1, 0.75**0.5, 0.5**0.5, 0.5, 0))


@pytest.mark.parametrize("T", [1, 2, 5])
def test_schedule_from_the_information_of_a_kernel_is_the_library_s(T):
    p, eye = number(0.6, 0.3, 0.1), torch.eye(3, dtype=torch.float64)

    def family(a):
        return a * eye + (1 - a) / 3

    a = schedule_from(lambda a: information(p, family(torch.as_tensor(a))), T)
    of_library = schedules.by_information(p, family, T)(torch.arange(T + 1, dtype=torch.float64)[:, None] / T)
    torch.testing.assert_close(a, of_library[:, 0], atol=1e-7, rtol=0)


def test_for_the_mask_it_is_the_line():
    p = number(0.6, 0.3, 0.1)

    def info(a):
        keep, hide = float(a) * torch.eye(3).double(), torch.full((3, 1), 1 - float(a)).double()
        return information(p, torch.cat([keep, hide], 1))

    torch.testing.assert_close(schedule_from(info, 4), number(1, 0.75, 0.5, 0.25, 0))


def test_the_meter_of_the_check_says_what_it_takes():
    meter = Meter(lambda a: a, lambda nats: nats)
    with pytest.raises(ValueError, match=r"info takes one number, and was given shape \[3\]"):
        meter(torch.zeros(3))
    with pytest.raises(ValueError, match=r"a survival from 0 to 1, and was given 1\.5"):
        meter(1.5)
    verdict = judge(BY_NAME["schedule_from"], lambda info, T: info(torch.linspace(1, 0, T + 1)))
    assert "info takes one number" in verdict.first
    assert verdict.mistake is None


@pytest.mark.parametrize("size", [201, 501])
def test_a_finer_or_coarser_table_is_as_good(size):
    def mine(info, T):
        grid = np.linspace(0, 1, size)
        told = np.array([float(info(torch.tensor(a))) for a in grid])
        return torch.tensor(np.interp(told[-1] * (1 - np.arange(T + 1) / T), told, grid))

    assert judge(BY_NAME["schedule_from"], mine).kind == "right"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("turned_round", "Yours begins at a[0] = 0 and ends at a[T] = 1."),
        ("taken_for_one", "Yours begins at a[0] = 0.5774 and ends at a[T] = 0. Before the first step all survives, 1,"),
        ("the_line", "At your survivals (1, 0.75, 0.5, 0.25, 0) it is 3, 1.69, 0.75, 0.188, 0."),
    ],
)
def test_a_law_of_the_schedule_gives_its_numbers(name, says):
    assert says in first_of("schedule_from", name)


# adaptive


def test_adaptive_is_the_example_of_its_docstring():
    new = adaptive(number(1, 0.6, 0.1), number(0, 3, 4), 4)
    torch.testing.assert_close(new, number(1, 0.6 + 0.8 / 3, 0.6 + 0.4 / 3, 0.6, 0.1), atol=1e-6, rtol=0)


def test_adaptive_gives_the_numbers_of_the_released_code():
    # T = 8 and two cells' losses .1, .3, .2, .6, extended by half a difference at either end; the margins are 1e-5
    alpha_bar, loss = number(0.9, 0.85, 0.65, 0.45, 0.25, 0.2), number(0, 0.1, 0.3, 0.30001, 0.6, 0.749995)
    new = number(0.9, 0.842865, 0.73572, 0.435723, 0.36429, 0.292858, 0.235713, 0.2)
    torch.testing.assert_close(adaptive(alpha_bar, loss, 7), new, atol=1e-4, rtol=0)


def test_adaptive_is_the_library_s_where_a_loss_belongs_to_the_middle_of_a_cell():
    alpha_bar = schedules.cosine(torch.arange(9, dtype=torch.float64)[:, None] / 8)[:, 0]
    cells = number(0.1, 0.15, 0.3, 0.25, 0.5, 0.8, 0.9, 1.4)
    theirs = schedules.adapt(alpha_bar[None], cells[None])[0]
    middles = (alpha_bar[1:] + alpha_bar[:-1]) / 2
    points = torch.cat([alpha_bar[:1], middles, alpha_bar[-1:]])
    losses = torch.cat([number(0.1 - 0.05 / 2), cells, number(1.4 + 0.5 / 2)])
    torch.testing.assert_close(adaptive(points, losses, 8), theirs, atol=1e-4, rtol=0)


@pytest.mark.parametrize("T", [2, 5, 30])
def test_a_loss_that_is_known_everywhere_grows_evenly_in_the_new_table(T):
    k = torch.arange(201, dtype=torch.float64) / 200
    alpha_bar = 1 - k

    def loss(a: Tensor) -> Tensor:
        return (1 - a) ** 1.5 + 0.2

    new = adaptive(alpha_bar, loss(alpha_bar), T)
    expected = 0.2 + torch.arange(T + 1, dtype=torch.float64) / T
    torch.testing.assert_close(loss(new), expected, atol=2e-3, rtol=0)
    # and adapting again changes next to nothing
    again = adaptive(new, loss(new), T)
    torch.testing.assert_close(again, new, atol=2e-3, rtol=0)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ends_set_to_1_and_0", "an old table that goes from 0.98 to 0.03 yours goes from 1 to 0. The ends stay."),
        ("lost_where_it_stands_still", "With the losses 1, 0.5, 2 and an old table that goes from 0.98 to 0.03 yours"),
        ("raw_loss_ends_free", "should be 0.868, 0.756, 0.326, 0.178. Yours are 0.868, 0.756, 0.227, 0.129. The loss"),
        ("sorted_loss", "Yours are 0.756, 0.52, 0.326, 0.178. The loss falls back from 0.5 to 0.3: there its largest"),
        ("the_line", "at your survivals, 1, 0.775, 0.55, 0.325, 0.1, is 0, 1.69, 3.1, 3.55, 4. It should be 0, 1,"),
    ],
)
def test_a_law_of_the_adaptive_table_gives_its_numbers(name, says):
    assert says in first_of("adaptive", name)


# draw_times


def steady(*losses: float) -> Tensor:
    return number(*losses)[:, None].repeat(1, 10)


def test_draw_times_is_the_example_of_its_docstring():
    n = 100_000
    i, weight = draw_times(steady(1, 2, 3, 4), n, seeded())
    shares = torch.bincount(i, minlength=5)[1:] / n
    torch.testing.assert_close(shares, torch.tensor([0.10015, 0.20005, 0.29995, 0.39985]), atol=5 * 0.0016, rtol=0)
    expected = number(2.49625562, 1.24968758, 0.83347225, 0.62523446)
    torch.testing.assert_close(weight, expected[i - 1], atol=1e-7, rtol=0)


def test_the_weighted_mean_is_the_plain_one_whatever_the_history():
    history = torch.rand(6, 10, generator=seeded()).double() ** 3
    loss = torch.rand(6, generator=seeded(1)).double()
    p = _law(history)
    assert float((p * loss / (6 * p)).sum()) == pytest.approx(float(loss.mean()))
    i, weight = draw_times(history, 100_000, seeded(2))
    values = weight * loss[i - 1]
    assert float(values.mean()) == pytest.approx(float(loss.mean()), abs=5 * float(values.std()) / 100_000**0.5)


def test_draw_times_is_the_library_s():
    history = torch.rand(6, 10, generator=seeded()).double() ** 3
    theirs = schedules.SecondMoments(history, torch.full((6,), 10))
    torch.testing.assert_close(_law(history), theirs.probabilities().double())
    i, weight = draw_times(history, 500, seeded())
    torch.testing.assert_close(weight, 1 / (6 * theirs.probabilities().double()[i - 1]))


def test_drawn_so_the_mean_wobbles_less_than_by_even_draws():
    history = steady(0.1, 0.1, 0.1, 5)
    loss = history[:, 0]
    i, weight = draw_times(history, 20_000, seeded())
    even = torch.randint(4, (20_000,), generator=seeded())
    assert float((weight * loss[i - 1]).std()) < 0.1 * float(loss[even].std())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("from_0", "Of T = 4 steps yours draws 0 … 3 in 20,000 draws."),
        ("weight_1", "The mean of weight · loss over many draws should be that too; yours is 3.0"),
        ("mean_for_root_mean_square", "comes in 76 % of the draws. Yours comes in 50 %."),
        ("no_even_share", "with the weight 1000: else nobody would notice if it began to cost. Yours comes in 0 %."),
        ("evenly", "in about 10, 20, 30 and 40 % of the draws. Yours come in 25, 25,"),
    ],
)
def test_a_law_of_the_draws_gives_its_numbers(name, says):
    assert says in first_of("draw_times", name)


# all of them


def test_draws_that_ignore_the_generator_are_right_but():
    def own() -> torch.Generator:
        return torch.Generator().manual_seed(int(torch.randint(2**31, ())))

    answers = {
        "recovery": lambda table, freq, a, n, generator: recovery(table, freq, a, n, own()),
        "draw_times": lambda history, n, generator: draw_times(history, n, own()),
    }
    for name, answer in answers.items():
        verdict = judge(BY_NAME[name], answer)
        assert verdict.kind == "right", name
        assert "generator" in " ".join(verdict.remarks)


@pytest.mark.parametrize("name", ["recovery", "draw_times"])
@pytest.mark.parametrize("draws", [1, 1001])
def test_no_verdict_hangs_on_the_order_of_the_draws(name, draws):
    exercise = BY_NAME[name]

    def after_other_draws(answer):
        def shifted(*arguments):
            torch.rand(draws, generator=arguments[-1])
            return answer(*arguments)

        shifted.__signature__ = inspect.signature(exercise.reference)
        return shifted

    for answer in (exercise.reference, *exercise.equivalents):
        assert judge(exercise, after_other_draws(answer)).kind == "right", answer.__name__
    for mistake in exercise.mistakes:
        assert judge(exercise, after_other_draws(mistake.answer)).mistake is mistake, mistake.name


def wrong(exercise: str, mistake: str):
    return BY_NAME[exercise].mistake(mistake).answer


def _informed(p, Q, *, mean: bool, rows, scale: float):
    alone = Q.mean(0) if mean else p @ Q
    return scale * (_entropy(alone) - rows(p, _entropy(Q)))


def _adapted(alpha_bar, loss, T, *, rising, wanted):
    up = rising(loss)
    low, high = wanted(up)
    return _read(torch.linspace(low, high, T + 1).double(), up, alpha_bar)


def pairs_of_mistakes():
    """Two mistakes at once in each answer, of those parts that can be exchanged independently."""
    inner = {
        "t-s": lambda t, s: (t - s).clamp(min=0).sqrt(),
        "two roots": lambda t, s: t.sqrt() + s**0.5,
        "square": lambda t, s: (t + s) ** 2,
        "no root": lambda t, s: t + s,
    }
    outer = {"bare": lambda a, t, s: a, "root": lambda a, t, s: a.clamp(min=0).sqrt(), "lost": lambda a, t, s: 1 - a}
    outer["over"] = lambda a, t, s: a.clamp(min=0) / (1 - s**0.5)
    for (one, f), (other, g) in itertools.product(inner.items(), outer.items()):
        if (one, other) == ("t-s", "bare"):
            continue  # without a t + s above 1 there is nothing to clip
        yield pytest.param("sqrt", lambda t, s, f=f, g=g: g(1 - f(t, s), t, s), id=f"sqrt {one} {other}")
    looks = {"few times": {"points": 11}, "tolerant": {"slack": 0.02}, "no rest": {"left": 0.0}}
    ends = {"start": {"start": False}, "falls": {"falls": False}}
    for (one, a), (other, b) in itertools.product(looks.items(), ends.items()):
        if (one, other) not in {("few times", "falls"), ("tolerant", "start"), ("tolerant", "falls")}:
            yield pytest.param("is_schedule", partial(_holds, **a, **b), id=f"test {one} {other}")
    noises = {"variance": lambda a: 1 - a, "one": _one}
    others = {
        "rows": {"rows": _one},
        "product": {"pick": _largest_product},
        "angle": {"pick": _smallest_angle},
        "evenly": {"draw": _evenly},
        "diagonal": {"numbers": (True, False)},
        "a": {"signal": lambda a: a},
    }
    for (one, noise), (other, part) in itertools.product(noises.items(), others.items()):
        yield pytest.param("recovery", partial(_counted, noise=noise, **part), id=f"recovery {one} {other}")
    rows = {"mean": lambda p, h: h.mean(), "sum": lambda p, h: h.sum(), "none": lambda p, h: 0}
    scales = {"sign": -1.0, "bits": 1 / math.log(2)}
    for (one, row), (other, scale) in itertools.product(rows.items(), scales.items()):
        for mean in (True, False):
            answer = partial(_informed, mean=mean, rows=row, scale=scale)
            yield pytest.param("information", answer, id=f"information {one} {other} {mean}")
    starts = {"of one": lambda info: 1.0, "half": lambda info: float(info(1)) / 2}
    grids = {
        "ends out": lambda T: torch.linspace(1, 0, T + 3)[1:-1],
        "rising": lambda T: torch.linspace(0, 1, T + 1),
        "T + 1": lambda T: 1 - torch.arange(T + 1) / (T + 1),
    }
    for (one, whole), (other, grid) in itertools.product(starts.items(), grids.items()):
        yield pytest.param(
            "schedule_from",
            lambda info, T, whole=whole, grid=grid: _inverted(info, whole(info) * grid(T).double()),
            id=f"schedule_from {one} {other}",
        )
    up = {"raw": lambda x: x, "sorted": lambda x: x.sort().values, "to come": lambda x: x.flip(0).cummin(0)[0].flip(0)}
    between = {"from 0": lambda r: (0.0, float(r[-1])), "falling": lambda r: (float(r[-1]), float(r[0]))}
    between["half"] = lambda r: (float(r[0]), float(r[-1]) / 2)
    for (one, rising), (other, wanted) in itertools.product(up.items(), between.items()):
        yield pytest.param("adaptive", partial(_adapted, rising=rising, wanted=wanted), id=f"adaptive {one} {other}")
    sizes = {"mean": {"size": _means}, "squares": {"size": _mean_squares}}
    parts = {
        "p": {"weight": lambda p: p},
        "1/p": {"weight": lambda p: 1 / p},
        "from 0": {"first": 0},
        "not shared": {"share": _not_shared},
    }
    for (one, size), (other, part) in itertools.product(sizes.items(), parts.items()):
        yield pytest.param("draw_times", partial(_drawn, **size, **part), id=f"draw_times {one} {other}")


@pytest.mark.parametrize(("name", "answer"), list(pairs_of_mistakes()))
def test_two_mistakes_at_once_are_refused_and_not_named_as_one(name, answer):
    verdict = judge(BY_NAME[name], answer)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None, verdict.mistake.name


def wants_a_line(f):
    t = torch.linspace(0, 1, 11, dtype=torch.float64)
    return torch.allclose(f(t), 1 - t)


def takes_the_second_nearest(table, freq, a, n, generator):
    return _counted(
        table, freq, a, n, generator, pick=lambda x, rows: torch.cdist(x, rows).topk(2, largest=False).indices[:, 1]
    )


def halves_five_times(info, T):
    a = []
    for i in range(T + 1):
        low, high = 0.0, 1.0
        for _ in range(5):
            middle = (low + high) / 2
            low, high = (middle, high) if float(info(middle)) < (1 - i / T) * float(info(1)) else (low, middle)
        a.append(high)
    return torch.tensor(a)


def weights_of_mean_1(history, n, generator):
    i, weight = draw_times(history, n, generator)
    return i, weight / weight.mean()


def weights_in_the_order_of_the_steps(history, n, generator):
    i, _ = draw_times(history, n, generator)
    return i, (1 / (len(history) * _law(history))).repeat(n)[:n]


def one_draw_for_all(history, n, generator):
    i, weight = draw_times(history, 1, generator)
    return i.expand(n), weight.expand(n)


@pytest.mark.parametrize(
    ("name", "stranger"),
    [
        ("sqrt", lambda t, s: 1 - (t + s) ** (1 / 3)),
        ("sqrt", lambda t, s: -sqrt(t, s)),
        ("sqrt", lambda t, s: sqrt(t, s).clamp(min=1e-3)),
        ("sqrt", lambda t, s: sqrt(t, 1e-4)),
        ("sqrt", lambda t, s: torch.where(t <= s, 1.0, sqrt(t, s))),
        ("sqrt", lambda t, s: (math.pi / 2 * t).cos() ** 2),
        ("is_schedule", wants_a_line),
        ("is_schedule", lambda f: 1),
        ("recovery", takes_the_second_nearest),
        ("recovery", lambda table, freq, a, n, g: recovery(table, freq, a**2, n, g)),
        ("recovery", lambda table, freq, a, n, g: recovery(table.flip(0), freq, a, n, g)),
        ("recovery", lambda table, freq, a, n, g: 100 * recovery(table, freq, a, n, g)),
        ("recovery", lambda table, freq, a, n, g: recovery(table, freq, a, n, g) ** table.shape[1]),
        ("recovery", lambda table, freq, a, n, g: recovery(table, freq, a, 10, g)),
        ("recovery", lambda table, freq, a, n, g: recovery(table - table.mean(0), freq.flip(0), a, n, g)),
        ("information", lambda p, Q: information(p, Q).abs() + 0.01),
        ("information", lambda p, Q: information(p.flip(0), Q)),
        ("information", lambda p, Q: information(p, Q).exp()),
        ("information", lambda p, Q: 1 - information(p, Q)),
        ("information", lambda p, Q: torch.zeros(())),
        ("information", lambda p, Q: _entropy(p)),
        ("schedule_from", halves_five_times),
        ("schedule_from", lambda info, T: schedule_from(info, T) ** 2),
        ("schedule_from", lambda info, T: torch.ones(T + 1)),
        ("schedule_from", lambda info, T: schedule_from(info, T)[:-1]),
        ("schedule_from", lambda info, T: (math.pi / 2 * torch.arange(T + 1) / T).cos() ** 2),
        ("schedule_from", lambda info, T: schedule_from(lambda a: info(a) ** 2, T)),
        ("adaptive", lambda alpha_bar, loss, T: (adaptive(alpha_bar, loss, T) + alpha_bar[0]) / 2),
        ("adaptive", lambda alpha_bar, loss, T: adaptive(alpha_bar, loss.cumsum(0), T)),
        ("adaptive", lambda alpha_bar, loss, T: adaptive(alpha_bar, loss**2, T)),
        ("adaptive", lambda alpha_bar, loss, T: adaptive(alpha_bar, loss, len(loss) - 1)),
        ("adaptive", lambda alpha_bar, loss, T: adaptive(alpha_bar, loss * alpha_bar / (1.01 - alpha_bar), T)),
        ("adaptive", lambda alpha_bar, loss, T: _made_rising(loss)[:1].expand(T + 1)),
        ("draw_times", weights_of_mean_1),
        ("draw_times", weights_in_the_order_of_the_steps),
        ("draw_times", one_draw_for_all),
        ("draw_times", lambda h, n, g: draw_times(h**2, n, g)),
        ("draw_times", lambda h, n, g: draw_times(h[:, 5:], n, g)),
        ("draw_times", lambda h, n, g: draw_times(h, n, g)[::-1]),
        ("draw_times", lambda h, n, g: (draw_times(h, n, g)[0] + 1, draw_times(h, n, g)[1])),
        ("draw_times", lambda h, n, g: (draw_times(h, n, g)[0], draw_times(h, n, g)[1].roll(1))),
    ],
)
def test_a_stranger_s_mistake_is_refused_and_not_named(name, stranger):
    verdict = judge(BY_NAME[name], stranger)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None, verdict.mistake.name
