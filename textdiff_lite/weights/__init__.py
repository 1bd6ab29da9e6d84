"""What we trained and ship: a folder each, with its card. A card without weights is a figure only."""

import json
from pathlib import Path

from textdiff_lite.cards import CARD, Card, read_card
from textdiff_lite.systems.pretrained import WEIGHTS

HERE = Path(__file__).parent


def shipped() -> dict[str, Path]:
    """The folders of this package that hold weights, by name: what `from_pretrained` takes."""
    return {path.parent.name: path.parent for path in sorted(HERE.glob(f"*/{WEIGHTS}"))}


def cards() -> list[Card]:
    """The cards of this package."""
    return [read_card(path) for path in sorted(HERE.glob(f"*/{CARD}"))]


def comparison(name: str) -> list[Card]:
    """The cards of runs that differ in one thing alone, with several seeds each: «schedules».

    Raises ValueError for another name.
    """
    there = sorted(path.stem for path in HERE.glob("*.jsonl"))
    if name not in there:
        raise ValueError(f"comparison must be one of {', '.join(there)}; got {name!r}")
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Card(**json.loads(line)) for line in lines]
