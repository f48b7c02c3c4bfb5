"""What a score goes by, as one noun: classes, steps, tolerance, matching, and what an interval draws again.

Handed on one by one, any of them is forgotten somewhere, and the score is another number without a word of warning.
A configuration gives its rule (`DataConfig.rule`); where there is none, it is made by hand: `Rule(BALL_12, stride=1)`.
Introduced in notebook 01.
"""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, replace

from course_lib.data.events import BALL_12, CLASS_SETS, MAP10_EXCLUDED
from course_lib.files import InputError

__all__ = ["MATCHINGS", "UNITS", "Rule", "is_official", "mean_name", "mean_remark"]

MATCHINGS = ("soccernet", "frames")
UNITS = ("game", "video", "block")

_OFFICIAL = {frozenset(BALL_12) - set(MAP10_EXCLUDED), *map(frozenset, CLASS_SETS.values())}


def is_official(classes: Iterable[str]) -> bool:
    """Whether a class list is a published one, whose mean goes over all of it, as SoccerNet's server has it.

    There a class without a test label counts 0. With somebody's own classes that would say more of the labels than of
    the spotter, so the mean goes over those that have any.
    """
    return frozenset(classes) in _OFFICIAL


def mean_name(counts: Mapping[str, int]) -> str:
    """What the mean over classes is called, given the labels of each: "mAP-12", of a list of one's own "mAP of 3"."""
    return f"mAP-{len(counts)}" if is_official(counts) else f"mAP of {sum(map(bool, counts.values()))}"


def mean_remark(counts: Mapping[str, int]) -> str:
    """What is to be said of classes without labels below a table; empty if all have some."""
    without = sum(not number for number in counts.values())
    if not without:
        return ""
    counted = f"0 in {mean_name(counts)}, as SoccerNet counts" if is_official(counts) else "left out of the mean"
    return f"{without} of {len(counts)} without labels: {counted}"


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

    def mean_over(self, num_labels: Iterable[int]) -> list[int]:
        """Places of the classes that the mean goes over, given the labels of each: all of an official list, of another
        one those with labels (all, where none has any: what is found of them is nothing)."""
        labelled = [place for place, number in enumerate(num_labels) if number]
        return list(range(len(self.classes))) if is_official(self.classes) or not labelled else labelled

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
