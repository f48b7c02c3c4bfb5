"""Train two spotters on the quick matches and show what they see.

RegNet-Y looks at single frames, tiny3d at short stretches of video. Both are trained from the same data with the same
recipe, then scored on the test matches beside a uniform guesser. A finished part is not done again.

Written to the run folder: a run of each system, per_class_ap.png, and annotated.mp4 with a minute of a test match.
"""

import argparse
from pathlib import Path

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "demo"
HELP = "train the baseline and a small 3D network, compare them with chance, film the result"
SYSTEMS = ("regnety_002+fc", "tiny3d+fc")
CHANCE = "chance"
VIDEO_SEC = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", default="sim-soccer", help="data set name or folder (default: %(default)s)")
    parser.add_argument("--run-dir", type=Path, default=None, help="where to write (default: runs/demo)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the training (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Train, score, compare, draw, film."""
    # The heavy imports come here, so that `--help` answers at once.
    pass
