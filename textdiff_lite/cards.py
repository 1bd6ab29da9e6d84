"""A card: what was trained, how, and what was measured. The results table is made from cards alone."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from textdiff_lite.atomic import write_whole

CARD = "card.json"


@dataclass(frozen=True)
class Card:
    """One row of the results table, and how to make it again. None where a figure does not apply."""

    system: str
    variant: str
    config: dict[str, Any]
    """The system's Config: size, dropout, …"""
    corpus: str
    fingerprint: str
    """Of the corpus: a figure is worth nothing beside another grammar or vocabulary."""
    corpus_facts: dict[str, Any]
    """Splits, tokenizer, casing, minimum count, unknown rate: what the figures depend on."""
    split: str
    sentences: int
    """Sentences of the split that the likelihood was measured on."""
    parameters: int
    nats_per_sentence: float
    nats_per_token: float
    """Sum of nats over sum of tokens, the end of a sentence counted as one."""
    bits_per_token: float
    clamped: bool
    evaluations: int
    """Network calls for a sentence, at most."""
    stored: str
    """Type of the stored weights that were measured."""
    command: str
    seed: int
    steps: int
    hardware: str
    seconds: float
    """Of training, on that hardware."""
    versions: dict[str, str]
    bound: str = "exact"
    """What the nats are: «exact», or the bound of a chain of so many steps, «T = 1000», «T = ∞»."""
    samples: int = 0
    sample_seed: int | None = None
    entropy: float | None = None
    ratio: float | None = None
    """1 + mean(nats − true nats) / entropy, where the entropy is known."""
    ratio_se: float | None = None
    parse_rate: float | None = None
    parse_rate_se: float | None = None
    sample_nats: float | None = None
    """Mean −log p under the grammar of the samples that parse; beside the entropy it shows mode seeking."""
    sample_nats_se: float | None = None
    samples_seen: float | None = None
    """Share of samples among the first training sentences; `grammar_seen` is that of the grammar itself."""
    grammar_seen: float | None = None


def write_card(card: Card, folder: Path) -> Path:
    """Write the folder's card; returns its path."""
    path = folder / CARD
    write_whole(path, (json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n").encode())
    return path


def read_card(path: Path) -> Card:
    """Read a card; raises FileNotFoundError if there is none, ValueError if it is damaged or has other fields."""
    if not path.exists():
        raise FileNotFoundError(f"{path.parent} has no {path.name}: run `textdiff evaluate {path.parent}` first")
    try:
        return Card(**json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError) as error:
        raise ValueError(f"{path} is not a card: {error}") from error


def check_fingerprints(cards: Iterable[Card], known: dict[str, str]) -> None:
    """Raise ValueError for a card of a corpus in `known` (name: fingerprint) that has changed since."""
    for card in cards:
        if card.corpus in known and card.fingerprint != known[card.corpus]:
            raise ValueError(
                f"the card of {card.system} ({card.variant}) was measured on {card.corpus} with fingerprint "
                f"{card.fingerprint}, which is now {known[card.corpus]}: train and measure it again"
            )


COLUMNS = {
    "system": "system",
    "variant": "variant",
    "corpus": "corpus",
    "split": "split",
    "sentences": "sentences",
    "parameters": "parameters",
    "ratio": "ratio",
    "ratio_se": "± se",
    "nats_per_token": "nats/token",
    "bound": "bound",
    "parse_rate": "parse",
    "clamped": "clamped",
    "evaluations": "evaluations",
    "samples": "samples",
    "sample_nats": "sample nats",
    "samples_seen": "seen",
}
"""Fields of a card that the table shows, and their headings; `--json` gives the whole cards."""


def table(cards: Iterable[Card]) -> str:
    """The results as aligned text, a line a card, the best ratio first within a corpus.

    A column that no card has a figure for is left out.
    """
    ordered = sorted(cards, key=lambda card: (card.corpus, card.ratio or 0.0, card.nats_per_token, card.system))
    shown = {name: head for name, head in COLUMNS.items() if any(getattr(card, name) is not None for card in ordered)}
    rows = [list(shown.values())] + [[_cell(name, getattr(card, name)) for name in shown] for card in ordered]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _cell(name: str, value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("parse_rate", "samples_seen"):
        return f"{value:.1%}"
    if name == "ratio_se":
        return f"{value:.5f}"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
