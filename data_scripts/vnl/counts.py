"""What was found beside what is published: the paper's table, and what others counted in the public archive.

[0] Nguyen, Jamsrandorj, Chao, Oo, Robbani, Mun, Kim, "VNL-STES: A Benchmark Dataset and Model for Spatiotemporal Event
    Spotting in Volleyball Analytics", CVPR Workshops (CVSports), 2025.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_lib.data.events import Video

__all__ = ["ARCHIVE", "PAPER", "Counts", "comparison", "count"]


@dataclass(frozen=True)
class Counts:
    """How much there is of a split, or of all.

    Attributes:
        matches, rallies, frames, events: totals; None where nobody has said.
        classes: events by class.
    """

    matches: int
    rallies: int
    frames: int | None
    events: int
    classes: Mapping[str, int] | None = None


PAPER = {
    "train": Counts(6, 811, 202_909, 4_901),
    "val": Counts(1, 102, 21_846, 600),
    "test": Counts(1, 115, 26_355, 636),
    "all": Counts(
        8,
        1_028,
        251_110,
        6_137,
        {"serve": 1071, "receive": 1558, "set": 1393, "spike": 1321, "block": 550, "score": 244},
    ),
}
"""As printed in the paper [0]; its number of matches a split follows from the names in the files."""

ARCHIVE = {
    "train": Counts(6, 811, None, 5_253),
    "val": Counts(1, 102, None, 600),
    "test": Counts(1, 115, None, 636),
    "all": Counts(
        8,
        1_028,
        251_146,
        6_489,
        {"serve": 1063, "receive": 1699, "set": 1375, "spike": 1329, "block": 513, "score": 510},
    ),
}
"""The archive that the authors link to (vnl_1.0.zip, which unpacks to vnl_1.5/), by its lists of events and by the
picture files of its labelled rallies: 352 events more than the paper, all of them in train, and 36 frames."""


def count(splits: Mapping[str, Sequence[Video]]) -> dict[str, Counts]:
    """The counts of every split and, as "all", of all together."""

    def of(videos: Sequence[Video]) -> Counts:
        classes = Counter(event.label for video in videos for event in video.events)
        frames = sum(video.num_frames for video in videos)
        return Counts(len({video.game for video in videos}), len(videos), frames, classes.total(), dict(classes))

    return {split: of(videos) for split, videos in splits.items()} | {
        "all": of([video for videos in splits.values() for video in videos])
    }


def comparison(found: Mapping[str, Counts], classes: Sequence[str], published: bool = True) -> list[str]:
    """A table, line by line: found, and with `published` what the paper and the archive have, and the difference."""
    heads = ["matches", "rallies", "frames", "events", *classes]
    widths = [max(len(head), 8) for head in heads]

    def row(name: str, values: Sequence[int | None], sign: str = "") -> str:
        cells = ["-" if value is None else f"{value:{sign},}" for value in values]
        return f"{name:<24}" + " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))

    def numbers(counts: Counts) -> list[int | None]:
        of_class = counts.classes
        return [counts.matches, counts.rallies, counts.frames, counts.events] + [
            None if of_class is None else of_class.get(label, 0) for label in classes
        ]

    lines = [" " * 24 + " ".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))]
    for split, counts in found.items():
        here = numbers(counts)
        lines.append(row(split, here))
        for name, table in (("paper", PAPER), ("public archive", ARCHIVE)) if published else ():
            there = numbers(table[split])
            gaps = [None if b is None else a - b for a, b in zip(here, there, strict=True)]
            if not any(gaps):
                lines.append(f"  as in the {name}")
            else:
                lines += [row(f"  {name}", there), row("  difference", gaps, "+")]
    return lines
