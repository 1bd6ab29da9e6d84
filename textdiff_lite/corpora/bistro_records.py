"""The records of bistro as fields: {"name": "the golden anchor", "food": "thai", "familyFriendly": "yes"}."""

from collections.abc import Mapping
from functools import cached_property
from math import log

from textdiff_lite.corpora.bistro_grammar import GRAMMAR
from textdiff_lite.corpora.grammar.enumeration import slot_values
from textdiff_lite.corpora.grammar.grammar import assignments
from textdiff_lite.corpora.grammar.sampling import Record

FAMILY = "familyFriendly"
ABSENT = "absent"

# field -> how it is called in a linearised record, in the order of the E2E data
LABELS = {
    "name": "name",
    "eatType": "type",
    "food": "food",
    "priceRange": "price",
    "customer rating": "rating",
    "area": "area",
    FAMILY: "families",
    "near": "near",
}

SOURCE_WORDS = tuple(sorted({":", "|", "yes", "no", *LABELS.values()}.difference(GRAMMAR.vocabulary)))
"""Words of linearised records that no sentence has: what a tokenizer of sources adds to the vocabulary."""

Fields = Mapping[str, str]


def linearise(fields: Fields) -> str:
    """Fields as a source text: "name : the golden anchor | food : thai". Raises ValueError for an unknown field."""
    _check_names(fields)
    return " | ".join(f"{label} : {fields[field]}" for field, label in LABELS.items() if field in fields)


class Records:
    """From fields to the record of the grammar and back, and the exact probability of a record."""

    def fields(self, record: Record) -> dict[str, str]:
        """What the record says, in the order of `LABELS`."""
        said = {slot: " ".join(words) for slot, words in record.slots.items()}
        if record.features[FAMILY] != ABSENT:
            said[FAMILY] = record.features[FAMILY]
        return {field: said[field] for field in LABELS if field in said}

    def record(self, fields: Fields) -> Record:
        """The record that says these fields and no others.

        Raises ValueError for an unknown field or value, and for fields that no sentence says together.
        """
        _check_names(fields)
        shown = {FAMILY: fields.get(FAMILY, ABSENT)}
        slots = {}
        for field in fields:
            if field == FAMILY:
                if fields[field] not in ("yes", "no"):
                    raise ValueError(f"{FAMILY} is {fields[field]!r}; it may be 'yes' or 'no'")
                continue
            words = tuple(fields[field].split())
            if words not in self._values[field]:
                raise ValueError(f"{field} is {fields[field]!r}, which bistro never says")
            shown.update(self._values[field][words][0])
            slots[field] = words
        key = (frozenset(slots), frozenset(shown.items()))
        if key not in self._assignments:
            raise ValueError(f"no sentence of bistro says exactly the fields {sorted(fields)}")
        return Record(self._assignments[key][0], slots)

    def log_prob(self, fields: Fields) -> float:
        """The probability of a record: ln p, nats. Raises ValueError as `record` does."""
        record = self.record(fields)
        total = log(self._probability[tuple(record.features.values())])
        return total + sum(log(self._values[slot][words][1]) for slot, words in record.slots.items())

    @cached_property
    def _values(self) -> dict[str, dict[tuple[str, ...], tuple[dict[str, str], float]]]:
        return {slot.name: slot_values(GRAMMAR, slot.name) for slot in GRAMMAR.slots}

    @cached_property
    def _probability(self) -> dict[tuple[str, ...], float]:
        return {tuple(features.values()): p for features, p in assignments(GRAMMAR.record)}

    @cached_property
    def _assignments(self) -> dict[tuple[frozenset[str], frozenset[tuple[str, str]]], list[dict[str, str]]]:
        """What the fields show -> the features of the record: one assignment, because nothing of a record is hidden."""
        shown_by = {slot: tuple(next(iter(values.values()))[0]) for slot, values in self._values.items()}
        found: dict[tuple[frozenset[str], frozenset[tuple[str, str]]], list[dict[str, str]]] = {}
        for features, _ in assignments(GRAMMAR.record):
            slots = GRAMMAR.slots_of(features)
            names = {FAMILY, *(name for slot in slots for name in shown_by[slot])}
            key = (slots, frozenset((name, features[name]) for name in names))
            found.setdefault(key, []).append(features)
        return found


def _check_names(fields: Fields) -> None:
    for field in fields:
        if field not in LABELS:
            raise ValueError(f"no field {field!r}: the fields are {list(LABELS)}")
