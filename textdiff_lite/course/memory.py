"""What the course remembers of a learner: checks, passes and hints, in memory and in the workspace's progress.json."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

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
        """Take over what the file holds, for another notebook may have written it. A damaged file is set aside."""
        file = self.file
        if file is None or not file.exists():
            return
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            self.states = {key: State(**values) for key, values in stored.items()}
        except (json.JSONDecodeError, UnicodeDecodeError, TypeError, AttributeError):
            aside = file.with_name(f"{FILE}.damaged")
            file.replace(aside)
            self.note = f"{FILE} could not be read. It is kept as {aside.name}, and a new one was begun."

    def write(self) -> None:
        """Store the states, whole or not at all."""
        if self.file is not None:
            states = {key: asdict(state) for key, state in self.states.items()}
            write_whole(self.file, (json.dumps(states, indent=1) + "\n").encode())
