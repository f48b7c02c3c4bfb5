"""The zoo: systems by name. `build("x3d_s+tcn")` is a backbone, a neck and a linear head.

A name is the backbone, then what stands between it and the linear head, joined by "+"; "fc" means nothing, and several
necks stand one behind the other ("x3d_s+tcn+sgp"). Systems that their authors gave a name keep it: "e2e_spot". With
"+xy" at its end any of them also says where in the picture: "e2e_spot+xy"; "+heat" reads the place off a heat map
instead. New parts are one entry in `BACKBONES` or `NECKS`. Introduced in notebook 02; places in notebook 09.
"""

from functools import partial
from typing import NamedTuple

from torch import nn

from course_lib.errors import InputError
from course_lib.models.backbones import BACKBONES
from course_lib.models.heads import ClassHead, HeatHead, PlaceHead
from course_lib.models.necks import NECKS
from course_lib.models.spotter import Spotter
from course_lib.models.weights import load_backbone

__all__ = ["ALIASES", "SYSTEMS", "Parts", "build", "check_system"]

PLACES = ("xy", "heat")

SYSTEMS = (
    "regnety_002+fc",
    "tiny3d+fc",
    "regnety_002+tcn",
    "regnety_002+bigru",
    "e2e_spot",
    "x3d_s4+fc",
    "x3d_s+fc",
    "x3d_s+tcn",
    "x3d_s+tcn_dilated",
    "x3d_s+mstcn",
    "x3d_s+sgp_slides",
    "x3d_s+sgp",
    "x3d_s+tcn+sgp",
    "x3d_s+ed",
    "x3d_s+deconv",
    "x3d_s+tpn",
    "x3d_s+transformer",
    "x3d_s+bigru",
    "x3d_s+bigru2",
    "x3d_s+bilstm",
    "x3d_s+unet",
)
"""The systems that the course trains and compares."""

ALIASES: dict[str, str] = {
    "e2e_spot": "regnety_002_gsm+bigru",
    "stes": "regnety_008_gsm+bigru3+xy",  # volleyball: when and where
}
"""Systems with a name of their own, and what they consist of."""


class Parts(NamedTuple):
    """What a system consists of: a backbone, necks in their order (none for "fc"), and what says where, if anything."""

    backbone: str
    necks: tuple[str, ...]
    places: str


def build(name: str, num_classes: int = 12, weights: str = "auto", dropout: float = 0.5) -> Spotter:
    """Make a system.

    Args:
        name: such as "x3d_s+tcn", or one of `ALIASES`.
        num_classes: K, without background.
        weights: of the backbone: "auto", "none" or a file; see `course_lib.models.weights.load_backbone`.
        dropout: before the linear head.

    Raises:
        InputError: an unknown name, or weights that do not fit.
    """
    backbone_name, neck_names, places = check_system(name)
    backbone = BACKBONES[backbone_name]()
    origin = load_backbone(backbone, backbone_name, weights)
    dim = backbone.dim
    necks: list[nn.Module] = []
    for neck_name in neck_names:
        necks.append(NECKS[neck_name](dim))
        dim = necks[-1].dim
    neck = necks[0] if len(necks) == 1 else nn.Sequential(*necks)  # no neck: an empty Sequential, the identity
    heads: dict[str, nn.Module] = {"logits": ClassHead(dim, num_classes, dropout)}
    if places == "xy":
        heads["xy"] = PlaceHead(backbone.dim)
    elif places == "heat":
        heads["xy"] = HeatHead(backbone.map_dims)
    return Spotter(backbone, neck, heads, origin)


def check_system(name: str) -> Parts:
    """What a system's name stands for.

    Raises:
        InputError: one of its parts does not exist, or its backbone has no maps to read places off.
    """
    first, *rest = name.split("+")
    backbone, *necks = [*ALIASES.get(first, first).split("+"), *rest]
    places = necks.pop() if necks[-1:] and necks[-1] in PLACES else ""
    if necks == ["fc"]:
        necks = []
    elif not necks:
        necks = [""]  # a backbone alone is not a system
    if backbone not in BACKBONES or any(neck not in NECKS for neck in necks):
        raise InputError(
            f"system {name!r}: expected BACKBONE+NECK with a backbone of {', '.join(BACKBONES)} and a neck of "
            f"{', '.join(['fc', *NECKS])}, such as {SYSTEMS[0]}, and +{' or +'.join(PLACES)} behind it to say where"
        )
    kind = BACKBONES[backbone]
    if places == "heat" and not hasattr(kind.func if isinstance(kind, partial) else kind, "maps"):
        raise InputError(f"system {name!r}: {backbone} has no map of every step; expected another backbone for +heat")
    return Parts(backbone, tuple(necks), places)
