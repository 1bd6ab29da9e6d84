"""The exercises of lesson 02b: our answers against all walks of a chain and the library; who must not be named."""

import itertools
import math
from dataclasses import replace

import pytest
import torch

from textdiff_lite.course.catalogue.kernels import EXERCISES, chains
from textdiff_lite.course.catalogue.kernels.chain_bound import exact_steps
from textdiff_lite.course.catalogue.kernels.is_q_bar import REFUSE, RIGHT
from textdiff_lite.course.exercise import Exercise, Mistake
from textdiff_lite.course.judging import judge
from textdiff_lite.distributions import safe_log
from textdiff_lite.processes import Absorbing, Matrix, Uniform
from textdiff_lite.schedules import cosine

BY_NAME = {exercise.key.split(".")[1]: exercise for exercise in EXERCISES}
q_bar, is_q_bar, posterior, uniform_posterior, belief_to_step, chain_bound = (e.reference for e in EXERCISES)
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def number(value) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


P = number([0.5, 0.3, 0.15, 0.05])
ENTROPY = 1.1421200429883351  # of P, nats


def chain(T: int, K: int, seed: int = 0) -> torch.Tensor:
    """Steps that neither commute nor are symmetric."""
    return chains.drawn(seeded(seed), T, K, K)


def every_pair(K: int) -> tuple[torch.Tensor, torch.Tensor]:
    """x_t and x_0, [K, K] each: entry [x_0, x_t]."""
    words = torch.arange(K).expand(K, K)
    return words, words.T.contiguous()


def joint_of_walks(Qs: torch.Tensor, x0: int) -> torch.Tensor:
    """q(x_1, ..., x_T | x_0) as a table with T axes."""
    table = torch.zeros([Qs.shape[-1]] * len(Qs), dtype=torch.float64)
    for walk, probability in chains.walks(Qs, x0):
        table[walk[1:]] += probability
    return table


def test_the_lesson_has_six_exercises_in_92_minutes():
    assert len(EXERCISES) == 6
    assert sum(exercise.minutes for exercise in EXERCISES) == 92
    assert all(len(exercise.mistakes) >= 6 and len(exercise.equivalents) >= 3 for exercise in EXERCISES)


# the chains


def test_walks_are_all_walks_and_their_probabilities_sum_to_one():
    found = list(chains.walks(chain(3, 2), 1))
    assert [walk for walk, _ in found] == [(1, *tail) for tail in itertools.product(range(2), repeat=3)]
    assert sum(probability for _, probability in found) == pytest.approx(1)


@pytest.mark.parametrize(
    "Q", [chains.absorbing(0.3, 4), chains.uniform(0.3, 4), chains.one_way(0.3, 4), chain(1, 4)[0]]
)
def test_rows_of_the_chains_are_laws(Q):
    assert (Q >= 0).all()
    torch.testing.assert_close(Q.sum(-1), torch.ones(4).double())


def test_drawn_chains_show_the_order_and_the_side():
    first, second = chain(2, 3)
    assert float((first @ second - second @ first).abs().max()) > 0.05
    assert float((first - first.T).abs().max()) > 0.05


# q_bar


def test_q_bar_is_the_example_of_its_docstring():
    Qs = number([[[0.9, 0.1], [0.2, 0.8]], [[0.5, 0.5], [0.0, 1.0]]])
    torch.testing.assert_close(q_bar(Qs, 2), number([[0.45, 0.55], [0.1, 0.9]]))


@pytest.mark.parametrize("i", [0, 1, 2, 3, 4])
def test_q_bar_is_the_law_of_the_walks(i):
    Qs = chain(4, 3)
    for x0 in range(3):
        law = torch.zeros(3).double()
        for walk, probability in chains.walks(Qs, x0):
            law[walk[i]] += probability
        torch.testing.assert_close(q_bar(Qs, i)[x0], law)


@pytest.mark.parametrize(("make", "mask"), [(chains.uniform, 0), (chains.absorbing, 1)])
def test_q_bar_of_the_kernels_in_closed_form(make, mask):
    betas = (0.1, 0.3, 0.25)
    a = math.prod(1 - beta for beta in betas)
    torch.testing.assert_close(q_bar(torch.stack([make(beta, 4) for beta in betas]), 3), make(1 - a, 4))


def test_q_bar_is_that_of_the_library():
    Qs = chain(4, 3)
    x0, t = torch.tensor([[0, 1, 2]] * 2), number([[0.75], [0.5]])
    law = Matrix(Qs, 3, "joint").corrupt(x0, t).log_probs.exp()
    for row, i in enumerate((3, 2)):
        torch.testing.assert_close(q_bar(Qs, i)[x0[row]], law[row])


# is_q_bar


def test_the_six_are_wrong_and_the_right_ones_are_not_all_bit_for_bit_ours():
    Qs = chain(4, 3)
    assert len(REFUSE) == 6
    for name in REFUSE:
        wrong = BY_NAME["q_bar"].mistake(name).answer
        assert not all(torch.allclose(wrong(Qs, i), q_bar(Qs, i), atol=1e-3) for i in range(5))
        assert not is_q_bar(wrong)
    for right in RIGHT.values():
        assert all(torch.allclose(right(Qs, i), q_bar(Qs, i), atol=1e-5) for i in range(5))
        assert is_q_bar(right)
    assert sum(torch.equal(right(Qs, 3), q_bar(Qs, 3)) for right in RIGHT.values()) == 1


def test_is_q_bar_refuses_each_catalogued_mistake_that_answers():
    for mistake in BY_NAME["q_bar"].mistakes:
        if mistake.name == "empty_product":
            with pytest.raises(TypeError):
                is_q_bar(mistake.answer)
        else:
            assert not is_q_bar(mistake.answer), mistake.name


def test_a_test_that_looks_at_one_entry_or_knows_us_by_name_is_refused():
    def one_entry(f):
        return all(abs(float((f(chain(3, 2), i) - q_bar(chain(3, 2), i))[0, 1])) < 1e-6 for i in range(4))

    exercise = BY_NAME["is_q_bar"]
    assert judge(exercise, one_entry).mistake is exercise.mistake("first_row_only")
    assert judge(exercise, lambda f: f is q_bar).mistake is exercise.mistake("refuses_all")


@pytest.mark.parametrize(
    ("make", "through"),
    [(chains.absorbing, "«reversed». Ask with two matrices"), (chains.uniform, "«transposed», «reversed».")],
)
def test_a_test_with_matrices_that_commute_is_told_what_it_lets_through(make, through):
    Qs = torch.stack([make(beta, 3) for beta in (0.5, 0.1, 0.3)])

    def compares(f):
        return all(torch.allclose(f(Qs, i), q_bar(Qs, i)) for i in range(4))

    verdict = judge(BY_NAME["is_q_bar"], compares)
    assert f"lets through {through}" in verdict.first
    assert verdict.mistake is not None


def test_a_test_that_asserts_is_told_to_return():
    def asserts(f):
        assert torch.allclose(f(chain(3, 3), 2), q_bar(chain(3, 3), 2))
        return True

    assert "It should return False where it refuses" in judge(BY_NAME["is_q_bar"], asserts).first


# posterior


def test_posterior_is_the_example_of_its_docstring():
    Qbar_s, Q_ts = number([[0.9, 0.1], [0.2, 0.8]]), number([[0.5, 0.5], [0.0, 1.0]])
    law = posterior(torch.tensor([[1]]), torch.tensor([[0]]), Q_ts, Qbar_s, Qbar_s @ Q_ts)
    torch.testing.assert_close(law, number([[[0.818, 0.182]]]), atol=5e-4, rtol=0)


@pytest.mark.parametrize(("i", "j"), [(0, 1), (1, 2), (1, 4), (2, 3), (3, 4)])
def test_posterior_is_bayes_over_all_walks(i, j):
    Qs, K = chain(4, 3, seed=1), 3
    x_t, x0 = every_pair(K)
    Q_ts = q_bar(Qs[i:], j - i)
    law = posterior(x_t, x0, Q_ts, q_bar(Qs, i), q_bar(Qs, j))
    for start, end, before in itertools.product(range(K), repeat=3):
        walks = [(walk, p) for walk, p in chains.walks(Qs, start) if walk[j] == end]
        share = sum(p for walk, p in walks if walk[i] == before) / sum(p for _, p in walks)
        assert float(law[start, end, before]) == pytest.approx(share)


@pytest.mark.parametrize(("i", "j"), [(0, 3), (1, 2), (1, 4)])
def test_posterior_is_that_of_the_library_for_any_step(i, j):
    Qs = chain(4, 5, seed=2)
    x_t, x0 = every_pair(5)
    law = posterior(x_t, x0, q_bar(Qs[i:], j - i), q_bar(Qs, i), q_bar(Qs, j))
    theirs = Matrix(Qs, 5, "joint").posterior(x_t, x0, number([[i / 4]]).expand(5, 1), number([[j / 4]]).expand(5, 1))
    torch.testing.assert_close(law, theirs.log_probs.exp())


def test_posterior_gives_zeros_for_impossible_pairs_alone():
    Q = chains.absorbing(0.3, 3)
    x_t, x0 = every_pair(3)
    sums = posterior(x_t, x0, Q, Q, Q @ Q).sum(-1)
    possible = (x_t == x0) | (x_t == 2)
    torch.testing.assert_close(sums, possible.double())


@pytest.mark.parametrize("eps", [1e-9, 1e-10, 1e-20])
def test_a_small_number_below_the_bar_is_named_whatever_its_size(eps):
    def answer(x_t, x0, Q_ts, Qbar_s, Qbar_t):
        joint = Q_ts.T[x_t] * Qbar_s[x0]
        return joint / (joint.sum(-1, keepdim=True) + eps)

    exercise = BY_NAME["posterior"]
    assert judge(exercise, answer).mistake is exercise.mistake("eps_added")


def test_a_divisor_kept_above_0_is_named_for_the_same():
    def answer(x_t, x0, Q_ts, Qbar_s, Qbar_t):
        joint = Q_ts.T[x_t] * Qbar_s[x0]
        return joint / joint.sum(-1, keepdim=True).clamp(min=1e-12)

    exercise = BY_NAME["posterior"]
    assert judge(exercise, answer).mistake is exercise.mistake("eps_added")


# uniform_posterior


@pytest.mark.parametrize(
    ("x_t", "law"),
    [(1, (0.07142857, 0.35714286, 0.5, 0.07142857)), (2, (0.02631579, 0.02631579, 0.92105263, 0.02631579))],
)
def test_uniform_posterior_is_the_example_of_its_docstring(x_t, law):
    got = uniform_posterior(torch.tensor([[x_t]]), torch.tensor([[2]]), number(0.6), number(0.3), 4)
    torch.testing.assert_close(got[0, 0], number(law), atol=1e-8, rtol=0)


@pytest.mark.parametrize(("a_s", "a_t"), [(0.9, 0.2), (0.5, 0.45), (1.0, 0.3), (0.4, 0.0)])
def test_uniform_posterior_is_that_of_matrices_and_counts_third_words(a_s, a_t):
    K = 4
    Qbar_s, Q_ts = chains.uniform(1 - a_s, K), chains.uniform(1 - a_t / a_s, K)
    x_t, x0 = every_pair(K)
    got = uniform_posterior(x_t, x0, number(a_s), number(a_t), K)
    torch.testing.assert_close(got, posterior(x_t, x0, Q_ts, Qbar_s, Qbar_s @ Q_ts))
    assert (float(got[0, 1, 2]) > 0) == (a_s < 1)


def test_uniform_posterior_is_that_of_the_library():
    s, t = number([[0.3]]), number([[0.8]])
    x_t, x0 = torch.randint(6, (2, 3, 5), generator=seeded())
    got = uniform_posterior(x_t, x0, cosine(s)[0, 0], cosine(t)[0, 0], 6)
    theirs = Uniform(cosine, 6).posterior(x_t, x0, s.expand(3, 1), t.expand(3, 1))
    torch.testing.assert_close(got, theirs.log_probs.exp())


# belief_to_step


@pytest.mark.parametrize(
    ("how", "law"),
    [
        ("joint", (0.08510638, 0.58510638, 0.14893617, 0.18085106)),
        ("posterior", (0.10526316, 0.46992481, 0.19097744, 0.23383459)),
    ],
)
def test_belief_to_step_is_the_example_of_its_docstring(how, law):
    Q_ts, Qbar_s = chains.uniform(0.5, 4), chains.uniform(0.4, 4)
    belief = number([[[0.1, 0.2, 0.3, 0.4]]])
    got = belief_to_step(belief, torch.tensor([[1]]), Q_ts, Qbar_s, Qbar_s @ Q_ts, how)
    torch.testing.assert_close(got[0, 0], number(law), atol=1e-8, rtol=0)


def test_belief_to_step_refuses_another_way():
    with pytest.raises(ValueError, match='how must be "posterior" or "joint", got \'mean\''):
        belief_to_step(P[None, None], torch.tensor([[1]]), *[chains.uniform(0.5, 4)] * 3, "mean")


@pytest.mark.parametrize("how", ["posterior", "joint"])
def test_each_way_is_exact_for_its_belief_and_not_for_the_other(how):
    """Against the joint law of (x_0, x_s, x_t) of a one-word world: what the lesson says of the two."""
    Qs = chain(2, 4, seed=3)
    world = P[:, None, None] * torch.stack([joint_of_walks(Qs, x0) for x0 in range(4)])
    of_x_t = world.sum((0, 1))
    exact = (world.sum(0) / of_x_t).T
    bayes, prior = (world.sum(1) / of_x_t).T, P.expand(4, 4)
    right, wrong = (bayes, prior) if how == "posterior" else (prior, bayes)
    x_t = torch.arange(4)[None]
    matrices = Qs[1], Qs[0], Qs[0] @ Qs[1]
    torch.testing.assert_close(belief_to_step(right[None], x_t, *matrices, how)[0], exact)
    assert float((belief_to_step(wrong[None], x_t, *matrices, how)[0] - exact).abs().max()) > 0.02


def test_the_two_ways_agree_for_the_mask_and_for_no_other():
    belief = torch.nn.functional.pad(chains.drawn(seeded(), 2, 4, 3), (0, 1))
    x_t = torch.tensor([[0, 1, 2, 3]] * 2)
    for make, same in ((chains.absorbing, True), (chains.uniform, False)):
        Q, Qbar = make(0.3, 4), make(0.5, 4)
        one, other = (belief_to_step(belief, x_t, Q, Qbar, Qbar @ Q, how) for how in ("posterior", "joint"))
        assert torch.allclose(one, other) == same


@pytest.mark.parametrize("how", ["posterior", "joint"])
def test_belief_to_step_is_reverse_of_the_library(how):
    Qs = chain(4, 3, seed=4)
    belief, x_t = chains.drawn(seeded(5), 2, 3, 3), torch.tensor([[0, 1, 2]] * 2)
    got = belief_to_step(belief, x_t, q_bar(Qs[1:], 2), q_bar(Qs, 1), q_bar(Qs, 3), how)
    times = number([[0.25], [0.25]]), number([[0.75], [0.75]])
    theirs = Matrix(Qs, 3, how).reverse(x_t, belief.log(), *times)
    torch.testing.assert_close(got, theirs.log_probs.exp())


def test_belief_to_step_is_reverse_of_the_mask_kernel():
    belief, x_t = chains.drawn(seeded(6), 2, 4, 3), torch.tensor([[3, 0, 1, 2]] * 2)
    s, t = number([[0.4]] * 2), number([[0.7]] * 2)
    a_s, a_t = float(cosine(s)[0]), float(cosine(t)[0])
    Qbar_s, Q_ts = chains.absorbing(1 - a_s, 4), chains.absorbing(1 - a_t / a_s, 4)
    theirs = Absorbing(cosine, 3).reverse(x_t, safe_log(belief), s, t).log_probs.exp()
    for how in ("posterior", "joint"):
        padded = torch.nn.functional.pad(belief, (0, 1))
        torch.testing.assert_close(belief_to_step(padded, x_t, Q_ts, Qbar_s, Qbar_s @ Q_ts, how), theirs)


# chain_bound


def test_chain_bound_is_the_example_of_its_docstring():
    steps, Qs = number([[[0.6, 0.4], [0.3, 0.7]]]), number([[[0.8, 0.2], [0.4, 0.6]]])
    assert float(chain_bound(number([0.5, 0.5]), steps, Qs, number([0.6, 0.4]))) == pytest.approx(0.7013, abs=5e-5)


def likelihood_of_model(steps, prior):
    """p_theta(x_0) of the model itself: all its walks, added up."""
    law = prior
    for back in steps.flip(0):
        law = law @ back
    return law


@pytest.mark.parametrize("seed", range(4))
def test_chain_bound_lies_above_what_the_model_really_pays_by_a_kl_of_walks(seed):
    T, K = 3, 3
    Qs, steps = chain(T, K, seed), chain(T, K, seed + 10)
    p, prior = chains.drawn(seeded(seed + 20), 2, K)
    paid = float(-(p * likelihood_of_model(steps, prior).log()).sum())
    gap = 0.0
    for x0 in range(K):
        q = joint_of_walks(Qs, x0)
        model = torch.einsum("c,bc,ab,a->abc", prior, steps[2].T, steps[1].T, steps[0][:, x0])
        gap += float(p[x0] * (q * (q / (model / model.sum())).log()).sum())
    assert float(chain_bound(p, steps, Qs, prior)) == pytest.approx(paid + gap)
    assert gap > 0


@pytest.mark.parametrize("make", [chains.uniform, chains.absorbing, chains.one_way])
def test_chain_bound_is_the_entropy_for_the_exact_steps(make):
    Qs = torch.stack([make(beta, 4) for beta in (0.1, 0.4, 0.7)])
    p = P if make is not chains.absorbing else number([0.7, 0.2, 0.1, 0.0])
    entropy = float(-torch.xlogy(p, p).sum())
    assert float(chain_bound(p, exact_steps(p, Qs), Qs, p @ q_bar(Qs, 3))) == pytest.approx(entropy)


def steps_of(belief, Qs, how):
    """The model's steps [T, K, K] of one belief for all states, or one for each (as belief [T, K, K])."""
    K = Qs.shape[-1]
    x = torch.arange(K)[None]
    return torch.cat(
        [
            belief_to_step(belief[i].expand(1, K, K), x, Qs[i], q_bar(Qs, i), q_bar(Qs, i + 1), how)
            for i in range(len(Qs))
        ]
    )


def test_with_eq_4_and_the_law_of_the_data_as_belief_the_bound_is_the_entropy():
    T, K = 12, 4
    f = torch.cos((torch.arange(T + 1).double() / T + 0.008) / 1.008 * math.pi / 2)
    Qs = torch.stack([chains.uniform(beta, K) for beta in (1 - f[1:] / f[:-1]).clamp(max=0.999).tolist()])
    prior = P @ q_bar(Qs, T)
    joint = steps_of(P.expand(T, K, K), Qs, "joint")
    assert float(chain_bound(P, joint, Qs, prior)) == pytest.approx(ENTROPY, abs=1e-9)
    # the network has seen x_t: Bayes' belief is exact for the other way, and eq. 4 counts x_t twice
    bayes = torch.stack([P * q_bar(Qs, i).T / (P @ q_bar(Qs, i))[:, None] for i in range(1, T + 1)])
    assert float(chain_bound(P, steps_of(bayes, Qs, "posterior"), Qs, prior)) == pytest.approx(ENTROPY, abs=1e-9)
    twice = steps_of(bayes, Qs, "joint")
    assert float(chain_bound(P, twice, Qs, prior)) > ENTROPY + 0.01
    made = likelihood_of_model(twice, prior)
    torch.testing.assert_close(made, number([0.38758, 0.28937, 0.20251, 0.12054]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("T", [1, 5])
def test_a_model_that_knows_nothing_pays_ln_K_for_each_word(T):
    Qs = torch.stack(
        [chains.uniform(beta, 4) for beta in torch.linspace(0.1, 0.9, T).tolist()] + [chains.uniform(1.0, 4)]
    )
    flat = torch.full((T + 1, 4, 4), 0.25).double()
    prior = torch.full((4,), 0.25).double()
    assert float(chain_bound(P, steps_of(flat, Qs, "joint"), Qs, prior)) == pytest.approx(math.log(4))


def told_of_the_entropy(name: str) -> str:
    exercise = BY_NAME["chain_bound"]
    told = [law(exercise.mistake(name).answer) for law in exercise.laws]
    return next(text for text in told if text and "the bound is the entropy of p" in text)


def test_a_bound_below_the_entropy_is_told_so():
    assert "it lies below" in told_of_the_entropy("prior_omitted")
    assert "it lies below" not in told_of_the_entropy("last_twice")


@pytest.mark.parametrize(
    ("name", "off", "right"),
    [
        ("prior_reversed", ["prior"], ["steps[2]", "steps[1]", "steps[0]"]),
        ("under_one_step", ["steps[2]", "steps[1]"], ["prior", "steps[0]"]),
        ("first_step_back_lost", ["steps[2]"], ["prior", "steps[1]", "steps[0]"]),
        ("last_twice", ["steps[0]"], ["prior", "steps[2]", "steps[1]"]),
        ("steps_from_T_down", ["steps[2]", "steps[0]"], ["prior", "steps[1]"]),
    ],
)
def test_the_first_message_gives_the_terms_and_says_which_is_off(name, off, right):
    exercise = BY_NAME["chain_bound"]
    first = judge(exercise, exercise.mistake(name).answer).first
    assert "the prior 0.0158, step 3 0.1595, step 2 0.1177, the last 0.4446. Together 0.7377" in first
    assert all(f"with another {part} yours changes by" in first for part in off)
    assert not any(f"with another {part}" in first for part in right)


def test_the_terms_of_that_message_are_those_of_all_walks():
    p, Qs = number([0.7, 0.3]), number([[[0.9, 0.1], [0.3, 0.7]], [[0.8, 0.2], [0.1, 0.9]], [[0.6, 0.4], [0.2, 0.8]]])
    prior = number([0.4, 0.6])
    one, two, three = number([[[0.8, 0.2], [0.3, 0.7]], [[0.9, 0.1], [0.4, 0.6]], [[0.7, 0.3], [0.2, 0.8]]])
    terms = dict.fromkeys(("prior", "step 3", "step 2", "last"), 0.0)
    for x0 in range(2):
        joint = joint_of_walks(Qs, x0)
        x1, x2, x3 = joint.sum((1, 2)), joint.sum((0, 2)), joint.sum((0, 1))
        terms["prior"] += float(p[x0] * (x3 * (x3 / prior).log()).sum())
        first, second = joint.sum(2), joint.sum(0)
        terms["step 2"] += float(p[x0] * (first * (first / x2 / two.T).log()).sum())
        terms["step 3"] += float(p[x0] * (second * (second / x3 / three.T).log()).sum())
        terms["last"] -= float(p[x0] * (x1 * one[:, x0].log()).sum())
    assert terms == pytest.approx({"prior": 0.0158, "step 3": 0.1595, "step 2": 0.1177, "last": 0.4446}, abs=5e-5)


def test_the_last_step_as_a_kl_is_right_and_counted_twice_is_not():
    exercise = BY_NAME["chain_bound"]
    assert exercise.equivalents[0].__name__ == "_last_step_as_a_kl"
    assert judge(exercise, exercise.equivalents[0]).kind == "right"
    assert "twice" in exercise.mistake("last_twice").says


def test_a_nan_for_a_word_that_never_comes_is_a_remark():
    def bare(p, steps, Qs, prior):
        T, K = len(Qs), len(p)
        x_0, x_i = torch.meshgrid(torch.arange(K), torch.arange(K), indexing="ij")

        def kl(q, r):
            return (q * torch.where(q > 0, q / r, 1.0).log()).sum(-1)

        nats = kl(q_bar(Qs, T), prior)
        for i in range(2, T + 1):
            back = posterior(x_i, x_0, Qs[i - 1], q_bar(Qs, i - 1), q_bar(Qs, i))
            nats = nats + (q_bar(Qs, i) * kl(back, steps[i - 1])).sum(-1)
        return (p * (nats - torch.xlogy(Qs[0], steps[0].T).sum(-1))).sum()

    verdict = judge(BY_NAME["chain_bound"], bare)
    assert verdict.kind == "right"
    assert len(verdict.remarks) == 1
    assert "0 · ∞ = nan" in verdict.remarks[0]


def by_matrices(x_t, x0, a_s, a_t, K):
    """Right, but with a matrix for each step."""

    def uniform(a):
        return a * torch.eye(K) + (1 - a) / K

    return posterior(x_t, x0, uniform(a_t / a_s), uniform(a_s), uniform(a_t))


def test_a_matrix_for_the_uniform_kernel_is_right_with_a_remark():
    verdict = judge(BY_NAME["uniform_posterior"], by_matrices)
    assert verdict.kind == "right"
    assert len(verdict.remarks) == 1
    assert "K × K matrix" in verdict.remarks[0]


@pytest.mark.parametrize(
    ("make", "numbers"),
    [
        (lambda: torch.eye(30), 900),
        (lambda: torch.ones(30).expand(30, 30), 30),
        (lambda: torch.ones(30) + torch.ones(2, 1), 60),
        (lambda: [torch.ones(5), torch.topk(torch.ones(7), 7)], 7),
        (lambda: 3, 0),
    ],
)
def test_the_largest_tensor_is_what_is_kept_in_memory(make, numbers):
    assert chains.largest_tensor(make) == numbers


# wrong answers that people give in a form of their own, and that are named


def _row_of_Q(x_t, x0, Q_ts, Qbar_s, Qbar_t):
    return Q_ts[x_t] * Qbar_s[x0] / Qbar_t[x0, x_t].unsqueeze(-1)


def _sum_of_joints(belief, x_t, Q_ts, Qbar_s, Qbar_t, how):
    joint = belief[..., None] * Qbar_s * Q_ts.T[x_t][..., None, :]
    return joint.sum(-2) / joint.sum((-2, -1))[..., None]


def _bare_loop(p, steps, Qs, prior):
    total = 0
    for i in range(2, len(Qs) + 1):
        for a, b in itertools.product(range(len(p)), repeat=2):
            pair = torch.tensor([[b]]), torch.tensor([[a]])
            back = posterior(*pair, Qs[i - 1], q_bar(Qs, i - 1), q_bar(Qs, i))[0, 0]
            total = (
                total + p[a] * q_bar(Qs, i)[a, b] * (torch.xlogy(back, back) - torch.xlogy(back, steps[i - 1, b])).sum()
            )
    return total - (p[:, None] * torch.xlogy(Qs[0], steps[0].T)).sum()


def _turned_round(p, steps, Qs, prior):
    """KL(p || q) in every term, with nothing done for pairs that never come."""
    K, T = len(p), len(Qs)

    def kl(q, r):
        return (r * (r / q).log()).sum(-1)

    nats = kl(q_bar(Qs, T), prior) - torch.xlogy(Qs[0], steps[0].T).sum(-1)
    for i in range(2, T + 1):
        x_i, x_0 = every_pair(K)
        back = posterior(x_i, x_0, Qs[i - 1], q_bar(Qs, i - 1), q_bar(Qs, i))
        nats = nats + (q_bar(Qs, i) * kl(back, steps[i - 1])).sum(-1)
    return (p * nats).sum()


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("q_bar", lambda Qs, i: q_bar(Qs, i).mT, "transposed"),
        ("q_bar", lambda Qs, i: torch.einsum("ab,bc->ac", q_bar(Qs[1:], i - 1), Qs[0]) if i else q_bar(Qs, 0), None),
        ("posterior", _row_of_Q, "not_transposed_over_evidence_unguarded"),
        ("belief_to_step", _sum_of_joints, "averaged_before_normalising"),
        ("chain_bound", _bare_loop, "prior_omitted"),
        ("chain_bound", _turned_round, "all_reversed_and_nan"),
        ("chain_bound", lambda p, steps, Qs, prior: chain_bound(p, steps.flip(0), Qs, prior), "steps_from_T_down"),
    ],
)
def test_a_mistake_in_other_words_is_named_and_half_of_one_is_not(exercise, answer, name):
    verdict = judge(BY_NAME[exercise], answer)
    assert verdict.kind == "wrong"
    assert (verdict.mistake.name if verdict.mistake else None) == name


# strangers: wrong, and none of the mistakes we know


def _mistaken(exercise: str, name: str):
    return BY_NAME[exercise].mistake(name).answer


def _likelihood_only_over_the_others(x_t, x0, a_s, a_t, K):
    alpha, own, start = a_t / a_s, torch.nn.functional.one_hot(x_t, K), torch.nn.functional.one_hot(x0, K)
    law = torch.where(own > 0, alpha, (1 - alpha) / (K - 1)) * (a_s * start + (1 - a_s) / K)
    return law / law.sum(-1, keepdim=True)


def _half_averaged(belief, x_t, Q_ts, Qbar_s, Qbar_t, how):
    both = [belief_to_step(belief, x_t, Q_ts, Qbar_s, Qbar_t, way) for way in ("posterior", "joint")]
    return (both[0] + both[1]) / 2


def _on_one_side(f):
    Qs = chain(3, 2)
    return all(bool((f(Qs, i) - q_bar(Qs, i) < 1e-6).all()) for i in range(4))


def _close(f, i):
    return torch.allclose(f(chain(3, 2), i), q_bar(chain(3, 2), i), atol=1e-5)


STRANGERS = {
    "q_bar": {
        "transposed, and a step too few": lambda Qs, i: _mistaken("q_bar", "one_too_few")(Qs, i).T,
        "reversed, and not the identity": lambda Qs, i: _mistaken("q_bar", "not_the_identity")(
            Qs[: max(i, 1)].flip(0), i
        ),
        "the last i steps": lambda Qs, i: q_bar(Qs[len(Qs) - i :], i),
        "the mean of the steps": lambda Qs, i: torch.linalg.matrix_power(Qs[:i].mean(0), i) if i else q_bar(Qs, 0),
        "the sum of the steps": lambda Qs, i: Qs[:i].sum(0),
    },
    "is_q_bar": {
        "determinants": lambda f: abs(float(f(chain(3, 2), 2).det() - q_bar(chain(3, 2), 2).det())) < 1e-6,
        "one side": _on_one_side,
        "traces": lambda f: all(
            abs(float((f(chain(3, 2), i) - q_bar(chain(3, 2), i)).trace())) < 1e-6 for i in range(4)
        ),
        "i = 0 alone": lambda f: _close(f, 0),
    },
    "posterior": {
        "row of Q_ts, and Qbar_t": lambda x_t, x0, Q, S, T: _mistaken("posterior", "Qbar_t_for_Qbar_s")(
            x_t, x0, Q.T, S, T
        ),
        "both on their sides": lambda x_t, x0, Q, S, T: _mistaken("posterior", "Qbar_s_transposed")(x_t, x0, Q.T, S, T),
        "Qbar_t, not normalised": lambda x_t, x0, Q, S, T: Q.T[x_t] * T[x0],
        "the likeliest": lambda x_t, x0, Q, S, T: torch.nn.functional.one_hot(
            posterior(x_t, x0, Q, S, T).argmax(-1), len(Q)
        ).double(),
        "roots": lambda x_t, x0, Q, S, T: torch.nn.functional.normalize(
            posterior(x_t, x0, Q, S, T).sqrt(), p=1, dim=-1
        ),
    },
    "uniform_posterior": {
        "two mistakes": lambda x_t, x0, a_s, a_t, K: _mistaken("uniform_posterior", "without_K")(
            x_t, x0, a_t / a_s, a_t, K
        ),
        "swapped, not normalised": lambda x_t, x0, a_s, a_t, K: _mistaken("uniform_posterior", "not_normalised")(
            x0, x_t, a_s, a_t, K
        ),
        "half over the others": _likelihood_only_over_the_others,
        "K + 1 words": lambda x_t, x0, a_s, a_t, K: uniform_posterior(x_t, x0, a_s, a_t, K + 1)[..., :K],
    },
    "belief_to_step": {
        "exchanged, and a row": lambda b, x, Q, S, T, how: _mistaken("belief_to_step", "exchanged")(
            b, x, Q.T, S, T, how
        ),
        "not normalised, and Qbar_t": lambda b, x, Q, S, T, how: Q.T[x] * (b @ T),
        "between both": _half_averaged,
        "sharpened": lambda b, x, Q, S, T, how: belief_to_step(b**2, x, Q, S, T, how),
        "squared, and twice": lambda b, x, Q, S, T, how: _mistaken("belief_to_step", "likelihood_twice")(
            b**2, x, Q, S, T, how
        ),
    },
    "chain_bound": {
        "no prior, and bits": lambda p, steps, Qs, prior: (
            _mistaken("chain_bound", "prior_omitted")(p, steps, Qs, prior) / math.log(2)
        ),
        "a step less, and a plain mean": lambda p, steps, Qs, prior: (
            _mistaken("chain_bound", "plain_mean")(p, steps[:-1], Qs[:-1], prior) if len(Qs) > 1 else number(0)
        ),
        "chain reversed in time": lambda p, steps, Qs, prior: chain_bound(p, steps, Qs.flip(0), prior),
        "what the model really pays": lambda p, steps, Qs, prior: (
            -torch.xlogy(p, likelihood_of_model(steps, prior)).sum()
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
    """As in the lesson, which computes in float64."""
    torch.set_default_dtype(torch.float64)
    try:
        # not equal to the other, whose truths are kept from before
        afresh = replace(exercise, minutes=exercise.minutes + 1)
        for answer in (exercise.reference, *exercise.equivalents):
            assert judge(afresh, answer).kind == "right"
    finally:
        torch.set_default_dtype(torch.float32)


UNUSABLE = {"empty_product", "one_hot_without_K", "axes_left"}
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


@pytest.mark.parametrize("name", ["posterior", "belief_to_step"])
def test_the_cases_have_K_rows_of_K_places_and_matrices_that_belong_together(name):
    square = 0
    for case in BY_NAME[name].cases(seeded()):
        x_t, Q_ts, Qbar_s, Qbar_t = (
            [a for a in case.arguments() if isinstance(a, torch.Tensor)][-4:]
            if (name == "belief_to_step")
            else (case.arguments()[0], *case.arguments()[2:])
        )
        torch.testing.assert_close(Qbar_s @ Q_ts, Qbar_t)
        square += tuple(x_t.shape) == (len(Q_ts), len(Q_ts))
    assert square >= 2
