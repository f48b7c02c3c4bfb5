"""Finished run folders whose spotters were made up: each finds a known share of the labels."""

from dataclasses import asdict

import numpy as np

from course_lib.config import override
from course_lib.data.events import BALL_12, VOLLEYBALL_6, Event, SpottingDataset, Video
from course_lib.files import write_json
from course_lib.profiles import profile
from course_lib.runs.run import create_run, score_matches, write_spots
from course_lib.spotting.decoding import DecodeConfig

LABELS = {"ball": ("PASS", "DRIVE", "SHOT", "GOAL"), "volleyball": VOLLEYBALL_6}


def toy_dataset(root, task="ball", videos=2, minutes=4.0):
    """Test videos alone, of labels some seconds apart; of volleyball with places."""
    generator = np.random.default_rng(7)
    test = []
    for number in range(videos):
        num_frames = int(minutes * 1500)
        events = tuple(
            Event(
                str(generator.choice(LABELS[task], p=None if task == "volleyball" else (0.45, 0.35, 0.15, 0.05))),
                int(frame),
                xy=(float(generator.random()), float(generator.random())) if task == "volleyball" else None,
            )
            for frame in range(40, num_frames - 40, 60)
        )
        name = f"l/s/match{number}" if task == "ball" else f"match{number % 3}/rally{number}"
        game = name if task == "ball" else name.split("/")[0]
        test.append(Video(name, None, num_frames, 25.0, 398, 224, events, game=game))
    return SpottingDataset("toy", root, BALL_12 if task == "ball" else VOLLEYBALL_6, {"test": tuple(test)})


def toy_spots(dataset, found, wrong_class=0.1, seed=0):
    """This share of the labels spotted, some as another class; and as many spots on nothing."""
    generator = np.random.default_rng(seed)
    task = "ball" if len(dataset.classes) == 12 else "volleyball"
    spots = {}
    for video in dataset.test:
        rows = {}
        for event in video.events:
            if generator.random() < found:
                label = str(generator.choice(LABELS[task])) if generator.random() < wrong_class else event.label
                frame = event.frame + 2 * int(generator.integers(-2, 3))
                rows[label, frame] = Event(label, frame, round(0.3 + 0.7 * float(generator.random()), 3), xy=event.xy)
            label, frame = str(generator.choice(LABELS[task])), 2 * int(generator.integers(video.num_frames // 2))
            rows.setdefault((label, frame), Event(label, frame, round(0.5 * float(generator.random()), 3)))
        spots[video.id] = sorted(rows.values(), key=lambda event: event.frame)
    return spots


def toy_run(path, dataset, system="x3d_s+fc", seed=0, spots=None, found=0.5, matches=False, **values):
    """A run folder with the files that a comparison reads, with scores of each match or as from before there were any;
    `values` change the configuration: `train__lr=0.1`."""
    task = "ball" if len(dataset.classes) == 12 else "volleyball"
    changes = {"data.dataset": dataset.name, "data.classes": list(dataset.classes), "train.seed": seed} | {
        key.replace("__", "."): value for key, value in values.items()
    }
    config = override(profile("smoke", system, task), changes)
    spots = toy_spots(dataset, found, seed=seed) if spots is None else spots
    run = create_run(path, config)
    write_spots(path / "spots", dataset.test, spots, task)
    thresholds = dict.fromkeys(config.data.classes, 0.3)
    write_json(path / "decode.json", {**asdict(DecodeConfig()), "display_thresholds": thresholds})
    tested = score_matches(dataset.test, spots, config.data)
    scores = tested["test"]
    summary = {
        "test": scores, "val": scores, "best_epoch": 1, "seconds": 1.0, "parameters": 2_000_000,
        "trained_parameters": 30_000, "weights": "random",
        "videos": tested["videos"], **({"matches": tested["matches"]} if matches else {}),
    }  # fmt: skip
    write_json(path / "scores.json", summary)
    return run
