"""The figures of the deck and notebook x08, from published numbers and by hand: no data set is needed."""

from functools import partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import numpy as np
from drawing import BLUE, GREEN, ORANGE, arrow, canvas, draw_deck
from matplotlib.patches import Rectangle

from course_lib.data import BALL_12, BALL_EVENTS, BALL_FRAMES, OFFICIAL_SPLITS
from course_lib.show import ACCENT, GRID, INK, MUTED, axes_for, plot_class_counts

__all__ = ["draw"]

SPLIT_COLOURS = {"train": BLUE, "val": ORANGE, "test": GREEN, "challenge": MUTED}
TEST_FRAMES = 298_653  # of both test matches
LISTED_GB = {"train": 8.455, "val": 2.042}  # archives, from a public listing
box = partial(drawing.box, alpha=0.22, rounding=0.1, edgecolor=INK)


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as x08_<name>.png."""
    draw_deck("x08", (road, secrets, resume, climb, links, counts, rare, splits, leak, early, disk, shares), folder)


def road() -> plt.Figure:
    """Seven stations in a row; below each, what it turns away."""
    stations = {
        "agree": "no token,\nno password",
        "fetch": "half a file,\na wrong bit",
        "unpack": "names that\nclimb out",
        "check": "unknown labels,\nwrong rate",
        "count": "another\nedition",
        "train": "a match in\ntwo splits",
        "submit": "a label the\nserver skips",
    }
    fig, ax = canvas(21.4, 4.6, (12, 2.7))
    for index, (name, refused) in enumerate(stations.items()):
        x = 0.3 + 3 * index
        box(ax, x, 2.7, 2.3, 1.4, name, BLUE, 14)
        if index < len(stations) - 1:
            arrow(ax, (x + 2.3, 3.4), (x + 3, 3.4))
        arrow(ax, (x + 1.15, 2.7), (x + 1.15, 1.9), colour=MUTED)
        ax.annotate(refused, (x + 1.15, 1.75), ha="center", va="top", fontsize=11, color=MUTED)
    return fig


def secrets() -> plt.Figure:
    """The environment reaches the command; history, process list and notebook stay without."""
    fig, ax = canvas(20, 6, (11, 3.3))
    box(ax, 0.5, 3.4, 5.5, 1.9, "environment\nHF_TOKEN\nSOCCERNET_PASSWORD", GREEN, 12)
    box(ax, 13.5, 3.4, 5.5, 1.9, "the command,\nwhile it runs", BLUE, 13)
    arrow(ax, (6.1, 4.35), (13.4, 4.35))
    for index, name in enumerate(("shell history", "process list", "notebook output", "message, file")):
        x = 0.5 + 4.8 * index
        box(ax, x, 0.5, 4.2, 1.2, name, MUTED, 12)
        ax.plot([x + 0.2, x + 4.0], [0.65, 1.55], color=ACCENT, linewidth=2)
    return fig


def resume() -> plt.Figure:
    """Three requests for one file, each from the byte after the last one that came."""
    fig, ax = axes_for(None, (11, 3.2), grid="x")
    for row, (start, stop, word) in enumerate(
        ((0, 3.1, "from 0"), (3.1, 5.6, "Range: from 3.1 GB"), (5.6, 8.45, "Range: from 5.6 GB"))
    ):
        ax.barh(row, stop - start, left=start, color=BLUE, height=0.55)
        ax.annotate(word, (start + 0.1, row), va="center", color="white", fontsize=11)
        if row < 2:
            ax.annotate("connection lost", (stop + 0.1, row), va="center", color=ACCENT, fontsize=11)
        else:
            ax.annotate("checksum", (stop + 0.1, row), va="center", color=GREEN, fontsize=11)
    ax.set(xlim=(0, 10), ylim=(2.6, -0.6), xlabel="GB of train.zip", yticks=range(3))
    ax.set_yticklabels(["first call", "again", "again"])
    return fig


def climb() -> plt.Figure:
    """A folder as a box, a plain name inside it and three that lead out."""
    fig, ax = canvas(20, 7, (11, 3.9))
    box(ax, 1, 1.2, 10.5, 4.6, "", BLUE)
    ax.annotate("where matches go", (1.4, 5.2), fontsize=12, color=MUTED)
    ax.annotate("england_efl/2019-2020/…/224p.mp4", (6.25, 3.4), ha="center", fontsize=12, color=GREEN)
    for y, name in ((5.0, "../../.bashrc"), (3.4, "/etc/passwd"), (1.8, "a link to anywhere")):
        arrow(ax, (9.6, 2.6), (13.1, y), colour=ACCENT)
        ax.annotate(name, (13.4, y), va="center", fontsize=13, color=ACCENT)
    return fig


def links() -> plt.Figure:
    """Two names for one file: the download's and the course's."""
    fig, ax = canvas(20, 5.4, (11, 3))
    box(ax, 0.5, 3.4, 8.3, 1.5, "downloads/…/valid/…/Middlesbrough …", MUTED, 12)
    box(ax, 0.5, 0.6, 8.3, 1.5, "soccernet-ball/…/Middlesbrough …", BLUE, 12)
    box(ax, 13.4, 2.0, 5.6, 1.5, "one file on disk", GREEN, 13)
    arrow(ax, (8.9, 4.15), (13.3, 2.95))
    arrow(ax, (8.9, 1.35), (13.3, 2.55))
    return fig


def counts() -> plt.Figure:
    """Published numbers of labels, by class and split, on a logarithmic axis."""
    return plot_class_counts(BALL_EVENTS, BALL_12, log_scale=True)[0]


def rare() -> plt.Figure:
    """Test labels of the five rarest classes, and what one of them is worth."""
    rarest = sorted(BALL_12, key=lambda label: BALL_EVENTS["test"][label])[:5]
    numbers = [BALL_EVENTS["test"][label] for label in rarest]
    fig, ax = axes_for(None, (10, 3.4), grid="x")
    bars = ax.barh(rarest, numbers, color=BLUE, height=0.6)
    words = [f"{number}: one is worth about {100 / number / 12:.1f} points of mAP-12" for number in numbers]
    ax.bar_label(bars, words, padding=5, fontsize=11)
    ax.set(xlabel="labels in the two test matches", xlim=(0, 110))
    ax.invert_yaxis()
    return fig


def splits() -> plt.Figure:
    """Nine matches as bars, one colour a split."""
    fig, ax = axes_for(None, (11, 4.2), grid="x")
    row = 0
    for split, matches in OFFICIAL_SPLITS.items():
        for match in matches:
            minutes = BALL_FRAMES.get(match, TEST_FRAMES / 2) / 25 / 60
            label = split if match == matches[0] else None
            filled = split != "challenge"  # lengths of the others are known
            look = {"color": SPLIT_COLOURS[split]} if filled else {"facecolor": "none", "edgecolor": MUTED}
            ax.barh(row, minutes, height=0.7, label=label, linestyle="-" if filled else ":", **look)
            name = match.split(" - ", 1)[1]
            ax.annotate(name, (2, row), va="center", color="white" if filled else INK, fontsize=10)
            row += 1
    ax.set(xlabel="minutes (test: mean of the two; challenge: not published)", yticks=[], xlim=(0, 128))
    ax.invert_yaxis()
    ax.legend(loc="center right", fontsize=11)
    return fig


def leak() -> plt.Figure:
    """Windows dealt out at random: a test window between training windows that show nearly the same."""
    fig, ax = axes_for(None, (11, 3.6), grid="x")
    test = np.isin(np.arange(14), (2, 6, 11))
    for row, is_test in enumerate(test):
        ax.add_patch(Rectangle((0.4 * row, row), 4, 0.72, facecolor=ORANGE if is_test else BLUE, alpha=0.85))
    for name, colour in (("training", BLUE), ("test", ORANGE)):
        ax.add_patch(Rectangle((-9, -9), 1, 1, facecolor=colour, alpha=0.85, label=name))
    ax.set(xlim=(0, 11), ylim=(14, -0.3), xlabel="seconds of the match", yticks=[])
    ax.legend(loc="upper right", fontsize=12)
    return fig


def early() -> plt.Figure:
    """Which exact positions the evaluator cuts a frame early, over the first three seconds."""
    fig, ax = axes_for(None, (11, 2.8), grid="none")
    frames = np.arange(100)
    cut = np.array([int(25 * (40 * int(frame) / 1000)) for frame in frames])
    colours = [ACCENT if moved else GRID for moved in cut != frames]
    ax.bar(frames, 1, width=0.8, color=colours)
    ax.annotate("29", (29, 1.04), ha="center", fontsize=11, color=ACCENT)
    ax.annotate("57, 58", (57.5, 1.04), ha="center", fontsize=11, color=ACCENT)
    ax.set(xlabel="frame at 25 fps; marked: int(25 * (ms / 1000)) gives the one before", yticks=[], ylim=(0, 1.25))
    return fig


def disk() -> plt.Figure:
    """Archives, unpacked matches and the stores, in GB."""
    per_match = sum(LISTED_GB.values()) / 5
    rows = {
        "archives, listed (train, val)": (sum(LISTED_GB.values()), BLUE),
        "archives, estimated (test, challenge)": (4 * per_match, MUTED),
        "unpacked, estimated": (9 * per_match, MUTED),
        "stores at 398x224, stride 2, estimated": (1_022_160 / 2 * 5432 / 1e9, MUTED),
    }
    fig, ax = axes_for(None, (11, 3.2), grid="x")
    bars = ax.barh(list(rows), [value for value, _ in rows.values()], color=[colour for _, colour in rows.values()])
    ax.bar_label(bars, [f"{value:.1f} GB" for value, _ in rows.values()], padding=4, fontsize=11)
    ax.set(xlabel="GB", xlim=(0, 23))
    ax.invert_yaxis()
    return fig


def shares() -> plt.Figure:
    """Published labels of all splits together as shares."""
    total = {label: sum(BALL_EVENTS[split][label] for split in BALL_EVENTS) for label in BALL_12}
    share = [100 * number / sum(total.values()) for number in total.values()]
    fig, ax = axes_for(None, (10, 4), grid="x")
    bars = ax.barh(list(total), share, color=BLUE, height=0.7)
    ax.bar_label(bars, [f"{value:.1f} %" for value in share], padding=4, fontsize=10)
    ax.set(xlabel="share of 12,433 labels (%)", xlim=(0, 46))
    ax.invert_yaxis()
    return fig
