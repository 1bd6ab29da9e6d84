"""Word and character tokenizers: the rules, the special tokens, and what survives on disk."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textdiff_lite.corpora import tokenizers as rules

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SENTENCES = ["The Mill is a family-friendly pub.", "Don't pay £20-25, pay £10.50 ([PAD]) or 1,000!"]


def words(text: str) -> list[str]:
    cutter = rules.tokenizer("word", list(rules.SPECIAL))
    assert cutter.pre_tokenizer is not None
    assert cutter.normalizer is not None
    return [word for word, _ in cutter.pre_tokenizer.pre_tokenize_str(cutter.normalizer.normalize_str(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Café, CHEAP.", "the|café|,|cheap|."),
        ("don't it’s rock-'n'-roll", "don't|it’s|rock|-|'|n|'|-|roll"),
        ("family-friendly kid - friendly", "family-friendly|kid|-|friendly"),
        ("£20-25 or £10.50.", "£|20-25|or|£|10.50|."),
        ("1,000,000 5,star 1.2.3x", "1,000,000|5|,|star|1.2|.|3x"),
        ("[PAD] [END][UNK]", "[|pad|]|[|end|]|[|unk|]"),
        ("a\tb\nc\u00a0d", "a|b|c|d"),
        ("??", "?|?"),
        ("  ", ""),
    ],
)
def test_the_word_rule_cuts_as_it_says(text, expected):
    assert "|".join(words(text)) == expected


@given(TEXT)
@settings(deadline=None)
def test_every_word_is_one_word_again(text):
    found = words(text)
    assert words(" ".join(found)) == found


@given(TEXT)
@settings(deadline=None)
def test_words_lose_nothing_but_blanks_and_case(text):
    def letters(part: str) -> str:
        lower = rules.tokenizer("word", list(rules.SPECIAL)).normalizer
        assert lower is not None
        return "".join(lower.normalize_str(part).split())

    assert letters("".join(words(text))) == letters(text)


@given(TEXT.filter(bool))
@settings(deadline=None)
def test_characters_round_trip(text):
    vocabulary = rules.vocabulary("character", [text], 1)
    assert set(vocabulary[3:]) == set(text)
    ids = rules.tokenizer("character", vocabulary).encode(text).ids
    assert len(ids) == len(text)
    assert "".join(vocabulary[i] for i in ids) == text


@given(TEXT, TEXT)
@settings(deadline=None)
def test_words_round_trip_up_to_unknown_ones(known, text):
    vocabulary = rules.vocabulary("word", [known], 1)
    ids = rules.tokenizer("word", vocabulary).encode(text).ids
    expected = [word if word in vocabulary[3:] else "[UNK]" for word in words(text)]
    assert [vocabulary[i] for i in ids] == expected


@pytest.mark.parametrize("unit", rules.UNITS)
@given(parts=st.lists(st.sampled_from(["[PAD]", "[END]", "[UNK]", "[MASK]", " ", "a", "[", "PAD"]), max_size=8))
@settings(deadline=None)
def test_no_text_becomes_padding_or_an_end(unit, parts):
    text = "".join(parts)
    ids = rules.tokenizer(unit, rules.vocabulary(unit, [*SENTENCES, "[pad] [end] [PAD]"], 1)).encode(text).ids
    assert not {0, 1} & set(ids)


def test_the_vocabulary_is_sorted_by_count_and_then_by_word():
    texts = ["b a c", "a b", "d c a"]
    assert rules.vocabulary("word", texts, 1) == ["[PAD]", "[END]", "[UNK]", "a", "b", "c", "d"]


def test_min_count_keeps_what_is_seen_that_often():
    texts = ["a a a b b c", "B"]
    assert rules.vocabulary("word", texts, 2)[3:] == ["a", "b"]
    assert rules.vocabulary("word", texts, 3)[3:] == ["a", "b"]
    assert rules.vocabulary("word", texts, 4)[3:] == []


def test_a_vocabulary_may_have_more_than_thirty_thousand_words():
    assert len(rules.vocabulary("word", [f"w{i}" for i in range(40_000)], 1)) == 40_003


def test_a_min_count_below_one_is_refused():
    with pytest.raises(ValueError, match=r"^min_count must be at least 1, got 0$"):
        rules.vocabulary("word", ["a"], 0)


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match=r"^unit must be one of \['word', 'character'\], got 'byte'$"):
        rules.tokenizer("byte", list(rules.SPECIAL))


@pytest.mark.parametrize("unit", rules.UNITS)
@pytest.mark.parametrize("end", [True, False])
@pytest.mark.parametrize("opened_by", ["AutoTokenizer", "PreTrainedTokenizerFast"])
def test_a_saved_tokenizer_gives_the_same_ids(unit, end, opened_by, tmp_path):
    import transformers

    vocabulary = rules.vocabulary(unit, SENTENCES, 1)
    made = rules.fast(rules.tokenizer(unit, vocabulary), 90, end=end)
    made.save_pretrained(tmp_path)
    again = getattr(transformers, opened_by).from_pretrained(tmp_path)
    texts = [*SENTENCES, "[PAD][END] the [MASK] [UNK]", "", "zzz Ж"]
    for text in texts:
        ids = made(text)["input_ids"]
        assert again(text)["input_ids"] == ids
        assert ids[len(ids) - end :] == [1] * end
        assert not {0, 1} & set(ids[: len(ids) - end])
    assert (again.pad_token_id, again.eos_token_id, again.unk_token_id) == (0, 1, 2)
    assert (len(again), again.model_max_length) == (len(vocabulary), 90)
    assert again.is_fast


def test_a_transformers_tokenizer_decodes_words_and_characters():
    for unit, expected in (("word", "the mill is a family-friendly pub ."), ("character", SENTENCES[0])):
        made = rules.fast(rules.tokenizer(unit, rules.vocabulary(unit, SENTENCES, 1)), 90, end=True)
        ids = made(SENTENCES[0], padding="max_length")["input_ids"]
        assert len(ids) == 90
        assert made.decode(ids, skip_special_tokens=True) == expected


def test_making_a_transformers_tokenizer_leaves_the_encoder_as_it_was():
    encoder = rules.tokenizer("word", [*rules.SPECIAL, "[", "]", "pad"])
    rules.fast(encoder, 9, end=True)
    assert encoder.encode("[PAD]").ids == [3, 5, 4]
