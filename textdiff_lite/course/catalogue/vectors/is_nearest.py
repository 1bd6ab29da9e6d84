"""Exercise, the other way round: a test that tells the nearest word from others."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from textdiff_lite.course.catalogue.vectors.nearest import EXERCISE as NEAREST
from textdiff_lite.course.catalogue.vectors.nearest import largest_difference, nearest, words_and_places
from textdiff_lite.course.exercise import Case, Exercise, Mistake

Nearest = Callable[[Tensor, Tensor], Tensor]


def is_nearest(f: Nearest) -> bool:
    """True if f(x, table) gives the nearest word of each x, as `nearest` does, else False.

    A right one may compute in another order or in float32; where one word is clearly nearest, its ids are ours.
    """
    generator = torch.Generator().manual_seed(0)
    length = 0.5 + torch.arange(7) / 2  # from 0.5 to 3.5
    table = torch.nn.functional.normalize(torch.randn(7, 3, generator=generator), dim=-1) * length[:, None]
    x = 2 * torch.randn(40, 5, 3, generator=generator)
    distances = (x[..., None, :] - table).square().sum(-1)
    return torch.equal(f(x, table), distances.argmin(-1))


REFUSE = {
    "dot_product": "It is right wherever all words have one length.",
    "cosine": "It is right wherever all words have one length, and at the vectors of the words themselves.",
    "city_block": "It is right where D = 1.",
    "exact_match": "It is right at the vectors of the words themselves.",
    "farthest": "",
    "summed_first": "It is right where D = 1.",
}
"""The wrong versions that the lesson lists, and where each can't be told from a right one."""


def _first_place_for_all(x: Tensor, table: Tensor) -> Tensor:
    return nearest(x, table)[:, :1].expand(x.shape[:2])


def _never_the_last(x: Tensor, table: Tensor) -> Tensor:
    return nearest(x, table[:-1])


HIDDEN: dict[str, tuple[Nearest, str]] = {
    "which calls the largest of the differences the distance": (
        largest_difference,
        "It is right where D = 1. Ask at many x in more dimensions.",
    ),
    "which gives all places of a row the word of the first": (
        _first_place_for_all,
        "Ask at rows of several places, near different words.",
    ),
    "which never finds the last word of the table": (_never_the_last, "Ask near every word of the table."),
}
"""Wrong ones that the lesson does not show, so that a test of the six by name is not enough."""

RIGHT: dict[str, Nearest] = {
    "nearest": nearest,
    **{f"another right one, number {i}": f for i, f in enumerate(NEAREST.equivalents, 1)},
}
IMPOSTORS: dict[str, Nearest] = {name: NEAREST.mistake(name).answer for name in REFUSE}
"""Six wrong ones, by name."""

_CANDIDATES = {
    **RIGHT,
    **IMPOSTORS,
    **{f"a hidden one {name}": f for name, (f, _) in HIDDEN.items()},
}


def _fresh(f: Nearest) -> Nearest:
    """The same candidate as a new function, which cannot be known by its identity."""
    return lambda x, table: f(x, table)


def _cases(generator: torch.Generator) -> list[Case]:
    del generator  # the candidates are what varies
    return [Case(f"the candidate «{name}»", lambda f=f: (_fresh(f),)) for name, f in _CANDIDATES.items()]


def _asked(
    f: Nearest,
    *,
    words: Callable[[Tensor], Tensor] = lambda table: table,
    D: int = 3,
    L: int = 5,
    clean: bool = False,
    agree: Callable[[Tensor, Tensor], bool] = lambda got, right: bool((got == right).all()),
) -> bool:
    """A right test that may leave something out: long and short words, coordinates, places, noise, or some ids."""
    generator = torch.Generator().manual_seed(1)
    x, table = words_and_places(200 // L, L, 7, D, generator, stretch=3.0)
    table = words(table)
    if clean:
        x = table[torch.arange(210) % 7].view(-1, L, D)
    return agree(f(x, table), nearest(x, table))


def _one_length(table: Tensor) -> Tensor:
    return 2 * torch.nn.functional.normalize(table, dim=-1)


def _by_distances(f: Nearest) -> bool:
    """A right test without ids to compare with: no word may be nearer than the one that was given."""
    x, table = words_and_places(60, 4, 9, 4, torch.Generator().manual_seed(2), stretch=3.0)
    mine = (x - table[f(x, table).long()]).norm(dim=-1)
    return bool((mine <= torch.cdist(x, table).amin(-1) + 1e-6).all())


def _place_by_place(f: Nearest) -> bool:
    """A right test by loops, in float32."""
    x, table = (part.float() for part in words_and_places(40, 3, 6, 2, torch.Generator().manual_seed(3), stretch=3.0))
    ids = f(x, table)
    for row, vectors in zip(ids.tolist(), x, strict=True):
        for word, vector in zip(row, vectors, strict=True):
            if word != min(range(6), key=lambda v: float(torch.dist(vector, table[v]))):
                return False
    return True


def _by_hand(f: Nearest) -> bool:
    """A right test with points that were placed on purpose, all in one row."""
    pairs = [[1.0, 0.0], [3.0, 1.0]], [[-2.3, -2.3], [-3.0, -4.2]], [[6.9, -3.0], [6.75, -2.25]]
    x = torch.tensor([[[1.5, 0.4], [-3.0, -3.0], [6.0, -3.0], [6.7, -2.0]]])
    return torch.equal(f(x, torch.tensor(pairs).flatten(0, 1)), torch.tensor([[0, 2, 4, 5]]))


def _the_shape_only(f: Nearest) -> bool:
    x, table = words_and_places(4, 5, 7, 3, torch.Generator().manual_seed(1))
    ids = f(x, table)
    return ids.shape == (4, 5) and bool(((ids >= 0) & (ids < 7)).all())


def _the_example(f: Nearest) -> bool:
    x, table = torch.tensor([[[1.5, 0.4]]]), torch.tensor([[1.0, 0.0], [3.0, 1.0]])
    return int(f(x, table)) == 0


def _asks_the_candidate(answer: Callable) -> str | None:
    asked: list[bool] = []

    def watched(x: Tensor, table: Tensor) -> Tensor:
        asked.append(True)
        return nearest(x, table)

    said = bool(answer(watched))
    return None if asked else f"Your test says {said} without having called the function that it is given."


def _accepts(answer: Callable) -> str | None:
    refused = [name for name, f in RIGHT.items() if not bool(answer(_fresh(f)))]
    if not refused:
        return None
    if len(refused) == len(RIGHT):
        return (
            "Your test refuses every right one, ours too. Either an id that it asks for is not that of the nearest "
            "word, or True and False are exchanged."
        )
    return (
        f"Your test refuses a right one («{refused[0]}») and accepts others. Two right ones can differ only where two "
        "words are equally near, or nearly so; don't ask there."
    )


def _refuses(answer: Callable) -> str | None:
    through = [name for name, f in IMPOSTORS.items() if bool(answer(_fresh(f)))]
    if through:
        where = f" {REFUSE[through[0]]}".rstrip() if len(through) == 1 else ""
        return f"Of the six wrong ones your test lets {', '.join(f'«{name}»' for name in through)} through.{where}"
    for name, (f, cure) in HIDDEN.items():
        if bool(answer(_fresh(f))):
            return f"Your test refuses the six, and lets one through that it has not met, {name}. {cure}"
    return None


LOOKS: dict[str, tuple[dict, str]] = {
    "lengths": ({"words": _one_length}, "at words of unequal length"),
    "dimensions": ({"D": 1}, "at vectors of more than one number"),
    "places": ({"L": 1}, "at rows of several places"),
}
"""What a test may leave out: how `_asked` does, and where it does not look."""


def _several_left_out() -> Iterator[Mistake]:
    """The tests that leave out two looks or more; those that leave out one have a text of their own."""
    for names in itertools.combinations(LOOKS, 2):
        if names == ("lengths", "dimensions"):
            continue  # words of one length in one dimension are two points
        without = {key: value for name in names for key, value in LOOKS[name][0].items()}
        where = [LOOKS[name][1] for name in names]
        yield Mistake(
            f"without_{'_and_'.join(names)}",
            partial(_asked, **without),
            f"Your test does not look {where[0]} or {where[1]}.",
            f"Look {where[0]} and {where[1]}.",
        )


EXERCISE = Exercise(
    key="vectors.is_nearest",
    minutes=10,
    difficulty=2,
    idea="Where all words are equally long, the inner product and the angle find the nearest word too.",
    established="Your test tells the nearest word from six others; its words are long and short, and its x are not "
    "words.",
    reference=is_nearest,
    cases=_cases,
    truth=_by_distances,
    laws=(_asks_the_candidate, _accepts, _refuses),
    needs=("vectors.nearest",),
    hints=(
        "For each of the six ask: for which words and which x does it give another id?",
        "You need words of very unequal length, vectors of two numbers or more, many x that are no words, and rows of "
        "several places.",
        "table = torch.randn(7, 3) * torch.linspace(0.5, 3.5, 7)[:, None], x = 2 * torch.randn(40, 5, 3), both from a "
        "generator; then compare f(x, table) with (x[..., None, :] - table).square().sum(-1).argmin(-1).",
    ),
    mistakes=(
        Mistake(
            "accepts_all",
            _the_shape_only,
            "Your test lets every candidate through. Shapes and ids that exist say nothing of which word is nearest.",
            "Compare the ids with those of a second way to them.",
        ),
        Mistake(
            "refuses_all",
            lambda f: False,
            "Your test refuses every candidate, the right ones too.",
            "Print what nearest gives beside the ids that you compare with.",
        ),
        Mistake(
            "turned_round",
            lambda f: not is_nearest(f),
            "Your test says True to the wrong ones and False to the right ones.",
            "Return True where the ids agree.",
        ),
        Mistake(
            "one_length",
            partial(_asked, words=_one_length),
            "Of the six, your test lets «dot_product» and «cosine» through: its words have one length. There the "
            "nearest word, the largest product and the smallest angle are one.",
            "Make some words long and some short.",
        ),
        Mistake(
            "on_a_line",
            partial(_asked, D=1),
            "Of the six, your test lets «city_block» and «summed_first» through: its vectors have one number. There "
            "the distances are all the same one.",
            "Take vectors of two numbers or more.",
        ),
        Mistake(
            "at_the_words_only",
            partial(_asked, clean=True),
            "Of the six, your test refuses «dot_product» and «farthest» alone: it asks at the vectors of the words "
            "themselves, where nearly every distance is 0 for the right word.",
            "Ask at x that are no words: add noise to the vectors.",
        ),
        Mistake(
            "the_example_only",
            _the_example,
            "Of the six, your test refuses «dot_product», «cosine» and «farthest» alone, as one does that asks at the "
            "example of `nearest` and nowhere else. The others are right there by luck.",
            "Ask at many x, drawn from a generator.",
        ),
        Mistake(
            "one_place",
            partial(_asked, L=1),
            "Your test refuses the six. But its rows have one place, so that one passes which gives all places the "
            "word of the first.",
            "Ask at rows of several places, near different words.",
        ),
        Mistake(
            "any_for_all",
            partial(_asked, agree=lambda got, right: bool((got == right).any())),
            "Of the six, your test refuses «farthest» alone, as one does that looks at one vector, or is content if "
            "some of the ids agree. A wrong function hits some too.",
            "Ask at many vectors that all ids agree: torch.equal, or .all().",
        ),
        *_several_left_out(),
    ),
    equivalents=(_asked, _by_distances, _place_by_place, _by_hand),
)
