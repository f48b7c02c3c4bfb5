"""The figures of the deck and notebook 06, from toy signals; no data set is needed, five toy necks are trained."""

from functools import cache, partial
from pathlib import Path

import drawing
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from drawing import BLUE, GREEN, ORANGE, PINK, canvas, draw_deck
from torch import Tensor, nn

from course_lib.models import NECKS
from course_lib.models.necks import EncoderDecoder
from course_lib.show import ACCENT, GRID, INK, MUTED, SYSTEM_COLOURS, axes_for, system_colours

__all__ = ["draw"]

TOYS = ("tcn", "deconv", "unet", "ed, skips cut", "ed, small")
box = partial(drawing.box, alpha=0.25, centred=True, zorder=2)
arrow = partial(drawing.arrow, linewidth=1.6)


def draw(folder: Path) -> None:
    """Draw every figure of this deck into the folder, as 06_<name>.png."""
    figures = (
        encoder_decoder, reach, down_up, averages, transposed, eighths, skips, listens, mixer, gate, stretch, sizes,
        toy, toy_answers, toy_shares,
    )  # fmt: skip
    draw_deck("06", figures, folder)


def encoder_decoder() -> plt.Figure:
    """The whole neck: down by two halvings, up by two mixers."""
    fig, ax = canvas(16, 6.6, (11, 4.6))
    rows = {50: 5.5, 25: 3.4, 13: 1.3}
    for steps, y in rows.items():
        ax.annotate(f"{steps} steps", (0.1, y), va="center", fontsize=12, color=MUTED)
    for x, steps in ((3.0, 50), (5.0, 25), (7.6, 13), (11.2, 25), (15.2, 50)):
        box(ax, x, rows[steps], 1.3, 0.9, "SGP", BLUE)
    for x, steps in ((9.2, 25), (13.2, 50)):
        box(ax, x, rows[steps], 1.5, 0.9, "mixer", ORANGE)
    arrow(ax, (1.7, 5.5), (2.35, 5.5))
    for start, stop in (((3.2, 5.05), (4.7, 3.85)), ((5.2, 2.95), (7.3, 1.75))):
        arrow(ax, start, stop)
        ax.annotate("max", ((start[0] + stop[0]) / 2 + 0.3, (start[1] + stop[1]) / 2), fontsize=11, color=MUTED)
    arrow(ax, (7.9, 1.75), (9.0, 2.95))
    arrow(ax, (11.5, 3.85), (13.0, 5.05))
    for x, y in ((8.8, 2.15), (12.6, 4.25)):
        ax.annotate("stretch", (x, y), fontsize=11, color=MUTED)
    arrow(ax, (5.65, 3.4), (8.45, 3.4), colour=ACCENT, text="kept")
    arrow(ax, (3.65, 5.5), (12.45, 5.5), colour=ACCENT, text="kept")
    arrow(ax, (9.95, 3.4), (10.55, 3.4))
    arrow(ax, (13.95, 5.5), (14.55, 5.5))
    ax.annotate("when", (8.0, 6.15), ha="center", fontsize=14, color=ACCENT, fontweight="bold")
    ax.annotate("what", (7.6, 0.45), ha="center", fontsize=14, color=BLUE, fontweight="bold")
    return fig


def reach() -> plt.Figure:
    """The same nine taps on three levels, counted in the steps of the clip."""
    fig, ax = axes_for(None, (10, 2.9), grid="none")
    for row, spread in enumerate((1, 2, 4)):
        ax.hlines(row, -4 * spread - spread / 2, 4 * spread + spread / 2, color=GRID, linewidth=16)
        ax.scatter([spread * tap for tap in range(-4, 5)], [row] * 9, s=60, color=BLUE, zorder=3)
    ax.set_yticks(range(3), ["50 steps", "25 steps", "13 steps"], fontsize=12)
    ax.set_ylim(2.6, -0.6)
    ax.set_xlabel("steps of the clip that a kernel of 9 taps covers")
    return fig


def _down_and_up(signal: Tensor, factor: int, average: bool = False) -> Tensor:
    pool = F.avg_pool1d if average else F.max_pool1d
    return F.interpolate(pool(signal[None, None], factor), len(signal), mode="linear")[0, 0]


def _events() -> tuple[Tensor, Tensor]:
    one, two = torch.zeros(32), torch.zeros(32)
    one[13], two[[13, 15]] = 1.0, 1.0
    return one, two


def down_up() -> plt.Figure:
    """One event and two, down by 2, 4 and 8 and up again."""
    fig, panels = plt.subplots(2, 3, figsize=(11, 4.4), layout="constrained", sharex=True, sharey=True)
    for row, signal in zip(panels, _events(), strict=True):
        for ax, factor in zip(row, (2, 4, 8), strict=True):
            ax.bar(range(32), signal, 0.7, color=MUTED, alpha=0.45)
            ax.plot(_down_and_up(signal, factor), color=BLUE, linewidth=2.6)
            ax.set_title(f"down by {factor}, and up", fontsize=13)
    panels[1, 1].set_xlabel("step (grey: the events)")
    return fig


def averages() -> plt.Figure:
    """Maximum against average on the way down by eight."""
    fig, ax = axes_for(None, (9.5, 3.2), grid="y")
    one, _ = _events()
    ax.bar(range(32), one, 0.7, color=MUTED, alpha=0.45, label="the event")
    ax.plot(_down_and_up(one, 8), color=BLUE, linewidth=2.8, label="maximum over 8")
    ax.plot(_down_and_up(one, 8, average=True), color=ORANGE, linewidth=2.8, linestyle="--", label="average over 8")
    ax.set_xlabel("step")
    ax.legend(fontsize=12)
    return fig


def transposed() -> plt.Figure:
    """Three coarse steps write a kernel each; the sum."""
    kernel, coarse = torch.tensor([0.2, 0.7, 1.0, 0.7, 0.2]), {2: 1.0, 3: 0.4, 6: 0.8}
    fig, ax = axes_for(None, (10, 3.4), grid="y")
    total = torch.zeros(18)
    for (i, height), colour in zip(coarse.items(), (BLUE, ORANGE, GREEN), strict=True):
        own = torch.zeros(18)
        own[2 * i - 2 : 2 * i + 3] = height * kernel
        ax.bar(range(18), own, 0.75, bottom=total, color=colour, label=f"coarse step {i} writes around {2 * i}")
        total += own
    ax.plot(total, color=INK, marker="o", linewidth=2, label="sum")
    ax.set_xticks(range(0, 18, 2))
    ax.set_xlabel("fine step")
    ax.legend(fontsize=11, loc="upper right")
    ax.set_xlim(-0.5, 24)
    ax.set_ylim(0, 1.2)
    return fig


def eighths() -> plt.Figure:
    """Two clips whose steps are shuffled inside each eighth, and the maxima, which are the same."""
    draw = torch.Generator().manual_seed(5)
    clip = torch.rand(32, generator=draw)
    order = torch.cat([8 * i + torch.randperm(8, generator=draw) for i in range(4)])
    fig, panels = plt.subplots(1, 2, figsize=(10.5, 3.2), layout="constrained", sharey=True)
    for ax, values, title in zip(panels, (clip, clip[order]), ("a clip", "shuffled inside each eighth"), strict=True):
        axes_for(ax, (5, 3), grid="none")
        ax.bar(range(32), values, 0.75, color=[SYSTEM_COLOURS[i // 8] for i in range(32)], alpha=0.7)
        for i, top in enumerate(values.view(4, 8).max(1).values):
            ax.hlines(top, 8 * i - 0.5, 8 * i + 7.5, color=INK, linewidth=2.5)
        ax.set_title(title, fontsize=13)
        ax.set_xlabel("step (line: what is left of the eighth)")
    return fig


def skips() -> plt.Figure:
    """The U-Net: lengths, and what is laid beside what."""
    fig, ax = canvas(16, 6.4, (11, 4.4))
    rows = {50: 5.6, 25: 4.0, 13: 2.4, 7: 0.8}
    down, up = {50: 2.6, 25: 4.2, 13: 5.8}, {13: 10.2, 25: 11.8, 50: 13.4}
    box(ax, 8.0, rows[7], 1.3, 0.8, "7", BLUE, 13)
    for steps, x in down.items():
        box(ax, x, rows[steps], 1.3, 0.8, f"{steps}", BLUE, 13)
    for steps, x in up.items():
        box(ax, x, rows[steps], 2.0, 0.8, f"{steps} + {steps}", ORANGE, 13)
        arrow(ax, (down[steps] + 0.65, rows[steps]), (x - 1.0, rows[steps]), colour=ACCENT)
    path = [(2.6, 5.2, 4.0, 4.4), (4.2, 3.6, 5.6, 2.8), (5.8, 2.0, 7.5, 1.2)]
    path += [(8.5, 1.2, 10.0, 2.0), (10.4, 2.8, 11.6, 3.6), (12.0, 4.4, 13.2, 5.2)]
    for x0, y0, x1, y1 in path:
        arrow(ax, (x0, y0), (x1, y1))
    ax.annotate("strided\nconvolutions", (2.3, 2.3), ha="center", fontsize=12, color=MUTED)
    ax.annotate("transposed\nconvolutions", (13.6, 2.3), ha="center", fontsize=12, color=MUTED)
    ax.annotate("kept, laid beside", (8, 5.8), ha="center", fontsize=12, color=ACCENT)
    return fig


def _listens_to(neck: nn.Module, num_steps: int = 32, dim: int = 32) -> Tensor:
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(1, num_steps, dim, generator=draw, requires_grad=True)
    out = neck.eval()(x) @ torch.randn(dim, generator=draw)  # (1, T)
    rows = [torch.autograd.grad(out[0, t], x, retain_graph=True)[0][0].norm(dim=1) for t in range(num_steps)]
    return torch.stack([row / row.max() for row in rows])


def listens() -> plt.Figure:
    """Which input steps each output step listens to, with fresh weights."""
    fig, panels = plt.subplots(1, 3, figsize=(11, 4.0), layout="constrained", sharey=True)
    for ax, name in zip(panels, ("deconv", "unet", "ed"), strict=True):
        torch.manual_seed(0)
        ax.imshow(_listens_to(NECKS[name](32)).sqrt(), cmap="Blues", vmin=0, vmax=1)
        ax.grid(False)
        ax.set_title(name, fontsize=14)
        ax.set_xlabel("input step")
    panels[0].set_ylabel("output step")
    return fig


def mixer() -> plt.Figure:
    """Six terms, one matrix."""
    fig, ax = canvas(16, 6.8, (11, 4.7))
    box(ax, 1.2, 5.1, 1.9, 1.0, "fine z\n(kept)", ORANGE)
    box(ax, 1.2, 1.9, 1.9, 1.0, "coarse x,\nstretched", BLUE)
    terms = ("window", "instant", "itself", "window", "instant", "itself")
    for index, term in enumerate(terms):
        y = 6.3 - 1.13 * index
        colour, source = (ORANGE, 5.1) if index < 3 else (BLUE, 1.9)
        box(ax, 5.3, y, 2.2, 0.85, term, colour)
        arrow(ax, (2.2, source), (4.15, y))
        arrow(ax, (6.45, y), (8.15, 3.5 + 0.25 * (2.5 - index)))
    box(ax, 9.1, 3.5, 1.8, 2.4, "W\n6C → C", GREEN, 13)
    arrow(ax, (10.05, 3.5), (10.8, 3.5))
    box(ax, 11.6, 3.5, 1.5, 1.0, "GELU", PINK)
    arrow(ax, (12.4, 3.5), (13.15, 3.5))
    box(ax, 14.2, 3.5, 2.0, 1.0, "+ MLP", PINK)
    ax.annotate("window: gate times (short + long kernel)", (8.2, 6.3), fontsize=12, va="center", color=MUTED)
    ax.annotate("instant: one step, scaled by the clip's mean", (8.2, 0.65), fontsize=12, va="center", color=MUTED)
    return fig


def gate() -> plt.Figure:
    """A signal, the sum of its two windows, and that times the gate."""
    draw = torch.Generator().manual_seed(3)
    signal = torch.cat([torch.full((40,), 0.5), torch.full((40,), -0.5)]) + 0.25 * torch.randn(80, generator=draw)
    signal[[20, 60]] += 3
    kernels = [torch.full((9,), 1 / 9), torch.full((41,), 1 / 41), torch.tensor([-0.5, 1.0, -0.5])]
    short, long, edge = (F.conv1d(signal[None, None], k[None, None], padding=len(k) // 2)[0, 0] for k in kernels)
    lines = {"the signal": signal, "both windows": short + long, "gate times windows": edge * (short + long)}
    fig, panels = plt.subplots(3, 1, figsize=(10, 4.8), layout="constrained", sharex=True)
    for ax, (name, line), colour in zip(panels, lines.items(), (MUTED, BLUE, ACCENT), strict=True):
        ax.plot(line, color=colour, linewidth=2)
        ax.axhline(0, color=INK, linewidth=0.8)
        ax.set_title(name, fontsize=13)
    panels[2].set_xlabel("step (events at 20 and 60)")
    return fig


def stretch() -> plt.Figure:
    """How far the centre of a stretched peak is off, by the place of the peak."""
    peaks, steps = torch.eye(25)[:, None], torch.arange(50.0)  # a clip for each coarse step
    fig, ax = axes_for(None, (9.5, 3.2), grid="y")
    for ends, name, style in ((True, "ends on ends", "-o"), (False, "middles on middles", "-s")):
        fine = F.interpolate(peaks, 50, mode="linear", align_corners=ends)[:, 0]  # (25, 50)
        off = (fine * steps).sum(1) / fine.sum(1) - (2 * torch.arange(25) + 0.5)
        ax.plot(range(1, 24), off[1:24], style, label=name, color=ACCENT if ends else BLUE, linewidth=2, markersize=5)
    ax.set_xlabel("coarse step of 25")
    ax.set_ylabel("fine steps too late")
    ax.set_ylim(-0.62, 0.62)
    ax.legend(fontsize=12)
    return fig


def sizes() -> plt.Figure:
    """Weights of the necks at 192 channels, beside X3D-S."""
    counts = {name: sum(p.numel() for p in NECKS[name](192).parameters()) for name in ("deconv", "sgp", "unet", "ed")}
    counts = {"X3D-S itself": 2_006_130} | {f"neck {name}": count for name, count in counts.items()}
    fig, ax = axes_for(None, (9.5, 3.2), grid="x")
    bars = ax.barh(range(len(counts)), list(counts.values()), 0.62, color=[MUTED] + [BLUE] * 4)
    ax.bar_label(bars, [f"{count:,}" for count in counts.values()], padding=5, fontsize=12)
    ax.set_yticks(range(len(counts)), list(counts), fontsize=12)
    ax.set_ylim(len(counts) - 0.4, -0.6)
    ax.set_xlim(0, 3.2e6)
    ax.set_xticks([])
    ax.set_xlabel("trainable weights")
    return fig


def _toy_clips(num_clips: int, seed: int, num_steps: int = 48) -> tuple[Tensor, Tensor]:
    """The toy of the notebook: signals (n, T, 2), a click and a mood; the class of every step (n, T)."""
    draw = torch.Generator().manual_seed(seed)
    signals = torch.randn(num_clips, num_steps, 2, generator=draw) * torch.tensor([0.5, 1.0])
    labels = torch.zeros(num_clips, num_steps, dtype=torch.long)
    for clip in range(num_clips):
        up, pair = torch.rand(2, generator=draw) < torch.tensor([0.5, 0.4])
        first = int(torch.randint(4, num_steps - 6, (), generator=draw))
        clicks = [first, first + 2] if pair else [first]
        signals[clip, clicks, 0] += 3
        signals[clip, :, 1] += 0.6 if up else -0.6
        labels[clip, clicks] = 1 if up else 2
    return signals, labels


def _toy_neck(name: str) -> nn.Module:
    if name in NECKS:
        return NECKS[name](32)
    neck = EncoderDecoder(32, kernel=3, k=1.5)
    if name == "ed, skips cut":
        for layer in neck.mixers:
            layer.register_forward_pre_hook(lambda _, inputs: (inputs[0], torch.zeros_like(inputs[1])))
    return neck


@cache
def _toys() -> dict[str, nn.Module]:
    """Five networks, trained as in the notebook."""
    networks = {}
    signals, labels = _toy_clips(512, seed=1)
    for name in TOYS:
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(2, 32), _toy_neck(name), nn.Linear(32, 3))
        optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
        for _ in range(60):
            batch = torch.randint(len(signals), (24,))
            loss = F.cross_entropy(network(signals[batch]).mT, labels[batch], weight=torch.tensor([1.0, 5.0, 5.0]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        networks[name] = network.eval()
    return networks


def toy() -> plt.Figure:
    """A clip of each class."""
    signals, labels = _toy_clips(6, seed=4)
    fig, panels = plt.subplots(1, 2, figsize=(11, 3.0), layout="constrained", sharey=True)
    for ax, kind in zip(panels, (1, 2), strict=True):
        clip = int((labels.max(1).values == kind).nonzero()[0])
        clicks = labels[clip].nonzero().flatten().tolist()
        ax.plot(signals[clip, :, 1], color=ORANGE, label="mood")
        ax.plot(signals[clip, :, 0], color=BLUE, linewidth=2.2, label="click")
        for click in clicks:
            ax.axvspan(click - 0.5, click + 0.5, color=GRID)
        ax.set_title(f"class {kind}: mood {'up' if kind == 1 else 'down'}, click at {' and '.join(map(str, clicks))}")
        ax.set_xlabel("step")
    panels[0].legend(fontsize=11, ncols=2, loc="lower left")
    return fig


def toy_answers() -> plt.Figure:
    """Scores of the five around a pair of events."""
    signals, labels = _toy_clips(400, seed=2)
    clip = int(((labels > 0).sum(1) == 2).nonzero()[3])
    first = int((labels[clip] > 0).int().argmax())
    fig, ax = axes_for(None, (10.5, 3.6), grid="y")
    for click in (first, first + 2):
        ax.axvspan(click - 0.5, click + 0.5, color=GRID)
    colours = system_colours(TOYS)
    looks = (("-", 9.0), ("--", 2.4), ("-", 5.5), (":", 2.6), ("-", 2.0))  # wide under narrow: some curves coincide
    for (name, network), (style, width) in zip(_toys().items(), looks, strict=True):
        with torch.inference_mode():
            event = 1 - network(signals[clip : clip + 1]).softmax(-1)[0, :, 0]
        ax.plot(event, style, color=colours[name], linewidth=width, label=name)
    ax.set_xlim(max(first - 16, 0), min(first + 10, 47))
    ax.set_ylim(-0.03, 1.05)
    ax.set_xlabel("step (grey: the two events)")
    ax.set_ylabel("score of an event")
    ax.legend(fontsize=11, loc="upper left")
    return fig


def toy_shares() -> plt.Figure:
    """When, what, and two apart, of the five."""
    signals, labels = _toy_clips(400, seed=2)
    pair, what, row = (labels > 0).sum(1) == 2, labels.max(1).values, torch.arange(400)
    first = (labels > 0).int().argmax(1)
    colours = system_colours(TOYS)
    fig, ax = axes_for(None, (10.5, 3.6), grid="y")
    for index, (name, network) in enumerate(_toys().items()):
        with torch.inference_mode():
            p = network(signals).softmax(-1)
        event = 1 - p[..., 0]
        exact = (event.argmax(1) == first)[~pair]
        named = p[row, first, what] > p[row, first, 3 - what]
        apart = (event[row, first] > 0.5) & (event[row, first + 1] < 0.5) & (event[row, (first + 2) % 48] > 0.5)
        shares = [part.float().mean().item() for part in (exact, named, apart[pair])]
        bars = ax.bar([place + 0.17 * (index - 2) for place in range(3)], shares, 0.15, color=colours[name], label=name)
        ax.bar_label(bars, [f"{share:.2f}" for share in shares], fontsize=9, padding=2)
    for place, luck in ((0, 1 / 8), (1, 1 / 2)):
        ax.hlines(luck, place - 0.45, place + 0.45, color=INK, linewidth=1.5, linestyle="--")
    ax.set_xticks(range(3), ["when: the exact step", "what: the right class", "two events apart"], fontsize=13)
    ax.set_ylim(0, 1.12)
    ax.legend(fontsize=11, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return fig
