"""The exercises of lesson 03, Words as vectors, in the order of the lesson."""

from textdiff_lite.course.catalogue.vectors.clamp import EXERCISE as CLAMP
from textdiff_lite.course.catalogue.vectors.embedding_loss import EXERCISE as EMBEDDING_LOSS
from textdiff_lite.course.catalogue.vectors.is_nearest import EXERCISE as IS_NEAREST
from textdiff_lite.course.catalogue.vectors.mean_weight import EXERCISE as MEAN_WEIGHT
from textdiff_lite.course.catalogue.vectors.nearest import EXERCISE as NEAREST
from textdiff_lite.course.catalogue.vectors.rounding_and_anchor import EXERCISE as ROUNDING_AND_ANCHOR
from textdiff_lite.course.catalogue.vectors.separation import EXERCISE as SEPARATION
from textdiff_lite.course.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (
    NEAREST,
    IS_NEAREST,
    EMBEDDING_LOSS,
    SEPARATION,
    ROUNDING_AND_ANCHOR,
    MEAN_WEIGHT,
    CLAMP,
)
