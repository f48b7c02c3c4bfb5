"""What `evaluate` does with files of the common JSON: frame mAP, and volleyball's score of time and place."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from course_lib.data.events import Event, Video
from course_lib.data.formats.common import read_e2e_json, read_e2e_predictions, resolve_classes
from course_lib.data.label_hints import unknown_labels
from course_lib.files import InputError
from course_lib.scoring.frames import FrameScores, frame_map
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import VolleyballScores, score_volleyball
from course_lib.text_table import percent_table

__all__ = ["run_frames", "run_volleyball"]

MOST_FRAMES, MOST_TOLERANCES = 1_000_000, 100


def run_frames(arguments: argparse.Namespace) -> dict[str, Any]:
    """Frame mAP: prints a table, returns the numbers."""
    tolerances = _tolerances(arguments.tolerances)
    wanted = resolve_classes(arguments.classes) if arguments.classes else None
    videos, spots, skipped = _read(arguments, wanted)
    classes = wanted or tuple(sorted({event.label for video in videos for event in video.events}))
    if not wanted:
        strangers = Counter(event.label for events in spots.values() for event in events)
        skipped["predictions"] = Counter({label: n for label, n in strangers.items() if label not in classes})
    scores = frame_map(videos, spots, Rule(classes, stride=arguments.stride), tolerances)
    if not any(scores.counts.values()):
        raise InputError(f"{arguments.labels}: holds no event of the classes to score")
    _print_frames(scores, len(videos), _unit(arguments.stride))
    return _say_skipped(skipped, classes) | {
        "format": "e2e",
        "stride": arguments.stride,
        "tolerances": list(tolerances),
        "videos": len(videos),
        "mAP": {str(tolerance): value for tolerance, value in scores.mAP.items()},
        "mean_mAP": scores.mean,
        "per_class": {
            label: {str(tolerance): scores.per_class[tolerance][label] for tolerance in tolerances}
            for label in scores.per_class[tolerances[0]]
        },
        "num_labels": scores.counts,
    }


def run_volleyball(arguments: argparse.Namespace) -> dict[str, Any]:
    """Temporal, spatial and combined score: prints tables, returns the numbers."""
    tolerances = _tolerances(arguments.tolerances)
    if max(tolerances) == 0:
        raise InputError(f"--tolerances {arguments.tolerances!r}: expected one above 0, which the combined score needs")
    classes = resolve_classes(arguments.classes or "volleyball-6")
    videos, spots, skipped = _read(arguments, classes)
    if not any(video.events for video in videos):
        raise InputError(
            f"{arguments.labels}: holds no event of the classes {', '.join(classes)}; name others by --classes"
        )
    scores = score_volleyball(videos, spots, Rule(classes, stride=arguments.stride), tolerances=tolerances)
    placed = any(event.xy is not None for events in spots.values() for event in events)
    _print_volleyball(scores, len(videos), placed, _unit(arguments.stride))
    shown = {"format": "e2e", "metric": arguments.metric, "stride": arguments.stride, "videos": len(videos)}
    return _say_skipped(skipped, classes) | shown | asdict(scores)


def _say_skipped(skipped: Mapping[str, Counter[str]], classes: Sequence[str]) -> dict[str, Any]:
    """Print what of the files does not count; for the report, how many of each label."""
    for whose, counts in skipped.items():
        if counts:
            print(unknown_labels(counts, classes, whose))
    return {"skipped": {whose: dict(counts) for whose, counts in skipped.items()}} if any(skipped.values()) else {}


def _read(
    arguments: argparse.Namespace, classes: Sequence[str] | None
) -> tuple[list[Video], dict[str, list[Event]], dict[str, Counter[str]]]:
    """Labels, predictions, and of both how many there are of labels that the classes lack."""
    for path in (arguments.labels, arguments.predictions):
        if path.is_dir():
            raise InputError(f"{path}: is a folder; expected one file of the common JSON, like test.json")
    skipped: dict[str, Counter[str]] = {"labels": Counter(), "predictions": Counter()}
    videos = read_e2e_json(arguments.labels, classes, unknown="skip", skipped=skipped["labels"])
    spots = read_e2e_predictions(arguments.predictions, classes, unknown="skip", skipped=skipped["predictions"])
    return videos, spots, skipped


def _tolerances(text: str) -> tuple[int, ...]:
    try:
        tolerances = tuple(int(part) for part in text.split(","))
    except ValueError:
        tolerances = ()
    if not tolerances or min(tolerances) < 0 or len(set(tolerances)) < len(tolerances):
        raise InputError(f"--tolerances {text!r}: expected different whole numbers of frames like 0,1,2,4")
    if max(tolerances) > MOST_FRAMES or len(tolerances) > MOST_TOLERANCES:
        raise InputError(
            f"--tolerances {text!r}: expected {MOST_TOLERANCES} or fewer, of {MOST_FRAMES} frames or less each"
        )
    return tolerances


def _unit(stride: int) -> str:
    return "frames" if stride == 1 else f"steps of {stride} frames"


def _print_frames(scores: FrameScores, num_videos: int, unit: str) -> None:
    print(f"frame mAP, {num_videos} videos, tolerance in {unit} either side, in percent")
    rows: dict[str, list[Any]] = {
        label: [count, *(values.get(label, "–") for values in scores.per_class.values())]
        for label, count in scores.counts.items()
    }
    rows["mAP"] = [sum(scores.counts.values()), *scores.mAP.values()]
    print(percent_table(["labels", *map(str, scores.mAP)], rows))
    print(f"mean over tolerances {100 * scores.mean:.2f}")


def _print_volleyball(scores: VolleyballScores, num_videos: int, placed: bool, unit: str) -> None:
    print(f"temporal AP, {num_videos} videos, tolerance in {unit} either side, in percent")
    rows: dict[str, list[Any]] = {
        label: [count, *(row.get(label, "–") for row in scores.per_class_at.values()), scores.per_class.get(label, "–")]
        for label, count in scores.counts.items()
    }
    rows["mTAP"] = [sum(scores.counts.values()), *scores.temporal.values(), scores.mtap]
    print(percent_table(["labels", *scores.temporal, "mean"], rows))
    print("\nspatial AP, all classes together, by tolerance and by radius in px of 224 x 224")
    columns = list(next(iter(scores.spatial.values())))
    grid: dict[str, list[Any]] = {f"±{tolerance}": list(row.values()) for tolerance, row in scores.spatial.items()}
    print(percent_table([f"{radius} px" for radius in columns], grid))
    if not placed:
        print("no prediction says where (xy): nothing can be found in place")
    print("\nclean spatial AP, class by class, true pixels at a height of 224, mean over tolerances and radii")
    print(percent_table(["AP"], {label: [scores.clean_per_class.get(label, "–")] for label in scores.counts}))
    print("\nin all, the official scores and the clean ones")
    totals: dict[str, list[Any]] = {
        "mTAP": [scores.mtap, scores.mtap],
        "mSAP": [scores.msap, scores.clean_msap],
        "combined": [scores.combined, scores.clean_combined],
    }
    print(percent_table(["official", "clean"], totals))
