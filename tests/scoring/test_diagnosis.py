"""Kinds of errors and their costs against tables worked by hand and against slow, obvious versions."""

from dataclasses import replace

import numpy as np
import pytest

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.diagnosis import ERROR_KINDS, KINDS, Finding, diagnose
from course_lib.scoring.frames import frame_map
from course_lib.scoring.matching import pair_events
from course_lib.scoring.rule import Rule

CLASSES = ("a", "b", "c")
RULE = Rule(CLASSES, stride=1)
TOLERANCE_FRAMES = 12  # half a second at 25 fps is 12.5 frames


def video(events, name="v", num_frames=10_000):
    return Video(name, None, num_frames, 25.0, 1, 1, tuple(Event(label, frame) for label, frame in events))


def found(rows):
    return [Event(label, frame, score) for label, frame, score in rows]


def kinds_of(diagnosis):
    return {(f.label, f.frame): f.kind for f in diagnosis.findings if f.kind != "missed"}


# Ten spots worked by hand: labels 100 frames apart, so that no two are in reach (37 frames) of each other.
LABELS = [("a", 100), ("a", 200), ("b", 300), ("b", 400), ("a", 500), ("c", 600)]
SPOTS = [
    ("a", 112, 0.9),  # 12 frames late: the last that counts
    ("a", 95, 0.5),  # the same label, weaker
    ("a", 213, 0.8),  # 13 frames late: one too many
    ("a", 180, 0.6),  # early, and weaker
    ("a", 305, 0.7),  # a b seen as an a
    ("c", 305, 0.2),  # and as a c
    ("b", 400, 0.9),
    ("c", 400, 0.4),  # second opinion on a label that was found
    ("b", 537, 0.3),  # nothing but an a, 37 frames away
    ("a", 538, 0.1),  # 38 frames late: past reach
]
BY_HAND = {
    ("a", 112): ("correct", "a", 100),
    ("a", 95): ("duplicate", "a", 100),
    ("a", 213): ("mistimed", "a", 200),
    ("a", 180): ("mistimed", "a", 200),
    ("a", 305): ("confused", "b", 300),
    ("c", 305): ("confused", "b", 300),
    ("b", 400): ("correct", "b", 400),
    ("c", 400): ("confused", "b", 400),
    ("b", 537): ("background", None, None),
    ("a", 538): ("background", None, None),
}


def test_ten_spots_by_hand():
    diagnosis = diagnose([video(LABELS)], {"v": found(SPOTS)}, RULE)
    judged = {
        (f.label, f.frame): (f.kind, f.truth_label, f.truth_frame) for f in diagnosis.findings if f.kind != "missed"
    }
    assert judged == BY_HAND
    missed = [(f.label, f.frame, f.score, f.truth_label, f.truth_frame) for f in diagnosis.findings if f.score is None]
    assert missed == [
        ("a", 200, None, "a", 200),
        ("b", 300, None, "b", 300),
        ("a", 500, None, "a", 500),
        ("c", 600, None, "c", 600),
    ]
    assert diagnosis.counts == {
        "correct": 2,
        "mistimed": 2,
        "confused": 3,
        "duplicate": 1,
        "background": 2,
        "missed": 4,
    }
    assert [f.frame for f in diagnosis.findings] == sorted(f.frame for f in diagnosis.findings)
    # Rows a, b, c, nothing: the b at 300 is counted once, as the a of the higher score.
    assert diagnosis.confusion.tolist() == [[1, 0, 0, 2], [1, 1, 0, 0], [0, 0, 0, 1], [4, 1, 2, 0]]
    # The a at 100 is 12 late, that at 200 has a mistimed spot 13 late; the weaker one is not counted.
    assert {label: values.tolist() for label, values in diagnosis.timing_frames.items()} == {
        "a": [12, 13],
        "b": [0],
        "c": [],
    }


def test_costs_by_hand():
    """AP over 11 recalls of each class, before and after; what is not named keeps its AP."""
    diagnosis = diagnose([video(LABELS)], {"v": found(SPOTS)}, RULE)
    # a: hit .9, misses .8 .7 .6 .5 .1, of three labels: precision 1 up to recall 1/3, 4 of 11 levels.
    # b: hit .9, miss .3, of two: 1 up to 1/2, 6 levels. c: nothing.
    before = {"a": 4 / 11, "b": 6 / 11, "c": 0.0}
    assert diagnosis.score == pytest.approx(sum(before.values()) / 3)
    # mistimed: .8 becomes a hit and .6 goes: precision 1 up to 2/3, 7 levels.
    # confused: the a of .7 becomes a hit of b; its ranking .9 .7 | .3: all 11 levels. a keeps its 4.
    # duplicate and background: what goes lies behind the last hit, nothing is gained.
    # missed: a gets two of .9, the one usual score: precision 1 at all three labels (.9 .9 .9): 11 levels. b one of .9:
    # 11 levels. c has no correct spot: one of .9, the median of all, above its .4 and .2: 11 levels.
    gains = {
        "mistimed": {"a": 3 / 11, "b": 0, "c": 0},
        "confused": {"a": 0, "b": 5 / 11, "c": 0},
        "duplicate": {"a": 0, "b": 0, "c": 0},
        "background": {"a": 0, "b": 0, "c": 0},
        "missed": {"a": 7 / 11, "b": 5 / 11, "c": 1},
    }
    for kind, of_class in gains.items():
        assert diagnosis.cost_per_class[kind] == pytest.approx(of_class), kind
        assert diagnosis.cost[kind] == pytest.approx(sum(of_class.values()) / 3), kind
    # Before a hit, a duplicate and a spot on nothing do cost: 1/2 instead of 1 at every level.
    for spot in (("a", 99, 0.95), ("a", 9000, 0.95)):
        spots = found([("a", 500, 0.9), spot, ("a", 100, 0.99)])
        two = diagnose([video([("a", 100), ("a", 500)])], {"v": spots}, Rule(("a",), stride=1))
        kind = "duplicate" if spot[1] == 99 else "background"
        assert kinds_of(two)[spot[:2]] == kind
        assert two.cost[kind] == pytest.approx(1 - (6 + 5 * 2 / 3) / 11)


def test_what_lies_nearer_explains():
    """An a at a b's label, with a missed a in reach: confused. A taken a's neighbour is no mistimed spot."""
    both = diagnose([video([("a", 100), ("b", 120)])], {"v": found([("a", 125, 0.5)])}, RULE)
    assert kinds_of(both) == {("a", 125): "confused"} and both.counts["missed"] == 2
    taken = diagnose([video([("a", 100)])], {"v": found([("a", 101, 0.9), ("a", 125, 0.5)])}, RULE)
    assert kinds_of(taken) == {("a", 101): "correct", ("a", 125): "background"}
    # A missed label is what a confused spot speaks of, even if one that was found is nearer.
    spots = found([("a", 100, 0.9), ("b", 103, 0.5)])
    near = diagnose([video([("a", 100), ("c", 110)])], {"v": spots}, RULE)
    assert [f.truth_label for f in near.findings if f.kind == "confused"] == ["c"]
    # Equally near: the earlier.
    middle = diagnose([video([("a", 100), ("c", 110)])], {"v": found([("b", 105, 0.5)])}, RULE)
    assert [f.truth_label for f in middle.findings if f.kind == "confused"] == ["a"]


def random_case(seed, num_videos=3, classes=CLASSES, labels=30, spots=90):
    generator = np.random.default_rng(seed)
    videos, of_video = [], {}
    for place in range(num_videos):
        frames = np.sort(generator.choice(1200, labels, replace=False))
        truth = [(str(generator.choice(classes)), int(frame)) for frame in frames]
        videos.append(video(truth, f"v{place}", 1300))
        keyed = {(str(generator.choice(classes)), int(frame)) for frame in generator.integers(0, 1300, spots)}
        of_video[f"v{place}"] = found([(*key, round(float(generator.random()), 2)) for key in sorted(keyed)])
    return videos, of_video


def slow_kinds(videos, spots, reach=3.0):
    """Kind and label of every spot, one at a time; the missed labels; and the best claimants of the missed."""
    judged, missed, claims = {}, [], {"mistimed": {}, "confused": {}}
    for of_video in videos:
        mine = spots[of_video.id]
        of_label, of_spot = pair_events(of_video.events, mine, 12.5)
        lost = [label for label, spot in zip(of_video.events, of_label, strict=True) if spot < 0]
        missed += [(of_video.id, label) for label in lost]
        for spot, label_index in zip(mine, of_spot, strict=True):

            def nearest(labels, radius, spot=spot):
                near = [label for label in labels if abs(label.frame - spot.frame) <= radius]
                order = [(abs(label.frame - spot.frame), label.frame, CLASSES.index(label.label)) for label in near]
                return near[order.index(min(order))] if near else None

            own = [label for label in of_video.events if label.label == spot.label]
            others = [label for label in of_video.events if label.label != spot.label]
            kind, label = "background", None
            if label_index >= 0:
                kind, label = "correct", of_video.events[label_index]
            elif nearest(own, 12.5):
                kind, label = "duplicate", nearest(own, 12.5)
            elif nearest(others, 12.5):
                label = nearest([other for other in others if other in lost], 12.5) or nearest(others, 12.5)
                kind = "confused"
            elif nearest([one for one in own if one in lost], 12.5 * reach):
                kind, label = "mistimed", nearest([one for one in own if one in lost], 12.5 * reach)
            judged[of_video.id, spot.label, spot.frame] = kind, label
            if kind in claims and label in lost:
                best = claims[kind].get((of_video.id, label))
                if best is None or best.score < spot.score:
                    claims[kind][of_video.id, label] = spot
    return judged, missed, claims


def slow_cost(videos, spots, classes, kind):
    """Change the lists of spots as the definition says and score them again."""
    judged, missed, claims = slow_kinds(videos, spots)
    changed = {
        name: [spot for spot in mine if judged[name, spot.label, spot.frame][0] != kind] for name, mine in spots.items()
    }
    taken = {(name, spot.label, spot.frame) for name, mine in changed.items() for spot in mine}
    added = [(name, replace(label, score=spot.score)) for (name, label), spot in claims.get(kind, {}).items()]
    if kind == "missed":
        for place, label in enumerate(classes):
            lost = [(name, one) for name, one in missed if one.label == label]
            right = {
                name: [
                    spot.score
                    for one, mine in spots.items()
                    for spot in mine
                    if judged[one, spot.label, spot.frame][0] == "correct" and spot.label in wanted
                ]
                for name, wanted in (("own", [label]), ("all", classes))
            }
            usual = right["own"] or right["all"] or [1.0]
            for number, (name, one) in enumerate(lost):
                score = float(np.quantile(usual, (number + 0.5) / len(lost)))
                added.append((name, replace(one, score=score)))
            assert classes[place] == label
    for name, spot in added:
        if (name, spot.label, spot.frame) not in taken:
            changed[name].append(spot)
    rule = Rule(classes, stride=1)
    after, before = (score_ball_actions(videos, side, rule).map12 for side in (changed, spots))
    return after - before


@pytest.mark.parametrize("seed", range(8))
def test_equals_the_slow_version(seed):
    videos, spots = random_case(seed)
    judged, missed, _ = slow_kinds(videos, spots)
    diagnosis = diagnose(videos, spots, RULE)
    fast = {
        (f.video, f.label, f.frame): (f.kind, Event(f.truth_label, f.truth_frame) if f.truth_label else None)
        for f in diagnosis.findings
        if f.kind != "missed"
    }
    assert fast == judged
    assert {f.kind for f in diagnosis.findings} == set(KINDS)  # the case holds every kind
    lost = [(f.video, f.label, f.frame) for f in diagnosis.findings if f.kind == "missed"]
    assert sorted(lost) == sorted((name, label.label, label.frame) for name, label in missed)
    assert diagnosis.score == pytest.approx(score_ball_actions(videos, spots, RULE).map12, abs=1e-12)
    for kind in ERROR_KINDS:
        assert diagnosis.cost[kind] == pytest.approx(slow_cost(videos, spots, CLASSES, kind), abs=1e-12), kind
        assert diagnosis.cost[kind] == pytest.approx(np.mean(list(diagnosis.cost_per_class[kind].values())), abs=1e-12)
    right = [f for f in diagnosis.findings if f.kind == "correct"]
    # Every label and every spot is in the confusion once.
    for place, label in enumerate(CLASSES):
        assert diagnosis.confusion[place].sum() == sum(e.label == label for v in videos for e in v.events)
        assert diagnosis.confusion[:, place].sum() == sum(s.label == label for mine in spots.values() for s in mine)
        assert diagnosis.confusion[place, place] == sum(
            f.kind == "correct" and f.label == label for f in diagnosis.findings
        )
    right = [f for f in diagnosis.findings if f.kind == "correct"]
    assert diagnosis.calibration.counts.sum() == sum(map(len, spots.values()))
    filled = diagnosis.calibration.counts > 0
    hits = (diagnosis.calibration.hit_share * diagnosis.calibration.counts)[filled].sum()
    assert hits == pytest.approx(len(right))


@pytest.mark.parametrize("seed", range(3))
def test_repairs_never_lower_the_score(seed):
    diagnosis = diagnose(*random_case(seed, labels=40, spots=150), RULE)
    assert all(cost >= 0 for cost in diagnosis.cost.values()) and max(diagnosis.cost.values()) > 0


@pytest.mark.parametrize("seed", range(4))
def test_the_frame_rule_equals_frame_map(seed):
    """Score and repairs by deletion against `frame_map` on shorter lists of spots; kinds against the definition."""
    videos, spots = random_case(seed)
    rule = Rule((*CLASSES, "z"), stride=1, tolerance_sec=10 / 25, matching="frames")  # 5 frames either side
    diagnosis = diagnose(videos, spots, rule)
    assert diagnosis.score == pytest.approx(frame_map(videos, spots, RULE, (5,)).mAP[5], abs=1e-12)
    kind_of = {(f.video, f.label, f.frame): f for f in diagnosis.findings if f.kind != "missed"}
    for kind in ("duplicate", "background"):
        left = {name: [s for s in mine if kind_of[name, s.label, s.frame].kind != kind] for name, mine in spots.items()}
        gain = frame_map(videos, left, RULE, (5,)).mAP[5] - diagnosis.score
        assert diagnosis.cost[kind] == pytest.approx(gain, abs=1e-12)
        assert np.isnan(diagnosis.cost_per_class[kind]["z"])
    assert diagnosis.cost["background"] > 0
    missed = {(f.video, f.label, f.frame) for f in diagnosis.findings if f.kind == "missed"}
    for (name, label, frame), finding in kind_of.items():
        own = {e.frame for v in videos if v.id == name for e in v.events if e.label == label}
        close = any(abs(frame - other) <= 5 for other in own)
        assert close == (finding.kind in ("correct", "duplicate"))
        assert (finding.kind != "correct") or (name, label, finding.truth_frame) not in missed
        if finding.kind == "mistimed":
            assert 5 < abs(frame - finding.truth_frame) <= 15 and (name, label, finding.truth_frame) in missed


def test_thresholds_hide_from_findings_only():
    videos, spots = random_case(4)
    thresholds = {"a": 0.5, "b": 0.3, "c": 0.0}
    whole, shown = diagnose(videos, spots, RULE), diagnose(videos, spots, RULE, thresholds=thresholds)
    strong = {name: [s for s in mine if s.score >= thresholds[s.label]] for name, mine in spots.items()}
    alone = diagnose(videos, strong, RULE)
    assert shown.findings == alone.findings != whole.findings
    assert (shown.confusion == alone.confusion).all() and (shown.confusion != whole.confusion).any()
    assert all((shown.timing_frames[label] == alone.timing_frames[label]).all() for label in CLASSES)
    assert (shown.score, shown.cost) == (whole.score, whole.cost)
    assert (shown.calibration.counts == whole.calibration.counts).all()
    with pytest.raises(InputError, match="no score for class 'c'"):
        diagnose(videos, spots, RULE, thresholds={"a": 0.5, "b": 0.3})


def test_strides_keep_the_frames_of_the_video():
    """At stride 2 a step is two frames: the tolerance is 6 steps, and frames are told as they were."""
    spots = {"v": found([("a", 112, 0.9), ("b", 314, 0.9)])}
    diagnosis = diagnose([video([("a", 101), ("b", 301)])], spots, replace(RULE, stride=2))
    assert diagnosis.findings[0] == Finding("correct", "v", 112, "a", 0.9, "a", 101)  # steps 56 and 50
    assert diagnosis.findings[2] == Finding("mistimed", "v", 314, "b", 0.9, "b", 301)  # steps 157 and 150
    assert diagnosis.timing_frames["a"].tolist() == [11] and diagnosis.timing_frames["b"].tolist() == [13]


def test_of_one_class_and_frame_the_last_spot_counts():
    spots = {"v": found([("a", 100, 0.9), ("a", 100, 0.2)])}
    diagnosis = diagnose([video([("a", 100)])], spots, RULE)
    assert [finding.score for finding in diagnosis.findings] == [0.2]
    gone = diagnose([video([("a", 100)])], {"v": found([("a", 100, -0.5)])}, RULE)
    assert gone.counts["missed"] == 1 and len(gone.findings) == 1


def test_nothing_there():
    nothing = diagnose([video([])], {"v": []}, RULE)
    assert nothing.findings == () and nothing.score == 0 and np.isnan(nothing.calibration.error)
    unfound = diagnose([video([("a", 5)])], {"v": []}, RULE)
    assert unfound.cost == {kind: pytest.approx(1 / 3 if kind == "missed" else 0) for kind in ERROR_KINDS}
    unlabelled = diagnose([video([])], {"v": found([("a", 5, 0.5)])}, RULE)
    assert unlabelled.counts["background"] == 1 and not any(unlabelled.cost.values())


def test_bad_input_is_named():
    for arguments, sentence in (
        ({"reach": 0.5}, "reach 0.5"),
        ({"spots": {}}, "'v' has no spots"),
        ({"spots": {"v": [Event("a", 3)]}}, "no score"),
    ):
        given = {"videos": [video([("a", 5)])], "spots": {"v": []}, "rule": RULE, **arguments}
        with pytest.raises(InputError, match=sentence):
            diagnose(**given)
