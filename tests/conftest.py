"""Shape types are checked while the tests run, where beartype is installed."""

from importlib.util import find_spec

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Check every annotated shape and type, but not in benchmarks: a check costs as much as a small kernel."""
    if find_spec("beartype") is not None and not config.getoption("--benchmark-enable", default=False):
        from jaxtyping import install_import_hook

        install_import_hook("textdiff_lite", "beartype.beartype")
