"""The machinery of the checks: run a function on cases, compare, and say in one or two lines what is wrong.

Whatever the function does (raise, return nonsense, change its input, loop for ever), the notebook goes on.
Introduced in notebook 00.
"""

import copy
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

__all__ = ["answered", "close_to", "listed", "run_cases", "same_number"]

TIME_LIMIT_SEC = 10.0

Case = tuple[str, tuple[Any, ...], Any, str]
"""One call of the student's function: the case in a few words, completing "in the case …"; what the function is called
with, of which it gets a copy; what should come back, or a function of the answer that returns a complaint, "" if there
is none; and a thought that helps where this case fails, which may be empty."""

Same = Callable[[Any, Any], bool]
"""Compares an answer with what was expected."""


def answered(solve: Callable[..., Any], settings: Iterable[tuple[str, tuple[Any, ...], str]]) -> list[Case]:
    """Cases from (what, arguments, hint), with what `solve` gives, a slow and obvious version, as what is expected."""
    return [(what, arguments, solve(*arguments), hint) for what, arguments, hint in settings]


def listed(kind: Callable[[Any], Any] = lambda item: item) -> Same:
    """Compares item by item after `kind`, so that NumPy's integers, tensors or a generator are as good as a list."""
    return lambda answer, expected: [kind(item) for item in answer] == expected


def close_to(atol: float = 1e-6) -> Same:
    """Compares arrays of one shape; lists and tensors are as good."""

    def same(answer: Any, expected: Any) -> bool:
        values = np.asarray(answer, dtype=float)
        return values.shape == np.shape(expected) and bool(np.allclose(values, expected, atol=atol))

    return same


def same_number(off: float) -> Same:
    """Compares numbers that may be so far apart."""
    return lambda answer, expected: abs(float(answer) - expected) < off


class _TooLong(BaseException):
    """Not an Exception, so that a student's own `except Exception` does not swallow it."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Stop the block after so many seconds, where the system can (main thread of a Unix process); else do nothing."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run_cases(
    function: Any, cases: Sequence[Case], same: Same = lambda answer, expected: bool(answer == expected)
) -> None:
    """Print `ok` if the function passes all cases, else what went wrong in the first that it fails.

    Args:
        function: the student's; anything at all is survived.
        cases: tried in this order, simplest first.
        same: compares (answer, expected) where expected is a value; `==` by default.
    """
    if not callable(function):
        print(f"not yet: give the function itself, without brackets after its name; got {_short(function)}")
        return
    name = getattr(function, "__name__", "your function")
    for what, arguments, expected, hint in cases:
        complaint = _try(function, arguments, expected, same)
        if complaint:
            print(f"not yet: {name}, in the case of {what}: {complaint}")
            if hint:
                print(f"hint: {hint}")
            return
    print("ok")


def _try(function: Callable[..., Any], arguments: tuple[Any, ...], expected: Any, same: Same) -> str:
    """What is wrong with the function's answer to the case; "" if nothing is."""
    try:
        with _time_limit(TIME_LIMIT_SEC):
            answer = function(*copy.deepcopy(arguments))
    except _TooLong:
        return f"still running after {TIME_LIMIT_SEC:g} s; does every loop come to an end?"
    except NotImplementedError:
        return "not written yet"
    except (Exception, SystemExit) as error:
        return f"it raised {type(error).__name__}: {_short(error, str)}"
    if answer is None or answer is Ellipsis:
        return "it returned nothing yet (is there a `return`?)"
    try:
        if callable(expected):
            return expected(answer)
        wrong = not same(answer, expected)
    except Exception:  # an answer of a strange type can fail to compare in any way
        wrong = True
    return f"expected {_short(expected)}, got {_short(answer)}" if wrong else ""


def _short(value: Any, show: Callable[[Any], str] = repr) -> str:
    """The value as text of at most 160 characters, even if its own repr fails."""
    try:
        text = " ".join(show(value).split())
    except Exception:
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= 160 else text[:157] + "..."
