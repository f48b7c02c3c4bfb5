"""Scoring, in NumPy alone: SoccerNet's average-mAP, frame mAP, volleyball's, intervals, and what guessing scores."""

from course_lib.metrics.average_map import METRICS, AverageMap, average_map, metric_tolerances
from course_lib.metrics.ball_actions import (
    BallScores,
    Spots,
    ap_against_tolerance,
    precision_recall,
    score_ball_actions,
)
from course_lib.metrics.bootstrap import (
    Draws,
    Interval,
    PairedDifference,
    bootstrap_frame_interval,
    bootstrap_interval,
    bootstrap_volleyball_interval,
    draw_ball,
    draw_frames,
    draw_volleyball,
    holm,
    paired_differences,
)
from course_lib.metrics.calibration import Calibration, calibrate
from course_lib.metrics.chance import best_guess_rates, chance_spots, score_chance
from course_lib.metrics.diagnosis import ERROR_KINDS, KINDS, Diagnosis, Finding, diagnose
from course_lib.metrics.frames import FrameScores, frame_map
from course_lib.metrics.official_files import OfficialGame, official_frames, official_tables
from course_lib.metrics.place_errors import place_errors_px
from course_lib.metrics.rule import Rule
from course_lib.metrics.soccernet import SoccerNetScores, score_soccernet
from course_lib.metrics.spatial import VolleyballScores, score_volleyball
from course_lib.metrics.spatial_chance import score_volleyball_chance
from course_lib.metrics.tables import SpotTable

__all__ = [
    "ERROR_KINDS",
    "KINDS",
    "METRICS",
    "AverageMap",
    "BallScores",
    "Calibration",
    "Diagnosis",
    "Draws",
    "Finding",
    "FrameScores",
    "Interval",
    "OfficialGame",
    "PairedDifference",
    "Rule",
    "SoccerNetScores",
    "SpotTable",
    "Spots",
    "VolleyballScores",
    "ap_against_tolerance",
    "average_map",
    "best_guess_rates",
    "bootstrap_frame_interval",
    "bootstrap_interval",
    "bootstrap_volleyball_interval",
    "calibrate",
    "chance_spots",
    "diagnose",
    "draw_ball",
    "draw_frames",
    "draw_volleyball",
    "frame_map",
    "holm",
    "metric_tolerances",
    "official_frames",
    "official_tables",
    "paired_differences",
    "place_errors_px",
    "precision_recall",
    "score_ball_actions",
    "score_chance",
    "score_soccernet",
    "score_volleyball",
    "score_volleyball_chance",
]
