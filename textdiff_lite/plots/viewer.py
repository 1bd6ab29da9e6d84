"""The denoising viewer: what a sampler did to one sentence, step by step, as a piece of HTML.

    frames = trace(x, steps, vocabulary, mask)        x: where the walk began; steps: what the sampler yielded
    viewer = denoising_viewer(frames, "a title")      the last value of a cell shows it; viewer.save(path) makes a page

The piece needs no network and no kernel. Without scripts (an untrusted notebook) it is a table of all steps; its script
puts a slider and boxes above the table. It has no ids, and its script starts from its own element: any number may share
a page. It is no iframe, which an untrusted notebook drops whole, and whose height must be known before its text.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

from torch import Tensor

from textdiff_lite.atomic import write_whole
from textdiff_lite.plots.viewer_page import SCRIPT, STYLE
from textdiff_lite.samplers import Step
from textdiff_lite.shapes import Ids

GUESSES = 3  # shown at a hidden place
HIDDEN = "▒"
VISIBLE = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥"})  # tokens of a corpus of characters


@dataclass(frozen=True)
class Shown:
    """A place with a word. probability: what the belief gave it; None if no belief was asked (a given word)."""

    word: str
    probability: float | None = None


@dataclass(frozen=True)
class Hidden:
    """A masked place. guesses: the likeliest words and their probabilities, the likeliest first."""

    guesses: tuple[tuple[str, float], ...] = ()


Place = Shown | Hidden


@dataclass(frozen=True)
class Frame:
    """The sentence at a time."""

    t: float
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Viewer:
    """A piece of HTML that a notebook shows and a page may hold."""

    title: str
    html: str

    def _repr_html_(self) -> str:
        return self.html

    def save(self, path: Path) -> None:
        """Write a page that holds the viewer and nothing else."""
        head = f'<meta charset="utf-8"><title>{escape(self.title)}</title>'
        page = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>{self.html}</body></html>\n'
        write_whole(path, page.encode())


def trace(
    x: Ids,
    steps: Iterable[Step],
    vocabulary: Sequence[str],
    mask: int | None = None,
    row: int = 0,
    start: float = 1.0,
) -> list[Frame]:
    """What a sampler did to one row of a batch: a frame for the start, and one for each step.

    x: the ids where the walk began, at the time `start`. steps: their x0_hat is a log-belief [B, L, words] over the
    vocabulary. mask: the id of a hidden place; None if the process hides nothing.

    A hidden place shows what was believed of it in the state of its frame (nothing at the end, where nobody asked).
    A word shows what the belief that led to its frame gave it (nothing at the start). With a mask it keeps what it had
    when it was written: a denoiser of masks need not answer well at places that it sees.

    Raises ValueError if there is no step, no such row, an id or a belief that the vocabulary does not fit, or a belief
    that is not normalised.
    """
    if not 0 <= row < len(x):
        raise ValueError(f"row must lie in [0, {len(x)}), the rows of x, got {row}")
    ids, times, beliefs = [_ids(x[row], vocabulary, mask)], [start], []
    for step in steps:
        ids.append(_ids(step.x[row], vocabulary, mask))
        times.append(float(step.t[row if len(step.t) > 1 else 0].max()))  # clamped tokens stand at 0
        beliefs.append(_belief(step.x0_hat[row], vocabulary))
    if not beliefs:
        raise ValueError("steps must hold one step at least, got none")
    frames: list[Frame] = []
    for k, t in enumerate(times):
        places: list[Place] = []
        for i, word in enumerate(ids[k]):
            if word == mask:
                places.append(_hidden(beliefs[k][i], vocabulary) if k < len(beliefs) else Hidden())
            elif k == 0:
                places.append(Shown(vocabulary[word]))
            elif mask is not None and word == ids[k - 1][i]:
                places.append(frames[-1].places[i])
            else:
                places.append(Shown(vocabulary[word], float(beliefs[k - 1][i, word])))
        frames.append(Frame(t, tuple(places)))
    return frames


def denoising_viewer(frames: Sequence[Frame], title: str = "From noise to text") -> Viewer:
    """The viewer of a trace: a slider over its frames, a box for each place, and a table of all steps.

    The arrow keys, Home and End move the slider. All that is said is said in words, figures and patterns, none by
    colour.

    Raises ValueError if there is no frame or no place, if frames differ in length, or if a time or a probability lies
    outside [0, 1].
    """
    _check(frames)
    captions = _captions(frames)
    data = json.dumps(_data(frames, captions), ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":  # no token may end the script
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    parts = (
        f'<figure class="textdiff-viewer mathjax_ignore tex2jax_ignore" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f"<figcaption><strong>{escape(title)}</strong></figcaption>",
        _table(frames, captions[-1]),
        f'<script type="application/json">{data}</script>',
        f"<script>{SCRIPT}</script>",
        "</figure>",
    )
    return Viewer(title, "\n".join(parts))


def _ids(row: Tensor, vocabulary: Sequence[str], mask: int | None) -> list[int]:
    ids = row.tolist()
    for word in ids:
        if word != mask and not 0 <= word < len(vocabulary):
            hidden = "and there is no mask" if mask is None else f"and the mask is {mask}"
            raise ValueError(f"ids must lie in [0, {len(vocabulary)}), the vocabulary, {hidden}; got {word}")
    return ids


def _belief(row: Tensor, vocabulary: Sequence[str]) -> Tensor:
    """Probabilities [L, words] on the CPU."""
    if row.shape[-1] != len(vocabulary):
        raise ValueError(f"x0_hat must be over the {len(vocabulary)} words of the vocabulary, got {row.shape[-1]}")
    belief = row.detach().double().cpu().exp()
    off = (belief.sum(-1) - 1).abs().max().item()
    if not off < 0.01:
        raise ValueError(f"x0_hat must hold normalised log-probabilities; a sum of probabilities is off by {off:.3g}")
    return belief.clamp(max=1)  # rounding of float32


def _hidden(belief: Tensor, vocabulary: Sequence[str]) -> Hidden:
    # a stable order: equal probabilities come in the order of the vocabulary
    likely, words = belief.sort(descending=True, stable=True)
    best = zip(words[:GUESSES].tolist(), likely[:GUESSES].tolist(), strict=True)
    return Hidden(tuple((vocabulary[int(word)], p) for word, p in best if p > 0))


def _check(frames: Sequence[Frame]) -> None:
    if not frames:
        raise ValueError("frames must hold one frame at least, got none")
    length = len(frames[0].places)
    if not length:
        raise ValueError("frames must have one place at least, and frame 0 has none")
    for k, frame in enumerate(frames):
        if len(frame.places) != length:
            raise ValueError(f"frames must have one length, {length} places, and frame {k} has {len(frame.places)}")
        if not 0 <= frame.t <= 1:
            raise ValueError(f"t must lie in [0, 1], and frame {k} has {frame.t:g}")
        for i, place in enumerate(frame.places):
            for p in _probabilities(place):
                if not 0 <= p <= 1:
                    raise ValueError(f"probability must lie in [0, 1], and place {i} of frame {k} has {p:g}")


def _probabilities(place: Place) -> list[float]:
    if isinstance(place, Hidden):
        return [p for _, p in place.guesses]
    return [] if place.probability is None else [place.probability]


def _captions(frames: Sequence[Frame]) -> list[str]:
    """«step 5 of 13, t = 0.62, 8 of 13 hidden» for each frame."""
    counts = [sum(isinstance(place, Hidden) for place in frame.places) for frame in frames]
    tail = f" of {len(frames[0].places)} hidden"
    return [
        f"step {k} of {len(frames) - 1}, t = {frame.t:.2f}" + (f", {count}{tail}" if any(counts) else "")
        for k, (frame, count) in enumerate(zip(frames, counts, strict=True))
    ]


def _fresh(frames: Sequence[Frame]) -> list[list[bool]]:
    """Where a frame shows another word than the frame before, or hides it."""
    words = [[place.word if isinstance(place, Shown) else None for place in frame.places] for frame in frames]
    changed = [[b != a for a, b in zip(*rows, strict=True)] for rows in pairwise(words)]
    return [[False] * len(words[0]), *changed]


def _data(frames: Sequence[Frame], captions: Sequence[str]) -> dict[str, list]:
    """What the script reads. A cell: 0 where nothing changed, [word, probability, 1 if new], or [guesses] if hidden."""
    words: dict[str, int] = {}

    def pair(word: str, p: float | None) -> list[int | str]:
        return [words.setdefault(_see(word), len(words)), "" if p is None else _percent(p)]

    cells: list[list] = []
    for k, (frame, fresh) in enumerate(zip(frames, _fresh(frames), strict=True)):
        row: list = []
        for i, (place, new) in enumerate(zip(frame.places, fresh, strict=True)):
            if k and place == frames[k - 1].places[i]:
                row.append(0)
            elif isinstance(place, Hidden):
                row.append([[pair(*guess) for guess in place.guesses]])
            else:
                row.append([*pair(place.word, place.probability), int(new)])
        cells.append(row)
    return {"words": list(words), "captions": list(captions), "cells": cells}


def _table(frames: Sequence[Frame], end: str) -> str:
    """The last frame as a line, and all steps as a table: for readers without scripts, without eyes, or on paper."""
    rows = []
    for k, (frame, fresh) in enumerate(zip(frames, _fresh(frames), strict=True)):
        cells = "".join(f"<td>{_cell(place, new)}</td>" for place, new in zip(frame.places, fresh, strict=True))
        rows.append(f"<tr><th>{k}</th><td>{frame.t:.2f}</td>{cells}</tr>")
    heads = "".join(f"<th>place {i}</th>" for i in range(len(frames[0].places)))
    about = "All steps as a table. Bold: new in this step."
    if any(isinstance(place, Hidden) for frame in frames for place in frame.places):
        about += f" {HIDDEN}: hidden, with the likeliest word."
    last = " ".join(HIDDEN if isinstance(place, Hidden) else _see(place.word) for place in frames[-1].places)
    parts = (
        f"<p><em>{end}:</em> {escape(last)}</p>",
        f"<details><summary>{about}</summary><div><table>",
        f"<thead><tr><th>step</th><th>t</th>{heads}</tr></thead>",
        "<tbody>",
        *rows,
        "</tbody></table></div></details>",
    )
    return "\n".join(parts)


def _cell(place: Place, new: bool) -> str:
    if isinstance(place, Hidden):
        return " ".join([HIDDEN, *(f"{escape(_see(word))} {escape(_percent(p))}" for word, p in place.guesses[:1])])
    word = escape(_see(place.word))
    p = "" if place.probability is None else f" {escape(_percent(place.probability))}"
    return (f"<b>{word}</b>" if new else word) + p


def _see(word: str) -> str:
    return word.translate(VISIBLE)


def _percent(p: float) -> str:
    if 0 < p < 0.01:
        return "<1%"
    return ">99%" if 0.99 < p < 1 else f"{p:.0%}"
