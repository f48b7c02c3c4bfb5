"""From frame scores to spots: suppression under its several names, decoding, and the choice of its settings."""

from course_lib.decoding.choose import DecodeConfig, choose_decoding, display_thresholds
from course_lib.decoding.decode import decode
from course_lib.decoding.suppression import RULES, chain_nms, e2e_nms, nms, soft_nms, starter_nms, symmetric_nms

__all__ = [
    "RULES",
    "DecodeConfig",
    "chain_nms",
    "choose_decoding",
    "decode",
    "display_thresholds",
    "e2e_nms",
    "nms",
    "soft_nms",
    "starter_nms",
    "symmetric_nms",
]
