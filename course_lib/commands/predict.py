"""Find events with a trained spotter, in the videos of a data set or in any video file.

    python -m course_lib predict runs/first --data sim-soccer --split test --out spots
    python -m course_lib predict runs/first --video match.mp4 --out spots

For a data set OUT gets <league>/<season>/<match>/results_spotting.json, as a challenge server and the evaluate command
take it, and the scores are printed if there are labels. For a single file it gets results_spotting.json. Any length of
video will do; another frame rate is resampled to the one that the spotter was trained at.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from course_lib.commands.score_table import score_table
from course_lib.errors import InputError
from course_lib.runs import SPOTS_FILE, Run, write_spots

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "predict"
HELP = "find events with a trained spotter, in a data set or a video file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `predict`."""
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="run folder of the trained spotter")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", metavar="NAME|ROOT", help="data set name or folder")
    what.add_argument("--video", type=Path, metavar="FILE", help="a video file, or a folder of frames")
    parser.add_argument("--split", default="test", help="which part of the data set (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for results_spotting.json")


def run(arguments: argparse.Namespace) -> int:
    """Predict, write, and score where there is something to score against."""
    trained = Run(arguments.run_dir)
    if arguments.video is not None:
        _predict_file(trained, arguments.video, arguments.out)
    else:
        _predict_split(trained, arguments.data, arguments.split, arguments.out)
    return 0


def _predict_file(trained: Run, path: Path, out: Path) -> None:
    from course_lib.events import write_soccernet_predictions
    from course_lib.prediction import predict_video
    from course_lib.video import probe

    model, info = trained.model(), probe(path)
    prediction = predict_video(model, path, trained.config, trained.decoding)
    file = out / SPOTS_FILE
    write_soccernet_predictions(file, path.stem, prediction.spots, info.fps)
    shown = [spot for spot in prediction.spots if spot.score >= trained.display_thresholds[spot.label]]
    for spot in shown:
        minutes, seconds = divmod(spot.frame / info.fps, 60)
        print(f"{int(minutes):02d}:{seconds:05.2f}  {spot.label:24s}  {spot.score:.2f}")
    print(f"{len(shown)} events worth showing; all {len(prediction.spots)} spots are in {file}")


def _predict_split(trained: Run, data: str, split: str, out: Path) -> None:
    from course_lib.datasets import load_dataset
    from course_lib.metrics.ball_actions import score_ball_actions
    from course_lib.prediction import predict_videos

    dataset = load_dataset(data)
    videos = dataset.splits.get(split)
    if not videos:
        raise InputError(
            f"{dataset.root}: no video in the split {split!r}; expected one of {', '.join(dataset.splits)}"
        )
    predictions = predict_videos(trained.model(), videos, trained.config, trained.decoding)
    spots = {name: prediction.spots for name, prediction in predictions.items()}
    write_spots(out, videos, spots)
    if any(video.events for video in videos):
        settings = trained.config.data
        scores = score_ball_actions(videos, spots, settings.classes, stride=settings.stride, fps=settings.fps)
        print(score_table({trained.config.model.system: asdict(scores)}))
    print(f"spots of {len(videos)} videos written below {out}")
