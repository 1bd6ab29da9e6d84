"""What the course remembers of a learner: checks, passes and hints, in memory and in the workspace's progress.json."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from textdiff_lite.atomic import write_whole

MARKER, FILE = ".textdiff-workspace", "progress.json"


@dataclass
class State:
    """Of one exercise: checks of a written answer, whether one has passed, hints given, misses since, the mistake."""

    checks: int = 0
    passed: bool = False
    hints: int = 0
    misses: int = 0
    mistake: str | None = None


@dataclass
class Memory:
    """The states by key. They are kept in a file only where the folder is a workspace: it holds the marker."""

    states: dict[str, State] = field(default_factory=dict)
    note: str = ""

    def of(self, key: str) -> State:
        """The state of an exercise; a fresh one if there is none."""
        return self.states.setdefault(key, State())

    @property
    def file(self) -> Path | None:
        """Where the states are kept; None if the notebook runs outside a workspace."""
        return Path(FILE).resolve() if Path(MARKER).exists() else None

    def read(self) -> None:
        """Take over what the file holds, for another notebook may have written it.

        A damaged file is set aside; one that can't be opened is left, and the states live in memory. `note` says so.
        """
        file = self.file
        if file is None:
            return
        try:
            if file.exists():
                stored = json.loads(file.read_text(encoding="utf-8"))
                self.states = {key: _state(values) for key, values in stored.items()}
        except (ValueError, TypeError, AttributeError):
            aside = file.with_name(f"{FILE}.damaged")
            self.note = f"{FILE} could not be read. It is kept as {aside.name}, and a new one was begun."
            self._try(lambda: file.replace(aside))
        except OSError as error:
            self.note = _lost(error)

    def write(self) -> None:
        """Store the states, whole or not at all; where the file can't be written, `note` says so."""
        file = self.file
        if file is not None:
            states = {key: asdict(state) for key, state in self.states.items()}
            self._try(lambda: write_whole(file, (json.dumps(states, indent=1) + "\n").encode()))

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            self.note = _lost(error)


def _lost(error: OSError) -> str:
    return f"{FILE} can't be kept ({error.strerror}), so progress is forgotten when the kernel stops."


def _state(values: dict[str, Any]) -> State:
    """The state that was stored; what another version of the library added, or what is no such value, is dropped."""
    state = State()
    for name, default in asdict(state).items():
        value = values.get(name)
        if isinstance(value, str if name == "mistake" else type(default)):
            setattr(state, name, max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else value)
    return state
