"""Every figure of the course. Each function takes data and an optional `ax`, and returns `(fig, ax)`.

Nothing here computes a score: figures are drawn from what `metrics` and `runs` give. Introduced in notebook 00.
"""

from course_lib.plots.errors import plot_calibration, plot_confusion, plot_error_costs, plot_error_kinds, plot_timing
from course_lib.plots.labels import (
    event_intervals_sec,
    plot_class_counts,
    plot_interval_histogram,
    plot_transitions,
    transition_counts,
)
from course_lib.plots.places import plot_ball_path, plot_court_places, plot_heat_maps
from course_lib.plots.scores import (
    plot_ap_against_tolerance,
    plot_differences,
    plot_per_class_ap,
    plot_precision_recall,
    plot_systems,
    plot_when_and_where,
)
from course_lib.plots.style import use_course_style
from course_lib.plots.timeline import plot_frame_scores, plot_timeline
from course_lib.plots.training import plot_targets, plot_training_curves
from course_lib.plots.video import offset_captions, plot_filmstrip, plot_moments

__all__ = [
    "event_intervals_sec",
    "offset_captions",
    "plot_ap_against_tolerance",
    "plot_ball_path",
    "plot_calibration",
    "plot_class_counts",
    "plot_confusion",
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
