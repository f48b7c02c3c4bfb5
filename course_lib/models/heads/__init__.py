"""Heads: what a spotter can be asked, each question with all that belongs to it; see `course_lib.models.head`."""

from course_lib.models.head import Head
from course_lib.models.heads.classes import ClassHead
from course_lib.models.heads.displacement import DisplacementHead
from course_lib.models.heads.places import HeatHead, PlaceHead

__all__ = ["HEADS", "ClassHead", "DisplacementHead", "HeatHead", "PlaceHead"]

HEADS: dict[str, type[Head]] = {
    "classes": ClassHead,  # every system has it; its name is not said
    "xy": PlaceHead,
    "heat": HeatHead,
    "displacement": DisplacementHead,
}
"""Every head by the name that stands behind the "+" in a system's name."""
