"""What a system does after the optimizer's step: once a step, before the average and before anybody looks."""

from types import ModuleType

import pytest
import torch
from accelerate import Accelerator

from tests.toy import Toy
from textdiff_lite.systems import autoregressive
from textdiff_lite.training import Plan, fit, start

CONFIG = autoregressive.Config("mini")


@pytest.fixture(scope="module")
def accelerator() -> Accelerator:
    return Accelerator(cpu=True)


def run_of(accelerator: Accelerator, after_step=None):
    module = ModuleType("counting")
    vars(module).update(vars(autoregressive))

    def build(config, info):
        model = autoregressive.build(config, info)
        model.register_buffer("told", torch.zeros(()))
        return model

    module.build = build  # type: ignore[attr-defined]
    if after_step is not None:
        module.after_step = after_step  # type: ignore[attr-defined]
    return start(module, CONFIG, Toy(), Plan(steps=4, batch=8, warmup=0, ema=0.5), accelerator)


def test_it_is_called_once_after_each_step_with_the_number_of_steps_done(accelerator):
    called = []
    run = run_of(accelerator, lambda config, model, step: called.append((config, model, step)))
    for report in fit(run):
        assert len(called) == report.step == run.step
    assert called == [(CONFIG, run.model, step) for step in (1, 2, 3, 4)]


def test_it_sees_the_weights_of_the_step_and_the_average_sees_what_it_did(accelerator):
    seen = []

    def after_step(config, model, step):
        seen.append(model.table.detach().clone())
        with torch.no_grad():
            model.table.add_(1)
        model.told.fill_(step)

    run = run_of(accelerator, after_step)
    plain = run_of(accelerator)
    next(fit(plain))
    first = run.model.table.detach().clone()
    for report in fit(run):
        assert torch.equal(run.model.table, seen[-1] + 1), "nothing of the step comes after it"
        assert run.average.model.told == run.model.told == report.step
        if report.step == 1:
            assert torch.equal(seen[0], plain.model.table)
            want = first + (1 - min(0.5, 1 / 10)) * (run.model.table - first)
            torch.testing.assert_close(run.average.model.table, want)


def test_a_system_without_it_trains_as_before(accelerator):
    one, other = run_of(accelerator), run_of(accelerator, lambda config, model, step: None)
    for run in (one, other):
        assert [report.step for report in fit(run)] == [1, 2, 3, 4]
    assert torch.equal(one.model.table, other.model.table)
