"""The class lists of the course, in the order of their identifiers, and a colour for every class.

Identifier 0 is background everywhere, so the first class of a list is 1. Introduced in notebook 00.
"""

import colorsys
from collections.abc import Sequence
from pathlib import Path

from course_lib.errors import InputError

__all__ = [
    "BALL_12",
    "BALL_2",
    "CLASS_SETS",
    "MAP10_EXCLUDED",
    "SOCCERNET_17",
    "VOLLEYBALL_6",
    "class_colours",
    "resolve_classes",
]

BALL_12 = (
    "PASS",
    "DRIVE",
    "HEADER",
    "HIGH PASS",
    "OUT",
    "CROSS",
    "THROW IN",
    "SHOT",
    "BALL PLAYER BLOCK",
    "PLAYER SUCCESSFUL TACKLE",
    "FREE KICK",
    "GOAL",
)
"""SoccerNet ball actions, 2024 and 2025 editions."""

MAP10_EXCLUDED = ("FREE KICK", "GOAL")
"""Left out of mAP-10: the real test matches hold 2 and 6 of them, so one hit moves their AP by tens of points."""

BALL_2 = ("PASS", "DRIVE")
"""SoccerNet ball actions, 2023 edition."""

SOCCERNET_17 = (
    "Penalty",
    "Kick-off",
    "Goal",
    "Substitution",
    "Offside",
    "Shots on target",
    "Shots off target",
    "Clearance",
    "Ball out of play",
    "Throw-in",
    "Foul",
    "Indirect free-kick",
    "Direct free-kick",
    "Corner",
    "Yellow card",
    "Red card",
    "Yellow->red card",
)
"""SoccerNet-v2 action spotting."""

VOLLEYBALL_6 = ("serve", "receive", "set", "spike", "block", "score")
"""VNL-STES."""

CLASS_SETS = {
    "ball-12": BALL_12,
    "ball-2": BALL_2,
    "soccernet-17": SOCCERNET_17,
    "volleyball-6": VOLLEYBALL_6,
}

# Twelve colours whose closest pair stays far apart (CIE Delta E 27) in normal sight and in simulated protanopia and
# deuteranopia; found by random search.
_TWELVE = (
    "#0077aa",
    "#ee9900",
    "#009977",
    "#0000ff",
    "#9966ff",
    "#004444",
    "#440099",
    "#662200",
    "#66dd88",
    "#22cccc",
    "#aa5500",
    "#77bbff",
)


def class_colours(classes: Sequence[str]) -> dict[str, str]:
    """A colour for each class, "#rrggbb", the same at every call: by place in the list."""
    colours = list(_TWELVE[: len(classes)])
    # Longer lists go on round the colour wheel by the golden ratio, which never comes close to an earlier hue soon.
    for index in range(len(colours), len(classes)):
        red, green, blue = colorsys.hls_to_rgb((index * 0.618034) % 1.0, 0.38 + 0.22 * (index % 2), 0.6)
        colours.append(f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}")
    return dict(zip(classes, colours, strict=True))


def resolve_classes(name_or_file: str | Path) -> tuple[str, ...]:
    """The class list of this name (a key of `CLASS_SETS`), or of this file (one class a line).

    Raises:
        InputError: neither a known name nor a readable class file.
    """
    if str(name_or_file) in CLASS_SETS:
        return CLASS_SETS[str(name_or_file)]
    # Imported here since the file reader belongs to the formats, which know nothing of class lists.
    from course_lib.events import read_class_file

    path = Path(name_or_file)
    if not path.is_file():
        known = ", ".join(CLASS_SETS)
        raise InputError(f"classes {str(name_or_file)!r}: expected one of {known}, or a file with one class a line")
    return read_class_file(path)
