"""A grammar of a few hundred sentences with everything that bistro has: features, classes, plan, slots, repetition."""

from textdiff_lite.corpora.grammar import Grammar, Mention, Slot
from textdiff_lite.corpora.grammar.notation import (
    NOTHING,
    case,
    dependent,
    either,
    feature,
    join,
    phrase,
    words,
    zipf,
)

number = feature("number", singular=0.7, plural=0.3)
food = feature("food", absent=0.4, a=0.4, an=0.2)
families = feature("families", absent=0.5, yes=0.3, no=0.2)
place = dependent(
    "place", (families,), lambda families: {"first": 1.0} if families == "absent" else {"first": 0.25, "second": 0.75}
)

name = phrase(
    "NP",
    words("the/DT"),
    either((0.4, NOTHING), (0.6, zipf("JJ", "old red"))),
    case("number", singular=zipf("NN", "mill fox"), plural=words("bells/NNS")),
)
foods = case("food", a=zipf("JJ", "thai west_indian"), an=words("italian/JJ"))
NAME, FOOD = Mention("name"), Mention("food")
IS = case("number", singular=words("is/VBZ"), plural=words("are/VBP"))
friendly = case("families", NOTHING, yes=words("friendly/JJ"), no=words("not/RB friendly/JJ"))
kind = phrase(
    "NP",
    case("food", a=words("a/DT"), an=words("an/DT"), absent=words("a/DT")),
    case("food", FOOD, absent=NOTHING),
    words("pub/NN"),
)
first = either(
    (0.8, phrase("S", NAME, phrase("VP", IS, kind))),
    (0.2, phrase("S", words("try/VB"), NAME, words(",/,"), kind)),
)
second = phrase("S", either((0.7, NAME), (0.3, words("this/DT"))), IS, friendly)

GRAMMAR = Grammar(
    record=(number, food, families),
    slots=(Slot("name", name), Slot("food", foods)),
    plan=(place,),
    root=join(
        first,
        case(
            "families",
            case("place", first=phrase("PP", words("and/CC"), friendly), second=join(words("./."), second)),
            absent=NOTHING,
        ),
    ),
)
