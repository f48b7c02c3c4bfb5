"""Clips: windows of a fixed number of steps over whole videos, with the targets that belong to them.

Windows cover every step of every video. The last one of a video is moved back so that it ends with the video instead of
being dropped (which loses seconds of every match, and most of a rally); only a video shorter than a clip is padded, and
then the mask says which steps are real. Introduced in notebook 01.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from course_lib.config import DataConfig
from course_lib.errors import InputError
from course_lib.events import Video, event_step
from course_lib.features import FeatureStore
from course_lib.frame_store import FrameStore
from course_lib.targets import frame_targets

__all__ = ["Clip", "ClipDataset", "cover"]

_OWN_KEYS = ("frames", "mask", "video", "start")

Clip = tuple[int, int]
"""(index of the video, first step). A start below 0 means padding in front."""


def cover(num_steps: int, clip_len: int, overlap: float = 0.0) -> list[int]:
    """Starts of windows that together hold every step of a video at least once.

    Args:
        num_steps: steps of the video, 1 or more.
        clip_len: steps of a window.
        overlap: share of a window that the next one holds too, in [0, 1).

    Returns:
        Ascending starts from 0; the last window ends exactly with the video, unless the video is shorter than a window.

    Raises:
        InputError: an argument out of its range.
    """
    if num_steps < 1 or clip_len < 1 or not 0 <= overlap < 1:
        raise InputError(
            f"windows: num_steps {num_steps}, clip_len {clip_len}, overlap {overlap}; expected 1 or more, 1 or more, "
            "and 0 <= overlap < 1"
        )
    # Rounded: in double precision int((1 - 0.9) * 100) is 9.
    step = max(1, round(clip_len * (1 - overlap)))
    last = max(num_steps - clip_len, 0)
    return [*range(0, last, step), last]


class ClipDataset(Dataset):
    """Clips of many videos, by number or by (video, first step).

    A sample is a dict:
        frames: uint8 [T, 3, H, W] RGB, or float32 [T, D] from stores of features; padding repeats the nearest real
            frame: a cut to black looks like an event.
        mask: bool [T], False on padding.
        video, start: int, where the clip is from.
        and every name of `targets`: [T, ...].

    Args:
        videos: with their events.
        stores: of the same videos, in the same order, all of one size and stride; of frames or of features.
        data: classes, clip length, and how events become targets.
        overlap: of the windows that the numbers 0 ... len - 1 stand for; default `data.train_overlap`.
        targets: by their name: of each video, in their order, an array [num_steps, ...], made once over whole videos,
            so that an event just outside a clip still reaches into it. Default: "target" alone, those of the classes
            (`frame_targets`).
        padding: by name of a target, the row that stands on padded steps; default zeros, and background for "target".

    Raises:
        InputError: no videos, stores that differ in settings, or targets of other lengths than the stores.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        stores: Sequence[FrameStore | FeatureStore],
        data: DataConfig,
        overlap: float | None = None,
        targets: Mapping[str, Sequence[NDArray]] | None = None,
        padding: Mapping[str, NDArray] | None = None,
    ) -> None:
        if not videos or len(videos) != len(stores) or len({store.settings for store in stores}) != 1:
            raise InputError(
                f"clips: {len(videos)} videos and {len(stores)} stores; expected one store a video, all of one size "
                "and stride"
            )
        self.videos, self.stores, self.clip_len = tuple(videos), tuple(stores), data.clip_len
        self.stride = stores[0].settings.stride
        if targets is None:
            pairs = zip(videos, stores, strict=True)
            targets = {"target": [frame_targets(v.events, s.num_steps, data, v.fps) for v, s in pairs]}
        background = {"target": np.eye(1, len(data.classes) + 1, dtype=np.float32)[0]}
        self.targets = {name: tuple(arrays) for name, arrays in targets.items()}
        self.padding = background if padding is None else dict(padding)
        for name, arrays in self.targets.items():
            lengths = [len(rows) for rows in arrays]
            if name in _OWN_KEYS or lengths != [store.num_steps for store in stores]:
                raise InputError(
                    f"clips: targets {name!r} of {lengths} steps; expected a name other than "
                    f"{', '.join(_OWN_KEYS)}, and as many steps as the stores have"
                )
        overlap = data.train_overlap if overlap is None else overlap
        self.windows: list[Clip] = [
            (index, start)
            for index, store in enumerate(stores)
            for start in cover(store.num_steps, self.clip_len, overlap)
        ]
        self._event_steps: dict[str, list[Clip]] = {label: [] for label in data.classes}
        for index, (video, store) in enumerate(zip(videos, stores, strict=True)):
            for event in video.events:
                if event.label in self._event_steps:
                    step = event_step(event, store.num_steps, self.stride, video.fps)
                    self._event_steps[event.label].append((index, step))

    @property
    def event_steps(self) -> dict[str, list[Clip]]:
        """Class → (video, step) of each of its events."""
        return self._event_steps

    @property
    def in_memory(self) -> bool:
        """Whether all frames are held in memory, so that any order of clips is as fast as any other."""
        return all(store.in_memory for store in self.stores)

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, which: int | Clip) -> dict[str, Tensor | int]:
        video, start = self.windows[which] if isinstance(which, int) else which
        store = self.stores[video]
        low, high = max(start, 0), min(start + self.clip_len, store.num_steps)
        if low >= high:
            raise InputError(f"clips: ({video}, {start}) holds no step of a video of {store.num_steps} steps")
        first, last = low - start, high - start  # the real part within the clip
        steps = store.read(low, high)  # [n, H, W, 3] or [n, D]
        frames = np.empty((self.clip_len, *steps.shape[1:]), steps.dtype)
        frames[first:last] = steps
        frames[:first] = frames[first]
        frames[last:] = frames[last - 1]
        mask = np.zeros(self.clip_len, bool)
        mask[first:last] = True
        sample = {
            "frames": torch.from_numpy(frames),
            "mask": torch.from_numpy(mask),
            "video": video,
            "start": start,
        }
        if frames.ndim == 4:
            sample["frames"] = sample["frames"].permute(0, 3, 1, 2).contiguous()  # [T, 3, H, W]
        for name, arrays in self.targets.items():
            rows = np.zeros((self.clip_len, *arrays[video].shape[1:]), arrays[video].dtype)
            rows[:] = self.padding.get(name, 0)
            rows[first:last] = arrays[video][low:high]
            sample[name] = torch.from_numpy(rows)
        return sample
