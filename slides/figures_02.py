"""The figures of the deck and notebook 02, from toy pictures and toy labels: no data set and no network is needed.

The scores of the baselines come from the records in notebooks/results/smoke.
"""

from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from drawing import BLUE, GREEN, ORANGE, arrow, box, canvas, draw_deck, recorded_ap
from matplotlib.patches import Rectangle

from course_lib.data import BALL_12, Event
from course_lib.models import class_weights, dilated_targets, gaussian_targets, weighted_cross_entropy
from course_lib.runs import load_chance, load_records
from course_lib.show import ACCENT, GRID, INK, MUTED, SYSTEM_COLOURS, axes_for, plot_targets, system_colours
from course_lib.spotting import cover
from course_lib.training import ClipAugmentation, warmup_cosine

__all__ = ["draw"]

SYSTEMS = ("regnety_002+fc", "tiny3d+fc")
HEIGHT, WIDTH = 36, 64  # of a toy picture
SHIRT, RIVAL = (200, 40, 40), (40, 70, 190)


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 02_<name>.png."""
    figures = (
        pipeline, ambiguous, shuffled, windows, targets, background, loss, augmentation, schedule, ranks, baselines,
        seeds, luck,
    )  # fmt: skip
    draw_deck("02", figures, folder)


def _picture(ball: tuple[float, float], player: tuple[float, float], rival: tuple[float, float]) -> np.ndarray:
    """A toy frame, uint8 (HEIGHT, WIDTH, 3): stripes of lawn, a line, two players, a ball; places as (x, y)."""
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    picture = np.where(((x // 12) % 2 == 0)[..., None], (62, 120, 52), (56, 110, 47)).astype(np.uint8)
    picture[:, 50] = 215
    for place, shirt in ((rival, RIVAL), (player, SHIRT)):
        left, top = round(place[0]), round(place[1])
        picture[top : top + 4, left : left + 4] = shirt
        picture[top + 4 : top + 7, left : left + 4] = (245, 245, 245)
        picture[top - 3 : top, left + 1 : left + 3] = (225, 180, 150)
    left, top = round(ball[0]), round(ball[1])
    picture[top : top + 2, left : left + 2] = 255
    return picture


def _clip(kind: str) -> list[np.ndarray]:
    """Five toy frames around an event; the third is the same for "PASS" and "DRIVE"."""
    frames = []
    for t in range(-2, 3):
        player = (24 + 0.5 * t, 15) if kind == "PASS" else (24 + 4 * max(t, 0), 15)
        before = (29 - 8 * t, 21 - 2 * t) if kind == "DRIVE" else (29 + 0.5 * t, 21)
        after = (29 + 11 * t, 21 - t) if kind == "PASS" else (29 + 4 * t, 21)
        frames.append(_picture(after if t > 0 else before, player, (40, 8 - t)))
    return frames


def _show(ax: plt.Axes, picture: np.ndarray, left: float, bottom: float, width: float) -> float:
    """Draw a picture with its lower left corner there; returns its height in the axes' units."""
    height = width * HEIGHT / WIDTH
    ax.imshow(picture, extent=(left, left + width, bottom, bottom + height), interpolation="nearest", zorder=2)
    return height


def pipeline() -> plt.Figure:
    """Each frame by itself through the backbone and the linear layer."""
    fig, ax = canvas(15, 6.0, (11, 4.4))
    generator = np.random.default_rng(2)
    for row, picture in enumerate(_clip("PASS")[1:4]):
        y = 4.1 - 1.95 * row
        _show(ax, picture, 0.1, y, 2.9)
        box(ax, 4.1, y + 0.2, 2.9, 1.2, "RegNet-Y\n2,793,996 weights", BLUE)
        numbers = generator.random(24)[None]
        ax.imshow(numbers, extent=(8.1, 10.3, y + 0.62, y + 0.98), cmap="Blues", aspect="auto", zorder=2)
        ax.annotate("368 numbers", (9.2, y + 0.52), ha="center", va="top", fontsize=11)
        box(ax, 11.2, y + 0.3, 1.4, 1.0, "linear", ORANGE)
        scores = np.r_[0.8, generator.random(12) * 0.25]
        if row == 1:
            scores[:3] = 0.25, 0.85, 0.6
        places = 13.5 + 0.1 * np.arange(13)
        ax.bar(places, 1.2 * scores, 0.08, bottom=y + 0.25, color=[MUTED] + [BLUE] * 12)
        for start, stop in ((3.1, 4.0), (7.1, 8.0), (10.4, 11.1), (12.7, 13.4)):
            arrow(ax, (start, y + 0.8), (stop, y + 0.8))
    ax.annotate("13 scores", (14.1, 6.0), ha="center", va="top", fontsize=11)
    ax.annotate("the same weights for every frame, and nothing between the rows", (7.5, -0.02), ha="center",
                va="bottom", fontsize=11, color=ACCENT, annotation_clip=False)  # fmt: skip
    ax.set_ylim(-0.35, 6.05)
    return fig


def ambiguous() -> plt.Figure:
    """A PASS and a DRIVE that share their event frame."""
    fig, ax = canvas(15.4, 4.4, (11, 3.3))
    for row, kind in enumerate(("PASS", "DRIVE")):
        for column, picture in enumerate(_clip(kind)):
            left, bottom = 1.2 + 2.85 * column, 2.5 - 2.0 * row
            height = _show(ax, picture, left, bottom, 2.7)
            if column == 2:
                frame = Rectangle((left, bottom), 2.7, height, fill=False, edgecolor=ACCENT, linewidth=4, zorder=3)
                ax.add_patch(frame)
        ax.annotate(kind, (1.05, 3.25 - 2.0 * row), ha="right", va="center", fontsize=13, fontweight="bold")
    for column, text in enumerate(("−2", "−1", "event frame", "+1", "+2")):
        ax.annotate(text, (2.55 + 2.85 * column, 0.4), ha="center", va="top", fontsize=12,
                    color=ACCENT if column == 2 else INK)  # fmt: skip
    return fig


def shuffled() -> plt.Figure:
    """Frames in two orders, and the scores that move with them."""
    scores, order = np.array([0.08, 0.15, 0.8, 0.35, 0.1]), [3, 0, 4, 2, 1]
    colours = SYSTEM_COLOURS[:5]
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 3.0), layout="constrained", sharey=True)
    for ax, places, title in zip(
        panels, (range(5), order), ("frames in order", "the same frames, shuffled"), strict=True
    ):
        axes_for(ax, (5, 3), grid="y")
        places = list(places)
        ax.bar(range(5), scores[places], 0.7, color=[colours[place] for place in places])
        ax.set_xticks(range(5), [f"frame {place + 1}" for place in places], fontsize=12)
        ax.set_title(title, fontsize=13)
        ax.set_ylim(0, 1)
    panels[0].set_ylabel("score for PASS")
    return fig


def windows() -> plt.Figure:
    """A match of 100 steps cut in three ways into clips of 32."""
    fig, ax = axes_for(None, (10, 4.1), grid="none")
    draw_starts = np.random.default_rng(27).integers(-8, 77, 5).tolist()
    kinds = [("no overlap", cover(100, 32)), ("half overlap", cover(100, 32, 0.5)), ("random", draw_starts)]
    top, ticks = 0.0, []
    for (name, starts), colour in zip(kinds, (BLUE, GREEN, ORANGE), strict=True):
        ticks.append((top + 0.28 * (len(starts) - 1) / 2, f"{name}\n{len(starts)} clips"))
        for start in starts:
            ax.barh(top, 32, left=start, height=0.22, color=colour, alpha=0.85)
            ax.annotate(
                str(start), (start, top), (4, 0), textcoords="offset points", va="center", fontsize=9, color="white"
            )
            top += 0.28
        top += 0.3
    ax.axvspan(0, 100, color=GRID, alpha=0.45, zorder=0)
    ax.annotate("the match: steps 0 to 99", (50, -0.33), ha="center", fontsize=12)
    ax.set_yticks([place for place, _ in ticks], [text for _, text in ticks], fontsize=12)
    ax.set_ylim(top - 0.2, -0.5)
    ax.set_xlim(-10, 110)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("step")
    return fig


def targets() -> plt.Figure:
    """Three kinds of targets of three events."""
    events = [Event("PASS", 10), Event("DRIVE", 16), Event("SHOT", 44)]
    kinds = {f"dilated by {r}" if r else "hard": dilated_targets(events, BALL_12, 30, 2, r) for r in (0, 1, 2)}
    kinds["gaussian"] = gaussian_targets(events, BALL_12, 30, 2, 1.0)
    fig, ax = plt.subplots(figsize=(10, 4.6), layout="constrained")
    plot_targets(kinds, BALL_12, ax=ax)
    return fig


def background() -> plt.Figure:
    """How much of the loss background has in the real matches, by dilation and weight of an event step."""
    share_hard = 1 - 1 / 42  # real ball actions: an event in 84 frames, a step is two frames
    fig, ax = axes_for(None, (9.5, 3.5), grid="x")
    row, names = 0, []
    for radius in (0, 2):
        share = 1 - (2 * radius + 1) * (1 - share_hard)
        for weight in (1, 5):
            felt = share / (share + weight * (1 - share))
            ax.barh(row, 100 * felt, height=0.62, color=GRID)
            ax.barh(row, 100 * (1 - felt), left=100 * felt, height=0.62, color=BLUE)
            ax.annotate(f"{100 * felt:.0f} %", (50 * felt, row), ha="center", va="center", fontsize=13)
            names.append(f"{f'dilated by {radius}' if radius else 'hard'}, weight {weight}")
            row += 1
        row += 0.4
    ax.set_yticks([0, 1, 2.4, 3.4], names, fontsize=12)
    ax.set_ylim(3.9, -0.5)
    ax.set_xlim(0, 100)
    ax.set_xlabel("share of the loss: background (grey), events (blue), in real matches (%)")
    return fig


def loss() -> plt.Figure:
    """Two spotters on twenty steps with one event, under two weights."""
    labels = torch.tensor([0] * 19 + [2])
    answers = {
        "always “nothing”": torch.tensor([[0.96, 0.02, 0.02]] * 20),
        "looks, and raises alarms": torch.tensor([[0.70, 0.15, 0.15]] * 19 + [[0.30, 0.10, 0.60]]),
    }
    fig, ax = axes_for(None, (9, 3.4), grid="y")
    for index, (name, answer) in enumerate(answers.items()):
        values = [
            weighted_cross_entropy(answer.log()[None], torch.eye(3)[labels][None], class_weights(2, weight)).item()
            for weight in (1.0, 5.0)
        ]
        bars = ax.bar(np.arange(2) + 0.37 * (index - 0.5), values, 0.34, color=(MUTED, BLUE)[index], label=name)
        ax.bar_label(bars, [f"{value:.2f}" for value in values], padding=3, fontsize=12)
    ax.set_xticks(range(2), ["an event weighs 1", "an event weighs 5"], fontsize=13)
    ax.set_ylim(0, 1.0)
    ax.set_ylabel("loss (lower is better)")
    ax.legend(fontsize=12, loc="upper left")
    return fig


def augmentation() -> plt.Figure:
    """A toy clip and two changed versions of it, made by the library."""
    clip = torch.from_numpy(np.stack(_clip("PASS")[1:5])).permute(0, 3, 1, 2)  # (4, 3, H, W)
    augment, generator = ClipAugmentation(probability=0.6), torch.Generator().manual_seed(5)
    changed = (augment(clip.expand(2, *clip.shape).contiguous(), generator) * 255).to(torch.uint8)
    fig, ax = canvas(14.2, 5.4, (10.5, 4.1))
    for row, (name, frames) in enumerate(zip(("as filmed", "changed", "changed"), (clip, *changed), strict=True)):
        for column, frame in enumerate(frames.permute(0, 2, 3, 1).numpy()):
            _show(ax, frame, 2.2 + 3.0 * column, 3.7 - 1.75 * row, 2.85)
        ax.annotate(name, (2.05, 4.5 - 1.75 * row), ha="right", va="center", fontsize=13)
    return fig


def schedule() -> plt.Figure:
    """The learning rate of a run of 8 epochs with half an epoch of warm-up."""
    factor = warmup_cosine(50, 800)
    steps = np.arange(801)
    fig, ax = axes_for(None, (8.5, 3.0))
    ax.plot(steps / 100, [factor(step) for step in steps], color=BLUE, linewidth=2.5)
    ax.set_xlabel("epoch")
    ax.set_ylabel("share of the learning rate")
    ax.annotate("climb: first steps stay small", (0.6, 0.25), fontsize=12, va="center")
    ax.annotate("descent: the run settles", (4.4, 0.62), fontsize=12, va="center")
    ax.set_ylim(0, 1.08)
    return fig


def ranks() -> plt.Figure:
    """Share of pairs ranked right: a coin, a fair answer, a good one."""
    generator = np.random.default_rng(1)
    fig, panels = plt.subplots(1, 3, figsize=(10.5, 3.0), layout="constrained", sharey=True)
    for ax, shift in zip(panels, (0.0, 1.0, 2.6), strict=True):
        axes_for(ax, (3.5, 3), grid="none")
        others, mine = generator.normal(0, 1, 4000), generator.normal(shift, 1, 4000)
        right = np.mean(mine[:, None] > others[None, :1000])
        edges = np.linspace(-4, 6, 41)
        ax.hist(others, edges, color=MUTED, alpha=0.5, label="steps without it")
        ax.hist(mine, edges, color=BLUE, alpha=0.6, label="steps with the event")
        ax.set_title(f"{right:.2f}", fontsize=16, loc="center")
        ax.set(xticks=[], yticks=[])
        ax.set_xlabel("score")
    panels[2].legend(fontsize=10, loc="upper right", bbox_to_anchor=(1.02, 1.02))
    for ax in panels:
        ax.set_ylim(0, 620)
    return fig


def baselines() -> plt.Figure:
    """AP of each class, mean and range over seeds, from the records."""
    return recorded_ap(SYSTEMS, (10, 6.2))


def seeds() -> plt.Figure:
    """mAP of every recorded training, a dot a seed."""
    records = load_records(profile="smoke")
    chance, colours = load_chance(profile="smoke"), system_colours(SYSTEMS)
    fig, ax = axes_for(None, (9.5, 3.4), grid="x")
    names = []
    for row, (name, key) in enumerate((("mAP-12", "map12"), ("mAP-10", "map10"))):
        for index, system in enumerate(SYSTEMS):
            place = row * (len(SYSTEMS) + 0.8) + index
            values = 100 * records.loc[records["system"] == system, key]
            ax.scatter(values, [place] * len(values), s=110, color=colours[system], edgecolor=INK, zorder=3)
            ax.plot([100 * chance[key]] * 2, [place - 0.4, place + 0.4], color=INK, linewidth=2.2)
            names.append((place, f"{system}, {name}"))
    ax.set_yticks([place for place, _ in names], [text for _, text in names], fontsize=12)
    ax.set_ylim(names[-1][0] + 0.6, -0.6)
    ax.set_xlim(left=0)
    ax.margins(x=0.08)
    ax.set_xlabel("mAP@1 on the simulated test matches (%); line: chance; a dot a seed")
    return fig


def luck() -> plt.Figure:
    """The twenty orders of three runs of one system and three of another."""
    fig, ax = canvas(20.6, 5.0, (10.5, 2.9))
    for index, mine in enumerate(combinations(range(6), 3)):
        column, row = index % 10, index // 10
        left, y = 0.4 + 2.02 * column, 3.7 - 2.3 * row
        apart = mine in ((0, 1, 2), (3, 4, 5))
        if apart:
            ax.add_patch(Rectangle((left - 0.2, y - 0.55), 1.9, 1.1, fill=False, edgecolor=ACCENT, linewidth=3))
        for place in range(6):
            colour = BLUE if place in mine else ORANGE
            ax.scatter(left + 0.3 * place, y, s=42, color=colour, zorder=3)
    words = "each group: six runs, worst to best; blue: one system, yellow: the other"
    ax.annotate(words, (0.3, 0.25), fontsize=12, color=MUTED)
    return fig
