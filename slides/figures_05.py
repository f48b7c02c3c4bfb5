"""The figures of the deck and notebook 05, from toy signals: no data set and no training is needed."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from drawing import BLUE, GREEN, ORANGE, PINK, canvas, draw_deck
from torch import Tensor, nn

from course_lib.models.necks import SGP, SlidesSGP, SlidesTCN
from course_lib.models.necks.transformer import SelfAttention
from course_lib.show import ACCENT, GRID, INK, MUTED, axes_for

__all__ = ["draw"]

EVENT = 25  # step of the toy event
LAYERS = 8  # of a stack
box = partial(drawing.box, alpha=0.22)
arrow = partial(drawing.arrow, linewidth=1.4, zorder=1)


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 05_<name>.png."""
    figures = (
        branches, average, collapse, windows, gates, reach, slides_layer, folded, sizes, variety, contrast, measures,
        blinks, published,
    )  # fmt: skip
    draw_deck("05", figures, folder)


def _sign(ax: plt.Axes, x: float, y: float, text: str) -> None:
    ax.scatter(x, y, s=330, facecolor="white", edgecolor=INK, zorder=3)
    ax.annotate(text, (x, y), ha="center", va="center", fontsize=14, zorder=4)


def branches() -> plt.Figure:
    """The published layer as boxes."""
    fig, ax = canvas(18.2, 7.0, (12, 4.7))
    box(ax, 1.0, 3.1, 2.0, 0.8, "LayerNorm", GRID)
    rows = ((5.9, "mean, DW 1, ReLU", "φ: one for the clip", PINK), (4.7, "DW 1", "", BLUE))
    rows += ((2.6, "DW 9", "ψ: one a step", PINK), (1.4, "DW 9", "", GREEN), (0.2, "DW 41", "", GREEN))
    for y, text, note, colour in rows:
        box(ax, 4.4, y, 3.1, 0.8, text, colour)
        arrow(ax, (3.0, 3.5), (3.7, 3.5), (3.7, y + 0.4), (4.4, y + 0.4))
        ax.annotate(note, (7.7, y + 0.52), fontsize=11, color=MUTED)
    arrow(ax, (0.0, 3.5), (1.0, 3.5))
    _sign(ax, 10.4, 5.1, "×")
    arrow(ax, (7.5, 6.3), (10.4, 6.3), (10.4, 5.4))
    arrow(ax, (7.5, 5.1), (10.1, 5.1))
    _sign(ax, 8.6, 1.2, "+")
    arrow(ax, (7.5, 1.8), (8.6, 1.8), (8.6, 1.5))
    arrow(ax, (7.5, 0.6), (8.6, 0.6), (8.6, 0.9))
    _sign(ax, 10.4, 1.2, "×")
    arrow(ax, (8.9, 1.2), (10.1, 1.2))
    arrow(ax, (7.5, 3.0), (10.4, 3.0), (10.4, 1.5))
    _sign(ax, 12.1, 3.5, "+")
    arrow(ax, (10.7, 5.1), (12.1, 5.1), (12.1, 3.8))
    arrow(ax, (10.7, 1.2), (12.1, 1.2), (12.1, 3.2))
    arrow(ax, (0.4, 3.5), (0.4, 6.95), (11.4, 6.95), (11.4, 3.5), (11.8, 3.5), colour=ACCENT)
    box(ax, 13.0, 3.1, 3.0, 0.8, "GroupNorm, MLP", GRID)
    arrow(ax, (12.4, 3.5), (13.0, 3.5))
    _sign(ax, 16.9, 3.5, "+")
    arrow(ax, (16.0, 3.5), (16.6, 3.5))
    arrow(ax, (12.7, 3.5), (12.7, 4.7), (16.9, 4.7), (16.9, 3.8), colour=ACCENT)
    arrow(ax, (17.2, 3.5), (18.1, 3.5))
    ax.annotate("x", (0.0, 3.75), fontsize=14)
    ax.annotate("instant branch", (12.3, 5.0), fontsize=12, color=BLUE, va="center")
    ax.annotate("window branch", (12.3, 1.3), fontsize=12, color=GREEN, va="center")
    ax.annotate("way around", (12.0, 6.75), fontsize=12, color=ACCENT)
    return fig


def _wave() -> Tensor:
    signal = 0.4 * torch.sin(torch.arange(40) / 6.0)
    signal[EVENT] += 1.0
    return signal


def _mixtures() -> dict[str, Callable[[Tensor], Tensor]]:
    """Three ways to mix the steps of a signal (T,)."""
    weights = torch.randn(40, 40).softmax(dim=1)

    def convolution(kernel: list[float]) -> Callable[[Tensor], Tensor]:
        taps = torch.tensor([[kernel]])
        return lambda x: F.conv1d(F.pad(x[None, None], (1, 1), mode="replicate"), taps)[0, 0]

    return {
        "softmax weights": lambda x: weights @ x,
        "mean of three": convolution([1 / 3] * 3),
        "a sharpening kernel": convolution([-0.25, 1.5, -0.25]),
    }


def average() -> plt.Figure:
    """A wave with an event of one step, mixed up to four times."""
    fig, panels = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
    for ax, (name, mix) in zip(panels, _mixtures().items(), strict=True):
        axes_for(ax, (4, 3))
        x = _wave()
        for times in range(3):
            label = ("as it was", "mixed twice", "four times")[times]
            ax.plot(x, color=(MUTED, BLUE, ORANGE)[times], linewidth=2, label=label)
            x = mix(mix(x))
        ax.set_title(name)
        ax.set_xlabel("step")
    panels[2].legend(fontsize=11, loc="upper left")
    return fig


def collapse() -> plt.Figure:
    """Features of all steps as rows, through three layers of pure attention and of SGP."""
    torch.manual_seed(1)
    start = (torch.randn(32) + 0.5 * torch.randn(1, 40, 32)).double()
    fig, panels = plt.subplots(2, 4, figsize=(12, 4.2), layout="constrained", sharex=True, sharey=True)
    kinds = {"attention": lambda: SelfAttention(32, 4, 0.0), "SGP": lambda: SGP(32)}
    for row, (name, make_layer) in zip(panels, kinds.items(), strict=True):
        x = start
        for layers, ax in enumerate(row):
            ax.imshow(x[0].T / x.std(), aspect="auto", cmap="RdBu_r", vmin=-2.5, vmax=2.5)
            ax.set(xticks=[], yticks=[])
            if name == "attention":
                ax.set_title("features" if layers == 0 else f"after {layers}", fontsize=13)
            with torch.no_grad():
                x = make_layer().double()(x)
        row[0].set_ylabel(name, fontsize=14)
    fig.supxlabel("step of the clip", fontsize=12)
    return fig


def windows() -> plt.Figure:
    """The windows of both layers in a clip of 50 steps."""
    fig, ax = axes_for(None, (10.5, 3.2), grid="none")
    rows = (("published", 41, BLUE), ("", 9, BLUE), ("slides", 7, ORANGE), ("", 5, ORANGE), ("", 3, ORANGE))
    for row, (name, steps, colour) in enumerate(rows):
        ax.barh(row, steps, left=EVENT - steps / 2, height=0.6, color=colour, alpha=0.8)
        text = f"{steps} steps, {steps / 12.5:.1f} s"
        ax.annotate(text, (EVENT + steps / 2, row), (6, 0), textcoords="offset points", va="center", fontsize=12)
        ax.annotate(name, (-1, row), ha="right", va="center", fontsize=13, annotation_clip=False)
    ax.axvspan(0, 50, color=GRID, alpha=0.5, zorder=0)
    ax.axvline(EVENT, color=ACCENT, linewidth=1.5)
    ax.set(xlim=(0, 56), ylim=(4.6, -0.6), yticks=[], xlabel="step; grey: a clip of 50 steps")
    ax.spines["left"].set_visible(False)
    return fig


def gates() -> plt.Figure:
    """What a gate for each step does to a blurred window."""
    signal = 0.15 * torch.randn(50)
    signal[EVENT] += 2.0
    window = F.conv1d(signal[None, None], torch.full((1, 1, 9), 1 / 3), padding=4)[0, 0]
    psi = F.conv1d(signal[None, None], torch.tensor([[[-0.1] * 4 + [1.0] + [-0.1] * 4]]), padding=4)[0, 0]
    fig, panels = plt.subplots(1, 3, figsize=(12, 3.0), layout="constrained", sharey=True)
    titles = ("a long window blurs", "ψ knows the step", "their product")
    for ax, course, title, colour in zip(panels, (window, psi, window * psi), titles, (GREEN, PINK, BLUE), strict=True):
        axes_for(ax, (4, 3), grid="y")
        ax.bar(range(50), course, 0.9, color=colour)
        ax.set_title(title)
        ax.set_xlabel("step")
    return fig


def _heard(make_layer: Callable[[int], nn.Module], num_steps: int = 80, draws: int = 10) -> Tensor:
    """Change of each step when the middle one changes, relative to its own, mean over fresh layers: (num_steps,)."""
    total = torch.zeros(num_steps, dtype=torch.double)
    for seed in range(draws):
        torch.manual_seed(seed)
        layer, x = make_layer(64).double(), torch.randn(1, num_steps, 64).double()
        nudge = torch.zeros_like(x)
        nudge[0, num_steps // 2] = 0.1 * torch.randn(64)
        with torch.no_grad():
            change = (layer(x + nudge) - layer(x)).norm(dim=2)[0]
        total += change / change[num_steps // 2] / draws
    return total


def reach() -> plt.Figure:
    """Who hears of one step."""
    fig, ax = axes_for(None, (10.5, 3.8))
    necks = (("tcn", SlidesTCN, MUTED), ("sgp_slides", SlidesSGP, ORANGE), ("sgp", SGP, BLUE))
    for name, make_layer, colour in necks:
        course = _heard(make_layer).clamp_min(1e-6)
        ax.semilogy(range(-40, 40), course, color=colour, linewidth=2.4, drawstyle="steps-mid", label=name)
    ax.set(xlabel="steps from the one that changed", ylabel="change, relative", ylim=(5e-4, 2))
    ax.legend(fontsize=12)
    return fig


def slides_layer() -> plt.Figure:
    """The slides' layer as boxes."""
    fig, ax = canvas(15.4, 4.6, (11, 3.5))
    box(ax, 2.2, 3.5, 2.2, 0.8, "x − mean", BLUE)
    box(ax, 5.4, 3.5, 3.2, 0.8, "192 → 96 → 192", BLUE)
    arrow(ax, (4.4, 3.9), (5.4, 3.9))
    for row, dilation in enumerate((1, 2, 3)):
        y = 2.3 - 1.05 * row
        box(ax, 2.2, y, 3.6, 0.8, f"3 taps, dilation {dilation}", GREEN)
        arrow(ax, (0.2, 1.65), (1.2, 1.65), (1.2, y + 0.4), (2.2, y + 0.4))
        arrow(ax, (5.8, y + 0.4), (7.0, y + 0.4), (7.0, 1.65), (7.6, 1.65))
    arrow(ax, (0.2, 1.65), (1.2, 1.65), (1.2, 3.9), (2.2, 3.9))
    box(ax, 7.6, 1.25, 3.4, 0.8, "1x1, 576 → 192", GREEN)
    _sign(ax, 12.6, 2.8, "+")
    arrow(ax, (8.6, 3.9), (12.6, 3.9), (12.6, 3.1))
    arrow(ax, (11.0, 1.65), (12.6, 1.65), (12.6, 2.5))
    arrow(ax, (12.9, 2.8), (14.6, 2.8))
    ax.annotate("x", (0.1, 1.9), fontsize=14)
    return fig


def folded() -> plt.Figure:
    """Three dilated kernels laid over each other: seven taps."""
    fig, ax = canvas(15.5, 4.4, (11, 3.3))
    for row, dilation in enumerate((1, 2, 3)):
        for tap in (-1, 0, 1):
            ax.scatter(5 + tap * dilation, 3.9 - row, s=420, color=GREEN, alpha=0.85)
        ax.annotate(f"dilation {dilation}", (1.4, 3.9 - row), ha="right", va="center", fontsize=13)
    counts = (1, 1, 1, 3, 1, 1, 1)
    for place, count in enumerate(counts):
        ax.scatter(2 + place, 0.6, s=420, color=BLUE, alpha=0.3 + 0.2 * count)
        ax.annotate(f"{place - 3:+d}" if place != 3 else "0", (2 + place, 0.05), ha="center", va="center", fontsize=11)
    ax.annotate("together", (1.4, 0.6), ha="right", va="center", fontsize=13)
    ax.annotate("443,136 parameters", (9.4, 2.9), fontsize=15, color=GREEN, va="center")
    ax.annotate("258,240 parameters\nthe same function", (9.4, 0.6), fontsize=15, color=BLUE, va="center")
    ax.set_ylim(-0.2, 4.5)
    return fig


def sizes() -> plt.Figure:
    """Where the parameters of both layers sit, C = 192."""
    fig, ax = axes_for(None, (10.5, 3.0), grid="x")
    slides, published = SlidesSGP(192), SGP(192)

    def size(*modules: nn.Module) -> int:
        return sum(p.numel() for module in modules for p in module.parameters())

    over_time = size(published.instant, published.instant_gate, published.window, published.long_window)
    rows = {
        "slides": ((size(slides.windows), "windows", GREEN), (size(slides.mix, slides.instant), "1x1, MLP", BLUE)),
        "published": (
            (over_time + size(published.window_gate), "over time", GREEN),
            (size(published.mlp, published.norm, published.mlp_norm), "MLP, norms", BLUE),
        ),
    }
    for row, parts in enumerate(rows.values()):
        left = 0
        for number, what, colour in parts:
            ax.barh(row, number, left=left, height=0.55, color=colour, alpha=0.8)
            inside = number > 60_000
            place = (left + number / 2, row) if inside else (left + number, row - 0.42)
            text = f"{what}\n{number:,}" if inside else f"{what} {number:,}"
            ax.annotate(text, place, ha="center" if inside else "left", va="center", fontsize=12)
            left += number
        ax.annotate(f"{left:,}", (left, row), (6, 0), textcoords="offset points", va="center", fontsize=13)
    ax.set_yticks(range(2), rows, fontsize=13)
    ax.set(ylim=(1.5, -0.7), xlim=(0, 545_000), xticks=[])
    return fig


def measures() -> plt.Figure:
    """Variety and contrast of four small clips."""
    steps = torch.arange(50)
    noise = torch.randn(50)
    clips = {
        "all equal": torch.ones(50) + 1e-6 * noise,
        "equal but for one": torch.ones(50) + (steps == EVENT) + 0.05 * noise,
        "noise": noise,
        "noise, and one": 0.5 * noise + 3.0 * (steps == EVENT),
    }
    fig, panels = plt.subplots(1, 4, figsize=(12, 2.9), layout="constrained", sharey=True)
    for ax, (name, x) in zip(panels, clips.items(), strict=True):
        axes_for(ax, (3, 3), grid="none")
        away = (x - x.mean()).abs()
        ax.bar(steps, x, 0.9, color=[ACCENT if step == EVENT else MUTED for step in steps])
        values = f"variety {(away.norm() / x.norm()).item():.2f}"
        if name != "all equal":
            values += f"\ncontrast {(away[EVENT] / away[steps != EVENT].mean()).item():.1f}"
        ax.set_title(f"{name}\n{values}", fontsize=12)
        ax.set(xticks=[], yticks=[])
    return fig


def _stacks() -> dict[str, np.ndarray]:
    """Variety and contrast (LAYERS + 1, 2) through stacks of fresh layers, mean of three draws."""
    torch.manual_seed(0)
    start = torch.randn(64) + 0.3 * torch.randn(1, 50, 64)
    start[0, EVENT] += torch.randn(64)
    kinds: dict[str, tuple[Callable[[], nn.Module], bool]] = {
        "attention": (lambda: SelfAttention(64, 4, 0.0), False),
        "attention, shortcut": (lambda: SelfAttention(64, 4, 0.0), True),
        "tcn": (lambda: SlidesTCN(64), False),
        "sgp_slides": (lambda: SlidesSGP(64), False),
        "sgp_slides, shortcut": (lambda: SlidesSGP(64), True),
        "sgp": (lambda: SGP(64), False),
    }
    table = {}
    for name, (make_layer, shortcut) in kinds.items():
        draws = []
        for seed in range(3):
            torch.manual_seed(seed)
            x = start.double()
            rows = [_measures(x[0])]
            for _ in range(LAYERS):
                with torch.no_grad():
                    x = make_layer().double()(x) + (x if shortcut else 0)
                rows.append(_measures(x[0]))
            draws.append(rows)
        table[name] = np.mean(draws, axis=0)
    return table


def _measures(x: Tensor) -> tuple[float, float]:
    away = (x - x.mean(dim=0)).norm(dim=1)
    others = away[torch.arange(len(away)) != EVENT]
    return (away.norm() / x.norm()).item(), (away[EVENT] / others.mean()).item()


def _stack_figure(column: int, what: str) -> plt.Figure:
    fig, ax = axes_for(None, (10, 4.0))
    colours = {"attention": PINK, "tcn": MUTED, "sgp_slides": ORANGE, "sgp": BLUE}
    for name, rows in _stacks().items():
        kind, _, shortcut = name.partition(", ")
        style = "--" if shortcut else "-"
        ax.plot(rows[:, column], style, color=colours[kind], marker="o", markersize=5, linewidth=2.2, label=name)
    ax.set(xlabel="layers, fresh weights", ylabel=what)
    ax.set_ylim(bottom=0)
    ax.legend(fontsize=11, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return fig


def variety() -> plt.Figure:
    """Variety through stacks."""
    return _stack_figure(0, "variety")


def contrast() -> plt.Figure:
    """Contrast of the event's step through stacks."""
    return _stack_figure(1, "contrast of the event")


def blinks() -> plt.Figure:
    """The toy task: one step is an event, three are not."""
    generator = torch.Generator().manual_seed(3)
    held = 0.1 * torch.randn(32, generator=generator)
    for place, length in ((3, 1), (27, 1), (11, 3), (19, 3)):
        held[place : place + length] += 1
    fig, ax = axes_for(None, (10.5, 2.6), grid="y")
    ax.bar(range(32), held, 0.9, color=[ACCENT if step in (3, 27) else MUTED for step in range(32)])
    for place, text in ((3, "event"), (27, "event"), (12, "none"), (20, "none")):
        colour = ACCENT if text == "event" else MUTED
        ax.annotate(text, (place, 1.2), ha="center", fontsize=13, color=colour)
    ax.set(xlabel="step", ylabel="pattern", ylim=(-0.3, 1.5), xlim=(-1, 32))
    return fig


def published() -> plt.Figure:
    """The slides' scores on real matches, beside how far seeds move the baseline."""
    scores = {"fc": (37.31, 42.66), "tcn": (34.38, 40.65), "sgp_slides": (36.15, 42.47), "tcn+sgp": (36.19, 42.06)}
    fig, ax = axes_for(None, (10.5, 3.4), grid="x")
    for row, (low, high) in enumerate(scores.values()):
        ax.scatter([low], [row], s=130, color=BLUE, zorder=3)
        ax.scatter([high], [row], s=130, color=ORANGE, zorder=3)
    ax.plot([33.0, 36.8], [4.2, 4.2], color=INK, linewidth=5)
    text = "3.8 points: how far one system's scores lie apart between groups"
    ax.annotate(text, (37.2, 4.2), va="center", fontsize=12)
    ax.annotate("mAP-12", (37.31, -0.45), ha="center", fontsize=12, color=BLUE)
    ax.annotate("mAP-10", (42.66, -0.45), ha="center", fontsize=12, color=ORANGE)
    ax.set_yticks(range(4), [f"x3d_s+{name}" for name in scores], fontsize=13)
    ax.set(ylim=(4.7, -0.9), xlim=(32, 46), xlabel="mAP@1 on real SoccerNet ball actions (%), as the slides report")
    return fig
