"""What exercises are checked with: `checks.<name>(your_function)` prints `ok`, or a hint on the first case it fails.

A check never raises and never shows a solution, so a notebook with unsolved exercises runs to its end. Every exercise
says in its notebook what goes in and what must come out; the docstring here says it again. Introduced in notebook 00.
"""

from course_lib.checks.baseline import clip_starts, dilate, weighted_cross_entropy
from course_lib.checks.comparison import calibration_error, paired_gaps, spot_kind
from course_lib.checks.encoder_decoder import halvings, max_to, mixer_window
from course_lib.checks.gated_shift import gate_and_shift, gru_step, shift_halves
from course_lib.checks.labels import busiest_minute, count_classes, frame_of
from course_lib.checks.own_video import correct_spots, kept_parts, srt_clock
from course_lib.checks.real_data import leaking_matches, share_gaps, unsafe_names
from course_lib.checks.scoring import average_precision_11, match_events, suppress
from course_lib.checks.sgp import fold_windows, window_reach
from course_lib.checks.tcn import causal_convolution, steps_seen
from course_lib.checks.tpn import branch_sees, still_standing, upsample_on_grid
from course_lib.checks.transformers import local_attention, wave_positions
from course_lib.checks.volleyball import chain_best, combined_score, place_at_height
from course_lib.checks.x3d import conv_multiplications, gate_each_step

__all__ = [
    "average_precision_11",
    "branch_sees",
    "busiest_minute",
    "calibration_error",
    "causal_convolution",
    "chain_best",
    "clip_starts",
    "combined_score",
    "conv_multiplications",
    "correct_spots",
    "count_classes",
    "dilate",
    "fold_windows",
    "frame_of",
    "gate_and_shift",
    "gate_each_step",
    "gru_step",
    "halvings",
    "kept_parts",
    "leaking_matches",
    "local_attention",
    "match_events",
    "max_to",
    "mixer_window",
    "paired_gaps",
    "place_at_height",
    "share_gaps",
    "shift_halves",
    "spot_kind",
    "srt_clock",
    "steps_seen",
    "still_standing",
    "suppress",
    "unsafe_names",
    "upsample_on_grid",
    "wave_positions",
    "weighted_cross_entropy",
    "window_reach",
]
