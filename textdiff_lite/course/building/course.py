"""What is built, and from what: the folder of the course and the exercises that its lessons may name."""

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import textdiff_lite
from textdiff_lite.course.building.source import NUMBER, Source, read
from textdiff_lite.course.exercise import Exercise

PACKAGE = Path(textdiff_lite.__file__).parent
PLOTS = "textdiff_lite.plots"


@dataclass(frozen=True)
class Course:
    """root: the folder that holds `solutions` and `lessons`. find: the exercise of a key, or ValueError.

    catalogue: where the files of the exercises are; those of «folder.name» lie in its `folder`.
    """

    root: Path
    find: Callable[[str], Exercise]
    catalogue: Path

    @property
    def solutions(self) -> Path:
        """The folder of the sources and of the teacher's notebooks."""
        return self.root / "solutions"

    @property
    def lessons(self) -> Path:
        """The folder of the learner's notebooks."""
        return self.root / "lessons"

    def names(self) -> list[str]:
        """The lessons in their order. Raises ValueError where there is no folder of sources."""
        if not self.solutions.is_dir():
            raise ValueError(f"no folder {self.solutions}: call this in the root of the repository")
        return sorted(path.stem for path in self.solutions.glob("*.py") if NUMBER.match(path.stem))

    def source(self, name: str) -> Source:
        """The source of a lesson. Raises ValueError if there is none of that name, or if it cannot be read."""
        if name not in self.names():
            raise ValueError(f"no lesson is called {name!r}; there are {', '.join(self.names()) or 'none'}")
        return read(self.solutions / f"{name}.py")

    def digest(self, source: Source) -> str:
        """What the stored outputs of a lesson rest on: its source, its exercises, and the drawings nothing compares."""
        folders = {cell.key.split(".")[0] for cell in source.cells if cell.key}
        files = [file for folder in folders for file in (self.catalogue / folder).rglob("*.py")]
        total = hashlib.sha256(source.text.encode())
        for file in sorted({*files, *_drawings(source)}):
            total.update(file.name.encode() + b"\0" + file.read_bytes())
        return total.hexdigest()[:16]


def ours(root: Path) -> Course:
    """The course in the folder `root`, with the exercises of the package."""
    from textdiff_lite.course import catalogue

    return Course(root, catalogue.find, Path(catalogue.__file__).parent)


def _drawings(source: Source) -> Iterator[Path]:
    for module in {name for cell in source.cells if cell.code for name in _imported(cell.text)}:
        file = PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
        if module.startswith(f"{PLOTS}.") and file.exists():
            yield file


def _imported(text: str) -> Iterable[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
