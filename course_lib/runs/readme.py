"""Tables of records inside a page of Markdown, written by a command and never by hand.

A table that was typed is out of date with the next training. So a page only says which table stands where, in comments
that a reader does not see, and what lies between them is made from the records:

    <!-- results: systems ball smoke -->
    <!-- results: classes ball smoke x3d_s+fc x3d_s+sgp -->

Each ends at the next `<!-- /results -->`. The words are the kind of table, the task, the profile, and for `classes` the
systems to show. Introduced in notebook 03.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from course_lib.files import InputError
from course_lib.profiles import PROFILES
from course_lib.runs.matches import records_scored_on
from course_lib.runs.records import RESULTS, load_chance, load_records
from course_lib.runs.report import as_markdown, classes_table, systems_table
from course_lib.spotting.tasks import TASKS

__all__ = ["KINDS", "with_results"]

KINDS = ("systems", "classes")
"""Of tables: a row a system, or a row a class."""

_BEGIN = re.compile(r"(<!-- results:[^>]*-->)")
_END = "<!-- /results -->"


def with_results(page: str, where: str, folder: str | Path = RESULTS) -> str:
    """The page with every table in it made anew; all else stays as it is.

    Args:
        page: Markdown.
        where: what messages call it, such as its path.
        folder: of records.

    Raises:
        InputError: the page asks for no table, or for one that cannot be made, or does not say where one ends.
    """

    made, *parts = _BEGIN.split(page)
    if not parts:
        raise InputError(f"{where}: asks for no table; expected <!-- results: {KINDS[0]} TASK PROFILE --> and {_END}")
    for begin, rest in zip(parts[::2], parts[1::2], strict=True):
        _, end, after = rest.partition(_END)
        if not end:
            raise InputError(f"{where}: {begin} has no end; expected {_END} below its table")
        words = begin.removeprefix("<!-- results:").removesuffix("-->").split()
        made += f"{begin}\n\n{_table(words, f'{where}: {begin}', folder)}\n\n{end}{after}"
    return made


def _table(words: Sequence[str], where: str, folder: str | Path) -> str:
    kind, task, profile, *systems = [*words, "", "", ""][: max(3, len(words))]
    for word, known in ((kind, KINDS), (task, tuple(TASKS)), (profile, tuple(PROFILES))):
        if word not in known:
            raise InputError(f"{where}: {word!r}; expected one of {', '.join(known)}")
    records = load_records(folder, profile, task)
    if records.empty:
        raise InputError(f"{where}: no training of this task and profile is recorded")
    chance = load_chance(folder, profile, task)
    scored = records_scored_on(records, chance)
    below = f"\n\n{scored[0].upper()}{scored[1:]}." if scored else ""
    if kind == "systems":
        if systems:
            raise InputError(f"{where}: {systems[0]!r}; expected no system, since all are shown")
        return as_markdown(_as_code(systems_table(records, chance))) + below
    table = classes_table(records, chance)
    for system in systems:
        if system not in table.index:
            raise InputError(f"{where}: {system!r}; expected one of {', '.join(table.index)}")
    shown = systems or [name for name in table.index if name not in ("chance", "labels")]
    rows = _as_code(table.loc[["labels", "chance", *shown]]).T
    return as_markdown(rows.rename_axis("class").rename(columns={"labels": "test labels"})) + below


def _as_code(table: pd.DataFrame) -> pd.DataFrame:
    """Names of systems as a page shows code."""
    return table.rename(index=lambda name: name if name in ("chance", "labels") else f"`{name}`")
