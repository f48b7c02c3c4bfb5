"""A task that any spotter learns in seconds: a square that blinks at the top or at the bottom of the picture."""

import numpy as np

from course_lib.config import Config, override
from course_lib.data.events import Event, Video
from course_lib.data.formats.common import write_class_file
from course_lib.data.formats.soccernet import write_soccernet_labels
from course_lib.data.store import StoreSettings
from course_lib.data.video import VideoWriter
from course_lib.files import write_json

CLASSES = ("TOP", "BOTTOM")
WIDTH, HEIGHT, STRIDE, FPS = 48, 32, 2, 25.0


class ArrayStore:
    """A frame store over an array."""

    in_memory = True

    def __init__(self, frames, stride=STRIDE):
        self.frames, self.num_steps = frames, len(frames)
        self.settings = StoreSettings(frames.shape[2], frames.shape[1], stride)
        self.decoded_bytes = frames.nbytes

    def read(self, start, stop):
        assert 0 <= start <= stop <= self.num_steps
        return self.frames[start:stop]

    def read_into(self, parts):
        for out, start in parts:
            out[:] = self.read(start, start + len(out))


def blinking_events(num_steps, seed):
    rng = np.random.default_rng(seed)
    steps = np.arange(4, num_steps - 1, 9) + rng.integers(0, 4, len(range(4, num_steps - 1, 9)))
    return tuple(Event(CLASSES[rng.integers(2)], int(step) * STRIDE) for step in steps if step < num_steps)


def blinking_frames(num_steps, events, seed, stride=STRIDE):
    """uint8 [num_steps, H, W, 3]; the square shows for the one step of its event."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(60, 100, (num_steps, HEIGHT, WIDTH, 3), dtype=np.uint8)
    for event in events:
        top = 3 if event.label == "TOP" else HEIGHT - 13  # not left and right, which augmentation swaps
        frames[event.frame // stride, top : top + 10, 18:30] = 255
    return frames


def blinking_video(name, num_steps, seed):
    """A video record and its store."""
    events = blinking_events(num_steps, seed)
    video = Video(f"league/season/{name}", None, num_steps * STRIDE, FPS, WIDTH, HEIGHT, events)
    return video, ArrayStore(blinking_frames(num_steps, events, seed))


def blinking_config(**values):
    """Seconds on one core; `values` by dotted name with "__" for the dot."""
    settings = {
        "model.system": "tiny3d+fc",
        "model.weights": "none",
        "model.dropout": 0.0,
        "data.dataset": "blinking",
        "data.classes": list(CLASSES),
        "data.width": WIDTH,
        "data.height": HEIGHT,
        "data.stride": STRIDE,
        "data.clip_len": 16,
        "data.test_overlap": 0.5,
        "train.epochs": 3,
        "train.clips_per_epoch": 40,
        "train.batch_size": 4,
        "train.lr": 5e-3,
        "train.warmup_epochs": 0.5,
        "train.patience": 9,
        "train.precision": "no",
        "train.workers": 0,
    }
    changed = {key.replace("__", "."): value for key, value in values.items()}
    return override(Config(profile="smoke"), settings | changed)


def blinking_dataset(root, num_steps=100):
    """Four matches as files in SoccerNet's layout, two to train on, one each to validate and test; gives the folder."""
    for seed, name in enumerate("abcd"):
        video, store = blinking_video(name, num_steps, seed)
        folder = root / video.id
        with VideoWriter(folder / "224p.mp4", FPS, (WIDTH, HEIGHT), crf=12) as writer:
            writer.write(np.repeat(store.frames, STRIDE, axis=0))
        write_soccernet_labels(folder / "Labels-ball.json", video)
    write_class_file(root / "class.txt", CLASSES)
    splits = {"train": ["a", "b"], "val": ["c"], "test": ["d"]}
    splits = {split: [f"league/season/{name}" for name in names] for split, names in splits.items()}
    write_json(root / "splits.json", splits)
    return root
