"""All benchmarks one after the other, as one table of ratios and figures: what `make bench` prints.

    python tests/benchmarks/run_all.py [--quick] [--only NAME ...] [--json FILE]

A benchmark is a `benchmark_*.py` beside this file with a function `figures(quick) -> dict[str, float]`; those without
one are scripts of their own and are passed over. One that fails costs a line, and the rest go on. Ratios are of
processor time measured in turn, so that they mean something on a machine that does other things too; what the machine
was and how busy is printed with them.
"""

import argparse
import importlib.util
import multiprocessing
import os
import platform
import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from pathlib import Path

from course_lib.files import write_json

__all__ = ["main"]

HERE = Path(__file__).parent
Figures = dict[str, float]


def load(path: Path) -> Callable[[bool], Figures] | None:
    """The function `figures` of a benchmark, or None if it has none. Raises whatever importing it raises."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, "figures", None)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    cpu = Path("/proc/cpuinfo")
    flags = set(re.findall(r"[\w-]+", cpu.read_text(errors="replace"))) if cpu.is_file() else set()
    vectors = [name for name, flag in (("AVX2", "avx2"), ("AVX-512", "avx512f")) if flag in flags]
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "vectors": (", ".join(vectors) or "neither AVX2 nor AVX-512") if flags else "unknown",
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def load_average() -> float | None:
    """How many processes were busy over the last minute, where the system tells."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def run_one(path: Path, quick: bool) -> Figures | str | None:
    """Figures of a benchmark; what went wrong, as one line; or None if it has no figures."""
    try:
        figures = load(path)
        return None if figures is None else {name: float(value) for name, value in figures(quick).items()}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit: one benchmark must not end the others
        return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def in_its_own_process(path: Path, quick: bool) -> Figures | str | None:
    """`run_one` in a new process: no benchmark inherits the threads, the caches or the GPU of the one before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(run_one, path, quick).result()
        except BrokenProcessPool:
            return "its process was ended from outside: out of memory?"


def main(words: Sequence[str] | None = None, folder: Path = HERE) -> int:
    """Run, print and perhaps write; 1 if a benchmark failed, 2 if there is none of a name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and smaller measurements")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these alone: benchmark_growth, or growth")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and figures there too")
    arguments = parser.parse_args(words)
    paths = {path.stem.removeprefix("benchmark_"): path for path in sorted(folder.glob("benchmark_*.py"))}
    wanted = [name.removeprefix("benchmark_").removesuffix(".py") for name in arguments.only or paths]
    for name in wanted:
        if name not in paths:
            print(f"no benchmark {name!r}; expected one of {', '.join(paths)}", file=sys.stderr)
            return 2
    sys.path[:0] = [str(HERE), str(HERE.parent / "helpers")]  # what benchmarks import
    about, before, started = machine(), load_average(), time.perf_counter()
    print(", ".join(f"{name} {value}" for name, value in about.items()) + f", load before {before}", flush=True)
    results: dict[str, Figures] = {}
    failures: dict[str, str] = {}
    for name in wanted:
        figures = in_its_own_process(paths[name], arguments.quick)
        if isinstance(figures, str):
            failures[name] = figures
            print(f"\n{name}: failed, {figures}", flush=True)
        elif figures:
            results[name] = figures
            print(f"\n{name}\n{as_table(figures)}", flush=True)
    after, seconds = load_average(), round(time.perf_counter() - started)
    print(f"\n{len(results)} benchmarks in {seconds} s, {len(failures)} failed, load after {after}")
    if arguments.json:
        told = {"machine": about, "load_before": before, "load_after": after, "seconds": seconds}
        write_json(arguments.json, told | {"quick": arguments.quick, "figures": results, "failures": failures})
    return int(bool(failures))


def as_table(figures: Figures) -> str:
    """A line a figure: what, and its ratio or value."""
    width = max(map(len, figures))
    return "\n".join(f"    {name:{width}} | {shown(value):>9}" for name, value in figures.items())


def shown(value: float) -> str:
    """Three digits that count, and whole numbers from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    raise SystemExit(main())
