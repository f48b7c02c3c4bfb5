"""What exercises are checked with: `checks.<name>(your_function)` prints `ok`, or a hint on the first case it fails.

A check never raises and never shows a solution, so a notebook with unsolved exercises runs to its end. Every exercise
says in its notebook what goes in and what must come out; the docstring here says it again. Introduced in notebook 00.
"""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "baseline": ["clip_starts", "dilate", "weighted_cross_entropy"],
        "comparison": ["calibration_error", "paired_gaps", "spot_kind"],
        "encoder_decoder": ["halvings", "max_to", "mixer_window"],
        "gated_shift": ["gate_and_shift", "gru_step", "shift_halves"],
        "labels": ["busiest_minute", "count_classes", "frame_of"],
        "own_video": ["correct_spots", "kept_parts", "srt_clock"],
        "real_data": ["leaking_matches", "share_gaps", "unsafe_names"],
        "scoring": ["average_precision_11", "match_events", "suppress"],
        "sgp": ["fold_windows", "window_reach"],
        "tcn": ["causal_convolution", "steps_seen"],
        "tpn": ["branch_sees", "still_standing", "upsample_on_grid"],
        "transformers": ["local_attention", "wave_positions"],
        "volleyball": ["chain_best", "combined_score", "place_at_height"],
        "x3d": ["conv_multiplications", "gate_each_step"],
    },
)
