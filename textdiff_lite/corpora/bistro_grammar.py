"""The grammar of bistro: what is said of a restaurant, and the ways to say it.

The record (fields as in the E2E data: name, eatType, food, priceRange, customer rating, area, familyFriendly, near) is
drawn first, then put into one or two sentences. The first says what the place is and serves; the area, the rating and
whether families are welcome stand in the first or in the second, which mentions the name again or says «it» or «they».

Agreement reaches over clauses: number (the name is singular or plural), a/an (the next word's first sound), «and» or
«but» (whether the rating and the word on families are both good news or both bad), and a pronoun only where the first
sentence leaves no doubt of what it stands for. Labels and parts of speech are those of the Penn Treebank.
"""

from textdiff_lite.corpora.grammar.grammar import Grammar, Slot
from textdiff_lite.corpora.grammar.nodes import Mention, Node
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

# ---- the record: features ------------------------------------------------------------------------------------------

number = feature("number", singular=0.82, plural=0.18)
offer = feature("offer", food=0.35, kind=0.15, both=0.5)
verdict = feature("verdict", absent=0.56, good=0.26, bad=0.18)
opinion = dependent(
    "opinion",
    (verdict,),
    lambda verdict: {"none": 0.6, "families": 0.4} if verdict == "absent" else {"rating": 0.73, "both": 0.27},
)
where = dependent(
    "where",
    (opinion,),
    lambda opinion: (
        {"nowhere": 0.52, "area": 0.27, "near": 0.21}
        if opinion == "both"
        else {"nowhere": 0.5, "area": 0.25, "near": 0.2, "both": 0.05}
    ),
)
# «a» and «an» are the classes of words that take this article
food = dependent("food", (offer,), lambda offer: {"absent": 1.0} if offer == "kind" else {"a": 0.75, "an": 0.25})
eat_type = dependent("eatType", (offer,), lambda offer: {"absent": 1.0} if offer == "food" else {"a": 0.85, "an": 0.15})
price = feature("priceRange", absent=0.7, a=0.2, an=0.1)
# the classes of ratings: «excellent» and «average» stand for those that take «an»
rating = dependent(
    "customer rating",
    (verdict,),
    lambda verdict: {
        "good": {"high": 0.85, "excellent": 0.15},
        "bad": {"low": 0.6, "average": 0.4},
        "absent": {"absent": 1.0},
    }[verdict],
)
family = dependent(
    "familyFriendly",
    (opinion,),
    lambda opinion: {"yes": 0.7, "no": 0.3} if opinion in ("families", "both") else {"absent": 1.0},
)

# ---- the plan: which sentence says it ------------------------------------------------------------------------------

OPENINGS = {
    "kind": {"is_kind": 0.6, "called": 0.2, "try_kind": 0.2},
    "food": {"serves": 0.6, "served": 0.15, "try_for_meal": 0.15, "is_kind": 0.1},
    "both": {
        "is_kind": 0.42,
        "serves": 0.2,
        "that_serves": 0.15,
        "try_for_meal": 0.1,
        "called": 0.07,
        "served": 0.06,
    },
}
"""The forms of the first sentence by what it offers, and their shares."""


def openings(offer: str, verdict: str) -> dict[str, float]:
    """The law of the first sentence's form: nobody says «try» of a place whose rating is not good."""
    may = OPENINGS[offer]
    if verdict == "bad":
        may = {form: share for form, share in may.items() if not form.startswith("try")}
    return {form: share / sum(may.values()) for form, share in may.items()}


opening = dependent("opening", (offer, verdict), openings)
place = dependent(
    "place",
    (where,),
    lambda where: {"nowhere": {"nowhere": 1.0}, "both": {"first": 1.0}}.get(where, {"first": 0.8, "second": 0.2}),
)
praise = dependent(
    "praise",
    (opinion,),
    lambda opinion: {"first": 0.25, "second": 0.75} if opinion in ("rating", "both") else {"nowhere": 1.0},
)
welcome = dependent(
    "welcome",
    (opinion,),
    lambda opinion: {"first": 0.25, "second": 0.75} if opinion in ("families", "both") else {"nowhere": 1.0},
)

# ---- the record: words ---------------------------------------------------------------------------------------------

EXPONENT = 1.7
FEW = 2.0  # for the short lists

name_adjective = zipf(
    "JJ",
    "golden old red little blue merry royal silver green white quiet crooked happy black hidden rusty "
    "sleepy noble lucky wild copper jolly proud gentle velvet crimson painted wandering laughing broken "
    "ancient humble scarlet dancing brave whistling patient amber frosty curious thirsty marble dusty "
    "singing ivory grumpy bashful stubborn wooden drowsy emerald",
    EXPONENT,
)
name_noun = case(
    "number",
    singular=zipf(
        "NN",
        "mill anchor lion bell fox crown swan kettle garden oak wheel lantern rose bridge pheasant plough hart "
        "barrel cedar ferry heron compass orchard falcon miller sailor saddle acorn badger otter mermaid "
        "pelican sparrow tinker cobbler walnut thistle chimney windmill beacon tailor marigold raven lobster "
        "piper",
        EXPONENT,
    ),
    plural=zipf(
        "NNS",
        "foxes bells lions swans anchors kettles oaks wheels roses lanterns barrels herons sailors badgers "
        "otters millers falcons sparrows acorns thistles cedars pelicans tinkers chimneys ravens tailors "
        "lobsters pipers",
        EXPONENT,
    ),
)
name = phrase("NP", words("the/DT"), either((0.9, name_adjective), (0.1, NOTHING)), name_noun)
foods = case(
    "food",
    a=zipf(
        "JJ",
        "thai french chinese japanese spanish greek turkish korean british mexican vietnamese lebanese "
        "moroccan basque polish swedish portuguese nepalese peruvian brazilian tibetan georgian hungarian "
        "sicilian",
        EXPONENT,
    ),
    an=zipf("JJ", "italian indian english american irish ethiopian austrian egyptian iranian armenian", EXPONENT),
)
eat_types = case(
    "eatType",
    a=zipf("NN", "restaurant pub café bistro tavern teahouse brasserie canteen diner", FEW),
    an=zipf("NN", "inn eatery", FEW),
)
prices = case(
    "priceRange",
    a=either((0.75, words("cheap/JJ")), (0.25, words("mid-priced/JJ"))),
    an=either((0.6, words("expensive/JJ")), (0.3, words("affordable/JJ")), (0.1, words("upmarket/JJ"))),
)
areas = zipf(
    "NN",
    "city_centre riverside_area old_town harbour_quarter market_quarter east_end university_district suburbs docklands",
    FEW,
)
landmarks = phrase(
    "NP",
    zipf(
        "NNP",
        "wood mill queen king park church castle station abbey victoria clare albion trinity sorrento "
        "cambridge oxford bishop regent tower college fountain juniper meadow hawthorn chestnut bakers "
        "weavers granary orchid fisher mercer pepper saffron willow cooper",
        1.8,
    ),
    zipf("NN", "street square bridge road market lane hill", FEW),
)
ratings = case(
    "customer rating",
    high=zipf("JJ", "high five-star good four-star decent", FEW),
    low=zipf("JJ", "low three-star poor one-star", FEW),
    excellent=zipf("JJ", "excellent outstanding", FEW),
    average=zipf("JJ", "average awful", FEW),
)

NAME, FOOD, EAT, PRICE = Mention("name"), Mention("food"), Mention("eatType"), Mention("priceRange")
AREA, NEAR, RATING = Mention("area"), Mention("near"), Mention("customer rating")

# ---- agreement -----------------------------------------------------------------------------------------------------


def verb(singular: str, plural: str) -> Node:
    """The form that agrees with the name."""
    return case("number", singular=words(f"{singular}/VBZ"), plural=words(f"{plural}/VBP"))


IS, HAS = verb("is", "are"), verb("has", "have")
SERVES = either((0.85, verb("serves", "serve")), (0.15, verb("offers", "offer")))
IT = case("number", singular=words("it/PRP"), plural=words("they/PRP"))
THEM = case("number", singular=words("it/PRP"), plural=words("them/PRP"))
A, AN = words("a/DT"), words("an/DT")

# ---- pieces --------------------------------------------------------------------------------------------------------

COMMA, STOP = words(",/,"), words("./.")
AND, BUT = words("and/CC"), words("but/CC")

in_area = phrase("PP", words("in/IN"), phrase("NP", words("the/DT"), AREA))
near_it = phrase("PP", either((0.8, words("near/IN")), (0.2, words("close/RB to/TO"))), NEAR)
somewhere = case(
    "where",
    area=in_area,
    near=near_it,
    both=either((0.6, join(near_it, in_area)), (0.4, join(in_area, near_it))),
)
before_rating = case("customer rating", A, excellent=AN, average=AN)
short_rating = phrase("NP", before_rating, RATING, words("rating/NN"))
long_rating = phrase("NP", before_rating, RATING, words("customer/NN rating/NN"))
a_rating = either((0.85, long_rating), (0.15, short_rating))
friendly = either((0.85, words("family-friendly/JJ")), (0.15, words("child-friendly/JJ")))
which_is_somewhere = phrase("SBAR", words("which/WDT"), phrase("VP", IS, somewhere))

here = case("place", NOTHING, first=somewhere)
with_rating = case("praise", NOTHING, first=phrase("PP", words("with/IN"), a_rating))
and_has_rating = case("praise", NOTHING, first=join(AND, phrase("VP", HAS, a_rating)))
priced = case("priceRange", PRICE, absent=NOTHING)
for_families = case("welcome", NOTHING, first=case("familyFriendly", yes=friendly, no=words("adults-only/JJ")))
what = case("eatType", EAT, absent=words("place/NN"))

# the article agrees with the word that comes next, whichever that is
before_what = case("eatType", A, an=AN)
before_food = case("food", before_what, a=A, an=AN)
before_friendly = case("familyFriendly", yes=A, no=AN)
before_families = case("welcome", before_food, first=before_friendly)
before_price = case("priceRange", before_families, a=A, an=AN)
cuisine = case("food", FOOD, absent=NOTHING)
kind = phrase("NP", before_price, priced, for_families, cuisine, what)
kind_alone = phrase("NP", case("welcome", before_what, first=before_friendly), for_families, what)
food_served = phrase("NP", priced, FOOD, words("food/NN"))
dishes_served = phrase("NP", priced, FOOD, words("dishes/NNS"))
meal = either((0.75, food_served), (0.25, dishes_served))

# ---- the first sentence --------------------------------------------------------------------------------------------


def statement(predicate: Node, ending: Node) -> Node:
    """The name and its predicate; the place stands at the end, in front, or in a clause beside the name."""
    return case(
        "place",
        join(NAME, phrase("VP", predicate, ending)),
        first=either(
            (0.65, join(NAME, phrase("VP", predicate, somewhere, ending))),
            (0.2, join(somewhere, COMMA, NAME, phrase("VP", predicate, ending))),
            (0.15, join(phrase("NP", NAME, COMMA, which_is_somewhere, COMMA), phrase("VP", predicate, ending))),
        ),
    )


def described(otherwise: Node, apposition: Node) -> Node:
    """The apposition where it is needed to say what kind of place it is, and for whom; else the other node."""
    return case("offer", case("welcome", otherwise, first=apposition), both=apposition)


def called(kind: Node) -> Node:
    """There is a place of this kind with the name."""
    so_called = phrase("NP", kind, phrase("VP", either((0.85, words("called/VBN")), (0.15, words("named/VBN"))), NAME))
    there_is = words("there/EX is/VBZ")
    return case(
        "place",
        join(there_is, so_called, with_rating),
        first=either(
            (0.6, join(there_is, so_called, somewhere, with_rating)),
            (0.4, join(somewhere, there_is, so_called, with_rating)),
        ),
    )


in_apposition = phrase("NP", NAME, COMMA, phrase("NP", kind_alone, here, with_rating))
name_described = case("praise", described(join(NAME, here), in_apposition), first=in_apposition)

is_a_kind = statement(join(IS, kind), with_rating)
serves_meal = described(
    statement(join(SERVES, meal), and_has_rating),
    join(
        phrase("NP", NAME, COMMA, phrase("NP", kind_alone, here), COMMA),
        phrase("VP", SERVES, meal, and_has_rating),
    ),
)
is_served = join(
    either((0.75, join(food_served, words("is/VBZ"))), (0.25, join(dishes_served, words("are/VBP")))),
    phrase("VP", words("served/VBN"), phrase("PP", words("at/IN"), name_described)),
)
try_it = phrase("VP", either((0.8, words("try/VB")), (0.2, words("visit/VB"))), name_described)
try_for_meal = join(phrase("PP", words("for/IN"), meal), COMMA, try_it)
try_kind = phrase(
    "VP",
    either((0.8, words("try/VB")), (0.2, words("visit/VB"))),
    phrase("NP", NAME, COMMA, phrase("NP", kind, here, with_rating)),
)
# the relative clause speaks of one place, whatever the number of the name
that_has_rating = case("praise", NOTHING, first=join(AND, phrase("VP", words("has/VBZ"), a_rating)))
that_serves = phrase(
    "SBAR",
    words("that/WDT"),
    phrase("VP", either((0.85, words("serves/VBZ")), (0.15, words("offers/VBZ"))), meal),
    that_has_rating,
)
is_a_place_that_serves = join(NAME, phrase("VP", IS, phrase("NP", kind_alone, here, that_serves)))

first_sentence = phrase(
    "S",
    case(
        "opening",
        is_kind=is_a_kind,
        that_serves=is_a_place_that_serves,
        called=called(kind),
        serves=serves_meal,
        served=is_served,
        try_kind=try_kind,
        try_for_meal=try_for_meal,
    ),
    STOP,
)

# ---- the second sentence -------------------------------------------------------------------------------------------

pronoun = phrase("NP", IT)
name_or_pronoun = either((0.75, NAME), (0.25, pronoun))
# after «thai food is served at …» a pronoun might stand for the food; as an object, after any mention of food
subject = case("opening", name_or_pronoun, served=NAME)
name_or_them = either((0.75, NAME), (0.25, phrase("NP", THEM)))
them = case("opening", NAME, is_kind=name_or_them, called=name_or_them, try_kind=name_or_them)
located = either((0.8, words("located/VBN")), (0.2, words("situated/VBN")))
people = either((0.75, words("families/NNS")), (0.25, words("children/NNS")))
not_for_no = case("familyFriendly", yes=NOTHING, no=words("not/RB"))


def by_accord(accord: Node, contrast: Node) -> Node:
    """The first where the rating and the word on families are both good news or both bad, else the second."""
    return case(
        "verdict",
        good=case("familyFriendly", yes=accord, no=contrast),
        bad=case("familyFriendly", yes=contrast, no=accord),
    )


and_or_but = by_accord(AND, BUT)

is_somewhere = phrase("VP", IS, either((0.6, located), (0.4, NOTHING)), somewhere)
located_somewhere = join(phrase("VP", located, somewhere), COMMA)
has_rating = phrase("VP", HAS, a_rating)
is_friendly = phrase("VP", IS, not_for_no, phrase("ADJP", friendly))
does_not = verb("does", "do")
welcomes = phrase(
    "VP",
    case(
        "familyFriendly",
        yes=verb("welcomes", "welcome"),
        no=join(does_not, words("not/RB welcome/VB")),
    ),
    phrase("NP", people),
)

welcome_or_not = (words("are/VBP"), not_for_no, words("welcome/JJ"))


def are_welcome(people: Node) -> Node:
    """These people are welcome there, or not."""
    return join(phrase("NP", people), phrase("VP", *welcome_or_not, phrase("PP", words("at/IN"), NAME)))


visitors = join(people, phrase("VP", words("visiting/VBG"), NEAR))
of_families = either(
    (0.35, join(subject, is_friendly)),
    (0.4, are_welcome(people)),
    (0.25, join(subject, welcomes)),
)
# a landmark that the first sentence has mentioned may come again
maybe_of_visitors = case("where", of_families, near=either((0.7, of_families), (0.3, are_welcome(visitors))))
of_families_alone = case("praise", of_families, nowhere=case("place", of_families, first=maybe_of_visitors))
of_rating = either(
    (0.6, join(subject, has_rating)),
    (0.4, join(phrase("NP", words("customers/NNS")), phrase("VP", words("give/VBP"), them, short_rating))),
)
of_rating_and_families = either(
    (0.7, join(subject, has_rating, and_or_but, is_friendly)),
    (0.3, join(subject, has_rating, and_or_but, phrase("NP", people), phrase("VP", *welcome_or_not))),
)
of_place = join(subject, is_somewhere)
of_place_and_rating = either(
    (0.6, join(subject, is_somewhere, AND, has_rating)),
    (0.4, join(located_somewhere, subject, has_rating)),
)
of_place_and_families = either(
    (0.5, join(located_somewhere, subject, is_friendly)),
    (0.5, join(subject, phrase("VP", IS, somewhere), AND, is_friendly)),
)
# short enough for the canvas: a pronoun, or the short way to say the rating
of_all = case(
    "opening",
    either(
        (0.5, join(located_somewhere, pronoun, has_rating, and_or_but, is_friendly)),
        (0.5, join(pronoun, is_somewhere, by_accord(COMMA, AND), has_rating, and_or_but, is_friendly)),
    ),
    served=join(located_somewhere, NAME, phrase("VP", HAS, short_rating), and_or_but, is_friendly),
)


def sentence(*nodes: Node) -> Node:
    """A sentence with its full stop."""
    return phrase("S", *nodes, STOP)


second_sentence = case(
    "place",
    case(
        "praise",
        case("welcome", NOTHING, second=sentence(of_families_alone)),
        second=case("welcome", sentence(of_rating), second=sentence(of_rating_and_families)),
    ),
    second=case(
        "praise",
        case("welcome", sentence(of_place), second=sentence(of_place_and_families)),
        second=case("welcome", sentence(of_place_and_rating), second=sentence(of_all)),
    ),
)

GRAMMAR = Grammar(
    record=(number, offer, verdict, opinion, where, food, eat_type, price, rating, family),
    slots=(
        Slot("name", name),
        Slot("eatType", eat_types),
        Slot("food", foods),
        Slot("priceRange", prices),
        Slot("customer rating", ratings),
        Slot("area", areas),
        Slot("near", landmarks),
    ),
    plan=(opening, place, praise, welcome),
    root=phrase("TOP", first_sentence, second_sentence),
)

LONGEST = 31
"""Words of the longest sentence, by `length_law`."""
