"""A comparison as one HTML file: tables, and figures inside it, so that it can be sent and opened anywhere.

What the figures show is worked out in `course_lib.comparison`. Introduced in notebook 10.
"""

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib import plots
from course_lib.comparison import Comparison, signed
from course_lib.files import write_text
from course_lib.metrics.ball_actions import precision_recall
from course_lib.paths import shown_path
from course_lib.plots.style import course_styled
from course_lib.run_groups import System
from course_lib.tasks import TASKS

__all__ = ["comparison_page", "write_page"]

VERDICTS = {"shown": "yes", "alone": "only by itself", "not shown": "not shown"}
MAX_CURVES = 4  # classes whose precision and recall are drawn

# System colours, so that the page is dark where the reader's screen is; figures keep their white paper.
STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.4rem; }
table { border-collapse: collapse; margin: 0.8rem 0; font-size: 0.92rem; }
th, td { padding: 0.25rem 0.6rem; text-align: right; border-bottom: 1px solid #8886; vertical-align: top; }
td { white-space: nowrap; } td:first-child, td.text { white-space: normal; }
th { font-weight: 600; } th:first-child, td:first-child { text-align: left; }
td.text { text-align: left; overflow-wrap: anywhere; min-width: 12rem; }
figure { margin: 1rem 0; } figure img { max-width: 100%; background: #fff; border-radius: 4px; padding: 4px; }
figcaption { font-size: 0.92rem; opacity: 0.8; }
.shown { font-weight: 700; } .none { opacity: 0.65; }
"""


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
    title = (
        f"{systems[1].name} against {first.name}"
        if len(systems) == 2
        else f"{len(systems) - 1} systems against {first.name}"
    )
    parts = [f"<h1>{escape(title)}</h1>", *_what(comparisons, systems), "<h2>Scores</h2>", _headline(comparisons)]
    parts += [f"<p>{escape(remark)}</p>" for remark in comparisons[0].remarks()]
    for comparison in comparisons:
        parts += _classes(comparison)
    parts += _curves(comparisons, systems)
    parts += _errors(comparisons, systems)
    head = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
    ]
    return "\n".join([*head, *parts, "</body></html>\n"])


def _what(comparisons: Sequence[Comparison], systems: Sequence[System]) -> list[str]:
    """Systems, runs, data and what was set differently."""
    first = systems[0]
    data, videos = first.config.data, first.videos
    names = TASKS[data.task].names
    minutes = sum(video.duration_sec for video in videos) / 60
    matches = len({video.game for video in videos})
    events = sum(comparisons[0].label_counts.values())
    rows = []
    for system in systems:
        for run in system.runs:
            test, environment = run.scores["test"], run.environment
            scores = ["" if test.get(key) is None else _points(test[key]) for key in names]
            commit = str(environment.get("commit") or "unknown")
            rows.append(
                [system.name, str(run.config.train.seed), *scores, f"{run.scores['parameters'] / 1e6:.2f} M"]
                + [commit[:9] + ("+" if commit.endswith("+") else ""), str(environment.get("started", ""))[:10]]
                + [shown_path(run.path)]
            )
    header = ["system", "seed", *names.values(), "parameters", "commit", "date", "run"]
    parts = [
        f"<p>Data set {escape(data.dataset)}: {len(videos)} test video{'s' * (len(videos) > 1)} of {matches} "
        f"match{'es' * (matches > 1)}, {minutes:.0f} minutes, {events} events; {data.fps:g} frames a second, stride "
        f"{data.stride}. Scores: {escape(TASKS[data.task].metric.split('; interval')[0])}; all in per cent.</p>",
        "<h2>What was compared</h2>",
        _table(header, rows),
    ]
    for comparison in comparisons:
        fields = [[name, str(old), str(new)] for name, (old, new) in comparison.changed.items()]
        parts.append(f"<p>Settings in which {escape(comparison.second.name)} differs, apart from the seed:</p>")
        parts.append(_table(["field", comparison.first.name, comparison.second.name], fields))
    return parts


def _headline(comparisons: Sequence[Comparison]) -> str:
    rows, marks = [], []
    for comparison in comparisons:
        for name, entry in comparison.headline.items():
            sides = [str(side) for side in (entry.first, entry.second, entry.difference)]
            rows.append(
                [
                    name if len(comparisons) == 1 else f"{name}, {comparison.second.name}",
                    *sides,
                    _p(entry.p),
                    VERDICTS[entry.verdict],
                ]
            )
            marks.append(entry.verdict)
    second = comparisons[0].second.name if len(comparisons) == 1 else "the other"
    header = ["mean", comparisons[0].first.name, second, "difference", "p", "a difference?"]
    return _table(header, rows, marks)


def _classes(comparison: Comparison) -> list[str]:
    first, second = comparison.first.name, comparison.second.name
    figure = _figure(
        lambda: plots.plot_differences(
            {**comparison.headline, **comparison.per_class}, first=first, second=second, counts=comparison.label_counts
        ),
        f"Differences of {second} and {first} in each class, with intervals. At the right both scores.",
    )
    rows, marks = [], []
    for name, entry in comparison.per_class.items():
        numbers = [str(side) if entry.units else "no events" for side in (entry.first, entry.second, entry.difference)]
        events = f"{comparison.label_counts.get(name, 0):,}"
        rows.append([name, events, *numbers, _p(entry.p), _p(entry.adjusted_p), VERDICTS[entry.verdict]])
        marks.append(entry.verdict)
    header = ["class", "events", first, second, "difference", "p", "p of all", "a difference?"]
    return [f"<h2>Class by class: {escape(second)} against {escape(first)}</h2>", figure, _table(header, rows, marks)]


def _curves(comparisons: Sequence[Comparison], systems: Sequence[System]) -> list[str]:
    data = systems[0].config.data
    tolerances = list(systems[0].against_tolerance)
    curves = {system.name: list(system.against_tolerance.values()) for system in systems}
    task = TASKS[data.task]
    widths = [task.full_width_sec(tolerance, data) for tolerance in tolerances]
    parts = [
        "<h2>How exact, and at what price</h2>",
        _figure(
            lambda: plots.plot_ap_against_tolerance(curves, widths, official_sec=task.official_sec, mean=False),
            "mAP against the tolerance, means over the seeds.",
        ),
    ]
    shown = _chosen_classes(comparisons)
    if shown:
        parts.append(
            _figure(
                lambda: _precision_recall(shown, systems),
                "Precision and recall of the most frequent class and of those that differ most; of each system the run "
                "with the first seed, matched by SoccerNet's rule.",
            )
        )
    return parts


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
    rule, videos = systems[0].config.data.rule, systems[0].videos
    columns = min(2, len(labels))
    rows = -(-len(labels) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(6 * columns, 5 * rows), layout="constrained", squeeze=False)
    for ax in axes.flat[len(labels) :]:
        ax.set_visible(False)
    for label, ax in zip(labels, axes.flat, strict=False):
        curves = {system.name: precision_recall(videos, system.scored[0], rule, label)[:2] for system in systems}
        plots.plot_precision_recall(curves, ax=ax)
        ax.set_title(label, pad=10 + 17 * -(-len(systems) // 2))
    return fig, axes.flat[0]


def _errors(comparisons: Sequence[Comparison], systems: Sequence[System]) -> list[str]:
    data = systems[0].config.data
    radius = data.rule.tolerance_sec * data.fps / 2
    counts = {system.name: system.counts() for system in systems}
    costs = {system.name: system.costs() for system in systems}
    parts = [
        "<h2>What goes wrong</h2>",
        "<p>Mistimed: the right class, but up to three tolerances off. Confused: within the tolerance of a label of "
        "another class. Duplicate: a second spot for a label that was found. Background: nothing there. Missed: a "
        "label that no spot of its class found.</p>",
        _figure(
            lambda: plots.plot_error_kinds(counts),
            "Spots that validation finds worth showing, and labels; means over the seeds.",
        ),
        _figure(
            lambda: plots.plot_error_costs(costs),
            f"What {TASKS[data.task].priced(data)} would gain if one kind of error were repaired in all spots, also "
            "the weak ones; the gains do not add up.",
        ),
    ]
    for comparison in comparisons:
        rows = [
            [row.kind, f"{row.number_first:.1f}", f"{row.number_second:.1f}", signed(row.number_difference)]
            + [_points(row.cost_first), _points(row.cost_second), signed(100 * row.cost_difference)]
            for row in comparison.error_table().itertuples()
        ]
        names = (comparison.first.name, comparison.second.name, "difference")
        parts.append(_table(["kind", *(f"number, {n}" for n in names), *(f"cost, {n}" for n in names)], rows))
    for system in systems:
        parts.append(
            _figure(
                lambda system=system: plots.plot_confusion(system.confusion(), data.classes),
                f"{system.name}: labels and what they were spotted as, {len(system.runs)} seed"
                f"{'s together' if len(system.runs) > 1 else ''}, spots worth showing.",
            )
        )
    parts.append(
        _figure(
            lambda: plots.plot_timing({s.name: s.timing_frames() for s in systems}, tolerance_frames=radius),
            "Spots of the right class against their labels: correct and mistimed ones worth showing, all seeds.",
        )
    )
    parts.append(
        _figure(
            lambda: plots.plot_calibration({s.name: s.calibration() for s in systems}),
            "All spots, also the weak ones, in ten bins by score; all seeds.",
        )
    )
    return parts


def _figure(draw: Callable[[], tuple[Figure, Axes]], caption: str) -> str:
    """A figure as a picture inside the page."""
    fig, _ = draw()
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    plt.close(fig)
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    text = escape(caption)
    return f'<figure><img alt="{text}" src="data:image/png;base64,{picture}"><figcaption>{text}</figcaption></figure>'


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], marks: Sequence[str] | None = None) -> str:
    """Cells are text; a row with a verdict in `marks` is set in bold or faint."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in header)
    kinds = {"shown": ' class="shown"', "not shown": ' class="none"'}
    html = f"<table>\n<tr>{titles}</tr>\n"
    for place, row in enumerate(rows):
        kind = kinds.get(marks[place], "") if marks else ""
        html += f"<tr{kind}>" + "".join(_cell(cell) for cell in row) + "</tr>\n"
    return html + "</table>"


def _cell(text: str) -> str:
    """Paths are the only cells with room to break."""
    kind = ' class="text"' if "/" in text else ""
    return f"<td{kind}>{escape(text)}</td>"


def _points(value: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:.1f}"


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
