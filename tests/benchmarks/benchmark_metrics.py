"""Time our average-mAP beside a plain one, on the large case.

    PYTHONPATH=tests/helpers python tests/benchmarks/benchmark_metrics.py [--kind v2|ball] [--metrics at1 tight loose]

The plain one follows the official algorithm step by step, on dense vectors and with a loop over labels, predictions
and thresholds; it is also what the tests compare with. Both get their data in the form they work on (vectors there,
sorted columns here), so what is timed is scoring; reading is timed separately. Times are processor times. For
orientation: the official package itself took 1.00 s for at1 of the v2 case on two shared cores; the plain version
holds plain Python numbers where that holds NumPy's, so that it is no slower.
"""

import argparse
import time

import numpy as np
from large_case import make_large_case

from course_lib.scoring.average_map import METRICS
from course_lib.scoring.ball import OfficialGame, official_tables, score_tables

__all__ = ["plain_average_map", "plain_vectors"]


def plain_vectors(games, classes, fps):
    """Dense vectors of each half: labels (1, -1, else 0), nearest label's visibility, scores (else -1)."""
    size = int(120 * 60 * fps)
    index_of = {name: index for index, name in enumerate(classes)}
    targets, nearests, detections = [], [], []
    for _, annotations, predictions in games:
        target = [np.zeros((size, len(classes))) for _ in range(2)]
        detection = [np.full((size, len(classes)), -1.0) for _ in range(2)]
        for entry in annotations:
            frame = min(int(fps * (int(entry["position"]) / 1000)), size - 1)
            value = -1 if entry.get("visibility") == "not shown" else 1
            target[int(entry["gameTime"][0]) - 1][frame, index_of[entry["label"]]] = value
        for entry in predictions:
            frame = min(int(fps * (int(entry["position"]) / 1000)), size - 1)
            detection[int(entry["half"]) - 1][frame, index_of[entry["label"]]] = entry["confidence"]
        for half in range(2):
            nearest = np.full((size, len(classes)), -1.0)
            for column in range(len(classes)):
                frames = np.flatnonzero(target[half][:, column]).tolist()
                for place, frame in enumerate(frames):
                    start = (frames[place - 1] + frame) // 2 if place else 0
                    stop = (frame + frames[place + 1]) // 2 if place + 1 < len(frames) else size
                    nearest[start:stop, column] = target[half][frame, column]
            targets.append(target[half])
            nearests.append(nearest)
            detections.append(detection[half])
    return targets, nearests, detections


def plain_matches(target, nearest, detection, width):
    """Rows (score, matched, nearest label's visibility) of one class and half."""
    label_frames = np.where(target != 0)[0]
    spot_frames = np.where(detection >= 0)[0]
    scores = detection[spot_frames]
    rows = np.stack([scores, np.zeros(len(scores)), nearest[spot_frames]], axis=1)
    used = set()
    spot_list = list(zip(spot_frames.tolist(), scores.tolist(), strict=True))
    for label in label_frames.tolist():
        best_score, best = -1, None
        for row, (frame, score) in enumerate(spot_list):
            if frame < label - width:
                continue
            if frame > label + width:
                break
            if abs(frame - label) <= width / 2 and score > best_score and row not in used:
                best_score, best = score, row
        if best is not None:
            rows[best, 1] = 1
            used.add(best)
    return rows, int((target > 0).sum()), int((target < 0).sum())


def plain_eleven_points(rows, num_labels):
    """AP from rows (score, matched) by trying every threshold."""
    curve = []
    for threshold in np.linspace(0, 1, 200):
        kept = np.where(rows[:, 0] >= threshold)[0]
        hits = np.sum(rows[kept, 1])
        curve.append((hits / num_labels if num_labels else 0.0, hits / len(kept) if len(kept) else 0.0))
    points = [max((p for r, p in curve if r >= level), default=0.0) for level in np.arange(11) / 10]
    return sum(points) / 11


def plain_average_map(targets, nearests, detections, fps, tolerances_sec):
    """AP of all, visible and unshown labels: (D, 3, K)."""
    result = []
    for tolerance in tolerances_sec:
        per_class = []
        for column in range(targets[0].shape[1]):
            parts, visible, unshown = [], 0, 0
            for target, nearest, detection in zip(targets, nearests, detections, strict=True):
                rows, more_visible, more_unshown = plain_matches(
                    target[:, column], nearest[:, column], detection[:, column], tolerance * fps
                )
                parts.append(rows)
                visible, unshown = visible + more_visible, unshown + more_unshown
            rows = np.concatenate(parts)
            per_class.append(
                (
                    plain_eleven_points(rows, visible + unshown),
                    plain_eleven_points(rows[rows[:, 2] > 0], visible),
                    plain_eleven_points(rows[rows[:, 2] < 0], unshown),
                )
            )
        result.append(np.transpose(per_class))
    return np.array(result)


def timed(work, repeats):
    """Best of several processor times in seconds (other work on the machine counts less), and the result."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
    return best, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=("v2", "ball"), default="v2")
    parser.add_argument("--metrics", nargs="+", choices=METRICS, default=["at1"])
    arguments = parser.parse_args()
    case = make_large_case(arguments.kind)
    games = [OfficialGame(*game) for game in case.games]
    plain_reading, vectors = timed(lambda: plain_vectors(case.games, case.classes, case.fps), 1)
    our_reading, (labels, spots, _) = timed(lambda: official_tables(games, case.classes, case.fps), 3)
    print(f"{arguments.kind}: {len(games)} games, {len(labels):,} labels, {len(spots):,} predictions, {case.fps} fps")
    print(f"entries to vectors {plain_reading:6.2f} s; entries to columns {our_reading:6.2f} s")
    for metric in arguments.metrics:
        tolerances = METRICS[metric]
        slow, expected = timed(lambda: plain_average_map(*vectors, case.fps, tolerances), 1)  # noqa: B023
        fast, scores = timed(lambda: score_tables(labels, spots, case.classes, case.fps, [metric]), 15)  # noqa: B023
        weights = np.ones(len(tolerances))
        if len(tolerances) > 1:
            weights[[0, -1]] = 0.5
        per_class = np.tensordot(weights / weights.sum(), expected, axes=1)  # (3, K)
        ours = scores[metric]
        named = (ours.per_class, ours.per_class_visible, ours.per_class_unshown)
        difference = np.abs(np.array([list(values.values()) for values in named]) - per_class).max()
        print(
            f"{metric:>6}: plain {slow:7.3f} s, ours {1000 * fast:7.2f} ms, {slow / fast:6.0f} times as fast; "
            f"mAP {ours.mAP:.9f}, largest difference {difference:.1e}"
        )


if __name__ == "__main__":
    main()
