"""SoccerNet's average-mAP the plain way: what tests compare with, and a command to time ours beside.

    python tests/benchmarks/plain_evaluator.py LABELS PREDICTIONS --classes class.txt --fps 2 --metric at1|tight|loose

It follows the official evaluator (SoccerNet package 0.2.0) step by step: every file through Python's own JSON parser,
dense vectors of two hours, loops over labels, predictions and thresholds. It is kinder to itself than that program: it
imports NumPy and what it needs of the standard library, where the official one also imports tqdm, glob, zipfile and
the rest of its package; and its innermost loop holds plain Python numbers, where that one's holds NumPy's (a few per
cent).
"""

import argparse
import json
from pathlib import Path

import numpy as np

__all__ = ["plain_average_map", "plain_vectors"]

TOLERANCES_SEC = {"at1": [1], "tight": [1, 2, 3, 4, 5], "loose": list(range(5, 61, 5))}


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--classes", type=Path, required=True)
    parser.add_argument("--fps", type=int, required=True)
    parser.add_argument("--metric", choices=TOLERANCES_SEC, default="at1")
    arguments = parser.parse_args()
    classes, fps = arguments.classes.read_text().splitlines(), arguments.fps
    vectors = [], [], []
    for path in sorted(arguments.labels.rglob("Labels-*.json")):
        game = path.parent.relative_to(arguments.labels)
        with open(path) as labels, open(arguments.predictions / game / "results_spotting.json") as predictions:
            entries = game, json.load(labels)["annotations"], json.load(predictions)["predictions"]
        for every, of_game in zip(vectors, plain_vectors([entries], classes, fps), strict=True):
            every += of_game
    tolerances = TOLERANCES_SEC[arguments.metric]
    scores = plain_average_map(*vectors, fps, tolerances)  # (D, 3, K)
    steps = len(tolerances) - 1
    per_class = (scores[:-1] + scores[1:]).sum(axis=0) / 2 / steps if steps else scores[0]
    print(json.dumps({"mAP": per_class[0].mean(), "per_class": dict(zip(classes, per_class[0], strict=True))}))


if __name__ == "__main__":
    main()
