"""Features: what a backbone that does not learn makes of a video, computed once and kept.

Nearly all the time of a 3D network goes into its backbone. If that is frozen, every video needs to pass through it only
once; a neck then trains on the vectors in seconds where it took minutes. What is given up: the backbone no longer
adapts to the task, and pictures cannot be augmented.

A step's vector must not depend on where a training clip happens to begin, so the video goes through in windows of its
own: 32 steps, of which the middle 24 are kept, since at the edge of a window a network that looks over time sees
padding. Only the ends of the video are edges for good. Training and prediction use the same windows and the same
rounding to float16, so that a spotter meets the numbers that it learnt from. Introduced in notebook 03.
"""

import hashlib
import os
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from course_lib.data.store import FrameStore, StoreSettings
from course_lib.files import InputError, atomic_path, cache_dir, check_room, only_here
from course_lib.leftovers import sweep
from course_lib.models.compiling import compiled_spotter, worth_compiling
from course_lib.models.folding import backbone_digest, folded_spotter
from course_lib.models.spotter import Spotter
from course_lib.models.transfer import one_behind, stacked
from course_lib.progress import progress_bar
from course_lib.spotting.windows import batched, sliding_clips

__all__ = [
    "BATCH_WINDOWS",
    "MARGIN_STEPS",
    "WINDOW_STEPS",
    "FeatureStore",
    "build_features",
    "encode_steps",
    "half_precision",
    "quick_spotter",
]

WINDOW_STEPS = 32
"""Steps that the backbone sees at once."""

MARGIN_STEPS = 4
"""Steps at either edge of a window that are taken from its neighbour instead."""

BATCH_WINDOWS = 4
"""Windows that go through at once."""

_READ_STEPS = 64
_VERSION = 2  # part of the key: a change in how features are made must not find the old ones; 2: folded backbones


class FeatureStore:
    """The features of one video, in place of its frames: a `FrameStore` whose steps are vectors.

    Attributes:
        settings: of the frames that they were made from.
        num_steps: T.
    """

    in_memory = True

    def __init__(self, vectors: NDArray[np.float16], settings: StoreSettings) -> None:
        self.settings = settings
        self.num_steps = len(vectors)
        self._vectors = vectors

    def read(self, start_step: int, stop_step: int) -> NDArray[np.float32]:
        """Steps [start_step, stop_step), [n, D].

        Raises:
            InputError: not 0 <= start_step <= stop_step <= num_steps.
        """
        return self._steps(start_step, stop_step).astype(np.float32)

    def read_into(self, parts: Sequence[tuple[NDArray[np.float32], int]]) -> None:
        """Fill arrays with steps, as `FrameStore.read_into`.

        Args:
            parts: (float32 [n, D] to be filled, first step).

        Raises:
            InputError: steps that are not within 0 to num_steps.
        """
        for out, start in parts:
            out[:] = self._steps(start, start + len(out))

    def _steps(self, start_step: int, stop_step: int) -> NDArray[np.float16]:
        if not 0 <= start_step <= stop_step <= self.num_steps:
            raise InputError(
                f"features: steps {start_step} to {stop_step} were asked for; expected a range within 0 to "
                f"{self.num_steps}"
            )
        return self._vectors[start_step:stop_step]


def build_features(
    model: Spotter,
    backbone_name: str,
    stores: Sequence[FrameStore],
    precision: str = "auto",
    cache: Path | None = None,
    planned_steps: int | None = None,
) -> list[FeatureStore]:
    """The features of many videos, from the cache or computed, with one progress bar over all steps.

    They are kept as <video>.<backbone>.<key>.npy, float16 [T, D]; the key is made of the content of the video, size and
    stride of its frames, the backbone's name, structure and weights (as it learnt them, not as they are folded), the
    precision, the windows, and whether the backbone was folded or compiled as well: their numbers differ in the seventh
    digit, which rounding to float16 mostly but not always levels. Which of the two is decided by all that is asked for
    here, not by what is missing, so that half of a data set is never made in another way than the rest. Nothing old is
    ever found for something new; a damaged file is made again. Stopped at any point, what is complete stays.

    Args:
        model: whose backbone to use; on its device, left in the mode that it has.
        backbone_name: as the zoo knows it.
        stores: of the frames.
        precision: as `TrainConfig.precision`; see `half_precision`.
        cache: folder for features; default `cache_dir()`.
        planned_steps: of all videos of the data set, where `stores` are only some of them.

    Raises:
        InputError: a feature is no finite float16.
        VideoError: the store's file is damaged.
    """
    folder = cache_dir() if cache is None else cache
    with only_here(folder / "features" / backbone_name, "features of this backbone"):
        return _build_features(model, backbone_name, stores, precision, cache, planned_steps)


def _build_features(
    model: Spotter,
    backbone_name: str,
    stores: Sequence[FrameStore],
    precision: str,
    cache: Path | None,
    planned_steps: int | None,
) -> list[FeatureStore]:
    half, was_training = half_precision(model.scale.device, precision), model.training
    digest = backbone_digest(model.backbone)
    work = sum(store.num_steps for store in stores) if planned_steps is None else planned_steps
    sizes = {(store.settings.height, store.settings.width) for store in stores}
    long = len(sizes) == 1 and worth_compiling(model, work, *next(iter(sizes)))
    model.eval()
    try:
        for kind in ("compiled", "folded") if long else ("folded",):
            model_key = _model_key(digest, backbone_name, half, kind)
            paths = [_feature_path(store, backbone_name, model_key, cache) for store in stores]
            vectors = [
                _existing(path, store.num_steps, model.backbone.dim) for path, store in zip(paths, stores, strict=True)
            ]
            missing = [index for index, known in enumerate(vectors) if known is None]
            quick = None
            if missing:
                compiled = kind == "compiled"
                quick = (
                    compiled_spotter(model, BATCH_WINDOWS, WINDOW_STEPS, *sizes.pop())
                    if compiled
                    else folded_spotter(model)
                )
            if not missing or quick is not None:
                break
        total, started = sum(stores[index].num_steps for index in missing), time.perf_counter()
        for folder in {paths[index].parent for index in missing}:
            sweep(folder)
            check_room(folder, 2 * total * model.backbone.dim, f"features of {backbone_name}")
        with progress_bar(None, f"features of {backbone_name}", total, unit="step") as bar:
            for index in missing:
                pieces = []
                for piece in encode_steps(quick, _frames(stores[index]), half):
                    pieces.append(piece.astype(np.float16))
                    bar.update(len(piece))
                vectors[index] = np.concatenate(pieces)
                with atomic_path(paths[index]) as temporary:
                    np.save(temporary, vectors[index])
    finally:
        model.train(was_training)
    if missing:
        seconds = time.perf_counter() - started
        print(f"{backbone_name}: features of {len(missing)} videos computed in {seconds:.0f} s", flush=True)
    return [FeatureStore(known, store.settings) for known, store in zip(vectors, stores, strict=True)]


def quick_spotter(model: Spotter, num_steps: int, height: int, width: int, window_steps: int = WINDOW_STEPS) -> Spotter:
    """The same spotter with a backbone for looking alone, for `encode_steps`: compiled for long work, else folded.

    Args:
        model: in evaluation mode.
        num_steps: of all that is to be done with it.
        height, width: of the pictures, px.
        window_steps: as for `encode_steps`.
    """
    compiled = None
    if worth_compiling(model, num_steps, height, width):
        compiled = compiled_spotter(model, BATCH_WINDOWS, window_steps, height, width)
    return folded_spotter(model) if compiled is None else compiled


@torch.inference_mode()
def encode_steps(
    model: Spotter,
    pieces: Iterable[NDArray[np.uint8]],
    half: bool,
    *,
    window_steps: int = WINDOW_STEPS,
    margin_steps: int = MARGIN_STEPS,
    rounded: bool = True,
) -> Iterator[NDArray[np.float32]]:
    """The features of a stream of pictures, in memory that does not grow with it.

    Args:
        model: in evaluation mode; see `quick_spotter`.
        pieces: arrays [n, H, W, 3] that follow each other.
        half: whether to compute in bf16.
        window_steps, margin_steps: what the backbone sees at once, and how much of it at either edge is taken from the
            neighbour; a margin below half a window. Without a margin every step goes through once (but for the last
            window of a video, which is moved back to end with it).
        rounded: to float16, as features that are kept.

    Yields:
        Arrays [n, D] that follow each other.

    Raises:
        InputError: a feature is no finite float16, where it is rounded.
    """
    device = model.scale.device
    overlap = 2 * margin_steps / window_steps
    done = 0  # steps that were given out
    tail: NDArray[np.float32] | None = None  # of the newest window, what its neighbour sees better, if it has one

    def encoded(batch: Sequence[tuple[int, NDArray[np.uint8], int]]) -> dict[str, torch.Tensor]:
        # A video shorter than a window is the only one in its batch: it goes through at its own length, unpadded.
        frames = stacked([window[:length] for _, window, length in batch], device)  # (B, T, H, W, 3)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            vectors = model.encode(frames.permute(0, 1, 4, 2, 3))  # (B, T, 3, H, W) → (B, T, D)
        return {"vectors": (vectors.to(torch.float16) if rounded else vectors).float()}

    batches = batched(sliding_clips(pieces, window_steps, overlap), BATCH_WINDOWS)
    for batch, answer in one_behind((batch, encoded(batch)) for batch in batches):
        vectors = answer["vectors"]
        if rounded and not np.isfinite(vectors).all():
            raise InputError("features: the backbone gives numbers that float16 cannot hold; expected less than 65504")
        for (start, _, length), rows in zip(batch, vectors, strict=True):
            stop = max(done, start + length - margin_steps)
            yield rows[done - start : stop - start]
            done, tail = stop, rows[stop - start :]
    if tail is not None and len(tail):
        yield tail


def half_precision(device: torch.device, precision: str) -> bool:
    """Whether to compute in bf16: on a GPU that can, unless the run asked for float32 (`TrainConfig.precision`).

    Older GPUs train in fp16 but score in float32: what overflows there has no scaler to come back from, and where bf16
    is only emulated it is slower than float32.
    """
    wanted = device.type == "cuda" and precision not in ("no", "tf32")
    return wanted and torch.cuda.is_bf16_supported(including_emulation=False)


def _frames(store: FrameStore) -> Iterator[NDArray[np.uint8]]:
    for start in range(0, store.num_steps, _READ_STEPS):
        yield store.read(start, min(start + _READ_STEPS, store.num_steps))


def _model_key(digest: str, backbone_name: str, half: bool, kind: str) -> str:
    """A digest of all that a vector depends on, besides the frames.

    Args:
        digest: of the backbone as it learnt; see `backbone_digest`.
        backbone_name, half: as above.
        kind: how it is computed: "folded" (where it can be, see `course_lib.models.folding`) or "compiled".
    """
    parts = (_VERSION, WINDOW_STEPS, MARGIN_STEPS, half, backbone_name, kind, digest)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _feature_path(store: FrameStore, backbone_name: str, model_key: str, cache: Path | None) -> Path:
    # The name of a store's file holds a digest of the video's content, the size and the stride.
    key = hashlib.sha256(f"{model_key}:{store.path.name}".encode()).hexdigest()[:16]
    folder = (cache_dir() if cache is None else Path(cache)) / "features"
    return folder / f"{store.path.stem}.{backbone_name}.{key}.npy"


def _existing(path: Path, num_steps: int, dim: int) -> NDArray[np.float16] | None:
    """What the file holds if it is whole, else None."""
    if path.is_symlink():
        return None  # made by somebody else, of who knows what; it is replaced
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > 2 * num_steps * dim + 4096:
                return None
            vectors = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    fits = isinstance(vectors, np.ndarray) and vectors.dtype == np.float16 and vectors.shape == (num_steps, dim)
    return vectors if fits and np.isfinite(vectors).all() else None
