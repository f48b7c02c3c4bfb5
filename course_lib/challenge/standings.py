"""The table of a challenge: a row a team, ranks as ranges, and at the end how far each has fitted the public half.

Ranks are right for all pairs of teams at once (`course_lib.scoring.ranks`). Rows that nobody handed in, chance and the
course's own spotter, stand where their scores put them and hold no rank. A team that was tuned to the public half loses
more on the private one than the others do: what it loses, less the median over all teams, is what fitting bought; the
median itself is only how much harder the private matches are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from course_lib.challenge.record import Record, Try
from course_lib.challenge.scores import Scored
from course_lib.challenge.scoring import score_privately, scored_publicly
from course_lib.challenge.sealed import Challenge
from course_lib.scoring.intervals import Interval
from course_lib.scoring.ranks import RankRange, rank_ranges

__all__ = ["Row", "final_standings", "standings"]

LEAST_TEAMS = 3


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: as it is shown.
        numbers: of the half that is shown, see `Scored`; None for a team of which nothing was shown.
        rank: None for a row that nobody handed in, and for a team of which nothing was shown.
        tries, refused: how many files the team has handed in, and how many of them could not be scored.
        shown: date of the score that is shown.
        public: at the end: the public score beside the private one, in fractions.
        fitted: at the end: what was lost from the public to the private half, less the median over teams.
    """

    name: str
    numbers: Mapping[str, Any] | None
    rank: RankRange | None = None
    tries: int = 0
    refused: int = 0
    shown: str = ""
    public: float | None = None
    fitted: Interval | None = None

    @property
    def value(self) -> float:
        """The score that decides; -1 where there is none."""
        return -1.0 if self.numbers is None else next(iter(self.numbers["means"].values()))


def standings(challenge: Challenge, record: Record, names: Mapping[str, str]) -> list[Row]:
    """The public table, the best first.

    Args:
        challenge, record: of one folder.
        names: how each team is to be called, by its key.
    """
    shown = _shown(record)
    scored = {team: scored_publicly(challenge, record, one) for team, one in shown.items()}
    return _sorted(_rows(record, names, scored), _fixed(challenge, "public"))


def final_standings(challenge: Challenge, record: Record, names: Mapping[str, str]) -> list[Row]:
    """The private table, the best first, of what each team has shown on the public half. Arguments as before."""
    shown = _shown(record)
    public = {team: scored_publicly(challenge, record, one) for team, one in shown.items()}
    private = {team: score_privately(challenge, record, one) for team, one in shown.items()}
    fitted = _fitted(public, private)
    rows = {
        team: replace(row, public=public[team].value, fitted=fitted.get(team)) if team in public else row
        for team, row in _rows(record, names, private).items()
    }
    fixed = [
        replace(row, public=next(iter(challenge.fixed[row.name]["public"]["means"].values())))
        for row in _fixed(challenge, "private")
    ]
    return _sorted(rows, fixed)


def _shown(record: Record) -> dict[str, Try]:
    return {team: one for team in record.of_teams() if (one := record.shown(team)) is not None}


def _rows(record: Record, names: Mapping[str, str], scored: Mapping[str, Scored]) -> dict[str, Row]:
    ranks = _ranks(scored)
    rows = {}
    for team, tries in record.of_teams().items():
        refused = sum(one.outcome == "refused" for one in tries)
        one = record.shown(team)
        numbers, date = (scored[team].numbers, one.scored[:10]) if one is not None else (None, "")
        rows[team] = Row(names[team], numbers, ranks.get(team), len(tries), refused, date)
    return rows


def _ranks(scored: Mapping[str, Scored]) -> dict[str, RankRange]:
    if len(scored) < 2:
        return dict.fromkeys(scored, RankRange(1, 1))
    drawn = np.stack([of_team.drawn for of_team in scored.values()])
    held = ~np.isnan(drawn).any(axis=0)
    ranges = rank_ranges([of_team.value for of_team in scored.values()], drawn[:, held])
    return dict(zip(scored, ranges, strict=True))


def _fixed(challenge: Challenge, half: str) -> list[Row]:
    return [Row(name, numbers[half]) for name, numbers in challenge.fixed.items()]


def _sorted(rows: Mapping[str, Row], fixed: Sequence[Row]) -> list[Row]:
    return sorted([*rows.values(), *fixed], key=lambda row: (-row.value, row.name))


def _fitted(public: Mapping[str, Scored], private: Mapping[str, Scored], level: float = 0.95) -> dict[str, Interval]:
    """What each team lost, less the median over teams; of fewer than three there is no median to speak of."""
    if len(public) < LEAST_TEAMS:
        return {}
    lost = np.array([public[team].value - private[team].value for team in public])
    drawn = np.stack([public[team].drawn - private[team].drawn for team in public])
    drawn = drawn[:, ~np.isnan(drawn).any(axis=0)]
    values, strays = lost - np.median(lost), drawn - np.median(drawn, axis=0)
    reach = NormalDist().inv_cdf((1 + level) / 2) * strays.std(axis=1, ddof=1)
    return {
        team: Interval(value, value - off, value + off, level)
        for team, value, off in zip(public, values.tolist(), reach.tolist(), strict=True)
    }
