"""The two ways to cut text into tokens: words and characters, as `tokenizers` and as `transformers` tokenizers.

A word tokenizer lower-cases and then takes, in this order of preference,

* a number with its inner points and commas: 10.50, 1,000;
* a run of letters and digits with its inner apostrophes and hyphens: don't, family-friendly, 20-25;
* any other character that is not blank, alone: £ . ( [.

A character tokenizer takes every code point as it is. Text never becomes a special token: «[PAD]» is the
three words «[», «pad», «]».
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tokenizers
    import transformers

SPECIAL = ("[PAD]", "[END]", "[UNK]")
UNITS = ("word", "character")
PATTERNS = {
    "word": r"\d+(?:[.,]\d+)+(?!\w)|\w+(?:['’-]\w+)*|[^\w\s]",
    "character": r"(?m:.)",
}
DESCRIPTIONS = {
    "word": "numbers with inner points and commas, runs of letters and digits with inner apostrophes and hyphens, and "
    "every other character that is not blank; special tokens cannot be written",
    "character": "one token for every code point; special tokens cannot be written",
}
CASING = {"word": "lower", "character": "as written"}


def tokenizer(unit: str, vocabulary: list[str]) -> "tokenizers.Tokenizer":
    """Text -> ids without [END] and padding; an id is a place in `vocabulary`, and 2 ([UNK]) for what is not there.

    unit: "word" or "character". Raises ValueError for another one.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    if unit not in UNITS:
        raise ValueError(f"unit must be one of {list(UNITS)}, got {unit!r}")
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token=SPECIAL[2]))
    # what the pattern finds is kept, what lies between is dropped
    made.pre_tokenizer = pre_tokenizers.Split(Regex(PATTERNS[unit]), behavior="removed", invert=True)
    if unit == "word":
        made.normalizer = normalizers.Lowercase()
    else:
        made.decoder = decoders.Fuse()
    return made


def vocabulary(unit: str, texts: Iterable[str], min_count: int) -> list[str]:
    """The special tokens, then every token seen at least `min_count` times, the frequent ones first.

    Raises ValueError for a min_count below 1.
    """
    from tokenizers import trainers

    if min_count < 1:
        raise ValueError(f"min_count must be at least 1, got {min_count}")
    counter = tokenizer(unit, list(SPECIAL))
    trainer = trainers.WordLevelTrainer(
        vocab_size=2**31, min_frequency=min_count, special_tokens=list(SPECIAL), show_progress=False
    )
    counter.train_from_iterator(texts, trainer)
    ids = counter.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def fast(encoder: "tokenizers.Tokenizer", length: int, *, end: bool) -> "transformers.PreTrainedTokenizerFast":
    """A `transformers` tokenizer that ends each text with [END] if `end`; `padding="max_length"` fills the canvas.

    It keeps its rules through save_pretrained and from_pretrained.
    """
    from tokenizers import Tokenizer, processors
    from transformers import PreTrainedTokenizerFast

    own = Tokenizer.from_str(encoder.to_str())
    if end:
        own.post_processor = processors.TemplateProcessing(single=f"$A {SPECIAL[1]}", special_tokens=[(SPECIAL[1], 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=own,
        pad_token=SPECIAL[0],
        eos_token=SPECIAL[1],
        unk_token=SPECIAL[2],
        model_max_length=length,
        padding_side="right",
        clean_up_tokenization_spaces=False,
        # without this, «[PAD]» inside a text would become id 0
        split_special_tokens=True,
    )
