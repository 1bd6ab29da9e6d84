"""What the tests of the corpora share: caches in a temporary place, and the real files where a machine has them."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """`datasets` writes its caches into a directory of this test run."""
    if find_spec("datasets") is None:
        # some machines with a GPU have none; the tests that need it are skipped there
        yield
        return
    import datasets

    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_DATASETS_CACHE", "DOWNLOADED_DATASETS_PATH", "EXTRACTED_DATASETS_PATH"):
            patch.setattr(datasets.config, name, str(tmp_path_factory.mktemp(name)))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory of the published corpora; the test is skipped where there is none."""
    named = os.environ.get("TEXTDIFF_DATA")
    if not named:
        pytest.skip("TEXTDIFF_DATA is unset: it names the directory with e2e/ and tinyshakespeare/")
    return Path(named)
