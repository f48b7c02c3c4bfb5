"""A hundred submissions of thirty teams, from zips to the page: what an instructor waits for.

    python tests/benchmarks/benchmark_challenge.py [--quick]

Eight matches of eight minutes with some 1,700 labels, as the quick set's test matches have them. Submissions are of
pretended spotters, 4,000 spots each; seconds are of the processor, of one process.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from course_lib.__main__ import main as command
from course_lib.challenge.making import seal
from course_lib.data.events import BALL_12, SpottingDataset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))


def figures(quick: bool) -> dict[str, float]:
    """Seconds of the processor for everything, and for another call after one more submission."""
    from pretended_submissions import hand_in, hand_in_many, played

    teams, tries, minutes = (5, 10, 2.0) if quick else (30, 100, 8.0)
    with tempfile.TemporaryDirectory() as name:
        folder, submissions = Path(name) / "challenge", Path(name) / "submissions"
        videos = played(8, minutes)
        dataset = SpottingDataset("played", folder, BALL_12, {"test": tuple(videos)})
        (folder / "sealed").mkdir(parents=True)
        challenge = seal(folder, {"by": "data", "data": "played", "split": "test"}, dataset, videos)
        hand_in_many(submissions, challenge, teams, tries)
        first = _seconds(folder, submissions)
        spots = {video.id: [replace(video.events[0], score=0.9)] for video in videos}
        hand_in(submissions, "one more.zip", videos, spots, tries)
        return {f"{tries} submissions of {teams} teams, s": first, "one more, s": _seconds(folder, submissions)}


def _seconds(folder: Path, submissions: Path) -> float:
    begun = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        command(["challenge", "score", str(folder), str(submissions)])
    return time.process_time() - begun


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few and short")
    for name, value in figures(parser.parse_args().quick).items():
        print(f"{name:40s} {value:8.2f}")


if __name__ == "__main__":
    main()
