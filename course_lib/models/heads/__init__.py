"""Heads: what a spotter can be asked, each question with all that belongs to it; see `course_lib.models.head`."""

from course_lib import face

__all__, __getattr__, __dir__ = face(
    __name__,
    {
        "classes": ["BinaryHead", "ClassHead"],
        "contrast": ["ICHead", "SoftICHead", "soft_contrast"],
        "displacement": ["DisplacementHead"],
        "places": ["flip_places"],
    },
)
