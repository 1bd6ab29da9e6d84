"""The exercises of lesson 02a, The mask only, in the order of the lesson."""

from textdiff_lite.course.catalogue.mask.count_bound import EXERCISE as COUNT_BOUND
from textdiff_lite.course.catalogue.mask.hide import EXERCISE as HIDE
from textdiff_lite.course.catalogue.mask.is_unmask_step import EXERCISE as IS_UNMASK_STEP
from textdiff_lite.course.catalogue.mask.masked_bound import EXERCISE as MASKED_BOUND
from textdiff_lite.course.catalogue.mask.rates import EXERCISE as RATES
from textdiff_lite.course.catalogue.mask.unmask_step import EXERCISE as UNMASK_STEP
from textdiff_lite.course.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (HIDE, RATES, UNMASK_STEP, IS_UNMASK_STEP, MASKED_BOUND, COUNT_BOUND)
