"""Every figure of the course. Each function takes data and an optional `ax`, and returns `(fig, ax)`.

Nothing here computes a score: figures are drawn from what `metrics` and `runs` give. Introduced in notebook 00.
"""

from course_lib.plots.ap import plot_ap_against_tolerance, plot_per_class_ap, plot_precision_recall
from course_lib.plots.calibration import plot_calibration
from course_lib.plots.counts import (
    event_intervals_sec,
    plot_class_counts,
    plot_interval_histogram,
    plot_transitions,
    transition_counts,
)
from course_lib.plots.court import draw_places, plot_court, plot_court_places, plot_picture_places
from course_lib.plots.curves import plot_training_curves
from course_lib.plots.differences import plot_differences
from course_lib.plots.errors import plot_confusion, plot_error_costs, plot_error_kinds, plot_timing
from course_lib.plots.filmstrip import offset_captions, plot_filmstrip
from course_lib.plots.heat import plot_heat_maps
from course_lib.plots.moments import plot_moments
from course_lib.plots.pitch import plot_ball_path
from course_lib.plots.style import use_course_style
from course_lib.plots.systems import plot_systems
from course_lib.plots.targets import plot_targets
from course_lib.plots.timeline import plot_frame_scores, plot_timeline
from course_lib.plots.volleyball import plot_when_and_where

__all__ = [
    "draw_places",
    "event_intervals_sec",
    "offset_captions",
    "plot_ap_against_tolerance",
    "plot_ball_path",
    "plot_calibration",
    "plot_class_counts",
    "plot_confusion",
    "plot_court",
    "plot_court_places",
    "plot_differences",
    "plot_error_costs",
    "plot_error_kinds",
    "plot_filmstrip",
    "plot_frame_scores",
    "plot_heat_maps",
    "plot_interval_histogram",
    "plot_moments",
    "plot_per_class_ap",
    "plot_picture_places",
    "plot_precision_recall",
    "plot_systems",
    "plot_targets",
    "plot_timeline",
    "plot_timing",
    "plot_training_curves",
    "plot_transitions",
    "plot_when_and_where",
    "transition_counts",
    "use_course_style",
]
