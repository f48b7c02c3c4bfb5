import json
from pathlib import Path

import numpy as np
import pytest
import simulate_soccer
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from course_lib.__main__ import main
from course_lib.config import TrainConfig
from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.models.zoo import build
from course_lib.training.pretrain import PRETRAINING_HEADS, SPEED_SCALE, BallCellHead, BallMotionHead, ball_targets


@pytest.fixture
def video(tmp_path):
    """Six frames of a ball that moves ten pixels a frame to the right at 2 m, and is gone in the last two."""
    ball_px = np.array([[10, 20], [20, 20], [30, 20], [40, 20], [50, 20], [60, 20]], np.float32)
    np.savez(
        tmp_path / "tracks.npz",
        ball_px=ball_px,
        size_px=np.array([200, 100]),
        ball_on_screen=np.array([True] * 4 + [False] * 2),
        ball_m=np.column_stack([np.zeros((6, 2)), np.full(6, 2.0)]),
    )
    return Video("match", tmp_path / "224p.mp4", 6, 25.0, 200, 100, ())


def test_ball_targets_by_hand(video):
    rows = ball_targets(video, 3, 2)
    moved = 20 / 200 * SPEED_SCALE  # two frames a step
    expected = [[1, 10 / 200, 0.2, moved, 0, 0.5], [1, 30 / 200, 0.2, moved, 0, 0.5], [0, 0, 0, 0, 0, 0]]
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    assert rows.dtype == np.float32


def test_ball_targets_need_tracks_of_the_same_length(video, tmp_path):
    with pytest.raises(InputError, match=r"tracks.npz: 6 frames; expected 7"):
        ball_targets(Video("m", video.path, 7, 25.0, 200, 100, ()), 4, 2)
    with pytest.raises(InputError, match="no such file; expected the tracks of a simulated match"):
        ball_targets(Video("m", tmp_path / "real" / "224p.mp4", 6, 25.0, 200, 100, ()), 3, 2)


@pytest.mark.parametrize("backbone", ["x3d_s", "regnety_002"])
def test_every_part_answers_and_learns(backbone):
    torch.manual_seed(0)
    network = build(f"{backbone}+fc", 12, "none", heads=PRETRAINING_HEADS[backbone]).train()
    frames = torch.randint(0, 256, (2, 4, 3, 64, 112), dtype=torch.uint8)
    ball = torch.zeros(2, 4, 6)
    ball[:, :, :3] = torch.tensor([1.0, 0.5, 0.5])
    target = F.one_hot(torch.randint(0, 13, (2, 4)), 13).float()
    batch = {"frames": frames, "target": target, "mask": torch.ones(2, 4, dtype=torch.bool), "ball": ball}
    outputs = network(batch)
    assert outputs["logits"].shape == (2, 4, 13)
    assert outputs["motion"].shape == (2, 4, 5)
    assert outputs["cells"].shape == (2, 4, 8, 14)
    assert ("early" in outputs) == (backbone == "x3d_s")
    sum(head.loss(outputs, batch, TrainConfig()) for head in network.heads.values()).backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []
    with torch.inference_mode():
        assert set(network.eval().answer(batch)) == {"probabilities"}


def test_cells_are_steps_first():
    """A map of channels at one place of one step moves that place and step of "cells" alone."""
    head = BallCellHead(3)
    maps = [torch.zeros(2, 5, 4, 16, 28), torch.zeros(2, 3, 4, 8, 14)]
    maps[1][1, :, 2, 3, 5] = 1.0  # clip 1, step 2, row 3, column 5
    cells = head(maps)["cells"].detach()
    assert (cells != head.linear.bias).nonzero().tolist() == [[1, 2, 3, 5]]


def test_losses_by_hand():
    """One step with the ball in cell (1, 2) of 2 x 4; one with no ball, whose ball answers must not count."""
    cells = torch.zeros(1, 2, 2, 4)
    cells[0, 0, 1, 2] = 2.0
    cells[0, 1] = 100.0
    outputs = {"cells": cells, "motion": torch.tensor([[[0.6, 0.9, 1.0, 0.0, 0.0], [50.0] * 5]])}
    ball = torch.tensor([[[1.0, 0.6, 0.9, 0.0, 0.0, 0.0], [0.0] * 6]])
    place = np.log(np.exp(2) + 7) - 2
    motion = (1.0 - 0.05) / 5  # smooth L1 of an error of 1 in one of five numbers, threshold 0.1
    for head, expected in ((BallCellHead(3), 0.3 * place), (BallMotionHead(4), 2.0 * motion)):
        assert head.loss(outputs, {"ball": ball}, TrainConfig()).item() == pytest.approx(expected, rel=1e-5)
        assert head.loss(outputs, {"ball": 0 * ball}, TrainConfig()).item() == 0


def test_command_refuses_what_it_cannot_pretrain(capsys):
    assert main(["pretrain", "tiny3d+fc", "--data", "nowhere"]) == 2
    assert "expected a backbone of x3d_s, regnety_002" in capsys.readouterr().err


def test_command_writes_weights_that_auto_would_load(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    data = tmp_path / "data"
    short = ["--size", "tiny", "--minutes", "0.06", "--resolution", "112x64", "--workers", "1"]
    assert simulate_soccer.main([*short, "--out", str(data)]) == 0
    arguments = ["--epochs", "1", "--clips", "2", "--clip-len", "4", "--batch", "2", "--run-dir", str(tmp_path / "run")]
    arguments += ["--data", str(data), "--out", str(tmp_path / "out")]
    assert main(["pretrain", "regnety_002+fc", *arguments]) == 0
    state = load_file(tmp_path / "out" / "regnety_002.safetensors")
    own = build("regnety_002+fc", 12, str(tmp_path / "out" / "regnety_002.safetensors")).backbone.state_dict()
    assert {value.dtype for value in state.values() if value.is_floating_point()} == {torch.float16}
    for name, value in state.items():
        torch.testing.assert_close(own[name], value.to(own[name].dtype))
    card = json.loads(Path(tmp_path / "out" / "regnety_002.json").read_text())
    assert {"command", "commit", "data", "hours", "val_map12", "simulated"} <= card.keys()
