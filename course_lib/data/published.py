"""What is published about SoccerNet's data: the official splits, how many labels of each class, how long matches are.

Folder names differ between copies ("West Bromwich" or "West Bromwich Albion"), so a match of ball action spotting is
known by its date and the first word of its home team, which differs in all nine. Eight of them are dated 1 October
2019, one of the challenge the day after. Labels were counted in the files of the 2025 edition. A copy with other
numbers is another edition, or is not whole; `course_lib.data.inspect` compares.
Introduced in notebook x08.
"""

from collections.abc import Mapping

from course_lib.data.events import BALL_12
from course_lib.data.folders import composed

__all__ = [
    "BALL_EVENTS",
    "BALL_FPS",
    "BALL_FRAMES",
    "BALL_SEASON",
    "OFFICIAL_SPLITS",
    "SOCCERNET_V2_FPS",
    "SOCCERNET_V2_GAMES",
    "SOCCERNET_V2_LABELS",
    "official_game",
    "official_name",
    "official_split",
    "same_match",
]

BALL_SEASON = "england_efl/2019-2020"
"""League and season of all nine matches, as they are called in front of a match's name."""

OFFICIAL_SPLITS = {
    "train": (
        "2019-10-01 - Blackburn Rovers - Nottingham Forest",
        "2019-10-01 - Brentford - Bristol City",
        "2019-10-01 - Hull City - Sheffield Wednesday",
        "2019-10-01 - Leeds United - West Bromwich",
    ),
    "val": ("2019-10-01 - Middlesbrough - Preston North End",),
    "test": (
        "2019-10-01 - Reading - Fulham",
        "2019-10-01 - Stoke City - Huddersfield Town",
    ),
    "challenge": (
        "2019-10-02 - Cardiff City - Queens Park Rangers",
        "2019-10-01 - Wigan Athletic - Birmingham City",
    ),
}
"""Split → names of its matches."""


def _home(match: str) -> str:
    """The first word of the home team in lower case: Blackburn, Leeds, Cardiff ..."""
    parts = match.split(" - ")
    return parts[1].split()[0].lower() if len(parts) == 3 and parts[1].strip() else ""


_NAME_OF_HOME = {_home(match): match for matches in OFFICIAL_SPLITS.values() for match in matches}
_MOST = "2019-10-01 - "
_DATE = len(_MOST)
_SPLIT_OF_NAME = {match: split for split, matches in OFFICIAL_SPLITS.items() for match in matches}


def official_name(match: str) -> str | None:
    """The name in `OFFICIAL_SPLITS` of a match folder, whatever a copy calls its teams; None if it is none of the nine.

    >>> official_name("2019-10-01 - Middlesbrough - Preston")
    '2019-10-01 - Middlesbrough - Preston North End'
    """
    name = composed(match).rsplit("/", 1)[-1]
    official = _NAME_OF_HOME.get(_home(name), "")
    # The day of most is taken for all: earlier versions of the course laid the one of the second day out under it.
    return official if official and name.startswith((official[:_DATE], _MOST[:_DATE])) else None


def official_game(match: str) -> str | None:
    """league/season/match as a server calls it, of a match folder's name; None if it is none of the nine.

    >>> official_game("2019-10-01 - Reading FC - Fulham FC")
    'england_efl/2019-2020/2019-10-01 - Reading - Fulham'
    """
    official = official_name(match)
    return None if official is None else f"{BALL_SEASON}/{official}"


def same_match(match: str) -> str:
    """The one name of a match, however its folder is called: that of SoccerNet's own matches, else letters composed."""
    return official_game(match) or composed(match)


def official_split(match: str) -> str | None:
    """The split of a match folder's name, with or without league and season before it; None if it is none of the nine.

    >>> official_split("england_efl/2019-2020/2019-10-01 - Reading - Fulham")
    'test'
    """
    return _SPLIT_OF_NAME.get(official_name(match) or "")


BALL_FPS = 25.0

_TRAIN = (2679, 2297, 404, 465, 331, 177, 213, 100, 128, 34, 15, 6)
_VAL = (585, 554, 127, 115, 75, 24, 54, 25, 28, 12, 4, 1)
_TEST = (1721, 1449, 182, 181, 145, 60, 95, 44, 67, 28, 2, 6)

BALL_EVENTS: Mapping[str, Mapping[str, int]] = {
    split: dict(zip(BALL_12, counts, strict=True))
    for split, counts in (("train", _TRAIN), ("val", _VAL), ("test", _TEST))
}
"""Split → class → labels: 6,849, 1,604 and 3,980 in all."""

BALL_FRAMES: Mapping[str, int] = {
    "2019-10-01 - Blackburn Rovers - Nottingham Forest": 142_886,
    "2019-10-01 - Brentford - Bristol City": 142_498,
    "2019-10-01 - Hull City - Sheffield Wednesday": 144_752,
    "2019-10-01 - Leeds United - West Bromwich": 146_479,
    "2019-10-01 - Middlesbrough - Preston North End": 146_892,
}
"""Match → frames, for the matches whose single lengths are published; the two test matches have 298,653 together."""

SOCCERNET_V2_FPS = 25.0
SOCCERNET_V2_GAMES: Mapping[str, int] = {"train": 300, "val": 100, "test": 100}
SOCCERNET_V2_LABELS = 110_458
"""Labels of the 500 games together."""
