"""The grammar of mini-bistro: the world of bistro with twelve names, small enough that every sentence can be listed.

A sentence says one or two of these: what is served, the price, the rating. «try the old mill .» may stand in front;
what follows has the name again or says «it» or «they».

The dependences are those of bistro: number reaches from the name over «and» and over a full stop to the last verb, a
name that comes again has the same two words, and a/an depends on the rating. Labels and parts of speech are those of
the Penn Treebank.
"""

from textdiff_lite.corpora.grammar.grammar import Grammar, Slot
from textdiff_lite.corpora.grammar.nodes import Mention, Node
from textdiff_lite.corpora.grammar.notation import case, dependent, either, feature, join, phrase, words, zipf

EXPONENT = 1.7

# ---- the record ----------------------------------------------------------------------------------------------------

number = feature("number", singular=0.6, plural=0.4)
said = feature("said", food=0.23, price=0.2, rating=0.08, food_and_price=0.33, food_and_rating=0.16)
# «a» and «an» are the classes of ratings that take this article
rating = dependent(
    "rating", (said,), lambda said: {"a": 0.65, "an": 0.35} if said.endswith("rating") else {"absent": 1.0}
)

name = phrase(
    "NP",
    words("the/DT"),
    zipf("JJ", "golden red old", EXPONENT),
    case("number", singular=zipf("NN", "fox mill", EXPONENT), plural=zipf("NNS", "bells lions", EXPONENT)),
)
foods = zipf("NN", "curry pasta sushi", EXPONENT)
prices = zipf("JJ", "cheap expensive", EXPONENT)
ratings = case("rating", a=words("high/JJ"), an=words("average/JJ"))

NAME, FOOD, PRICE, RATING = Mention("name"), Mention("food"), Mention("price"), Mention("rating")

# ---- agreement -----------------------------------------------------------------------------------------------------


def verb(singular: str, plural: str) -> Node:
    """The form that agrees with the name."""
    return case("number", singular=words(f"{singular}/VBZ"), plural=words(f"{plural}/VBP"))


IS, HAS, SERVES = verb("is", "are"), verb("has", "have"), verb("serves", "serve")
IT = phrase("NP", case("number", singular=words("it/PRP"), plural=words("they/PRP")))

# ---- the sentences -------------------------------------------------------------------------------------------------

serves_food = phrase("VP", SERVES, phrase("NP", FOOD))
is_priced = phrase("VP", IS, phrase("ADJP", PRICE))
is_rated = phrase(
    "VP", HAS, phrase("NP", case("rating", a=words("a/DT"), an=words("an/DT")), RATING, words("rating/NN"))
)


def sentence(*nodes: Node) -> Node:
    """A sentence with its full stop."""
    return phrase("S", *nodes, words("./."))


try_it = sentence(phrase("VP", words("try/VB"), NAME))
serves = sentence(NAME, serves_food)
priced = sentence(NAME, is_priced)


def serves_and(predicate: Node) -> Node:
    """What is served, and more, in one sentence."""
    return sentence(NAME, phrase("VP", serves_food, words("and/CC"), predicate))


GRAMMAR = Grammar(
    record=(number, said, rating),
    slots=(Slot("name", name), Slot("food", foods), Slot("price", prices), Slot("rating", ratings)),
    root=phrase(
        "TOP",
        case(
            "said",
            food=either((0.6, serves), (0.4, join(try_it, sentence(IT, serves_food)))),
            price=join(try_it, either((0.6, priced), (0.4, sentence(IT, is_priced)))),
            rating=sentence(NAME, is_rated),
            food_and_price=either((0.75, join(serves, priced)), (0.25, serves_and(is_priced))),
            food_and_rating=serves_and(is_rated),
        ),
    ),
)

LONGEST = 12
"""Words of the longest sentence, by `length_law`."""
