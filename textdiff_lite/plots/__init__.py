"""Figures, for lessons and for a training run. Each returns the matplotlib figure; the caller shows or saves it.

`viewer` is the exception: a page with a slider, made without matplotlib.
"""

from textdiff_lite.plots.training import training_curve as training_curve
