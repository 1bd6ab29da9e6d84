"""Wrong versions of corpora/tokenizers.py."""

FILE = "textdiff_lite/corpora/tokenizers.py"
TESTS = ["tests/corpora/test_tokenizers.py"]
MUTANTS = [
    ("made.normalizer = normalizers.Lowercase()", "pass", "case kept"),
    ("(?m:.)", ".", "line ends are lost"),
    ("(?!\\w)|", "|", "a number eats the front of a word"),
    ("vocab_size=2**31", "vocab_size=30_000", "the trainer's own limit on the vocabulary"),
    ("min_frequency=min_count", "min_frequency=min_count + 1", "minimum count off by one"),
    ("split_special_tokens=True", "split_special_tokens=False", "«[PAD]» in a text becomes id 0"),
    ("Tokenizer.from_str(encoder.to_str())", "encoder", "the tokenizer's [END] leaks into encode"),
    (
        "enumerate(vocabulary)}, unk_token=SPECIAL[2])",
        "enumerate(vocabulary)}, unk_token=SPECIAL[0])",
        "unknown words become padding",
    ),
    ("made.decoder = decoders.Fuse()", "pass", "characters decoded with blanks between"),
]
