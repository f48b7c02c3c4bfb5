"""The two tasks of the course, and all that differs between them once a spotter has answered.

`ball`: what happened when, in football; SoccerNet's mAP at one second. `volleyball`: also where in the picture; frame
mAP for the time, spatial mAP for the place, and both combined. Training, decoding, run folders, records, comparisons
and widgets ask the task; nothing else in the library asks which task it is. Introduced in notebook 09.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from course_lib.data.events import MAP10_EXCLUDED, VOLLEYBALL_6, Video, count_labels
from course_lib.data.formats.spots_files import CommonSpots, SoccerNetSpots, SpotsFiles
from course_lib.files import InputError
from course_lib.scoring.ball import Spots, ap_against_tolerance, score_ball_actions
from course_lib.scoring.ball_draws import draw_ball
from course_lib.scoring.bootstrap import bootstrap_interval, bootstrap_volleyball_interval
from course_lib.scoring.chance import (
    best_guess_rates,
    best_spacings,
    chance_spots,
    mean_places,
    score_chance,
    score_volleyball_chance,
    volleyball_guesses,
)
from course_lib.scoring.draws import Draws
from course_lib.scoring.frames import frame_map
from course_lib.scoring.ranked_draws import draw_frames, draw_volleyball
from course_lib.scoring.rule import Rule, is_official, mean_name, mean_remark
from course_lib.scoring.volleyball import score_volleyball, volleyball_spots
from course_lib.spotting.decoding import DecodeConfig, best_decoding, choose_decoding, decode, widths_in_steps

if TYPE_CHECKING:
    from course_lib.data.events import SpottingDataset

__all__ = ["TASKS", "Scores", "Task", "named_today", "task_of", "without_aliases"]

Scores = dict[str, Any]
"""The scores of some videos, as JSON holds them: those that `Task.names` lists (fractions, None where there is none),
per_class, counts, and more that is the task's own."""


class Task(ABC):
    """What a task asks and how it is scored.

    Attributes:
        name: as the configuration has it.
        names: of its scores and how they are shown; validation chooses by the first.
        metric: what is measured, in words.
        short_metric: the same in a few.
        dataset: the data set that is taken if none is named.
        tolerance_sec: full width within which a spot counts as right, for people: thresholds for showing, errors.
        matching: whose errors are looked at; see `Rule`.
        unit: what intervals draw again; see `Rule`.
        tolerances: of `against_tolerance`, in its own unit.
        official_sec: the one of them that the score itself has; None if it has several.
        measure: of the run explorer to begin with: "seconds" or "steps".
        says_where: whether spots have places, which SoccerNet's files have no room for.
        spots_files: how the spots of many videos are kept.
    """

    name: str
    names: dict[str, str]
    metric: str
    short_metric: str
    dataset: str
    tolerance_sec: float
    matching: str
    unit: str
    tolerances: tuple[float, ...]
    official_sec: float | None
    measure: str
    says_where: bool
    spots_files: SpotsFiles

    def named(self, counts: Mapping[str, int]) -> dict[str, str]:
        """As `names`, for a class list with so many labels of each class."""
        return self.names

    def remark(self, counts: Mapping[str, int]) -> str:
        """What is to be said below a table of classes of which some have no labels; empty if all have some."""
        without = sum(not number for number in counts.values())
        return f"{without} of {len(counts)} without labels: left out of the means" if without else ""

    @property
    def headline(self) -> str:
        """The key of the score that validation chooses by."""
        return next(iter(self.names))

    def prefixed(self, name: str, joint: str = "-") -> str:
        """A file or folder name, with the name of the task before it unless that is football."""
        return name if self.name == "ball" else f"{self.name}{joint}{name}"

    def rule(self, classes: Sequence[str], *, stride: int, fps: float = 25.0) -> Rule:
        """What spots are scored by, and what intervals draw while test matches are few; see `DataConfig.rule`."""
        settings = {"tolerance_sec": self.tolerance_sec, "matching": self.matching, "unit": self.unit}
        return Rule(tuple(classes), stride=stride, fps=fps, **settings)

    @abstractmethod
    def score(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> Scores:
        """Scores of the spots in these videos."""

    @abstractmethod
    def choose(
        self,
        scores: Sequence[NDArray[np.floating]],
        videos: Sequence[Video],
        rule: Rule,
        suppression: str = "symmetric",
    ) -> DecodeConfig:
        """The decoding of the scores of each video's steps that scores best in these (validation) videos."""

    @abstractmethod
    def intervals(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> dict[str, list[float]]:
        """Ends of the 95 % interval of some of the scores, as `score_interval` makes it; without those of too little
        video."""

    @abstractmethod
    def chance(self, dataset: "SpottingDataset", rule: Rule) -> Scores:
        """The scores of a guesser who knows the rates and sees nothing."""

    @abstractmethod
    def guesses(self, videos: Sequence[Video], learnt_from: Sequence[Video], rule: Rule, seed: int) -> Spots:
        """What a guesser finds who knows the rates of other videos and sees nothing, by video id."""

    @abstractmethod
    def scored(self, spots: Spots, rule: Rule) -> Spots:
        """Of these spots those that the score looks at, frames counted as they are."""

    @abstractmethod
    def against_tolerance(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> dict[float, float]:
        """mAP at each of the `tolerances`, of spots that `scored` kept."""

    @abstractmethod
    def full_width_sec(self, tolerance: float, rule: Rule) -> float:
        """One of the `tolerances` as a full width in seconds, so that tasks share an axis."""

    @abstractmethod
    def priced(self, rule: Rule) -> str:
        """In words: of which score a diagnosis tells what its errors cost."""

    @abstractmethod
    def draw(
        self,
        videos: Sequence[Video],
        sides: Sequence[Sequence[Spots]],
        rule: Rule,
        *,
        repeats: int,
        seed: int,
    ) -> tuple[list[Draws], dict[str, list[int]]]:
        """Draws of each side, and which of their columns the means stand for: name to places. The first columns are the
        classes.

        Args:
            videos: where the labels are.
            sides: of each side the spots (`scored`) of its runs.
            rule: how they are scored, and what is drawn: the unit of the task where matches are few.
            repeats, seed: of the draws.

        Raises:
            InputError: too little to draw from.
        """

    @abstractmethod
    def drawn(self, videos: Sequence[Video], rule: Rule) -> str:
        """What `draw` draws, in words."""

    @abstractmethod
    def other_play(self, rule: Rule) -> str:
        """What the interval of a score is about, in words: as much of this would have put the score so or so."""

    @abstractmethod
    def mean_events(self, name: str, counts: dict[str, int]) -> int:
        """Events that a mean of `draw` goes over, of so many of each class."""


class BallActions(Task):
    """What happened when, in football."""

    name = "ball"
    names = {"map": "mAP-12", "map10": "mAP-10"}
    metric = "mAP@1; intervals: other minutes of these matches, ± 1.96 SD of 1000 draws of 60 s of the test videos"
    short_metric = "mAP@1"
    dataset = "sim-soccer"
    tolerance_sec = 1.0
    matching = "soccernet"
    unit = "block"  # two test matches are too few to draw from, their minutes are not
    tolerances = (0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0)
    official_sec = 1.0
    measure = "seconds"
    says_where = False
    spots_files = SoccerNetSpots()

    def named(self, counts: Mapping[str, int]) -> dict[str, str]:
        return self.names | {"map": mean_name(counts)}

    def remark(self, counts: Mapping[str, int]) -> str:
        return mean_remark(counts)

    def score(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> Scores:
        return asdict(score_ball_actions(videos, spots, rule))

    def choose(
        self,
        scores: Sequence[NDArray[np.floating]],
        videos: Sequence[Video],
        rule: Rule,
        suppression: str = "symmetric",
    ) -> DecodeConfig:
        return choose_decoding(scores, videos, rule, suppressions=(suppression,))

    def intervals(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> dict[str, list[float]]:
        if _seconds(videos) < 2 * rule.block_sec:
            return {}
        ten = rule.without(MAP10_EXCLUDED)
        has_ten = is_official(rule.classes) and 0 < len(ten.classes) < len(rule.classes)
        rules = {"map": rule} | ({"map10": ten} if has_ten else {})
        drawn = {name: bootstrap_interval(videos, spots, of_score) for name, of_score in rules.items()}
        return {name: [interval.low, interval.high] for name, interval in drawn.items()}

    def chance(self, dataset: "SpottingDataset", rule: Rule) -> Scores:
        return asdict(score_chance(dataset.test, dataset.train, rule))

    def guesses(self, videos: Sequence[Video], learnt_from: Sequence[Video], rule: Rule, seed: int) -> Spots:
        minutes = _seconds(videos) / 60
        rates = best_guess_rates(learnt_from, rule, seeds=(0, 1, 2))
        numbers = {label: round(rate * minutes) for label, rate in rates.items()}
        return chance_spots(videos, rule.classes, numbers, seed)

    def scored(self, spots: Spots, rule: Rule) -> Spots:
        return spots

    def against_tolerance(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> dict[float, float]:
        per_class = ap_against_tolerance(videos, spots, rule, self.tolerances)
        counted = np.array([*per_class.values()])[rule.mean_over(_counts(videos, rule).values())]
        return dict(zip(self.tolerances, counted.mean(axis=0).tolist(), strict=True))

    def full_width_sec(self, tolerance: float, rule: Rule) -> float:
        return tolerance

    def priced(self, rule: Rule) -> str:
        return "mAP at one second"

    def draw(
        self,
        videos: Sequence[Video],
        sides: Sequence[Sequence[Spots]],
        rule: Rule,
        *,
        repeats: int,
        seed: int,
    ) -> tuple[list[Draws], dict[str, list[int]]]:
        if rule.unit == "block" and _seconds(videos) < 2 * rule.block_sec:
            raise InputError(
                f"the test videos are shorter than {2 * rule.block_sec:g} s together: too little to draw from"
            )
        counts = _counts(videos, rule)
        everything = rule.mean_over(counts.values())
        ten = [place for place in everything if rule.classes[place] not in MAP10_EXCLUDED]
        means = {mean_name(counts): everything}
        means |= {f"mAP-{len(ten)}": ten} if is_official(rule.classes) and 0 < len(ten) < len(everything) else {}
        return draw_ball(videos, sides, rule, repeats=repeats, seed=seed), means

    def drawn(self, videos: Sequence[Video], rule: Rule) -> str:
        games = len({video.game for video in videos})
        return (
            f"{games} matches" if rule.unit == "game" else f"stretches of {rule.block_sec:g} s of {games} test matches"
        )

    def other_play(self, rule: Rule) -> str:
        if rule.unit == "game":
            return "other matches"
        return f"other {'minutes' if rule.block_sec == 60 else f'stretches of {rule.block_sec:g} s'} of these matches"

    def mean_events(self, name: str, counts: dict[str, int]) -> int:
        left_out = MAP10_EXCLUDED if name == "mAP-10" else ()
        return sum(number for label, number in counts.items() if label not in left_out)


class Volleyball(Task):
    """When and where a player touches the ball."""

    name = "volleyball"
    names = {"mtap": "mTAP", "msap": "mSAP", "combined": "combined", "clean_msap": "clean mSAP"}
    metric = (
        "mTAP: frame mAP, mean over 0, 1, 2 and 4 steps either side; mSAP: spatial AP, mean over these and 2, 4, 6 px; "
        "intervals: other rallies of these matches, ± 1.96 SD of 1000 draws of test rallies"
    )
    short_metric = "mTAP, mSAP, combined, clean mSAP"
    dataset = "sim-volleyball"
    tolerance_sec = 0.32  # four frames either side
    matching = "frames"
    unit = "video"  # a rally
    tolerances = (0, 1, 2, 4, 6, 8)  # steps either side
    official_sec = None
    measure = "steps"
    says_where = True
    spots_files = CommonSpots()
    half_widths_sec = (0.08, 0.16, 0.24, 0.32, 0.48)  # contacts of one class are a second and more apart

    def score(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> Scores:
        return asdict(score_volleyball(videos, spots, rule))

    def choose(
        self,
        scores: Sequence[NDArray[np.floating]],
        videos: Sequence[Video],
        rule: Rule,
        suppression: str = "symmetric",
    ) -> DecodeConfig:

        def quality(decoding: DecodeConfig) -> float:
            spots = {video.id: decode(rows, rule, decoding) for video, rows in zip(videos, scores, strict=True)}
            return score_volleyball(videos, spots, rule).mtap

        return best_decoding(quality, (suppression,), widths_in_steps(self.half_widths_sec, rule))

    def intervals(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> dict[str, list[float]]:
        if len(videos) < 2:
            return {}
        drawn = {name: bootstrap_volleyball_interval(videos, spots, rule, score=name) for name in self.names}
        return {name: [interval.low, interval.high] for name, interval in drawn.items()}

    def chance(self, dataset: "SpottingDataset", rule: Rule) -> Scores:
        return asdict(score_volleyball_chance(dataset.test, dataset.train, rule))

    def guesses(self, videos: Sequence[Video], learnt_from: Sequence[Video], rule: Rule, seed: int) -> Spots:
        return volleyball_guesses(videos, rule, best_spacings(learnt_from, rule), mean_places(learnt_from), seed)

    def scored(self, spots: Spots, rule: Rule) -> Spots:
        kept = volleyball_spots(spots, rule)  # in steps
        return {
            name: [replace(spot, frame=spot.frame * rule.stride) for spot in of_video]
            for name, of_video in kept.items()
        }

    def against_tolerance(self, videos: Sequence[Video], spots: Spots, rule: Rule) -> dict[float, float]:
        scores = frame_map(videos, spots, rule, self.tolerances).mAP
        return {float(tolerance): value for tolerance, value in scores.items()}

    def full_width_sec(self, tolerance: float, rule: Rule) -> float:
        return 2 * tolerance * rule.stride / rule.fps

    def priced(self, rule: Rule) -> str:
        return f"frame mAP at {rule.radius_steps:.0f} steps either side"

    def draw(
        self,
        videos: Sequence[Video],
        sides: Sequence[Sequence[Spots]],
        rule: Rule,
        *,
        repeats: int,
        seed: int,
    ) -> tuple[list[Draws], dict[str, list[int]]]:
        drawn = draw_frames(videos, sides, rule, repeats=repeats, seed=seed)
        means = {"mTAP": list(range(len(rule.classes)))}
        if any(event.xy is not None for side in sides for run in side for row in run.values() for event in row):
            where = draw_volleyball(videos, sides, rule, ("msap", "combined"), repeats=repeats, seed=seed)
            drawn = [in_time.beside(in_place) for in_time, in_place in zip(drawn, where, strict=True)]
            means |= {"mSAP": [len(rule.classes)], "combined": [len(rule.classes) + 1]}
        return drawn, means

    def drawn(self, videos: Sequence[Video], rule: Rule) -> str:
        games = len({video.game for video in videos})
        return f"{games} matches" if rule.unit == "game" else f"{len(videos)} rallies of {games} matches"

    def other_play(self, rule: Rule) -> str:
        return "other matches" if rule.unit == "game" else "other rallies of these matches"

    def mean_events(self, name: str, counts: dict[str, int]) -> int:
        return sum(counts.values())


def named_today(scores: Mapping[str, Any]) -> Scores:
    """Scores of a file under today's names: the mean was "map12" at first, however many classes there were.

    What reads "map12" goes on to find it, beside "map".

    Args:
        scores: of a run, a record or a guesser.
    """
    means = {key.removeprefix("map12").removeprefix("map"): of for key, of in scores.items() if _is_mean(key)}
    rest = {key: of for key, of in scores.items() if not _is_mean(key)}
    return {f"{name}{end}": of for name in ("map", "map12") for end, of in means.items()} | rest


def without_aliases(scores: Mapping[str, Any]) -> Scores:
    """Scores as they are written: the mean under its one name."""
    return {key: of for key, of in scores.items() if key.partition("_")[0] != "map12"}


def _is_mean(key: str) -> bool:
    return key.partition("_")[0] in ("map", "map12")


TASKS: dict[str, Task] = {task.name: task for task in (BallActions(), Volleyball())}
"""Every task by its name, as the configuration has it."""


def task_of(classes: Sequence[str], stated: str = "") -> str:
    """The task of a data set.

    Args:
        classes: its own. "volleyball" if all of them are classes of volleyball, else "ball",
        stated: unless the data set itself says which.

    Raises:
        InputError: it states none of `TASKS`.
    """
    if stated:
        if stated not in TASKS:
            raise InputError(f"the data set states the task {stated!r}; expected {' or '.join(TASKS)}")
        return stated
    return "volleyball" if set(classes) <= set(VOLLEYBALL_6) else "ball"


def _counts(videos: Sequence[Video], rule: Rule) -> dict[str, int]:
    """Labels of each class."""
    labels = count_labels(videos)
    return {label: labels[label] for label in rule.classes}


def _seconds(videos: Sequence[Video]) -> float:
    return sum(video.duration_sec for video in videos)
