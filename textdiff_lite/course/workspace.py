"""The learner's copies of the lessons: made once, never overwritten.

The lessons of the repository stay as they are, so that an update of the repository meets no changed file.
To start a lesson again, rename or delete the copy and call this once more. In the workspace stands a marker, by which
the checks know that progress is to be kept there.
"""

from pathlib import Path

from textdiff_lite.atomic import write_whole
from textdiff_lite.course.memory import MARKER

LESSONS, WORKSPACE = Path("lessons"), Path("workspace")
LEFT_OUT = ("README.md",)  # it speaks of the folder `lessons`


def fill(lessons: Path, workspace: Path) -> list[Path]:
    """Copy into `workspace` every notebook of `lessons` that it lacks, and every other file as it is now.

    Returns what was copied, relative to both. Checkpoints of the notebook editor and what is `LEFT_OUT` are not copied.

    Raises ValueError if `lessons` is not a folder.
    """
    if not lessons.is_dir():
        raise ValueError(f"lessons must be a folder, got {lessons}: run this in the root of the repository")
    workspace.mkdir(parents=True, exist_ok=True)
    files = [path.relative_to(lessons) for path in sorted(lessons.rglob("*")) if path.is_file()]
    wanted = [f for f in files if ".ipynb_checkpoints" not in f.parts and str(f) not in LEFT_OUT]
    # a page is not the learner's to change, so it follows the repository
    missing = [f for f in wanted if f.suffix != ".ipynb" or not (workspace / f).exists()]
    (workspace / MARKER).touch()
    for file in missing:
        target = workspace / file
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, (lessons / file).read_bytes())
    return missing


if __name__ == "__main__":
    copied = fill(LESSONS, WORKSPACE)
    new = sum(file.suffix == ".ipynb" for file in copied)
    print(f"{WORKSPACE}: {new} new notebooks; those that were there are as you left them")
