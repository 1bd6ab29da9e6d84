"""Figures show what they say."""

import json

import pytest

from textdiff_lite.plots import training_curve


@pytest.mark.parametrize("entropy", [None, 17.0])
def test_the_training_curve_shows_the_log_and_the_floor(tmp_path, entropy):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps({"step": s, "loss": 30.0 - s}) + "\n" for s in (5, 10)))
    (axes,) = training_curve(path, entropy).axes
    curve, *floor = axes.get_lines()
    assert curve.get_xydata().tolist() == [[5, 25], [10, 20]]
    assert [line.get_ydata()[0] for line in floor] == ([] if entropy is None else [17.0])
    assert axes.get_xlabel() == "step"
    assert axes.get_ylabel() == "nats per sentence"
