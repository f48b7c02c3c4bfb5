"""The zoo: systems by name. `build("x3d_s+tcn")` is a backbone, a neck and a linear head.

A name is the backbone, then what stands between it and the linear head, joined by "+"; "fc" means nothing, and several
necks stand one behind the other ("x3d_s+tcn+sgp"). Systems that their authors gave a name keep it: "e2e_spot". Further
questions stand at the end: with "+xy" any of them also says where in the picture ("e2e_spot+xy"), with "+heat" it reads
the place off a heat map instead. New parts are one entry in `BACKBONES`, `NECKS` or `HEADS`. Introduced in notebook 02;
places in notebook 09.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from torch import nn

from course_lib.errors import InputError
from course_lib.models.backbones import BACKBONES
from course_lib.models.head import Head, Sizes
from course_lib.models.heads import HEADS
from course_lib.models.necks import NECKS
from course_lib.models.spotter import Spotter
from course_lib.models.weights import load_backbone

__all__ = ["ALIASES", "Parts", "build", "check_system"]

ALIASES: dict[str, str] = {
    "e2e_spot": "regnety_002_gsm+bigru",
    "stes": "regnety_008_gsm+bigru3+xy",  # volleyball: when and where
}
"""Systems with a name of their own, and what they consist of."""


class Parts(NamedTuple):
    """What a system consists of: a backbone, necks in their order (none for "fc"), and heads, "classes" the first."""

    backbone: str
    necks: tuple[str, ...]
    heads: tuple[str, ...]


def build(
    name: str,
    num_classes: int = 12,
    weights: str = "auto",
    dropout: float = 0.5,
    heads: Mapping[str, Callable[[Sizes], Head]] | None = None,
) -> Spotter:
    """Make a system.

    Args:
        name: such as "x3d_s+tcn", or one of `ALIASES`.
        num_classes: K, without background.
        weights: of the backbone: "auto", "none" or a file; see `course_lib.models.weights.load_backbone`.
        dropout: before the linear head.
        heads: by name, makers of heads that the system is to have beside those of its name, or in place of them.

    Raises:
        InputError: an unknown name, or weights that do not fit.
    """
    backbone_name, neck_names, head_names = check_system(name)
    backbone = BACKBONES[backbone_name]()
    origin = load_backbone(backbone, backbone_name, weights)
    dim = backbone.dim
    necks: list[nn.Module] = []
    for neck_name in neck_names:
        necks.append(NECKS[neck_name](dim))
        dim = necks[-1].dim
    neck = necks[0] if len(necks) == 1 else nn.Sequential(*necks)  # no neck: an empty Sequential, the identity
    sizes = Sizes(num_classes, backbone.dim, dim, getattr(backbone, "map_dims", ()), dropout)
    makers = {head_name: HEADS[head_name].of for head_name in head_names} | dict(heads or {})
    return Spotter(backbone, neck, {head_name: make(sizes) for head_name, make in makers.items()}, origin)


def check_system(name: str) -> Parts:
    """What a system's name stands for.

    Raises:
        InputError: one of its parts does not exist, two of its heads answer the same, or its backbone has no maps for
            a head that reads them.
    """
    first, *rest = name.split("+")
    backbone, *necks = [*ALIASES.get(first, first).split("+"), *rest]
    heads: list[str] = []
    while necks and necks[-1] in HEADS and necks[-1] != "classes":
        heads.insert(0, necks.pop())
    if necks == ["fc"]:
        necks = []
    elif not necks:
        necks = [""]  # a backbone alone is not a system
    further = [f"+{head}" for head in HEADS if head != "classes"]
    if backbone not in BACKBONES or any(neck not in NECKS for neck in necks):
        raise InputError(
            f"system {name!r}: expected BACKBONE+NECK with a backbone of {', '.join(BACKBONES)} and a neck of "
            f"{', '.join(['fc', *NECKS])}, such as regnety_002+fc, and any of {', '.join(further)} behind it"
        )
    said = [field for head in heads for field in HEADS[head].fields or (head,)]
    if len(set(said)) < len(said):
        raise InputError(f"system {name!r}: two of its heads answer the same; expected one of them")
    kind = BACKBONES[backbone]
    for head in heads:
        if HEADS[head].reads == "maps" and not hasattr(kind.func if isinstance(kind, partial) else kind, "maps"):
            raise InputError(
                f"system {name!r}: {backbone} has no map of every step; expected another backbone for +{head}"
            )
    return Parts(backbone, tuple(necks), ("classes", *heads))
