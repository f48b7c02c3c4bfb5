"""Every figure of the course. Each function takes data and an optional `ax`, and returns `(fig, ax)`."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "comparison_page": ["write_page"],
        "errors": [
            "KIND_COLOURS",
            "plot_calibration",
            "plot_confusion",
            "plot_error_costs",
            "plot_error_kinds",
            "plot_timing",
        ],
        "labels": [
            "event_intervals_sec",
            "offset_captions",
            "plot_class_counts",
            "plot_filmstrip",
            "plot_interval_histogram",
            "plot_moments",
            "plot_transitions",
            "transition_counts",
        ],
        "places": ["plot_ball_path", "plot_court_places", "plot_heat_maps"],
        "scores": [
            "plot_ap_against_tolerance",
            "plot_differences",
            "plot_per_class_ap",
            "plot_precision_recall",
            "plot_systems",
            "plot_when_and_where",
        ],
        "style": [
            "ACCENT",
            "GRID",
            "INK",
            "MUTED",
            "SYSTEM_COLOURS",
            "axes_for",
            "legend_above",
            "system_colours",
            "use_course_style",
        ],
        "timeline": ["plot_frame_scores", "plot_timeline"],
        "training": ["plot_targets", "plot_training_curves"],
        "video": ["show_video", "write_annotated_video"],
    },
)
