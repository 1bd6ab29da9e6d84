"""Shape types are checked while the tests run, where beartype is installed."""

from importlib.util import find_spec

if find_spec("beartype") is not None:
    from jaxtyping import install_import_hook

    install_import_hook("textdiff_lite", "beartype.beartype")
