"""Who plays whom and when: invented clubs, fixed dates, an order drawn from the seed; and what each match is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from course_lib.files import InputError
from filming.seeds import season_seed

__all__ = [
    "FOOTBALL_SEASON",
    "MAX_MATCHES",
    "SEASON",
    "VOLLEYBALL_SEASON",
    "Fixture",
    "Season",
    "draw_fixtures",
    "split_by_role",
    "split_matches",
]

SEASON = "england_efl/2019-2020"


@dataclass(frozen=True)
class Season:
    """Where and when matches are played, and by whom.

    Attributes:
        folder: what stands before the name of a match, as in SoccerNet's layout; "" for nothing.
        first_day: of the season.
        days: its length.
        usual: with fewer matches than this they are as far apart as with this many.
        clubs: who plays; every two play twice.
        order: draws the order of matches, with the seed of the data set.
    """

    folder: str
    first_day: date
    days: int
    usual: int
    clubs: tuple[str, ...]
    order: int

    @property
    def max_matches(self) -> int:
        """How many different matches there are."""
        return len(self.clubs) * (len(self.clubs) - 1)


FOOTBALL_SEASON = Season(
    folder=SEASON,
    first_day=date(2019, 8, 3),
    days=270,
    usual=40,
    clubs=(
        "Ashbeck Rovers", "Brackenford Town", "Calderwick Albion", "Dunmere United", "Eastholme City",
        "Fenwater Athletic", "Greyport Wanderers", "Hollowmoor Town", "Inverby Rangers", "Kingsmarsh County",
        "Larkstead United", "Millhaven City", "Oakmere Vale", "Ravenshaw Albion", "Saltmarsh Rovers", "Thornley Bridge",
    ),
    order=2019,
)  # fmt: skip
VOLLEYBALL_SEASON = Season(
    folder="",
    first_day=date(2026, 6, 3),
    days=40,
    usual=20,
    clubs=(
        "Azzurra", "Bernau", "Corvina", "Dravinja", "Estrela", "Fjordheim", "Galatine", "Hoshikawa", "Kestrel",
        "Lagoa", "Montclair", "Novigrad", "Ostrava Nord", "Pampero", "Rosedale", "Sakarya Blue",
    ),
    order=2026,
)  # fmt: skip
MAX_MATCHES = FOOTBALL_SEASON.max_matches


@dataclass(frozen=True)
class Fixture:
    """One match of the season."""

    day: date
    home: str
    away: str
    folder: str = SEASON

    @property
    def match_id(self) -> str:
        """Its folder, as SoccerNet names them, or the last part of such a name."""
        return f"{self.folder}{'/' * bool(self.folder)}{self.day.isoformat()} - {self.home} - {self.away}"

    @property
    def short_names(self) -> tuple[str, str]:
        """Three letters for each club, for the score bug."""
        return self.home[:3].upper(), self.away[:3].upper()


def draw_fixtures(count: int, season: Season = FOOTBALL_SEASON, seed: int = 0) -> list[Fixture]:
    """The first `count` matches of a season, in order of date; the same ones every time for a seed.

    Every seed is a season of its own: what is learnt in one and tested in another shares a match only by chance, and
    the usual number of matches shares none with that of seed 0 (a test looks at the seeds that the course uses).

    Raises:
        InputError: there are not that many.
    """
    if not 1 <= count <= season.max_matches:
        raise InputError(f"--matches is {count}; expected 1 to {season.max_matches}")
    pairs = [(home, away) for home in season.clubs for away in season.clubs if home != away]
    drawn = season.order if seed == 0 else (season.order, season_seed(seed))
    order = np.random.default_rng(drawn).permutation(len(pairs))[:count]
    return [
        Fixture(
            season.first_day + timedelta(days=index * season.days // max(count, season.usual)),
            *pairs[pair],
            season.folder,
        )
        for index, pair in enumerate(order.tolist())
    ]


def split_matches(match_ids: list[str], test_share: float = 2 / 7, val_share: float = 0.0) -> dict[str, list[str]]:
    """Train, validation and test in order of date: a share to choose by, at least one match, a share tested, the rest
    trained.

    With two sevenths to test, seven matches give 4, 1 and 2, as SoccerNet has them. Two give one to train and one to
    test, one only trains.
    """
    count = len(match_ids)
    num_test = max(1, round(test_share * count)) if count > 1 else 0
    num_val = max(1, round(val_share * count)) if count > 2 else 0
    num_train = count - num_val - num_test
    return {
        "train": match_ids[:num_train],
        "val": match_ids[num_train : num_train + num_val],
        "test": match_ids[num_train + num_val :],
    }


def split_by_role(match_ids: list[str], roles: Sequence[str]) -> dict[str, list[str]]:
    """Train, validation and test where it is written down what each match is for.

    Args:
        match_ids: in order of date.
        roles: "train", "val" or "test" for each; those after the last are tested.
    """
    splits: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for index, match_id in enumerate(match_ids):
        splits[roles[index] if index < len(roles) else "test"].append(match_id)
    return splits
