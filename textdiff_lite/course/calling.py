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

PRINTED = 2000  # characters that are kept of what a function prints
AGAIN = 0.1  # seconds until a stop that was caught is sent again


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

    Its global random numbers start from the same seed in every call and leave no trace, nor does what it sets in torch
    and numpy; its warnings are dropped. What it prints is dropped if `quiet`, else its beginning is shown when it is
    done. A real interrupt (Ctrl-C) passes through.
    """
    printed = _Beginning()
    try:
        return _call(answer, arguments, seconds, printed)
    finally:
        if not quiet and printed.text:
            print(printed.text, end="" if printed.text.endswith("\n") else "\n")
            if printed.dropped:
                print(f"(and {printed.dropped:,} more characters)")


class _Beginning(io.TextIOBase):
    """A stream that keeps its first characters: a loop without an end may print without an end."""

    def __init__(self) -> None:
        self.text, self.dropped = "", 0

    def write(self, text: str, /) -> int:
        """Keep what there is room for."""
        kept = text[: PRINTED - len(self.text)]
        self.text += kept
        self.dropped += len(text) - len(kept)
        return len(text)


def _call(answer: Callable, arguments: tuple, seconds: float, printed: _Beginning) -> Outcome:
    before = [_copy(argument) for argument in arguments]
    with contextlib.ExitStack() as guards:
        guards.enter_context(_own_random_numbers())
        guards.enter_context(_own_settings())
        guards.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        guards.enter_context(contextlib.redirect_stdout(printed))
        guards.enter_context(contextlib.redirect_stderr(printed))
        value, stopped = _within(seconds, answer, arguments)
    if isinstance(stopped, _OutOfTime):
        return TimedOut(seconds, _line(answer, stopped.__traceback__))
    if isinstance(stopped, Exception):
        return Raised(stopped, _line(answer, stopped.__traceback__), _is_stub(answer, stopped))
    if stopped is not None:
        raise stopped
    value = _clone(value)
    changed = tuple(i for i, (old, new) in enumerate(zip(before, arguments, strict=True)) if not _same(old, new))
    for i in changed:
        _restore(arguments[i], before[i])
    return Returned(value, changed)


class _Watch:
    """Raises _OutOfTime in the thread that made it when the time is over, and again as long as it is caught.

    It works in every thread and on every system. A call that stays inside C (one endless matrix product) is stopped
    only when it comes back.
    """

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._thread, self._seconds = ctypes.c_ulong(threading.get_ident()), seconds
        self._lock, self._end = threading.Lock(), threading.Event()

    def start(self) -> None:
        """Let the time run."""
        threading.Thread(target=self._run, daemon=True).start()

    def settle(self) -> None:
        """Take back a stop that was sent and has not been raised yet. `over` must be set before."""
        with self._lock:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, None)
        self._end.set()

    def _run(self) -> None:
        wait = self._seconds
        while not self._end.wait(wait):
            with self._lock:
                if not self.over:
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(self._thread, ctypes.py_object(_OutOfTime))
            wait = AGAIN


def _within(seconds: float, answer: Callable, arguments: tuple) -> tuple[Any, BaseException | None]:
    """The value of the call, or what ended it."""
    value, stopped, watch = None, None, _Watch(seconds)
    # a stop is raised where Python looks for one, which is at calls: `over` is set before the next of them
    try:
        watch.start()
        value = answer(*arguments)
        watch.over = True
    except BaseException as error:
        watch.over = True
        stopped = error
    try:
        watch.settle()
    except _OutOfTime:  # sent before `over` was set; there is no second one
        watch.settle()
    return value, stopped


@contextlib.contextmanager
def _own_settings() -> Iterator[None]:
    dtype = torch.get_default_dtype()
    with torch.enable_grad(), np.errstate():
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


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
            # a helper may stand above the function
            found = ", ".join([f"line {number}"] * (number > 0) + [f"`{text}`"] * bool(text)) or None
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
    return value  # functions, generators and numbers: theirs to change, or not changeable


def _clone(value: Any) -> Any:
    """The result apart from the arguments: it may be one of them, written into."""
    if isinstance(value, Tensor):
        return value.clone()
    return type(value)(_clone(part) for part in value) if type(value) in (list, tuple) else value


def _restore(argument: Any, before: Any) -> None:
    if isinstance(argument, Tensor):
        argument.data = before
    elif isinstance(argument, list):
        argument[:] = before
    elif isinstance(argument, tuple):
        for part, old in zip(argument, before, strict=True):
            _restore(part, old)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Tensor):
        if not isinstance(new, Tensor):
            return False
        same_kind = old.shape == new.shape and old.dtype == new.dtype
        return same_kind and torch.allclose(old.double(), new.detach().double(), rtol=0, atol=0, equal_nan=True)
    if isinstance(old, list):
        return (
            isinstance(new, (list, tuple))
            and len(old) == len(new)
            and all(_same(a, b) for a, b in zip(old, new, strict=True))
        )
    return True
