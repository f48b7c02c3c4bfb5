"""Suppression against the originals' outputs and against plain loops; decoding; the choice of settings."""

import numpy as np
import pytest
from reference import load_reference

from course_lib.data.events import Event, Video
from course_lib.files import InputError
from course_lib.scoring.ball import score_ball_actions
from course_lib.scoring.rule import Rule
from course_lib.scoring.suppression import SUPPRESSIONS, chain_nms, e2e_nms, nms, soft_nms, starter_nms, symmetric_nms
from course_lib.spotting.decoding import (
    DecodeConfig,
    choose_decoding,
    decode,
    display_thresholds,
    few_labels,
    few_labels_note,
)

NMS_CASES = load_reference("frame_map/20_nms")


def read_events(case):
    return [Event(case["labels"][label], frame, score) for frame, label, score in case["events"]]


def assert_same(events, expected, labels):
    rows = [(event.frame, labels.index(event.label)) for event in events]
    assert rows == [(frame, label) for frame, label, _ in expected]
    assert [event.score for event in events] == pytest.approx([score for *_, score in expected], abs=1e-9)


@pytest.mark.parametrize("case", NMS_CASES["cases"], ids=lambda case: case["id"])
def test_equals_the_originals(case):
    events = read_events(case)
    for output in case["outputs"]:
        window, threshold = output["window"], output.get("threshold")
        ours = {
            "e2e_nms": lambda: e2e_nms(events, window),  # noqa: B023
            "tdeed_nms": lambda: nms(events, window, threshold),  # noqa: B023
            "tdeed_soft_nms": lambda: soft_nms(events, window, threshold),  # noqa: B023
        }[output["method"]]()
        assert_same(ours, output["events"], case["labels"])


@pytest.mark.parametrize("case", NMS_CASES["window_list_cases"], ids=lambda case: str(case["window_list"]))
def test_windows_by_class_go_by_first_appearance(case):
    events, windows, threshold = read_events(case), case["window_list"], case["threshold"]
    assert_same(nms(events, windows, threshold), case["tdeed_nms"], case["labels"])
    assert_same(soft_nms(events, windows, threshold), case["tdeed_soft_nms"], case["labels"])


@pytest.mark.parametrize("name", ["01_rallies_good_model", "06_spatial_offsets", "10_edge_cases"])
def test_chain_equals_the_original(name):
    reference = load_reference(f"volleyball_map/{name}")
    checked = 0
    for case in reference.get("cases", [reference]):
        expected = case["expected"]
        predictions = {video["video"]: video["pred"] for video in case["videos"]}
        for after in expected.get("events_after_threshold_and_nms", []):
            events = [
                Event(case["labels"][label], frame, score)
                for frame, label, score, *_ in predictions[after["video"]]
                if score >= expected["fg_threshold"]
            ]
            kept = chain_nms(events, expected["nms_frames"])
            rows = [[event.frame, case["labels"].index(event.label), event.score] for event in kept]
            assert sorted(rows) == sorted(after["events"])
            checked += 1
    assert checked


def starter_code(scores, window, threshold):
    """The ball-action starter code on a vector of scores (it never ends for a window of 1)."""
    scores, kept = scores.copy(), []
    while scores.max() >= threshold:
        place = int(scores.argmax())
        kept.append((place, scores[place]))
        scores[int(max(place - window / 2, 0)) : int(min(place + int(window / 2), len(scores)))] = -1
    return sorted(kept)


def greedy_code(scores, window, threshold):
    """Symmetric greedy suppression, spelled out."""
    scores, kept = scores.copy(), []
    while scores.max() >= threshold:
        place = int(scores.argmax())
        kept.append((place, scores[place]))
        scores[max(place - window, 0) : place + window + 1] = -1
    return sorted(kept)


def random_scores(seed, steps=300):
    """Rounded, so that there are ties."""
    return np.random.default_rng(seed).random(steps).round(2)


@pytest.mark.parametrize("window", [2, 3, 4, 5, 6, 15])
def test_starter_equals_its_code(window):
    scores = random_scores(window)
    events = [Event("a", step, float(score)) for step, score in enumerate(scores)]
    ours = [(event.frame, event.score) for event in starter_nms(events, window, 0.3)]
    assert ours == starter_code(scores, window, 0.3)


def test_starter_window_reaches_further_back():
    def survivors(window):
        events = [Event("a", frame, 0.9 if frame == 10 else 0.5 - 0.01 * abs(frame - 10)) for frame in range(5, 16)]
        return {event.frame for event in starter_nms(events, window, 0.4) if abs(event.frame - 10) < 4}

    assert survivors(5) & {7, 8, 9, 11} == set() and 10 in survivors(5) and 12 in survivors(5)
    assert 9 not in survivors(1) and {10, 11} <= survivors(1)


@pytest.mark.parametrize("window", [0, 1, 4, 20])
def test_symmetric_equals_plain_code(window):
    scores = random_scores(window)
    events = [Event("a", step, float(score)) for step, score in enumerate(scores)]
    generator = np.random.default_rng(0)
    shuffled = [events[place] for place in generator.permutation(len(events))]
    ours = [(event.frame, event.score) for event in symmetric_nms(shuffled, window, 0.2)]
    assert ours == greedy_code(scores, window, 0.2)


def test_symmetric_prefers_the_earlier_where_nms_prefers_the_first_listed():
    events = [Event("a", 12, 0.5), Event("a", 10, 0.5), Event("b", 11, 0.5, xy=(0.1, 0.2))]
    assert [event.frame for event in symmetric_nms(events, 3, 0.0)] == [10, 11]
    assert [event.frame for event in nms(events, 3)] == [11, 12]
    assert symmetric_nms(events, 3, 0.0)[1] is events[2]


@pytest.mark.parametrize("suppression", SUPPRESSIONS)
@pytest.mark.parametrize("background", [False, True])
def test_decode_suppresses_each_class(suppression, background):
    scores = np.stack([random_scores(1), random_scores(2)], axis=1).astype(np.float32)
    by_name = {
        "symmetric": lambda events: symmetric_nms(events, 4, 0.3),
        "nms": lambda events: nms(events, 4, 0.3),
        "soft": lambda events: soft_nms(events, 4, 0.3),
        "e2e": lambda events: e2e_nms(events, 4),
        "starter": lambda events: starter_nms(events, 4, 0.3),
        "chain": lambda events: chain_nms(events, 4),
    }
    events = [
        Event(label, step, float(scores[step, index]))
        for step in range(len(scores))
        for index, label in enumerate(("a", "b"))
        if scores[step, index] >= 0.3
    ]
    expected = sorted((event.frame * 3, event.label, event.score) for event in by_name[suppression](events))
    table = np.concatenate([1 - scores[:, :1], scores], axis=1) if background else scores
    ours = decode(table, Rule(("a", "b"), stride=3), DecodeConfig(suppression, 4, 0.3))
    assert [(event.frame, event.label, event.score) for event in ours] == expected
    assert len(ours) > 10


def test_decode_of_nothing():
    rule, decoding = Rule(("a",), stride=2), DecodeConfig("symmetric", 3, 0.1)
    assert decode(np.zeros((0, 2)), rule, decoding) == []
    assert decode(np.zeros((9, 2)), rule, decoding) == []
    assert decode(np.full((9, 1), np.nan), rule, DecodeConfig("symmetric", 3, 0.0)) == []


def test_bad_input_is_named():
    scores = np.zeros((5, 4))
    with pytest.raises(InputError, match=r"shape \(5, 4\): expected \(steps, 2\) or \(steps, 3\)"):
        decode(scores, Rule(("a", "b"), stride=1), DecodeConfig())
    with pytest.raises(InputError, match="suppression 'hard': expected one of symmetric"):
        decode(scores, Rule(("a", "b", "c"), stride=1), DecodeConfig("hard"))
    with pytest.raises(InputError, match="no score"):
        symmetric_nms([Event("a", 1)], 3, 0.1)
    with pytest.raises(InputError, match="window -1"):
        symmetric_nms([Event("a", 1, 0.5)], -1, 0.1)
    with pytest.raises(InputError, match="window 0"):
        soft_nms([Event("a", 1, 0.5)], 0)
    with pytest.raises(InputError, match="1 windows for 2 classes"):
        nms([Event("a", 1, 0.5), Event("b", 1, 0.5)], [3])
    with pytest.raises(InputError, match="1 arrays of frame scores for 0 videos"):
        choose_decoding([scores], [], Rule(("a", "b", "c"), stride=1))


def bumpy_video(video_id, seed, stride=2, width=6):
    """A video whose events raise the scores of `width` steps either side, with noise that makes double peaks."""
    generator = np.random.default_rng(seed)
    steps = 2000
    frames = np.arange(40, steps * stride - 40, 80)
    events = tuple(Event("ab"[place % 2], int(frame)) for place, frame in enumerate(frames))
    scores = generator.random((steps, 2)) * 0.05
    for event in events:
        center = event.frame // stride
        bump = np.maximum(0, 1 - np.abs(np.arange(steps) - center) / width) * generator.uniform(0.3, 0.8)
        scores[:, "ab".index(event.label)] += bump * generator.uniform(0.6, 1.0, steps)
    video = Video(video_id, None, steps * stride, 25.0, 1, 1, events)
    return video, np.concatenate([1 - scores.max(axis=1, keepdims=True), scores], axis=1)


def test_choose_decoding_takes_the_best_window():
    videos, scores = zip(*(bumpy_video(f"v{seed}", seed) for seed in range(2)), strict=True)
    windows, names, rule = (1, 3, 8, 60, 200), ("symmetric", "starter"), Rule(("a", "b"), stride=2)
    chosen = choose_decoding(scores, videos, rule, windows_steps=windows, suppressions=names)

    def quality(name, window):
        decoding = DecodeConfig(name, window, 0.01)
        spots = {v.id: decode(s, rule, decoding) for v, s in zip(videos, scores, strict=True)}
        return score_ball_actions(videos, spots, rule).map12

    grid = {(name, window): quality(name, window) for name in names for window in windows}
    assert grid[chosen.suppression, chosen.window_steps] == max(grid.values())
    assert min(grid.values()) < 0.8 * max(grid.values())
    assert choose_decoding(scores, videos, rule).threshold == 0.01
    with pytest.raises(InputError, match="no suppression or no window"):
        choose_decoding(scores, videos, rule, suppressions=())


def test_display_threshold_has_the_best_f1():
    """Class a: hits at 0.9, 0.8, 0.4, misses at 0.5, 0.3, three labels; class b has no hit."""
    truth = Video("v", None, 1000, 25.0, 1, 1, tuple(Event("a", frame) for frame in (100, 300, 500)))
    spots = [Event("a", frame, score) for frame, score in ((100, 0.9), (300, 0.8), (700, 0.5), (500, 0.4), (900, 0.3))]
    # F1 is 2/4, 4/5, 4/6, 6/7, 6/8 down the list.
    assert display_thresholds([truth], {"v": spots}, Rule(("a", "b"), stride=1)) == {"a": 0.4, "b": 0.4}
    # A tie with a false one costs: 2/4, 4/5, then three of five at once, 6/8.
    tied = [*spots[:3], Event("a", 500, 0.3), spots[4]]
    assert display_thresholds([truth], {"v": tied}, Rule(("a",), stride=1)) == {"a": 0.8}
    assert display_thresholds([truth], {"v": []}, Rule(("a",), stride=1)) == {"a": 0.5}


def test_spots_get_what_is_said_of_their_step():
    random = np.random.default_rng(3)
    scores, xy = random.random((300, 3)), random.random((300, 2)).astype(np.float32)
    teams = np.array(["left", "right"])[random.integers(0, 2, 300)]
    rule, decoding = Rule(("a", "b", "c"), stride=3), DecodeConfig("symmetric", 4, 0.3)
    plain, placed = decode(scores, rule, decoding), decode(scores, rule, decoding, {"xy": xy, "team": teams})
    assert [(e.label, e.frame, e.score) for e in placed] == [(e.label, e.frame, e.score) for e in plain]
    assert all(event.xy is None for event in plain) and len(placed) > 5
    for event in placed:
        assert event.xy == pytest.approx(tuple(xy[event.frame // 3])) and type(event.xy[0]) is float
        assert event.team == teams[event.frame // 3]
    with pytest.raises(InputError, match=r"xy of shape \(299, 2\): expected 300 rows, one a step"):
        decode(scores, rule, decoding, {"xy": xy[1:]})
    for name in ("place", "frame"):
        with pytest.raises(InputError, match=f"field '{name}': expected one of xy, team"):
            decode(scores, rule, decoding, {name: xy})


def test_thresholds_of_few_labels_have_a_floor():
    """By hand: often is best shown from 0.6 on, its twelfth hit; one label of rare is found at 0.1, of sure at 0.9."""
    often = [Event("often", 100 * place, 0.95 - 0.03 * place) for place in range(1, 12)] + [Event("often", 1300, 0.6)]
    labels = [Event("often", event.frame) for event in often] + [Event("rare", 2000), Event("sure", 2100)]
    truth = Video("v", None, 4000, 25.0, 64, 48, tuple(labels))
    spots = {"v": [*often, Event("often", 3000, 0.3), Event("rare", 2000, 0.1), Event("sure", 2100, 0.9)]}
    rule = Rule(("often", "rare", "sure", "never"), stride=1)
    thresholds = display_thresholds([truth], spots, rule)
    assert thresholds == {"often": 0.6, "rare": 0.6, "sure": 0.9, "never": 0.6}
    few = few_labels([truth], rule)
    assert few == {"rare": 1, "sure": 1, "never": 0}
    assert few_labels_note(few).endswith("and cautiously, for rare (1), sure (1), never (0)")
    assert few_labels_note({}) == ""
    # Where no class has enough, all of them have a say.
    few_only = Rule(("rare", "sure"), stride=1)
    assert display_thresholds([truth], spots, few_only) == {"rare": 0.5, "sure": 0.9}
