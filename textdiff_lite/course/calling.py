"""Calling a learner's function so that nothing it does can hurt: raise, never return, change its arguments."""

import contextlib
import ctypes
import inspect
import io
import linecache
import random
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Returned:
    """The function returned; `changed` holds the places of the arguments that it wrote into (they are restored)."""

    value: Any
    changed: tuple[int, ...]


@dataclass(frozen=True)
class Raised:
    """The function raised. where: the learner's own line, «line 3, `x = y`», or None if there is none."""

    error: Exception
    where: str | None
    untouched: bool
    """It is the stub: `raise NotImplementedError` in the function itself."""


@dataclass(frozen=True)
class TimedOut:
    """The function was still running after its time. where: the learner's line at which it was stopped."""

    seconds: float
    where: str | None


Outcome = Returned | Raised | TimedOut


class _OutOfTime(BaseException):
    """Not an Exception, so that a learner's `except Exception` lets it pass."""


def call(answer: Callable, arguments: tuple, seconds: float, quiet: bool = True) -> Outcome:
    """Call the function with these arguments, for so many seconds at most.

    Its global random numbers start from the same seed in every call and leave no trace; its warnings are dropped, and
    what it prints too if `quiet`. A real interrupt (Ctrl-C) passes through.
    """
    before = [_copy(argument) for argument in arguments]
    with contextlib.ExitStack() as guards:
        guards.enter_context(_own_random_numbers())
        guards.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        if quiet:
            guards.enter_context(contextlib.redirect_stdout(io.StringIO()))
        try:
            with _time_limit(seconds):
                value = answer(*arguments)
        except _OutOfTime as stop:
            return TimedOut(seconds, _line(answer, stop.__traceback__))
        except Exception as error:
            return Raised(error, _line(answer, error.__traceback__), _is_stub(answer, error))
    value = _clone(value)
    changed = tuple(i for i, (old, new) in enumerate(zip(before, arguments, strict=True)) if not _same(old, new))
    for i in changed:
        _restore(arguments[i], before[i])
    return Returned(value, changed)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise _OutOfTime in this thread when the time is over. It works in every thread and on every system.

    A call that stays inside C (one endless matrix product) is stopped only when it comes back.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    lock, over = threading.Lock(), threading.Event()

    def stop() -> None:
        with lock:
            if not over.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_OutOfTime))

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over.set()
            # one that was set but has not been raised yet must not reach the caller
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)
        timer.cancel()


@contextlib.contextmanager
def _own_random_numbers() -> Iterator[None]:
    numbers, words = random.getstate(), np.random.get_state()  # noqa: NPY002, a learner may use it
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        np.random.seed(0)  # noqa: NPY002
        random.seed(0)
        try:
            yield
        finally:
            random.setstate(numbers)
            np.random.set_state(words)  # noqa: NPY002


def _code(answer: Callable) -> Any:
    return getattr(inspect.unwrap(getattr(answer, "func", answer)), "__code__", None)


def _line(answer: Callable, traceback: TracebackType | None) -> str | None:
    """The last line of the traceback that stands in the cell or file of the function."""
    code = _code(answer)
    found = None
    while traceback is not None and code is not None:
        frame = traceback.tb_frame.f_code
        if frame.co_filename == code.co_filename:
            text = linecache.getline(frame.co_filename, traceback.tb_lineno).strip()
            number = traceback.tb_lineno - code.co_firstlineno + 1
            found = f"line {number}" + (f", `{text}`" if text else "")
        traceback = traceback.tb_next
    return found


def _is_stub(answer: Callable, error: Exception) -> bool:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    own = traceback is not None and traceback.tb_frame.f_code is _code(answer)
    return own and type(error) is NotImplementedError and not error.args


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, (list, tuple)):
        return [_copy(part) for part in value]
    return None  # functions, generators and numbers: theirs to change, or not changeable


def _clone(value: Any) -> Any:
    """The result apart from the arguments: it may be one of them, written into."""
    if isinstance(value, Tensor):
        return value.clone()
    return type(value)(_clone(part) for part in value) if type(value) in (list, tuple) else value


def _restore(argument: Any, before: Any) -> None:
    if isinstance(argument, Tensor):
        argument.data = before
    else:
        for part, old in zip(argument, before, strict=False):
            _restore(part, old)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Tensor):
        same_kind = old.shape == new.shape and old.dtype == new.dtype
        return same_kind and torch.allclose(old.double(), new.detach().double(), rtol=0, atol=0, equal_nan=True)
    if isinstance(old, list):
        return len(old) == len(new) and all(_same(a, b) for a, b in zip(old, new, strict=True))
    return True
