"""Clips to learn from: windows over whole videos with the targets that belong to them, and in which order they come.

Windows cover every step of every video (`course_lib.spotting.windows`); only a video shorter than a clip is padded,
and then the mask says which steps are real.

They come all, or drawn at random, the rare classes more often if wanted. Both orders follow from (seed, epoch) alone,
whatever the number of worker processes. Where frames have to be decoded, clips are not shuffled over the whole data set
but stretch by stretch: windows overlap by 90 %, so a stretch of two clip lengths that is decoded once serves twenty
clips. Several stretches from anywhere are open at a time, and the clips of a batch are mixed from them.

A batch is filled as a whole: one array a name, into which every step is copied once, from where it is held decoded to
where the network reads it. Introduced in notebook 01; orders in notebook 02.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from course_lib.config import DataConfig
from course_lib.data.events import Video, event_step
from course_lib.data.store import FrameStore
from course_lib.files import InputError
from course_lib.models.targets import frame_targets
from course_lib.spotting.features import FeatureStore
from course_lib.spotting.windows import cover
from course_lib.training.buffers import BatchMemory

__all__ = ["Clip", "ClipBatch", "ClipDataset", "RandomClips", "ShuffledWindows", "collate_clips", "stretch_order"]

_OWN_KEYS = ("frames", "mask", "video", "start")

Clip = tuple[int, int]
"""(index of the video, first step). A start below 0 means padding in front."""


class ClipBatch(Sequence[dict[str, Tensor | int]]):
    """Clips that lie one behind the other in one tensor a name.

    An item is a sample of `ClipDataset`, a view; PyTorch's own way to make batches copies them once more.

    Attributes:
        whole: by name [B, ...]; what `collate_clips` gives to the training loop.
    """

    def __init__(self, whole: dict[str, Tensor]) -> None:
        self.whole = whole

    def __len__(self) -> int:
        return len(self.whole["mask"])

    def __getitem__(self, index: int) -> dict[str, Tensor | int]:
        sample = {name: rows[index] for name, rows in self.whole.items()}
        return sample | {name: int(sample[name]) for name in ("video", "start")}


def collate_clips(clips: ClipBatch) -> dict[str, Tensor]:
    """The `collate_fn` of a loader of clips: the batch as it was filled."""
    return clips.whole


class ClipDataset(Dataset):
    """Clips of many videos, by number or by (video, first step).

    A sample is a dict:
        frames: uint8 [T, 3, H, W] RGB, or float32 [T, D] from stores of features; padding repeats the nearest real
            frame: a cut to black looks like an event.
        mask: bool [T], False on padding.
        video, start: int, where the clip is from.
        and every name of `targets`: [T, ...].

    A batch, which a `DataLoader` with `collate_fn=collate_clips` gives, is a dict of the same names: [B, T, ...], and
    int64 [B] for video and start. Its clips are read together (`__getitems__`), so that what they share is decoded and
    looked up once.

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
        self._memory = BatchMemory()
        no_step = stores[0].read(0, 0)  # of frames [0, H, W, 3], of features [0, D]
        self._step_shape, self._step_dtype = no_step.shape[1:], no_step.dtype
        if len(self._step_shape) == 3:
            height, width, channels = self._step_shape
            self._step_shape = (channels, height, width)
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

    @property
    def clip_bytes(self) -> int:
        """Bytes of the frames, or features, of a clip, beside which the rest is small."""
        return self.clip_len * math.prod(self._step_shape) * self._step_dtype.itemsize

    def __getitem__(self, which: int | Clip) -> dict[str, Tensor | int]:
        return self.__getitems__([which])[0]

    def __getitems__(self, which: Sequence[int | Clip]) -> ClipBatch:
        """Many clips, by number or by (video, first step); a `DataLoader` asks for a batch this way.

        Raises:
            InputError: a clip holds no step of its video.
        """
        clips = [self.windows[clip] if isinstance(clip, int) else clip for clip in which]
        real = [self._real(*clip) for clip in clips]  # per clip, its places [first, last) that lie in the video
        size = (len(clips), self.clip_len)
        whole = {
            "frames": self._memory.empty((*size, *self._step_shape), self._step_dtype),
            "mask": torch.zeros(size, dtype=torch.bool),
            "video": torch.tensor([video for video, _ in clips]),
            "start": torch.tensor([start for _, start in clips]),
        }
        self._fill_frames(whole["frames"].numpy(), clips, real)
        for row, (first, last) in enumerate(real):
            whole["mask"][row, first:last] = True
        for name, arrays in self.targets.items():
            rows = np.empty((*size, *arrays[0].shape[1:]), arrays[0].dtype)
            rows[:] = self.padding.get(name, 0)
            for row, ((video, start), (first, last)) in enumerate(zip(clips, real, strict=True)):
                rows[row, first:last] = arrays[video][start + first : start + last]
            whole[name] = torch.from_numpy(rows)
        return ClipBatch(whole)

    def _real(self, video: int, start: int) -> tuple[int, int]:
        num_steps = self.stores[video].num_steps
        first, last = max(-start, 0), min(self.clip_len, num_steps - start)
        if first >= last:
            raise InputError(f"clips: ({video}, {start}) holds no step of a video of {num_steps} steps")
        return first, last

    def _fill_frames(self, frames: NDArray, clips: Sequence[Clip], real: Sequence[tuple[int, int]]) -> None:
        """Fill [B, T, 3, H, W] or [B, T, D], video by video, and repeat the edges of what is real."""
        # Stores have a picture's colours last; of the same memory this is that view.
        by_step = np.moveaxis(frames, 2, -1) if frames.ndim == 5 else frames
        places: dict[int, list[tuple[NDArray, int]]] = {}
        for row, ((video, start), (first, last)) in enumerate(zip(clips, real, strict=True)):
            places.setdefault(video, []).append((by_step[row, first:last], start + first))
        for video, parts in places.items():
            self.stores[video].read_into(parts)
        for row, (first, last) in enumerate(real):
            frames[row, :first] = frames[row, first]
            frames[row, last:] = frames[row, last - 1]


_STRETCH_CLIPS = 2  # length of a stretch, in clips
_OPEN_STRETCHES = 8  # clips of a batch come from these; the stores keep what they decoded of them


def stretch_order(clips: Sequence[Clip], clip_len: int, random: np.random.Generator) -> list[Clip]:
    """The same clips in a random order that finishes a few stretches of video before it opens the next.

    Args:
        clips: (video, first step).
        clip_len: steps of a clip.
        random: where stretches begin, their order, and the order within are drawn from it.
    """
    length = _STRETCH_CLIPS * clip_len
    phase = int(random.integers(length))  # else the same clips would be neighbours in every epoch
    stretches: dict[Clip, list[Clip]] = {}
    for video, start in sorted(clips):
        stretches.setdefault((video, (start + phase) // length), []).append((video, start))
    in_order = list(stretches.values())
    shuffled = [in_order[index] for index in random.permutation(len(in_order))]
    order: list[Clip] = []
    for first in range(0, len(shuffled), _OPEN_STRETCHES):
        pool = [clip for stretch in shuffled[first : first + _OPEN_STRETCHES] for clip in stretch]
        order += [pool[index] for index in random.permutation(len(pool))]
    return order


class _EpochSampler(Sampler):
    """A sampler whose order depends on the seed and the epoch."""

    def __init__(self, dataset: ClipDataset, seed: int) -> None:
        self.dataset = dataset
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration is for."""
        self.epoch = epoch

    def order(self) -> list[Clip]:
        """The clips of the current epoch."""
        random = np.random.default_rng([self.seed, self.epoch])
        clips = self._draw(random)
        if self.dataset.in_memory:
            return [clips[index] for index in random.permutation(len(clips))]
        return stretch_order(clips, self.dataset.clip_len, random)

    def _draw(self, random: np.random.Generator) -> list[Clip]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.order())


class ShuffledWindows(_EpochSampler):
    """Every window of the data set once an epoch.

    Args:
        dataset: whose `windows` to go through.
        seed: of the order, with the epoch.
    """

    def __len__(self) -> int:
        return len(self.dataset.windows)

    def _draw(self, random: np.random.Generator) -> list[Clip]:
        return self.dataset.windows


class RandomClips(_EpochSampler):
    """Clips from random places, a chosen number an epoch.

    A clip may reach up to a quarter of its length beyond the ends of its video: otherwise the first step would be seen
    only by the one clip that begins with it, and a rally begins with its serve.

    Args:
        dataset: whose videos to draw from, each as likely as it is long.
        epoch_clips: clips an epoch.
        seed: of the draw, with the epoch.
        rare_weight: share of clips, in [0, 1], that are drawn around an event instead, its class first and every class
            as often, so that rare ones are seen more.

    Raises:
        InputError: an argument out of its range, or events are wanted of videos that have none.
    """

    def __init__(self, dataset: ClipDataset, epoch_clips: int, seed: int, rare_weight: float = 0.0) -> None:
        super().__init__(dataset, seed)
        if epoch_clips < 1 or not 0 <= rare_weight <= 1:
            raise InputError(
                f"random clips: epoch_clips is {epoch_clips} and rare_weight {rare_weight}; expected 1 or more, and 0 "
                "to 1"
            )
        self.epoch_clips = epoch_clips
        self.rare_weight = rare_weight
        self._by_class = [steps for steps in dataset.event_steps.values() if steps]
        if rare_weight > 0 and not self._by_class:
            raise InputError("random clips: rare_weight is not 0, but no video has an event; expected some")
        margin = dataset.clip_len // 4
        # Beyond the last start at which a clip is full. Below 0 in a video shorter than a clip, which may then be
        # anywhere in it as a whole.
        last = np.array([store.num_steps for store in dataset.stores]) - dataset.clip_len
        self._low = np.minimum(last, -margin)  # [videos]
        self._high = np.maximum(last + margin, 0)  # [videos], inclusive
        places = self._high - self._low + 1
        share = places / places.sum()
        self._up_to = share.cumsum() / share.cumsum()[-1]  # [videos]

    def __len__(self) -> int:
        return self.epoch_clips

    def _draw(self, random: np.random.Generator) -> list[Clip]:
        clips = []
        for rare in random.random(self.epoch_clips) < self.rare_weight:
            if rare:
                steps = self._by_class[random.integers(len(self._by_class))]
                video, step = steps[random.integers(len(steps))]
                low = max(step - self.dataset.clip_len + 1, int(self._low[video]))
                high = min(step, int(self._high[video]))
            else:
                # What `random.choice` with these shares does, which would add them up again for every clip.
                video = int(self._up_to.searchsorted(random.random(), side="right"))
                low, high = int(self._low[video]), int(self._high[video])
            clips.append((video, int(random.integers(low, high + 1))))
        return clips
