"""Lesson 01a: adding noise, and the step that takes it away."""

from textdiff_lite.course.catalogue.gaussian.ancestral import EXERCISE as ancestral
from textdiff_lite.course.catalogue.gaussian.is_posterior import EXERCISE as is_posterior
from textdiff_lite.course.catalogue.gaussian.posterior import EXERCISE as posterior
from textdiff_lite.course.catalogue.gaussian.q_sample import EXERCISE as q_sample
from textdiff_lite.course.catalogue.gaussian.simple_loss import EXERCISE as simple_loss
from textdiff_lite.course.catalogue.gaussian.two_bells import EXERCISE as two_bells
from textdiff_lite.course.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (q_sample, two_bells, posterior, is_posterior, simple_loss, ancestral)
