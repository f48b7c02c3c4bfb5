"""prediction: choosing a decoding, spots by video, and spots of a file in its own frames."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from blinking import CLASSES, FPS, HEIGHT, WIDTH, blinking_config, blinking_frames, blinking_video
from torch import nn

from course_lib.data.events import Event, Video
from course_lib.data.video import VideoWriter
from course_lib.spotting.decoding import DecodeConfig
from course_lib.spotting.inference import StepScores, choose_and_score, decode_videos, predict_video, predict_videos


class BlinkModel(nn.Module):
    """Sees the square without learning: the brightness of the upper and of the lower half."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def answer(self, batch):
        pictures = batch["frames"].float().mean(dim=(2, 4)) / 255  # (B, T, H)
        top, bottom = pictures[..., : HEIGHT // 2].amax(-1), pictures[..., HEIGHT // 2 :].amax(-1)
        logits = 40 * torch.stack([torch.full_like(top, 0.42), top, bottom], dim=-1)
        return {"probabilities": logits.softmax(dim=-1)}


def perfect_scores(video, num_steps):
    rows = np.zeros((num_steps, 3), np.float32)
    for event in video.events:
        rows[event.frame // 2, 1 + CLASSES.index(event.label)] = 0.9
    rows[:, 0] = 1 - rows.sum(axis=1)
    return StepScores(rows)


def test_choose_and_score_and_decode():
    (one, _), (two, _) = blinking_video("one", 120, 1), blinking_video("two", 90, 2)
    scores = [perfect_scores(one, 120), perfect_scores(two, 90)]
    data = blinking_config().data
    decoding, result = choose_and_score(scores, [one, two], data)
    assert result["map"] == pytest.approx(1.0) and result["map10"] is None
    spots = decode_videos(scores, [one, two], decoding, data)
    for video in (one, two):
        assert [(s.label, s.frame) for s in spots[video.id]] == [(e.label, e.frame) for e in video.events]


def test_a_labels_video_order_matters():
    (one, _), (two, _) = blinking_video("one", 120, 1), blinking_video("two", 120, 2)
    scores = [perfect_scores(two, 120), perfect_scores(one, 120)]
    assert choose_and_score(scores, [one, two], blinking_config().data)[1]["map"] < 0.9


@pytest.mark.parametrize("rate", [25.0, 50.0])
def test_spots_of_a_file_are_in_its_own_frames(tmp_path, rate):
    """A picture a step of 12.5 a second, shown for 1 or 2 frames of 25 or for 4 of 50."""
    events = (Event("TOP", 20), Event("BOTTOM", 60), Event("TOP", 90))  # frames at 25 a second
    frames = np.repeat(blinking_frames(55, events, seed=0), round(2 * rate / FPS), axis=0)
    with VideoWriter(tmp_path / "file.mp4", rate, (WIDTH, HEIGHT), crf=12) as writer:
        writer.write(frames)
    found = predict_video(BlinkModel(), tmp_path / "file.mp4", blinking_config(), DecodeConfig("symmetric", 3, 0.5))
    assert found.scores.probabilities.shape == (55, 3) and not found.scores.fields
    assert [(s.label, s.frame) for s in found.spots] == [(e.label, round(e.frame * rate / FPS)) for e in events]
    video = Video("a", tmp_path / "file.mp4", len(frames), rate, WIDTH, HEIGHT)
    many = predict_videos(
        BlinkModel(), [video, replace(video, id="b", game="b")], blinking_config(), DecodeConfig("symmetric", 3, 0.5)
    )
    assert list(many) == ["a", "b"] and many["a"].spots == many["b"].spots == found.spots
