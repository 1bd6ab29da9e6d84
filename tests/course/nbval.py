"""nbval in a process of its own: what it collects, which cells it compares, and how each ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from textdiff_lite.course.environment import with_this_library

# nbval's own options of each collected cell, and pytest's own reports
RUN = """
import json, sys, pytest

class Seen:
    def __init__(self):
        self.cells = {}

    def pytest_collection_modifyitems(self, items):
        for item in items:
            compared = item.options["check"] and not item.options["skip"] and item.cell.execution_count is not None
            self.cells[item.nodeid] = [item.path.name, item.cell["id"], bool(compared), "not run"]

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.cells[report.nodeid][3] = report.outcome

seen = Seen()
pytest.main(json.loads(sys.argv[2]), plugins=[seen])
json.dump(list(seen.cells.values()), open(sys.argv[1], "w"))
"""


@dataclass(frozen=True)
class Seen:
    """A code cell as nbval sees it. notebook: the name of the file."""

    notebook: str
    cell: str
    compared: bool
    outcome: str


def nbval(paths: Iterable[Path], scratch: Path, run: bool, environment: Mapping[str, str] | None = None) -> list[Seen]:
    """Every code cell of the notebooks, in order. run: execute them too; else the outcome is «not run»."""
    result = scratch / "nbval.json"
    options = ["-p", "nbval.plugin", "--nbval", "-q", "-c", os.devnull, "--rootdir", str(scratch)]
    options += ["-p", "no:cacheprovider", *([] if run else ["--collect-only"]), *map(str, paths)]
    variables = {**os.environ, **(environment or {}), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    variables.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(result), json.dumps(options)],
        env=with_this_library(variables),
        capture_output=True,
        text=True,
    )
    assert result.exists(), done.stdout + done.stderr
    return [Seen(*row) for row in json.loads(result.read_text())]
