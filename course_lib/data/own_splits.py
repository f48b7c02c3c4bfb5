"""Which matches to learn from, to choose by and to test on, for somebody's own films.

A match goes to one split as a whole: two stretches of it share kits, light and camera, and whoever has seen one has
seen half of the other. Which goes where is tried out a few hundred times, and taken is what leaves the fewest classes
without labels in a split. Of fewer than three matches each film is cut by time, with a gap between the parts as long as
a clip, so that no clip sees two of them; what that scores says nothing of other matches, and every table says so.
Introduced in notebook 11.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from course_lib.data.events import FilmPart, Video
from course_lib.files import InputError

__all__ = ["SHARES", "SPLITS", "cut_by_time", "missing_classes", "split_by_match"]

SPLITS = ("train", "val", "test")
SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}
TRIES = 500


def split_by_match(
    videos: Sequence[Video], classes: Sequence[str], fixed: Mapping[str, str], seed: int = 0
) -> dict[str, tuple[Video, ...]]:
    """Whole matches into splits.

    Args:
        videos: of three matches or more.
        classes: that should have labels in every split.
        fixed: match to its split, for those that are decided already.
        seed: of what is tried.

    Raises:
        InputError: what is decided leaves a split without a match.
    """
    matches = sorted({video.game for video in videos})
    free = [match for match in matches if match not in fixed]
    wanted = _numbers(len(matches))
    taken = Counter(fixed[match] for match in matches if match in fixed)
    places = [split for split in ("test", "val") for _ in range(max(wanted[split] - taken[split], 0))]
    places = [*places[: len(free)], *["train"] * (len(free) - len(places))]
    counts = {match: Counter() for match in matches}
    for video in videos:
        counts[video.game].update(event.label for event in video.events)
    rng, best, least = np.random.default_rng(seed), None, None
    for _ in range(TRIES):
        order = rng.permutation(len(free))
        split_of = {match: fixed[match] for match in matches if match in fixed}
        split_of |= {free[index]: place for index, place in zip(order, places, strict=True)}
        cost = _cost(split_of, counts, classes)
        if least is None or cost < least:
            best, least = split_of, cost
    splits = {split: tuple(video for video in videos if best[video.game] == split) for split in SPLITS}
    for split, mine in splits.items():
        if not mine:
            raise InputError(f"no match is left for the split {split!r}; expected one of {', '.join(matches)}")
    return splits


def cut_by_time(videos: Sequence[Video], keys: Mapping[str, str], gap_frames: int) -> dict[str, tuple[Video, ...]]:
    """Each film into three parts, the first to learn from; labels between parts are left out.

    Args:
        videos: whole films.
        keys: the digest of each one's content, by id.
        gap_frames: frames between two parts.

    Returns:
        Parts, as videos of their own with `part_of`, whose path is that of the whole film still.

    Raises:
        InputError: a film is too short.
    """
    splits: dict[str, list[Video]] = {split: [] for split in SPLITS}
    for video in videos:
        total = video.num_frames - gap_frames * (len(SPLITS) - 1)
        if total * min(SHARES.values()) < gap_frames:
            raise InputError(
                f"{video.id}: {video.num_frames} frames are too few to be cut into parts to learn from, to choose by "
                f"and to test on, with {gap_frames} between them; expected a longer film, or three matches"
            )
        first = 0
        for split in SPLITS:
            stop = video.num_frames if split == SPLITS[-1] else first + round(total * SHARES[split])
            events = [event for event in video.events if first <= event.frame < stop]
            game = f"{video.game} ({split})"
            part = replace(
                video,
                id=game if video.id == video.game else f"{game}/{video.id.rpartition('/')[2]}",
                game=game,
                num_frames=stop - first,
                events=tuple(replace(event, frame=event.frame - first) for event in events),
                part_of=FilmPart(video.id, keys[video.id], first, stop),
            )
            splits[split].append(part)
            first = stop + gap_frames
    return {split: tuple(parts) for split, parts in splits.items()}


def missing_classes(splits: Mapping[str, Sequence[Video]], classes: Sequence[str]) -> dict[str, list[str]]:
    """Of each split the classes that have no label in it."""
    there = {split: {event.label for video in videos for event in video.events} for split, videos in splits.items()}
    return {split: [label for label in classes if label not in labels] for split, labels in there.items()}


def _numbers(matches: int) -> dict[str, int]:
    few = {split: max(1, round(matches * SHARES[split])) for split in ("val", "test")}
    return {"train": matches - sum(few.values()), **few}


def _cost(split_of: Mapping[str, str], counts: Mapping[str, Counter], classes: Sequence[str]) -> tuple[int, int, float]:
    """Classes that cannot be learnt, then those that a split lacks, then how far labels are from their shares."""
    of_split = {split: Counter() for split in SPLITS}
    for match, split in split_of.items():
        of_split[split] += counts[match]
    lacking = {split: sum(of_split[split][label] == 0 for label in classes) for split in SPLITS}
    total = max(sum(sum(of.values()) for of in of_split.values()), 1)
    off = sum(abs(sum(of_split[split].values()) / total - SHARES[split]) for split in SPLITS)
    return lacking["train"], sum(lacking.values()), off
