"""What a score goes by, as one noun: classes, steps, tolerance, matching, and what an interval draws again.

Handed on one by one, any of them is forgotten somewhere, and the score is another number without a word of warning.
A configuration gives its rule (`DataConfig.rule`); where there is none, it is made by hand: `Rule(BALL_12, stride=1)`.
Introduced in notebook 01.
"""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace

from course_lib.files import InputError

__all__ = ["MATCHINGS", "UNITS", "Rule"]

MATCHINGS = ("soccernet", "frames")
UNITS = ("game", "video", "block")


@dataclass(frozen=True)
class Rule:
    """How spots become a score. Whatever is forgotten most easily, the stride, has no default.

    Attributes:
        classes: labels and spots of other classes are skipped.
        stride: frames a step. 1 scores frames, as the server does; more scores the steps that a spotter scored.
        fps: frames a second that frames are counted at before striding.
        tolerance_sec: full width: 1.0 is half a second either side. Frame mAP has tolerances of its own, in steps.
        matching: whose errors are looked at: "soccernet", labels in time order take the best spot of their window, or
            "frames", spots by score take the nearest label.
        unit: what intervals draw again: "game" (a match, all its videos together), "video" (a rally), or "block",
            stretches of `block_sec`: for test sets of two or three matches, of which there are too few draws; the
            interval then says nothing about how matches differ.
        block_sec: length of such a stretch; of no weight for the other units.
    """

    classes: tuple[str, ...]
    _: KW_ONLY
    stride: int
    fps: float = 25.0
    tolerance_sec: float = 1.0
    matching: str = "soccernet"
    unit: str = "game"
    block_sec: float = 60.0

    def __post_init__(self) -> None:
        if isinstance(self.classes, str):
            raise InputError(f"classes {self.classes!r}: expected a list of names")
        object.__setattr__(self, "classes", tuple(self.classes))
        if self.stride < 1:
            raise InputError(f"stride {self.stride}: expected 1 or more")
        for name in ("fps", "tolerance_sec", "block_sec"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} {getattr(self, name)}: expected more than 0")
        for name, known in (("matching", MATCHINGS), ("unit", UNITS)):
            if getattr(self, name) not in known:
                raise InputError(f"{name} {getattr(self, name)!r}: expected {', '.join(known[:-1])} or {known[-1]}")

    @property
    def steps_per_sec(self) -> float:
        """Steps a second."""
        return self.fps / self.stride

    @property
    def radius_steps(self) -> float:
        """Steps either side that the tolerance reaches."""
        return self.tolerance_sec * self.steps_per_sec / 2

    def only(self, *labels: str) -> "Rule":
        """The same for these classes alone.

        Raises:
            InputError: one of them is none of the classes.
        """
        for label in labels:
            if label not in self.classes:
                raise InputError(f"label {label!r}: expected one of the classes {', '.join(self.classes)}")
        return replace(self, classes=labels)

    def without(self, labels: Iterable[str]) -> "Rule":
        """The same without these classes, whether it had them or not: `without(MAP10_EXCLUDED)` is mAP-10's."""
        left_out = set(labels)
        return replace(self, classes=tuple(label for label in self.classes if label not in left_out))
