"""In which order clips are learnt from: all windows, or random ones, the rare classes more often if wanted.

Both orders follow from (seed, epoch) alone, whatever the number of worker processes. Where frames have to be decoded,
clips are not shuffled over the whole data set but stretch by stretch: windows overlap by 90 %, so a stretch of two clip
lengths that is decoded once serves twenty clips. Several stretches from anywhere are open at a time, and the clips of a
batch are mixed from them. Introduced in notebook 02.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from course_lib.clips import Clip, ClipDataset
from course_lib.errors import InputError

__all__ = ["RandomClips", "ShuffledWindows", "stretch_order"]

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
    shuffled = [list(stretches.values())[index] for index in random.permutation(len(stretches))]
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
        self._share = places / places.sum()

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
                video = int(random.choice(len(self._share), p=self._share))
                low, high = int(self._low[video]), int(self._high[video])
            clips.append((video, int(random.integers(low, high + 1))))
        return clips
