"""Figures, for lessons and for a training run. Each returns the matplotlib figure; the caller shows or saves it."""

from textdiff_lite.plots.training import training_curve as training_curve
