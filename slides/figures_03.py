"""The figures of the deck and notebook 03, from toy pictures and from the network's own sizes: no data set is needed.

The scores come from the recorded runs in notebooks/results.
"""

from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from drawing import BLUE, GREEN, ORANGE, PINK, box, canvas, draw_deck, recorded_ap
from matplotlib.patches import Rectangle

from course_lib.show import ACCENT, GRID, INK, MUTED, SYSTEM_COLOURS, axes_for

__all__ = ["draw"]

DEPTHS = (3, 5, 11, 7)  # blocks in the stages of X3D-S
arrow = partial(drawing.arrow, linewidth=1.2)


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 03_<name>.png."""
    figures = (
        pipeline, slopes, wiring, multiplications, block, squeeze, stages, maps, reach, shuffled, axes, one_network,
        origin, once, results,
    )  # fmt: skip
    draw_deck("03", figures, folder)


def _pitch(height: int, width: int, ball: tuple[int, int], player: tuple[int, int]) -> np.ndarray:
    """A toy frame, uint8 (height, width, 3): stripes of lawn, a line, a player, a ball; places as (x, y)."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    picture = np.where(((x // 12) % 2 == 0)[..., None], (62, 120, 52), (56, 110, 47)).astype(np.uint8)
    picture[:, width * 3 // 4] = 215
    left, top = player
    picture[top : top + 5, left : left + 4] = (200, 40, 40)
    picture[top + 5 : top + 9, left : left + 4] = (245, 245, 245)
    picture[top - 3 : top, left + 1 : left + 3] = (225, 180, 150)
    left, top = ball
    picture[top : top + 2, left : left + 2] = 255
    return picture


def pipeline() -> plt.Figure:
    """Seven frames in, seven vectors out; lines show what one vector sees."""
    fig, ax = canvas(16.4, 6.3, (11, 4.3))
    generator = np.random.default_rng(3)
    for t in range(7):
        left = 0.3 + 2.3 * t
        picture = _pitch(24, 40, (14 + 3 * max(t - 3, 0), 16 - max(t - 3, 0)), (10, 9))
        ax.imshow(picture, extent=(left, left + 2.0, 0.4, 1.6), interpolation="nearest", zorder=2)
        vector = generator.random(12)[:, None]
        ax.imshow(vector, extent=(left + 0.8, left + 1.2, 4.55, 5.75), cmap="Blues", aspect="auto", zorder=2)
        for away in range(-2, 3):
            if 0 <= t + away <= 6:
                colour, width = (ACCENT, 2.2) if t == 3 else (GRID, 1.0)
                x = left + 1.0
                ax.plot([x, x + 2.3 * away], [4.5, 1.65], color=colour, linewidth=width, zorder=3 if t == 3 else 1)
    ax.add_patch(Rectangle((0.1, 2.55), 16.1, 1.0, facecolor="white", edgecolor=MUTED, zorder=4))
    ax.annotate("X3D: convolutions over space and time, no stride in time", (8.15, 3.05), ha="center", va="center",
                fontsize=13, zorder=5)  # fmt: skip
    ax.annotate("T vectors of D numbers", (8.2, 6.0), ha="center", fontsize=12)
    ax.annotate("T frames", (8.2, 0.0), ha="center", va="bottom", fontsize=12)
    return fig


def slopes() -> plt.Figure:
    """Dots in space and time, and what three kernels answer to them."""
    steps, toy = torch.arange(20), torch.zeros(20, 60)
    toy[:, 4] = toy[steps, 12 + steps] = toy[steps, 56 - steps] = 1
    change = torch.tensor([[0.0, -1, 0], [0, 0, 0], [0, 1, 0]])
    kernels = {"change": change, "rightwards": torch.eye(3), "leftwards": torch.eye(3).flip(1)}
    fig, panels = plt.subplots(1, 4, figsize=(12.5, 3.5), layout="constrained", sharey=True)
    for ax, (name, kernel) in zip(panels, {"the clip": None, **kernels}.items(), strict=True):
        answer = toy if kernel is None else F.conv2d(toy[None, None], kernel[None, None], padding=1)[0, 0]
        axes_for(ax, (3, 3), grid="none")
        ax.imshow(answer, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto", interpolation="nearest")
        ax.set_title(name, fontsize=14)
        ax.set(xlabel="place", xticks=[])
        if kernel is not None:
            inset = ax.inset_axes([0.13, 0.04, 0.22, 0.34])
            inset.imshow(kernel, cmap="RdBu_r", vmin=-1.5, vmax=1.5)
            inset.set(xticks=[], yticks=[])
            inset.set_title("kernel", fontsize=9, fontweight="normal", loc="center", pad=2)
    for x, text in ((5, "still"), (26, "to the right"), (47, "to the left")):
        panels[0].annotate(text, (x, 10), (2, 0), textcoords="offset points", fontsize=10, color=INK, va="center")
    panels[0].set_ylabel("step, downwards")
    panels[0].set_yticks([])
    return fig


def wiring() -> plt.Figure:
    """Which channel out looks at which channel in: full, depthwise, 1x1x1."""
    fig, ax = canvas(17, 6.0, (11, 3.9))
    for column, (name, what, pairs, taps) in enumerate(
        (
            ("full", "27 · C · C", [(i, j) for i in range(5) for j in range(5)], 27),
            ("depthwise: look around", "27 · C", [(i, i) for i in range(5)], 27),
            ("1x1x1: mix", "C · C", [(i, j) for i in range(5) for j in range(5)], 1),
        )
    ):
        left = 0.6 + 5.9 * column
        for i, j in pairs:
            ax.plot([left + i, left + j], [1.4, 4.1], color=BLUE, linewidth=2.6 if taps == 27 else 0.8, alpha=0.55)
        for i in range(5):
            for y, colour in ((1.2, ORANGE), (4.3, GREEN)):
                ax.add_patch(plt.Circle((left + i, y), 0.26, facecolor=colour, edgecolor=INK, zorder=3))
        ax.annotate(name, (left + 2, 5.4), ha="center", fontsize=14, fontweight="bold")
        ax.annotate(what + " multiplications", (left + 2, 0.2), ha="center", fontsize=12)
    for y, text in ((4.3, "out"), (1.2, "in")):
        ax.annotate(text, (0.15, y), ha="right", va="center", fontsize=12, annotation_clip=False)
    ax.annotate("thick: 27 taps, thin: one", (8.5, -0.5), ha="center", fontsize=11, color=MUTED, annotation_clip=False)
    ax.set_ylim(-0.7, 6.0)
    return fig


def multiplications() -> plt.Figure:
    """Multiplications a place of a full and a factored layer, for the widths inside X3D's stages."""
    fig, ax = axes_for(None, (9.5, 3.9), grid="x")
    rows, names = np.arange(4), []
    for row, channels in zip(rows, (54, 108, 216, 432), strict=True):
        full, factored = 27 * channels**2, 27 * channels + channels**2
        ax.barh(row - 0.2, full, 0.36, color=MUTED, label="full 3x3x3" if row == 0 else None)
        ax.barh(row + 0.2, factored, 0.36, color=BLUE, label="depthwise, then 1x1x1" if row == 0 else None)
        ax.annotate(f"{full:,}", (full, row - 0.2), (5, 0), textcoords="offset points", va="center", fontsize=11)
        text = f"{factored:,}: {full / factored:.0f} times fewer"
        ax.annotate(text, (factored, row + 0.2), (5, 0), textcoords="offset points", va="center", fontsize=11)
        names.append(f"{channels} channels")
    ax.set_yticks(rows, names, fontsize=12)
    ax.set_xscale("log")
    ax.set_xlim(1e3, 4e7)
    ax.set_ylim(3.6, -0.6)
    ax.set_xlabel("multiplications a place (logarithmic)")
    ax.legend(loc="upper right", fontsize=11)
    return fig


def block() -> plt.Figure:
    """The X3D block; the height of a box is its number of channels."""
    fig, ax = canvas(18, 6.4, (11.5, 4.1))
    parts = [
        ("x\n24", 24, MUTED), ("1x1x1\nup", 54, GREEN), ("depthwise\n3x3x3", 54, BLUE),
        ("squeeze-\nand-excite", 54, PINK), ("swish", 54, MUTED), ("1x1x1\ndown", 24, GREEN), ("+, ReLU", 24, MUTED),
    ]  # fmt: skip
    for index, (text, channels, colour) in enumerate(parts):
        height = 4.4 * channels / 54
        left = 0.3 + 2.55 * index
        box(ax, left, 2.9 - height / 2, 2.0, height, text, colour)
        if index:
            arrow(ax, (left - 0.5, 2.9), (left - 0.05, 2.9))
    ax.plot([1.3, 1.3, 16.6], [4.0, 5.9, 5.9], color=INK, linewidth=1.2)
    arrow(ax, (16.6, 5.9), (16.6, 4.0))
    ax.annotate("what goes around is added", (9, 6.0), ha="center", va="bottom", fontsize=12)
    ax.annotate("looks over space and time", (6.4, 0.35), ha="center", va="top", fontsize=11, color=BLUE)
    ax.annotate("a gate a channel,\nfrom the whole clip", (10.0, 0.35), ha="center", va="top", fontsize=11, color=PINK)
    ax.set_ylim(-0.9, 6.6)
    return fig


def squeeze() -> plt.Figure:
    """A clip of channels is squeezed to one number each; the gates multiply all its steps."""
    fig, ax = canvas(17.5, 5.4, (11, 3.6))
    generator = np.random.default_rng(5)
    gates = np.array([0.95, 0.25, 0.7, 0.1])
    values = generator.random((4, 8)) * 0.7 + 0.3
    for left, shown, title in (
        (0.4, values, "channels over the clip"),
        (12.4, values * gates[:, None], "the same, gated"),
    ):
        ax.imshow(shown, extent=(left, left + 4.8, 0.8, 4.4), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        ax.annotate(title, (left + 2.4, 4.65), ha="center", fontsize=13, fontweight="bold")
        ax.annotate("step", (left + 2.4, 0.65), ha="center", va="top", fontsize=11)
    ax.imshow(values.mean(axis=1)[:, None], extent=(6.6, 7.2, 0.8, 4.4), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.imshow(gates[:, None], extent=(10.5, 11.1, 0.8, 4.4), cmap="RdPu", vmin=0, vmax=1, aspect="auto")
    box(ax, 7.9, 1.7, 1.9, 1.8, "two small\nlayers", PINK)
    ax.annotate("mean", (6.9, 4.65), ha="center", fontsize=12)
    ax.annotate("gates", (10.8, 4.65), ha="center", fontsize=12)
    for start, stop in ((5.4, 6.4), (7.3, 7.8), (9.9, 10.4), (11.3, 12.2)):
        arrow(ax, (start, 2.6), (stop, 2.6))
    return fig


def stages() -> plt.Figure:
    """Time stays, pictures shrink: the sizes of the maps at 112x64."""
    fig, ax = axes_for(None, (9.5, 3.6), grid="y")
    names = ["frames", "stem", "stage 1", "stage 2", "stage 3\n(four blocks end)", "stage 4\n(five blocks end)"]
    heights, widths = [64, 32, 16, 8, 4, 2], [112, 56, 28, 14, 7, 4]
    cells = [h * w for h, w in zip(heights, widths, strict=True)]
    bars = ax.bar(range(6), cells, 0.6, color=[MUTED] + [BLUE] * 5)
    ax.bar_label(bars, [f"{h}x{w}" for h, w in zip(heights, widths, strict=True)], padding=3, fontsize=12)
    for place in range(6):
        ax.annotate("32 steps", (place, 45_000), ha="center", va="center", fontsize=13, color=ACCENT, fontweight="bold")
    ax.set_yscale("log")
    ax.set_ylim(4, 90_000)
    ax.set_xticks(range(6), names, fontsize=11)
    ax.set_ylabel("cells in a picture")
    return fig


def maps() -> plt.Figure:
    """A toy frame of 112x64 under the last maps of four and of five blocks."""
    picture = _pitch(64, 112, (61, 40), (50, 27))
    fig, panels = plt.subplots(1, 2, figsize=(11.5, 3.7), layout="constrained")
    for ax, halvings, name in zip(panels, (4, 5), ("four blocks", "five blocks"), strict=True):
        axes_for(ax, (5, 3), grid="none")
        ax.imshow(picture, interpolation="nearest")
        cell = 2**halvings
        for x in range(cell, 112, cell):
            ax.axvline(x - 0.5, color="white", linewidth=2.2)
        for y in range(cell, 64, cell):
            ax.axhline(y - 0.5, color="white", linewidth=2.2)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{name}: {64 // cell}x{-(-112 // cell)} cells of {cell} pixels", fontsize=14)
    return fig


def reach() -> plt.Figure:
    """How many steps either side a vector sees after each stage, by convolution."""
    fig, ax = axes_for(None, (10, 3.9), grid="x")
    sides = 2 + np.cumsum((0, *DEPTHS))
    names = ["stem", "stage 1", "stage 2", "stage 3 = four blocks", "stage 4 = five blocks"]
    ax.axvspan(-16, 15, color=GRID, alpha=0.6, zorder=0)
    ax.barh(range(5), 2 * sides, left=-sides, height=0.62, color=BLUE)
    for row, side in enumerate(sides):
        ax.annotate(f"±{side}", (0, row), ha="center", va="center", color="white", fontsize=13, fontweight="bold")
    ax.annotate("a window of 32 steps", (-15.6, -0.62), fontsize=11, color=MUTED)
    ax.set_yticks(range(5), names, fontsize=12)
    ax.set_xlim(-31, 31)
    ax.set_ylim(4.5, -0.9)
    ax.set_xlabel("steps from the middle one; through the gates of squeeze-and-excitation: the whole window")
    return fig


def shuffled() -> plt.Figure:
    """Scores of frames in order, and of the same frames shuffled, for a network that looks over time."""
    generator = np.random.default_rng(4)
    scores, order = np.array([0.08, 0.15, 0.85, 0.3, 0.1]), [3, 0, 4, 2, 1]
    colours = SYSTEM_COLOURS[:5]
    fig, panels = plt.subplots(1, 3, figsize=(11.5, 3.0), layout="constrained", sharey=True)
    answers = (scores, scores[order], generator.random(5) * 0.35 + 0.05)
    titles = ("frames in order", "shuffled: single frames", "shuffled: X3D")
    for ax, places, values, title in zip(panels, (range(5), order, order), answers, titles, strict=True):
        axes_for(ax, (4, 3), grid="y")
        places = list(places)
        ax.bar(range(5), values, 0.7, color=[colours[place] for place in places])
        ax.set_xticks(range(5), [f"{place + 1}" for place in places], fontsize=12)
        ax.set_title(title, fontsize=13)
        ax.set_xlabel("frame")
        ax.set_ylim(0, 1)
    panels[0].set_ylabel("score for PASS")
    return fig


def axes() -> plt.Figure:
    """The six axes of expansion, and which of them S, M and L differ in."""
    fig, ax = canvas(17, 7.2, (11, 4.7))
    rows = [
        ("frames in a clip", "13", "16", "16"), ("every n-th frame", "6", "5", "5"), ("picture", "160", "224", "312"),
        ("width", "24", "24", "24"), ("inside / outside", "2.25", "2.25", "2.25"), ("depth", "2.2", "2.2", "5.0"),
    ]  # fmt: skip
    for column, name in enumerate("SML"):
        ax.annotate(name, (9.2 + 3 * column, 6.7), ha="center", fontsize=16, fontweight="bold")
    for index, (name, *values) in enumerate(rows):
        y = 5.6 - index - (0.35 if index > 2 else 0)
        ax.annotate(name, (7.3, y), ha="right", va="center", fontsize=13)
        for column, value in enumerate(values):
            changed = value != values[0]
            style = {"color": ACCENT, "fontweight": "bold"} if changed else {"color": INK}
            ax.annotate(value, (9.2 + 3 * column, y), ha="center", va="center", fontsize=14, **style)
    for y, height, text, colour in ((3.15, 2.95, "what goes in", ORANGE), (-0.2, 2.95, "the network", BLUE)):
        ax.add_patch(Rectangle((0.2, y), 16.6, height, facecolor=colour, alpha=0.13))
        ax.annotate(text, (0.5, y + height / 2), va="center", fontsize=13, fontweight="bold", color=colour)
    ax.set_ylim(-0.3, 7.2)
    return fig


def one_network() -> plt.Figure:
    """Two X3Ds with the same boxes; only the pooling of the classifier that is cut off differs."""
    fig, ax = canvas(17.5, 5.6, (11.5, 3.8))
    for row, (name, window) in enumerate((("S", "pool 13x5x5"), ("M", "pool 16x7x7"))):
        y = 3.4 - 2.6 * row
        ax.annotate(f"X3D-{name}", (0.2, y + 0.7), va="center", fontsize=15, fontweight="bold")
        for index, (text, width) in enumerate((("stem", 1.5), ("3 blocks", 1.9), ("5", 1.9), ("11", 1.9), ("7", 1.9))):
            box(ax, 2.3 + 2.15 * index, y, width, 1.4, text, BLUE)
        box(ax, 14.4, y, 2.9, 1.4, f"classifier\n{window}", ORANGE)
    ax.plot([13.5, 13.5], [0.3, 5.2], color=ACCENT, linewidth=2.5, linestyle="--")
    ax.annotate("cut here", (13.5, 5.25), ha="center", va="bottom", fontsize=12, color=ACCENT)
    ax.annotate("2,006,130 weights, the same names, the same shapes", (7.6, 0.0), ha="center", fontsize=13)
    ax.set_ylim(-0.2, 5.7)
    return fig


def origin() -> plt.Figure:
    """Where the shipped weights come from: other seeds, the task, and where the ball is."""
    fig, ax = canvas(17.5, 6.2, (11.5, 4.1))
    box(ax, 0.2, 2.1, 3.6, 2.0, "simulated matches\nof other seeds", ORANGE)
    box(ax, 5.0, 2.1, 3.0, 2.0, "X3D-S", BLUE, 14)
    box(ax, 9.4, 3.9, 4.4, 1.7, "which action?\none step in 25", MUTED)
    box(ax, 9.4, 0.6, 4.4, 1.7, "the ball: where, how fast,\nhow high? every step", GREEN)
    for start, stop in (((3.9, 3.1), (4.9, 3.1)), ((8.1, 3.5), (9.3, 4.7)), ((8.1, 2.7), (9.3, 1.5))):
        arrow(ax, start, stop)
    for y in (4.75, 1.45):
        ax.annotate("thrown away\nafterwards", (14.1, y), va="center", fontsize=12, color=MUTED)
    ax.annotate("kept, and shipped", (6.5, 1.9), ha="center", va="top", fontsize=12, color=BLUE)
    return fig


def once() -> plt.Figure:
    """The backbone runs once over every match; heads train on what it left behind."""
    fig, ax = canvas(17.5, 6.4, (11.5, 4.2))
    box(ax, 0.2, 2.2, 2.6, 2.0, "matches", ORANGE)
    box(ax, 4.2, 2.2, 3.0, 2.0, "X3D, frozen\nonce: minutes", BLUE)
    box(ax, 8.6, 2.2, 2.8, 2.0, "features\non disk", GREEN)
    for index, name in enumerate(("linear head", "TCN", "SGP", "the next idea")):
        y = 4.9 - 1.55 * index
        box(ax, 13.4, y, 3.8, 1.2, f"{name}: seconds", PINK)
        arrow(ax, (11.5, 3.2), (13.3, y + 0.6))
    for start, stop in ((2.9, 4.1), (7.3, 8.5)):
        arrow(ax, (start, 3.2), (stop, 3.2))
    return fig


def results() -> plt.Figure:
    """AP of each class, mean and range over the recorded seeds."""
    return recorded_ap(("regnety_002+fc", "tiny3d+fc", "x3d_s4+fc", "x3d_s+fc"), (10, 8.4))
