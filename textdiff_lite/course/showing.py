"""Figures in a notebook, with words for those who can't see them."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100


def show(figure: "Figure", alt: str) -> None:
    """Display the figure as a PNG. alt: one sentence that says what is to be seen.

    Raises ValueError if alt is empty.
    """
    from IPython.display import display

    if not alt.strip():
        raise ValueError("alt must say what is to be seen, got an empty text")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=DPI, metadata={"Software": None})
    data = {"image/png": picture.getvalue(), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)
