"""The exercises of lesson 02a: our answers against enumeration and the library, and who must not be named."""

import inspect
import itertools
import math
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from textdiff_lite import objectives
from textdiff_lite.course.catalogue.before.frequencies import as_frequencies, frequencies
from textdiff_lite.course.catalogue.before.reveal import Oracle
from textdiff_lite.course.catalogue.mask import EXERCISES, places
from textdiff_lite.course.catalogue.mask.count_bound import Asked, _bound, _by_chance, _in_all_rows, _the_first
from textdiff_lite.course.catalogue.mask.hide import _coins
from textdiff_lite.course.catalogue.mask.is_unmask_step import _CANDIDATES, HIDDEN, IMPOSTORS, RIGHT
from textdiff_lite.course.catalogue.mask.masked_bound import _by_a_product, _weighed
from textdiff_lite.course.catalogue.mask.unmask_step import (
    _from_left,
    _likeliest,
    _uniform,
    by_belief,
    right_chance,
    step_with,
)
from textdiff_lite.course.exercise import Estimate
from textdiff_lite.course.judging import judge
from textdiff_lite.processes import Absorbing
from textdiff_lite.schedules import mutual_information

BY_NAME = {exercise.key.split(".")[1]: exercise for exercise in EXERCISES}
hide, rates, unmask_step, is_unmask_step, masked_bound, count_bound = (e.reference for e in EXERCISES)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def a_law(*shape: int, seed: int = 0) -> Tensor:
    weights = torch.rand(shape, generator=seeded(seed), dtype=torch.float64) ** 3
    return weights / weights.sum()


def column(n: int, value: float) -> Tensor:
    return torch.full((n, 1), value)


def together(alone: Tensor) -> Tensor:
    """The law of a row whose places know nothing of each other, from those of its places, [L, V] to [V, ..., V]."""
    law = torch.ones((), dtype=torch.float64)
    for place in alone.double():
        law = law[..., None] * place
    return law


def is_drawn_from(ids: Tensor, law: Tensor) -> bool:
    """χ² over the rows that the law expects at least 5 times, and none of those that it forbids."""
    share, n = frequencies(ids, law.shape[0]).value, len(ids)
    expected = as_frequencies(law)
    often = expected * n >= 5
    chi = (n * (share - expected).square() / expected)[often].sum()
    degrees = int(often.sum()) - 1
    return float(chi) <= degrees + 5 * math.sqrt(2 * degrees) and not bool((share[expected == 0] > 0).any())


def named(exercise: str, answer) -> str | None:
    mistake = judge(BY_NAME[exercise], answer).mistake
    return mistake.name if mistake else None


# hide


def test_hide_is_the_example_of_its_docstring():
    x = hide(torch.zeros(100_000, 4, dtype=torch.long), torch.tensor([[0.25]]), 5, seeded())
    assert float((x == 0).double().sum(1).mean()) == pytest.approx(1, abs=0.02)
    assert float((x == 5).all(1).double().mean()) == pytest.approx(0.75**4, abs=0.01)


def test_hide_draws_from_the_law_of_the_library():
    x0, t = torch.tensor([[0, 2, 1]]), torch.tensor([[0.3, 0.5, 0.8]])
    law = together(Absorbing(mutual_information, 3).corrupt(x0, t).log_probs[0].exp())
    assert is_drawn_from(hide(x0.repeat(20_000, 1), (1 - t).expand(20_000, 3), 3, seeded()), law)


def test_what_is_written_into_x0_is_a_remark_or_stands_beside_the_mistake():
    def in_place(x0, a_t, mask, generator):
        x0[torch.rand(x0.shape, generator=generator) >= a_t] = mask
        return x0

    def in_place_and_swapped(x0, a_t, mask, generator):
        x0[torch.rand(x0.shape, generator=generator) < a_t] = mask
        return x0

    right, wrong = judge(BY_NAME["hide"], in_place), judge(BY_NAME["hide"], in_place_and_swapped)
    assert right.kind == "right"
    assert "changes its argument `x0`" in right.remarks[0]
    assert "changes its argument `x0`" in wrong.first
    assert wrong.mistake is not None
    assert wrong.mistake.name == "swapped"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("swapped", "At a_t = 0.25 you hide 23 % of the places; 75 % should go."),
        ("one_coin_a_row", "At a_t = 0.5, of rows of two places yours hide both in 46 %. If each place has a coin of"),
        ("same_places", "All 500 rows hide the same places, [0, 2, 3, 4, 7]."),
        ("first_row_for_all", "a_t = 0.9 and a_t = 0.1, you hide 10 % and 9 % of the places; 10 % and 90 % should go."),
        ("zero_for_mask", "held the word 1, the mask is 9, and now there is 0."),
    ],
)
def test_a_law_of_hiding_gives_its_numbers(name, says):
    assert says in judge(BY_NAME["hide"], BY_NAME["hide"].mistake(name).answer).first


@pytest.mark.parametrize(("low", "high"), [(0, 12), (1, 12), (0, 5)])
def test_random_words_are_named_from_whatever_range_they_come(low, high):
    def random_words(x0, a_t, mask, generator):
        gone = torch.bernoulli((1 - a_t).expand(x0.shape), generator=generator).bool()
        return torch.where(gone, torch.randint(low, high, x0.shape, generator=generator), x0)

    assert named("hide", random_words) == "a_random_word"


def test_the_coins_that_are_returned_are_not_ids():
    verdict = judge(BY_NAME["hide"], lambda x0, a, mask, g: torch.rand(x0.shape, generator=g) < a)
    assert "return the words, not the coins" in verdict.first
    assert verdict.mistake is None


# rates


def test_rates_are_the_examples_of_its_docstring_and_of_the_line():
    expected = torch.tensor([0.2, 0.75, 1])
    torch.testing.assert_close(rates(torch.tensor([1, 0.8, 0.2, 0])), expected)
    for T in (1, 2, 7):
        line = mutual_information(torch.arange(T + 1).double() / T)
        torch.testing.assert_close(rates(line), 1 / torch.arange(T, 0, -1).double())


def test_steps_with_these_rates_leave_what_the_schedule_says():
    # the chain itself: each step hides its share of what is still seen
    a = torch.tensor([1, 0.9, 0.5, 0.45, 0.1]).double()
    x, x0 = torch.zeros(50_000, 1, dtype=torch.long), torch.zeros(50_000, 1, dtype=torch.long)
    generator = seeded()
    for beta, left in zip(rates(a).tolist(), a[1:].tolist(), strict=True):
        x = hide(x, column(len(x), 1 - beta), 1, generator)
        assert float((x == x0).double().mean()) == pytest.approx(left, abs=0.015)


@pytest.mark.parametrize("cap", [0.95, 0.99, 0.999, 1 - 1e-5])
def test_every_cap_is_the_same_mistake(cap):
    assert named("rates", lambda a: rates(a).clamp(max=cap)) == "clipped"


# unmask_step


def test_unmask_step_is_the_example_of_its_docstring():
    x_t, log_belief = torch.full((60_000, 1), 2), torch.full((60_000, 1, 2), 0.5).log()
    x_s = unmask_step(x_t, log_belief, column(60_000, 0.2), column(60_000, 0.6), 2, seeded())
    for state in range(3):
        assert float((x_s == state).double().mean()) == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize(("s", "t"), [(0.2, 0.6), (0.0, 0.3), (0.7, 1.0), (0.5, 0.5)])
def test_unmask_step_draws_from_the_law_of_the_library(s, t):
    x_t = torch.tensor([[2, 0, 2]])
    log_belief = a_law(1, 3, 2, seed=1).div(a_law(1, 3, 2, seed=1).sum(-1, keepdim=True)).log()
    law = Absorbing(mutual_information, 2).reverse(x_t, log_belief, torch.tensor([[s]]), torch.tensor([[t]]))
    n = 30_000
    x_s = unmask_step(x_t.repeat(n, 1), log_belief.repeat(n, 1, 1), column(n, s), column(n, t), 2, seeded())
    assert is_drawn_from(x_s, together(law.log_probs[0].exp()))


def test_a_step_back_with_the_truth_is_the_way_to_s_by_enumeration():
    # Bayes: q(x_s | x_t, x_0), summed over x_t, is q(x_s | x_0)
    n, s, t = 40_000, 0.35, 0.8
    x0 = torch.tensor([1, 0, 1]).repeat(n, 1)
    x_t = hide(x0, column(n, 1 - t), 2, seeded())
    x_s = unmask_step(x_t, F.one_hot(x0, 2).double().log(), column(n, s), column(n, t), 2, seeded(1))
    alone = torch.zeros(3, 3, dtype=torch.float64)
    alone[torch.arange(3), x0[0]] = 1 - s
    alone[:, 2] = s
    assert is_drawn_from(x_s, together(alone))


def test_many_steps_write_the_language_and_one_step_the_product_of_its_places():
    joint = a_law(3, 3, seed=4)
    predict, n = Oracle(joint), 8000

    def walk(steps: int) -> Tensor:
        x, generator = torch.full((n, 2), 3), seeded()
        for i in range(steps, 0, -1):
            x = unmask_step(x, predict(x), column(n, (i - 1) / steps), column(n, i / steps), 3, generator)
        return x

    assert is_drawn_from(walk(200), joint)
    assert is_drawn_from(walk(1), together(torch.stack([joint.sum(1), joint.sum(0)])))
    assert not is_drawn_from(walk(1), joint)


@pytest.mark.parametrize("round_", [torch.round, torch.ceil, torch.floor])
def test_every_rounding_of_a_count_is_refused_and_none_is_called_something_else(round_):
    def counted(x_t, log_belief, s, t, mask, generator):
        hidden = x_t == mask
        turn = torch.rand(x_t.shape, generator=generator).masked_fill(~hidden, 2).argsort(1).argsort(1)
        now = turn < round_((t - s) / t * hidden.sum(1, keepdim=True))
        return torch.where(now & hidden, by_belief(log_belief, generator), x_t)

    verdict = judge(BY_NAME["unmask_step"], counted)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None or verdict.mistake.name == "exact_count"


def test_a_coin_for_each_row_is_named_however_it_is_tossed():
    def tossed(x_t, log_belief, s, t, mask, generator):
        stays = torch.bernoulli(s / t, generator=generator).bool()
        return torch.where(stays | (x_t != mask), x_t, by_belief(log_belief, generator))

    assert named("unmask_step", tossed) == "one_coin_a_row"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "one_minus_s",
            "At t = 0.6, s = 0.2 you reveal 80 % of the hidden places; it should be 67 %. Of 60 that are hidden at t",
        ),
        ("seen_redrawn", "A place that is seen in x_t, with word 2, holds another word in 48 % of your rows."),
        ("hidden_anew", "A place that is seen in x_t is hidden again in 32 % of your rows."),
        ("t_minus_s", "At t = 0.6, s = 0.2 you reveal 40 % of the hidden places; it should be 67 %."),
        ("s_over_t", "At t = 0.6, s = 0.2 you reveal 34 % of the hidden places; it should be 67 %."),
        ("one_coin_a_row", "yours reveal both in 49 %; if each has a coin of its own, it is 25 %."),
        ("argmax", "With belief 0.6, 0.3 and 0.1 in three words you reveal them in 100 %, 0 %, 0 % of the cases."),
    ],
)
def test_a_law_of_the_step_gives_its_numbers(name, says):
    assert says in judge(BY_NAME["unmask_step"], BY_NAME["unmask_step"].mistake(name).answer).first


# is_unmask_step


def test_is_unmask_step_accepts_the_library():
    def of_the_library(x_t, log_belief, s, t, mask, generator):
        law = Absorbing(mutual_information, mask).reverse(x_t, log_belief, s, t)
        p = law.log_probs.exp()
        return torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(x_t.shape)

    assert is_unmask_step(of_the_library)
    assert judge(BY_NAME["unmask_step"], of_the_library).kind == "right"


def test_is_unmask_step_refuses_each_catalogued_mistake_that_shows_in_equal_rows():
    shows_in_unequal_rows_only = {"times_of_the_first_row", "belief_of_the_first_row"}
    for mistake in BY_NAME["unmask_step"].mistakes:
        if mistake.name == "along_the_places":
            continue  # it raises
        assert is_unmask_step(mistake.answer) == (mistake.name in shows_in_unequal_rows_only), mistake.name


def test_candidates_are_right_steps_the_six_and_the_hidden_ones():
    assert len(IMPOSTORS) == 6
    assert len(_CANDIDATES) == len(RIGHT) + len(IMPOSTORS) + len(HIDDEN)


@pytest.mark.parametrize("seed", range(5))
def test_our_test_does_not_hang_on_its_seed(seed):
    for candidate in RIGHT.values():
        assert is_unmask_step(lambda *a, f=candidate: f(*a[:-1], seeded(seed)))


def _law_of_the_learner(n: int, slack: float, s: float, t: float):
    def test_of_a_step(step) -> bool:
        x_t = torch.full((n, 2), 3)
        x_t[::2, 1] = 1
        belief = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
        x_s = step(x_t, belief.log().expand(n, 2, 3).clone(), column(n, s), column(n, t), 3, seeded(9))
        if not (x_s[::2, 1] == 1).all():
            return False
        open_rows = x_s[1::2]
        both = ((open_rows == 3).sum(1) == 0).double().mean()
        word = [(open_rows[:, place] == 0).double().mean() for place in (0, 1)]
        reveal = 1 - s / t
        return bool(
            abs(both - reveal**2) < slack
            and abs(word[0] - 0.7 * reveal) < slack
            and abs(word[1] - 0.1 * reveal) < slack
        )

    return test_of_a_step


def test_a_learner_s_own_test_is_accepted_and_one_without_room_is_told_of_chance():
    assert judge(BY_NAME["is_unmask_step"], _law_of_the_learner(20_000, 0.03, 0.3, 0.9)).kind == "right"
    verdict = judge(BY_NAME["is_unmask_step"], _law_of_the_learner(20_000, 1e-6, 0.3, 0.9))
    assert "allows for no chance" in verdict.first
    assert "or it compares draws" in verdict.first
    assert verdict.mistake is not None
    assert verdict.mistake.name == "refuses_all"


def test_a_test_at_half_way_hears_of_it():
    verdict = judge(BY_NAME["is_unmask_step"], _law_of_the_learner(20_000, 0.03, 0.4, 0.8))
    assert "«s_over_t» through. It is right wherever s = t/2; ask elsewhere too." in verdict.first
    assert verdict.mistake is not None
    assert verdict.mistake.name == "half_only"


@pytest.mark.parametrize(
    ("own", "name"),
    [(unmask_step, "same_draws"), (BY_NAME["unmask_step"].equivalents[0], "same_draws_coins_first")],
)
def test_a_test_that_compares_draws_is_told_to_compare_shares(own, name):
    def same_draws(step) -> bool:
        x_t, log_belief = torch.tensor([2, 2, 1]).repeat(100, 1), a_law(100, 3, 2).log().log_softmax(-1)
        times = column(100, 0.3), column(100, 0.5)
        one, two = (f(x_t, log_belief, *times, 2, seeded(8)) for f in (own, step))
        return torch.equal(one, two)

    verdict = judge(BY_NAME["is_unmask_step"], same_draws)
    assert "compare the shares of many rows, not the draws" in verdict.first
    assert verdict.mistake is not None
    assert verdict.mistake.name == name


def test_a_test_that_leaves_out_several_looks_is_told_which():
    def counts_hidden_places(step) -> bool:
        x_t, log_belief = torch.full((20_000, 1), 2), torch.tensor([0.3, 0.7]).log().repeat(20_000, 1, 1)
        x_s = step(x_t, log_belief, column(20_000, 0.45), column(20_000, 0.9), 2, seeded(8))
        return abs(float((x_s == 2).double().mean()) - 0.5) < 0.02

    verdict = judge(BY_NAME["is_unmask_step"], counts_hidden_places)
    assert verdict.mistake is not None
    assert verdict.mistake.name == "without_seen_and_together_and_words_and_off_half"
    assert "at a place that is seen, at two places of a row together, at which words come or" in verdict.mistake.says


# masked_bound


def test_masked_bound_is_the_example_of_its_docstring():
    log_belief = torch.full((1, 2, 4), 0.25).log()
    got = masked_bound(log_belief, torch.tensor([[2, 3]]), torch.tensor([[4, 3]]), torch.tensor([[0.5]]), 4)
    torch.testing.assert_close(got, torch.tensor([[2 * math.log(4), 0.0]]))


def test_masked_bound_is_the_library_s():
    x0 = torch.randint(5, (6, 4), generator=seeded())
    t = torch.rand(6, 1, generator=seeded(1)).double()
    x_t = hide(x0, 1 - t, 5, seeded(2))
    logits = torch.randn(6, 4, 5, generator=seeded(3), dtype=torch.float64)
    ours = masked_bound(logits.log_softmax(-1), x0, x_t, t, 5)
    theirs = objectives.masked_bound(Absorbing(mutual_information, 5), logits, x0, x_t, t)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("sentence", [(0, 1, 1), (1, 1, 0)])
def test_the_mean_of_masked_bound_over_t_and_all_masks_is_what_the_sentence_costs(sentence):
    # the exact belief; the mean over t is an integral of a polynomial, so that 6 nodes give it exactly
    joint = a_law(2, 2, 2, seed=7)
    predict, x0 = Oracle(joint), torch.tensor([sentence])
    nodes, weights = np.polynomial.legendre.leggauss(6)
    total = 0.0
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        for hidden in itertools.product((False, True), repeat=3):
            x_t = torch.where(torch.tensor([hidden]), 2, x0)
            chance = node ** sum(hidden) * (1 - node) ** (3 - sum(hidden))
            nats = masked_bound(predict(x_t), x0, x_t, torch.tensor([[node]]).double(), 2)
            total += weight * chance * float(nats.sum())
    assert total == pytest.approx(-math.log(float(joint[sentence])))


def test_a_product_that_gives_nan_where_nobody_asked_is_right_but():
    verdict = judge(BY_NAME["masked_bound"], _by_a_product)
    assert verdict.kind == "right"
    assert "0 · ∞" in verdict.remarks[0]


def test_a_wrong_weight_is_told_what_it_costs_on_average():
    first = judge(BY_NAME["masked_bound"], BY_NAME["masked_bound"].mistake("weight_1").answer).first
    assert "ln 4 = 1.386, over t is 2.773. Yours says 1.386." in first
    assert "A place is hidden in 50 % of the draws, so on average yours costs 0.693" in first


def test_exp_where_the_logarithm_was_there_already_is_named():
    def minus_the_probability(log_belief, x0, x_t, t, mask):
        return torch.where(x_t == mask, -log_belief.gather(-1, x0[..., None])[..., 0].exp() / t, 0.0)

    assert named("masked_bound", minus_the_probability) == "exp_for_log"


# count_bound


def even(x: Tensor) -> Tensor:
    return torch.full((*x.shape, 4), 0.25).log()


def test_count_bound_is_the_example_of_its_docstring():
    nats = count_bound(even, torch.zeros(1, 6, dtype=torch.long), torch.tensor([2]), 4, seeded())
    assert float(nats) == pytest.approx(8.32, abs=5e-3)


def test_count_bound_is_the_library_s_at_the_places_it_has_hidden():
    predict, x0 = Asked(5, 4), torch.randint(4, (8, 5), generator=seeded())
    nats = count_bound(predict, x0, torch.arange(8) % 5 + 1, 4, seeded(1))
    theirs = objectives.exact_count_bound(predict.answers[0], x0, predict.shown[0], 4).sum(1)
    torch.testing.assert_close(nats, theirs)


def test_every_set_of_n_places_is_as_likely_as_any_other():
    predict = Asked(4, 3)
    count_bound(predict, torch.zeros(20_000, 4, dtype=torch.long), torch.full((20_000,), 2), 3, seeded())
    law = torch.zeros(2, 2, 2, 2, dtype=torch.float64)
    for pattern in itertools.product((0, 1), repeat=4):
        law[pattern] = (sum(pattern) == 2) / 6
    assert is_drawn_from((predict.shown[0] == 3).long(), law)


def test_the_mean_of_count_bound_over_n_is_what_the_sentence_costs():
    joint, n = a_law(2, 2, 2, seed=7), 20_000
    for sentence in ((0, 1, 1), (1, 0, 0)):
        x0 = torch.tensor(sentence).repeat(n, 1)
        nats = count_bound(Oracle(joint), x0, torch.arange(n) % 3 + 1, 2, seeded())
        error = float(nats.std()) / n**0.5
        assert float(nats.mean()) == pytest.approx(-math.log(float(joint[sentence])), abs=5 * error)
        assert error < 0.02


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("by_chance", "Of rows of 6 places with n = 2, yours hide 0, 1, 2, 3, 4, 5."),
        ("mean_over_hidden", "L/n times that is 8.318, the cost of all 6. Yours says 1.386."),
        ("clean_sentence_shown", "predict was shown the clean sentences"),
        ("first_places", "All 3000 rows hide the same places, [0, 1]."),
        ("all_positions", "If predict believes less in the words that it sees, yours goes from 24.95 to 35.95."),
    ],
)
def test_a_law_of_the_count_gives_its_numbers(name, says):
    assert says in judge(BY_NAME["count_bound"], BY_NAME["count_bound"].mistake(name).answer).first


def test_two_looks_a_row_are_counted():
    def twice(predict, x0, n, mask, generator):
        predict(x0)
        return count_bound(predict, x0, n, mask, generator)

    verdict = judge(BY_NAME["count_bound"], twice)
    assert "Of 6 rows predict was shown 12." in verdict.first
    assert verdict.mistake is None


@pytest.mark.parametrize("x", [torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.long) + 9, torch.zeros(3).long(), 5])
def test_the_predictor_of_the_check_says_what_it_takes(x):
    with pytest.raises(ValueError, match="predict takes ids"):
        Asked(3, 4)(x)


# figures


def test_patterns_agree_with_their_law():
    hidden = torch.rand(20_000, 3, generator=seeded()) < torch.tensor([0.2, 0.5, 0.9])
    seen = places.patterns(hidden, torch.zeros(20_000), [""])
    law = places.law_of_patterns(torch.tensor([[0.2, 0.5, 0.9]]), [""])
    assert seen.keys() == law.keys()
    assert "share of rows that hide the places [0, 2] alone" in seen
    for name, figure in seen.items():
        if name != places.DIFFER:
            assert isinstance(figure, Estimate)
            (value, error), should = figure, law[name]
            assert isinstance(should, Tensor)
            assert float(value) == pytest.approx(float(should), abs=5 * float(error)), name
    of_two = law["share of rows that hide the places [0, 2] alone"]
    assert isinstance(of_two, Tensor)
    assert float(of_two) == pytest.approx(0.2 * 0.5 * 0.9)


# all of them


def test_the_lesson_takes_71_minutes():
    assert sum(exercise.minutes for exercise in EXERCISES) == 71
    assert [exercise.difficulty for exercise in EXERCISES] == [1, 1, 2, 2, 2, 3]


def test_draws_that_ignore_the_generator_are_right_but():
    def own() -> torch.Generator:
        return torch.Generator().manual_seed(int(torch.randint(2**31, ())))

    answers = {
        "hide": lambda x0, a, mask, generator: hide(x0, a, mask, own()),
        "unmask_step": lambda x, b, s, t, mask, generator: unmask_step(x, b, s, t, mask, own()),
        "count_bound": lambda predict, x0, n, mask, generator: count_bound(predict, x0, n, mask, own()),
    }
    for name, answer in answers.items():
        verdict = judge(BY_NAME[name], answer)
        assert verdict.kind == "right", name
        assert "generator" in " ".join(verdict.remarks)


@pytest.mark.parametrize("name", ["hide", "unmask_step", "count_bound"])
def test_no_verdict_hangs_on_the_order_of_the_draws(name):
    exercise = BY_NAME[name]

    def after_other_draws(answer):
        def shifted(*arguments):
            torch.rand(1001, generator=arguments[-1])
            return answer(*arguments)

        shifted.__signature__ = inspect.signature(exercise.reference)
        return shifted

    for answer in (exercise.reference, *exercise.equivalents):
        assert judge(exercise, after_other_draws(answer)).kind == "right", answer.__name__
    for mistake in exercise.mistakes:
        assert judge(exercise, after_other_draws(mistake.answer)).mistake is mistake, mistake.name


def wrong(exercise: str, mistake: str):
    return BY_NAME[exercise].mistake(mistake).answer


def pairs_of_mistakes():
    """Two mistakes at once in each answer, of those parts that can be exchanged independently."""
    roots = {"root": lambda a: a.sqrt(), "square": lambda a: a.square(), "swapped": lambda a: 1 - a}
    coins: dict[str, dict] = {"row": {"columns": False}, "places": {"rows": False}}
    for (one, chance), (other, coin) in itertools.product(roots.items(), coins.items()):
        yield pytest.param("hide", partial(_coins, chance=chance, **coin), id=f"hide {one} {other}")
    chances = {"t-s": lambda s, t: t - s, "1-s": lambda s, t: 1 - s, "square": lambda s, t: right_chance(s, t) ** 2}
    draws = {"argmax": _likeliest, "uniform": _uniform}
    coins["left"] = {"turn": _from_left}
    for (one, chance), (other, draw) in itertools.product(chances.items(), draws.items()):
        yield pytest.param("unmask_step", partial(step_with, chance=chance, draw=draw), id=f"step {one} {other}")
    for (one, chance), (other, coin) in itertools.product(chances.items(), coins.items()):
        yield pytest.param("unmask_step", partial(step_with, chance=chance, **coin), id=f"step {one} {other}")
    weights = {"1": lambda t, hidden: torch.ones_like(t), "1/(1-t)": lambda t, hidden: 1 / (1 - t)}
    places = {"all": torch.ones_like, "seen": torch.logical_not}
    for (one, weight), (other, where) in itertools.product(weights.items(), places.items()):
        yield pytest.param("masked_bound", partial(_weighed, weight=weight, where=where), id=f"masked {one} {other}")
    weights = {"1/n": lambda n, L: 1 / n, "n/L": lambda n, L: n / L, "-L/n": lambda n, L: -L / n}
    hides = {"chance": _by_chance, "same": _in_all_rows, "first": _the_first}
    for (one, weight), (other, hides_) in itertools.product(weights.items(), hides.items()):
        yield pytest.param("count_bound", partial(_bound, weight=weight, hide=hides_), id=f"count {one} {other}")
    for (one, weight), (other, where) in itertools.product(weights.items(), places.items()):
        yield pytest.param("count_bound", partial(_bound, weight=weight, where=where), id=f"count {one} {other}")


@pytest.mark.parametrize(("name", "answer"), list(pairs_of_mistakes()))
def test_two_mistakes_at_once_are_refused_and_not_named_as_one(name, answer):
    verdict = judge(BY_NAME[name], answer)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None


def hidden_by_one_coin_and_swapped(x0, a_t, mask, generator):
    return torch.where(torch.rand(len(x0), 1, generator=generator) < a_t, mask, x0)


def surest_and_argmax(x_t, log_belief, s, t, mask, generator):
    x = wrong("unmask_step", "surest_first")(x_t, log_belief, s, t, mask, generator)
    return torch.where((x_t == mask) & (x != mask), log_belief.argmax(-1), x)


def words_of_other_places(x_t, log_belief, s, t, mask, generator):
    return step_with(
        x_t, log_belief, s, t, mask, generator, draw=lambda b, g: by_belief(b, g).flatten().view(b.shape[1], -1).T
    )


def looks_at_a_seen_word_only(step):
    log_belief = torch.full((500, 1, 2), 0.5).log()
    x_s = step(torch.ones(500, 1, dtype=torch.long), log_belief, column(500, 0.2), column(500, 0.6), 2, seeded())
    return bool((x_s == 1).all())


def divides_the_hidden_ones_along_the_rows(log_belief, x0, x_t, t, mask):
    # raises in batches, as those do that gather at the mask
    nats = -log_belief.gather(-1, x0[..., None])[..., 0]
    out = torch.zeros_like(nats)
    out[x_t == mask] = nats[x_t == mask] / t
    return out


def weighed_by_the_places_hidden(predict, x0, n, mask, generator):
    hidden = torch.rand(x0.shape, generator=generator) < n[:, None] / x0.shape[1]
    nats = -predict(torch.where(hidden, mask, x0)).gather(-1, x0[..., None])[..., 0]
    return x0.shape[1] / hidden.sum(1).clamp(min=1) * (nats * hidden).sum(1)


def hides_the_n_but_weighs_by_the_first(predict, x0, n, mask, generator):
    return count_bound(predict, x0, n, mask, generator) * n / n[0]


@pytest.mark.parametrize(
    ("name", "stranger"),
    [
        ("hide", hidden_by_one_coin_and_swapped),
        ("hide", lambda x0, a, mask, g: hide(hide(x0, a, mask, g), a, mask, g)),
        ("hide", lambda x0, a, mask, g: hide(x0, a.square(), mask, g)),
        ("hide", lambda x0, a, mask, g: hide(x0, a, 0, g) + 1),
        ("hide", lambda x0, a, mask, g: torch.where(torch.rand(x0.shape[1], generator=g) > a, x0, mask)[:1] + 0 * x0),
        ("hide", lambda x0, a, mask, g: hide(x0, a.mean().expand(len(x0), 1), mask, g)),
        ("rates", lambda a: (rates(a) * 2).clamp(max=1)),
        ("rates", lambda a: 1 - (a[:-1] / a[1:]).sqrt()),
        ("rates", lambda a: (a[:-1] - a[1:]).flip(0)),
        ("rates", lambda a: rates(a).clamp(max=0.5)),
        ("rates", lambda a: -rates(a)),
        ("unmask_step", surest_and_argmax),
        ("unmask_step", words_of_other_places),
        ("unmask_step", lambda x, b, s, t, m, g: step_with(x, b, s, t, m, g, chance=lambda s, t: t - s, columns=False)),
        ("unmask_step", lambda x, b, s, t, m, g: step_with(x, b * 2, s, t, m, g)),
        ("unmask_step", lambda x, b, s, t, m, g: step_with(x, b, s, t, m, g, chance=lambda s, t: 1 - t)),
        ("unmask_step", lambda x, b, s, t, m, g: unmask_step(x, b.roll(1, -1), s, t, m, g)),
        (
            "unmask_step",
            lambda x, b, s, t, m, g: wrong("unmask_step", "seen_redrawn")(x, b, s * right_chance(s, t), t, m, g),
        ),
        ("is_unmask_step", looks_at_a_seen_word_only),
        ("is_unmask_step", lambda step: looks_at_a_seen_word_only(step) and not is_unmask_step(step)),
        ("is_unmask_step", lambda step: 1),
        ("masked_bound", divides_the_hidden_ones_along_the_rows),
        ("masked_bound", lambda b, x0, x, t, m: -wrong("masked_bound", "weight_1")(b, x0, x, t, m)),
        ("masked_bound", lambda b, x0, x, t, m: masked_bound(b, x0, x, t * t, m)),
        ("masked_bound", lambda b, x0, x, t, m: masked_bound(b, x0, x, t, m).clamp(max=5)),
        ("masked_bound", lambda b, x0, x, t, m: masked_bound(b.exp().softmax(-1).log(), x0, x, t, m)),
        ("masked_bound", lambda b, x0, x, t, m: torch.zeros(x0.shape)),
        ("count_bound", weighed_by_the_places_hidden),
        ("count_bound", hides_the_n_but_weighs_by_the_first),
        ("count_bound", lambda f, x0, n, m, g: -wrong("count_bound", "mean_over_hidden")(f, x0, n, m, g)),
        ("count_bound", lambda f, x0, n, m, g: wrong("count_bound", "same_places")(f, x0, n, m, g) / x0.shape[1]),
        ("count_bound", lambda f, x0, n, m, g: count_bound(f, x0, n, m, g).detach() / n),
        ("count_bound", lambda f, x0, n, m, g: count_bound(f, x0, n, m, g) + 0.1),
        ("count_bound", lambda f, x0, n, m, g: count_bound(f, x0, (n - 1).clamp(min=1), m, g)),
    ],
)
def test_a_stranger_s_mistake_is_refused_and_not_named(name, stranger):
    verdict = judge(BY_NAME[name], stranger)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None
