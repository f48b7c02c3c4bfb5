"""Scoring what was handed in: each new file once, in the order of time, and each team on its Ladder."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_lib.challenge.ladder import climbs
from course_lib.challenge.reading import read_submission
from course_lib.challenge.record import Record, Try, file_hash, now
from course_lib.challenge.scores import Scored, keep_draws, kept_draws, score_runs
from course_lib.challenge.sealed import Challenge
from course_lib.challenge.submissions import Submission, printable
from course_lib.files import InputError
from course_lib.scoring.ball import Spots

__all__ = ["new_submissions", "score_new", "score_privately", "scored_publicly"]


def new_submissions(record: Record, submissions: Sequence[Submission]) -> list[tuple[Submission, str]]:
    """Of these files those that were not scored before, each with its hash; one that cannot be read has none ("")."""
    fresh, seen = [], set()
    for submission in submissions:
        sha256 = "" if submission.wrong else _hash(submission.path)
        key = submission.team, sha256 or submission.shown
        if key not in seen and not (record.known(*key) if sha256 else _told_before(record, submission)):
            fresh.append((submission, sha256))
        seen.add(key)
    return fresh


def score_new(
    challenge: Challenge,
    record: Record,
    fresh: Sequence[tuple[Submission, str]],
    done: Callable[[Try], None] = lambda one: None,
) -> None:
    """Check and score new files, and write the record after each.

    Args:
        challenge, record: of one folder.
        fresh: from `new_submissions`.
        done: called with each try once it is written down.
    """
    for submission, sha256 in fresh:
        one = _tried(challenge, record, submission, sha256)
        record.tries.append(one)
        record.save()
        done(one)


def scored_publicly(challenge: Challenge, record: Record, shown: Try) -> Scored:
    """What was shown of a try, with its draws: those that were kept, or made again from what was received."""
    return Scored(shown.numbers, _draws(challenge, record, shown.sha256, "public"))


def score_privately(challenge: Challenge, record: Record, shown: Try) -> Scored:
    """The private score of a try; when it is shown for the first time it is written down."""
    if shown.sha256 not in record.final:
        scored = score_runs(challenge, "private", [_spots(challenge, record, shown.sha256)])
        keep_draws(record.received(shown.sha256, ".private.npy"), scored.drawn)
        record.final[shown.sha256] = {"numbers": scored.numbers, "scored": now()}
        record.save()
    return Scored(record.final[shown.sha256]["numbers"], _draws(challenge, record, shown.sha256, "private"))


def _tried(challenge: Challenge, record: Record, submission: Submission, sha256: str) -> Try:
    facts = (submission.team, submission.name, submission.shown, submission.changed, sha256, now())
    if submission.wrong or not sha256:
        why = submission.wrong.removeprefix(f"{submission.shown}: ") or "cannot be opened; expected a zip"
        return Try(*facts, "refused", why)
    try:
        spots = read_submission(submission.path, challenge)
    except InputError as error:
        return Try(*facts, "refused", printable(str(error), 1000))
    scored = score_runs(challenge, "public", [spots])
    before = record.shown(submission.team)
    if not climbs(before and scored_publicly(challenge, record, before), scored):
        return Try(*facts, "within the noise")
    record.keep(submission.path, sha256)
    keep_draws(record.received(sha256, ".public.npy"), scored.drawn)
    return Try(*facts, "shown", numbers=scored.numbers)


def _draws(challenge: Challenge, record: Record, sha256: str, half: str) -> NDArray[np.float64]:
    path = record.received(sha256, f".{half}.npy")
    drawn = kept_draws(path)
    if drawn is None:
        drawn = score_runs(challenge, half, [_spots(challenge, record, sha256)]).drawn
        keep_draws(path, drawn)
    return drawn


def _spots(challenge: Challenge, record: Record, sha256: str) -> Spots:
    path = record.received(sha256)
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the submission that was shown, as it was handed in")
    return read_submission(path, challenge)


def _hash(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError:
        return ""


def _told_before(record: Record, submission: Submission) -> bool:
    return any(one.file == submission.shown and one.changed == submission.changed for one in record.tries)
