"""features: the same numbers whether computed, kept or streamed, and never an old one for something new."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from blinking import CLASSES, HEIGHT, WIDTH, ArrayStore, blinking_config, blinking_dataset
from torch import nn

from course_lib.data.datasets import load_dataset
from course_lib.data.store import StoreSettings, build_stores
from course_lib.files import InputError
from course_lib.models import compiling
from course_lib.models.spotter import Spotter
from course_lib.models.zoo import build
from course_lib.spotting import features
from course_lib.spotting.features import MARGIN_STEPS, WINDOW_STEPS, FeatureStore, build_features, encode_steps
from course_lib.spotting.inference import score_video

SETTINGS = StoreSettings(WIDTH, HEIGHT, 2)


class WindowBackbone(nn.Module):
    """Of each step its brightness in the picture, and the lowest and highest of the window that it was seen in."""

    dim, mean, std = 3, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

    def forward(self, frames):
        brightness = frames.mean(dim=(2, 3, 4)) * 255  # (B, T)
        low, high = brightness.amin(1, keepdim=True), brightness.amax(1, keepdim=True)
        return torch.stack([brightness, low.expand_as(brightness), high.expand_as(brightness)], dim=2)


class FilterBackbone(nn.Module):
    """A weighted sum over the steps that lie up to MARGIN_STEPS away."""

    dim, mean, std = 1, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.linspace(0.1, 1, 2 * MARGIN_STEPS + 1))

    def forward(self, frames):
        brightness = frames.mean(dim=(2, 3, 4))[:, None]  # (B, 1, T)
        return torch.conv1d(brightness, self.weights.view(1, 1, -1), padding=MARGIN_STEPS).transpose(1, 2)


def spotter(backbone):
    return Spotter(backbone, nn.Identity(), {}).eval()


def grey(num_steps):
    """Step i is a grey picture of brightness i."""
    return np.arange(num_steps, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)


def encode(model, frames, piece=7):
    pieces = (frames[start : start + piece] for start in range(0, len(frames), piece))
    return np.concatenate(list(encode_steps(model, pieces, half=False)))


@pytest.mark.parametrize("num_steps", [1, 5, 31, 32, 33, 55, 56, 57, 81, 128, 129, 200])
def test_every_step_is_seen_with_its_neighbours(num_steps):
    rows = encode(spotter(WindowBackbone()), grey(num_steps)).round().astype(int)
    steps, low, high = rows.T
    assert steps.tolist() == list(range(num_steps))
    assert (high - low + 1 == min(WINDOW_STEPS, num_steps)).all()
    assert (low <= np.maximum(steps - MARGIN_STEPS, 0)).all()
    assert (high >= np.minimum(steps + MARGIN_STEPS, num_steps - 1)).all()
    apart = WINDOW_STEPS - 2 * MARGIN_STEPS
    starts = [*range(0, max(num_steps - WINDOW_STEPS, 0), apart), max(num_steps - WINDOW_STEPS, 0)]
    assert sorted(set(low.tolist())) == starts


@pytest.mark.parametrize("num_steps", [1, 20, 50, 150])
def test_a_network_that_looks_no_further_than_the_margin_sees_no_windows(num_steps):
    model, frames = spotter(FilterBackbone()), grey(num_steps)
    whole = model.encode(torch.from_numpy(frames).permute(0, 3, 1, 2)[None])[0].detach()
    np.testing.assert_array_equal(encode(model, frames), whole.half().float())
    np.testing.assert_array_equal(encode(model, frames, piece=64), whole.half().float())


def test_memory_stays_flat():
    held = []

    def endless():
        for start in range(0, 20_000, 50):
            held.append(start)
            yield np.zeros((50, 2, 2, 3), np.uint8)

    done = 0
    for rows in encode_steps(spotter(WindowBackbone()), endless(), half=False):
        done += len(rows)
        assert held[-1] + 50 - done <= 50 + 5 * WINDOW_STEPS
    assert done == 20_000


def test_numbers_that_float16_cannot_hold():
    backbone = FilterBackbone()
    backbone.weights.data *= 1e6
    with pytest.raises(InputError, match="numbers that float16 cannot hold"):
        encode(spotter(backbone), grey(90))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The stores of four matches of 100 steps, and a folder for caches."""
    folder = tmp_path_factory.mktemp("features")
    dataset = load_dataset(blinking_dataset(folder / "blinking"))
    videos = [video for split in dataset.splits.values() for video in split]
    return build_stores(videos, SETTINGS, folder / "cache"), videos, folder


def make(system="tiny3d+fc", seed=0):
    torch.manual_seed(seed)
    return build(system, len(CLASSES), weights="none").eval()


def names(folder):
    return sorted(path.name for path in (folder / "features").glob("[!.]*"))  # beside their locks


def test_kept_computed_and_streamed_are_the_same(data, tmp_path):
    stores, videos, _ = data
    model = make()
    config = blinking_config(model__frozen_backbone=True, train__augment=0.0, data__test_overlap=0.75)
    computed = build_features(model, "tiny3d", stores, "no", tmp_path)
    kept = build_features(model, "tiny3d", stores, "no", tmp_path)
    assert len(names(tmp_path)) == len(stores)
    for one, other, store, video in zip(computed, kept, stores, videos, strict=True):
        assert (one.num_steps, one.settings, one.in_memory) == (100, SETTINGS, True)
        np.testing.assert_array_equal(one.read(0, 100), other.read(0, 100))
        assert one.read(3, 9).dtype == np.float32 and one.read(3, 9).shape == (6, 128)
        scores = score_video(model, one, config).probabilities
        np.testing.assert_array_equal(scores, score_video(model, other, config).probabilities)
        np.testing.assert_array_equal(scores, score_video(model, store, config).probabilities)
        np.testing.assert_array_equal(scores.shape, score_video(model, video.path, config).probabilities.shape)
    frames = ArrayStore(np.concatenate([stores[0].read(0, 100)] * 2)[:70])
    streamed = score_video(
        model, frames, replace(config, model=replace(config.model, frozen_backbone=False))
    ).probabilities
    assert (
        np.abs(streamed - score_video(model, frames, config).probabilities).max() > 1e-6
    )  # clips of 16 against windows of 32


def test_what_is_kept_is_not_computed_again(data, tmp_path, monkeypatch, capsys):
    stores, _, _ = data
    model = make().train()
    calls = []
    whole = features.encode_steps
    monkeypatch.setattr(features, "encode_steps", lambda *a: calls.append(1) or whole(*a))
    first = build_features(model, "tiny3d", stores[:2], "no", tmp_path)
    assert model.training and model.backbone.training and len(calls) == 2
    assert "tiny3d: features of 2 videos computed" in capsys.readouterr().out
    build_features(model, "tiny3d", stores[:3], "no", tmp_path)
    assert len(calls) == 3
    build_features(make("tiny3d+fc"), "tiny3d", stores[:3], "no", tmp_path)  # another head changes nothing
    assert len(calls) == 3 and "features of 1 videos" in capsys.readouterr().out
    file = next(iter((tmp_path / "features").glob(f"{stores[0].path.stem}*")))
    for damage in (b"", file.read_bytes()[:-300], b"no array", np.float32(3).tobytes()):
        file.write_bytes(damage)
        again = build_features(model, "tiny3d", stores[:1], "no", tmp_path)
        np.testing.assert_array_equal(again[0].read(0, 100), first[0].read(0, 100))
    assert len(calls) == 7
    np.save(file, np.zeros((99, 128), np.float16))
    build_features(model, "tiny3d", stores[:1], "no", tmp_path)
    assert len(calls) == 8


def test_nothing_old_is_found_for_something_new(data, tmp_path, monkeypatch):
    stores, videos, folder = data
    seen = set()

    def made(model, store, name="tiny3d"):
        build_features(model, name, [store], "no", tmp_path)
        (new,) = set(names(tmp_path)) - seen
        seen.add(new)

    made(make(), stores[0])
    made(make(), stores[1])  # another video
    made(make(seed=1), stores[0])  # other weights
    made(make(), stores[0], "other")  # another backbone's name
    (smaller,) = build_stores(videos[:1], StoreSettings(WIDTH // 2, HEIGHT, 2), folder / "cache")
    made(make(), smaller)
    (wider,) = build_stores(videos[:1], StoreSettings(WIDTH, HEIGHT, 3), folder / "cache")
    made(make(), wider)
    for change in (
        lambda backbone: backbone.layers[1].running_mean.__setitem__(0, 0.5),
        lambda backbone: setattr(backbone.layers[0], "stride", (1, 4, 4)),
        lambda backbone: setattr(backbone, "mean", (0.4, 0.4, 0.4)),
    ):
        model = make()
        change(model.backbone)
        made(model, stores[0])
    for name, value in (("WINDOW_STEPS", 40), ("MARGIN_STEPS", 6), ("_VERSION", 99)):
        with monkeypatch.context() as patch:
            patch.setattr(features, name, value)
            made(make(), stores[0])


@pytest.fixture
def compiler(monkeypatch):
    """A compiler that takes no time: what comes out of it is the network and a little more, so that one can tell."""
    made = []

    def compile_(model, *shape):
        made.append(shape)
        compiled = copy.deepcopy(model)
        compiled.backbone.layers[0].weight.data *= 1.01
        return compiled

    monkeypatch.setattr(features, "compiled_spotter", compile_)
    monkeypatch.setattr(compiling, "_compiler", lambda: "g++")
    monkeypatch.setitem(compiling.LONG, "Tiny3D", 400 * WIDTH * HEIGHT)  # all four videos, not three
    return made


def rows(stores):
    return np.concatenate([store.read(0, store.num_steps) for store in stores])


def test_long_work_is_compiled_and_kept_apart(data, tmp_path, compiler):
    stores, _, _ = data
    model = make()
    short = build_features(model, "tiny3d", stores[:3], "no", tmp_path)
    assert not compiler and len(names(tmp_path)) == 3
    long = build_features(model, "tiny3d", stores, "no", tmp_path)
    assert compiler == [(features.BATCH_WINDOWS, WINDOW_STEPS, HEIGHT, WIDTH)] and len(names(tmp_path)) == 7
    assert not np.array_equal(rows(short), rows(long[:3]))  # nothing folded was taken for compiled
    np.testing.assert_array_equal(rows(build_features(model, "tiny3d", stores, "no", tmp_path)), rows(long))
    np.testing.assert_array_equal(rows(build_features(model, "tiny3d", stores[:3], "no", tmp_path)), rows(short))
    assert len(compiler) == 1 and len(names(tmp_path)) == 7  # what is all there asks for no compiler


def test_an_interruption_changes_nothing_of_the_choice(data, tmp_path, compiler):
    stores, _, _ = data
    model = make()
    whole = rows(build_features(model, "tiny3d", stores, "no", tmp_path))
    for path in sorted((tmp_path / "features").glob("*.npy"))[:3]:
        path.unlink()
    np.testing.assert_array_equal(rows(build_features(model, "tiny3d", stores, "no", tmp_path)), whole)
    assert len(compiler) == 2 and len(names(tmp_path)) == 4


def test_without_the_compiler_all_of_it_is_folded(data, tmp_path, compiler, monkeypatch):
    stores, _, _ = data
    model = make()
    build_features(model, "tiny3d", stores, "no", tmp_path)
    next(iter((tmp_path / "features").glob("*.npy"))).unlink()
    monkeypatch.setattr(features, "compiled_spotter", lambda *_: None)
    again = rows(build_features(model, "tiny3d", stores, "no", tmp_path))
    monkeypatch.setenv("COURSE_COMPILE", "0")
    np.testing.assert_array_equal(rows(build_features(model, "tiny3d", stores, "no", tmp_path)), again)
    assert len(names(tmp_path)) == 3 + 4


def test_features_are_those_of_the_network_that_learnt(data, tmp_path):
    """Folding shows nowhere but in the last digits, whatever the network goes through."""
    stores, _, _ = data
    model = make()
    for change in (lambda: None, lambda: model.backbone.layers[0].weight.data.mul_(-1.0)):
        change()
        (made,) = build_features(model, "tiny3d", stores[:1], "no", tmp_path)
        np.testing.assert_allclose(rows([made]), encode(model, stores[0].read(0, 100)), rtol=2e-3, atol=1e-4)


def test_another_content_under_the_same_name_is_another_video(data, tmp_path):
    _, (video, other, *_), _ = data
    keys = []
    for source in (video, other):
        path = tmp_path / "match.mp4"
        path.write_bytes(source.path.read_bytes())
        stores = build_stores([replace(video, path=path)], SETTINGS, tmp_path)
        before = set(names(tmp_path)) if keys else set()
        build_features(make(), "tiny3d", stores, "no", tmp_path)
        keys.append(set(names(tmp_path)) - before)
    assert keys[0] and keys[1] and keys[0] != keys[1]


def test_stopped_in_the_middle_keeps_what_is_complete(data, tmp_path, monkeypatch):
    stores, _, _ = data
    model = make()
    whole, calls = model.encode, []

    def deadly(frames):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(frames)

    monkeypatch.setattr(model, "encode", deadly)
    with pytest.raises(KeyboardInterrupt):
        build_features(model, "tiny3d", stores, "no", tmp_path)
    assert len(names(tmp_path)) == 1
    monkeypatch.undo()
    build_features(model, "tiny3d", stores, "no", tmp_path)
    assert len(names(tmp_path)) == len(stores)


def test_steps_that_are_not_there():
    store = FeatureStore(np.zeros((5, 2), np.float16), SETTINGS)
    assert store.read(5, 5).shape == (0, 2)
    for start, stop in ((-1, 2), (3, 2), (0, 6)):
        with pytest.raises(InputError, match="expected a range within 0 to 5"):
            store.read(start, stop)
