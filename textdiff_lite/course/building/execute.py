"""Executing a notebook, and keeping of its outputs what is the same on every machine."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from textdiff_lite.course.building.convert import IGNORE
from textdiff_lite.course.environment import with_this_library

SECONDS = 300  # of one cell
WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")
# what changes the course in the reader's own shell must not change what is stored
UNSET = ("TEXTDIFF_CORPUS", "TEXTDIFF_REVEAL", "NBGRADER_EXECUTION")


class BadCell(Exception):
    """A cell that must not be stored: its place in the notebook, from 0, and what is wrong with it."""

    def __init__(self, place: int, says: str) -> None:
        super().__init__(place, says)
        self.place, self.says = place, says


def execute(notebook: NotebookNode, folder: Path, reveal: bool, tick: Callable[[], object] = lambda: None) -> None:
    """Execute the cells in order, in `folder`, and store what they print and draw in the notebook.

    reveal: show what the predictions ask. tick: called after each code cell. Raises BadCell if a cell raises, runs
    for longer than `SECONDS`, writes to stderr, or prints in a compared cell what differs from run to run.
    """
    place = 0

    def begin(cell_index: int, **_: object) -> None:
        nonlocal place
        place = cell_index

    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=begin,
        on_cell_executed=lambda **_: tick(),
    )
    try:
        client.execute(env=_environment(reveal))
    except CellExecutionError as error:
        raise BadCell(place, f"the cell raises {error.ename}: {error.evalue}\n{_plain(error.traceback)}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise BadCell(place, f"the cell did not end: {str(error).strip().splitlines()[0]}") from None
    notebook.metadata["language_info"] = {"name": "python"}  # the kernel has put its version there
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            for says in _faults(cell, folder):
                raise BadCell(place, says)
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]


def _environment(reveal: bool) -> dict[str, str]:
    """What the kernel sees: this copy of the library, and none of the reader's own settings of the course."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return with_this_library(kept) | ({"TEXTDIFF_REVEAL": "1"} if reveal else {})


def _faults(cell: NotebookNode, folder: Path) -> Iterator[str]:
    compared = IGNORE not in cell.metadata.get("tags", [])
    for output in cell.outputs:
        data = output.get("data", {})
        text = output.get("text", "") or data.get("text/plain", "")
        if output.output_type == "stream" and output.name == "stderr":
            yield f"the cell writes to stderr: {text.strip()}"
        if compared and WIDGET in data:
            yield "the cell shows a progress bar or another widget: it needs the tag training"
        if compared and ADDRESS.search(text):
            yield f"the cell prints an address that differs from run to run: {text.strip()}"
        if str(folder.resolve().parent) in text:
            yield f"the cell prints a path of this machine: {text.strip()}"


def _plain(traceback: str) -> str:
    """The traceback without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", traceback)
