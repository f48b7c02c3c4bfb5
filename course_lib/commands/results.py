"""Print what the recorded trainings score: for each task a table of systems, and one of classes.

    python -m course_lib results --profile smoke
    python -m course_lib results --task volleyball --markdown

Scores are means over seeds, with the lowest and the highest in brackets. The records are those that come with the
course, or those that `sweep --records DIR` wrote.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HELP", "NAME", "add_arguments", "results_text", "run"]

NAME = "results"
HELP = "print the table of recorded systems"

SEVERAL = " ({:.1f} to {:.1f})"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `results`."""
    parser.add_argument("--profile", choices=("smoke", "full"), help="only this one (default: all that is recorded)")
    parser.add_argument("--task", choices=("ball", "volleyball"), help="only this one (default: both)")
    parser.add_argument("--records", type=Path, metavar="DIR", help="folder of records (default: those of the course)")
    parser.add_argument("--markdown", action="store_true", help="as Markdown")


def run(arguments: argparse.Namespace) -> int:
    """Print the tables of each profile."""
    from course_lib.errors import InputError
    from course_lib.paths import shown_path
    from course_lib.records import RESULTS, load_chance, load_records
    from course_lib.tasks import TASKS

    folder, texts = arguments.records or RESULTS, []
    for task in [arguments.task] if arguments.task else TASKS:
        records = load_records(folder, arguments.profile, task)
        for profile, of_profile in records.groupby("profile") if len(records) else ():
            texts.append(results_text(of_profile, load_chance(folder, profile, task), arguments.markdown))
    if not texts:
        raise InputError(f"{shown_path(folder)}: holds no record of a training; expected some from the sweep command")
    print("\n\n".join(texts))
    return 0


def results_text(records: "pd.DataFrame", chance: dict, markdown: bool = False) -> str:
    """Both tables of one task and profile, as text or Markdown.

    Args:
        records: of one task and profile, from `load_records`.
        chance: of `load_chance`.
        markdown: tables with pipes; else columns of spaces.
    """
    from course_lib.records import per_class_table, published, system_table
    from course_lib.tasks import TASKS

    first = records.iloc[0]
    names = TASKS[first.task].names
    reported = published().set_index("system")["map12"] if first.task == "ball" else {}
    rows = [
        [
            row.system,
            f"{row.parameters / 1e6:.2f}",
            f"{row.trained_parameters / 1e6:.2f}" if row.frozen_backbone else "all",
            str(row.seeds),
            *(_score(*(getattr(row, name + end) for end in ("", "_low", "_high")), row.seeds) for name in names),
            f"{row.seconds_per_epoch:.1f}",
            *([f"{100 * reported[row.system]:.1f}" if row.system in reported else ""] if len(reported) else []),
        ]
        for row in system_table(records).itertuples()
    ]
    ends = [""] * (2 if len(reported) else 1)
    rows.append(["chance", "", "", "", *(_score(chance[name]) for name in names), *ends])
    header = ["system", "parameters (M)", "trained (M)", "seeds", *names.values(), "s an epoch"]
    systems = _table(header + (["published mAP-12"] if len(reported) else []), rows, markdown)
    aps = per_class_table(records)
    rows = [[system, *(f"{100 * ap:.1f}" for ap in row)] for system, row in zip(aps.index, aps.to_numpy(), strict=True)]
    rows.append(["chance", *(f"{100 * chance['per_class'][label]:.1f}" for label in aps.columns)])
    rows.append(["labels", *(str(chance["counts"][label]) for label in aps.columns)])
    metric = "mAP@1" if first.task == "ball" else ", ".join(names.values())
    texts = [
        f"{first.dataset} ({first['data']}), profile {first.profile}: {metric} on the test videos in %, mean (lowest "
        "to highest) over seeds",
        systems,
        "AP of each class in %, mean over seeds",
        _table(["system", *aps.columns], rows, markdown),
    ]
    if len(reported):
        note = "published: on real SoccerNet matches, another data set, trained end to end; only the order compares"
        texts.insert(2, note)
    return "\n\n".join(texts)


def _score(value: float | None, low: float = 0.0, high: float = 0.0, seeds: int = 1) -> str:
    if value is None or value != value:
        return ""
    return f"{100 * value:.1f}" + (SEVERAL.format(100 * low, 100 * high) if seeds > 1 else "")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool) -> str:
    """The first column to the left, the others to the right; in text, a title's words stand below each other."""
    if markdown:
        rule = ["---", *["---:"] * (len(header) - 1)]
        return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])
    titles = [title.split() for title in header]
    height = max(map(len, titles))
    lines = [[(["" for _ in range(height - len(words))] + words)[place] for words in titles] for place in range(height)]
    cells = [*lines, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    formats = [f"{{:{'>' if column else '<'}{width}s}}" for column, width in enumerate(widths)]
    return "\n".join("  ".join(map(str.format, formats, row)).rstrip() for row in cells)
