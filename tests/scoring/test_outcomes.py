"""Pairing labels and spots: against tables worked by hand and a plain loop."""

import numpy as np

from course_lib.data.events import Event
from course_lib.scoring.matching import pair_events


def _slow(truth, spots, radius):
    """SoccerNet's rule as it is told: labels in time order, each takes the best free spot in its window."""
    of_label, of_spot = [-1] * len(truth), [-1] * len(spots)
    for i in sorted(range(len(truth)), key=lambda i: truth[i].frame):
        near = [
            j
            for j, spot in enumerate(spots)
            if spot.label == truth[i].label and abs(spot.frame - truth[i].frame) <= radius and of_spot[j] < 0
        ]
        if near:
            best = min(near, key=lambda j: (-spots[j].score, spots[j].frame))
            of_label[i], of_spot[best] = best, i
    return of_label, of_spot


def test_hand_worked():
    truth = [Event("PASS", 20), Event("PASS", 10), Event("SHOT", 10)]
    spots = [Event("PASS", 5, 0.5), Event("PASS", 15, 0.9), Event("SHOT", 17, 0.9)]
    of_label, of_spot = pair_events(truth, spots, 6)
    # The label at 10 comes first and takes the better spot at 15; 20 is left with nothing; the shot is too far.
    assert of_label.tolist() == [-1, 1, -1]
    assert of_spot.tolist() == [-1, 1, -1]


def test_edges():
    assert pair_events([], [], 5)[0].tolist() == []
    assert pair_events([Event("PASS", 3)], [], 5)[0].tolist() == [-1]
    of_label, of_spot = pair_events([Event("PASS", 0)], [Event("PASS", 12)], 12.5)  # no score: certain
    assert of_label.tolist() == [0] and of_spot.tolist() == [0]
    assert pair_events([Event("PASS", 0)], [Event("PASS", 13)], 12.5)[0].tolist() == [-1]
    # Of the same class and frame only the last entry counts.
    of_label, of_spot = pair_events([Event("PASS", 4)], [Event("PASS", 5, 0.9), Event("PASS", 5, 0.1)], 2)
    assert of_label.tolist() == [1] and of_spot.tolist() == [-1, 0]


def test_against_plain_loop():
    draw = np.random.default_rng(0)
    for _ in range(60):
        classes = ["a", "b", "c"]

        def events(number, scored, classes=classes):
            places = draw.choice(3 * 90, number, replace=False)
            score = (lambda: float(draw.integers(1, 8)) / 8) if scored else (lambda: None)
            return [Event(classes[place % 3], int(place // 3), score()) for place in places]

        truth, spots = events(int(draw.integers(0, 25)), False), events(int(draw.integers(0, 50)), True)
        radius = float(draw.integers(0, 9)) / 2
        of_label, of_spot = pair_events(truth, spots, radius)
        slow_label, slow_spot = _slow(truth, spots, radius)
        assert of_label.tolist() == slow_label
        assert of_spot.tolist() == slow_spot
