"""Notebook 11 on a reader's own clip: short, upright, late, without a PASS, with nothing shown, with nothing found."""

import ast
import json
import os
from pathlib import Path

import matplotlib
import notebook_rules as rules
import numpy as np
import pytest
from blinking import blinking_config
from IPython.core.inputtransformer2 import TransformerManager
from odd_videos import with_sound

from course_lib.data.video import VideoWriter
from course_lib.files import read_json, write_json
from course_lib.runs.run import load_spotter
from tests.runs.test_spotter import make_run

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "11_your_own_video.ipynb"
OURS = ("%run", "train_and_score(SYSTEM", "rows = {}")  # cells that make, train and film again what is ours


def film(path, seconds, fps, size, grey=False):
    """Noise in which something moves, or nothing but grey."""
    rng = np.random.default_rng(0)
    with VideoWriter(path, fps, size, crf=12) as writer:
        for number in range(round(seconds * fps)):
            picture = np.full((size[1], size[0], 3), 128, np.uint8)
            if not grey:
                picture[:] = rng.integers(60, 100, picture.shape)
                picture[3:12, number % (size[0] - 8) :][:, :8] = 255
            writer.write(picture[None])
    return path


def late(path, *arguments):
    """The same, whose picture begins 0.6 s after its sound."""
    return with_sound(path, film(path.with_name("plain.mp4"), *arguments), 0.6, 0.0)


CLIPS = {
    "4 seconds": (lambda path: film(path, 4, 25.0, (64, 48)), 0.0, 0.01),
    "40 seconds, nothing shown": (lambda path: film(path, 40, 25.0, (48, 32)), 1.1, 0.01),
    "upright and late, all sure": (lambda path: late(path, 4, 30.0, (48, 80)), 0.0, 0.01),
    "grey, nothing found": (lambda path: film(path, 4, 50.0, (64, 48), grey=True), 0.5, 1.0),
}


def run_cell(source, names):
    """As a notebook does; gives the value that it would show."""
    tree = ast.parse(TransformerManager().transform_cell(source))
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "a cell", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "a cell", "eval"), names)


@pytest.mark.parametrize("kind", CLIPS)
@pytest.mark.usefixtures("closes_figures")
def test_every_cell_works(tmp_path, monkeypatch, capsys, kind):
    matplotlib.use("Agg")
    monkeypatch.chdir(NOTEBOOK.parent)
    make, shown_from, threshold = CLIPS[kind]
    clip, run = make(tmp_path / "own clip.mp4"), make_run(tmp_path / "run", blinking_config(), shown_from)
    decoding = read_json(run.path / "decode.json")
    write_json(run.path / "decode.json", {**decoding, "threshold": threshold})
    spotter = load_spotter(run.path)
    names = {"spotter": spotter, "model": spotter.model, "config": spotter.config, "data": spotter.config.data}
    names |= {"here": tmp_path, "os": os, "Path": Path}
    cells = [rules.source(cell) for cell in rules.code_cells(json.loads(NOTEBOOK.read_text("utf-8")))[1:]]
    imports = cells[0].split("\n", 1)[1]  # without the line that makes matches
    own = f"YOUR_VIDEO = {str(clip)!r}\nmatch, folder = None, here / 'own_video'\n"
    values = {}
    for source in [imports, *(cell for cell in cells if not any(ours in cell for ours in OURS))]:
        if source.startswith("YOUR_VIDEO = None"):
            source = own + source[source.index("\n\ndef film_again") :]
            source = source.replace("length_sec=LENGTH_SEC", "length_sec=None")
        values[source] = run_cell(source, names)
    said, found, shown = capsys.readouterr().out, names["found"], names["shown"]
    assert "the same pictures: True" in said and "as the library: True" in said and "the same\n" in said
    assert "mAP@1" not in said.split("there is no envelope")[1]  # scores need labels
    assert f"{len(found.spots)} spots, {len(shown)} worth showing" in said
    assert (len(found.spots) > 0, len(shown) > 0) == (threshold < 1, shown_from < 0.5)
    (panel,) = [value for source, value in values.items() if "clip_scrubber(" in source]
    assert panel.error == "" and panel.controls.frame.max < found.info.num_frames
    annotated = names["clip"]
    assert annotated.stat().st_size > 1000
    if kind.startswith("upright"):
        assert found.info.start_ms == pytest.approx(600, abs=24)
        assert names["near"](0, 1) == pytest.approx((0.6, 1.6), abs=0.03)
