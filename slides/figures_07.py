"""The figures of the deck and notebook 07, from toy signals: no data set and no network is needed."""

import math
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from drawing import BLUE, GREEN, ORANGE, PINK, arrow, box, canvas, draw_deck
from matplotlib.patches import Rectangle

from course_lib.models.necks import TemporalPyramid
from course_lib.models.necks.tpn import STRIDES
from course_lib.show import ACCENT, GRID, INK, MUTED, axes_for

__all__ = ["draw"]

COLOURS = dict(zip(STRIDES, (BLUE, ORANGE, GREEN), strict=True))


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 07_<name>.png."""
    figures = (
        branches, paper, reach, skipped, begins, looks, noise, staircase, lateness, tolerance, luck, strict, verdicts,
    )  # fmt: skip
    draw_deck("07", figures, folder)


def _cells(ax: plt.Axes, left: float, bottom: float, widths: list[float], colour: str, height: float = 0.55) -> None:
    """A row of cells, one a look, each as wide as it is held."""
    for width in widths:
        ax.add_patch(Rectangle((left, bottom), width, height, facecolor=colour, alpha=0.75, edgecolor="white"))
        left += width


def branches() -> plt.Figure:
    """Features, three branches, held answers, the mix."""
    fig, ax = canvas(20.4, 5.4, (11, 3.2))
    step = 0.26
    _cells(ax, 0.1, 2.4, [step] * 16, MUTED)
    ax.annotate("features, T steps", (0.1 + 8 * step, 2.2), ha="center", va="top", fontsize=11)
    for row, stride in enumerate(STRIDES):
        y = 4.2 - 1.8 * row
        arrow(ax, (4.4, 2.68), (5.1, y + 0.28))
        box(ax, 5.2, y - 0.15, 2.9, 0.85, f"3 steps, stride {stride}", COLOURS[stride])
        end = 8.6 + step * 16 / stride
        _cells(ax, 8.6, y, [step] * (16 // stride), COLOURS[stride])
        ax.annotate(f"{16 // stride} looks", (8.6, y - 0.12), va="top", fontsize=10, color=MUTED)
        arrow(ax, (end + 0.1, y + 0.28), (13.7, y + 0.28))
        _cells(ax, 13.8, y, [step * stride] * (16 // stride), COLOURS[stride])
        arrow(ax, (18.1, y + 0.28), (18.9, y + 0.28))
    ax.annotate("held", (15.9, 5.0), ha="center", fontsize=11)
    box(ax, 19.0, 0.45, 1.2, 4.45, "mix", PINK)
    return fig


def paper() -> plt.Figure:
    """What the paper keeps of a stretch, and what the stride keeps."""
    values = np.array([0.1, 0.15, 0.9, 0.2, 0.1, 0.3, 0.2, 0.15, 0.2, 0.1, 0.35, 0.8])
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 3.1), layout="constrained", sharey=True)
    for ax, title in zip(panels, ("the paper's code: the maximum of each stretch", "here: every fourth"), strict=True):
        axes_for(ax, (5, 3), grid="none")
        kept = [4 * j + int(values[4 * j : 4 * j + 4].argmax()) if ax is panels[0] else 4 * j for j in range(3)]
        ax.bar(range(12), values, 0.8, color=[GREEN if place in kept else GRID for place in range(12)])
        for edge in (3.5, 7.5):
            ax.axvline(edge, color=MUTED, linestyle=":", linewidth=1.2)
        ax.set_title(title, fontsize=13)
        ax.set(xticks=range(12), yticks=[], xlabel="step", ylim=(0, 1))
    panels[0].set_ylabel("answer of the convolution")
    return fig


def _depends_on(strides: tuple[int, ...], T: int = 16) -> np.ndarray:
    """(T, T) of bool: does the answer at step t (row) depend on the input at step i (column)?"""
    neck = TemporalPyramid(1, strides).eval()
    with torch.no_grad():
        for conv in [branch[0] for branch in neck.branches] + [neck.fuse[0]]:
            conv.weight.fill_(1.0)
            conv.bias.fill_(0.1)
    jacobian = torch.autograd.functional.jacobian(lambda x: neck(x[None, :, None])[0, :, 0], torch.ones(T))
    return (jacobian != 0).numpy()


def reach() -> plt.Figure:
    """Which input steps the answer at each step depends on."""
    fig, panels = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained", sharey=True)
    rows = [((stride,), f"stride {stride}", COLOURS[stride]) for stride in STRIDES] + [(STRIDES, "all three", PINK)]
    for ax, (strides, title, colour) in zip(panels, rows, strict=True):
        seen = _depends_on(strides)
        ax.imshow(np.where(seen[..., None], plt.matplotlib.colors.to_rgb(colour), (0.95, 0.95, 0.95)))
        ax.set(xticks=range(0, 16, 4), yticks=range(0, 16, 4), xlabel="input step")
        ax.set_title(title, fontsize=13)
        ax.grid(False)
    panels[0].set_ylabel("step of the answer")
    return fig


def _windows(ax: plt.Axes, y: float, stride: int, colour: str, shift: int = 0) -> None:
    """The looks of a branch over steps 0 to 15 as bars of three steps, those skipped as crosses."""
    seen: set[int] = set()
    for centre in range(shift, 16, stride):
        steps = [step for step in (centre - 1, centre, centre + 1) if shift <= step < 16]
        seen |= set(steps)
        level = y + (0.16 * (centre // stride % 3 - 1) if stride < 3 else 0)
        ax.barh(level, len(steps) - 0.12, left=steps[0] - 0.44, height=0.13 if stride < 3 else 0.3, color=colour)
    for step in set(range(shift, 16)) - seen:
        ax.plot(step, y, "x", color=ACCENT, markersize=11, markeredgewidth=3)


def skipped() -> plt.Figure:
    """The looks of the three branches on sixteen steps, and the steps that lie in none."""
    fig, ax = axes_for(None, (10.5, 3.2), grid="none")
    for row, stride in enumerate(STRIDES):
        _windows(ax, 2 - row, stride, COLOURS[stride])
    ax.set_yticks([2, 1, 0], [f"stride {stride}" for stride in STRIDES], fontsize=13)
    ax.set(xticks=range(16), xlim=(-0.8, 15.8), ylim=(-0.6, 2.5), xlabel="step (bars: looks; crosses: in no look)")
    ax.spines["left"].set_visible(False)
    return fig


def begins() -> plt.Figure:
    """The same match, three beginnings of the clip: other steps are skipped."""
    fig, ax = axes_for(None, (10.5, 2.9), grid="none")
    for row, shift in enumerate((0, 1, 2)):
        _windows(ax, 2 - row, 4, GREEN, shift)
        ax.axvspan(-0.5, shift - 0.5, ymin=(2 - row + 0.28) / 3.1, ymax=(2 - row + 0.92) / 3.1, color=GRID)
    ax.set_yticks([2, 1, 0], [f"clip from step {shift}" for shift in (0, 1, 2)], fontsize=13)
    ax.set(xticks=range(16), xlim=(-0.8, 15.8), ylim=(-0.6, 2.5), xlabel="step of the match (stride 4)")
    ax.spines["left"].set_visible(False)
    return fig


def looks() -> plt.Figure:
    """A knock and a push, as the three branches see them."""
    T = 48
    toy = np.zeros(T)
    toy[10], toy[26:38] = 1.0, 1.0
    fig, panels = plt.subplots(3, 1, figsize=(10.5, 4.8), layout="constrained", sharex=True)
    for ax, stride in zip(panels, STRIDES, strict=True):
        axes_for(ax, (10, 1.6), grid="none")
        answers = np.convolve(toy, np.ones(3) / 3, mode="same")[::stride]
        ax.fill_between(range(T), toy, step="mid", color=GRID)
        ax.step(range(T), np.repeat(answers, stride), where="post", color=COLOURS[stride], linestyle=":")
        ax.plot(np.arange(0, T, stride), answers, "o", color=COLOURS[stride])
        ax.set(yticks=(0, 1))
        ax.set_ylabel(f"stride {stride}", fontsize=13)
    panels[-1].set_xlabel("step (grey: a knock and a push; dots: looks; dotted: the answer that stands)")
    return fig


def noise() -> plt.Figure:
    """Signal-to-noise ratio of knock and push: strided looks beside stretches averaged first."""
    names = ("stride 1", "stride 2", "stride 4", "averaged\nover 2", "averaged\nover 4")
    fig, ax = axes_for(None, (10, 3.6), grid="y")
    for index, (length, colour, label) in enumerate(((1, ORANGE, "knock, 1 step"), (12, BLUE, "push, 12 steps"))):
        ratios = []
        for stride, averaged in ((1, False), (2, False), (4, False), (2, True), (4, True)):
            best = []
            for begin in range(20, 24):
                event = np.zeros(64)
                event[begin : begin + length] = 1.0
                spans = [
                    (stride * (j - 1), stride * (j + 2)) if averaged else (stride * j - 1, stride * j + 2)
                    for j in range(2, 64 // stride - 2)
                ]
                best.append(max(event[first:stop].sum() / math.sqrt(stop - first) for first, stop in spans))
            ratios.append(np.mean(best))
        bars = ax.bar(np.arange(5) + 0.4 * (index - 0.5), ratios, 0.37, color=colour, label=label)
        ax.bar_label(bars, [f"{ratio:.2f}" for ratio in ratios], padding=2, fontsize=11)
    ax.set_xticks(range(5), names, fontsize=12)
    ax.axvline(2.5, color=MUTED, linestyle=":")
    ax.set_ylabel("signal-to-noise ratio")
    ax.set_ylim(0, 3.8)
    ax.legend(loc="upper left", fontsize=12)
    return fig


def _bump(place: float, T: int = 48) -> np.ndarray:
    return np.exp(-((np.arange(T) - place) ** 2) / 18)


def _upsampled(answers: np.ndarray, T: int, how: str, stride: int = 4) -> np.ndarray:
    if how == "on the grid":
        return np.interp(np.arange(T), stride * np.arange(len(answers)), answers)
    mode = {"nearest": {"mode": "nearest"}, "linear": {"mode": "linear", "align_corners": False}}[how]
    return F.interpolate(torch.from_numpy(answers)[None, None], size=T, **mode)[0, 0].numpy()


def staircase() -> plt.Figure:
    """A smooth event, sampled every fourth step and brought back in three ways."""
    fig, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained", sharey=True)
    for ax, how, colour in zip(panels, ("nearest", "linear", "on the grid"), (BLUE, ORANGE, GREEN), strict=True):
        axes_for(ax, (3.6, 3), grid="none")
        answer = _upsampled(_bump(24)[::4], 48, how)
        ax.fill_between(range(48), _bump(24), color=GRID)
        ax.plot(range(0, 48, 4), _bump(24)[::4], "o", color=MUTED)
        ax.plot(answer, color=colour, linewidth=2.5, drawstyle="steps-mid" if how == "nearest" else "default")
        centre = answer @ np.arange(48) / answer.sum()
        ax.axvline(24, color=INK, linewidth=1)
        ax.axvline(centre, color=ACCENT, linewidth=2, linestyle="--")
        ax.set_title(f"{how}: {2 * (centre - 24) + 0.0:.0f} frames late", fontsize=13)
        ax.set(xlim=(12, 37), yticks=[], xlabel="step")
    return fig


def lateness() -> plt.Figure:
    """Lateness of the slow branch by the place of the event, for clips of 32 and of 50 steps."""
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 3.2), layout="constrained", sharey=True)
    for ax, T in zip(panels, (32, 50), strict=True):
        axes_for(ax, (5, 3), grid="y")
        places = np.arange(12, T - 12)
        for how, colour in (("nearest", BLUE), ("linear", ORANGE), ("on the grid", GREEN)):
            answers = np.array([_upsampled(_bump(place, T)[::4], T, how) for place in places])
            late = (answers @ np.arange(T)) / answers.sum(axis=1) - places
            ax.plot(
                places, 2 * late, color=colour, linewidth=2.5, label=how, linestyle="--" if how == "linear" else "-"
            )
        ax.set_title(f"clip of {T} steps", fontsize=13)
        ax.set(xlabel="step of the event", ylim=(-0.6, 4))
    panels[0].set_ylabel("frames late")
    panels[1].legend(fontsize=11, loc="upper right")
    return fig


def tolerance() -> plt.Figure:
    """Being up to 6 frames late, beside three tolerances."""
    fig, ax = axes_for(None, (10, 2.9), grid="x")
    for row, (name, frames) in enumerate((("tight: ±2 frames", 2), ("±6 frames", 6), ("mAP@1: ±12 frames", 12))):
        ax.barh(row, 2 * frames, left=-frames, height=0.5, color=GREEN, alpha=0.35)
        ax.annotate(name, (-frames - 0.3, row), ha="right", va="center", fontsize=12)
    ax.hlines([-0.75], 0, 6, color=BLUE, linewidth=8)
    ax.plot(3, -0.75, "o", color=INK, markersize=9, zorder=3)
    ax.annotate("stride 4, held: 0 to 6 late, 3 in the mean", (6.4, -0.75), va="center", fontsize=12)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(xlim=(-21, 19), ylim=(2.5, -1.3), yticks=[], xlabel="frames after the event")
    ax.spines["left"].set_visible(False)
    return fig


def luck() -> plt.Figure:
    """A table of fifteen equal systems, sorted: it has a winner."""
    values = np.random.default_rng(3).normal(30, 1.5, size=(15, 3))
    order = np.argsort(values.mean(axis=1))
    fig, ax = axes_for(None, (10, 3.9), grid="x")
    for row, index in enumerate(order):
        ax.scatter(values[index], [row] * 3, s=24, color=MUTED, zorder=2)
        ax.scatter(values[index].mean(), row, s=90, color=BLUE, zorder=3)
    ax.axvline(30, color=ACCENT, linewidth=2)
    ax.annotate("what each is worth", (30, 15.1), ha="center", fontsize=12, color=ACCENT)
    ax.set_yticks(range(15), [f"system {letter}" for letter in np.array(list("ABCDEFGHIJKLMNO"))[order]], fontsize=10)
    ax.set(ylim=(-0.8, 16), xlabel="mAP of three seeds, and their mean (all drawn from one bell curve)")
    return fig


def strict() -> plt.Figure:
    """How often tables of equal systems show a difference, with the usual limit and with Bonferroni's."""
    generator = np.random.default_rng(0)
    sizes, usual, bonferroni = (2, 3, 5, 10, 15, 20), [], []
    for number in sizes:
        means = generator.normal(size=(4000, number))  # in units of a mean's own error
        gap = (means.max(axis=1) - means.min(axis=1)) / math.sqrt(2)
        level = 0.025 / math.comb(number, 2)
        limit = -torch.special.ndtri(torch.tensor(level, dtype=torch.float64)).item()
        usual.append(100 * (gap > 1.96).mean())
        bonferroni.append(100 * (gap > limit).mean())
    fig, ax = axes_for(None, (9.5, 3.4), grid="y")
    ax.plot(sizes, usual, "o-", color=ACCENT, linewidth=2.5, label="each pair at 95 %")
    ax.plot(sizes, bonferroni, "s-", color=GREEN, linewidth=2.5, label="each pair at 95 % / number of pairs")
    ax.axhline(5, color=MUTED, linestyle=":")
    ax.set(ylim=(0, 100), xlabel="systems in the table, all equal", xticks=sizes)
    ax.set_ylabel("tables with a 'difference' (%)")
    ax.legend(fontsize=12, loc="upper left")
    return fig


def verdicts() -> plt.Figure:
    """The plane of two gaps: where a published order is confirmed, reversed, or not shown."""
    fig, ax = axes_for(None, (8.5, 4.2), grid="none")
    ax.axhspan(-3, 3, color=GRID, zorder=0)
    ax.axhspan(3, 9, color=GREEN, alpha=0.25, zorder=0)
    ax.axhspan(-9, -3, color=ACCENT, alpha=0.25, zorder=0)
    ax.axhline(0, color=INK, linewidth=1)
    ax.axvline(3.8, color=MUTED, linestyle="--")
    for y, text in ((6, "confirmed"), (0.9, "not shown"), (-6, "reversed")):
        ax.annotate(text, (9.7, y), ha="right", va="center", fontsize=15)
    ax.annotate("left of here:\nwhat equal settings\ndiffered by", (3.6, -6), ha="right", va="center", fontsize=11)
    ax.set(xlim=(0, 10), ylim=(-9, 9), xlabel="published gap (points)")
    ax.set_ylabel("our gap (points)")
    ax.set_yticks([-3, 0, 3], ["− limit", "0", "+ limit"])
    return fig
