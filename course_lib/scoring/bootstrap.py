"""Intervals of a score, or of a difference of two, in one call: draw, score each draw, say how far.

`other=` makes the difference: both are scored on the same draws. What the intervals are about, and how they are made
from the draws, stands in `intervals` (one score) and `differences` (two). Introduced in notebooks 01 and 10.
"""

from collections.abc import Mapping, Sequence

from course_lib.data.events import Video
from course_lib.files import InputError
from course_lib.scoring.ball import Spots
from course_lib.scoring.ball_draws import draw_ball
from course_lib.scoring.differences import difference_interval
from course_lib.scoring.draws import Draws
from course_lib.scoring.frames import TOLERANCES_STEPS
from course_lib.scoring.intervals import Interval, score_interval
from course_lib.scoring.ranked_draws import draw_frames, draw_volleyball
from course_lib.scoring.rule import Rule

__all__ = ["bootstrap_frame_interval", "bootstrap_interval", "bootstrap_volleyball_interval"]


def bootstrap_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    rule: Rule,
    *,
    other: Spots | Sequence[Spots] | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the mAP over the rule's classes (of one class's AP, if there is one), or of a paired difference.

    Args:
        videos: where the labels are.
        spots: what was found, as for `score_ball_actions`; or a list of such, one for each seed: their mean is meant.
        rule: what is drawn, and the classes to average over: `rule.without(MAP10_EXCLUDED)` for mAP-10.
        other: spots (of each seed) to subtract, scored on the same draws. The interval of a difference reckons with
            other seeds, where a side has several; that of one score does not.
        repeats: number of draws.
        level: how often the interval is to hold what it is about.
        seed: of the draws.

    Raises:
        InputError: fewer than two units to draw from, or what `score_ball_actions` raises.
    """
    sides = draw_ball(videos, _sides(spots, other), rule, repeats=repeats, seed=seed)
    columns = rule.mean_over(sides[0].units_of([place]) for place in range(len(rule.classes)))
    # Without any label the score is 0 by SoccerNet's rule, whatever was found.
    return _interval(sides, columns, level) if sides[0].units_of(columns) else Interval(0.0, 0.0, 0.0, level)


def bootstrap_frame_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    rule: Rule,
    *,
    tolerances: Sequence[int] = TOLERANCES_STEPS,
    other: Spots | Sequence[Spots] | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the frame mAP, averaged over tolerances, or of a paired difference of two.

    Args:
        tolerances: as for `frame_map`.
        videos, spots, rule, other, repeats, level, seed: as for `bootstrap_interval`. Draws without any label are left
            out. For a class alone give `rule.only(label)`.

    Raises:
        InputError: fewer than two units to draw, no label to score, or what `frame_map` raises.
    """
    sides = draw_frames(videos, _sides(spots, other), rule, tolerances=tolerances, repeats=repeats, seed=seed)
    return _interval_with_labels(videos, sides, range(len(rule.classes)), level)


def bootstrap_volleyball_interval(
    videos: Sequence[Video],
    spots: Spots | Sequence[Spots],
    rule: Rule,
    *,
    score: str = "combined",
    other: Spots | Sequence[Spots] | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of one of the scores of `score_volleyball`, or of a paired difference of two.

    Args:
        score: one of `VOLLEYBALL_SCORES`.
        videos, spots, rule, other, repeats, level, seed: as for `bootstrap_frame_interval`.

    Raises:
        InputError: no such score, fewer than two units to draw, or what `score_volleyball` raises.
    """
    sides = draw_volleyball(videos, _sides(spots, other), rule, (score,), repeats=repeats, seed=seed)
    return _interval_with_labels(videos, sides, (0,), level)


def _sides(spots: Spots | Sequence[Spots], other: Spots | Sequence[Spots] | None) -> list[list[Spots]]:
    return [[side] if isinstance(side, Mapping) else list(side) for side in (spots, other) if side is not None]


def _interval(sides: Sequence[Draws], columns: Sequence[int], level: float) -> Interval:
    """Of the only side, or of the first less the second."""
    if len(sides) == 1:
        return score_interval(*sides[0].mean(columns), level)
    return difference_interval(sides[1], sides[0], columns, level)[0]


def _interval_with_labels(
    videos: Sequence[Video], sides: Sequence[Draws], columns: Sequence[int], level: float
) -> Interval:
    if not sides[0].units_of(columns):
        raise InputError(f"no label to score in these {len(videos)} videos")
    return _interval(sides, columns, level)
