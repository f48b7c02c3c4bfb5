import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from numbered_video import number_of, write_video
from torch.utils.data import DataLoader, default_collate

from course_lib.config import DataConfig
from course_lib.data.events import Event, Video
from course_lib.data.store import GROUP, DecodedBlocks, FrameStore, StoreSettings, build_stores, hold_in_memory
from course_lib.data.video import VideoReader
from course_lib.files import InputError
from course_lib.models.targets import frame_targets, hard_targets
from course_lib.spotting.features import FeatureStore
from course_lib.spotting.windows import cover
from course_lib.training.clips import ClipDataset, RandomClips, ShuffledWindows, collate_clips, stretch_order

CLASSES = ("PASS", "GOAL")
DATA = DataConfig(classes=CLASSES, clip_len=16)
LENGTHS = (101, 9, 64)  # frames; at stride 2: 51, 5 and 32 steps


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    events = [Event("PASS", frame) for frame in range(0, 101, 20)] + [Event("GOAL", 100)]
    videos = []
    for length in LENGTHS:
        path = write_video(folder / f"{length}.mp4", length)
        kept = tuple(event for event in events if event.frame < length)
        videos.append(Video(str(length), path, length, 25.0, 96, 64, kept))
    return videos, build_stores(videos, StoreSettings(48, 32, 2), folder / "cache")


@pytest.fixture
def dataset(data):
    return ClipDataset(*data, DATA)


def test_cover_holds_every_step():
    for num_steps, clip_len, overlap in itertools.product(range(1, 70), (1, 2, 7, 10, 32), (0.0, 0.1, 0.5, 0.9, 0.99)):
        starts = cover(num_steps, clip_len, overlap)
        assert starts == sorted(set(starts))
        assert starts[0] == 0
        assert set().union(*(range(start, start + clip_len) for start in starts)) >= set(range(num_steps))
        if num_steps >= clip_len:
            assert starts[-1] == num_steps - clip_len  # the tail, without padding
        else:
            assert starts == [0]
        step = max(1, round(clip_len * (1 - overlap)))
        assert all(b - a == step for a, b in itertools.pairwise(starts[:-1]))
        assert len(starts) < 2 or 0 < starts[-1] - starts[-2] <= step


def test_cover_by_hand():
    assert cover(100, 50, 0.5) == [0, 25, 50]
    assert cover(101, 50) == [0, 50, 51]
    assert cover(20, 50, 0.9) == [0]
    assert cover(300, 100, 0.9)[:3] == [0, 10, 20]  # truncating would give steps of 9
    for arguments in ((0, 5, 0.0), (5, 0, 0.0), (5, 5, 1.0), (5, 5, -0.1)):
        with pytest.raises(InputError):
            cover(*arguments)


def test_a_sample(dataset):
    sample = dataset[0, 10]
    assert sample["frames"].shape == (16, 3, 32, 48)
    assert sample["frames"].dtype == torch.uint8
    assert [number_of(f.permute(1, 2, 0).numpy()) for f in sample["frames"]] == list(range(20, 52, 2))
    assert sample["target"].argmax(1).tolist() == [1] + [0] * 9 + [1] + [0] * 5
    assert sample["target"].dtype == torch.float32
    assert sample["mask"].all()
    assert (sample["video"], sample["start"]) == (0, 10)


def test_every_step_of_every_video_is_in_a_window(dataset):
    seen = [set() for _ in LENGTHS]
    for sample in dataset:
        for place in sample["mask"].nonzero().squeeze(1).tolist():
            frame = sample["frames"][place].permute(1, 2, 0).numpy()
            step = sample["start"] + place
            assert number_of(frame) == 2 * step
            seen[sample["video"]].add(step)
    assert [len(steps) for steps in seen] == [51, 5, 32]


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize(
    ("video", "start", "real"), [(1, 0, (0, 5)), (1, -4, (4, 9)), (0, -3, (3, 16)), (0, 44, (0, 7))]
)
def test_padding_repeats_the_edge_and_is_masked(data, video, start, real, held):
    dataset = ClipDataset(*data, DATA, overlap=0.0)
    if held:
        hold_in_memory(dataset.stores)
    sample = dataset[video, start]
    first, last = real
    assert sample["mask"].tolist() == [first <= place < last for place in range(16)]
    numbers = [number_of(f.permute(1, 2, 0).numpy()) for f in sample["frames"]]
    steps = [min(max(start + place, start + first), start + last - 1) for place in range(16)]
    assert numbers == [2 * step for step in steps]
    target = hard_targets(dataset.videos[video].events, CLASSES, LENGTHS[video] // 2 + 1, 2)
    expected = [target[start + p].argmax() if first <= p < last else 0 for p in range(16)]
    assert sample["target"].argmax(1).tolist() == expected
    assert torch.all(sample["target"].sum(1) == 1)


def test_events_outside_a_clip_reach_into_it(data):
    dataset = ClipDataset(*data, replace(DATA, target_kind="dilated", target_radius=2))
    assert dataset[0, 11]["target"].argmax(1).tolist()[:2] == [1, 1]  # the event is on step 10
    assert dataset[0, 12]["target"].argmax(1).tolist()[:2] == [1, 0]


def test_clips_that_hold_nothing_are_refused(dataset):
    for which in ((0, 51), (0, -16)):
        with pytest.raises(InputError, match="holds no step"):
            dataset[which]
    with pytest.raises(InputError, match="2 videos and 3 stores"):
        ClipDataset(dataset.videos[:2], dataset.stores, DATA)


class VectorStore:
    """Step i is the vector (i, i + 0.5, video)."""

    in_memory = True

    def __init__(self, store, video):
        self.settings, self.num_steps = store.settings, store.num_steps
        steps = np.arange(store.num_steps, dtype=np.float32)
        self.vectors = np.stack([steps, steps + 0.5, np.full_like(steps, video)], axis=1)

    def read(self, start, stop):
        return self.vectors[start:stop]

    def read_into(self, parts):
        for out, start in parts:
            out[:] = self.vectors[start : start + len(out)]


@pytest.mark.parametrize(("video", "start", "real"), [(0, 10, (0, 16)), (1, -4, (4, 9)), (0, 44, (0, 7))])
def test_stores_of_features_give_vectors(data, video, start, real):
    videos, stores = data
    vectors = [VectorStore(store, index) for index, store in enumerate(stores)]
    sample = ClipDataset(videos, vectors, DATA)[video, start]
    frames = ClipDataset(videos, stores, DATA)[video, start]
    first, last = real
    steps = np.clip(np.arange(start, start + 16), start + first, start + last - 1)
    assert sample["frames"].dtype == torch.float32
    np.testing.assert_array_equal(sample["frames"], np.stack([steps, steps + 0.5, np.full(16, video)], axis=1))
    assert torch.equal(sample["target"], frames["target"]) and torch.equal(sample["mask"], frames["mask"])


@pytest.mark.parametrize(("video", "start", "real"), [(0, 10, (0, 16)), (1, -4, (4, 9)), (0, 44, (0, 7))])
def test_further_targets_are_cut_like_the_target(data, video, start, real):
    videos, stores = data
    further = {
        "target": [frame_targets(v.events, s.num_steps, DATA, v.fps) for v, s in zip(*data, strict=True)],
        "place": [np.stack([np.arange(1, s.num_steps + 1)] * 2, axis=1).astype(np.float32) for s in stores],
        "there": [np.ones(s.num_steps, bool) for s in stores],
    }
    dataset = ClipDataset(videos, stores, DATA, targets=further, padding={"target": np.float32([1, 0, 0])})
    sample = dataset[video, start]
    assert torch.equal(sample["target"], ClipDataset(videos, stores, DATA)[video, start]["target"])
    first, last = real
    expected = [start + p + 1 if first <= p < last else 0 for p in range(16)]
    assert sample["place"].dtype == torch.float32 and sample["place"][:, 0].tolist() == expected
    assert torch.equal(sample["place"][:, 0], sample["place"][:, 1])
    assert torch.equal(sample["there"], sample["mask"])
    batch = next(iter(DataLoader(dataset, batch_size=4)))
    assert batch["place"].shape == (4, 16, 2)
    for name, arrays in (("place", further["place"][:2]), ("mask", further["there"])):
        with pytest.raises(InputError, match=f"targets '{name}'"):
            ClipDataset(videos, stores, DATA, targets={name: arrays})


def plain_sample(dataset, video, start):
    """What a clip holds, said step by step."""
    store, steps = dataset.stores[video], range(start, start + 16)
    inside = [0 <= step < store.num_steps for step in steps]
    nearest = [min(max(step, 0), store.num_steps - 1) for step in steps]
    frames = torch.from_numpy(np.concatenate([store.read(step, step + 1) for step in nearest]))
    sample = {
        "frames": frames.permute(0, 3, 1, 2) if frames.ndim == 4 else frames,
        "mask": torch.tensor(inside),
        "video": torch.tensor(video),
        "start": torch.tensor(start),
    }
    for name, arrays in dataset.targets.items():
        padded = dataset.padding.get(name, np.zeros_like(arrays[video][0]))
        rows = [arrays[video][step] if here else padded for step, here in zip(steps, inside, strict=True)]
        sample[name] = torch.from_numpy(np.stack(rows))
    return sample


def not_held(stores):
    return [FrameStore(store.path, store.settings, store.num_steps) for store in stores]


CLIPS = [(0, 10), (1, -4), (2, 20), (0, 44), (1, 0), (0, -3), (0, 11), (2, -15), (0, 10)]  # padded at either end, both


@pytest.fixture(params=["decoded", "held", "features"])
def any_clips(request, data):
    videos, stores = data[0], not_held(data[1])
    if request.param == "held":
        hold_in_memory(stores)
    elif request.param == "features":
        random = np.random.default_rng(0)
        stores = [FeatureStore(random.normal(size=(s.num_steps, 5)).astype(np.float16), s.settings) for s in stores]
    further = {
        "target": [frame_targets(v.events, s.num_steps, DATA, v.fps) for v, s in zip(videos, stores, strict=True)],
        "place": [np.stack([np.arange(1, s.num_steps + 1)] * 2, axis=1).astype(np.float32) for s in stores],
    }
    return ClipDataset(videos, stores, DATA, targets=further, padding={"target": np.float32([1, 0, 0])})


def same(batch, expected):
    assert batch.keys() == expected.keys()
    for name, value in expected.items():
        assert batch[name].dtype == value.dtype and torch.equal(batch[name], value), name


def test_a_batch_is_its_samples_one_behind_the_other(any_clips):
    singles = [plain_sample(any_clips, *clip) for clip in CLIPS]
    expected = {name: torch.stack([single[name] for single in singles]) for name in singles[0]}
    batch = collate_clips(any_clips.__getitems__(CLIPS))
    same(batch, expected)
    assert batch["frames"].is_contiguous()
    same(default_collate([any_clips[clip] for clip in CLIPS]), expected)
    sample = any_clips[CLIPS[1]]
    assert (type(sample["video"]), type(sample["start"])) == (int, int)
    with pytest.raises(InputError, match="holds no step"):
        any_clips.__getitems__([(0, 0), (0, 51)])


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("collate", [collate_clips, None])
def test_loaders_give_the_same_batches_either_way(any_clips, workers, collate):
    """With PyTorch's own way to make batches too, which copies once more."""
    loader = DataLoader(any_clips, 4, sampler=CLIPS, num_workers=workers, collate_fn=collate)
    batches = list(loader)  # all held: none may be filled again
    assert [len(batch["mask"]) for batch in batches] == [4, 4, 1]
    for first, batch in zip(range(0, 9, 4), batches, strict=True):
        singles = [plain_sample(any_clips, *clip) for clip in CLIPS[first : first + 4]]
        same(batch, {name: torch.stack([single[name] for single in singles]) for name in singles[0]})
        assert all(value.is_shared() for value in (batch["frames"],) if workers)


def test_a_batch_decodes_each_group_once_and_forwards(data, monkeypatch):
    """Even where nothing is kept decoded."""
    monkeypatch.setattr("course_lib.data.store._GROUPS", DecodedBlocks(GROUP, kept_bytes=1, open_files=1))
    decoded, read = [], VideoReader.read
    monkeypatch.setattr(
        VideoReader, "read", lambda self, *at: decoded.append((self.path.stem[0], at[0])) or read(self, *at)
    )
    dataset = ClipDataset(data[0], not_held(data[1]), DATA)
    dataset.__getitems__([(0, 30), (2, 0), (0, 5), (0, 29), (2, 3), (0, 6)])
    assert decoded == [("1", first) for first in (0, 12, 24, 36)] + [("6", 0), ("6", 12)]


SAMPLERS = {
    "windows": lambda dataset, seed: ShuffledWindows(dataset, seed),
    "random": lambda dataset, seed: RandomClips(dataset, 40, seed, rare_weight=0.3),
}


@pytest.mark.parametrize("kind", SAMPLERS)
def test_the_order_follows_from_seed_and_epoch_alone(dataset, kind):
    make = SAMPLERS[kind]
    sampler = make(dataset, 7)
    first = list(sampler)
    assert len(first) == len(sampler)
    assert list(sampler) == first == list(make(dataset, 7))
    sampler.set_epoch(3)
    third = list(sampler)
    assert third != first
    again = make(dataset, 7)
    again.set_epoch(3)
    assert list(again) == third
    assert list(make(dataset, 8)) != first
    for workers in (0, 1, 2):
        loader = DataLoader(dataset, batch_size=8, sampler=again, num_workers=workers)
        places = [pair for b in loader for pair in zip(b["video"].tolist(), b["start"].tolist(), strict=True)]
        assert places == third


def test_windows_are_each_drawn_once(dataset):
    assert sorted(ShuffledWindows(dataset, 0)) == dataset.windows


def test_random_clips_reach_every_step_and_all_alike(dataset):
    counts = [np.zeros(n // 2 + n % 2) for n in LENGTHS]
    for video, start in RandomClips(dataset, 6000, seed=0).order():
        low, high = max(start, 0), min(start + 16, len(counts[video]))
        assert high > low
        counts[video][low:high] += 1
    for steps in counts:
        assert steps.min() > 0.2 * steps.max()  # the very first and last steps are not left out


@pytest.fixture(scope="module")
def rallies(tmp_path_factory):
    """Rallies of which most are shorter than a clip of 16 steps: 1, 5, 11, 15, 16 and 20 steps."""
    folder = tmp_path_factory.mktemp("rallies")
    videos = []
    for length in (1, 9, 22, 30, 32, 40):
        path = write_video(folder / "match" / f"{length}.mp4", length)
        events = (Event("PASS", 0, xy=(0.25, 0.5)), Event("GOAL", length - 1, xy=(0.5, 0.75)))
        videos.append(Video(f"match/{length}", path, length, 25.0, 96, 64, events[: 1 if length == 1 else 2]))
    return videos, build_stores(videos, StoreSettings(48, 32, 2), folder / "cache")


def test_rallies_shorter_than_a_clip(rallies):
    videos, stores = rallies
    further = {
        "target": [frame_targets(v.events, s.num_steps, DATA, v.fps) for v, s in zip(*rallies, strict=True)],
        "step": [np.arange(1, store.num_steps + 1) for store in stores],
    }
    dataset = ClipDataset(videos, stores, DATA, targets=further)
    windows = [[start for video, start in dataset.windows if video == index] for index in range(len(videos))]
    assert windows == [[0], [0], [0], [0], [0], [0, 2, 4]]
    clips = {*RandomClips(dataset, 400, 0).order(), *RandomClips(dataset, 400, 0, rare_weight=1.0).order()}
    for video, start in [*dataset.windows, *sorted(clips)]:
        sample, num_steps = dataset[video, start], stores[video].num_steps
        real = [0 <= start + place < num_steps for place in range(16)]
        assert sample["mask"].tolist() == real and any(real)
        assert sample["step"].tolist() == [start + place + 1 if here else 0 for place, here in enumerate(real)]
        # Padding repeats the nearest real step, and is background.
        shown = [number_of(frame.permute(1, 2, 0).numpy()) for frame in sample["frames"]]
        assert shown == [2 * min(max(start + place, 0), num_steps - 1) for place in range(16)]
        wanted = {event.frame // 2: CLASSES.index(event.label) + 1 for event in videos[video].events}
        labels = [wanted.get(start + place, 0) if here else 0 for place, here in enumerate(real)]
        assert sample["target"].argmax(1).tolist() == labels


@pytest.mark.parametrize("rare_weight", [0.0, 1.0])
def test_a_short_rally_is_put_anywhere_in_a_random_clip(rallies, rare_weight):
    dataset = ClipDataset(*rallies, DATA, overlap=0.0)
    starts = [set() for _ in rallies[0]]
    for video, start in RandomClips(dataset, 6000, 0, rare_weight).order():
        starts[video].add(start)
    # All of it in the clip; only longer ones are cut, by a quarter of a clip at most.
    assert [(min(s), max(s)) for s in starts] == [(-15, 0), (-11, 0), (-5, 0), (-4, 3), (-4, 4), (-4, 8)]
    if not rare_weight:  # else only where a clip holds an event
        assert all(len(s) == max(s) - min(s) + 1 for s in starts)


def test_rare_classes_can_be_seen_more(dataset):
    def share_with_goal(rare_weight):
        clips = RandomClips(dataset, 1000, seed=0, rare_weight=rare_weight).order()
        return np.mean([video == 0 and start <= 50 < start + 16 for video, start in clips])

    assert share_with_goal(0.0) < 0.25
    assert share_with_goal(1.0) > 0.45  # half of the clips are around a GOAL, of which there is one
    for video, start in RandomClips(dataset, 200, seed=1, rare_weight=1.0).order():
        steps = [e.frame // 2 for e in dataset.videos[video].events]
        assert any(start <= step < start + 16 for step in steps)


def test_a_label_behind_the_last_frame_is_looked_for_on_the_last_step(data):
    (_, _, video), (_, _, store) = data  # 64 frames, 32 steps
    late = ClipDataset([replace(video, events=(Event("GOAL", 64),))], [store], DATA)
    assert late[0, 16]["target"].argmax(1).tolist() == [0] * 15 + [2]
    assert {start + 16 > 31 for _, start in RandomClips(late, 50, seed=0, rare_weight=1.0).order()} == {True}


def test_random_clips_refuse_what_cannot_be(dataset, data):
    for clips, weight in ((0, 0.0), (5, 1.5), (5, -0.1)):
        with pytest.raises(InputError):
            RandomClips(dataset, clips, 0, weight)
    videos, stores = data
    silent = ClipDataset([replace(video, events=()) for video in videos], stores, DATA)
    with pytest.raises(InputError, match="no video has an event"):
        RandomClips(silent, 5, 0, 0.5)
    assert len(RandomClips(silent, 5, 0).order()) == 5


def test_stretches_begin_elsewhere_in_every_epoch(data):
    """Else clips either side of some places would never be learnt from together."""
    videos, stores = data
    store = VectorStore(stores[0], 0)
    store.num_steps, store.in_memory = 8000, False
    sampler = ShuffledWindows(ClipDataset(videos[:1], [store], replace(DATA, clip_len=50)), 0)
    near = np.zeros((12, 79, 20))  # epochs, stretches of 100 steps, the neighbouring clips in them
    for epoch in range(12):
        sampler.set_epoch(epoch)
        places = np.argsort([start for _, start in sampler.order()])
        apart = np.abs(np.diff(places))[: 79 * 20]
        near[epoch] = apart.reshape(79, 20) < 160  # clips of the stretches that are open at a time
    assert near.mean((0, 1)).min() > 0.6


def test_stretches_are_finished_before_others_are_opened():
    clips = [(video, start) for video in range(6) for start in range(0, 3000, 5)]
    order = stretch_order(clips, 50, np.random.default_rng(0))
    assert sorted(order) == clips
    assert order != clips
    # What a store has to decode, if it remembers the last 1200 steps by groups of 12, against what clips hold.
    decoded, remembered = 0, {}
    for time, (video, start) in enumerate(order):
        for group in range(start // 12, (start + 49) // 12 + 1):
            decoded += 12 * ((video, group) not in remembered)
            remembered[video, group] = time
        while len(remembered) > 160:
            remembered.pop(min(remembered, key=remembered.get))
    assert decoded < len(clips) * 50 / 5
    # And a batch of eight still comes from several places.
    places = [{(video, start // 150) for video, start in order[i : i + 8]} for i in range(0, len(order), 8)]
    assert np.mean([len(batch) for batch in places]) > 4
