"""Why `evaluate` and a run can disagree about the run's own spots, and how they come to agree: `--stride`.

A spotter that looks at every second frame answers for steps of two frames, and its run is scored on them: labels and
spots are brought to their step, and the tolerance is counted in steps. Official scores count frames. A spot that lies
half a second from its label can be inside one and outside the other, so an AP of few labels moves by tens of points.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from course_lib.data.events import Video
from course_lib.data.formats.soccernet import read_soccernet_labels, read_soccernet_predictions
from course_lib.data.formats.soccernet_entries import HALVES
from course_lib.data.times import Times
from course_lib.files import InputError, read_json, shown_path
from course_lib.scoring.ball import SoccerNetScores, ball_tables, score_tables, vector_frames
from course_lib.scoring.rule import Rule

__all__ = ["score_on_steps", "stride_note"]


def score_on_steps(
    games: Mapping[str, tuple[Path, Path]], classes: Sequence[str], metric: str, *, fps: float, stride: int
) -> SoccerNetScores:
    """Score games on steps of `stride` frames, as a run with that stride scores its test videos.

    Args:
        games: name to its label file and its file of predictions. Where the video lies beside the labels, its own rate
            and length count, as they do for a run.
        classes, metric, fps: as for `course_lib.scoring.ball.score_soccernet`.
        stride: frames a step.

    Raises:
        InputError: a file is missing or malformed.
    """
    from course_lib.data.datasets import probe_match  # which brings what reads videos

    videos, spots = [], {}
    for game, (labels_file, spots_file) in games.items():
        known = probe_match(labels_file.parent)
        for half in HALVES:
            info = known.get(half)
            times, length = (info.times, info.num_frames) if info else (Times(fps), vector_frames(fps))
            of_half = {"half": half, "unknown": "skip", "num_frames": info.num_frames if info else None}
            events = tuple(read_soccernet_labels(labels_file, times, classes, **of_half))
            videos.append(Video(f"{game}/{half}", None, length, times.fps, 0, 0, events, half=half, game=game))
            spots[videos[-1].id] = read_soccernet_predictions(spots_file, times, classes, **of_half)
    rule = Rule(tuple(classes), stride=stride, fps=fps)
    return score_tables(*ball_tables(videos, spots, rule), classes, rule.steps_per_sec, [metric])[metric]


def stride_note(arguments: argparse.Namespace, report: Mapping[str, Any]) -> str:
    """One line where predictions are a run's own and it was scored on other steps; else nothing.

    Args:
        arguments: of `evaluate`.
        report: what it found.
    """
    if report.get("metric", "at1") not in ("at1", "volleyball"):
        return ""  # no run has this score
    around = arguments.predictions.resolve().parents[:2]  # of the folder `spots`, or of a file in it
    folder = next((f for f in around if (f / "config.json").is_file()), None)
    if folder is None:
        return ""
    try:
        data = read_json(folder / "config.json")["data"]
        stride, fps = int(data["stride"]), float(data["fps"])
    except (InputError, KeyError, TypeError, ValueError):  # none of ours
        return ""
    if stride == arguments.stride:
        return ""
    here = "frames" if arguments.stride == 1 else f"steps of {arguments.stride}"
    rate = f" --fps {fps:g}" if report.get("fps", fps) != fps else ""
    return (
        f"the score of the run {shown_path(folder)} itself can differ: it counts in steps of {stride} frames "
        f"({stride / fps:g} s), this in {here}; --stride {stride}{rate} counts as the run does"
    )
