"""Train two spotters on the quick matches and show what they see.

    python -m course_lib demo

RegNet-Y looks at single frames, one by one. X3D looks at motion, and SGP behind it at seconds of it. Both keep the
weights that come with the course and go over each match once (in the profile full, on a GPU, they learn too); what
stands behind them learns from what they made of it. Both systems learn from the same matches (the course's weights come
from others) and are scored on a test match beside a guesser that has not seen it. Simulated matches that are missing
are made first: those that the demo needs, not the whole set. What is finished is not done again; an interrupted
training goes on after its last whole epoch.

The run folder gets a run of each system, per_class_ap.png, and annotated.mp4: half a minute of a test match with the
spots of the better system drawn in. A table at the end says where the time went.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.files import InputError

if TYPE_CHECKING:
    from course_lib.data.events import SpottingDataset, Video
    from course_lib.runs.run import Run

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "demo"
HELP = "train the baseline and a spotter that sees motion, compare them with chance, film the result"
BASELINE = "regnety_002+fc"
SYSTEMS = (BASELINE, "x3d_s+sgp")
VIDEO_SEC = 30.0
SIMULATED = "sim-soccer"
NEEDED = (3, 1, 1)
"""Simulated matches that it takes, to train, to choose by and to test: a fourth to train on gives two points more and
costs half a minute."""
SHOWN_FROM = 0.25  # a class with few validation events can get a threshold that lets every guess through


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `demo`."""
    parser.add_argument("--data", default=SIMULATED, metavar="NAME|ROOT", help="data set (default: %(default)s)")
    parser.add_argument("--profile", choices=("smoke", "full"), default="smoke", help="default: %(default)s")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="where to write (default: runs/demo)")
    parser.add_argument("--seed", type=int, default=0, help="of the training (default: %(default)s)")
    # What came before this command, such as the installation, is time that the reader has waited too.
    parser.add_argument("--begun", type=float, metavar="SECONDS", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Simulate, train, score, compare, draw, film."""
    times = _Times(arguments.begun)
    # The heavy imports come here, so that `--help` answers at once, and while matches are filmed, which seldom go
    # evenly into the cores.
    filming = _start_filming() if arguments.data == SIMULATED else None
    from course_lib.config import override
    from course_lib.data.datasets import load_dataset
    from course_lib.files import runs_dir
    from course_lib.profiles import FROZEN_SETTINGS, PROFILES, frozen_values, profile
    from course_lib.runs.report import score_table
    from course_lib.runs.run import Run
    from course_lib.scoring.chance import score_chance
    from course_lib.training.experiment import train_and_score

    if filming is not None and filming.wait():
        raise InputError("the simulated matches were not made; the line above says why")
    times.add("loading torch" if filming is None else "filming matches, loading torch")
    # Of the simulated matches those that it needs, of other data sets all.
    dataset = load_dataset(arguments.data, NEEDED if arguments.data == SIMULATED else None)
    folder = arguments.run_dir or runs_dir() / "demo"
    runs: dict[str, Run] = {}
    for system in SYSTEMS:
        shown = f"training on {_count(dataset.train)}, choosing on {_count(dataset.val)}"
        print(f"\n-- {system}: {shown}", flush=True)
        config = profile(arguments.profile, system)
        if arguments.profile in FROZEN_SETTINGS and (system == BASELINE or config.model.frozen_backbone):
            # Two cores could train the baseline's backbone too, but in that time frozen it scores twice as high. Half
            # of the epochs, since somebody waits.
            epochs = PROFILES[arguments.profile]["train.epochs"]
            config = override(config, frozen_values(arguments.profile, system) | {"train.epochs": epochs})
        run_dir = folder / f"{system}-seed{arguments.seed}"
        known = Run(run_dir).finished
        runs[system] = train_and_score(system, dataset, config, run_dir, arguments.seed, resume=True)
        times.add(system, {} if known else runs[system].scores["stage_seconds"])
        if set(runs[system].scores["videos"]) != {video.id for video in dataset.test}:
            raise InputError(f"{run_dir}: was scored on other matches; expected those of {dataset.root}, remove it")

    data = runs[SYSTEMS[0]].config.data
    chance = score_chance(dataset.test, dataset.train, data.rule)
    systems = {"chance": asdict(chance), **{system: run.scores["test"] for system, run in runs.items()}}
    print(f"\n-- {_count(dataset.test)} to test, mAP@1 (half a second either side)\n{score_table(systems)}\n")
    figure = _draw(systems, data.classes, folder / "per_class_ap.png")
    best = max(SYSTEMS, key=lambda system: runs[system].scores["test"]["map"])
    film = _film(dataset, runs[best], folder / "annotated.mp4")
    made = {f"run of {system}": finished.path for system, finished in runs.items()}
    made |= {"figure": figure, f"video with the spots of {best}": film}
    print("What was made:")
    for what, path in made.items():
        print(f"  {what:34s} {path}")
    times.add("figure and video")
    times.print()
    return 0


class _Times:
    """Where the time went.

    Args:
        begun: when to begin with counting, in seconds since 1970; what was before now is then installing.
    """

    def __init__(self, begun: float | None) -> None:
        self._last = time.time() if begun is None else begun
        self._rows: list[tuple[str, float]] = []
        if begun is not None:
            self.add("installing")

    def add(self, what: str, stages: Mapping[str, float] | None = None) -> None:
        """What was done since the last call, and the seconds of its stages, if it has any."""
        now = time.time()
        seconds, self._last = now - self._last, now
        self._rows += [(f"{what}: {stage}", part) for stage, part in (stages or {}).items()]
        if (rest := seconds - sum((stages or {}).values())) >= 0.5:
            self._rows.append((f"{what}: the rest" if stages else what, rest))

    def print(self) -> None:
        """A row each, and their sum."""
        print("\nWhere the time went, in seconds:")
        for what, seconds in [*self._rows, ("together", sum(seconds for _, seconds in self._rows))]:
            print(f"  {what:34s} {seconds:5.0f}")


def _start_filming() -> "subprocess.Popen[bytes] | None":
    """Begin to make the simulated matches that the demo needs, if they are not there; it says itself what it does."""
    script = Path(__file__).resolve().parents[2] / "data_scripts" / "simulate_soccer.py"
    if not script.is_file():
        return None  # installed without the clone: whoever has the matches has made them there
    command = [sys.executable, str(script), "--size", "quick", "--only", ",".join(map(str, NEEDED))]
    return subprocess.Popen(command)


def _count(videos: "Sequence[Video]") -> str:
    return f"{len(videos)} match{'es' * (len(videos) != 1)}"


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
    """The liveliest half minute of the first test match, with the run's spots and score curves."""
    from course_lib.show.video import write_annotated_video

    video, data = dataset.test[0], finished.config.data
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
        finished.frame_scores(video.id),
        thresholds,
        stride=data.stride,
    )


def _liveliest(video: "Video") -> float:
    """Start, in seconds, of the half minute with the most different actions; among equals the one with the most."""
    last = max(0, int(video.num_frames / video.fps - VIDEO_SEC))

    def interest(start_sec: int) -> tuple[int, int]:
        stop_sec = start_sec + VIDEO_SEC
        inside = [event.label for event in video.events if start_sec <= event.frame / video.fps < stop_sec]
        return len(set(inside)), len(inside)

    return float(max(range(0, last + 1, 5), key=interest))
