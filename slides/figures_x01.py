"""The figures of the deck and notebook x01, from toy signals and networks as they begin: no data set is needed."""

from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
import torch
from drawing import BLUE, GREEN, ORANGE, box, canvas, draw_deck
from matplotlib.patches import Rectangle
from torch import nn

from course_lib.models import GSM
from course_lib.show import ACCENT, GRID, INK, MUTED, SYSTEM_COLOURS, axes_for

__all__ = ["draw"]

STEPS = SYSTEM_COLOURS[:5]
arrow = partial(drawing.arrow, linewidth=1.6)


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as x01_<name>.png."""
    draw_deck("x01", (shift, motion, gates, gate, fuse, block, reach, gru, memory, parameters, unequal), folder)


def shift() -> plt.Figure:
    """Channels of five steps before and after the move; the colour says from which step a value is."""
    fig, ax = canvas(23, 7.2, (11, 3.6))
    for left, moved in ((2.2, False), (13.6, True)):
        for t in range(5):
            for c in range(8):
                origin = t + (1 if c == 0 else -1 if c == 1 else 0) if moved else t
                inside = 0 <= origin < 5
                place = (left + 1.05 * c, 5.0 - 1.05 * t)
                colour = STEPS[origin] if inside else "white"
                ax.add_patch(Rectangle(place, 0.95, 0.95, facecolor=colour, edgecolor=GRID, alpha=0.85))
                text = str(origin) if inside else "0"
                middle = (place[0] + 0.47, place[1] + 0.45)
                ax.annotate(text, middle, ha="center", va="center", fontsize=12, color="white" if inside else MUTED)
            if not moved:
                ax.annotate(f"step {t}", (2.0, 5.45 - 1.05 * t), ha="right", va="center", fontsize=12)
        title = "backward  ↑   forward  ↓   the rest stays" if moved else "eight channels; the number is the step"
        ax.annotate(title, (left, 6.3), va="center", fontsize=12, color=ACCENT if moved else INK)
    arrow(ax, (11.2, 3.3), (13.0, 3.3))
    return fig


def _rolling() -> np.ndarray:
    """A toy clip (T, H, W): a player who stands, a ball that rolls."""
    clip = np.full((6, 12, 32), 0.15)
    clip[:, 2:9, 4:7] = 0.6
    for t in range(6):
        clip[t, 8:10, 8 + 4 * t : 10 + 4 * t] = 1.0
    return clip


def motion() -> plt.Figure:
    """The toy clip, and a 1x1 convolution with weights 1 and -1 over a channel and its past."""
    clip = _rolling()
    answer = clip - np.concatenate([np.zeros_like(clip[:1]), clip[:-1]])
    fig, panels = plt.subplots(2, 6, figsize=(12, 2.8), layout="constrained")
    for t in range(6):
        panels[0, t].imshow(clip[t], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        panels[1, t].imshow(answer[t], cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest")
        panels[0, t].set_title(f"step {t}", fontsize=13, loc="center")
    panels[0, 0].set_ylabel("frame", fontsize=12)
    panels[1, 0].set_ylabel("now −\nbefore", fontsize=12)
    for ax in panels.flat:
        ax.grid(False)
        ax.set(xticks=[], yticks=[])
    return fig


def gates() -> plt.Figure:
    """A bump under four constant gates."""
    signal = np.zeros(13)
    signal[4:7] = 1.0, 2.0, 1.0
    fig, panels = plt.subplots(1, 4, figsize=(12, 2.8), layout="constrained", sharey=True)
    for ax, g in zip(panels, (0.0, 0.5, 1.0, -1.0), strict=True):
        axes_for(ax, (3, 2.8), grid="y")
        leaving = g * signal
        moved = signal - leaving + np.concatenate([[0], leaving[:-1]])
        ax.bar(range(13), signal, 0.85, color="#d0d6dc", label="before")
        ax.bar(range(13), moved, 0.45, color=BLUE, label="after")
        ax.set_title(f"gate {g:g}: sum {moved.sum():g}".replace("-", "−"), fontsize=13)
        ax.set_xticks(range(0, 13, 4))
        ax.set_xlabel("step")
    return fig


def gate() -> plt.Figure:
    """How a gate is made and what it splits."""
    fig, ax = canvas(16, 5.4, (11, 3.7))
    box(ax, 0.2, 2.9, 2.3, 1.2, "a quarter of\nthe channels", BLUE)
    box(ax, 3.5, 4.1, 4.6, 1.1, "BN → ReLU → conv 3x3x3 → tanh", GREEN)
    box(ax, 9.1, 4.1, 1.5, 1.1, "gate g", GREEN)
    box(ax, 4.6, 2.0, 2.4, 1.1, "g · x", BLUE)
    box(ax, 4.6, 0.3, 2.4, 1.1, "(1 − g) · x", BLUE)
    box(ax, 8.6, 2.0, 2.6, 1.1, "one step on", ORANGE)
    box(ax, 12.9, 1.1, 2.6, 1.3, "sum", BLUE)
    arrow(ax, (2.6, 3.8), (3.4, 4.5))
    arrow(ax, (8.2, 4.65), (9.0, 4.65))
    arrow(ax, (9.4, 4.0), (7.1, 2.8), colour=GREEN)
    arrow(ax, (2.6, 3.2), (4.5, 2.6))
    arrow(ax, (1.4, 2.8), (4.5, 0.9))
    arrow(ax, (7.1, 2.55), (8.5, 2.55))
    arrow(ax, (11.3, 2.5), (12.8, 1.9))
    arrow(ax, (7.1, 0.85), (12.8, 1.4))
    return fig


def fuse() -> plt.Figure:
    """What GSF adds: a weight for each channel and step."""
    fig, ax = canvas(16, 4.4, (11, 3.1))
    box(ax, 0.2, 2.7, 2.3, 1.1, "moved", ORANGE)
    box(ax, 0.2, 0.7, 2.3, 1.1, "stayed", BLUE)
    box(ax, 3.7, 1.55, 2.8, 1.3, "mean over\nthe picture", MUTED)
    box(ax, 7.5, 1.55, 4.0, 1.3, "conv 3x3 over\n(channel, step), sigmoid", GREEN)
    box(ax, 12.5, 1.55, 3.3, 1.3, "w · moved\n+ (1 − w) · stayed", BLUE)
    for start, stop in (
        ((2.6, 3.2), (3.6, 2.5)),
        ((2.6, 1.2), (3.6, 1.9)),
        ((6.6, 2.2), (7.4, 2.2)),
        ((11.6, 2.2), (12.4, 2.2)),
    ):
        arrow(ax, start, stop)
    return fig


def block() -> plt.Figure:
    """A block of RegNet-Y with a shift in its branch."""
    fig, ax = canvas(17, 4.4, (11.5, 3.2))
    places = ((1.4, "shift", ORANGE), (4.2, "conv 1x1", BLUE), (7.0, "conv 3x3", BLUE), (9.8, "conv 1x1", BLUE))
    for x, text, colour in places:
        box(ax, x, 0.6, 2.1, 1.1, text, colour)
        arrow(ax, (x - 0.7, 1.15), (x - 0.05, 1.15))
    box(ax, 12.8, 0.6, 1.1, 1.1, "+", MUTED)
    arrow(ax, (12.0, 1.15), (12.75, 1.15))
    arrow(ax, (14.0, 1.15), (15.2, 1.15))
    ax.plot([0.8, 0.8, 13.35], [1.15, 3.3, 3.3], color=INK, linewidth=1.6)
    arrow(ax, (13.35, 3.3), (13.35, 1.75))
    ax.annotate("shortcut: the step by itself, not moved", (7, 3.5), ha="center", va="bottom", fontsize=13)
    ax.annotate("13 such blocks", (7, 0.1), ha="center", va="center", fontsize=13, color=ACCENT)
    return fig


def reach() -> plt.Figure:
    """An impulse through stacks of gated shifts with random gates, in place of blocks."""
    torch.manual_seed(0)
    stack = [GSM(16).eval() for _ in range(13)]
    for module in stack:
        nn.init.normal_(module.gate.weight, std=0.2)
    mixers = [nn.Conv2d(16, 16, 1).requires_grad_(False) for _ in stack]
    clip = torch.rand(61, 16, 3, 3)
    changed = clip.clone()
    changed[30] += 1
    fig, ax = axes_for(None, (10, 3.4))
    with torch.inference_mode():
        a, b = clip, changed
        for depth, (module, mixer) in enumerate(zip(stack, mixers, strict=True), 1):
            a, b = (x + torch.relu(mixer(module(x, 61))) for x in (a, b))
            if depth in (1, 4, 13):
                away = (a - b).abs().flatten(1).amax(1)
                share = (away / away.max()).clamp(min=1e-9)
                words = f"{depth} block" + "s" * (depth > 1)
                ax.semilogy(np.arange(61) - 30, share, marker="o", markersize=4, linewidth=2, label=words)
    ax.set_ylim(1e-6, 2)
    ax.set_xlim(-29, 29)
    ax.set_xlabel("steps from the changed one")
    ax.set_ylabel("change, share of the largest")
    ax.legend(fontsize=12)
    return fig


def gru() -> plt.Figure:
    """Two memories that pass over a clip from both ends."""
    fig, ax = canvas(17, 5.4, (11, 3.6))
    for t in range(6):
        x = 1.2 + 2.6 * t
        box(ax, x, 3.9, 1.7, 0.95, "forward", BLUE)
        box(ax, x, 0.5, 1.7, 0.95, "backward", ORANGE)
        box(ax, x, 2.2, 1.7, 0.95, f"step {t}", MUTED)
        if t < 5:
            arrow(ax, (x + 1.75, 4.4), (x + 2.55, 4.4), colour=BLUE)
            arrow(ax, (x + 2.55, 0.97), (x + 1.75, 0.97), colour=ORANGE)
        arrow(ax, (x + 0.85, 3.2), (x + 0.85, 3.85), colour=MUTED)
        arrow(ax, (x + 0.85, 2.15), (x + 0.85, 1.5), colour=MUTED)
    return fig


def memory() -> plt.Figure:
    """The game of flag and whistle: one clip."""
    fig, ax = axes_for(None, (10, 2.6), grid="none")
    flag, whistle = np.zeros(48), np.zeros(48)
    flag[7], whistle[36] = -1, 1
    ax.bar(range(48), flag, 0.9, color=ACCENT)
    ax.bar(range(48), whistle, 0.9, color=INK)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.axvspan(33.5, 38.5, color=BLUE, alpha=0.15)
    ax.annotate("flag: red", (7, -1), (9, -0.8), fontsize=13, color=ACCENT)
    ax.annotate("whistle: which colour was it?", (36, 1), (12, 0.75), fontsize=13)
    ax.annotate("what a window of\ntwo steps sees", (38.7, -0.8), fontsize=12, color=BLUE)
    ax.set(yticks=[], ylim=(-1.2, 1.3))
    ax.set_xlabel("step")
    return fig


def parameters() -> plt.Figure:
    """Where the parameters of E2E-Spot are."""
    parts = {"RegNet-Y": 2_793_996, "13 GSMs": 21_602, "GRU": 1_629_504, "linear": 9_581}
    fig, ax = axes_for(None, (9.5, 3.0), grid="x")
    names = list(parts)
    ax.barh(names[::-1], [parts[name] / 1e6 for name in names[::-1]], color=[BLUE, ORANGE, ACCENT, BLUE], height=0.62)
    for row, name in enumerate(names[::-1]):
        ax.annotate(f" {parts[name]:,}", (parts[name] / 1e6, row), va="center", fontsize=13)
    ax.set_xlim(0, 3.4)
    ax.tick_params(axis="y", labelsize=13)
    ax.set_xlabel("million parameters")
    return fig


def unequal() -> plt.Figure:
    """What differs between three trainings."""
    rows = (
        ("", "RegNet-Y + linear", "RegNet-Y + GRU", "E2E-Spot"),
        ("the backbone", "frozen", "frozen", "learns"),
        ("motion", "no", "no", "shifts"),
        ("memory", "no", "GRU", "GRU"),
        ("clips in smoke", "thousands", "thousands", "hundreds"),
    )
    fig, ax = canvas(16, 5.4, (11, 3.6))
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            x, y = (0.1, 5.0, 9.0, 13.0)[column], 4.9 - 1.05 * row
            differs = row and column and text != rows[row][max(column - 1, 1)]
            ax.annotate(text, (x, y), va="center", fontsize=14, color=ACCENT if differs else INK,
                        fontweight="bold" if not row or not column else "normal")  # fmt: skip
    for column, x in ((2, 8.7), (3, 12.7)):
        ax.plot([x, x], [0.2, 5.3], color=GRID if column == 2 else MUTED, linewidth=1.5)
    return fig
