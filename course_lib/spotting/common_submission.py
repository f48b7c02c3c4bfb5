"""A zip of spots for data without SoccerNet's folders: one predictions.json in it, in the common JSON.

Rallies, dives and programmes of figure skating have no league and no season, and one file holds the spots of all videos
(E2E-Spot's layout with a `score`, for volleyball with `xy`). What can be wrong with such a zip is found before anybody
scores it, as `course_lib.spotting.submission` does with SoccerNet's. Introduced in notebook 11.
"""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from course_lib.data.events import Event, Video
from course_lib.data.fields import check_frame
from course_lib.data.formats.common import parse_e2e_predictions
from course_lib.files import InputError, atomic_path
from course_lib.spotting.zips import open_zip, zip_entry

__all__ = ["PREDICTIONS_FILE", "check_predictions", "read_common_zip", "write_common_zip"]

PREDICTIONS_FILE = "predictions.json"


def write_common_zip(path: str | Path, content: bytes) -> None:
    """Write predictions.json into a zip (atomically); the same content, the same bytes."""
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zip_entry(PREDICTIONS_FILE), content)


def read_common_zip(
    path: str | Path, videos: Sequence[Video], classes: Sequence[str]
) -> tuple[list[str], dict[str, list[Event]]]:
    """Everything that is wrong with a zip, a sentence each, and of a good one the spots by video id.

    Args:
        path: the zip, made by whatever program.
        videos: of the split; their events are not looked at.
        classes: labels that are known.

    Raises:
        InputError: no such file, or no zip.
    """
    with open_zip(path) as archive:
        if archive.names != [PREDICTIONS_FILE]:
            found = ", ".join(archive.names[:3]) + (f" and {len(archive.names) - 3} more" if archive.names[3:] else "")
            return [f"{path}: holds {found or 'nothing'}; expected {PREDICTIONS_FILE} and nothing else"], {}
        content = archive.read(PREDICTIONS_FILE)
    return check_predictions(f"{path}: {PREDICTIONS_FILE}", content, videos, classes)


def check_predictions(
    where: str, content: bytes, videos: Sequence[Video], classes: Sequence[str]
) -> tuple[list[str], dict[str, list[Event]]]:
    """The same of the bytes of a predictions.json that messages call `where`."""
    try:
        spots = parse_e2e_predictions(content, where, classes)
        for video in videos:
            _check_spots(f"{where}: {video.id}", spots.get(video.id, ()), video)
    except InputError as error:
        return [str(error)], {}
    known = {video.id for video in videos}
    strangers = [name for name in spots if name not in known]
    missing = [video.id for video in videos if video.id not in spots]
    defects = [f"{where}: holds {_first(strangers)}; expected only videos of the split"] if strangers else []
    defects += [f"{where}: has no {_first(missing)}; expected every video of the split"] if missing else []
    if not defects and not any(spots.values()):
        defects = [f"{where}: holds no spot; expected some"]
    return defects, {} if defects else spots


def _check_spots(where: str, spots: Sequence[Event], video: Video) -> None:
    for index, spot in enumerate(spots):
        place = f"{where}: events[{index}]"
        check_frame(spot.frame, video.num_frames, place)
        if not 0 <= spot.score <= 1:
            raise InputError(f"{place}.score is {spot.score:g}; expected a number from 0 to 1")


def _first(names: Sequence[str]) -> str:
    return repr(names[0]) + (f" and {len(names) - 1} more" if len(names) > 1 else "")
