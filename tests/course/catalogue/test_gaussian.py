"""The exercises of lesson 01a: our answers against grids and closed forms, what is observed, who must not be named."""

import math

import pytest
import torch

from textdiff_lite.course.catalogue.gaussian import EXERCISES, spies
from textdiff_lite.course.catalogue.gaussian.ancestral import MEAN, VAR, _exact, _spy, _truth
from textdiff_lite.course.catalogue.gaussian.is_posterior import (
    _CANDIDATES,
    IMPOSTORS,
    in_another_order,
    lucky,
    without_noise,
)
from textdiff_lite.course.judging import judge
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine

BY_NAME = {exercise.key.split(".")[1]: exercise for exercise in EXERCISES}
q_sample, two_bells, posterior, is_posterior, simple_loss, ancestral = (e.reference for e in EXERCISES)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def number(value) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def bell(x, mean, var):
    return torch.exp(-((x - mean) ** 2) / (2 * var)) / math.sqrt(2 * math.pi * var)


GRID = torch.linspace(-12, 12, 24_001, dtype=torch.float64)


def moments(density: torch.Tensor) -> tuple[float, float]:
    p = density / density.sum()
    mean = (p * GRID).sum()
    return float(mean), float((p * (GRID - mean) ** 2).sum())


def test_the_lesson_has_at_least_five_exercises_in_72_minutes():
    assert len(EXERCISES) >= 5
    assert sum(exercise.minutes for exercise in EXERCISES) == 72


# q_sample


def test_q_sample_is_the_example_of_its_docstring():
    assert float(q_sample(number(2), number(0.25), number(1))) == pytest.approx(1.866, abs=5e-4)


def test_q_sample_of_q_sample_is_one_jump_over_both():
    # the law of two steps, by its coefficients: signals multiply, variances of the two noises add
    one, zero = number(1), number(0)
    first, second = number(0.7), number(0.4)
    signal = q_sample(q_sample(one, first, zero), second, zero)
    noises = q_sample(q_sample(zero, first, one), second, zero), q_sample(zero, second, one)
    assert float(signal) == pytest.approx(float(q_sample(one, first * second, zero)))
    assert float(sum(noise**2 for noise in noises)) == pytest.approx(float(q_sample(zero, first * second, one)) ** 2)


def test_q_sample_is_the_law_of_the_library():
    x0, eps, t = normal(4, 3, 2), normal(4, 3, 2, seed=1), torch.tensor([0.0, 0.3, 0.7, 1.0]).double()[:, None]
    law = VPGaussian(cosine).corrupt(x0, t)
    torch.testing.assert_close(q_sample(x0, cosine(t)[..., None], eps), law.at(eps))


# two_bells


def test_two_bells_is_the_example_of_its_docstring():
    mean, var = two_bells(number(0), number(1), number(3), number(2))
    assert (float(mean), float(var)) == (pytest.approx(1), pytest.approx(2 / 3))


@pytest.mark.parametrize("numbers", [(0, 1, 3, 2), (-1, 4, 2, 0.1), (0.5, 0.02, 0.4, 3)])
def test_two_bells_are_the_moments_of_the_product_on_a_grid(numbers):
    m_1, v_1, m_2, v_2 = numbers
    mean, var = two_bells(*map(number, numbers))
    assert (float(mean), float(var)) == pytest.approx(moments(bell(GRID, m_1, v_1) * bell(GRID, m_2, v_2)), abs=1e-6)


# posterior


def test_posterior_is_the_example_of_its_docstring():
    mean, var = posterior(number(1), number(2), number(0.64), number(0.16))
    assert (float(mean), float(var)) == (pytest.approx(1.643, abs=5e-4), pytest.approx(0.321, abs=5e-4))


@pytest.mark.parametrize(("a_s", "a_t"), [(0.64, 0.16), (0.9, 0.88), (0.3, 0.0), (0.5, 0.01)])
def test_posterior_is_bayes_on_a_grid(a_s, a_t):
    x_t, x0, alpha = 0.7, -1.4, a_t / a_s
    density = bell(GRID, a_s**0.5 * x0, 1 - a_s) * bell(number(x_t), alpha**0.5 * GRID, 1 - alpha)
    mean, var = posterior(*map(number, (x_t, x0, a_s, a_t)))
    assert (float(mean), float(var)) == pytest.approx(moments(density), abs=1e-6)


def test_posterior_is_the_law_of_the_library_for_any_step():
    x_t, x0 = normal(4, 3, 2), normal(4, 3, 2, seed=1)
    s, t = torch.tensor([[0.0, 0.2, 0.5, 0.1], [0.3, 0.21, 0.9, 1.0]]).double()[..., None]
    mean, var = posterior(x_t, x0, cosine(s)[..., None], cosine(t)[..., None])
    law = VPGaussian(cosine).posterior(x_t, x0, s, t)
    torch.testing.assert_close(mean, law.mean)
    torch.testing.assert_close(var.expand_as(law.var), law.var)


def _clues_multiplied(x_t, x0, a_s, a_t):
    alpha = a_t / a_s
    v_1, v_2 = 1 - a_s, (1 - alpha) / alpha
    var = 1 / (1 / v_1 + 1 / v_2)
    return var * (a_s.sqrt() * x0 / v_1 + x_t / alpha.sqrt() / v_2), var


def _by_our_two_bells(x_t, x0, a_s, a_t):
    alpha = a_t / a_s
    return two_bells(a_s.sqrt() * x0, 1 - a_s, x_t / alpha.sqrt(), (1 - alpha) / alpha)


@pytest.mark.parametrize(
    ("answer", "end", "name"),
    [(_clues_multiplied, "a_s = 1", "not_multiplied_out"), (_by_our_two_bells, "a_t = 0", "divides_by_alpha")],
)
def test_a_posterior_that_is_nan_at_the_ends_is_told_so(answer, end, name):
    verdict = judge(BY_NAME["posterior"], answer)
    assert verdict.first.startswith(f"Between the ends yours is right. At {end} your mean is nan")
    assert verdict.mistake is not None
    assert verdict.mistake.name == name


def test_a_posterior_that_is_wrong_between_the_ends_too_is_not_called_right_there():
    def other_variance(x_t, x0, a_s, a_t):
        return _clues_multiplied(x_t, x0, a_s, a_t)[0], 1 - a_s

    verdict = judge(BY_NAME["posterior"], other_variance)
    assert verdict.first.startswith("At a_s = 1 your mean is nan and your variance 0: ")
    assert verdict.mistake is None


def test_a_variance_in_the_shape_of_x_t_is_told_its_shape():
    def expanded(x_t, x0, a_s, a_t):
        mean, var = posterior(x_t, x0, a_s, a_t)
        return mean, var + 0 * x_t

    verdict = judge(BY_NAME["posterior"], expanded)
    assert "should have shape [1, 1, 1], and has [2, 1, 2]" in verdict.first
    assert verdict.mistake is not None
    assert verdict.mistake.name == "variance_of_each_number"


# is_posterior


def test_the_six_impostors_are_wrong_and_the_other_order_is_right():
    at = tuple(map(number, (0.7, -0.4, 0.8, 0.3)))
    right = posterior(*at)
    assert len(IMPOSTORS) == 6
    for impostor in IMPOSTORS.values():
        assert not all(torch.allclose(a, b, rtol=1e-2) for a, b in zip(impostor(*at), right, strict=True))
    other = in_another_order(*at)
    assert all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(other, right, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(other, right, strict=True))


def test_the_cunning_impostor_has_the_right_level_of_noise():
    a_s, a_t = number(0.8), number(0.3)
    of_x_t, var = without_noise(number(1), number(0), a_s, a_t)
    of_x0, _ = without_noise(number(0), number(1), a_s, a_t)
    assert float(of_x0 + of_x_t * a_t.sqrt()) == pytest.approx(float(a_s.sqrt()))
    assert float(of_x_t**2 * (1 - a_t) + var) == pytest.approx(float(1 - a_s))


def test_the_lucky_impostor_is_right_at_the_example():
    at = tuple(map(number, (1.0, 2.0, 0.64, 0.16)))
    for got, right in zip(lucky(*at), posterior(*at), strict=True):
        assert float(got) == pytest.approx(float(right))


def test_a_test_at_the_example_of_the_docstring_lets_the_lucky_one_through():
    def the_example(candidate):
        mean, var = candidate(*map(torch.tensor, (1.0, 2.0, 0.64, 0.16)))
        return (round(float(mean), 3), round(float(var), 3)) == (1.643, 0.321)

    verdict = judge(BY_NAME["is_posterior"], the_example)
    assert verdict.first == (
        "Your test lets «lucky» through. It is right wherever √α = √(a_t / a_s) is ½; ask elsewhere too."
    )
    assert verdict.mistake is not None
    assert verdict.mistake.name == "the_example_only"


def test_a_test_that_refuses_all_is_told_of_rounding():
    verdict = judge(BY_NAME["is_posterior"], lambda candidate: False)
    assert "==" in verdict.first
    assert verdict.mistake is not None
    assert verdict.mistake.name == "refuses_all"
    assert "rounding" in verdict.mistake.says


def test_is_posterior_accepts_the_library_and_refuses_each_catalogued_mistake():
    assert is_posterior(posterior)
    assert is_posterior(in_another_order)
    right_between_the_ends = {
        "not_multiplied_out",
        "divides_by_1_minus_a_s",
        "divides_by_alpha",
        "variance_of_each_number",
    }
    for mistake in BY_NAME["posterior"].mistakes:
        assert is_posterior(mistake.answer) == (mistake.name in right_between_the_ends), mistake.name


def test_a_learners_own_test_in_float32_is_accepted():
    def compares(candidate):
        x_t, x0, a_s, a_t = torch.randn(8), torch.randn(8), torch.tensor(0.6), torch.tensor(0.2)
        mean, var = candidate(x_t, x0, a_s, a_t)
        right = posterior(x_t, x0, a_s, a_t)
        return torch.allclose(mean, right[0], atol=1e-4) and torch.allclose(var, right[1], atol=1e-4)

    assert judge(BY_NAME["is_posterior"], compares).kind == "right"


def test_candidates_are_the_posterior_in_two_orders_and_the_impostors():
    assert list(_CANDIDATES)[2:8] == list(IMPOSTORS)


# simple_loss


def test_simple_loss_is_the_example_of_its_docstring():
    times = torch.arange(5).double() / 4
    value = simple_loss(lambda x_t, t: 0 * x_t, torch.full((6, 2, 3), 2.0).double(), 1 - times, times, seeded())
    assert float(value) == pytest.approx(4)


def test_simple_loss_of_a_linear_guess_has_its_closed_form():
    # guess g x_t of x0 = c: the error is c (1 - g √a) - g √(1-a) eps, its mean square known for each step
    times, g, c = torch.tensor([0, 0.2, 0.5, 1]).double(), 0.6, 1.5
    a = torch.tensor([1, 0.8, 0.4, 0.05]).double()
    exact = (c**2 * (1 - g * a[1:].sqrt()) ** 2 + g**2 * (1 - a[1:])).mean()
    x0 = torch.full((200_000, 1, 1), c).double()
    value = simple_loss(lambda x_t, t: g * x_t, x0, a, times, seeded())
    assert float(value) == pytest.approx(float(exact), rel=0.01)


def test_least_simple_loss_is_that_of_the_mean_of_x0_given_x_t():
    times = torch.arange(6).double() / 5
    a = 1 - times**2
    offset, gain = _exact(times, a)
    x0 = MEAN + VAR**0.5 * normal(40_000, 1, 1)

    def loss(shift: float) -> float:
        def net(x_t, t):
            i = (5 * t).round().long()[..., None]
            return offset[i] + (gain[i] + shift) * x_t

        return float(simple_loss(net, x0, a, times, seeded(1)))

    assert loss(0) < min(loss(-0.1), loss(0.1))


def test_a_loss_without_a_gradient_is_refused():
    def no_gradient(net, x0, a, times, generator):
        return simple_loss(net, x0, a, times, generator).detach()

    verdict = judge(BY_NAME["simple_loss"], no_gradient)
    assert verdict.kind == "wrong"
    assert "gradient" in verdict.where
    assert verdict.mistake is None


def _loss_with(level, total=torch.mean, eps=None, step=None):
    """A loss of other parts: the shape of a[i], the end, and where its random numbers come from."""

    def loss(net, x0, a, times, generator):
        i = torch.randint(1, len(times), (len(x0),), generator=None if step else generator)
        z = torch.randn(x0.shape, generator=None if eps else generator, dtype=x0.dtype)
        return total((net(q_sample(x0, level(a[i]), z), times[i][:, None]) - x0).square())

    return loss


def _rows(level):
    return level[:, None, None]


def test_a_level_of_two_axes_is_told_the_shape_that_the_network_sees():
    verdict = judge(BY_NAME["simple_loss"], _loss_with(lambda level: level[:, None]))
    assert verdict.first.startswith("x0 has shape [3, 1, 2], and your network was shown a state of shape [3, 3, 2].")
    assert verdict.mistake is not None
    assert verdict.mistake.name == "second_axis"


@pytest.mark.parametrize(
    ("total", "says", "name"),
    [
        (lambda squares: squares.sum(-1).mean(), "3 times too large: the squares are summed over coordinates", True),
        (lambda squares: squares.sum((1, 2)).mean(), "6 times too large: the squares are summed over places and", True),
        (lambda squares: squares.sum(), "30 times too large: the squares are summed over all of them", False),
    ],
)
def test_a_summed_loss_is_told_its_factor_whoever_draws_the_noise(total, says, name):
    for eps in (None, "global"):
        verdict = judge(BY_NAME["simple_loss"], _loss_with(_rows, total, eps))
        assert says in verdict.first
        assert (verdict.mistake is not None) == name


@pytest.mark.parametrize(("parts", "word"), [({"eps": True}, "noise"), ({"step": True}, "steps")])
def test_a_loss_that_leaves_the_generator_is_right_but(parts, word):
    verdict = judge(BY_NAME["simple_loss"], _loss_with(_rows, **parts))
    assert verdict.kind == "right"
    assert len(verdict.remarks) == 1
    assert f"its {word} do" in verdict.remarks[0]


# ancestral


def test_ancestral_is_the_example_of_its_docstring():
    grid = torch.tensor([0, 0.5, 1]), torch.tensor([1, 0.5, 0])
    x = ancestral(lambda x, t: torch.full_like(x, 3), torch.randn(4, 2, 3, generator=seeded()), grid, seeded())
    assert torch.equal(x, torch.full((4, 2, 3), 3.0))


def test_the_closed_form_of_ancestral_tends_to_the_law_of_the_data():
    for steps, slack in ((50, 0.04), (2000, 0.002)):
        times = torch.arange(steps + 1).double() / steps
        a = cosine(times)
        truth = _truth(_spy(times, a), torch.zeros(31, 1, 1), (times, a), seeded())
        mean, var = truth["the mean of the result, at each place"], truth["the variance of the result"]
        assert float(mean) == pytest.approx(MEAN, abs=slack)
        assert float(var) == pytest.approx(VAR, abs=slack)


def test_ancestral_with_the_exact_denoiser_keeps_the_frequencies_of_two_numbers():
    points, p = torch.tensor([-1.0, 2.0]).double(), torch.tensor([0.7, 0.3]).double()
    times = torch.arange(101).double() / 100
    a = cosine(times)

    def exact(x, t):
        survives = cosine(t)[..., None]
        gap = (x[..., None] - survives[..., None].sqrt() * points).square()
        weight = (p.log() - gap / (2 * (1 - survives[..., None]))).softmax(-1)
        return (weight * points).sum(-1)

    x = ancestral(exact, normal(20_000, 1, 1), (times, a), seeded())
    assert float((x > 0.5).double().mean()) == pytest.approx(0.3, abs=0.02)
    assert float(torch.minimum((x - 2).abs(), (x + 1).abs()).max()) < 1e-3


def test_remarks_on_a_kept_graph_and_on_noise_from_elsewhere():
    def global_noise(net, x_T, grid, generator):
        return ancestral(net, x_T, grid, torch.Generator().manual_seed(int(torch.randint(10**6, ()))))

    bare = ancestral.__wrapped__
    assert "no_grad" in judge(BY_NAME["ancestral"], bare).remarks[0]
    verdict = judge(BY_NAME["ancestral"], global_noise)
    assert verdict.kind == "right"
    assert "generator" in verdict.remarks[0]


@pytest.mark.parametrize("draw", [torch.randn_like, torch.zeros_like])
def test_a_walk_that_begins_elsewhere_is_told_to_start_from_x_T(draw):
    def afresh(net, x_T, grid, generator):
        return ancestral(net, draw(x_T), grid, generator)

    verdict = judge(BY_NAME["ancestral"], afresh)
    assert "Start from x_T" in verdict.first
    assert (verdict.mistake is not None) == (draw is torch.randn_like)


def test_a_posterior_asked_at_the_first_time_is_named_as_what_it_does():
    def a_0(net, x_T, grid, generator):
        times, a = grid
        x = x_T
        for i in range(len(times) - 1, 0, -1):
            mean, var = posterior(x, net(x, times[i].expand(len(x), 1)), a[0], a[i])
            x = mean + var.sqrt() * torch.randn(x.shape, generator=generator, dtype=x.dtype)
        return x

    mistake = judge(BY_NAME["ancestral"], a_0).mistake
    assert mistake is not None
    assert "a_s = a[0]" in mistake.says


# spies


@pytest.mark.parametrize("t", [torch.tensor(0.5), torch.full((4,), 0.5), torch.full((4, 1, 1), 0.5), 0.5])
def test_a_spy_says_which_times_it_takes(t):
    with pytest.raises(ValueError, match=r"times \[B, 1\], here \[4, 1\]"):
        spies.Spy(lambda x, t: x)(torch.zeros(4, 1, 2), t)


def test_a_spy_says_which_states_it_takes():
    with pytest.raises(ValueError, match=r"states \[B, L, D\], and was given shape \[4, 2\]"):
        spies.Spy(lambda x, t: x)(torch.zeros(4, 2), torch.zeros(4, 1))


def test_estimates_have_their_standard_errors():
    x = normal(2000, 50)
    means = torch.stack([spies.mean(column).value for column in x.T])
    assert float(spies.mean(x[:, 0]).error) == pytest.approx(float(means.std()), rel=0.3)
    variances = torch.stack([spies.variance(column).value for column in x.T])
    assert float(spies.variance(x[:, 0]).error) == pytest.approx(float(variances.std()), rel=0.3)
    itself = spies.covariance(x[:, 0], x[:, 0])
    assert float(itself.value) == pytest.approx(1, abs=5 * float(itself.error))


def test_numbers_go_together_by_place_and_by_coordinate():
    one_for_all_places = normal(2000, 1, 2).expand(2000, 3, 2)
    related = {says for says, (value, error) in spies.together(one_for_all_places, "x").items() if value > 5 * error}
    assert related == {"how two places of x go together"}
    assert list(spies.together(normal(9, 1, 2), "x")) == ["how two coordinates of x go together"]


# wrong answers that look right


def _walk(draw=None, of_a=lambda a: a, of_var=lambda var, i: var):
    """Ancestral sampling with noise, survival or variance of another kind."""

    def answer(net, x_T, grid, generator):
        times, a = grid
        a, x = of_a(a), x_T
        for i in range(len(times) - 1, 0, -1):
            mean, var = posterior(x, net(x, times[i].expand(len(x), 1)), a[i - 1], a[i])
            eps = (draw or _drawn)(x, generator, i)
            x = mean + of_var(var, i).sqrt() * eps
        return x

    return answer


def _drawn(x, generator, i=0):
    return torch.randn(x.shape, generator=generator, dtype=x.dtype)


def _one_for_all_places(x, generator, i=0):
    return torch.randn(len(x), 1, x.shape[2], generator=generator, dtype=x.dtype).expand(x.shape)


def _one_for_all_coordinates(x, generator, i=0):
    return torch.randn(*x.shape[:2], 1, generator=generator, dtype=x.dtype).expand(x.shape)


def _loss(draw=_drawn, of_a=lambda a: a, of_generator=lambda generator: generator, noise_first=False):
    """The simple loss with noise, survival or steps of another kind."""

    def answer(net, x0, a, times, generator):
        eps = draw(x0, generator) if noise_first else None
        i = torch.randint(1, len(times), (len(x0),), generator=of_generator(generator))
        eps = draw(x0, generator) if eps is None else eps
        x_t = q_sample(x0, of_a(a)[i][:, None, None], eps)
        return (net(x_t, times[i][:, None]) - x0).square().mean()

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        _walk(_one_for_all_places),
        _walk(_one_for_all_coordinates),
        _walk(of_a=lambda a: a.clamp(min=0.01)),
        _walk(of_var=lambda var, i: var.clamp(min=0.05) if i > 1 else var),
    ],
    ids=["places", "coordinates", "survival", "variance"],
)
def test_a_walk_with_shared_noise_or_a_clamp_is_refused(answer):
    assert judge(BY_NAME["ancestral"], _walk()).kind == "right"
    assert judge(BY_NAME["ancestral"], answer).kind == "wrong"


@pytest.mark.parametrize("noise_first", [False, True])
@pytest.mark.parametrize("draw", [_one_for_all_places, _one_for_all_coordinates])
def test_a_loss_with_shared_noise_is_refused(draw, noise_first):
    assert judge(BY_NAME["simple_loss"], _loss(noise_first=noise_first)).kind == "right"
    assert judge(BY_NAME["simple_loss"], _loss(draw, noise_first=noise_first)).kind == "wrong"


@pytest.mark.parametrize("ends", [(0.02, 0.95), (0.0, 0.95), (0.02, 1.0)])
def test_a_loss_that_clamps_survival_is_refused(ends):
    assert judge(BY_NAME["simple_loss"], _loss(of_a=lambda a: a.clamp(*ends))).kind == "wrong"


@pytest.mark.parametrize(
    ("name", "answer", "word"),
    [
        ("simple_loss", _loss(lambda x, generator: _drawn(x, seeded(1))), "noise"),
        ("simple_loss", _loss(of_generator=lambda generator: seeded(1)), "steps"),
        ("ancestral", _walk(lambda x, generator, i: _drawn(x, seeded(i))), "noise"),
    ],
)
def test_numbers_from_a_seed_of_ones_own_are_right_but(name, answer, word):
    verdict = judge(BY_NAME[name], answer)
    assert verdict.kind == "right"
    assert any(f"its {word}" in remark and "generator" in remark for remark in verdict.remarks), verdict


def test_a_network_asked_row_by_row_is_told_to_be_asked_once():
    def rows(net, x0, a, times, generator):
        return sum(simple_loss(net, row[None], a, times, generator) for row in x0) / len(x0)

    assert "Call it once" in judge(BY_NAME["simple_loss"], rows).first


def test_own_noise_in_q_sample_is_told_to_use_eps():
    verdict = judge(BY_NAME["q_sample"], lambda x0, a_t, eps: q_sample(x0, a_t, torch.randn_like(x0)))
    assert "Use eps" in verdict.first


def _differences(compare, x0=(-0.4, 2.0), x_t=(0.7, -1.2), a_s=0.8, a_t=0.3):
    def answer(candidate):
        at = tuple(map(number, (x_t, x0, a_s, a_t)))
        return all(bool(compare(got, right)) for got, right in zip(candidate(*at), posterior(*at), strict=True))

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        lambda candidate: candidate not in IMPOSTORS.values(),
        _differences(torch.allclose, x0=(0.0, 0.0)),
        _differences(lambda got, right: torch.isclose(got, right).any()),
        _differences(lambda got, right: (got - right < 1e-6).all()),
        _differences(lambda got, right: (right - got < 1e-6).all()),
        _differences(lambda got, right: torch.isclose(got.sum(), right.sum())),
        _differences(lambda got, right: torch.allclose(got, right, atol=0.3), 2.0, 1.0),
        _differences(lambda got, right: torch.allclose(got, right, atol=0.1), -0.4, 0.7, 0.3, 0.1),
    ],
    ids=["names", "at_0", "any", "too_small", "too_large", "sums", "atol_0.3", "atol_0.1"],
)
def test_a_test_with_a_hole_is_refused_and_not_named_for_another(answer):
    verdict = judge(BY_NAME["is_posterior"], answer)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None or verdict.mistake.name in ("too_tolerant", "accepts_all"), verdict
    assert judge(BY_NAME["is_posterior"], _differences(torch.allclose)).kind == "right"


def test_a_total_near_1_is_told_in_digits_that_tell_it_from_1():
    verdict = judge(BY_NAME["q_sample"], lambda x0, a_t, eps: 1.0001 * q_sample(x0, a_t, eps))
    assert "signal² + noise² is 1.0002" in verdict.first


# strangers: wrong, and none of the mistakes we know


def _squared_survival(x0, a_t, eps):
    return a_t * x0 + (1 - a_t**2).sqrt() * eps


def _second_bell_only(m_1, v_1, m_2, v_2):
    return m_2 + 0 * m_1, v_1 * v_2 / (v_1 + v_2)


def _upper_variance_and_swapped(x_t, x0, a_s, a_t):
    return posterior(x0, x_t, a_s, a_t)[0], 1 - a_t / a_s


def _mean_of_one_sign(candidate):
    at = tuple(map(number, (0.7, -0.4, 0.8, 0.3)))
    return bool(candidate(*at)[0] < 0)


def _loss_of_roots(net, x0, a, times, generator):
    return simple_loss(net, x0, a, times, generator).sqrt()


def _half_the_noise(net, x_T, grid, generator):
    times, a = grid
    x = x_T
    for i in range(len(times) - 1, 0, -1):
        mean, var = posterior(x, net(x, times[i].expand(len(x), 1)), a[i - 1], a[i])
        x = mean + 0.5 * var.sqrt() * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return x


STRANGERS = {
    "q_sample": _squared_survival,
    "two_bells": _second_bell_only,
    "posterior": _upper_variance_and_swapped,
    "is_posterior": _mean_of_one_sign,
    "simple_loss": _loss_of_roots,
    "ancestral": _half_the_noise,
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_refused_and_not_named(name):
    verdict = judge(BY_NAME[name], STRANGERS[name])
    assert verdict.kind == "wrong"
    assert verdict.mistake is None
    assert verdict.first
