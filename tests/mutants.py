"""Wrong versions of the formulas, and the proof that the tests notice every one of them.

    python tests/mutants.py                       all lists
    python tests/mutants.py schedules processes   these lists

A list is a file tests/mutated/NAME.py with FILE (the module, from the root), TESTS (the test files that must notice)
and MUTANTS, a list of (old, new, why): `old` stands in FILE exactly once, `why` says what is wrong with `new`.
Each mutant is tried in its own copy of the package, so the working tree is never touched. The exit status is 0 only
if every list applies, the tests pass without a mutant, and every mutant is killed.
"""

import os
import runpy
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTS = Path(__file__).resolve().parent / "mutated"
CARRIED = ("textdiff_lite", "tests", "pyproject.toml")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.safetensors", ".*")
NOTICED = (1, 2)  # pytest: a test failed; a test file could not be imported
ELSEWHERE = 99  # the tests ran against another copy of the package


@dataclass(frozen=True)
class Mutant:
    """One wrong line: `old` in `file` becomes `new`, and `tests` must fail."""

    name: str
    file: str
    tests: tuple[str, ...]
    old: str = ""
    new: str = ""
    why: str = "no change: the tests must pass"

    def apply(self, text: str) -> str:
        """The mutated text. Raises ValueError if `old` is not there exactly once or the result is no Python."""
        if not self.old:
            return text
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} holds {text.count(self.old)} times, and not once: {self.old!r}")
        mutated = text.replace(self.old, self.new)
        try:
            compile(mutated, self.file, "exec")
        except SyntaxError as error:
            raise ValueError(f"{self.file} is no Python after {self.old!r} -> {self.new!r}: {error}") from error
        return mutated


def load(names: list[str]) -> Iterator[Mutant]:
    """The mutants of the named lists, or of all."""
    known = {path.stem: path for path in sorted(LISTS.glob("*.py"))}
    for name in names or known:
        if name not in known:
            raise ValueError(f"no list of mutants is called {name!r}; there are {', '.join(known)}")
        parts = runpy.run_path(str(known[name]))
        for old, new, why in parts["MUTANTS"]:
            yield Mutant(name, parts["FILE"], tuple(parts["TESTS"]), old, new, why)


def try_out(mutant: Mutant, limit: float) -> int | None:
    """The exit status of the tests on a copy with the mutant in it; None if they ran past `limit` seconds."""
    with tempfile.TemporaryDirectory() as folder:
        for part in CARRIED:
            source, target = ROOT / part, Path(folder, part)
            if source.is_dir():
                shutil.copytree(source, target, ignore=LEFT_OUT)
            else:
                shutil.copy(source, target)
        target = Path(folder, mutant.file)
        target.write_text(mutant.apply(target.read_text(encoding="utf-8")), encoding="utf-8")
        process = CONTEXT.Process(target=run_tests, args=(folder, mutant.tests))
        process.start()
        process.join(limit)
        if process.exitcode is None:
            process.kill()
            process.join()
            return None
        return process.exitcode


def run_tests(folder: str, tests: tuple[str, ...]) -> None:
    """Run in a child: pytest in the copy, silently, until the first failure."""
    os.chdir(folder)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    import pytest

    options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
    status = pytest.main([*options, *tests])
    package = sys.modules.get("textdiff_lite")
    here = package is None or str(package.__file__).startswith(os.path.realpath(folder))
    os._exit(int(status) if here else ELSEWHERE)


# a server that has imported the slow packages once and forks for every mutant, where the system can
CONTEXT = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")


def timed(mutant: Mutant) -> tuple[int | None, float]:
    """The exit status of its tests, and their seconds."""
    before = time.monotonic()
    return try_out(mutant, 600.0), time.monotonic() - before


def main(names: list[str]) -> int:
    """Try them all, print what survived, and return the exit status."""
    try:
        mutants = list(load(names))
        for mutant in mutants:
            mutant.apply((ROOT / mutant.file).read_text(encoding="utf-8"))
    except ValueError as error:
        print(error)
        return 2
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # no test of a formula needs a plugin, and nbval alone takes seconds to import
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if "forkserver" in get_all_start_methods():
        CONTEXT.set_forkserver_preload(["torch", "pytest", "hypothesis.strategies", "jaxtyping", "beartype"])

    start = time.monotonic()
    sound = list({(m.file, m.tests): Mutant(m.name, m.file, m.tests) for m in mutants}.values())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        trials = list(pool.map(timed, sound))
    for mutant, (status, _) in zip(sound, trials, strict=True):
        if status != 0:
            print(f"{mutant.name}: {' '.join(mutant.tests)} must pass without a mutant, but ended with {status}")
            return 2
    limit = max(60.0, 5 * max(seconds for _, seconds in trials))

    alive = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for i, (mutant, status) in enumerate(
            zip(mutants, pool.map(lambda m: try_out(m, limit), mutants), strict=True), start=1
        ):
            killed = status is None or status in NOTICED
            alive += not killed
            verdict = "killed" if killed else "SURVIVED" if status == 0 else f"BROKE OFF ({status})"
            print(f"{i}/{len(mutants)} {verdict} {mutant.name}: {mutant.why}", flush=True)
            if not killed:
                print(f"    {mutant.file}\n    - {mutant.old}\n    + {mutant.new}", flush=True)
    print(f"{len(mutants) - alive} of {len(mutants)} mutants killed in {time.monotonic() - start:.0f} s")
    return int(alive > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
