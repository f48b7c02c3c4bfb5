"""What is published about SoccerNet's data: how many labels of each class, and how long the matches are.

Counted in the label files of the 2025 edition of ball action spotting. A copy with other numbers is another edition, or
is not whole; `course_lib.inspection` compares. Introduced in notebook x08.
"""

from collections.abc import Mapping

from course_lib.classes import BALL_12

__all__ = ["BALL_EVENTS", "BALL_FPS", "BALL_FRAMES", "SOCCERNET_V2_FPS", "SOCCERNET_V2_GAMES", "SOCCERNET_V2_LABELS"]

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
