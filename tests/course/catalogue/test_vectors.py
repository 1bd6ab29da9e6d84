"""The exercises of lesson 03: our answers against closed forms and the library; who must not be named."""

import itertools
import math
from dataclasses import replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite import objectives
from textdiff_lite.course.catalogue.gaussian.posterior import posterior
from textdiff_lite.course.catalogue.vectors import EXERCISES
from textdiff_lite.course.catalogue.vectors import clamp as clamp_
from textdiff_lite.course.catalogue.vectors import embedding_loss as embedding_loss_
from textdiff_lite.course.catalogue.vectors import mean_weight as mean_weight_
from textdiff_lite.course.catalogue.vectors import rounding_and_anchor as rounding_and_anchor_
from textdiff_lite.course.catalogue.vectors import separation as separation_
from textdiff_lite.course.catalogue.vectors.is_nearest import HIDDEN, IMPOSTORS, REFUSE, RIGHT
from textdiff_lite.course.exercise import Exercise, Mistake
from textdiff_lite.course.judging import judge
from textdiff_lite.guidance import clamped
from textdiff_lite.processes import VPGaussian
from textdiff_lite.schedules import cosine
from textdiff_lite.spaces import Embeddings, neighbour_distances
from textdiff_lite.spaces import nearest as nearest_of_the_library

BY_NAME = {exercise.key.split(".")[1]: exercise for exercise in EXERCISES}
nearest, is_nearest, embedding_loss, separation, rounding_and_anchor, mean_weight, clamp = (
    exercise.reference for exercise in EXERCISES
)
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def number(value) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def wrong(exercise: str, name: str):
    return BY_NAME[exercise].mistake(name).answer


def named(exercise: str, answer) -> str | None:
    mistake = judge(BY_NAME[exercise], answer).mistake
    return mistake.name if mistake else None


def test_the_lesson_has_seven_exercises_in_83_minutes():
    assert list(BY_NAME) == [
        "nearest",
        "is_nearest",
        "embedding_loss",
        "separation",
        "rounding_and_anchor",
        "mean_weight",
        "clamp",
    ]
    assert sum(exercise.minutes for exercise in EXERCISES) == 83
    assert [exercise.difficulty for exercise in EXERCISES] == [1, 2, 3, 2, 2, 2, 1]
    assert all(len(exercise.mistakes) >= 6 and len(exercise.equivalents) >= 3 for exercise in EXERCISES)


# nearest


def test_nearest_is_the_example_of_its_docstring():
    table, x = number([[1.0, 0.0], [3.0, 1.0]]), number([[[1.5, 0.4]]])
    assert nearest(x, table).tolist() == [[0]]
    assert [round(float(distance), 2) for distance in (x[0, 0] - table).norm(dim=-1)] == [0.64, 1.62]


def test_nearest_is_that_of_the_library():
    x, table = normal(5, 7, 4), 2 * normal(30, 4, seed=1)
    assert torch.equal(nearest(x, table), nearest_of_the_library(x, table))


@pytest.mark.parametrize("name", ["nearest", "clamp"])
def test_no_case_hangs_on_rounding(name):
    """The second nearest word is farther by far more than float32 can err."""
    for case in BY_NAME[name].cases(seeded()):
        x, table = case.arguments()[:2]
        first, second = torch.cdist(x, table).topk(2, largest=False).values.unbind(-1)
        assert float((second - first).min()) > 5e-4


def test_at_words_of_one_length_product_and_angle_find_the_nearest_too():
    """The lesson says so: why the test must have long words and short ones."""
    table = 3 * F.normalize(normal(9, 4), dim=-1)
    x = normal(6, 5, 4, seed=1)
    longer = table * torch.linspace(0.2, 3, 9)[:, None]
    for name in ("dot_product", "cosine"):
        assert torch.equal(wrong("nearest", name)(x, table), nearest(x, table))
        assert not torch.equal(wrong("nearest", name)(x, longer), nearest(x, longer))


# is_nearest


def test_the_six_are_wrong_and_the_right_ones_are_right():
    assert len(REFUSE) == len(IMPOSTORS) == 6
    assert not any(is_nearest(f) for f in IMPOSTORS.values())
    assert not any(is_nearest(f) for f, _ in HIDDEN.values())
    assert all(is_nearest(f) for f in RIGHT.values())
    assert is_nearest(nearest_of_the_library)


def test_is_nearest_refuses_each_catalogued_mistake_that_gives_ids():
    for mistake in BY_NAME["nearest"].mistakes:
        assert not is_nearest(mistake.answer), mistake.name


def test_a_learner_s_own_test_is_accepted():
    def own(f):
        table = number([[1, 0], [3, 1], [-0.5, 2], [0.2, -4], [2, 3]])
        x = 3 * normal(200, 4, 2, seed=5)
        ids = f(x, table)
        for row in range(200):
            for place in range(4):
                distances = [float((x[row, place] - e).pow(2).sum()) for e in table]
                if distances[int(ids[row, place])] > min(distances) + 1e-5:
                    return False
        return True

    assert judge(BY_NAME["is_nearest"], own).kind == "right"


@pytest.mark.parametrize(
    ("own", "name"),
    [
        (lambda f: f is nearest, "refuses_all"),
        (lambda f: f(normal(2, 3, 2), normal(4, 2, seed=1)).dtype == torch.long, "accepts_all"),
        (
            lambda f: torch.equal(f(normal(9, 9, 3), torch.eye(3).double()), nearest(normal(9, 9, 3), torch.eye(3))),
            "one_length",
        ),
        (
            lambda f: torch.equal(
                f(normal(30, 3, 1), normal(6, 1, seed=1)), nearest(normal(30, 3, 1), normal(6, 1, seed=1))
            ),
            "on_a_line",
        ),
    ],
)
def test_a_test_with_a_hole_hears_of_it(own, name):
    assert named("is_nearest", own) == name


def test_a_test_that_asserts_is_told_to_return():
    def asserts(f):
        assert torch.equal(f(normal(3, 3, 3), normal(5, 3)), nearest(normal(3, 3, 3), normal(5, 3)))
        return True

    assert "It should return False where it refuses" in judge(BY_NAME["is_nearest"], asserts).first


# embedding_loss


def some_batch(B: int = 3, L: int = 2, V: int = 4, D: int = 5):
    """Everything but the network: table, ids, a_t, sigma0, eps0, eps."""
    ids = torch.randint(V, (B, L), generator=seeded(7))
    a_t = number([0.9, 0.5, 0.2])[:, None, None]
    return normal(V, D).requires_grad_(), ids, a_t, 0.3, normal(B, L, D, seed=1), normal(B, L, D, seed=2)


def test_embedding_loss_is_the_example_of_its_docstring():
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    shown = []

    def net(x_t):
        shown.append(x_t)
        return 0.5 * one

    loss = embedding_loss(net, one[0], torch.zeros(1, 1).long(), 0.64 * one, 0.5, 2 * one, -one)
    assert float(loss) == pytest.approx(2.25)
    assert float(shown[0]) == pytest.approx(1.0)


def test_a_belief_that_is_x_0_costs_nothing_and_trains_nothing():
    table, ids, a_t, sigma0, eps0, eps = some_batch()
    loss = embedding_loss(lambda x_t: table[ids] + sigma0 * eps0, table, ids, a_t, sigma0, eps0, eps)
    (slope,) = torch.autograd.grad(loss.sum(), table)
    assert float(loss.detach().abs().max()) == float(slope.abs().max()) == 0


def test_the_gradient_in_the_table_is_the_slope_of_the_loss():
    """Along a random direction, by central differences, with a network that is not linear."""
    table, *rest = some_batch()

    def total(vectors):
        return embedding_loss(lambda x_t: (1.3 * x_t).sin(), vectors, *rest).sum()

    (slope,) = torch.autograd.grad(total(table), table)
    way, h = normal(*table.shape, seed=3), 1e-5
    with torch.no_grad():
        rise = (total(table + h * way) - total(table - h * way)) / (2 * h)
    assert float((slope * way).sum()) == pytest.approx(float(rise), rel=1e-7)


def test_the_two_ways_of_the_gradient_add_up():
    """What each of two mistakes leaves is all there is."""
    table, *rest = some_batch()

    def slope(answer):
        return torch.autograd.grad(answer(lambda x_t: 0.7 * x_t, table, *rest).sum(), table)[0]

    by_input, by_target = (slope(wrong("embedding_loss", f"{name}_detached")) for name in ("target", "input"))
    assert min(float(part.abs().max()) for part in (by_input, by_target)) > 0.01
    torch.testing.assert_close(by_input + by_target, slope(embedding_loss))


def test_a_table_of_equal_rows_has_the_least_loss():
    """Why rounding is needed: a network that says the one vector there is pays sigma0² alone."""
    zeros, sigma0 = torch.zeros(6, 3).double(), 0.1
    eps0, eps = normal(4000, 1, 3, seed=1), normal(4000, 1, 3, seed=2)
    ids, a_t = torch.randint(6, (4000, 1), generator=seeded()), number([[[0.5]]]).expand(4000, 1, 1)
    costs = embedding_loss(torch.zeros_like, zeros, ids, a_t, sigma0, eps0, eps)
    error = sigma0**2 * (2 / 3 / 4000) ** 0.5
    assert float(costs.mean()) == pytest.approx(sigma0**2, abs=5 * error)


def test_a_network_is_shown_states_and_called_once():
    def on_the_vectors(net, table, ids, a_t, sigma0, eps0, eps):
        return net(table).sum() + embedding_loss(net, table, ids, a_t, sigma0, eps0, eps)

    verdict = judge(BY_NAME["embedding_loss"], on_the_vectors)
    assert verdict.unusable
    assert "the network takes states [B, L, 1], and was given shape [2, 1]" in verdict.first

    def twice(net, table, ids, a_t, sigma0, eps0, eps):
        embedding_loss(net, table, ids, a_t, sigma0, eps0, eps)
        return embedding_loss(net, table, ids, a_t, sigma0, eps0, eps)

    assert judge(BY_NAME["embedding_loss"], twice).first == "The network was called 2 times. Call it once, on x_t."
    with pytest.raises(ValueError, match="was given a value of type float"):
        embedding_loss_.Learner(2)(0.5)


# separation


def test_separation_is_the_example_of_its_docstring():
    assert round(float(separation(number([[0.0], [1.0], [4.0]]), 0.5)), 2) == 3.33


def test_separation_is_that_of_the_library():
    table = normal(12, 5)
    assert float(separation(table, 0.3)) == pytest.approx(float(neighbour_distances(table).mean()) / 0.3)


def test_a_collapse_into_two_heaps_shows_here_and_not_in_the_distance_to_the_mean():
    """The lesson says so."""
    heaps = number([[-3.0, 0.0], [3.0, 0.0]]).repeat(10, 1)
    together, apart = heaps + 0.001 * normal(20, 2), 3 * F.normalize(normal(20, 2), dim=-1)
    to_the_mean = wrong("separation", "from_the_mean")
    assert float(to_the_mean(together, 0.1)) > float(to_the_mean(apart, 0.1))
    assert float(separation(together, 0.1)) < 0.1 < 1 < float(separation(apart, 0.1))


def test_below_about_1_the_first_noise_hides_which_word_it_was():
    """The docstring says so: of words in a ring, sigma0 apart, most are read as another after the first noise."""
    angles = 2 * math.pi * torch.arange(100, dtype=torch.float64) / 100
    table = torch.stack([angles.cos(), angles.sin()], 1)
    step = 2 * math.sin(math.pi / 100)
    ids = torch.arange(100).repeat(40, 1)

    def read(sigma0):
        return float((nearest(table[ids] + sigma0 * normal(40, 100, 2), table) == ids).double().mean())

    assert float(separation(table, step)) == pytest.approx(1)
    # a word is read right if the noise along the ring stays within half a step
    assert read(step) == pytest.approx(math.erf(0.5 / 2**0.5), abs=5 * (0.25 / 4000) ** 0.5)
    assert read(step / 6) > 0.99


# rounding_and_anchor


def test_rounding_and_anchor_are_the_example_of_the_docstring():
    table = number([[0.0], [math.log(3)]])
    r, a = rounding_and_anchor(number([[[1.0]]]), number([[[0.0]]]), table, torch.zeros(2), torch.ones(1, 1).long())
    assert (float(r), float(a)) == (pytest.approx(math.log(4 / 3)), pytest.approx(math.log(2)))
    assert (round(float(r), 3), round(float(a), 3)) == (0.288, 0.693)


def test_rounding_and_anchor_are_those_of_the_library():
    space = Embeddings(6, 4).double()
    with torch.no_grad():
        space.bias.copy_(normal(6, seed=1))
    x0, x0_hat, ids = normal(3, 2, 4), normal(3, 2, 4, seed=2), torch.randint(6, (3, 2), generator=seeded())
    r, a = rounding_and_anchor(x0, x0_hat, space.vectors(), space.bias, ids)
    torch.testing.assert_close(r, objectives.rounding(space, x0, ids))
    torch.testing.assert_close(a, objectives.anchor(space, x0_hat, ids))


def test_with_equal_rows_and_no_bias_a_word_costs_ln_V():
    """Why both keep a table from collapsing: no belief helps."""
    table, ids = normal(1, 3).expand(7, 3), torch.randint(7, (2, 4), generator=seeded())
    for nats in rounding_and_anchor(normal(2, 4, 3), 100 * normal(2, 4, 3), table, torch.zeros(7).double(), ids):
        torch.testing.assert_close(nats, torch.full((2, 4), math.log(7)).double())


def test_the_nearest_word_and_the_likeliest_are_two():
    """The mistake `the_nearest_word` says so: at a word in the shadow of a longer one."""
    table, x = number([[1.0, 0.0], [3.0, 1.0]]), number([[[1.0, 0.0]]])
    assert int(nearest(x, table)) == 0
    assert int((x @ table.T).argmax(-1)) == 1
    exercise = BY_NAME["rounding_and_anchor"]
    assert named("rounding_and_anchor", exercise.mistake("the_nearest_word").answer) == "the_nearest_word"


@pytest.mark.parametrize("eps", [0.0, 1e-9, 1e-10, 1e-20])
def test_a_probability_that_is_rounded_to_0_is_named_whatever_is_added(eps):
    def answer(x0, x0_hat, table, bias, ids):
        r, a = (
            -((x @ table.T + bias).softmax(-1).gather(-1, ids[..., None])[..., 0] + eps).log() for x in (x0, x0_hat)
        )
        return r, a

    assert named("rounding_and_anchor", answer) == "floored"


@pytest.mark.parametrize(("weight", "name"), [(0.0, "bias_of_bayes"), (1.0, "half_distances")])
def test_the_posterior_of_equally_frequent_words_under_noise_of_1_is_named(weight, name):
    """Part 2 of the lesson shows it, so one may take it for the head; with the bias beside it too."""

    def answer(x0, x0_hat, table, bias, ids):
        r, a = (
            F.cross_entropy((weight * bias - torch.cdist(x, table).square() / 2).transpose(1, 2), ids, reduction="none")
            for x in (x0, x0_hat)
        )
        return r, a

    assert named("rounding_and_anchor", answer) == name


def test_what_is_far_off_is_far_beyond_the_smallest_probability():
    far = 0
    for case in BY_NAME["rounding_and_anchor"].cases(seeded()):
        nats = torch.stack(rounding_and_anchor(*case.arguments())).detach()
        assert bool(((nats < 15) | (nats > rounding_and_anchor_.FAR + 10)).all())
        far += int((nats > rounding_and_anchor_.FAR).sum())
    assert far >= 1


# mean_weight


def test_mean_weight_is_the_example_of_its_docstring():
    assert round(float(mean_weight(number(0.64), number(0.16))), 3) == 0.510
    assert round(float(mean_weight(number(0.64), number(0.16)).sqrt()), 3) == 0.714


def test_mean_weight_is_that_of_the_library():
    process, s, t = VPGaussian(cosine), number([[0.2], [0.5]]), number([[0.3], [0.9]])
    theirs = objectives.mean_weight(process, s, t, 1)
    torch.testing.assert_close(mean_weight(cosine(s), cosine(t)), theirs)


def test_mean_weight_turns_one_squared_error_into_the_other():
    x_t, x0, x0_hat = normal(4), normal(4, seed=1), normal(4, seed=2)
    a_s, a_t = number([0.9, 0.7, 1.0, 0.4]), number([0.3, 0.6, 0.2, 0.0])
    means = [posterior(x_t, x, a_s, a_t)[0] for x in (x0, x0_hat)]
    torch.testing.assert_close((means[0] - means[1]).square(), mean_weight(a_s, a_t) * (x0 - x0_hat).square())


def test_nearly_all_of_the_weight_lies_in_the_last_step():
    """The idea says so: of 1,000 steps of the cosine schedule the one to x_0 weighs 1, half of them below 2e-5."""
    a = cosine(torch.linspace(0, 1, 1001, dtype=torch.float64))
    weights = mean_weight(a[:-1], a[1:])
    assert float(weights[0]) == pytest.approx(1)
    assert float(weights.median()) < 2e-5


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (lambda a_s, a_t: 0.5 * (a_s / (1 - a_s) - a_t / (1 - a_t)), "of_the_bound"),
        (lambda a_s, a_t: a_s / (1 - a_s) - a_t / (1 - a_t), "over_the_variance"),
        (lambda a_s, a_t: (a_s - a_t) ** 2 / (a_t * (1 - a_s) ** 2), "swapped"),
        (lambda a_s, a_t: a_s, "step_from_the_start"),
    ],
)
def test_a_mistake_in_other_words_is_named(answer, name):
    assert named("mean_weight", answer) == name


# clamp


def test_clamp_is_the_example_of_its_docstring():
    table, belief = number([[1.0, 0.0], [3.0, 1.0]]), number([[[1.5, 0.4]]])
    assert clamp(belief, table, number([[0.2]]), 0.2).tolist() == [[[1.0, 0.0]]]
    assert clamp(belief, table, number([[0.3]]), 0.2).tolist() == [[[1.5, 0.4]]]


def test_clamp_is_that_of_the_library():
    x0_hat, table, t = normal(5, 3, 4), normal(9, 4, seed=1), number([[0.0], [0.3], [0.5], [0.51], [1.0]])
    theirs = clamped(lambda x_t, t, prev=None: x0_hat, table, below=0.5)(x0_hat, t)
    torch.testing.assert_close(clamp(x0_hat, table, t, 0.5), theirs)


def test_a_word_that_is_clamped_stays():
    x0_hat, table, t = normal(5, 3, 4), normal(9, 4, seed=1), torch.zeros(5, 1).double()
    once = clamp(x0_hat, table, t, 1.0)
    assert torch.equal(clamp(once, table, t, 1.0), once)
    assert all((row == table).all(-1).any() for row in once.view(-1, 4))


def test_a_clamp_in_place_is_right_but():
    def answer(x0_hat, table, t, below):
        late = t[:, 0] <= below
        x0_hat[late] = table[nearest(x0_hat[late], table)]
        return x0_hat

    verdict = judge(BY_NAME["clamp"], answer)
    assert verdict.kind == "right"
    assert "It changes its argument `x0_hat`" in verdict.remarks[0]


# two mistakes at once, and strangers


def pairs_of_mistakes():
    """Two mistakes at once in each answer, of those parts that can be exchanged independently."""
    parts: dict[str, tuple] = {
        "embedding_loss": (
            embedding_loss_._loss,
            {
                "first": {
                    "none": lambda e, sigma0, eps0: e,
                    "square": lambda e, sigma0, eps0: e + sigma0**2 * eps0,
                    "one": lambda e, sigma0, eps0: e + eps0,
                },
                "signal": {"a": lambda a_t: a_t},
                "noise": {"1-a": lambda a_t: 1 - a_t, "a": torch.sqrt},
                "shown": {"detached": lambda x0, x_t: x_t.detach()},
                "target": {"e": lambda e, x0, eps: e, "eps": lambda e, x0, eps: eps},
                "over": {"sum": lambda gap: gap.square().sum(-1), "abs": lambda gap: gap.abs().mean(-1)},
            },
        ),
        "separation": (
            separation_._separation,
            {
                "between": {
                    "square": lambda table: separation_._distances(table).square(),
                    "city": lambda table: (table[:, None] - table).abs().sum(-1),
                },
                "of": {
                    "all": lambda distances: separation_._others(distances).mean(1),
                    "unequal": separation_._nearest_not_equal,
                    "farthest": lambda distances: distances.amax(1),
                },
                "over_words": {"least": lambda near: near.min(), "sum": lambda near: near.sum()},
                "unit": {"1": lambda table, sigma0: 1.0, "square": lambda table, sigma0: sigma0**2},
            },
        ),
        "mean_weight": (
            mean_weight_._weight,
            {
                "level": {"a_t": lambda a_s, a_t: a_t.sqrt(), "1": lambda a_s, a_t: torch.ones_like(a_s)},
                "beta": {"difference": lambda a_s, a_t: a_s - a_t, "ratio": lambda a_s, a_t: a_t / a_s},
                "below": {"a_s": lambda a_s, a_t: 1 - a_s, "1": lambda a_s, a_t: torch.ones_like(a_s)},
                "power": {"1": 1.0},
                "over": {"variance": mean_weight_._variance},
            },
        ),
        "rounding_and_anchor": (
            rounding_and_anchor_._both,
            {
                "logits": {
                    "bare": lambda x, table, bias: x @ table.T,
                    "far": rounding_and_anchor_._by_distance,
                    "half": rounding_and_anchor_._by_half_distance,
                    "bayes": rounding_and_anchor_._with_the_bias_of_bayes,
                },
                "nats": {
                    "likeliest": rounding_and_anchor_._likeliest,
                    "logit": lambda logits, ids: -rounding_and_anchor_._own(logits, ids),
                    "twice": rounding_and_anchor_._softmax_twice,
                },
                "at": {"x0": lambda x0, x0_hat: (x0, x0), "detached": lambda x0, x0_hat: (x0, x0_hat.detach())},
                "of": {"exchanged": lambda r, a: (a, r), "minus": lambda r, a: (-r, -a)},
            },
        ),
        "clamp": (
            clamp_._clamp,
            {
                "to": {"soft": clamp_._softmax_of_products, "half": clamp_._half_way, "row": clamp_._word_of_the_row},
                "where": {
                    "above": lambda t, below: t > below,
                    "always": lambda t, below: torch.ones_like(t, dtype=torch.bool),
                    "below": lambda t, below: t < below,
                },
                "otherwise": {"zero": torch.zeros_like},
            },
        ),
    }
    one_mistake = {
        ("embedding_loss", "none", "e"),
        ("embedding_loss", "a", "1-a"),
        ("mean_weight", "1", "difference"),
        ("rounding_and_anchor", "x0", "exchanged"),
        ("clamp", "always", "zero"),
    }
    """Which make one of the others between them."""
    for name, (answer, slots) in parts.items():
        for (one, firsts), (other, seconds) in itertools.combinations(slots.items(), 2):
            for (first, f), (second, g) in itertools.product(firsts.items(), seconds.items()):
                if (name, first, second) not in one_mistake:
                    yield pytest.param(
                        name, partial(answer, **{one: f, other: g}), id=f"{name} {one} {first}, {other} {second}"
                    )


@pytest.mark.parametrize(("name", "answer"), list(pairs_of_mistakes()))
def test_two_mistakes_at_once_are_refused_and_not_named_as_one(name, answer):
    verdict = judge(BY_NAME[name], answer)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None


def loss_of_the_residual(net, table, ids, a_t, sigma0, eps0, eps):
    """The network's answer taken for the noise, and x_0 computed from it."""

    def through_noise(x_t):
        return (x_t - (1 - a_t).sqrt() * net(x_t)) / a_t.sqrt().clamp(min=0.01)

    return embedding_loss(through_noise, table, ids, a_t, sigma0, eps0, eps)


def words_of_a_row_at_most_once(x, table):
    distances = torch.cdist(x, table)
    for place in range(1, x.shape[1]):
        taken = distances[:, :place].argmin(-1)
        distances[:, place].scatter_(-1, taken, torch.inf)
    return distances.argmin(-1)


def with_a_far_word():
    """Vectors near words of unequal length, of which the last is near none of them."""
    table = torch.cat([normal(6, 3, seed=4) * torch.linspace(0.3, 4, 6)[:, None], number([[90.0, 90.0, 90.0]])])
    return 2 * normal(60, 4, 3, seed=5), table


STRANGERS = {
    "nearest": {
        "scaled by the spread": lambda x, table: nearest(x / table.std(0), table / table.std(0)),
        "centred x alone": lambda x, table: nearest(x - table.mean(0), table),
        "the second nearest": lambda x, table: torch.cdist(x, table).topk(2, largest=False).indices[..., 1],
        "counted from 1": lambda x, table: nearest(x, table) + 1,
        "no word twice": words_of_a_row_at_most_once,
        "largest product of absolute values": lambda x, table: (x.abs() @ table.abs().T).argmax(-1),
        "farthest by product over the places": lambda x, table: (x @ table.T).argmin(1),
        "a normalised table, and city blocks": lambda x, table: wrong("nearest", "city_block")(
            x, F.normalize(table, dim=-1)
        ),
    },
    "is_nearest": {
        "the last word far away": lambda f: torch.equal(f(*with_a_far_word()), nearest(*with_a_far_word())),
        "the sum of the ids": lambda f: int(f(normal(6, 3, 2), 0.1 * normal(3, 2, seed=2)).sum()) % 2 == 0,
    },
    "embedding_loss": {
        "through the noise": loss_of_the_residual,
        "halved": lambda *arguments: embedding_loss(*arguments) / 2,
        "weighed by the signal": lambda net, table, ids, a_t, *rest: (
            a_t[..., 0] * embedding_loss(net, table, ids, a_t, *rest)
        ),
        "half of the gradient of the target": lambda net, table, ids, a_t, sigma0, eps0, eps: embedding_loss_._loss(
            net, table, ids, a_t, sigma0, eps0, eps, target=lambda e, x0, eps: (x0 + x0.detach()) / 2
        ),
        "detached, with the clean vectors": lambda net, table, ids, a_t, sigma0, eps0, eps: embedding_loss_._loss(
            net, table, ids, a_t, sigma0, eps0, eps, target=lambda e, x0, eps: e.detach()
        ),
        "the first row's level": lambda net, table, ids, a_t, *rest: embedding_loss(
            net, table, ids, a_t[:1].expand_as(a_t), *rest
        ),
        "noise of the level at both": lambda net, table, ids, a_t, sigma0, eps0, eps: embedding_loss(
            net, table, ids, a_t, sigma0, (1 - a_t).sqrt() * eps0, eps
        ),
    },
    "separation": {
        "the two nearest": lambda table, sigma0: torch.cdist(table, table).sort(1).values[:, 1:3].mean() / sigma0,
        "over the spread": lambda table, sigma0: separation(table, 1.0) / table.std(),
        "one less": lambda table, sigma0: separation(table, sigma0) * len(table) / (len(table) - 1),
        "half": lambda table, sigma0: separation(table, sigma0) / 2,
        "over both noises": lambda table, sigma0: separation(table, sigma0 * 2**0.5),
        "per coordinate, without a root": lambda table, sigma0: separation(table, sigma0) / table.shape[1],
    },
    "rounding_and_anchor": {
        "halves": lambda *arguments: tuple(nats / 2 for nats in rounding_and_anchor(*arguments)),
        "the bias twice": lambda x0, x0_hat, table, bias, ids: rounding_and_anchor(x0, x0_hat, table, 2 * bias, ids),
        "the bias negative": lambda x0, x0_hat, table, bias, ids: rounding_and_anchor(x0, x0_hat, table, -bias, ids),
        "angles": lambda x0, x0_hat, table, bias, ids: rounding_and_anchor(
            F.normalize(x0, dim=-1), F.normalize(x0_hat, dim=-1), table, bias, ids
        ),
        "scaled by the width": lambda x0, x0_hat, table, bias, ids: rounding_and_anchor(
            x0 / 2, x0_hat / 2, table, bias, ids
        ),
        "everything detached": lambda *arguments: tuple(nats.detach() for nats in rounding_and_anchor(*arguments)),
        "the bias detached": lambda x0, x0_hat, table, bias, ids: rounding_and_anchor(
            x0, x0_hat, table, bias.detach(), ids
        ),
        "shifted ids": lambda x0, x0_hat, table, bias, ids: rounding_and_anchor(
            x0, x0_hat, table, bias, ids.roll(1, 1)
        ),
    },
    "mean_weight": {
        "of the step, all of it": lambda a_s, a_t: (1 - a_t / a_s).square(),
        "of x_t, not squared": lambda a_s, a_t: (a_t / a_s).sqrt() * (1 - a_s) / (1 - a_t),
        "the variance": lambda a_s, a_t: (1 - a_t / a_s) * (1 - a_s) / (1 - a_t),
        "halved": lambda a_s, a_t: mean_weight(a_s, a_t) / 2,
        "of the levels' roots": lambda a_s, a_t: mean_weight(a_s.sqrt(), a_t.sqrt()),
        "the inverse": lambda a_s, a_t: 1 / mean_weight(a_s, a_t),
    },
    "clamp": {
        "the last place alone": lambda x0_hat, table, t, below: torch.cat(
            [x0_hat[:, :-1], clamp(x0_hat, table, t, below)[:, -1:]], 1
        ),
        "softly, by time": lambda x0_hat, table, t, below: (
            t[..., None] * x0_hat + (1 - t[..., None]) * table[nearest(x0_hat, table)]
        ),
        "at one minus the time": lambda x0_hat, table, t, below: clamp(x0_hat, table, 1 - t, below),
        "the largest product, early": lambda x0_hat, table, t, below: torch.where(
            (t > below)[..., None], table[(x0_hat @ table.T).argmax(-1)], x0_hat
        ),
        "by the last row's time": lambda x0_hat, table, t, below: clamp(x0_hat, table, t[-1:].expand_as(t), below),
        "a row of the table's mean": lambda x0_hat, table, t, below: torch.where(
            (t <= below)[..., None], table.mean(0), x0_hat
        ),
    },
}


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [(name, answer) for name, answers in STRANGERS.items() for answer in answers.values()],
    ids=[f"{name}-{says}" for name, answers in STRANGERS.items() for says in answers],
)
def test_a_stranger_is_refused_and_not_named(exercise, answer):
    verdict = judge(BY_NAME[exercise], answer)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None
    assert verdict.first


# all of them


@pytest.mark.parametrize("exercise", EXERCISES, ids=BY_NAME)
def test_the_reference_is_right_where_the_default_is_float64(exercise: Exercise):
    """As in the lesson, which may compute in float64."""
    torch.set_default_dtype(torch.float64)
    try:
        # not equal to the other, whose truths are kept from before
        afresh = replace(exercise, minutes=exercise.minutes + 1)
        for answer in (exercise.reference, *exercise.equivalents):
            assert judge(afresh, answer).kind == "right"
    finally:
        torch.set_default_dtype(torch.float32)


UNUSABLE = {
    "wrong_axis",
    "the_vectors",
    "along_the_places",
    "along_the_coordinates",
    "ids",
    "mean_over_all",
    "mean_over_places",
    "classes_second",
    "added",
}
"""These raise, or have another shape, which is told in place of a law."""


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=[f"{e.key}-{m.name}" for e, m in MISTAKES])
def test_every_mistake_breaks_a_law(exercise: Exercise, mistake: Mistake):
    """So the first failure always has its numbers."""
    verdict = judge(exercise, mistake.answer)
    assert verdict.mistake is mistake
    assert (verdict.first != verdict.where) == (mistake.name not in UNUSABLE)


@pytest.mark.parametrize("exercise", EXERCISES, ids=BY_NAME)
def test_the_truth_is_another_way_to_the_same(exercise: Exercise):
    assert exercise.truth is not exercise.reference
    assert exercise.truth is not None
