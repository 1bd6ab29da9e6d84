"""The exercises of lesson 04, Noise schedules and time, in the order of the lesson."""

from textdiff_lite.course.catalogue.schedule.adaptive import EXERCISE as ADAPTIVE
from textdiff_lite.course.catalogue.schedule.draw_times import EXERCISE as DRAW_TIMES
from textdiff_lite.course.catalogue.schedule.information import EXERCISE as INFORMATION
from textdiff_lite.course.catalogue.schedule.is_schedule import EXERCISE as IS_SCHEDULE
from textdiff_lite.course.catalogue.schedule.recovery import EXERCISE as RECOVERY
from textdiff_lite.course.catalogue.schedule.schedule_from import EXERCISE as SCHEDULE_FROM
from textdiff_lite.course.catalogue.schedule.sqrt import EXERCISE as SQRT
from textdiff_lite.course.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (SQRT, IS_SCHEDULE, RECOVERY, INFORMATION, SCHEDULE_FROM, ADAPTIVE, DRAW_TIMES)
