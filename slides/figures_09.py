"""The figures of the deck and notebook 09, from the quick simulated rallies, toy numbers, and the records.

The scores come from the records in notebooks/results/volleyball-smoke; while these are missing, the two figures that
need them say so.
"""

from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, GREEN, ORANGE, PINK, arrow, canvas, draw_deck
from matplotlib.patches import Circle, Ellipse, Rectangle

from course_lib.data import (
    VOLLEYBALL_6,
    SpottingDataset,
    Video,
    VideoReader,
    class_colours,
    load_dataset,
    places_on_court,
)
from course_lib.files import data_dir
from course_lib.runs import load_chance, load_records
from course_lib.scoring import combine
from course_lib.show import ACCENT, GRID, INK, MUTED, axes_for, plot_court_places, plot_when_and_where

__all__ = ["draw"]

COLOURS = class_colours(VOLLEYBALL_6)
VNL = dict(zip(VOLLEYBALL_6, (1071, 1558, 1393, 1321, 550, 244), strict=True))  # the paper's counts
box = partial(drawing.box, size=13, alpha=0.22, rounding=0.14)


WIDTH_PX, HEIGHT_PX = 398, 224
PUBLISHED_GAINS = {"KOVO": 5.89, "VNL-STES": 9.49}  # points of temporal mAP from the head for places


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 09_<name>.png."""
    alone = (heads, maps, tolerances, ellipse, chains, combined, height, scores, gaps)
    from_data = (rally, counts, lengths, teaches, mirror, moved, court)
    draw_deck("09", alone, folder, dpi=100)
    draw_deck("09", from_data, folder, load_dataset("sim-volleyball"), dpi=100)


def _shown_rally(dataset: SpottingDataset) -> Video:
    """The first training rally with all six kinds of contact."""
    return next(video for video in dataset.train if {event.label for event in video.events} == set(VOLLEYBALL_6))


def _pictures(video: Video) -> list[np.ndarray]:
    with VideoReader(video.path) as reader:
        return list(reader.pictures([event.frame for event in video.events]))


def _show(ax: plt.Axes, picture: np.ndarray, title: str = "") -> None:
    """A picture in fractions of its width and height."""
    ax.imshow(picture, extent=(0, 1, 1, 0), aspect=HEIGHT_PX / WIDTH_PX)
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=13)
    ax.grid(False)


def _mark(ax: plt.Axes, xy: tuple[float, float], marker: str = "o", colour: str = ACCENT, size: float = 22) -> None:
    ax.plot(*xy, marker, markersize=size, fillstyle="none", color=colour, markeredgewidth=3)


def rally(dataset: SpottingDataset) -> plt.Figure:
    """The six contacts of a rally, each with its place."""
    video = _shown_rally(dataset)
    fig, panels = plt.subplots(2, 3, figsize=(11, 4.7), layout="constrained")
    for ax, event, picture in zip(panels.flat, video.events, _pictures(video), strict=True):
        _show(ax, picture, f"{event.label}, {event.frame / video.fps:.2f} s")
        _mark(ax, event.xy, colour=COLOURS[event.label])
    return fig


def counts(dataset: SpottingDataset) -> plt.Figure:
    """Share of each class among the events, ours and the paper's."""
    labels = [event.label for videos in dataset.splits.values() for video in videos for event in video.events]
    fig, ax = axes_for(None, (9.5, 3.6), grid="y")
    for index, (name, numbers, colour) in enumerate(
        (
            ("simulated", {label: labels.count(label) for label in VOLLEYBALL_6}, BLUE),
            ("VNL-STES, the paper's counts", VNL, ORANGE),
        )
    ):
        shares = [100 * numbers[label] / sum(numbers.values()) for label in VOLLEYBALL_6]
        bars = ax.bar(np.arange(6) + 0.4 * (index - 0.5), shares, 0.37, color=colour, label=name)
        ax.bar_label(bars, [str(numbers[label]) for label in VOLLEYBALL_6], padding=2, fontsize=11)
    ax.set_xticks(range(6), VOLLEYBALL_6, fontsize=13)
    ax.set_ylabel("share of the events (%)")
    ax.legend(fontsize=12)
    return fig


def lengths(dataset: SpottingDataset) -> plt.Figure:
    """How long rallies are, beside three lengths of a clip."""
    frames = [video.num_frames for videos in dataset.splits.values() for video in videos]
    fig, ax = axes_for(None, (10, 3.4), grid="y")
    ax.hist(frames, bins=range(0, 940, 20), color=BLUE, alpha=0.8)
    tallest = ax.get_ylim()[1]
    for stop, words, left in ((64, "full: 64", -55), (96, "smoke: 96", 100), (200, "E2E-Spot in football: 200", 260)):
        ax.axvline(stop, color=ACCENT, linewidth=2)
        ax.annotate(words, (left, 0.98 * tallest), va="top", fontsize=12)
    ax.set(xlim=(-60, 940), xlabel="frames of a rally (lines: frames of a clip)")
    ax.set_ylabel("rallies")
    return fig


def teaches(dataset: SpottingDataset) -> plt.Figure:
    """Steps of a rally that teach when, and those that teach where."""
    video = _shown_rally(dataset)
    steps = -(-video.num_frames // 2)
    fig, ax = axes_for(None, (10.5, 2.6), grid="none")
    ax.barh([1] * steps, [0.86] * steps, left=np.arange(steps) - 0.43, height=0.5, color=GRID)
    ax.barh([0] * steps, [0.86] * steps, left=np.arange(steps) - 0.43, height=0.5, color="white", edgecolor=GRID)
    for event in video.events:
        step = event.frame // 2
        for row in (0, 1):
            ax.barh(row, 0.86, left=step - 0.43, height=0.5, color=COLOURS[event.label])
    names = {"block": ("spike, block", "right"), "score": ("score", "left")}
    for event in (event for event in video.events if event.label != "spike"):
        words, side = names.get(event.label, (event.label, "center"))
        ax.annotate(words, (event.frame // 2, 1.35), ha=side, fontsize=11, color=COLOURS[event.label])
    ax.set_yticks([1, 0], ["teaches when", "teaches where"], fontsize=13)
    ax.set(xlim=(-1, steps), ylim=(-0.5, 1.8), xlabel="step (two frames)")
    ax.spines["left"].set_visible(False)
    return fig


def mirror(dataset: SpottingDataset) -> plt.Figure:
    """A contact as filmed, and mirrored: the place must move along."""
    video = _shown_rally(dataset)
    picture, (x, y) = _pictures(video)[0], video.events[0].xy
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 3.3), layout="constrained")
    _show(panels[0], picture, "as filmed")
    _mark(panels[0], (x, y))
    _show(panels[1], picture[:, ::-1], "mirrored: cross forgotten, circle moved along")
    _mark(panels[1], (1 - x, y))
    _mark(panels[1], (x, y), marker="x", size=16)
    return fig


def moved(dataset: SpottingDataset) -> plt.Figure:
    """The same picture, moved to the right by a seventh of its width."""
    video = _shown_rally(dataset)
    picture, (x, y) = _pictures(video)[1], video.events[1].xy
    by = WIDTH_PX // 7
    columns = np.maximum(np.arange(WIDTH_PX) - by, 0)
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 3.3), layout="constrained")
    for ax, image, place, title in (
        (panels[0], picture, x, "as filmed"),
        (panels[1], picture[:, columns], x + by / WIDTH_PX, "moved by 16 of 112 pixels"),
    ):
        _show(ax, image, title)
        _mark(ax, (place, y))
    return fig


def court(dataset: SpottingDataset) -> plt.Figure:
    """Where on the court each kind of contact happens, over all rallies."""
    parts: dict[str, list[np.ndarray]] = {label: [] for label in VOLLEYBALL_6}
    for video in (video for videos in dataset.splits.values() for video in videos):
        with np.load(data_dir() / dataset.name / "tracks" / f"{video.id}.npz") as arrays:
            cameras = arrays["camera"]
        for label, places in places_on_court(video.events, cameras, (WIDTH_PX, HEIGHT_PX)).items():
            parts[label].append(places)
    fig, _ = plot_court_places({label: np.concatenate(places) for label, places in parts.items()}, VOLLEYBALL_6)
    return fig


def heads() -> plt.Figure:
    """Backbone, neck and class head; the head for places beside them."""
    fig, ax = canvas(17, 4.6, (11, 3.1))
    box(ax, 0.1, 1.7, 2.3, 1.1, "T pictures", MUTED)
    box(ax, 3.3, 1.7, 2.6, 1.1, "backbone", BLUE)
    box(ax, 7.2, 3.0, 2.4, 1.1, "neck", GREEN)
    box(ax, 10.5, 3.0, 2.4, 1.1, "linear", ORANGE)
    box(ax, 7.2, 0.4, 5.7, 1.1, "D → 3D → D → 2, sigmoid", PINK)
    for start, stop in (
        ((2.4, 2.25), (3.3, 2.25)), ((5.9, 2.25), (7.2, 3.55)), ((5.9, 2.25), (7.2, 0.95)),
        ((9.6, 3.55), (10.5, 3.55)), ((12.9, 3.55), (13.6, 3.55)), ((12.9, 0.95), (13.6, 0.95)),
    ):  # fmt: skip
        arrow(ax, start, stop)
    ax.annotate("when, what\nT · (K + 1)", (13.8, 3.55), va="center", fontsize=13)
    ax.annotate("where\nT · 2", (13.8, 0.95), va="center", fontsize=13)
    return fig


def maps() -> plt.Figure:
    """Scores of the cells of three sizes, their sum, the shares, and the mean of the shares. A drawing, no network."""
    ball = np.array([0.66, 0.4])  # x, y
    rng, sizes = np.random.default_rng(1), ((28, 16), (14, 8), (7, 4))  # columns, rows
    total, grids = np.zeros((16, 28)), []
    for (columns, rows), strength, spread in zip(sizes, (2.5, 2.5, 4.0), (0.05, 0.11, 0.2), strict=True):
        x, y = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
        near = np.exp(-(((x - ball[0]) / spread) ** 2 + ((y - ball[1]) / (1.8 * spread)) ** 2) / 2)
        grids.append(strength * near + rng.normal(0, 0.7, (rows, columns)))
        total += np.kron(grids[-1], np.ones((16 // rows, 28 // columns)))
    shares = np.exp(total) / np.exp(total).sum()
    x, y = np.meshgrid((np.arange(28) + 0.5) / 28, (np.arange(16) + 0.5) / 16)
    fig, panels = plt.subplots(1, 5, figsize=(13, 2.3), layout="constrained")
    titles = ("scores, a quarter", "an eighth", "a sixteenth", "added", "shares and their mean")
    for ax, grid, title in zip(panels, (*grids, total, shares), titles, strict=True):
        ax.imshow(grid, cmap="Blues", extent=(0, 1, 1, 0), aspect=HEIGHT_PX / WIDTH_PX)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=13)
    panels[-1].plot((shares * x).sum(), (shares * y).sum(), "x", color=ACCENT, markersize=14, markeredgewidth=3.5)
    return fig


def tolerances() -> plt.Figure:
    """The tolerances of the frame mAP, in steps of one and of two frames, beside the half second of football."""
    fig, ax = axes_for(None, (10, 3.2), grid="x")
    rows = [("football: mAP@1", 12.5, MUTED)] + [(f"± {steps} steps", steps, BLUE) for steps in (4, 2, 1, 0)]
    for row, (name, steps, colour) in enumerate(rows):
        if steps == 12.5:
            ax.barh(row, 1.0, left=-0.5, height=0.55, color=colour, alpha=0.5)
        else:
            for frames, alpha in ((2, 0.3), (1, 0.9)):
                half = (steps + 0.5) * frames / 25
                ax.barh(row, 2 * half, left=-half, height=0.55, color=colour, alpha=alpha)
        ax.annotate(name, (-0.53, row), ha="right", va="center", fontsize=13)
    ax.set(xlim=(-0.85, 0.55), ylim=(4.6, -0.6), yticks=[])
    ax.set_xlabel("seconds from the label (dark: a step is one frame, light: two)")
    ax.spines["left"].set_visible(False)
    return fig


def ellipse() -> plt.Figure:
    """What passes as within two pixels, in true pixels of a picture 398 wide."""
    fig, ax = axes_for(None, (8, 4.6), grid="both")
    across = 3 * WIDTH_PX / 224
    ax.add_patch(Ellipse((0, 0), 2 * across, 6, color=ORANGE, alpha=0.5, label="official, int() and 224 · 224"))
    ax.add_patch(Circle((0, 0), 2, color=BLUE, alpha=0.75, label="two true pixels"))
    ax.plot([5], [0], "x", color=INK, markersize=11, markeredgewidth=3)
    ax.annotate("5 px: passes", (5, 0.4), ha="center", fontsize=12)
    ax.set(xlim=(-8, 8), ylim=(4.4, -4.4), aspect="equal", xlabel="true pixels across")
    ax.set_ylabel("true pixels down")
    ax.legend(loc="lower left", fontsize=12)
    return fig


def chains() -> plt.Figure:
    """A chain that rises leaves one spot, one that falls leaves several."""
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 3.2), layout="constrained", sharey=True)
    frames = np.arange(0, 15, 3)
    for ax, values, kept, title in (
        (panels[0], (0.3, 0.45, 0.6, 0.75, 0.9), {12}, "rises: one spot is left"),
        (panels[1], (0.9, 0.75, 0.6, 0.45, 0.3), {0, 6, 12}, "falls: three are left"),
    ):
        axes_for(ax, (5, 3), grid="y")
        for frame, value in zip(frames.tolist(), values, strict=True):
            colour = GREEN if frame in kept else GRID
            ax.plot([frame] * 2, [0, value], color=colour, linewidth=7, solid_capstyle="butt")
        ax.set_title(title, fontsize=13)
        ax.set(ylim=(0, 1), xticks=frames, xlabel="frame (reach: 3)")
    panels[0].set_ylabel("score")
    return fig


def combined() -> plt.Figure:
    """The harmonic mean of when and where, for three temporal scores."""
    fig, ax = axes_for(None, (9, 3.8), grid="both")
    spatial = np.linspace(0, 100, 101)
    for temporal, colour in ((90, GREEN), (60, BLUE), (30, ORANGE)):
        ax.plot(spatial, combine(temporal, spatial), color=colour, linewidth=2.5, label=f"temporal {temporal}")
    ax.plot(spatial, 2 * spatial, color=MUTED, linestyle=":", label="twice the spatial one")
    ax.set(xlim=(0, 100), ylim=(0, 100), xlabel="spatial (mSAP)")
    ax.set_ylabel("combined")
    ax.legend(fontsize=12, loc="upper left")
    return fig


def height() -> plt.Figure:
    """A ray from the camera meets 2.8 m and 3.1 m in different places."""
    fig, ax = axes_for(None, (10.5, 3.4), grid="none")
    camera, slope = np.array([-24.0, 9.0]), -0.27
    far = 6.0
    ax.plot([camera[0], far], [camera[1], camera[1] + slope * (far - camera[0])], color=INK, linewidth=1.5)
    ax.plot(*camera, "s", color=INK, markersize=12)
    ax.annotate("camera", camera + (0.8, 0.2), fontsize=13)
    for level, colour, words in ((3.1, BLUE, "assumed: 3.1 m"), (2.6, ORANGE, "in truth: 2.6 m")):
        y = camera[0] + (level - camera[1]) / slope
        ax.plot([y, y], [0, level], color=colour, linestyle=":", linewidth=2)
        ax.plot(y, level, "o", color=colour, markersize=11, zorder=3)
        ax.annotate(words, (y + 0.5, level + (0.35 if colour == BLUE else -1.9)), fontsize=12, color=colour)
    ax.add_patch(Rectangle((-4.5, -0.25), 9, 0.25, color=GREEN, alpha=0.4))
    ax.annotate("court", (0, -0.35), ha="center", va="top", fontsize=12)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.set(xlim=(-26, 9), ylim=(-1.4, 10), yticks=[], xticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)
    return fig


def scores() -> plt.Figure:
    """Temporal, spatial and combined scores of the recorded systems."""
    records = load_records(profile="smoke", task="volleyball")
    return plot_when_and_where(records, chance=load_chance(profile="smoke", task="volleyball"))[0]


def gaps() -> plt.Figure:
    """What the head for places brought in time, pair by pair of trainings, beside what was published."""
    records = load_records(profile="smoke", task="volleyball")
    records = records.assign(system=records["system"].str.removesuffix("+xy"))
    wide = 100 * records.pivot(index=["system", "seed"], columns="places", values="mtap").dropna()
    table = (wide[True] - wide[False]).unstack()
    fig, ax = axes_for(None, (10, 1.9 + 0.6 * len(table)), grid="x")
    for row, (_, values) in enumerate(table.iterrows()):
        ax.plot(values, [row] * len(values), "o", color=BLUE, markersize=11, alpha=0.8)
        ax.plot([values.mean()] * 2, [row - 0.3, row + 0.3], color=INK, linewidth=3)
    ax.axvline(0, color=INK, linewidth=1.5)
    for name, gain in PUBLISHED_GAINS.items():
        ax.axvline(gain, color=ACCENT, linestyle="--", linewidth=2)
        ax.annotate(f"{name} {gain:+.2f}", (gain - 0.1, -0.6), ha="right", fontsize=12, color=ACCENT)
    ax.set_yticks(range(len(table)), table.index, fontsize=12)
    ax.set(
        ylim=(len(table) - 0.5, -0.85), xlabel="mTAP with places minus without (points): a dot a seed, a bar the mean"
    )
    return fig
