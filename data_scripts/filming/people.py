"""People as the camera sees them: who is in the picture, who throws a shadow into it, and their outlines.

Most of a pitch is beside the picture. A cheap bound says who may matter; only they are posed, which is what costs.
"""

from dataclasses import dataclass

import numpy as np

from .appearance import Look
from .bodies import body_boxes, body_outlines
from .camera import CameraPath, bounds, overlaps
from .figures import Contacts, pose_some
from .shadows import body_shadows, shadow_boxes
from .tracks import Tracks
from .venue import Venue

__all__ = ["PeopleView", "view_people"]

HIGHEST_M = 3.6  # nobody's hands come higher, jumping
AROUND_M = 3.0  # nor any part of a body farther from the line above the place that the tracks give


@dataclass(frozen=True)
class PeopleView:
    """Bodies and shadows during n frames, those of a frame behind each other."""

    starts: list[int]  # n + 1, where those of a frame begin among the S bodies in the picture
    players: list[int]  # S
    outlines: np.ndarray  # [S, parts, 8, 2]
    depths_m: list[float]  # S
    layers: list[int]  # S, see `Venue.layers`
    shadow_starts: list[int]  # n + 1, the same among the D shadows in the picture
    shadows: np.ndarray  # [D, k, 8, 2]
    shadow_boxes: list[list[int]]  # D times x0, y0, x1, y1


def view_people(
    tracks: Tracks, contacts: Contacts, camera: CameraPath, frames: slice, venue: Venue, look: Look
) -> PeopleView:
    """Pose and project everybody who may be seen in `frames`, himself or his shadow."""
    size, lamps = (camera.width, camera.height), look.light.shadows_m
    rows, players = np.nonzero(_may_be_seen(tracks, camera, frames, lamps))
    at = frames.start + rows
    joints_m = pose_some(tracks, contacts, at, players)  # [N, J, 3]
    joints, depth = camera.project(joints_m, at)
    scale = camera.focal_px[at] / depth[:, 0]
    seen = np.flatnonzero(overlaps(body_boxes(joints, scale), *size))
    shadows = body_shadows(joints_m, lamps, camera, at)  # [N, k, 8, 2]
    # A shadow may reach into the picture from somebody outside it.
    corners = bounds(shadows[:, :, ::4].reshape(len(rows), -1, 2) >> 4)
    dark = np.flatnonzero(overlaps(corners + [-4, -4, 4, 4], *size))
    begins = np.arange(len(tracks.pose[frames]) + 1)
    return PeopleView(
        starts=np.searchsorted(rows[seen], begins).tolist(),
        players=players[seen].tolist(),
        outlines=body_outlines(joints[seen], depth[seen], scale[seen]),
        depths_m=depth[seen, 0].tolist(),
        layers=venue.layers(tracks.players_m[at[seen], players[seen], 0], camera.position_m).tolist(),
        shadow_starts=np.searchsorted(rows[dark], begins).tolist(),
        shadows=shadows[dark],
        shadow_boxes=shadow_boxes(shadows[dark], *size).tolist(),
    )


def _may_be_seen(tracks: Tracks, camera: CameraPath, frames: slice, lamps_m) -> np.ndarray:
    """Whom the picture may show, or his shadow, wherever his limbs are: bool [n, P]."""
    # Between the feet, the hands of one who jumps, and where their shadows would be.
    ends = HIGHEST_M * np.array([(0, 0, 0), (0, 0, 1), *((*lamp, 0) for lamp in lamps_m)])
    places = tracks.players_m[frames]
    feet = np.concatenate([places, np.zeros((*places.shape[:2], 1))], axis=-1)
    pixels, depth = camera.project(feet[:, :, None] + ends, frames)  # [n, P, 2 + lamps]
    nearest = depth.min(axis=-1)
    around = AROUND_M * camera.focal_px[frames][:, None] / np.maximum(nearest, 1.0)
    boxes = bounds(pixels) + around[..., None] * [-1, -1, 1, 1]
    return overlaps(boxes, camera.width, camera.height) | (nearest < AROUND_M)
