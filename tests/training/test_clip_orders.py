"""Orders of clips equal those of a plain version that looks at everything again for each of them; so do targets."""

import tracemalloc

import numpy as np
import pytest

from course_lib.config import DataConfig
from course_lib.data.events import Event, Video, event_step
from course_lib.data.store import FrameStore, StoreSettings
from course_lib.models.targets import nearest_event
from course_lib.training.clips import ClipDataset, RandomClips, ShuffledWindows, stretch_order

SETTINGS = StoreSettings(112, 64)
DATA = DataConfig(classes=("a", "b"), width=112, height=64, clip_len=20)


def clips_of(tmp_path, lengths):
    """Stores that no clip is read of."""
    videos, stores = [], []
    for number, steps in enumerate(lengths):
        events = (Event("a", 8 * number), Event("b", steps))
        videos.append(Video(f"v{number}", None, 2 * steps, 25.0, 398, 224, events))
        stores.append(FrameStore(tmp_path / f"{number}.mp4", SETTINGS, steps))
    return ClipDataset(videos, stores, DATA)


def test_stretches_are_finished_in_the_order_of_the_plain_version(tmp_path):
    dataset = clips_of(tmp_path, (200, 31, 12, 340))
    random, again = np.random.default_rng(5), np.random.default_rng(5)
    phase, stretches = int(again.integers(40)), {}
    for video, start in sorted(dataset.windows):
        stretches.setdefault((video, (start + phase) // 40), []).append((video, start))
    shuffled = [list(stretches.values())[index] for index in again.permutation(len(stretches))]
    expected = []
    for first in range(0, len(shuffled), 8):
        pool = [clip for stretch in shuffled[first : first + 8] for clip in stretch]
        expected += [pool[index] for index in again.permutation(len(pool))]
    assert len(stretches) > 8 and stretch_order(dataset.windows, 20, random) == expected


def test_videos_are_drawn_as_numpy_draws_by_shares(tmp_path):
    dataset = clips_of(tmp_path, (200, 31, 12, 340, 77))
    places = np.array([length - 20 for length in (200, 31, 12, 340, 77)])
    low, high = np.minimum(places, -5), np.maximum(places + 5, 0)
    share = (high - low + 1) / (high - low + 1).sum()
    random, expected = np.random.default_rng([3, 0]), []
    random.random(400)  # which of the clips are around events: none
    for _ in range(400):
        video = int(random.choice(5, p=share))
        expected.append((video, int(random.integers(low[video], high[video] + 1))))
    clips = RandomClips(dataset, 400, seed=3)
    assert clips._draw(np.random.default_rng([3, 0])) == expected
    assert {video for video, _ in expected} == set(range(5))


def test_memory_of_clips_grows_with_the_videos_and_no_faster(tmp_path):
    def peak(videos):
        tracemalloc.start()
        kept = clips_of(tmp_path, [2000] * videos)
        order = ShuffledWindows(kept, 0).order()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(order) == len(kept.windows)
        return found

    peak(2)
    assert peak(16) <= 2.3 * peak(8)


@pytest.mark.parametrize("seed", range(40))
def test_the_nearest_event_is_that_of_looking_at_every_event_for_every_step(seed):
    random = np.random.default_rng(seed)
    steps = int(random.integers(1, 50))
    events = [
        Event("abx"[random.integers(3)], int(frame)) for frame in random.integers(0, 2 * steps, random.integers(0, 14))
    ]
    nearest, offset = np.zeros(steps, np.int64), np.full(steps, np.inf)
    for event in events:
        if event.label != "x":
            behind = np.arange(steps) - event_step(event, steps, 2)
            closer = np.abs(behind) <= np.abs(offset)
            nearest[closer], offset[closer] = "ab".index(event.label) + 1, behind[closer]
    for mine, expected in zip(nearest_event(events, ("a", "b"), steps, 2), (nearest, offset), strict=True):
        assert mine.dtype == expected.dtype
        np.testing.assert_array_equal(mine, expected)
