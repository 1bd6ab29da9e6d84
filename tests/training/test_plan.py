"""The plan of a run: learning rate, averaging, and what is refused."""

import pytest

from textdiff_lite.training import Plan


def test_the_learning_rate_rises_in_a_line_and_falls_with_a_cosine():
    plan = Plan(steps=110, warmup=10, lr=1.0)
    assert [plan.lr_at(step) for step in (0, 4, 9)] == pytest.approx([0.1, 0.5, 1.0])
    # a quarter, a half and all of the way down: (1 + cos(pi/4))/2, 1/2, and almost 0 at the last step
    assert plan.lr_at(35) == pytest.approx((1 + 0.5**0.5) / 2)
    assert plan.lr_at(60) == pytest.approx(0.5)
    assert 0 < plan.lr_at(109) < 0.001


def test_the_average_forgets_its_start_within_a_short_run():
    plan = Plan(ema=0.99)
    assert plan.ema_at(0) == 0.1
    assert plan.ema_at(90) == pytest.approx(0.91)
    assert plan.ema_at(10_000) == 0.99


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("steps", 0, "steps must be a whole number of at least 1, got 0"),
        ("batch", 0, "batch must be a whole number of at least 1, got 0"),
        ("warmup", -1, "warmup must be a whole number of at least 0, got -1"),
        ("seed", -1, "seed must be a whole number of at least 0, got -1"),
        ("weight_decay", -0.1, "weight_decay must be at least 0 and finite, got -0.1"),
        ("weight_decay", float("nan"), "weight_decay must be at least 0 and finite, got nan"),
        ("lr", 0.0, "lr must be positive and finite, got 0.0"),
        ("lr", float("nan"), "lr must be positive and finite, got nan"),
        ("clip", float("inf"), "clip must be positive and finite, got inf"),
        ("ema", 1.0, r"ema must be in \[0, 1\), got 1.0"),
        ("precision", "fp8", "precision must be «no» or «bf16», got 'fp8'"),
    ],
)
def test_impossible_numbers_are_refused_by_name(field, value, message):
    with pytest.raises(ValueError, match=message):
        Plan(**{field: value})
