"""Networks: backbone, neck and heads make a `Spotter`; the `zoo` knows them by name."""

from course_lib.models.spotter import Spotter
from course_lib.models.zoo import build

__all__ = ["Spotter", "build"]
