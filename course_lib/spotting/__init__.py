"""Answers to spots: windows, features, inference, decoding, and what differs between tasks."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "decoding": ["DecodeConfig", "choose_decoding", "decode"],
        "features": ["build_features", "encode_steps", "half_precision"],
        "inference": ["edge_steps", "iter_steps", "score_video", "score_videos"],
        "windows": ["cover", "sliding_clips"],
    },
)
