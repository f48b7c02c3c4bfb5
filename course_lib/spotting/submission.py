"""A zip for SoccerNet's evaluation servers, and everything that can be wrong with one, found before the server does.

A server takes few submissions a day and answers a wrong one with a traceback at best, and at worst with a score that is
too low. It reads `<league>/<season>/<match>/results_spotting.json` at the root of the zip for every match of the split
(github.com/SoccerNet/sn-spotting, Evaluation), takes the name of the first .json that it meets for the name of all, and
skips what it doesn't know: a label spelt otherwise, a half numbered 3. Introduced in notebook 11.
"""

import json
import os
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.data.events import Video
from course_lib.data.folders import files_below
from course_lib.data.formats.soccernet_entries import RESULTS_FILE, Expected, parse_entries
from course_lib.data.published import BALL_SEASON, OFFICIAL_SPLITS, same_match
from course_lib.files import InputError, atomic_path, parse_json
from course_lib.spotting.zips import DamagedError, open_zip, zip_entry

__all__ = [
    "ExpectedMatch",
    "check_results",
    "check_zip",
    "find_results",
    "matches_of",
    "official_matches",
    "read_zip",
    "soccernet_folders",
    "write_zip",
]

PLACE = f"<league>/<season>/<match>/{RESULTS_FILE}"
LEVELS = 3
MOST_STRANGERS = 100  # sentences about names: nobody reads more
LONGEST_HALF_SEC = 7200.0  # the evaluator holds two hours and puts what is later on its last frame


@dataclass(frozen=True)
class ExpectedMatch:
    """What predictions of a match must keep to.

    Attributes:
        game: "league/season/match", as the server calls it.
        half_sec: length in seconds of each of its halves, by number.
    """

    game: str
    half_sec: Mapping[int, float]


def soccernet_folders(videos: Sequence[Video]) -> bool:
    """Whether all are matches, named by league, season and match, or halves of them: each has a file of its own."""
    return all(
        same_match(video.game).count("/") == LEVELS - 1 and video.id in (video.game, f"{video.game}/{video.half}")
        for video in videos
    )


def matches_of(videos: Sequence[Video], source: str) -> list[ExpectedMatch]:
    """The matches of these videos, with the lengths of their halves; SoccerNet's own under their official names,
    whatever their folders are called.

    Args:
        videos: of one split.
        source: what the data set is called in messages.

    Raises:
        InputError: a match is not named by league, season and match.
    """
    halves: dict[str, dict[int, float]] = {}
    for video in videos:
        game = same_match(video.game)
        if game.count("/") != LEVELS - 1:
            raise InputError(
                f"{source}: match {video.game!r}; expected <league>/<season>/<match>, as SoccerNet's server does"
            )
        halves.setdefault(game, {})[video.half] = video.start_ms / 1000 + video.duration_sec
    return [ExpectedMatch(game, half_sec) for game, half_sec in halves.items()]


def official_matches(split: str) -> list[ExpectedMatch]:
    """The matches of a split of SoccerNet's ball actions, for checking without the videos: lengths are not known.

    Raises:
        InputError: an unknown split.
    """
    if split not in OFFICIAL_SPLITS:
        raise InputError(f"split {split!r}: expected one of {', '.join(OFFICIAL_SPLITS)}")
    return [ExpectedMatch(f"{BALL_SEASON}/{name}", {1: LONGEST_HALF_SEC}) for name in OFFICIAL_SPLITS[split]]


def find_results(folder: str | Path, matches: Sequence[ExpectedMatch]) -> dict[str, bytes]:
    """The result files of these matches below a folder, at any depth, by match; a match that lacks one is left out.

    A match of SoccerNet's that goes by another name here is given its official one, also in the file's UrlLocal.

    Raises:
        InputError: no such folder, no result file of these matches, or two for one match.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected {PLACE} below it")
    wanted = {match.game for match in matches}
    found: dict[str, Path] = {}
    for file in files_below(folder, RESULTS_FILE.__eq__):
        game = same_match("/".join(Path(os.path.abspath(file)).parent.parts[-LEVELS:]))
        if game in found:
            raise InputError(f"{file}: a second file for {game!r}, beside {found[game]}; expected one")
        if game in wanted:
            found[game] = file
    if not found:
        raise InputError(f"{folder}: holds no {RESULTS_FILE} of this split; expected {PLACE} below it")
    return {game: _renamed(file.read_bytes(), game) for game, file in found.items()}


def _renamed(content: bytes, game: str) -> bytes:
    """The result file, naming its match as the server does if it calls it otherwise."""
    try:
        data = parse_json(content, RESULTS_FILE)
    except InputError:
        return content  # which is for `check_results` to say
    named = data.get("UrlLocal") if isinstance(data, dict) else None
    if not isinstance(named, str) or named == game or same_match(named) != game:
        return content
    return json.dumps({**data, "UrlLocal": game}, indent=1).encode()


def write_zip(path: str | Path, results: Mapping[str, bytes]) -> None:
    """Write `<game>/results_spotting.json` for each match into a zip (atomically); the same content, the same bytes."""
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for game in sorted(results):
            archive.writestr(zip_entry(f"{game}/{RESULTS_FILE}"), results[game])


def check_zip(
    path: str | Path, matches: Sequence[ExpectedMatch], classes: Sequence[str], *, teams: bool = False
) -> list[str]:
    """Everything that is wrong with a zip, a sentence each; an empty list for a good one.

    Args:
        path: the zip, made by whatever program.
        matches: of the split.
        classes: labels that the server knows.
        teams: whether every prediction must name its team, as the 2025 challenge scores it.

    Raises:
        InputError: no such file, or no zip.
    """
    return read_zip(path, matches, classes, teams=teams)[0]


def read_zip(
    path: str | Path, matches: Sequence[ExpectedMatch], classes: Sequence[str], *, teams: bool = False
) -> tuple[list[str], dict[str, bytes]]:
    """What `check_zip` says and, of a zip in which nothing is wrong, the result files by match. Raises as that."""
    defects, results = [], {}
    with open_zip(path) as archive:
        defects += _check_names(str(path), archive.names, {match.game for match in matches})
        there = set(archive.names)
        for match in matches:
            name = f"{match.game}/{RESULTS_FILE}"
            if name not in there:
                defects.append(f"{path}: has no {name}; expected every match of the split")
                continue
            try:
                content = archive.read(name)
            except DamagedError as error:
                return [str(error)], {}
            defects += check_results(f"{path}: {name}", content, match, classes, teams=teams)
            results[match.game] = content
    return defects, {} if defects else results


def check_results(
    where: str, content: bytes, match: ExpectedMatch, classes: Sequence[str], *, teams: bool = False
) -> list[str]:
    """Everything that is wrong with the predictions of one match, a sentence for each field with the first one wrong.

    Args:
        where: what messages call the file.
        content: of the file.
        match: that it should be of.
        classes: labels that the server knows.
        teams: whether every prediction must name its team.
    """
    try:
        entries = parse_entries(content, where, "predictions")
    except InputError as error:
        return [str(error)]
    defects = []
    if entries.game != match.game:
        defects.append(f"{where}: UrlLocal is {entries.game!r}; expected {match.game!r}, the match it lies in")
    if not entries.raw:
        defects.append(f"{where}: predictions is empty; expected some, since a match without an action scores 0")
    half_ms = {half: round(1000 * seconds) for half, seconds in match.half_sec.items()}
    expected = Expected(classes, half_ms, teams)
    reasons: dict[str, list[str]] = {}
    for index in range(len(entries.raw)):
        for wrong in entries.wrong(index, expected):
            reasons.setdefault(wrong.field, []).append(wrong.reason)
    for first, *others in reasons.values():
        defects.append(first + (f" (and {len(others)} more like it)" if others else ""))
    return defects


def _check_names(where: str, names: Sequence[str], games: set[str]) -> list[str]:
    """Files that should not be in the zip, or not where they are."""
    defects = []
    for name, times in Counter(names).items():
        if len(defects) == MOST_STRANGERS:
            return [*defects, f"{where}: holds {len(names)} files; expected {len(games)}, one a match"]
        parts = name.replace("\\", "/").split("/")
        game = "/".join(parts[-LEVELS - 1 : -1])
        if times > 1:
            defects.append(f"{where}: holds {name} {times} times; expected it once")
        if "\\" in name:
            defects.append(f"{where}: {name} has backslashes; expected folders divided by / as in {PLACE}")
        elif parts[-1] != RESULTS_FILE:
            defects.append(f"{where}: holds {name}; expected nothing but {PLACE}")
        elif game in games and len(parts) > LEVELS + 1:
            extra = "/".join(parts[: -LEVELS - 1])
            defects.append(
                f"{where}: {name} lies in the folder {extra}; expected {PLACE} at the root of the zip (zip what is in "
                f"{extra}, not the folder itself)"
            )
        elif game not in games:
            defects.append(f"{where}: holds {name}; expected only matches of the split")
    return defects
