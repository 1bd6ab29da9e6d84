"""Figures in a notebook, with words for those who can't see them."""

import io
from typing import TYPE_CHECKING

from textdiff_lite.plots.viewer import Viewer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100


def show(figure: "Figure | Viewer", alt: str) -> None:
    """Display a figure as a PNG, or the viewer as HTML. alt: one sentence that says what is to be seen.

    Raises ValueError if alt is empty.
    """
    from IPython.display import display

    if not alt.strip():
        raise ValueError("alt must say what is to be seen, got an empty text")
    if isinstance(figure, Viewer):
        display({"text/html": figure.html, "text/plain": alt}, raw=True)
        return
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    data = {"image/png": picture.getvalue(), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)
