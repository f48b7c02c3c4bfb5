"""inference: every step scored once or more, averaged, from a store and from a file alike."""

import numpy as np
import pytest
import torch
from blinking import FPS, HEIGHT, STRIDE, WIDTH, ArrayStore, blinking_config
from torch import nn

from course_lib.clips import cover
from course_lib.inference import iter_steps, resampled_fps, score_steps, score_video
from course_lib.video import VideoWriter


class PositionModel(nn.Module):
    """Logits that tell the brightness of the picture and the place in the clip: (B, T, 2)."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.batches = []

    def forward(self, frames):
        self.batches.append(frames.shape)
        B, T = frames.shape[:2]
        brightness = frames.float().mean(dim=(2, 3, 4)) / 50
        place = torch.arange(T).expand(B, T) / 10
        return {"logits": torch.stack([brightness, place], dim=-1)}


def pictures(num_steps):
    """Step i is a grey picture of brightness i (up to 255)."""
    steps = np.arange(num_steps, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(steps, (num_steps, HEIGHT, WIDTH, 3)).copy()


@pytest.mark.parametrize("num_steps", [1, 9, 16, 40, 67])
@pytest.mark.parametrize("overlap", [0.0, 0.75])
def test_scores_are_the_average_over_the_clips_that_cover_a_step(num_steps, overlap):
    config = blinking_config()
    total, count = np.zeros((num_steps, 2)), np.zeros((num_steps, 1))
    for start in cover(num_steps, 16, overlap):
        for place in range(min(16, num_steps - start)):
            exponentials = np.exp([(start + place) / 50, place / 10])
            total[start + place] += exponentials / exponentials.sum()
            count[start + place] += 1
    for batch_size in (1, 3):
        scores = score_video(
            PositionModel(), ArrayStore(pictures(num_steps)), config, overlap=overlap, batch_size=batch_size
        )
        assert scores.dtype == np.float32 and scores.shape == (num_steps, 2)
        np.testing.assert_allclose(scores, total / count, atol=1e-6)


def test_overlap_is_that_of_the_configuration_and_mode_is_restored():
    model = PositionModel().train()
    score_video(model, ArrayStore(pictures(64)), blinking_config(data__test_overlap=0.5), batch_size=100)
    assert model.batches == [(7, 16, 3, HEIGHT, WIDTH)] and model.training


@pytest.fixture(scope="module")
def grey_file(tmp_path_factory):
    """101 frames, getting brighter by two a frame."""
    path = tmp_path_factory.mktemp("video") / "grey.mp4"
    with VideoWriter(path, FPS, (2 * WIDTH, 2 * HEIGHT)) as writer:
        for frame in range(101):
            writer.write(np.full((2 * HEIGHT, 2 * WIDTH, 3), 20 + 2 * frame, np.uint8))
    return path


def test_a_file_gives_the_steps_that_its_store_would(grey_file):
    steps = np.concatenate(list(iter_steps(grey_file, blinking_config().data)))
    assert steps.shape == (51, HEIGHT, WIDTH, 3)  # ceil(101 / 2)
    assert np.abs(steps.mean(axis=(1, 2, 3)) - (20 + 2 * STRIDE * np.arange(51))).max() < 3
    store = ArrayStore(steps)
    config = blinking_config()
    np.testing.assert_array_equal(
        score_video(PositionModel(), grey_file, config), score_video(PositionModel(), store, config)
    )


def test_a_file_of_another_rate_is_resampled(grey_file):
    assert resampled_fps(grey_file, blinking_config().data) is None
    assert resampled_fps(grey_file, blinking_config(data__fps=25.1).data) is None
    data = blinking_config(data__fps=50.0).data
    assert resampled_fps(grey_file, data) == 50.0
    assert sum(len(piece) for piece in iter_steps(grey_file, data)) == 101


class PlacingModel(PositionModel):
    """Also says how far the step is from the beginning of its clip."""

    def forward(self, frames):
        B, T = frames.shape[:2]
        x = torch.arange(T).expand(B, T) / T
        return super().forward(frames) | {"xy": torch.stack([x, 1 - x], dim=-1)}


def test_places_are_averaged_like_probabilities():
    store, config = ArrayStore(pictures(40)), blinking_config()
    steps = score_steps(PlacingModel(), store, config, overlap=0.5)
    total, count = np.zeros(40), np.zeros(40)
    for start in cover(40, 16, 0.5):
        total[start : start + 16] += np.arange(16) / 16
        count[start : start + 16] += 1
    np.testing.assert_allclose(steps.xy[:, 0], total / count, atol=1e-6)
    np.testing.assert_allclose(steps.xy.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(steps.probabilities, score_video(PositionModel(), store, config, overlap=0.5))
    assert score_steps(PositionModel(), store, config).xy is None


@pytest.mark.parametrize("num_frames", [1, 2, 13, 31])
def test_a_rally_shorter_than_a_clip_is_scored_whole(tmp_path, num_frames):
    """At stride 2, 16 steps or fewer; one clip, of which the padding leaves no trace."""
    path = tmp_path / "rally.mp4"
    with VideoWriter(path, FPS, (WIDTH, HEIGHT), full_colour=True) as writer:
        for frame in range(num_frames):
            writer.write(np.full((HEIGHT, WIDTH, 3), 20 + 6 * frame, np.uint8))
    num_steps = -(-num_frames // STRIDE)
    model = PlacingModel()
    from_file = score_steps(model, path, blinking_config(), overlap=0.9)
    assert model.batches == [(1, 16, 3, HEIGHT, WIDTH)]
    assert from_file.probabilities.shape == (num_steps, 2) and from_file.xy.shape == (num_steps, 2)
    np.testing.assert_allclose(from_file.xy[:, 0], np.arange(num_steps) / 16, atol=1e-6)
    steps = np.concatenate(list(iter_steps(path, blinking_config().data)))
    logits = np.stack([steps.mean(axis=(1, 2, 3)) / 50, np.arange(num_steps) / 10], axis=1)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(from_file.probabilities, expected, atol=1e-5)
