"""Flat textures in space: the ground, boards and stands, drawn with the exact homography of the camera."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from .camera import CameraPath

__all__ = ["Plane", "PlaneView"]

FAR_ENOUGH_M = 2.0  # a corner nearer than this to the camera's own plane cannot be projected
COLUMNS = 64  # a multiple of what `warpPerspective` does at a time with any instructions


@dataclass(frozen=True)
class Plane:
    """A rectangle of texture in space: texel (i, j) lies at origin + i * step_u + j * step_v, corners included."""

    shape: tuple[int, int]  # h, w of the texture
    paint: Callable[[], np.ndarray]  # makes it, uint8 [h, w, 3] RGB, when the plane first comes into the picture
    origin_m: np.ndarray  # [3], the outer corner of texel (0, 0)
    step_u_m: np.ndarray  # [3], metres from one column to the next
    step_v_m: np.ndarray  # [3], metres from one row to the next

    @classmethod
    def spanning(cls, texture: np.ndarray, origin_m, along_m, down_m) -> "Plane":
        """A texture stretched over a parallelogram: its width along `along_m`, its height along `down_m`."""
        return cls.painted(texture.shape[:2], lambda: texture, origin_m, along_m, down_m)

    @classmethod
    def painted(cls, shape: tuple[int, int], paint: Callable[[], np.ndarray], origin_m, along_m, down_m) -> "Plane":
        """The same with a texture that is yet to be made."""
        height, width = shape
        along, down = np.asarray(along_m, float) / width, np.asarray(down_m, float) / height
        return cls(shape, paint, np.asarray(origin_m, float), along, down)

    @cached_property
    def texture(self) -> np.ndarray:
        """uint8 [h, w, 3] RGB."""
        return self.paint()

    def view(self, camera: CameraPath, frames: slice) -> "PlaneView":
        """Where the plane is in the pictures of `frames`."""
        frame = np.zeros((4, 3))
        frame[:3, 0], frame[:3, 1], frame[:3, 2], frame[3, 2] = self.step_u_m, self.step_v_m, self.origin_m, 1.0
        # OpenCV counts from pixel centres, we from pixel corners: half a pixel on both sides.
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        to_pixels = np.linalg.inv(half) @ camera.matrices(frames) @ frame @ half  # [n, 3, 3]
        height, width = self.shape
        corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], float) - [0.5, 0.5, 0]
        seen = corners @ to_pixels.transpose(0, 2, 1)  # [n, 4, 3]
        depth = seen[..., 2]
        safe = np.where(depth > FAR_ENOUGH_M, depth, np.nan)
        pixels = seen[..., :2] / safe[..., None]
        boxes = _boxes(pixels, depth, camera.width, camera.height)
        from_boxes = np.zeros_like(to_pixels)
        rows = np.flatnonzero((boxes[:, :2] < boxes[:, 2:]).all(axis=1))  # for most planes there are none
        if len(rows):
            from_pixels = np.linalg.inv(to_pixels[rows])
            # Only the right and the lower side come nearer, and the right one by whole steps: `warpPerspective` counts
            # in single precision from the first column, several columns at a time, so a pixel stays what it was.
            ends = _ends(from_pixels, (width, height), (camera.width, camera.height))
            x0, y0 = boxes[rows, 0], boxes[rows, 1]
            ends[:, 0] = x0 - (x0 - ends[:, 0]) // COLUMNS * COLUMNS
            boxes[rows, 2:] = np.minimum(boxes[rows, 2:], ends)
            from_pixels[:, :, 2] += from_pixels[:, :, 0] * x0[:, None] + from_pixels[:, :, 1] * y0[:, None]
            from_boxes[rows] = from_pixels
        return PlaneView(self, from_boxes, boxes, (boxes[:, :2] < boxes[:, 2:]).all(axis=1).tolist())


def _boxes(pixels: np.ndarray, depth: np.ndarray, width: int, height: int) -> np.ndarray:
    """Bounding boxes [n, 4] (x0, y0, x1, y1) within the picture; the whole picture where a corner is behind us."""
    size = np.array([width, height])
    behind = (depth <= FAR_ENOUGH_M).any(axis=1)
    nobody = (depth <= FAR_ENOUGH_M).all(axis=1)
    clear = np.where(behind[:, None, None], 0.0, pixels)
    low = np.clip(np.floor(clear.min(axis=1)) - 1, 0, size)
    high = np.clip(np.ceil(clear.max(axis=1)) + 2, 0, size)
    low[behind], high[behind] = 0, size
    high[nobody] = 0
    return np.concatenate([low, high], axis=1).astype(int)


def _ends(from_pixels: np.ndarray, texture: tuple[int, int], picture: tuple[int, int]) -> np.ndarray:
    """Column and row [n, 2] from which on the picture shows nothing of a texture; 0, 0 where it shows nothing at all.

    A texture is seen on the inner side of each of its four sides, a x + b y + c >= 0. The one of them that ends first
    within the picture ends it.

    Args:
        from_pixels: [n, 3, 3], picture to texture.
        texture: width and height.
        picture: width and height.
    """
    (wide, high), (width, height), edge = texture, picture, 1.5  # the outermost texels are blended out over one more
    u, v, w = from_pixels[:, 0], from_pixels[:, 1], from_pixels[:, 2]  # [n, 3] each
    sides = np.stack([u + edge * w, (wide + edge) * w - u, v + edge * w, (high + edge) * w - v])  # [4, n, 3]
    ends = np.zeros((len(from_pixels), 2))
    for facing in (1, -1):  # what lies behind the camera is drawn as well, upside down
        a, b, c = facing * np.moveaxis(sides, -1, 0)  # [4, n] each
        rising_x, rising_y = np.maximum(a * width, 0), np.maximum(b * height, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            right = np.where(a < 0, (c + rising_y) / -a, np.inf).min(axis=0)
            lower = np.where(b < 0, (c + rising_x) / -b, np.inf).min(axis=0)
        seen = (c + rising_x + rising_y >= 0).all(axis=0)
        ends = np.where(seen[:, None], np.maximum(ends, np.stack([right, lower], axis=1)), ends)
    return np.where(ends > 0, np.minimum(np.ceil(ends) + 2, picture), 0).astype(int)


@dataclass(frozen=True)
class PlaneView:
    """A plane as the camera sees it during n frames."""

    plane: Plane
    from_boxes: np.ndarray  # [n, 3, 3], pixels of the box to texture
    boxes: np.ndarray  # [n, 4], what part of the picture it may cover
    drawn: list[bool]  # n times, whether any

    def draw(self, picture: np.ndarray, index: int) -> None:
        """Draw onto `picture` [H, W, 3]; pixels that the plane does not cover are left as they are."""
        if not self.drawn[index]:
            return
        x0, y0, x1, y1 = self.boxes[index].tolist()
        cv2.warpPerspective(
            self.plane.texture,
            self.from_boxes[index],
            (x1 - x0, y1 - y0),
            dst=picture[y0:y1, x0:x1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_TRANSPARENT,
        )
