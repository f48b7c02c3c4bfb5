"""One experiment from data set to scores: `train_and_score` is what the train command, the demo and the notebooks call.

Validation chooses (the epoch, the decoding, the thresholds for showing spots); test is scored once, at the end, and
only reported. Introduced in notebook 02.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from course_lib.config import Config, DataConfig
from course_lib.data.events import SpottingDataset, Video
from course_lib.data.store import FrameStore, build_stores, hold_in_memory
from course_lib.files import InputError, check_room, only_here, passed_on, shown_path, write_json
from course_lib.models.begin import begin_with
from course_lib.models.head import Head, Sizes
from course_lib.models.spotter import Spotter
from course_lib.models.weights import load_weights
from course_lib.models.zoo import HEADS, build, check_system
from course_lib.runs.learnt import LEARNT_FILE, learnt_before, refuse_seen, write_learnt
from course_lib.runs.matches import on_matches
from course_lib.runs.run import (
    BEST_WEIGHTS,
    Run,
    begun_run,
    check_run,
    score_matches,
    write_frame_scores,
    write_spots,
)
from course_lib.spotting.decoding import display_thresholds, few_labels
from course_lib.spotting.features import FeatureStore, build_features
from course_lib.spotting.inference import choose_and_score, decode_videos, score_videos
from course_lib.training.acceleration import gpu_kernels
from course_lib.training.clips import ClipDataset
from course_lib.training.engine import Loss, fit
from course_lib.training.missing_matches import missing_videos, score_missing, why_not
from course_lib.training.processes import processes

__all__ = ["train_and_score"]


def train_and_score(
    system: str,
    dataset: SpottingDataset,
    config: Config,
    run_dir: str | Path,
    seed: int = 0,
    resume: bool = False,
    *,
    loss: Loss | None = None,
    heads: Mapping[str, Callable[[Sizes], Head]] | None = None,
    targets: Mapping[str, Sequence[NDArray]] | None = None,
    wait: bool = True,
) -> Run:
    """Train a system, choose its decoding on validation, score the test videos, and write the run folder.

    With `config.model.frozen_backbone` every video first goes through the backbone, once (features.py), and the rest of
    the system learns from what came out. A finished run is not done again; test matches that it was not scored on are
    scored, with what it has learnt and chosen, if the data set has others by now.

    Args:
        system: a name of the zoo.
        dataset: with videos in train, val and test.
        config: how; its system, data set, classes, frame rate and seed are set from the other arguments.
        run_dir: the run folder, new or empty unless `resume`.
        seed: of the weights, the order of clips, augmentation and dropout.
        resume: go on with an interrupted run; a finished one is returned as it is, a folder without one begins it.
        loss: what to lower instead of the sum of the heads' losses; see `course_lib.training.engine.fit`.
        heads: by name, makers of heads beside those of the system, or in place of them; see
            `course_lib.models.zoo.build`. Whoever opens the run again has to bring them again.
        targets: by name, of each training video an array [steps, ...]: entries of the batch in place of those that the
            heads make, or beside them for a loss of one's own.
        wait: with `resume`, until another process that trains this run has ended; else that is refused, as it always is
            without `resume`.

    Returns:
        The finished run, looked at on the test videos of the data set alone, see `Run.on`. (In a run on several GPUs,
        the other processes return before it is scored.)

    Raises:
        InputError: a split is empty or without one event, a video is missing or of another frame rate, the system is
            unknown or reads heat maps of a frozen backbone, its weights or labels cannot be used, the folder holds a
            run that may not be resumed, or a match of val or test is one that the weights have learnt from. Nothing is
            then left behind, but for epochs that were whole.
        Busy: another process trains this run.
    """
    # One process writes and speaks: the others of a run on several GPUs belong to it.
    main, several = processes().is_main_process, processes().num_processes > 1
    with nullcontext() if main else redirect_stdout(StringIO()):
        config = _settled(config, system, dataset, seed)
        run = Run(run_dir)
        if main:
            if run.told and not resume:
                with only_here(run_dir, "this run", wait=False):  # else it is not the folder that is in the way
                    pass
            check_run(run_dir, config, resume)
        if run.finished and not several:  # several look together, below
            adding = only_here(run_dir, "this run", wait=wait) if missing_videos(run, dataset) else nullcontext()
            with adding, gpu_kernels(config.train.precision):
                return _finished(run, dataset, heads)
        begun_with = learnt_before(config.model)
        refuse_seen(dataset, begun_with[0], shown_path(config.model.from_run or config.model.weights))
        torch.manual_seed(seed)
        # Before the folder is made, so that weights which cannot be used leave none.
        model = _begun(system, config, heads, run.path)
        with (
            only_here(run_dir, "this run", wait=resume and wait) if main else nullcontext(),
            gpu_kernels(config.train.precision),
            ExitStack() as begun,
        ):
            with processes().main_process_first():
                if run.finished:
                    return _finished(run, dataset, heads)
                if main:
                    run = begun.enter_context(begun_run(run_dir, config, resume))
                    check_room(run.path, _weights_bytes(model, config), "the weights of this run")
                seconds: dict[str, float] = {}
                with _timed("frames", seconds):
                    stores = {s: build_stores(dataset.splits[s], config.data) for s in ("train", "val", "test")}
            return _train_and_score(model, dataset, config, run, seconds, stores, resume, loss, targets, begun_with)


def _weights_bytes(model: Spotter, config: Config) -> int:
    """What last.pt (with two numbers of the optimiser for each that learns) and best.safetensors take, float32."""
    learning = (model.neck, model.heads) if config.model.frozen_backbone else (model,)
    counts = [sum(p.numel() for part in parts for p in part.parameters()) for parts in ((model,), learning)]
    return 4 * (2 * counts[0] + 2 * counts[1])


def _train_and_score(
    model: Spotter,
    dataset: SpottingDataset,
    config: Config,
    run: Run,
    seconds: dict[str, float],
    stores: Mapping[str, Sequence[FrameStore]],
    resume: bool,
    loss: Loss | None,
    targets: Mapping[str, Sequence[NDArray]] | None,
    begun_with: tuple[list[dict[str, Any]], list[str]],
) -> Run:
    data, process = config.data, processes()
    if config.model.frozen_backbone:
        with _timed("features", seconds):
            stores = _features(model, stores, config, run.path)
    else:
        with _timed("frames", seconds):
            hold_in_memory(stores["train"] + stores["val"], int(data.memory_gb * (1 << 30)))
    asked, padding = _asked(model, dataset.train, stores["train"], data)
    train_set = ClipDataset(dataset.train, stores["train"], data, None, asked | dict(targets or {}), padding)
    if process.is_main_process and not (run.path / LEARNT_FILE).is_file():
        write_learnt(run.path, dataset, *begun_with)
    with _timed("training", seconds):
        history = fit(model, train_set, dataset.val, config, run.path, resume, val_stores=stores["val"], loss=loss)
    if not process.is_main_process:
        return run
    load_weights(model, run.path / "best.safetensors")
    with _timed("scoring", seconds):
        val_scores = score_videos(model, stores["val"], config, "validation")
        decoding, val = choose_and_score(val_scores, dataset.val, data)
        val_spots = decode_videos(val_scores, dataset.val, decoding, data)
        thresholds = display_thresholds(dataset.val, val_spots, data.rule)
        few = {"few_labels": few_labels(dataset.val, data.rule)}
        write_json(run.path / "decode.json", {**asdict(decoding), "display_thresholds": thresholds, **few})
        test_scores = score_videos(model, stores["test"], config, "test")
        spots = decode_videos(test_scores, dataset.test, decoding, data)
        write_frame_scores(run.path, dataset.test, test_scores)
        write_spots(run.path / "spots", dataset.test, spots, data.task)
        tested = score_matches(dataset.test, spots, data)
    summary = {
        "test": tested["test"],
        "val": val,
        "best_epoch": history.best_epoch,
        "seconds": round(history.seconds, 1),
        "stage_seconds": seconds,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "trained_parameters": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "weights": model.origin.replace(config.model.weights, passed_on(config.model.weights)),
        **tested,
        **({"notes": list(dataset.notes)} if dataset.notes else {}),
    }
    write_json(run.path / "scores.json", summary)
    return run


def _begun(system: str, config: Config, heads: Mapping[str, Callable[[Sizes], Head]] | None, run_dir: Path) -> Spotter:
    """The network with the weights that training begins with."""
    classes, clip_len, told = config.data.classes, config.data.clip_len, config.model
    if not told.from_run:
        return build(system, len(classes), told.weights, told.dropout, heads, clip_len)
    with redirect_stdout(None):  # the line on random weights would mislead: the run's come next
        model = build(system, len(classes), "none", told.dropout, heads, clip_len)
    model.origin = f"all weights of {passed_on(told.from_run)}"
    if not (run_dir / "last.pt").is_file():  # a resumed run has its own
        other = Run(Path(told.from_run))
        said = begin_with(model, other.path / BEST_WEIGHTS, other.config.data.classes, classes)
        print(f"{system}: begins with {shown_path(other.path)}: {said}", flush=True)
    return model


def _finished(run: Run, dataset: SpottingDataset, heads: Mapping[str, Callable[[Sizes], Head]] | None) -> Run:
    """What is left to do for a finished run, and the run as the data set sees it; one line says what it was."""
    said, missing = f"{shown_path(run.path)}: finished already", missing_videos(run, dataset)
    of = dataset.num_matches("test")
    if not missing or not processes().is_main_process:
        print(said)
    elif reason := why_not(run, dataset):
        print(f"{said}, {on_matches(len(run.matches), of)}, {reason}")
    else:
        run = score_missing(run, dataset, heads)
        added = len({video.game for video in missing})
        more = f"{added} more test match{'es' * (added > 1)} scored"
        print(f"{said}; {more}, now {on_matches(len(run.matches), of)}")
    fewer = {video.id for video in dataset.test} < set(run.scores["videos"])
    return run.on(dataset.test) if fewer else run


@contextmanager
def _timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    """Adds what the block takes to `seconds` of this stage."""
    started = time.perf_counter()
    yield
    seconds[stage] = round(seconds.get(stage, 0.0) + time.perf_counter() - started, 1)


def _settled(config: Config, system: str, dataset: SpottingDataset, seed: int) -> Config:
    """The configuration with what the data set decides filled in."""
    for head in check_system(system).heads if config.model.frozen_backbone else ():
        if HEADS[head].reads == "maps":  # a feature file holds none
            raise InputError(
                f"system {system!r}: +{head} reads maps, which a frozen backbone does not keep; expected another head"
            )
    for split in ("train", "val", "test"):
        if not dataset.splits.get(split):
            raise InputError(f"{dataset.root}: no video in the split {split!r}; expected at least one")
        if not any(event.label in dataset.classes for video in dataset.splits[split] for event in video.events):
            raise InputError(
                f"{dataset.root}: no event of the classes {', '.join(dataset.classes)} in the split {split!r}; "
                "expected at least one, since nothing can be learnt, chosen or scored without"
            )
    if config.model.from_run:
        theirs = Run(Path(config.model.from_run)).config.model.system
        if check_system(theirs) != check_system(system):
            raise InputError(
                f"{config.model.from_run}: is {theirs}; expected {system}, or --weights, which takes a backbone alone"
            )
    fps = dataset.train[0].fps
    for video in dataset.train + dataset.val + dataset.test:
        if abs(video.fps / fps - 1) > 0.01:  # a stride means a time, and a network learns speeds
            raise InputError(f"{video.path}: {video.fps:g} frames a second; expected {fps:g}, as the other videos have")
    return replace(
        config,
        model=replace(config.model, system=system),
        data=replace(config.data, dataset=dataset.name, classes=tuple(dataset.classes), fps=float(fps)),
        train=replace(config.train, seed=seed),
    )


def _asked(
    model: Spotter, videos: Sequence[Video], stores: Sequence[FrameStore | FeatureStore], data: DataConfig
) -> tuple[dict[str, list[NDArray]], dict[str, NDArray]]:
    """The targets of all heads for the training videos, and what stands where a clip lies beyond its video.

    Raises:
        InputError: there is nothing to learn from, such as places where no event has one.
    """
    targets, padding = {}, {}
    for head in model.heads.values():
        targets |= head.targets(videos, [store.num_steps for store in stores], data)
        padding |= head.padding
    return targets, padding


def _features(
    model: Spotter, stores: Mapping[str, Sequence[FrameStore]], config: Config, run_dir: Path
) -> dict[str, list[FeatureStore]]:
    """The features of all videos, by split, from the model's backbone, which is frozen here."""
    if (run_dir / "best.safetensors").is_file():
        # A resumed run goes on from its own backbone, whatever weights are found today.
        load_weights(model.backbone, run_dir / "best.safetensors")
    model.freeze_backbone()
    process = processes()
    model.to(process.device)
    backbone_name = check_system(config.model.system).backbone
    everything = [store for split in stores.values() for store in split]
    with process.main_process_first():  # the others find them in the cache
        features = iter(build_features(model, backbone_name, everything, config.train.precision))
    return {split: [next(features) for _ in of_split] for split, of_split in stores.items()}
