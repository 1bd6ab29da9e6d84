"""The course: exercises that know the mistakes, the notebooks' builder, and the learner's copies of the lessons."""

from textdiff_lite.course import exercises as exercises
from textdiff_lite.course.showing import show as show
