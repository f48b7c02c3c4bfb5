"""The figures of the deck and notebook 11: from toy numbers, and from the recorded speed of `predict`."""

from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, GREEN, ORANGE, canvas, draw_deck
from matplotlib.patches import Rectangle

from course_lib.files import read_json
from course_lib.runs import RESULTS
from course_lib.show import ACCENT, INK, MUTED, axes_for
from course_lib.spotting import cover

__all__ = ["draw"]

box = partial(drawing.box, alpha=0.25, rounding=0.05, pad=0.05, linewidth=0)
arrow = partial(drawing.arrow, colour=MUTED, shrink=2, linewidth=1.6)


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 11_<name>.png."""
    figures = (
        pipeline, upright, resampling, wrong_rate, average, twice, margins, memory, speed, budget, thresholds, review,
        cues,
    )  # fmt: skip
    draw_deck("11", figures, folder)


def pipeline() -> plt.Figure:
    """From any file to spots, and from spots to people."""
    fig, ax = canvas(20, 5.6, (12, 3.4), aspect="auto")
    names = (
        "any file",
        "time stamps\nupright",
        "nearest\npictures",
        "backbone\nonce",
        "clips slide\naverage",
        "decode",
    )
    for place, name in enumerate(names):
        colour = ORANGE if place in (3, 4) else BLUE
        box(ax, 0.1 + 2.6 * place, 2.1, 2.1, 1.4, name, colour)
        if place:
            arrow(ax, (-0.4 + 2.6 * place, 2.8), (0.05 + 2.6 * place, 2.8))
    for row, name in enumerate(("JSON", "table", "subtitles", "video")):
        y = 4.4 - 1.4 * row
        box(ax, 16.9, y, 2.6, 0.9, name, GREEN)
        arrow(ax, (15.3, 2.8), (16.85, y + 0.45))
    ax.annotate("time", (4.0, 1.2), ha="center", fontsize=13, color=MUTED)
    ax.annotate("network", (10.4, 1.2), ha="center", fontsize=13, color=MUTED)
    return fig


def upright() -> plt.Figure:
    """What is stored, and what is shown."""
    fig, panels = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    picture = np.full((64, 36, 3), (62, 120, 52), np.uint8)
    picture[8:10, :] = 230
    picture[30:44, 15:20] = (200, 40, 40)
    picture[25:30, 15:20] = (225, 180, 150)
    picture[44:46, 22:25] = 255
    for ax, shown, title in zip(
        panels, (np.rot90(picture), picture), ("stored, with a note: turn me", "what a person sees"), strict=True
    ):
        ax.imshow(shown, interpolation="nearest")
        ax.set_title(title, fontsize=13)
        ax.axis("off")
    return fig


def resampling() -> plt.Figure:
    """Steps of 0.08 s and the frames nearest to them, at three rates."""
    fig, ax = axes_for(None, (10.5, 3.4), grid="none")
    steps = np.arange(8) * 0.08
    for row, fps in enumerate((25, 30, 50)):
        frames = np.arange(0, 0.63, 1 / fps)
        ax.plot(frames, np.full(len(frames), row + 0.55), "|", color=MUTED, markersize=14, markeredgewidth=1.5)
        for step in steps:
            near = round(step * fps) / fps
            colour = GREEN if abs(near - step) < 1e-9 else ACCENT
            arrow(ax, (step, row), (near, row + 0.45), colour=colour, linewidth=1.8)
        ax.plot(steps, np.full(8, row), "o", color=INK, markersize=7)
    ax.set_yticks([0.25, 1.25, 2.25], ["25", "30", "50"], fontsize=13)
    ax.set(
        xlim=(-0.02, 0.6), ylim=(-0.2, 2.9), xlabel="seconds (dots: steps of the network; dashes: frames of the file)"
    )
    ax.set_ylabel("frames a second", fontsize=13)
    ax.spines["left"].set_visible(False)
    return fig


def wrong_rate() -> plt.Figure:
    """A ball at one speed, sampled right, and with the file's rate ignored."""
    fig, ax = axes_for(None, (9.5, 3.2), grid="y")
    steps = np.arange(13)
    ax.plot(steps, 1.0 * steps, "o-", color=GREEN, label="as learnt: 12.5 steps a second")
    ax.plot(steps, steps * 25 / 30, "s-", color=ACCENT, label="30 frames a second taken for 25")
    ax.plot(steps, steps * 25 / 50, "^-", color=ORANGE, label="50 taken for 25")
    ax.set(xlabel="step", ylabel="where the ball is (pixels)")
    ax.legend(fontsize=12)
    return fig


def average() -> plt.Figure:
    """Clips over a video, and how many of them hold each step."""
    fig, panels = plt.subplots(2, 1, figsize=(10, 3.8), layout="constrained", sharex=True, height_ratios=(2, 1))
    for ax in panels:
        axes_for(ax, (10, 2), grid="none")
    starts, counts = cover(120, 32, 0.5), np.zeros(120)
    for row, start in enumerate(starts):
        last = start == starts[-1]
        panels[0].barh(-row, 31.4, left=start, height=0.7, color=ORANGE if last else BLUE, alpha=0.8)
        counts[start : start + 32] += 1
    panels[0].set(yticks=[])
    panels[0].spines["left"].set_visible(False)
    panels[1].bar(np.arange(120) + 0.5, counts, 1.0, color=GREEN, alpha=0.6)
    panels[1].set(xlim=(0, 120), yticks=(0, 1, 2, 3), xlabel="step (last clip, orange, ends with the video)")
    panels[1].set_ylabel("clips")
    return fig


def twice() -> plt.Figure:
    """How often a picture goes through the backbone."""
    fig, ax = axes_for(None, (9.5, 3.2), grid="x")
    rows = (
        ("clips of pictures, overlap 90 %", 10, ACCENT),
        ("clips of pictures, overlap 50 %", 2, ORANGE),
        ("windows of 50, margin 4", 50 / 42, GREEN),
        ("network for single pictures", 1, GREEN),
    )
    for row, (_, times, colour) in enumerate(rows):
        ax.barh(-row, times, height=0.6, color=colour)
        ax.annotate(f"{times:.3g}", (times + 0.12, -row), va="center", fontsize=13)
    ax.set_yticks([0, -1, -2, -3], [name for name, _, _ in rows], fontsize=12)
    ax.set(xlim=(0, 11), xlabel="times through the backbone")
    return fig


def margins() -> plt.Figure:
    """What a margin costs and what it changes, as recorded."""
    record = read_json(RESULTS / "predict.json")["margins"]
    rows = record["rows"]
    fig, ax = axes_for(None, (9.5, 3.4), grid="y")
    places = [row["margin"] for row in rows]
    ax.plot(places, [row["difference"] for row in rows], "o-", color=BLUE, linewidth=2.5, markersize=8)
    ax.axhline(record["clips_half"], color=MUTED, linestyle="--")
    ax.annotate(
        "clips of pictures, overlap 50 %", (places[-1], record["clips_half"]), ha="right", va="top", fontsize=12
    )
    for row in rows:
        ax.annotate(
            f"{row['times through']:.2f}x", (row["margin"], row["difference"]), xytext=(0, 9),
            textcoords="offset points", ha="center", fontsize=11, color=MUTED,
        )  # fmt: skip
    ax.set(
        ylim=(0, 1.25 * max(row["difference"] for row in rows)),
        xticks=places,
        xlabel="margin (steps; above: times through the backbone)",
    )
    ax.set_ylabel("mean difference\nfrom clips that overlap by 90 %")
    return fig


def memory() -> plt.Figure:
    """Peak memory by length, as recorded."""
    rows = [row for row in read_json(RESULTS / "predict.json")["rows"] if (row["width"], row["fps"]) == (398, 25.0)]
    fig, ax = axes_for(None, (9, 3.2), grid="x")
    for place, row in enumerate(rows):
        ax.barh(-place, row["peak_mb"], height=0.55, color=GREEN)
        ax.annotate(f"{row['peak_mb']} MB", (row["peak_mb"] + 15, -place), va="center", fontsize=13)
    ax.set_yticks(-np.arange(len(rows)), [f"{row['minutes']:g} min" for row in rows], fontsize=13)
    ax.set(xlim=(0, 1.25 * max(row["peak_mb"] for row in rows)), xlabel="peak memory of the process (MB)")
    return fig


def speed() -> plt.Figure:
    """Times real time by the kind of file, as recorded."""
    rows = [row for row in read_json(RESULTS / "predict.json")["rows"] if row["minutes"] <= 1]
    fig, ax = axes_for(None, (9.5, 3.6), grid="x")
    for place, row in enumerate(rows):
        ax.barh(-place, row["times_real_time"], height=0.55, color=BLUE)
        ax.annotate(f"{row['times_real_time']:.1f}", (row["times_real_time"] + 0.1, -place), va="center", fontsize=13)
    names = [f"{row['width']}x{row['height']}, {row['fps']:g} fps" for row in rows]
    ax.set_yticks(-np.arange(len(rows)), names, fontsize=12)
    ax.axvline(1, color=ACCENT, linewidth=2)
    ax.set(xlabel="seconds of video done in a second (line: real time)")
    return fig


def budget() -> plt.Figure:
    """What a live spotter must wait for."""
    fig, ax = canvas(14, 3.4, (10.5, 2.6), aspect="auto")
    parts = ((2.0, "clip, second half", ORANGE), (0.32, "margin", BLUE), (1.0, "time to compute", GREEN))
    left = 1.0
    for seconds, name, colour in parts:
        width = seconds * 3.2
        ax.add_patch(Rectangle((left, 1.2), width, 1.0, color=colour, alpha=0.35))
        ax.annotate(name, (left + width / 2, 2.4), ha="center", fontsize=12)
        left += width
    ax.plot([1, 1], [0.9, 2.4], color=ACCENT, linewidth=3)
    ax.annotate("it happens", (1, 0.75), ha="center", va="top", fontsize=12, color=ACCENT)
    arrow(ax, (left + 0.6, 1.7), (left + 0.05, 1.7))
    ax.annotate("known", (left + 0.7, 1.7), va="center", fontsize=13)
    return fig


def thresholds() -> plt.Figure:
    """The same ranked spots for a score and for people."""
    right = np.array([1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    fig, panels = plt.subplots(1, 2, figsize=(11, 3.2), layout="constrained")
    hits, shown = right.cumsum(), np.arange(1, 21)
    recall, precision = hits / 9, hits / shown
    best = np.maximum.accumulate(precision[::-1])[::-1]
    axes_for(panels[0], (5, 3), grid="y")
    panels[0].step([0, *recall], [best[0], *best], where="pre", color=BLUE, linewidth=2.5)
    panels[0].fill_between([0, *recall], [best[0], *best], step="pre", color=BLUE, alpha=0.15)
    panels[0].set(xlim=(0, 1), ylim=(0, 1.05), xlabel="recall", ylabel="precision")
    panels[0].set_title("for a score: every spot may help", fontsize=13)
    axes_for(panels[1], (5, 3), grid="y")
    f1 = 2 * hits / (shown + 9)
    panels[1].plot(shown, f1, "o-", color=GREEN)
    panels[1].axvline(shown[f1.argmax()] + 0.5, color=ACCENT, linewidth=2)
    panels[1].set(ylim=(0, 1.05), xlabel="spots shown, the surest first", ylabel="F1")
    panels[1].set_title("for people: stop in time", fontsize=13)
    return fig


def review() -> plt.Figure:
    """The loop of a person's corrections."""
    fig, ax = canvas(16, 3.2, (11, 2.4), aspect="auto")
    for place, (name, colour) in enumerate(
        (("spots", BLUE), ("the least certain", ORANGE), ("look", GREEN), ("edits: accept,\nreject, move, add", GREEN))
    ):
        box(ax, 0.2 + 4 * place, 1.0, 3.2, 1.2, name, colour)
        if place:
            arrow(ax, (-0.5 + 4 * place, 1.6), (0.1 + 4 * place, 1.6))
    ax.plot([13.8, 13.8, 1.8], [0.9, 0.55, 0.55], color=MUTED, linewidth=1.6)
    arrow(ax, (1.8, 0.55), (1.8, 0.95))
    ax.annotate("and again, for the spots of a better spotter", (8, 0.05), ha="center", fontsize=12, color=MUTED)
    return fig


def cues() -> plt.Figure:
    """Spots and the subtitles made of them."""
    fig, ax = axes_for(None, (10, 2.6), grid="none")
    spots, cue = (
        (0.5, 0.7, 1.9, 2.5, 4.2),
        ((0.5, 1.5, "PASS\nDRIVE"), (1.9, 2.5, "PASS"), (2.5, 3.5, "SHOT"), (4.2, 5.2, "GOAL")),
    )
    ax.plot(spots, np.full(5, 1.25), "v", color=ACCENT, markersize=12)
    for start, end, text in cue:
        ax.add_patch(Rectangle((start, 0), end - start - 0.02, 0.8, color=BLUE, alpha=0.25))
        ax.annotate(text, ((start + end) / 2, 0.4), ha="center", va="center", fontsize=12)
    ax.set(xlim=(0, 5.6), ylim=(-0.1, 1.6), yticks=[], xlabel="seconds (triangles: spots; boxes: subtitles)")
    ax.spines["left"].set_visible(False)
    return fig
