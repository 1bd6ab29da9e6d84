import random
import statistics
import threading
import time

import numpy as np
import pytest
import torch

from textdiff_lite.course import calling
from textdiff_lite.course.calling import Raised, Returned, TimedOut, call


def test_a_result_comes_back():
    assert call(lambda x: x + 1, (1,), 1.0) == Returned(2, ())


def test_the_learners_own_line_is_named_even_when_the_library_raised():
    def answer(x):
        y = 1
        return statistics.mean([]) + y

    outcome = call(answer, (1,), 1.0)
    assert isinstance(outcome, Raised)
    assert outcome.where == "line 3, `return statistics.mean([]) + y`"
    assert not outcome.untouched


def test_a_stub_is_known_from_an_operation_that_is_not_implemented():
    def stub(x):
        raise NotImplementedError

    def helper():
        raise NotImplementedError

    def unlucky(x):
        return helper()

    def with_words(x):
        raise NotImplementedError("this kernel does not exist")

    outcomes = [call(answer, (1,), 1.0) for answer in (stub, unlucky, with_words)]
    assert [outcome.untouched for outcome in outcomes] == [True, False, False]


def test_an_endless_loop_is_stopped_and_its_line_named():
    def endless(x):
        while True:
            x += 1

    outcome = call(endless, (1,), 0.1)
    assert isinstance(outcome, TimedOut)
    assert outcome.seconds == 0.1
    assert outcome.where.startswith("line ")


def test_an_endless_loop_that_catches_exceptions_is_stopped():
    def stubborn(x):
        while True:
            try:
                for _ in range(1000):
                    x += 1
            except Exception:
                pass

    assert isinstance(call(stubborn, (1,), 0.1), TimedOut)


def test_the_limit_leaves_nothing_behind():
    for _ in range(200):
        call(lambda x: sum(range(200)), (1,), 1e-4)
    time.sleep(0.01)
    assert sum(range(100_000)) == 4_999_950_000  # a late stop would break off here


def test_a_stop_is_no_exception_that_an_answer_may_take_for_its_own():
    def polite(x):
        try:
            while True:
                x += 1
        except Exception:
            return 7

    assert isinstance(call(polite, (1,), 0.1), TimedOut)


def test_an_endless_loop_that_catches_everything_is_stopped_for_all_that():
    calls = []

    def very_stubborn(x):
        while len(calls) < 3:
            try:
                while True:
                    x += 1
            except BaseException:
                calls.append(x)
        while True:
            x += 1

    assert isinstance(call(very_stubborn, (1,), 0.1), TimedOut)
    assert len(calls) == 3


def test_a_stop_that_was_sent_too_late_is_taken_back(monkeypatch):
    watches = []

    class Late(calling._Watch):
        """It sends its stop when it should settle: between the end of the function and the taking back."""

        def settle(self):
            if self not in watches:
                watches.append(self)
                self.over = False
                self._seconds = 0
                runner = threading.Thread(target=self._run)
                runner.start()
                time.sleep(0.05)
                self.over = True
            super().settle()

    monkeypatch.setattr(calling, "_Watch", Late)
    assert call(lambda: 3, (), 60.0) == Returned(3, ())
    assert sum(range(100_000)) == 4_999_950_000


def test_an_interrupt_passes_through():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(interrupted, (), 1.0)


def test_settings_of_torch_and_numpy_are_put_back():
    def answer():
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        np.seterr(all="raise")

    before = np.geterr()
    call(answer, (), 1.0)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert np.geterr() == before


def test_gradients_are_on_in_every_call():
    with torch.no_grad():
        assert call(torch.is_grad_enabled, (), 1.0).value


def test_much_print_is_cut_and_counted(capsys):
    call(lambda: print("x" * 5000), (), 1.0, quiet=False)
    out = capsys.readouterr().out
    assert out == "x" * 2000 + "\n(and 3,001 more characters)\n"


def test_a_changed_list_is_noticed_and_restored_whatever_was_put_into_it():
    parts, grown = [torch.ones(1), 2], [1]

    def answer(parts, grown):
        parts[0] = None
        grown.append(2)

    assert call(answer, (parts, grown), 1.0).changed == (0, 1)
    assert parts[0].tolist() == [1]
    assert parts[1] == 2
    assert grown == [1]


def test_a_failing_helper_above_the_function_has_no_line_number():
    def helper():
        raise ValueError("no")

    def answer():
        return helper()

    assert call(answer, (), 1.0).where == '`raise ValueError("no")`'


def test_written_arguments_are_noticed_and_restored():
    x, untouched, parts = torch.ones(3), torch.ones(2), [torch.ones(1), torch.zeros(1)]

    def answer(x, untouched, parts):
        parts[1] += 5
        return x.mul_(2)

    outcome = call(answer, (x, untouched, parts), 1.0)
    assert outcome.changed == (0, 2)
    assert outcome.value.tolist() == [2, 2, 2]
    assert x.tolist() == [1, 1, 1]
    assert parts[1].tolist() == [0]


def test_an_argument_that_was_not_a_number_is_not_a_change():
    assert call(lambda x: x, (torch.tensor([float("nan")]),), 1.0).changed == ()


def test_the_result_keeps_its_gradient():
    weight = torch.ones(1, requires_grad=True)
    call(lambda w: 3 * w, (weight,), 1.0).value.sum().backward()
    assert weight.grad.tolist() == [3]


def seed_all():
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)


def test_global_random_numbers_are_the_same_in_each_call_and_left_as_they_were():
    def answer():
        return torch.rand(1).item(), np.random.rand(), random.random()  # noqa: NPY002

    seed_all()
    plain = answer()
    seed_all()
    first, second = call(answer, (), 1.0), call(answer, (), 1.0)
    assert first == second
    # the third number is left out: the type checker of the tests draws from `random` itself
    assert answer()[:2] == plain[:2]


def test_prints_are_dropped_unless_wanted(capsys):
    call(lambda: print("quiet"), (), 1.0)
    call(lambda: print("loud"), (), 1.0, quiet=False)
    assert capsys.readouterr().out == "loud\n"
