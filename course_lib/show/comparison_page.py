"""A comparison as one HTML file: tables, and figures inside it, so that it can be sent and opened anywhere.

What the figures show is worked out in `course_lib.runs.comparison`; how the page looks stands in its template,
templates/comparison.html. Tables hold every system. Figures take long to draw and no eye keeps fifty curves apart: they
hold as many systems as there are colours, the first and the best of the others. Introduced in notebook 10.
"""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.files import passed_on, write_text
from course_lib.runs.comparison import Comparison, signed
from course_lib.runs.report import NO_LABELS, RANKING_REMARK, VERDICTS, points, ranking_table
from course_lib.runs.systems import System
from course_lib.scoring.ball import precision_recall
from course_lib.scoring.differences import PairedDifference
from course_lib.show.errors import plot_calibration, plot_confusion, plot_error_costs, plot_error_kinds, plot_timing
from course_lib.show.pages import TEMPLATES
from course_lib.show.scores import plot_ap_against_tolerance, plot_differences, plot_precision_recall
from course_lib.show.style import SYSTEM_COLOURS, course_styled
from course_lib.spotting.tasks import TASKS

__all__ = ["comparison_page", "write_page"]

MAX_CURVES = 4  # classes whose precision and recall are drawn
MAX_DRAWN = len(SYSTEM_COLOURS)  # systems in a figure


def write_page(path: str | Path, comparisons: Sequence[Comparison]) -> Path:
    """Write the page; returns the file. Arguments as for `comparison_page`."""
    path = Path(path)
    write_text(path, comparison_page(comparisons))
    return path


def comparison_page(comparisons: Sequence[Comparison]) -> str:
    """The page of one or more systems against the same first one.

    Args:
        comparisons: one or more, of one call of `compare_all`.
    """
    first = comparisons[0].first
    systems = [first, *(comparison.second for comparison in comparisons)]
    others = systems[1].name if len(systems) == 2 else f"{len(systems) - 1} systems"
    data, task = first.config.data, TASKS[first.config.data.task]
    drawn = _drawn(comparisons)
    shown = [comparison for comparison in comparisons if comparison.second in drawn]
    return TEMPLATES.get_template("comparison.html").render(
        title=f"{others} against {first.name}",
        first=first.name,
        data=data,
        videos=first.videos,
        on_matches=first.on_matches,
        minutes=sum(video.duration_sec for video in first.videos) / 60,
        events=sum(comparisons[0].label_counts.values()),
        metric=task.metric.split("; interval")[0],
        ranking=ranking_table(comparisons),
        ranking_remark=RANKING_REMARK,
        runs=_runs(systems, task.names),
        changed=[(comparison.second.name, _settings(comparison)) for comparison in comparisons],
        means=_means(comparisons),
        remarks=[*comparisons[0].remarks(), comparisons[0].score_remark()],
        left_out=_left_out(comparisons, len(systems) - len(drawn)),
        class_by_class=[
            (comparison.second.name, _class_figure(comparison) if comparison in shown else None, _classes(comparison))
            for comparison in comparisons
        ],
        curves=_curves(shown, drawn),
        kinds=_kinds(drawn),
        error_tables=[_error_table(comparison) for comparison in comparisons],
        details=_details(drawn),
    )


def _drawn(comparisons: Sequence[Comparison]) -> list[System]:
    """The systems in the figures, in their order: the first, and of too many others those with the best first mean."""
    best = sorted(range(len(comparisons)), key=lambda place: -_first_mean(comparisons[place])[1].second.value)
    chosen = sorted(best[: MAX_DRAWN - 1])
    return [comparisons[0].first, *(comparisons[place].second for place in chosen)]


def _first_mean(comparison: Comparison) -> tuple[str, PairedDifference]:
    return next(iter(comparison.headline.items()))


def _left_out(comparisons: Sequence[Comparison], number: int) -> str:
    if not number:
        return ""
    first, mean = comparisons[0].first.name, _first_mean(comparisons[0])[0]
    return (
        f"Figures show {first} and the {MAX_DRAWN - 1} of the {len(comparisons)} others with the best {mean}; the "
        f"tables hold all."
    )


def _runs(systems: Sequence[System], names: dict[str, str]) -> pd.DataFrame:
    rows = []
    for system in systems:
        for run in system.runs:
            test, environment = run.scores["test"], run.environment
            commit = str(environment.get("commit") or "unknown")
            rows.append(
                {"system": system.name, "seed": str(run.config.train.seed)}
                | {shown: points(test.get(key)) for key, shown in names.items()}
                | {"parameters": f"{run.scores['parameters'] / 1e6:.2f} M"}
                | {"commit": commit[:9] + ("+" if commit.endswith("+") else "")}
                | {"date": str(environment.get("started", ""))[:10], "run": passed_on(run.path)}
            )
    return pd.DataFrame(rows).set_index("system")


def _settings(comparison: Comparison) -> pd.DataFrame:
    columns = [comparison.first.name, comparison.second.name]
    rows = [[str(value) for value in values] for values in comparison.changed.values()]
    return pd.DataFrame(rows, list(comparison.changed), columns).rename_axis("field")


def _means(comparisons: Sequence[Comparison]) -> tuple[pd.DataFrame, list[str]]:
    """The table, and of each row the verdict."""
    alone = len(comparisons) == 1
    entries = {
        name if alone else f"{name}, {comparison.second.name}": entry
        for comparison in comparisons
        for name, entry in comparison.headline.items()
    }
    titles = comparisons[0].first.name, comparisons[0].second.name if alone else "the other"
    rows = [
        [*_sides(entry), f"{entry.p:.3f}", *([] if alone else [f"{entry.adjusted_p:.3f}"]), VERDICTS[entry.verdict]]
        for entry in entries.values()
    ]
    columns = [*titles, "difference", "p", *([] if alone else ["p of all"]), "a difference?"]
    table = pd.DataFrame(rows, list(entries), columns).rename_axis("mean")
    return table, [entry.verdict for entry in entries.values()]


def _classes(comparison: Comparison) -> tuple[pd.DataFrame, list[str]]:
    """The table, and of each row the verdict."""
    entries = comparison.per_class
    rows = [
        [f"{comparison.label_counts.get(name, 0):,}", *_sides(entry), f"{entry.p:.3f}", f"{entry.adjusted_p:.3f}"]
        + [VERDICTS[entry.verdict]]
        for name, entry in entries.items()
    ]
    columns = ["events", comparison.first.name, comparison.second.name, "difference", "p", "p of all", "a difference?"]
    return pd.DataFrame(rows, list(entries), columns).rename_axis("class"), [e.verdict for e in entries.values()]


def _sides(entry: PairedDifference) -> list[str]:
    return [str(side) if entry.units else NO_LABELS for side in (entry.first, entry.second, entry.difference)]


def _error_table(comparison: Comparison) -> pd.DataFrame:
    table = comparison.error_table().set_index("kind")
    names = (comparison.first.name, comparison.second.name, "difference")
    columns = {}
    for what, side_of, gap_of in (("number", "{:.1f}".format, signed), ("cost", points, lambda gap: signed(100 * gap))):
        for key, name in zip(("first", "second", "difference"), names, strict=True):
            columns[f"{what}, {name}"] = table[f"{what}_{key}"].map(gap_of if key == "difference" else side_of)
    return pd.DataFrame(columns)


def _class_figure(comparison: Comparison) -> dict[str, str]:
    first, second = comparison.first.name, comparison.second.name
    entries = {**comparison.headline, **comparison.per_class}
    drawn = plot_differences(entries, first=first, second=second, counts=comparison.label_counts)
    return _figure(
        drawn, f"Differences of {second} and {first} in each class, with intervals. At the right both scores."
    )


def _curves(comparisons: Sequence[Comparison], systems: Sequence[System]) -> list[dict[str, str]]:
    task, rule = TASKS[systems[0].config.data.task], systems[0].rule
    widths = [task.full_width_sec(tolerance, rule) for tolerance in systems[0].against_tolerance]
    curves = {system.name: list(system.against_tolerance.values()) for system in systems}
    drawn = plot_ap_against_tolerance(curves, widths, official_sec=task.official_sec, mean=False)
    figures = [_figure(drawn, "mAP against the tolerance, means over the seeds.")]
    if shown := _chosen_classes(comparisons):
        caption = (
            "Precision and recall of the most frequent class and of those that differ most; of each system the run "
            "with the first seed, matched by SoccerNet's rule."
        )
        figures.append(_figure(_precision_recall(shown, systems), caption))
    return figures


def _chosen_classes(comparisons: Sequence[Comparison]) -> list[str]:
    counts = {label: number for label, number in comparisons[0].label_counts.items() if number >= 5}
    largest = {
        label: max(abs(comparison.per_class[label].difference.value) for comparison in comparisons) for label in counts
    }
    frequent = sorted(counts, key=lambda label: -counts[label])[:1]
    rest = sorted((label for label in counts if label not in frequent), key=lambda label: -largest[label])
    return frequent + rest[: MAX_CURVES - 1]


@course_styled
def _precision_recall(labels: Sequence[str], systems: Sequence[System]) -> tuple[Figure, Axes]:
    rule, videos = systems[0].rule, systems[0].videos
    columns = min(2, len(labels))
    rows = -(-len(labels) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(6 * columns, 5 * rows), layout="constrained", squeeze=False)
    for ax in axes.flat[len(labels) :]:
        ax.set_visible(False)
    for label, ax in zip(labels, axes.flat, strict=False):
        curves = {system.name: precision_recall(videos, system.scored[0], rule, label)[:2] for system in systems}
        plot_precision_recall(curves, ax=ax)
        ax.set_title(label, pad=10 + 17 * -(-len(systems) // 2))
    return fig, axes.flat[0]


def _kinds(systems: Sequence[System]) -> list[dict[str, str]]:
    priced = TASKS[systems[0].config.data.task].priced(systems[0].rule)
    return [
        _figure(
            plot_error_kinds({system.name: system.counts() for system in systems}),
            "Spots that validation finds worth showing, and labels; means over the seeds.",
        ),
        _figure(
            plot_error_costs({system.name: system.costs() for system in systems}),
            f"What {priced} would gain if one kind of error were repaired in all spots, also the weak ones; the gains "
            "do not add up.",
        ),
    ]


def _details(systems: Sequence[System]) -> list[dict[str, str]]:
    rule = systems[0].rule
    figures = [
        _figure(
            plot_confusion(system.confusion(), rule.classes),
            f"{system.name}: labels and what they were spotted as, {len(system.runs)} seed"
            f"{'s together' if len(system.runs) > 1 else ''}, spots worth showing.",
        )
        for system in systems
    ]
    offsets = {system.name: system.timing_frames() for system in systems}
    return [
        *figures,
        _figure(
            plot_timing(offsets, tolerance_frames=rule.tolerance_sec * rule.fps / 2),
            "Spots of the right class against their labels: correct and mistimed ones worth showing, all seeds.",
        ),
        _figure(
            plot_calibration({system.name: system.calibration() for system in systems}),
            "All spots, also the weak ones, in ten bins by score; all seeds.",
        ),
    ]


def _figure(drawn: tuple[Figure, Any], caption: str) -> dict[str, str]:
    """A figure as a picture inside the page; closed."""
    buffer = io.BytesIO()
    drawn[0].savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    plt.close(drawn[0])
    return {"png": base64.b64encode(buffer.getvalue()).decode("ascii"), "caption": caption}
