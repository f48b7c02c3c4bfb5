"""How many frames of football a second of CPU time films at 398x224, encoding included, and where the time goes.

    python tests/benchmarks/benchmark_simulator.py [--quick]

`figures` gives the same as numbers. CPU time, not the clock, so that a busy machine changes little; and beside every
rate its ratio to encoding alone, a plain unit of work that a film cannot do without, so that machines can be compared.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from course_lib.data.video import VideoWriter

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "data_scripts"))  # as the commands have it

from filming.camera import CAMERAS
from filming.film import ENCODING, Film
from filming.fixtures import draw_fixtures
from filming.tracks_file import write_tracks
from football.filmed import FPS, MatchPlan, play_match

__all__ = ["figures"]

SIZE = (398, 224)
SEED = 0


def figures(quick: bool = False) -> dict[str, float]:
    """Measure both cameras.

    Args:
        quick: 4 seconds of film, once, for a test; else 20 seconds, the median of three films.

    Returns:
        For each camera, named like "near_frames_per_cpu_sec": frames a second of CPU time; the shares of it that go to
        play, drawing (tracks included) and encoding; and how many times as long a film takes as encoding its frames
        alone. What is made once for a match whatever its length, the textures of its stadium, is left out.
    """
    found = {}
    for camera, tendencies in (("near", "eventful"), ("broadcast", "real")):
        plan = MatchPlan(1, draw_fixtures(2)[1], 4.0 if quick else 20.0, SIZE, camera, tendencies, SEED)
        films = [_film(plan) for _ in range(1 if quick else 3)]
        parts = {part: median(film[part] for film in films) for part in films[0]}
        alone = parts.pop("alone")
        total = sum(parts.values())
        found[f"{camera}_frames_per_cpu_sec"] = plan.num_frames / total
        found |= {f"{camera}_{part}_share": seconds / total for part, seconds in parts.items()}
        found[f"{camera}_times_encoding_alone"] = total / alone
    return found


def _film(plan: MatchPlan) -> dict[str, float]:
    """CPU seconds of each part of filming, and of encoding the same frames again with nothing in between ("alone")."""
    cv2.setNumThreads(1)  # as `make_match` has it
    clock = time.process_time
    play_seed, film_seed = plan.seeds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = clock()
        tracks = play_match(plan)
        seconds = {"play": clock() - begin}
        begin = clock()
        film = Film(tracks, CAMERAS[plan.camera], plan.size, film_seed, plan.fixture.short_names)
        write_tracks(folder / "tracks.npz", film)
        seconds["drawing"], seconds["encoding"] = clock() - begin, 0.0
        for plane in film.planes:
            assert plane.texture.size  # made here, once
        frames = []
        begin = clock()
        with VideoWriter(folder / "film.mp4", FPS, plan.size, **ENCODING) as writer:
            for picture in film.pictures():
                drawn = clock()
                writer.write(picture)
                seconds["drawing"] += drawn - begin
                begin = clock()
                seconds["encoding"] += begin - drawn
                frames.append(picture.copy())
                begin = clock()
        seconds["encoding"] += clock() - begin
        begin = clock()
        with VideoWriter(folder / "again.mp4", FPS, plan.size, **ENCODING) as writer:
            writer.write(np.stack(frames))
        seconds["alone"] = clock() - begin
    return seconds


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="4 seconds of film, once")
    for name, value in figures(parser.parse_args().quick).items():
        print(f"{name:32} {value:8.2f}")


if __name__ == "__main__":
    main()
