"""The zoo: systems by name. `build("regnety_002+fc")` is a backbone, a neck and a linear head.

A name is the backbone, then what stands between it and the linear head, joined by "+"; "fc" means nothing. New parts
are one entry in `BACKBONES` or `NECKS`. Introduced in notebook 02.
"""

from collections.abc import Callable

from torch import nn

from course_lib.errors import InputError
from course_lib.models.backbones import BACKBONES
from course_lib.models.heads import ClassHead
from course_lib.models.spotter import Spotter
from course_lib.models.weights import load_backbone

__all__ = ["NECKS", "SYSTEMS", "build", "check_system"]

NECKS: dict[str, Callable[[int], nn.Module]] = {"fc": lambda dim: nn.Identity()}
"""Makers of necks, given D."""

SYSTEMS = ("regnety_002+fc", "tiny3d+fc")
"""The systems that the course trains and compares."""


def build(name: str, num_classes: int = 12, weights: str = "auto", dropout: float = 0.5) -> Spotter:
    """Make a system.

    Args:
        name: such as "regnety_002+fc".
        num_classes: K, without background.
        weights: of the backbone: "auto", "none" or a file; see `course_lib.models.weights.load_backbone`.
        dropout: before the linear head.

    Raises:
        InputError: an unknown name, or weights that do not fit.
    """
    backbone_name, neck_name = check_system(name)
    backbone = BACKBONES[backbone_name]()
    origin = load_backbone(backbone, backbone_name, weights)
    heads = {"logits": ClassHead(backbone.dim, num_classes, dropout)}
    return Spotter(backbone, NECKS[neck_name](backbone.dim), heads, origin)


def check_system(name: str) -> tuple[str, str]:
    """The two halves of a system's name.

    Raises:
        InputError: one of them does not exist.
    """
    backbone, _, neck = name.partition("+")
    if backbone not in BACKBONES or neck not in NECKS:
        raise InputError(
            f"system {name!r}: expected BACKBONE+NECK with a backbone of {', '.join(BACKBONES)} and a neck of "
            f"{', '.join(NECKS)}, such as {SYSTEMS[0]}"
        )
    return backbone, neck
