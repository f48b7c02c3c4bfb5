"""The film: every frame of a played match as a picture, and where in the picture everything is.

The truth of a frame (where the camera looks, where ball, heads and feet are in pixels) is computed first, for many
frames at once; pictures are drawn from it, far to near, so that labels, tracks and video can never disagree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

import cv2
import numpy as np

from .ball import view_ball
from .bodies import body_boxes, draw_body, draw_outfits
from .camera import CameraPath, CameraStyle, follow, hold_in_picture, overlaps
from .figures import find_contacts, pose_bodies
from .people import view_people
from .planes import Plane
from .scorebug import ScoreBug
from .shadows import ball_shadows, darken, shadow_boxes
from .stadium import FOOTBALL
from .tracks import Tracks
from .venue import Venue

__all__ = ["ENCODING", "Film", "ScreenTruth"]

CHUNK_FRAMES = 100  # projected at once: enough to amortise, little enough to stay in the cache
NOISE_PICTURES = 12
# How films are written: no B-frames and a key frame every two seconds make them a third larger, but quick to make and
# quick to read from anywhere. One thread, since films are made side by side.
ENCODING = {"crf": 25, "preset": "superfast", "key_every": 50, "b_frames": False, "threads": 1}


@dataclass(frozen=True)
class ScreenTruth:
    """Where everything is in the picture. T frames, P players; pixels from the top left corner of the picture."""

    ball_px: np.ndarray  # float32 [T, 2], also outside the picture
    ball_radius_px: np.ndarray  # float32 [T]
    ball_on_screen: np.ndarray  # bool [T]
    players_px: np.ndarray  # float32 [T, P, 2], the point on the ground below the body
    boxes_px: np.ndarray  # float32 [T, P, 4], x0, y0, x1, y1 around the whole body
    players_on_screen: np.ndarray  # bool [T, P], any of the box in the picture


class Film:
    """A match, ready to be filmed.

    Args:
        tracks: the played match.
        style: near or broadcast.
        size: width and height of the picture in pixels.
        seed: everything that differs from match to match: light, kits, stands, camera position, noise.
        names: three letters for each team.
        venue: where it is played.
        take: of several films with one seed (the rallies of a match), which one this is: look and place of the camera
            stay, noise and tremble do not.
    """

    def __init__(
        self,
        tracks: Tracks,
        style: CameraStyle,
        size: tuple[int, int],
        seed: int,
        names: tuple[str, str] = ("HOM", "AWY"),
        venue: Venue = FOOTBALL,
        take: int = 0,
    ) -> None:
        self.tracks, self.size, self.venue = tracks, size, venue
        look_seed, camera_seed, self._noise_seed = np.random.SeedSequence(seed).generate_state(3).tolist()
        if take:
            self._noise_seed = [self._noise_seed, take]
        self.look = venue.draw_look(look_seed)
        camera = follow(tracks.ball_m, tracks.fps, style, size, venue.half_m, camera_seed, take)
        if venue.contact_margin is not None:
            frames = np.array([action.frame for action in tracks.actions], int)
            camera = hold_in_picture(camera, tracks.ball_m[frames], frames, tracks.fps, venue.contact_margin)
        self.camera: CameraPath = camera
        self.contacts = find_contacts(tracks, venue.body_scale)
        self.outfits = draw_outfits(self.look, tracks.team, tracks.keeper)
        self.bug = ScoreBug(names, self.look.kits, size[0], look_seed, venue.clock)

    def truth(self) -> ScreenTruth:
        """Pixels and boxes of the whole match."""
        width, height = self.size
        tracks, parts = self.tracks, []
        for frames in _chunks(tracks.num_frames):
            ball, ball_depth = self.camera.project(tracks.ball_m[frames], frames)
            feet = np.concatenate([tracks.players_m[frames], np.zeros((*tracks.players_m[frames].shape[:2], 1))], -1)
            players, depth = self.camera.project(feet, frames)
            joints, _ = self.camera.project(pose_bodies(tracks, self.contacts, frames), frames)
            focal = self.camera.focal_px[frames]
            parts.append(
                (
                    ball,
                    self.venue.ball_radius_m * focal / ball_depth,
                    players,
                    body_boxes(joints, focal[:, None] / depth),
                )
            )
        ball, radius, players, boxes = (np.concatenate(part).astype(np.float32) for part in zip(*parts, strict=True))
        return ScreenTruth(
            ball_px=ball,
            ball_radius_px=radius,
            ball_on_screen=((ball >= 0) & (ball < [width, height])).all(axis=-1),
            players_px=players,
            boxes_px=boxes,
            players_on_screen=overlaps(boxes, width, height),
        )

    @cached_property
    def planes(self) -> list[Plane]:
        """Ground, stands and boards, in the order in which to draw them."""
        focal = float(np.median(self.camera.focal_px))
        return self.venue.planes(self.look, focal, self.camera.position_m)

    def pictures(self) -> Iterator[np.ndarray]:
        """Yield every frame as uint8 [H, W, 3] RGB; the array is reused, so copy what you keep."""
        width, height = self.size
        rng = np.random.default_rng(self._noise_seed)
        noise = rng.normal(self.look.noise * 2, self.look.noise, (NOISE_PICTURES, height + 16, width + 16))
        noise = np.clip(np.rint(noise, out=noise), 0, 255, out=noise).astype(np.uint8)
        grain = [cv2.cvtColor(one, cv2.COLOR_GRAY2RGB) for one in noise]
        shift = rng.integers(0, 16, (997, 2))
        softness = self.look.softness_px * width / 398
        night = np.full((height, width, 3), (24, 26, 30), np.uint8)  # where neither ground nor stand is seen
        picture, soft = np.zeros((height, width, 3), np.uint8), np.zeros((height, width, 3), np.uint8)
        for frames in _chunks(self.tracks.num_frames):
            views = [view for view in (plane.view(self.camera, frames) for plane in self.planes) if any(view.drawn)]
            draw_people = self._people(frames)
            for index in range(frames.stop - frames.start):
                frame = frames.start + index
                np.copyto(picture, night)
                for view in views:
                    view.draw(picture, index)
                draw_people(picture, index)
                cv2.GaussianBlur(picture, (3, 3), softness, dst=soft)
                down, right = shift[frame % len(shift)]
                cv2.add(soft, grain[frame % NOISE_PICTURES][down : down + height, right : right + width], dst=soft)
                seconds = int(frame / self.tracks.fps)
                shown = max(0, frame - round(self.venue.score_delay_sec * self.tracks.fps))
                self.bug.draw(soft, seconds, tuple(self.tracks.score[shown].tolist()))
                yield soft

    def _people(self, frames: slice) -> Callable[[np.ndarray, int], None]:
        """Everything that stands on the ground in `frames`: a function that draws frame i of them."""
        camera, look, tracks, venue = self.camera, self.look, self.tracks, self.venue
        lamps = look.light.shadows_m
        people = view_people(tracks, self.contacts, camera, frames, venue, look)
        standing = venue.standing(look, camera, frames)
        ball = view_ball(tracks.ball_m, tracks.fps, camera, frames, look, venue.ball_radius_m)
        ball_shade = ball_shadows(tracks.ball_m[frames], venue.ball_radius_m, lamps, camera, frames)
        ball_boxes = shadow_boxes(ball_shade, *self.size).tolist()
        ball_layer = venue.layers(tracks.ball_m[frames, 0], camera.position_m).tolist()
        ball_depth = ball.depth_m.tolist()
        mask = np.full(self.size[::-1], 255, np.uint8)

        def draw(picture: np.ndarray, index: int) -> None:
            dark = slice(*people.shadow_starts[index : index + 2])
            outlines = [outline for shadow in people.shadows[dark] for outline in shadow]
            outlines.extend(ball_shade[index])
            boxes = [*people.shadow_boxes[dark], ball_boxes[index]]
            darken(picture, mask, outlines, boxes, look.light.shadow_strength)
            # Layer, depth (far to near), and what to draw.
            things = [(ball_layer[index], -ball_depth[index], ball.draw, (picture, index))]
            for row in range(*people.starts[index : index + 2]):
                body = picture, people.outlines[row], self.outfits[people.players[row]]
                things.append((people.layers[row], -people.depths_m[row], draw_body, body))
            for thing in standing:
                things.extend((1, -away, draw_part, (picture, index)) for away, draw_part in thing.parts(index))
            for _, _, function, arguments in sorted(things, key=itemgetter(0, 1)):
                function(*arguments)

        return draw


def _chunks(total: int) -> Iterator[slice]:
    for start in range(0, total, CHUNK_FRAMES):
        yield slice(start, min(total, start + CHUNK_FRAMES))
