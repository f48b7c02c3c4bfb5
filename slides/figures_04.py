"""The figures of the deck and notebook 04, from toy signals and fresh layers: no data set is needed."""

from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from drawing import BLUE, GREEN, ORANGE, arrow, canvas, draw_deck
from torch import Tensor, nn

from course_lib.models import class_weights, weighted_cross_entropy
from course_lib.models.necks import DilatedTCN, MultiStageTCN, SlidesTCN
from course_lib.models.necks.tcn import DilatedLayer
from course_lib.show import ACCENT, GRID, INK, MUTED, axes_for

__all__ = ["draw"]

box = partial(drawing.box, size=13, rounding=0.1)


DIM, DELAY = 16, 5  # of the toy signal
STACKS = {"slides: 1, 1": (1, 1), "plain: 1, 1, 1": (1, 1, 1), "dilated: 1, 2, 4": (1, 2, 4)}
PARAMETERS = {"EfficientNet-B0": (4_007_548, 9_832_960), "X3D-S": (2_006_130, 221_568)}  # backbone, slides' TCN


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 04_<name>.png."""
    figures = (pipeline, later, taps, sizes, reach, impulse, echo, told, depth, scale, stages, published)
    draw_deck("04", figures, folder)


def pipeline() -> plt.Figure:
    """Backbone and head step by step; the neck between them across the steps."""
    fig, ax = canvas(12, 6, (10, 4.4), aspect="auto")
    ax.set_xlim(-0.6, 12)
    for step in range(6):
        x = 0.9 + 1.85 * step
        ax.annotate(f"frame {step + 1}", (x + 0.65, 0.05), ha="center", va="bottom", fontsize=11)
        box(ax, x, 0.95, 1.3, 0.8, "backbone", BLUE)
        box(ax, x, 4.35, 1.3, 0.7, "head", GREEN)
        ax.annotate("13 scores", (x + 0.65, 5.65), ha="center", va="bottom", fontsize=11)
        for start, stop in ((0.5, 0.92), (1.78, 2.45), (3.65, 4.32), (5.08, 5.6)):
            arrow(ax, (x + 0.65, start), (x + 0.65, stop))
        for other in (step - 1, step, step + 1):
            if 0 <= other < 6:
                ax.plot([x + 0.65, 1.55 + 1.85 * other], [2.5, 3.6], color=ORANGE, linewidth=1.6)
    box(ax, 0.6, 2.45, 11.15, 1.2, "", ORANGE)
    ax.annotate("neck", (0.45, 3.05), ha="right", va="center", fontsize=13)
    return fig


def later() -> plt.Figure:
    """How far the ball is from the player after a PASS and after a DRIVE."""
    fig, ax = axes_for(None, (9.5, 3.9), grid="y")
    seconds = np.arange(-6, 9) * 0.08
    before = np.where(seconds < 0, -seconds * 7, 0)
    for name, after, colour, marker in (("PASS", 11.0, BLUE, "o"), ("DRIVE", 1.2, ORANGE, "s")):
        distance = before + np.where(seconds > 0, seconds * after, 0)
        ax.plot(seconds, distance, marker=marker, color=colour, linewidth=2, label=name)
    ax.axvline(0, color=ACCENT, linestyle="--")
    ax.annotate("the event frame", (0, 6.6), (6, 0), textcoords="offset points", color=ACCENT, fontsize=12)
    ax.set(xlabel="seconds", ylabel="ball to player (m)", ylim=(-0.3, 7.2))
    ax.legend(loc="upper left", fontsize=12)
    return fig


def taps() -> plt.Figure:
    """Place, speed and change of speed of a ball that is kicked and stopped."""
    place = 2.0 * np.arange(-10, 22).clip(0, 12)
    kernels = {"place": [0, 1, 0], "speed": [-0.5, 0, 0.5], "change of speed": [1, -2, 1]}
    fig, panels = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")
    for ax, (name, weights) in zip(panels, kernels.items(), strict=True):
        answer = np.correlate(place, weights, mode="valid")
        ax.plot(np.arange(1, len(place) - 1), answer, marker="o", markersize=4, color=BLUE)
        for step in (10, 22):
            ax.axvline(step, color=ACCENT, linestyle="--", linewidth=1)
        ax.set_title(f"{name}\n({', '.join(f'{w:g}' for w in weights)})", fontsize=13)
        ax.set_xlabel("step")
    return fig


def sizes() -> plt.Figure:
    """Parameters of two backbones, and of the slides' TCN on each."""
    fig, ax = axes_for(None, (9.5, 2.9), grid="x")
    for row, (backbone, neck) in enumerate(PARAMETERS.values()):
        ax.barh(row, backbone / 1e6, color=BLUE, height=0.55, label="backbone" if row == 0 else None)
        ax.barh(row, neck / 1e6, left=backbone / 1e6, color=ORANGE, height=0.55, label=None if row else "slides' TCN")
        text = f" {backbone / 1e6:.2f} + {neck / 1e6:.2f} M"
        ax.annotate(text, ((backbone + neck) / 1e6, row), va="center", fontsize=12)
    ax.set_yticks(range(len(PARAMETERS)), [f"{n}\nD = {d}" for n, d in zip(PARAMETERS, (1280, 192), strict=True)])
    ax.set(xlabel="million parameters", xlim=(0, 17), ylim=(1.6, -0.6))
    ax.legend(loc="lower right", fontsize=12)
    return fig


def reach() -> plt.Figure:
    """Which steps one answer depends on, through the layers of three stacks."""
    fig, panels = plt.subplots(1, 3, figsize=(12, 3.3), layout="constrained", sharey=True)
    for ax, (name, dilations), colour in zip(panels, STACKS.items(), (BLUE, GREEN, ORANGE), strict=True):
        axes_for(ax, (4, 3), grid="none")
        seen = {0}
        for layer in range(3, 3 - len(dilations), -1):
            dilation = dilations[layer - 4]
            for step in seen:
                for offset in (-dilation, 0, dilation):
                    ax.plot([step, step + offset], [layer, layer - 1], color=colour, linewidth=1.1, alpha=0.8)
            seen = {step + offset for step in seen for offset in (-dilation, 0, dilation)}
            ax.plot(range(-8, 9), [layer] * 17, ".", color=GRID, markersize=6, zorder=1)
        bottom = 3 - len(dilations)
        ax.plot(range(-8, 9), [bottom] * 17, ".", color=GRID, markersize=6, zorder=1)
        ax.plot(sorted(seen), [bottom] * len(seen), "o", color=colour, markersize=6)
        ax.plot(0, 3, "o", color=ACCENT, markersize=9)
        ax.set_title(f"{name}\nsees {len(seen)} steps", fontsize=13)
        ax.set(xlim=(-8.5, 8.5), ylim=(-0.35, 3.3), xlabel="step", yticks=[])
        ax.spines["left"].set_visible(False)
    return fig


class _Plain(nn.Module):
    """Convolutions of three taps with ReLU, (B, T, D) → (B, T, D)."""

    def __init__(self, dim: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv1d(dim, dim, 3, padding=d, dilation=d) for d in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x.transpose(1, 2)).relu().transpose(1, 2)
        return x


def impulse() -> plt.Figure:
    """How much each answer changes when the middle step is disturbed."""
    necks = {
        "slides: 1, 1": SlidesTCN(DIM),
        "seven plain layers": _Plain(DIM, (1,) * 7),
        "DilatedTCN: 1, 2, 4": DilatedTCN(DIM),
        "MS-TCN, 3 stages": MultiStageTCN(DIM),
    }
    x, changes = torch.randn(32, 121, DIM), []
    moved = x.clone()
    moved[:, 60] = torch.randn(32, DIM)
    for neck in necks.values():
        with torch.inference_mode():
            change = (neck.eval()(moved) - neck(x)).norm(dim=-1).mean(dim=0)
        changes.append(change / change.max())
    fig, ax = axes_for(None, (10, 3.2), grid="none")
    levels = torch.stack(changes).clamp(min=1e-6).log10().numpy()
    image = ax.imshow(levels, aspect="auto", extent=(-60.5, 60.5, len(necks) - 0.5, -0.5), cmap="Blues", vmin=-5)
    ax.set_yticks(range(len(necks)), list(necks), fontsize=12)
    ax.set_xlabel("steps from the one that was disturbed")
    fig.colorbar(image, ax=ax, ticks=[0, -2, -4], format="$10^{%d}$")
    return fig


def _echo_clips(number: int, seed: int, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Touches, of which half are followed by an arrival: features (B, 48, 16); 0 nothing, 1 touch, 2 pass (B, 48)."""
    generator = torch.Generator().manual_seed(seed)
    touch = (torch.rand(number, 48, generator=generator) < 0.08).float()
    touch[:, -DELAY:] = 0
    passed = touch * (torch.rand(number, 48, generator=generator) < 0.5)
    patterns = torch.randn(2, DIM, generator=torch.Generator().manual_seed(99))
    x = torch.stack([touch, passed.roll(DELAY, dims=1)], dim=-1) @ patterns
    return scale * (x + 0.3 * torch.randn(number, 48, DIM, generator=generator)), (touch + passed).long()


def echo() -> plt.Figure:
    """A clip of the toy signal."""
    x, label = _echo_clips(1, seed=54)
    fig, ax = axes_for(None, (10.5, 3.2), grid="none")
    ax.imshow(x[0].T, aspect="auto", cmap="RdBu", vmin=-3, vmax=3)
    marks = {step: ("", "touch", "pass")[kind] for step, kind in enumerate(label[0].tolist()) if kind}
    ax.set_xticks(list(marks), list(marks.values()), rotation=90, fontsize=12)
    ax.set(yticks=[], ylabel="16 numbers a step")
    for step, name in marks.items():
        if name == "pass":
            arrow(ax, (step, -1.2), (step + DELAY, -1.2), colour=ACCENT, shrink=2)
    ax.set_title(" ", fontsize=14)
    return fig


def _told(neck: nn.Module, scale: float = 1.0) -> float:
    """Train neck and head on the toy signal; the share of touches of which the kind is then right."""
    network = nn.Sequential(neck, nn.Linear(DIM, 3))
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for seed in range(120):
        x, label = _echo_clips(16, seed, scale)
        loss = weighted_cross_entropy(network(x), F.one_hot(label, 3).float(), class_weights(2, 5.0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    x, label = _echo_clips(64, 10_000, scale)
    with torch.inference_mode():
        score = network(x)
    return ((1 + (score[..., 2] > score[..., 1])) == label)[label > 0].float().mean().item()


def _shares(values: dict[str, float], size_inches: tuple[float, float]) -> plt.Figure:
    """Bars of the share told apart, with the coin's."""
    fig, ax = axes_for(None, size_inches, grid="x")
    ax.barh(list(values), [100 * value for value in values.values()], color=BLUE, height=0.6)
    for row, value in enumerate(values.values()):
        ax.annotate(f"{value:.0%}", (100 * value, row), (10, 0), textcoords="offset points", va="center", fontsize=13)
    ax.axvline(50, color=ACCENT, linestyle="--")
    ax.annotate("a coin", (50, -0.62), (4, 0), textcoords="offset points", color=ACCENT, fontsize=12)
    ax.tick_params(axis="y", labelsize=12)
    ax.set(xlim=(0, 110), xlabel="passes told from other touches (%)", ylim=(len(values) - 0.5, -0.9))
    return fig


def told() -> plt.Figure:
    """Stacks of growing reach on the toy signal."""
    necks = {
        "no neck": nn.Identity(),
        "slides: 1, 1\nreach 2": SlidesTCN(DIM),
        "plain: 1, 1, 1\nreach 3": _Plain(DIM, (1, 1, 1)),
        "plain: 1, 2, 4\nreach 7": _Plain(DIM, (1, 2, 4)),
    }
    return _shares({name: _told(neck) for name, neck in necks.items()}, (9.5, 3.8))


def depth() -> plt.Figure:
    """What is left of the differences between steps after so many fresh layers."""
    x = _echo_clips(64, 0)[0]
    fig, ax = axes_for(None, (9.5, 3.9), grid="y")
    plain, around = _Plain(DIM, (1,) * 15), nn.Sequential(*(DilatedLayer(DIM, 1) for _ in range(15)))
    with torch.inference_mode():
        spreads = {"with a way around": [x.std(dim=(0, 1)).mean()], "plain": [x.std(dim=(0, 1)).mean()]}
        for name, layers in (("with a way around", list(around)), ("plain", list(plain.layers))):
            y = x
            for layer in layers:
                y = layer(y) if name != "plain" else layer(y.transpose(1, 2)).relu().transpose(1, 2)
                spreads[name].append(y.std(dim=(0, 1)).mean())
    for (name, values), colour, marker in zip(spreads.items(), (ORANGE, BLUE), "so", strict=True):
        ax.semilogy(
            [float(value / values[0]) for value in values], marker=marker, color=colour, linewidth=2, label=name
        )
    ax.set(xlabel="fresh layers", ylabel="spread over the steps, of the input's")
    ax.legend(fontsize=12)
    return fig


def scale() -> plt.Figure:
    """The toy signal a hundredth as large, without and with a normalisation in front, two seeds each."""
    shares = {}
    for seed in (0, 1):
        torch.manual_seed(seed)
        plain = nn.Sequential(*(DilatedLayer(DIM, d) for d in (1, 2, 4)))
        shares[f"dilated, with a way around\nseed {seed}"] = _told(plain, 1 / 100)
    for seed in (0, 1):
        torch.manual_seed(seed)
        shares[f"behind a normalisation\nseed {seed}"] = _told(DilatedTCN(DIM), 1 / 100)
    return _shares(shares, (9.5, 3.8))


def stages() -> plt.Figure:
    """MS-TCN as a neck."""
    fig, ax = canvas(13.8, 3.6, (11, 3.1), aspect="auto")
    box(ax, 0.2, 1.2, 1.5, 1.1, "D → 64", BLUE)
    for number in range(3):
        x = 2.6 + 3.4 * number
        box(ax, x, 1.2, 2.1, 1.1, f"stage {number + 1}\n1, 2, 4, 8", ORANGE)
        arrow(ax, (x - (0.7 if number > 1 else 0.9 if not number else 1.3), 1.75), (x - 0.05, 1.75))
        if number:
            ax.plot([x - 0.55, x - 0.55, x + 2.5], [1.75, 3.1, 3.1], color=MUTED, linewidth=1.6)
            arrow(ax, (x + 2.5, 3.1), (x + 2.5, 2.05), colour=MUTED)
            ax.annotate("+", (x + 2.5, 1.75), ha="center", va="center", fontsize=18)
            ax.plot([x + 2.1, x + 2.33], [1.75, 1.75], color=INK)
    arrow(ax, (12.1, 1.75), (12.6, 1.75))
    ax.annotate("head", (12.7, 1.75), ha="left", va="center", fontsize=13)
    ax.annotate("each later stage adds a correction", (6.8, 0.5), ha="center", fontsize=13, color=MUTED)
    return fig


def published() -> plt.Figure:
    """What the slides' TCN did to two backbones on the real matches."""
    scores = {"EfficientNet-B0": (8.19, 17.46), "X3D-S": (37.31, 34.38)}
    fig, ax = axes_for(None, (9.5, 3.1), grid="x")
    for offset, name, colour in ((-0.19, "linear head", BLUE), (0.19, "slides' TCN", ORANGE)):
        values = [pair[offset > 0] for pair in scores.values()]
        rows = np.arange(len(scores)) + offset
        ax.barh(rows, values, 0.36, color=colour, label=name)
        for row, value in zip(rows, values, strict=True):
            ax.annotate(f"{value:.2f}", (value, row), (5, 0), textcoords="offset points", va="center", fontsize=12)
    ax.set_yticks(range(len(scores)), list(scores), fontsize=12)
    ax.set(xlim=(0, 50), ylim=(1.6, -0.6), xlabel="mAP-12 on real SoccerNet matches")
    ax.legend(loc="upper right", fontsize=12)
    return fig
