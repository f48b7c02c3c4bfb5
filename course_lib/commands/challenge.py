"""A challenge for a class: matches with sealed labels, and a table that ranks teams only as far as the matches tell.

    python -m course_lib challenge make exam --matches 8
    python -m course_lib challenge make finals --data sim-volleyball --split test
    python -m course_lib challenge score exam submissions
    python -m course_lib challenge score exam submissions --names who_is_who.json
    python -m course_lib challenge score exam submissions --final

`make` films matches that nobody has seen, as the quick set is filmed but from a seed of 256 random bits. FOLDER gets
participants/, which is handed out (videos, and what to hand in), and sealed/, which is not (labels, tracks, seed). Half
of the matches are public, the others private. With --data the labels are those of a split that exists; its videos are
named, not copied. The same command goes on where it was stopped.

`score` looks into a folder of submissions, a zip each as `submit` makes them: TEAM.zip, TEAM/anything.zip, or what
Moodle or Canvas gives as "download all submissions", unpacked. Each is checked, and scored on the public half if it is
new. A team's score moves only by more than the noise; what is shown is kept in sealed/shown.json with its date. The
table is printed and written as one HTML page, with --names under pseudonyms that this file keeps. --final shows the
private half, and how far each team had fitted itself to the public one. The exit status is 1 if a new file was refused.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_lib.files import InputError

if TYPE_CHECKING:
    from course_lib.challenge.record import Try
    from course_lib.challenge.sealed import Challenge
    from course_lib.data.events import Video

__all__ = ["HELP", "NAME", "add_arguments", "run"]

NAME = "challenge"
HELP = "a competition for a class: sealed matches, and a table that does not rank noise"
OWN_SPOTTER = "demo/x3d_s+sgp-seed0"
"""Below the folder of runs: what `make demo` has trained."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `challenge`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="make|score")
    make = actions.add_parser("make", help="make a challenge")
    make.add_argument("folder", type=Path, metavar="FOLDER", help="where to")
    make.add_argument("--matches", type=int, metavar="N", help="matches to film, half of them public (default: 8)")
    make.add_argument("--minutes", type=float, metavar="M", help="length of each (default: 8)")
    make.add_argument("--resolution", metavar="WxH", help="of the films (default: 398x224)")
    make.add_argument("--data", metavar="NAME|ROOT", help="a labelled data set instead of new matches")
    make.add_argument("--split", help="of the data set (default: test)")
    make.add_argument("--teams", type=int, default=30, metavar="N", help="expected (default: %(default)s)")
    make.add_argument("--spotter", type=Path, metavar="RUN", help=f"for the table (default: runs/{OWN_SPOTTER})")
    score = actions.add_parser("score", help="score submissions and show the table")
    score.add_argument("folder", type=Path, metavar="FOLDER", help="of the challenge")
    score.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="folder of zips")
    score.add_argument("--final", action="store_true", help="show the private half, once all is handed in")
    score.add_argument("--names", type=Path, metavar="FILE", help="show pseudonyms; who is who stands in this file")
    score.add_argument("--out", type=Path, metavar="FILE", help="the page (default: FOLDER/table.html or final.html)")


def run(arguments: argparse.Namespace) -> int:
    """Make or score; returns 1 if a new submission was refused."""
    return _make(arguments) if arguments.action == "make" else _score(arguments)


def _make(arguments: argparse.Namespace) -> int:
    from course_lib.challenge.making import hand_out, seal
    from course_lib.challenge.sealed import CHALLENGE_FILE, load_challenge
    from course_lib.files import only_here, shown_path

    folder, made = arguments.folder, _wanted(arguments)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; expected a folder for the challenge")
    (folder / "sealed").mkdir(parents=True, exist_ok=True)
    with only_here(folder / "sealed" / CHALLENGE_FILE, "a challenge"):
        if (folder / "sealed" / CHALLENGE_FILE).is_file():
            challenge = load_challenge(folder)
            other = [name for name, value in made.items() if challenge.made.get(name) != value]
            if other:
                raise InputError(
                    f"{folder}: holds a challenge with other settings ({', '.join(other)}); expected the same, or "
                    "another folder"
                )
        else:
            dataset, videos, train = _labelled(folder, made)
            challenge = seal(folder, made, dataset, videos, train)
        hand_out(challenge)
        challenge = _add_own_spotter(challenge, arguments.spotter)
    print(f"{shown_path(challenge.participants)}: to be handed out; {shown_path(challenge.sealed)}: to be kept")
    if not any(name != "chance" for name in challenge.fixed):
        print("no row of the course's own spotter: after `make demo`, or with --spotter RUN, this command adds it")
    _print_resolution(challenge, arguments.teams)
    return 0


def _wanted(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is to be made, as the sealed file keeps it."""
    if arguments.teams < 2:
        raise InputError(f"--teams is {arguments.teams}; expected 2 or more")
    filmed = {name: getattr(arguments, name) for name in ("matches", "minutes", "resolution")}
    if arguments.data is not None:
        given = [name for name, value in filmed.items() if value is not None]
        if given:
            raise InputError(f"--data and --{given[0]} exclude each other: nothing is filmed")
        return {"by": "data", "data": arguments.data, "split": arguments.split or "test"}
    if arguments.split is not None:
        raise InputError("--split: expected --data, whose split it is")
    matches = 8 if arguments.matches is None else arguments.matches
    minutes = 8.0 if arguments.minutes is None else arguments.minutes
    if matches < 2 or (matches // 2) * minutes < 2:
        raise InputError(
            f"{matches} matches of {minutes:g} minutes: expected two matches or more, and two minutes or more in each "
            "half of them"
        )
    return {"by": "filmed", "matches": matches, "minutes": minutes, "resolution": arguments.resolution or "398x224"}


def _labelled(folder: Path, made: dict[str, Any]) -> tuple[Any, "Sequence[Video]", "Sequence[Video]"]:
    """The data set that holds the labels, the videos that become the challenge, and others to learn rates from."""
    from course_lib.data.datasets import load_dataset

    if made["by"] == "data":
        dataset = load_dataset(made["data"])
        videos = dataset.splits.get(made["split"])
        if not videos:
            filled = ", ".join(split for split, videos in dataset.splits.items() if videos)
            raise InputError(f"{dataset.root}: no video in the split {made['split']!r}; expected one of {filled}")
        return dataset, videos, dataset.train if made["split"] != "train" else ()
    _film(folder / "sealed", made)
    dataset = load_dataset(folder / "sealed")
    return dataset, dataset.videos, ()


def _film(folder: Path, made: dict[str, Any]) -> None:
    script = Path(__file__).resolve().parents[2] / "data_scripts" / "simulate_soccer.py"
    if not script.is_file():
        raise InputError(f"{script}: no such file, since this is a copy without its clone; expected --data")
    command = [sys.executable, str(script), "--size", "quick", "--seed", "secret", "--out", str(folder)]
    for name in ("matches", "minutes", "resolution"):
        command += [f"--{name}", str(made[name])]
    if subprocess.run(command).returncode:
        raise InputError("the matches were not filmed; the line above says why")


def _add_own_spotter(challenge: "Challenge", named: Path | None) -> "Challenge":
    """The challenge with the row of a spotter: the one that was named, or the demo's if there is one."""
    from course_lib.challenge.making import add_fixed
    from course_lib.data.datasets import load_dataset
    from course_lib.files import runs_dir

    run = named or runs_dir() / OWN_SPOTTER
    if named is None and (len(challenge.fixed) > 1 or not (run / "scores.json").is_file()):
        return challenge
    from course_lib.runs.run import load_spotter
    from course_lib.spotting.inference import predict_videos

    spotter = load_spotter(run)
    data = spotter.config.data
    name = f"the course's {spotter.config.model.system}"
    if name in challenge.fixed:
        return challenge
    if tuple(data.classes) != challenge.classes or data.task != challenge.task:
        if named is None:
            return challenge  # of another sport
        raise InputError(f"{run}: was trained for other classes; expected {', '.join(challenge.classes)}")
    made = challenge.made
    filmed = made["by"] == "filmed"
    dataset = load_dataset(challenge.participants if filmed else made["data"])
    videos = dataset.splits["challenge" if filmed else made["split"]]
    predictions = predict_videos(spotter.model, videos, spotter.config, spotter.decoding)
    return add_fixed(challenge, name, {video: found.spots for video, found in predictions.items()})


def _print_resolution(challenge: "Challenge", teams: int) -> None:
    from course_lib.challenge.pretend import resolution
    from course_lib.challenge.sealed import HALVES

    score = next(iter(challenge.fixed["chance"]["public"]["means"]))
    for half in HALVES:
        videos = challenge.half(half)
        found = resolution(challenge, half, teams)
        print(
            f"{half} half ({len({video.game for video in videos})} matches, {sum(len(v.events) for v in videos)} "
            f"events): of {teams} teams two are told apart, eight times in ten, if they are {100 * found.teams:.1f} "
            f"points of {score} apart; of two teams alone, {100 * found.pair:.1f}"
        )


def _score(arguments: argparse.Namespace) -> int:
    from course_lib.challenge.names import own_names, pseudonyms
    from course_lib.challenge.record import RECORD_FILE, load_record
    from course_lib.challenge.remarks import remarks, standings_text
    from course_lib.challenge.scoring import new_submissions, score_new
    from course_lib.challenge.sealed import load_challenge
    from course_lib.challenge.standings import final_standings, standings
    from course_lib.challenge.submissions import find_submissions
    from course_lib.files import only_here, shown_path
    from course_lib.progress import progress_bar
    from course_lib.show.challenge_page import write_challenge_page

    challenge = load_challenge(arguments.folder)
    out = arguments.out or arguments.folder / ("final.html" if arguments.final else "table.html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {out}: expected a file that ends in .html")
    with only_here(challenge.sealed / RECORD_FILE, "the table of this challenge"):
        record = load_record(challenge.sealed)
        fresh = new_submissions(record, find_submissions(arguments.submissions))
        before = len(record.tries)
        with progress_bar(None, "scoring", len(fresh), unit="file") as bar:
            score_new(challenge, record, fresh, lambda one: bar.update(1))
        tried = record.tries[before:]
        _report(tried, record.tries)
        teams = {team: tries[-1].name for team, tries in record.of_teams().items()}
        names = own_names(teams) if arguments.names is None else pseudonyms(arguments.names, teams)
        rows = (final_standings if arguments.final else standings)(challenge, record, names)
    print(standings_text(challenge, rows, arguments.final))
    print("\n" + "\n".join(remarks(challenge, rows, arguments.final)))
    print(f"page: {shown_path(write_challenge_page(out, challenge, rows, arguments.final))}")
    return 1 if any(one.outcome == "refused" for one in tried) else 0


def _report(tried: "Sequence[Try]", everything: "Sequence[Try]") -> None:
    """What came of the new files, and which of them are another team's to the bit."""
    for one in tried:
        if one.outcome == "refused":
            print(f"{one.file}: {one.why}", file=sys.stderr)
            continue
        same = next((other for other in everything if other.sha256 == one.sha256 and other.team != one.team), None)
        if same is not None:
            print(f"{one.file}: is the same to the bit as {same.file}, of another team", file=sys.stderr)
    counts = {word: sum(one.outcome == word for one in tried) for word in ("shown", "within the noise", "refused")}
    print(f"{len(tried)} new: " + ", ".join(f"{number} {word}" for word, number in counts.items()) + "\n")
