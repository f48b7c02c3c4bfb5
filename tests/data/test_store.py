import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numbered_video import encode, numbers_of, write_video

from course_lib.data.events import Video
from course_lib.data.exact_frames import VideoError
from course_lib.data.store import FrameStore, StoreSettings, build_stores, hold_in_memory
from course_lib.data.video import VideoReader, iter_frames, probe
from course_lib.files import InputError

SETTINGS = StoreSettings(48, 32, 2)


def as_video(path, **changes):
    info = probe(path)
    return replace(Video(path.stem, path, info.num_frames, info.fps, info.width, info.height), **changes)


def open_one(video, settings, cache):
    return build_stores([video], settings, cache)[0]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return as_video(write_video(tmp_path_factory.mktemp("video") / "match.mp4", 101))


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def made(cache):
    return sorted(path for path in (cache / "stores").glob("*.mp4") if not path.name.startswith("."))


@pytest.mark.parametrize("stride", [1, 2, 3, 7])
def test_step_i_is_frame_i_times_stride(video, cache, stride):
    store = open_one(video, StoreSettings(48, 32, stride), cache)
    assert store.num_steps == -(-101 // stride)
    assert numbers_of(store.read(0, store.num_steps)) == list(range(0, 101, stride))


def test_any_read_is_exact(video, cache):
    store = open_one(video, SETTINGS, cache)
    random = np.random.default_rng(0)
    for _ in range(40):
        start, stop = sorted(random.integers(0, store.num_steps + 1, 2))
        frames = store.read(start, stop)
        assert frames.dtype == np.uint8
        assert frames.shape == (stop - start, 32, 48, 3)
        assert numbers_of(frames) == list(range(2 * start, 2 * stop, 2))
    for start, stop in ((-1, 3), (0, 52), (4, 3)):
        with pytest.raises(InputError, match="expected a range within 0 to 51"):
            store.read(start, stop)


def test_pictures_are_the_resized_ones(video, cache):
    original = np.concatenate(list(iter_frames(video.path, step=2)))
    expected = np.stack([cv2.resize(frame, (48, 32), interpolation=cv2.INTER_AREA) for frame in original])
    stored = open_one(video, SETTINGS, cache).read(0, 51)
    assert np.abs(stored.astype(int) - expected).mean() < 3


def test_it_is_built_once(video, cache):
    open_one(video, SETTINGS, cache)
    (path,) = made(cache)
    before = path.stat().st_mtime_ns
    open_one(video, SETTINGS, cache)
    assert made(cache) == [path]
    assert path.stat().st_mtime_ns == before


def test_other_settings_or_another_content_are_another_store(tmp_path, cache):
    path = write_video(tmp_path / "match.mp4", 30)
    open_one(as_video(path), SETTINGS, cache)
    for settings in (StoreSettings(48, 32, 3), StoreSettings(64, 32, 2), StoreSettings(48, 48, 2)):
        open_one(as_video(path), settings, cache)
    assert len(made(cache)) == 4
    encode(path, range(30), Fraction(1, 25), first=100)  # another video of the same name and length
    store = open_one(as_video(path), SETTINGS, cache)
    assert len(made(cache)) == 5
    assert numbers_of(store.read(0, 15)) == list(range(100, 130, 2))
    copy = as_video(path.rename(tmp_path / "moved.mp4"), id="match")  # the same content elsewhere is the same store
    open_one(copy, SETTINGS, cache)
    assert len(made(cache)) == 5


@pytest.mark.parametrize("damage", ["cut off", "another store's", "empty"])
def test_a_damaged_store_is_built_again(video, cache, damage):
    open_one(video, SETTINGS, cache)
    (path,) = made(cache)
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:2000])
    elif damage == "another store's":
        open_one(video, StoreSettings(64, 32, 2), cache)
        path.write_bytes(next(other for other in made(cache) if other != path).read_bytes())
    else:
        path.write_bytes(b"")
    assert numbers_of(open_one(video, SETTINGS, cache).read(0, 51)) == list(range(0, 101, 2))


def test_a_video_of_another_length_is_told(video, cache):
    with pytest.raises(InputError, match="gives 51 frames at stride 2; expected 60, since .* 120 frames"):
        open_one(replace(video, num_frames=120), SETTINGS, cache)
    with pytest.raises(InputError, match="'gone': .* does not exist; expected a video file"):
        open_one(replace(video, id="gone", path=Path("nowhere.mp4")), SETTINGS, cache)
    assert not made(cache)


def test_a_damaged_video_leaves_no_store(video, tmp_path, cache):
    data = bytearray(video.path.read_bytes())
    middle = data.index(b"mdat") + len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    with pytest.raises(VideoError, match="cannot be decoded"):
        open_one(as_video(path), SETTINGS, cache)
    assert list((cache / "stores").glob("[!.]*")) == []


def test_a_varying_rate_is_stored_by_time(tmp_path, cache):
    stamps = np.cumsum(np.random.default_rng(3).integers(20, 61, 90))
    path = encode(tmp_path / "varying.mkv", stamps.tolist(), Fraction(1, 1000))
    video = as_video(path)
    shown = stamps - stamps[0]
    expected = [int(np.argmin(np.abs(shown - 1000 * i / video.fps))) for i in range(0, 90, 2)]
    assert numbers_of(open_one(video, SETTINGS, cache).read(0, 45)) == expected


def test_many_are_built_side_by_side_in_order(tmp_path, cache):
    videos = [as_video(write_video(tmp_path / f"{length}.mp4", length)) for length in (40, 8, 25)]
    stores = build_stores(videos, SETTINGS, cache, workers=2)
    assert [store.num_steps for store in stores] == [20, 4, 13]
    assert [numbers_of(store.read(0, 4)) for store in stores] == [[0, 2, 4, 6]] * 3


def test_a_killed_build_is_made_good(tmp_path, cache):
    """SIGKILL in the middle: no store under the final name, and the next call builds it."""
    path = write_video(tmp_path / "long.mp4", 700)
    code = (
        "import sys; from tests.data.test_store import as_video, SETTINGS;"
        "from course_lib.data.store import build_stores;"
        "from course_lib.data.video import VideoWriter; import time; write = VideoWriter.write;"
        "VideoWriter.write = lambda self, frames: (write(self, frames), time.sleep(20));"
        "from pathlib import Path; build_stores([as_video(Path(sys.argv[1]))], SETTINGS, Path(sys.argv[2]))"
    )
    helpers = Path(__file__).parents[1] / "helpers"
    environment = os.environ | {"PYTHONPATH": f"{helpers.parents[1]}{os.pathsep}{helpers}"}
    build = subprocess.Popen([sys.executable, "-c", code, path, cache], env=environment, stderr=subprocess.DEVNULL)
    leftovers = []
    for _ in range(1200):
        leftovers = list((cache / "stores").glob(".*.mp4")) if (cache / "stores").exists() else []
        if leftovers:
            break
        time.sleep(0.05)
    build.send_signal(signal.SIGKILL)
    build.wait()
    assert leftovers, "the build did not get as far as writing"
    assert not made(cache)
    hours_ago = time.time() - 7200
    os.utime(leftovers[0], (hours_ago, hours_ago))
    assert numbers_of(open_one(as_video(path), SETTINGS, cache).read(340, 350)) == list(range(680, 700, 2))
    assert not leftovers[0].exists()


def test_holding_in_memory(video, cache):
    store = open_one(video, SETTINGS, cache)
    decoded = store.read(0, 51)
    assert not hold_in_memory([store], budget_bytes=store.decoded_bytes - 1)
    assert not store.in_memory
    assert hold_in_memory([store], budget_bytes=store.decoded_bytes)
    assert store.in_memory
    assert np.array_equal(store.read(0, 51), decoded)
    assert np.array_equal(store.read(13, 31), decoded[13:31])


@pytest.mark.parametrize("held", [False, True])
def test_reading_into_arrays_of_any_order(video, cache, held):
    store = open_one(video, SETTINGS, cache)
    expected = store.read(0, 51)
    if held:
        hold_in_memory([store])
    planes = np.zeros((2, 20, 3, *expected.shape[1:3]), np.uint8)
    last, backwards = np.zeros_like(expected[:9]), np.zeros_like(expected[:7])
    store.read_into(
        [(np.moveaxis(planes[0], 1, -1), 3), (last, 42), (np.moveaxis(planes[1, 2:19], 1, -1), 9), (backwards[::-1], 5)]
    )
    assert np.array_equal(planes[0], expected[3:23].transpose(0, 3, 1, 2))
    assert np.array_equal(planes[1, 2:19], expected[9:26].transpose(0, 3, 1, 2))
    assert not planes[1, :2].any() and not planes[1, 19:].any()
    assert np.array_equal(last, expected[42:]) and np.array_equal(backwards[::-1], expected[5:12])
    with pytest.raises(InputError, match="steps 43 to 52"):
        store.read_into([(last, 43)])
    with pytest.raises(ValueError, match="broadcast"):
        store.read_into([(np.moveaxis(planes[0, :, :, 1:], 1, -1), 3)])
    small = np.zeros((2, 3, 8, 8), np.uint8)
    with pytest.raises(ValueError, match="broadcast"):  # rather than left as it is
        store.read_into([(np.moveaxis(small, 1, -1), 3)])


def test_many_stores_share_what_is_kept_decoded(tmp_path, cache, monkeypatch):
    first, second = build_stores(
        [as_video(write_video(tmp_path / f"rally_{length}.mp4", length)) for length in (60, 61)], SETTINGS, cache
    )
    decoded, read = [], VideoReader.read
    monkeypatch.setattr(VideoReader, "read", lambda self, *steps: decoded.append(self.path) or read(self, *steps))
    first.read(0, 24), second.read(0, 24), first.read(3, 20), second.read(0, 12)
    assert decoded == [first.path] * 2 + [second.path] * 2  # the second look finds them
    second.forget()
    first.read(0, 24), second.read(0, 24)
    assert decoded[4:] == [second.path] * 2


def test_a_store_made_anew_is_read_anew(video, tmp_path, cache, monkeypatch):
    store = open_one(video, SETTINGS, cache)
    assert numbers_of(store.read(0, 5)) == [0, 2, 4, 6, 8]
    (path,) = made(cache)
    path.write_bytes(b"damaged")
    again = open_one(video, SETTINGS, cache)
    assert again.path == path
    decoded, read = [], VideoReader.read
    monkeypatch.setattr(VideoReader, "read", lambda self, *steps: decoded.append(self.path) or read(self, *steps))
    assert numbers_of(again.read(0, 5)) == [0, 2, 4, 6, 8]
    assert decoded == [again.path]


def read_in_worker(store: FrameStore, starts: tuple[int, ...], answers: multiprocessing.Queue) -> None:
    answers.put([numbers_of(store.read(start, start + 5)) for start in starts])


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("held", [False, True])
def test_worker_processes_read_for_themselves(video, cache, method, held):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    store = open_one(video, SETTINGS, cache)
    store.read(20, 25)  # the parent's file is open, and somewhere in the middle
    if held:
        hold_in_memory([store])
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    # Daemons, so that one that hangs does not outlive the tests.
    worker = context.Process(target=read_in_worker, args=(store, (30, 3), answers), daemon=True)
    worker.start()
    assert [numbers_of(store.read(start, start + 5)) for start in (40, 11)] == [
        list(range(80, 90, 2)),
        list(range(22, 32, 2)),
    ]
    assert answers.get(timeout=60) == [list(range(60, 70, 2)), list(range(6, 16, 2))]
    worker.join(60)
    assert worker.exitcode == 0
    assert len(pickle.dumps(store)) < 2000


def test_settings_that_cannot_be(video):
    for bad in ((8, 32, 2), (48, 32, 0), (199, 224, 2)):
        with pytest.raises(InputError):
            StoreSettings(*bad)
    assert StoreSettings(199, 112).full_colour  # small pictures keep all colour, so that odd sizes are possible
