"""Train two spotters on the quick matches and show what they see.

    python -m course_lib demo

RegNet-Y looks at single frames, one by one. X3D looks at motion, and SGP behind it at seconds of it: X3D keeps the
weights that come with the course and goes over each match once, SGP learns from what it made of them. Both systems
learn from the same matches (the course's weights come from others) and are scored on the test matches beside a guesser
that has not seen them. What is finished is not done again; an interrupted training goes on after its last whole epoch.

The run folder gets a run of each system, per_class_ap.png, and annotated.mp4: a minute of a test match with the spots
of the better system drawn in.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.data.events import SpottingDataset, Video
    from course_lib.runs.run import Run

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "demo"
HELP = "train the baseline and a spotter that sees motion, compare them with chance, film the result"
SYSTEMS = ("regnety_002+fc", "x3d_s+sgp")
VIDEO_SEC = 60.0
SHOWN_FROM = 0.25  # a class with few validation events can get a threshold that lets every guess through


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `demo`."""
    parser.add_argument("--data", default="sim-soccer", metavar="NAME|ROOT", help="data set (default: %(default)s)")
    parser.add_argument("--profile", choices=("smoke", "full"), default="smoke", help="default: %(default)s")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="where to write (default: runs/demo)")
    parser.add_argument("--seed", type=int, default=0, help="of the training (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Train, score, compare, draw, film."""
    # The heavy imports come here, so that `--help` answers at once.
    from course_lib.data.datasets import load_dataset
    from course_lib.files import runs_dir
    from course_lib.profiles import profile
    from course_lib.runs.report import score_table
    from course_lib.scoring.chance import score_chance
    from course_lib.training.experiment import train_and_score

    dataset = load_dataset(arguments.data)
    folder = arguments.run_dir or runs_dir() / "demo"
    runs: dict[str, Run] = {}
    for system in SYSTEMS:
        print(f"\n-- {system}: training on {len(dataset.train)} matches, choosing on {len(dataset.val)}", flush=True)
        config = profile(arguments.profile, system)
        run_dir = folder / f"{system}-seed{arguments.seed}"
        runs[system] = train_and_score(system, dataset, config, run_dir, arguments.seed, resume=True)

    data = runs[SYSTEMS[0]].config.data
    chance = score_chance(dataset.test, dataset.train, data.rule)
    systems = {"chance": asdict(chance), **{system: run.scores["test"] for system, run in runs.items()}}
    print(f"\n-- {len(dataset.test)} test matches, mAP@1 (half a second either side)\n{score_table(systems)}\n")
    figure = _draw(systems, data.classes, folder / "per_class_ap.png")
    best = max(SYSTEMS, key=lambda system: runs[system].scores["test"]["map12"])
    film = _film(dataset, runs[best], folder / "annotated.mp4")
    made = {f"run of {system}": finished.path for system, finished in runs.items()}
    made |= {"figure": figure, f"video with the spots of {best}": film}
    print("What was made:")
    for what, path in made.items():
        print(f"  {what:34s} {path}")
    return 0


def _draw(systems: Mapping[str, Mapping[str, Any]], classes: Sequence[str], path: Path) -> Path:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from course_lib.files import atomic_path
    from course_lib.show.scores import plot_per_class_ap

    trained = {name: scores["per_class"] for name, scores in systems.items() if name != "chance"}
    chance = systems["chance"]
    fig, _ = plot_per_class_ap(trained, classes, counts=chance["counts"], chance=chance["per_class"])
    with atomic_path(path) as temporary:
        fig.savefig(temporary, dpi=150, bbox_inches="tight")
    plt.close(fig)
    return path


def _film(dataset: "SpottingDataset", finished: "Run", path: Path) -> Path:
    """The liveliest minute of the first test match, with the run's spots and score curves."""
    from course_lib.data.store import build_stores
    from course_lib.show.video import write_annotated_video
    from course_lib.spotting.inference import score_videos

    video, data = dataset.test[0], finished.config.data
    stores = build_stores([video], data)
    (scores,) = score_videos(finished.model(), stores, finished.config, "scores for the video")
    thresholds = {label: max(value, SHOWN_FROM) for label, value in finished.display_thresholds.items()}
    start_sec = _liveliest(video)
    return write_annotated_video(
        video.path,
        path,
        video.events,
        finished.spots()[video.id],
        data.classes,
        start_sec,
        start_sec + VIDEO_SEC,
        scores.probabilities,
        thresholds,
        stride=data.stride,
    )


def _liveliest(video: "Video") -> float:
    """Start, in seconds, of the minute with the most different actions; among equals the one with the most."""
    last = max(0, int(video.num_frames / video.fps - VIDEO_SEC))

    def interest(start_sec: int) -> tuple[int, int]:
        stop_sec = start_sec + VIDEO_SEC
        inside = [event.label for event in video.events if start_sec <= event.frame / video.fps < stop_sec]
        return len(set(inside)), len(inside)

    return float(max(range(0, last + 1, 5), key=interest))
