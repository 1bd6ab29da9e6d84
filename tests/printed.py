"""What is asked of every figure of a lesson: it can be drawn, fits a page, and needs no colour."""

import io

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread


def assert_printable(figure: Figure) -> None:
    """The figure is as wide as a page, a small file, more than white, and grey. Its warnings are errors."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert 5 <= figure.get_size_inches()[0] <= 8
    assert len(file.getvalue()) < 150_000
    file.seek(0)
    pixels = imread(file)[..., :3]
    assert (pixels < 0.5).any()
    assert np.ptp(pixels, axis=-1).max() < 0.01  # nothing hangs on a colour


def texts(figure: Figure) -> list[str]:
    """All that is written into the axes."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]
