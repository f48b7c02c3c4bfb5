"""From a zip that anybody may have made to spots, or to a sentence.

A submission is checked as `submit --check` does. Nothing of it is written anywhere but the whole file, byte by byte.
"""

from pathlib import Path

from course_lib.challenge.sealed import Challenge
from course_lib.challenge.submissions import printable
from course_lib.data.events import Event, Video
from course_lib.data.formats.soccernet_entries import parse_entries
from course_lib.data.published import same_match
from course_lib.files import InputError
from course_lib.scoring.ball import Spots
from course_lib.spotting.common_submission import read_common_zip
from course_lib.spotting.submission import matches_of, read_zip, soccernet_folders

__all__ = ["read_submission"]

HALF_SENTENCE = 160
MOST_SENTENCES = 3


def read_submission(path: Path, challenge: Challenge) -> Spots:
    """The spots of a submission, by video id.

    Raises:
        InputError: anything is wrong with it, in one line.
    """
    try:
        defects, spots = _read(path, challenge)
    except InputError as error:
        defects = [str(error)]
    except Exception as error:  # whatever somebody has thought of, the others' scores must go on
        defects = [f"cannot be read ({type(error).__name__}: {error}); expected what `submit` makes"]
    if not defects:
        return spots
    told = [_short(defect.removeprefix(f"{path}: ")) for defect in defects[:MOST_SENTENCES]]
    more = [f"and {len(defects) - len(told)} more"] if len(defects) > len(told) else []
    raise InputError("; ".join([*told, *more]))


def _short(sentence: str) -> str:
    """A sentence without what a terminal would obey, cut in its middle: what was expected stands at its end."""
    clean = printable(sentence, len(sentence) + 1)
    return clean if len(clean) <= 2 * HALF_SENTENCE else f"{clean[:HALF_SENTENCE]} … {clean[-HALF_SENTENCE:]}"


def _read(path: Path, challenge: Challenge) -> tuple[list[str], Spots]:
    videos, classes = challenge.videos, challenge.classes
    if not soccernet_folders(videos):
        return read_common_zip(path, videos, classes)
    defects, results = read_zip(path, matches_of(videos, str(challenge.folder)), classes)
    if defects:
        return defects, {}
    return [], {video.id: _events(results[same_match(video.game)], video) for video in videos}


def _events(content: bytes, video: Video) -> list[Event]:
    """The spots of a half in a file with which nothing is wrong, as a server reads them: in columns."""
    columns = parse_entries(content, video.game, "predictions").columns()
    here = columns.half == video.half
    rows = (column[here].tolist() for column in (columns.label, columns.position_ms, columns.value))
    return [
        Event(
            columns.names[label],
            max(video.times.frame_of_ms(int(ms)), 0),
            score,
            position_ms=max(int(ms) - video.start_ms, 0),
        )
        for label, ms, score in zip(*rows, strict=True)
    ]
