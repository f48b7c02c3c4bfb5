"""checks/volleyball: right solutions print `ok`, wrong ones a hint that names the case, and they are the library's."""

import numpy as np
import pytest

from course_lib.checks import volleyball as checks
from course_lib.court import place_on_court
from course_lib.decoding.suppression import chain_nms
from course_lib.events import Event
from course_lib.metrics.spatial import combine


def combined_score(temporal, spatial):
    t = np.mean([value for tolerance, value in temporal.items() if tolerance > 0])
    s = np.mean([value for row in spatial.values() for value in row.values()])
    return 2 * t * s / (t + s) if t + s else 0.0


def chain_best(frames, scores, reach):
    best = []  # (frame, score)
    for frame, score in zip(frames, scores, strict=True):
        if best and frame - best[-1][0] <= reach:
            if score > best[-1][1]:
                best[-1] = frame, score
        else:
            best.append((frame, score))
    return [frame for frame, _ in best]


def place_at_height(pixel, camera, height_m):
    plane = np.column_stack([camera[:, 0], camera[:, 1], height_m * camera[:, 2] + camera[:, 3]])
    x, y, w = np.linalg.solve(plane, [*pixel, 1.0])
    return np.array([x / w, y / w])


RIGHT = [combined_score, chain_best, place_at_height]


@pytest.mark.parametrize("solution", RIGHT)
def test_right(solution, capsys):
    assert getattr(checks, solution.__name__)(solution) is None
    assert capsys.readouterr().out == "ok\n"


def library_chain(frames, scores, reach):
    spots = [Event("spike", frame, score) for frame, score in zip(frames, scores, strict=True)]
    return np.array([spot.frame for spot in chain_nms(spots, reach)], int)


def library_place(pixel, camera, height_m):
    return place_on_court(pixel / np.array([398.0, 224.0]), camera, height_m, (398, 224)).tolist()


def library_combined(temporal, spatial):
    lenient = np.mean([value for tolerance, value in temporal.items() if tolerance > 0])
    return np.float64(combine(lenient, np.mean([list(row.values()) for row in spatial.values()]), 1e-9))


def test_the_library_passes(capsys):
    checks.chain_best(library_chain)
    checks.place_at_height(library_place)
    checks.combined_score(library_combined)
    assert capsys.readouterr().out == "ok\n" * 3


def with_tolerance_0(temporal, spatial):
    return combined_score({key + 1: value for key, value in temporal.items()}, spatial)


def strict_spatial(temporal, spatial):
    return combined_score(temporal, {key: row for key, row in spatial.items() if key > 0} or spatial)


def plain_mean(temporal, spatial):
    return (np.mean([v for k, v in temporal.items() if k]) + np.mean([list(r.values()) for r in spatial.values()])) / 2


def reach_from_the_last(frames, scores, reach):
    chains = []
    for frame, score in zip(frames, scores, strict=True):
        if chains and frame - chains[-1][-1][1] <= reach:
            chains[-1].append((score, frame))
        else:
            chains.append([(score, frame)])
    return [max(chain, key=lambda spot: spot[0])[1] for chain in chains]


def reach_from_the_first(frames, scores, reach):
    chains = []
    for frame, score in zip(frames, scores, strict=True):
        if chains and frame - chains[-1][0][1] <= reach:
            chains[-1].append((score, frame))
        else:
            chains.append([(score, frame)])
    return [max(chain, key=lambda spot: spot[0])[1] for chain in chains]


def later_of_equals(frames, scores, reach):
    return chain_best(frames, [score + 1e-9 * frame for frame, score in zip(frames, scores, strict=True)], reach)


def on_the_floor(pixel, camera, height_m):
    return place_at_height(pixel, camera, 0.0)


def without_dividing(pixel, camera, height_m):
    plane = np.column_stack([camera[:, 0], camera[:, 1], height_m * camera[:, 2] + camera[:, 3]])
    return np.linalg.solve(plane, [*pixel, 1.0])[:2]


WRONG = [
    ("combined_score", lambda temporal, spatial: 0.0, "two equal halves"),
    ("combined_score", plain_mean, "a low half"),
    ("combined_score", with_tolerance_0, "tolerance 0:"),
    ("combined_score", strict_spatial, "tolerance 0 of the spatial part"),
    ("chain_best", lambda frames, scores, reach: [], "one spot"),
    ("chain_best", lambda frames, scores, reach: list(frames), "two close ones"),
    ("chain_best", lambda frames, scores, reach: chain_best(frames, scores, reach - 1), "exactly in reach"),
    ("chain_best", reach_from_the_last, "a chain that falls"),
    ("chain_best", reach_from_the_first, "a bump"),
    ("chain_best", later_of_equals, "equal scores"),
    ("place_at_height", on_the_floor, "a camera, a ball up high"),
    ("place_at_height", without_dividing, "a camera, a ball on the floor"),
    ("place_at_height", lambda *arguments: 1 / 0, "a map from above"),
]


@pytest.mark.parametrize(("name", "solution", "case"), WRONG)
def test_wrong(name, solution, case, capsys):
    assert getattr(checks, name)(solution) is None
    printed = capsys.readouterr().out
    assert printed.startswith("not yet: ") and f"in the case of {case}" in printed and "ok" not in printed.splitlines()


def test_the_camera_of_the_cases_has_the_court_before_it_and_y_upwards_in_the_picture():
    camera = checks._camera(9.0, 22.0)
    near, far = (checks._project(camera, 0, y, 0) for y in (-4.5, 4.5))
    assert near[1] > far[1]  # what is nearer to the camera is lower in the picture
    assert checks._project(camera, 5, 0, 0)[0] > checks._project(camera, -5, 0, 0)[0]
    assert checks._project(camera, 0, 0, 3)[1] < checks._project(camera, 0, 0, 0)[1]
    assert all((camera @ (x, y, 0, 1))[2] > 0 for x in (-9, 9) for y in (-4.5, 4.5))
