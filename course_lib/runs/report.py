"""Tables as people read them: text for a terminal, Markdown for a page, with the words that belong to them.

A table is a pandas table whose cells are texts; numbers become texts here, fractions in per cent. The page that
`compare` writes is `course_lib.show.comparison_page`. Introduced in notebook 03.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from course_lib.files import InputError, found
from course_lib.runs.comparison import Comparison, results_table, signed
from course_lib.runs.matches import TEST_MATCHES, records_scored_on
from course_lib.runs.records import published
from course_lib.spotting.tasks import TASKS
from course_lib.text_table import text_table

__all__ = [
    "NO_LABELS",
    "RANKING_REMARK",
    "VERDICTS",
    "as_markdown",
    "as_text",
    "classes_table",
    "comparison_text",
    "points",
    "ranking_table",
    "results_text",
    "score_table",
    "systems_table",
]

VERDICTS = {"shown": "yes", "alone": "only by itself", "not shown": "not shown"}
"""What is said of a difference, by its verdict."""

_PUBLISHED = "published mAP-12"
NO_LABELS = "–"
"""In a table, the AP of a class without test labels: there is none."""


def as_text(table: pd.DataFrame, *, stacked: bool = False) -> str:
    """Columns of spaces: names of rows at the left, under the index's name, all else to the right.

    Args:
        table: cells are texts.
        stacked: a title's words stand below each other, for many columns with long names.
    """
    rows = [(str(name), [*map(str, cells)]) for name, cells in zip(table.index, table.to_numpy(), strict=True)]
    return text_table([*map(str, table.columns)], rows, table.index.name or "", stacked=stacked)


def as_markdown(table: pd.DataFrame) -> str:
    """A table with pipes: names of rows first, all else to the right."""
    header = [table.index.name or "", *map(str, table.columns)]
    rows = [[str(name), *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    rule = ["---", *["---:"] * len(table.columns)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def points(value: float | None) -> str:
    """A fraction in per cent with one decimal; nothing where there is none."""
    return "" if value is None or value != value else f"{100 * value:.1f}"


def score_table(systems: Mapping[str, Mapping[str, Any]], task: str = "ball", notes: Sequence[str] = ()) -> str:
    """A line a class with its number of labels and the AP of each system, then the scores of the task; in per cent.

    Args:
        systems: name to its scores, as `course_lib.spotting.tasks` gives them, over one list of classes; a score that
            is None is left out.
        task: "ball" or "volleyball".
        notes: of the data set; lines below the table.
    """
    first = next(iter(systems.values()))
    classes = list(first["per_class"])
    rows = {label: [first["counts"][label], *(of["per_class"][label] for of in systems.values())] for label in classes}
    unlabelled = [label for label in classes if not first["counts"][label]]
    for key, name in TASKS[task].named(first["counts"]).items():
        if first[key] is not None:
            rows[name] = ["", *(of[key] for of in systems.values())]
    table = pd.DataFrame(rows, ["labels", *systems], dtype=object).T.rename_axis("AP in %")
    table[[*systems]] = table[[*systems]].map(lambda ap: f"{100 * ap:.1f}")
    table.loc[unlabelled, [*systems]] = NO_LABELS
    return "\n".join(filter(None, [as_text(table), TASKS[task].remark(first["counts"]), *notes]))


def results_text(records: pd.DataFrame, chance: dict[str, Any], markdown: bool = False) -> str:
    """A table of systems and one of classes, of one task and profile, as text or Markdown.

    Args:
        records: of one task and profile, from `load_records`.
        chance: of `load_chance`.
        markdown: tables with pipes; else columns of spaces.
    """
    first, task = records.iloc[0], TASKS[records["task"].iloc[0]]
    systems = systems_table(records, chance)
    note = ""
    if _PUBLISHED in systems:
        note = "published: on real SoccerNet matches, another data set, trained end to end; only the order compares"
    text = as_markdown if markdown else partial(as_text, stacked=True)
    data = " or ".join(records["data"].unique())
    texts = (
        f"{first.dataset} ({data}), profile {first.profile}: {task.short_metric} in % "
        f"{records_scored_on(records, chance) or 'on the test videos'}; mean (lowest to highest) over seeds",
        text(systems),
        note,
        "AP of each class in %, mean over seeds",
        text(classes_table(records, chance)),
        task.remark(chance["counts"]),
        *_notes(records),
    )
    return "\n\n".join(part for part in texts if part)


def _notes(records: pd.DataFrame) -> list[str]:
    """What the data sets of these records say of every score on them, each sentence once."""
    said = records.get("notes", ())
    return list(dict.fromkeys(note for notes in said if isinstance(notes, list) for note in notes))


def systems_table(records: pd.DataFrame, chance: dict[str, Any]) -> pd.DataFrame:
    """A row a system, the best first, then chance: sizes, number of seeds, scores in %, seconds, published scores; in
    texts. Arguments as for `results_text`. A system that does not say where has no score that asks for it."""
    task = TASKS[records["task"].iloc[0]]
    facts = ["parameters", "trained_parameters", "frozen_backbone", "seeds", "seconds_per_epoch"]
    facts += ["places"] if task.says_where else []
    table = results_table(records, facts=facts, chance=chance).rename_axis("system")
    known = table.drop("chance")
    learnt = known["trained_parameters"].map(_millions).where(known["frozen_backbone"].astype(bool), "all")
    columns = {"parameters (M)": known["parameters"].map(_millions), "trained (M)": learnt, "seeds": known["seeds"]}
    columns |= {TEST_MATCHES: table[TEST_MATCHES]} if TEST_MATCHES in table else {}
    named = task.named(chance["counts"]).values()
    columns |= {name: table[name] for name in named if name in table}
    if task.says_where:
        in_time = task.names[task.headline]
        asked = [name for name in named if name != in_time]
        columns |= {name: table[name].where(table["places"].ne(False), "") for name in asked}
    columns["s an epoch"] = known["seconds_per_epoch"].map("{:.1f}".format)
    if "map" in task.names:
        columns[_PUBLISHED] = published().set_index("system")["map12"].reindex(table.index).map(points)
    return pd.DataFrame(columns, index=table.index).astype(object).fillna("").map(str)


def classes_table(records: pd.DataFrame, chance: dict[str, Any]) -> pd.DataFrame:
    """A row a system, the best first, then chance and the number of test labels; a column a class, AP in %, mean over
    seeds; in texts. Arguments as for `results_text`."""
    classes = list(records.iloc[0]["per_class"])
    if missing := [label for label in classes if label not in chance["per_class"] or label not in chance["counts"]]:
        raise InputError(f"chance.json: has no class {found(missing[0])}; expected those of the records")
    table = results_table(records, chance=chance).rename_axis("system")
    aps = table[classes].map(lambda score: points(score.value))
    aps.loc[:, [label for label in classes if not chance["counts"][label]]] = NO_LABELS
    aps.loc["labels"] = [str(chance["counts"][label]) for label in aps.columns]
    if TEST_MATCHES in table:
        aps.insert(0, TEST_MATCHES, [*table[TEST_MATCHES], table.loc["chance", TEST_MATCHES]])
    return aps


def ranking_table(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """A row a system, the best first: its first mean, and the ranks that it may hold; texts. None of two systems.

    Args:
        comparisons: of one call of `compare_all`.
    """
    first, ranking = comparisons[0], comparisons[0].ranking
    mean, entry = next(iter(first.headline.items()))
    scores = {first.first.name: entry.first.value}
    scores |= {other.second.name: next(iter(other.headline.values())).second.value for other in comparisons}
    best = sorted(ranking, key=lambda name: -scores[name]) if len(ranking) > 2 else []
    rows = {name: [points(scores[name]), str(ranking[name])] for name in best}
    return pd.DataFrame.from_dict(rows, orient="index", columns=[mean, "rank"]).rename_axis("system")


RANKING_REMARK = (
    "Ranks are ranges: from 1 + the systems shown to be better to the last but those shown to be worse, for all pairs "
    "at once, over draws of the test videos, and over seeds where a system has several."
)


def comparison_text(comparison: Comparison) -> str:
    """Scores, differences and errors as text, in per cent."""
    sides = (comparison.first, comparison.second)
    names = [f"{side.name} ({len(side.runs)} seed{'s' * (len(side.runs) > 1)})" for side in sides]
    first, second = (side.name for side in sides)
    scores = comparison.table().set_index("name").rename_axis("")
    for end in ("difference", "low", "high"):
        scores[end] = (100 * scores[end]).map(signed)
    differences = scores["difference"] + " [" + scores["low"] + ", " + scores["high"] + "]"
    shown = {"events": scores["events"].map(str)}
    shown |= {name: (100 * scores[side]).map("{:.1f}".format) for name, side in ((first, "first"), (second, "second"))}
    for column in (first, second):
        shown[column] = shown[column].where(scores["events"] > 0, NO_LABELS)
    shown |= {"difference": differences, "a difference?": scores["verdict"].map(VERDICTS)}
    errors = comparison.error_table().set_index("kind").rename_axis("")
    kinds = {first: errors["number_first"].map("{:.1f}".format), second: errors["number_second"].map("{:.1f}".format)}
    kinds |= {f"cost {first}": errors["cost_first"].map(points), f"cost {second}": errors["cost_second"].map(points)}
    kinds["difference"] = (100 * errors["cost_difference"]).map(signed)
    return "\n\n".join(
        (
            f"{names[1]} against {names[0]}, {comparison.first.on_matches}, in per cent",
            as_text(pd.DataFrame(shown)),
            "errors: how many of the spots worth showing, and the mAP that repairing them would add",
            as_text(pd.DataFrame(kinds)),
        )
    )


def _millions(number: float) -> str:
    return f"{number / 1e6:.2f}"
