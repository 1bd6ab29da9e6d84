"""What a child process of the course sees: this copy of the library, installed or not."""

import os
from collections.abc import Mapping
from pathlib import Path

import textdiff_lite


def with_this_library(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, in which `import textdiff_lite` finds the copy that runs now."""
    here = str(Path(textdiff_lite.__file__).resolve().parent.parent)
    before = environment.get("PYTHONPATH")
    return {**environment, "PYTHONPATH": os.pathsep.join([here, before] if before else [here])}
