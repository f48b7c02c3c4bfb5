"""Making a challenge: what is handed out, what is sealed, and the rows of the table that nobody hands in.

Simulated matches are filmed into the sealed folder; their videos are then moved to the participants, and labels, tracks
and settings stay. Of a data set that exists only the names of its videos are handed out: what may be passed on of
videos under an agreement is not for a program to decide. Whatever was stopped goes on with the same command.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import SystemRandom
from typing import Any

from course_lib.challenge.scores import score_runs
from course_lib.challenge.sealed import HALVES, Challenge, split_halves
from course_lib.data.events import SpottingDataset, Video
from course_lib.data.formats.common import write_class_file
from course_lib.files import InputError, write_json, write_text
from course_lib.scoring.ball import Spots
from course_lib.spotting.submission import soccernet_folders
from course_lib.spotting.tasks import TASKS, task_of

__all__ = ["FILMED", "add_fixed", "hand_out", "seal"]

FILMED = "filmed"
CHANCE = "chance"
GUESSERS = 5


def seal(
    folder: Path,
    made: Mapping[str, Any],
    dataset: SpottingDataset,
    videos: Sequence[Video],
    train: Sequence[Video] = (),
) -> Challenge:
    """Write the sealed file of a new challenge.

    Args:
        folder: of the challenge.
        made: how: "by", which is `FILMED` or "data", and the settings.
        dataset: where the classes are.
        videos: with labels.
        train: where the guesser learns how often things happen; else on the challenge's own labels, which makes it a
            little better than any guesser can be.

    Raises:
        InputError: no labels, an unknown frame rate, or too little video to halve and to draw from.
    """
    where, task = dataset.root, TASKS[task_of(dataset.classes)]
    if not any(video.events for video in videos):
        raise InputError(f"{where}: these videos have no labels; expected a split with labels")
    for video in videos:
        if not math.isfinite(video.fps):
            raise InputError(f"{where}: the frame rate of {video.id!r} is not known; expected one")
    public = split_halves(videos, SystemRandom())
    # By name: whatever is told of a submission names its first match, which must not tell the halves.
    ordered = sorted((replace(video, path=None) for video in videos), key=lambda video: video.id)
    challenge = Challenge(folder, made, task.name, tuple(dataset.classes), tuple(ordered), public, {})
    rule = challenge.rule
    guesses = [task.guesses(ordered, train or videos, rule, seed) for seed in range(GUESSERS)]
    challenge = _with_fixed(challenge, CHANCE, guesses)  # says whether there is enough to draw from
    challenge.save()
    return challenge


def add_fixed(challenge: Challenge, name: str, spots: Spots) -> Challenge:
    """The challenge with another row that nobody handed in, written down."""
    challenge = _with_fixed(challenge, name, [spots])
    challenge.save()
    return challenge


def hand_out(challenge: Challenge) -> None:
    """Fill the participants' folder: with the videos that were filmed for them, or with the names of others."""
    folder, filmed = challenge.participants, challenge.made["by"] == FILMED
    folder.mkdir(parents=True, exist_ok=True)
    if filmed:
        for video in sorted(challenge.sealed.rglob("*.mp4")):
            place = video.relative_to(challenge.sealed)
            if not any(part.startswith(".") for part in place.parts):  # somebody's unfinished work
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                video.replace(folder / place)
        games = sorted({video.game for video in challenge.videos})
        write_json(folder / "splits.json", {"challenge": games})
        # So that the sealed folder is a test set, once the seal is broken and the videos are moved back.
        write_json(challenge.sealed / "splits.json", {"train": [], "val": [], "test": games})
    else:
        listed = sorted(challenge.videos, key=lambda video: video.id)
        facts = [{"video": video.id, "num_frames": video.num_frames, "fps": video.fps} for video in listed]
        write_json(folder / "videos.json", facts)
    write_class_file(folder / "class.txt", challenge.classes)
    write_text(folder / "README.md", _readme(challenge, filmed))


def _with_fixed(challenge: Challenge, name: str, runs: Sequence[Spots]) -> Challenge:
    numbers = {half: dict(score_runs(challenge, half, runs).numbers) for half in HALVES}
    return replace(challenge, fixed={**challenge.fixed, name: numbers})


def _readme(challenge: Challenge, filmed: bool) -> str:
    """What participants are told."""
    data, split = ("participants", "challenge") if filmed else (challenge.made["data"], challenge.made["split"])
    own = (
        "They lie in this folder." if filmed else "`videos.json` lists them; where they are from says how to get them."
    )
    if soccernet_folders(challenge.videos):
        content = "`<league>/<season>/<match>/results_spotting.json` for every match, and nothing else"
    else:
        content = "one file, `predictions.json`, in the common JSON with a `score` for every event, and nothing else"
    return f"""# Challenge

{len(challenge.videos)} videos whose labels are sealed. {own} Find what happens in them, and hand in a zip.

    python -m course_lib submit RUN --data {data} --split {split} --out mine.zip
    python -m course_lib submit --check mine.zip --data {data} --split {split}

The zip holds {content}. Scores are {challenge.scoring.short_metric} of the classes in `class.txt`.

What is shown:

- Half of the matches are scored while the challenge runs; which ones is not told. The other half is scored once, at the
  end, and decides.
- A rank is a range. Teams whose ranges overlap were not told apart by these matches, whatever their scores.
- The score that is shown of a team moves only if a new one beats it by more than the noise. A try that does not shows
  nothing. Trying often does not help; a better spotter does.
"""
