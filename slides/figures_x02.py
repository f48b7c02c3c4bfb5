"""The figures of the deck and notebook x02, from toy signals: no data set and no trained network is needed.

One figure shows published numbers, from `course_lib.runs.records`.
"""

import math
from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, GREEN, ORANGE, PINK, arrow, canvas, draw_deck
from matplotlib.patches import Rectangle

from course_lib.models.necks.transformer import sinusoids
from course_lib.runs import published as published_scores
from course_lib.show import ACCENT, GRID, INK, MUTED, SYSTEM_COLOURS, axes_for
from course_lib.spotting import cover

__all__ = ["draw"]

STEPS = 25  # of a toy clip
box = partial(drawing.box, alpha=0.22, rounding=0.08, edgecolor=INK)


CUE, EVENT = 4, 18


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as x02_<name>.png."""
    draw_deck("x02", (ask, reach, steps, scale, bag, waves, map_, repeated, windows, published, square), folder)


def _toy_shares() -> np.ndarray:
    """A made-up map (STEPS, STEPS): rather even, the event's row on the cue and a little on itself."""
    products = np.random.default_rng(3).normal(0, 0.35, (STEPS, STEPS))
    products[EVENT, CUE] = 3.6
    products[EVENT, EVENT] = 1.8
    products[:, EVENT] += 0.6
    shares = np.exp(products)
    return shares / shares.sum(axis=1, keepdims=True)


def ask() -> plt.Figure:
    """A row of steps; the event's step is joined to every other one by a line as wide as its share."""
    fig, ax = canvas(STEPS + 1, 8.2, (11, 3.6))
    shares = _toy_shares()[EVENT]
    for step in range(STEPS):
        colour = {CUE: ORANGE, EVENT: ACCENT}.get(step, GRID)
        ax.add_patch(Rectangle((step + 0.6, 1.0), 0.8, 0.8, facecolor=colour, edgecolor=MUTED, linewidth=0.8))
        if step != EVENT:
            turn = np.linspace(0, math.pi, 60)
            middle, half = (step + EVENT) / 2 + 1, abs(step - EVENT) / 2
            path = (middle + half * np.cos(turn), 1.85 + 0.8 * half * np.sin(turn))
            ax.plot(*path, color=BLUE, linewidth=0.3 + 14 * shares[step], alpha=0.75, solid_capstyle="round")
    ax.annotate("this step asks", (EVENT + 1, 0.75), ha="center", va="top", fontsize=13, color=ACCENT)
    ax.annotate("this one has the answer", (CUE + 1, 0.75), ha="center", va="top", fontsize=13)
    ax.set_ylim(-0.3, 8.2)
    return fig


def reach() -> plt.Figure:
    """Which steps a step can learn from, in seconds, with three necks."""
    fig, ax = axes_for(None, (10, 2.9), grid="x")
    rows = (
        ("linear layer", 0.04, MUTED),
        ("two convolutions of kernel 3", 2 / 12.5, GREEN),
        ("attention, clip of 50 steps", 2.0, BLUE),
    )
    for place, (_, seconds, colour) in enumerate(rows):
        ax.barh(place, 2 * seconds, left=-seconds, height=0.55, color=colour, alpha=0.85)
    ax.axvline(0, color=ACCENT, linewidth=1.5)
    ax.set_yticks(range(len(rows)), [name for name, _, _ in rows], fontsize=13)
    ax.set(ylim=(2.6, -0.6), xlim=(-2.05, 2.05))
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("seconds from the step that asks, in the middle of its clip")
    return fig


def steps() -> plt.Figure:
    """Query, keys, shares, values, answer, as a chain of boxes with numbers."""
    fig, ax = canvas(16, 6.1, (11, 4.2))
    names, products, values = ("out", "throw", "run", "run"), (0.2, 3.0, 1.0, 0.4), (2, 9, 1, 0)
    shares = np.exp(products) / np.exp(products).sum()
    box(ax, 0.2, 2.4, 2.3, 1.3, "query\nof this step", ORANGE)
    for row, (name, product, share, value) in enumerate(zip(names, products, shares, values, strict=True)):
        y = 4.6 - 1.4 * row
        arrow(ax, (2.6, 3.05), (4.0, y + 0.5), colour=MUTED)
        box(ax, 4.1, y, 2.2, 1.0, f"key “{name}”", BLUE)
        ax.annotate(f"{product:.1f}", (7.3, y + 0.5), ha="center", va="center", fontsize=13)
        ax.barh(y + 0.5, 2.2 * share, left=8.7, height=0.6, color=BLUE)
        ax.annotate(f"{share:.2f}", (8.8 + 2.2 * share, y + 0.5), ha="left", va="center", fontsize=12)
        box(ax, 11.7, y, 1.5, 1.0, f"value {value}", GREEN)
        arrow(ax, (13.3, y + 0.5), (14.1, 3.05), colour=MUTED)
    box(ax, 14.2, 2.5, 1.6, 1.1, f"{np.dot(shares, values):.1f}", ORANGE, 15)
    for x, text in ((7.3, "product"), (9.8, "softmax: shares"), (15.0, "answer")):
        ax.annotate(text, (x, 5.85), ha="center", va="bottom", fontsize=12, color=MUTED, annotation_clip=False)
    ax.set_ylim(0.2, 6.3)
    return fig


def scale() -> plt.Figure:
    """Largest share among 50 for random vectors, against their length, divided by the root of d or not."""
    generator, lengths = np.random.default_rng(0), (4, 16, 64, 256, 512)
    fig, ax = axes_for(None, (9, 3.4), grid="y")
    for divided, colour, name in ((False, ORANGE, "as they are"), (True, BLUE, "divided by √d")):
        largest = []
        for d in lengths:
            products = np.einsum("nd,nkd->nk", generator.normal(size=(300, d)), generator.normal(size=(300, 50, d)))
            products = products / math.sqrt(d) if divided else products
            shares = np.exp(products - products.max(axis=1, keepdims=True))
            largest.append((shares / shares.sum(axis=1, keepdims=True)).max(axis=1).mean())
        ax.plot(lengths, largest, marker="o", markersize=8, color=colour, linewidth=2.2)
        ax.annotate(name, (lengths[-1], largest[-1]), (10, 0), textcoords="offset points", va="center", fontsize=13)
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [str(d) for d in lengths], fontsize=12)
    ax.set(ylim=(0, 1.05), xlim=(3.5, 1500))
    ax.set_xlabel("d, the length of query and key")
    ax.set_ylabel("largest of 50 shares")
    return fig


def bag() -> plt.Figure:
    """Steps in two orders, and answers that move with them."""
    answers, order = np.array([0.2, 0.7, 0.35, 0.9, 0.1]), [3, 0, 4, 2, 1]
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 2.9), layout="constrained", sharey=True)
    for ax, places, title in zip(panels, (list(range(5)), order), ("in order", "shuffled"), strict=True):
        axes_for(ax, (5, 3), grid="y")
        ax.bar(range(5), answers[places], 0.7, color=[SYSTEM_COLOURS[place] for place in places])
        ax.set_xticks(range(5), [f"step {place + 1}" for place in places], fontsize=12)
        ax.set_title(title, fontsize=13)
        ax.set_ylim(0, 1)
    panels[0].set_ylabel("what attention answers")
    return fig


def waves() -> plt.Figure:
    """The waves of four columns, and the likeness of positions by distance."""
    table = sinusoids(50, 512).numpy()
    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.3), layout="constrained")
    for ax in (left, right):
        axes_for(ax, (5, 3))
    for column, colour in zip((0, 60, 120, 200), (BLUE, ORANGE, GREEN, PINK), strict=True):
        left.plot(table[:, column], color=colour, linewidth=2)
    left.set_title("four of 512 columns", fontsize=13)
    left.set_xlabel("step")
    for step, colour in zip((10, 25, 40), (BLUE, ORANGE, GREEN), strict=True):
        right.plot(table @ table[step] / 256, color=colour, linewidth=2)
        right.axvline(step, color=colour, linestyle=":", linewidth=1.2)
    right.set_title("likeness with steps 10, 25 and 40", fontsize=13)
    right.set_xlabel("step")
    right.set_ylim(0, 1.05)
    return fig


def map_() -> plt.Figure:
    """A made-up map in which the event's row is dark at the cue."""
    fig, ax = axes_for(None, (6.6, 5.2), grid="none")
    image = ax.imshow(_toy_shares(), cmap="Blues", interpolation="nearest")
    ax.add_patch(Rectangle((-0.5, EVENT - 0.5), STEPS, 1, fill=False, edgecolor=ACCENT, linewidth=2))
    ax.set_xticks([CUE, EVENT], ["cue", "event"], fontsize=13)
    ax.set_yticks([CUE, EVENT], ["cue", "event"], fontsize=13)
    ax.set_xlabel("step that answers", fontsize=13)
    ax.set_ylabel("step that asks", fontsize=13)
    fig.colorbar(image, ax=ax, label="share")
    return fig


def repeated() -> plt.Figure:
    """Vectors of eight steps, their mean, and the mean eight times."""
    fig, ax = canvas(16, 5.6, (11, 3.9))
    vectors = np.random.default_rng(4).random((6, 8)) * 0.4
    vectors[1:4, 5] = 1
    mean = vectors.mean(axis=1, keepdims=True)
    panels = ((vectors, 0.4, 5.6, "one vector a step"), (mean, 7.3, 0.7, "mean"))
    for numbers, left, width, name in (*panels, (np.repeat(mean, 8, axis=1), 9.9, 5.6, "the mean, 8 times")):
        ax.imshow(numbers, extent=(left, left + width, 1.0, 5.0), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        ax.annotate(name, (left + width / 2, 5.15), ha="center", va="bottom", fontsize=13)
    ax.annotate("event", (0.4 + 5.5 * 0.7, 0.85), ha="center", va="top", fontsize=13, color=ACCENT)
    ax.annotate("event?", (12.7, 0.85), ha="center", va="top", fontsize=13, color=ACCENT)
    arrow(ax, (6.2, 3.0), (7.1, 3.0))
    arrow(ax, (8.2, 3.0), (9.6, 3.0))
    ax.set(xlim=(0, 16), ylim=(0.1, 5.8))
    return fig


def windows() -> plt.Figure:
    """Average answer of overlapping windows that only say whether they hold an event."""
    truth, clip_len, num_steps = (98, 240, 265, 283), 50, 400
    fig, ax = axes_for(None, (10.5, 3.3), grid="y")
    for overlap, colour in ((0.0, MUTED), (0.9, BLUE)):
        votes, number = np.zeros(num_steps), np.zeros(num_steps)
        for start in cover(num_steps, clip_len, overlap):
            votes[start : start + clip_len] += any(start <= event < start + clip_len for event in truth)
            number[start : start + clip_len] += 1
        ax.plot(votes / number, color=colour, linewidth=2.2, drawstyle="steps-mid", label=f"overlap {overlap:.0%}")
    for event in truth:
        ax.axvline(event, color=ACCENT, linestyle=":", linewidth=1.8)
    ax.annotate("one alone", (92, 1.06), ha="center", fontsize=13)
    ax.annotate("three that melt together", (262, 1.06), ha="center", fontsize=13)
    ax.set(ylim=(0, 1.2), xlim=(0, num_steps), yticks=[0, 0.5, 1])
    ax.set_xlabel("step (dotted: events; windows of 50 steps)")
    ax.set_ylabel("average answer")
    ax.legend(loc="center right", fontsize=12)
    return fig


def published() -> plt.Figure:
    """Published scores of the systems with X3D-S or a transformer: frequent classes against the two rare ones."""
    scores = published_scores().set_index("system")[["map12", "map10"]].dropna() * 100
    scores = scores.loc[[name for name in scores.index if name.startswith("x3d_s+") or "transformer" in name]]
    rare = (12 * scores["map12"] - 10 * scores["map10"]) / 2
    fig, ax = axes_for(None, (9.5, 4.2))
    for name in scores.index:
        special = "transformer" in name
        ax.scatter(scores["map10"][name], rare[name], s=90, color=ACCENT if special else BLUE, edgecolor=INK, zorder=3)
        if special or name in ("x3d_s+fc", "x3d_s+tpn", "x3d_s+ed"):
            ax.annotate(name, (scores["map10"][name], rare[name]), (9, 5), textcoords="offset points", fontsize=12)
    ax.set_xlabel("mAP-10: ten classes, frequent ones among them")
    ax.set_ylabel("mean of FREE KICK and GOAL")
    ax.margins(x=0.16, y=0.18)
    return fig


def square() -> plt.Figure:
    """Multiplications of a layer against T: linear maps, and all pairs of steps."""
    lengths, width = np.geomspace(20, 20_000, 60), 512
    fig, ax = axes_for(None, (9.5, 3.8))
    ax.plot(lengths, 6 * lengths * width**2 / 1e9, color=GREEN, linewidth=2.5)
    ax.plot(lengths, 2 * lengths**2 * width / 1e9, color=BLUE, linewidth=2.5)
    ax.annotate("linear maps: 6 T D²", (70, 0.5), fontsize=13, color=INK)
    ax.annotate("all pairs: 2 T² D", (170, 0.006), fontsize=13, color=INK)
    for T, name in ((50, "a clip: 50"), (3 * width, "equal at 3 D = 1536")):
        ax.axvline(T, color=ACCENT, linestyle=":", linewidth=1.8)
        ax.annotate(name, (T, 250), (5, 0), textcoords="offset points", fontsize=12, va="top")
    ax.set(xscale="log", yscale="log", ylim=(2e-4, 500))
    ax.set_xlabel("T, steps")
    ax.set_ylabel("billion multiplications")
    return fig
