"""Check the public VNL-STES download and make a data set of it in the course's layout, for load_dataset("vnl-stes").

Get it from the page of its authors, https://hoangqnguyen.github.io/stes/ (13 GB; read there on what terms), and unpack
it: a folder vnl_1.5 with train.json, val.json, test.json, class.txt and frames_224p/<match>/<rally>/000000.jpg ...

What it makes, below --out:
  class.txt, train.json, val.json, test.json   the official splits, checked, in E2E-Spot's format
  videos/<match>/<rally>.mp4                   the pictures encoded once (a fraction of the size), or links to videos
  frames/<match>/<rally>                       with --keep-frames: links to the folders of pictures instead
  preparation.json                             the counts, and everything that was odd

What is settled without asking, and printed: num_events that is out of date, one frame more than num_frames says, a
class file in another order or with background, labels in another case, unknown places, places a hair outside. What is
refused: a missing frame, fewer frames or more than one too many, places in pixels (see --xy-size), labels that are not
in the class list, a match in two splits. A command that was stopped goes on where it was when it is given again.

Examples:
  python data_scripts/prepare_vnl.py ~/Downloads/vnl_1.5 --check      only check and count
  python data_scripts/prepare_vnl.py ~/Downloads/vnl_1.5
  python data_scripts/prepare_vnl.py kovo --out data/kovo --rename reception=receive --rename attack=spike \\
      --match-pattern '^(\\d{4}_\\w+?)_'                                another data set in the same format
"""

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from command_line import check_at_least, new_parser, run, stoppable
from course_lib.data.events import VOLLEYBALL_6
from course_lib.data.formats.common import read_class_file
from course_lib.files import InputError, data_dir, shown_path
from vnl.counts import comparison, count
from vnl.findings import Findings
from vnl.labels import Rules, note_class_file, read_rallies
from vnl.media import Checked, check_media, find_labels, find_media, note_strangers
from vnl.output import begin, finish, place_videos

__all__ = ["main"]


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = new_parser(__doc__)
    add = parser.add_argument
    add("download", type=Path, help="the unpacked download: the folder with train.json, or the one that holds it")
    add("--out", type=Path, metavar="DIR", help="where to write (default: data/vnl-stes)")
    add("--check", action="store_true", help="only check and count; write nothing")
    add("--media", type=Path, metavar="DIR", help="where the rallies lie (default: the one folder that has them)")
    add("--keep-frames", action="store_true", help="link the folders of pictures instead of encoding them")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--link", action="store_true", help="link what is not encoded, where the disk can (the default)")
    how.add_argument("--copy", action="store_true", help="copy it, so that the download can be deleted")
    add("--classes", type=Path, metavar="FILE", help="class list to write, one a line (default: the six of VNL-STES)")
    add("--rename", action="append", default=[], metavar="FROM=TO", help="a label in the files = a class; may repeat")
    add("--drop", action="append", default=[], metavar="LABEL", help="leave events of this label out; may repeat")
    add(
        "--match-pattern",
        metavar="REGEX",
        help="finds the match in a rally's name: the group called match, or the first (default: up to the last /)",
    )
    add("--xy-size", metavar="WxH", help="places are in pixels of pictures of this size (default: fractions)")
    add(
        "--labels-from",
        type=int,
        choices=(0, 1),
        help="number of a rally's first frame in the labels (asked for if files begin at 1; else 0)",
    )
    add("--trust-files", action="store_true", help="take the files' number of frames wherever num_frames is another")
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="rallies at a time (default: cores)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 2 bad input, 130 stopped."""
    arguments = build_parser().parse_args(argv)
    with stoppable():
        return run(prepare, arguments, "finished rallies are kept")


def prepare(arguments: argparse.Namespace) -> None:
    """Check, count and, unless only that is asked for, write.

    Raises:
        InputError: an argument or something in the download is wrong; nothing has been written if it is in the labels
            or in the number of frames.
    """
    check_at_least(1, "--workers", arguments.workers)
    rules = _rules(arguments)
    findings = Findings()
    folder = find_labels(arguments.download.expanduser())
    rallies = read_rallies(folder, rules, findings)
    note_class_file(folder, rules, findings)
    every = [rally for of_split in rallies.values() for rally in of_split]
    if not every:
        raise InputError(f"{folder}: train.json, val.json and test.json list no rally; expected some")
    media = arguments.media.expanduser() if arguments.media else find_media(folder, every)
    checked = check_media(media, rallies, rules, findings, arguments.trust_files)
    note_strangers(media, rallies, findings)
    counts = count({split: [one.video for one in of_split] for split, of_split in checked.items()})
    _report(checked, counts, rules, findings)
    if arguments.check:
        return
    out = arguments.out or data_dir() / "vnl-stes"
    begin(out, folder, arguments.keep_frames)
    flat: list[Checked] = [one for of_split in checked.values() for one in of_split]
    place_videos(flat, out, keep_frames=arguments.keep_frames, copy=arguments.copy, workers=arguments.workers)
    splits = {split: [one.video for one in of_split] for split, of_split in checked.items()}
    about = {
        "from": folder.name,
        "counts": {split: asdict(numbers) for split, numbers in counts.items()},
        "findings": findings.as_dict(),
    }
    finish(out, splits, rules.classes, about)
    print(f"{shown_path(out)}: {len(flat):,} rallies, {counts['all'].events:,} events")


def _rules(arguments: argparse.Namespace) -> Rules:
    classes = read_class_file(arguments.classes) if arguments.classes else VOLLEYBALL_6
    rename = {}
    for text in arguments.rename:
        label, equals, target = text.partition("=")
        if not label.strip() or not equals or target.strip() not in classes:
            raise InputError(f"--rename is {text!r}; expected LABEL=CLASS, the class one of {', '.join(classes)}")
        rename[label.strip().lower()] = target.strip()
    pattern = None
    if arguments.match_pattern:
        try:
            pattern = re.compile(arguments.match_pattern)
        except re.error as error:
            raise InputError(f"--match-pattern {arguments.match_pattern!r} is no regular expression: {error}") from None
        if not pattern.groups:
            raise InputError(
                f"--match-pattern {arguments.match_pattern!r} has no group; expected (...) round the match"
            )
    size = None
    if arguments.xy_size:
        parts = arguments.xy_size.lower().split("x")
        if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
            raise InputError(f"--xy-size is {arguments.xy_size!r}; expected width x height in pixels, like 1920x1080")
        size = int(parts[0]), int(parts[1])
    drop = frozenset(label.strip().lower() for label in arguments.drop)
    return Rules(classes, rename, drop, pattern, size, arguments.labels_from)


def _report(checked: dict[str, list[Checked]], counts: dict, rules: Rules, findings: Findings) -> None:
    """Print what was found, what of it is odd, and how it compares."""
    schemes = Counter(one.scheme for of_split in checked.values() for one in of_split)
    sizes = Counter((one.video.width, one.video.height) for of_split in checked.values() for one in of_split)
    print("frames: " + "; ".join(f"{scheme} ({number:,} rallies)" for scheme, number in schemes.items()))
    print("sizes: " + "; ".join(f"{w}x{h} ({number:,} rallies)" for (w, h), number in sizes.items()))
    for line in findings.lines():
        print(f"note: {line}")
    # Another data set in the same format is not measured against this one.
    published = rules.classes == VOLLEYBALL_6 and not rules.rename and not rules.drop
    print("\n".join(comparison(counts, rules.classes, published)))


if __name__ == "__main__":
    sys.exit(main())
