"""People in the picture: nobody is overlooked by the bound that says who need not be posed."""

from dataclasses import replace

import numpy as np
import pytest
from filming_tracks import scripted

from filming.bodies import body_boxes, body_outlines
from filming.camera import CAMERAS, follow, overlaps
from filming.figures import find_contacts, pose_bodies, pose_some
from filming.hall import VOLLEYBALL
from filming.people import view_people
from filming.shadows import body_shadows
from filming.stadium import FOOTBALL

SIZE = (398, 224)
FRAMES = slice(10, 40)
LAMPS = {"sun": ((2.4, -1.2),), "floodlights": ((0.8, 0.6), (-0.8, 0.6), (0.8, -0.6), (-0.8, -0.6))}


def scene(lamps, camera):
    tracks = scripted(50, seed=3)
    along = tracks.ball_m[25, 0] + np.linspace(-24, 24, 22)  # some just beside the picture
    places = np.stack([along, np.tile([-3.0, 8.0], 11)], axis=1).astype(np.float32)
    tracks = replace(tracks, players_m=np.broadcast_to(places, tracks.players_m.shape))
    look = FOOTBALL.draw_look(2)
    look = replace(look, light=replace(look.light, shadows_m=LAMPS[lamps]))
    camera = follow(tracks.ball_m, tracks.fps, CAMERAS[camera], SIZE, FOOTBALL.half_m, 4)
    return tracks, find_contacts(tracks), camera, look


@pytest.mark.parametrize("lamps", LAMPS)
@pytest.mark.parametrize("camera", CAMERAS)
def test_whoever_is_seen_when_everybody_is_posed_is_drawn(lamps, camera):
    tracks, contacts, camera, look = scene(lamps, camera)
    view = view_people(tracks, contacts, camera, FRAMES, FOOTBALL, look)
    joints_m = pose_bodies(tracks, contacts, FRAMES)
    joints, depth = camera.project(joints_m, FRAMES)
    scale = camera.focal_px[FRAMES][:, None] / depth[:, :, 0]
    rows, players = np.nonzero(overlaps(body_boxes(joints, scale), *SIZE))
    assert 0 < len(rows) < 0.9 * joints_m.shape[0] * joints_m.shape[1]
    assert view.players == players.tolist()
    assert view.starts == np.searchsorted(rows, np.arange(31)).tolist()
    expected = body_outlines(joints[rows, players], depth[rows, players], scale[rows, players])
    assert np.abs(view.outlines - expected).max() <= 1
    shadows = body_shadows(joints_m, LAMPS[lamps], camera, FRAMES)
    some = shadows.reshape(*shadows.shape[:2], -1, 2) / 16
    low, high = some.min(axis=2), some.max(axis=2)
    inside = ((high > 0) & (low < SIZE)).all(axis=-1)
    assert inside.any(axis=1).all()
    for index in range(30):
        drawn = view.shadows[slice(*view.shadow_starts[index : index + 2])]
        for player in np.flatnonzero(inside[index]):
            assert (np.abs(drawn - shadows[index, player]).max(axis=(1, 2, 3)) <= 1).any()


def test_some_are_posed_as_everybody_is():
    tracks = scripted(50)
    contacts = find_contacts(tracks)
    everybody = pose_bodies(tracks, contacts, FRAMES)
    frames, players = np.array([12, 12, 30, 39]), np.array([1, 4, 6, 21])
    some = pose_some(tracks, contacts, frames, players)
    assert some == pytest.approx(everybody[frames - FRAMES.start, players], abs=1e-12)


def test_layers_and_depths_are_those_of_the_people_in_the_picture():
    tracks, contacts, camera, look = scene("sun", "near")
    view = view_people(tracks, contacts, camera, FRAMES, VOLLEYBALL, look)
    frames = np.repeat(np.arange(10, 40), np.diff(view.starts))
    x = tracks.players_m[frames, view.players, 0]
    assert view.layers == np.where((x > 0) == (camera.position_m[0] > 0), 2, 0).tolist()
    feet = np.concatenate([tracks.players_m[frames, view.players], np.zeros((len(x), 1))], axis=-1)
    assert view.depths_m == pytest.approx(camera.project(feet, frames)[1], abs=1.5)
