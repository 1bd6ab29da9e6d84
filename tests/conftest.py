"""What holds for all tests: shape types are checked where beartype is installed, and every run is the same."""

from importlib.util import find_spec

import pytest
from hypothesis import settings

# the same examples in every run, and no test that fails because a machine is slow
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    """Check every annotated shape and type, but not in benchmarks: a check costs as much as a small kernel."""
    if find_spec("beartype") is not None and not config.getoption("--benchmark-enable", default=False):
        from jaxtyping import install_import_hook

        install_import_hook("textdiff_lite", "beartype.beartype")
