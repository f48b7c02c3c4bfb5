"""Networks: backbone, neck and heads make a `Spotter`; the `zoo` knows them by name."""

from course_lib.models.spotter import Spotter
from course_lib.models.zoo import SYSTEMS, build

__all__ = ["SYSTEMS", "Spotter", "build"]
