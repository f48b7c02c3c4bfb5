"""The checks of exercises: right solutions print `ok`, wrong ones a hint that names the case, and nothing raises."""

import contextlib
import math
import time
import warnings
from collections import Counter

import numpy as np
import pytest
import torch

from course_lib import checks
from course_lib.checks import report
from course_lib.clips import cover
from course_lib.decoding import symmetric_nms
from course_lib.events import Event
from course_lib.losses import weighted_cross_entropy as library_loss
from course_lib.metrics import official_frames
from course_lib.metrics.average_precision import eleven_point_precision, precision_and_recall
from course_lib.targets import dilated_targets

# ------------------------------------------------------------------------------------------------- right solutions


def count_classes(events):
    return Counter(event.label for event in events)


def frame_of(position_ms, fps):
    return int(fps * (position_ms / 1000))


def busiest_minute(events, fps):
    minutes = Counter(int(event.frame / fps // 60) for event in events)
    return min(minutes, key=lambda minute: (-minutes[minute], minute))


def match_events(truth_frames, pred_frames, scores, tolerance_frames):
    hit = [False] * len(pred_frames)
    for frame in sorted(truth_frames):
        near = [j for j, p in enumerate(pred_frames) if not hit[j] and abs(p - frame) <= tolerance_frames]
        if near:
            hit[min(near, key=lambda j: (-scores[j], pred_frames[j]))] = True
    return hit


def average_precision_11(recall, precision):
    return sum(max(precision[recall >= level / 10], default=0.0) for level in range(11)) / 11


def suppress(frames, scores, window):
    kept = []
    for _, frame in sorted(zip([-score for score in scores], frames, strict=True)):
        if all(abs(frame - other) > window for other in kept):
            kept.append(frame)
    return sorted(kept)


def clip_starts(num_steps, clip_len, overlap):
    hop = max(round(clip_len * (1 - overlap)), 1)
    last = max(num_steps - clip_len, 0)
    return [*range(0, last, hop), last]


def dilate(targets, radius):
    out = targets.copy()
    events = np.flatnonzero(targets)
    for step in range(len(targets)):
        near = [event for event in events if abs(event - step) <= radius]
        if near:
            out[step] = targets[min(near, key=lambda event: (abs(event - step), -event))]
    return out


def weighted_cross_entropy(logits, targets, weights):
    log_p = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    weight = targets * weights
    return -(weight * log_p).sum() / weight.sum()


def torch_cross_entropy(logits, targets, weights):
    weight = targets * weights
    return -(weight * logits.log_softmax(dim=1)).sum() / weight.sum()


def through_the_library(logits, targets, weights):
    return library_loss(logits[None], targets[None], weights)


RIGHT = [
    (checks.count_classes, count_classes),
    (checks.frame_of, frame_of),
    (checks.busiest_minute, busiest_minute),
    (checks.match_events, match_events),
    (checks.average_precision_11, average_precision_11),
    (checks.suppress, suppress),
    (checks.clip_starts, clip_starts),
    (checks.dilate, dilate),
    (checks.weighted_cross_entropy, weighted_cross_entropy),
    (checks.weighted_cross_entropy, torch_cross_entropy),
    (checks.weighted_cross_entropy, through_the_library),
]


@pytest.mark.parametrize(("check", "solution"), RIGHT, ids=lambda f: f.__name__)
def test_right(check, solution, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # they would stand in the notebook, in red
        assert check(solution) is None
    assert capsys.readouterr().out == "ok\n"


def test_other_right_answers(capsys):
    checks.count_classes(lambda events: {"PASS": 0, "GOAL": 0} | dict(count_classes(events)))
    checks.match_events(lambda *arguments: np.array(match_events(*arguments)))
    checks.suppress(lambda *arguments: np.array(suppress(*arguments)))
    checks.frame_of(lambda ms, fps: np.int64(frame_of(ms, fps)))
    assert capsys.readouterr().out == "ok\n" * 4


# ------------------------------------------------------------------------------------------------- wrong solutions


def nearest_match(truth_frames, pred_frames, scores, tolerance_frames):
    hit = [False] * len(pred_frames)
    for frame in sorted(truth_frames):
        near = [j for j, p in enumerate(pred_frames) if not hit[j] and abs(p - frame) <= tolerance_frames]
        if near:
            hit[min(near, key=lambda j: abs(pred_frames[j] - frame))] = True
    return hit


def confident_first_match(truth_frames, pred_frames, scores, tolerance_frames):
    hit, free = [False] * len(pred_frames), list(truth_frames)
    for j in sorted(range(len(pred_frames)), key=lambda j: -scores[j]):
        near = [frame for frame in free if abs(frame - pred_frames[j]) <= tolerance_frames]
        if near:
            free.remove(max(near))
            hit[j] = True
    return hit


def unsorted_match(truth_frames, pred_frames, scores, tolerance_frames):
    order = iter(truth_frames)
    hit = [False] * len(pred_frames)
    for frame in order:
        near = [j for j, p in enumerate(pred_frames) if not hit[j] and abs(p - frame) <= tolerance_frames]
        if near:
            hit[min(near, key=lambda j: (-scores[j], pred_frames[j]))] = True
    return hit


def chain_suppress(frames, scores, window):
    return sorted(
        f for f, s in zip(frames, scores, strict=True)
        if not any(abs(f - g) <= window and (t, -g) > (s, -f) for g, t in zip(frames, scores, strict=True))
    )  # fmt: skip


def average_at_recall(recall, precision):
    return sum(max(precision[recall >= level * 0.1], default=0.0) for level in range(11)) / 11


WRONG = [
    (checks.count_classes, lambda events: {"PASS": 2, "DRIVE": 1}, "one goal"),
    (checks.count_classes, lambda events: dict(Counter(label for label, _ in {(e.label, e.frame) for e in events})),
     "events at the same frame"),
    (checks.frame_of, lambda ms, fps: round(ms * fps / 1000), "700 ms"),
    (checks.frame_of, lambda ms, fps: int(ms * fps / 1000), "1160 ms"),
    (checks.frame_of, lambda ms, fps: int(25 * (ms / 1000)), "12.5 fps"),
    (checks.busiest_minute, lambda events, fps: Counter(int(e.frame / 25 // 60) for e in events).most_common(1)[0][0],
     "12.5 fps"),
    (checks.busiest_minute, lambda events, fps: Counter(int(e.frame / fps // 60) for e in events).most_common(1)[0][0],
     "two minutes with as many events"),
    (checks.busiest_minute, lambda events, fps: 1 + busiest_minute(events, fps), "one event in the first minute"),
    (checks.match_events, nearest_match, "two predictions for one label"),
    (checks.match_events, confident_first_match, "labels that dispute a prediction"),
    (checks.match_events, unsorted_match, "labels that are not in time order"),
    (checks.match_events, lambda t, p, s, d: match_events(t, p, s, d - 1), "exactly at the edge"),
    (checks.match_events, lambda t, p, s, d: [h and s[i] > 0 for i, h in enumerate(match_events(t, p, s, d))],
     "predictions with score 0"),
    (checks.match_events, lambda t, p, s, d: [any(abs(x - y) <= d for y in t) for x in p], "two predictions for one"),
    (checks.average_precision_11, lambda r, p: float(np.mean(p)), "half of the events"),
    (checks.average_precision_11, average_at_recall, "a recall of exactly 0.3"),
    (checks.average_precision_11, lambda r, p: sum(p[r >= k / 10].max() for k in range(11)) / 11, "half of the events"),
    (checks.suppress, chain_suppress, "a chain of three"),
    (checks.suppress, lambda f, s, w: suppress(f, s, w - 1), "exactly a window apart"),
    (checks.suppress, lambda f, s, w: [x for x in f if x in suppress(f, s, w)], "in another order"),
    (checks.suppress, lambda f, s, w: suppress(f, s, w) if all(s) else suppress(f[1:], s[1:], w), "score of 0"),
    (checks.clip_starts, lambda n, c, o: list(range(0, n - c + 1, round(c * (1 - o)))), "a tail"),
    (checks.clip_starts, lambda n, c, o: list(range(0, n, max(round(c * (1 - o)), 1))), "a tail"),
    (checks.clip_starts, lambda n, c, o: [*range(0, n - c, max(round(c * (1 - o)), 1)), n - c], "shorter than a clip"),
    (checks.clip_starts, lambda n, c, o: [*range(0, max(n - c, 0), max(int(c * (1 - o)), 1)), max(n - c, 0)],
     "90 % overlap"),
    (checks.clip_starts, lambda n, c, o: list(range(max(n - c, 0) + 1)), "without overlap"),
    (checks.dilate, lambda t, r: np.array([max(t[max(i - r, 0) : i + r + 1]) for i in range(len(t))]), "in reach of"),
    (checks.dilate, lambda t, r: t, "one event"),
    (checks.weighted_cross_entropy, lambda x, y, w: -(y * w * x.log_softmax(1)).sum(1).mean(), "events weigh 5"),
    (checks.weighted_cross_entropy, lambda x, y, w: weighted_cross_entropy(x, np.eye(3)[y.argmax(1)], w), "soft"),
    (checks.weighted_cross_entropy,
     lambda x, y, w: -(y * w * (x.exp() / x.exp().sum(1, keepdim=True)).log()).sum() / (y * w).sum(), "logits of 1000"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "wrong", "case"), WRONG, ids=range(len(WRONG)))
def test_wrong(check, wrong, case, capsys):
    check(wrong)
    said = capsys.readouterr().out
    assert said.startswith("not yet: ") and "ok\n" not in said
    assert case in said.splitlines()[0]


# ------------------------------------------------------------------------------------------------- what else can come


class Hostile:
    """An answer that cannot be looked at."""

    def __repr__(self):
        raise RuntimeError("no repr")

    __eq__ = __iter__ = __float__ = items = __repr__
    __hash__ = None


ANSWERS = [
    None,
    ...,
    3,
    "text",
    [],
    [None],
    float("nan"),
    np.zeros((2, 2)),
    torch.zeros(2, 2),
    Hostile(),
    object,
    {1: 2},
]


@pytest.mark.parametrize("check", [getattr(checks, name) for name in checks.__all__], ids=lambda f: f.__name__)
def test_never_raises(check, capsys):
    def crash(*_):
        raise ZeroDivisionError("division by zero")

    def leave(*_):
        raise SystemExit(1)

    def unwritten(*_):
        raise NotImplementedError

    functions = [crash, leave, unwritten, lambda: 1, None, 7, print, *(lambda *_, a=answer: a for answer in ANSWERS)]
    for function in functions:
        check(function)
        said = capsys.readouterr().out
        assert "not yet" in said and "ok\n" not in said, function
        assert all(len(line) < 500 for line in said.splitlines())


def test_which_error_is_told(capsys):
    checks.weighted_cross_entropy(lambda x, y, w: torch.log_softmax(x, 1).no_such_thing())
    assert "'Tensor' object has no attribute 'no_such_thing'" in capsys.readouterr().out
    checks.weighted_cross_entropy(lambda x, y, w: x / undefined)  # noqa: F821
    assert "name 'undefined' is not defined" in capsys.readouterr().out


def test_messages(capsys):
    checks.frame_of(lambda ms, fps: 1 / 0)
    assert "it raised ZeroDivisionError: division by zero" in capsys.readouterr().out
    checks.frame_of(frame_of(40, 25))
    assert "give the function itself" in capsys.readouterr().out
    checks.frame_of(lambda ms, fps: ...)
    assert "returned nothing yet" in capsys.readouterr().out
    checks.frame_of(lambda ms, fps: ms * fps // 1000)
    assert capsys.readouterr().out.splitlines() == [
        "not yet: <lambda>, in the case of 1160 ms at 25 fps: expected 28, got 29",
        "hint: exactly it would be 29, but not in floating point. SoccerNet divides by 1000 first, then multiplies by "
        "fps, then cuts off: int(fps * (position_ms / 1000))",
    ]


def test_cases_survive_a_function_that_changes_its_input(capsys):
    def greedy(events):
        counts = {}
        while events:
            label = events.pop().label
            counts[label] = counts.get(label, 0) + 1
        return counts

    checks.count_classes(lambda events: greedy(list(events)))
    assert capsys.readouterr().out == "ok\n"
    case = report.Case("a list", ([3, 1],), 2)
    for _ in range(2):
        report.run_cases(lambda values: values.clear() or 2, [case])
    assert case.arguments == ([3, 1],) and capsys.readouterr().out == "ok\nok\n"


def test_endless_loop(monkeypatch, capsys):
    monkeypatch.setattr(report, "TIME_LIMIT_SEC", 0.2)

    def endless(frames, scores, window):
        while True:
            with contextlib.suppress(Exception):
                scores = list(scores)

    start = time.perf_counter()
    checks.suppress(endless)
    assert time.perf_counter() - start < 5
    assert "still running after 0.2 s" in capsys.readouterr().out


def test_the_library_passes_its_own_exercises(capsys):
    def library_dilate(targets, radius):
        classes = [str(k) for k in range(1, targets.max(initial=0) + 1)]
        events = [Event(str(targets[step]), int(step)) for step in np.flatnonzero(targets)]
        return dilated_targets(events, classes, len(targets), 1, radius).argmax(axis=1)

    def library_suppress(frames, scores, window):
        spots = [Event("PASS", frame, score) for frame, score in zip(frames, scores, strict=True)]
        return [event.frame for event in symmetric_nms(spots, window, 0.0)]

    checks.clip_starts(cover)
    checks.dilate(library_dilate)
    checks.suppress(library_suppress)
    checks.frame_of(official_frames)
    assert capsys.readouterr().out == "ok\n" * 4


def test_eleven_points_are_the_librarys():
    draw = np.random.default_rng(1)
    for _ in range(20):
        spots = np.sort(draw.integers(0, 60, 200))[::-1]
        hits = np.minimum(np.sort(draw.integers(0, 40, 200))[::-1], spots)
        precision, recall = precision_and_recall(hits, spots, np.array(40))
        expected = float(eleven_point_precision(hits, spots, np.array(40)))
        assert math.isclose(average_precision_11(recall, precision), expected, rel_tol=1e-12)


def test_expected_losses_are_the_librarys():
    from course_lib.checks.baseline import _weighted_cross_entropy as by_hand

    draw = np.random.default_rng(0)
    logits, target = draw.normal(size=(7, 4)), draw.dirichlet(np.ones(4), 7)
    weights = np.array([1.0, 5, 5, 2])
    expected = library_loss(*(torch.from_numpy(a) for a in (logits[None], target[None], weights)))
    assert math.isclose(by_hand(logits, target, weights), float(expected), rel_tol=1e-6)
