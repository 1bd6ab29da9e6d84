"""The schedules by name: what a configuration or a command line holds."""

from collections.abc import Callable

from textdiff_lite.schedules.curves import cosine, mutual_information
from textdiff_lite.schedules.schedule import Schedule
from textdiff_lite.schedules.square_root import sqrt, sqrt_released
from textdiff_lite.schedules.tables import linear

_NAMED: dict[str, Callable[[], Schedule]] = {
    "linear": lambda: linear,
    "cosine": lambda: cosine,
    "sqrt": lambda: sqrt,
    "sqrt-released": sqrt_released,
    "mutual-information": lambda: mutual_information,
}


def named(name: str) -> Schedule:
    """The schedule that needs no data and has this name. Raises ValueError, with the names that there are."""
    if name not in _NAMED:
        raise ValueError(f"no schedule is called {name!r}; there are {', '.join(_NAMED)}")
    return _NAMED[name]()
