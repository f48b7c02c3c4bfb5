"""The figures of the deck and notebook 10, from toy numbers and the records: no data set and no network is needed."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, GREEN, ORANGE, draw_deck
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from course_lib import scoring, show
from course_lib.data import Event, Video
from course_lib.runs import records, results_table
from course_lib.show import ACCENT, GRID, INK, KIND_COLOURS, MUTED, axes_for, legend_above

__all__ = ["draw"]

CLASSES = ("PASS", "SHOT", "GOAL")
LABELS = [("PASS", 100), ("PASS", 200), ("SHOT", 300), ("SHOT", 400), ("PASS", 500), ("GOAL", 600)]
SPOTS = [
    ("PASS", 112, 0.9), ("PASS", 95, 0.5), ("PASS", 213, 0.8), ("PASS", 180, 0.6), ("PASS", 305, 0.7),
    ("GOAL", 305, 0.2), ("SHOT", 400, 0.9), ("GOAL", 400, 0.4), ("SHOT", 537, 0.3), ("PASS", 538, 0.1),
]  # fmt: skip
TOP_SYSTEMS = 10


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 10_<name>.png."""
    figures = (quiz, kinds, record, draws, paired, narrower, seeds, questions, repair, behind, confusion, calibration)
    draw_deck("10", figures, folder)


def _toy() -> scoring.Diagnosis:
    video = Video("toy", None, 700, 25.0, 398, 224, tuple(Event(*label) for label in LABELS))
    return scoring.diagnose([video], {"toy": [Event(*spot) for spot in SPOTS]}, scoring.Rule(CLASSES, stride=1))


def _spots(answers: bool) -> plt.Figure:
    """The ten spots and six labels, a row a class; in the colours of their kinds, or all alike."""
    fig, ax = axes_for(None, (11, 3.7), grid="none")
    rows = {label: 2 - place for place, label in enumerate(CLASSES)}
    for finding in _toy().findings:
        y = rows[finding.label]
        if finding.kind in ("correct", "missed"):
            ax.add_patch(
                Rectangle((finding.truth_frame - 12.5, y - 0.3), 25, 0.6, facecolor=GRID, edgecolor="none", zorder=1)
            )
            colour = MUTED if answers and finding.kind == "missed" else INK
            ax.plot([finding.truth_frame] * 2, [y - 0.3, y + 0.3], color=colour, linewidth=3, zorder=2)
        if finding.score is not None:
            colour = KIND_COLOURS[finding.kind] if answers else BLUE
            ax.plot(finding.frame, y, "o", color=colour, markersize=11, markeredgecolor="white", zorder=3)
            ax.annotate(f"{finding.score:g}", (finding.frame, y + 0.34), ha="center", va="bottom")
    ax.set_yticks(list(rows.values()), list(rows), fontsize=13)
    ax.set(
        xlim=(60, 640), ylim=(-0.6, 2.7), xlabel="frame (lines: labels; shaded: the tolerance; dots: spots and scores)"
    )
    ax.spines["left"].set_visible(False)
    if answers:
        shown = [kind for kind in KIND_COLOURS if kind != "missed"]
        dot = {"linestyle": "", "marker": "o", "markersize": 10}
        handles = [Line2D([], [], color=KIND_COLOURS[kind], label=kind, **dot) for kind in shown]
        legend_above(ax, columns=5, handles=handles)
    return fig


def quiz() -> plt.Figure:
    """Ten spots: what is wrong with each?"""
    return _spots(answers=False)


def kinds() -> plt.Figure:
    """The same ten, answered."""
    return _spots(answers=True)


def record() -> plt.Figure:
    """The best systems on record, a dot a seed."""
    recorded = records.load_records(profile="smoke")
    best = results_table(recorded).index[:TOP_SYSTEMS]
    return show.plot_systems(recorded[recorded["system"].isin(best)])[0]


def draws() -> plt.Figure:
    """Eight minutes, and three draws of eight from them."""
    rng = np.random.default_rng(4)
    fig, ax = axes_for(None, (10.5, 3.4), grid="none")
    rows = [("the match", np.arange(8))] + [
        (f"draw {number}", np.sort(rng.integers(8, size=8))) for number in (1, 2, 3)
    ]
    shades = plt.colormaps["viridis"](np.linspace(0.15, 0.85, 8))
    for y, (_, minutes) in enumerate(rows):
        for place, minute in enumerate(minutes):
            ax.add_patch(Rectangle((place + 0.04, y - 0.32), 0.92, 0.64, facecolor=shades[minute], alpha=0.85))
            ax.annotate(str(minute + 1), (place + 0.5, y), ha="center", va="center", color="white", fontsize=14)
    ax.set_yticks(range(4), [name for name, _ in rows], fontsize=13)
    ax.set(xlim=(0, 8), ylim=(3.6, -0.6), xticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)
    return fig


def _minutes() -> tuple[np.ndarray, np.ndarray]:
    """Made-up scores of two systems in 16 minutes, whose difficulty both share."""
    rng = np.random.default_rng(11)
    hard = rng.normal(0, 14, 16)
    return tuple(np.clip(base + hard + rng.normal(0, 4, 16), 0, 100) for base in (52, 60))


def paired() -> plt.Figure:
    """Two systems, minute by minute, and their difference."""
    first, second = _minutes()
    fig, panels = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    axes_for(panels[0], (5, 3), grid="y")
    for values, colour, marker, name in ((first, BLUE, "o", "A"), (second, ORANGE, "s", "B")):
        panels[0].plot(range(1, 17), values, color=colour, marker=marker, label=name)
    panels[0].set(xlabel="minute", ylabel="score (made up)", ylim=(0, 100))
    panels[0].legend(loc="lower right", ncols=2)
    axes_for(panels[1], (5, 3), grid="y")
    panels[1].bar(range(1, 17), second - first, color=GREEN)
    panels[1].axhline(0, color=INK, linewidth=1)
    panels[1].set(xlabel="minute", ylabel="B minus A", ylim=(-50, 50))
    return fig


def narrower() -> plt.Figure:
    """The difference of the means over 4000 draws: on the same minutes, and on minutes of their own."""
    first, second = _minutes()
    rng = np.random.default_rng(0)
    one, other = (rng.integers(16, size=(4000, 16)) for _ in range(2))
    fig, ax = axes_for(None, (10, 3.8), grid="y")
    edges = np.arange(-15, 31, 1.0)
    for gaps, colour, name in (
        (second[one].mean(axis=1) - first[other].mean(axis=1), MUTED, "each on its own draws"),
        (second[one].mean(axis=1) - first[one].mean(axis=1), GREEN, "both on the same draws"),
    ):
        low, high = np.quantile(gaps, [0.025, 0.975])
        share = 100 * np.histogram(gaps, edges)[0] / len(gaps)
        ax.stairs(share, edges, fill=True, color=colour, alpha=0.45, label=f"{name}: {low:.0f} to {high:.0f}")
    ax.axvline(0, color=INK, linewidth=1.4)
    ax.set(xlabel="B minus A, mean over the minutes of a draw", ylabel="% of the draws")
    legend_above(ax, columns=2)
    return fig


def seeds() -> plt.Figure:
    """Share of the variance of seeds that drawing n of n with replacement shows."""
    numbers = (1, 2, 3, 5, 10)
    fig, ax = axes_for(None, (9, 3.6), grid="y")
    shares = [100 * (number - 1) / number for number in numbers]
    bars = ax.bar([str(number) for number in numbers], shares, 0.6, color=BLUE)
    ax.bar_label(bars, [f"{share:.0f} %" for share in shares], padding=2, fontsize=12)
    ax.axhline(100, color=INK, linestyle="--", linewidth=1.2)
    ax.set(xlabel="seeds", ylabel="variance that draws show (%)", ylim=(0, 112))
    return fig


def questions() -> plt.Figure:
    """How often at least one of n equal classes looks different."""
    number = np.arange(1, 21)
    fig, ax = axes_for(None, (10, 3.8))
    ax.plot(number, 100 * (1 - 0.95**number), color=ACCENT, marker="o", label="each judged by itself")
    ax.plot(number, np.full(20, 5.0), color=BLUE, marker="s", label="judged together (Holm): at most")
    ax.axvline(12, color=MUTED, linestyle=":")
    ax.set(
        xlabel="classes that are compared", ylabel="% of tables with a false one", xticks=range(0, 21, 4), ylim=(0, 70)
    )
    legend_above(ax, columns=2)
    return fig


def repair() -> plt.Figure:
    """Precision and recall of PASS in the toy: as it is, and with its mistimed spots repaired."""
    fig, panels = plt.subplots(1, 2, figsize=(11, 3.9), layout="constrained", sharey=True)
    levels = np.arange(11) / 10
    for ax, title, hits in zip(
        panels, ("as it is", "mistimed repaired"), ([1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0]), strict=True
    ):
        axes_for(ax, (5, 3.6))
        found = np.cumsum(hits)
        recall, precision = found / 3, found / np.arange(1, len(hits) + 1)
        best = np.array([precision[recall >= level].max(initial=0) for level in levels])
        ax.plot(recall, precision, color=MUTED, marker="o", markersize=5)
        ax.bar(levels, best, 0.06, color=GREEN, alpha=0.5)
        ax.set_title(f"{title}: AP {best.sum():.0f}/11", fontsize=13)
        ax.set(xlabel="recall", xlim=(-0.05, 1.05), ylim=(0, 1.08))
    panels[0].set_ylabel("precision (bars: the 11 points)")
    return fig


def behind() -> plt.Figure:
    """A duplicate before the last hit, and the same behind it."""
    fig, panels = plt.subplots(2, 1, figsize=(10, 3.6), layout="constrained", sharex=True)
    for ax, row in zip(panels, (("correct", "duplicate", "correct"), ("correct", "correct", "duplicate")), strict=True):
        axes_for(ax, (10, 1.6), grid="none")
        hits = np.array([kind == "correct" for kind in row])
        precision = np.cumsum(hits) / np.arange(1, 4)
        best = [precision[np.cumsum(hits) / 2 >= level].max(initial=0) for level in np.arange(11) / 10]
        for place, kind in enumerate(row):
            ax.add_patch(Rectangle((place + 0.03, 0), 0.94, 1, facecolor=KIND_COLOURS[kind]))
            ax.annotate(kind, (place + 0.5, 0.5), ha="center", va="center", color="white", fontsize=13)
        ax.annotate(f"AP {100 * np.mean(best):.0f}", (3.12, 0.5), va="center", fontsize=15, annotation_clip=False)
        ax.set(xlim=(0, 3.6), ylim=(-0.1, 1.1), xticks=[], yticks=[])
        ax.spines[["left", "bottom"]].set_visible(False)
    panels[1].set_xlabel("by falling score →")
    return fig


def confusion() -> plt.Figure:
    """The matrix of the ten spots."""
    fig, ax = show.plot_confusion(_toy().confusion, CLASSES)
    fig.set_size_inches(8, 4.2)
    ax.set_title("")
    return fig


def calibration() -> plt.Figure:
    """Two spotters with one ranking, so with one AP; only one means what it says."""
    rng = np.random.default_rng(2)
    scores = rng.random(3000) ** 1.5
    hits = rng.random(3000) < scores
    fig, _ = show.plot_calibration(
        {"honest": scoring.calibrate(scores, hits), "the same, √score": scoring.calibrate(np.sqrt(scores), hits)}
    )
    return fig
