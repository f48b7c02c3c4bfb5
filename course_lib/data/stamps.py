"""The order in which a file's pictures are shown, from what its packets say, and the rate that they are counted at.

A file is not always one recording from its first packet on. One that was cut out of a broadcast begins between key
frames, with pictures that nobody can decode; a cut without encoding leaves samples in front that an edit list hides;
two recordings joined end to end have two clocks, of which the second may begin anywhere. What is left here is what can
be shown, in the order of showing, each picture with a stamp of its own that rises. Introduced in notebook 01.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arranged", "Packets", "Rate", "arrange", "even_rate"]

_USUAL_RATES = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0)
_USUAL = 0.01  # nearer than this to a usual rate, a rate that varies is counted at the usual one
_MOST_FPS = 240.0


@dataclass
class Packets:
    """What the packets of one stream of pictures say, in the order of the file.

    Attributes:
        pts, dts: when it is shown and when it is decoded; None where the file does not say.
        key: whether decoding can begin there.
        hidden: whether an edit list says that it is not shown.
        whole: whether the container begins with a key frame by its own rules, so that one that is missing is damage and
            not a cut.
    """

    pts: list[int | None] = field(default_factory=list)
    dts: list[int | None] = field(default_factory=list)
    key: list[bool] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    whole: bool = False

    def first_key(self) -> int:
        """The first packet where decoding can begin; 0 if none says so."""
        return self.key.index(True) if True in self.key and not self.whole else 0


class Arranged(NamedTuple):
    """Pictures in the order of showing.

    Attributes:
        pts: int64 [N], rising.
        keys: int64 [M], rising: those where decoding can begin, 0 always among them.
        clock: int64 [packets], the stamps that packets are given in place of their own, in the order of the file;
            None where their own serve.
    """

    pts: NDArray[np.int64]
    keys: NDArray[np.int64]
    clock: NDArray[np.int64] | None


class Rate(NamedTuple):
    """Frames a second, frames, and whether pictures come at other times than these."""

    fps: float
    num_frames: int
    varies: bool


def arrange(packets: Packets, first_shown: int | None, joined_from: int | None) -> Arranged | None:
    """The pictures of a file that can be shown.

    Args:
        packets: of its stream of pictures.
        first_shown: the stamp of the first picture that the decoder gives, beginning at `Packets.first_key`; None if it
            gives none.
        joined_from: a step of the clock forward, in its units, from which on another recording begins; None for
            containers that hold one clock only.

    Returns:
        None if stamps are missing, or two pictures of one recording share one: frames can only be counted then.
    """
    if None in packets.pts:
        return None
    pts = np.asarray(packets.pts, np.int64)
    key, hidden = np.asarray(packets.key, bool), np.asarray(packets.hidden, bool)
    parts = [slice(0, len(pts))] if joined_from is None else _recordings(packets.dts, joined_from)
    shown = ~hidden
    for part in parts:
        if not packets.whole:
            shown[part] &= _can_be_shown(pts[part], key[part], first_shown if part.start == 0 else None)
    clock = None
    if len(parts) > 1:
        pts = clock = _one_after_the_other(pts, shown, parts)
    kept = np.flatnonzero(shown)
    order = kept[np.argsort(pts[kept], kind="stable")]
    stamps = pts[order]
    if not len(stamps) or (stamps[1:] == stamps[:-1]).any():
        return None
    return Arranged(stamps, np.union1d(np.flatnonzero(key[order]), [0]), clock)


def _recordings(dts: Sequence[int | None], joined_from: int) -> list[slice]:
    """Stretches of packets with one clock: it never goes back in the order of decoding, nor far ahead at once."""
    starts, last = [0], None
    for place, stamp in enumerate(dts):
        if stamp is None:
            continue
        if last is not None and not 0 <= stamp - last < joined_from:
            starts.append(place)
        last = stamp
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], len(dts)], strict=True)]


def _can_be_shown(pts: NDArray[np.int64], key: NDArray[np.bool_], first_shown: int | None) -> NDArray[np.bool_]:
    """Which pictures of a recording do not refer to what lies before it."""
    if not key.any():  # strips that are refreshed one at a time: the decoder knows when the picture is whole
        return pts >= (pts.min() if first_shown is None else first_shown)
    first = int(np.argmax(key))
    if first > 0:
        opened = pts[first] if first_shown is None else max(first_shown, int(pts[first]))
        return (np.arange(len(pts)) >= first) & (pts >= opened)
    # It begins with a key frame. What is shown before that may refer to what was cut off; the decoder knows. If it
    # cannot show the key frame itself, that is damage, and for the reader to complain about.
    opened = pts[0] if first_shown is None else min(first_shown, int(pts[0]))
    return pts >= opened


def _one_after_the_other(pts: NDArray[np.int64], shown: NDArray[np.bool_], parts: Sequence[slice]) -> NDArray[np.int64]:
    """Stamps on the first one's clock: each recording begins a usual gap after the one before. What is not shown has a
    stamp before all others."""
    first = np.sort(pts[parts[0]][shown[parts[0]]]) if shown[parts[0]].any() else np.sort(pts[parts[0]])
    gap = int(np.median(np.diff(first))) if len(first) > 1 else 1
    begin = int(first[0])
    clock = np.full(len(pts), begin - 1, np.int64)
    for part in parts:
        mine = np.flatnonzero(shown[part]) + part.start
        if len(mine):
            clock[mine] = pts[mine] - pts[mine].min() + begin
            begin = int(clock[mine].max()) + max(gap, 1)
    return clock


def even_rate(pts: NDArray[np.int64], unit_sec: float, header_fps: Sequence[float]) -> Rate:
    """The rate at which frames are counted, and how many there are.

    Where pictures come evenly, each is a frame. Where they do not (a telephone, a recording that was paused, a screen),
    frames are counted at the usual distance between pictures, as long as the whole lasts, and each shows the picture
    nearest in time: the mean rate of a recording with a long pause would hold neither its times nor its pictures.

    Args:
        pts: int64 [N], rising.
        unit_sec: of the stamps.
        header_fps: what the header says, to be believed where it agrees.
    """
    if len(pts) == 1:
        return Rate((list(header_fps) or [25.0])[0], 1, False)
    shown = (pts - pts[0]) * unit_sec
    measured = (len(pts) - 1) / float(shown[-1])
    # Stamps are rounded (to milliseconds in mkv), so of the rates that fit about equally well a usual one is taken.
    rates = [*header_fps, float(round(measured)), round(measured * 1.001) * 1000 / 1001, measured]
    frames = np.arange(len(pts))
    off_frames = [float(np.abs(shown * fps - frames).max()) if fps > 0 else np.inf for fps in rates]
    if min(off_frames) <= 0.5:
        rounding_frames = unit_sec * measured
        fps = next(fps for fps, off in zip(rates, off_frames, strict=True) if off <= min(off_frames) + rounding_frames)
        return Rate(fps, len(pts), False)
    usual = min(1 / float(np.median(np.diff(shown))), _MOST_FPS)
    near = min(_USUAL_RATES, key=lambda fps: abs(fps / usual - 1))
    fps = near if abs(near / usual - 1) < _USUAL else usual
    return Rate(fps, max(round(float(shown[-1]) * fps) + 1, 1), True)
