"""Backbones: from pictures to one vector a step, under one contract.

A backbone takes float frames (B, T, 3, H, W), already normalised, and gives (B, T, D) for any T from 1 up. It has

- `dim`: D;
- `mean`, `std`: of the three input channels of the pictures that its weights were made with;
- `hub_id`: where the hub keeps pretrained weights, None if nowhere; `hub_prefix`: what its own parameter names have
  in front of the hub's;
- `maps(frames)`: what it sees before space is averaged away, a list of (B, C, T, h, w), from a quarter of the
  pictures' size down to the smallest, of which `pool` makes the vectors; `map_dims`: C of each. A backbone that has no
  map of every step has none of the three;
- where it takes the weights of another backbone: `weights_of`, that one's name, and `new_parts()`, the entries that
  those weights lack.

Introduced in notebook 02.
"""

from collections.abc import Callable
from functools import partial

from torch import nn

from course_lib.models.backbones_3d import X3D
from course_lib.models.backbones_clip import I3D, ClipVector
from course_lib.models.backbones_frame import FrameBackbone
from course_lib.models.backbones_shift import ShiftBackbone
from course_lib.models.shift import GSF, GSM
from course_lib.models.tiny3d import Tiny3D

__all__ = ["BACKBONES"]

BACKBONES: dict[str, Callable[[], nn.Module]] = {
    "regnety_002": partial(FrameBackbone, "regnety_002"),  # 200 million multiplications a picture
    "regnety_002_gsm": partial(ShiftBackbone, "regnety_002", GSM),  # in every block, as E2E-Spot
    "regnety_008": partial(FrameBackbone, "regnety_008"),  # 800 million
    "regnety_008_gsm": partial(ShiftBackbone, "regnety_008", GSM),  # as STES
    "regnety_002_gsf": partial(ShiftBackbone, "regnety_002", GSF, stages=(3, 4)),  # as T-DEED
    "efficientnet_b0": partial(FrameBackbone, "efficientnet_b0"),  # 400 million; the widest vectors, D = 1280
    "tiny3d": Tiny3D,
    "x3d_s": X3D,
    "x3d_s4": partial(X3D, blocks=4),
    "x3d_m": partial(X3D, "M"),  # the same network as S, other weights
    "x3d_l": partial(X3D, "L"),
    "i3d_r50": I3D,
    "r3d_18": ClipVector,  # one vector a clip, as the slides had it
}
"""Every backbone by the name that systems begin with."""
