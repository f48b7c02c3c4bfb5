"""The benchmark of a GPU runs, also where there is none, and its table says what belongs together."""

import json

import benchmark_gpu
import pytest
import torch
from benchmark_gpu import SIZES, Bench, Settings, figures, main, table

from course_lib.data.store import build_stores
from course_lib.models.zoo import build
from course_lib.training import engine
from course_lib.training.clips import ClipDataset

TINY = Settings(("tiny3d+fc",), ("tiny",), (0,), seconds=0.01, video_sec=3.0)


@pytest.fixture
def no_gpu(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))  # no simulated match: random pictures
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_it_runs_and_says_that_there_is_no_gpu(no_gpu, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(benchmark_gpu, "QUICK", TINY)
    main(["--quick", "--json", str(tmp_path / "rows.json")])
    printed = capsys.readouterr().out
    assert "no GPU that PyTorch can use" in printed
    rows = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert [row["what"] for row in rows] == ["loading", "training", "features", "spotting"]
    assert all(row["frames_per_sec"] > 0 and row["device"] == "cpu" for row in rows)
    assert len(printed.split("frames a second")[1].strip().splitlines()) == 1 + len(rows)


def test_without_a_gpu_there_is_no_figure(no_gpu):
    assert figures() == figures(quick=True) == {}


def test_training_with_loading_is_counted(no_gpu, tmp_path, monkeypatch):
    """Only measured on a GPU; here without one, and without its training: two epochs, the second of which counts."""
    bench = Bench(TINY, tmp_path)
    config = benchmark_gpu.configured("tiny3d+fc", SIZES["tiny"], TINY, 2, 0)
    (store,) = build_stores([bench.video], config.data, tmp_path)
    clips = ClipDataset([bench.video], [store], config.data)
    fit = engine._Fit(build("tiny3d+fc", 12, "none"), clips, [bench.video], [store], config, tmp_path, None)
    assert 0 < bench.with_loading(fit, fit.model, SIZES["tiny"]) < 1e6


def test_the_table_puts_both_devices_side_by_side():
    row = {"what": "training", "who": "e2e_spot", "size": "full"}
    rows = [row | {"device": "cuda", "frames_per_sec": 3000.0, "peak_gib": 4.5}]
    rows += [row | {"device": "cpu", "frames_per_sec": 20.0, "peak_gib": None}]
    rows += [row | {"what": "loading", "device": "cuda", "frames_per_sec": 900.0, "peak_gib": 1.0}]
    _, training, loading = table(rows).splitlines()
    assert training.split() == ["training", "e2e_spot", "full", "3,000", "20", "150.0", "4.50"]
    assert loading.split() == ["loading", "e2e_spot", "full", "900"]
