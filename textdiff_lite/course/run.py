"""The course without a browser: every part in turn, with a progress bar and the seconds of each.

A part is a command. Each notebook in `lessons/` is one, executed untouched; nothing is written into `lessons/`.
Where there is none, the parts are the library's main job: a short training, its evaluation, samples and the table.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from textdiff_lite.course.environment import with_this_library

RUN = Path("runs/course")  # made anew each time
STEPS = 300
LESSON = re.compile(r"\d\d[a-z]?_")  # 00_…, 01a_…
TAIL = 100  # lines of a failed part that are shown


@dataclass(frozen=True)
class Part:
    """A name to show, the command that does the work, and whether what it prints is of interest."""

    name: str
    command: tuple[str, ...]
    shown: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a part: its wall-clock seconds, its exit code, and all it printed (stdout and stderr)."""

    part: Part
    seconds: float
    code: int
    output: str


def main_job() -> list[Part]:
    """Train a `mini` autoregressive model for `STEPS` steps, evaluate it, let it write, and print the table."""

    def textdiff(name: str, *arguments: str, shown: bool = False) -> Part:
        return Part(name, (sys.executable, "-m", "textdiff_lite", *arguments), shown)

    run = str(RUN)
    train = ("autoregressive", "--corpus", "bistro", "--size", "mini", "--steps", str(STEPS))
    return [
        textdiff("train", "train", *train, "--out", run),
        textdiff("evaluate", "evaluate", run, "--sentences", "2000", "--samples", "500"),
        textdiff("sample", "sample", run, "-n", "5", shown=True),
        textdiff("table", "table", run, shown=True),
    ]


def lessons(folder: Path) -> list[Part]:
    """The notebooks of `folder` in the order of their names; empty if there are none."""
    execute = "from nbclient.cli import main; main()"
    return [
        Part(notebook.stem, (sys.executable, "-c", execute, str(notebook)))
        for notebook in sorted(folder.glob("*.ipynb"))
        if LESSON.match(notebook.name)
    ]


def run(parts: Iterable[Part], folder: Path, tick: Callable[[], object] = lambda: None) -> Iterator[Outcome]:
    """Run the parts in order, in `folder`; yield each outcome, and stop after the first that failed.

    tick: called some times a second while a part works.
    """
    for part in parts:
        start = time.perf_counter()
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                part.command,
                cwd=folder,
                env=with_this_library(os.environ),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                while _works(process):
                    tick()
            finally:
                process.kill()  # without effect on one that has ended
                process.wait()
            log.seek(0)
            output = log.read().decode(errors="replace")
        yield Outcome(part, time.perf_counter() - start, process.returncode, output)
        if process.returncode:
            return


def main(folder: Path) -> int:
    """Run the course of the repository in `folder`; returns 0, or 1 if a part failed."""
    parts = lessons(folder / "lessons")
    if not parts:
        parts = main_job()
        shutil.rmtree(folder / RUN, ignore_errors=True)
    seconds = 0.0
    layout = "{desc} {bar} {n_fmt}/{total_fmt} {elapsed}"
    with tqdm(total=len(parts), desc=parts[0].name, bar_format=layout, disable=None) as bar:
        for outcome in run(parts, folder, bar.refresh):
            name = outcome.part.name
            if outcome.code:
                tail = "\n".join(outcome.output.splitlines()[-TAIL:])
                tqdm.write(f"{tail}\n{name} failed with exit code {outcome.code} after {outcome.seconds:.1f} s")
                return 1
            tqdm.write(f"{name:<24} {outcome.seconds:6.1f} s")
            if outcome.part.shown:
                tqdm.write(outcome.output)
            seconds += outcome.seconds
            bar.update()
            bar.set_description(parts[min(bar.n, len(parts) - 1)].name)
    print(f"{'all':<24} {seconds:6.1f} s\nTo open the course: make lab")
    return 0


def _works(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
