"""What prints the benchmarks: every one gets its turn, one that fails costs a line, and growth is measured as it is."""

import importlib
import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from course_lib.files import read_json

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.fixture
def modules(monkeypatch):
    """`run_all` and `growth_case`, imported as a script would import them."""
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    before = set(sys.modules)
    yield importlib.import_module("run_all"), importlib.import_module("growth_case")
    for name in set(sys.modules) - before:
        if name in ("run_all", "growth_case") or name.startswith("benchmark_"):
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path):
    sources = {
        "good": "def figures(quick): return {'frames a second': 1234.5 if quick else 2, 'ratio': 1.754}",
        "broken": "import nowhere",
        "failing": "def figures(quick): raise SystemExit('no\\nluck')",
        "killed": "import os\ndef figures(quick): os._exit(3)",
        "silent": "def main(): pass",
    }
    for name, source in sources.items():
        (tmp_path / f"benchmark_{name}.py").write_text(source)
    (tmp_path / "helper.py").write_text("raise ValueError('imported')")
    return tmp_path


def test_all_have_their_turn_and_failures_cost_a_line(modules, folder, tmp_path, capsys):
    run_all, _ = modules
    assert run_all.main(["--quick", "--json", str(tmp_path / "out.json")], folder) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "    frames a second |     1,234" in lines and "    ratio           |      1.75" in lines
    assert "broken: failed, ModuleNotFoundError: No module named 'nowhere'" in lines
    assert "failing: failed, SystemExit: no luck" in lines
    assert "killed: failed, its process was ended from outside: out of memory?" in lines
    assert not any("silent" in line or "imported" in line for line in lines)
    assert lines[0].startswith("system ") and "cores" in lines[0] and "torch" in lines[0]
    told = read_json(tmp_path / "out.json")
    assert told["figures"] == {"good": {"frames a second": 1234.5, "ratio": 1.754}} and told["quick"] is True
    assert set(told["failures"]) == {"broken", "failing", "killed"}


def test_some_alone(modules, folder, capsys):
    run_all, _ = modules
    assert run_all.main(["--only", "benchmark_good.py"], folder) == 0
    assert "frames a second |         2" in capsys.readouterr().out
    assert run_all.main(["--only", "good", "nothing"], folder) == 2
    assert "no benchmark 'nothing'; expected one of broken, failing, good, killed, silent" in capsys.readouterr().err


def test_powers_by_hand(modules):
    _, growth = modules
    assert growth.exponent({1: 3.0, 10: 30.0, 100: 300.0}) == pytest.approx(1)
    assert growth.exponent({2: 8.0, 4: 32.0}) == pytest.approx(2)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux forgets a peak")
@pytest.mark.parametrize(("power", "warned"), [(1, False), (2, True)])
def test_memory_that_grows_is_seen_and_what_is_prepared_is_not_counted(modules, power, warned):
    _, growth = modules

    def taken(num_bytes):  # from the system, never out of what other tests have left with the allocator
        memory = np.frombuffer(mmap.mmap(-1, num_bytes), np.uint8)
        memory[::4096] = 1
        return memory

    def prepare(size, folder):
        assert not list(folder.iterdir())
        taken(256 << 20)  # more than the work takes, and given back before it begins
        return lambda: taken(size**power << 22)

    case = growth.Case("toy", "sizes", (2, 4, 7), (1,), prepare)
    costs = growth.measure(case)
    for size, cost in costs.items():
        assert cost.peak_bytes == pytest.approx(size**power << 22, rel=0.4)
    lines, powers = growth.table(case, costs)
    memory = lines.split("memory")[1]
    assert powers["memory"] == pytest.approx(power, abs=0.3) and ("WORSE THAN LINEAR" in memory) == warned


def test_work_that_fails_says_where(modules):
    _, growth = modules
    case = growth.Case("toy", "sizes", (1,), (1,), lambda size, folder: lambda: {}["missing"])
    with pytest.raises(RuntimeError, match="toy at 1 sizes: (.|\n)*KeyError: 'missing'"):
        growth.measure(case)
