"""How time and memory grow with the size of a thing: a case, measured at several sizes, and the power that fits.

Each size is measured in a process of its own, so that no cache of one helps the next: time is processor time, memory
the peak of the process above what it held when the work began, whatever allocated it. If y = c · size^a, then a is the
slope of log y against log size, fitted by least squares: 1 is linear, 2 quadratic; what costs the same at every size
draws it towards 0.
"""

import contextlib
import gc
import io
import os
import pickle
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["LINEAR", "Case", "Cost", "chosen", "exponent", "measure", "table"]

LINEAR = 1.15
"""Up to here a fitted power counts as linear: neither clocks nor caches are exact."""

LEAST_BYTES = 4 << 20
"""Less than this is what an allocator happened to have at hand: taken as this much."""

KB_BYTES = 1 if sys.platform == "darwin" else 1024  # unit of `ru_maxrss`


@dataclass(frozen=True)
class Case:
    """Something that grows.

    Attributes:
        name: for people, and for `--only`.
        unit: what is counted: "runs", "minutes".
        sizes: to measure at, rising.
        quick: the same where a few seconds must do.
        prepare: (size, empty folder) → the work, a function without arguments; only the work is measured.
    """

    name: str
    unit: str
    sizes: tuple[int, ...]
    quick: tuple[int, ...]
    prepare: Callable[[int, Path], Callable[[], object]]


class Cost(NamedTuple):
    """What one size took: processor seconds, and bytes of memory on top of what was held before."""

    seconds: float
    peak_bytes: float


def measure(case: Case, quick: bool = False, repeats: int = 1) -> dict[int, Cost]:
    """Cost of each size: the least time of the repeats, each in a new process, and the least peak.

    Raises:
        RuntimeError: the work failed; the message is its traceback.
    """
    costs = {}
    for size in case.quick if quick else case.sizes:
        several = [_in_a_child(case, size) for _ in range(repeats)]
        costs[size] = Cost(min(cost.seconds for cost in several), min(cost.peak_bytes for cost in several))
    return costs


def exponent(costs: Mapping[int, float]) -> float:
    """The power of the size that fits best."""
    sizes, values = zip(*costs.items(), strict=True)
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 1e-9)), 1)[0])


def table(case: Case, costs: Mapping[int, Cost]) -> tuple[str, dict[str, float]]:
    """Lines for people, and the two powers by name."""
    powers = {
        what: exponent({size: getattr(cost, field) for size, cost in costs.items()})
        for what, field in (("time", "seconds"), ("memory", "peak_bytes"))
    }
    lines = [f"{case.name}"]
    lines += [
        f"    {size:6,} {case.unit:10} {cost.seconds:9.3f} s {cost.peak_bytes / 1e6:9.1f} MB"
        for size, cost in costs.items()
    ]
    said = ", ".join(
        f"{what} grows with power {power:.2f}" + (" — WORSE THAN LINEAR" if power > LINEAR else "")
        for what, power in powers.items()
    )
    return "\n".join([*lines, f"    {said}"]), powers


def _in_a_child(case: Case, size: int) -> Cost:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        try:
            answer: Cost | str = _cost(case, size)
        except BaseException:
            answer = traceback.format_exc()
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    answer = pickle.loads(told) if told else "the process was ended from outside: out of memory?"
    if isinstance(answer, str):
        raise RuntimeError(f"{case.name} at {size} {case.unit}: {answer}")
    return answer


def _cost(case: Case, size: int) -> Cost:
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        os.environ["COURSE_HOME"] = name  # so that nothing made earlier is found, and nothing is left behind
        work = case.prepare(size, Path(name))
        gc.collect()
        before = _forget_peak()
        start = time.process_time()
        kept = work()
        seconds = time.process_time() - start
        peak = _peak()
        del kept
    return Cost(seconds, float(max(peak - before, LEAST_BYTES)))


def _peak() -> int:
    """Peak memory of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KB_BYTES


def _forget_peak() -> int:
    """Let the peak begin anew, where the system can (Linux), and return it, in bytes."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def chosen(cases: Sequence[Case], words: Sequence[str]) -> list[Case]:
    """The cases with one of these words in their name; all without a word."""
    return [case for case in cases if not words or any(word in case.name for word in words)]
