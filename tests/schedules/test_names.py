"""Schedules by name."""

import re

import pytest

from textdiff_lite import schedules
from textdiff_lite.schedules import named


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("linear", schedules.linear),
        ("cosine", schedules.cosine),
        ("sqrt", schedules.Sqrt(1e-4)),
        ("sqrt-released", schedules.sqrt_released(2000, 1e-4)),
        ("mutual-information", schedules.mutual_information),
    ],
)
def test_a_name_gives_its_schedule(name, want):
    assert named(name) == want
    schedules.validate(named(name))


@pytest.mark.parametrize("name", ["sqrt_released", "Cosine", ""])
def test_an_unknown_name_is_refused_with_the_names(name):
    message = f"no schedule is called {name!r}; there are linear, cosine, sqrt, sqrt-released, mutual-information"
    with pytest.raises(ValueError, match=re.escape(message)):
        named(name)
