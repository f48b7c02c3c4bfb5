"""How good spots are, in NumPy alone."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "ball": ["ap_against_tolerance", "precision_recall", "score_ball_actions"],
        "ball_draws": ["draw_ball"],
        "bootstrap": ["bootstrap_interval", "bootstrap_volleyball_interval"],
        "calibration": ["calibrate"],
        "chance": ["best_guess_rates", "chance_spots", "score_chance", "score_volleyball_chance"],
        "diagnosis": ["Diagnosis", "diagnose"],
        "differences": ["holm", "paired_differences"],
        "frames": ["frame_map"],
        "matching": ["pair_events"],
        "rule": ["Rule"],
        "student_t": ["t_quantile"],
        "suppression": ["SUPPRESSIONS", "starter_nms", "symmetric_nms"],
        "volleyball": ["combine", "place_errors_px", "score_volleyball"],
    },
)
