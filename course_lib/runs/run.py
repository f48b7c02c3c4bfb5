"""A run is a folder: everything that a training run was told, did and found, in files that anyone can open.

    config.json         what it was told: the whole `Config`
    environment.json    where and when: versions, machine, GPU, commit, command
    learnt.json         the matches it learns from, and those that the weights it began with learnt from
    log.csv             one row an epoch: loss, validation mAP, learning rate, seconds
    last.pt             checkpoint of the last whole epoch, to resume from
    best.safetensors    weights of the epoch with the highest validation mAP
    decode.json         the decoding that validation chose
    spots/<game>/results_spotting.json         what was found in the test videos; of volleyball spots/spots.json
    frame_scores/<video>.npz                   what the spotter said of every step of them
    scores.json         what that scores, all matches together and each; written last, so that a folder with it is a
                        finished run

Test matches can be scored later than others, and a lesson may ask for fewer than there are: `Run.on` is the same run,
looked at on these alone. Folders compare: `load_runs` puts any number of them into one table. Introduced in notebook
02.
"""

import contextlib
import importlib.metadata
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from course_lib.config import Config, DataConfig, changed_fields, config_from_dict, config_to_dict
from course_lib.data.events import Event, SpottingDataset, Video
from course_lib.data.folders import files_below
from course_lib.files import (
    InputError,
    atomic_path,
    passed_on,
    passed_on_words,
    read_file,
    read_json,
    write_json,
    write_text,
)
from course_lib.leftovers import is_leftover, sweep
from course_lib.runs.contents import read_decoding, read_environment, read_frame_scores, read_log, read_scores
from course_lib.runs.learnt import LEARNT_FILE
from course_lib.spotting.decoding import DecodeConfig
from course_lib.spotting.tasks import TASKS, named_today

if TYPE_CHECKING:
    import torch

    from course_lib.models.head import Head, Sizes
    from course_lib.models.spotter import Spotter
    from course_lib.runs.spotter import TrainedSpotter
    from course_lib.spotting.inference import StepScores

__all__ = [
    "Run",
    "begun_run",
    "check_run",
    "create_run",
    "load_runs",
    "load_spotter",
    "score_matches",
    "write_frame_scores",
    "write_spots",
]

CONFIG, ENVIRONMENT = "config.json", "environment.json"
CHECKPOINT = "last.pt"
BEST_WEIGHTS = "best.safetensors"
PACKAGES = ("course_lib", "torch", "torchvision", "timm", "accelerate", "av", "numpy")


@dataclass(frozen=True)
class Run:
    """A run folder; everything is read when it is first asked for.

    Attributes:
        path: the folder.
        videos: the test videos that it is looked at on, see `on`; None for all that it was scored on.

    Raises:
        InputError: on reading a file that is missing or malformed.
    """

    path: Path
    videos: tuple[Video, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    @property
    def told(self) -> bool:
        """Whether the folder holds a run, begun or finished."""
        file = self.path / CONFIG
        return file.is_file() and file.stat().st_size > 0  # nothing is left in it where the machine itself went down

    @property
    def finished(self) -> bool:
        """Whether it was trained to its end and scored."""
        return (self.path / "scores.json").is_file()

    @cached_property
    def config(self) -> Config:
        """What the run was told."""
        file = self.path / "config.json"
        if not file.is_file():
            raise InputError(f"{self.path}: not a run folder, it holds no config.json")
        return config_from_dict(read_json(file), str(file))

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Where and when it ran."""
        return read_environment(self.path / ENVIRONMENT)

    @cached_property
    def log(self) -> pd.DataFrame:
        """One row an epoch: epoch (from 1), train_loss, val_map (0..1), lr, seconds, clips_per_sec."""
        file = self.path / "log.csv"
        if not file.is_file():
            raise InputError(f"{file}: no such file; the run has not finished an epoch")
        return read_log(file)

    @cached_property
    def scores(self) -> dict[str, Any]:
        """What it scores: "test" and "val", each with the scores of the task (map and map10, or mtap and so on),
        per_class and counts; "matches", the same of each test match (runs of earlier versions have none); besides these
        best_epoch, seconds (of training, all sittings), stage_seconds (of the last sitting: frames, features, training,
        scoring), parameters, trained_parameters, weights (where they came from), the test videos, and notes: what the
        data set says of every score on it, if it says anything."""
        if not self.finished:
            raise InputError(f"{self.path / 'scores.json'}: no such file; the run is not finished")
        scores = read_scores(self.path / "scores.json", TASKS[self.config.data.task])
        if self.videos is not None:
            about = {video.id: scores["videos"][video.id] for video in self.videos}
            scores |= score_matches(self.videos, self._read(about), self.config.data)
        aliased = {part: named_today(scores[part]) for part in ("test", "val")}
        return scores | aliased

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences of the data set that belong to every score, such as how its splits were made."""
        return tuple(self.scores.get("notes", ()))

    @property
    def matches(self) -> tuple[str, ...]:
        """The test matches that its scores are of."""
        return tuple(dict.fromkeys(about["game"] for about in self.scores["videos"].values()))

    def on(self, videos: Sequence[Video]) -> "Run":
        """The same run, looked at on these of its test videos alone: its spots, its scores, its matches.

        Whether others were scored as well changes nothing of what it says.

        Raises:
            InputError: no video, or one that it was not scored on.
        """
        known = self.scores["videos"]
        for video in videos:
            if video.id not in known:
                known_to = f"its {len(known)} test videos"
                raise InputError(f"{self.path}: was not scored on {video.id!r}; expected some of {known_to}")
        if not videos:
            raise InputError(f"{self.path}: is to be looked at on no test video; expected one or more")
        return self if len(videos) == len(known) else Run(self.path, tuple(videos))

    def spots(self) -> dict[str, list[Event]]:
        """What was found in the test videos: video id to events with scores, and with places where it says where."""
        return self._read(self.scores["videos"])

    def _read(self, videos: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Event]]:
        data = self.config.data
        found = TASKS[data.task].spots_files.read(self.path / "spots", videos, data.classes)
        return {name: found.get(name, []) for name in videos}  # a file may hold more: those that were not scored yet

    def frame_scores(self, video_id: str) -> NDArray[np.float32]:
        """What the spotter said of every step of a test video: probabilities, float32 [T, K+1].

        Raises:
            InputError: there are none of this video, or the run was made by an earlier version, which kept none.
        """
        file = _frame_scores_file(self.path, video_id)
        if not file.is_file():
            raise InputError(f"{file}: no such file; expected the frame scores of a test video of this run")
        return read_frame_scores(file, len(self.config.data.classes))

    @cached_property
    def decoding(self) -> DecodeConfig:
        """How frame scores become spots, as validation chose it."""
        return read_decoding(self.path / "decode.json")[0]

    @cached_property
    def display_thresholds(self) -> dict[str, float]:
        """For each class the score above which a spot is worth showing, as validation chose it."""
        return read_decoding(self.path / "decode.json")[1]

    @property
    def few_labels(self) -> dict[str, int]:
        """Classes whose thresholds were chosen on few validation labels, and on how many; none in earlier versions."""
        return read_decoding(self.path / "decode.json")[2]

    def spotter(self, weights: str = BEST_WEIGHTS, device: "str | torch.device | None" = None) -> "TrainedSpotter":
        """The trained spotter, ready for any video: network, decoding and thresholds.

        Args:
            weights: name of the file of weights.
            device: where to compute; a CUDA GPU if there is one, else the CPU.
        """
        import torch

        from course_lib.runs.spotter import TrainedSpotter

        model = self.model(weights).to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return TrainedSpotter(model, self.config, self.decoding, self.display_thresholds, self.few_labels)

    def model(
        self, weights: str = BEST_WEIGHTS, heads: "Mapping[str, Callable[[Sizes], Head]] | None" = None
    ) -> "Spotter":
        """The network alone with its best weights, on the CPU, ready to score; `heads` as it was trained with."""
        from course_lib.models.weights import load_weights
        from course_lib.models.zoo import build

        config, file = self.config, self.path / weights
        if not file.is_file():
            raise InputError(f"{file}: no such file; the run has not finished an epoch")
        with contextlib.redirect_stdout(None):  # the line on random weights would mislead: these come next
            data, dropout = config.data, config.model.dropout
            spotter = build(config.model.system, len(data.classes), "none", dropout, heads, data.clip_len)
        load_weights(spotter, file)
        return spotter.eval()


def create_run(path: str | Path, config: Config, resume: bool = False) -> Run:
    """Make a run folder with config.json and environment.json, or open the one to go on with.

    Args:
        path: the folder.
        config: of the run.
        resume: allow a folder that holds a run already, if its configuration is the same. A folder without a run is
            then simply a new one.

    Raises:
        InputError: as `check_run` says, or nothing can be written there.
    """
    run = check_run(path, config, resume)
    if run.told:
        again = [*run.environment.get("resumed", []), _now()]
        write_json(run.path / ENVIRONMENT, {**run.environment, "resumed": again})
        return Run(run.path)
    # The configuration last: a folder with it has the rest too.
    write_json(run.path / ENVIRONMENT, _environment())
    write_json(run.path / CONFIG, config_to_dict(_passed_on(config)))
    return run


def _passed_on(config: Config) -> Config:
    """The configuration without the way to a file of weights, which nobody else has and nobody else should know."""
    model = config.model
    return replace(config, model=replace(model, weights=passed_on(model.weights), from_run=passed_on(model.from_run)))


def check_run(path: str | Path, config: Config, resume: bool = False) -> Run:
    """The run that `create_run` would make or open; nothing is written.

    A folder that holds nothing but what a killed beginning, a file manager or an editor left is a new one.

    Raises:
        InputError: the folder holds a run (or something else) and `resume` is false; or it holds a run with another
            configuration, whose differing fields are named.
    """
    run = Run(Path(path))
    if run.told:
        if not resume:
            raise InputError(f"{run.path}: holds a run already; resume it, or choose another run folder")
        changed = changed_fields(_passed_on(run.config), _passed_on(config))
        if changed:
            fields = ", ".join(f"{name} was {old!r} and is now {new!r}" for name, (old, new) in changed.items())
            raise InputError(f"{run.path}: cannot be resumed with another configuration: {fields}")
        return run
    if run.path.exists() and not (run.path.is_dir() and all(_is_nothing(entry) for entry in run.path.iterdir())):
        raise InputError(f"{run.path}: exists and is no run folder; expected a new or empty one")
    return run


@contextmanager
def begun_run(path: str | Path, config: Config, resume: bool = False) -> Iterator[Run]:
    """`create_run`, and the folder as it was before if the block is refused before an epoch of it is whole.

    What killed processes left half-written in the folder is swept first; no other process may be writing there.

    Raises:
        InputError: as of `create_run`.
    """
    path = Path(path)
    known, checkpoint, learnt = Run(path).told, _stamp(path / CHECKPOINT), (path / LEARNT_FILE).is_file()
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    environment = read_file(path / ENVIRONMENT) if known and (path / ENVIRONMENT).is_file() else None
    check_run(path, config, resume)
    for folder in {path, *(file.parent for file in path.rglob(".*"))}:
        sweep(folder, older_than_sec=0)
    try:
        yield create_run(path, config, resume)
    except InputError:
        if _stamp(path / CHECKPOINT) != checkpoint:
            raise  # an epoch is whole: from there it goes on
        with suppress(OSError):  # the refusal is what counts
            if not known:
                _remove_new(path, there)
            elif not learnt:
                (path / LEARNT_FILE).unlink(missing_ok=True)
            if environment is not None:
                write_text(path / ENVIRONMENT, environment.decode())
        raise


def _remove_new(path: Path, there: Path) -> None:
    """A run folder that was begun, and the folders above it that were made for it, below the one that was `there`."""
    for name in (CONFIG, ENVIRONMENT, LEARNT_FILE, BEST_WEIGHTS):
        (path / name).unlink(missing_ok=True)
    for folder in (path, *path.absolute().parents):
        if folder.absolute() == there.absolute() or any(folder.iterdir()):
            break
        folder.rmdir()


def _stamp(file: Path) -> tuple[int, int] | None:
    return (file.stat().st_mtime_ns, file.stat().st_ino) if file.is_file() else None


def _is_nothing(entry: Path) -> bool:
    """Whether a folder with this in it is still an empty one: left over, or all that a killed beginning wrote."""
    if is_leftover(entry.name) or entry.name in (ENVIRONMENT, CONFIG):  # the latter is empty, or the folder holds a run
        return True
    return entry.is_dir() and not any(entry.iterdir())


def write_spots(
    folder: str | Path, videos: Sequence[Video], spots: Mapping[str, Sequence[Event]], task: str = "ball"
) -> None:
    """Write `folder`/<game>/results_spotting.json for each game, as a challenge server takes it: both halves in one. In
    volleyball one file of the common format for all of them, which has room for places."""
    TASKS[task].spots_files.write(Path(folder), videos, spots)


def write_frame_scores(folder: str | Path, videos: Sequence[Video], scores: Sequence["StepScores"]) -> None:
    """Write `folder`/frame_scores/<video>.npz for each video: `probabilities`, and `xy` or what else a spotter says of
    each step; float16, which is exact to a thousandth of what it says."""
    for video, steps in zip(videos, scores, strict=True):
        everything = {"probabilities": steps.probabilities, **steps.fields}
        arrays = {name: rows.astype(np.float16) for name, rows in everything.items()}
        with atomic_path(_frame_scores_file(Path(folder), video.id)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)


def score_matches(videos: Sequence[Video], spots: Mapping[str, Sequence[Event]], data: DataConfig) -> dict[str, Any]:
    """What scores.json says of test videos: "test", the scores of all together, "matches", those of each match that has
    labels, and "videos", where each belongs.

    Args:
        videos: with their labels.
        spots: of each, by its id.
        data: of the run.
    """
    score, games = TASKS[data.task].score, {}
    for video in videos:
        games.setdefault(video.game, []).append(video)
    labelled = {
        game: of_game
        for game, of_game in games.items()
        if any(event.label in data.classes for video in of_game for event in video.events)
    }
    return {
        "test": score(videos, spots, data.rule),
        "matches": {
            game: score(of_game, {video.id: spots[video.id] for video in of_game}, data.rule)
            for game, of_game in labelled.items()
        },
        "videos": {video.id: _kept_of(video) for video in videos},
    }


def load_runs(root: str | Path, dataset: SpottingDataset | None = None) -> pd.DataFrame:
    """All finished runs under a folder as one table; a word is printed for each that is skipped.

    Args:
        root: the folder.
        dataset: scores are then of its test matches alone, whatever others a run was scored on; runs that lack some of
            them are skipped.

    Returns:
        A row a run, by system and seed: run (path under `root`), system, task, profile, dataset, seed, test_matches
        (how many its scores are of: they compare only with those of the same ones); the scores of its task (map and
        map10, or mtap, msap and so on; NaN where there is none) and val_map, the one by which validation chose (all
        0..1); best_epoch, seconds (of training), parameters, and the AP of each class under its name.

    Raises:
        InputError: no such folder, or a malformed file.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder of runs")
    rows = []
    for file in files_below(root, CONFIG.__eq__):
        run = Run(file.parent)
        name = run.path.relative_to(root).as_posix()
        if not run.finished:
            print(f"skipped {name}: no scores.json, the run is not finished")
            continue
        if dataset is not None:
            if lacking := [video.game for video in dataset.test if video.id not in run.scores["videos"]]:
                print(f"skipped {name}: was not scored on {lacking[0]}")
                continue
            run = run.on(dataset.test)
        config, scores = run.config, run.scores
        task = TASKS[config.data.task]
        rows.append(
            {
                "run": name,
                "system": config.model.system,
                "task": config.data.task,
                "profile": config.profile,
                "dataset": config.data.dataset,
                "seed": config.train.seed,
                "test_matches": len(run.matches),
                **{name: math.nan if scores["test"][name] is None else scores["test"][name] for name in task.names},
                "val_map": scores["val"][task.headline],
                **{key: scores[key] for key in ("best_epoch", "seconds", "parameters")},
                **scores["test"]["per_class"],
                **{key: value for key, value in scores["test"].items() if key == "map12"},  # see `read_scores`
            }
        )
    return pd.DataFrame(rows).sort_values(["system", "seed"], ignore_index=True) if rows else pd.DataFrame()


def _frame_scores_file(folder: Path, video_id: str) -> Path:
    return folder / "frame_scores" / f"{video_id}.npz"


def _environment() -> dict[str, Any]:
    import torch

    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "started": _now(),
        "command": passed_on_words(sys.argv),
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": versions,
        "machine": platform.platform(),
        "cpu_cores": os.cpu_count(),
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _commit() -> str | None:
    """The commit of this clone, with "+" if files were changed since; None if this is no clone or git is missing."""
    clone = Path(__file__).resolve().parents[2]
    if not (clone / ".git").exists():
        return None

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(clone), *words], capture_output=True, text=True, timeout=10, check=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def load_spotter(checkpoint: str | Path, device: "str | torch.device | None" = None) -> "TrainedSpotter":
    """Load a trained spotter, as `Run.spotter` does, from whatever path a person names.

    Args:
        checkpoint: a run folder, or a file of weights that lies beside the config.json and decode.json of its run.
        device: where to compute; a CUDA GPU if there is one, else the CPU.

    Raises:
        InputError: a file is missing or malformed, or the weights do not fit the configuration.
    """
    checkpoint = Path(checkpoint)
    if checkpoint.is_dir():
        return Run(checkpoint).spotter(device=device)
    if not checkpoint.is_file():
        raise InputError(f"{checkpoint}: no such file or folder; expected a run folder, or a file of weights in one")
    for name in ("config.json", "decode.json"):
        if not (checkpoint.parent / name).is_file():
            raise InputError(
                f"{checkpoint}: has no {name} beside it; expected weights in their run folder, which also keeps "
                "how they were trained (config.json) and how their scores become spots (decode.json)"
            )
    return Run(checkpoint.parent).spotter(checkpoint.name, device)


def _kept_of(video: Video) -> dict[str, str | int | float]:
    """What is needed to read the spots of a video again."""
    kept = {"game": video.game, "half": video.half, "fps": video.fps}
    return kept | ({"start_ms": video.start_ms} if video.start_ms else {})
