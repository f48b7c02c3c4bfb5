"""Fetch SoccerNet's matches: ball action spotting (SN-BAS-2025) from the hub, or SoccerNet-v2 through its own package.

The data need an agreement (www.soccer-net.org/data). What comes with it is taken from the environment, never from the
command line, and is neither printed nor stored:
  HF_TOKEN             of the account that was given access to SoccerNet/SN-BAS-2025 on huggingface.co
  SOCCERNET_PASSWORD   opens the archives of videos

What it makes, below --out:
  <split>.zip                                                   the archives (removed again with --remove-archives)
  <split>/england_efl/2019-2020/<match>/{224p.mp4, 720p.mp4, Labels-ball.json}
and, with --set v2, <league>/<season>/<game>/{1_224p.mkv, 2_224p.mkv, Labels-v2.json} and splits.json.

A command that was stopped goes on where it was when it is given again: archives from the byte that came last, matches
from the last that is whole. Archives are checked against the hub's checksums. Then: prepare_soccernet.py.

Examples:
  python data_scripts/download_soccernet.py --list                 what there is and how large it is
  python data_scripts/download_soccernet.py --splits valid         one match of some 2 GB, to begin with
  python data_scripts/download_soccernet.py --sizes 224p           unpack only the small videos, which suffice
  python data_scripts/download_soccernet.py --set v2 --files labels
--set v2 needs `pip install SoccerNet`, which the course does not install by itself: it brings a good many packages.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from command_line import check_at_least, new_parser, run
from course_lib.files import InputError, data_dir, read_json, shown_path, write_json
from soccernet_files.archive import unpack
from soccernet_files.credentials import check_endpoint, password
from soccernet_files.hub import Hub, HubFile
from soccernet_files.official import fetch_games

__all__ = ["main"]

REPOSITORY = "SoccerNet/SN-BAS-2025"
ENDPOINT = "https://huggingface.co"
SPLITS = ("train", "valid", "test", "challenge")
SIZES = ("224p", "720p")
UNPACKED = ".unpacked.json"  # in --out: archive → what was unpacked of it
V2_FILES = {"labels": ("Labels-v2.json",), "224p": ("1_224p.mkv", "2_224p.mkv"), "720p": ("1_720p.mkv", "2_720p.mkv")}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = new_parser(__doc__)
    add = parser.add_argument
    add(
        "--set",
        choices=("ball", "v2"),
        default="ball",
        help="ball: SN-BAS-2025 (default); v2: SoccerNet-v2, 17 classes",
    )
    add(
        "--splits",
        nargs="+",
        choices=SPLITS,
        default=list(SPLITS),
        metavar="SPLIT",
        help="of train valid test challenge",
    )
    add(
        "--sizes",
        nargs="+",
        choices=SIZES,
        default=list(SIZES),
        metavar="SIZE",
        help="ball: videos to unpack, 224p 720p",
    )
    add("--files", nargs="+", choices=V2_FILES, default=["labels", "224p"], help="v2: what to fetch (labels 224p)")
    add("--games", type=int, metavar="N", help="v2: only the first N games of each split")
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="where to write (data/downloads/SN-BAS-2025; v2: data/downloads/SoccerNet-v2)",
    )
    add("--list", action="store_true", help="ball: only say what there is; fetches nothing and needs no agreement")
    add("--no-unpack", action="store_true", help="ball: only fetch the archives")
    add("--remove-archives", action="store_true", help="ball: remove each archive once its matches are unpacked")
    add("--endpoint", default=os.environ.get("HF_ENDPOINT") or ENDPOINT, metavar="URL", help="hub (HF_ENDPOINT)")
    add("--revision", default="main", help="branch, tag or commit on the hub (main)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 2 bad input or no way in, 130 stopped."""
    arguments = build_parser().parse_args(argv)
    return run(fetch_v2 if arguments.set == "v2" else fetch_ball, arguments, "what has arrived is kept")


def fetch_ball(arguments: argparse.Namespace) -> None:
    """Archives of SN-BAS-2025, each fetched, checked and unpacked before the next.

    Raises:
        InputError: see `Hub` and `unpack`.
    """
    out = arguments.out or data_dir() / "downloads" / "SN-BAS-2025"
    hub = Hub(check_endpoint(arguments.endpoint), REPOSITORY, arguments.revision)
    files = hub.files()
    missing = [f"{split}.zip" for split in arguments.splits if f"{split}.zip" not in files]
    if missing:
        raise InputError(
            f"{REPOSITORY} has no {', '.join(missing)} in revision {arguments.revision!r}; expected it there"
        )
    if arguments.list:
        for name, file in sorted(files.items()):
            print(f"{file.size_bytes / 1e9:9.3f} GB  {name}")
        return
    for split in arguments.splits:
        file = files[f"{split}.zip"]
        if matches := _unpacked_before(out, split, file, arguments.sizes):
            print(f"{split}: all {len(matches)} matches are there already")
            continue
        path = hub.fetch(file, out)
        if arguments.no_unpack:
            print(f"{split}: {shown_path(path)}, {file.size_bytes / 1e9:.2f} GB, checked")
            continue
        matches = unpack(path, out / split, password(), arguments.sizes)
        _remember_unpacked(out, split, file, arguments.sizes, matches)
        if arguments.remove_archives:
            path.unlink()
        print(f"{split}: {len(matches)} matches in {shown_path(out / split)}")
    if not arguments.no_unpack:
        print("next: python data_scripts/prepare_soccernet.py --check")


def _unpacked(out: Path) -> dict:
    try:
        known = read_json(out / UNPACKED)
    except InputError:
        return {}
    return known if isinstance(known, dict) else {}


def _remember_unpacked(out: Path, split: str, file: HubFile, sizes: Sequence[str], matches: list[str]) -> None:
    """Keep what was unpacked: every file of the matches with its size."""
    found = {
        f"{match}/{path.name}": path.stat().st_size for match in matches for path in (out / split / match).iterdir()
    }
    entry = {"sha256": file.sha256, "sizes": sorted(sizes), "matches": matches, "files": found}
    write_json(out / UNPACKED, _unpacked(out) | {split: entry})


def _unpacked_before(out: Path, split: str, file: HubFile, sizes: Sequence[str]) -> list[str]:
    """The matches, if this very archive was unpacked before and all that came out of it is still there."""
    entry = _unpacked(out).get(split) or {}
    whole = (
        entry.get("sha256") == file.sha256
        and set(sizes) <= set(entry.get("sizes", ()))
        and all(
            (out / split / name).is_file() and (out / split / name).stat().st_size == size
            for name, size in entry.get("files", {}).items()
        )
    )
    return entry["matches"] if whole and file.sha256 else []


def fetch_v2(arguments: argparse.Namespace) -> None:
    """Labels and videos of SoccerNet-v2.

    Raises:
        InputError: see `fetch_games`.
    """
    check_at_least(1, "--games", arguments.games)
    out = arguments.out or data_dir() / "downloads" / "SoccerNet-v2"
    files = [name for kind in arguments.files for name in V2_FILES[kind]]
    games = fetch_games(out, arguments.splits, files, arguments.games)
    print(f"{shown_path(out)}: {len(games)} games with {', '.join(files)}")
    print("next: python data_scripts/prepare_soccernet.py --set v2 --check")


if __name__ == "__main__":
    sys.exit(main())
