"""The exercises of lesson 00, Before diffusion, in the order of the lesson."""

from textdiff_lite.course.catalogue.before.is_kl import EXERCISE as IS_KL
from textdiff_lite.course.catalogue.before.kl import EXERCISE as KL
from textdiff_lite.course.catalogue.before.nats_per_token import EXERCISE as NATS_PER_TOKEN
from textdiff_lite.course.catalogue.before.price_of_independence import EXERCISE as PRICE_OF_INDEPENDENCE
from textdiff_lite.course.catalogue.before.reveal import EXERCISE as REVEAL
from textdiff_lite.course.catalogue.before.sample_left_to_right import EXERCISE as SAMPLE_LEFT_TO_RIGHT
from textdiff_lite.course.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (NATS_PER_TOKEN, KL, IS_KL, SAMPLE_LEFT_TO_RIGHT, PRICE_OF_INDEPENDENCE, REVEAL)
