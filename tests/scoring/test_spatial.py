"""Volleyball's score against the values of the official evaluator, its quirks one by one, and a plain version."""

import json
import math
import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
from reference import load_reference

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.frames import frame_map
from course_lib.scoring.rule import Rule
from course_lib.scoring.volleyball import score_volleyball, settle_for_nearest, volleyball_spots

EDGE_CASES = {case["name"]: case for case in load_reference("volleyball_map/10_edge_cases")["cases"]}


def video(*events, name="v", size=(398, 224)):
    return Video(name, None, 1000, 25.0, *size, tuple(events))


RULE = Rule(("a", "b", "c"), stride=1)


def read_case(case):
    """Videos and spots of a reference case."""
    names = case["labels"]
    videos = [
        video(*(Event(names[label], frame, None, (x, y)) for frame, label, x, y in entry["truth"]), name=entry["video"])
        for entry in case["videos"]
    ]
    spots = {
        entry["video"]: [Event(names[k], frame, score, (x, y)) for frame, k, score, x, y in entry["pred"]]
        for entry in case["videos"]
    }
    return videos, spots


def assert_equal(case, expected):
    videos, spots = read_case(case)
    tolerances, radii = expected["tolerances_frames"], expected["tolerances_px"]
    rule = Rule(case["labels"], stride=1)
    scores = score_volleyball(videos, spots, rule, tolerances=tolerances, radii_px=radii, scale_px=expected["px_scale"])
    assert list(scores.temporal) == [str(tolerance) for tolerance in tolerances]
    assert list(scores.temporal.values()) == pytest.approx(expected["temporal_mAP"], abs=1e-9)
    assert set(scores.per_class) == set(expected["temporal_AP_per_class"])
    for label, values in expected["temporal_AP_per_class"].items():
        assert [row[label] for row in scores.per_class_at.values()] == pytest.approx(values, abs=1e-9)
        assert scores.per_class[label] == pytest.approx(np.mean(values), abs=1e-9)
    assert list(scores.spatial["0"]) == [str(radius) for radius in radii]
    grid = [list(row.values()) for row in scores.spatial.values()]
    np.testing.assert_allclose(grid, expected["spatial_AP_grid"], rtol=0, atol=1e-9)
    assert scores.mtap == pytest.approx(expected["temporal_mean_all"], abs=1e-9)
    assert scores.msap == pytest.approx(expected["spatial_mean"], abs=1e-9)
    assert scores.combined == pytest.approx(expected["harmonic_as_in_training"], abs=1e-9)
    kept = volleyball_spots(spots, rule)
    for entry in expected["events_after_threshold_and_nms"]:
        mine = [[event.frame, case["labels"].index(event.label), event.score] for event in kept[entry["video"]]]
        assert mine == entry["events"]


@pytest.mark.parametrize("name", EDGE_CASES)
def test_equals_edge_cases(name):
    assert_equal(EDGE_CASES[name], EDGE_CASES[name]["expected"])


@pytest.mark.parametrize("name", ["01_rallies_good_model", "06_spatial_offsets"])
def test_equals_whole_sets(name):
    case = load_reference(f"volleyball_map/{name}")
    assert_equal(case, case["expected"])
    videos, spots = read_case(case)
    plain = case["expected"]["compute_mAPs_plain"]
    scores = frame_map(videos, spots, Rule(case["labels"], stride=1), plain["tolerances"])
    assert list(scores.mAP.values()) == pytest.approx(plain["mAP"], abs=1e-9)


def at(frame, x, y, label="a", score=None):
    return Event(label, frame, score, None if x is None else (x, y))


def score(labels, spots, classes=("a", "b"), size=(398, 224), stride=1, **settings):
    return score_volleyball([video(*labels, size=size)], {"v": spots}, Rule(classes, stride=stride), **settings)


def test_width_and_height_both_count_224():
    """8 pixels across of 398 are 4.5 of 224; 4 down of 224 are 4."""
    labels = [at(100, 0.5, 0.5)]
    across, down = [at(100, 0.5 + 8 / 398, 0.5, score=0.9)], [at(100, 0.5, 0.5 + 4 / 224, score=0.9)]
    assert score(labels, across).spatial["0"] == {"2": 0, "4": 1, "6": 1}
    assert score(labels, down).spatial["0"] == {"2": 0, "4": 1, "6": 1}
    assert score(labels, across).clean_msap == 0
    # 3.9 pixels, since 4 / 224 * 224 is not quite 4.
    assert score(labels, [at(100, 0.5, 0.5 + 3.9 / 224, score=0.9)]).clean_msap == pytest.approx(2 / 3)


@pytest.mark.parametrize(("px", "passes"), [(1.9, 1), (2.5, 1), (2.95, 1), (3.05, 0)])
def test_a_distance_is_cut_to_whole_pixels(px, passes):
    labels, spots = [at(100, 0.5, 0.5)], [at(100, 0.5, 0.5 + px / 224, score=0.9)]
    scores = score(labels, spots, radii_px=(2,))
    assert scores.msap == passes
    assert scores.clean_msap == (px < 2)


def test_clean_pixels_are_square_whatever_the_size():
    """5.9 pixels of 224 high: half of 448, a third of 672."""
    for height in (224, 448, 672):
        width = height * 16 // 9
        labels, reach = [at(100, 0.5, 0.5)], 5.9 * height / 224
        for dx, dy in ((reach / width, 0), (0, reach / height), (reach / width / 2**0.5, reach / height / 2**0.5)):
            scores = score(labels, [at(100, 0.5 + dx, 0.5 + dy, score=0.9)], size=(width, height))
            assert scores.clean_msap == pytest.approx(1 / 3)
    unknown = score([at(100, 0.5, 0.5)], [at(100, 0.5 + 5.9 / 398, 0.5, score=0.9)], size=(0, 0))
    assert unknown.clean_msap == pytest.approx(1 / 3)


def test_space_ignores_the_class_and_its_clean_version_does_not():
    labels, spots = [at(100, 0.5, 0.5, "a")], [at(100, 0.5, 0.5, "b", 0.9)]
    scores = score(labels, spots)
    assert scores.mtap == 0 and scores.msap == 1
    assert scores.clean_msap == 0 and scores.combined == 0


def test_spots_of_a_class_without_labels_count_in_space_only():
    labels = [at(100, 0.5, 0.5, "a")]
    scores = score(labels, [at(300, 0.5, 0.5, "b", 0.9), at(100, 0.5, 0.5, "a", 0.8)])
    assert scores.mtap == 1 and scores.msap == 0.5 and scores.clean_msap == 1
    assert scores.per_class == {"a": 1} and scores.clean_per_class == {"a": 1} and scores.counts == {"a": 1, "b": 0}
    # A class that is not in the list counts nowhere.
    assert score(labels, [at(300, 0.5, 0.5, "c", 0.9), at(100, 0.5, 0.5, "a", 0.8)]).msap == 1


def test_one_ranking_over_all_classes():
    """A false "b" above the right "a" halves the pooled AP; by class only that of "b" suffers."""
    labels = [at(100, 0.2, 0.5, "a"), at(200, 0.8, 0.5, "b")]
    spots = [at(100, 0.2, 0.5, "a", 0.5), at(200, 0.8, 0.5, "b", 0.8), at(300, 0.8, 0.5, "b", 0.9)]
    scores = score(labels, spots)
    assert scores.msap == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert scores.clean_per_class == {"a": 1, "b": 0.5} and scores.clean_msap == 0.75


def test_only_the_nearest_label_in_time_is_looked_at():
    labels = [at(100, 0.1, 0.1), at(103, 0.9, 0.9)]
    spots = [at(101, 0.9, 0.9, score=0.9)]
    assert score(labels, spots, tolerances=(4,)).msap == 0
    # Once the near label is taken, the farther one is the nearest.
    first = [at(100, 0.1, 0.1, "b", score=0.95)]
    assert score(labels, first + spots, tolerances=(4,)).msap == 1


def test_a_label_missed_in_space_stays_free():
    labels = [at(100, 0.1, 0.1)]
    spots = [at(100, 0.9, 0.9, "b", score=0.9), at(101, 0.1, 0.1, score=0.8)]
    assert score(labels, spots, tolerances=(1,)).msap == 0.5


def test_of_two_labels_at_one_frame_the_second_is_never_found():
    labels = [at(100, 0.1, 0.1, "a"), at(100, 0.9, 0.9, "b")]
    spots = [at(100, 0.1, 0.1, "a", 0.9), at(100, 0.9, 0.9, "b", 0.8)]
    scores = score(labels, spots)
    assert scores.mtap == 1 and scores.msap == 0.5 and scores.clean_msap == 1


def test_low_scores_are_dropped():
    labels = [at(100, 0.5, 0.5)]
    assert score(labels, [at(100, 0.5, 0.5, score=0.25)]).combined == pytest.approx(1, abs=1e-6)
    low = score(labels, [at(100, 0.5, 0.5, score=0.249)])
    assert low.mtap == low.msap == low.clean_msap == low.combined == low.clean_combined == 0
    assert score(labels, [at(100, 0.5, 0.5, score=0.249)], score_floor=0).clean_combined == 1


def test_a_chain_keeps_one_rising_and_several_falling_spots():
    labels = [at(109, 0.5, 0.5)]
    rising = [at(100 + 3 * step, 0.5, 0.5, score=0.5 + 0.1 * step) for step in range(4)]
    falling = [at(109 + 3 * step, 0.5, 0.5, score=0.8 - 0.1 * step) for step in range(4)]
    kept = volleyball_spots({"r": rising, "f": falling}, RULE)
    assert [event.frame for event in kept["r"]] == [109] and [event.frame for event in kept["f"]] == [109, 115]
    assert score(labels, rising).mtap == 1
    assert [event.frame for event in volleyball_spots({"r": rising}, RULE, chain_steps=None)["r"]] == [
        100,
        103,
        106,
        109,
    ]
    # Each class by itself.
    both = [at(100, 0.5, 0.5, "a", 0.5), at(101, 0.5, 0.5, "b", 0.9)]
    assert volleyball_spots({"v": both}, RULE)["v"] == both


def test_combined_leaves_out_tolerance_0_and_the_clean_one_does_not():
    labels, spots = [at(100, 0.5, 0.5)], [at(101, 0.5, 0.5, score=0.9)]
    scores = score(labels, spots)
    assert scores.mtap == 0.75 and scores.msap == 0.75
    assert scores.combined == 2 * 1 * 0.75 / (1 + 0.75 + 1e-6)
    assert scores.clean_combined == pytest.approx(0.75, abs=1e-12)


def test_a_missing_place_is_a_miss():
    labels, spots = [at(100, 0.5, 0.5), at(200, None, None)], [at(100, None, None, score=0.9), at(200, 0, 0, score=0.8)]
    scores = score(labels, spots)
    assert scores.mtap == 1 and scores.msap == scores.combined == scores.clean_msap == scores.clean_combined == 0


def test_a_stride_divides_frames_before_all_else():
    labels, spots = [at(11, 0.5, 0.5)], [at(10, 0.5, 0.5, score=0.9)]
    assert score(labels, spots, tolerances=(0, 1)).temporal == {"0": 0, "1": 1}
    assert score(labels, spots, stride=2, tolerances=(0, 1)).msap == 1
    # Eight frames apart are four steps of two: two chains.
    far = [at(100, 0.5, 0.5, score=0.9), at(108, 0.5, 0.5, score=0.8)]
    assert len(volleyball_spots({"v": far}, replace(RULE, stride=2))["v"]) == 2
    assert len(volleyball_spots({"v": far}, replace(RULE, stride=4))["v"]) == 1


def plain_spatial(videos, kept, classes, tolerance, radius):
    """The official rule, one spot after the other, as one would write it down."""
    order = list(dict.fromkeys(event.label for one in videos for event in one.events))
    truth = {
        one.id: sorted((event for event in one.events if event.label in classes), key=lambda e: order.index(e.label))
        for one in videos
    }
    queue = sorted(((v, e) for v, events in kept.items() for e in events), key=lambda item: -item[1].score)
    found, precisions = set(), []
    for rank, (video_id, event) in enumerate(queue, start=1):
        free = [label for label in truth[video_id] if (video_id, label.frame) not in found]
        nearest = min(free, key=lambda label: abs(label.frame - event.frame), default=None)
        if nearest is None or abs(nearest.frame - event.frame) > tolerance or None in (nearest.xy, event.xy):
            continue
        if int(math.dist([224 * v for v in nearest.xy], [224 * v for v in event.xy])) <= radius:
            found.add((video_id, nearest.frame))
            precisions.append(len(found) / rank)
    best_later = [max(precisions[place:]) for place in range(len(precisions))]
    return sum(best_later) / sum(map(len, truth.values()))


def plain_clean(videos, kept, label, tolerance, radius):
    """The same for one class, with square pixels, no rounding, and labels remembered by themselves."""
    truth = {one.id: [event for event in one.events if event.label == label] for one in videos}
    aspect = {one.id: one.width / one.height for one in videos}
    queue = [(v, e) for v, events in kept.items() for e in events if e.label == label]
    queue.sort(key=lambda item: -item[1].score)
    hits, precisions = 0, []
    total = sum(map(len, truth.values()))
    for rank, (video_id, event) in enumerate(queue, start=1):
        nearest = min(truth[video_id], key=lambda other: abs(other.frame - event.frame), default=None)
        if nearest is None or abs(nearest.frame - event.frame) > tolerance or None in (nearest.xy, event.xy):
            continue
        dx, dy = (a - b for a, b in zip(nearest.xy, event.xy, strict=True))
        if math.hypot(224 * aspect[video_id] * dx, 224 * dy) <= radius:
            truth[video_id].remove(nearest)
            hits += 1
            precisions.append(hits / rank)
    return sum(max(precisions[place:]) for place in range(len(precisions))) / total


def crowded(seed):
    """Videos full of labels and spots in few places, so that every rule about disputes is needed."""
    generator = np.random.default_rng(seed)

    def events(count, scored):
        return tuple(
            Event(
                str(generator.choice(["a", "b", "c"])),
                int(frame),
                float(generator.integers(2, 17) / 16) if scored else None,
                # 0.93: no distance lies on a radius, where rounding would decide.
                None if generator.random() < 0.1 else tuple(0.5 + 0.93 * generator.integers(-3, 4, 2) / 224),
            )
            for frame in generator.integers(0, 80, count)
        )

    videos = [video(*events(20, False), name=f"v{index}", size=(200 + 100 * index, 150)) for index in range(3)]
    return videos, {one.id: events(60, True) for one in videos}


@pytest.mark.parametrize("seed", range(8))
def test_equals_the_plain_version_on_crowded_videos(seed):
    videos, spots = crowded(seed)
    for settings in ({}, {"score_floor": 0.4, "chain_steps": None}):
        kept = volleyball_spots(spots, RULE, **settings)
        scores = score_volleyball(videos, spots, RULE, tolerances=(0, 1, 4, 12), **settings)
        clean = {label: [] for label in "abc"}
        for tolerance, row in scores.spatial.items():
            for radius, value in row.items():
                pair = int(tolerance), int(radius)
                assert value == pytest.approx(plain_spatial(videos, kept, "abc", *pair), abs=1e-12)
                for label in "abc":
                    clean[label].append(plain_clean(videos, kept, label, *pair))
        assert 0 < scores.msap < 1 and 0 < scores.clean_msap < 1
        assert scores.clean_per_class == pytest.approx({label: np.mean(row) for label, row in clean.items()})
        assert scores.clean_msap == pytest.approx(np.mean(list(clean.values())))


def test_settling_equals_one_after_the_other():
    generator = np.random.default_rng(0)
    for _ in range(200):
        num_agents, num_items = generator.integers(1, 12, 2)
        lists = [generator.permutation(num_items)[: generator.integers(0, num_items + 1)] for _ in range(num_agents)]
        agent = np.repeat(np.arange(num_agents), [len(one) for one in lists])
        item = np.concatenate(lists).astype(np.int64)
        good = generator.random(len(item)) < 0.6
        free, expected = set(range(num_items)), []
        for mine in range(num_agents):
            first = next((row for row in np.flatnonzero(agent == mine) if item[row] in free), None)
            expected.append(first is not None and bool(good[first]))
            if expected[-1]:
                free.remove(item[first])
        assert settle_for_nearest(agent, item, good, num_agents).tolist() == expected


def test_scores_can_be_written_as_json():
    videos, spots = crowded(1)
    scores = score_volleyball(videos, spots, RULE.only("a", "b"))
    assert json.loads(json.dumps(asdict(scores))) == asdict(scores)
    assert set(scores.spatial) == set(scores.per_class_at) == {"0", "1", "2", "4"}


def test_label_scores_do_not_matter():
    """Label files made from predictions carry scores; the order of labels is still that of the file."""
    videos, spots = crowded(2)
    scored = [replace(one, events=tuple(replace(e, score=i / 100) for i, e in enumerate(one.events))) for one in videos]
    assert score_volleyball(scored, spots, RULE.only("a", "b")) == score_volleyball(videos, spots, RULE.only("a", "b"))


def test_bad_input_is_named():
    labels, spots = [at(100, 0.5, 0.5)], [at(100, 0.5, 0.5, score=0.9)]
    for message, arguments in (
        ("expected one above 0", {"tolerances": (0,)}),
        ("expected one above 0", {"tolerances": ()}),
        ("no radius in pixels", {"radii_px": ()}),
        ("no label of the classes b in these 1 videos", {"classes": ("b",)}),
    ):
        with pytest.raises(InputError, match=message):
            score(labels, spots, **arguments)
    with pytest.raises(InputError, match="'v': the a at frame 100 needs a score up to 1"):
        score(labels, labels)
    with pytest.raises(InputError, match="needs a score up to 1"):
        score(labels, [at(100, 0.5, 0.5, score=1.5)])
    with pytest.raises(InputError, match="'v' is only in the labels"):
        score_volleyball([video(*labels)], {}, RULE)


def test_scoring_needs_no_torch():
    """Either may be imported first, and neither pulls torch in."""
    for first, second in (("scoring.volleyball", "spotting.decoding"), ("spotting.decoding", "scoring.volleyball")):
        lines = f"import sys, course_lib.{first}, course_lib.{second}; sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", lines], check=False).returncode == 0
