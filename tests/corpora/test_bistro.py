"""Bistro: what its sentences are, and that what is said to be exact is exact."""

import json
from collections import Counter

import numpy as np
import pytest
import torch

from textdiff_lite.corpora import load_corpus
from textdiff_lite.corpora.bistro import SIZES, Bistro
from textdiff_lite.corpora.bistro_grammar import GRAMMAR, LONGEST
from textdiff_lite.corpora.bistro_records import LABELS, SOURCE_WORDS, linearise
from textdiff_lite.corpora.grammar import Failure, find_ambiguity, length_law
from textdiff_lite.corpora.grammar.enumeration import slot_values

ROWS = 20_000
FOX = "the red fox is a cheap thai pub near wood street . families are welcome at the red fox ."
FOX_FIELDS = {
    "name": "the red fox",
    "eatType": "pub",
    "food": "thai",
    "priceRange": "cheap",
    "familyFriendly": "yes",
    "near": "wood street",
}


@pytest.fixture(scope="module")
def bistro():
    return Bistro()


@pytest.fixture(scope="module")
def law():
    return length_law(GRAMMAR)


@pytest.fixture(scope="module")
def test_split(bistro):
    return bistro.sentences("test", range(ROWS))


def test_the_grammar_is_unambiguous():
    found = find_ambiguity(GRAMMAR)
    assert found.witness is None
    assert found.pairs > 100_000


def test_sentences_have_6_to_31_words(law):
    assert law.sum() == pytest.approx(1, abs=1e-12)
    assert (np.flatnonzero(law)[0], len(law) - 1) == (6, LONGEST) == (6, 31)
    assert 16 < (law * np.arange(len(law))).sum() < 18


def test_length_law_is_that_of_the_samples(bistro, law):
    lengths = (bistro.ids("test", range(ROWS)) > 1).sum(axis=1)
    counted = np.bincount(lengths, minlength=len(law))
    common = law * ROWS >= 5
    expected = np.append(law[common], law[~common].sum()) * ROWS
    got = np.append(counted[common], counted[~common].sum())
    degrees = len(expected) - 1
    assert abs(((got - expected) ** 2 / expected).sum() - degrees) < 4 * (2 * degrees) ** 0.5


def test_vocabulary_has_250_to_400_words_and_a_rare_tail(bistro):
    assert 250 <= len(GRAMMAR.vocabulary) <= 400
    assert bistro.info.vocab == len(GRAMMAR.vocabulary) + 3
    ids = bistro.ids("train", range(100_000))
    share = np.bincount(ids[ids > 2], minlength=bistro.info.vocab)[3:] / (ids > 2).sum()
    assert (share < 1e-3).mean() > 0.6
    assert (share < 1e-4).mean() > 0.2
    assert share.max() > 0.1


def test_entropy_is_the_mean_of_minus_log_p(bistro):
    nats = -bistro.row_log_prob("train", range(100_000))
    assert abs(nats.mean() - bistro.entropy) < 4 * nats.std() / 100_000**0.5
    assert 15 < bistro.entropy < 18


def test_entropy_given_the_fields_is_the_mean_of_minus_log_p_given_them(bistro, test_split):
    nats = -bistro.log_prob_given_fields(test_split[:3000])
    assert nats.dtype == np.float64
    assert abs(nats.mean() - bistro.entropy_given_fields) < 4 * nats.std() / 3000**0.5
    assert 3 < bistro.entropy_given_fields < 5


def test_log_prob_parsed_is_log_prob_drawn(bistro, test_split):
    drawn = bistro.row_log_prob("test", range(ROWS))
    assert drawn.dtype == np.float64
    np.testing.assert_allclose(bistro.log_prob(test_split[:3000]), drawn[:3000], atol=1e-11)


def test_fields_parsed_are_fields_drawn(bistro, test_split):
    drawn = bistro.row_fields("test", range(2000))
    assert [bistro.fields(s) for s in test_split[:2000]] == drawn
    assert all(list(fields) == [field for field in LABELS if field in fields] for fields in drawn)
    counted = Counter(field for fields in drawn for field in fields)
    assert set(counted) == set(LABELS)
    assert min(counted.values()) > 200
    assert counted["name"] == 2000


def test_trees_hold_the_sentence_and_spans_nest(bistro, test_split):
    for sentence in test_split[:300]:
        words = sentence.split()
        tree, spans, pos = bistro.tree(sentence), bistro.spans(sentence), bistro.pos(sentence)
        assert [leaf.word for leaf in tree.leaves()] == words
        assert len(pos) == len(words)
        assert spans[0] == ("TOP", 0, len(words))
        for _, a, b in spans:
            assert a < b
            assert all(b <= c or d <= a or (a <= c and d <= b) or (c <= a and b <= d) for _, c, d in spans)
        assert {label for label, _, _ in spans} <= {"TOP", "S", "NP", "VP", "PP", "SBAR", "ADJP"}


def test_one_sentence_in_full(bistro):
    assert bistro.fields(FOX) == FOX_FIELDS
    assert " ".join(bistro.pos(FOX)) == "DT JJ NN VBZ DT JJ JJ NN IN NNP NN . NNS VBP JJ IN DT JJ NN ."
    assert str(bistro.tree("the red fox serves thai food .")) == (
        "(TOP (S (NP (DT the) (JJ red) (NN fox)) (VP (VBZ serves) (NP (JJ thai) (NN food))) (. .)))"
    )
    assert bistro.spans("the red fox serves thai food .")[1:4] == [("S", 0, 7), ("NP", 0, 3), ("VP", 3, 6)]


@pytest.mark.parametrize(
    ("sentence", "position"),
    [
        ("the red fox serve thai food .", 3),  # number
        ("the red foxes serves thai food .", 3),
        ("the red foxes , which are near wood street , serves thai food .", 10),  # over a clause
        ("the red fox is an cheap italian pub .", 5),  # article
        ("the red fox is a cheap pub . it have a high rating .", 9),
        ("the red fox is a cheap pub . the red mill has a high rating .", 10),  # the name again
        ("the red fox is a pub near wood street . families visiting wood square are welcome at the red fox .", 13),
        ("the red fox is a pub . it has a high rating but is family-friendly .", 14),  # good news and good news
        ("the red fox is a pub . it has a high rating and is not family-friendly .", 14),
        ("the red fox is a pub . it has a low rating but children are not welcome .", 15),
        ("thai food is served at the red fox . it has a high rating .", 9),  # the fox or its food?
        ("the red foxes serve thai dishes . customers give them a high rating .", 9),
        ("for thai food , try the red fox . it has a low rating .", 12),  # who would say «try»?
        ("the red fox is a pub . the red fox is a pub .", 11),  # everything is said once
        ("the red fox", 3),
        ("the red fox is a pub . [PAD]", 7),
        ("", 0),
    ],
)
def test_outside_the_language(bistro, sentence, position):
    parsed = bistro.parse(sentence)
    assert isinstance(parsed, Failure)
    assert parsed.position == position
    assert bistro.log_prob([sentence])[0] == -np.inf
    for ask in (bistro.fields, bistro.pos, bistro.tree, bistro.spans):
        with pytest.raises(ValueError, match=f"not a sentence of bistro: word {position}: "):
            ask(sentence)
    with pytest.raises(ValueError, match="not a sentence of bistro"):
        bistro.log_prob_given_fields([sentence])
    with pytest.raises(ValueError, match="not a sentence of bistro"):
        bistro.paraphrase([sentence], seed=0)


def test_no_name_is_that_of_an_area_or_a_landmark():
    said = {s.name: {" ".join(words) for words in slot_values(GRAMMAR, s.name)} for s in GRAMMAR.slots}
    nouns = {name.split()[-1] for name in said["name"]}
    assert len(nouns) > 60
    assert not nouns & said["area"]
    assert not {name.removeprefix("the ") for name in said["name"]} & (said["area"] | said["near"])


def test_probability_of_fields_is_that_of_the_record(bistro, test_split):
    for sentence in test_split[:500]:
        parsed = bistro.parse(sentence)
        assert bistro.log_prob_of_fields(bistro.fields(sentence)) == pytest.approx(parsed.log_prob_of_record, abs=1e-11)
        assert parsed.log_prob - parsed.log_prob_of_record == pytest.approx(parsed.log_prob_of_wording)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"colour": "red"}, "no field 'colour': the fields are"),
        ({"name": "the red planet", "food": "thai"}, "name is 'the red planet', which bistro never says"),
        ({"name": "the red fox", "food": "thai", "familyFriendly": "maybe"}, "familyFriendly is 'maybe'; it may be"),
        ({"name": "the red fox", "food": "thai", "familyFriendly": "absent"}, "familyFriendly is 'absent'; it may be"),
        ({"name": "the red fox"}, r"no sentence of bistro says exactly the fields \['name'\]"),
        ({"food": "thai"}, r"no sentence of bistro says exactly the fields \['food'\]"),
    ],
)
def test_impossible_fields_are_refused(bistro, fields, message):
    for ask in (bistro.log_prob_of_fields, lambda f: bistro.realise([f], seed=0)):
        with pytest.raises(ValueError, match=message):
            ask(fields)


def test_realisations_exhaust_the_probability_of_their_fields(bistro):
    fields = {"name": "the red fox", "food": "thai"}
    said = set(bistro.realise([fields] * 3000, seed=1))
    assert len(said) >= 3
    assert all(bistro.fields(s) == fields for s in said)
    total = np.exp(bistro.log_prob(sorted(said)) - bistro.log_prob_of_fields(fields)).sum()
    assert 0.999 < total < 1 + 1e-9


def test_every_record_has_three_or_more_realisations(bistro):
    for fields in bistro.row_fields("test", range(100)):
        assert len(set(bistro.realise([fields] * 40, seed=0))) >= 3


def test_paraphrases_say_the_same_fields_in_other_words(bistro, test_split):
    sentences = test_split[:400]
    other = bistro.paraphrase(sentences, seed=3)
    assert [bistro.fields(s) for s in other] == [bistro.fields(s) for s in sentences]
    assert np.mean([a != b for a, b in zip(sentences, other, strict=True)]) > 0.8
    assert bistro.paraphrase(sentences, seed=3) == other
    assert bistro.paraphrase(sentences, seed=4) != other
    assert bistro.paraphrase(sentences[:10], seed=3) == other[:10]


def test_linearised_fields(bistro):
    assert linearise(FOX_FIELDS) == (
        "name : the red fox | type : pub | food : thai | price : cheap | families : yes | near : wood street"
    )
    assert linearise({"food": "thai", "name": "the red fox"}) == "name : the red fox | food : thai"
    with pytest.raises(ValueError, match="no field 'colour': the fields are"):
        linearise({"colour": "red"})
    known = {*SOURCE_WORDS, *bistro.vocabulary}
    assert {w for fields in bistro.row_fields("test", range(500)) for w in linearise(fields).split()} <= known
    assert not set(SOURCE_WORDS) & set(bistro.vocabulary)


def test_rows_are_a_canvas_of_words_end_and_padding(bistro, test_split):
    ids = bistro.ids("test", range(ROWS))
    assert ids.shape == (ROWS, 32)
    assert ids.dtype == np.int64
    assert ((ids == 1).sum(axis=1) == 1).all()
    ends = (ids == 1).argmax(axis=1)
    beyond = np.arange(32) > ends[:, None]
    assert (ids[beyond] == 0).all()
    assert (ids[~beyond] != 0).all()
    assert (ids != 2).all()
    assert bistro.decode(torch.from_numpy(ids)) == test_split
    np.testing.assert_array_equal(bistro.encode(test_split[:2000]), ids[:2000])


def test_rows_do_not_depend_on_the_chunk(bistro):
    rows = np.array([0, 4_194_303, 65_536, 65_535, 0, 1_000_003])
    ids = bistro.ids("train", rows)
    for row, one in zip(rows, ids, strict=True):
        np.testing.assert_array_equal(bistro.ids("train", [int(row)])[0], one)
    np.testing.assert_array_equal(bistro.ids("train", range(65_530, 65_545))[5:7], ids[[3, 2]])
    many = range(65_000, 131_100)
    np.testing.assert_array_equal(bistro.ids("train", many)[-3:], bistro.ids("train", many[-3:]))
    assert bistro.ids("train", []).shape == (0, 32)
    assert bistro.row_log_prob("train", []).shape == (0,)


def test_splits_and_seeds_are_other_draws(bistro):
    other = Bistro(seed=1)
    splits = [bistro.ids(split, range(2000)) for split in SIZES] + [other.ids("train", range(2000))]
    for i, a in enumerate(splits):
        for b in splits[i + 1 :]:
            assert (a == b).all(axis=1).mean() < 0.01
    assert other.info.fingerprint != bistro.info.fingerprint
    assert other.vocabulary == bistro.vocabulary


def test_split_sizes_and_their_borders(bistro):
    assert bistro.sizes == {"train": 4_194_304, "validation": 20_000, "test": 20_000}
    for ask in (bistro.ids, bistro.row_log_prob, bistro.row_fields):
        with pytest.raises(ValueError, match="rows must lie in"):
            ask("test", [20_000])
        with pytest.raises(ValueError, match="split must be one of"):
            ask("dev", [0])


def test_duplicates_stay(bistro):
    ids = bistro.ids("train", range(100_000))
    share = 1 - len(np.unique(ids, axis=0)) / len(ids)
    assert 0.02 < share < 0.2


def test_the_source_is_pinned(bistro):
    """If this changes, weights trained before are weights of another corpus."""
    assert bistro.info.fingerprint == "48b62fc9f693bd45"
    assert bistro.sentences("train", [0]) == ["visit the blue anchor , a pub in the city centre ."]


def test_load_corpus_opens_bistro():
    corpus = load_corpus("bistro")
    assert isinstance(corpus, Bistro)
    info = corpus.info
    assert (info.name, info.unit, info.length, info.pad, info.end, info.unk) == ("bistro", "word", 32, 0, 1, 2)
    assert json.loads(json.dumps(corpus.metadata))["unknown_rate"] == {"train": 0.0, "validation": 0.0, "test": 0.0}


def test_tokenizer_gives_the_ids(bistro, test_split):
    own = bistro.ids("test", range(50))
    ids = bistro.tokenizer(test_split[:50], padding="max_length")["input_ids"]
    np.testing.assert_array_equal(np.array(ids), own)


def test_dataset_has_text_and_meaning(bistro, test_split):
    pytest.importorskip("datasets")
    made = bistro.dataset(train=10)
    assert {split: len(part) for split, part in made.items()} == {"train": 10, "validation": 20_000, "test": 20_000}
    assert made["test"][7] == {"text": test_split[7], "mr": linearise(bistro.fields(test_split[7]))}
    for train in (0, 4_194_305):
        with pytest.raises(ValueError, match=r"train must lie in \[1, 4194304\], got"):
            bistro.dataset(train=train)
