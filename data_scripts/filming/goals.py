"""Goals: posts, bar and a net, projected as lines."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .camera import CameraPath
from .venue import Draw

__all__ = ["GOAL_DEPTH_M", "GOAL_HEIGHT_M", "GOAL_WIDTH_M", "GoalView", "view_goals"]

GOAL_WIDTH_M, GOAL_HEIGHT_M, GOAL_DEPTH_M = 7.32, 2.44, 2.0
POST_M = 0.12
MESH_M = 0.30
NET_STRENGTH = 0.34  # how much of the picture behind the net's lines the net covers
SHIFT = 4


def _net(side: int, line_x_m: float) -> np.ndarray:
    """Line segments of the net of one goal: [n, 2, 3] metres."""
    half, top, back = GOAL_WIDTH_M / 2, GOAL_HEIGHT_M, GOAL_DEPTH_M
    shallow = 0.9  # depth at the top, where the net leaves the bar

    def at(depth: float, y: float, z: float) -> tuple[float, float, float]:
        return (side * (line_x_m + depth), y, z)

    segments = []
    for y in np.arange(-half, half + 1e-6, MESH_M):
        segments.append((at(back, y, 0), at(shallow, y, top)))
        segments.append((at(shallow, y, top), at(0, y, top)))
    for share in np.linspace(0, 1, round(GOAL_HEIGHT_M / MESH_M) + 1):
        depth, z = back + (shallow - back) * share, top * share
        segments.append((at(depth, -half, z), at(depth, half, z)))
        for y in (-half, half):
            segments.append((at(0, y, z), at(depth, y, z)))
    for share in np.linspace(0, 1, 6):
        for y in (-half, half):
            segments.append((at(share * back, y, 0), at(share * shallow, y, top)))
    for depth in np.linspace(0, shallow, 4):
        segments.append((at(depth, -half, top), at(depth, half, top)))
    return np.array(segments, float)


def _frame(side: int, line_x_m: float) -> np.ndarray:
    """Far post, bar, near post: [3, 2, 3] metres, the middle of each beam."""
    half, top, x = GOAL_WIDTH_M / 2 + POST_M / 2, GOAL_HEIGHT_M + POST_M / 2, side * line_x_m
    return np.array(
        [[(x, half, 0), (x, half, top)], [(x, half, top), (x, -half, top)], [(x, -half, 0), (x, -half, top)]]
    )


@dataclass(frozen=True)
class GoalView:
    """One goal as the camera sees it during n frames."""

    near_depth_m: np.ndarray  # [n], of the near post
    far_depth_m: np.ndarray  # [n], of the far post and everything drawn with it
    net: np.ndarray  # int32 [n, segments, 2, 2], in sixteenths of a pixel
    beams: np.ndarray  # int32 [n, 3, 4, 2], quadrilaterals
    boxes: np.ndarray  # int [n, 4], x0, y0, x1, y1 within the picture; empty when the goal is not seen
    colour: tuple[int, int, int]

    def seen(self, index: int) -> bool:
        """Whether any of the goal is in the picture."""
        x0, y0, x1, y1 = self.boxes[index]
        return x1 > x0 and y1 > y0

    def parts(self, index: int) -> Iterator[tuple[float, Draw]]:
        """What is seen of it in the picture, with its depth in metres."""
        if self.seen(index):
            yield float(self.far_depth_m[index]), self.draw_back
            yield float(self.near_depth_m[index]), self.draw_front

    def draw_back(self, picture: np.ndarray, index: int) -> None:
        """Net, bar and far post: everything that a keeper on his line stands in front of."""
        x0, y0, x1, y1 = self.boxes[index].tolist()
        behind = picture[y0:y1, x0:x1]
        woven = behind.copy()
        offset = np.array([x0, y0], np.int32) << SHIFT
        cv2.polylines(woven, list(self.net[index] - offset), False, self.colour, 1, cv2.LINE_AA, SHIFT)
        cv2.addWeighted(woven, NET_STRENGTH, behind, 1 - NET_STRENGTH, 0, dst=behind)
        for beam in self.beams[index, :2]:
            cv2.fillConvexPoly(picture, beam, self.colour, cv2.LINE_AA, SHIFT)

    def draw_front(self, picture: np.ndarray, index: int) -> None:
        """The near post."""
        cv2.fillConvexPoly(picture, self.beams[index, 2], self.colour, cv2.LINE_AA, SHIFT)


def view_goals(camera: CameraPath, frames: slice, line_x_m: float, colour: tuple[int, int, int]) -> list[GoalView]:
    """Both goals, on the lines x = -line_x_m and x = +line_x_m."""
    count = len(camera.pan_rad[frames])
    focal = camera.focal_px[frames]
    views = []
    for side in (-1, 1):
        net = _net(side, line_x_m)
        beams = _frame(side, line_x_m)
        points = np.concatenate([net.reshape(-1, 3), beams.reshape(-1, 3)])
        pixels, depth = camera.project(np.broadcast_to(points, (count, *points.shape)), frames)
        split = net.shape[0] * 2
        low = np.clip(np.floor(pixels.min(axis=1)) - 2, 0, [camera.width, camera.height])
        high = np.clip(np.ceil(pixels.max(axis=1)) + 3, 0, [camera.width, camera.height])
        boxes = np.concatenate([low, high], axis=1).astype(int)
        boxes[(depth < 5.0).any(axis=1)] = 0
        ends = pixels[:, split:].reshape(count, 3, 2, 2)
        ends_depth = depth[:, split:].reshape(count, 3, 2)
        half = np.maximum(0.5 * POST_M * focal[:, None, None] / ends_depth - 0.25, 0.45)[..., None]
        way = ends[:, :, 1] - ends[:, :, 0]
        way /= np.linalg.norm(way, axis=-1, keepdims=True)
        normal = np.stack([-way[..., 1], way[..., 0]], axis=-1)[:, :, None]
        sides = np.concatenate([ends + normal * half, (ends - normal * half)[:, :, ::-1]], axis=2)  # [n, 3, 4, 2]
        views.append(
            GoalView(
                near_depth_m=ends_depth[:, 2, 0],
                far_depth_m=ends_depth[:, 0, 0],
                net=_fixed(pixels[:, :split].reshape(count, -1, 2, 2)),
                beams=_fixed(sides),
                boxes=boxes,
                colour=colour,
            )
        )
    return views


def _fixed(pixels: np.ndarray) -> np.ndarray:
    """Pixels to OpenCV's fixed point, from our corner origin to its centre origin."""
    return np.round(np.clip(pixels - 0.5, -3000, 6000) * 2**SHIFT).astype(np.int32)
