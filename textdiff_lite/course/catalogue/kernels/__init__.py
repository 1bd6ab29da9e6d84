"""Lesson 02b: any chain on words."""

from textdiff_lite.course.catalogue.kernels.belief_to_step import EXERCISE as belief_to_step
from textdiff_lite.course.catalogue.kernels.chain_bound import EXERCISE as chain_bound
from textdiff_lite.course.catalogue.kernels.is_q_bar import EXERCISE as is_q_bar
from textdiff_lite.course.catalogue.kernels.posterior import EXERCISE as posterior
from textdiff_lite.course.catalogue.kernels.q_bar import EXERCISE as q_bar
from textdiff_lite.course.catalogue.kernels.uniform_posterior import EXERCISE as uniform_posterior
from textdiff_lite.course.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (q_bar, is_q_bar, posterior, uniform_posterior, belief_to_step, chain_bound)
