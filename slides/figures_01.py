"""The figures of the deck and notebook 01, from hand-made labels: no data set and no network is needed."""

from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, ORANGE, draw_deck

from course_lib.data import BALL_12, Event, Video
from course_lib.scoring import (
    Rule,
    bootstrap_interval,
    precision_recall,
    score_ball_actions,
    score_chance,
    starter_nms,
    symmetric_nms,
)
from course_lib.show import (
    ACCENT,
    GRID,
    INK,
    MUTED,
    axes_for,
    plot_ap_against_tolerance,
    plot_frame_scores,
    plot_precision_recall,
    plot_timeline,
)
from course_lib.spotting import DecodeConfig, decode

__all__ = ["draw"]

FPS = 25.0
MINUTE = Video(
    "toy", None, 1500, FPS, 398, 224, tuple(Event("PASS", at) for at in (100, 225, 400, 430, 700, 900, 1100, 1300))
)
SPOTS = [
    Event("PASS", frame, score)
    for frame, score in [
        (104, 0.92), (219, 0.85), (320, 0.70), (398, 0.75), (404, 0.40), (433, 0.60), (715, 0.80), (902, 0.30),
        (1310, 0.50),
    ]
]  # fmt: skip


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 01_<name>.png."""
    figures = (
        timeline, tolerances, truncation, dispute, matching, precision, goals, scores, suppression, window, chance,
        intervals,
    )  # fmt: skip
    draw_deck("01", figures, folder)


def timeline() -> plt.Figure:
    """A minute of one class at threshold 0.5."""
    spots = [event for event in SPOTS if event.score >= 0.5]
    fig, ax = plt.subplots(figsize=(9.5, 2.2), layout="constrained")
    plot_timeline(MINUTE.events, spots, ("PASS",), 0, 60, FPS, ax=ax)
    return fig


def tolerances() -> plt.Figure:
    """The windows that the field calls tolerances, around one label."""
    fig, ax = axes_for(None, (9.5, 3.8), grid="x")
    windows = [
        ("SoccerNet mAP@5", 62, BLUE),
        ("SoccerNet mAP@2", 25, BLUE),
        ("SoccerNet mAP@1", 12, BLUE),
        ("frame mAP, δ = 4", 4, ORANGE),
        ("frame mAP, δ = 2", 2, ORANGE),
        ("frame mAP, δ = 1", 1, ORANGE),
    ]
    for row, (_, reach, colour) in enumerate(windows):
        # A frame is drawn as a cell one frame wide, so that a reach of 1 shows as three cells.
        ax.barh(row, 2 * reach + 1, left=-reach - 0.5, height=0.62, color=colour, alpha=0.85)
        text = f"±{reach} frames, {(2 * reach + 1)} frames in all"
        ax.annotate(text, (reach + 0.5, row), (6, 0), textcoords="offset points", va="center", fontsize=11)
    ax.axvline(0, color=ACCENT, linewidth=2)
    ax.annotate("label", (0, -0.75), color=ACCENT, ha="center", va="bottom", fontsize=12)
    ax.set_yticks(range(len(windows)), [name for name, _, _ in windows], fontsize=12)
    ax.set_ylim(len(windows) - 0.5, -0.75)
    ax.set_xlim(-66, 112)
    ax.set_xticks(range(-60, 61, 10))
    ax.set_xlabel("frames from the label, at 25 frames a second")
    return fig


def truncation() -> plt.Figure:
    """Which of the first 65 frames the official arithmetic moves one frame back."""
    frames = np.arange(65)
    official = np.array([int(FPS * (int(40 * frame) / 1000)) for frame in frames])
    fig, ax = axes_for(None, (9.5, 1.6), grid="none")
    moved = official != frames
    ax.scatter(frames[~moved], np.zeros((~moved).sum()), s=34, color=GRID, edgecolor=MUTED, linewidth=0.5)
    ax.scatter(frames[moved], np.zeros(moved.sum()), s=80, color=ACCENT, zorder=3)
    for frame in frames[moved]:
        side = {28: "center", 57: "right", 58: "left"}.get(frame, "center")
        ax.annotate(f"{frame}→{frame - 1}", (frame, 0), (0, 12), textcoords="offset points", ha=side, fontsize=12)
    ax.set_yticks([])
    ax.set_ylim(-0.4, 0.8)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("frame that the label stands on (its milliseconds are 40 × frame)")
    return fig


LABELS, CLAIMS = (100, 115), ((95, 0.5), (108, 0.9))


def _dispute(ax: plt.Axes, pairs: list[tuple[int, int]] | None) -> None:
    """Two labels with their windows and two spots; pairs of label and spot are joined, None leaves that open."""
    axes_for(ax, (4, 3), grid="none")
    for label in LABELS:
        taken = pairs is None or label in [pair[0] for pair in pairs]
        face = BLUE if taken else "white"
        ax.barh(1, 25, left=label - 12.5, height=0.34, color=BLUE, alpha=0.16)
        ax.scatter(label, 1, s=190, marker="v", color=face, edgecolor=BLUE, linewidth=2, zorder=3)
        ax.annotate(f"label {label}", (label, 1.25), ha="center", fontsize=11)
    for spot, score in CLAIMS:
        used = pairs is None or spot in [pair[1] for pair in pairs]
        style = {"marker": "^", "s": 190} if used else {"marker": "x", "s": 130, "linewidth": 3}
        ax.scatter(spot, 0, color=ORANGE, zorder=3, **style)
        ax.annotate(f"{spot}: {score}", (spot, -0.42), ha="center", fontsize=11)
    for label, spot in pairs or ():
        ax.plot([label, spot], [0.93, 0.1], color=INK, linewidth=2)
    ax.set(xlim=(82, 130), ylim=(-0.6, 1.5), xticks=[], yticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)


def dispute() -> plt.Figure:
    """Two labels, two spots, and the question who gets whom."""
    fig, ax = plt.subplots(figsize=(6, 2.4), layout="constrained")
    _dispute(ax, None)
    return fig


def matching() -> plt.Figure:
    """The answers of three rules."""
    rules = [
        ("SoccerNet: labels in time order,\neach takes the highest score", [(100, 108)]),
        ("spots by score, each takes the\nnearest free label (frame mAP)", [(100, 95), (115, 108)]),
        ("labels in time order, each takes\nthe nearest spot (nobody's rule)", [(100, 95), (115, 108)]),
    ]
    fig, panels = plt.subplots(1, 3, figsize=(10.5, 3.1), layout="constrained")
    for ax, (title, pairs) in zip(panels, rules, strict=True):
        _dispute(ax, pairs)
        ax.set_title(title, fontsize=11)
        ax.set_xlabel(f"{len(pairs)} of 2 labels found", fontsize=12)
    return fig


def precision() -> plt.Figure:
    """The curve of the toy minute and its eleven points."""
    recall, precise, _ = precision_recall([MINUTE], {"toy": SPOTS}, Rule(("PASS",), stride=1), "PASS")
    fig, ax = plt.subplots(figsize=(7.5, 4.0), layout="constrained")
    plot_precision_recall({"PASS": (recall, precise)}, ax=ax)
    return fig


def goals() -> plt.Figure:
    """What one event more is worth on average, by the number of labels of its class in the real test matches."""
    fig, ax = axes_for(None, (8.5, 3.5), grid="x")
    counts = {"FREE KICK": 2, "GOAL": 6, "PLAYER SUCCESSFUL TACKLE": 28, "PASS": 1721}
    for row, count in enumerate(counts.values()):
        worth = 100 / len(BALL_12) / count
        ax.barh(row, worth, height=0.6, color=BLUE)
        text = f"{worth:.1f} points" if worth > 0.05 else f"{worth:.3f} points"
        ax.annotate(text, (worth, row), (5, 0), textcoords="offset points", va="center", fontsize=12)
    names = [f"{name}\n{count:,} labels" for name, count in counts.items()]
    ax.set_yticks(range(len(counts)), names, fontsize=12)
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.set_xlim(0, 5)
    ax.set_xlabel("what finding one event more adds to mAP-12, on average (points)")
    return fig


def scores() -> plt.Figure:
    """One stretch of frame scores, decoded with a window that is too narrow and with one that fits."""
    labels = [Event("PASS", frame) for frame in (30, 75, 120, 205)]
    steps, curve = np.arange(125), np.zeros((125, 1))
    for frame, score in ((34, 0.9), (72, 0.75), (121, 0.85), (160, 0.4), (208, 0.65)):
        curve[:, 0] = np.maximum(curve[:, 0], score * np.exp(-(((steps - frame / 2) / 5) ** 2) / 2))
    curve *= np.random.default_rng(4).uniform(0.7, 1, curve.shape)
    fig, panels = plt.subplots(2, 1, figsize=(9.5, 4.9), layout="constrained")
    for ax, window in zip(panels, (1, 8), strict=True):
        spots = decode(curve, Rule(("PASS",), stride=2), DecodeConfig("symmetric", window, 0.1))
        plot_frame_scores(curve, ("PASS",), FPS, stride=2, truth=labels, spots=spots, tolerance_sec=1.0, ax=ax)
        ax.set_title(f"window ±{window} steps: {len(spots)} spots for {len(labels)} labels", pad=26)
    return fig


def suppression() -> plt.Figure:
    """The steps that one spot silences, by rule and window."""
    fig, ax = axes_for(None, (9, 3.5), grid="none")
    rows = [("starter, w = 5", starter_nms, 5), ("symmetric, 2 either side", symmetric_nms, 2),
            ("starter, w = 12", starter_nms, 12), ("symmetric, 6 either side", symmetric_nms, 6)]  # fmt: skip
    peak = Event("PASS", 100, 0.9)
    for row, (_, rule, window) in enumerate(rows):
        for offset in range(-9, 10):
            gone = len(rule([peak, replace(peak, frame=100 + offset, score=0.5)], window, 0.05)) == 1
            colour = ACCENT if offset == 0 else (INK if gone else "white")
            ax.barh(row, 0.9, left=offset - 0.45, height=0.62, color=colour, edgecolor=MUTED, linewidth=0.8)
    ax.set_yticks(range(len(rows)), [name for name, _, _ in rows], fontsize=12)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xticks(range(-9, 10), [f"{offset:+d}" if offset else "spot" for offset in range(-9, 10)])
    ax.set_xlabel("steps from the spot that stays (orange); dark ones are dropped")
    ax.spines[["left", "bottom"]].set_visible(False)
    return fig


def _random_match(name: str, generator: np.random.Generator, minutes: float = 30.0) -> Video:
    """Labels at random times, at least 0.6 s apart in each class, at the rates of real matches (per minute)."""
    num_frames = int(minutes * 60 * FPS)
    rates = {"PASS": 7.3, "DRIVE": 6.3, "HIGH PASS": 1.1, "HEADER": 1.0, "OUT": 0.8, "SHOT": 0.25, "GOAL": 0.05}
    events = []
    for label, rate in rates.items():
        gaps = 0.6 + generator.exponential(60 / rate - 0.6, int(minutes * rate * 3) + 5)
        events += [Event(label, int(at * FPS)) for at in np.cumsum(gaps) if at * FPS < num_frames]
    return Video(name, None, num_frames, FPS, 398, 224, tuple(sorted(events, key=lambda event: event.frame)))


def _jittered(video: Video, generator: np.random.Generator, jitter_frames: float = 6.0) -> list[Event]:
    """An artificial spotter's output: the labels off by a few frames, some missing."""
    return [
        replace(event, frame=int(abs(event.frame + generator.normal(0, jitter_frames))), score=generator.beta(5, 2))
        for event in video.events
        if generator.random() > 0.2
    ]


def window() -> plt.Figure:
    """mAP of rough frame scores against the width of the suppression, on matches that choose."""
    generator = np.random.default_rng(0)
    videos = [_random_match(f"match {index}", generator) for index in range(2)]
    classes = ("PASS", "DRIVE", "HIGH PASS", "HEADER", "OUT")
    curves = []
    for video in videos:
        steps = np.arange(video.num_frames // 2)
        curve = np.zeros((len(steps), len(classes)))
        for spot in _jittered(video, generator):
            if spot.label in classes:
                bump = spot.score * np.exp(-(((steps - spot.frame / 2) / 5) ** 2) / 2)
                curve[:, classes.index(spot.label)] = np.maximum(curve[:, classes.index(spot.label)], bump)
        curves.append(curve * generator.uniform(0.7, 1, curve.shape))
    rule = Rule(classes, stride=2)
    widths, values = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 25, 32), []
    for width in widths:
        spots = {
            video.id: decode(curve, rule, DecodeConfig("symmetric", width, 0.01))
            for video, curve in zip(videos, curves, strict=True)
        }
        values.append(100 * score_ball_actions(videos, spots, rule).map12)
    fig, ax = axes_for(None, (8.5, 3.4))
    ax.plot([width * 2 / FPS for width in widths], values, marker="o", color=BLUE)
    ax.axvline(widths[int(np.argmax(values))] * 2 / FPS, color=ACCENT, linestyle="--")
    ax.set_xlabel("suppression window, seconds either side")
    ax.set_ylabel("mAP on validation (%)")
    return fig


def chance() -> plt.Figure:
    """AP of guessing evenly, as densely as pays best, against tolerance."""
    generator = np.random.default_rng(0)
    videos = [_random_match(f"match {index}", generator) for index in range(4)]
    classes = [label for label in BALL_12 if any(event.label == label for event in videos[0].events)]
    tolerances_sec = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0)
    rules = [Rule(classes, stride=1, tolerance_sec=value) for value in tolerances_sec]
    scores = [score_chance(videos[2:], videos[:2], rule) for rule in rules]
    curves = {label: [score.per_class[label] for score in scores] for label in classes}
    fig, ax = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    plot_ap_against_tolerance(curves, tolerances_sec, ax=ax)
    ax.set_title("What guessing scores", pad=22)
    return fig


def intervals() -> plt.Figure:
    """The interval of one spotter's mAP over 2, 4, 8, 16 and 32 matches."""
    generator = np.random.default_rng(3)
    videos = [_random_match(f"match {index}", generator, 10.0) for index in range(32)]
    spots = {video.id: _jittered(video, generator) for video in videos}
    classes = [label for label in BALL_12 if any(event.label == label for event in videos[0].events)]
    fig, ax = axes_for(None, (8, 3.7), grid="x")
    sizes = (2, 4, 8, 16, 32)
    for row, size in enumerate(sizes):
        part = videos[:size]
        score = bootstrap_interval(part, {video.id: spots[video.id] for video in part}, Rule(classes, stride=1))
        ax.plot([100 * score.low, 100 * score.high], [row, row], color=BLUE, linewidth=5, solid_capstyle="butt")
        ax.plot(100 * score.value, row, marker="o", markersize=10, color=INK)
        ax.annotate(str(score), (100 * score.high, row), (10, 0), textcoords="offset points", va="center", fontsize=11)
    ax.set_yticks(range(len(sizes)), [f"{size} matches" for size in sizes], fontsize=12)
    ax.set_ylim(len(sizes) - 0.5, -0.5)
    ax.margins(x=0.33)
    ax.set_xlabel("mAP of one spotter on matches of ten minutes, 95 % interval (%)")
    return fig
