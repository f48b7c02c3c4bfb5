"""Which test matches scores are of, in words and as a column: scores on different matches do not compare.

A data set has more test matches than a lesson needs, and a run may have been scored before the others were there. So
every table says how many of how many its scores are of, and one whose rows are of different matches says it of each
row. Introduced in notebook 03.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

__all__ = ["TEST_MATCHES", "ScoredOn", "each_row_scored_on", "on_matches", "records_scored_on", "scored_on"]

TEST_MATCHES = "test matches"
"""The column that says it of each row."""

# Scores from before they named their matches are of those that these data sets had for testing then.
_EARLIER = {
    "sim-soccer": (
        "england_efl/2019-2020/2019-09-05 - Eastholme City - Ashbeck Rovers",
        "england_efl/2019-2020/2019-09-12 - Millhaven City - Ashbeck Rovers",
    ),
    "sim-volleyball": (
        "2026-07-06 - Corvina - Fjordheim",
        "2026-07-08 - Galatine - Sakarya Blue",
        "2026-07-09 - Hoshikawa - Azzurra",
        "2026-07-11 - Ostrava Nord - Sakarya Blue",
    ),
}
_HAS = {"sim-soccer": 8, "sim-volleyball": 4}


class ScoredOn(NamedTuple):
    """The test matches of a score, and of how many.

    Attributes:
        names: of the matches; none if it is not known.
        of: how many test matches the data set has.
    """

    names: tuple[str, ...]
    of: int

    def __str__(self) -> str:
        return f"{len(self.names)} of {self.of}" if self.names else "unknown"


def on_matches(scored: int, of: int) -> str:
    """In words: "on 2 of 8 test matches"."""
    return f"on {scored} of {of} test match{'es' * (of != 1)}"


def scored_on(entry: Mapping[str, Any]) -> ScoredOn:
    """Of the record of a training, or of what a guesser scores.

    Args:
        entry: "test_matches", their names, and "test_matches_of"; where these are missing the "dataset" says it, if it
            is one of the course's.
    """
    dataset = entry.get("dataset")
    names = entry.get("test_matches", _EARLIER.get(dataset, ()))
    return ScoredOn(tuple(names), entry.get("test_matches_of", _HAS.get(dataset, 0)))


def each_row_scored_on(records: pd.DataFrame, chance: Mapping[str, Any] | None = None) -> dict[str, str]:
    """For every system, and for "chance", what its scores are of, like "2 of 8"; nothing if they are all of the same.

    Args:
        records: of one data set, as `load_records` gives them.
        chance: as `load_chance` gives it.
    """
    rows = {str(system): _each(of_system) for system, of_system in records.groupby("system", sort=False)}
    rows |= {"chance": of_chance} if (of_chance := _of_chance(chance)) else {}
    if len({scored.names for row in rows.values() for scored in row}) < 2:
        return {}
    return {name: _together(row) for name, row in rows.items()}


def records_scored_on(records: pd.DataFrame, chance: Mapping[str, Any] | None = None) -> str:
    """In words what the scores of a table are of; of records that do not say it nothing. Arguments as above."""
    kinds = _each(records) | _of_chance(chance)
    if len({scored.names for scored in kinds}) > 1:
        return f"on different test matches ({_together(kinds)}): only rows of the same ones compare"
    (names,) = {scored.names for scored in kinds}
    return on_matches(len(names), max(scored.of for scored in kinds)) if names else ""


def _of_chance(chance: Mapping[str, Any] | None) -> set[ScoredOn]:
    return {scored} if chance is not None and (scored := scored_on(chance)).names else set()


def _each(records: pd.DataFrame) -> set[ScoredOn]:
    return {scored_on(record) for record in records.to_dict("records")}


def _together(kinds: Iterable[ScoredOn]) -> str:
    """What the seeds of a row, or all rows, were scored on: "2 of 8 and 8 of 8"."""
    return " and ".join(dict.fromkeys(str(scored) for scored in sorted(kinds, key=lambda kind: len(kind.names))))
