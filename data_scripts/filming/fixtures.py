"""Who plays whom and when: invented clubs, fixed dates, and the splits that SoccerNet's own file layout expects."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from course_lib.errors import InputError

__all__ = ["MAX_MATCHES", "SEASON", "Fixture", "draw_fixtures", "split_matches"]

SEASON = "england_efl/2019-2020"
FIRST_DAY = date(2019, 8, 3)
SEASON_DAYS = 270

CLUBS = (
    "Ashbeck Rovers", "Brackenford Town", "Calderwick Albion", "Dunmere United", "Eastholme City", "Fenwater Athletic",
    "Greyport Wanderers", "Hollowmoor Town", "Inverby Rangers", "Kingsmarsh County", "Larkstead United",
    "Millhaven City", "Oakmere Vale", "Ravenshaw Albion", "Saltmarsh Rovers", "Thornley Bridge",
)  # fmt: skip
MAX_MATCHES = len(CLUBS) * (len(CLUBS) - 1)


@dataclass(frozen=True)
class Fixture:
    """One match of the season."""

    day: date
    home: str
    away: str

    @property
    def match_id(self) -> str:
        """Its folder, as SoccerNet names them."""
        return f"{SEASON}/{self.day.isoformat()} - {self.home} - {self.away}"

    @property
    def short_names(self) -> tuple[str, str]:
        """Three letters for each club, for the score bug."""
        return self.home[:3].upper(), self.away[:3].upper()


def draw_fixtures(count: int) -> list[Fixture]:
    """The first `count` matches of the season, in order of date; the same ones every time.

    Raises:
        InputError: there are not that many.
    """
    if not 1 <= count <= MAX_MATCHES:
        raise InputError(f"--matches is {count}; expected 1 to {MAX_MATCHES}")
    pairs = [(home, away) for home in CLUBS for away in CLUBS if home != away]
    order = np.random.default_rng(2019).permutation(len(pairs))[:count]
    return [
        Fixture(FIRST_DAY + timedelta(days=index * SEASON_DAYS // max(count, 40)), *pairs[pair])
        for index, pair in enumerate(order.tolist())
    ]


def split_matches(match_ids: list[str]) -> dict[str, list[str]]:
    """Train, validation and test in order of date: about two sevenths tested, one match to choose by, the rest trained.

    Seven matches give 4, 1 and 2, as SoccerNet has them. Two give one to train and one to test, one only trains.
    """
    count = len(match_ids)
    num_test = max(1, round(2 * count / 7)) if count > 1 else 0
    num_val = 1 if count > 2 else 0
    num_train = count - num_val - num_test
    return {
        "train": match_ids[:num_train],
        "val": match_ids[num_train : num_train + num_val],
        "test": match_ids[num_train + num_val :],
    }
