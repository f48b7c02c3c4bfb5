"""Check SoccerNet's matches, lay them out as the course reads them, and make the training stores.

The source may be what download_soccernet.py fetched or any folder that holds the matches, however they were unpacked.
Every match is looked over: is there a video at 25 frames a second, are all labels known and inside it, are there as
many of each class as published? A match with a problem is named in a sentence each and left out.

What it makes:
  data/soccernet-ball/england_efl/2019-2020/<match>/{224p.mp4, 720p.mp4, Labels-ball.json}     links, which need no room
  data/cache/stores/                                        the frames that training reads, at the size of the profile
and, with --set v2, data/soccernet-v2/<league>/<season>/<game>/ with both halves, Labels-v2.json, and splits.json.

Examples:
  python data_scripts/prepare_soccernet.py --check                      only look, count, compare
  python data_scripts/prepare_soccernet.py --profile full               everything, for training at full size
  python data_scripts/prepare_soccernet.py --source /mnt/SoccerNet      matches that you have already
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from command_line import check_at_least, new_parser, run
from course_lib.data.datasets import load_dataset
from course_lib.data.events import BALL_12, SOCCERNET_17
from course_lib.data.inspect import MatchReport, count_differences, count_labels, inspect_match, match_videos
from course_lib.data.published import (
    BALL_EVENTS,
    BALL_FPS,
    OFFICIAL_SPLITS,
    SOCCERNET_V2_FPS,
    SOCCERNET_V2_GAMES,
    SOCCERNET_V2_LABELS,
    official_name,
    official_split,
)
from course_lib.data.store import build_stores
from course_lib.files import InputError, data_dir, shown_path, write_json
from course_lib.profiles import PROFILES, default_profile, profile
from course_lib.progress import progress_bar
from soccernet_files.layout import SPLIT_NAMES, FoundMatch, find_matches, lay

__all__ = ["main"]

SYSTEM = "x3d_s+fc"  # whose profile sets size and stride; all systems of the course share them
# See course_lib/data/store.py; measured on simulated matches.
STORE_BYTES_PER_FRAME = {"full": 3526, "smoke": 534, "check": 419}


class _Set:
    """What differs between the two sets of data."""

    def __init__(self, v2: bool) -> None:
        self.name = "soccernet-v2" if v2 else "soccernet-ball"
        self.downloads = "SoccerNet-v2" if v2 else "SN-BAS-2025"
        self.label_file = "Labels-v2.json" if v2 else "Labels-ball.json"
        self.classes = SOCCERNET_17 if v2 else BALL_12
        self.fps = SOCCERNET_V2_FPS if v2 else BALL_FPS


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = new_parser(__doc__)
    add = parser.add_argument
    add("--set", choices=("ball", "v2"), default="ball", help="ball: 12 ball actions (default); v2: SoccerNet-v2")
    add(
        "--source",
        type=Path,
        metavar="DIR",
        help="where the matches lie (default: where download_soccernet.py put them)",
    )
    add("--out", type=Path, metavar="DIR", help="where to lay them out (data/soccernet-ball; v2: data/soccernet-v2)")
    add("--splits", nargs="+", choices=("train", "val", "test", "challenge"), metavar="SPLIT",
        default=["train", "val", "test", "challenge"], help="of train val test challenge")  # fmt: skip
    add("--check", action="store_true", help="only look, count and compare; write nothing")
    add("--copy", action="store_true", help="copy the files instead of linking them")
    add("--no-stores", action="store_true", help="lay the matches out, and leave the stores to the first training")
    add("--profile", choices=PROFILES, default=default_profile(), help="sets size and stride of the stores")
    add("--workers", type=int, default=2, metavar="N", help="stores made at a time (2)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 all well, 1 problems with matches, 2 bad input, 130 stopped."""
    return run(prepare, build_parser().parse_args(argv), "finished stores are kept")


def prepare(arguments: argparse.Namespace) -> int:
    """Check, and unless told otherwise lay out and make stores.

    Raises:
        InputError: there is nothing to prepare, or what is there is in no layout that is known.
    """
    check_at_least(1, "--workers", arguments.workers)
    kind = _Set(arguments.set == "v2")
    out = arguments.out or data_dir() / kind.name
    source = arguments.source or _default_source(kind, out)
    found = [match for match in find_matches(source, kind.label_file) if match.split in (None, *arguments.splits)]
    if not found:
        raise InputError(
            f"{shown_path(source)}: holds no matches; expected folders with videos and {kind.label_file} below it"
        )
    reports, problems = look_over(found, kind)
    official = arguments.set != "v2" and any(official_name(match.name) for match in found)
    if official:
        problems += _missing_matches(found, arguments.splits)
    for line in [*problems, *(note for report in reports for note in report.notes)]:
        print(line)
    print_counts(reports, official)
    if arguments.set == "v2":
        print_v2(reports)
    good = [report for report in reports if not report.problems]
    if arguments.check or not good:
        print(f"{len(good)} of {len(reports)} matches can be used, {len(problems)} problems")
        return 1 if problems else 0
    _lay_out(good, out, kind, arguments.copy)
    print(f"{shown_path(out)}: {len(good)} matches laid out")
    if not arguments.no_stores:
        _make_stores(out, good, arguments)
    return 1 if problems else 0


def _default_source(kind: _Set, out: Path) -> Path:
    downloads = data_dir() / "downloads" / kind.downloads
    if downloads.is_dir():
        return downloads
    if out.is_dir():
        return out
    raise InputError(
        f"{shown_path(downloads)}: no such folder; fetch the matches with `python data_scripts/download_soccernet.py`, "
        "or say with --source where they lie"
    )


def look_over(found: Sequence[FoundMatch], kind: _Set) -> tuple[list[MatchReport], list[str]]:
    """Reports of the matches, and all problems, a sentence each."""
    reports, problems = [], []
    for match in progress_bar(found, "looking over", unit="match"):
        if match.split is None:
            problems.append(
                f"{shown_path(match.folder)}: is in no split; expected splits.json in the source, or a folder train, "
                "valid, test or challenge around it"
            )
            continue
        report = inspect_match(
            match.folder, match.name, match.split, label_file=kind.label_file, classes=kind.classes, fps=kind.fps
        )
        reports.append(report)
        problems += report.problems
    return reports, problems


def _missing_matches(found: Sequence[FoundMatch], splits: Sequence[str]) -> list[str]:
    names = {match.name.rsplit("/", 1)[-1] for match in found}
    return [
        f"{split}: {name!r} is missing; expected a folder of that name, or of that date and home team"
        for split in splits
        for name in OFFICIAL_SPLITS[split]
        if name not in names
    ]


def print_counts(reports: Sequence[MatchReport], official: bool) -> None:
    """Matches, hours and labels of each split; and, of SoccerNet's own, every number that is not the published one."""
    counts = count_labels(reports)
    for split in dict.fromkeys(SPLIT_NAMES.values()):
        of_split = [report for report in reports if report.split == split]
        if of_split:
            frames, size = sum(r.num_frames for r in of_split), sum(r.size_bytes for r in of_split)
            labels = sum(counts.get(split, Counter()).values())
            gigabytes = f"{size / 1e9:.2f} GB of video"
            print(f"{split:9} {len(of_split):3} matches {frames:10,} frames {labels:7,} labels   {gigabytes}")
    if not official:
        return
    own = [report.match for report in reports if not official_name(report.match)]
    if own:
        print(f"not compared with published numbers, being none of SoccerNet's matches: {', '.join(own)}")
    counts = count_labels(report for report in reports if official_name(report.match))
    different = count_differences(counts, BALL_EVENTS)
    if not different:
        print(f"labels of each class in {', '.join(counts)}: all as published")
        return
    print(f"{'split':9} {'class':26} {'here':>6} {'published':>9}")
    for one in different:
        print(f"{one.split:9} {one.label:26} {one.found:6} {one.published:9}")


def print_v2(reports: Sequence[MatchReport]) -> None:
    """Games and labels beside the published numbers of SoccerNet-v2."""
    games = Counter(report.split for report in reports)
    labels = sum(sum(of_split.values()) for of_split in count_labels(reports).values())
    expected = ", ".join(f"{number} {split}" for split, number in SOCCERNET_V2_GAMES.items())
    here = ", ".join(f"{games[split]} {split}" for split in SOCCERNET_V2_GAMES)
    print(f"games: {here} (published: {expected}); labels: {labels:,} (published: {SOCCERNET_V2_LABELS:,})")


def _lay_out(good: Sequence[MatchReport], out: Path, kind: _Set, copy: bool) -> None:
    for report in good:
        names = [path.name for half in match_videos(report.folder).values() for path in half.values()]
        names += [path.name for path in report.folder.glob("Labels-*.json")]
        names += [name for name in ("tracks.npz",) if (report.folder / name).is_file()]  # simulated ones have it
        lay(report.folder, out / report.match, names, copy)
    splits = out / "splits.json"
    if not splits.is_file() and all(official_split(report.match) == report.split for report in good):
        return  # the official lists say it
    known: dict[str, set[str]] = {}
    for match in find_matches(out, kind.label_file):  # what was laid out before is not to be lost
        if match.split:
            known.setdefault(match.split, set()).add(match.name)
    for report in good:
        for matches in known.values():
            matches.discard(report.match)
        known.setdefault(report.split, set()).add(report.match)
    write_json(splits, {split: sorted(matches) for split, matches in known.items() if matches})


def _make_stores(out: Path, good: Sequence[MatchReport], arguments: argparse.Namespace) -> None:
    data = profile(arguments.profile, SYSTEM).data
    laid = {report.match for report in good}
    videos = [video for video in load_dataset(out).videos if video.game in laid]
    steps = sum(-(-video.num_frames // data.stride) for video in videos)
    size = f"{data.width}x{data.height}, every {data.stride}. frame"
    about = steps * STORE_BYTES_PER_FRAME[arguments.profile] / 1e9
    print(f"stores of {len(videos)} videos at {size}: {steps:,} frames, about {about:.2f} GB (estimated)")
    build_stores(videos, data, workers=arguments.workers)
    print(f"stores are made; next: python -m course_lib train x3d_s+sgp --data {shown_path(out)}")


if __name__ == "__main__":
    sys.exit(main())
