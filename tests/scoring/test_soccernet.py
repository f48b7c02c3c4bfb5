"""SoccerNet's score against the official evaluator's values, against a plain version, and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from plain_evaluator import plain_average_map, plain_vectors
from reference import DATA, load_reference

from course_lib.data.events import BALL_12, Event, Video
from course_lib.files import InputError
from course_lib.scoring.average_map import average_map, metric_tolerances
from course_lib.scoring.average_precision import THRESHOLDS, eleven_point_precision, threshold_bins
from course_lib.scoring.ball import (
    OfficialGame,
    ap_against_tolerance,
    official_frames,
    official_tables,
    precision_recall,
    score_ball_actions,
    score_soccernet,
)
from course_lib.scoring.matching import choose_in_turn, match_labels_in_time_order
from course_lib.scoring.rule import Rule
from course_lib.scoring.tables import SpotTable
from course_lib.spotting.decoding import DecodeConfig, decode

PASSES, STRIDED = Rule(("PASS",), stride=1), Rule(("PASS",), stride=2)
CASES = sorted(file.name.removesuffix(".json.gz") for file in (DATA / "soccernet_map").glob("[01]*.json.gz"))


def video(events, video_id="v", **settings):
    settings = {"num_frames": 3000, "fps": 25.0} | settings
    return Video(id=video_id, path=None, width=398, height=224, events=tuple(events), **settings)


@pytest.mark.parametrize("case", CASES)
def test_equals_official_values(case):
    reference = load_reference(f"soccernet_map/{case}")
    games = [OfficialGame(game["game"], game["annotations"], game["predictions"]) for game in reference["games"]]
    scores = score_soccernet(games, reference["classes"], fps=reference["framerate"], metrics=reference["expected"])
    assert len(scores) == 7
    for metric, expected in reference["expected"].items():
        ours = scores[metric]
        for suffix in ("", "_visible", "_unshown"):
            assert getattr(ours, f"mAP{suffix}") == pytest.approx(expected[f"a_mAP{suffix}"], abs=1e-9)
            per_class = getattr(ours, f"per_class{suffix}")
            assert list(per_class) == reference["classes"]
            assert list(per_class.values()) == pytest.approx(expected[f"a_mAP_per_class{suffix}"], abs=1e-9)
    counts = reference["vector_counts"]
    assert list(ours.num_visible.values()) == counts["gt_visible"]
    assert list(ours.num_unshown.values()) == counts["gt_unshown"]


def test_all_reference_cases_are_there():
    assert len(CASES) == 12


def test_equals_the_course_protocol():
    """Reference case 40: starter suppression, steps of two frames, mAP-12 and mAP-10."""
    reference = load_reference("soccernet_map/40_course_map12_map10_stride2")
    classes, videos, spots = reference["classes"], [], {}
    rule = Rule(classes, stride=2)
    for entry in reference["videos"]:
        events = [
            Event(item["label"], round(int(item["position"]) / 40), position_ms=int(item["position"]))
            for item in entry["annotations"]
        ]
        videos.append(video(events, entry["video"], num_frames=entry["num_frames_25fps"]))
        scores = np.zeros((entry["num_steps"], 12))
        for step, index, score in entry["scores_sparse"]:
            scores[step, index] = score
        found = decode(scores, rule, DecodeConfig("starter", 5, 0.05))
        kept = [[event.frame // 2, classes.index(event.label), event.score] for event in found]
        assert sorted(kept) == sorted(entry["after_nms_sparse"])
        spots[entry["video"]] = found
    ours = score_ball_actions(videos, spots, rule)
    assert ours.map12 == pytest.approx(reference["expected"]["mAP12"], abs=1e-9)
    assert ours.map10 == pytest.approx(reference["expected"]["mAP10"], abs=1e-9)
    assert list(ours.per_class.values()) == pytest.approx(reference["expected"]["AP_per_class"], abs=1e-9)


def test_milliseconds_become_frames_as_officially():
    reference = load_reference("soccernet_map/frame_conversion")
    for table in reference["tables"]:
        positions, frames = np.transpose(table["pairs"])
        assert official_frames(positions, table["framerate"]).tolist() == frames.tolist()
    positions = np.arange(0, 2 * 3600 * 1000, 40)
    low = np.flatnonzero(official_frames(positions, 25) < positions // 40)
    assert len(low) == reference["count_of_multiples_of_40ms_below_2h_truncated_one_low_at_25fps"]
    assert positions[low[:60]].tolist() == reference["first_of_them"]


def only_label_frame(entry, fps):
    tables = official_tables([OfficialGame("g", [{"label": "PASS"} | entry], [])], ["PASS"], fps)
    return int(tables.labels.frame[0])


def test_clock_and_position_types_are_read_as_officially():
    reference = load_reference("soccernet_map/frame_conversion")
    for clock, fps, frame in reference["gameTime_only"]:
        assert only_label_frame({"gameTime": clock}, fps) == frame
    for position, frame in reference["position_types_25fps"]:
        entry = {"gameTime": "1 - 00:00", "position": position}
        if frame == "ValueError":
            with pytest.raises(InputError, match=r"annotations\[0\]"):
                only_label_frame(entry, 25)
        else:
            assert only_label_frame(entry, 25) == frame


def random_games(seed, num_games=2, labels_per_half=25, spots_per_half=60):
    """Games so crowded that windows overlap in long chains, with few distinct scores and places."""
    generator = np.random.default_rng(seed)
    games = []
    for game in range(num_games):
        annotations, predictions = [], []
        for half in (1, 2):
            for label in "ab":
                for position in generator.integers(0, 90_000, labels_per_half):
                    visibility = "not shown" if generator.random() < 0.3 else "visible"
                    entry = {"gameTime": f"{half} - 00:00", "label": label, "position": str(position)}
                    annotations.append(entry | {"visibility": visibility})
                for position in generator.integers(0, 90_000, spots_per_half):
                    score = float(generator.choice([-0.5, float("nan"), *np.arange(0, 11) / 10, 1.5]))
                    entry = {"half": str(half), "label": label, "position": int(position), "confidence": score}
                    predictions.append(entry)
        games.append((f"g{game}", annotations, predictions))
    return games


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_plain_version_on_crowded_games(seed):
    games, classes, fps = random_games(seed), ["a", "b"], 2
    tolerances = (1.0, 3.0, 10.0, 60.0)
    expected = plain_average_map(*plain_vectors(games, classes, fps), fps, tolerances)
    tables = official_tables([OfficialGame(*game) for game in games], classes, fps)
    ours = average_map(tables.labels, tables.spots, tolerances, fps)
    assert np.stack([ours.all, ours.visible, ours.unshown], axis=1) == pytest.approx(expected, abs=1e-12)
    assert 0.05 < expected.mean() < 0.95


@pytest.mark.parametrize("num_frames", [50, 2**58])
def test_of_equal_class_video_and_frame_the_last_stays_in_order(num_frames):
    """However long the keys are: short ones are sorted together with their rows."""
    generator = np.random.default_rng(0)
    video, frame = generator.integers(0, 3, 400), generator.integers(0, 50, 400) + num_frames - 50
    value = generator.random(400)
    size = {"num_classes": 1, "num_videos": 3, "num_frames": num_frames}
    table = SpotTable.build(np.zeros(400), video, frame, value, **size)
    last = {(int(v), int(f)): x for v, f, x in zip(video, frame, value, strict=True)}
    assert list(zip(table.video_index.tolist(), table.frame.tolist(), strict=True)) == sorted(last)
    assert table.value.tolist() == [last[place] for place in sorted(last)]


def test_tolerance_is_the_full_width():
    truth = video([Event("PASS", 100)])
    for offset, expected in ((12, 1.0), (-12, 1.0), (13, 0.0), (-13, 0.0)):
        spots = {"v": [Event("PASS", 100 + offset, score=0.9)]}
        assert score_ball_actions([truth], spots, PASSES).map12 == expected
    # 12.5 steps a second: 6.25 steps either side, of which 6 count.
    for frame, expected in ((112, 1.0), (114, 0.0)):
        spots = {"v": [Event("PASS", frame, score=0.9)]}
        assert score_ball_actions([truth], spots, STRIDED).map12 == expected


def test_average_precision_by_hand():
    """Two labels, three spots: hit, miss, hit. Recall 0.5 at precision 1, recall 1 at precision 2/3."""
    truth = video([Event("PASS", 100), Event("PASS", 500)])
    spots = {"v": [Event("PASS", 101, 0.9), Event("PASS", 300, 0.6), Event("PASS", 499, 0.3)]}
    ours = score_ball_actions([truth], spots, Rule(("PASS", "GOAL"), stride=1))
    assert ours.per_class == {"PASS": pytest.approx((6 * 1 + 5 * 2 / 3) / 11), "GOAL": 0.0}
    assert ours.map == ours.per_class["PASS"] and ours.map10 is None  # of a list of one's own over what has labels
    assert ours.counts == {"PASS": 2, "GOAL": 0}
    official = score_ball_actions([truth], spots, Rule(BALL_12, stride=1))
    assert official.map == official.map12 == pytest.approx(ours.map / 12)
    assert official.map10 == pytest.approx(ours.map / 10)
    recall, precision, thresholds = precision_recall([truth], spots, PASSES, "PASS")
    assert (np.diff(recall) >= 0).all() and (np.diff(thresholds) < 0).all()
    assert {(float(r), float(p)) for r, p in zip(recall, precision, strict=True)} == {
        (0.5, 1.0),
        (0.5, 0.5),
        (1, 2 / 3),
    }
    curve = ap_against_tolerance([truth], spots, PASSES, [0.04, 0.08, 1.0])
    assert curve == {"PASS": [0.0, ours.per_class["PASS"], ours.per_class["PASS"]]}


def test_map10_is_none_without_rare_classes():
    assert score_ball_actions([video([])], {"v": []}, PASSES).map10 is None
    assert score_ball_actions([video([])], {"v": []}, Rule(BALL_12, stride=1)).map10 == 0.0


def test_labels_use_milliseconds_where_a_file_states_them():
    """1160 ms is frame 28 officially, though the nearest frame is 29."""
    label = Event("PASS", 29, position_ms=1160)
    spots = {"v": [Event("PASS", 28 + 12, 0.9)]}
    assert score_ball_actions([video([label])], spots, PASSES).map12 == 1.0
    spots = {"v": [Event("PASS", 29 + 12, 0.9)]}
    assert score_ball_actions([video([label])], spots, PASSES).map12 == 0.0
    assert score_ball_actions([video([replace(label, position_ms=None)])], spots, PASSES).map12 == 1.0


def test_a_label_behind_the_end_is_put_on_the_last_step_of_its_own_video():
    videos = [video([], "long"), video([Event("PASS", 999, position_ms=70_000)], "short", num_frames=999)]
    spots = {"long": [], "short": [Event("PASS", 998, 0.9)]}
    assert score_ball_actions(videos, spots, STRIDED).map12 == 1.0


def test_videos_of_another_rate_are_scored_by_time():
    truth = video([Event("PASS", 300)], fps=30.0)
    for frame, expected in ((314, 1.0), (316, 0.0)):
        assert score_ball_actions([truth], {"v": [Event("PASS", frame, 0.5)]}, PASSES).map12 == expected


def test_weak_spots_never_lower_the_score():
    generator = np.random.default_rng(0)
    truth = [video([Event("PASS", int(frame)) for frame in generator.integers(0, 3000, 40)])]
    # All at different frames, as after suppression: at one frame the last listed would replace a better one.
    frames = generator.permutation(3000)[:400].tolist()
    spots = [Event("PASS", frame, float(score)) for frame, score in zip(frames, generator.random(400), strict=True)]
    cuts = (0.0, 0.1, 0.3, 0.5, 0.9)
    maps = [
        score_ball_actions(
            truth, {"v": [s for s in spots if s.score >= cut]}, Rule(("PASS",), stride=1, tolerance_sec=3.0)
        ).map12
        for cut in cuts
    ]
    assert maps == sorted(maps, reverse=True) and maps[0] > maps[-1]


def test_bins_count_the_thresholds_reached():
    near = np.concatenate([THRESHOLDS, np.nextafter(THRESHOLDS, -1)[1:], np.nextafter(THRESHOLDS, 2)])
    scores = np.concatenate([near, np.random.default_rng(0).random(1000), [1.5, np.inf]])
    assert threshold_bins(scores).tolist() == np.searchsorted(THRESHOLDS, scores, side="right").tolist()


def test_no_label_and_no_spot_give_zero():
    zeros = np.zeros(200)
    assert eleven_point_precision(zeros, zeros, np.array(0)) == 0
    assert eleven_point_precision(zeros, zeros + 5, np.array(3)) == 0
    assert eleven_point_precision(zeros + 3, zeros + 3, np.array(3)) == 1


def test_choose_in_turn_equals_asking_one_by_one():
    generator = np.random.default_rng(1)
    for _ in range(50):
        wishes = [generator.permutation(12)[: generator.integers(0, 6)] for _ in range(10)]
        free, expected = set(range(12)), []
        for wish in wishes:
            expected.append(next((int(item) for item in wish if item in free), -1))
            free.discard(expected[-1])
        agents = np.repeat(np.arange(10), [len(wish) for wish in wishes])
        assert choose_in_turn(agents, np.concatenate(wishes).astype(np.int64), 10, 12).tolist() == expected


def test_a_window_never_reaches_into_the_next_video():
    size = {"num_classes": 1, "num_videos": 2, "num_frames": 10}
    labels = SpotTable.build([0, 0], [0, 1], [9, 0], [1, 1], **size)
    spots = SpotTable.build([0], [1], [0], [0.5], **size)
    (match,) = match_labels_in_time_order(labels, spots, np.array([1e9]))
    assert match.tolist() == [-1, 0]


def test_what_does_not_count_is_skipped_and_counted():
    label = {"gameTime": "1 - 00:01", "label": "PASS", "position": "1000"}
    spot = {"half": "1", "label": "PASS", "position": "1000", "confidence": "0.5"}
    annotations = [label, label | {"label": "THROW"}, label | {"gameTime": "3 - 00:01"}, label | {"label": "?"}]
    others = [{"label": "THROW"}, {"half": "3"}, {"confidence": -0.1, "position": 4000}, {"confidence": "nan"}]
    games = [OfficialGame("g", annotations, [spot, *(spot | change for change in others)][::-1])]
    scores = score_soccernet(games, ["PASS", "DRIVE"], fps=25)["at1"]
    assert scores.per_class["PASS"] == 1.0 and scores.num_visible == {"PASS": 1, "DRIVE": 0}
    assert scores.skipped == {
        "labels of other classes": 2,
        "labels of other halves": 1,
        "predictions of other classes": 1,
        "predictions of other halves": 1,
        "predictions without a score of 0 or more": 1,  # the other was replaced by the good one on its frame
    }
    assert score_soccernet([OfficialGame("g", [label], [spot])], ["PASS"], fps=25)["at1"].skipped == {}


def test_bad_input_is_named():
    label = {"gameTime": "1 - 00:01", "label": "PASS", "position": "1000"}
    spot = {"half": "1", "label": "PASS", "position": "1000", "confidence": "0.5"}
    good = OfficialGame("g", [label], [spot], "Labels-ball.json", "results_spotting.json")
    assert score_soccernet([good], ["PASS"], fps=25)["at1"].mAP == 1.0
    without_time = {key: value for key, value in label.items() if key != "gameTime"}
    for broken, message in (
        (replace(good, annotations=[label, without_time]), r"Labels-ball.json: annotations\[1\] has no field 'gameTi"),
        (replace(good, predictions=[spot | {"confidence": None}]), r"results_spotting.json: predictions\[0\]"),
        (replace(good, predictions=[spot, "x"]), r"predictions\[1\] is 'x'; expected a JSON object"),
        (replace(good, predictions={}), r"predictions is {}; expected a list"),
        (replace(good, annotations=[label | {"position": "-9999999999"}]), r"two hours before"),
    ):
        with pytest.raises(InputError, match=message):
            score_soccernet([broken], ["PASS"], fps=25)
    with pytest.raises(InputError, match="no game"):
        score_soccernet([], ["PASS"], fps=25)
    with pytest.raises(InputError, match="metric 'at'"):
        metric_tolerances("at")
    with pytest.raises(InputError, match="video 'v' has no spots"):
        score_ball_actions([video([])], {}, PASSES)
    with pytest.raises(InputError, match="PASS at frame 3 has no score"):
        score_ball_actions([video([])], {"v": [Event("PASS", 3)]}, PASSES)
