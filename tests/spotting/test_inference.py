"""inference: every step scored once or more, averaged, from a store and from a file alike."""

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest
import torch
from blinking import FPS, HEIGHT, STRIDE, WIDTH, ArrayStore, blinking_config
from torch import nn

from course_lib.data.video import VideoWriter
from course_lib.models.backbones_3d import ClipVector
from course_lib.models.folding import FoldedConv
from course_lib.models.spotter import Spotter
from course_lib.models.zoo import build
from course_lib.spotting import inference
from course_lib.spotting.inference import ENOUGH_STEPS, edge_steps, iter_steps, resampled_fps, score_video
from course_lib.spotting.windows import cover


class PositionModel(nn.Module):
    """Probabilities that tell the brightness of the picture and the place in the clip: (B, T, 2)."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.batches = []

    def answer(self, batch):
        frames = batch["frames"]
        self.batches.append(frames.shape)
        B, T = frames.shape[:2]
        brightness = frames.float().mean(dim=(2, 3, 4)) / 50
        place = torch.arange(T).expand(B, T) / 10
        return {"probabilities": torch.stack([brightness, place], dim=-1).softmax(dim=-1)}


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
        ).probabilities
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
        score_video(PositionModel(), grey_file, config).probabilities,
        score_video(PositionModel(), store, config).probabilities,
    )


def test_a_file_of_another_rate_is_resampled(grey_file):
    assert resampled_fps(grey_file, blinking_config().data) is None
    assert resampled_fps(grey_file, blinking_config(data__fps=25.1).data) is None
    data = blinking_config(data__fps=50.0).data
    assert resampled_fps(grey_file, data) == 50.0
    assert sum(len(piece) for piece in iter_steps(grey_file, data)) == 101


class PlacingModel(PositionModel):
    """Also says how far the step is from the beginning of its clip."""

    def answer(self, batch):
        B, T = batch["frames"].shape[:2]
        x = torch.arange(1, T + 1).expand(B, T) / T
        return super().answer(batch) | {"xy": torch.stack([x, 1 - x], dim=-1)}


def test_places_are_averaged_like_probabilities():
    store, config = ArrayStore(pictures(40)), blinking_config()
    steps = score_video(PlacingModel(), store, config, overlap=0.5)
    total, count = np.zeros(40), np.zeros(40)
    for start in cover(40, 16, 0.5):
        total[start : start + 16] += np.arange(1, 17) / 16
        count[start : start + 16] += 1
    np.testing.assert_allclose(steps.fields["xy"][:, 0], total / count, atol=1e-6)
    np.testing.assert_allclose(steps.fields["xy"].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(
        steps.probabilities, score_video(PositionModel(), store, config, overlap=0.5).probabilities
    )
    assert not score_video(PositionModel(), store, config).fields


@pytest.mark.parametrize("num_frames", [1, 2, 13, 31])
def test_a_rally_shorter_than_a_clip_is_scored_whole(tmp_path, num_frames):
    """At stride 2, 16 steps or fewer; one clip, of which the padding leaves no trace."""
    path = tmp_path / "rally.mp4"
    with VideoWriter(path, FPS, (WIDTH, HEIGHT), full_colour=True) as writer:
        for frame in range(num_frames):
            writer.write(np.full((HEIGHT, WIDTH, 3), 20 + 6 * frame, np.uint8))
    num_steps = -(-num_frames // STRIDE)
    model = PlacingModel()
    from_file = score_video(model, path, blinking_config(), overlap=0.9)
    assert model.batches == [(1, 16, 3, HEIGHT, WIDTH)]
    assert from_file.probabilities.shape == (num_steps, 2) and from_file.fields["xy"].shape == (num_steps, 2)
    np.testing.assert_allclose(from_file.fields["xy"][:, 0], np.arange(1, num_steps + 1) / 16, atol=1e-6)
    steps = np.concatenate(list(iter_steps(path, blinking_config().data)))
    logits = np.stack([steps.mean(axis=(1, 2, 3)) / 50, np.arange(num_steps) / 10], axis=1)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(from_file.probabilities, expected, atol=1e-5)


def small_spotter(system):
    """With weights that answer differently at every step, and normalisation that lets everything through."""
    torch.manual_seed(0)
    with redirect_stdout(StringIO()):
        model = build(system, 1, weights="none", dropout=0.0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)  # timm's residual blocks otherwise begin at nothing
    nn.init.normal_(model.heads["classes"].linear.weight, std=0.5)
    return model.eval()


def noise(num_steps, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (num_steps, HEIGHT, WIDTH, 3), dtype=np.uint8)


@pytest.mark.parametrize("system", ["regnety_002+fc", "regnety_002+tcn+xy", "regnety_002+tcn+heat"])
@pytest.mark.parametrize("num_steps", [5, 16, 61])
def test_a_network_for_pictures_needs_each_only_once_for_the_same_numbers(system, num_steps):
    model, store, config = small_spotter(system), ArrayStore(noise(num_steps)), blinking_config()
    seen = []
    model.backbone.network.stem.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    whole = score_video(model, store, config, overlap=0.75)
    through_whole = sum(seen)
    seen.clear()
    once = score_video(model, store, config, overlap=0.75, encode_once=True)
    np.testing.assert_allclose(once.probabilities, whole.probabilities, atol=1e-5)
    assert np.ptp(whole.probabilities[:, 1]) > 0.02
    for name, rows in whole.fields.items():
        np.testing.assert_allclose(once.fields[name], rows, atol=1e-5)
    assert num_steps <= sum(seen) < num_steps + 16  # the last window is moved back to end with the video
    assert through_whole >= (3 * num_steps if num_steps > 30 else num_steps)


def test_windows_with_a_margin_give_what_the_whole_video_gives(monkeypatch):
    """tiny3d sees five steps either side: with that margin no window's edge is felt; with less some are."""
    model, frames = small_spotter("tiny3d+fc"), noise(90)
    config = blinking_config(data__clip_len=30)
    clip = torch.from_numpy(frames).permute(0, 3, 1, 2)[None]
    with torch.inference_mode():
        expected = model(clip)["logits"][0].softmax(dim=-1).numpy()
    differences = {}
    for margin in (0, 3, 5):
        monkeypatch.setattr("course_lib.spotting.inference.ENOUGH_STEPS", margin)
        assert edge_steps(model, 30) == margin
        scores = score_video(model, ArrayStore(frames), config, encode_once=True).probabilities
        differences[margin] = np.abs(scores - expected).max()
    assert differences[5] < 1e-5 < 10 * 1e-5 < differences[3] < differences[0]


def test_which_margin(monkeypatch):
    assert [edge_steps(small_spotter(system), 50) for system in ("regnety_002+fc", "tiny3d+fc", "x3d_s+fc")] == [
        0,
        ENOUGH_STEPS,
        ENOUGH_STEPS,
    ]
    assert edge_steps(small_spotter("x3d_s+fc"), 8) == 2  # a quarter of the window, so that no step goes through thrice
    assert edge_steps(PositionModel(), 50) is None
    model = Spotter(ClipVector(), nn.Identity(), {})
    assert edge_steps(model, 50) is None


def test_what_has_no_features_of_its_own_is_scored_clip_by_clip():
    store, config = ArrayStore(pictures(40)), blinking_config()
    once = score_video(PositionModel(), store, config, overlap=0.5).probabilities
    np.testing.assert_array_equal(
        once, score_video(PositionModel(), store, config, overlap=0.5, encode_once=True).probabilities
    )


def test_a_frozen_backbone_keeps_the_windows_that_it_learnt_from():
    model, store = small_spotter("tiny3d+fc"), ArrayStore(noise(70))
    config = blinking_config(model__frozen_backbone=True, train__augment=0.0)
    np.testing.assert_array_equal(
        score_video(model, store, config).probabilities,
        score_video(model, store, config, encode_once=True).probabilities,
    )


def test_progress_is_told_in_steps(grey_file):
    told = []
    score_video(PositionModel(), grey_file, blinking_config(), on_steps=told.append)
    assert sum(told) == 51 and len(told) == 1  # a piece of 64 at most
    told.clear()
    score_video(PositionModel(), ArrayStore(pictures(150)), blinking_config(), on_steps=told.append)
    assert told == [64, 64, 22]


def folded_backbones(monkeypatch):
    """Which backbones vectors were asked of, as score_video goes along."""
    seen, whole = [], Spotter._encode

    def noted(spotter, frames, batch):
        seen.append(spotter.backbone)
        return whole(spotter, frames, batch)

    monkeypatch.setattr(Spotter, "_encode", noted)
    return seen


@pytest.mark.parametrize("way", ["clips", "once", "frozen"])
def test_a_video_goes_through_a_folded_backbone_and_scores_the_same(monkeypatch, way):
    model, store = small_spotter("tiny3d+fc"), ArrayStore(noise(70))
    config = blinking_config(model__frozen_backbone=way == "frozen", train__augment=0.0)
    model.train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    seen = folded_backbones(monkeypatch)
    quick = score_video(model, store, config, encode_once=way == "once").probabilities
    assert seen and all(isinstance(backbone.layers[0], FoldedConv) for backbone in seen)
    assert model.training and all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    monkeypatch.setattr(inference, "folded_spotter", lambda model: model)
    monkeypatch.setattr(inference, "quick_spotter", lambda model, *_: model)
    seen.clear()
    plain = score_video(model, store, config, encode_once=way == "once").probabilities
    assert seen and all(backbone is model.backbone for backbone in seen)
    np.testing.assert_allclose(quick, plain, atol=1e-5 if way != "frozen" else 1e-3)  # rounded to float16


def test_all_videos_together_decide_whether_compiling_pays(monkeypatch):
    planned = []
    monkeypatch.setattr(inference, "quick_spotter", lambda model, *work: planned.append(work) or model)
    model, stores = small_spotter("tiny3d+fc"), [ArrayStore(noise(steps)) for steps in (40, 20)]
    config = blinking_config(model__frozen_backbone=True, train__augment=0.0)
    inference.score_videos(model, stores, config, "videos")
    assert planned == [(60, 32, 48)] * 2
    planned.clear()
    score_video(model, stores[1], config)
    assert planned == [(20, 32, 48)]
