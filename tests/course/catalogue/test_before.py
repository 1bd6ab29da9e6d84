"""The exercises of lesson 00: our answers against enumeration, what the cases expose, and who must not be named."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from textdiff_lite import exact
from textdiff_lite.corpora import load_corpus
from textdiff_lite.course.catalogue.before import EXERCISES
from textdiff_lite.course.catalogue.before.frequencies import as_frequencies, by_sentence, frequencies
from textdiff_lite.course.catalogue.before.is_kl import REFUSE, is_kl
from textdiff_lite.course.catalogue.before.kl import kl
from textdiff_lite.course.catalogue.before.nats_per_token import nats_per_token
from textdiff_lite.course.catalogue.before.price_of_independence import price_of_independence
from textdiff_lite.course.catalogue.before.reveal import Oracle, reveal, sizes
from textdiff_lite.course.catalogue.before.sample_left_to_right import Toy, sample_left_to_right
from textdiff_lite.course.judging import judge

BY_NAME = {exercise.key.split(".")[1]: exercise for exercise in EXERCISES}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def a_law(*shape: int, seed: int = 0) -> torch.Tensor:
    weights = torch.rand(shape, generator=seeded(seed), dtype=torch.float64) ** 3
    return weights / weights.sum()


def sentences_of(joint: torch.Tensor) -> torch.Tensor:
    return torch.tensor(list(itertools.product(*(range(size) for size in joint.shape))))


def is_drawn_from(ids: torch.Tensor, law: torch.Tensor) -> bool:
    """χ² over the sentences that the law expects at least 5 times, and none of those that it forbids."""
    share, n = frequencies(ids, law.shape[0]).value, len(ids)
    expected = as_frequencies(law)
    often = expected * n >= 5
    chi = (n * (share - expected).square() / expected)[often].sum()
    degrees = int(often.sum()) - 1
    return float(chi) < degrees + 5 * math.sqrt(2 * degrees) and not bool((share[expected == 0] > 0).any())


# nats_per_token


def test_the_nats_of_the_words_sum_to_those_of_the_sentence():
    joint = a_law(3, 3, 3, seed=1)
    ids = sentences_of(joint)
    logits = torch.zeros(27, 3, 3, dtype=torch.float64)
    for row, words in enumerate(ids.tolist()):
        for i in range(3):
            logits[row, i] = joint[tuple(words[:i])].reshape(3, -1).sum(1).log() + 7  # unnormalised on purpose
    for row, words in enumerate(ids.tolist()):
        nats = 3 * float(nats_per_token(logits[row : row + 1], ids[row : row + 1], pad=9))
        assert nats == pytest.approx(-math.log(float(joint[tuple(words)])))


def test_padding_with_probability_zero_costs_nothing():
    logits = torch.zeros(1, 4, 3)
    logits[..., 0] = -torch.inf
    assert float(nats_per_token(logits, torch.tensor([[2, 1, 0, 0]]), 0)) == pytest.approx(math.log(2))


@pytest.mark.parametrize("eps", [1e-8, 1e-9, 1e-12])
def test_every_floor_is_the_same_mistake(eps):
    def floored(logits, ids, pad):
        return -(logits.double().softmax(-1) + eps).log().gather(-1, ids[..., None])[..., 0][ids != pad].mean()

    verdict = judge(BY_NAME["nats_per_token"], floored)
    assert verdict.mistake is not None
    assert verdict.mistake.name == "floored"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (lambda logits, ids, pad: float(nats_per_token(logits, ids, pad)), "no_gradient"),
        (lambda logits, ids, pad: nats_per_token(logits.detach(), ids, pad), "no_gradient"),
        (
            lambda logits, ids, pad: -logits.softmax(-1).gather(-1, ids[..., None])[..., 0][ids != pad].log().mean(),
            None,
        ),
    ],
)
def test_a_loss_has_a_gradient_and_survives_far_scores(answer, name):
    verdict = judge(BY_NAME["nats_per_token"], answer)
    assert verdict.mistake is not None
    assert verdict.mistake.name == (name or "softmax_then_log")


# kl


@pytest.mark.parametrize("seed", range(5))
def test_kl_is_never_negative_and_zero_for_equal_laws_alone(seed):
    p, q = a_law(6, seed=seed), a_law(6, seed=seed + 100)
    assert float(kl(p, q)) > 0
    assert float(kl(p, p)) == 0


def test_kl_is_what_is_paid_above_the_entropy():
    p, q = a_law(5, seed=2), a_law(5, seed=3)
    assert float(kl(p, q)) == pytest.approx(float(-(p * q.log()).sum() + (p * p.log()).sum()))


def test_kl_at_the_edges():
    assert kl(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0])) == 0
    assert kl(torch.tensor([0.5, 0.5]), torch.tensor([0.0, 1.0])) == math.inf
    assert kl(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.5])) == pytest.approx(math.log(2))


@pytest.mark.parametrize("eps", [1e-6, 1e-9, 1e-12, 1e-20])
def test_every_clamp_is_the_same_mistake(eps):
    verdict = judge(BY_NAME["kl"], lambda p, q: (p * (torch.where(p > 0, p, 1.0) / q.clamp(min=eps)).log()).sum(-1))
    assert verdict.mistake is not None
    assert verdict.mistake.name == "clamped"


def test_the_arguments_of_kl_div_are_the_other_way_round():
    verdict = judge(BY_NAME["kl"], lambda p, q: F.kl_div(p.log(), q, reduction="none").sum(-1))
    assert verdict.mistake is not None
    assert verdict.mistake.name == "reversed_by_kl_div"


# is_kl


def test_our_test_of_kl_refuses_all_mistakes_that_the_lesson_lists_and_more():
    exercise = BY_NAME["kl"]
    assert is_kl(exercise.reference)
    assert all(is_kl(answer) for answer in exercise.equivalents)
    for mistake in exercise.mistakes:
        if mistake.name in (*REFUSE, "unweighted_mean", "bits"):
            assert not is_kl(mistake.answer), mistake.name


def test_the_weak_tests_accept_different_candidates():
    candidates = [BY_NAME["kl"].reference, *(BY_NAME["kl"].mistake(name).answer for name in REFUSE)]
    patterns = {
        mistake.name: tuple(bool(mistake.answer(candidate)) for candidate in candidates)
        for mistake in BY_NAME["is_kl"].mistakes
    }
    weak = {name: pattern for name, pattern in patterns.items() if name not in ("to_the_last_bit", "refuses_all")}
    assert all(pattern[0] for pattern in weak.values())
    assert len(set(weak.values())) == len(weak)


def test_a_test_that_asserts_is_told_to_return():
    def asserts(kl):
        assert abs(float(kl(torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75]))) - 0.1438) < 1e-3
        return True

    assert "AssertionError" in judge(BY_NAME["is_kl"], asserts).first


def test_a_test_that_asks_nothing_and_one_that_asks_for_the_last_bit_hear_different_things():
    def to_the_bit(kl):
        return torch.equal(kl(torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])), torch.tensor(0.1438))

    assert "without having called" in judge(BY_NAME["is_kl"], lambda kl: False).first
    assert "1e-6" in judge(BY_NAME["is_kl"], to_the_bit).first


@pytest.mark.parametrize("tolerance", [0.0, 1e-9])
def test_a_test_without_a_tolerance_is_refused(tolerance):
    def own_formula(kl):
        p = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]], dtype=torch.float64)
        q = torch.tensor([[0.25, 0.5, 0.25], [0.5, 0.5, 0.0]], dtype=torch.float64)
        got, want = kl(p, q), BY_NAME["kl"].reference(p, q)
        return got.shape == want.shape and torch.allclose(got, want, rtol=tolerance, atol=tolerance)

    verdict = judge(BY_NAME["is_kl"], own_formula)
    assert verdict.kind == "wrong"
    assert "1e-6 is the same" in verdict.first


# sample_left_to_right


def test_sentences_are_drawn_from_the_chain_rule():
    toy = Toy(-1.0, seeded(4), pad=0)
    truth = BY_NAME["sample_left_to_right"].truth
    assert truth is not None
    law = truth(toy, 2, 3, 1, 0, 0.7, seeded())
    assert float(sum(law.values())) == pytest.approx(1)
    ids = sample_left_to_right(toy, 50_000, 3, 1, 0, 0.7, seeded(5))
    for name, share in by_sentence(frequencies(ids, 4), 4, 3).items():
        assert (share.value - law[name]).abs() <= 5 * share.error + 1e-9, name


def test_shares_stand_under_the_words_of_their_sentence():
    ids = torch.tensor([[2, 0, 1]] * 3 + [[1, 0, 2]])
    seen = by_sentence(frequencies(ids, 3), 3, 3)
    assert float(seen["share of the sentence [2, 0, 1]"].value) == 0.75
    assert float(seen["share of the sentence [1, 0, 2]"].value) == 0.25
    with pytest.raises(ValueError, match="between 0 and 2"):
        frequencies(ids, 2)


def test_a_row_goes_on_until_its_own_end():
    ids = sample_left_to_right(lambda ids: torch.tensor([-30.0, 0, 0]).repeat(len(ids), 1), 500, 6, 1, 0, 1.0, seeded())
    for row in ids.tolist():
        end = row.index(1) if 1 in row else 6
        assert row == [2] * end + ([1] + [0] * (5 - end) if end < 6 else [])


def test_a_canvas_that_is_cut_short_is_seen():
    def cut(next_logits, n, L, end, pad, temperature, generator):
        ids = sample_left_to_right(next_logits, n, L, end, pad, temperature, generator)
        return ids[:, : int((ids != pad).sum(1).max())]

    verdict = judge(BY_NAME["sample_left_to_right"], cut)
    assert verdict.mistake is not None
    assert verdict.mistake.name == "cut_short"


# price_of_independence


def test_the_price_is_the_kl_to_the_best_product_and_no_product_is_better():
    joint = a_law(3, 2, 4, seed=6)
    alone = [joint.sum([j for j in range(3) if j != i]) for i in range(3)]
    best = torch.einsum("a,b,c->abc", *alone)
    price = float(price_of_independence(joint))
    assert price == pytest.approx(float(kl(joint.flatten(), best.flatten())))
    for seed in range(20):
        others = [a_law(size, seed=10 * seed + size) for size in joint.shape]
        paid = float(kl(joint.flatten(), torch.einsum("a,b,c->abc", *others).flatten()))
        assert paid == pytest.approx(price + sum(float(kl(p, q)) for p, q in zip(alone, others, strict=True)))
        assert paid >= price


@pytest.mark.parametrize("places", [2, 3, 5])
def test_two_sentences_that_differ_everywhere_cost_one_coin_less_than_their_places(places):
    joint = torch.zeros((2,) * places)
    joint[(0,) * places] = joint[(1,) * places] = 0.5
    assert float(price_of_independence(joint)) == pytest.approx((places - 1) * math.log(2))


# reveal


def test_the_oracle_of_the_check_is_the_library_s_at_hidden_places():
    joint = a_law(2, 2, 2, seed=7)
    library = exact.fill_in(sentences_of(joint), joint.flatten().log())
    x = torch.tensor([[2, 2, 2], [0, 2, 2], [2, 1, 2], [1, 2, 0]])
    ours = Oracle(joint)(x)
    hidden = x == 2
    assert torch.allclose(ours[hidden], library(x)[hidden])
    assert (ours[~hidden].argmax(-1) == 1 - x[~hidden]).all()  # at the others it names the other word


def by_rounds(joint: torch.Tensor, sizes: tuple[int, ...]) -> torch.Tensor:
    """The law of rounds of these sizes, by enumeration of orders: each word given those of earlier rounds alone."""
    predict = exact.fill_in(sentences_of(joint), joint.flatten().log())
    ends = list(itertools.accumulate(sizes))
    law = torch.zeros_like(joint)
    orders = list(itertools.permutations(range(joint.ndim)))
    for order in orders:
        for words in itertools.product(range(joint.shape[0]), repeat=joint.ndim):
            x, log_p = torch.full((1, joint.ndim), joint.shape[0]), 0.0
            for start, end in itertools.pairwise([0, *ends]):
                belief = predict(x)[0]
                log_p += sum(float(belief[place, words[place]]) for place in order[start:end])
                for place in order[start:end]:
                    x[0, place] = words[place]
            law[words] += math.exp(log_p)
    return law / len(orders)


@pytest.mark.parametrize(("evaluations", "sizes"), [(1, (3,)), (2, (1, 2)), (3, (1, 1, 1))])
def test_rounds_write_the_law_of_their_sizes(evaluations, sizes):
    joint = a_law(2, 2, 2, seed=8)
    predict = exact.fill_in(sentences_of(joint), joint.flatten().log())
    ids = reveal(predict, torch.full((20_000, 3), 2), 2, evaluations, seeded(9))
    law = by_rounds(joint, sizes)
    assert float(law.sum()) == pytest.approx(1)
    assert is_drawn_from(ids, law)
    assert is_drawn_from(ids, joint) == (evaluations == 3)


def test_the_truths_of_the_check_are_those_of_enumeration():
    exercise = BY_NAME["reveal"]
    assert exercise.truth is not None
    for case in exercise.cases(seeded()):
        oracle, x, mask, evaluations, generator = case.arguments()
        if oracle.watch == "sentences" and (x == mask).all():
            V, L = mask, x.shape[1]
            got = exercise.truth(oracle, x, mask, evaluations, generator)
            wide = torch.zeros((V + 1,) * L, dtype=torch.float64)
            wide[(slice(V),) * L] = by_rounds(oracle.joint, (L,) if evaluations == 1 else (1,) * L)
            for name, share in by_sentence(as_frequencies(wide), V + 1, L).items():
                assert torch.allclose(got[name], share), name


@pytest.mark.parametrize(
    ("places", "rounds", "want"),
    [
        (7, 3, [2, 2, 3]),
        (5, 5, [1] * 5),
        (4, 1, [4]),
        (13, 10, [1] * 7 + [2] * 3),
        (13, 5, [2, 2, 3, 3, 3]),
        (2, 3, [0, 1, 1]),
    ],
)
def test_rounds_have_the_sizes_of_the_rule_and_given_words_stay(places, rounds, want):
    shown = []

    def predict(x):
        shown.append((x == 3).sum(1))
        return torch.full((*x.shape, 3), -math.log(3))

    x = torch.full((30, places + 2), 3)
    x[:, 1], x[:, 0] = 2, 1
    result = reveal(predict, x, 3, rounds, seeded(1))
    left = torch.stack([*shown, (result == 3).sum(1)])
    assert (left[:-1] - left[1:] == torch.tensor(want)[:, None]).all()
    assert sizes(places, rounds) == want
    assert left[-1].max() == 0
    assert (x[:, 2:] == 3).all()  # its argument is as it was
    assert (result[:, :2] == torch.tensor([1, 2])).all()


# the lesson


def test_the_numbers_that_the_prose_gives_of_mini_bistro_are_right():
    small = load_corpus("mini-bistro")
    log_p = small.table_log_prob
    p = log_p.exp()
    assert len(p) == 360
    assert round(small.entropy, 2) == 5.08
    assert round(math.log(len(p)), 2) == 5.89
    assert round(float(((p * log_p.square()).sum() - small.entropy**2).sqrt()), 2) == 1.16
    likeliest = int(log_p.argmax())
    assert round(float(p[likeliest]), 4) == 0.0406
    (sentence,) = small.decode(small.table[likeliest][None])
    assert sentence == "the golden fox serves curry . the golden fox is cheap ."
    tokens = (small.table != small.info.pad).sum(1)
    by_length = torch.zeros(small.info.length + 1, dtype=torch.float64).index_add(0, tokens, p)
    shares = by_length[by_length > 0]
    assert len(shares) == 5
    assert (round(float(shares.min()), 2), round(float(shares.max()), 2)) == (0.08, 0.28)
    assert int(tokens[likeliest]) == 13
    assert round(-float(log_p[likeliest]), 1) == round(math.log(25), 1) == 3.2
    same_length = small.table[tokens == small.info.length]
    assert int((same_length != small.table[likeliest]).sum(1).max()) == 8


# answers of strangers


def coins(predict, x, mask, evaluations, generator):
    """A coin for each place, as the samplers of later lessons throw it: the rounds are not even."""
    for left in range(evaluations, 0, -1):
        words = torch.multinomial(predict(x).exp().flatten(0, 1), 1, generator=generator).view(x.shape)
        now = (x == mask) & (torch.rand(x.shape, generator=generator) < 1 / left)
        x = torch.where(now, words, x)
    return x


def by_keys(keys, count):
    """Reveal with other keys than even ones, or with another count: keys(x [B, L], generator), count(hidden, left)."""

    def answer(predict, x, mask, evaluations, generator):
        x = x.clone()
        for left in range(evaluations, 0, -1):
            words = torch.multinomial(predict(x).exp().flatten(0, 1), 1, generator=generator).view(x.shape)
            hidden = x == mask
            turn = keys(x, generator).masked_fill(~hidden, 1e9).argsort(1).argsort(1)
            x = torch.where((turn < count(hidden, left)) & hidden, words, x)
        return x

    return answer


def even(x, generator):
    return torch.rand(x.shape, generator=generator)


def leaning(x, generator):
    return even(x, generator) * (1 + 0.5 * torch.arange(x.shape[1]))


def a_run(x, generator):
    start = torch.randint(x.shape[1], (len(x), 1), generator=generator)
    return ((torch.arange(x.shape[1]) - start) % x.shape[1]).double()


def either_end(x, generator):
    return torch.where(even(x, generator)[:, :1] < 0.5, 1.0, -1.0) * torch.arange(x.shape[1])


def own_count(hidden, left):
    return hidden.sum(1, keepdim=True) // left


def mean_count(hidden, left):
    return int(hidden.sum()) // len(hidden) // left


@pytest.mark.parametrize(
    ("keys", "count", "says"),
    [
        (leaning, own_count, "each of the 6 pairs"),
        (a_run, own_count, "each of the 6 pairs"),
        (either_end, own_count, "each of the 6 pairs"),
        (even, mean_count, "each row for itself"),
    ],
)
def test_each_row_has_its_own_count_and_an_even_order(keys, count, says):
    verdict = judge(BY_NAME["reveal"], by_keys(keys, count))
    assert verdict.kind == "wrong"
    assert verdict.mistake is None
    assert says in verdict.first
    assert judge(BY_NAME["reveal"], by_keys(even, own_count)).kind == "right"


def test_the_surest_places_first_is_not_called_one_order_for_all():
    def surest(predict, x, mask, evaluations, generator):
        x = x.clone()
        for left in range(evaluations, 0, -1):
            p = predict(x).exp()
            words = torch.multinomial(p.flatten(0, 1), 1, generator=generator).view(x.shape)
            hidden = x == mask
            turn = (-p.amax(-1)).masked_fill(~hidden, 99).argsort(1).argsort(1)
            x = torch.where(turn < hidden.sum(1, keepdim=True) // left, words, x)
        return x

    verdict = judge(BY_NAME["reveal"], surest)
    assert verdict.mistake is not None
    assert verdict.mistake.name == "surest_first"
    assert not verdict.unusable


def test_rounds_that_reveal_nothing_are_rounds():
    def skips(predict, x, mask, evaluations, generator):
        return reveal(predict, x, mask, min(evaluations, int((x == mask).sum(1).max())), generator)

    assert "A round that reveals nothing calls it too" in judge(BY_NAME["reveal"], skips).first


@pytest.mark.parametrize("name", ["reveal", "sample_left_to_right"])
def test_ids_are_whole_numbers(name):
    reference = BY_NAME[name].reference
    if name == "reveal":
        verdict = judge(BY_NAME[name], lambda f, x, m, n, g: reference(f, x, m, n, g).float())
    else:
        verdict = judge(BY_NAME[name], lambda f, n, L, end, pad, t, g: reference(f, n, L, end, pad, t, g).float())
    assert "ids must be whole numbers" in verdict.first


def two_mistakes(p, q):
    return BY_NAME["kl"].mistake("reversed").answer(p, q) / math.log(2)


def top_word_or_next(next_logits, n, L, end, pad, temperature, generator):
    def two_best(ids):
        scores = next_logits(ids)
        return scores.masked_fill(scores < scores.topk(2).values[:, -1:], -torch.inf)

    return sample_left_to_right(two_best, n, L, end, pad, temperature, generator)


@pytest.mark.parametrize(
    ("name", "stranger"),
    [
        ("nats_per_token", lambda logits, ids, pad: nats_per_token(logits, ids, 0)),
        ("nats_per_token", lambda logits, ids, pad: nats_per_token(logits, ids, pad) + 0.01),
        ("nats_per_token", lambda logits, ids, pad: -nats_per_token(logits, ids, pad)),
        ("kl", two_mistakes),
        ("kl", lambda p, q: (p - q).abs().sum(-1)),
        ("kl", lambda p, q: 0.5 * (kl(p, q) + kl(q, p))),
        ("is_kl", lambda kl: kl is BY_NAME["kl"].reference),
        ("sample_left_to_right", top_word_or_next),
        ("sample_left_to_right", lambda f, n, L, end, pad, t, g: sample_left_to_right(f, n, L, end, pad, 1.0, g)),
        ("price_of_independence", lambda joint: 2 * price_of_independence(joint)),
        ("price_of_independence", lambda joint: price_of_independence(joint.clamp(min=1e-3))),
        ("reveal", coins),
        ("reveal", lambda f, x, m, n, g: reveal(f, x, m, max(1, n - 1), g)),
        ("reveal", lambda f, x, m, n, g: reveal(f, torch.full_like(x, m), m, n, g)),
    ],
)
def test_a_stranger_s_mistake_is_refused_and_not_named(name, stranger):
    verdict = judge(BY_NAME[name], stranger)
    assert verdict.kind == "wrong"
    assert verdict.mistake is None


def test_draws_that_ignore_the_generator_are_right_but():
    def own_luck(next_logits, n, L, end, pad, temperature, generator):
        own = torch.Generator().manual_seed(int(torch.randint(2**31, ())))
        return sample_left_to_right(next_logits, n, L, end, pad, temperature, own)

    def own_luck_too(predict, x, mask, evaluations, generator):
        return reveal(predict, x, mask, evaluations, torch.Generator().manual_seed(int(torch.randint(2**31, ()))))

    for name, answer in (("sample_left_to_right", own_luck), ("reveal", own_luck_too)):
        verdict = judge(BY_NAME[name], answer)
        assert verdict.kind == "right"
        assert "generator" in " ".join(verdict.remarks)


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        (lambda L, n, k: -(-k * L // n), "7 places in 3 rounds: one of your rows reveals 3, 2, 2 places"),
        (lambda L, n, k: k * L // n, "13 places in 10 rounds: one of your rows reveals 1, 1, 1, 2, 1, 1, 2, 1, 1, 2"),
    ],
)
def test_rounds_of_other_sizes_are_refused_with_both_sizes(ends, says):
    def by_turns(predict, x, mask, evaluations, generator):
        luck = torch.rand(x.shape, generator=generator).masked_fill(x != mask, 2.0)
        turn, L = luck.argsort(1).argsort(1), int((x == mask).sum(1)[0])
        for k in range(1, evaluations + 1):
            words = torch.multinomial(predict(x).exp().flatten(0, 1), 1, generator=generator).view(x.shape)
            x = torch.where((x == mask) & (turn < ends(L, evaluations, k)), words, x)
        return x

    verdict = judge(BY_NAME["reveal"], by_turns)
    assert verdict.kind == "wrong"
    assert says in verdict.first
    assert "hidden places // rounds left" in verdict.first


def test_an_order_from_left_to_right_is_called_one_order_for_all():
    def left_to_right(predict, x, mask, evaluations, generator):
        for k in range(1, evaluations + 1):
            words = torch.multinomial(predict(x).exp().flatten(0, 1), 1, generator=generator).view(x.shape)
            hidden = x == mask
            now = hidden & (hidden.cumsum(1) <= hidden.sum(1, keepdim=True) // (evaluations + 1 - k))
            x = torch.where(now, words, x)
        return x

    verdict = judge(BY_NAME["reveal"], left_to_right)
    assert verdict.mistake is not None
    assert verdict.mistake.name == "one_order_for_all"
