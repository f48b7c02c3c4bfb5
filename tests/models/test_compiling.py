"""compiling: for long work alone, never required, and the same numbers as folded."""

import pytest
import torch

from course_lib.models import compiling
from course_lib.models.compiling import LONG, compiled_spotter, worth_compiling
from course_lib.models.zoo import build

SHAPE = (4, 8, 32, 48)


@pytest.fixture
def model():
    return build("tiny3d+fc", 3, "none").eval()


@pytest.fixture
def compiler(monkeypatch):
    """A compiler that compiles nothing, and the shapes that its product met."""
    shapes = []

    def compile_(forward, *, dynamic, options):
        assert not dynamic and options == {"freezing": True}
        return lambda frames: shapes.append(tuple(frames.shape)) or forward(frames)

    monkeypatch.setattr(torch, "compile", compile_)
    monkeypatch.setattr(compiling, "_compiler", lambda: "g++")
    monkeypatch.setitem(LONG, "Tiny3D", 1e6)
    return shapes


def clips(B, T=8, H=32, W=48):
    return torch.randn(B, T, 3, H, W, generator=torch.Generator().manual_seed(B))


def test_every_clip_of_the_shape_meets_one_compiled_network(model, compiler, capsys):
    quick = compiled_spotter(model, *SHAPE)
    assert "compiling the backbone" in capsys.readouterr().out
    compiler.clear()
    with torch.inference_mode():
        for frames in (clips(4), clips(1), clips(3), clips(5), clips(4, T=5), clips(4, W=32)):
            torch.testing.assert_close(quick.encode(frames), model.encode(frames), rtol=1e-4, atol=1e-5)
    assert compiler == [(4, 8, 3, 32, 48)] * 3  # not the larger batch, the shorter clips, the narrower pictures
    compiler.clear()
    compiled_spotter(model, *SHAPE)
    assert not compiler and not capsys.readouterr().out  # kept
    model.backbone.layers[0].weight.data *= 2
    with torch.inference_mode():
        frames = clips(2)
        again = compiled_spotter(model, *SHAPE).encode(frames)
        torch.testing.assert_close(again, model.encode(frames), rtol=1e-4, atol=1e-5)
    assert compiler == [(4, 8, 3, 32, 48)] * 2  # tried, then used


@pytest.mark.parametrize("fault", ["raises", "other numbers"])
def test_a_compiler_that_fails_costs_one_line(model, compiler, monkeypatch, capsys, fault):
    def broken(forward, **options):
        if fault == "raises":
            raise RuntimeError("no header files")
        return lambda frames: forward(frames) * 1.001

    monkeypatch.setattr(torch, "compile", broken)
    assert compiled_spotter(model, *SHAPE) is None
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("torch.compile does not work here (") and last.endswith("; going on without it")


def test_what_is_long(model, compiler, monkeypatch):
    assert worth_compiling(model, 1000, 40, 25) and not worth_compiling(model, 999, 40, 25)
    monkeypatch.setenv("COURSE_COMPILE", "0")
    assert not worth_compiling(model, 1000, 40, 25)
    monkeypatch.setenv("COURSE_COMPILE", "1")
    assert worth_compiling(model, 1000, 40, 25)
    monkeypatch.setattr(compiling, "_compiler", lambda: None)
    assert not worth_compiling(model, 1000, 40, 25)


def test_what_is_never_compiled(model, compiler):
    assert not worth_compiling(build("tiny3d+fc+heat", 3, "none"), 10**9, 40, 25)  # nothing is left of its maps
    assert not worth_compiling(build("r3d_18+fc", 3, "none"), 10**9, 40, 25)
    assert not worth_compiling(torch.nn.Linear(2, 2), 10**9, 40, 25)
    model.forward = model.forward  # as Accelerate does for mixed precision
    assert not worth_compiling(model, 10**9, 40, 25)


def test_the_compiler_is_looked_for_not_tried(monkeypatch, tmp_path):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiling._compiler() is None
    own = tmp_path / "own-c++"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("CXX", str(own))
    assert compiling._compiler() == str(own)


@pytest.mark.slow
def test_a_real_compiler_gives_the_same_numbers(model):
    if compiling._compiler() is None:
        pytest.skip("no C++ compiler")
    quick = compiled_spotter(model, *SHAPE)
    assert quick is not None
    with torch.inference_mode():
        for frames in (clips(4), clips(1), clips(2, T=3)):
            torch.testing.assert_close(quick.encode(frames), model.encode(frames), rtol=1e-4, atol=1e-5)
