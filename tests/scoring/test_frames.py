"""Frame mAP against the values of E2E-Spot's evaluator, and against a plain version."""

import numpy as np
import pytest
from reference import load_reference, load_shared

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.frames import frame_map
from course_lib.scoring.rule import Rule
from course_lib.scoring.suppression import e2e_nms, nms, soft_nms

SUPPRESSIONS = {
    "no_nms": lambda events: events,
    "e2e_nms_w1": lambda events: e2e_nms(events, 1),
    "e2e_nms_w2": lambda events: e2e_nms(events, 2),
    "tdeed_nms_w1_thr0.01": lambda events: nms(events, 1, 0.01),
    "tdeed_nms_w1_thr0.10": lambda events: nms(events, 1, 0.10),
    "tdeed_snms_w3_thr0.01": lambda events: soft_nms(events, 3, 0.01),
}


def read_case(case):
    """Videos and spots of a reference case."""
    names = case["labels"]
    videos = [
        Video(
            entry["video"], None, 1000, 25.0, 1, 1, tuple(Event(names[label], frame) for frame, label in entry["truth"])
        )
        for entry in case["videos"]
    ]
    spots = {
        entry["video"]: [Event(names[label], frame, score) for frame, label, score in entry["pred"]]
        for entry in case["videos"]
    }
    return videos, spots


def assert_equal(scores, expected):
    tolerances = expected["tolerances"]
    wanted = [float("nan") if value is None else value for value in expected["mAP"]]
    assert list(scores.mAP.values()) == pytest.approx(wanted, abs=1e-9, nan_ok=True)
    for row, tolerance in enumerate(tolerances):
        per_class = {label: values[row] for label, values in expected["AP_per_class"].items()}
        assert scores.per_class[tolerance] == pytest.approx(per_class, abs=1e-9)


EDGE_CASES = {case["name"]: case for case in load_reference("frame_map/10_edge_cases")["cases"]}


@pytest.mark.parametrize("name", [name for name, case in EDGE_CASES.items() if "error" not in case["expected"]])
def test_equals_edge_cases(name):
    case = EDGE_CASES[name]
    videos, spots = read_case(case)
    scores = frame_map(videos, spots, Rule(case["labels"], stride=1), case["expected"]["tolerances"])
    assert_equal(scores, case["expected"])


def test_refuses_what_the_original_refuses():
    assert {name for name, case in EDGE_CASES.items() if "error" in case["expected"]} == {
        "score_above_one",
        "video_set_mismatch",
    }
    videos, spots = read_case(EDGE_CASES["score_above_one"])
    with pytest.raises(InputError, match="needs a score up to 1"):
        frame_map(videos, spots, Rule(("a",), stride=1))
    with pytest.raises(InputError, match="video 'v' is only in the labels"):
        frame_map(videos, {}, Rule(("a",), stride=1))
    with pytest.raises(InputError, match="video 'w' is only in the spots"):
        frame_map(videos, {"v": [], "w": []}, Rule(("a",), stride=1))
    with pytest.raises(InputError, match="needs a score"):
        frame_map(videos, {"v": [Event("a", 3)]}, Rule(("a",), stride=1))


@pytest.mark.parametrize("name", ["01_tennis_val_150", "03_finediving_test_150"])
def test_equals_real_labels_under_every_suppression(name):
    case = load_shared(f"frame_map/{name}")
    videos, spots = read_case(case)
    assert set(case["expected"]) <= set(SUPPRESSIONS)
    for variant, expected in case["expected"].items():
        kept = {video_id: SUPPRESSIONS[variant](events) for video_id, events in spots.items()}
        if variant in case["num_events"]:
            assert sum(map(len, kept.values())) == case["num_events"][variant]
        scores = frame_map(videos, kept, Rule(case["labels"], stride=1), expected["tolerances"])
        assert_equal(scores, expected)
        chosen = frame_map(videos, kept, Rule(case["labels"], stride=1))
        assert chosen.mean == pytest.approx(expected["mean_mAP_tol_0_1_2_4"], abs=1e-9)


def plain_average_precision(videos, spots, label, tolerance):
    """The rule of the papers, one prediction after the other."""
    truth = {video.id: [event.frame for event in video.events if event.label == label] for video in videos}
    queue = [(v, event) for v, events in spots.items() for event in events if event.label == label]
    queue.sort(key=lambda item: -item[1].score)
    found, precisions = set(), []
    for rank, (video_id, event) in enumerate(queue, start=1):
        free = [frame for frame in truth[video_id] if (video_id, frame) not in found]
        nearest = min(free, key=lambda frame: abs(frame - event.frame), default=None)
        if nearest is not None and abs(nearest - event.frame) <= tolerance:
            found.add((video_id, nearest))
            precisions.append(len(found) / rank)
    best_later = [max(precisions[place:]) for place in range(len(precisions))]
    return sum(best_later) / sum(map(len, truth.values()))


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_plain_version_on_crowded_videos(seed):
    generator = np.random.default_rng(seed)

    def events(count, scored):
        return tuple(
            Event(
                str(generator.choice(["a", "b"])), int(frame), float(generator.integers(1, 9) / 8) if scored else None
            )
            for frame in generator.integers(0, 60, count)
        )

    videos = [Video(f"v{index}", None, 60, 25.0, 1, 1, events(12, False)) for index in range(3)]
    spots = {video.id: events(40, True) for video in videos}
    scores = frame_map(videos, spots, Rule(("a", "b", "c"), stride=1), [0, 1, 3, 10])
    for tolerance, per_class in scores.per_class.items():
        assert set(per_class) == {"a", "b"}
        for label, value in per_class.items():
            assert value == pytest.approx(plain_average_precision(videos, spots, label, tolerance), abs=1e-12)
        assert scores.mAP[tolerance] == pytest.approx(np.mean(list(per_class.values())))
    assert scores.counts["c"] == 0 and scores.counts["a"] + scores.counts["b"] == 36


def test_a_stride_divides_frames_of_labels_and_spots():
    videos = [Video("v", None, 100, 25.0, 1, 1, (Event("a", 11),))]
    assert frame_map(videos, {"v": [Event("a", 10, 0.5)]}, Rule(("a",), stride=1), [0]).mAP[0] == 0
    assert frame_map(videos, {"v": [Event("a", 10, 0.5)]}, Rule(("a",), stride=2), [0]).mAP[0] == 1
    assert frame_map(videos, {"v": [Event("a", 14, 0.5)]}, Rule(("a",), stride=2), [1]).mAP[1] == 0
