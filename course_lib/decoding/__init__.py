"""From frame scores to spots: suppression under its several names, decoding, and the choice of its settings."""

from course_lib.decoding.choose import choose_decoding, display_thresholds
from course_lib.decoding.decode import DecodeConfig, decode
from course_lib.decoding.suppression import SUPPRESSIONS, chain_nms, e2e_nms, nms, soft_nms, starter_nms, symmetric_nms

__all__ = [
    "SUPPRESSIONS",
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
