"""How fast information is destroyed: the survival alpha_bar(t), time grids and draws of time.

Time t is real in [0, 1]: 0 is clean, 1 is noise, and step i of T is i / T. `alpha_bar(t)` is the share of signal
that survives to t: signal *variance* for vectors, keep *probability* for tokens. A schedule is a function, so the
tables of a paper are its values on a grid.
"""

from textdiff_lite.schedules.adaptive import adapt as adapt
from textdiff_lite.schedules.adaptive import adapt_released as adapt_released
from textdiff_lite.schedules.curves import cosine as cosine
from textdiff_lite.schedules.curves import cosine_hoogeboom as cosine_hoogeboom
from textdiff_lite.schedules.curves import mutual_information as mutual_information
from textdiff_lite.schedules.importance import SecondMoments as SecondMoments
from textdiff_lite.schedules.information_curve import by_information as by_information
from textdiff_lite.schedules.information_curve import information as information
from textdiff_lite.schedules.names import named as named
from textdiff_lite.schedules.schedule import Schedule as Schedule
from textdiff_lite.schedules.schedule import betas as betas
from textdiff_lite.schedules.schedule import snr as snr
from textdiff_lite.schedules.schedule import time_at as time_at
from textdiff_lite.schedules.schedule import validate as validate
from textdiff_lite.schedules.spindle import Spindle as Spindle
from textdiff_lite.schedules.spindle import spindle_of_sentence as spindle_of_sentence
from textdiff_lite.schedules.square_root import Sqrt as Sqrt
from textdiff_lite.schedules.square_root import sqrt as sqrt
from textdiff_lite.schedules.square_root import sqrt_released as sqrt_released
from textdiff_lite.schedules.tables import FromBetas as FromBetas
from textdiff_lite.schedules.tables import FromSurvivals as FromSurvivals
from textdiff_lite.schedules.tables import Tabulated as Tabulated
from textdiff_lite.schedules.tables import linear as linear
from textdiff_lite.schedules.tables import linear_betas as linear_betas
from textdiff_lite.schedules.times import above as above
from textdiff_lite.schedules.times import grid as grid
from textdiff_lite.schedules.times import on_grid as on_grid
from textdiff_lite.schedules.times import positions as positions
from textdiff_lite.schedules.times import previous as previous
from textdiff_lite.schedules.times import spaced as spaced
from textdiff_lite.schedules.times import stratified_times as stratified_times
from textdiff_lite.schedules.times import uniform_times as uniform_times
from textdiff_lite.schedules.times import wide as wide
