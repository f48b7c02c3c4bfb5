"""Challenges and submissions that were never handed in: spots of pretended spotters, as zips."""

import io
import json
import os
import zipfile
from dataclasses import asdict

import numpy as np

from course_lib.challenge.pretend import pretend_spots
from course_lib.data.events import BALL_12, VOLLEYBALL_6, Event, Video
from course_lib.data.formats.common import write_class_file, write_e2e_json
from course_lib.data.formats.soccernet import frame_to_position_ms
from course_lib.spotting.submission import soccernet_folders

RATES_A_MINUTE = (9, 9, 2, 1.6, 0.9, 0.5, 0.6, 0.9, 0.8, 0.8, 0.6, 0.6)


def played(matches=4, minutes=2.0, seed=0, fps=25.0):
    """Videos of matches with labels at random moments, and no file."""
    random = np.random.default_rng(seed)
    frames = round(minutes * 60 * fps)
    videos = []
    for number in range(matches):
        game = f"league/season/2026-01-{number + 1:02d} - A - B"
        events = sorted(
            (
                Event(label, int(frame))
                for label, rate in zip(BALL_12, RATES_A_MINUTE, strict=True)
                for frame in random.integers(frames, size=random.poisson(rate * minutes) + 1)
            ),
            key=lambda event: event.frame,
        )
        videos.append(Video(game, None, frames, fps, 96, 64, tuple(events)))
    return videos


def rallies(root, matches=4, each=6, seed=0):
    """A folder in the common JSON with rallies in a test split, without videos; gives it."""
    random = np.random.default_rng(seed)
    videos = []
    for match in range(matches):
        for number in range(each):
            frames = sorted(random.choice(200, 5, replace=False).tolist())
            events = tuple(
                Event(label, frame, xy=(float(random.random()), float(random.random())))
                for label, frame in zip(VOLLEYBALL_6, frames, strict=False)
            )
            videos.append(Video(f"match {match}/rally {number}", None, 240, 25.0, 224, 224, events))
    write_e2e_json(root / "test.json", videos)
    write_class_file(root / "class.txt", VOLLEYBALL_6)
    return root


def zip_bytes(files):
    """A zip of these files, by name, with a fixed date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def submission_files(videos, spots):
    """The files of a zip with these spots: SoccerNet's, or predictions.json."""
    if soccernet_folders(videos):
        return {
            f"{video.game}/results_spotting.json": json.dumps(
                {"UrlLocal": video.game, "predictions": [_entry(spot, video) for spot in spots[video.id]]}
            )
            for video in videos
        }
    listed = [
        {
            "video": video.id,
            "events": [
                {key: value for key, value in asdict(spot).items() if key in ("frame", "label", "score", "xy")}
                for spot in spots[video.id]
            ],
        }
        for video in videos
    ]
    return {"predictions.json": json.dumps(listed)}


def hand_in(folder, name, videos, spots, when=0):
    """Write a submission; `when` is its time of change."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zip_bytes(submission_files(videos, spots)))
    os.utime(path, (1_700_000_000 + when, 1_700_000_000 + when))
    return path


def hand_in_many(folder, challenge, teams, tries, seed=0, differ=0.4, noise=0.05):
    """So many tries of teams whose skills lie `differ` apart from first to last; each try is a little other."""
    random = np.random.default_rng(seed)
    skills = np.linspace(-differ / 2, differ / 2, teams)
    for number in range(tries):
        team = number % teams
        skill = skills[team] + noise * (number // teams) + random.normal(0, noise)
        (spots,) = pretend_spots(challenge.videos, challenge.classes, [skill], random)
        hand_in(folder, f"Team {team + 1:02d}/try {number // teams + 1}.zip", challenge.videos, spots, number)


def _entry(spot, video):
    position = frame_to_position_ms(spot.frame, video.fps)
    return {
        "gameTime": f"{video.half} - {position // 60000:02d}:{position // 1000 % 60:02d}",
        "label": spot.label,
        "position": str(position),
        "half": str(video.half),
        "confidence": repr(spot.score),
    }
