"""A lesson of two small exercises, as a course of its own in a folder."""

import shutil
from pathlib import Path

from tests.course.tiny import toy
from textdiff_lite.course.building.course import Course

HERE = Path(__file__).parent
NAME = "00_tiny"
SOURCE = (HERE / "solutions" / f"{NAME}.py").read_text(encoding="utf-8")


def tiny(root: Path, text: str = SOURCE) -> Course:
    """The course in `root`, not built. Its kernels need `root` on PYTHONPATH, for they import `toy`."""
    (root / "solutions").mkdir(parents=True, exist_ok=True)
    (root / "solutions" / f"{NAME}.py").write_text(text, encoding="utf-8")
    shutil.copytree(HERE / "toy", root / "toy", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    return Course(root, toy.find, root)


def changed(*pairs: tuple[str, str]) -> str:
    """The source with each first string, which stands in it once, replaced by the second."""
    text = SOURCE
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
