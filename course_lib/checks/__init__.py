"""What exercises are checked with: `checks.<name>(your_function)` prints `ok`, or a hint on the first case it fails.

A check never raises and never shows a solution, so a notebook with unsolved exercises runs to its end. Every exercise
says in its notebook what goes in and what must come out; the docstring here says it again. Introduced in notebook 00.
"""

from course_lib.checks.baseline import clip_starts, dilate, weighted_cross_entropy
from course_lib.checks.labels import busiest_minute, count_classes, frame_of
from course_lib.checks.scoring import average_precision_11, match_events, suppress

__all__ = [
    "average_precision_11",
    "busiest_minute",
    "clip_starts",
    "count_classes",
    "dilate",
    "frame_of",
    "match_events",
    "suppress",
    "weighted_cross_entropy",
]
