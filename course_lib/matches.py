"""The matches of SoccerNet ball actions and their official splits, by date and home team.

Folder names differ between copies ("West Bromwich" or "West Bromwich Albion"), so a match is known by its date and the
first word of its home team, which differs in all nine.
"""

__all__ = ["OFFICIAL_SPLITS", "official_name", "official_split"]

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
        "2019-10-01 - Cardiff City - Queens Park Rangers",
        "2019-10-01 - Wigan Athletic - Birmingham City",
    ),
}
"""Split → names of its matches."""


def _home(match: str) -> str:
    """The first word of the home team in lower case: Blackburn, Leeds, Cardiff ..."""
    parts = match.split(" - ")
    return parts[1].split()[0].lower() if len(parts) == 3 and parts[1].strip() else ""


_NAME_OF_HOME = {_home(match): match for matches in OFFICIAL_SPLITS.values() for match in matches}
_SPLIT_OF_NAME = {match: split for split, matches in OFFICIAL_SPLITS.items() for match in matches}


def official_name(match: str) -> str | None:
    """The name in `OFFICIAL_SPLITS` of a match folder, whatever a copy calls its teams; None if it is none of the nine.

    >>> official_name("2019-10-01 - Middlesbrough - Preston")
    '2019-10-01 - Middlesbrough - Preston North End'
    """
    name = match.rsplit("/", 1)[-1]
    return _NAME_OF_HOME.get(_home(name)) if name.startswith("2019-10-01 - ") else None


def official_split(match: str) -> str | None:
    """The split of a match folder's name, with or without league and season before it; None if it is none of the nine.

    >>> official_split("england_efl/2019-2020/2019-10-01 - Reading - Fulham")
    'test'
    """
    return _SPLIT_OF_NAME.get(official_name(match) or "")
