"""One module a format that people bring or take away."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "csv": ["read_csv", "shown_spots", "write_csv"],
        "soccernet": [
            "frame_to_position_ms",
            "position_ms_to_frame",
            "read_soccernet_labels",
            "read_soccernet_predictions",
            "write_soccernet_predictions",
        ],
    },
)
