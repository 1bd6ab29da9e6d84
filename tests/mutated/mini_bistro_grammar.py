"""Wrong sentences of mini-bistro."""

FILE = "textdiff_lite/corpora/mini_bistro_grammar.py"
TESTS = ["tests/corpora/test_mini_bistro.py"]
MUTANTS = [
    ('verb("is", "are")', 'verb("is", "is")', "no agreement of the verb"),
    ('singular=words("it/PRP")', 'singular=words("they/PRP")', "no agreement of the pronoun"),
    ('an=words("an/DT")', 'an=words("a/DT")', "one article for all"),
    ("join(serves, priced)", "join(serves, sentence(IT, is_priced))", "«it» may be the food"),
    ("LONGEST = 12", "LONGEST = 13", "a place that no sentence needs"),
    ('plural=zipf("NNS", "bells lions"', 'plural=zipf("NNS", "bells fox"', "a noun with two numbers"),
]
